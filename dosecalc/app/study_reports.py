"""What the study says each day: visits, who is late, deviations, exposure, the room in each window.

Today's visits come from the study's table of visits by its indexes, and not from its events, so that it takes no longer
as the study grows. For a moment in the past (`as_of`), and for a day on which another version of the protocol is in
effect than the table was derived under, the events are read again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.app.study_limits import limits_of_day
from dosecalc.errors import Refusal, refuse
from dosecalc.registry import reports
from dosecalc.registry.as_it_was import as_it_was
from dosecalc.registry.fold import facts, fold_participant, fold_study
from dosecalc.registry.gaps import gaps_of
from dosecalc.registry.lateness import TO_COME
from dosecalc.registry.plan_of import plan_of, rows_of
from dosecalc.registry.report_deviations import deviations as deviations_of
from dosecalc.registry.reports import line_of
from dosecalc.registry.rights import check_unmasked, need_key
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.registry.visits_now import current
from dosecalc.text import msg
from dosecalc.visits.moments import parse_day

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dosecalc.app.study import Session
    from dosecalc.app.study_limits import Limits
    from dosecalc.dosing.result import Dose, Doses, OnRecord
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.chain import Head
    from dosecalc.registry.event import Kind
    from dosecalc.registry.lots import DoseState
    from dosecalc.registry.plan_of import ParticipantPlan
    from dosecalc.registry.report_deviations import Deviation
    from dosecalc.registry.report_exposure import ParticipantExposure
    from dosecalc.registry.reports import DayOfWeek, Drift, Late, Today, VisitLine
    from dosecalc.registry.state import Hold, ParticipantState, StudyState
    from dosecalc.registry.store import Reading

_UNBLIND: tuple[Kind, ...] = ("unblind",)
_UNBOOKED = ("planned", "cancelled")
_INIT: tuple[Kind, ...] = ("init",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which day a report is of, and up to which moment of entering it looks; None: everything that is known."""

    day: dt.date
    until: dt.datetime | None = None
    entered_later: int = 0
    """How many events were entered after that moment, and so are not looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToPrepare:
    """The dose of a visit of the day, and how far it has come. For the unmasked alone (R15)."""

    line: VisitLine
    arm: str | None
    doses: tuple[Dose, ...]
    draft: bool
    stage: str
    """`to prepare`, `prepared`, `checked`, `check failed`, `dispensed` or `given`."""
    problem: object = None
    """Why no dose can be calculated, where none can."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TodayReport:
    """What `study today` says; `prepare` is None for whoever is masked.

    `unblinded` are those whose arm was revealed in an emergency: that it was, not which it is.
    """

    scope: Scope
    today: Today
    prepare: tuple[ToPrepare, ...] | None
    unblinded: tuple[str, ...]
    holds: tuple[Hold, ...]
    limits: Limits
    """Whose limits in hours are not met, of those who come or may come."""
    head: Head


def scope_of(session: Session, reading: Reading, day: str | None, as_of: str | None) -> Scope:
    """Return the day that is meant and the moment up to which it is looked at.

    Raises:
        Refusal: DC785, the study did not exist then; DC401 to DC404, a text is no day.
    """
    until = session.until(as_of)
    wanted = parse_day(day) if day is not None else session.day_of(as_of)
    if until is None or until >= session.by.entered_at:
        return Scope(day=wanted)
    if next(reading.events(kinds=_INIT, until=until), None) is None:  # by the clock of then, which may have gone back
        raise refuse(
            "DC785",
            msg("nothing was recorded in this study by the end of {day}", day=session.day_of(as_of))
            if "T" not in (as_of or "")
            else msg("nothing was recorded in this study by {when}", when=as_of),
            msg("give a later --as-of; or, for another day with what is known now, --day {day}", day=wanted),
        )
    return Scope(day=wanted, until=until, entered_later=reading.entered_after(until))


def study_today(session: Session, *, day: str | None = None, as_of: str | None = None) -> TodayReport:
    """Say who comes, who may come, who is late and, to the unmasked, which doses are to be prepared.

    Raises:
        Refusal: DC785, and what the store refuses.
    """
    with session.read() as reading:
        scope = scope_of(session, reading, day, as_of)
        study = _study(session, reading, scope)
        found = reports.today(_lines_of_day(reading, study, scope), scope.day)
        prepare = None if session.view.masked else tuple(_to_prepare(session, reading, study, scope, found))
        revealed = reading.events(kinds=_UNBLIND, until=scope.until)
        return TodayReport(
            scope=scope,
            today=found,
            prepare=prepare,
            unblinded=tuple(sorted({code for event in revealed if (code := event.participant) is not None})),
            holds=study.holds,
            limits=limits_of_day(reading, study, found, scope.until),
            head=reading.head(scope.until),
        )


def study_holds(session: Session, as_of: str | None = None) -> tuple[Hold, ...]:
    """Say which doses are on hold.

    Raises:
        Refusal: DC785, and what the store refuses.
    """
    with session.read() as reading:
        return _study(session, reading, scope_of(session, reading, None, as_of)).holds


def study_week(
    session: Session, *, day: str | None = None, as_of: str | None = None
) -> tuple[Scope, tuple[DayOfWeek, ...]]:
    """Say what is booked in the seven days from a day, and which windows end in them without a booking.

    Raises:
        Refusal: DC785, and what the store refuses.
    """
    with session.read() as reading:
        scope = scope_of(session, reading, day, as_of)
        study = _study(session, reading, scope)
        weeks: dict[int, tuple[DayOfWeek, ...]] = {}
        days = []
        for place in range(reports.DAYS_OF_A_WEEK):  # a version may come into effect within the week
            each = scope.day + dt.timedelta(days=place)
            version = study.in_effect(each).number
            if version not in weeks:
                weeks[version] = reports.week(
                    _lines_of_week(reading, study, replace(scope, day=each), scope.day), scope.day
                )
            days.append(weeks[version][place])
        return scope, tuple(days)


def _lines_of_week(reading: Reading, study: StudyState, scope: Scope, first: dt.date) -> Iterator[VisitLine]:
    """The visits that can mean something in the week from `first`, as they stand on the day of `scope`."""
    if not _table_holds(reading, study, scope):
        return _afresh(reading, study, scope)
    last = (first + dt.timedelta(days=reports.DAYS_OF_A_WEEK - 1)).isoformat()
    return _distinct(
        reading.rows(first=first.isoformat(), last=last, standing=("booked", "planned")),
        reading.rows(standing=_UNBOOKED, begun=last),
    )


def lines_between(
    session: Session, reading: Reading, scope: Scope, first: dt.date, last: dt.date
) -> Iterator[VisitLine]:
    """What can mean something from `first` to `last`, what took place included, as it stands on the day of `scope`."""
    study = _study(session, reading, scope)
    if not _table_holds(reading, study, scope):
        return _afresh(reading, study, scope)
    return _distinct(
        reading.rows(first=first.isoformat(), last=last.isoformat()),
        reading.rows(standing=_UNBOOKED, begun=last.isoformat()),
    )


def study_overdue(
    session: Session, *, day: str | None = None, as_of: str | None = None
) -> tuple[Scope, tuple[Late, ...]]:
    """Say which visits are overdue.

    Raises:
        Refusal: DC785, and what the store refuses.
    """
    with session.read() as reading:
        scope = scope_of(session, reading, day, as_of)
        study = _study(session, reading, scope)
        if not _table_holds(reading, study, scope):
            return scope, reports.late(_afresh(reading, study, scope), scope.day)
        rows = reading.rows(standing=TO_COME, begun=scope.day.isoformat())
        return scope, reports.late(map(line_of, rows), scope.day)


def study_drift(
    session: Session, *, participant: str | None = None, day: str | None = None, as_of: str | None = None
) -> tuple[Scope, tuple[Drift, ...]]:
    """Say how much room each visit has in its window.

    Raises:
        Refusal: DC785, DC737, and what the store refuses.
    """
    with session.read() as reading:
        scope = scope_of(session, reading, day, as_of)
        _check_known(session, reading, participant, scope)
        study = _study(session, reading, scope)
        if not _table_holds(reading, study, scope):
            return scope, reports.drift(_afresh(reading, study, scope, participant), scope.day)
        return scope, reports.drift(map(line_of, reading.rows(participant=participant)), scope.day)


def study_deviations(
    session: Session, *, participant: str | None = None, day: str | None = None, as_of: str | None = None
) -> tuple[Scope, tuple[Deviation, ...]]:
    """Say what departed from the protocol, in the order of participants and visits.

    Raises:
        Refusal: DC785, DC737, and what the store refuses.
    """
    from dosecalc.registry.kept_sheet import used_by

    with session.read() as reading:
        scope = scope_of(session, reading, day, as_of)
        _check_known(session, reading, participant, scope)
        study = _study(session, reading, scope)
        found: list[Deviation] = []
        for code in reading.participants() if participant is None else (participant,):
            events = list(reading.events(participant=code, until=scope.until))
            plan = _plan(study, fold_participant(events, session.view.key), scope.day)
            if plan is not None:
                plan = as_it_was(study, plan, events)
                limits = used_by(events, session.view.key)
                settled = settled_of(version_for(study, plan.state, scope.day))
                found += deviations_of(plan, facts(events, None), scope.day, limits, gaps_of(settled, plan))
        return scope, tuple(found)


def study_exposure(
    session: Session, *, participant: str | None = None, day: str | None = None, as_of: str | None = None
) -> tuple[Scope, tuple[ParticipantExposure, ...]]:
    """Say what each participant was to receive and did receive. For the unmasked alone (R15).

    Raises:
        Refusal: DC725, the role is masked; DC726, the key is missing; DC785, DC737, and what the store refuses.
    """
    check_unmasked(session.view, session.settled)
    if session.view.key is None:
        raise need_key()
    with session.read() as reading:
        scope = scope_of(session, reading, day, as_of)
        _check_known(session, reading, participant, scope)
        study = _study(session, reading, scope)
        codes = reading.participants() if participant is None else (participant,)
        found = (_exposure(session, reading, study, code, scope) for code in codes)
        return scope, tuple(each for each in found if each is not None)


def _check_known(session: Session, reading: Reading, participant: str | None, scope: Scope) -> None:
    if participant is not None:
        session.participant(reading, participant, scope.until)


def _study(session: Session, reading: Reading, scope: Scope) -> StudyState:
    return fold_study(reading.of_study(scope.until), session.view.key)


def _plan(study: StudyState, state: ParticipantState | None, day: dt.date) -> ParticipantPlan | None:
    return None if state is None else plan_of(settled_of(version_for(study, state, day)), state)


def _lines_of_day(reading: Reading, study: StudyState, scope: Scope) -> Iterator[VisitLine]:
    """The visits that can mean something on a day: of it, in a window, or not recorded yet."""
    if not _table_holds(reading, study, scope):
        return _afresh(reading, study, scope)
    day = scope.day.isoformat()
    return _distinct(
        reading.rows(day=day),
        reading.rows(standing=TO_COME, begun=day),
        reading.rows(standing=("booked",), last=day),
    )


def _distinct(*groups: Collection[reports.Row]) -> Iterator[VisitLine]:
    found = {(row.participant, row.visit): row for rows in groups for row in rows}
    return map(line_of, found.values())


def _table_holds(reading: Reading, study: StudyState, scope: Scope) -> bool:
    """Whether the table of visits says what was known at the moment, under the versions that hold on the day."""
    return scope.until is None and current(reading, study, scope.day)


def _afresh(reading: Reading, study: StudyState, scope: Scope, participant: str | None = None) -> Iterator[VisitLine]:
    """Every visit from the events that had been entered by the moment, under the versions that hold on the day."""
    for code in reading.participants() if participant is None else (participant,):
        events = list(reading.events(participant=code, until=scope.until))
        plan = _plan(study, fold_participant(events, None), scope.day)
        if plan is not None:
            yield from map(line_of, rows_of(as_it_was(study, plan, events)))


def _to_prepare(
    session: Session, reading: Reading, study: StudyState, scope: Scope, found: Today
) -> Iterator[ToPrepare]:
    """The doses of the visits that are booked for the day or took place on it."""
    from dosecalc.registry.kept_sheet import on_record

    for line in dict.fromkeys((*found.booked, *found.came)):
        state = fold_participant(reading.events(participant=line.participant, until=scope.until), session.view.key)
        plan = _plan(study, state, scope.day)
        planned = plan.find(line.visit) if plan else None
        if state is None or plan is None or planned is None or not planned.dosed:
            continue
        known = _doses(session, reading, line.participant, scope)
        before = on_record(plan, known.values(), line.visit, scope.day) if session.view.key is not None else ()
        doses, problem = _planned(settled_of(version_for(study, state, scope.day)), state, (line.visit,), before)
        if doses is not None and not doses.doses:
            continue
        yield ToPrepare(
            line=line,
            arm=state.arm,
            doses=doses.doses if doses else (),
            draft=bool(doses and doses.draft),
            stage=_stage(known.get(line.visit)),
            problem=problem,
        )


def _stage(dose: DoseState | None) -> str:
    if dose is None:
        return "to prepare"
    if dose.administered is not None:
        return "given"
    if dose.dispensed is not None:
        return "dispensed"
    if dose.checked is None:
        return "prepared"
    return "checked" if dose.agreed else "check failed"


def _doses(session: Session, reading: Reading, code: str, scope: Scope) -> dict[str, DoseState]:
    """The participant's prepared doses, by visit."""
    from dosecalc.registry.lots import IP_KINDS, supplies

    events = reading.events(participant=code, kinds=IP_KINDS, until=scope.until)
    known = supplies(facts(events, session.view.key))
    return {visit: dose for (_, visit), dose in known.doses.items()}


def _exposure(
    session: Session, reading: Reading, study: StudyState, code: str, scope: Scope
) -> ParticipantExposure | None:
    from dosecalc.registry.lot_text import unpack
    from dosecalc.registry.report_exposure import ParticipantExposure, exposures

    state = fold_participant(reading.events(participant=code, until=scope.until), session.view.key)
    if state is None or state.enrolled is None:
        return None
    settled = settled_of(version_for(study, state, scope.day))
    plan = plan_of(settled, state)
    planned, problem = _planned(settled, state, None)
    made = _doses(session, reading, code, scope).values()
    order = [each.id for each in plan.visits]
    lines = exposures(code, state.arm, planned, made, unpack, order)
    return ParticipantExposure(participant=code, arm=state.arm, lines=lines, unplanned=problem)


def _planned(
    settled: Settled, state: ParticipantState, visits: tuple[str, ...] | None, on_record: tuple[OnRecord, ...] = ()
) -> tuple[Doses | None, object]:
    """The doses of a participant as they would be calculated now, or why they cannot be."""
    from dosecalc.app.study_planned import planned_doses

    try:
        return planned_doses(settled, state, visits, on_record), None
    except Refusal as refusal:
        return None, refusal.findings[0].what
