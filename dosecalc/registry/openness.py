"""What stands against a new participant: a hold, a level that is not open, one who came too shortly before."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.registry.decide_study import named_hold
from dosecalc.registry.levels import open_step, step_of, steps
from dosecalc.text import msg
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.levels import Step
    from dosecalc.registry.state import ParticipantState, StudyState


def named_step(settled: Settled, name: str) -> Step:
    """The dose level that is called `name`: an arm, or an amount.

    Raises:
        Refusal: DC802, there is no such level.
    """
    return step_of(settled.protocol, name, settled)


def check_open(study: StudyState, settled: Settled, step: Step) -> None:
    """Refuse a dose level that is not open.

    Raises:
        Refusal: DC744.
    """
    now = open_step(study, settled)
    if now is not None and now == step:
        return
    raise refuse(
        "DC744",
        msg("the dose level {level} is not open; open is {now}", level=step.name, now=now.name if now else "-"),
        msg("take the open level; the investigator opens another one with `study open-level`"),
    )


def held_for(study: StudyState, state: ParticipantState, levels: Iterable[str] = ()) -> None:
    """Refuse while the study, the participant or one of these levels is on hold.

    Raises:
        Refusal: DC743.
    """
    found = study.held(participant=state.code)
    found = found or next((held for each in levels if (held := study.held(level=each))), None)
    if found is not None:
        raise refuse(
            "DC743",
            msg("{what} is on hold since event {number}: {reason}",
                what=named_hold(found), number=found.number, reason=found.reason),
            msg("wait until the investigator lifts the hold with `study lift`"),
        )  # fmt: skip


def check_staggered(
    settled: Settled,
    others: Iterable[ParticipantState],
    state: ParticipantState,
    day: dt.date,
    step: Step | None = None,
) -> None:
    """Refuse a participant of a dose level who comes too soon after the one before, as the site file has it.

    The days count from the first dose of the other; until that is recorded, from the day of the assignment, else of the
    enrolment. In a masked trial all participants count as one level, because nobody may see who has which (R15).

    Raises:
        Refusal: DC745.
    """
    stagger = settled.here.stagger if settled.here else None
    if stagger is None:
        return
    mine = step.name if step is not None else _level(settled, state)
    if mine is None:
        return
    for other in others:
        theirs = None if other.code == state.code else _level(settled, other)
        if theirs != mine or (came := _came(other)) is None:
            continue
        if abs((day - came).days) < stagger.days:
            free = came + dt.timedelta(days=stagger.days)
            raise refuse(
                "DC745",
                msg("{other} came on {came}, and the next participant of a dose level comes {days} days later",
                    other=other.code, came=came.isoformat(), days=stagger.days),
                msg("from {day} on it is possible, if nothing speaks against it", day=free.isoformat()),
            )  # fmt: skip


_ALL = "all participants"


def _level(settled: Settled, state: ParticipantState) -> str | None:
    """What a participant's stagger is counted within; None where nothing escalates for them."""
    if settled.protocol.masking.masked:
        return _ALL if state.enrolled is not None else None
    ladder = {step.arm: step.name for step in steps(settled.protocol, settled)}
    return ladder.get(state.arm) if state.arm is not None else state.cohort


def _came(state: ParticipantState) -> dt.date | None:
    """The day from which the stagger of the next one counts."""
    if state.standing in ("consented", "screen_failure"):
        return None
    return local_day(state.start) if state.start is not None else state.assigned or state.enrolled
