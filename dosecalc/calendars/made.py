"""Made-up visits, to see where the values of a real one stand in a rendered item.

A made-up visit has the form of the real one (the same label, booked or not, dates where that has dates) and values that
no text of a trial holds. There are two sets of them: a text is cut by the first and tried with the second, so that a
value that stands in a text by chance is found out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.visits.moments import site_zone
from dosecalc.visits.visit import Booking

if TYPE_CHECKING:
    from dosecalc.blinding import BlindedPlan, BookedVisit
    from dosecalc.visits.visit import Moment


class Slot:
    """Where each value of an item stands in the list of its values."""

    UID = 0
    START = 1
    END = 2
    STAMP = 3
    SEQUENCE = 4
    CODE = 5
    TARGET = 6
    EARLIEST = 7
    LATEST = 8
    ACTUAL = 9
    BOOKED = 10
    TAIL = 11
    COUNT = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeUp:
    """One set of made-up values."""

    letter: str
    """The participant's code is made of it."""
    year: int
    sequence: int
    tail: str

    @property
    def stamp(self) -> dt.datetime:
        """The time of the last change."""
        return dt.datetime(self.year, 11, 12, 13, 14, 15, tzinfo=dt.UTC)


CUT = MadeUp(letter="~", year=9101, sequence=918_273_645, tail="|tail|")
TRY = MadeUp(letter="`", year=8202, sequence=827_364_519, tail="|a \\ b; c, ^|\n" + "给药说明，^" * 30)


def plan_like(plan: BlindedPlan, made: MadeUp) -> BlindedPlan:
    """Return `plan` with a made-up participant, whose code is as long."""
    routine = plan.routine and replace(plan.routine, first=dt.date(made.year, 1, 11))
    return replace(plan, participant=made.letter * len(plan.participant), routine=routine)


def visit_like(plan: BlindedPlan, booked: BookedVisit, made: MadeUp) -> BookedVisit:
    """Return a made-up visit of the same form. A visit that took place on the day it was booked for still did."""
    visit, booking = booked.visit, booked.booking
    when = booking.when if booking else None
    made_when = _like(when, plan, made, 6)
    actual = _like(visit.actual, plan, made, 5)
    if isinstance(when, dt.datetime) and isinstance(made_when, dt.datetime) and same_day(when, visit.actual, plan):
        actual = made_when.date()
    return replace(
        booked,
        visit=replace(
            visit,
            target=_like(visit.target, plan, made, 2),
            earliest=_like(visit.earliest, plan, made, 3),
            latest=_like(visit.latest, plan, made, 4),
            actual=actual,
        ),
        booking=Booking(when=made_when) if isinstance(made_when, dt.datetime) else None,
    )


def same_day(when: dt.datetime, day: Moment | None, plan: BlindedPlan) -> bool:
    """Whether `day` is a date, and that of `when` at the site."""
    zone = site_zone(plan.timezone)
    return (when.astimezone(zone) if when.tzinfo else when).date() == day


def _like(moment: Moment | None, plan: BlindedPlan, made: MadeUp, month: int) -> Moment | None:
    if isinstance(moment, dt.datetime):
        # midday is never left out or repeated when the clocks change; seconds are shown only where there are any
        seconds = 7 if moment.second else 0
        return dt.datetime(made.year, month, 11, 12, 30, seconds, tzinfo=site_zone(plan.timezone))
    return moment and dt.date(made.year, month, 11)
