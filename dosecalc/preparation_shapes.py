"""The JSON of a prepared dose and of its worksheet: a public interface, as `shapes`.

Volumes are mL and plain decimals. Keys that have no meaning for a product are left out.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dosecalc import shapes
from dosecalc.dosing.limits import small
from dosecalc.dosing.prepared import Dispensing
from dosecalc.quantity import Quantity, unit
from dosecalc.reading import plain
from dosecalc.text import Language, render
from dosecalc.worksheet_json import WORKSHEET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dosecalc.documents.pick_list import PickEntry
    from dosecalc.documents.worksheet import Input, Worksheet
    from dosecalc.dosing.prepared import Fill, Preparation
    from dosecalc.protocol.stock import Lot


def _ml(volume: Quantity) -> str:
    return plain(volume.value)


def stock(lot: Lot, language: Language) -> dict[str, Any]:
    """The lot that a dose is prepared from."""
    shape: dict[str, Any] = {"lot": lot.id, "product": lot.product}
    if lot.concentration is not None:
        shape["concentration"] = {"value": plain(lot.concentration.value), "unit": str(lot.concentration.unit)}
    percents = {
        "cv_percent": lot.cv,
        "viability_percent": lot.viability,
        "viability_at_least_percent": lot.viability_at_least,
        "dmso_percent": lot.dmso,
    }
    shape |= {key: plain(value.value) for key, value in percents.items() if value is not None}
    shape["nominal_volume_ml"] = _ml(lot.nominal_volume)
    shape["extractable_volume_ml"] = _ml(lot.extractable_volume)
    shape["vials_in_stock"] = lot.vials
    shape["expiry"] = lot.expiry.isoformat() + (f"T{lot.expiry_time}" if lot.expiry_time else "")
    shape["storage"] = render(lot.storage, language)
    if lot.thaw_limit is not None:
        shape["thaw_limit_minutes"] = lot.thaw_limit.minutes
    return shape


def _fill(fill: Fill) -> dict[str, Any]:
    shape: dict[str, Any] = {"syringe": fill.number}
    if fill.sites is not None:
        first, last = fill.sites
        shape |= {"first_site": first, "last_site": last, "sites": last - first + 1}
    return shape | {"expelled_ml": _ml(fill.expelled), "drawn_ml": _ml(fill.drawn)}


def preparation(made: Preparation | Dispensing, language: Language) -> dict[str, Any]:
    """One dose, prepared from one lot."""
    if isinstance(made, Dispensing):
        return _dispensing(made, language)
    shape: dict[str, Any] = {
        "dose": shapes.dose(made.dose, language),
        "product_label": render(made.dose.product_label, language),
        "stock": stock(made.lot, language),
        "on": made.on.isoformat(),
        "administered_volume_ml": _ml(made.administered),
        "dead_space_ml": _ml(made.dead_space),
        "overage_ml": _ml(made.overage),
        "product_volume_ml": _ml(made.product_volume),
        "diluent_volume_ml": _ml(made.diluent_volume),
        "final_volume_ml": _ml(made.final_volume),
    }
    if made.volume_per_site is not None:
        shape["volume_per_site_ml"] = _ml(made.volume_per_site)
    shape["vials"] = made.vials
    shape["vials_by"] = made.how.vials_by
    if made.given_with is not None:
        shape["syringes"] = len(made.fills)
        shape["syringe"] = made.given_with.id
        shape["fills"] = [_fill(fill) for fill in made.fills]
    if made.delivered is not None:
        shape["delivered"] = shapes.number(made.delivered)
    if made.deviation_percent is not None:
        shape["deviation_percent"] = "0" if _is_exact(made) else made.deviation_percent
    if made.interval is not None:
        shape["interval"] = {
            "low": plain(made.interval.low.value),
            "high": plain(made.interval.high.value),
            "level_percent": made.interval.level_percent,
            "uncertainty_percent": made.interval.uncertainty_percent,
        }
    tolerances = {
        "product_tolerance_percent": made.product_tolerance_percent,
        "site_tolerance_percent": made.site_tolerance_percent,
    }
    shape |= {key: value for key, value in tolerances.items() if value is not None}
    if made.rate is not None:
        shape["rate_ml_per_h"] = plain(made.rate.value)
    if made.thawed_at is not None:
        shape["thawed_at"] = made.thawed_at.isoformat()
    shape["stop_by"] = made.stop_by.isoformat() if made.stop_by is not None else None
    if made.dmso is not None:
        shape["dmso_g_per_kg"] = small(made.dmso)
    if made.cliff is not None:
        shape["rounding_cliff"] = {
            "distance_cm2": plain(made.cliff.distance_cm2),
            "sites": dict(made.cliff.sites),
        }
    return shape | _said(made, language)


def _is_exact(made: Preparation) -> bool:
    """Whether the volumes hold the dose to the last particle; `0.00` is what is only near it."""
    total = made.dose.total
    return total is not None and made.delivered == Fraction(total.value)


def _dispensing(made: Dispensing, language: Language) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "dose": shapes.dose(made.dose, language),
        "product_label": render(made.dose.product_label, language),
        "stock": stock(made.lot, language),
        "on": made.on.isoformat(),
        "dispensing": [
            {
                "encounter": each.visit,
                "until": each.until,
                "days": each.days,
                **({} if each.days_at_most is None else {"days_at_most": each.days_at_most}),
                "needed_ml": _ml(each.needed),
                "bottles": each.bottles,
                "left_over_ml": _ml(each.left_over),
            }
            for each in made.visits
        ],
    }
    return shape | _said(made, language)


def _said(made: Preparation | Dispensing, language: Language) -> dict[str, Any]:
    return {
        "derivation": [render(line, language) for line in made.derivation],
        "warnings": [{"code": warning.code, "text": render(warning.text, language)} for warning in made.warnings],
    }


def pick_entry(entry: PickEntry) -> dict[str, Any]:
    """One preparation of a pick list."""
    shape: dict[str, Any] = {
        "participant": entry.participant,
        "protocol": entry.protocol,
        "visit": entry.visit,
        "product": entry.product,
        "lot": entry.lot,
        "vials": entry.vials,
        "vials_in_stock": entry.in_stock,
        "release": "draft" if entry.draft else "released",
    }
    if entry.final_volume is not None:
        shape |= {"final_volume_ml": _ml(entry.final_volume), "syringes": entry.syringes}
    lot = {"storage": entry.storage, "expiry": entry.expiry}
    shape |= {key: value for key, value in lot.items() if value is not None}
    return shape | ({"stop_by": entry.stop_by.isoformat()} if entry.stop_by else {})


def pick_entries_of(document: Mapping[str, Any]) -> Iterator[PickEntry]:
    """What the worksheet with this JSON takes out of the stock."""
    from dosecalc.documents.pick_list import PickEntry

    for made in document.get("preparations", [document]):
        handed_out = [each["bottles"] for each in made.get("dispensing", ()) if each["encounter"] == document["visit"]]
        volume, stop_by = made.get("final_volume_ml"), made.get("stop_by")
        yield PickEntry(
            on=dt.date.fromisoformat(document["on"]),
            participant=document["participant"],
            visit=document["visit"],
            protocol=document["protocol"],
            product=made["product_label"],
            lot=made["stock"]["lot"],
            vials=made["vials"] if "vials" in made else sum(handed_out),
            in_stock=made["stock"]["vials_in_stock"],
            final_volume=None if volume is None else Quantity(Decimal(volume), unit("mL")),
            syringes=made.get("syringes", 0),
            stop_by=None if stop_by is None else dt.datetime.fromisoformat(stop_by),
            draft=document["release"] == "draft",
            storage=made["stock"].get("storage"),
            expiry=made["stock"]["expiry"],
        )


def _input(given: Input) -> dict[str, Any]:
    shape: dict[str, Any] = {"name": given.name, "values": list(given.values)}
    how = {"method": given.method, "by": given.by, "date": given.date.isoformat() if given.date else None}
    return shape | {key: value for key, value in how.items() if value is not None}


def worksheet(sheet: Worksheet, language: Language) -> dict[str, Any]:
    """The whole worksheet, without its digest; one preparation stands at the top, several in a list."""
    protocol, site = sheet.settled.protocol, sheet.settled.site
    shape: dict[str, Any] = {
        "worksheet": WORKSHEET,
        "program": sheet.version,
        "protocol": protocol.id,
        "protocol_version": protocol.version,
        "protocol_sha256": protocol.sha256,
        "site_sha256": site.sha256 if site else None,
        "stock_sha256": sheet.stock_sha256,
    }
    if sheet.study_head:
        shape["study_head"] = sheet.study_head
    if sheet.arm is not None:
        shape["arm"] = sheet.arm
    shape |= {
        "participant": sheet.participant,
        "visit": sheet.visit,
        "on": sheet.on.isoformat(),
        "made_at": sheet.made_at.isoformat(),
        "preparer": sheet.preparer,
        "inputs": [_input(given) for given in sheet.inputs],
        "overrides": [render(text, language) for text in sheet.overrides],
        "release": "draft" if sheet.draft else "released",
        "draft_because": [render(reason, language) for reason in sheet.draft],
        "assumptions": shapes.assumptions(sheet.settled, sheet.doses.assumptions, language),
    }
    made = [preparation(each, language) for each in sheet.preparations]
    if len(made) == 1:
        shape |= made[0]
        warnings = made[0]["warnings"]
    else:
        shape["preparations"] = made
        warnings = []
    general = [{"code": warning.code, "text": render(warning.text, language)} for warning in sheet.warnings]
    shape["warnings"] = general + warnings
    return shape
