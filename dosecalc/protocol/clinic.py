"""The clinic as the site file describes it: when it is open, what it has room for, and what a calendar says of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dosecalc.errors import Where
from dosecalc.protocol.dose_rule import NOWHERE, Id
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.text import Words

Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClinicHolidays:
    """Whose public holidays close the clinic, and the last year whose official notice the site knows.

    Later years are provisional: holidays are known by rule, but not the days that are moved or made up for.
    """

    country: str
    official_through: int
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Days of the site's own, both ends included, and why."""

    first: dt.date
    last: dt.date
    reason: Words
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """What a day has only so much of: chairs, infusion beds, the pharmacist, the thawing bath."""

    id: Id
    label: Words
    per_day: int
    """How many visits it serves on one day."""
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clinic:
    """What a booked visit's calendar entry says, in neutral words (R17), and when visits can take place."""

    name: Words
    place: Words
    contact: str
    bring: Words
    visit_length: ClockOffset
    unbooked_visits: Literal["show", "leave_out"]
    """Whether a participant's calendar shows visits that are not booked yet."""
    daily_time: str | None = None
    """Time of day (HH:MM) of a daily application at home; left out, the item is all-day."""
    places_per_day: int | None = None
    """How many visits a study books on one day at most; left out, there is no limit."""
    weekdays: tuple[Weekday, ...] | None = None
    """The days on which the clinic is open; left out, any day may be booked, and no day can be proposed."""
    hours: tuple[str, ...] = ()
    """When visits take place, HH:MM-HH:MM each; left out, at any time of day."""
    holidays: ClinicHolidays | None = None
    closures: tuple[Period, ...] = ()
    open_days: tuple[Period, ...] = ()
    """Days that are open though their weekday or a public holiday says otherwise."""
    resources: Mapping[Id, Resource] = field(default_factory=dict)
    where: Where = field(default=NOWHERE, compare=False)


_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


def parse_hours(text: str) -> tuple[int, int] | None:
    """Return the minutes of a day from which and to which `HH:MM-HH:MM` runs; None where it is no such text.

    >>> parse_hours("08:30-12:00"), parse_hours("18:00-24:00"), parse_hours("8-12")
    ((510, 720), (1080, 1440), None)
    """
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    first, last = (60 * int(hour) + int(minute) for hour, minute in (found.group(1, 2), found.group(3, 4)))
    return (first, last) if last <= 24 * 60 else None
