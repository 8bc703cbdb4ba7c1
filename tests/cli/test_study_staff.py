"""Who may do what is asked of the study as it is, and not as it was at --at."""

from __future__ import annotations

from pathlib import Path

import pytest

from masked_study import Clock, begin, call
from running import Ran


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It is 1 June 2026, 09:00 at the site."""
    return Clock(monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    begin(tmp_path)
    return tmp_path


def staff(folder: Path, *words: str, user: str = "zhao") -> Ran:
    return call(folder, user, "study", "staff", *words)


def consent(folder: Path, user: str, *more: str) -> Ran:
    return call(folder, user, "participant", "consent", "P001", "--form", "1.0", "--date", "2026-06-01", *more)


def amend(folder: Path, old: str, new: str) -> Ran:
    """Bring a changed site file into effect today."""
    text = (folder / "our-example.yaml").read_text("utf-8")
    assert old in text
    (folder / "new.yaml").write_text(text.replace(old, new, 1), "utf-8")
    words = "study amend --protocol NCT07084012 --site new.yaml --effective 2026-06-02 --reconsent no --yes"
    return call(folder, "zhao", *words.split(), "--reason", "people have changed")


def test_whom_an_amendment_took_from_the_staff_records_nothing_with_an_earlier_at(folder: Path, clock: Clock) -> None:
    clock.set("2026-06-02T01:00:00+00:00")
    ran = amend(folder, "  liu: nurse\n", "")
    assert ran.code == 0, ran.err
    refused = consent(folder, "liu", "--at", "2026-06-01T09:00")
    assert refused.code == 1
    assert "DC724 'liu' is not in this study's staff list" in refused.err


def test_whom_an_amendment_gave_another_role_sees_no_arm_with_an_earlier_at(folder: Path, clock: Clock) -> None:
    (folder / "list.csv").write_text("participant,arm\nP001,placebo\n", "utf-8")
    assert call(folder, "wang", "participant", "assign", "--list", "list.csv", key=True).code == 0
    assert consent(folder, "liu").code == 0
    assert call(folder, "liu", "participant", "enrol", "P001").code == 0
    assert call(folder, "wang", "participant", "assign", "P001", key=True).code == 0
    show = ("participant", "show", "P001", "--json", "--at", "2026-06-01T09:00")
    assert call(folder, "wang", *show, key=True).json["arm"] == "placebo"
    clock.set("2026-06-02T01:00:00+00:00")
    ran = amend(folder, "  wang: pharmacist\n", "  wang: nurse\n")
    assert ran.code == 0, ran.err
    assert "placebo" not in call(folder, "wang", *show, key=True).out


def test_whoever_has_left_records_nothing_more_and_may_come_back(folder: Path) -> None:
    ran = staff(folder, "liu", "--left")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "liu has left, and may record nothing from now on"), ran.err
    assert "liu" not in staff(folder, "--json").json["staff"]
    assert "DC724 'liu' is not in this study's staff list" in consent(folder, "liu").err
    assert staff(folder, "liu", "nurse").code == 0
    assert consent(folder, "liu").code == 0


def test_the_last_administrator_stays(folder: Path) -> None:
    ran = staff(folder, "zhao", "--left")
    assert ran.code == 1
    assert "DC804 then nobody would be the administrator" in ran.err
    assert staff(folder, "mo", "administrator").code == 0
    assert staff(folder, "zhao", "--left").code == 0
    assert staff(folder, "mo", "--left", user="mo").code == 1


def test_nobody_leaves_who_is_not_there(folder: Path) -> None:
    assert "DC838 'lu' is not in this study's staff list, so nobody has left" in staff(folder, "lu", "--left").err
    for words in (("--left",), ("liu", "nurse", "--left")):
        ran = staff(folder, *words)
        assert ran.code == 2
        assert "DC839 --left says that one person has left, and needs their name and no role" in ran.err


def test_only_an_administrator_says_that_somebody_has_left(folder: Path) -> None:
    assert "DC723" in staff(folder, "mo", "--left", user="liu").err


def test_a_study_stays_in_its_time_zone(folder: Path) -> None:
    ran = amend(folder, "timezone: Asia/Shanghai", "timezone: Europe/London")
    assert ran.code == 1
    assert "DC851 the study is in the time zone Asia/Shanghai, and the new site file says Europe/London" in ran.err
