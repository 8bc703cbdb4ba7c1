"""Moving a date by an offset: calendar months and days in the site's calendar, minutes in elapsed time."""

from __future__ import annotations

import datetime as dt

from dosecalc.visits.moments import FIRST_YEAR, LAST_YEAR

_FIRST, _LAST = dt.date(FIRST_YEAR, 1, 1).toordinal(), dt.date(LAST_YEAR, 12, 31).toordinal()
_MOST_MINUTES = (_LAST - _FIRST) * 24 * 60


def move_days(day: dt.date, months: int, days: int) -> dt.date | None:
    """Return the day `months` calendar months, then `days` days, after `day`; None outside the years 1900 to 2199.

    A month that has no such day gives its last one.

    >>> str(move_days(dt.date(2026, 1, 31), 1, 0)), str(move_days(dt.date(2026, 1, 31), 2, 0))
    ('2026-02-28', '2026-03-31')
    """
    if months:
        year, month = divmod(12 * day.year + day.month - 1 + months, 12)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        first = dt.date(year, month + 1, 1).toordinal()
        following = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1).toordinal()
        ordinal = min(first + day.day, following) - 1 + days
    else:
        ordinal = day.toordinal() + days
    return dt.date.fromordinal(ordinal) if _FIRST <= ordinal <= _LAST else None


def move_minutes(moment: dt.datetime, minutes: int) -> dt.datetime | None:
    """Return the point in time `minutes` of elapsed time after `moment`, in its zone; None outside 1900 to 2199.

    The sum is made in UTC: adding to an aware datetime would count the hands of the clock, not the time that passes.
    """
    if abs(minutes) > _MOST_MINUTES:
        return None
    moved = (moment.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)).astimezone(moment.tzinfo)
    return moved if FIRST_YEAR <= moved.year <= LAST_YEAR else None


def elapsed(start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """Return the time that passes from `start` to `end`, whatever the clocks of their zone do in between."""
    return end.astimezone(dt.UTC) - start.astimezone(dt.UTC)
