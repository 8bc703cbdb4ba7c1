"""What a booking, a move or another start would change, to be shown before anybody says yes.

It holds no arm and no dose (R15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dosecalc.registry.gaps import broken_gaps
from dosecalc.registry.moved import moved_visits
from dosecalc.registry.plan_of import plan_of, recorded_date
from dosecalc.registry.visit_checks import own_anchor, started_elsewhere
from dosecalc.shapes import moment as iso
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.moved import MovedVisit
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.text import Message
    from dosecalc.visits.visit import Moment

Calendar = Literal["participant", "clinic"]
CALENDARS: tuple[Calendar, ...] = ("participant", "clinic")
"""Those that a study writes; who gives or prepares doses looks at `study today`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What becomes of a visit at its new time, and of whatever hangs on it.

    `days_left` is how long its window stays open after the new day, below 0 outside, None where no window is stated.
    `start` is the date of the anchor that this visit is, where it becomes another day: its name, before and after.
    """

    planned: PlannedVisit
    before: dt.datetime | None
    after: Moment
    days_left: int | None
    days_from_target: int | None
    shifted: tuple[MovedVisit, ...]
    """The other visits whose dates move, because they count from this one."""
    doses: tuple[tuple[str, dt.date | None], ...]
    """The visits with a dose among this one and those, and the days on which the doses are needed then."""
    prepared: bool
    """Whether a dose was prepared for it already."""
    deviations: tuple[Message, ...]
    warnings: tuple[Message, ...]
    start: tuple[str, Moment | None, Moment] | None = None
    took_place: bool = False
    """Whether it is recorded that the visit took place, and not a booking."""
    provisional: tuple[int, ...] = ()
    """The year whose public holidays are not announced yet, where the booking rests on them."""
    calendars: tuple[Calendar, ...] = CALENDARS


def changes(
    settled: Settled,
    plan: ParticipantPlan,
    name: str,
    after: Moment,
    deviations: tuple[Message, ...],
    *,
    prepared: bool,
    took_place: bool = False,
) -> Changes:
    """Return what changes when the visit `name` of `plan` is booked for `after`, or took place then."""
    planned = plan.find(name)
    assert planned is not None, "the visit was decided on"
    day, before = local_day(after), planned.state.booked
    known = [each.text for each in broken_gaps(settled, plan, name, day)]
    notes = [each.text for each in broken_gaps(settled, plan, name, day, booked=True) if each.text not in known]
    then = plan_of(settled, plan.state, {name: after})
    anchor = started_elsewhere(settled, plan, planned, after)
    timed = anchor is not None and isinstance(recorded_date(settled.protocol, plan.state, anchor), dt.datetime)
    if planned.dosed:
        notes += [text for text in failed(then) if text not in deviations]
    shifted = _shifted(settled, plan, planned, before, then)
    later = _doses(then, shifted)
    return Changes(
        planned=planned,
        before=before,
        after=after,
        days_left=None if planned.latest is None else (local_day(planned.latest) - day).days,
        days_from_target=None if planned.target is None else (day - local_day(planned.target)).days,
        shifted=shifted,
        doses=((name, day), *later) if planned.dosed else tuple(later),
        prepared=prepared,
        deviations=deviations,
        warnings=tuple(notes),
        start=None if anchor is None else (anchor, planned.target, after if took_place or timed else day),
        took_place=took_place,
    )


def failed(plan: ParticipantPlan) -> list[Message]:
    """The protocol's limits in hours that are not met."""
    return [check.text for check in plan.checks if check.ok is False]


def _doses(then: ParticipantPlan, shifted: Iterable[MovedVisit]) -> list[tuple[str, dt.date | None]]:
    """The visits with a dose among those that move, with the days on which they are due then."""
    dosed = {each.id for each in then.visits if each.dosed}
    return [(each.visit, _day_of(each)) for each in shifted if each.visit in dosed and each.after is not None]


def _shifted(
    settled: Settled, plan: ParticipantPlan, planned: PlannedVisit, before: dt.datetime | None, then: ParticipantPlan
) -> tuple[MovedVisit, ...]:
    """What moves if the visit takes place when it is booked: the visits that count from it.

    Where that is the day of an anchor, the others are planned from what is recorded of it, not from the booking.
    """
    own = own_anchor(settled, planned) is not None
    now = plan if own or before is None else plan_of(settled, plan.state, {planned.id: before})
    return tuple(each for each in moved_visits(now, then) if each.visit != planned.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class DatesChanged:
    """What becomes of the visits of a participant when dates that they count from are recorded, or changed.

    `dates` are these: the name, before and after. `prepared` are the visits that move and have a preparation.
    """

    dates: tuple[tuple[str, Moment | None, Moment], ...]
    visits: tuple[MovedVisit, ...]
    doses: tuple[tuple[str, dt.date | None], ...]
    prepared: tuple[str, ...]
    warnings: tuple[Message, ...]
    calendars: tuple[Calendar, ...] = CALENDARS

    @property
    def replaces(self) -> bool:
        """Whether a day changes that was recorded before, or visits move with its time: that is asked about."""
        replaced = [(before, after) for _, before, after in self.dates if before is not None]
        return any(local_day(before) != local_day(after) or self.visits for before, after in replaced)


def dates_changed(
    before: ParticipantPlan,
    after: ParticipantPlan,
    dates: tuple[tuple[str, Moment | None, Moment], ...],
    prepared: Collection[str],
) -> DatesChanged:
    """Return what changes between two plans of one participant, who has other `dates` in the second."""
    visits = moved_visits(before, after)
    return DatesChanged(
        dates=dates,
        visits=visits,
        doses=tuple(_doses(after, visits)),
        prepared=tuple(each.visit for each in visits if each.visit in prepared),
        warnings=tuple(failed(after)),
    )


def dates_shape(changed: DatesChanged, say: Callable[[object], str]) -> dict[str, Any]:
    """Return the JSON of what changes; `say` puts a text into the reader's language."""
    return {
        "dates": [{"name": name, "from": iso(was), "to": iso(now)} for name, was, now in changed.dates],
        "visits": [_moved_shape(each) for each in changed.visits],
        "doses": [{"encounter": visit, "day": iso(day)} for visit, day in changed.doses],
        "prepared": list(changed.prepared),
        "warnings": [say(each) for each in changed.warnings],
        "calendars": list(changed.calendars),
    }


def _day_of(moved: MovedVisit) -> dt.date | None:
    target = moved.after[0] if moved.after is not None else None
    return None if target is None else local_day(target)


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
        "visits": [_moved_shape(each) for each in changed.shifted],
        "dose": changed.planned.dosed,
        "doses": [{"encounter": visit, "day": iso(day)} for visit, day in changed.doses],
        "prepared": changed.prepared,
        "deviations": [say(each) for each in changed.deviations],
        "warnings": [say(each) for each in changed.warnings],
        "provisional_years": list(changed.provisional),
        "calendars": list(changed.calendars),
        "start": None
        if changed.start is None
        else {"name": changed.start[0], "from": iso(changed.start[1]), "to": iso(changed.start[2])},
    }


def _moved_shape(moved: MovedVisit) -> dict[str, Any]:
    before, after = moved.before or (None, None, None), moved.after or (None, None, None)
    return {
        "encounter": moved.visit,
        "from": iso(before[0]),
        "to": iso(after[0]),
        "earliest": iso(after[1]),
        "latest": iso(after[2]),
        "rebook": moved.rebook,
    }
