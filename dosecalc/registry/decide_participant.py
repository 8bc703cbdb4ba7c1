"""Consent, enrolment, dates, and the ends of a participation: what may be recorded, and what stands against it.

Each function looks at what stands in the study and returns the events to be recorded, or refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.registry.event import Draft
from dosecalc.registry.openness import check_not_held, check_open, check_staggered, cohort_of
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from dosecalc.errors import Refusal
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState, Standing, StudyState
    from dosecalc.text import Language

STANDING_WORDS: dict[Standing, Message] = {
    "consented": msg("has consented and is not enrolled"),
    "enrolled": msg("is enrolled"),
    "screen_failure": msg("could not be enrolled (screen failure)"),
    "discontinued": msg("has ended the treatment"),
    "withdrawn": msg("has left the study"),
}


def other_case(code: str, other: str) -> Refusal:
    """The refusal of a code that differs from another one in capital letters alone."""
    return refuse(
        "DC739",
        msg("{code} differs from {other} in capital letters alone", code=code, other=other),
        msg("write {other}, if that participant is meant; else choose another code", other=other),
    )


def consent(
    state: ParticipantState | None,
    code: str,
    form: str,
    date: dt.date,
    *,
    at: dt.datetime,
    language: Language | None = None,
) -> list[Draft]:
    """Record a consent: the first, or one to a new form. `language` is that of the participant's calendar.

    Raises:
        Refusal: DC739, this consent stands already; DC740, the participant is no longer in the study.
    """
    if state is not None:
        if (form, date) in state.consents:
            raise refuse(
                "DC739",
                msg("the consent of {code} to form {form} on {date} is recorded already",
                    code=code, form=form, date=date.isoformat()),
                msg("nothing has to be done; check the code if another participant is meant"),
            )  # fmt: skip
        check_standing(state, ("consented", "enrolled", "discontinued"))
    public = {"form": form, "date": date.isoformat()}
    if language is not None:
        public["language"] = language
    return [Draft(kind="consent", at=at, participant=code, public=public)]


def check_standing(state: ParticipantState, allowed: tuple[Standing, ...]) -> None:
    """Refuse where a participant stands otherwise than the step needs.

    Raises:
        Refusal: DC740.
    """
    if state.standing in allowed:
        return
    if state.standing == "consented":
        mend = msg("enrol the participant first: participant enrol {code}", code=state.code)
    elif state.standing == "enrolled":
        mend = msg("check the code; `participant show {code}` tells how it came", code=state.code)
    else:
        mend = msg("if that is wrong, correct the record: `participant show {code}` numbers it", code=state.code)
    what = msg("{code} {standing}: this cannot be recorded", code=state.code, standing=STANDING_WORDS[state.standing])
    raise refuse("DC740", what, mend)


def check_not_before_consent(state: ParticipantState, date: dt.date) -> None:
    """Refuse what would have happened before the first consent.

    Raises:
        Refusal: DC741, the day lies before it; DC742, there is none.
    """
    if not state.consents:
        raise no_consent(state.code)
    first = min(day for _, day in state.consents)
    if date < first:
        raise refuse(
            "DC741",
            msg("{date} lies before the consent of {code}, {first}",
                date=date.isoformat(), code=state.code, first=first.isoformat()),
            msg("check both dates; correct the one that is wrong"),
        )  # fmt: skip


def no_consent(code: str) -> Refusal:
    """The refusal of a step that needs a consent."""
    return refuse(
        "DC742",
        msg("no consent of {code} is recorded", code=code),
        msg("record it first: participant consent {code} --form VERSION --date DATE", code=code),
    )


def enrol(
    state: ParticipantState | None,
    code: str,
    study: StudyState,
    settled: Settled,
    others: Iterable[ParticipantState],
    *,
    date: dt.date,
    cohort: str | None,
    at: dt.datetime,
) -> list[Draft]:
    """Enrol a participant who has consented, into an open dose level where levels open one after the other.

    Raises:
        Refusal: DC740 to DC742; DC743, a hold; DC744, the level is not open; DC745, too soon after the one before;
            DC802, there is no such level; DC835, none is named.
    """
    if state is None or not state.consents:
        raise no_consent(code)
    check_standing(state, ("consented",))
    check_not_before_consent(state, date)
    step = cohort_of(study, settled, code, cohort)
    check_not_held(study.held(participant=code, levels=() if step is None else (step.name, step.level)))
    public: dict[str, Any] = {"date": date.isoformat()}
    if step is not None:
        check_open(study, settled, step)
    if step is not None and cohort is not None:
        check_staggered(settled, others, state, date, step=step)
        public["cohort"] = step.name
    return [Draft(kind="enrol", at=at, participant=code, public=public)]


def screen_failure(state: ParticipantState, *, date: dt.date, reason: str | None, at: dt.datetime) -> list[Draft]:
    """Record that a participant who consented cannot be enrolled.

    Raises:
        Refusal: DC740, DC741; DC709 without a reason, from the store.
    """
    check_standing(state, ("consented",))
    return _end("screen_failure", state, date, reason, at)


def discontinue(state: ParticipantState, *, date: dt.date, reason: str | None, at: dt.datetime) -> list[Draft]:
    """End the treatment: doses are refused from now on, follow-up visits go on.

    Raises:
        Refusal: DC740, DC741.
    """
    check_standing(state, ("enrolled",))
    return _end("discontinue", state, date, reason, at)


def withdraw(state: ParticipantState, *, date: dt.date, reason: str | None, at: dt.datetime) -> list[Draft]:
    """Record that a participant leaves the study: nothing more is planned.

    Raises:
        Refusal: DC740, DC741.
    """
    check_standing(state, ("consented", "enrolled", "discontinued"))
    return _end("withdraw", state, date, reason, at)


ENDS: dict[str, Callable[..., list[Draft]]] = {
    "screen_failure": screen_failure,
    "discontinue": discontinue,
    "withdraw": withdraw,
}
"""How each end of a participation is decided, by its kind of event."""


def prefer(state: ParticipantState, weekdays: Sequence[str], *, at: dt.datetime) -> list[Draft]:
    """Record on which weekdays a participant would rather come; none says that they do not mind.

    Raises:
        Refusal: DC740; DC746, it is on record already.
    """
    check_standing(state, ("consented", "enrolled", "discontinued"))
    if tuple(weekdays) == state.weekdays:
        raise refuse(
            "DC746",
            msg("these weekdays of {code} are on record already", code=state.code),
            msg("nothing has to be done"),
        )
    return [Draft(kind="prefer", at=at, participant=state.code, public={"weekdays": list(weekdays)})]


def _end(kind: Any, state: ParticipantState, date: dt.date, reason: str | None, at: dt.datetime) -> list[Draft]:
    check_not_before_consent(state, date)
    return [Draft(kind=kind, at=at, participant=state.code, reason=reason, public={"date": date.isoformat()})]
