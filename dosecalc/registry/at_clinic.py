"""The clinic on the day of a booking: what the site file that is in effect then says of it, and who is booked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.errors import Refusal
from dosecalc.text import msg
from dosecalc.visits.room import room_of, wrong_time
from dosecalc.visits.workdays import Workdays

if TYPE_CHECKING:
    import datetime as dt
    from collections import Counter
    from collections.abc import Callable, Collection, Iterable

    from dosecalc.errors import Finding
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.store import Reading
    from dosecalc.text import Message
    from dosecalc.visits.room import Room

Booked = tuple[str, str]
"""A participant and a visit."""
TAKES_ROOM = ("booked", "done")
"""How a visit stands that takes room on its day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AtClinic:
    """The clinic as one site file describes it; `clinic` and `workdays` are None where it says nothing of either."""

    clinic: Clinic | None
    workdays: Workdays | None
    room: Room
    booked: Callable[[dt.date], Collection[Booked]]
    """Who is booked on a day, or came."""

    def used(self, day: dt.date, but: Booked) -> Counter[str]:
        """What the bookings of a day take, without one visit."""
        return self.room.used(visit for code, visit in self.booked(day) if (code, visit) != but)

    def provisional(self, visit: str, day: dt.date) -> tuple[int, ...]:
        """The year of a day, where a visit on it rests on public holidays that are not announced yet."""
        rests = self.workdays is not None and not self.room.of(visit).ward and self.workdays.of(day).provisional
        return (day.year,) if rests else ()

    def check(self, code: str, visit: str, when: dt.datetime, *, only_room: bool = False) -> None:
        """Refuse a time at which the clinic is closed or full; with `only_room` where it is full alone.

        Raises:
            Refusal: DC762, no place or resource is left; DC849, closed; DC850, outside the hours.
        """
        findings: list[Finding] = []
        if self.clinic is not None and not only_room:
            findings += wrong_time(self.clinic, self.room.of(visit), when, self.workdays)
        if not findings:
            findings += self.room.full(visit, when.date(), self.used(when.date(), (code, visit)))
        if findings:
            raise Refusal(findings)


def at_clinic(settled: Settled, booked: Callable[[dt.date], Collection[Booked]]) -> AtClinic:
    """Return the clinic of a site file.

    Raises:
        Refusal: DC847, nothing is known of the public holidays of its country.
    """
    clinic = settled.site.clinic if settled.site is not None else None
    days = None if clinic is None or clinic.weekdays is None else Workdays(clinic)
    return AtClinic(clinic=clinic, workdays=days, room=room_of(settled), booked=booked)


def booked_in(reading: Reading, day: dt.date) -> tuple[Booked, ...]:
    """The visits that take room on a day, in the order of the clock."""
    return tuple((row.participant, row.visit) for row in reading.rows(day=day.isoformat(), standing=TAKES_ROOM))


def provisional_years(settled: Settled, days: Iterable[dt.date]) -> tuple[int, ...]:
    """The years among these days whose public holidays are not announced yet, as far as the site file knows."""
    holidays = settled.site.clinic.holidays if settled.site is not None else None
    if holidays is None:
        return ()
    return tuple(sorted({day.year for day in days if day.year > holidays.official_through}))


def rests_on(years: Collection[int]) -> tuple[Message, ...]:
    """What is said where days of such years are shown; nothing where there are none."""
    if not years:
        return ()
    listed = ", ".join(map(str, years))
    return (
        msg("this rests on public holidays of {years} that are not announced yet; look again when they are",
            years=listed),
    )  # fmt: skip
