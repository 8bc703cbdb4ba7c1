"""Whether a participant may have a dose on a day: every reason against it.

What is refused here is told to people who hold the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.errors import Finding
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.levels import held_names
from dosecalc.text import msg
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Sequence

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.plan_of import ParticipantPlan
    from dosecalc.registry.state import Hold, ParticipantState, StudyState
    from dosecalc.text import Message


def may_dose(plan: ParticipantPlan, visit: str, on: dt.date, holds: Sequence[Hold] = ()) -> Iterator[Finding]:
    """Every reason why a participant may not be dosed at a visit on a day; `holds` are those that stop it."""
    yield from may_go_on(plan.state, holds)
    wrong = _wrong_day(plan, visit, on)
    if wrong is not None:
        yield Finding("DC774", wrong, msg("book or move the visit first, or check the day"))


def may_go_on(state: ParticipantState, holds: Sequence[Hold]) -> Iterator[Finding]:
    """Every reason why a participant is given no dose, whatever the day."""
    code = state.code
    if state.standing != "enrolled":
        yield no_longer_treated(state)
    elif state.enrolled is None or not state.consents:
        yield Finding(
            "DC772",
            msg("{code} has no consent or no enrolment on record", code=code),
            msg("record them with `participant consent` and `participant enrol`"),
        )
    yield from map(held_back, holds)


def holds_on(
    study: StudyState, settled: Settled, state: ParticipantState, lots: Collection[str] = ()
) -> tuple[Hold, ...]:
    """Every hold that stops the doses of a participant: of the study, of them, of their arm or level, of these lots.

    Whoever may not know the arm or the lots hears of the others alone (R15).
    """
    return study.held(participant=state.code, levels=held_names(settled, state), lots=lots)


def no_longer_treated(state: ParticipantState) -> Finding:
    """What stops the treatment of somebody who is not enrolled, or no longer treated."""
    said = {
        "consented": msg("{code} has consented, and is not enrolled", code=state.code),
        "screen_failure": msg("{code} failed the screening", code=state.code),
        "discontinued": msg("{code} has discontinued the treatment", code=state.code),
        "withdrawn": msg("{code} has withdrawn from the study", code=state.code),
    }
    mend = {"consented": msg("record the enrolment with `participant enrol`")}
    return Finding("DC772", said[state.standing], mend.get(state.standing, msg("give no dose; check the code")))


def _wrong_day(plan: ParticipantPlan, visit: str, on: dt.date) -> Message | None:
    """Why a visit does not take place on a day; None where it does."""
    found = plan.find(visit)
    if found is None:
        return msg("{code} has no visit '{visit}'", code=plan.state.code, visit=visit)
    known = found.state
    if known.attended is not None:
        day = local_day(known.attended)
        return None if day == on else msg("{visit} took place on {day}, not on {on}", visit=visit, day=day, on=on)
    if known.missed is not None:
        return msg("{visit} is on record as missed", visit=visit)
    if known.booked is not None:
        day = local_day(known.booked)
        return None if day == on else msg("{visit} is booked for {day}, not for {on}", visit=visit, day=day, on=on)
    if found.target is None:
        return msg("{visit} is not booked, and its day is not known", visit=visit)
    first, last = local_day(found.earliest or found.target), local_day(found.latest or found.target)
    if first <= on <= last:
        return None
    if first == last:
        return msg("{visit} is not booked, and due on {day}, not on {on}", visit=visit, day=first, on=on)
    return msg("{visit} is not booked, and due from {first} to {last}, not on {on}",
               visit=visit, first=first, last=last, on=on)  # fmt: skip
