"""The JSON of the study's reports, a public interface as `shapes`: keys that are published stay.

Days are the site's. Amounts are texts of plain digits. What only the unmasked may see is a key of its own (`prepare`,
and everything of `exposure`), which is not there for the masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.reading import plain
from dosecalc.shapes import moment as _iso
from dosecalc.text import Language, render

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from dosecalc.quantity import Quantity
    from dosecalc.registry.report_deviations import Deviation
    from dosecalc.registry.report_exposure import Exposure, ParticipantExposure
    from dosecalc.registry.reports import DayOfWeek, Drift, Late, Today, VisitLine
    from dosecalc.registry.state import Hold


def line(each: VisitLine) -> dict[str, Any]:
    """One visit."""
    return {
        "participant": each.participant,
        "visit": each.visit,
        "standing": each.standing,
        "target": _iso(each.target),
        "earliest": _iso(each.earliest),
        "latest": _iso(each.latest),
        "booked": _iso(each.booked),
        "booked_outside_window": each.outside_window,
        "attended": _iso(each.attended),
    }


def today(found: Today) -> dict[str, Any]:
    """What a day means for the visits."""
    return {
        "booked": [line(each) for each in found.booked],
        "came": [line(each) for each in found.came],
        "due": [line(each) | {"days_left": days_left(each, found.day)} for each in found.due],
        "unrecorded": [line(each) for each in found.unrecorded],
        "late": late(found.late),
    }


def holds(found: Iterable[Hold]) -> list[dict[str, Any]]:
    """Which doses are on hold."""
    return [{"scope": each.scope, "target": each.target, "reason": each.reason, "event": each.number} for each in found]


def days_left(each: VisitLine, day: dt.date) -> int | None:
    """How many days of the window are left after `day`; None where no window is stated."""
    return None if each.latest is None else (each.latest - day).days


def late(found: Iterable[Late]) -> list[dict[str, Any]]:
    """Visits that are overdue."""
    return [line(each.line) | {"days_late": each.days} for each in found]


def week(days: Iterable[DayOfWeek]) -> list[dict[str, Any]]:
    """The days of a week."""
    return [
        {
            "day": each.day.isoformat(),
            "booked": [line(one) for one in each.booked],
            "window_ends": [line(one) for one in each.ends],
        }
        for each in days
    ]


def drift(found: Iterable[Drift]) -> list[dict[str, Any]]:
    """The room in each window."""
    return [
        line(each.line)
        | {
            "on": each.day.isoformat(),
            "counted_from": each.by,
            "days_from_target": each.from_target,
            "days_from_earliest": each.from_earliest,
            "days_to_latest": each.to_latest,
        }
        for each in found
    ]


def deviations(found: Iterable[Deviation], language: Language) -> list[dict[str, Any]]:
    """What departed from the protocol."""
    return [
        {
            "participant": each.participant,
            "visit": each.visit,
            "deviation": each.how,
            "counted": each.counted,
            "window": each.window,
            "target": _iso(each.target),
            "earliest": _iso(each.earliest),
            "latest": _iso(each.latest),
            "on": _iso(each.on),
            "days_outside": each.days_over,
            "days_from_target": each.days_from_target,
            "reason": each.reason,
            "text": None if each.text is None else render(each.text, language),
            "user": each.user,
            "role": each.role,
            "event": each.number,
        }
        for each in found
    ]


def exposure(found: Iterable[ParticipantExposure], language: Language) -> list[dict[str, Any]]:
    """What participants were to receive and did receive."""
    return [
        {
            "participant": each.participant,
            "arm": each.arm,
            "doses": [_exposure(one) for one in each.lines],
            "cumulative": [{"product": product, **amount(total)} for product, total in each.totals.items()],
            "not_planned_because": None if each.unplanned is None else render(each.unplanned, language),
        }
        for each in found
    ]


def _exposure(each: Exposure) -> dict[str, Any]:
    return {
        "visit": each.visit,
        "product": each.product,
        "role": each.role,
        "area": each.area,
        "planned": None if each.planned is None else amount(each.planned),
        "planned_is_draft": each.draft,
        "prepared": None if each.prepared is None else amount(each.prepared),
        "prepared_on": each.prepared_on,
        "lots": [{"lot": lot, "vials": vials} for lot, vials in each.lots],
        "checked": each.checked,
        "administered": None if each.administered is None else amount(each.administered),
        "administered_at": each.given_at,
        "part": None if each.part is None else plain(each.part),
        "cumulative": None if each.cumulative is None else amount(each.cumulative),
    }


def amount(quantity: Quantity) -> dict[str, str]:
    """An amount and its unit."""
    return {"total": plain(quantity.value), "unit": str(quantity.unit)}
