"""One participant's visits as the study knows them: the timeline of the protocol with what was booked and attended.

The dates and windows are those of `visits.timeline`, which is asked here and nowhere else in the registry. In a masked
trial the arm is not looked at, known or not: the visits of its arms are alike (R15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dosecalc.protocol.occurrences import occurrences
from dosecalc.registry.first_dose import as_given, own_visits
from dosecalc.registry.state import VisitState
from dosecalc.text import Message, Words, msg
from dosecalc.visits.moments import local_day
from dosecalc.visits.timeline import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dosecalc.protocol.model import Arm, Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState, Standing, VisitStanding
    from dosecalc.registry.store import VisitRow
    from dosecalc.visits.timeline import TimelinePlan
    from dosecalc.visits.visit import CheckResult, Moment, Visit

_NONE: Mapping[str, Moment] = MappingProxyType({})
_GOES_ON: tuple[Standing, ...] = ("consented", "enrolled", "discontinued")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedVisit:
    """A visit of a participant: what the protocol plans, and what the study knows of it.

    `visit` is None where the protocol plans no such visit: it was not scheduled, or is of an earlier version.
    """

    id: str
    visit: Visit | None
    state: VisitState
    standing: VisitStanding
    dosed: bool
    """Whether a dose is given at it, of whatever arm in a masked trial."""
    expected: bool
    """Whether it took place or can still: after a withdrawal nothing comes, after a discontinuation no dose."""

    @property
    def target(self) -> Moment | None:
        """When it is due."""
        return self.visit.target if self.visit else None

    @property
    def earliest(self) -> Moment | None:
        """The first day of its window."""
        return self.visit.earliest if self.visit else None

    @property
    def latest(self) -> Moment | None:
        """The last day of its window."""
        return self.visit.latest if self.visit else None

    @property
    def attended(self) -> Moment | None:
        """When it took place."""
        return self.state.attended

    @property
    def label(self) -> Words | Message:
        """What people call it."""
        return self.visit.label if self.visit else msg("unscheduled visit")


@dataclass(frozen=True, kw_only=True, slots=True)
class ParticipantPlan:
    """All visits of one participant, in the protocol's order, those that it does not plan behind them."""

    state: ParticipantState
    visits: tuple[PlannedVisit, ...]
    checks: tuple[CheckResult, ...] = ()
    waits: Message | None = None
    """Why no visit has a date yet; None where they have."""
    lacks: str | None = None
    """What is to be recorded for that: `arm`, or the name of an anchor."""

    def find(self, name: str) -> PlannedVisit | None:
        """The visit of this name."""
        return next((planned for planned in self.visits if planned.id == name), None)


def plan_of(settled: Settled, state: ParticipantState, assumed: Mapping[str, Moment] = _NONE) -> ParticipantPlan:
    """Return the visits of a participant.

    `assumed` are dates on which visits would take place, for showing what would change.

    Raises:
        Refusal: what `visits.timeline` refuses.
    """
    arm = arm_of(settled.protocol, state)
    if arm is None:
        waits = msg("{participant} has no arm yet", participant=state.code)
        return replace(_joined(state, settled.protocol, None, {}, waits), lacks="arm")
    prepared = prepare(settled, arm.encounters)
    actual = attended_of(state) | dict(assumed)
    anchor = start_anchor(settled.protocol)
    start = date_of(settled.protocol, state, anchor, actual)
    if start is None:
        label = settled.protocol.anchors[anchor].label
        waits = msg("waiting for the date of {anchor} of {participant}", anchor=label, participant=state.code)
        joined = _joined(state, settled.protocol, arm, dict.fromkeys(prepared.visits), waits)
        return replace(joined, lacks=anchor)
    timeline = prepared.of(start, _by_name(settled.protocol, state, actual), _known(prepared, actual))
    visits: dict[str, Visit | None] = {visit.encounter: visit for visit in timeline.visits}
    checks: tuple[CheckResult, ...] = ()
    if timeline.checks:
        named = (each.id for each in settled.protocol.anchors.values() if each.given in ("start", "by_name"))
        dates = {name: date_of(settled.protocol, state, name, actual) for name in named}
        dosed = dose_visits(settled.protocol, arm)
        checks = as_given(settled, state, dosed, dates, actual, timeline.checks)
    return replace(_joined(state, settled.protocol, arm, visits, None), checks=checks)


def still_booked(plan: ParticipantPlan) -> list[tuple[str, dt.datetime]]:
    """The visits that are booked and can no longer take place: to be cancelled."""
    booked = ((each.id, each.state.booked) for each in plan.visits if not each.expected and each.attended is None)
    return sorted(((visit, when) for visit, when in booked if when is not None), key=lambda entry: entry[1])


def rows_of(plan: ParticipantPlan) -> tuple[VisitRow, ...]:
    """Return what the table `visits_now` holds of a participant: nothing of what can no longer take place."""
    from dosecalc.registry.store import VisitRow  # the database is nothing that a plan needs

    return tuple(
        VisitRow(
            participant=plan.state.code,
            visit=planned.id,
            target=_day(planned.target),
            earliest=_day(planned.earliest),
            latest=_day(planned.latest),
            booked=_text(planned.state.booked) if planned.standing in ("booked", "done") else None,
            attended=_text(planned.attended),
            standing=planned.standing,
        )
        for planned in plan.visits
        if planned.expected
    )


def arm_of(protocol: Protocol, state: ParticipantState) -> Arm | None:
    """The arm whose visits a participant has; in a masked protocol any of them. None where none is assigned yet."""
    if protocol.masking.masked:
        return next(iter(protocol.arms.values()))
    return None if state.arm is None else protocol.arms.get(state.arm)


def start_anchor(protocol: Protocol) -> str:
    """The name of the anchor that is the participant's start."""
    return next(anchor.id for anchor in protocol.anchors.values() if anchor.given == "start")


def start_of(protocol: Protocol, state: ParticipantState) -> Moment | None:
    """The participant's start: when its own visit took place; until then as it is planned, once that is recorded."""
    return date_of(protocol, state, start_anchor(protocol), attended_of(state))


def attended_of(state: ParticipantState) -> dict[str, Moment]:
    """When the visits of a participant took place, of those that did."""
    return {name: each.attended for name, each in state.visits.items() if each.attended is not None}


def date_of(protocol: Protocol, state: ParticipantState, anchor: str, actual: Mapping[str, Moment]) -> Moment | None:
    """The date of an anchor that is given by itself; `actual` says when visits took place.

    What is recorded of it is a plan until its own visit has taken place, and from then on it is the date of that visit.
    So the two cannot contradict each other, and who corrects the attendance moves whatever counts from it. Of one day
    the time that was recorded is kept where the attendance has none.
    """
    recorded = recorded_date(protocol, state, anchor)
    came = next((actual[visit] for visit in own_visits(protocol, anchor) if visit in actual), None)
    if came is None or isinstance(came, dt.datetime) or recorded is None:
        return came or recorded
    return recorded if local_day(recorded) == came else came


def recorded_date(protocol: Protocol, state: ParticipantState, anchor: str) -> Moment | None:
    """The date that was recorded of an anchor by itself."""
    if anchor == start_anchor(protocol) and state.start is not None:
        return state.start
    return state.anchors.get(anchor)


def dose_visits(protocol: Protocol, arm: Arm) -> frozenset[str]:
    """The visits at which something is given, a placebo too: in a masked trial it must count like any dose (R15)."""
    given = {name for dose in arm.doses for name in dose.at}
    return frozenset(visit for name in given for visit, _ in occurrences(protocol.encounters[name]))


def _by_name(protocol: Protocol, state: ParticipantState, actual: Mapping[str, Moment]) -> dict[str, Moment]:
    """The anchors that the protocol wants by their names; an amendment may have taken others away."""
    named = (anchor.id for anchor in protocol.anchors.values() if anchor.given == "by_name")
    dates = {name: date_of(protocol, state, name, actual) for name in named}
    return {name: date for name, date in dates.items() if date is not None}


def _known(prepared: TimelinePlan, actual: Mapping[str, Moment]) -> dict[str, Moment]:
    return {name: moment for name, moment in actual.items() if name in prepared.visits}


def _joined(
    state: ParticipantState,
    protocol: Protocol,
    arm: Arm | None,
    planned: Mapping[str, Visit | None],
    waits: Message | None,
) -> ParticipantPlan:
    dosed = dose_visits(protocol, arm) if arm else frozenset()
    return ParticipantPlan(state=state, visits=tuple(_visits(state, dosed, planned)), waits=waits)


def _visits(
    state: ParticipantState, dosed: frozenset[str], planned: Mapping[str, Visit | None]
) -> Iterator[PlannedVisit]:
    for name in (*planned, *(each for each in state.visits if each not in planned)):
        known = state.visits.get(name) or VisitState(visit=name)
        standing = standing_of(known)
        yield PlannedVisit(
            id=name,
            visit=planned.get(name),
            state=known,
            standing=standing,
            dosed=name in dosed,
            expected=standing in ("done", "missed") or known.given is not None or _to_come(state, name in dosed),
        )


def _to_come(state: ParticipantState, dosed: bool) -> bool:
    return state.standing in _GOES_ON and not (dosed and state.standing == "discontinued")


def standing_of(state: VisitState) -> VisitStanding:
    """Return how a visit stands. One that was booked, and is not any more, is cancelled until it is booked again."""
    if state.attended is not None:
        return "done"
    if state.missed is not None:
        return "missed"
    if state.booked is not None:
        return "booked"
    return "cancelled" if state.cancelled else "planned"


def _day(moment: Moment | None) -> str | None:
    return None if moment is None else local_day(moment).isoformat()


def _text(moment: Moment | None) -> str | None:
    return None if moment is None else moment.isoformat()
