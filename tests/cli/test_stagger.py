"""The days between two participants of a dose level, in whatever order things are recorded."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dosecalc.registry.event import Draft
from masked_study import Clock, begin, call, record, site_file
from running import Ran

CONFIRMED = '{document: Protocol, section: "8.2", by: A. Investigator, date: 2026-02-16}'


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It is 10 June 2026, 09:00 at the site."""
    moved = Clock(monkeypatch)
    moved.set("2026-06-10T01:00:00+00:00")
    return moved


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with seven days between two; P001 and P002 are enrolled for the first level."""

    def staggered(place: Path, *, staffed: bool = True) -> Path:
        path = site_file(place, staffed=staffed)
        name = "\n  NCT07203599:\n"
        text = path.read_text("utf-8").replace(name, f"{name}    stagger: {{days: 7, confirmed: {CONFIRMED}}}\n", 1)
        path.write_text(text, "utf-8")
        return path

    monkeypatch.setattr("masked_study.site_file", staggered)
    begin(tmp_path, "NCT07203599")
    done(tmp_path, "consent P001 --form 1.0 --date 2026-06-01")
    done(tmp_path, "enrol P001 --date 2026-06-01 --cohort phase1-A")
    done(tmp_path, "assign P001 --arm phase1-A --at 2026-06-01T09:00", "chen")
    done(tmp_path, "anchor P001 first_dose=2026-06-02")
    return tmp_path


def run(folder: Path, words: str, user: str = "liu") -> Ran:
    return call(folder, user, "participant", *words.split())


def done(folder: Path, words: str, user: str = "liu") -> None:
    ran = run(folder, words, user)
    assert ran.code == 0, ran.err


def second(folder: Path) -> None:
    """P002, enrolled on the first day that is possible after P001's planned start."""
    done(folder, "consent P002 --form 1.0 --date 2026-06-01")
    done(folder, "enrol P002 --date 2026-06-09 --cohort phase1-A")


def given(folder: Path, code: str, day: str) -> None:
    when = dt.datetime.fromisoformat(f"{day}T10:00:00+08:00")
    public = {"when": when.isoformat(), "by": "chen"}
    record(folder, "chen", [Draft(kind="administer", at=when, participant=code, visit="W0", public=public)])


def test_a_start_that_was_recorded_before_the_enrolment_is_held_against_the_one_before(folder: Path) -> None:
    done(folder, "consent P002 --form 1.0 --date 2026-06-01")
    done(folder, "anchor P002 first_dose=2026-06-03")  # no level yet, so nothing stands against it
    ran = run(folder, "enrol P002 --date 2026-06-09 --cohort phase1-A")
    assert ran.code == 1
    assert "DC745 P001 is to come on 2026-06-02, and participants of a dose level come 7 days apart" in ran.err
    assert "from 2026-06-09 on it is possible" in ran.err
    assert run(folder, "anchor P002 first_dose=2026-06-09 --reason later --yes").code == 0
    assert run(folder, "enrol P002 --date 2026-06-09 --cohort phase1-A").code == 0


def test_what_counts_is_the_dose_that_was_given_and_not_the_plan(folder: Path) -> None:
    second(folder)
    given(folder, "P001", "2026-06-05")
    ran = run(folder, "anchor P002 first_dose=2026-06-09")
    assert ran.code == 1
    assert "DC745 P001 came on 2026-06-05" in ran.err
    assert "from 2026-06-12 on it is possible" in ran.err  # 5 + 7
    done(folder, "anchor P002 first_dose=2026-06-12")


def test_a_first_dose_is_not_prepared_too_soon_after_that_of_another(folder: Path) -> None:
    second(folder)
    done(folder, "assign P002 --arm phase1-A", "chen")
    done(folder, "anchor P002 first_dose=2026-06-10")  # allowed as planned: P001 should have begun on 2 June
    given(folder, "P001", "2026-06-05")
    done(folder, "measure P002 --area 23.4 --method tracing --by liu --date 2026-06-10")
    ran = call(folder, "wang", "ip", "prepare", "P002", "W0", key=True)
    assert ran.code == 1
    assert "DC745 P001 came on 2026-06-05" in ran.err


def test_nobody_is_dosed_while_the_one_before_is_on_record_as_still_to_come(folder: Path) -> None:
    second(folder)
    done(folder, "assign P002 --arm phase1-A", "chen")
    done(folder, "anchor P002 first_dose=2026-06-10")
    done(folder, "measure P002 --area 23.4 --method tracing --by liu --date 2026-06-10")
    ran = call(folder, "wang", "ip", "prepare", "P002", "W0", key=True)
    assert ran.code == 1
    assert "DC930 P001 of the same dose level was to have the first dose on 2026-06-02" in ran.err
    missed = call(folder, "liu", "visit", "miss", "P001", "W0", "--reason", "ill")
    assert missed.code == 0, missed.err
    assert "DC930" not in call(folder, "wang", "ip", "prepare", "P002", "W0", key=True).err


def test_who_is_enrolled_for_a_level_is_assigned_to_it_though_another_opened_since(folder: Path) -> None:
    second(folder)
    opened = call(folder, "chen", "study", "open-level", "phase1-B", "--reason", "committee")
    assert opened.code == 0, opened.err
    for arm in ("phase1-B", "phase2-exosome", "phase2-minoxidil"):
        ran = run(folder, f"assign P002 --arm {arm}", "chen")
        assert (ran.code, f"DC836 P002 is not enrolled for the dose level {arm}" in ran.err) == (1, True)
    done(folder, "assign P002 --arm phase1-A", "chen")
