"""What stands in the way of a visit: standing, consent, window, gaps. Each check refuses what cannot be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.registry.gaps import broken_gaps
from dosecalc.registry.happened import lies_ahead
from dosecalc.registry.plan_of import plan_of
from dosecalc.text import Message, msg
from dosecalc.visits.attendance import check_booking, status
from dosecalc.visits.moments import local_day, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.gaps import GapBroken
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.registry.state import VisitState
    from dosecalc.visits.visit import CheckResult, Moment

_OVERRIDE = msg("choose another day, or, where the investigator decides so, say why: --outside-window REASON")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """Who asks, and when (aware): `at` is when it happened, `present` the latest moment that is not in the future."""

    at: dt.datetime
    present: dt.datetime
    may_override: bool
    outside_window: str | None = None
    """The reason for a time outside the window or the gap."""
    reason: str | None = None


def known(plan: ParticipantPlan, name: str, *, dates: bool = True) -> PlannedVisit:
    """The visit of this name, if there is one and, where it matters, it can have a date."""
    if dates and plan.waits is not None and plan.state.standing in ("enrolled", "discontinued"):
        raise refuse(
            "DC755", msg("{visit} has no date yet: {reason}", visit=name, reason=plan.waits), _what_lacks(plan)
        )
    planned = plan.find(name)
    if planned is None:
        names = ", ".join(each.id for each in plan.visits)
        mend = msg("the visits are: {visits}", visits=names) if names else msg("no visit is known yet")
        raise refuse(
            "DC756", msg("{participant} has no visit '{visit}'", participant=plan.state.code, visit=name), mend
        )
    return planned


def _what_lacks(plan: ParticipantPlan) -> Message:
    code = plan.state.code
    if plan.lacks == "arm":
        return msg("record the arm first: dosecalc participant assign {participant} --arm ARM", participant=code)
    return msg(
        "record it first: dosecalc participant anchor {participant} {anchor}=DATE", participant=code, anchor=plan.lacks
    )


def to_come(plan: ParticipantPlan, name: str) -> PlannedVisit:
    """The visit of this name, if it can still take place."""
    planned = plan.find(name)
    check_standing(plan, planned is not None and planned.dosed, None, name)
    planned = known(plan, name)
    if planned.state.attended is not None:
        raise took_place(planned)
    return planned


def check_standing(plan: ParticipantPlan, dosed: bool, day: dt.date | None, name: str) -> None:
    """Refuse what cannot be; what took place before the end (`day`) may still be entered."""
    state = plan.state
    ended = state.ended
    before = day is not None and ended is not None and day <= ended
    code = state.code
    if state.standing in ("consented", "screen_failure"):
        what = msg("{participant} is not enrolled", participant=code)
        if state.standing == "consented":
            mend = msg("enrol first: dosecalc participant enrol {participant}", participant=code)
        else:
            mend = msg("{participant} could not be enrolled; check the code", participant=code)
        raise refuse("DC757", what, mend)
    if state.standing == "withdrawn" and not before:
        raise refuse(
            "DC757",
            msg(
                "{participant} withdrew from the study on {day}; nothing is booked or recorded after that",
                participant=code,
                day=ended.isoformat() if ended else "?",
            ),
            msg("check the code and the date"),
        )
    if state.standing == "discontinued" and dosed and not before:
        raise refuse(
            "DC758",
            msg("{participant} has ended treatment, and {visit} is a visit with a dose", participant=code, visit=name),
            msg("book one of the follow-up visits; if they come without a dose, record `visit unscheduled`"),
        )


def took_place(planned: PlannedVisit) -> Refusal:
    """Return the refusal of a visit that took place already."""
    attended = planned.state.attended
    assert attended is not None
    return refuse(
        "DC759",
        msg("{visit} took place already, on {when}", visit=planned.id, when=readable(attended)),
        msg("check the visit; if the record is wrong, have it corrected"),
    )


def not_booked(name: str) -> Refusal:
    """Return the refusal of what needs a booking."""
    return refuse("DC760", msg("{visit} is not booked", visit=name), msg("book it with `visit book`"))


def check_day(plan: ParticipantPlan, name: str, when: Moment, asking: Asking) -> None:
    """A visit takes place between the consent and now."""
    _check_consent(plan, name, local_day(when))
    if lies_ahead(when, asking.present):
        raise refuse(
            "DC761",
            msg("{visit} cannot have taken place on {when}, which is still to come", visit=name, when=readable(when)),
            msg("check the date; a visit that is to come is booked with `visit book`"),
        )


def _check_consent(plan: ParticipantPlan, name: str, day: dt.date) -> None:
    first = min((date for _, date in plan.state.consents), default=None)
    if first is not None and day < first:
        raise refuse(
            "DC761",
            msg(
                "{visit} on {day} lies before the consent of {participant} on {consent}",
                visit=name,
                day=day.isoformat(),
                participant=plan.state.code,
                consent=first.isoformat(),
            ),
            msg("check the date"),
        )


def own_anchor(settled: Settled, planned: PlannedVisit) -> str | None:
    """The anchor whose date is this visit's own; the other visits count from it."""
    visit = planned.visit
    if visit is None or visit.window != "anchor":
        return None
    return settled.protocol.encounters[visit.base].defines


def started_elsewhere(settled: Settled, plan: ParticipantPlan, planned: PlannedVisit, when: Moment) -> str | None:
    """The anchor that this visit is, where its date is another day than `when`: what counts from it moves."""
    name = own_anchor(settled, planned)
    if name is None or planned.target is None or local_day(planned.target) == local_day(when):
        return None
    return name


def limits_here(settled: Settled, then: ParticipantPlan, planned: PlannedVisit) -> tuple[CheckResult, ...]:
    """The protocol's limits in hours that end at this visit and are not known to be met, when it is as in `then`.

    Where the visit that they end at was missed, they end at the first visit with a dose after it.
    """
    ends = {own_anchor(settled, planned)}
    if planned.dosed and not any(each.dosed and _had_a_dose(each) for each in then.visits if each.id != planned.id):
        ends |= {own_anchor(settled, each) for each in then.visits if each.standing == "missed"}
    ends.discard(None)
    return tuple(
        check for check in then.checks if check.ok is not True and settled.protocol.checks[check.code].end in ends
    )


def _had_a_dose(planned: PlannedVisit) -> bool:
    return planned.state.given is not None or planned.attended is not None


def unknown_limit(code: str, check: CheckResult, settled: Settled, mend: Message) -> Finding:
    """What is said of a limit of which nobody can say whether it is met."""
    what = msg("nobody can say whether a limit of the protocol is met: {text}", text=check.text)
    start = settled.protocol.checks[check.code].start
    return Finding(
        "DC925",
        what,
        msg("record it with its time: `participant anchor {code} {anchor}=DATETIME`; where nobody knows it: {mend}",
            code=code, anchor=start, mend=mend),
    )  # fmt: skip


def signed_for(limits: Iterable[CheckResult]) -> dict[str, str]:
    """What a reason allows, as an event holds it: the seconds that passed by then, empty where nobody knows."""
    return {each.code: "" if (passed := _seconds(each)) is None else str(passed) for each in limits}


def was_signed(state: VisitState, check: CheckResult) -> bool:
    """Whether the investigator allowed it with the booking: not a minute more than they knew."""
    if check.code not in state.signed:
        return False
    allowed, passed = state.signed[check.code], _seconds(check)
    return allowed == passed or (allowed is not None and passed is not None and passed <= allowed)


def _seconds(check: CheckResult) -> int | None:
    return None if check.passed is None else -(-check.passed // dt.timedelta(seconds=1))


def unrecorded_before(plan: ParticipantPlan, name: str) -> tuple[PlannedVisit, ...]:
    """The visits with a dose that come before this one with a dose, and of which nobody recorded what became."""
    before: list[PlannedVisit] = []
    for planned in plan.visits:
        if planned.id == name:
            return tuple(before) if planned.dosed and planned.visit is not None else ()
        if (
            planned.dosed
            and planned.visit is not None
            and planned.standing not in ("done", "missed")
            and planned.state.given is None
        ):
            before.append(planned)
    return ()


def fits(
    settled: Settled, plan: ParticipantPlan, planned: PlannedVisit, when: dt.datetime, asking: Asking
) -> tuple[dict[str, Any], tuple[Message, ...]]:
    """Whether a time fits consent, window, gaps and limits; what is kept of that where not, and what it breaks.

    A visit that others count from is its own window: when it is booked for another day, that day is the start.
    """
    _check_consent(plan, planned.id, when.date())
    then = plan_of(settled, plan.state, {planned.id: when})
    broken: list[Message] = []
    visit = planned.visit
    if own_anchor(settled, planned) is not None and (there := then.find(planned.id)) is not None:
        visit = there.visit
    if visit is not None and visit.anchor is not None:
        try:
            check_booking(visit, when, None)
        except Refusal as outside:
            if asking.outside_window is None:
                raise
            check_booking(visit, when, asking.outside_window)
            broken += [finding.what for finding in outside.findings]
    gaps = broken_gaps(settled, plan, planned.id, when.date())
    if gaps and not (asking.outside_window or "").strip():
        raise _gaps_refused(gaps)
    broken += [each.text for each in gaps]
    limits = limits_here(settled, then, planned)
    if not (asking.outside_window or "").strip():
        if exceeded := [each for each in limits if each.ok is False]:
            raise Refusal([Finding("DC863", each.text, _OVERRIDE) for each in exceeded])
        limits = ()  # what is not known yet may still be recorded; before the dose it is asked for
    broken += [each.text for each in limits]
    if not broken:
        return {}, ()
    if not asking.may_override:
        raise _not_yours()
    return {"outside_window": asking.outside_window} | ({"limits": signed_for(limits)} if limits else {}), tuple(broken)


def check_override(gaps: Iterable[GapBroken], asking: Asking, others: Iterable[Finding] = ()) -> None:
    """Refuse broken gaps, and what else is found, unless there is a reason from somebody who may give one."""
    if not (asking.outside_window or "").strip():
        found = [Finding(each.code, each.what, _OVERRIDE) for each in others]
        raise Refusal([*(Finding("DC763", each.text, _OVERRIDE) for each in gaps), *found])
    if not asking.may_override:
        raise _not_yours()


def _gaps_refused(gaps: Iterable[GapBroken]) -> Refusal:
    return Refusal([Finding("DC763", each.text, _OVERRIDE) for each in gaps])


def _not_yours() -> Refusal:
    return refuse(
        "DC764",
        msg("only the investigator may let a visit take place outside its window or gap"),
        msg("ask the investigator to record it, with the reason"),
    )


def outside_window(planned: PlannedVisit, when: Moment) -> bool:
    """Whether a visit on `when` is early or late; one that others count from, on another day than is planned."""
    visit = planned.visit
    if visit is None or visit.earliest is None or visit.latest is None:
        return False
    if visit.window == "anchor":
        return local_day(visit.earliest) != local_day(when)
    moment = when if isinstance(visit.earliest, dt.datetime) else local_day(when)
    if isinstance(visit.earliest, dt.datetime) and not isinstance(moment, dt.datetime):
        return False
    return status(visit.target, visit.earliest, visit.latest, moment) in ("early", "late")
