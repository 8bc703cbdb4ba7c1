"""The JSON of the commands: a public interface. A key that is published stays.

Amounts are strings, so that no reader loses a digit. Keys that have no meaning for a record are left out.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dosecalc.measuring.spread import area_of, to_hundredths
from dosecalc.protocol.settled import WINDOW_READING
from dosecalc.reading import exact_plain, plain, readings
from dosecalc.text import Language, render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from fractions import Fraction

    from dosecalc.blinding import BlindedPlan
    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.measuring.mapped import Mapped, MappedArea
    from dosecalc.measuring.measured import MeasuredAreas, MeasuredPatch
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Quantity
    from dosecalc.visits.visit import CheckResult, Moment, Visit

_LEVEL_KEYS = {"site": "per_site", "cm²": "per_cm2", "kg": "per_kg", "day": "per_day"}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def number(value: Decimal | Fraction | int | None) -> str:
    """Plain digits; a fraction that no decimal can hold as `a/b`; an empty text for None."""
    return "" if value is None else exact_plain(value)


def doses(settled: Settled, arm: str | None, given: Doses, language: Language) -> dict[str, Any]:
    """The JSON of `dose`."""
    protocol = settled.protocol
    shape: dict[str, Any] = {
        "protocol": protocol.id,
        "protocol_version": protocol.version,
        "protocol_sha256": protocol.sha256,
    }
    if arm is not None:
        shape["arm"] = arm
    shape["release"] = "draft" if given.draft else "released"
    shape["doses"] = [dose(entry, language) for entry in given.doses]
    if given.cumulative:
        shape["cumulative"] = _amount(given.cumulative.total)
        if given.cumulative.note:
            shape["cumulative"]["note"] = render(given.cumulative.note, language)
    shape["assumptions"] = assumptions(settled, given.assumptions, language)
    shape["warnings"] = [{"code": w.code, "text": render(w.text, language)} for w in given.warnings]
    shape["draft_because"] = [render(reason, language) for reason in given.draft]
    return shape


def _amount(quantity: Quantity) -> dict[str, Any]:
    return {"total": plain(quantity.value), "unit": str(quantity.unit)}


def dose(entry: Dose, language: Language) -> dict[str, Any]:
    """One dose."""
    shape: dict[str, Any] = {"encounter": entry.encounter, "product": entry.product, "role": entry.role}
    if entry.strength is not None:
        shape["strength"] = entry.strength
    if entry.area is not None:
        shape["area"] = entry.area
    if entry.area_cm2 is not None:
        shape["area_cm2"] = plain(entry.area_cm2)
        shape |= _measured(entry)
    if entry.sites is not None:
        shape["sites"] = entry.sites
    if entry.rounding is not None:
        exact = "exact_sites" if entry.sites is not None else "exact_total"
        shape["rounding"] = {
            "mode": entry.rounding.mode,
            exact: number(entry.rounding.exact),
            "deviation_percent": entry.rounding.deviation_percent,
        }
    if entry.level is not None:
        per = str(entry.level.unit).rpartition("/")[2]
        shape[_LEVEL_KEYS[per]] = plain(entry.level.value)
    if entry.days is not None:
        shape["days"] = entry.days
    if entry.total is not None:
        shape |= _amount(entry.total)
        shown = readings(entry.total.value, language)
        shape["readings"] = {"digits": shown.digits, "words": shown.words, "scientific": shown.scientific}
    if entry.same_volume_as is not None:
        shape["volume"] = "same as active"
    shape["derivation"] = [render(line, language) for line in entry.derivation]
    return shape


def _measured(entry: Dose) -> dict[str, Any]:
    """How, by whom and when the area was measured, and at which visit again, as far as that is known (R9)."""
    shape: dict[str, Any] = {}
    if entry.measured_at is not None:
        shape["area_measured_at"] = entry.measured_at
    if entry.measured is not None:
        day = entry.measured.date
        known = {
            "area_method": entry.measured.method,
            "area_measured_by": entry.measured.by,
            "area_date": day.isoformat() if day else None,
        }
        shape |= {key: value for key, value in known.items() if value is not None}
    return shape


def assumptions(settled: Settled, codes: Sequence[str], language: Language) -> list[dict[str, Any]]:
    """The assumptions that a result rests on, and how each stands."""
    shapes = []
    for code in codes:
        assumption = settled.protocol.assumptions[code]
        found = settled.find(code)
        shape: dict[str, Any] = {
            "code": code,
            "text": render(assumption.question, language),
            "bears_on_dose": assumption.bears_on_dose,
            "confirm_by": assumption.confirm_by,
            "confirmed": bool(found and found.confirmed),
        }
        if found:
            shape["answer"] = found.answer
        shapes.append(shape)
    return shapes


def moment(value: Moment | None) -> str | None:
    """A date, or a time with its offset."""
    return None if value is None else value.isoformat()


def schedule(settled: Settled, arm: str | None, plan: BlindedPlan, language: Language) -> dict[str, Any]:
    """The JSON of `schedule`; a masked protocol has no key `arm`."""
    protocol = settled.protocol
    shape: dict[str, Any] = {
        "protocol": protocol.id,
        "protocol_version": protocol.version,
        "timezone": plan.timezone,
    }
    if arm is not None:
        shape["arm"] = arm
    shape["window_reading"] = render(WINDOW_READING, language)
    shape["visits"] = [visit(booked.visit, language) for booked in plan.visits]
    if plan.checks:
        shape["checks"] = [check(result, language) for result in plan.checks]
    return shape


def visit(entry: Visit, language: Language) -> dict[str, Any]:
    """One visit."""
    day = entry.target.date() if isinstance(entry.target, dt.datetime) else entry.target
    return {
        "encounter": entry.encounter,
        "label": render(entry.label, language),
        "epoch": entry.epoch,
        "target": moment(entry.target),
        "earliest": moment(entry.earliest),
        "latest": moment(entry.latest),
        "window": entry.window,
        "status": entry.status,
        "actual": moment(entry.actual),
        "days_from_target": entry.days_from_target,
        "anchor": entry.anchor,
        "weekday": _WEEKDAYS[day.weekday()] if day else None,
        "notes": [render(note, language) for note in entry.notes],
    }


def check(result: CheckResult, language: Language) -> dict[str, Any]:
    """One elapsed-time check."""
    ok = result.ok if result.timed else None  # as published: null where the start has no time; the text says more
    return {"code": result.code, "text": render(result.text, language), "ok": ok}


def areas(found: MeasuredAreas, language: Language) -> dict[str, Any]:
    """The JSON of `area`."""
    return {
        "areas": [_patch(patch, language) for patch in found.patches],
        "total_cm2": plain(found.total),
        "warnings": [{"code": code, "text": render(text, language)} for code, text in found.warnings],
        "derivation": [render(line, language) for line in found.derivation],
    }


def _patch(patch: MeasuredPatch, language: Language) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "name": patch.name,
        "area_cm2": plain(patch.area),
        "exact": patch.exact,
        "method": patch.method,
        "usual_error": render(patch.usual_error, language),
        "measured_by": patch.measured_by,
        "date": patch.date.isoformat(),
        "file": patch.file,
    }
    if patch.points is not None:
        shape |= {"points": patch.points, "holes": patch.holes}
    if patch.scale is not None:
        shape["scale_px_per_cm"] = plain(patch.scale)
    return shape


def injection_map(mapped: Mapped, language: Language) -> dict[str, Any]:
    """The JSON of `map`; the second area of two stands under `beside`."""
    first, *others = mapped.areas
    shape = _mapped_area(first, language)
    if others:
        shape["beside"] = _mapped_area(others[0], language)
    written = mapped.written
    shape["files"] = [] if written is None else [{"path": written.path, "sha256": written.sha256}]
    return shape


def _mapped_area(area: MappedArea, language: Language) -> dict[str, Any]:
    shape: dict[str, Any] = {} if area.label is None else {"label": area.label}
    spread = area.spread
    if spread is not None:
        shape["sites"] = [
            {"number": site.number, "patch": site.patch, "x_cm": plain(site.x), "y_cm": plain(site.y)}
            for site in spread.sites
        ]
        shape["margin_cm"] = plain(spread.margin)
        if spread.least_spacing is not None:
            shape["least_spacing_cm"] = plain(spread.least_spacing)
    shape["area_cm2"] = to_hundredths(area_of(area.patches))
    shape["patches"] = [
        {"name": patch.name, "area_cm2": to_hundredths(patch.area), "sites": patch.sites} for patch in area.patches
    ]
    if area.warnings:
        shape["warnings"] = [{"code": code, "text": render(text, language)} for code, text in area.warnings]
    return shape
