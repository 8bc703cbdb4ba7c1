"""A study in its database: events are added, read in order, and never changed.

One writer at a time. Everything that is read in a `reading` or `writing` block is of one moment.
"""

from __future__ import annotations

import datetime as dt
import os
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from dosecalc.errors import refuse
from dosecalc.registry import chain, schema
from dosecalc.registry.chain import START, Head
from dosecalc.registry.drafts import check, check_texts
from dosecalc.registry.engine import connect_to, copy_file, is_url, name_of, taken, use_log
from dosecalc.registry.event import Event
from dosecalc.registry.faults import Moment, no_study, refusing
from dosecalc.registry.kinds import KIND_RULES
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from dosecalc.registry.event import By, Draft, Kind
    from dosecalc.registry.sealing import Sealer

_AT_ONCE = 1000
_HIGHEST = 2**63 - 1  # what SQLite and PostgreSQL can compare a number of an event with
_EVENTS, _VISITS, _PEOPLE, _META = schema.events, schema.visits_now, schema.participants_now, schema.meta


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
    """A study at one moment."""

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
        """Yield events in order of number; `until` is the last moment of entering that counts."""
        wanted = sa.select(_EVENTS).order_by(_EVENTS.c.number).limit(_AT_ONCE)
        if participant is not None:
            wanted = wanted.where(_EVENTS.c.participant == participant)
        if kinds is not None:
            wanted = wanted.where(_EVENTS.c.kind.in_(sorted(kinds)))
        if until is not None:
            wanted = wanted.where(_EVENTS.c.entered_at <= utc(until))
        if after:  # from the first one on there is no limit: a number below 1 must not hide from `verify`
            wanted = wanted.where(_EVENTS.c.number > after)
        page = wanted
        while True:
            found = self._connection.execute(page).all()
            for row in found:
                yield _event(row)
            if len(found) < _AT_ONCE:
                return
            page = wanted.where(_EVENTS.c.number > found[-1].number)

    def event(self, number: int) -> Event | None:
        """Return one event, or None where the study has no such number."""
        if number > _HIGHEST:
            return None
        row = self._connection.execute(sa.select(_EVENTS).where(_EVENTS.c.number == number)).first()
        return _event(row) if row else None

    def head(self) -> Head:
        """Return the end of the chains."""
        columns = _EVENTS.c.number, _EVENTS.c.hash, _EVENTS.c.public_hash
        row = self._connection.execute(sa.select(*columns).order_by(_EVENTS.c.number.desc()).limit(1)).first()
        return Head(*row) if row else START

    def participants(self) -> tuple[str, ...]:
        """Return the codes of all participants with an event, in alphabetical order."""
        return tuple(sorted(self._connection.scalars(sa.select(_PEOPLE.c.participant))))

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
        """
        wanted = sa.select(*(_VISITS.c[name] for name in VisitRow._fields))
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
        found = [VisitRow(*row) for row in self._connection.execute(wanted)]
        return sorted(found, key=lambda row: (row.day or "", row.booked or "", row.participant, row.visit))

    def booked_on(self, day: str) -> int:
        """Count the visits that are booked on a day and not cancelled or missed."""
        return len(self.rows(day=day, standing=("booked", "done")))

    def protocol_sha256(self) -> str:
        """Return the digest of the newest protocol text of the study; empty before `init`."""
        wanted = (
            sa.select(_EVENTS.c.public)
            .where(_EVENTS.c.kind.in_(("init", "amend")))
            .order_by(_EVENTS.c.number.desc())
            .limit(1)
        )
        found = self._connection.scalar(wanted)
        return protocol_digest(found) if found else ""

    def kept_head(self) -> str | None:
        """Return the head that the study keeps beside its events."""
        return self._connection.scalar(sa.select(_META.c.value).where(_META.c.name == "head"))

    def unguarded(self) -> list[str]:
        """Return the names of the database's guards that are not as they were made, or were not made by dosecalc."""
        return schema.unguarded(self._connection)

    def people(self) -> dict[str, tuple[int, int]]:
        """Return the first and the last event of each participant, as the derived table has them."""
        return {row.participant: (row.first, row.last) for row in self._connection.execute(sa.select(_PEOPLE))}


class Writing(Reading):
    """A study that events are added to; nobody else writes meanwhile."""

    def __init__(self, connection: sa.Connection, by: By, sealer: Sealer | None) -> None:
        super().__init__(connection)
        self._by, self._sealer = by, sealer
        self._head: Head | None = None
        self._protocol: str | None = None

    def append(self, draft: Draft, *, protocol_sha256: str | None = None) -> Event:
        """Add one event: check, seal, chain.

        Args:
            draft: what happened.
            protocol_sha256: the version of the protocol that it falls under; else the newest of the study.

        Raises:
            Refusal: DC709, the reason is missing; DC710, the key is; DC711, a text cannot be kept.
            ValueError: the draft has not the keys of its kind: a fault of this program.
        """
        check(draft)
        head = self._head or self.head()
        number = head.number + 1
        about = chain.about(number, draft.kind, draft.participant, draft.visit)
        sealed = self._seal(draft, about)
        public = chain.canonical(dict(draft.public))
        if protocol_sha256 is None:
            protocol_sha256 = self._version(draft.kind, public)
        columns: dict[str, Any] = {
            "number": number,
            "kind": draft.kind,
            "participant": draft.participant,
            "visit": draft.visit,
            "at": utc(draft.at),
            "at_local": iso(draft.at.astimezone(ZoneInfo(self._by.zone))),
            "entered_at": utc(self._by.entered_at),
            "user": self._by.user,
            "role": self._by.role,
            "reason": draft.reason,
            "corrects": draft.corrects,
            "program": self._by.program,
            "protocol_sha256": protocol_sha256,
            "public": public,
        }
        check_texts(columns)
        now = chain.links(head, columns, sealed)
        event = Event(**columns, sealed=sealed, public_hash=now.public_hash, hash=now.hash)
        self.insert([event])
        return event

    def insert(self, events: Iterable[Event]) -> None:
        """Add events that are chained already, and what is derived from them; the database refuses a gap."""
        people: dict[str, tuple[int, int]] = {}
        rows = []
        for event in events:
            rows.append(chain.of(event))
            self._head = Head(event.number, event.hash, event.public_hash)
            if event.participant is not None:
                first, _ = people.get(event.participant, (event.number, 0))
                people[event.participant] = first, event.number
        if rows:
            self._connection.execute(sa.insert(_EVENTS), rows)
        for code, (first, last) in people.items():
            self._seen(code, first, last)
        if self._head:
            self._keep("head", self._head.hash)

    def project(self, participant: str, rows: Iterable[VisitRow]) -> None:
        """Replace the derived visits of one participant."""
        self._connection.execute(sa.delete(_VISITS).where(_VISITS.c.participant == participant))
        values = [{**row._asdict(), "day": row.day} for row in rows]
        assert all(row["participant"] == participant for row in values)
        if values:
            self._connection.execute(sa.insert(_VISITS), values)

    def _seal(self, draft: Draft, about: bytes) -> bytes | None:
        if draft.sealed is None:
            return None
        if self._sealer is None:
            raise refuse(
                "DC710",
                msg("this is recorded under seal, and the key of the study is not at hand"),
                msg("give the key file with --key, or ask the unblinded pharmacist to record it"),
            )
        plain = chain.canonical(dict(draft.sealed)).encode("utf-8")
        return self._sealer.seal(plain, about, KIND_RULES[draft.kind].size)

    def _version(self, kind: Kind, public: str) -> str:
        if self._protocol is None or kind in ("init", "amend"):
            self._protocol = protocol_digest(public) if kind in ("init", "amend") else self.protocol_sha256()
        return self._protocol

    def _seen(self, participant: str, first: int, last: int) -> None:
        same = _PEOPLE.c.participant == participant
        if not self._connection.execute(sa.update(_PEOPLE).where(same).values(last=last)).rowcount:
            self._connection.execute(sa.insert(_PEOPLE).values(participant=participant, first=first, last=last))

    def _keep(self, name: str, value: str) -> None:
        if not self._connection.execute(sa.update(_META).where(_META.c.name == name).values(value=value)).rowcount:
            self._connection.execute(sa.insert(_META).values(name=name, value=value))


class Store:
    """A study's database. `name` may be shown: it holds no password."""

    def __init__(self, engine: sa.Engine, place: str) -> None:
        self._engine, self.place, self.name = engine, place, name_of(place)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Yield the study as it is at this moment.

        Raises:
            Refusal: DC700, there is no study; DC702 to DC707, the database refuses.
        """
        with refusing(self.name), self._engine.connect() as connection, connection.begin():
            yield Reading(connection)

    @contextmanager
    def writing(self, by: By, sealer: Sealer | None) -> Iterator[Writing]:
        """Yield the study to one who adds to it. What the block adds is there as a whole when it ends well, or not.

        Raises:
            Refusal: DC703, somebody else writes for longer than anyone wants to wait; DC704 to DC708, the database
                refuses.
        """
        moment = Moment()
        with refusing(self.name, moment), self._engine.connect() as plain:
            connection = plain.execution_options(dosecalc_writes=True)
            with connection.begin() as transaction:
                yield Writing(connection, by, sealer)
                moment.committing = True
                transaction.commit()

    def copy_to(self, out: str) -> None:
        """Copy a study in a file while it is in use.

        Raises:
            Refusal: DC701, there is something already; DC702 to DC707, it cannot be read or written.
        """
        copy_file(self._engine, self.name, out)

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(place: str, *, emptied: bool = False) -> Store:
    """Open the study in a file, or at a URL of PostgreSQL; with `emptied` also one whose events are all gone.

    Raises:
        Refusal: DC700, there is none; DC702, it cannot be opened; DC706, it is no study; DC707, no connection; DC716, a
            package is missing; DC717, a newer program made it.
    """
    name = name_of(place)
    if not is_url(place) and not os.path.isfile(place):
        raise no_study(name)
    engine = connect_to(place)
    with refusing(name), engine.connect() as connection, connection.begin():
        if _is_new(connection) or _holds_other(connection) or not _begun(connection, emptied=emptied):
            raise no_study(name)
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    if revision != schema.REVISION:
        raise refuse(
            "DC717",
            msg("the study {study} was made by another version of dosecalc", study=name),
            msg("use the newest version: pip install --upgrade dosecalc"),
        )
    return Store(engine, place)


def create_store(place: str) -> Store:
    """Make an empty study in a new file, or in a database of PostgreSQL that holds none yet.

    What an interrupted call left, a study without any event, is taken.

    Raises:
        Refusal: DC701, there is something already; DC702 to DC707, the database refuses; DC716, a package is missing.
    """
    name = name_of(place)
    if not is_url(place) and os.path.lexists(place) and not os.path.isfile(place):
        raise taken(name)
    engine = connect_to(place, make=True)
    with refusing(name), engine.connect() as plain:
        use_log(plain)
        connection = plain.execution_options(dosecalc_writes=True)
        with connection.begin():
            if _is_new(connection):
                schema.upgrade(connection)
            elif _holds_other(connection) or _begun(connection):
                raise taken(name)
    return Store(engine, place)


def _is_new(connection: sa.Connection) -> bool:
    return not sa.inspect(connection).get_table_names()


def _begun(connection: sa.Connection, *, emptied: bool = False) -> bool:
    """Whether there is an event, or was one: an interrupted `init` leaves none."""
    if emptied and connection.scalar(sa.select(_META.c.value).limit(1)) is not None:
        return True
    return connection.scalar(sa.select(_EVENTS.c.number).limit(1)) is not None


def _holds_other(connection: sa.Connection) -> bool:
    return not {"events", "alembic_version"} <= set(sa.inspect(connection).get_table_names())


def protocol_digest(public: str) -> str:
    """Return the SHA-256 of the protocol text in an `init` or `amend` event's public part."""
    import json

    return sha256(cast("str", json.loads(public)["protocol_text"]).encode("utf-8")).hexdigest()


def iso(moment: dt.datetime) -> str:
    """Return a moment as it is kept: ISO 8601 with its offset."""
    return moment.isoformat()


def utc(moment: dt.datetime) -> str:
    """Return a moment as it is kept in UTC; texts of later moments sort later."""
    return moment.astimezone(dt.UTC).isoformat()


def _event(row: Any) -> Event:
    return Event(**dict(zip(Event.__slots__, row, strict=True)))
