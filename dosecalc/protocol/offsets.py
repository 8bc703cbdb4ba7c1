"""Distances in time, as a protocol writes them: ISO 8601 durations.

Calendar distances and clock distances are different types, because they are different things: two weeks is a number of
calendar days and has no hours, and 72 hours is elapsed time and has no days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dosecalc.errors import refuse
from dosecalc.text import msg

_CALENDAR = re.compile(r"(-?)P(?:(\d{1,4})W|(?:(\d{1,3})M)?(?:(\d{1,5})D)?)", re.ASCII)
_CLOCK = re.compile(r"(-?)PT(?:(\d{1,4})H)?(?:(\d{1,5})M)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class CalendarOffset:
    """Whole months, then whole days, in the site's local calendar."""

    months: int
    days: int
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.written or f"P{self.months}M{self.days}D"

    @property
    def negative(self) -> bool:
        """Whether it counts backwards."""
        return self.months < 0 or self.days < 0


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """Elapsed minutes between two points in time."""

    minutes: int
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.written or f"PT{self.minutes}M"

    @property
    def negative(self) -> bool:
        """Whether it counts backwards."""
        return self.minutes < 0


Offset = CalendarOffset | ClockOffset


def parse_offset(text: str) -> Offset:
    """Read `P14D`, `P2W`, `P1M`, `P1M3D`, `-P28D`, `PT4H` or `PT90M`.

    >>> parse_offset("P2W").days, parse_offset("-P28D").days, parse_offset("PT4H").minutes
    (14, -28, 240)

    Raises:
        Refusal: DC150 where the text is no such duration; days and hours are not mixed.
    """
    if found := _CALENDAR.fullmatch(text):
        sign, weeks, months, days = found.groups()
        if weeks or months or days:
            factor = -1 if sign else 1
            return CalendarOffset(factor * int(months or 0), factor * (7 * int(weeks or 0) + int(days or 0)), text)
    if found := _CLOCK.fullmatch(text):
        sign, hours, minutes = found.groups()
        if hours or minutes:
            return ClockOffset((-1 if sign else 1) * (60 * int(hours or 0) + int(minutes or 0)), text)
    raise refuse(
        "DC150",
        msg("'{text}' is not a duration", text=text),
        msg("write days as P14D, weeks as P2W, months as P1M, hours as PT4H; a minus sign goes in front: -P28D"),
    )
