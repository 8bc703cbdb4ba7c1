"""A calendar that phones subscribe to: the file that is handed out, and how often to look for a change."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from dosecalc.calendars.ics import write_calendar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.calendars.event import Event
    from dosecalc.calendars.ics import Head

REFRESH = dt.timedelta(hours=1)
"""A moved visit should be on the phone on the same day; a web server answers with a few bytes where nothing changed."""


def write_feed(head: Head, items: Sequence[Event]) -> bytes:
    """Return the file of a feed; the same items give the same bytes, so that it is not fetched in vain."""
    return write_calendar(replace(head, refresh=REFRESH), items)
