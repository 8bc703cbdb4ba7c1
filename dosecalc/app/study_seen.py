"""What a person may see of one participant, and of all of them, today or on a past day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dosecalc.registry.as_it_was import as_it_was
from dosecalc.registry.decide_anchor import anchor_dates
from dosecalc.registry.fold import facts, fold_participant
from dosecalc.registry.lots import IP_KINDS, supplies
from dosecalc.registry.may_dose import holds_on
from dosecalc.registry.next_steps import NextStep, next_steps
from dosecalc.registry.plan_of import plan_of, rows_of, start_of
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.registry.views import event_shape, list_shape, participant_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dosecalc.app.study import Session
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Event
    from dosecalc.registry.lots import DoseState
    from dosecalc.registry.state import ParticipantState, StudyState
    from dosecalc.registry.store import VisitRow
    from dosecalc.text import Message, Words
    from dosecalc.visits.visit import CheckResult, Moment


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
    checks: tuple[CheckResult, ...] = ()
    """The protocol's limits in hours, and whether they are met."""
    outside: tuple[DoseState, ...] = ()
    """The doses that were handed out, and are not known to be given or to have come back."""
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
    state = _begun(settled, _held(study, settled, state))
    present = session.present if until is None else until
    anchors = settled.protocol.anchors
    return Shown(
        state=state, version=version.protocol_version, visits=rows_of(as_it_was(study, plan, history)),
        waits=plan.waits, history=history,
        checks=plan.checks, outside=_outside(session, history),
        dates=tuple((name, anchors[name].label, when) for name, when in anchor_dates(settled.protocol, state).items()),
        steps=next_steps(settled, plan, present),
    )  # fmt: skip


def _outside(session: Session, history: Iterable[Event]) -> tuple[DoseState, ...]:
    told = (event for event in history if event.kind in IP_KINDS)
    return tuple(dose for dose in supplies(facts(told, session.view.key)).doses.values() if dose.outside)


def shown_shape(session: Session, shown: Shown, say: Callable[[object], str]) -> dict[str, Any]:
    """Return the JSON of `participant show`; `say` puts a text into the reader's language."""
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
        "checks": [{"code": check.code, "text": say(check.text), "ok": check.ok} for check in shown.checks],
        "timeline": timeline,
        "history": [event_shape(event, session.view) for event in shown.history],
        "staff_list": session.staffed,
    }


def everyone(session: Session, as_of: str | None) -> list[ParticipantState]:
    """Return all participants as this person may see them, in the order of their codes."""
    until = session.until(as_of)
    day = session.day_of(as_of)
    with session.read() as reading:
        study = session.study_at(reading, until)  # refuses a day before the study began
        states = [
            fold_participant(reading.events(participant=code, until=until), session.view.key)
            for code in reading.participants()
        ]
    known = [(settled_of(version_for(study, state, day)), state) for state in states if state is not None]
    return [_begun(settled, _held(study, settled, state)) for settled, state in known]


def _begun(settled: Settled, state: ParticipantState) -> ParticipantState:
    """A participant whose start is the day on which its visit took place, once it has."""
    return replace(state, start=start_of(settled.protocol, state))


def _held(study: StudyState, settled: Settled, state: ParticipantState) -> ParticipantState:
    """A participant with why their doses are on hold, as far as this person may know."""
    if state.standing not in ("consented", "enrolled"):
        return state
    return replace(state, held="; ".join(hold.reason for hold in holds_on(study, settled, state)) or None)


def everyone_shape(session: Session, states: list[ParticipantState]) -> dict[str, Any]:
    """Return the JSON of `participant list`."""
    return {"participants": list_shape(states, session.view), "staff_list": session.staffed}
