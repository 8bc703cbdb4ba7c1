"""Every command that reads, on a study that was changed by hand: what is true, or one clear refusal; no traceback."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from dosecalc.app.settings import shipped
from dosecalc.app.study import open_study
from dosecalc.registry.event import Draft, Event
from registry.test_tampering import copied, guards_off, guards_on, rewritten
from running import Ran, dosecalc

SITE = shipped("sites", "example.yaml")
NOW = "2026-03-16T09:00"
READING = [
    *(("participant", "show", code) for code in ("P001", "P002")),
    ("participant", "list"),
    *(("study", name) for name in ("today", "week", "overdue", "deviations", "exposure", "drift", "head")),
    ("study", "calendars", "--out", "calendars"),
    ("study", "export", "--out", "export.jsonl"),
    ("ip", "balance"),
    ("visit", "book", "P001", "W4", "2026-03-30T09:30"),
    ("visit", "move", "P001", "W2", "2026-03-17T09:30", "--yes"),
    ("visit", "attend", "P001", "W2", "2026-03-16"),
    ("ip", "prepare", "P001", "W2"),
    ("ip", "dispense", "P001", "W0", "--to", "nurse"),
    ("ip", "administer", "P001", "W0"),
    ("study", "backup", "--out", "copy.db"),
]
"""Commands that change something are called in an own copy."""


@pytest.fixture(scope="module")
def true_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two participants: one before the second visit, one with a visit missed."""
    folder = tmp_path_factory.mktemp("true")
    study, key = str(folder / "s.db"), str(folder / "keys" / "s.key")
    (folder / "keys").mkdir()
    call(folder, "study", "init", "--protocol", "NCT07203599", "--site", SITE, "--key-out", key, at="2026-03-01T08:00")
    for code in ("P001", "P002"):
        for words in (
            ("consent", code, "--form", "1.0", "--date", "2026-03-01"),
            ("enrol", code, "--cohort", "phase1-A"),
            ("measure", code, "--area", "23.4", "--method", "tracing", "--by", "CRC-02", "--date", "2026-03-01"),
        ):
            call(folder, "participant", *words, at="2026-03-01T09:00")
    opened = {"level": "100000000 particles/site", "arm": "phase1-A"}  # as a study can tell after going up and down
    with open_study(study, user="liu", key=None, at="2026-03-01T09:30") as session:
        session.change(lambda _: [Draft(kind="open_level", at=session.at, reason="first", public=opened)])
    for code in ("P001", "P002"):
        call(folder, "participant", "assign", code, "--arm", "phase1-A", at="2026-03-01T10:00")
        call(folder, "participant", "anchor", code, "first_dose=2026-03-02", at="2026-03-02T08:00")
        call(folder, "visit", "attend", code, "W0", "2026-03-02", at="2026-03-02T12:00")
        call(folder, "visit", "book", code, "W2", "2026-03-16T09:30", at="2026-03-02T12:30")
    call(folder, "visit", "miss", "P002", "W2", "--reason", "ill", at="2026-03-16T08:00")
    call(folder, "study", "hold", "--scope", "participant", "--target", "P002", "--reason", "x", at="2026-03-16T08:30")
    with sqlite3.connect(study) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def call(folder: Path, *words: str, at: str) -> Ran:
    done = dosecalc(*words, "--study", str(folder / "s.db"), "--as", "liu", "--at", at, "--json")
    assert done.code == 0, (words, done.err)
    return done


def tamper(place: Path, deeds: tuple[str | Callable[[sa.Connection], None], ...]) -> None:
    engine = sa.create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        guards_off(connection)
        for deed in deeds:
            if isinstance(deed, str):
                connection.exec_driver_sql(deed)
            else:
                deed(connection)
        guards_on(connection)
    engine.dispose()


def says(number: int, **changed: object) -> Callable[[sa.Connection], None]:
    """The chain is made anew over an event with other columns; a key of what is public is given as `public_KEY`."""

    def change(events: list[Event]) -> list[Event]:
        event = events[number - 1]
        public = json.loads(event.public)
        columns = {name: value for name, value in changed.items() if not name.startswith("public_")}
        for name, value in changed.items():
            if name.startswith("public_"):
                public.pop(name[7:], None)
                if value is not None:
                    public[name[7:]] = value
        text = json.dumps(public, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        events[number - 1] = dataclasses.replace(event, **{"public": text, **columns})  # type: ignore[arg-type]
        return events

    found = rewritten(change)
    assert callable(found)
    return found


SET = "UPDATE events SET"
# The study: 1 init; P001: 2 consent, 3 enrol, 4 measure; P002: 5, 6, 7; 8 open_level; P001: 9 assign, 10 anchor,
# 11 attend, 12 book; P002: 13, 14, 15, 16; 17 miss, 18 hold.
BROKEN: dict[str, tuple[str | Callable[[sa.Connection], None], ...]] = {
    "no JSON": (f"{SET} public = '{{' WHERE number = 4",),
    "a list": (f"{SET} public = '[]' WHERE number = 12",),
    "nothing public": (f"{SET} public = '{{}}' WHERE number = 11",),
    "bytes": (f"{SET} public = x'ff00' WHERE number = 10",),
    "a text that is none": (f"{SET} entered_by = CAST(x'ff' AS TEXT) WHERE number = 9",),
    "no date": (f"{SET} public = replace(public, '2026-03-02', 'soon') WHERE number = 10",),
    "another date": (f"{SET} public = replace(public, '2026-03-02', '2026-03-03') WHERE number = 10",),
    "another kind": (f"{SET} kind = 'withdraw' WHERE number = 12",),
    "an unknown kind": (f"{SET} kind = 'dance' WHERE number = 11",),
    "an unknown kind of init": (f"{SET} kind = 'dance' WHERE number = 1",),
    "the first event gone": ("DELETE FROM events WHERE number = 1",),
    "the arm gone": ("DELETE FROM events WHERE number = 9",),
    "the hold gone": ("DELETE FROM events WHERE number = 18",),
    "the hold gone, and the head": (
        "DELETE FROM events WHERE number = 18",
        "UPDATE meta SET value = (SELECT hash FROM events WHERE number = 17) WHERE name = 'head'",
    ),
    "the last event of a participant gone": ("DELETE FROM events WHERE number = 12",),
    "a participant gone": ("DELETE FROM events WHERE participant = 'P001'",),
    "all gone": ("DELETE FROM events",),
    "a participant renamed": (f"{SET} participant = 'P009' WHERE participant = 'P001'",),
    "an event given to another": (f"{SET} participant = 'P002' WHERE number = 12",),
    "no participant": (f"{SET} participant = NULL WHERE number = 12",),
    "no visit": (f"{SET} visit = NULL WHERE number = 12",),
    "another visit": (f"{SET} visit = 'W99' WHERE number = 12",),
    "no time": (f"{SET} at_local = 'noon' WHERE number = 12",),
    "no time of entering": (f"{SET} entered_at = '' WHERE number = 12",),
    "no role": (f"{SET} role = 'king' WHERE number = 1",),
    "a correction of nothing": (f"{SET} kind = 'correct', corrects = 99 WHERE number = 12",),
    "a correction of itself": (f"{SET} kind = 'correct', corrects = 12 WHERE number = 12",),
    "another protocol": (f"{SET} protocol_sha256 = 'x' WHERE number = 12",),
    "no protocol text": (f"{SET} public = replace(public, 'NCT07203599', 'NCT0') WHERE number = 1",),
    "sealed where nothing was": (f"{SET} sealed = x'00' WHERE number = 12",),
    "another hash": (f"{SET} hash = public_hash WHERE number = 12",),
    "numbers moved": tuple(f"{SET} number = {n + 1} WHERE number = {n}" for n in range(18, 0, -1)),
    "an event added": (copied(12, 19),),
    "no version": ("DELETE FROM alembic_version",),
    "a version that is none": ("UPDATE alembic_version SET version_num = 'x'",),
    "an older version": ("UPDATE alembic_version SET version_num = '0000'",),
    "a newer version": ("UPDATE alembic_version SET version_num = '9999'",),
    "no head": ("DELETE FROM meta",),
    "no counts": ("DELETE FROM meta WHERE name <> 'head'",),
    "counts of nothing": ("UPDATE meta SET value = 'x' WHERE name <> 'head'",),
    # the chain is true, and what it says is no study of dosecalc
    "made anew: no init": (says(1, kind="staff", public_user="liu", public_role="nurse"),),
    "made anew: no protocol": (says(1, public_protocol_text="x"),),
    "made anew: no site": (says(1, public_site_text="{"),),
    "made anew: no date": (says(10, public_when="soon"),),
    "made anew: another anchor": (says(10, public_name="birth"),),
    "made anew: a date and no time": (says(12, public_when="2026-03-16"),),
    "made anew: a time without offset": (says(12, public_when="2026-03-16T09:30:00"),),
    "made anew: no visit of this protocol": (says(12, visit="W99"),),
    "made anew: no area": (says(4, public_values=["much"]),),
    "made anew: no method": (says(4, public_method=None),),
    "made anew: another thing measured": (says(4, public_what="height"),),
    "made anew: no arm": (says(9, public_arm="none"),),
    "made anew: no level": (says(8, public_level="none"),),
    "made anew: an unknown kind": (says(12, kind="dance"),),
    "made anew: no role": (says(12, role="king"),),
    "made anew: a key missing": (says(2, public_date=None),),
    "made anew: a number for a text": (says(2, public_form=1),),
    "made anew: no hold of anything": (says(18, public_scope="moon"),),
    "made anew: of a protocol that the study never had": (says(2, protocol_sha256="0" * 64),),
    "made anew: a circle of corrections": (says(12, kind="correct", corrects=12, reason="x"),),
    "made anew: a correction of what comes later": (says(12, kind="correct", corrects=15, reason="x"),),
    "made anew: a correction that empties": (
        says(12, kind="correct", corrects=11, reason="x", public_when=None, public_public={"when": "never"}),
    ),
    # what is derived
    "a participant added": ("INSERT INTO participants_now VALUES ('P009', 2, 2)",),
    "a participant hidden": ("DELETE FROM participants_now WHERE participant = 'P002'",),
    "a visit of nobody": ("INSERT INTO visits_now (participant, visit, standing) VALUES ('P009', 'W0', 'booked')",),
    "a visit on no day": ("UPDATE visits_now SET target = 'x', day = '2026-03-16'",),
    "a visit at no time": ("UPDATE visits_now SET booked = '2026-03-16T09:30:00' WHERE visit = 'W2'",),
}  # fmt: skip
CHAIN_TRUE = ("made anew", "a participant added", "a participant hidden", "a visit")
OLDER = ("a newer version",)


@pytest.fixture
def here(true_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(true_study, tmp_path / "study")
    monkeypatch.chdir(tmp_path / "study")
    monkeypatch.setenv("DOSECALC_STUDY", "s.db")
    monkeypatch.setenv("DOSECALC_KEY", "keys/s.key")
    monkeypatch.setenv("DOSECALC_USER", "liu")
    return tmp_path / "study"


def ran(place: Path, words: tuple[str, ...], number: int) -> Ran:
    """Call a command in a copy of its own."""
    copy = place.parent / f"copy{number}.db"
    shutil.copy(place / "s.db", copy)
    for out in ("calendars", "export.jsonl", "copy.db"):
        shutil.rmtree(place / out, ignore_errors=True)
        (place / out).unlink(missing_ok=True)
    more = () if words[:2] == ("study", "backup") else ("--at", NOW)
    return dosecalc(*words, *more, "--study", str(copy), "--json")


@pytest.fixture(scope="module")
def true_answers(true_study: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Ran]:
    found: dict[tuple[str, ...], Ran] = {}
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("answers") / "study"
        shutil.copytree(true_study, place)
        patch.chdir(place)
        patch.setenv("DOSECALC_KEY", "keys/s.key")
        patch.setenv("DOSECALC_USER", "liu")
        for number, words in enumerate(READING):
            found[words] = ran(place, words, number)
    return found


def test_the_commands_of_these_tests_say_something_on_a_true_study(true_answers: dict[tuple[str, ...], Ran]) -> None:
    said = {" ".join(words[:2]): done.code for words, done in true_answers.items()}
    assert {name for name, code in said.items() if code} <= {"ip prepare", "ip dispense", "ip administer"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_changed_study_is_read_rightly_or_refused_in_one_clear_sentence(
    here: Path, true_answers: dict[tuple[str, ...], Ran], name: str
) -> None:
    tamper(here / "s.db", BROKEN[name])
    verified = dosecalc("study", "verify", "--study", "s.db", "--json")
    if not name.startswith(("made anew", *OLDER)):
        assert verified.code == 3, verified.out
    for number, words in enumerate(READING):
        done = ran(here, words, number)  # a traceback would end this test
        if done.code == 0:
            if not name.startswith("made anew"):
                assert same(done, true_answers[words]), (name, words, done.out)
            continue
        if done.code == true_answers[words].code and done.err == true_answers[words].err:
            continue
        assert done.code in (1, 3), (words, done.err)
        assert len(done.err.splitlines()) >= 1
        if name.startswith("made anew") or name in OLDER:
            continue
        if "does not verify; run `study verify` on the study itself" in done.err:  # of a copy
            continue
        assert done.codes[0] in ("DC820", "DC821", "DC822", "DC824"), (words, done.err)
        assert "outside dosecalc; run `dosecalc study verify` to see where, restore the last backup, and" in done.err
        assert done.code == (1 if done.codes == ["DC824"] else 3), (words, done.err)


def same(one: Ran, other: Ran) -> bool:
    """Whether two answers differ in nothing but when they were made and where."""
    volatile = ("entered_at", "hash", "public_hash", "head", "sha256", "event", "events", "file", "files", "study")

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items() if name not in volatile}
        return [plain(each) for each in value] if isinstance(value, list) else value

    return plain(one.json) == plain(other.json)
