"""What is still to be recorded of a participant, in the order in which it is needed, each with the command for it.

Nothing here depends on an arm in a masked trial: what any of its arms needs is asked of everyone (R15).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.dosing.planned import needs
from dosecalc.registry.decide_anchor import anchor_dates
from dosecalc.registry.dose_inputs import arms_meant
from dosecalc.registry.levels import steps
from dosecalc.registry.visit_checks import outside_window
from dosecalc.text import msg
from dosecalc.visits.moments import local_day, readable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.registry.state import ParticipantState
    from dosecalc.text import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class NextStep:
    """Something that is not on record yet. `lacks` is its name for programs; `command` is what to type."""

    lacks: str
    text: Message
    command: str


def next_steps(settled: Settled, plan: ParticipantPlan, present: dt.datetime) -> tuple[NextStep, ...]:
    """Return what is to be recorded of a participant next; `present` is now, at the site."""
    return (*_before_visits(settled, plan.state), *_visits(plan, present))


def _step(lacks: str, text: Message, command: str) -> NextStep:
    return NextStep(lacks=lacks, text=text, command=command)


def _before_visits(settled: Settled, state: ParticipantState) -> Iterator[NextStep]:
    if state.standing not in ("consented", "enrolled"):
        return
    protocol, code, masking = settled.protocol, state.code, settled.protocol.masking
    if state.standing == "consented":
        level = " --cohort LEVEL" if len(steps(protocol, settled)) > 1 else ""
        yield _step("enrolment", msg("enrol, or record a screen failure"), f"participant enrol {code}{level}")
    if state.assigned is None and masking.allocation != "every_arm":
        if masking.masked:
            text = msg("the pharmacist assigns from the allocation list, with the key")
            yield _step("arm", text, f"participant assign {code}")
        else:
            yield _step("arm", msg("assign an arm"), f"participant assign {code} --arm ARM")
    must = needs(protocol, arms_meant(protocol, state) or tuple(protocol.arms)).must
    if "area" in must and not state.areas:
        measured = "--area CM2 --method METHOD --by NAME --date DATE"
        yield _step("area", msg("measure the hair-loss area"), f"participant measure {code} {measured}")
    if "weight" in must and state.weight is None:
        weighed = "--weight KG --by NAME --date DATE"
        yield _step("weight", msg("measure the body weight"), f"participant measure {code} {weighed}")
    for name, known in anchor_dates(protocol, state).items():
        if known is None:
            anchor = protocol.anchors[name]
            form = "DATETIME" if anchor.time_needed else "DATE"
            text = msg("record the date of {anchor}", anchor=anchor.label)
            yield _step(name, text, f"participant anchor {code} {name}={form}")


def _target(planned: PlannedVisit) -> str:
    return "YYYY-MM-DD" if planned.target is None else local_day(planned.target).isoformat()


def _visits(plan: ParticipantPlan, present: dt.datetime) -> Iterator[NextStep]:
    """What became of bookings that are past, and the first visit that has no booking."""
    code = plan.state.code
    for planned in plan.visits:
        visit, booked = planned.id, planned.state.booked
        if planned.standing != "booked" or booked is None:
            continue
        when = readable(booked)
        if not planned.expected:
            text = msg("cancel {visit}, booked for {when}", visit=visit, when=when)
            yield _step("cancellation", text, f"visit cancel {code} {visit} --reason WHY")
        elif outside_window(planned, booked) and planned.state.outside_window is None:
            text = msg("{visit} is booked for {when}, outside its window: move it", visit=visit, when=when)
            yield _step("booking", text, f"visit move {code} {visit} {_target(planned)}THH:MM")
        elif booked <= present:
            text = msg("{visit} was booked for {when}: say what became of it, with `visit attend` or `visit miss`",
                       visit=visit, when=when)  # fmt: skip
            yield _step("attendance", text, f"visit attend {code} {visit} {local_day(booked).isoformat()}")
    free = (each for each in plan.visits if each.expected and each.standing in ("planned", "cancelled"))
    due = [(local_day(each.target), each.id) for each in free if each.target is not None]
    if not due or plan.state.standing == "consented":
        return
    day, visit = min(due, key=lambda each: each[0])
    if day >= present.date():
        text = msg("book {visit}, due on {day}", visit=visit, day=day.isoformat())
        yield _step("booking", text, f"visit book {code} {visit} {day.isoformat()}THH:MM")
    else:
        text = msg("{visit} was due on {day}: say what became of it, with `visit attend` or `visit miss`, or book it",
                   visit=visit, day=day.isoformat())  # fmt: skip
        yield _step("attendance", text, f"visit attend {code} {visit} DATE")
