"""The store, on both databases: what is recorded stays, one writes at a time, a block is whole or not there."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest

import postgres
from dosecalc.errors import Refusal
from dosecalc.registry import chain
from dosecalc.registry.event import Draft, Kind
from dosecalc.registry.sealing import Sealer, open_sealed
from dosecalc.registry.store import Store, VisitRow, create_store, open_store
from registry.studies import KEY, START, assign, book, by, chance, consent, drafts, events, fill, init

MISSES: list[Kind] = ["miss"]
MEASURES: list[Kind] = ["measure"]


def test_what_was_recorded_is_read_back_in_order(place: str) -> None:
    fill(place).close()
    with open_store(place) as store:
        found = events(store)
    assert [event.kind for event in found] == [draft.kind for draft in drafts()]
    assert [event.number for event in found] == list(range(1, 20))
    assert found[6].reason == "ill, 发烧"
    assert found[6].at == "2026-03-02T01:30:00+00:00"
    assert found[6].at_local == "2026-03-02T09:30:00+08:00"
    assert json.loads(found[3].public)["values"] == ["71.5"]


def test_both_databases_hold_the_same_bytes(file: str, url: str) -> None:
    assert events(fill(file)) == events(fill(url))


def test_events_are_found_by_participant_kind_number_and_time_of_entering(place: str) -> None:
    with fill(place).reading() as reading:
        assert [event.number for event in reading.events(participant="P002")] == [8, 9, 10, 11, 12, 13]
        assert [event.number for event in reading.events(kinds=MISSES)] == [7, 13, 19]
        assert [event.number for event in reading.events(kinds=MISSES, after=7)] == [13, 19]
        assert [event.number for event in reading.events(until=START + dt.timedelta(minutes=2))] == [1, 2, 3]
        assert reading.participants() == ("P001", "P002", "P003")
        assert reading.event(4) == next(iter(reading.events(kinds=MEASURES)))
        assert reading.event(20) is None


def test_of_the_corrections_only_the_study_s_own_are_read_with_the_study(place: str) -> None:
    store = fill(place)
    with store.writing(by(), Sealer(KEY, chance())) as writing:
        listed = writing.append(Draft(kind="allocation", at=START, public={"count": 0}, sealed={"arms": {}}))
        for corrects, code in ((3, "P001"), (listed.number, None), (4, "P001")):
            public = {"void": True}
            writing.append(
                Draft(kind="correct", at=START, participant=code, corrects=corrects, reason="slip", public=public)
            )
    with store.reading() as reading:
        assert [(event.kind, event.corrects) for event in reading.of_study()] == [
            ("init", None),
            ("allocation", None),
            ("correct", listed.number),
        ]
        assert [event.kind for event in reading.of_study(START - dt.timedelta(days=1))] == []


def test_the_head_is_that_of_the_last_event(place: str) -> None:
    store = create_store(place)
    with store.reading() as reading:
        assert reading.head() == chain.START
    with store.writing(by(), None) as writing:
        event = writing.append(init())
        assert writing.head() == (1, event.hash, event.public_hash)
    with store.reading() as reading:
        assert reading.head() == (1, event.hash, event.public_hash)


def test_a_block_that_fails_leaves_nothing(place: str) -> None:
    store = fill(place)
    before = events(store)

    def two_events_and_a_fault(sealer: Sealer | None) -> None:
        with store.writing(by(), sealer) as writing:
            writing.append(consent("P009"))
            writing.project("P009", [row("P009", "W0", "2026-03-02")])
            writing.append(assign("P009", "phase1-A"))

    with pytest.raises(Refusal, match=r"DC710 this is recorded under seal, and the key of the study is not at hand"):
        two_events_and_a_fault(None)
    with store.reading() as reading:
        assert list(reading.events()) == before
        assert reading.rows() == []
        assert reading.participants() == ("P001", "P002", "P003")
    two_events_and_a_fault(Sealer(KEY, chance()))
    assert len(events(store)) == len(before) + 2


def test_what_is_sealed_opens_with_the_key_at_its_place_alone(place: str) -> None:
    event = events(fill(place))[2]
    assert event.sealed is not None
    assert b"phase1" not in event.sealed
    about = chain.about(3, "assign", "P001", None)
    assert json.loads(open_sealed(KEY, event.sealed, about)) == {"arm": "phase1-A"}
    with pytest.raises(Refusal, match=r"DC721"):
        open_sealed(KEY, event.sealed, chain.about(9, "assign", "P002", None))


def test_sealed_parts_have_one_length_for_each_kind(place: str) -> None:
    sealed = [event.sealed for event in events(fill(place)) if event.sealed]
    assert len({len(each) for each in sealed}) == 1
    assert len({*sealed}) == len(sealed)


STATEMENTS = [
    "UPDATE events SET reason = 'x' WHERE number = 2",
    "UPDATE events SET number = number + 1",
    "DELETE FROM events WHERE number = 2",
    "DELETE FROM events",
    "INSERT INTO events SELECT * FROM events WHERE number = 2",
]


@pytest.mark.parametrize("statement", [*STATEMENTS, "TRUNCATE events", "TRUNCATE events CASCADE"])
def test_postgresql_itself_refuses_what_a_study_never_does(url: str, statement: str) -> None:
    before = events(fill(url))
    with pytest.raises(psycopg.Error, match=r"events are never changed or deleted|an event follows the one before"):
        postgres.admin(statement, postgres.name_of(url))
    assert events(open_store(url)) == before


def test_postgresql_refuses_an_upsert_and_a_replica_session(url: str) -> None:
    before = events(fill(url))
    upsert = (
        "INSERT INTO events SELECT * FROM events WHERE number = 2 ON CONFLICT (number) DO UPDATE SET reason = 'other'"
    )
    for statement in (upsert, "SET session_replication_role = replica; DELETE FROM events"):
        with pytest.raises(psycopg.Error, match=r"events are never|an event follows"):
            postgres.admin(statement, postgres.name_of(url))
    assert events(open_store(url)) == before


@pytest.mark.parametrize(
    "statement",
    [
        *STATEMENTS,
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE number = 2",
        "REPLACE INTO events SELECT * FROM events WHERE number = 2",
        "UPDATE OR REPLACE events SET number = 3 WHERE number = 2",
        "UPDATE OR IGNORE events SET reason = 'x'",
        "INSERT INTO events SELECT * FROM events WHERE number = 2 ON CONFLICT (number) DO UPDATE SET reason = 'x'",
    ],
)
def test_sqlite_itself_refuses_what_a_study_never_does(file: str, statement: str) -> None:
    before = events(fill(file))
    with (
        pytest.raises(sqlite3.Error, match=r"events are never|an event follows the one before"),
        sqlite3.connect(file) as raw,
    ):
        raw.execute(statement)
    assert events(open_store(file)) == before


def test_sqlite_gives_no_event_a_number_of_its_own(file: str) -> None:
    fill(file).close()
    columns = "kind, at, at_local, entered_at, entered_by, role, program, protocol_sha256, public, public_hash, hash"
    with pytest.raises(sqlite3.Error, match=r"an event follows the one before"), sqlite3.connect(file) as raw:
        raw.execute(f"INSERT INTO events ({columns}) SELECT {columns} FROM events WHERE number = 2")


def row(participant: str, visit: str, target: str, booked: str | None = None, standing: str = "planned") -> VisitRow:
    return VisitRow(participant, visit, target, None, None, booked, None, "booked" if booked else standing)


def test_visits_are_found_by_the_day_on_which_they_are(place: str) -> None:
    store = fill(place)
    first = row("P001", "W0", "2026-03-02", "2026-03-03T09:00:00+08:00")
    second = row("P001", "W2", "2026-03-16")
    third = row("P002", "W0", "2026-03-03")
    gone = row("P002", "W2", "2026-03-03", standing="cancelled")
    unknown = VisitRow("P002", "W4", None, None, None, None, None, "planned")
    with store.writing(by(), None) as writing:
        writing.project("P001", [first, second])
        writing.project("P002", [third, gone, unknown])
    with store.reading() as reading:
        assert reading.rows(day="2026-03-03") == [third, gone, first]
        assert reading.rows(first="2026-03-04", last="2026-03-16") == [second]
        assert reading.rows(participant="P002") == [unknown, third, gone]
        assert reading.rows(standing=("booked",)) == [first]
    with store.writing(by(), None) as writing:
        writing.project("P001", [second])
    with store.reading() as reading:
        assert reading.rows(participant="P001") == [second]


def test_who_reads_sees_one_moment_while_another_writes(place: str) -> None:
    store, other = fill(place), open_store(place)
    with store.reading() as reading:
        before = reading.head()
        with other.writing(by(), None) as writing:
            writing.append(consent("P009"))
        assert reading.head() == before
        assert "P009" not in reading.participants()
    with store.reading() as reading:
        assert reading.head().number == before.number + 1


def test_a_second_writer_waits_and_reads_what_the_first_one_wrote(place: str) -> None:
    store = fill(place)
    inside, seen = threading.Event(), []

    def second() -> None:
        with open_store(place) as other:
            inside.wait()
            with other.writing(by("nurse-2"), None) as writing:
                seen.append(writing.head().number)
                writing.append(consent("P010"))

    thread = threading.Thread(target=second)
    thread.start()
    with store.writing(by(), None) as writing:
        inside.set()
        thread.join(0.3)  # it cannot end before this block does
        assert seen == []
        writing.append(consent("P009"))
    thread.join()
    assert seen == [20]
    assert [event.participant for event in events(store)[-2:]] == ["P009", "P010"]


def test_a_clock_that_goes_backwards_is_recorded_as_it_is(place: str) -> None:
    store = fill(place)
    with store.writing(by(minute=-600), None) as writing:
        writing.append(consent("P009"))
    found = events(store)
    assert found[-1].entered_at == "2026-03-01T15:30:00+00:00"
    assert found[-1].entered_at < found[-2].entered_at
    assert isinstance(chain.follow(found), chain.Head)


def test_the_local_time_follows_the_clock_changes_of_the_site(place: str) -> None:
    here = dataclasses.replace(by(), zone="Europe/Berlin")
    store = create_store(place)
    moments = [dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC) for hour in (0, 1)]  # the hour that comes twice
    with store.writing(here, None) as writing:
        writing.append(init())
        local = [writing.append(dataclasses.replace(consent("P1"), at=moment)).at_local for moment in moments]
    assert local == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]


def test_each_event_names_the_newest_protocol_of_the_study(place: str) -> None:
    import hashlib

    store = fill(place)
    first = hashlib.sha256(b"a: 1\n").hexdigest()
    assert {event.protocol_sha256 for event in events(store)} == {first}
    text = {"protocol_version": "2", "protocol_text": "a: 2\n", "effective": "2026-04-01", "reconsent": True}
    amend = Draft(kind="amend", at=START, reason="amendment 1", public={**text, "urgent": False})
    with store.writing(by(), None) as writing:
        assert writing.append(amend).protocol_sha256 == hashlib.sha256(b"a: 2\n").hexdigest()
        assert writing.append(consent("P009")).protocol_sha256 == hashlib.sha256(b"a: 2\n").hexdigest()
        assert writing.append(consent("P009"), protocol_sha256=first).protocol_sha256 == first


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_an_event_that_needs_a_reason_is_refused_without(file: str, reason: str | None) -> None:
    draft = Draft(kind="miss", at=START, participant="P001", visit="W0", reason=reason)
    with (
        pytest.raises(Refusal, match=r"DC709 this needs a reason, for the record; say why with --reason"),
        fill(file).writing(by(), None) as writing,
    ):
        writing.append(draft)


@pytest.mark.parametrize("reason", ["a\0b", "a\ud800b"])
def test_a_text_that_no_database_keeps_is_refused(place: str, reason: str) -> None:
    draft = Draft(kind="miss", at=START, participant="P001", visit="W0", reason=reason)
    with (
        pytest.raises(Refusal, match=r"DC711 the text holds a character that cannot be kept"),
        fill(place).writing(by(), None) as writing,
    ):
        writing.append(draft)


@pytest.mark.parametrize(
    "draft",
    [
        Draft(kind="consent", at=START, participant="P1", public={"form": "1"}),
        Draft(kind="consent", at=START, participant="P1", public={"form": "1", "date": "2026-03-01", "arm": "A"}),
        Draft(kind="consent", at=START, public={"form": "1", "date": "2026-03-01"}),
        Draft(kind="book", at=START, participant="P1", public={"when": "2026-03-01T09:30:00+08:00"}),
        Draft(kind="quarantine", at=START, public={"lot": "L1"}),
        Draft(kind="quarantine", at=START),
        Draft(kind="consent", at=START.replace(tzinfo=None), participant="P1", public={"form": "1", "date": "x"}),
        Draft(kind="other", at=START),  # type: ignore[arg-type]
    ],
)
def test_a_draft_with_other_keys_than_its_kind_is_never_recorded(file: str, draft: Draft) -> None:
    store = fill(file)
    with pytest.raises(ValueError, match=r".+"), store.writing(by(), Sealer(KEY, chance())) as writing:
        writing.append(draft)
    assert len(events(store)) == 19


def test_a_new_study_never_takes_the_place_of_something(place: str, tmp_path: Path) -> None:
    fill(place).close()
    with pytest.raises(Refusal, match=r"DC701 .+ is there already"):
        create_store(place)
    assert len(events(open_store(place))) == 19
    with pytest.raises(Refusal, match=r"DC701 .+ is there already"):
        create_store(str(tmp_path))
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as raw:
        raw.execute("CREATE TABLE cats (name TEXT)")
    with pytest.raises(Refusal, match=r"DC701 .+ is there already"):
        create_store(str(other))
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 100)
    with pytest.raises(Refusal, match=r"DC706 .+ is not a study, or the file is damaged"):
        create_store(str(text))
    assert text.read_text() == "not a database " * 100


def test_an_interrupted_init_is_no_study_and_can_be_done_again(place: str) -> None:
    create_store(place).close()
    with pytest.raises(Refusal, match=r"DC700 there is no study in .+; check the name after --study"):
        open_store(place)
    with create_store(place) as store, store.writing(by(), None) as writing:
        writing.append(init())
    assert len(events(open_store(place))) == 1


def test_what_is_no_study_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"DC700 there is no study in .+nothing.db"):
        open_store(str(tmp_path / "nothing.db"))
    assert not (tmp_path / "nothing.db").exists()
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as raw:
        raw.execute("CREATE TABLE cats (name TEXT)")
    with pytest.raises(Refusal, match=r"DC700 there is no study in .+other.db"):
        open_store(str(other))


def test_an_empty_database_of_postgresql_is_no_study(url: str) -> None:
    with pytest.raises(Refusal, match=r"DC700 there is no study in postgresql"):
        open_store(url)


def test_a_study_of_a_newer_program_is_not_opened(place: str) -> None:
    fill(place).close()
    statement = "UPDATE alembic_version SET version_num = '9999'"
    if place.startswith("postgresql"):
        postgres.admin(statement, postgres.name_of(place))
    else:
        with sqlite3.connect(place) as raw:
            raw.execute(statement)
    with pytest.raises(Refusal, match=r"DC717 .+ was made by another version of dosecalc; use the newest version"):
        open_store(place)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(Refusal) as caught:
        open_store("postgresql://me:tiger-secret@127.0.0.1:9/study")
    assert "tiger-secret" not in str(caught.value)
    assert "DC707 there is no connection to postgresql" in str(caught.value)


def test_a_study_file_may_have_any_name(tmp_path: Path) -> None:
    for name in ("a b?c#d%20.db", "研究.db", "file:x"):
        with fill(str(tmp_path / name)) as store:
            assert len(events(store)) == 19
        assert (tmp_path / name).is_file()


def test_the_migrations_make_what_the_program_expects(place: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from dosecalc.registry import schema

    store: Store = create_store(place)
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []
        assert schema.unguarded(connection) == []


def test_sqlite_writes_each_event_to_the_disk_before_it_is_acknowledged(file: str) -> None:
    store = fill(file)
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    with store.writing(by(), None) as writing:
        writing.append(book("P001", "W4", "2026-03-30T09:30:00+08:00"))
