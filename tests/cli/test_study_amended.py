"""What the study says each day when an urgent amendment comes into effect: nobody records anything on that day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import masked_study
from dosecalc.registry.store import open_store
from house.source import CHECKOUT
from masked_study import Clock, begin, call

OPEN = "NCT07203599"
TEXT = (CHECKOUT / "schedules" / f"{OPEN}.yaml").read_text(encoding="utf-8")
SECOND = TEXT.replace("version: registry-2025-12-02", "version: v2").replace("offset: P4W", "offset: P5W")
"""Week 4 is one week later: of a first dose on 2 March it was due on 30 March, and is due on 6 April."""
OLD, NEW = "2026-03-30", "2026-04-06"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made, plain = Clock(monkeypatch), masked_study.site_file

    def early(folder: Path, *, staffed: bool = True) -> Path:
        """The site file as it was in March: nothing in it is confirmed later."""
        path = plain(folder, staffed=staffed)
        path.write_text(path.read_text(encoding="utf-8").replace("2026-05-18", "2026-02-18"), encoding="utf-8")
        return path

    monkeypatch.setattr(masked_study, "site_file", early)
    return made


@pytest.fixture
def begun(tmp_path: Path, clock: Clock) -> Path:
    """P001 and P002 with a first dose on 2 March; v2.yaml has another week 4."""
    clock.set("2026-03-02T01:00:00+00:00")
    begin(tmp_path, OPEN)
    for code in ("P001", "P002"):
        for user, words in (
            ("liu", f"participant consent {code} --form 1.0 --date 2026-03-01"),
            ("liu", f"participant enrol {code} --cohort phase1-A"),
            ("chen", f"participant assign {code} --arm phase1-A"),
            ("liu", f"participant anchor {code} first_dose=2026-03-02"),
        ):
            ran = call(tmp_path, user, *words.split())
            assert ran.code == 0, (words, ran.err)
    (tmp_path / "v2.yaml").write_text(SECOND, encoding="utf-8")
    return tmp_path


@pytest.fixture
def amended(begun: Path, clock: Clock) -> Path:
    """On 25 March an urgent amendment is entered for 1 April."""
    clock.set("2026-03-25T01:00:00+00:00")
    more = ("--effective", "2026-04-01", "--reconsent", "no", "--urgent", "--reason", "infections", "--yes")
    ran = call(begun, "zhao", "study", "amend", "--protocol", "v2.yaml", *more)
    assert ran.code == 0, ran.err
    return begun


def report(folder: Path, name: str, *words: str) -> Any:
    ran = call(folder, "liu", "study", name, *words, "--json")
    assert ran.code == 0, ran.err
    return ran.json


def w4(folder: Path, *words: str) -> set[str]:
    """The targets of week 4, of all participants."""
    return {one["target"] for one in report(folder, "drift", *words)["visits"] if one["visit"] == "W4"}


def stored(folder: Path) -> dict[str, str | None]:
    """The target of week 4 in the study's table of visits, by participant."""
    with open_store(str(folder / "study.db")) as store, store.reading() as reading:
        return {row.participant: row.target for row in reading.rows() if row.visit == "W4"}


def verifies(folder: Path) -> bool:
    return call(folder, "mo", "study", "verify").code == 0


def days(folder: Path, first: str) -> Iterator[tuple[str, list[str]]]:
    """The days of a week on which a window (or a target without one) ends."""
    for each in report(folder, "week", "--day", first)["days"]:
        if each["window_ends"]:
            yield each["day"], [one["visit"] for one in each["window_ends"]]


def test_until_its_day_the_old_dates_hold_and_from_its_day_on_the_new_ones(amended: Path, clock: Clock) -> None:
    clock.set("2026-03-31T15:59:00+00:00")  # a minute to midnight at the site, before 1 April
    assert w4(amended) == {OLD}
    assert verifies(amended)
    clock.set("2026-03-31T16:01:00+00:00")  # 1 April at the site; nobody has recorded anything
    assert w4(amended) == {NEW}
    assert verifies(amended)


def test_nobody_is_overdue_by_the_old_dates_once_the_new_ones_hold(amended: Path, clock: Clock) -> None:
    late = {("P001", "W4"), ("P002", "W4")}
    # the window of the site is two days: 30 March ± 2, then 6 April ± 2
    clock.set("2026-04-02T01:00:00+00:00")
    overdue = {(one["participant"], one["visit"]) for one in report(amended, "overdue")["overdue"]}
    assert not overdue & late
    assert not {(one["participant"], one["visit"]) for one in report(amended, "today")["late"]} & late
    clock.set("2026-04-09T01:00:00+00:00")
    found = {(one["participant"], one["visit"]): one for one in report(amended, "overdue")["overdue"]}
    assert found["P001", "W4"]["days_late"] == 1
    assert [one["visit"] for one in report(amended, "today", "--day", "2026-04-06")["due"]] == ["W4", "W4"]


def test_each_day_of_a_week_has_the_version_of_that_day(amended: Path) -> None:
    # 28 March to 3 April: the old window would end on 1 April, when the new one holds already
    assert list(days(amended, "2026-03-28")) == []
    # before 1 April the old dates hold: nothing of the new window (4 to 8 April) is shown, nor of the old one
    assert list(days(amended, "2026-04-02")) == [("2026-04-08", ["W4", "W4"])]


def test_a_day_is_shown_under_the_version_of_that_day(amended: Path, clock: Clock) -> None:
    assert w4(amended, "--day", "2026-03-31") == {OLD}
    assert w4(amended, "--day", "2026-04-01") == {NEW}
    clock.set("2026-04-20T01:00:00+00:00")
    assert w4(amended, "--as-of", "2026-03-31") == {OLD}
    assert w4(amended, "--as-of", "2026-04-01") == {NEW}
    assert w4(amended, "--as-of", "2026-03-20", "--day", "2026-04-01") == {OLD}  # then nobody knew of it


def test_the_next_event_derives_everyone_anew(amended: Path, clock: Clock) -> None:
    assert stored(amended) == {"P001": OLD, "P002": OLD}
    clock.set("2026-04-01T01:00:00+00:00")
    assert call(amended, "liu", "visit", "book", "P002", "W6", "2026-04-13T09:30").code == 0
    assert stored(amended) == {"P001": NEW, "P002": NEW}
    assert verifies(amended)
    assert w4(amended) == {NEW}
    assert w4(amended, "--day", "2026-03-31") == {OLD}


def test_what_is_booked_must_fit_the_version_of_its_day(amended: Path) -> None:
    clash = call(amended, "liu", "visit", "book", "P001", "W4", "2026-04-01T09:30")
    assert clash.code == 1
    assert "2026-04-04" in clash.err
    assert call(amended, "liu", "visit", "book", "P001", "W4", "2026-04-06T09:30").code == 0
    assert call(amended, "liu", "visit", "book", "P002", "W4", "2026-03-31T09:30").code == 0


def test_an_export_and_its_import_have_the_same_visits(amended: Path, clock: Clock) -> None:
    assert call(amended, "wang", "study", "export", "--out", "all.jsonl", key=True).code == 0
    clock.set("2026-04-01T01:00:00+00:00")
    copy = amended / "copy"
    copy.mkdir()
    ran = call(copy, "wang", "study", "import", "../all.jsonl")
    assert ran.code == 0, ran.err
    assert stored(copy) == {"P001": NEW, "P002": NEW}
    assert w4(copy, "--day", "2026-03-31") == {OLD}
    assert verifies(copy)


def test_what_took_place_is_judged_by_the_version_of_its_day(amended: Path, clock: Clock) -> None:
    clock.set("2026-03-30T08:00:00+00:00")
    assert call(amended, "liu", "visit", "attend", "P001", "W4", OLD).code == 0
    assert call(amended, "liu", "visit", "attend", "P002", "W4", "2026-03-30").code == 0
    # by the new dates, 6 April and two days before and after, 30 March would be five days too early
    clock.set("2026-04-02T08:00:00+00:00")
    assert report(amended, "deviations")["deviations"] == []
    assert w4(amended) == {OLD}
    assert call(amended, "liu", "visit", "book", "P001", "W6", "2026-04-13T09:30").code == 0  # derives all anew
    assert w4(amended) == {OLD}
    assert w4(amended, "--as-of", "2026-04-02") == {OLD}
    shown = call(amended, "liu", "participant", "show", "P001", "--json").json["timeline"]
    assert [one["target"] for one in shown if one["visit"] == "W4"] == [OLD]
    assert verifies(amended)


def test_what_is_entered_late_is_judged_by_the_version_of_its_day(amended: Path, clock: Clock) -> None:
    clock.set("2026-04-07T08:00:00+00:00")
    assert call(amended, "liu", "visit", "attend", "P001", "W4", "2026-03-31").code == 0
    assert call(amended, "liu", "visit", "attend", "P002", "W4", "2026-04-01").code == 0  # three days too early by now
    found = report(amended, "deviations")["deviations"]
    assert [(one["participant"], one["deviation"], one["days_outside"]) for one in found] == [("P002", "early", 3)]


def test_a_visit_entered_after_the_participant_moved_is_judged_by_the_version_of_its_day(
    begun: Path, clock: Clock
) -> None:
    clock.set("2026-03-31T01:00:00+00:00")
    more = ("--effective", "2026-03-31", "--reconsent", "no", "--reason", "places", "--yes")
    for user, words in (
        ("zhao", ("study", "amend", "--protocol", "v2.yaml", *more)),
        ("liu", ("participant", "migrate", "P001", "--yes")),
        ("liu", ("participant", "migrate", "P002", "--yes")),
    ):
        ran = call(begun, user, *words)
        assert ran.code == 0, ran.err
    came = call(begun, "liu", "visit", "attend", "P001", "W4", f"{OLD}T09:00")
    assert came.code == 0, came.err
    assert "Days from target: 0" in came.out
    assert "Deviation" not in came.out
    # Who came on the day of the move came under the new version: a week before its target.
    came = call(begun, "liu", "visit", "attend", "P002", "W4", "2026-03-31T09:00")
    assert "Deviation: before its window" in came.out
    assert "Days from target: -6" in came.out
    told = [(each["participant"], each["visit"]) for each in report(begun, "deviations")["deviations"]]
    assert told == [("P002", "W4")]
