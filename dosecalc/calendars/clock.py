"""Times as RFC 5545 writes them."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING

from dosecalc.calendars.wording import local, timed
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    from dosecalc.visits.visit import Moment


def compact(moment: Moment) -> str:
    """Return a date as `20260302`, a time as `20260302T093000`, with a Z where it is in UTC."""
    if not isinstance(moment, dt.datetime):
        return moment.isoformat().replace("-", "")
    # `isoformat` asks the zone for an offset that is not written, and formats of other kinds take twice as long
    written = "%04d%02d%02dT%02d%02d%02d" % (  # noqa: UP031
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
    )  # fmt: skip
    return written + "Z" if moment.tzinfo is dt.UTC else written


@lru_cache(maxsize=256)
def booked_times(when: dt.datetime, timezone: str, length: dt.timedelta) -> tuple[str, str, str]:
    """Return start and end of a booked visit, and its time as texts show it.

    The calendars of all audiences ask one after the other, so few answers are kept.
    """
    start, end = timed(when, timezone, length)
    here = local(when, timezone)
    said = readable(here) if here.second else here.replace(tzinfo=None).isoformat(" ", "minutes")  # in less time
    return compact(start), compact(end), said
