"""What a correction sets passes the checks of a first entry: they are run again, on the study without the event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dosecalc.dosing.area import Measured
from dosecalc.quantity import parse_positive
from dosecalc.registry import decide_anchor, decide_measure, decide_participant, decide_visit
from dosecalc.registry.dose_inputs import arms_meant
from dosecalc.registry.fold import facts, fold_participant, moment
from dosecalc.registry.plan_of import plan_of, start_anchor
from dosecalc.registry.rights import may_override
from dosecalc.registry.visit_checks import Asking
from dosecalc.visits.moments import local_day, parse_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from dosecalc.app.study import Session
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.store import Reading


def check_again(session: Session, reading: Reading, event: Event, correction: Draft) -> None:
    """Refuse a correction that sets what could not have been recorded.

    Raises:
        Refusal: what the first entry of such an event refuses.
    """
    changed = correction.public.get("public")
    if not changed or event.participant is None:
        return
    told = list(reading.events(participant=event.participant))
    own = {event.number} | {each.number for each in told if each.corrects == event.number}
    rest = [each for each in told if each.number not in own]
    earlier = fold_participant((each for each in rest if each.number < event.number), session.view.key)
    state = fold_participant(rest, session.view.key)
    now = next((fact for fact in facts(told, session.view.key) if fact.event.number == event.number), None)
    if earlier is None or state is None or now is None:
        return
    then = replace(state, standing=earlier.standing, ended=earlier.ended)
    public, reason = {**now.public, **changed}, correction.reason
    match event.kind:
        case "attend" | "unscheduled":
            _visit(session, reading, state, event, public, reason)
        case "anchor":
            settled, name = session.settled_for(state), public["name"]
            moments = {start_anchor(settled.protocol) if name == "start" else name: moment(public["when"])}
            others, known = session.everyone(reading), list(facts(rest, None))
            decide_anchor.anchors(then, settled, others, moments, reason=reason, at=session.at, told=known)
        case "measure":
            _measure(session.settled_for(state), then, public, session.at)
        case kind if kind in decide_participant.ENDS:
            decide_participant.ENDS[kind](earlier, date=parse_day(public["date"]), reason=reason, at=session.at)


def _visit(
    session: Session,
    reading: Reading,
    state: ParticipantState,
    event: Event,
    public: Mapping[str, Any],
    reason: str | None,
) -> None:
    when: Any = moment(public["when"])
    settled = session.settled_for(state, session.study_at(reading), local_day(when))
    plan, name = plan_of(settled, state), event.visit or ""
    asking = Asking(
        at=session.at,
        present=session.present,
        may_override=may_override(session.by.role, session.staffed),
        outside_window=reason,
        reason=reason,
    )
    if event.kind == "attend":
        decide_visit.attend(settled, plan, name, when, asking, session.everyone(reading))
    else:
        decide_visit.unscheduled(settled, plan, name, when, asking)


def _measure(settled: Settled, state: ParticipantState, public: Mapping[str, Any], at: dt.datetime) -> None:
    values = [parse_positive(text) for text in public["values"]]
    measured = Measured(method=public.get("method"), by=public["by"], date=parse_day(public["date"]))
    if public["what"] == "weight":
        decide_measure.weight(state, values[0], measured, at=at)
        return
    visit, protocol = public.get("visit"), settled.protocol
    decide_measure.area(state, settled, arms_meant(protocol, state), values, measured, visit=visit, at=at)


def check_places(session: Session, before: ParticipantState, state: ParticipantState, reading: Reading) -> None:
    """Refuse a booking that is there again where its day is full by now; `reading` has it already.

    Raises:
        Refusal: DC762.
    """
    for name, visit in state.visits.items():
        was = before.visits[name].booked if name in before.visits else None
        if visit.booked is not None and visit.booked != was:
            session.clinic_on(reading, visit.booked.date()).check(state.code, name, visit.booked, only_room=True)
