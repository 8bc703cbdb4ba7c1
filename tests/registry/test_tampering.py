"""What somebody with all rights on the database can do by hand, guards switched off: `verify` finds it.

The study has 19 events: 1 init; then for P001, P002 and P003 consent, assign (sealed), measure, book, book, miss.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import postgres
from dosecalc.errors import Refusal
from dosecalc.registry import chain, schema
from dosecalc.registry.chain import START
from dosecalc.registry.event import Event
from dosecalc.registry.store import Reading, Store, VisitRow
from dosecalc.registry.verification import verify
from registry.studies import KEY, by, consent, fill

Tamper = str | Callable[[sa.Connection], None]

ROWS = {
    code: [
        VisitRow(code, "W0", "2026-03-02", None, None, "2026-03-02T09:30:00+08:00", None, "booked"),
        VisitRow(code, "W2", "2026-03-16", "2026-03-13", "2026-03-19", None, None, "missed"),
    ]
    for code in ("P001", "P002", "P003")
}


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("tampering")
    with fill(str(folder / "study.db") if request.param == "SQLite" else postgres.new_database()) as made:
        with made.writing(by(), None) as writing:
            for code, rows in ROWS.items():
                writing.project(code, rows)
        yield made


@pytest.fixture
def connection(store: Store) -> Iterator[sa.Connection]:
    """A connection whose changes are gone after the test."""
    with store._engine.connect() as plain:
        opened = plain.execution_options(dosecalc_writes=True)
        transaction = opened.begin()
        yield opened
        transaction.rollback()


def guards_off(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        for name in schema.GUARDS_SQLITE:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER USER")


def guards_on(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        for statement in schema.GUARDS_SQLITE.values():
            connection.exec_driver_sql(statement)
    else:
        for name in schema.GUARDS_POSTGRES:
            connection.exec_driver_sql(f"ALTER TABLE events ENABLE ALWAYS TRIGGER {name}")


def tamper(connection: sa.Connection, *deeds: Tamper) -> None:
    guards_off(connection)
    for deed in deeds:
        if isinstance(deed, str):
            connection.execute(sa.text(deed.replace(":", r"\:")))
        else:
            deed(connection)
    guards_on(connection)


def found(connection: sa.Connection, **more: Any) -> list[str]:
    return [str(finding.what) for finding in verify(Reading(connection), follows=_follows, **more).findings]


def _follows(reading: Reading, code: str) -> bool:
    try:
        return reading.rows(participant=code) == ROWS.get(code)
    except Refusal:  # what could not have been derived from any event
        return False


def copied(number: int, into: int, **columns: Any) -> Callable[[sa.Connection], None]:
    """Add a copy of event `number` as event `into`, some columns changed."""

    def insert(connection: sa.Connection) -> None:
        event = Reading(connection).event(number)
        assert event is not None
        connection.execute(sa.insert(schema.events).values({**chain.of(event), "number": into, **columns}))

    return insert


def flipped(connection: sa.Connection) -> None:
    event = Reading(connection).event(9)
    assert event is not None
    assert event.sealed is not None
    sealed = bytes([event.sealed[0] ^ 1]) + event.sealed[1:]
    connection.execute(sa.update(schema.events).where(schema.events.c.number == 9).values(sealed=sealed))


def rewritten(change: Callable[[list[Event]], list[Event]], *, full: bool = True, public: bool = True) -> Tamper:
    """Change events and make the chains over all of them anew, and everything that is derived."""

    def rewrite(connection: sa.Connection) -> None:
        changed = change(list(Reading(connection).events()))
        connection.execute(sa.delete(schema.events))
        head = START
        people: dict[str, dict[str, Any]] = {}
        for number, event in enumerate(changed, start=1):
            columns = {**chain.of(event), "number": number}
            head = chain.links(head, columns, event.sealed)
            columns |= {"hash": head.hash} if full else {}
            columns |= {"public_hash": head.public_hash} if public else {}
            connection.execute(sa.insert(schema.events).values(columns))
            if event.participant:
                people[event.participant] = {"first": people.get(event.participant, {"first": number})["first"]}
                people[event.participant] |= {"participant": event.participant, "last": number}
        kinds = Counter(f"events of kind {event.kind}" for event in changed)
        counts = kinds + Counter(f"events of participant {event.participant}" for event in changed if event.participant)
        connection.execute(sa.delete(schema.meta))
        kept = {"head": head.hash} | {name: str(number) for name, number in counts.items()}
        connection.execute(sa.insert(schema.meta), [{"name": name, "value": value} for name, value in kept.items()])
        connection.execute(sa.delete(schema.participants_now))
        connection.execute(sa.insert(schema.participants_now), list(people.values()))

    return rewrite


def other_weight(events: list[Event]) -> list[Event]:
    public = events[9].public.replace("71.5", "17.5")
    return [*events[:9], dataclasses.replace(events[9], public=public), *events[10:]]


def arms_swapped(events: list[Event]) -> list[Event]:
    """P001 and P002 get each other's arm."""
    events[2], events[8] = (
        dataclasses.replace(events[2], sealed=events[8].sealed),
        dataclasses.replace(events[8], sealed=events[2].sealed),
    )
    return events


SET, SEALED = "UPDATE events SET", "(SELECT sealed FROM events WHERE number = 3)"
# What is done, and the number of the first event that is not as it was recorded.
CHANGES: dict[str, tuple[tuple[Tamper, ...], int]] = {
    "another kind": ((f"{SET} kind = 'withdraw' WHERE number = 9",), 9),
    "another participant": ((f"{SET} participant = 'P003' WHERE number = 9",), 9),
    "a participant removed": ((f"{SET} participant = NULL WHERE number = 9",), 9),
    "a participant in small letters": ((f"{SET} participant = 'p002' WHERE number = 9",), 9),
    "another visit": ((f"{SET} visit = 'W4' WHERE number = 12",), 12),
    "a visit where there was none": ((f"{SET} visit = 'W0' WHERE number = 9",), 9),
    "happened at another time": ((f"{SET} at = '2026-03-02T01:31:00+00:00' WHERE number = 9",), 9),
    "the same time in another spelling": ((f"{SET} at = '2026-03-02T01:30:00Z' WHERE number = 9",), 9),
    "another local time": ((f"{SET} at_local = '2026-03-02T09:31:00+08:00' WHERE number = 9",), 9),
    "entered at another time": ((f"{SET} entered_at = '2026-03-01T01:38:00+00:00' WHERE number = 9",), 9),
    "another user": ((f"{SET} entered_by = 'nurse-2' WHERE number = 9",), 9),
    "a user with a space": ((f"{SET} entered_by = 'nurse-1 ' WHERE number = 9",), 9),
    "a user in letters that look alike": ((f"{SET} entered_by = 'nursе-1' WHERE number = 9",), 9),
    "another role": ((f"{SET} role = 'investigator' WHERE number = 9",), 9),
    "another reason": ((f"{SET} reason = 'moved house' WHERE number = 13",), 13),
    "a reason removed": ((f"{SET} reason = NULL WHERE number = 13",), 13),
    "a reason added": ((f"{SET} reason = 'x' WHERE number = 9",), 9),
    "an empty reason where there was none": ((f"{SET} reason = '' WHERE number = 9",), 9),
    "a correction of nothing": ((f"{SET} corrects = 3 WHERE number = 9",), 9),
    "another program": ((f"{SET} program = 'test2' WHERE number = 9",), 9),
    "another protocol": ((f"{SET} protocol_sha256 = public_hash WHERE number = 9",), 9),
    "another public hash": ((f"{SET} public_hash = hash WHERE number = 9",), 9),
    "another hash": ((f"{SET} hash = public_hash WHERE number = 9",), 9),
    "hashes in capitals": ((f"{SET} hash = upper(hash), public_hash = upper(public_hash) WHERE number = 9",), 9),
    "another amount": ((f"{SET} public = replace(public, '71.5', '17.5') WHERE number = 10",), 10),
    "the same amount in other digits": ((f"{SET} public = replace(public, '71.5', '71.50') WHERE number = 10",), 10),
    "another day": ((f"{SET} public = replace(public, '2026-03-16', '2026-03-17') WHERE number = 12",), 12),
    "another form": ((f"{SET} public = replace(public, '1.0', '2.0') WHERE number = 8",), 8),
    "a space in what is public": ((f"{SET} public = replace(public, ',', ', ') WHERE number = 8",), 8),
    "a key added": ((f"{SET} public = replace(public, '{{', '{{\"arm\":\"A\",') WHERE number = 8",), 8),
    "nothing public": ((f"{SET} public = '{{}}' WHERE number = 8",), 8),
    "another protocol text": ((f"{SET} public = replace(public, 'a: 1', 'a: 2') WHERE number = 1",), 1),
    "another key of the study": ((f"{SET} public = replace(public, '{KEY.id}', '0123') WHERE number = 1",), 1),
    "what was sealed for another": ((f"{SET} sealed = {SEALED} WHERE number = 9",), 9),
    "what was sealed, swapped": (
        (rewritten(arms_swapped, full=False, public=False),),
        3,
    ),
    "nothing sealed": ((f"{SET} sealed = NULL WHERE number = 9",), 9),
    "no bytes sealed": ((f"{SET} sealed = substr(sealed, 1, 0) WHERE number = 9",), 9),
    "no bytes where nothing was sealed": (
        (f"{SET} sealed = (SELECT substr(sealed, 1, 0) FROM events WHERE number = 3) WHERE number = 8",),
        8,
    ),
    "sealed where nothing was": ((f"{SET} sealed = {SEALED} WHERE number = 8",), 8),
    "sealed and cut short": ((f"{SET} sealed = substr(sealed, 1, 100) WHERE number = 9",), 9),
    "one bit of what is sealed": ((flipped,), 9),
    "every user": ((f"{SET} entered_by = 'nobody'",), 1),
    "an event deleted": (("DELETE FROM events WHERE number = 9",), 9),
    "the first event deleted": (("DELETE FROM events WHERE number = 1",), 1),
    "a participant deleted": (("DELETE FROM events WHERE participant = 'P002'",), 8),
    "an event deleted and the gap closed": (
        ("DELETE FROM events WHERE number = 9", *(f"{SET} number = {n - 1} WHERE number = {n}" for n in range(10, 20))),
        9,
    ),
    "two events in another order": (
        tuple(f"{SET} number = {new} WHERE number = {old}" for old, new in ((9, 99), (10, 9), (99, 10))),
        9,
    ),
    "another number": ((f"{SET} number = 21 WHERE number = 19",), 19),
    "numbers that begin with 0": (tuple(f"{SET} number = {n - 1} WHERE number = {n}" for n in range(1, 20)), 1),
    "an event added as it was": ((copied(18, 20),), 20),
    "an event added before the first": ((copied(18, 0),), 1),
    "an event added with hashes of its own": ((copied(18, 20, hash="a" * 64, public_hash="b" * 64),), 20),
    "an event added far behind": ((copied(18, 1000),), 20),
    "only the public chain made anew": ((rewritten(other_weight, full=False),), 10),
    "only the full chain made anew": ((rewritten(other_weight, public=False),), 10),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_event_is_named(connection: sa.Connection, name: str) -> None:
    assert found(connection) == []
    deeds, number = CHANGES[name]
    tamper(connection, *deeds)
    assert found(connection)[0].startswith(f"event {number} is not as it was recorded; what follows it cannot be")


PEOPLE, VISITS = "the list of participants", "the visits of"
DERIVED = {
    "the last event deleted": (
        "DELETE FROM events WHERE number = 19",
        "events are missing at the end: the last one is 18",
    ),
    "all events deleted": ("DELETE FROM events", "events are missing at the end: the last one is 0"),
    "another head": ("UPDATE meta SET value = 'x' WHERE name = 'head'", "events are missing at the end"),
    "no head": ("DELETE FROM meta WHERE name = 'head'", "events are missing at the end"),
    "another count": (
        "UPDATE meta SET value = '5' WHERE name = 'events of participant P002'",
        "the count of events differs",
    ),
    "no counts": ("DELETE FROM meta WHERE name <> 'head'", "the count of events differs"),
    "a participant added": ("INSERT INTO participants_now VALUES ('P009', 2, 2)", f"{PEOPLE} differs"),
    "a participant hidden": ("DELETE FROM participants_now WHERE participant = 'P002'", f"{PEOPLE} differs"),
    "a participant's last event": ("UPDATE participants_now SET last = 7", f"{PEOPLE} differs"),
    "a booking moved": (
        "UPDATE visits_now SET booked = '2026-03-03T09:30:00+08:00' WHERE participant = 'P002' AND visit = 'W0'",
        f"{VISITS} P002 differ",
    ),
    "a missed visit done": (
        "UPDATE visits_now SET standing = 'done' WHERE participant = 'P003' AND visit = 'W2'",
        f"{VISITS} P003 differ",
    ),
    "a wider window": ("UPDATE visits_now SET latest = '2026-03-29' WHERE visit = 'W2'", f"{VISITS} P001 differ"),
    "a visit hidden": ("DELETE FROM visits_now WHERE participant = 'P001' AND visit = 'W0'", f"{VISITS} P001 differ"),
    "a visit of nobody": (
        "INSERT INTO visits_now (participant, visit, standing) VALUES ('P009', 'W0', 'booked')",
        f"{VISITS} P009 differ",
    ),
}


@pytest.mark.parametrize("name", DERIVED)
def test_a_change_of_what_is_derived_or_at_the_end_is_found(connection: sa.Connection, name: str) -> None:
    statement, said = DERIVED[name]
    tamper(connection, statement)
    assert any(what.startswith(said) for what in found(connection)), found(connection)


def test_a_study_rewritten_as_a_whole_is_found_by_the_head_that_was_kept(connection: sa.Connection) -> None:
    kept = Reading(connection).head()
    assert found(connection, kept=kept.hash) == found(connection, kept=f"19:{kept.public_hash}") == []
    tamper(connection, rewritten(other_weight))
    assert found(connection) == []  # it is a true chain, of another study
    for head in (kept.hash, kept.public_hash, f"19:{kept.hash}"):
        assert found(connection, kept=head) == [
            f"the head that was kept, {head}, is not in this study: it was rewritten or cut short"
        ]


def test_a_study_that_was_cut_short_with_care_is_found_by_the_head_that_was_kept(connection: sa.Connection) -> None:
    kept = Reading(connection).head()
    tamper(connection, rewritten(lambda events: events[:-1]))
    assert found(connection) == []
    assert "is not in this study" in found(connection, kept=kept.hash)[0]


def test_a_head_of_an_earlier_day_still_holds_when_the_study_has_grown(store: Store, connection: sa.Connection) -> None:
    early = Reading(connection).event(12)
    assert early is not None
    assert found(connection, kept=f"12:{early.hash}") == found(connection, kept=early.public_hash) == []
    assert "is not in this study" in found(connection, kept=f"13:{early.hash}")[0]


def test_arms_swapped_in_a_rewritten_study_are_found_with_the_key(connection: sa.Connection) -> None:
    assert found(connection, key=KEY) == []
    tamper(connection, rewritten(arms_swapped))
    assert found(connection) == []
    assert found(connection, key=KEY)[0].startswith("event 3 is not as it was recorded")


def test_a_guard_that_was_removed_or_changed_is_found(connection: sa.Connection) -> None:
    guards_off(connection)
    names = schema.GUARDS_SQLITE if connection.dialect.name == "sqlite" else schema.GUARDS_POSTGRES
    said = [f"the database's own guard {name} was removed or changed" for name in sorted(names)]
    assert found(connection) == said


def test_a_guard_that_does_nothing_is_found(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TRIGGER events_never_changed")
        connection.exec_driver_sql("CREATE TRIGGER events_never_changed BEFORE UPDATE ON events BEGIN SELECT 1; END")
        assert found(connection) == ["the database's own guard events_never_changed was removed or changed"]
    else:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        )
        assert found(connection) == [
            "the database's own guard events_never_changed was removed or changed",
            "the database's own guard events_never_emptied was removed or changed",
        ]


def test_a_trigger_of_somebody_else_is_found(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE TRIGGER helper AFTER INSERT ON events BEGIN UPDATE visits_now SET standing = 'done'; END"
        )
    else:
        connection.exec_driver_sql(
            "CREATE TRIGGER helper AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION events_follow()"
        )
    assert found(connection) == ["the database's own guard helper was removed or changed"]


def test_there_are_more_than_50_kinds() -> None:
    assert len(CHANGES) + len(DERIVED) >= 60


def test_an_untouched_study_that_grows_verifies(store: Store, connection: sa.Connection) -> None:
    from dosecalc.registry.store import Writing

    writing = Writing(connection, by(), None)
    writing.append(consent("P001"))
    assert found(connection) == []
