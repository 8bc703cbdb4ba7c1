"""`visit open`: the days on which a visit can take place, the best first; and why there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dosecalc.app.study_lots import supplies_at
from dosecalc.errors import Refusal, refuse
from dosecalc.registry.at_clinic import TAKES_ROOM, Booked, at_clinic, rests_on
from dosecalc.registry.decide_anchor import anchors
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.fold import facts
from dosecalc.registry.may_dose import holds_on
from dosecalc.registry.no_day import NoDay, no_day
from dosecalc.registry.openings import (
    UNSTATED,
    Around,
    DayOption,
    by_preference,
    counts_as_window,
    day_options,
    is_preferred,
)
from dosecalc.registry.plan_of import plan_of, recorded_date
from dosecalc.registry.supply_limits import SupplyLimits, supply_limits
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.registry.visit_checks import own_anchor, started_elsewhere, to_come
from dosecalc.text import Message, msg
from dosecalc.visits.moments import LAST_YEAR, local_day, parse_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dosecalc.app.study import Session
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.at_clinic import AtClinic
    from dosecalc.registry.fold import Fact
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.registry.state import ParticipantState, StudyState
    from dosecalc.registry.store import Reading

_FAR = 366
"""Days before and behind a range that are searched where it has none; and the longest range that may be asked for."""
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """The days of a range, all of them and the possible ones by preference, for one visit of one participant."""

    participant: str
    planned: PlannedVisit
    options: tuple[DayOption, ...]
    best: tuple[DayOption, ...]
    none: NoDay | None
    """Why no day is possible, where none is."""
    weekdays: tuple[str, ...]
    """On which the participant would rather come."""
    has_window: bool
    starts: bool
    """Whether the other visits count from it, and move with it."""
    ward: bool
    unchecked: bool
    """Whether it has a dose, and this person may not know until when its product can be given (R15)."""
    holds: tuple[Message, ...]


def visit_open(session: Session, code: str, visit: str, *, first: str | None, until: str | None) -> Open:
    """Return the days on which a visit can take place.

    Raises:
        Refusal: DC401 to DC404, a text is no day; DC737, DC755 to DC759, the visit cannot take place; DC846, DC847, the
            site file does not say when the clinic is open; DC909, the visit has no date; DC910, no range of days.
    """
    with session.read() as reading:
        search = _Search(session, reading, code, visit)
        ends = _range(search, None if first is None else parse_day(first), None if until is None else parse_day(until))
        options = search.between(*ends)
        if not options:  # an amendment that has effect by then leaves the visit out
            raise _no_date(search.planned, msg("the protocol plans no such visit any more"))
        best = by_preference(options, search.state.weekdays)
        has_window = search.has_window
        none = None
        if not best:
            nearest = list(search.nearest(*ends))
            asked = first is not None or until is not None
            none = no_day(options, nearest, search.who, window=has_window and not asked)
        held = holds_on(search.study, search.settled, search.state) if search.planned.dosed else ()
        return Open(
            participant=code, planned=search.planned, options=options, best=best, none=none,
            weekdays=search.state.weekdays, has_window=has_window,
            starts=own_anchor(search.settled, search.planned) is not None,
            ward=search.clinic(session.today).room.of(visit).ward,
            unchecked=search.planned.dosed and search.limits is None,
            holds=tuple(held_back(hold).what for hold in held),
        )  # fmt: skip


class _Search:
    """What days are looked at against, read once. A day is looked at under the versions that hold on it."""

    def __init__(self, session: Session, reading: Reading, code: str, visit: str) -> None:
        self.session, self.reading, self.code, self.visit = session, reading, code, visit
        self.study: StudyState = session.study_at(reading)
        self.state: ParticipantState = session.participant(reading, code)
        self.settled: Settled = session.settled_for(self.state, self.study)
        self.plan: ParticipantPlan = plan_of(self.settled, self.state)
        self.planned: PlannedVisit = to_come(self.plan, visit)
        if self.planned.target is None:
            notes = self.planned.visit.notes if self.planned.visit is not None else ()
            raise _no_date(self.planned, notes[0] if notes else msg("the protocol plans no such visit any more"))
        self.has_window = counts_as_window(self.settled, self.planned)
        self._clinics: dict[int, AtClinic] = {}
        self._booked: Mapping[dt.date, Sequence[Booked]] = {}
        self._others: list[ParticipantState] | None = None
        self._told: list[Fact] | None = None
        self.limits = self._supplies()

    def between(self, first: dt.date, last: dt.date) -> tuple[DayOption, ...]:
        """Every day from `first` to `last`."""
        self._booked = _booked(self.reading, first, last)
        days = [first + n * _DAY for n in range((last - first).days + 1)]
        found: list[DayOption] = []
        for _, group in groupby(days, self._versions):
            part = list(group)
            settled = self.session.settled_for(self.state, self.study, part[0])
            plan = plan_of(settled, self.state)
            if plan.find(self.visit) is not None:
                around = self._around(settled, plan, self.clinic(part[0]))
                found += day_options(around, plan, self.visit, part[0], part[-1])
        return tuple(found)

    def nearest(self, first: dt.date, last: dt.date) -> Iterator[DayOption]:
        """The nearest day before the range, and the nearest one behind it, on which only the window is missed."""
        today = self.session.present.date()
        start, end = max(today, first - _FAR * _DAY), min(max(today, last) + _FAR * _DAY, dt.date(LAST_YEAR, 12, 31))
        before = self.between(start, first - _DAY) if start < first else ()
        for side in (reversed(before), self.between(last + _DAY, end)):
            fitting = (one for one in side if all(each.kind == "window" for each in one.against))
            if (one := next(fitting, None)) is not None:
                yield one

    def who(self, day: dt.date) -> Sequence[Booked]:
        """Who stands on a day."""
        own = (self.code, self.visit)
        return [each for each in _booked(self.reading, day, day).get(day, ()) if each != own]

    def clinic(self, day: dt.date) -> AtClinic:
        """The clinic as the site file has it that is in effect on a day."""
        version = self.study.in_effect(day)
        if version.number not in self._clinics:
            self._clinics[version.number] = at_clinic(settled_of(version), lambda asked: self._booked.get(asked, ()))
        return self._clinics[version.number]

    def _versions(self, day: dt.date) -> tuple[int, int]:
        return version_for(self.study, self.state, day).number, self.study.in_effect(day).number

    def _around(self, settled: Settled, plan: ParticipantPlan, here: AtClinic) -> Around:
        if here.workdays is None or here.clinic is None:
            raise _no_days(here)
        own = (self.code, self.visit)
        limits = self.limits or SupplyLimits()
        return Around(
            settled=settled, clinic=here.clinic, workdays=here.workdays, room=here.room, zone=self.session.zone,
            present=self.session.present,
            used=lambda day: here.used(day, own),
            booked=lambda day: sum(each != own for each in here.booked(day)),
            stagger=lambda name, day: self._stagger(settled, plan, name, day),
            product_until=limits.until, no_lot=limits.none, thaw=lambda _: limits.thaw,
        )  # fmt: skip

    def _stagger(self, settled: Settled, plan: ParticipantPlan, name: str, day: dt.date) -> Message | None:
        """What stands against the start on another day than is planned."""
        planned = plan.find(name)
        anchor = None if planned is None else started_elsewhere(settled, plan, planned, day)
        if anchor is None:
            return None
        if self._others is None:
            self._others = list(self.session.everyone(self.reading))
        timed = isinstance(recorded_date(settled.protocol, plan.state, anchor), dt.datetime)
        moment = dt.datetime.combine(day, dt.time(12), self.session.zone) if timed else day
        if self._told is None:
            self._told = list(facts(self.reading.events(participant=self.code), None))
        try:
            anchors(
                plan.state, settled, self._others, {anchor: moment}, reason="-", at=self.session.at, told=self._told
            )
        except Refusal as refusal:
            return next(iter(refusal.findings)).what
        return None

    def _supplies(self) -> SupplyLimits | None:
        """What the lots leave of the days; None for whoever may not know it, and where there is no dose (R15)."""
        view, protocol = self.session.view, self.settled.protocol
        if view.masked or view.key is None or not self.planned.dosed:
            return None
        arm = self.state.arm
        arms = (arm,) if arm in protocol.arms and arm is not None else tuple(protocol.arms)
        lead = self.clinic(self.session.today).room.of(self.visit).lead
        known = supplies_at(self.session, self.reading)
        return supply_limits(self.settled, known, self.study, arms, self.visit, lead, self.session.zone)


def _booked(reading: Reading, first: dt.date, last: dt.date) -> dict[dt.date, list[Booked]]:
    found: dict[dt.date, list[Booked]] = {}
    for row in reading.rows(first=first.isoformat(), last=last.isoformat(), standing=TAKES_ROOM):
        assert row.day is not None, "it was found by its day"
        found.setdefault(dt.date.fromisoformat(row.day), []).append((row.participant, row.visit))
    return found


def _range(search: _Search, first: dt.date | None, until: dt.date | None) -> tuple[dt.date, dt.date]:
    """The days that are asked for: as given, else the window, else those around the target; not before today."""
    planned, today = search.planned, search.session.present.date()
    assert planned.target is not None, "a visit without a date was refused"
    if search.has_window and planned.earliest is not None and planned.latest is not None:
        low, high = local_day(planned.earliest), local_day(planned.latest)
    else:
        low, high = local_day(planned.target) - UNSTATED, local_day(planned.target) + UNSTATED
        if high < today:  # nothing is a deviation, so it is still to come
            low, high = today, today + UNSTATED
    if first is not None or until is not None:
        low = first if first is not None else min(low, until or low)
        high = until if until is not None else max(high, low)
    if low > high or (high - low).days > _FAR:
        raise refuse(
            "DC910",
            msg("{first} to {last} is no range of days to look at", first=low, last=high),
            msg("give --from and --until in this order, at most {days} days apart", days=_FAR),
        )
    return (low, high) if high < today or first is not None else (max(low, today), high)


def _no_date(planned: PlannedVisit, why: Message) -> Refusal:
    return refuse(
        "DC909",
        msg("nobody knows yet when {visit} is due: {why}", visit=planned.id, why=why),
        msg("record what it waits for, and ask again"),
    )


def _no_days(here: AtClinic) -> Refusal:
    return refuse(
        "DC846",
        msg("the site file does not say on which days the clinic is open"),
        msg("add 'weekdays' under 'clinic', for example [Mon, Tue, Wed, Thu, Fri]"),
        here.clinic.where if here.clinic is not None else None,
    )


def reasons(found: Open, option: DayOption) -> Iterator[Message]:
    """Why a day stands where it does among the possible ones."""
    days = option.distance
    if not days:
        yield msg("on the target day")
    elif abs(days) == 1:
        yield msg("1 day before the target") if days < 0 else msg("1 day after the target")
    else:
        yield (
            msg("{days} days before the target", days=-days)
            if days < 0
            else msg("{days} days after the target", days=days)
        )
    if is_preferred(option, found.weekdays):
        yield msg("a weekday that suits them")
    yield from rests_on((option.day.year,) if option.provisional else ())


def open_shape(found: Open, say: Callable[[object], str]) -> dict[str, Any]:
    """Return the JSON; `say` puts a text into the reader's language."""
    from dosecalc.registry.visit_changes import visit_shape

    return {
        "participant": found.participant,
        "visit": visit_shape(found.planned),
        "days": [_day_shape(one) | {"why": [say(each) for each in reasons(found, one)]} for one in found.best],
        "not_possible": [
            {name: value for name, value in _day_shape(one).items() if name != "times"}
            | {"against": [{"kind": each.kind, "text": say(each.text)} for each in one.against]}
            for one in found.options
            if not one.possible
        ],
        "none": None
        if found.none is None
        else {
            "binding": [say(each) for each in found.none.binding],
            "helps": [say(each) for each in found.none.helps],
            "nearest": [one.day.isoformat() for one in found.none.nearest],
        },
        "weekdays": list(found.weekdays),
        "product_expiry_checked": not found.unchecked,
        "holds": [say(each) for each in found.holds],
    }  # fmt: skip


def _day_shape(option: DayOption) -> dict[str, Any]:
    return {
        "day": option.day.isoformat(),
        "days_from_target": option.distance,
        "times": [each.isoformat() for each in option.times],
        "booked": option.used,
        "provisional": option.provisional,
    }
