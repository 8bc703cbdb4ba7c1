"""Two studies that differ only in who gets what: masked people see the same bytes in both, whatever they call (R15)."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from dosecalc.cli import ip, participant, study, visit
from masked_study import MASKED, STAFF, Clock, begin, call
from running import Ran

CODES = ("P001", "P002", "P003", "P004")
ARMS = ("group-1", "group-2", "placebo")
CELLS, MEDIUM = "LOT-OF-CELLS", "LOT-OF-MEDIUM"
ALLOCATIONS: dict[str, Mapping[str, str]] = {
    "each": dict(zip(CODES, ("group-1", "placebo", "group-2", "placebo"), strict=True)),
    "other": dict(zip(CODES, ("placebo", "group-2", "placebo", "group-1"), strict=True)),
    "all placebo": dict.fromkeys(CODES, "placebo"),
    "all the same": dict.fromkeys(CODES, "group-2"),
}


@dataclass(frozen=True)
class Step:
    """A call that everybody makes in both studies; what a masked person gets to see of it is compared."""

    at: str
    user: str
    words: tuple[str, ...]
    check: str = ""
    """Whose dose the second person checks; what they enter is what their own list says of the arm."""


def does(at: str, user: str, line: str, *more: str) -> Step:
    return Step(at, user, (*line.split(), *more))


def handed_out(code: str, visit: str, day: str) -> Iterator[Step]:
    yield does(f"{day}T09:05+08:00", "wang", f"ip prepare {code} {visit} --thawed-at {day}T09:00")
    yield Step(f"{day}T09:15+08:00", "xu", ("ip", "check", code, visit), check=code)
    yield does(f"{day}T09:20+08:00", "wang", f"ip dispense {code} {visit} --to liu")


def dose_of(code: str) -> Iterator[Step]:
    yield from handed_out(code, "D0", "2026-06-02")
    part = ("--part", "0.5", "--reason", "syncope") if code == "P004" else ()
    yield does("2026-06-02T09:30+08:00", "liu", f"ip administer {code} D0", *part)


def history() -> Iterator[Step]:
    """From consent to the last visit; every command that changes something."""
    for code in CODES:
        yield does("2026-06-01T09:00+08:00", "liu", f"participant consent {code} --form 1.0 --date 2026-06-01")
        yield does("2026-06-01T09:10+08:00", "liu", f"participant enrol {code}")
        yield does(
            "2026-06-01T09:20+08:00", "liu", f"participant measure {code} --weight 68 --by liu --date 2026-06-01"
        )
    yield does("2026-06-01T09:30+08:00", "wang", "participant assign --list allocation.csv")
    for code in CODES:
        yield does("2026-06-01T10:00+08:00", "wang", f"participant assign {code}")
        yield does(
            "2026-06-01T22:00+08:00", "liu",
            f"participant anchor {code} symptom_onset=2026-06-01T20:00 first_dose=2026-06-02T09:30",
        )  # fmt: skip
        for day, on in (("D0", "02"), ("D7", "09"), ("D14", "16")):
            yield does("2026-06-01T22:10+08:00", "liu", f"visit book {code} {day} 2026-06-{on}T09:30")
    yield does("2026-06-02T08:00+08:00", "wang", "ip receive --stock our-example-stock.yaml")
    for code in CODES:
        yield from dose_of(code)
    yield does("2026-06-02T09:40+08:00", "liu", "visit attend P001 D0 2026-06-02")
    yield does("2026-06-02T09:41+08:00", "liu", "visit attend P002 D0 2026-06-02")
    yield does("2026-06-08T08:00+08:00", "liu", "participant consent P005 --form 1.0 --date 2026-06-08")
    yield does("2026-06-08T09:00+08:00", "liu", "visit move P002 D7 2026-06-10T09:30 --yes")
    yield does("2026-06-08T09:10+08:00", "liu", "visit cancel P004 D7 --yes --reason", "asks for another day")
    yield from handed_out("P001", "D7", "2026-06-09")  # and not given: what stands in the way must not tell
    yield does("2026-06-12T09:00+08:00", "liu", "visit miss P003 D7 --reason", "did not come")
    yield does("2026-06-12T09:10+08:00", "liu", "visit unscheduled P001 2026-06-12T09:00 --reason", "rash")
    yield does("2026-06-12T09:20+08:00", "chen", "study hold --scope participant --target P001 --reason", "rash")
    yield does(
        "2026-06-12T09:30+08:00", "chen", "study lift --scope participant --target P001 --reason", "it went away"
    )
    yield does("2026-06-12T09:40+08:00", "chen", "participant discontinue P002 --yes --reason", "rash")
    yield does("2026-06-12T09:45+08:00", "wang", f"ip quarantine {CELLS} --reason", "freezer at -60 °C")
    yield does("2026-06-12T09:50+08:00", "liu", "participant withdraw P003 --yes --reason", "moved away")


def run(folder: Path, step: Step) -> Ran:
    words = step.words
    if step.check:
        listed = dict(line.split(",")[:2] for line in (folder / "allocation.csv").read_text().splitlines())
        arm, visit = listed[step.check], step.words[3]
        day = {"D0": "2026-06-02", "D7": "2026-06-09"}[visit]
        lot = (
            (MEDIUM,)
            if arm == "placebo" or (arm, visit) == ("group-1", "D7")
            else (CELLS, "--concentration", "2.0e7 viable cells/mL")
        )
        words += ("--arm", arm, "--weight", "68", "--thawed-at", f"{day}T09:00", "--lot", *lot)
    return call(folder, step.user, *words, key=STAFF[step.user] == "pharmacist")


@dataclass(frozen=True)
class Pair:
    """Two studies and what masked people saw while they came to be."""

    one: Path
    two: Path
    seen: list[tuple[Step, Ran, Ran]]


@pytest.fixture(scope="module", params=["other", "all placebo", "all the same"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The same history in two studies. They have one key and one first event; the nonces differ."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        one = tmp_path_factory.mktemp("one")
        begin(one)
        stock = one / "our-example-stock.yaml"
        text = stock.read_text(encoding="utf-8")
        stock.write_text(
            text.replace("\n  MSC:", f"\n  {CELLS}:").replace("\n  MEDIUM:", f"\n  {MEDIUM}:"), encoding="utf-8"
        )
        two = tmp_path_factory.mktemp("two") / "study"
        shutil.copytree(one, two)
        for folder, name in ((one, "each"), (two, request.param)):
            rows = "".join(f"{code},{arm},KIT-000{n}\n" for n, (code, arm) in enumerate(ALLOCATIONS[name].items()))
            (folder / "allocation.csv").write_text(f"participant,arm,kit\n{rows}")
        seen = []
        for step in history():
            clock.set(step.at)
            ran = run(one, step), run(two, step)
            for each in ran:
                assert each.code == 0, (step, each.err)
            if step.user in MASKED:
                seen.append((step, *ran))
        clock.set("2026-06-12T10:00+08:00")
        yield Pair(one, two, seen)


def test_whoever_is_masked_sees_the_same_while_the_study_goes_on(pair: Pair) -> None:
    assert len(pair.seen) > 20
    for step, one, two in pair.seen:
        assert one == two, step
        assert not [arm for arm in ARMS if arm in one.out + one.err], step


READS = (
    "study today", "study today --day 2026-06-16", "study week", "study overdue", "study deviations", "study drift",
    "study drift --participant P002", "study exposure", "study exposure --participant P001",
    "study exposure --csv exposure.csv", "study head", "study verify", "study staff",
    "study calendars --out calendars", "study export --out all.jsonl", "study export --public --out public.jsonl",
    "study backup --out backup.db", "study today --as-of 2026-06-05",
    "participant list", "participant list --as-of 2026-06-02", "participant show P001", "participant show P003",
    "participant show P002", "participant show P004 --as-of 2026-06-02",
    "ip balance", "ip balance LOT-OF-CELLS",
)  # fmt: skip
REFUSED = (
    "study hold --scope level --target group-1 --reason x", "study hold --scope lot --target LOT-OF-CELLS --reason x",
    "ip administer P001 D7", "participant enrol P005", "ip void 30 --reason x",
    "study codebreak --out cards.html", "participant assign P001", "participant assign --list allocation.csv",
    "participant unblind P001 --told x --reason y", "participant unblind P004 --told x --reason y --yes",
    "participant show P009", "participant enrol P001", "participant consent p001 --form 1.0 --date 2026-06-01",
    "participant measure P001 --weight 6000 --by liu --date 2026-06-01", "participant measure P002 --area 3",
    "participant screen-failure P001 --reason x", "participant migrate P001", "participant anchor P001 x=2026-06-01",
    "visit book P001 D7 2026-06-20T09:30", "visit book P002 D0 2026-06-02T09:30", "visit attend P003 D14 2026-06-16",
    "visit move P001 D14 2026-06-17T09:30", "ip prepare P001 D7", "ip prepare P002 D14", "ip check P001 D0",
    "ip dispense P001 D0 --to liu", "ip administer P001 D0", "ip administer P002 D7", "ip receive --stock nowhere.yaml",
    "ip quarantine LOT-OF-CELLS --reason x", "ip quarantine NONE --reason x", "ip release LOT-OF-CELLS --reason x",
    "ip return LOT-OF-CELLS --vials 1 --reason x", "ip destroy LOT-OF-MEDIUM --vials 1000 --reason x",
    "study open-level group-1",
    "study lift --scope study --reason x", "study amend --protocol none.yaml --effective 2026-07-01 --reconsent no",
    "study import all.jsonl", "study init --protocol NCT07084012 --site our-example.yaml --key-out study.key",
    "participant correct 20 --void --reason x", "study book",
)  # fmt: skip


def what_is_written(folder: Path) -> dict[str, bytes]:
    """The files that a call wrote, but for those that were there."""
    there = {"allocation.csv", "our-example.yaml", "our-example-stock.yaml", "study.key"}
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in there and not name.startswith(("study.db", "backup.db")):
            found[name] = path.read_bytes()
    return found


FORMATS = ((), ("--json",), ("--language", "zh"))


@pytest.mark.parametrize(
    ("pair", "user", "key"),
    [
        *(("other", user, key) for user in MASKED for key in (False, True)),
        ("all placebo", "liu", False),
        ("all the same", "chen", True),
    ],
    indirect=["pair"],
)
def test_whatever_a_masked_person_asks_for_both_studies_answer_alike(
    pair: Pair, user: str, key: bool, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    shutil.copytree(pair.one, one)
    shutil.copytree(pair.two, two)
    broken = []
    for number, line in enumerate((*READS, *REFUSED), MASKED.index(user)):
        words = (*line.split(), *FORMATS[number % 3])  # among them the roles try every way to show it
        first, second = (call(folder, user, *words, key=key) for folder in (one, two))
        written = [what_is_written(folder) for folder in (one, two)]
        if first != second:
            broken.append(f"{' '.join(words)}: {first} | {second}")
        if written[0] != written[1]:
            broken.append(f"{' '.join(words)} writes other files")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("pair", ["other"], indirect=True)
@pytest.mark.parametrize("line", READS)
def test_what_is_only_read_works_for_a_masked_person_or_is_refused_as_masked(pair: Pair, line: str) -> None:
    ran = call(pair.one, "mo", *line.split())
    if ran.code:
        assert "DC725" in ran.err, ran.err
    assert not [arm for arm in ARMS if arm in ran.out + ran.err]


def test_every_command_of_the_study_is_tried() -> None:
    tried = {tuple(step.words[:2]) for step in history()} | {tuple(line.split()[:2]) for line in (*READS, *REFUSED)}
    groups = {"study": study, "participant": participant, "visit": visit, "ip": ip}
    there = {(group, name) for group, module in groups.items() for name in module.command.list_commands(None)}
    assert there - tried == set()


TELLING = (*ARMS, "KIT-000", CELLS, MEDIUM)


def test_who_reads_every_table_without_the_key_finds_no_arm_no_kit_and_no_lot(pair: Pair) -> None:
    """But for the arms that the protocol's own text names, which is the same for everybody."""
    told: dict[str, list[int]] = {}
    for folder in (pair.one, pair.two):
        with sqlite3.connect(folder / "study.db") as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in database.execute(f"SELECT * FROM {table}"):
                    if "init" in row:
                        continue
                    cells = [cell if isinstance(cell, bytes) else str(cell).encode() for cell in row]
                    for text in TELLING:
                        assert not [cell for cell in cells if text.encode() in cell], (table, text, row)
        told[str(folder)] = lengths(folder)
    assert len(told[str(pair.one)]) > 15
    assert told[str(pair.one)] == told[str(pair.two)]


def lengths(folder: Path) -> list[int]:
    """The length of every sealed part, in the order of the events."""
    with sqlite3.connect(folder / "study.db") as database:
        found = database.execute("SELECT length(sealed) FROM events WHERE sealed IS NOT NULL ORDER BY number")
        return [length for (length,) in found]


def test_the_sealed_parts_of_a_kind_have_one_length(pair: Pair) -> None:
    with sqlite3.connect(pair.one / "study.db") as database:
        kinds = dict(
            database.execute(
                "SELECT kind, count(DISTINCT length(sealed)) FROM events WHERE sealed IS NOT NULL GROUP BY kind"
            )
        )
    assert {"allocation", "assign", "receive", "prepare", "check", "dispense"} <= set(kinds)
    assert set(kinds.values()) == {1}


def test_all_that_is_not_sealed_is_the_same_in_both_studies(pair: Pair) -> None:
    rows = []
    for folder in (pair.one, pair.two):
        with sqlite3.connect(folder / "study.db") as database:
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


def test_the_same_number_of_events_and_bytes_whatever_the_allocation(pair: Pair) -> None:
    assert (pair.one / "study.db").stat().st_size == (pair.two / "study.db").stat().st_size


def test_the_export_holds_nothing_either(pair: Pair, tmp_path: Path) -> None:
    for user, key, public in (("wang", True, False), ("mo", False, True)):
        texts = []
        for folder in (pair.one, pair.two):
            out = tmp_path / "export.jsonl"
            assert call(folder, user, "study", "export", "--out", str(out), key=key).code == 0
            texts.append(out.read_text("utf-8"))
        for text in texts:
            events = [line for line in text.splitlines() if '"init"' not in line]
            assert not [word for word in TELLING if word in "".join(events)]
        assert len(texts[0]) == len(texts[1])
        assert (texts[0] == texts[1]) is public


def test_the_pharmacist_sees_the_arms_that_the_others_do_not(pair: Pair) -> None:
    """Else all of the above would hold for a study that has lost them."""
    ran = call(pair.one, "wang", "participant", "list", "--json", key=True)
    assert [arm for arm in ARMS if arm in ran.out] == list(ARMS)
    assert ran != call(pair.two, "wang", "participant", "list", "--json", key=True)
