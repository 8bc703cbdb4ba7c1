"""Items of a calendar that are not written yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dosecalc.calendars.ics import zone_years
from dosecalc.calendars.made import Slot

if TYPE_CHECKING:
    from dosecalc.calendars.event import Event
    from dosecalc.calendars.ics import Years
    from dosecalc.calendars.template import Template

_LOCAL_TIME = len("20260302T093000")


class Pair(NamedTuple):
    """A template, and the same one for an item that nobody has yet: its stamp and its sequence are filled in."""

    full: Template
    first: Template


class Item(NamedTuple):
    """One item that is not written yet: values for a template, or an event for the reference writer."""

    uid: str
    template: Pair | None
    values: list[bytes]
    event: Event | None = None


class Items(NamedTuple):
    """A participant's items, and the zone of those that have a time."""

    zone: str
    items: list[Item]


def note_years(years: dict[str, Years], items: Items) -> None:
    """Add the years of the timed ones of `items` to those that a file's time zones must cover."""
    for item in items.items:
        if item.event is not None:
            widen(years, zone_years([item.event]))
        elif len(start := item.values[Slot.START]) == _LOCAL_TIME:
            year = int(start[:4])
            widen(years, {items.zone: (year, year)})


def widen(years: dict[str, Years], more: dict[str, Years]) -> None:
    """Add `more` to the years that a file's time zones must cover."""
    for zone, (first, last) in more.items():
        known = years.get(zone, (first, last))
        years[zone] = min(first, known[0]), max(last, known[1])
