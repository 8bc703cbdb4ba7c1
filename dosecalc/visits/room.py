"""What a visit takes of the clinic on its day: open hours, a place, resources. The same for every arm (R15)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dosecalc.errors import Finding
from dosecalc.protocol.occurrences import occurrences
from dosecalc.text import Message, Words, msg
from dosecalc.visits.workdays import open_hours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dosecalc.protocol.clinic import Clinic
    from dosecalc.protocol.settled import Settled
    from dosecalc.visits.workdays import Workdays

PLACES = ""
"""The day's places themselves, beside the resources that have names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What one visit takes: `uses` are resources and, but for a visit on the ward, one of the day's `PLACES`.

    `lead` is in minutes: so long before the visit the work of its resources begins.
    """

    uses: frozenset[str]
    lead: int = 0
    ward: bool = False


_UNSAID = Needs(uses=frozenset({PLACES}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """The clinic's limits, and what each visit takes of them."""

    limits: Mapping[str, int]
    """Visits a day, by resource and for `PLACES`; what is not in it has no limit."""
    needs: Mapping[str, Needs]
    labels: Mapping[str, Words]

    def of(self, visit: str) -> Needs:
        """What a visit takes; one that the site file says nothing of takes a place."""
        return self.needs.get(visit, _UNSAID)

    def used(self, visits: Iterable[str]) -> Counter[str]:
        """How much of each limit these visits of one day take together."""
        return Counter(name for visit in visits for name in self.of(visit).uses)

    def full(self, visit: str, day: dt.date, used: Mapping[str, int]) -> Iterator[Finding]:
        """Yield DC762 for each limit that leaves no room for one more visit; `used` as from `used`."""
        for name in sorted(self.of(visit).uses):
            limit = self.limits.get(name)
            if limit is not None and used.get(name, 0) >= limit:
                yield Finding("DC762", self._full(name, day, used[name], limit), msg("choose another day"))

    def _full(self, name: str, day: dt.date, used: int, limit: int) -> Message:
        if name == PLACES:
            return msg("{day} is full: {booked} of {places} places are booked", day=day, booked=used, places=limit)
        return msg(
            "{day} is full for {resource}: {booked} of {places} are booked",
            day=day, resource=self.labels[name], booked=used, places=limit,
        )  # fmt: skip


def room_of(settled: Settled) -> Room:
    """Return the limits of a site's clinic, and what the visits of a protocol take of them."""
    clinic = settled.site.clinic if settled.site else None
    if clinic is None:
        return Room(limits={}, needs={}, labels={})
    limits = {name: resource.per_day for name, resource in clinic.resources.items()}
    if clinic.places_per_day is not None:
        limits[PLACES] = clinic.places_per_day
    return Room(
        limits=limits,
        needs=dict(_needs(settled)),
        labels={name: resource.label for name, resource in clinic.resources.items()},
    )


def _needs(settled: Settled) -> Iterator[tuple[str, Needs]]:
    for base, entry in settled.here.booking.items() if settled.here else ():
        needs = Needs(
            uses=frozenset(entry.resources) | (frozenset() if entry.ward else {PLACES}),
            lead=0 if entry.lead is None else entry.lead.minutes,
            ward=entry.ward,
        )
        for visit, _ in occurrences(settled.protocol.encounters[base]):
            yield visit, needs


def wrong_time(clinic: Clinic, needs: Needs, when: dt.datetime, days: Workdays | None) -> Iterator[Finding]:
    """Yield why the clinic cannot see a visit that begins at `when`, in the site's zone: closed, or outside its hours.

    `days` is None where the site file does not say on which days the clinic is open; then any day will do.
    """
    if needs.ward:
        return
    day = None if days is None else days.of(when.date())
    if day is not None and not day.open:
        yield Finding(
            "DC849",
            msg("the clinic is closed on {day}: {why}", day=when.date(), why=day.why or ""),
            msg("choose another day; a day that is open after all goes into the site file under 'open_days'"),
        )
    if not clinic.hours:
        return
    begins, length = 60 * when.hour + when.minute, clinic.visit_length.minutes
    hours = open_hours(clinic)
    fits = any(first <= begins and begins + length <= last for first, last in hours)
    if not fits or begins - needs.lead < hours[0][0]:
        yield Finding("DC850", _does_not_fit(clinic, needs, when), _other_times(clinic, needs))


def times(clinic: Clinic, needs: Needs) -> tuple[dt.time, ...]:
    """The times of day at which a visit can begin, one behind the other, after the work that it needs before it."""
    return _times(open_hours(clinic), clinic.visit_length.minutes, needs.lead)


@lru_cache(maxsize=64)
def _times(hours: tuple[tuple[int, int], ...], length: int, lead: int) -> tuple[dt.time, ...]:
    begins = (minute for first, last in hours for minute in range(first, last - length + 1, length))
    return tuple(dt.time(*divmod(minute, 60)) for minute in begins if minute - lead >= hours[0][0])


def _does_not_fit(clinic: Clinic, needs: Needs, when: dt.datetime) -> Message:
    said = {"time": when.strftime("%H:%M"), "hours": ", ".join(clinic.hours), "minutes": clinic.visit_length.minutes}
    if needs.lead:
        return msg(
            "a visit of {minutes} minutes from {time}, with {lead} minutes of work before it, does not fit into the "
            "clinic's hours, {hours}",
            lead=needs.lead, **said,
        )  # fmt: skip
    return msg("a visit of {minutes} minutes from {time} does not fit into the clinic's hours, {hours}", **said)


def _other_times(clinic: Clinic, needs: Needs) -> Message:
    possible = times(clinic, needs)
    if not possible:
        return msg("no time of day is possible; have the site file's 'hours' or 'lead' checked")
    return msg("choose a time such as {times}", times=", ".join(each.strftime("%H:%M") for each in possible))
