"""What a person may see of one participant, and of all of them, today or on a past day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dosecalc.registry.decide_participant import anchor_dates
from dosecalc.registry.fold import fold_participant
from dosecalc.registry.may_dose import holds_on
from dosecalc.registry.next_steps import NextStep, next_steps
from dosecalc.registry.plan_of import plan_of, rows_of
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.registry.views import event_shape, list_shape, participant_shape

if TYPE_CHECKING:
    from dosecalc.app.study import Session
    from dosecalc.registry.event import Event
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.store import VisitRow
    from dosecalc.text import Message, Words
    from dosecalc.visits.visit import Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One participant: the state as this person may see it, the visits, and what was recorded."""

    state: ParticipantState
    version: str
    visits: tuple[VisitRow, ...]
    waits: Message | None
    history: tuple[Event, ...]
    dates: tuple[tuple[str, Words, Moment | None], ...] = ()
    """The dates that `participant anchor` takes, each with its label, as they stand."""
    steps: tuple[NextStep, ...] = ()
    """What is to be recorded next."""


def show(session: Session, code: str, as_of: str | None) -> Shown:
    """Return one participant with their visits and history, as of the end of a day where one is asked for.

    Raises:
        Refusal: DC737, nothing was recorded of them by then.
    """
    until = session.until(as_of)
    day = session.day_of(as_of)
    with session.read() as reading:
        state = session.participant(reading, code, until)
        study = session.study_at(reading, until)
        history = tuple(reading.events(participant=code, until=until))
    version = version_for(study, state, day)
    settled = settled_of(version)
    plan = plan_of(settled, state)
    state = replace(state, held="; ".join(hold.reason for hold in holds_on(study, settled, state)) or None)
    present = session.present if until is None else until
    anchors = settled.protocol.anchors
    return Shown(
        state=state, version=version.protocol_version, visits=rows_of(plan), waits=plan.waits, history=history,
        dates=tuple((name, anchors[name].label, when) for name, when in anchor_dates(settled.protocol, state).items()),
        steps=next_steps(settled, plan, present),
    )  # fmt: skip


def shown_shape(session: Session, shown: Shown) -> dict[str, Any]:
    """Return the JSON of `participant show`."""
    timeline = [
        {
            "visit": row.visit,
            "target": row.target,
            "earliest": row.earliest,
            "latest": row.latest,
            "booked": row.booked,
            "attended": row.attended,
            "standing": row.standing,
        }
        for row in shown.visits
    ]
    return {
        **participant_shape(shown.state, session.view),
        "protocol_version": shown.version,
        "dates": {name: None if when is None else when.isoformat() for name, _, when in shown.dates},
        "timeline": timeline,
        "history": [event_shape(event, session.view) for event in shown.history],
        "staff_list": session.staffed,
    }


def everyone(session: Session, as_of: str | None) -> list[ParticipantState]:
    """Return all participants as this person may see them, in the order of their codes."""
    until = session.until(as_of)
    with session.read() as reading:
        session.study_at(reading, until)  # refuses a day before the study began
        states = [
            fold_participant(reading.events(participant=code, until=until), session.view.key)
            for code in reading.participants()
        ]
    return [state for state in states if state is not None]


def everyone_shape(session: Session, states: list[ParticipantState]) -> dict[str, Any]:
    """Return the JSON of `participant list`."""
    return {"participants": list_shape(states, session.view), "staff_list": session.staffed}
