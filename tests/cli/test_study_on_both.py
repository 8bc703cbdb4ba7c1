"""The whole life of a small study through the command line says the same on both databases, and moves between them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import postgres
from dosecalc.app.settings import shipped
from masked_study import STAFF, Clock, Person, site_file
from running import Ran, dosecalc

PROTOCOL = Path(shipped("NCT07084012.yaml")).read_text(encoding="utf-8")
VERSION = re.search(r"^version: (.+)$", PROTOCOL, re.MULTILINE)
CELLS = ("--lot", "MSC", "--concentration", "2.0e7 viable cells/mL")
ENTERED = ("--weight", "68", "--thawed-at", "2026-06-02T09:00", "--arm", "group-2", *CELLS)


@dataclass
class Life:
    """A study in a database, and everything that was said about it."""

    folder: Path
    place: str
    clock: Clock
    said: list[tuple[tuple[str, ...], int, str, str]] = field(default_factory=list)

    def __call__(self, at: str, user: str, *words: str, typed: str | None = None, code: int = 0) -> Ran:
        """Call a command on a day; what varies from study to study is taken out of what it says."""
        self.clock.set(f"{at}+08:00")
        keyed = ("--key", "keys/study.key") if STAFF[user] == "pharmacist" or typed is not None else ()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            if typed is not None:
                patch.setattr(sys, "stdin", Person(typed))
            ran = dosecalc(*words, "--study", self.place, "--as", user, *keyed)
        assert ran.code == code, (words, ran.err, ran.out)
        self.said.append((words, ran.code, self.plain(ran.out), self.plain(ran.err)))
        return ran

    def plain(self, text: str) -> str:
        text = text.replace(self.place, "STUDY")
        key = (self.folder / "keys" / "study.key").read_text(encoding="ascii").split(":")[-2:]
        for part in (*key, json.dumps(self.place)[1:-1]):
            text = text.replace(part.strip(), "KEY")
        text = re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)
        return re.sub(r'"(worksheet|record)": ".+"', r'"\1": "PACKED"', text)  # the head of the study is in them


def live(life: Life) -> None:
    """From consent to the last visit, with everything that a study can be told."""
    folder = life.folder
    (folder / "keys").mkdir()
    (folder / "list.csv").write_text("participant,arm,kit\nP001,group-2,K1\nP002,placebo,K2\nP003,group-1,K3\n")
    assert VERSION is not None
    second = PROTOCOL.replace(VERSION[0], "version: v2", 1).replace("offset: P14D", "offset: P15D")
    assert second.count("version: v2") == 1
    (folder / "v2.yaml").write_text(second, encoding="utf-8")
    life.clock.set("2026-06-01T08:00+08:00")
    site = str(site_file(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made = dosecalc(
            "study", "init", "--protocol", "NCT07084012", "--site", site, "--study", life.place,
            "--key-out", "keys/study.key", "--as", "zhao",
        )  # fmt: skip
    assert made.code == 0, made.err
    day = "2026-06-01"
    for code in ("P001", "P002", "P003"):
        life(f"{day}T09:00", "liu", "participant", "consent", code, "--form", "1.0", "--date", day)
        life(f"{day}T09:10", "liu", "participant", "enrol", code)
        life(f"{day}T09:20", "liu", "participant", "measure", code, "--weight", "68", "--by", "liu", "--date", day)
    life(f"{day}T09:30", "wang", "participant", "assign", "--list", "list.csv")
    for code in ("P001", "P002", "P003"):
        life(f"{day}T10:00", "wang", "participant", "assign", code)
        anchors = ("symptom_onset=2026-06-01T08:00", "first_dose=2026-06-02T09:30")
        life(f"{day}T22:00", "liu", "participant", "anchor", code, *anchors)
        for visit, when in (("D0", "2026-06-02"), ("D7", "2026-06-09"), ("D14", "2026-06-16")):
            life(f"{day}T22:10", "liu", "visit", "book", code, visit, f"{when}T09:30")
    day = "2026-06-02"
    life(f"{day}T08:00", "wang", "ip", "receive", "--stock", "our-example-stock.yaml")
    life(f"{day}T09:05", "wang", "ip", "prepare", "P001", "D0", "--thawed-at", f"{day}T09:00")
    life(f"{day}T09:15", "xu", "ip", "check", "P001", "D0", *ENTERED)
    life(f"{day}T09:20", "wang", "ip", "dispense", "P001", "D0", "--to", "liu")
    life(f"{day}T09:30", "liu", "ip", "administer", "P001", "D0")
    for code in ("P001", "P002", "P003"):
        life(f"{day}T09:40", "liu", "visit", "attend", code, "D0", day)
    read(life, f"{day}T12:00")
    day = "2026-06-03"
    amend = ("--effective", "2026-06-05", "--reconsent", "yes", "--reason", "a longer follow-up", "--yes")
    life(f"{day}T09:00", "zhao", "study", "amend", "--protocol", "v2.yaml", *amend)
    life(f"{day}T10:00", "liu", "visit", "move", "P002", "D7", "2026-06-10T11:00", "--yes")
    day = "2026-06-08"
    life(f"{day}T09:00", "liu", "participant", "consent", "P001", "--form", "2.0", "--date", day)
    life(f"{day}T09:10", "liu", "participant", "migrate", "P001", "--form", "2.0", "--yes")
    hold = ("--scope", "participant", "--target", "P001", "--reason", "rash")
    life(f"{day}T09:20", "chen", "study", "hold", *hold)
    life("2026-06-09T09:00", "wang", "ip", "prepare", "P001", "D7", code=1)
    life("2026-06-09T09:10", "chen", "study", "lift", *hold)
    life("2026-06-09T10:00", "liu", "visit", "attend", "P001", "D7", "2026-06-09")
    life("2026-06-10T16:00", "liu", "visit", "miss", "P002", "D7", "--reason", "fever")
    life("2026-06-10T16:10", "liu", "visit", "cancel", "P003", "D14", "--reason", "away", "--yes")
    told = ("--told", "Dr Wu", "--reason", "a rash")
    life("2026-06-11T03:00", "chen", "participant", "unblind", "P002", *told, typed="P002\n")
    life("2026-06-11T09:00", "chen", "participant", "discontinue", "P002", "--reason", "a rash", "--yes")
    life("2026-06-12T09:00", "liu", "visit", "unscheduled", "P001", "2026-06-12T09:00", "--reason", "a rash")
    life("2026-06-12T09:30", "liu", "participant", "withdraw", "P003", "--reason", "moved away", "--yes")
    life("2026-06-12T10:00", "liu", "participant", "correct", "2", "--set", "form=1.1", "--reason", "misread")
    life("2026-06-12T11:00", "wang", "ip", "quarantine", "MSC", "--reason", "freezer at -60")
    read(life, "2026-06-20T09:00")


def read(life: Life, at: str) -> None:
    """Ask everything, in words and as JSON, with the key and without."""
    for user in ("liu", "wang"):
        for words in (
            ("participant", "list"),
            *(("participant", "show", code) for code in ("P001", "P002", "P003")),
            *(("study", name) for name in ("today", "week", "overdue", "deviations", "drift", "head")),
            ("study", "today", "--as-of", "2026-06-02"),
            ("study", "calendars", "--out", f"calendars-{user}-{at[:10]}"),
        ):
            life(at, user, *words)
            if words[1] != "calendars":
                life(at, user, *words, "--json")
    for words in (("study", "exposure"), ("ip", "balance")):
        life(at, "wang", *words)
        life(at, "wang", *words, "--json")
    life(at, "mo", "study", "verify")


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob("calendars-*/**/*.ics"))}


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Life]]:
    """The same life in both databases."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        found = {
            "SQLite": Life(tmp_path_factory.mktemp("file"), "study.db", clock),
            "PostgreSQL": Life(tmp_path_factory.mktemp("server"), postgres.new_database(), clock),
        }
        for life in found.values():
            live(life)
        yield found


def test_a_study_says_the_same_word_for_word_on_both_databases(lives: dict[str, Life]) -> None:
    file, server = lives.values()
    for one, other in zip(file.said, server.said, strict=True):
        assert one == other
    assert len(written(file.folder)) > 6
    assert written(file.folder) == written(server.folder)


ASKED = (
    *(("study", name, "--json") for name in ("today", "week", "overdue", "deviations", "drift", "exposure")),
    ("participant", "show", "P001", "--json"),
    ("ip", "balance", "--json"),
    ("study", "verify"),
)


@pytest.mark.parametrize("engine", ["SQLite", "PostgreSQL"])
def test_a_study_moves_to_the_other_database_and_back_and_says_the_same_there(
    lives: dict[str, Life], engine: str
) -> None:
    at, out = "2026-06-21T09:00", "export.jsonl"
    true = lives[engine]
    life = Life(true.folder, true.place, true.clock)
    life(at, "wang", "study", "export", "--out", out)
    first = (life.folder / out).read_bytes()
    life.said.clear()
    for words in ASKED:
        life(at, "wang", *words)
    for place in (postgres.new_database() if engine == "SQLite" else "there.db", "back.db"):
        moved = Life(life.folder, place, life.clock)
        moved(at, "wang", "study", "import", out)
        moved(at, "wang", "study", "export", "--out", out)
        assert (life.folder / out).read_bytes() == first
        moved.said.clear()
        for words in ASKED:
            moved(at, "wang", *words)
        assert life.said == moved.said


def test_a_backup_of_a_study_in_postgresql_is_an_export_that_imports(lives: dict[str, Life]) -> None:
    true = lives["PostgreSQL"]
    life, copy = (Life(true.folder, place, true.clock) for place in (true.place, "copy.db"))
    life("2026-06-21T09:00", "zhao", "study", "backup", "--out", "backup.jsonl")
    copy("2026-06-21T09:00", "zhao", "study", "import", "backup.jsonl")
    found = [asked("2026-06-21T09:10", "mo", "study", "head").out for asked in (life, copy)]
    assert found[0] == found[1]
