"""What stands in the way of a visit: standing, consent, window, gaps, places. Each check refuses what cannot be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.registry.gaps import broken_gaps
from dosecalc.registry.happened import lies_ahead
from dosecalc.text import Message, msg
from dosecalc.visits.attendance import check_booking, status
from dosecalc.visits.moments import local_day, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.gaps import GapBroken
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.visits.visit import Moment

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


def check_anchor(settled: Settled, plan: ParticipantPlan, planned: PlannedVisit, when: Moment) -> None:
    """The visit whose date is an anchor's takes place on that day."""
    visit = planned.visit
    if visit is None or visit.window != "anchor" or visit.target is None:
        return
    day = local_day(visit.target)
    if day == local_day(when):
        return
    raise refuse(
        "DC766",
        msg(
            "{visit} is the day that the others count from, recorded as {day}, and not {when}",
            visit=planned.id,
            day=day.isoformat(),
            when=readable(when),
        ),
        msg(
            "if that day has changed, record it and the others move with it: "
            "dosecalc participant anchor {participant} {anchor}={new} --reason WHY",
            participant=plan.state.code,
            anchor=settled.protocol.encounters[visit.base].defines or "",
            new=local_day(when).isoformat(),
        ),
    )


def fits(
    settled: Settled, plan: ParticipantPlan, planned: PlannedVisit, when: dt.datetime, asking: Asking
) -> tuple[str | None, tuple[Message, ...]]:
    """Whether a time fits consent, window and gaps; the reason that is kept where it does not, and what it breaks."""
    _check_consent(plan, planned.id, when.date())
    check_anchor(settled, plan, planned, when)
    broken: list[Message] = []
    visit = planned.visit
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
    if not broken:
        return None, ()
    if not asking.may_override:
        raise _not_yours()
    return asking.outside_window, tuple(broken)


def check_override(gaps: Iterable[GapBroken], asking: Asking) -> None:
    """Refuse broken gaps unless there is a reason from somebody who may give one."""
    if not (asking.outside_window or "").strip():
        raise _gaps_refused(gaps)
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
    """Whether a visit on `when` is early or late."""
    visit = planned.visit
    if visit is None or visit.earliest is None or visit.latest is None:
        return False
    moment = when if isinstance(visit.earliest, dt.datetime) else local_day(when)
    if isinstance(visit.earliest, dt.datetime) and not isinstance(moment, dt.datetime):
        return False
    return status(visit.target, visit.earliest, visit.latest, moment) in ("early", "late")


def check_room(settled: Settled, day: dt.date, booked: int) -> None:
    """Refuse one more visit than a day has room for."""
    places = settled.site.clinic.places_per_day if settled.site else None
    if places is None or booked < places:
        return
    raise refuse(
        "DC762",
        msg("{day} is full: {booked} of {places} places are booked", day=day.isoformat(), booked=booked, places=places),
        msg("choose another day"),
    )
