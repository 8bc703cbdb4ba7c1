"""Worksheets for the tests of what is printed. Doses come from the engine; preparations are written by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from dosecalc import app
from dosecalc.documents.worksheet import Input, Worksheet
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.prepared import Dispensed, Dispensing, Fill, Interval, Preparation, RoundingCliff
from dosecalc.dosing.result import DoseInput, Warned
from dosecalc.protocol.confirmed import Confirmed
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.protocol.settled import Settled
from dosecalc.protocol.site import SitePreparation, Syringe, Verified
from dosecalc.protocol.stock import Certificate, Lot
from dosecalc.quantity import Quantity, parse_quantity
from dosecalc.text import Words, msg

if TYPE_CHECKING:
    from dosecalc.dosing.result import Dose

SITE = str(Path(__file__).parent.parent.parent / "schedules" / "sites" / "example.yaml")
ON = dt.date(2026, 3, 2)
MADE = dt.datetime(2026, 3, 2, 8, 15, tzinfo=dt.timezone(dt.timedelta(hours=8)))
CONFIRMED = Confirmed(document="Pharmacy manual", section="6.2", by="Li Hua", date=dt.date(2026, 2, 16))
ONE_ML = Syringe(
    id="1mL", nominal=parse_quantity("1 mL"), graduation=parse_quantity("0.01 mL"), dead_space=parse_quantity("0.1 mL")
)
TWENTY = Syringe(
    id="20mL", nominal=parse_quantity("20 mL"), graduation=parse_quantity("1 mL"), dead_space=parse_quantity("0.1 mL")
)
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def ml(value: str) -> Quantity:
    return parse_quantity(f"{value} mL")


def settled(protocol: str) -> Settled:
    return app.load(protocol, SITE)


def released(given: Settled) -> Settled:
    """The example as if it were a real site: no example, and the protocol file verified."""
    assert given.site is not None
    here = given.site.protocols[given.protocol.id]
    verified = Verified(
        sha256=given.protocol.sha256,
        document="Clinical trial protocol LL-2025-07",
        version="2.0",
        by="Li Hua",
        date=dt.date(2026, 2, 20),
    )
    protocols = {**given.site.protocols, given.protocol.id: replace(here, verified=verified)}
    return Settled(protocol=given.protocol, site=replace(given.site, example=False, protocols=protocols))


def lot(protocol: str, product: str, **more: object) -> Lot:
    shape: dict[str, object] = {
        "id": "EV-2026-014",
        "protocol": protocol,
        "product": product,
        "concentration": parse_quantity("1e9 particles/mL"),
        "cv": parse_quantity("15 %"),
        "certificate": Certificate(
            document="COA-EV-2026-014", date=dt.date(2026, 1, 12), concentration=parse_quantity("1e9 particles/mL")
        ),
        "nominal_volume": ml("1"),
        "extractable_volume": ml("0.95"),
        "vials": 60,
        "expiry": dt.date(2026, 12, 31),
        "storage": Words("frozen, -80 °C or below", "冷冻，-80 °C 或以下"),
        "thaw_limit": ClockOffset(180, "PT3H"),
    }
    return Lot(**{**shape, **more})  # type: ignore[arg-type]


def how(product: str, **more: object) -> SitePreparation:
    shape: dict[str, object] = {
        "id": product,
        "dosage_form": Words("injection", "注射液"),
        "vials_by": "nominal",
        "measured_with": "1mL",
        "given_with": "1mL",
        "sites_per_syringe": 8,
        "overage": ml("0"),
        "diluent": Words("sodium chloride injection 0.9 %", "0.9 % 氯化钠注射液"),
        "confirmed": CONFIRMED,
    }
    return SitePreparation(**{**shape, **more})  # type: ignore[arg-type]


def sites_preparation(dose: Dose, stock: Lot) -> Preparation:
    """1e8 particles and 0.1 mL for each site from 1e9 particles/mL, 8 sites of 0.1 mL in a syringe."""
    sites = dose.sites
    assert sites is not None
    assert dose.total is not None
    fills = tuple(
        Fill(
            number=at + 1,
            sites=(first, min(first + 7, sites)),
            expelled=Quantity(Decimal(min(8, sites - first + 1)) / 10, ml("1").unit),
            drawn=Quantity(Decimal(min(8, sites - first + 1)) / 10 + Decimal("0.1"), ml("1").unit),
        )
        for at, first in enumerate(range(1, sites + 1, 8))
    )
    administered = Decimal(sites) / 10
    dead = Decimal(len(fills)) / 10
    final = Quantity(administered + dead, ml("1").unit)
    return Preparation(
        dose=dose,
        lot=stock,
        how=how(dose.product),
        on=ON,
        administered=Quantity(administered, ml("1").unit),
        dead_space=Quantity(dead, ml("1").unit),
        overage=Quantity(dead, ml("1").unit),
        product_volume=final,
        diluent_volume=ml("0"),
        final_volume=final,
        volume_per_site=ml("0.1"),
        vials=-(-final.value.__ceil__() // 1),
        measured_with=ONE_ML,
        given_with=ONE_ML,
        fills=fills,
        delivered=Fraction(dose.total.value),
        deviation_percent="0.00",
        interval=Interval(
            low=Quantity(dose.total.value * 7 // 10, dose.total.unit),
            high=Quantity(dose.total.value * 13 // 10, dose.total.unit),
            level_percent="95",
            uncertainty_percent="15.3",
        ),
        product_tolerance_percent="5",
        site_tolerance_percent="17",
        thawed_at=dt.datetime(2026, 3, 2, 8, 40, tzinfo=MADE.tzinfo),
        stop_by=dt.datetime(2026, 3, 2, 11, 40, tzinfo=MADE.tzinfo),
        cliff=RoundingCliff(
            distance_cm2=Decimal("0.6"), sites=(("up", sites), ("down", sites - 1), ("half_up", sites - 1))
        ),
        derivation=(
            msg("{sites} sites × 0.1 mL = {volume}", sites=sites, volume=administered),
            msg("{volume} mL + dead space {dead} mL = {final}", volume=administered, dead=dead, final=final),
        ),
        warnings=(Warned(code="site-tolerance", text=msg("0.1 mL from a 1 mL syringe: tolerance ±17 %")),),
    )


def sheet(given: Settled, arm: str | None, visit: str, dose: DoseInput, **more: object) -> Worksheet:
    arms = tuple(given.protocol.arms) if arm is None else (arm,)
    doses = calculate(given, arms, dose, [visit])
    shape: dict[str, object] = {
        "settled": given,
        "arm": arm,
        "participant": "TT-001",
        "visit": visit,
        "visit_label": given.protocol.encounters[visit].label,
        "doses": doses,
        "draft": doses.draft,
        "inputs": (
            Input(
                name="area",
                label=msg("Hair-loss area"),
                values=tuple(f"{area} cm²" for area in dose.areas) or ("–",),
                method="planimetry",
                by="Zhang Wei",
                date=dt.date(2026, 3, 1),
            ),
            Input(name="lot", label=msg("Lot"), values=("EV-2026-014",), by="Wang Fang", date=ON),
        ),
        "on": ON,
        "made_at": MADE,
        "version": "0.3.0",
        "stock_sha256": "ab" * 32,
        "digest": DIGEST,
    }
    return Worksheet(**{**shape, **more})  # type: ignore[arg-type]


def injections(area: str = "23.4", *, draft: bool = True, **more: object) -> Worksheet:
    """Group A of NCT07203599 at week 0."""
    given = settled("NCT07203599") if draft else released(settled("NCT07203599"))
    made = sheet(given, "phase1-A", "W0", DoseInput(areas=(Decimal(area),)), preparations=(), **more)
    (dose,) = made.doses.doses
    return replace(made, preparations=(sites_preparation(dose, lot("NCT07203599", dose.product)),))


def dispensing(**more: object) -> Worksheet:
    """Minoxidil of NCT07203599: 84 mL for 84 days, from bottles of 60 mL."""
    given = settled("NCT07203599")
    made = sheet(given, "phase2-minoxidil", "W0", DoseInput(), preparations=(), **more)
    (dose,) = made.doses.doses
    stock = lot(
        "NCT07203599",
        dose.product,
        id="MX-25-0077",
        concentration=None,
        cv=None,
        certificate=None,
        thaw_limit=None,
        nominal_volume=ml("60"),
        extractable_volume=ml("60"),
        storage=Words("below 25 °C", "25 °C 以下"),
    )
    handed = (
        Dispensed(visit="W0", until="W8", days=56, days_at_most=63, needed=ml("63"), bottles=2, left_over=ml("64")),
        Dispensed(visit="W8", until="W12", days=28, days_at_most=28, needed=ml("28"), bottles=0, left_over=ml("36")),
    )
    return replace(made, preparations=(Dispensing(dose=dose, lot=stock, on=ON, visits=handed),))


def infusion(arm: str = "group-2", *, weight: bool = True, **more: object) -> Worksheet:
    """NCT07084012 at day 0: 1e8 cells (placebo: medium) made up to 100 mL, infused in an hour."""
    given = settled("NCT07084012")
    made = sheet(given, arm, "D0", DoseInput(), preparations=(), **more)
    (dose,) = made.doses.doses
    placebo = dose.role == "placebo"
    stock = lot(
        "NCT07084012",
        dose.product,
        id="MSC-26-003" if not placebo else "MED-26-001",
        concentration=None if placebo else parse_quantity("1e7 viable cells/mL"),
        cv=None if placebo else parse_quantity("8 %"),
        certificate=None,
        viability=None if placebo else parse_quantity("92 %"),
        viability_at_least=None if placebo else parse_quantity("70 %"),
        nominal_volume=ml("10"),
        extractable_volume=ml("10"),
        thaw_limit=None if placebo else ClockOffset(180, "PT3H"),
        dmso=None if placebo else parse_quantity("10 %"),
        expiry=dt.date(2027, 6, 30) if placebo else dt.date(2026, 9, 30),
        storage=Words("2 to 8 °C", "2 至 8 °C") if placebo else Words("in liquid nitrogen vapour", "液氮气相"),
    )
    prepared = Preparation(
        dose=dose,
        lot=stock,
        how=how(
            dose.product,
            dosage_form=Words("suspension for infusion", "输注用混悬液"),
            measured_with="20mL",
            given_with=None,
            infused_in=ClockOffset(60, "PT1H"),
        ),
        on=ON,
        administered=ml("100"),
        dead_space=ml("0"),
        overage=ml("0"),
        product_volume=ml("100") if placebo else ml("10"),
        diluent_volume=ml("0") if placebo else ml("90"),
        final_volume=ml("100"),
        vials=10 if placebo else 1,
        measured_with=TWENTY,
        rate=parse_quantity("100 mL/h"),
        thawed_at=None if placebo else MADE,
        stop_by=None if placebo else MADE + dt.timedelta(hours=3),
        dmso=None if placebo else Fraction(11, 700),
        look=given.here.look if given.here else None,
        derivation=(msg("1e8 ÷ 1e7 = 10"),),
    )
    return replace(made, preparations=(prepared,))


def split(*, area: str = "20", **more: object) -> Worksheet:
    """NCT06932393: exosomes on the study area and saline on the control area, 1 mL each."""
    given = settled("NCT06932393")
    made = sheet(given, None, "INJ1", DoseInput(areas=(Decimal(area),)), preparations=(), **more)
    prepared = []
    for dose in made.doses.doses:
        placebo = dose.role == "placebo"
        stock = lot(
            "NCT06932393",
            dose.product,
            id="NS-0441" if placebo else "EXO-26-02",
            concentration=None if placebo else parse_quantity("2e10 particles/mL"),
            cv=None if placebo else parse_quantity("12 %"),
            certificate=None,
            thaw_limit=None if placebo else ClockOffset(120, "PT2H"),
        )
        prepared.append(
            Preparation(
                dose=dose,
                lot=stock,
                how=how(dose.product, sites_per_syringe=None),
                on=ON,
                administered=ml("1"),
                dead_space=ml("0.1"),
                overage=ml("0.1"),
                product_volume=ml("1.1") if placebo else ml("0.55"),
                diluent_volume=ml("0") if placebo else ml("0.55"),
                final_volume=ml("1.1"),
                vials=2 if placebo else 1,
                measured_with=ONE_ML,
                given_with=ONE_ML,
                fills=(Fill(number=1, sites=None, expelled=ml("1"), drawn=ml("1.1")),),
                look=given.here.look if given.here else None,
                derivation=(msg("1 mL + dead space 0.1 mL = 1.1 mL"),),
            )
        )
    return replace(made, preparations=tuple(prepared))
