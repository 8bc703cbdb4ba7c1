"""What stands against a new participant: a hold, a level that is not open, one who came too shortly before."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.registry.decide_study import named_hold
from dosecalc.registry.levels import open_step, step_of, steps
from dosecalc.registry.plan_of import arm_of, dose_visits, start_of
from dosecalc.text import msg
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.levels import Step
    from dosecalc.registry.state import Hold, ParticipantState, StudyState


NO_COHORT = "none"
"""What is written for a participant of a part of the trial in which no levels open one after the other."""


def cohort_of(study: StudyState, settled: Settled, code: str, cohort: str | None) -> Step | None:
    """The dose level that somebody is enrolled for; None where there is none.

    Raises:
        Refusal: DC802, there is no such level; DC835, levels open one after the other, and none is named.
    """
    ladder = steps(settled.protocol, settled)
    beside = set(settled.protocol.arms) - {step.arm for step in ladder} if ladder and ladder[0].arm else set()
    if cohort == NO_COHORT and (beside or not ladder):
        return None
    if cohort is not None and cohort != NO_COHORT:
        return step_of(settled.protocol, cohort, settled)
    if len(ladder) < 2:
        return ladder[0] if ladder else None
    now = open_step(study, settled)
    name = now.name if now is not None else "LEVEL"
    raise refuse(
        "DC835",
        msg("levels open one after the other, {now} is open, and it is not said for which one {code} is enrolled",
            code=code, now=name if now is not None else msg("no level")),
        msg("add --cohort {level}; or --cohort none for a part of the trial that has no such level", level=name)
        if beside else msg("add --cohort {level}", level=name),
    )  # fmt: skip


def check_cohort(state: ParticipantState, step: Step) -> None:
    """Refuse another level than the one that somebody was enrolled for.

    Raises:
        Refusal: DC836.
    """
    if state.cohort == step.name or (state.cohort is None and step.arm is None):
        return
    raise other_cohort(state, step.name)


def other_cohort(state: ParticipantState, level: str) -> Refusal:
    """The refusal of a level, or an arm without one, that somebody was not enrolled for."""
    return refuse(
        "DC836",
        msg("{code} is not enrolled for the dose level {level}", code=state.code, level=level),
        msg(
            "take the level of the enrolment; if that was wrong, take it out with `participant correct --void`, and "
            "enrol anew"
        ),
    )


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


def check_not_held(holds: Iterable[Hold]) -> None:
    """Refuse while anything is on hold that a new participant, or their level, rests on.

    Raises:
        Refusal: DC743, for each hold.
    """
    findings = [
        Finding(
            "DC743",
            msg("{what} is on hold since event {number}: {reason}",
                what=named_hold(each), number=each.number, reason=each.reason),
            msg("wait until the investigator lifts the hold with `study lift`"),
        )
        for each in holds
    ]  # fmt: skip
    if findings:
        raise Refusal(findings)


def check_staggered(
    settled: Settled,
    others: Iterable[ParticipantState],
    state: ParticipantState,
    day: dt.date,
    step: Step | None = None,
    *,
    dosed: bool = False,
) -> None:
    """Refuse a participant of a dose level who comes too soon after the one before, as the site file has it.

    Of the other counts the first dose that was really given; until there is one the start, else the day of the
    assignment, else of the enrolment. Of this one counts the start, and `day` until it is known. With `dosed` they are
    to be given a dose on `day`: if it is their first, it is held against the doses that others were given, and one who
    was to come before them must have come, or be on record as missed or ended. In a masked trial all participants are
    one level, because nobody may see who has which (R15).

    Raises:
        Refusal: DC745; DC930, the one before is still to come.
    """
    stagger = settled.here.stagger if settled.here else None
    mine = step.name if step is not None else level_of(settled, state)
    if stagger is None or mine is None or (dosed and _first_dose(settled, state) is not None):
        return
    on = day if dosed else _start(settled, state) or day
    for other in others:
        if other.code == state.code or level_of(settled, other) != mine:
            continue
        given = _first_dose(settled, other)
        if dosed and given is None and _still_to_come(settled, other, on):
            raise _before_us(settled, other)
        came = given or (None if dosed else _came(settled, other))
        if came is not None and abs((on - came).days) < stagger.days:
            raise _too_soon(other.code, came, stagger.days, really=given is not None)


def _too_soon(other: str, came: dt.date, days: int, *, really: bool) -> Refusal:
    said = {"other": other, "came": came.isoformat(), "days": days}
    free = came + dt.timedelta(days=days)
    return refuse(
        "DC745",
        msg("{other} came on {came}, and the next participant of a dose level comes {days} days later", **said)
        if really
        else msg("{other} is to come on {came}, and participants of a dose level come {days} days apart", **said),
        msg("from {day} on it is possible, if nothing speaks against it", day=free.isoformat()),
    )


def _still_to_come(settled: Settled, other: ParticipantState, on: dt.date) -> bool:
    """Whether somebody was to have their first dose before `on`, and nobody recorded what became of it."""
    start = _start(settled, other)
    missed = any(visit.missed is not None for visit in other.visits.values())
    return other.standing == "enrolled" and start is not None and start < on and not missed


def _before_us(settled: Settled, other: ParticipantState) -> Refusal:
    day = _start(settled, other)
    return refuse(
        "DC930",
        msg("{other} of the same dose level was to have the first dose on {day}, and nobody recorded what became of it",
            other=other.code, day="-" if day is None else day.isoformat()),
        msg("record it first: the dose, the missed visit, or the new day with `participant anchor`"),
    )  # fmt: skip


_ALL = "all participants"


def level_of(settled: Settled, state: ParticipantState) -> str | None:
    """What a participant's stagger is counted within; None where nothing escalates for them."""
    if settled.protocol.masking.masked:
        return _ALL if state.enrolled is not None else None
    ladder = {step.arm: step.name for step in steps(settled.protocol, settled)}
    return ladder.get(state.arm) if state.arm is not None else state.cohort


def _came(settled: Settled, state: ParticipantState) -> dt.date | None:
    """The day from which the stagger of the next one counts, until the first dose is given."""
    if state.standing in ("consented", "screen_failure"):
        return None
    return _start(settled, state) or state.assigned or state.enrolled


def _start(settled: Settled, state: ParticipantState) -> dt.date | None:
    start = start_of(settled.protocol, state)
    return None if start is None else local_day(start)


def _first_dose(settled: Settled, state: ParticipantState) -> dt.date | None:
    """The day of the first dose; where that is not on record, of the first visit with a dose that took place."""
    given = min((each.given for each in state.visits.values() if each.given is not None), default=None)
    arm = arm_of(settled.protocol, state)
    if given is not None or arm is None:
        return given
    visits = dose_visits(settled.protocol, arm)
    return min((local_day(each.attended) for each in state.visits.values() if each.attended and each.visit in visits),
               default=None)  # fmt: skip
