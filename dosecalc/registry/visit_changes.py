"""What a booking or a move would change, to be shown before anybody says yes. It holds no arm and no dose (R15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dosecalc.registry.gaps import broken_gaps
from dosecalc.registry.plan_of import plan_of
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.text import Message
    from dosecalc.visits.visit import Moment

Calendar = Literal["participant", "clinic", "pharmacy"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shifted:
    """A visit whose target hangs on another one; `before` or `after` is None where it has no date."""

    visit: str
    before: Moment | None
    after: Moment | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What becomes of a visit at its new time, and of whatever hangs on it.

    `days_left` is how long its window stays open after the new day, below 0 outside, None where no window is stated.
    """

    planned: PlannedVisit
    before: dt.datetime | None
    after: dt.datetime
    days_left: int | None
    days_from_target: int | None
    shifted: tuple[Shifted, ...]
    prepared: bool
    """Whether a dose was prepared for it already."""
    deviations: tuple[Message, ...]
    warnings: tuple[Message, ...]
    calendars: tuple[Calendar, ...]


def changes(
    settled: Settled,
    plan: ParticipantPlan,
    name: str,
    after: dt.datetime,
    deviations: tuple[Message, ...],
    *,
    prepared: bool,
) -> Changes:
    """Return what changes when the visit `name` of `plan` is booked for `after`."""
    planned = plan.find(name)
    assert planned is not None, "the visit was decided on"
    day, before = after.date(), planned.state.booked
    known = [each.text for each in broken_gaps(settled, plan, name, day)]
    notes = [each.text for each in broken_gaps(settled, plan, name, day, booked=True) if each.text not in known]
    return Changes(
        planned=planned,
        before=before,
        after=after,
        days_left=None if planned.latest is None else (local_day(planned.latest) - day).days,
        days_from_target=None if planned.target is None else (day - local_day(planned.target)).days,
        shifted=_shifted(settled, plan, name, before, after),
        prepared=prepared,
        deviations=deviations,
        warnings=tuple(notes),
        calendars=("participant", "clinic", "pharmacy") if planned.dosed else ("participant", "clinic"),
    )


def _shifted(
    settled: Settled, plan: ParticipantPlan, name: str, before: dt.datetime | None, after: dt.datetime
) -> tuple[Shifted, ...]:
    """The targets that move if the visit takes place when it is booked: those that count from it."""
    old = plan_of(settled, plan.state, {name: before} if before else {})
    new = plan_of(settled, plan.state, {name: after})
    targets = {each.id: each.target for each in old.visits}
    later = {each.id: each.target for each in new.visits}
    return tuple(
        Shifted(visit=visit, before=targets.get(visit), after=later.get(visit))
        for visit in dict.fromkeys((*targets, *later))
        if visit != name and targets.get(visit) != later.get(visit)
    )


def visit_shape(planned: PlannedVisit) -> dict[str, Any]:
    """Return the JSON of a visit as it stands."""
    visit, state = planned.visit, planned.state
    return {
        "encounter": planned.id,
        "standing": planned.standing,
        "target": iso(planned.target),
        "earliest": iso(planned.earliest),
        "latest": iso(planned.latest),
        "window": visit.window if visit else "not_stated",
        "booked": iso(state.booked),
        "outside_window": state.outside_window,
        "attended": iso(state.attended),
        "days_from_target": visit.days_from_target if visit else None,
        "status": visit.status if visit else None,
        "missed": state.missed,
        "sequence": state.sequence,
    }


def changes_shape(changed: Changes, say: Callable[[object], str]) -> dict[str, Any]:
    """Return the JSON of what changes; `say` puts a text into the reader's language."""
    return {
        "from": iso(changed.before),
        "to": iso(changed.after),
        "earliest": iso(changed.planned.earliest),
        "latest": iso(changed.planned.latest),
        "days_left": changed.days_left,
        "days_from_target": changed.days_from_target,
        "visits": [
            {"encounter": each.visit, "from": iso(each.before), "to": iso(each.after)} for each in changed.shifted
        ],
        "dose": changed.planned.dosed,
        "prepared": changed.prepared,
        "deviations": [say(each) for each in changed.deviations],
        "warnings": [say(each) for each in changed.warnings],
        "calendars": list(changed.calendars),
    }


def iso(moment: Moment | None) -> str | None:
    """Return a day or a time as JSON holds it."""
    return None if moment is None else moment.isoformat()
