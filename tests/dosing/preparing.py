"""A pharmacy for the tests of preparation: syringes, how products are prepared, and lots."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dosecalc.dosing.dose import calculate
from dosecalc.dosing.preparation import prepare
from dosecalc.dosing.prepared import Preparation, PreparationInput
from dosecalc.dosing.result import DoseInput
from dosecalc.protocol.dose_rule import Answer
from dosecalc.protocol.offsets import parse_offset
from dosecalc.protocol.site import SitePreparation, Syringe
from dosecalc.protocol.stock import Certificate, Lot, Stock
from dosing.building import (
    CONFIRMED,
    areas,
    fixed,
    per_area,
    per_site,
    per_weight,
    placebo_of,
    protocol,
    q,
    rule,
    settled,
    words,
)

if TYPE_CHECKING:
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled

NOW = dt.datetime.fromisoformat("2026-03-09T10:00+08:00")
TODAY = NOW.date()
SITE_ANSWERS = {"ROUNDING": "up", "BELOW": "one_site", "PATCHES": "summed", "MEASURED": "once"}
COA = "Certificate 7"


def syringe(name: str, nominal: str, graduation: str, dead_space: str) -> Syringe:
    return Syringe(
        id=name, nominal=q(f"{nominal} mL"), graduation=q(f"{graduation} mL"), dead_space=q(f"{dead_space} mL")
    )


SYRINGES = (
    syringe("1mL", "1", "0.01", "0.05"),
    syringe("2mL", "2", "0.1", "0.1"),
    syringe("10mL", "10", "0.2", "0.1"),
    syringe("50mL", "50", "1", "0.1"),
)


def how(product: str = "sEV", **changes: Any) -> SitePreparation:
    given: dict[str, Any] = {
        "id": product,
        "dosage_form": words("injection"),
        "vials_by": "nominal",
        "measured_with": "1mL",
        "given_with": "1mL",
        "overage": q("0.15 mL"),
        "diluent": words("saline 0.9 %"),
        "confirmed": CONFIRMED,
    }
    return SitePreparation(**(given | changes))


def infused(product: str = "cells", **changes: Any) -> SitePreparation:
    given = {"measured_with": "10mL", "given_with": None, "infused_in": parse_offset("PT45M"), "overage": q("0 mL")}
    return how(product, **(given | changes))


def lot(name: str = "L1", product: str = "sEV", concentration: str | None = "1e9 particles/mL", **changes: Any) -> Lot:
    given: dict[str, Any] = {
        "id": name,
        "protocol": "T1",
        "product": product,
        "concentration": q(concentration) if concentration else None,
        "nominal_volume": q("1 mL"),
        "extractable_volume": q("0.9 mL"),
        "vials": 20,
        "expiry": dt.date(2026, 12, 31),
        "storage": words("at −80 °C"),
    }
    for field in ("cv", "viability", "viability_at_least", "dmso", "concentration_at_least", "concentration_at_most"):
        if isinstance(text := changes.get(field), str):
            changes[field] = q(text)
    return Lot(**(given | changes))


def certificate(concentration: str) -> Certificate:
    return Certificate(document=COA, date=dt.date(2026, 1, 8), concentration=q(concentration))


def stock(*lots: Lot) -> Stock:
    return Stock(dosecalc_stock="1", example=False, lots={one.id: one for one in lots})


SITES = protocol({"A": [rule("V1 V2", per_site=per_site(), volume=Answer(answer="VOLUME"))]})
CELLS = protocol(
    {
        "cells": [rule("V1 V2", "cells", fixed=fixed("1e8 cells", counts="viable"), volume=q("100 mL"))],
        "medium": [rule("V1 V2", "medium", "placebo", volume_matched=placebo_of("cells"), volume=q("100 mL"))],
    },
    masked=True,
)
BOTH = protocol(
    {
        "sEV": [rule("V1", area="study", per_area=per_area("5e8 particles/cm²"), volume=q("1 mL"))],
        "saline": [rule("V1", "saline", "placebo", area="control", volume_matched=placebo_of("sEV"), volume=q("1 mL"))],
    },
    allocation="every_arm",
    masked=True,
)
KILOS = protocol({"A": [rule("V1", "cells", per_weight=per_weight("1e6 cells/kg"))]})


def pharmacy(of: Protocol, *hows: SitePreparation, **answers: str) -> Settled:
    """The protocol at a site with these syringes that prepares its products so."""
    there = settled(of, **answers)
    assert there.site is not None
    assert there.here is not None
    here = replace(there.here, preparation={one.id: one for one in hows})
    site = replace(there.site, syringes={one.id: one for one in SYRINGES}, protocols={of.id: here})
    return replace(there, site=site)


def now(**changes: Any) -> PreparationInput:
    return PreparationInput(**({"on": TODAY, "at": NOW} | changes))


def at_sites(area: str, *hows: SitePreparation, volume: str = "0.1 mL/site", **changes: Any) -> Preparation:
    """A dose of 10⁸ particles at each of these cm², prepared; `changes` are those of the lot."""
    here = pharmacy(SITES, *(hows or (how(),)), VOLUME=volume, **SITE_ANSWERS)
    return made(here, "A", DoseInput(areas=areas(area)), lot(**changes))


def made(here: Settled, arm: str, given: DoseInput, of: Lot, when: PreparationInput | None = None) -> Preparation:
    doses = calculate(here, (arm,), given)
    return prepare(here, (arm,), doses.doses[0], of, when or now(measured=given), doses)
