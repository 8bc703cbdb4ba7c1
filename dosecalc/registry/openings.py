"""On which days a visit can take place: every day of a range with all that stands against it.

What is looked at is the same for every arm of a masked trial, so that the days tell nothing (R15). Windows are those of
`visits.timeline`, gaps those of `gaps`; nothing is computed here that a booking would see otherwise.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dosecalc.registry.gaps import broken_gaps
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.visit_checks import limits_here, own_anchor
from dosecalc.text import msg
from dosecalc.visits.moments import WEEKDAYS, local_day, readable
from dosecalc.visits.room import times

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from dosecalc.protocol.clinic import Clinic
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.text import Message, Words
    from dosecalc.visits.room import Room
    from dosecalc.visits.visit import Moment
    from dosecalc.visits.workdays import Workdays

Kind = Literal["past", "window", "closed", "hours", "limit", "full", "gap", "stagger", "product", "thaw"]
UNSTATED = dt.timedelta(days=14)
"""How far from its target a visit without a window is looked for."""
_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """One thing that stands against a day."""

    kind: Kind
    text: Message
    why: Message | Words | None = None
    """Of a closed day: the reason alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayOption:
    """One day for a visit. It is possible where nothing stands `against` it."""

    day: dt.date
    times: tuple[dt.datetime, ...]
    """When the visit can begin on that day (aware, the site's zone), within the clinic's hours and the window."""
    distance: int
    """Days from the target, early ones negative; 0 where there is no target."""
    provisional: bool
    """Whether the day rests on public holidays that are not announced yet."""
    used: int
    """How many visits are booked on it."""
    against: tuple[Against, ...]

    @property
    def possible(self) -> bool:
        """Whether the visit can take place on it."""
        return not self.against


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What a day is looked at against, besides the participant's own plan."""

    settled: Settled
    clinic: Clinic
    workdays: Workdays
    room: Room
    zone: ZoneInfo
    present: dt.datetime
    """Now, in the site's zone: nothing is booked before it."""
    used: Callable[[dt.date], Mapping[str, int]]
    """What the bookings of a day take, as `Room.used` says; without the visit that is asked about."""
    booked: Callable[[dt.date], int]
    """How many visits are booked on a day."""
    stagger: Callable[[str, dt.date], Message | None]
    """Why a visit on a day comes too soon after another participant of the same dose level; None where it does not."""
    product_until: Moment | None = None
    """The last day, or time, at which a released lot can be given; None where this person may not know it."""
    no_lot: Message | None = None
    """Why no lot can be given at all; None where one can, or where this person may not know it."""
    thaw: Callable[[str], Message | None] = lambda _: None
    """Why what a visit needs cannot be used up in time after thawing (R11); None where it can."""


def day_options(
    around: Around, plan: ParticipantPlan, visit: str, first: dt.date, last: dt.date
) -> tuple[DayOption, ...]:
    """Return every day from `first` to `last`, both included, with what stands against it.

    Raises:
        ValueError: the participant has no such visit.
    """
    planned = plan.find(visit)
    if planned is None:
        raise ValueError(f"no visit {visit}")
    return tuple(_option(around, plan, planned, first + dt.timedelta(days=n)) for n in range((last - first).days + 1))


def by_preference(options: Iterable[DayOption], weekdays: Collection[str]) -> tuple[DayOption, ...]:
    """The possible days, the best first: nearest to the target, then on a preferred weekday, then the emptier one."""
    possible = (each for each in options if each.possible)
    return tuple(
        sorted(possible, key=lambda one: (abs(one.distance), not is_preferred(one, weekdays), one.used, one.day))
    )


def is_preferred(option: DayOption, weekdays: Collection[str]) -> bool:
    """Whether a day is one of the weekdays that the participant prefers."""
    return WEEKDAYS[option.day.weekday()] in weekdays


def counts_as_window(settled: Settled, planned: PlannedVisit) -> bool:
    """Whether a visit has a window that it can miss. One that others count from is its own: they move with it."""
    return planned.earliest is not None and planned.latest is not None and own_anchor(settled, planned) is None


def _option(around: Around, plan: ParticipantPlan, planned: PlannedVisit, day: dt.date) -> DayOption:
    clinic_day = around.workdays.of(day)
    begins = tuple(_times(around, planned, day))
    limited: tuple[Message, ...] = ()
    missed = any(each.standing == "missed" for each in plan.visits)  # then a later dose may be the first
    if missed or own_anchor(around.settled, planned) is not None:
        broken = {begin: _limits(around, plan, planned, begin) for begin in begins}
        limited = next(iter(broken.values()), ()) if all(broken.values()) else ()
        begins = tuple(begin for begin in begins if not broken[begin])
    return DayOption(
        day=day,
        times=begins,
        distance=0 if planned.target is None else (day - local_day(planned.target)).days,
        provisional=clinic_day.provisional and not around.room.of(planned.id).ward,
        used=around.booked(day),
        against=tuple(_against(around, plan, planned, day, begins, limited)),
    )


def _limits(around: Around, plan: ParticipantPlan, planned: PlannedVisit, begin: dt.datetime) -> tuple[Message, ...]:
    """The protocol's limits in hours that a visit which others count from would break."""
    then = plan_of(around.settled, plan.state, {planned.id: begin})
    return tuple(check.text for check in limits_here(around.settled, then, planned) if check.ok is False)


def _times(around: Around, planned: PlannedVisit, day: dt.date) -> Iterator[dt.datetime]:
    """The times of a day at which a visit can begin: in the clinic's hours and the window, and not before now.

    On the ward the hours are only what is proposed first: where none fits, the time that is nearest to the target is.
    """
    needs = around.room.of(planned.id)
    usual = [dt.datetime.combine(day, time, around.zone) for time in times(around.clinic, needs)]
    found = [each for each in usual if _fits(around, planned, each)]
    yield from found
    if not found and needs.ward and isinstance(planned.target, dt.datetime):
        yield from _at_night(around, planned, day)


def _at_night(around: Around, planned: PlannedVisit, day: dt.date) -> Iterator[dt.datetime]:
    """The time of a day that is nearest to the target, within the window and to come; none where there is none."""
    target, first, last = planned.target, planned.earliest, planned.latest
    assert isinstance(target, dt.datetime), "it is asked for where hours count"
    begins = dt.datetime.combine(day, dt.time(), around.zone).astimezone(dt.UTC)
    ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), around.zone).astimezone(dt.UTC) - _MINUTE
    low = max(begins, around.present.astimezone(dt.UTC) + _MINUTE)
    high = ends
    if isinstance(first, dt.datetime) and isinstance(last, dt.datetime):
        low, high = max(low, first.astimezone(dt.UTC)), min(high, last.astimezone(dt.UTC))
    if planned.dosed and isinstance(around.product_until, dt.datetime):
        high = min(high, around.product_until.astimezone(dt.UTC))
    if low.second or low.microsecond:
        low = low.replace(second=0, microsecond=0) + _MINUTE
    if low <= high:
        yield min(max(target.astimezone(dt.UTC), low), high).astimezone(around.zone)


def _fits(around: Around, planned: PlannedVisit, begin: dt.datetime) -> bool:
    """Whether a time exists once, lies in a window that counts hours, and is to come."""
    if begin.utcoffset() != begin.replace(fold=1).utcoffset():
        return False  # the clocks leave it out or repeat it: nobody would know which is meant
    instant = begin.astimezone(dt.UTC)  # one zone's times are compared by their clock readings, not as instants
    if instant <= around.present.astimezone(dt.UTC):
        return False
    until = around.product_until if planned.dosed else None
    if isinstance(until, dt.datetime) and instant > until.astimezone(dt.UTC):
        return False
    if not counts_as_window(around.settled, planned):
        return True
    first, last = planned.earliest, planned.latest
    if isinstance(first, dt.datetime) and instant < first.astimezone(dt.UTC):
        return False
    return not (isinstance(last, dt.datetime) and instant > last.astimezone(dt.UTC))


def _against(
    around: Around,
    plan: ParticipantPlan,
    planned: PlannedVisit,
    day: dt.date,
    begins: tuple[dt.datetime, ...],
    limited: tuple[Message, ...],
) -> Iterator[Against]:
    needs = around.room.of(planned.id)
    if day < around.present.date():
        yield Against(kind="past", text=msg("{day} is past", day=day))
        return
    if counts_as_window(around.settled, planned):
        yield from _window(planned, day)
    clinic_day = around.workdays.of(day)
    if not clinic_day.open and not needs.ward:
        yield Against(kind="closed", text=msg("closed: {why}", why=clinic_day.why or ""), why=clinic_day.why)
    elif limited:
        yield Against(kind="limit", text=limited[0])
    elif not begins and not (needs.ward and _whole_days(planned)):
        yield Against(kind="hours", text=msg("no time of that day fits the clinic's hours and the window"))
    for finding in around.room.full(planned.id, day, around.used(day)):
        yield Against(kind="full", text=finding.what)
    for gap in broken_gaps(around.settled, plan, planned.id, day, booked=True):
        yield Against(kind="gap", text=gap.text)
    if (why := around.stagger(planned.id, day)) is not None:
        yield Against(kind="stagger", text=why)
    if planned.dosed:
        yield from _product(around, day)
    if planned.dosed and (late := around.thaw(planned.id)) is not None:
        yield Against(kind="thaw", text=late)


def _product(around: Around, day: dt.date) -> Iterator[Against]:
    until = around.product_until
    if around.no_lot is not None:
        yield Against(kind="product", text=around.no_lot)
    elif until is not None and day > local_day(until):
        yield Against(kind="product", text=msg("no lot can be given after {day}", day=readable(until)))


def _whole_days(planned: PlannedVisit) -> bool:
    return not isinstance(planned.target, dt.datetime)


def _window(planned: PlannedVisit, day: dt.date) -> Iterator[Against]:
    if planned.earliest is None or planned.latest is None:
        return
    first, last = readable(planned.earliest), readable(planned.latest)
    if not local_day(planned.earliest) <= day <= local_day(planned.latest):
        yield Against(kind="window", text=msg("outside the window, {first} to {last}", first=first, last=last))
