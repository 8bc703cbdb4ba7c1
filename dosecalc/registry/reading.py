"""A study that is read: events in order, checked as they are read, and what is derived from them."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import sqlalchemy as sa

from dosecalc.registry import chain, outside, schema
from dosecalc.registry.chain import START, Head
from dosecalc.registry.event import Event
from dosecalc.registry.fold import STUDY_KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dosecalc.registry.event import Kind

_AT_ONCE = 1000
_HIGHEST = 2**63 - 1  # what SQLite and PostgreSQL can compare a number of an event with
_EVENTS, _VISITS, _PEOPLE, _META = schema.events, schema.visits_now, schema.participants_now, schema.meta
_BEFORE = _EVENTS.alias("before")
_AFTER_ANOTHER = sa.select(_EVENTS, _BEFORE.c.hash, _BEFORE.c.public_hash).select_from(
    _EVENTS.outerjoin(_BEFORE, _BEFORE.c.number == _EVENTS.c.number - 1)
)
"""Events, each with the hashes of the one before."""
_COUNT = "events of "
_OF_STUDY = f"{_COUNT}kind correct, of no participant"


def count_of_participant(code: str) -> str:
    """Name the number of a participant's events, as the study keeps it beside them."""
    return f"{_COUNT}participant {code}"


def count_of_kind(kind: str) -> str:
    """Name the number of events of a kind."""
    return f"{_COUNT}kind {kind}"


def counted_under(event: Event) -> tuple[str, ...]:
    """Name the numbers that an event counts in."""
    if event.participant is not None:
        return count_of_kind(event.kind), count_of_participant(event.participant)
    return (count_of_kind(event.kind), _OF_STUDY) if event.kind == "correct" else (count_of_kind(event.kind),)


def _whose(name: str) -> bool:
    return name.startswith(count_of_participant(""))


class VisitRow(NamedTuple):
    """One visit as it stands now: ISO texts; days are the site's. `standing` is a `VisitStanding`."""

    participant: str
    visit: str
    target: str | None
    earliest: str | None
    latest: str | None
    booked: str | None
    attended: str | None
    standing: str

    @property
    def day(self) -> str | None:
        """The day under which it is found: when it was, else when it is booked, else when it should be."""
        moment = self.attended or self.booked or self.target
        return moment[:10] if moment else None


class Reading:
    """A study at one moment.

    Each event that is read is compared with its own hash and that of the event before, and their number with how many
    were recorded, so that nothing is decided from a study that was changed outside dosecalc. `as_stored` alone does not
    compare: it is for `verify`.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def events(
        self,
        *,
        participant: str | None = None,
        kinds: Collection[Kind] | None = None,
        after: int = 0,
        until: dt.datetime | None = None,
    ) -> Iterator[Event]:
        """Yield events in order of number; `until` is the last moment of entering that counts.

        Raises:
            Refusal: DC820, DC821, DC823, the study was changed outside dosecalc.
        """
        wanted = _AFTER_ANOTHER
        if participant is not None:  # else each is compared with the one before, and the last one on opening
            self._check_complete(_EVENTS.c.participant == participant, [count_of_participant(participant)])
            wanted = wanted.where(_EVENTS.c.participant == participant)
        elif kinds is not None:
            self._check_complete(_EVENTS.c.kind.in_(sorted(kinds)), [count_of_kind(kind) for kind in kinds])
        if kinds is not None:
            wanted = wanted.where(_EVENTS.c.kind.in_(sorted(kinds)))
        if until is not None:
            wanted = wanted.where(_EVENTS.c.entered_at <= utc(until))
        if after:
            wanted = wanted.where(_EVENTS.c.number > after)
        return map(_checked, self._pages(wanted))

    def of_study(self, until: dt.datetime | None = None) -> Iterator[Event]:
        """Yield the events that `fold_study` reads, in order of number: no correction of a participant's event.

        Raises:
            Refusal: as `events`.
        """
        correction = sa.and_(_EVENTS.c.kind == "correct", _EVENTS.c.participant.is_(None))
        condition = sa.or_(_EVENTS.c.kind.in_(STUDY_KINDS), correction)
        self._check_complete(condition, [*map(count_of_kind, STUDY_KINDS), _OF_STUDY])
        wanted = _AFTER_ANOTHER.where(condition)
        if until is not None:
            wanted = wanted.where(_EVENTS.c.entered_at <= utc(until))
        return map(_checked, self._pages(wanted))

    def as_stored(self) -> Iterator[Event]:
        """Yield all events in order of number as they stand there, whatever was done to them."""
        return map(_event, self._pages(sa.select(_EVENTS)))  # no limit below: a number below 1 must not hide

    def _pages(self, wanted: sa.Select[Any]) -> Iterator[Any]:
        wanted = wanted.order_by(_EVENTS.c.number).limit(_AT_ONCE)
        page = wanted
        while True:
            found = self._connection.execute(page).all()
            yield from found
            if len(found) < _AT_ONCE:
                return
            page = wanted.where(_EVENTS.c.number > found[-1].number)

    def _check_complete(self, condition: sa.ColumnElement[bool], names: Collection[str]) -> None:
        """Compare how many events there are with how many were recorded: a deleted event leaves no trace of its own."""
        there = self._connection.scalar(sa.select(sa.func.count()).select_from(_EVENTS).where(condition))
        kept = self._connection.scalars(sa.select(_META.c.value).where(_META.c.name.in_(names)))
        if [there] != [sum(int(each) if each.isdecimal() else 0 for each in kept)]:
            raise outside.missing()

    def event(self, number: int) -> Event | None:
        """Return one event, or None where the study has no such number.

        Raises:
            Refusal: DC820, DC823, it is not as it was recorded.
        """
        if number > _HIGHEST:
            return None
        row = self._connection.execute(_AFTER_ANOTHER.where(_EVENTS.c.number == number)).first()
        return _checked(row) if row else None

    def head(self, until: dt.datetime | None = None) -> Head:
        """Return the end of the chains, or where it was at the moment `until`."""
        columns = _EVENTS.c.number, _EVENTS.c.hash, _EVENTS.c.public_hash
        wanted = sa.select(*columns).order_by(_EVENTS.c.number.desc()).limit(1)
        if until is not None:
            wanted = wanted.where(_EVENTS.c.entered_at <= utc(until))
        row = self._connection.execute(wanted).first()
        return Head(*row) if row else START

    def entered_after(self, moment: dt.datetime) -> int:
        """Count the events that were entered later than that."""
        wanted = sa.select(sa.func.count()).select_from(_EVENTS).where(_EVENTS.c.entered_at > utc(moment))
        return self._connection.scalar(wanted) or 0

    def participants(self) -> tuple[str, ...]:
        """Return the codes of all participants with an event, in alphabetical order.

        Raises:
            Refusal: DC824, the list is not the one that dosecalc wrote.
        """
        found = tuple(sorted(self._connection.scalars(sa.select(_PEOPLE.c.participant))))
        if {count_of_participant(code) for code in found} != {name for name in self.counts() if _whose(name)}:
            raise outside.not_derived()
        return found

    def counts(self) -> dict[str, str]:
        """Return how many events of each participant and of each kind were recorded, as the study keeps it."""
        wanted = sa.select(_META.c.name, _META.c.value).where(_META.c.name.startswith(_COUNT))
        return {row.name: row.value for row in self._connection.execute(wanted)}

    def visited(self) -> set[str]:
        """Return the codes in the table of visits, whoever they are."""
        return set(self._connection.scalars(sa.select(_VISITS.c.participant).distinct()))

    def rows(
        self,
        *,
        day: str | None = None,
        first: str | None = None,
        last: str | None = None,
        participant: str | None = None,
        standing: Collection[str] | None = None,
        begun: str | None = None,
    ) -> list[VisitRow]:
        """Return visits as they stand, by day; `first` and `last` are the first and the last day of a range.

        `begun` asks for those whose window has begun by that day.

        Raises:
            Refusal: DC824, one of them cannot follow from any event.
        """
        columns = [_VISITS.c[name] for name in VisitRow._fields]
        known = _VISITS.outerjoin(_PEOPLE, _PEOPLE.c.participant == _VISITS.c.participant)
        wanted = sa.select(*columns, _PEOPLE.c.first).select_from(known)
        for condition in (
            None if day is None else _VISITS.c.day == day,
            None if first is None else _VISITS.c.day >= first,
            None if last is None else _VISITS.c.day <= last,
            None if participant is None else _VISITS.c.participant == participant,
            None if standing is None else _VISITS.c.standing.in_(sorted(standing)),
            None if begun is None else _VISITS.c.earliest <= begun,
        ):
            if condition is not None:
                wanted = wanted.where(condition)
        found = []
        for *values, first_event in self._connection.execute(wanted):
            row = VisitRow(*values)
            outside.check_row(row._asdict())
            if first_event is None:
                raise outside.not_derived()
            found.append(row)
        return sorted(found, key=lambda row: (row.day or "", row.booked or "", row.participant, row.visit))

    def protocol_sha256(self) -> str:
        """Return the digest of the newest protocol text of the study; empty before `init`."""
        versions = _EVENTS.c.kind.in_(("init", "amend"))
        row = self._connection.execute(
            _AFTER_ANOTHER.where(versions).order_by(_EVENTS.c.number.desc()).limit(1)
        ).first()
        return protocol_digest(_checked(row).public) if row else ""

    def kept(self, name: str) -> str | None:
        """Return what the study keeps under a name beside its events; `head` is the end of the chain."""
        return self._connection.scalar(sa.select(_META.c.value).where(_META.c.name == name))

    def unguarded(self) -> list[str]:
        """Return the names of the database's guards that are not as they were made, or were not made by dosecalc."""
        return schema.unguarded(self._connection)

    def people(self) -> dict[str, tuple[int, int]]:
        """Return the first and the last event of each participant, as the derived table has them."""
        return {row.participant: (row.first, row.last) for row in self._connection.execute(sa.select(_PEOPLE))}


def protocol_digest(public: str) -> str:
    """Return the SHA-256 of the protocol text in an `init` or `amend` event's public part."""
    import json

    return sha256(cast("str", json.loads(public)["protocol_text"]).encode("utf-8")).hexdigest()


def utc(moment: dt.datetime) -> str:
    """Return a moment as it is kept in UTC; texts of later moments sort later."""
    return moment.astimezone(dt.UTC).isoformat()


def _event(row: Any) -> Event:
    return Event(**dict(zip(Event.__slots__, row, strict=True)))


def _checked(row: Any) -> Event:
    event = _event(row[:-2])
    before = START if event.number == 1 else Head(event.number - 1, *row[-2:])
    if chain.breaks(before, event) is not None:
        raise outside.changed(event.number)
    outside.check_event(event)
    return event
