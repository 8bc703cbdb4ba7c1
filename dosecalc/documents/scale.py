"""Where a moment stands on a time axis, in whole minutes of the site's clock.

For pictures only: the hour that a change of the clocks adds or takes away is not drawn. A day fills the axis from its
midnight to the next, so a window shows both its first and its last day whole.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.visits.visit import Moment, Visit

DAY = 24 * 60


def begin(moment: Moment) -> int:
    """Return the minute at which a day, or a point in time, begins."""
    minute = moment.toordinal() * DAY
    return minute + 60 * moment.hour + moment.minute if isinstance(moment, dt.datetime) else minute


def end(moment: Moment) -> int:
    """Return the minute at which a day, or a point in time, ends; for a day this is the next midnight."""
    return begin(moment) if isinstance(moment, dt.datetime) else begin(moment) + DAY


def middle(moment: Moment) -> int:
    """Return noon of a day, or the point in time itself."""
    return (begin(moment) + end(moment)) // 2


@dataclass(frozen=True, slots=True)
class Extent:
    """What an axis shows: from the beginning of the first day to the end of the last, as ordinals of days."""

    first: int
    last: int

    @property
    def start(self) -> int:
        """The minute at which the axis begins."""
        return self.first * DAY

    @property
    def days(self) -> int:
        """How many days the axis shows."""
        return self.last + 1 - self.first

    def place(self, minute: int, length: int) -> int:
        """Return where `minute` stands on an axis of `length`, rounded down."""
        return (minute - self.start) * length // (self.days * DAY)

    def wider(self, days: int) -> Extent:
        """Return this extent with `days` more on either side, as far as the calendar goes."""
        return Extent(max(self.first - days, 1), min(self.last + days, dt.date.max.toordinal()))


def extent(visits: Iterable[Visit]) -> Extent | None:
    """Return the days from the first to the last date of any visit; None where no date is known."""
    days = [
        moment.toordinal()
        for visit in visits
        for moment in (visit.target, visit.earliest, visit.latest, visit.actual)
        if moment is not None
    ]
    return Extent(min(days), max(days)) if days else None
