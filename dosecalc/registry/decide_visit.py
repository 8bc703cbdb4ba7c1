"""What may be recorded of a visit: pure decisions from a participant's plan and what somebody asks for.

Windows are those of `visits.attendance.check_booking`, gaps those of `gaps`. What lies outside of them is refused,
unless somebody who may gives a reason; then the event says so, and it is a deviation.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Refusal, refuse
from dosecalc.protocol.binding import ID_PATTERN
from dosecalc.registry.decide_anchor import anchor_dates, anchors, check_change, check_order
from dosecalc.registry.event import Draft
from dosecalc.registry.gaps import broken_gaps
from dosecalc.registry.openness import check_staggered
from dosecalc.registry.plan_of import plan_of, recorded_date
from dosecalc.registry.visit_checks import (
    check_day,
    check_override,
    check_standing,
    fits,
    known,
    limits_here,
    not_booked,
    outside_window,
    started_elsewhere,
    to_come,
    took_place,
    was_signed,
)
from dosecalc.text import Message, msg
from dosecalc.visits.moments import local_day, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dosecalc.errors import Finding
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.at_clinic import AtClinic
    from dosecalc.registry.event import Kind
    from dosecalc.registry.fold import Fact
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.visit_checks import Asking
    from dosecalc.visits.visit import Moment

_ID = re.compile(ID_PATTERN, re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What is to be recorded. `overrides` says what a person must confirm first: what is broken, in words.

    `start` are the dates that are recorded with it, because the visit is what others count from.
    """

    draft: Draft
    overrides: tuple[Message, ...] = ()
    start: tuple[Draft, ...] = ()
    moves: bool = False
    """Whether other visits count from it, and it is another day than was planned: that is asked about."""


def book(
    settled: Settled,
    plan: ParticipantPlan,
    name: str,
    when: dt.datetime,
    asking: Asking,
    here: AtClinic,
    others: Iterable[ParticipantState] = (),
    told: Sequence[Fact] = (),
) -> Decision:
    """Decide on booking a visit; `here` is the clinic on that day.

    A visit that the others count from takes the start with it, against which the `others` in the study are held.

    Raises:
        Refusal: DC755 to DC764, DC849, DC850, DC863; DC404, DC420 to DC422 of the window; what
            `decide_anchor.anchors` refuses.
    """
    planned = to_come(plan, name)
    if planned.state.booked is not None:
        raise refuse(
            "DC760",
            msg("{visit} is booked already, for {when}", visit=name, when=readable(planned.state.booked)),
            msg("to change it use `visit move`"),
        )
    start = _start(settled, plan, planned, when, asking, others, told)
    kept, overrides = fits(settled, plan, planned, when, asking)
    here.check(plan.state.code, name, when)
    public = {"when": when.isoformat(), **kept}
    draft = _draft("book", plan, name, asking, public)
    return Decision(draft=draft, overrides=overrides, start=start, moves=bool(start))


def move(
    settled: Settled,
    plan: ParticipantPlan,
    name: str,
    when: dt.datetime,
    asking: Asking,
    here: AtClinic,
    others: Iterable[ParticipantState] = (),
    told: Sequence[Fact] = (),
) -> Decision:
    """Decide on moving a booking. The same time may be booked again where the investigator now allows it.

    Raises:
        Refusal: as `book`.
    """
    planned = to_come(plan, name)
    before = planned.state.booked
    if before is None:
        raise not_booked(name)
    if before == when and (asking.outside_window is None or _allowed_already(settled, plan, planned, when)):
        raise refuse(
            "DC760",
            msg("{visit} is booked for that very time, {when}", visit=name, when=readable(when)),
            msg("nothing has to be moved; check the date if another was meant"),
        )
    start = _start(settled, plan, planned, when, asking, others, told)
    kept, overrides = fits(settled, plan, planned, when, asking)
    here.check(plan.state.code, name, when)
    public = {"from": before.isoformat(), "when": when.isoformat(), **kept}
    draft = _draft("move", plan, name, asking, public)
    return Decision(draft=draft, overrides=overrides, start=start, moves=bool(start))


def _allowed_already(settled: Settled, plan: ParticipantPlan, planned: PlannedVisit, when: dt.datetime) -> bool:
    """Whether the investigator allowed this time already, with all that it breaks by what is known now."""
    limits = limits_here(settled, plan_of(settled, plan.state, {planned.id: when}), planned)
    return planned.state.outside_window is not None and all(was_signed(planned.state, each) for each in limits)


def _start(
    settled: Settled,
    plan: ParticipantPlan,
    planned: PlannedVisit,
    when: dt.datetime,
    asking: Asking,
    others: Iterable[ParticipantState],
    told: Sequence[Fact],
) -> tuple[Draft, ...]:
    """The start as it is planned anew, where its own visit is booked for another day."""
    name = started_elsewhere(settled, plan, planned, when)
    if name is None:
        return ()
    moment = when if isinstance(recorded_date(settled.protocol, plan.state, name), dt.datetime) else when.date()
    said = asking.reason or asking.outside_window
    return tuple(anchors(plan.state, settled, others, {name: moment}, reason=said, at=asking.at, told=told))


def attend(
    settled: Settled,
    plan: ParticipantPlan,
    name: str,
    when: Moment,
    asking: Asking,
    others: Iterable[ParticipantState] = (),
) -> Decision:
    """Decide on recording that a visit took place. What happened outside its window is recorded all the same.

    A dose too soon after another is refused, as long as it was not given and can be stopped. So is a start too soon
    after that of the participant before: when the visit that others count from takes place, its day is the start.

    Raises:
        Refusal: DC745, DC747, DC755 to DC759, DC761, DC763, DC764, DC862.
    """
    planned = known(plan, name)
    day = local_day(when)
    check_standing(plan, planned.dosed, day, name)
    if planned.state.attended is not None:
        raise took_place(planned)
    check_day(plan, name, when, asking)
    then = plan_of(settled, plan.state, {name: when})
    check_order(settled.protocol, anchor_dates(settled.protocol, then.state, {name: when}))
    moved = started_elsewhere(settled, plan, planned, when)
    stagger: tuple[Finding, ...] = ()
    if moved is not None and planned.target is not None:
        check_change(moved, planned.target, when, asking.reason or asking.outside_window)
        stagger = () if planned.state.given is not None else _staggered(settled, plan, day, others)
    gaps = broken_gaps(settled, plan, name, day)
    short = [each for each in gaps if each.how == "short" and planned.state.given is None]
    if short or stagger:
        check_override(short, asking, stagger)
    said = asking.outside_window or asking.reason
    departs = bool(gaps) or bool(stagger) or outside_window(then.find(name) or planned, when)
    public = {"when": when.isoformat()} | ({"deviation": said} if departs and said else {})
    overrides = (*(each.text for each in short), *(each.what for each in stagger))
    draft = _draft("attend", plan, name, asking, public, said)
    return Decision(draft=draft, overrides=overrides, moves=moved is not None)


def _staggered(
    settled: Settled, plan: ParticipantPlan, day: dt.date, others: Iterable[ParticipantState]
) -> tuple[Finding, ...]:
    """What stands against a start on this day, because another participant came too shortly before."""
    try:
        check_staggered(settled, others, replace(plan.state, start=day), day)
    except Refusal as refusal:
        return tuple(refusal.findings)
    return ()


def miss(plan: ParticipantPlan, name: str, asking: Asking) -> Decision:
    """Decide on recording that a visit did not take place.

    Raises:
        Refusal: DC755 to DC757, DC759 to DC761.
    """
    planned = to_come(plan, name)
    if planned.standing == "missed":
        raise refuse(
            "DC760",
            msg("{visit} is recorded as missed already", visit=name),
            msg("if the participant comes after all, book it again with `visit book`"),
        )
    booked, first = planned.state.booked, planned.earliest or planned.target
    early = booked > asking.present if booked else first is not None and local_day(first) > asking.present.date()
    if early:
        still = booked or first
        assert still is not None
        raise refuse(
            "DC761",
            msg("{visit} is still to come, on {when}: nobody has missed it", visit=name, when=readable(still)),
            msg("to give up its time use `visit cancel`"),
        )
    return Decision(draft=_draft("miss", plan, name, asking, {}, asking.reason))


def cancel(plan: ParticipantPlan, name: str, asking: Asking) -> Decision:
    """Decide on cancelling a booking; also one that a participant left behind who has withdrawn.

    Raises:
        Refusal: DC756, DC759, DC760.
    """
    planned = known(plan, name, dates=False)
    if planned.state.attended is not None:
        raise took_place(planned)
    if planned.state.booked is None:
        raise not_booked(name)
    public = {"was": planned.state.booked.isoformat()}
    return Decision(draft=_draft("cancel", plan, name, asking, public, asking.reason))


def unscheduled(
    settled: Settled, plan: ParticipantPlan, name: str | None, when: dt.datetime, asking: Asking
) -> Decision:
    """Decide on recording a visit that nobody planned; without a name it gets the next of U1, U2, ...

    Raises:
        Refusal: DC757, DC759, DC761, DC769.
    """
    encounters = settled.protocol.encounters
    if name is None:
        taken = {each.id for each in plan.visits} | encounters.keys()
        name = next(f"U{number}" for number in range(1, len(taken) + 2) if f"U{number}" not in taken)
    planned = plan.find(name)
    if planned is not None and planned.visit is not None and planned.visit.anchor is not None:
        raise refuse(
            "DC769",
            msg("{visit} is a planned visit", visit=name),
            msg("record it with `visit attend`, or leave --visit out"),
        )
    if not _ID.fullmatch(name):
        raise refuse(
            "DC769",
            msg("'{text}' cannot be the name of a visit", text=name),
            msg("use up to 40 letters, digits, dots, hyphens and underscores; or leave --visit out"),
        )
    if planned is not None and planned.state.attended is not None:
        raise took_place(planned)
    check_standing(plan, dosed=False, day=when.date(), name=name)
    check_day(plan, name, when, asking)
    draft = _draft("unscheduled", plan, name, asking, {"when": when.isoformat()}, asking.reason)
    return Decision(draft=draft)


def _draft(
    kind: Kind, plan: ParticipantPlan, name: str, asking: Asking, public: dict[str, Any], reason: str | None = None
) -> Draft:
    return Draft(
        kind=kind,
        at=asking.at,
        participant=plan.state.code,
        visit=name,
        reason=reason or asking.outside_window or asking.reason,
        public=public,
    )
