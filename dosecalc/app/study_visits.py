"""Visits of a study: book, move, attend, miss, cancel. Each is looked at first, then recorded in one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Refusal, Usage
from dosecalc.registry import decide_visit
from dosecalc.registry.as_it_was import on_day
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.dose_order import check_doses
from dosecalc.registry.fold import facts
from dosecalc.registry.may_dose import holds_on
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.rights import check_may, may_override
from dosecalc.registry.visit_changes import Changes, changes, failed
from dosecalc.registry.visit_checks import Asking, unrecorded_before
from dosecalc.text import msg
from dosecalc.visits.moments import local_day, parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from dosecalc.app.study import Session
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.at_clinic import AtClinic
    from dosecalc.registry.decide_visit import Decision
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.fold import Fact
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.store import Reading
    from dosecalc.text import Message
    from dosecalc.visits.visit import Moment

    Decide = Callable[[Settled, ParticipantPlan, Reading], Decision]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What was recorded, and how the visit stands now. `start` are the dates that were recorded with it."""

    event: Event
    planned: PlannedVisit
    plan: ParticipantPlan
    overrides: tuple[Message, ...]
    start: tuple[Event, ...] = ()

    @property
    def mind(self) -> tuple[Message, ...]:
        """What whoever recorded a visit that took place should know."""
        if self.event.kind != "attend" or not self.planned.dosed:
            return ()
        before = unrecorded_before(self.plan, self.planned.id)
        unsaid = (
            msg("{visit} comes before it, and nobody recorded what became of it: `visit attend {participant} {visit} "
                "DATE` or `visit miss`", visit=each.id, participant=self.plan.state.code)
            for each in before
        )  # fmt: skip
        return (*unsaid, *failed(self.plan))


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to record of one participant's visit."""

    session: Session
    code: str
    decide: Decide
    when: dt.datetime | None = None
    """The time that is asked for, where it is a booking."""
    took_place: Moment | None = None
    """When it took place, where that is recorded."""

    def look(self) -> tuple[Decision, Changes | None]:
        """Decide without recording anything; of a booking, and of what moves other visits, also what would change.

        Raises:
            Refusal: whatever stands in the way.
        """
        with self.session.read() as reading:
            settled, plan = self._plan(reading)
            held = holds_on(self.session.study_at(reading), settled, plan.state)
            decision = self.decide(settled, plan, reading)
            check_may(self.session.by.role, decision.draft.kind, self.session.staffed)
            visit = decision.draft.visit
            after = self.when or (self.took_place if decision.moves else None)
            if after is None or visit is None:
                return decision, None
            told = facts(reading.events(participant=self.code, kinds=("prepare", "correct")), None)
            prepared = any(fact.event.visit == visit for fact in told)
            here = None if self.when is None else self.session.clinic_on(reading, self.when.date())
        overrides, took_place = decision.overrides, self.when is None
        made = changes(settled, plan, visit, after, overrides, prepared=prepared, took_place=took_place)
        stopped = [held_back(hold).what for hold in held] if made.planned.dosed and self.when is not None else []
        years = () if here is None or self.when is None else here.provisional(visit, self.when.date())
        return decision, replace(made, warnings=(*made.warnings, *stopped), provisional=years)

    def record(self, confirmed: Collection[Message] = ()) -> Recorded:
        """Decide again and record, in one transaction; what is overridden must be what was confirmed.

        Raises:
            Refusal: whatever stands in the way by now; DC765, an override that nobody confirmed.
        """
        overrides: list[Message] = []

        def decided(reading: Reading) -> list[Draft]:
            settled, plan = self._plan(reading)
            decision = self.decide(settled, plan, reading)
            overrides.extend(decision.overrides)
            if unconfirmed := [each for each in overrides if each not in confirmed]:
                raise Refusal([not_confirmed(each) for each in unconfirmed])
            return [*decision.start, decision.draft]

        def afterwards(reading: Reading, _: object) -> None:
            told = list(facts(reading.events(participant=self.code), None))
            check_doses(self.session.participant(reading, self.code), told)

        *start, event = self.session.change(decided, afterwards)
        with self.session.read() as reading:
            _, plan = self._plan(reading)
        planned = plan.find(event.visit or "")
        assert planned is not None, "a visit with an event stands in the plan"
        return Recorded(event=event, planned=planned, plan=plan, overrides=tuple(overrides), start=tuple(start))

    def _plan(self, reading: Reading) -> tuple[Settled, ParticipantPlan]:
        """The visits under the version of the protocol that holds on the day that this is about."""
        state = self.session.participant(reading, self.code)
        about = self.when or self.took_place
        day = self.session.today if about is None else local_day(about)
        then = on_day(state, list(facts(reading.events(participant=self.code), None)), day)
        settled = self.session.settled_for(then, self.session.study_at(reading), day)
        return settled, plan_of(settled, state)


def not_confirmed(what: Message) -> Finding:
    """What is said of an override that no person has confirmed."""
    return Finding("DC765", what, msg("have the investigator call the command at a terminal, and confirm it there"))


def book(session: Session, code: str, visit: str, when: str, *, outside_window: str | None, reason: str | None) -> Step:
    """Book a visit.

    Raises:
        Usage: DC005, no time of day.
        Refusal: DC401 to DC405, it is no time.
    """
    moment, asking = _time(session, visit, when), _asking(session, outside_window, reason)
    return Step(
        session=session,
        code=code,
        when=moment,
        decide=lambda settled, plan, reading: decide_visit.book(
            settled, plan, visit, moment, asking, *_around(session, reading, code, moment.date())
        ),
    )


def move(session: Session, code: str, visit: str, when: str, *, outside_window: str | None, reason: str | None) -> Step:
    """Move a booked visit.

    Raises:
        Usage, Refusal: as `book`.
    """
    moment, asking = _time(session, visit, when), _asking(session, outside_window, reason)
    return Step(
        session=session,
        code=code,
        when=moment,
        decide=lambda settled, plan, reading: decide_visit.move(
            settled, plan, visit, moment, asking, *_around(session, reading, code, moment.date())
        ),
    )


def attend(
    session: Session, code: str, visit: str, when: str, *, outside_window: str | None, reason: str | None
) -> Step:
    """Record that a visit took place.

    Raises:
        Refusal: DC401 to DC405, it is no date.
    """
    moment, asking = parse_moment(when, session.settled.timezone), _asking(session, outside_window, reason)
    return Step(
        session=session,
        code=code,
        took_place=moment,
        decide=lambda settled, plan, reading: decide_visit.attend(
            settled, plan, visit, moment, asking, session.everyone(reading)
        ),
    )


def miss(session: Session, code: str, visit: str, *, reason: str | None) -> Step:
    """Record that a visit did not take place."""
    asking = _asking(session, None, reason)
    return Step(session=session, code=code, decide=lambda _settled, plan, _: decide_visit.miss(plan, visit, asking))


def cancel(session: Session, code: str, visit: str, *, reason: str | None) -> Step:
    """Cancel a booking."""
    asking = _asking(session, None, reason)
    return Step(session=session, code=code, decide=lambda _settled, plan, _: decide_visit.cancel(plan, visit, asking))


def unscheduled(session: Session, code: str, visit: str | None, when: str, *, reason: str | None) -> Step:
    """Record a visit that was not planned.

    Raises:
        Usage, Refusal: as `book`.
    """
    moment, asking = _time(session, visit or msg("the visit"), when), _asking(session, None, reason)
    return Step(
        session=session,
        code=code,
        decide=lambda settled, plan, _: decide_visit.unscheduled(settled, plan, visit, moment, asking),
    )


def _around(
    session: Session, reading: Reading, code: str, day: dt.date
) -> tuple[AtClinic, Iterator[ParticipantState], list[Fact]]:
    """What a booking is held against: the clinic on its day, the other participants, and the participant's events."""
    told = list(facts(reading.events(participant=code), None))
    return session.clinic_on(reading, day), session.everyone(reading), told


def _time(session: Session, visit: object, text: str) -> dt.datetime:
    moment = parse_moment(text, session.settled.timezone)
    if not isinstance(moment, dt.datetime):
        what = msg("{visit} on {day} has no time", visit=visit, day=moment)
        raise Usage([Finding("DC005", what, msg("write {day}T09:30", day=moment))])
    return moment


def _asking(session: Session, outside_window: str | None, reason: str | None) -> Asking:
    return Asking(
        at=session.at,
        present=session.present,
        may_override=may_override(session.by.role, session.staffed),
        outside_window=outside_window,
        reason=reason,
    )
