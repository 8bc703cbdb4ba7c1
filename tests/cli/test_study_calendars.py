"""Calendars from the registry: what phones and the clinic's calendar do with one export after the other."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clinic_at_work import SITE, Clinic
from house.source import CHECKOUT
from ics.checks import check_calendar, check_versions

if TYPE_CHECKING:
    from ics.reading import Event

OPEN = (CHECKOUT / "schedules" / "NCT07203599.yaml").read_text(encoding="utf-8")


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    return Clinic(tmp_path, monkeypatch)


def item(events: list[Event], words: str) -> Event:
    (found,) = [event for event in events if words in event["summary"]]
    return found


def test_a_participants_calendar_passes_every_calendar_check(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    folder = clinic.export("out")
    assert sorted(path.name for path in folder.rglob("*.ics")) == ["P001.ics", "clinic.ics"]
    private = ("NCT0", "(?i)exosome|外泌体", "phase1", "(?i)particle")
    events = check_calendar(folder / "calendars" / "P001.ics", tmp_path, forbid=private)
    assert len(events) == 7
    assert len(check_calendar(folder / "clinic.ics", tmp_path)) == 7


def test_a_moved_visit_updates_without_any_earlier_file(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    before = clinic.file("before")
    clinic.do("visit", "move", "P001", "W2", "2026-03-17T10:00", "--yes")
    after = clinic.file("after")
    check_versions(before, after)
    check_versions(clinic.folder / "before" / "clinic.ics", clinic.folder / "after" / "clinic.ics")
    was, now = (item(check_calendar(path, tmp_path), "第 2 周") for path in (before, after))
    assert now["uid"] == was["uid"]
    assert (was["sequence"], now["sequence"]) == (1, 2)  # planned 0, booked 1, moved 2
    text = after.read_text(encoding="utf-8")
    assert "DTSTART;TZID=Asia/Shanghai:20260317T100000" in text


def test_a_cancelled_visit_disappears_from_the_phone(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    before = clinic.file("before")
    clinic.do("visit", "cancel", "P001", "W2", "--reason", "travels")
    after = clinic.file("after")
    check_versions(before, after)
    assert after.read_text(encoding="utf-8").count("STATUS:CANCELLED") == 1
    clinic.do("visit", "book", "P001", "W2", "2026-03-18T09:30")
    again = clinic.file("again")
    check_versions(after, again)
    assert "STATUS:CANCELLED" not in again.read_text(encoding="utf-8")
    assert item(check_calendar(again, tmp_path), "第 2 周")["sequence"] == 3


def test_each_step_of_a_visit_is_sent_to_its_participant_alone_and_every_program_reads_it(
    clinic: Clinic, tmp_path: Path
) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    clinic.do("visit", "book", "P002", "W2", "2026-03-16T10:30")
    steps = (
        ("visit", "book", "P001", "W2", "2026-03-16T09:30"),
        ("visit", "move", "P001", "W2", "2026-03-17T09:30", "--yes"),
        ("visit", "cancel", "P001", "W2", "--reason", "travels"),
        ("visit", "book", "P001", "W2", "2026-03-18T09:30"),
    )
    sent: list[Path] = []
    for number, step in enumerate(steps, 1):
        since = (clinic.time + dt.timedelta(seconds=1)).isoformat()
        clinic.do(*step)
        folder = clinic.export(f"step-{number}", "--changed-since", since)  # nothing but the study is read
        assert sorted(path.name for path in folder.rglob("*.ics")) == ["P001.ics", "clinic.ics"]
        sent.append(folder / "calendars" / "P001.ics")
        assert item(check_calendar(sent[-1], tmp_path), "第 2 周")["sequence"] == number  # planned it was 0
        assert (b"STATUS:CANCELLED" in sent[-1].read_bytes()) is (step[1] == "cancel")
    for before, after in pairwise(sent):
        check_versions(before, after)


def test_a_booking_that_was_declared_void_and_booked_anew_counts_on(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W4", "2026-03-30T09:30")  # the sixth event
    clinic.do("participant", "correct", "6", "--void", "--reason", "another participant")
    clinic.do("visit", "book", "P001", "W4", "2026-03-31T09:30")
    # planned 0, booked 1, taken out 2, booked 3
    assert item(check_calendar(clinic.file("after"), tmp_path), "第 4 周")["sequence"] == 3


def test_what_did_not_change_keeps_its_octets(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    before = clinic.file("before").read_bytes()
    clinic.do("participant", "measure", "P001", "--area", "23.4", "--method", "tracing", "--by", "CRC-02",
              "--date", "2026-03-02")  # fmt: skip
    assert clinic.file("after").read_bytes() == before


def test_only_what_changed_since_is_written(clinic: Clinic) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    since = (clinic.time + dt.timedelta(seconds=1)).isoformat()
    nothing = clinic.export("nothing", "--changed-since", since)
    assert not list(nothing.rglob("*.ics"))
    clinic.do("visit", "book", "P002", "W2", "2026-03-16T10:30")
    sent = clinic.export("sent", "--changed-since", since)
    assert sorted(path.name for path in sent.rglob("*.ics")) == ["P002.ics", "clinic.ics"]


def test_a_new_start_moves_every_visit(clinic: Clinic) -> None:
    clinic.begin()
    before = clinic.file("before")
    clinic.do("participant", "anchor", "P001", "first_dose=2026-03-03T08:30", "--yes", "--reason", "came a day later")
    after = clinic.file("after")
    check_versions(before, after)
    assert after.read_text(encoding="utf-8").count("SEQUENCE:1") == 7
    assert "20260317" in after.read_text(encoding="utf-8")  # 3 March + 14 days


def test_who_withdraws_has_no_visit_to_come(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W0", "2026-03-02T08:30")
    clinic.do("visit", "attend", "P001", "W0", "2026-03-02")
    before = clinic.file("before")
    clinic.do("participant", "withdraw", "P001", "--date", "2026-03-02", "--reason", "moves away")
    after = clinic.file("after")
    check_versions(before, after)
    assert after.read_text(encoding="utf-8").count("STATUS:CANCELLED") == 6  # all but week 0


def test_an_amendment_moves_the_calendars_of_who_has_moved(clinic: Clinic) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    text = OPEN.replace("version: registry-2025-12-02", "version: v2").replace("offset: P4W", "offset: P5W")
    Path("v2.yaml").write_text(text, encoding="utf-8")
    before = clinic.export("before")
    clinic.do("study", "amend", "--protocol", "v2.yaml", "--effective", "2026-03-02", "--reconsent", "no",
              "--reason", "amendment 1", "--yes")  # fmt: skip
    clinic.do("participant", "migrate", "P001", "--yes")
    after = clinic.export("after")
    for code, moved in (("P001", True), ("P002", False)):
        one, two = (folder / "calendars" / f"{code}.ics" for folder in (before, after))
        check_versions(one, two)
        assert (b"DTSTART;VALUE=DATE:20260406" in two.read_bytes()) is moved  # 2 March + 35 days
        assert (one.read_bytes() != two.read_bytes()) is moved


def test_an_urgent_measure_moves_calendars_on_its_day(clinic: Clinic) -> None:
    clinic.begin()
    text = OPEN.replace("version: registry-2025-12-02", "version: v2").replace("offset: P4W", "offset: P5W")
    Path("v2.yaml").write_text(text, encoding="utf-8")
    before = clinic.file("before")
    clinic.do("study", "amend", "--protocol", "v2.yaml", "--effective", "2026-03-05", "--reconsent", "no", "--urgent",
              "--reason", "urgent safety measure", "--yes")  # fmt: skip
    assert clinic.file("not-yet").read_bytes() == before.read_bytes()
    clinic.time = dt.datetime(2026, 3, 5, 4, 0, tzinfo=dt.UTC)
    after = clinic.file("after")
    check_versions(before, after)
    assert b"DTSTART;VALUE=DATE:20260406" in after.read_bytes()
    assert b"DTSTAMP:20260304T160000Z" in after.read_bytes()  # midnight in Shanghai


def test_items_are_those_of_the_calendar_command(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    ours = check_calendar(clinic.file("out"), tmp_path)
    clinic.do("calendar", "NCT07203599", "--arm", "phase1-A", "--site", SITE, "--start", "2026-03-02T08:30",
              "--participant", "P001", "--book", "W2=2026-03-16T09:30", "--language", "zh",
              "--out", "c.ics")  # fmt: skip
    theirs = check_calendar(Path("c.ics"), tmp_path)

    def seen(events: list[Event]) -> list[dict[str, object]]:
        left_out = ("sequence", "dtstamp", "stamp", "last_modified")
        return [{key: value for key, value in event.items() if key not in left_out} for event in events]

    assert seen(ours) == seen(theirs)


def test_a_participants_calendar_is_in_their_language(clinic: Clinic) -> None:
    clinic.do("study", "init", "--protocol", "NCT07203599", "--site", SITE, "--key-out", "pharmacy/k.key")
    clinic.do("participant", "consent", "P001", "--form", "1.0", "--date", "2026-03-01", "--calendar-language", "en")
    clinic.do("participant", "enrol", "P001", "--cohort", "phase1-A")
    clinic.do("participant", "assign", "P001", "--arm", "phase1-A")
    clinic.time = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
    clinic.do("participant", "anchor", "P001", "first_dose=2026-03-02T08:30")
    folder = clinic.export("out")
    assert "Clinic visit: Week 2" in (folder / "calendars" / "P001.ics").read_text(encoding="utf-8")
    assert "第 2 周" in (folder / "clinic.ics").read_text(encoding="utf-8")  # the site's language is Chinese


def test_calendars_of_a_masked_trial_depend_on_no_arm(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for arm in ("group-1", "placebo"):
        site = Clinic(tmp_path_factory.mktemp(arm), monkeypatch)
        site.begin("NCT07084012", None)
        Path("list.csv").write_text(f"participant,arm\nP001,{arm}\n", encoding="utf-8")
        site.do("participant", "assign", "--list", "list.csv")
        site.do("participant", "assign", "P001")
        site.do("visit", "book", "P001", "D7", "2026-03-09T09:30")
        folder = site.export("out")
        found.append({path.name: path.read_bytes() for path in folder.rglob("*.ics")})
    assert sorted(found[0]) == ["P001.ics", "clinic.ics"]
    assert found[0] == found[1]


def test_a_clock_that_goes_back_takes_no_calendar_back(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    before = clinic.file("before")
    clinic.time -= dt.timedelta(hours=5)
    clinic.do("visit", "move", "P001", "W2", "2026-03-17T09:30", "--yes")
    check_versions(before, clinic.file("after"))


def test_a_day_is_no_moment(clinic: Clinic) -> None:
    clinic.begin()
    ran = clinic.call("study", "calendars", "--out", "x", "--changed-since", "2026-03-09")
    assert ran.code == 2
    assert "DC736 --changed-since 2026-03-09 has no time; write --changed-since 2026-03-09T00:00" in ran.err
    assert not Path("x").exists()
