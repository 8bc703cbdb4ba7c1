"""Dates and times as people write them, read strictly, and shown back.

A date is a day in the site's local calendar. A time is aware, and in the site's zone; where a local time does not exist
or exists twice, because the clocks were put forward or back, the writer must say which one is meant.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, get_args

from dosecalc.errors import refuse
from dosecalc.notation import quoted
from dosecalc.protocol.clinic import Weekday
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from dosecalc.errors import Refusal
    from dosecalc.protocol.offsets import Offset
    from dosecalc.visits.visit import Moment

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Dates outside these years are slips of the pen, not visits."""

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2}))?(?:(Z)|([+-])(\d{2}):(\d{2}))?)?", re.ASCII
)
_EITHER_WAY = re.compile(r"(0?[1-9]|1[0-2])[/.-](0?[1-9]|1[0-2])[/.-](\d{4})", re.ASCII)

_WEEKDAYS = (
    msg("Monday"),
    msg("Tuesday"),
    msg("Wednesday"),
    msg("Thursday"),
    msg("Friday"),
    msg("Saturday"),
    msg("Sunday"),
)
_MONTHS = (
    msg("January"),
    msg("February"),
    msg("March"),
    msg("April"),
    msg("May"),
    msg("June"),
    msg("July"),
    msg("August"),
    msg("September"),
    msg("October"),
    msg("November"),
    msg("December"),
)


WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""How people type the days of the week."""


def weekdays_in_words(names: Sequence[str]) -> Message:
    """Return the names of these days of the week (at least one, as in `WEEKDAYS`), with commas between them."""
    first, *rest = (_WEEKDAYS[WEEKDAYS.index(name)] for name in names)
    for each in rest:
        first = msg("{roles}, {another}", roles=first, another=each)
    return first


def weekday(moment: Moment) -> Message:
    """Return the name of the day of the week."""
    return _WEEKDAYS[moment.weekday()]


def month_of(moment: Moment) -> Message:
    """Return the name of the month."""
    return _MONTHS[moment.month - 1]


def readable(moment: Moment) -> str:
    """Return `2026-03-02`, or `2026-03-02 09:30` where there is a time; seconds only where there are any."""
    if not isinstance(moment, dt.datetime):
        return moment.isoformat()
    clock = moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
    return f"{moment.date().isoformat()} {clock}"


def in_words(offset: Offset) -> Message:
    """Return an offset's size in words, without its sign: `1 month`, `1 month 3 days`, `4 h 30 min`."""
    if isinstance(offset, ClockOffset):
        hours, minutes = divmod(abs(offset.minutes), 60)
        if not minutes:
            return msg("{hours} h", hours=hours)
        if not hours:
            return msg("{minutes} min", minutes=minutes)
        return msg("{hours} h {minutes} min", hours=hours, minutes=minutes)
    months, days = abs(offset.months), abs(offset.days)
    in_months = msg("1 month") if months == 1 else msg("{months} months", months=months)
    in_days = msg("1 day") if days == 1 else msg("{days} days", days=days)
    if not months:
        return in_days
    return msg("{months} {days}", months=in_months, days=in_days) if days else in_months


def local_day(moment: Moment) -> dt.date:
    """Return the calendar day of a moment that is in the site's zone already."""
    return moment.date() if isinstance(moment, dt.datetime) else moment


def parse_day(text: str) -> dt.date:
    """Read `2026-03-02`.

    >>> parse_day("2026-03-02")
    datetime.date(2026, 3, 2)

    Raises:
        Refusal: DC401, another form; DC402, no such day; DC404, a year that cannot be meant.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        raise _form(text, msg("write the date as YYYY-MM-DD, for example 2026-03-02"))
    return _day(text, *(int(part) for part in found.groups()))


def parse_moment(text: str, zone: str) -> Moment:
    """Read a date, or a date with a time: `2026-03-02`, `2026-03-02T09:30`, `2026-03-02T09:30:15+08:00`.

    A time without an offset is the local time of `zone` (a name such as Asia/Shanghai); one with an offset is
    converted to it.

    Raises:
        Refusal: DC401, another form; DC402, no such day or time of day; DC403, a local time that the change of the
            clocks leaves out or repeats; DC404, a year that cannot be meant; DC405, an unknown zone.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise _form(
            text, msg("write a date as YYYY-MM-DD, with a time as YYYY-MM-DDTHH:MM, for example 2026-03-02T09:30")
        )
    year, month, day, hour, minute, second, utc, sign, off_hours, off_minutes = found.groups()
    date = _day(text, int(year), int(month), int(day))
    if hour is None:
        return date
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise refuse(
            "DC402",
            msg("{text} holds no time of day", text=quoted(text)),
            msg("hours go from 00 to 23, minutes and seconds from 00 to 59"),
        )
    naive = dt.datetime.combine(date, dt.time(int(hour), int(minute), int(second or 0)))
    there = site_zone(zone)
    if not utc and not sign:
        return _local(naive, there, zone)
    ahead = 0 if utc else 60 * int(off_hours) + int(off_minutes)
    if ahead > 14 * 60 or (not utc and int(off_minutes) > 59):
        raise refuse(
            "DC402",
            msg("{text} holds no offset from UTC", text=quoted(text)),
            msg("write it as +08:00; it is at most 14 hours"),
        )
    offset = dt.timezone(dt.timedelta(minutes=-ahead if sign == "-" else ahead))
    return naive.replace(tzinfo=offset).astimezone(there)


def site_zone(name: str) -> ZoneInfo:
    """Return the time zone of this name.

    Raises:
        Refusal: DC405, there is none.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # 3 ms that days alone do not pay

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise refuse(
            "DC405",
            msg("there is no time zone {name}", name=quoted(name)),
            msg("write the zone as in the IANA table, for example Asia/Shanghai or Europe/Berlin"),
        ) from error


def out_of_years(what: object) -> Refusal:
    """Make the refusal DC404 of a date before 1900 or after 2199; `what` says which date it is."""
    return refuse(
        "DC404",
        msg("{what} lies outside the years {first} to {last}", what=what, first=FIRST_YEAR, last=LAST_YEAR),
        msg("check the year of the dates that were given"),
    )


def _form(text: str, mend: Message) -> Refusal:
    found = _EITHER_WAY.fullmatch(text)
    one, two, year = (int(part) for part in found.groups()) if found else (0, 0, 0)
    if one != two:
        what = msg(
            "{text} may mean {one} or {two}",
            text=quoted(text),
            one=f"{year:04}-{one:02}-{two:02}",
            two=f"{year:04}-{two:02}-{one:02}",
        )
    else:
        what = msg("{text} is not a date in the form that is read here", text=quoted(text))
    return refuse("DC401", what, mend)


def _day(text: str, year: int, month: int, day: int) -> dt.date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise out_of_years(text)
    if not 1 <= month <= 12:
        raise refuse(
            "DC402",
            msg("{text} does not exist: months go from 01 to 12", text=text),
            msg("write the date as year, month, day: YYYY-MM-DD"),
        )
    days = (dt.date(year + month // 12, month % 12 + 1, 1) - dt.date(year, month, 1)).days
    if not 1 <= day <= days:
        raise refuse(
            "DC402",
            msg(
                "{text} does not exist: {month} {year} has {days} days",
                text=text,
                month=_MONTHS[month - 1],
                year=year,
                days=days,
            ),
            msg("check the day; the form is YYYY-MM-DD"),
        )
    return dt.date(year, month, day)


def _local(naive: dt.datetime, zone: ZoneInfo, name: str) -> dt.datetime:
    """Attach the zone. `fold` tells the two readings of a repeated hour apart; in a gap they differ as well."""
    first, second = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    exists = first.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) == naive
    what = (
        msg("{time} comes twice in {zone}: the clocks are put back", time=readable(naive), zone=name)
        if exists
        else msg("{time} does not exist in {zone}: the clocks are put forward", time=readable(naive), zone=name)
    )
    # In a gap the two readings, taken to UTC and back, are the times an hour later and an hour earlier.
    choices = [reading.astimezone(dt.UTC).astimezone(zone).isoformat() for reading in (first, second)]
    raise refuse("DC403", what, msg("write the time with its offset: {one} or {two}", one=choices[0], two=choices[1]))
