"""What is recorded of a participant: what was typed → events, each in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.app.study_lots import still_outside
from dosecalc.errors import refuse
from dosecalc.files import read_file
from dosecalc.participant_code import check_code
from dosecalc.registry import decide_assign, decide_participant
from dosecalc.registry.fold import fold_participant, fold_study
from dosecalc.registry.plan_of import plan_of, still_booked
from dosecalc.registry.rights import check_may, need_key
from dosecalc.tables.participants import free_text
from dosecalc.text import msg
from dosecalc.visits.moments import WEEKDAYS, parse_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from dosecalc.app.study import Session
    from dosecalc.errors import Where
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.lots import DoseState
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
        raise decide_participant.other_case(code, other)


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


def prefer(session: Session, code: str, weekdays: str) -> list[Event]:
    """Record on which weekdays a participant would rather come, as `Tue,Thu`, or `none`.

    Raises:
        Refusal: DC908, these are no weekdays; what `decide_participant.prefer` refuses.
    """
    names = [] if weekdays == "none" else [name.strip() for name in weekdays.split(",")]
    if wrong := [name for name in names if name not in WEEKDAYS or names.count(name) > 1]:
        raise refuse(
            "DC908",
            msg("'{text}' is no day of the week, or stands there twice", text=wrong[0]),
            msg("write them as Mon,Tue,Wed,Thu,Fri,Sat,Sun; or none"),
        )
    chosen = [name for name in WEEKDAYS if name in names]
    return session.change(
        lambda reading: decide_participant.prefer(session.participant(reading, code), chosen, at=session.at)
    )


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
        return decide_assign.allocation(study, session.settled, rows, session.everyone(reading), at=session.at)

    return session.change(decide)


def named_text(text: str, option: str) -> str:
    """Return the text of an option, if it says something.

    Raises:
        Refusal: DC738, it is empty; what `free_text` refuses.
    """
    if not text.strip():
        raise refuse("DC738", msg("the text after {option} is empty", option=option), msg("write it out"))
    return free_text(text.strip())
