"""A study as lines of JSON: whole, verified line by line, and back in either database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dosecalc.errors import Refusal
from dosecalc.registry import chain
from dosecalc.registry.sealing import Sealer
from dosecalc.registry.store import Store, create_store, open_store
from dosecalc.registry.transfer import lines, read_lines
from registry.studies import KEY, assign, by, chance, consent, events, fill, init


def exported(store: Store, *, public: bool = False) -> bytes:
    with store.reading() as reading:
        return b"".join(lines(reading.events(), public=public))


def test_an_export_reads_back_as_the_same_events(place: str) -> None:
    store = fill(place)
    found, head, public = read_lines(exported(store), "x")
    assert found == events(store)
    assert (head.number, head.hash, public) == (19, found[-1].hash, False)


def test_an_export_goes_from_one_database_into_the_other_and_back(file: str, url: str, tmp_path: Path) -> None:
    first = exported(fill(file))
    with create_store(url) as there, there.writing(by(), None) as writing:
        writing.insert(read_lines(first, "x")[0])
    second = exported(open_store(url))
    with create_store(str(tmp_path / "back.db")) as back:
        with back.writing(by(), None) as writing:
            writing.insert(read_lines(second, "x")[0])
        assert exported(back) == second == first
        with back.reading() as reading, open_store(file).reading() as original:
            assert reading.people() == original.people()
            assert reading.kept("head") == original.kept("head")


def test_a_public_export_holds_nothing_that_is_sealed_and_verifies(place: str) -> None:
    store = fill(place)
    data = exported(store, public=True)
    rows = [json.loads(line) for line in data.splitlines()]
    assert not any(key in row for row in rows for key in ("sealed", "hash"))
    assert "hash" not in rows[-1]["head"]
    found, head, public = read_lines(data, "x")
    assert public
    assert head.public_hash == events(store)[-1].public_hash
    assert [event.public_hash for event in found] == [event.public_hash for event in events(store)]


def test_the_public_exports_of_two_studies_that_differ_only_in_arms_are_the_same(tmp_path: Path) -> None:
    texts = []
    for arm in ("phase1-A", "phase2-minoxidil"):
        with create_store(str(tmp_path / f"{arm}.db")) as store:
            with store.writing(by(), Sealer(KEY, chance())) as writing:
                writing.append(init())
                writing.append(consent("P001"))
                writing.append(assign("P001", arm))
            texts.append((exported(store, public=True), exported(store)))
    assert texts[0][0] == texts[1][0]
    assert len(texts[0][1]) == len(texts[1][1])


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an amount": (lambda data: data.replace(b"71.5", b"17.5", 1), "event 4 is not as it was recorded"),
    "a line left out": (lambda data: without(data, 9), "event 9 is not as it was recorded"),
    "two lines swapped": (lambda data: swapped(data, 9, 10), "event 9 is not as it was recorded"),
    "the last event left out": (lambda data: without(data, 19), "its end is missing"),
    "the last line left out": (lambda data: without(data, 20), "its end is missing"),
    "cut in the middle of a line": (lambda data: data[:-30], "its end is missing"),
    "the last line end left out": (lambda data: data[:-1], "its end is missing"),
    "something behind the end": (lambda data: data + b"{}\n", "it does not hold the lines of a study"),
    "another format": (lambda data: data.replace(b"dosecalc-study-1", b"dosecalc-study-9"), "it does not hold"),
    "a key too many": (lambda data: data.replace(b'{"at"', b'{"arm":"A","at"', 1), "it does not hold the lines"),
    "no base64": (lambda data: data.replace(b'"sealed":"', b'"sealed":"!', 1), "it does not hold the lines"),
    "a decimal number": (lambda data: data.replace(b'"number":4,', b'"number":4.0,'), "it does not hold the lines"),
    "no JSON": (lambda data: data.replace(b"{", b"[", 1), "it does not hold the lines of a study"),
    "nothing": (lambda _: b"", "it does not hold the lines of a study"),
    "a picture": (lambda _: b"\x89PNG\r\n\x1a\n\xff", "it does not hold the lines of a study"),
}


def without(data: bytes, number: int) -> bytes:
    rows = data.splitlines(keepends=True)
    return b"".join(rows[:number] + rows[number + 1 :])


def swapped(data: bytes, one: int, other: int) -> bytes:
    rows = data.splitlines(keepends=True)
    rows[one], rows[other] = rows[other], rows[one]
    return b"".join(rows)


@pytest.mark.parametrize("name", BROKEN)
def test_an_export_that_was_changed_is_refused(file: str, name: str) -> None:
    change, why = BROKEN[name]
    data = change(exported(fill(file)))
    with pytest.raises(Refusal, match=rf"DC715 x is not an export of a study as it was written: {why}"):
        read_lines(data, "x")


def test_a_copy_made_while_others_write_is_of_one_moment_and_verifies(file: str, tmp_path: Path) -> None:
    import threading

    store = fill(file)
    stop = threading.Event()

    def write() -> None:
        number = 0
        with open_store(file) as own:
            while not stop.is_set():
                number += 1
                with own.writing(by(), None) as writing:
                    writing.append(consent(f"T{number}"))
                    writing.append(consent(f"T{number}"))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            store.copy_to(str(tmp_path / f"copy{number}.db"))
    finally:
        stop.set()
        thread.join()
    for number in range(5):
        with open_store(str(tmp_path / f"copy{number}.db")) as copy:
            found = events(copy)
            assert isinstance(chain.follow(found), chain.Head)
            assert len(found) % 2 == 1  # 19, and pairs
            with copy.writing(by(), None) as writing:
                writing.append(consent("P010"))
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_a_copy_never_takes_the_place_of_a_file(file: str, tmp_path: Path) -> None:
    store = fill(file)
    there = tmp_path / "there.db"
    there.write_text("mine")
    with pytest.raises(Refusal, match=r"DC701 .+there.db is there already"):
        store.copy_to(str(there))
    assert there.read_text() == "mine"
    with pytest.raises(Refusal, match=r"DC702 the study .+ cannot be opened"):
        store.copy_to(str(tmp_path / "no" / "folder.db"))


def test_a_copy_is_an_ordinary_study_file(file: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    fill(file).copy_to(str(copy))
    with sqlite3.connect(copy) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_export_of_a_large_study_is_never_in_memory_as_a_whole(file: str, tmp_path: Path) -> None:
    import tracemalloc

    from dosecalc.files import write_whole

    out = tmp_path / "study.jsonl"
    with fill(file, people=2000) as store:
        tracemalloc.start()
        with store.reading() as reading:
            write_whole(str(out), lines(reading.events(), public=False))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < out.stat().st_size / 2
        assert read_lines(out.read_bytes(), "x")[0] == events(store)


def test_an_export_that_stops_in_the_middle_leaves_what_was_there(file: str, tmp_path: Path) -> None:
    from dosecalc.files import write_whole

    out = tmp_path / "study.jsonl"
    out.write_text("yesterday's")
    store = fill(file)
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TRIGGER events_never_changed")
        raw.execute("UPDATE events SET entered_by = 'x' WHERE number = 10")
    with store.reading() as reading, pytest.raises(Refusal, match="DC820 event 10 is not as it was recorded: the st"):
        write_whole(str(out), lines(reading.events(), public=False))
    assert [path.name for path in tmp_path.iterdir() if "jsonl" in path.name] == ["study.jsonl"]
    assert out.read_text() == "yesterday's"
