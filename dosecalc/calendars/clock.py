"""Times as RFC 5545 writes them."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING

from dosecalc.calendars.wording import timed
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    from dosecalc.visits.visit import Moment

_SECONDS = len("2026-03-02T09:30:00")


def compact(moment: Moment) -> str:
    """Return a date as `20260302`, a time as `20260302T093000`, with a Z where it is in UTC."""
    if not isinstance(moment, dt.datetime):
        return moment.isoformat().replace("-", "")
    written = moment.isoformat()[:_SECONDS].replace("-", "").replace(":", "")
    return written + "Z" if moment.tzinfo is dt.UTC else written


@lru_cache(maxsize=256)
def slot_times(when: dt.datetime, timezone: str, length: dt.timedelta) -> tuple[bytes, bytes, bytes]:
    """Return start and end of a booked visit, and the start as texts show it.

    The calendars of all audiences ask one after the other, so few answers are kept.
    """
    start, end = timed(when, timezone, length)
    return compact(start).encode(), compact(end).encode(), readable(start).encode()
