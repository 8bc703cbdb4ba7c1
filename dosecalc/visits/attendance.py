"""Actual dates and bookings against the windows of the visits. Both ends of a window belong to it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.protocol.offsets import CalendarOffset, ClockOffset
from dosecalc.text import msg
from dosecalc.visits.moments import FIRST_YEAR, LAST_YEAR, in_words, local_day, out_of_years, readable
from dosecalc.visits.shift import elapsed
from dosecalc.visits.visit import Booking

if TYPE_CHECKING:
    from dosecalc.errors import Refusal
    from dosecalc.protocol.offsets import Offset
    from dosecalc.text import Message
    from dosecalc.visits.visit import Moment, Status, Visit


def status(target: Moment | None, earliest: Moment | None, latest: Moment | None, actual: Moment | None) -> Status:
    """Return how a visit stands. The moments are all dates, or all aware datetimes in one zone.

    Without a window nothing is early or late: what took place is `done`.
    """
    if actual is None:
        return "pending" if target is None else "planned"
    if earliest is None or latest is None:
        return "done"
    if _before(actual, earliest):
        return "early"
    return "late" if _before(latest, actual) else "done"


def check_booking(visit: Visit, when: dt.datetime, outside_window: str | None = None) -> Booking:
    """Return the booking of `visit` at `when`, an aware time in the site's zone.

    `outside_window` is the investigator's reason for a time outside the window; inside it, it is not kept. Where no
    window is stated, any time may be booked.

    Raises:
        Refusal: DC420, outside the window; DC421, the reason is blank; DC422, the visit has no date yet; DC424,
            the visit is the anchor's own and another day was named; DC404, a year that cannot be meant.
        ValueError: `when` is naive.
    """
    if when.tzinfo is None:
        raise ValueError("a booking needs an aware time in the site's zone")
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise out_of_years(msg("the booking of {visit} on {when}", visit=visit.encounter, when=readable(when)))
    if outside_window is not None and not outside_window.strip():
        raise refuse(
            "DC421",
            msg("the reason for booking {visit} outside its window is blank", visit=visit.encounter),
            msg("write down why the investigator allows it: --outside-window REASON"),
        )
    if visit.window == "anchor" and visit.target is not None and local_day(visit.target) != when.date():
        raise refuse(
            "DC424",
            msg(
                "{visit} is the day that the others count from, {day}; it cannot be booked for {when}",
                visit=visit.encounter,
                day=readable(local_day(visit.target)),
                when=readable(when),
            ),
            msg("if that day has changed, give the new one with --start, and the other visits move with it"),
        )
    if visit.target is None:
        if outside_window is None:
            raise _no_date(visit, when)
        return Booking(when=when, outside_window=outside_window)
    if visit.earliest is None or visit.latest is None:
        return Booking(when=when)
    moment = when if isinstance(visit.target, dt.datetime) else when.date()
    if not _before(moment, visit.earliest) and not _before(visit.latest, moment):
        return Booking(when=when)
    if outside_window is None:
        raise _outside(visit, moment, visit.earliest, visit.latest)
    return Booking(when=when, outside_window=outside_window)


def _before(one: Moment, other: Moment) -> bool:
    """Whether `one` comes first. Python compares the clock readings of one zone; what counts is the instant."""
    if isinstance(one, dt.datetime) and isinstance(other, dt.datetime):
        return elapsed(one, other) > dt.timedelta(0)
    return one < other


def _no_date(visit: Visit, when: dt.datetime) -> Refusal:
    return refuse(
        "DC422",
        msg(
            "{visit} cannot be booked on {when}: its date is not known yet", visit=visit.encounter, when=readable(when)
        ),
        msg("give the date that it counts from, or, where the investigator decides so, --outside-window REASON"),
    )


def _outside(visit: Visit, moment: Moment, earliest: Moment, latest: Moment) -> Refusal:
    early = _before(moment, earliest)
    what = msg(
        "{visit} on {when} lies outside its window, {earliest} to {latest}: {distance}",
        visit=visit.encounter,
        when=readable(moment),
        earliest=readable(earliest),
        latest=readable(latest),
        distance=_distance(moment, earliest, early=True) if early else _distance(latest, moment, early=False),
    )
    mend = msg("book it within the window, or, where the investigator decides so, say why: --outside-window REASON")
    return refuse("DC420", what, mend)


def _distance(first: Moment, second: Moment, *, early: bool) -> Message:
    if isinstance(first, dt.datetime) and isinstance(second, dt.datetime):
        # Rounded up to minutes, so that nothing is 0 minutes too late.
        size: Offset = ClockOffset(-(-elapsed(first, second) // dt.timedelta(minutes=1)))
    else:
        size = CalendarOffset(0, (local_day(second) - local_day(first)).days)
    if early:
        return msg("{distance} too early", distance=in_words(size))
    return msg("{distance} too late", distance=in_words(size))
