"""A study in its database: events are added, read in order, and never changed.

One writer at a time. Everything that is read in a `reading` or `writing` block is of one moment.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from dosecalc.errors import refuse
from dosecalc.registry import chain, outside, schema
from dosecalc.registry.chain import Head
from dosecalc.registry.drafts import check, check_texts
from dosecalc.registry.engine import connect_to, copy_file, is_url, name_of, taken, use_log
from dosecalc.registry.event import Event
from dosecalc.registry.faults import Moment, no_study, refusing
from dosecalc.registry.kinds import KIND_RULES
from dosecalc.registry.reading import (
    Reading,
    VisitRow,
    counted_under,
    protocol_digest,
    utc,
)
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dosecalc.registry.event import By, Draft, Kind
    from dosecalc.registry.sealing import Sealer

KEY_BEGUN = "key"
"""Under this name a study keeps the number of its key from before the first event."""
__all__ = ["KEY_BEGUN", "Reading", "Store", "VisitRow", "Writing", "create_store", "open_store"]

_EVENTS, _VISITS, _PEOPLE, _META = schema.events, schema.visits_now, schema.participants_now, schema.meta


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
            "at_local": draft.at.astimezone(ZoneInfo(self._by.zone)).isoformat(),
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
        counts: Counter[str] = Counter()
        rows = []
        for event in events:
            rows.append(chain.of(event))
            counts.update(counted_under(event))
            self._head = Head(event.number, event.hash, event.public_hash)
            if event.participant is not None:
                first, _ = people.get(event.participant, (event.number, 0))
                people[event.participant] = first, event.number
        if rows:
            self._connection.execute(sa.insert(_EVENTS), rows)
        for code, (first, last) in people.items():
            self._seen(code, first, last)
        for name, more in counts.items():
            self.keep(name, str(int(self.kept(name) or 0) + more))
        if self._head:
            self.keep("head", self._head.hash)

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

    def keep(self, name: str, value: str) -> None:
        """Keep something beside the events."""
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


def open_store(place: str, *, whatever: bool = False) -> Store:
    """Open the study in a file, or at a URL of PostgreSQL; with `whatever` was done to it, for `verify`.

    Raises:
        Refusal: DC700, there is none; DC702, it cannot be opened; DC706, it is no study; DC707, no connection; DC716, a
            package is missing; DC717, a newer program made it; DC820 to DC822, it was changed outside dosecalc.
    """
    name = name_of(place)
    if not is_url(place) and not os.path.isfile(place):
        raise no_study(name)
    engine = connect_to(place)
    with refusing(name), engine.connect() as connection, connection.begin():
        if _is_new(connection) or _holds_other(connection) or not _begun(connection):
            raise no_study(name)
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        if revision is None or not revision.isdecimal() or int(revision) < int(schema.REVISION):
            raise outside.unreadable(name)
        if revision != schema.REVISION:
            raise refuse(
                "DC717",
                msg("the study {study} was made by another version of dosecalc", study=name),
                msg("use the newest version: pip install --upgrade dosecalc"),
            )
        if not whatever:
            _check_ends(Reading(connection))
    return Store(engine, place)


def _check_ends(reading: Reading) -> None:
    """Look at the first event and at the last one: what is missing there has no event after it that would tell."""
    if reading.event(1) is None:
        raise outside.changed(1)
    head = reading.head()
    reading.event(head.number)
    if reading.kept("head") != head.hash:
        raise outside.missing()


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


def _begun(connection: sa.Connection) -> bool:
    """Whether there is an event, or was one: an interrupted `init` leaves none."""
    kept = sa.select(_META.c.value).where(_META.c.name != KEY_BEGUN)
    return any(connection.scalar(each.limit(1)) is not None for each in (kept, sa.select(_EVENTS.c.number)))


def _holds_other(connection: sa.Connection) -> bool:
    return not {"events", "alembic_version"} <= set(sa.inspect(connection).get_table_names())
