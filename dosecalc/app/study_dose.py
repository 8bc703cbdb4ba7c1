"""A prepared dose in a study: checked by a second person, handed out, given."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.app.checking import OpenCheck
from dosecalc.app.study_ip import sheet_of
from dosecalc.app.study_lots import check_key, supplies_at
from dosecalc.checking import origin
from dosecalc.checking.record import record
from dosecalc.errors import Finding, Refusal
from dosecalc.notation import parse_number
from dosecalc.registry import decide_ip, decide_lots, kept_sheet, may_dose
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.dose_inputs import changed, inputs_of
from dosecalc.registry.fold import facts, fold_participant, fold_study
from dosecalc.registry.lateness import lateness_on
from dosecalc.registry.lot_text import stock_of
from dosecalc.registry.lots import QUARANTINE_KINDS, quarantined
from dosecalc.registry.openness import check_staggered
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.rights import check_may
from dosecalc.registry.versions import check_not_superseded, version_for
from dosecalc.registry.visit_checks import limits_here
from dosecalc.tables.participants import free_text
from dosecalc.text import msg
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    from dosecalc.app.study import Session
    from dosecalc.checking.record import Checked
    from dosecalc.dosing.result import OnRecord
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.lots import DoseState, Supplies
    from dosecalc.registry.sealing import Key
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.store import Reading
    from dosecalc.text import Language, Message


def open_check(session: Session, code: str, visit: str) -> OpenCheck:
    """Open the worksheet of a dose for the second person, with the protocol and the lots that it was made from.

    Raises:
        Refusal: DC778, nothing is prepared, or they prepared it themselves; DC663, DC664, the program or the protocol
            is another one by now; see `check_key`.
    """
    from dosecalc import __version__

    check_key(session, "check")
    with session.read() as reading:
        state = session.participant(reading, code)
        dose = decide_lots.prepared(supplies_at(session, reading), code, visit)
        decide_ip.check_checker(dose, session.by.user)
        known = supplies_at(session, reading, before=dose.prepared)
        events = reading.of_study()
        then = fold_study((event for event in events if event.number < dose.prepared), session.view.key)
        settled = session.settled_for(state, then)
        before = _on_record(session, reading, settled, known, dose)
    sheet = sheet_of(dose)
    stock = stock_of(decide_lots.usable(known, then))
    origin.check_program(sheet, __version__)
    origin.check_sources(sheet, settled, stock)
    return OpenCheck(sheet=sheet, settled=settled, stock=stock, checker=session.by.user, on_record=before)


def _on_record(
    session: Session, reading: Reading, settled: Settled, known: Supplies, dose: DoseState
) -> tuple[OnRecord, ...]:
    """What the participant's other visits had brought when the dose was prepared."""
    events = [event for event in reading.events(participant=dose.participant) if event.number < dose.prepared]
    state, made = fold_participant(events, session.view.key), reading.event(dose.prepared)
    if state is None or made is None:
        return ()
    day = dt.datetime.fromisoformat(made.at_local).date()
    return kept_sheet.on_record(plan_of(settled, state), known.of_participant(dose.participant), dose.visit, day)


def keep_check(session: Session, code: str, visit: str, checked: Checked, language: Language) -> list[Event]:
    """Record a check, whatever it found.

    Raises:
        Refusal: DC778, DC779; see `check_key`.
    """
    document = record(checked, language)

    def decide(reading: Reading) -> list[Draft]:
        dose = decide_lots.prepared(supplies_at(session, reading), code, visit)
        return decide_ip.check(dose, document, session.by.user, session.at)

    return session.change(decide)


def dispense(session: Session, code: str, visit: str, to: str) -> list[Event]:
    """Record that a dose was handed out.

    Raises:
        Refusal: DC745, DC763, DC772, DC774, DC776, DC782, DC795, DC801, DC861, DC863, the dose may not be given any
            more; DC778, DC779, DC812; see `check_key`.
    """
    check_key(session, "dispense")
    name = free_text(to)

    def decide(reading: Reading) -> list[Draft]:
        state, study = session.participant(reading, code), session.study_at(reading)
        known = supplies_at(session, reading)
        dose = decide_lots.prepared(known, code, visit)
        drafts = decide_ip.dispense(dose, name, session.at, kept_sheet.stop_by(dose))
        settled = session.settled_for(state, study)
        plan = plan_of(settled, state)
        against = list(may_dose.may_dose(plan, visit, session.today, may_dose.holds_on(study, settled, state)))
        if against := [*against, *may_dose.wrong_gap(settled, plan, visit, session.at)]:
            raise Refusal(against)
        check_staggered(settled, session.everyone(reading), state, session.today, dosed=True)
        decide_lots.check_usable(known, study, dose.lots or ())
        _check_version(session, reading, state, dose)
        weighed = bool(sheet_of(dose).values("weight"))
        _check_inputs(session, reading, settled, dose, session.view.key, weighed=weighed)
        return drafts

    return session.change(decide)


def administer(
    session: Session, code: str, visit: str, *, part: str | None = None, reason: str | None = None
) -> list[Event]:
    """Record that a dose was given; this needs no key, so that whoever gives it can be masked (R15).

    Raises:
        Refusal: DC772, DC776, DC779, DC780, DC782, DC795, DC801, DC811; DC201 and its kin, the part is no number;
            DC723.
    """
    check_may(session.by.role, "administer", session.staffed)
    given = decide_ip.Given(by=session.by.user, part=None if part is None else parse_number(part), reason=reason)

    def decide(reading: Reading) -> list[Draft]:
        state = session.participant(reading, code)
        dose = decide_lots.prepared(supplies_at(session, reading, participant=code), code, visit)
        drafts = decide_ip.give(dose, state, given, session.at, _stopped(session, reading, state, dose))
        _check_version(session, reading, state, dose)
        _check_inputs(session, reading, session.settled_for(state, session.study_at(reading)), dose, None)
        return drafts

    return session.change(decide)


def given_late(session: Session, code: str, visit: str) -> dt.datetime | None:
    """Until when a dose had to be used that was given later, as far as this person may know it (R11, R15)."""
    with session.read() as reading:
        return kept_sheet.given_late(list(reading.events(participant=code)), session.view.key, visit)


def departed(session: Session, code: str, visit: str) -> tuple[Message, ...]:
    """What departed from the protocol in a dose that was given: limits in hours, and the window of its visit."""
    with session.read() as reading:
        state = session.participant(reading, code)
        settled = session.settled_for(state, session.study_at(reading))
    plan = plan_of(settled, state)
    planned = plan.find(visit)
    if planned is None or planned.state.given_at is None:
        return ()
    found = [check.text for check in limits_here(settled, plan, planned) if check.ok is False]
    when, first, last = planned.state.given_at, planned.earliest, planned.latest
    if planned.attended is None and first and last and lateness_on(planned, when).how in ("early", "late"):
        found.append(msg("{visit} on {day} lies outside its window, {earliest} to {latest}", visit=visit,
                         day=when.date(), earliest=readable(first), latest=readable(last)))  # fmt: skip
    return tuple(found)


def _check_version(session: Session, reading: Reading, state: ParticipantState, dose: DoseState) -> None:
    """Refuse a dose that an amendment superseded before it was handed out or given.

    Raises:
        Refusal: DC795.
    """
    made, before = reading.event(dose.prepared), _before(reading, dose)
    if made is None or before is None:
        return
    events = list(reading.of_study())
    study = fold_study((each for each in events if each.number < dose.prepared), None)
    version = version_for(study, before, dt.datetime.fromisoformat(made.at_local).date())
    # The study's first event is always one of them: what happened before the study was made may be entered in it, too.
    known = (each for each in events if each.kind == "init" or dt.datetime.fromisoformat(each.at) <= session.at)
    check_not_superseded(fold_study(known, None), state, session.today, version)


def _before(reading: Reading, dose: DoseState, key: Key | None = None) -> ParticipantState | None:
    """The participant as the dose was prepared for."""
    return fold_participant((e for e in reading.events(participant=dose.participant) if e.number < dose.prepared), key)


def _check_inputs(
    session: Session, reading: Reading, settled: Settled, dose: DoseState, key: Key | None, *, weighed: bool = False
) -> None:
    """Refuse a dose that follows from something which has changed since, as far as `key` opens it.

    Raises:
        Refusal: DC782.
    """
    told = reading.events(participant=dose.participant)
    known = (each for each in told if dt.datetime.fromisoformat(each.at) <= session.at or each.number < dose.prepared)
    then, now = _before(reading, dose, key), fold_participant(known, key)
    if then is None or now is None:
        return
    was = inputs_of(settled, then, dose.visit, weighed=weighed)
    if found := list(changed(now.code, dose.visit, was, inputs_of(settled, now, dose.visit, weighed=weighed))):
        raise Refusal(found)


def _stopped(session: Session, reading: Reading, state: ParticipantState, dose: DoseState) -> list[Finding]:
    """Every hold and every quarantine that stood against a dose when it was given, as far as the person may know.

    With the key, and in an open trial, that is all of them. In a masked trial nobody else knows arms and lots; the
    pharmacist, who hears what is outside the pharmacy, holds those participants (R15).
    """
    study = session.study_at(reading)
    holds = may_dose.holds_on(study, session.settled_for(state, study), state, dose.from_lots)
    aside = quarantined(facts(reading.events(kinds=QUARANTINE_KINDS), session.view.key))
    found = [held_back(hold) for hold in holds if hold.stood(session.at)]
    return found + decide_lots.from_quarantine(dose, aside, session.at)
