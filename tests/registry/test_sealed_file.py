"""Who has the file, the dump, the export or the backup of a study, and not its key, learns no arm from any of them."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import postgres
from dosecalc.app.study import open_study
from dosecalc.registry.engine import connect_to
from dosecalc.registry.event import Event
from dosecalc.registry.fold import sealed_of
from dosecalc.registry.sealing import Key
from masked_study import KEY, Clock, begin, call
from masked_trials import ACTIVE, TRIALS, Pair
from pharmacy import own_files
from running import dosecalc

PAIRS = [(name, other) for name, trial in TRIALS.items() for other in ("other", "all the same")]
both = pytest.mark.parametrize("pair", PAIRS, indirect=True)


# --- what is secret, and how it could be written ---------------------------------------------------------------------


def texts(value: Any) -> Iterator[str]:
    """Every text and number in a JSON value."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def unsealed(event: Event, key: Key | None) -> set[str]:
    """What the key opens in an event, with the worksheet that is packed in it."""
    sealed = sealed_of(event, key) or {}
    packed = sealed.pop("worksheet", None)
    document = None if packed is None else json.loads(zlib.decompress(base64.b85decode(packed)))
    return set(texts([sealed, document]))


def opened(folder: Path) -> list[set[str]]:
    """What the key opens, event by event."""
    session = open_study(str(folder / "study.db"), user="wang", key=str(folder / KEY), at=None)
    with session, session.read() as reading:
        events = list(reading.events())
    heads = {
        event.hash for event in events
    }  # stand on the worksheets; they are digests of what is sealed as it is stored
    return [unsealed(event, session.view.key) - heads for event in events]


def secrets(pair: Pair) -> list[str]:
    """What differs between the two allocations, and what would tell one: nobody may find it without the key."""
    found = set()
    for one, two in zip(opened(pair.one), opened(pair.two), strict=True):
        found |= one ^ two
    named = {each for listed in pair.trial.allocations.values() for each in listed} | set(pair.trial.tell)
    return sorted(named | {text for text in found if len(text) >= 6})  # shorter ones stand in ciphertext by chance


def ways(text: str) -> Iterator[bytes]:
    """A text as it could stand somewhere: in other character sets, as hex, as base 64, backwards."""
    plain = text.encode()
    for charset in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030"):
        yield text.encode(charset)
    yield from (plain[::-1], plain.hex().encode(), base64.b32encode(plain).rstrip(b"=")[:-1])
    for shift in range(3):  # wherever it begins among three bytes
        whole = base64.b64encode(b"\0" * shift + plain)
        yield whole[(0, 2, 3)[shift] : 8 * (shift + len(plain)) // 6]


def hits(data: bytes, text: str) -> int:
    """How often a text stands in there, in whatever way and in capitals or not."""
    low = data.lower()
    plain = text.encode()
    return sum(low.count(way.lower()) for way in {*ways(text)} if len(way) >= 8 or way in (plain, plain[::-1]))


def unpacked(data: bytes) -> bytes:
    """The bytes, and behind them whatever in them was compressed."""
    parts = [data]
    for head in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b\x08"):
        start = data.find(head)
        while start >= 0:
            with suppress(zlib.error):
                parts.append(zlib.decompressobj(wbits=47).decompress(data[start:]))
            start = data.find(head, start + 1)
    return b"\n".join(parts)


def told(data: bytes, words: list[str]) -> list[str]:
    found = unpacked(data)
    return [word for word in words if hits(found, word)]


@pytest.mark.parametrize(
    "data",
    [
        "in group-2".encode("utf-16-le"),
        b"GROUP-2",
        b"xy" + "group-2".encode("utf-32-be"),
        b"group-2".hex().upper().encode(),
        *(base64.b64encode(b"." * n + b"is in group-2 now") for n in range(3)),
        b"--" + zlib.compress(b"is in group-2 now"),
        b"group-2"[::-1],
    ],
)
def test_the_search_would_find_an_arm(data: bytes) -> None:
    assert told(data, ["group-2"]) == ["group-2"]


def test_the_key_opens_what_is_searched_for(played: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the searches would find nothing because they look for nothing."""
    Clock(monkeypatch)
    for name, words in (
        ("NCT07084012", {"group-1", "group-2", "placebo", "cell-medium", "hUC-MSC", "KIT-000", ACTIVE}),
        ("NCT06932393", {"study", "control", "KIT-000", ACTIVE}),
    ):
        found = set(secrets(played(name, "other")))
        assert words <= found
        assert len(found) > 20  # digests of worksheets, their parts


# --- the places ------------------------------------------------------------------------------------------------------


def dump(file: Path) -> list[str]:
    """The whole database as SQL, every table of it and the database's own."""
    with closing(sqlite3.connect(file)) as database:
        return [*database.iterdump(), *(str(row) for row in database.execute("SELECT * FROM sqlite_master"))]


def since(pair: Pair, file: Path, tmp_path: Path) -> bytes:
    """What stands in a database and did not, before anybody was in the study: the protocol's own text names arms."""
    new = tmp_path / "new.db"
    new.write_bytes(pair.new)
    before = set(dump(new))
    lines = [line for line in dump(file) if line not in before]
    blobs = [cell for row in every_cell(file) for cell in row if isinstance(cell, bytes)]
    return b"\n".join([*(line.encode() for line in lines), *blobs])


def every_cell(file: Path) -> Iterator[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield from database.execute(f"SELECT * FROM {table}")


@both
def test_no_table_no_index_and_no_derived_row_tells_anything(pair: Pair, tmp_path: Path) -> None:
    words = secrets(pair)
    for folder in (pair.one, pair.two):
        data = since(pair, folder / "study.db", tmp_path)
        assert len(data) > 100_000
        assert told(data, words) == []


@both
def test_the_bytes_of_the_files_tell_nothing_while_the_study_is_in_use(pair: Pair, tmp_path: Path) -> None:
    """The database, its log and its index of the log, with a reader in it, so that the log stays."""
    shutil.copytree(pair.one, tmp_path / "study")
    file = tmp_path / "study" / "study.db"
    words = [word for word in secrets(pair) if not hits(pair.new, word)]
    assert {"KIT-000", ACTIVE} <= set(words)
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchall()
        for line in (f"ip release {ACTIVE} --reason x", f"ip return {ACTIVE} --vials 1 --reason x"):
            ran = call(tmp_path / "study", "wang", *line.split(), key=True)
            assert ran.code == 0, ran.err
        files = sorted(path for path in file.parent.iterdir() if path.name.startswith("study.db"))
        assert [path.name for path in files] == ["study.db", "study.db-shm", "study.db-wal"]
        assert files[2].stat().st_size > 4096
        for path in files:
            assert told(path.read_bytes(), words) == [], path.name


@both
def test_a_backup_and_every_export_tell_nothing(pair: Pair, tmp_path: Path) -> None:
    words = secrets(pair)
    folder = pair.one
    backup = tmp_path / "backup.db"
    assert call(folder, "mo", "study", "backup", "--out", str(backup)).code == 0
    assert told(since(pair, backup, tmp_path), words) == []
    for user, key in (("mo", False), ("mo", True), ("wang", True)):
        out = tmp_path / "export.jsonl"
        assert call(folder, user, "study", "export", "--out", str(out), key=key).code == 0
        head, *lines = (line for line in out.read_bytes().splitlines() if b'"init"' not in line)
        assert json.loads(head) == {"format": "dosecalc-study-1", "public": user == "mo"}
        assert len(lines) > 50
        sealed = [json.loads(line).get("sealed") for line in lines]
        blobs = [base64.b64decode(each) for each in sealed if isinstance(each, str)]
        assert told(b"\n".join([*lines, *blobs]), words) == []
    calendars = tmp_path / "calendars"
    assert call(folder, "mo", "study", "calendars", "--out", str(calendars)).code == 0
    written = b"\n".join(path.read_bytes() + path.name.encode() for path in calendars.rglob("*.*"))
    assert told(written, [word for word in words if not word.isdigit() and word not in ("study", "control")]) == []


@both
def test_the_whole_study_in_postgresql_tells_nothing(pair: Pair, tmp_path: Path) -> None:
    place, out = postgres.new_database(), tmp_path / "export.jsonl"
    assert call(pair.one, "wang", "study", "export", "--out", str(out), key=True).code == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        ran = dosecalc("study", "import", str(out), "--study", place, "--as", "wang")
        assert ran.code == 0, ran.err
    found = []
    engine = connect_to(place)
    with engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')):
                if "init" not in tuple(row):
                    found += [
                        bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in row
                    ]
    engine.dispose()
    assert len(found) > 1000
    assert told(b"\n".join(found), secrets(pair)) == []


# --- the third way to tell: sizes, numbers, orders -------------------------------------------------------------------


def lengths(folder: Path) -> list[int]:
    """The length of every sealed part, in the order of the events."""
    with closing(sqlite3.connect(folder / "study.db")) as database:
        found = database.execute("SELECT length(sealed) FROM events WHERE sealed IS NOT NULL ORDER BY number")
        return [length for (length,) in found]


@both
def test_the_sealed_parts_are_as_many_and_as_long_whatever_the_allocation(pair: Pair) -> None:
    assert len(lengths(pair.one)) > 15
    assert lengths(pair.one) == lengths(pair.two)


@both
def test_the_sealed_parts_of_a_kind_have_one_length(pair: Pair) -> None:
    with closing(sqlite3.connect(pair.one / "study.db")) as database:
        kinds = dict(
            database.execute(
                "SELECT kind, count(DISTINCT length(sealed)) FROM events WHERE sealed IS NOT NULL GROUP BY kind"
            )
        )
    assert {"allocation", "assign", "receive", "prepare", "check", "dispense"} <= set(kinds)
    assert set(kinds.values()) == {1}


@both
def test_all_that_is_not_sealed_is_the_same_in_both_studies_in_the_same_order(pair: Pair) -> None:
    rows = []
    for folder in (pair.one, pair.two):
        with closing(sqlite3.connect(folder / "study.db")) as database:
            database.row_factory = sqlite3.Row
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows.append(
                {
                    table: [
                        {name: row[name] for name in row.keys() if name not in ("sealed", "hash")}  # noqa: SIM118
                        for row in database.execute(f"SELECT * FROM {table}")
                        if "head" not in tuple(row)
                    ]
                    for table in tables
                }
            )
    assert rows[0] == rows[1]


@both
def test_the_files_have_the_same_size_whatever_the_allocation(pair: Pair, tmp_path: Path) -> None:
    assert (pair.one / "study.db").stat().st_size == (pair.two / "study.db").stat().st_size
    sizes = set()
    for folder in (pair.one, pair.two):
        out = tmp_path / f"{folder.name}.jsonl"
        assert call(folder, "wang", "study", "export", "--out", str(out), key=True).code == 0
        backup = tmp_path / f"{folder.name}.db"
        assert call(folder, "wang", "study", "backup", "--out", str(backup)).code == 0
        sizes.add((out.stat().st_size, len(out.read_bytes().splitlines()), backup.stat().st_size))
    assert len(sizes) == 1


# --- an open trial ---------------------------------------------------------------------------------------------------


def test_in_an_open_trial_nobody_is_masked_and_what_is_sealed_in_the_file_stays_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch).set("2026-06-01T09:00+08:00")
    begin(tmp_path, "NCT07203599")
    new = (tmp_path / "study.db").read_bytes()
    _, stock = own_files(tmp_path)
    text = Path(stock).read_text(encoding="utf-8")
    Path(stock).write_text(text.replace("\n  EV-A:", f"\n  {ACTIVE}:"), encoding="utf-8")
    (tmp_path / "list.csv").write_text("participant,arm,kit\nP001,phase1-A,KIT-0001\n", encoding="utf-8")
    for user, line in (
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("wang", "participant assign --list list.csv"),
        ("wang", "participant assign P001"),
        ("liu", "participant measure P001 --area 23.4 --method tracing --by liu --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-01"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
        ("wang", f"ip prepare P001 W0 --lot {ACTIVE} --thawed-at 2026-06-01T08:45"),
    ):
        ran = call(tmp_path, user, *line.split(), key=user == "wang")
        assert ran.code == 0, (line, ran.err)
    # 23.4 cm², rounded up, are 24 sites of 1e8 particles
    words = ["KIT-0001", ACTIVE, "2400000000"]
    assert set(words) <= set().union(*opened(tmp_path))
    words.remove(ACTIVE)  # whoever gives a dose of an open trial must know when its lot is set aside
    assert told((tmp_path / "study.db").read_bytes(), words) == []
    assert not [word for word in words if hits(new, word)]
    for user in ("liu", "mo", "zhao"):  # they see the arm, and without the key no more
        shown = call(tmp_path, user, "participant", "show", "P001", "--json").json
        assert (shown["arm"], shown["kit"]) == ("phase1-A", None)
        assert call(tmp_path, user, "participant", "show", "P001", "--json", key=True).json["kit"] == "KIT-0001"
        assert "DC726" in call(tmp_path, user, "ip", "balance").err
        out = tmp_path / f"{user}.jsonl"
        assert call(tmp_path, user, "study", "export", "--out", str(out)).code == 0
        assert told(out.read_bytes(), words) == []
