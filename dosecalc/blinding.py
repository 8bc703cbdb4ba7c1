"""The view of a plan that a masked person may have, as a type of its own (R15).

`BlindedPlan` has no field that could hold an arm, a product or an amount. Calendars and schedules for participants and
clinics are made from it alone, so they cannot show what it does not have.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dosecalc.plan import VisitPlan
    from dosecalc.protocol.model import Arm
    from dosecalc.protocol.settled import Settled
    from dosecalc.text import Words
    from dosecalc.visits.visit import Booking, CheckResult, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Routine:
    """Something that the participant does at home every day, in neutral words (R17)."""

    id: str
    first: dt.date
    days: int
    words: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class BookedVisit:
    """A visit and its booking, if it has one."""

    visit: Visit
    booking: Booking | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindedPlan:
    """What anyone may see of one participant's plan."""

    participant: str
    protocol: str
    protocol_version: str
    timezone: str
    visits: tuple[BookedVisit, ...]
    checks: tuple[CheckResult, ...] = ()
    routine: Routine | None = None


def blind(settled: Settled, arm: Arm, plan: VisitPlan) -> BlindedPlan:
    """Return what anyone may see of `plan`; `arm` is the one that `plan.visible_arm` allows.

    Of the arm only what is done at home is taken (an open trial's daily application), and its neutral words.
    """
    protocol = settled.protocol
    visits = tuple(BookedVisit(visit=v, booking=plan.bookings.get(v.encounter)) for v in plan.timeline.visits)
    return BlindedPlan(
        participant=plan.participant,
        protocol=protocol.id,
        protocol_version=protocol.version,
        timezone=settled.timezone,
        visits=visits,
        checks=plan.timeline.checks,
        routine=_routine(arm, visits),
    )


def _routine(arm: Arm, visits: tuple[BookedVisit, ...]) -> Routine | None:
    for dose in arm.doses:
        daily = dose.topical_daily
        if daily is None:
            continue
        for booked in visits:
            if booked.visit.base in dose.at and (first := _first_day(booked)) is not None:
                return Routine(id="daily", first=first, days=int(daily.days.value), words=daily.instruction)
    return None


def _first_day(booked: BookedVisit) -> dt.date | None:
    """The day on which the product is handed out: the actual day, else the booked one, else the target."""
    moment = booked.visit.actual or (booked.booking.when if booked.booking else None) or booked.visit.target
    return moment.date() if isinstance(moment, dt.datetime) else moment
