"""What is recorded of a participant: what was typed → events, each in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.app.study_lots import still_outside
from dosecalc.errors import Finding, Usage, refuse
from dosecalc.files import read_file
from dosecalc.participant_code import check_code
from dosecalc.registry import decide_assign, decide_correct, decide_participant
from dosecalc.registry.dose_order import check_doses
from dosecalc.registry.fold import facts, fold_participant, fold_study
from dosecalc.registry.plan_of import plan_of, still_booked
from dosecalc.registry.rights import check_may, need_key
from dosecalc.tables.participants import free_text
from dosecalc.text import msg
from dosecalc.visits.moments import parse_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from dosecalc.app.study import Session
    from dosecalc.errors import Where
    from dosecalc.registry.event import Draft, Event, Kind
    from dosecalc.registry.lots import DoseState
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.store import Reading
    from dosecalc.text import Language


def consent(session: Session, code: str, *, form: str, date: str, language: Language | None = None) -> list[Event]:
    """Record a consent.

    Raises:
        Refusal: DC620, the code; DC4xx, the date; what `decide_participant.consent` refuses.
    """
    check_code(code)
    day = parse_day(date)
    name = named_text(form, "--form")

    def decide(reading: Reading) -> Sequence[Draft]:
        _check_other_case(reading, code)
        state = fold_participant(reading.events(participant=code), session.view.key)
        return decide_participant.consent(state, code, name, day, at=session.at, language=language)

    return session.change(decide)


def _check_other_case(reading: Reading, code: str) -> None:
    """P001 and p001 would be one file on some systems, and one participant to most people."""
    other = next((each for each in reading.participants() if each != code and each.casefold() == code.casefold()), None)
    if other is not None:
        raise refuse(
            "DC739",
            msg("{code} differs from {other} in capital letters alone", code=code, other=other),
            msg("write {other}, if that participant is meant; else choose another code", other=other),
        )


def enrol(session: Session, code: str, *, date: str | None, cohort: str | None) -> list[Event]:
    """Enrol a participant; `date` left out is the day of `--at`, else today.

    Raises:
        Refusal: what `decide_participant.enrol` refuses.
    """
    day = session.today if date is None else parse_day(date)

    def decide(reading: Reading) -> Sequence[Draft]:
        state = fold_participant(reading.events(participant=code), session.view.key)
        settled = session.settled if state is None else session.settled_for(state)
        others = session.everyone(reading)
        return decide_participant.enrol(
            state, code, session.study_at(reading), settled, others, date=day, cohort=cohort, at=session.at
        )

    return session.change(decide)


def end(
    session: Session, how: str, code: str, *, date: str | None, reason: str | None
) -> tuple[list[Event], tuple[DoseState, ...]]:
    """Record a screen failure, the end of the treatment, or a withdrawal; doses outside the pharmacy come with it.

    Raises:
        Refusal: what `decide_participant` refuses.
    """
    day = session.today if date is None else parse_day(date)

    found: tuple[DoseState, ...] = ()

    def decide(reading: Reading) -> Sequence[Draft]:
        nonlocal found
        state = session.participant(reading, code)
        found = still_outside(session, reading, code)
        return decide_participant.ENDS[how](state, date=day, reason=reason, at=session.at)

    return session.change(decide), found


def booked_still(session: Session, code: str) -> list[tuple[str, dt.datetime]]:
    """The visits of a participant that are booked and can no longer take place.

    Raises:
        Refusal: DC737.
    """
    with session.read() as reading:
        state = session.participant(reading, code)
    return still_booked(plan_of(session.settled_for(state), state))


def assign(session: Session, code: str, *, arm: str | None) -> list[Event]:
    """Assign an arm: the one given, the open dose level's, or the list's.

    Raises:
        Refusal: what `decide_assign.assign` refuses.
    """

    def decide(reading: Reading) -> Sequence[Draft]:
        state = session.participant(reading, code)
        study = fold_study(reading.of_study(), session.key)
        return decide_assign.assign(
            state, study, session.settled_for(state), session.everyone(reading), arm=arm, at=session.at
        )

    return session.change(decide)


def import_list(session: Session, path: str) -> list[Event]:
    """Import an allocation list. The key must be at hand: what the list says is sealed.

    Raises:
        Refusal: DC723, the role may not; DC726, the key is missing; what `decide_assign.allocation` refuses.
        InvalidFile: what is wrong with the table.
    """
    from dosecalc.tables.allocation import read_allocation

    check_may(session.by.role, "allocation", session.staffed)
    if session.key is None:
        raise need_key()
    rows: list[tuple[Where, Mapping[str, str]]] = list(read_allocation(read_file(path), path))

    def decide(reading: Reading) -> Sequence[Draft]:
        study = fold_study(reading.of_study(), session.key)
        return decide_assign.allocation(study, session.settled, rows, at=session.at)

    return session.change(decide)


def correct(session: Session, number: str, pairs: Sequence[str], *, void: bool, reason: str | None) -> list[Event]:
    """Correct an event of a participant: `pairs` are `KEY=VALUE`; `void` takes it out.

    Raises:
        Usage: DC004, DC006.
        Refusal: DC723, the role may not record such an event; DC725, DC726, it is a preparation, which takes the key;
            what `decide_correct` and `dose_order` refuse, and what the first entry of such an event refuses.
    """
    from dosecalc.app.study_again import check_again, check_places
    from dosecalc.app.study_lots import check_vials

    which = _number(number)
    sets = _pairs(pairs)
    before: dict[str, ParticipantState] = {}

    def decide(reading: Reading) -> Sequence[Draft]:
        event = reading.event(which)
        settled = session.settled
        if event is not None:
            check_may(session.by.role, _kind_of(reading, event), session.staffed)
        if event is not None and event.participant is not None:
            before[event.participant] = session.participant(reading, event.participant)
            settled = session.settled_for(before[event.participant])
        drafts = decide_correct.correct(
            event, which, settled, sets, void=void, reason=reason, at=session.at, free=free_text
        )
        if event is not None:
            check_again(session, reading, event, drafts[0])
        return drafts

    def afterwards(reading: Reading, events: Sequence[Event]) -> None:
        for event in events:
            if event.participant is None:
                continue
            was, recorded = before[event.participant], list(reading.events(participant=event.participant))
            state, told = fold_participant(recorded, session.view.key), list(facts(recorded, None))
            decide_correct.check_afterwards(was, state, event, session.settled_for(was).protocol, told)
            if state is not None:
                check_doses(state, told)
                check_places(session.settled_for(was), was, state, reading)
            if _kind_of(reading, event) == "prepare":
                check_vials(session, reading, event.corrects or event.number)

    return session.change(decide, afterwards)


def _kind_of(reading: Reading, event: Event) -> Kind:
    """The kind of the event that a chain of corrections is about."""
    while event.kind == "correct" and event.corrects is not None:
        before = reading.event(event.corrects)
        if before is None:
            break
        event = before
    return event.kind


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise refuse(
            "DC754",
            msg("'{text}' is not the number of an event", text=text),
            msg("`participant show` numbers all events"),
        )
    return int(text)


def _pairs(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            what = msg("'{text}' is not a key, an equals sign and a value", text=pair)
            raise Usage([Finding("DC004", what, msg("write for example --set date=2026-03-01"))])
        if name in found:
            what = msg("{option} names {name} twice", option="--set", name=name)
            raise Usage([Finding("DC006", what, msg("give it once"))])
        found[name] = text
    return found


def named_text(text: str, option: str) -> str:
    """Return the text of an option, if it says something.

    Raises:
        Refusal: DC738, it is empty; what `free_text` refuses.
    """
    if not text.strip():
        raise refuse("DC738", msg("the text after {option} is empty", option=option), msg("write it out"))
    return free_text(text.strip())
