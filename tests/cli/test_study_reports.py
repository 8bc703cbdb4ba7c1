"""What the study says each day, from the command line, on a masked and on an open trial."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

import masked_study
from dosecalc.registry.event import Draft
from dosecalc.registry.lot_text import pack
from masked_study import KEY, MASKED, Clock, begin, call, record
from pharmacy import SITE, SITES, prepare
from registry.studies import chance

AT = dt.datetime(2026, 3, 1, 2, 0, tzinfo=dt.UTC)
OPEN = "NCT07203599"
REPORTS = ("today", "week", "overdue", "drift", "deviations")


def draft(
    kind: Any, code: str, visit: str | None = None, *, reason: str | None = None, sealed: Any = None, **public: Any
) -> Draft:
    return Draft(kind=kind, at=AT, participant=code, visit=visit, reason=reason, public=public, sealed=sealed)


def enrolled(code: str, arm: str, start: str, *, masked: bool) -> list[Draft]:
    """A participant with a start and, in the open trial, an area of 23.4 cm²."""
    named = {} if masked else {"arm": arm}
    return [
        draft("consent", code, form="1.0", date="2026-03-01"),
        draft("enrol", code, date="2026-03-01"),
        draft("assign", code, sealed={"arm": arm}, **named),
        draft("measure", code, what="weight", values=["68"], unit="kg", by="liu", date="2026-03-01")
        if masked
        else draft(
            "measure", code, what="area", values=["23.4"], unit="cm²", method="tracing", by="liu", date="2026-03-01"
        ),
        draft("anchor", code, name="start", when=start),
    ]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(monkeypatch)
    made.set("2026-03-01T01:00:00+00:00")
    plain = masked_study.site_file

    def early(folder: Path, *, staffed: bool = True) -> Path:
        """The site file as it was on 1 March: nothing in it is confirmed later."""
        path = plain(folder, staffed=staffed)
        path.write_text(path.read_text(encoding="utf-8").replace("2026-05-18", "2026-02-18"), encoding="utf-8")
        return path

    monkeypatch.setattr(masked_study, "site_file", early)
    return made


@pytest.fixture
def trial(tmp_path: Path, clock: Clock) -> Path:
    """The open trial with P001, whose first dose was on Monday 2 March 2026; W2 is due on the 16th, ±2 days."""
    begin(tmp_path, OPEN)
    record(tmp_path, "chen", enrolled("P001", "phase1-A", "2026-03-02", masked=False))
    clock.set("2026-03-02T03:00:00+00:00")
    record(tmp_path, "liu", [draft("attend", "P001", "W0", when="2026-03-02")])
    return tmp_path


def report(folder: Path, name: str, *words: str, user: str = "liu", key: bool = False) -> Any:
    ran = call(folder, user, "study", name, *words, "--json", key=key)
    assert ran.code == 0, ran.err
    return ran.json


def test_today_names_who_is_booked_who_may_come_and_who_is_late(trial: Path, clock: Clock) -> None:
    record(trial, "liu", [draft("book", "P001", "W4", when="2026-03-30T09:30:00+08:00")])
    clock.set("2026-03-16T01:00:00+00:00")
    today = report(trial, "today")
    assert today["day"] == "2026-03-16"
    assert [(one["participant"], one["visit"], one["days_left"]) for one in today["due"]] == [("P001", "W2", 2)]
    assert today["booked"] == today["late"] == []
    clock.set("2026-03-30T01:00:00+00:00")
    later = report(trial, "today")
    assert [(one["visit"], one["booked"]) for one in later["booked"]] == [("W4", "2026-03-30T09:30:00+08:00")]
    # the window of W2 ended on the 18th: 30 - 18 = 12 days
    assert [(one["visit"], one["days_late"]) for one in later["late"]] == [("W2", 12)]
    assert report(trial, "overdue")["overdue"] == later["late"]


def test_the_site_s_day_begins_at_its_midnight(trial: Path, clock: Clock) -> None:
    clock.set("2026-03-15T16:30:00+00:00")  # half past midnight on the 16th in Shanghai
    assert report(trial, "today")["day"] == "2026-03-16"
    clock.set("2026-03-15T15:30:00+00:00")
    assert report(trial, "today")["day"] == "2026-03-15"


def test_today_lists_the_doses_of_the_day_for_the_unmasked(trial: Path) -> None:
    record(trial, "liu", [draft("book", "P001", "W2", when="2026-03-16T09:30:00+08:00")])
    [dose] = report(trial, "today", "--day", "2026-03-16", user="wang", key=True)["prepare"]
    assert (dose["participant"], dose["visit"], dose["arm"], dose["stage"]) == ("P001", "W2", "phase1-A", "to prepare")
    # 23.4 cm² → 24 sites of 1e8 particles
    assert dose["doses"][0]["total"] == "2400000000"
    text = call(trial, "wang", "study", "today", "--day", "2026-03-16", key=True).out
    assert "2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)" in text


def test_a_dose_that_may_not_be_given_yet_is_called_a_draft(tmp_path: Path, clock: Clock) -> None:
    site = tmp_path / "example.yaml"
    site.write_text(Path(SITE).read_text(encoding="utf-8").replace("2026-05-18", "2026-02-18"), encoding="utf-8")
    (tmp_path / KEY).parent.mkdir()
    words = ("study", "init", "--protocol", OPEN, "--site", str(site), "--key-out", KEY)
    assert call(tmp_path, "zhao", *words).code == 0
    record(tmp_path, "chen", [
        *enrolled("P001", "phase1-A", "2026-03-02", masked=False),
        draft("book", "P001", "W2", when="2026-03-16T09:30:00+08:00"),
    ])  # fmt: skip
    assert [dose["release"] for dose in report(tmp_path, "today", "--day", "2026-03-16")["prepare"]] == ["draft"]
    assert "to prepare; a draft (R8)" in call(tmp_path, "wang", "study", "today", "--day", "2026-03-16").out


def test_a_visit_without_a_dose_is_not_to_be_prepared(trial: Path) -> None:
    record(trial, "liu", [draft("book", "P001", "W24", when="2026-08-17T09:30:00+08:00")])
    today = report(trial, "today", "--day", "2026-08-17", user="wang", key=True)
    assert [one["visit"] for one in today["booked"]] == ["W24"]
    assert today["prepare"] == []


def test_a_dose_that_cannot_be_calculated_says_why(trial: Path) -> None:
    gone = [each for each in enrolled("P002", "phase1-A", "2026-03-02", masked=False) if each.kind != "measure"]
    record(trial, "chen", [*gone, draft("book", "P002", "W2", when="2026-03-16T10:00:00+08:00")])
    [dose] = report(trial, "today", "--day", "2026-03-16", user="wang", key=True)["prepare"]
    assert dose["doses"] == []
    assert "area" in dose["problem"]


def test_the_head_of_the_chain_ends_the_day(trial: Path) -> None:
    today, head = report(trial, "today"), report(trial, "head")
    assert today["head"] == head["head"]
    assert f"{today['head']['number']}:{today['head']['hash']}" in call(trial, "liu", "study", "today").out


def test_a_past_moment_shows_what_was_known_then(trial: Path, clock: Clock) -> None:
    clock.set("2026-03-10T01:00:00+00:00")
    record(trial, "liu", [draft("book", "P001", "W2", when="2026-03-16T09:30:00+08:00")])
    clock.set("2026-03-12T01:00:00+00:00")
    moved = {"from": "2026-03-16T09:30:00+08:00", "when": "2026-03-17T14:00:00+08:00"}
    record(trial, "liu", [draft("move", "P001", "W2", **moved)])
    then = report(trial, "week", "--as-of", "2026-03-11", "--day", "2026-03-16")
    assert [[one["visit"] for one in day["booked"]] for day in then["days"]] == [["W2"], [], [], [], [], [], []]
    assert then["entered_later"] == 1
    now = report(trial, "week", "--day", "2026-03-16")
    assert [[one["visit"] for one in day["booked"]] for day in now["days"]] == [[], ["W2"], [], [], [], [], []]
    text = call(trial, "liu", "study", "week", "--as-of", "2026-03-11").out
    assert "As it was known at the end of 2026-03-11. Events that were entered later, and are not looked at: 1" in text
    heads = [report(trial, "today", *words)["head"]["number"] for words in (("--as-of", "2026-03-11"), ())]
    assert heads == [heads[1] - 1, heads[1]]


@pytest.mark.parametrize("name", [*REPORTS, "exposure"])
def test_a_day_before_the_study_is_refused(trial: Path, name: str) -> None:
    ran = call(trial, "wang", "study", name, "--as-of", "2026-02-01", "--json", key=True)
    assert (ran.code, ran.codes) == (1, ["DC785"])
    assert "nothing was recorded in this study by the end of 2026-02-01" in ran.err


@pytest.mark.parametrize("name", REPORTS)
def test_the_past_and_the_present_say_the_same_where_nothing_came_later(trial: Path, clock: Clock, name: str) -> None:
    record(trial, "liu", [
        draft("book", "P001", "W2", when="2026-03-16T09:30:00+08:00"),
        draft("cancel", "P001", "W2", reason="ill", was="2026-03-16T09:30:00+08:00"),
        draft("book", "P001", "W4", when="2026-03-29T09:30:00+08:00"),
        draft("miss", "P001", "W6", reason="ill"),
    ])  # fmt: skip
    for day in ("2026-03-02", "2026-03-16", "2026-03-29", "2026-04-30", "2026-09-01"):
        clock.set("2026-03-02T04:00:00+00:00")
        now = report(trial, name, "--day", day)
        clock.set("2026-03-04T01:00:00+00:00")
        then = report(trial, name, "--day", day, "--as-of", "2026-03-02")
        assert then.pop("as_of") == "2026-03-02"
        assert now.pop("as_of") is None
        assert then == now


def test_deviations_tell_the_reason_and_who_recorded_it(trial: Path, clock: Clock) -> None:
    clock.set("2026-04-28T03:00:00+00:00")
    record(trial, "liu", [
        draft("attend", "P001", "W2", when="2026-03-20", deviation="holiday"),  # 2 days after the 18th
        draft("book", "P001", "W4", when="2026-04-03T09:00:00+08:00", outside_window="flight cancelled"),
        draft("miss", "P001", "W6", reason="ill"),
        draft("attend", "P001", "W8", when="2026-04-28"),  # 1 day after the target, inside ±7 days
    ])  # fmt: skip
    found = report(trial, "deviations")
    told = [
        (one["visit"], one["deviation"], one["days_outside"], one["days_from_target"], one["reason"], one["user"])
        for one in found["deviations"]
    ]
    assert told == [
        ("W2", "late", 2, 4, "holiday", "liu"),
        ("W4", "outside_window", 0, None, "flight cancelled", "liu"),
        ("W6", "missed", 0, None, "ill", "liu"),
    ]
    assert found["counted"] == 3
    text = call(trial, "liu", "study", "deviations", "--participant", "P001").out
    assert "after the window" in text
    assert "flight cancelled" in text


def test_a_corrected_attendance_is_no_deviation_any_more(trial: Path, clock: Clock) -> None:
    clock.set("2026-03-26T03:00:00+00:00")
    [wrong] = record(trial, "liu", [draft("attend", "P001", "W2", when="2026-03-26")])
    assert report(trial, "deviations")["counted"] == 1
    right = Draft(
        kind="correct", at=AT, participant="P001", visit="W2", corrects=wrong.number, reason="slip of the pen",
        public={"public": {"when": "2026-03-16"}},
    )  # fmt: skip
    record(trial, "liu", [right])
    assert report(trial, "deviations")["counted"] == 0


def test_without_a_window_days_from_target_are_shown_and_not_counted(tmp_path: Path, clock: Clock) -> None:
    said = '{document: Clinical trial protocol, section: "8.1", by: investigator, date: 2026-03-02}'
    of_the_site = f"      INJ2:\n        window: {{before: P3D, after: P3D}}\n        confirmed: {said}\n"
    begin(tmp_path, "NCT06932393", more=(of_the_site, ""))
    record(tmp_path, "chen", [
        draft("consent", "P001", form="1.0", date="2026-03-01"),
        draft("enrol", "P001", date="2026-03-01"),
        draft("anchor", "P001", name="start", when="2026-03-02"),
    ])  # fmt: skip
    clock.set("2026-04-10T03:00:00+00:00")
    record(tmp_path, "liu", [draft("attend", "P001", "INJ2", when="2026-04-10")])
    found = report(tmp_path, "deviations")
    [shown] = [one for one in found["deviations"] if one["visit"] == "INJ2"]
    assert (shown["window"], shown["counted"], shown["days_from_target"]) == (
        "not_stated",
        False,
        8,
    )  # 2 April + 8 days
    assert "Shown, and not counted as deviations: 1" in call(tmp_path, "liu", "study", "deviations").out


@pytest.fixture(scope="module")
def sheet() -> dict[str, Any]:
    """The worksheet of 24 sites, 2.4e9 particles; it is made before the clock is set."""
    made: dict[str, Any] = prepare(*SITES, "--participant", "P001", "--json").json
    return made


def given(sheet: dict[str, Any], visit: str, *, part: str | None = None) -> list[Draft]:
    """The dose of a worksheet that was prepared, checked, handed out and given."""
    digest = sheet["digest"]
    lots = {"digest": digest, "lots": {sheet["stock"]["lot"]: sheet["vials"]}}
    when, why = "2026-03-02T10:00:00+08:00", "pain" if part else None
    parts = {"part": part} if part else {}
    return [
        draft("prepare", "P001", visit, sealed={"worksheet": pack(sheet), **lots}, date="2026-03-02"),
        draft("check", "P001", visit, sealed={"digest": digest}, agreed=True),
        draft("dispense", "P001", visit, sealed=lots, when=when, to="liu"),
        draft("administer", "P001", visit, reason=why, sealed={"digest": digest}, when=when, by="liu", **parts),
    ]


def test_exposure_sums_what_was_given_and_a_part_counts_as_a_part(trial: Path, sheet: dict[str, Any]) -> None:
    record(trial, "wang", [*given(sheet, "W0"), *given(sheet, "W2", part="0.25")])
    [one] = report(trial, "exposure", user="wang", key=True)["participants"]
    assert [(dose["visit"], dose["planned"]["total"]) for dose in one["doses"]] == [
        (visit, "2400000000") for visit in ("W0", "W2", "W4", "W6")
    ]
    first, second, third, _ = one["doses"]
    assert (first["administered"]["total"], first["cumulative"]["total"]) == ("2400000000", "2400000000")
    # a quarter of 2.4e9 is 6e8; 2.4e9 + 6e8 = 3.0e9
    assert (second["administered"]["total"], second["part"], second["cumulative"]["total"]) == (
        "600000000", "0.25", "3000000000",
    )  # fmt: skip
    assert (third["administered"], third["cumulative"]) == (None, None)
    assert one["cumulative"] == [{"product": "hUCMSC-sEV", "total": "3000000000", "unit": "particles"}]
    text = call(trial, "wang", "study", "exposure", key=True).out
    assert "3,000,000,000 particles (3 billion; 3 × 10⁹)" in text


def test_the_statistician_gets_a_table_of_exact_amounts(trial: Path, sheet: dict[str, Any]) -> None:
    record(trial, "wang", given(sheet, "W0"))
    ran = call(trial, "wang", "study", "exposure", "--csv", "exposure.csv", "--json", key=True)
    data = (trial / "exposure.csv").read_bytes()
    assert ran.json["files"][0]["path"] == "exposure.csv"
    assert data.startswith(b"\xef\xbb\xbfparticipant,arm,visit,")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [(row["visit"], row["planned_total"], row["administered_total"]) for row in rows] == [
        ("W0", "2400000000", "2400000000"),
        ("W2", "2400000000", ""),
        ("W4", "2400000000", ""),
        ("W6", "2400000000", ""),
    ]


def test_the_folder_of_the_table_must_exist_and_nothing_is_written_otherwise(trial: Path) -> None:
    ran = call(trial, "wang", "study", "exposure", "--csv", "nowhere/exposure.csv", "--json", key=True)
    assert ran.code == 1
    assert not (trial / "nowhere").exists()


def two(folder: Path, arms: tuple[str, str], clock: Clock) -> Path:
    folder.mkdir()
    clock.set("2026-03-01T01:00:00+00:00")
    begin(folder)
    for number, arm in enumerate(arms, 1):
        start = f"2026-03-0{number + 1}T10:00:00+08:00"
        clock.set(f"2026-03-0{number + 1}T02:00:00+00:00")
        drafts = enrolled(f"P00{number}", arm, start, masked=True)
        for user, kinds in (("liu", ("consent", "enrol", "measure", "anchor")), ("wang", ("assign",))):
            record(folder, user, [each for each in drafts if each.kind in kinds])
        record(folder, "liu", [
            draft("attend", f"P00{number}", "D0", when=start),
            draft("book", f"P00{number}", "D7", when=f"2026-03-1{number}T09:00:00+08:00"),
        ])  # fmt: skip
    clock.set("2026-03-14T01:00:00+00:00")
    record(folder, "liu", [draft("attend", "P001", "D7", when="2026-03-14", deviation="holiday")])
    return folder


def test_reports_of_two_allocations_are_the_same_bytes_for_every_masked_role(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []
    for name, arms in (("one", ("group-1", "placebo")), ("other", ("group-2", "group-1"))):
        monkeypatch.setattr(os, "urandom", chance())  # the same key, so that only the allocation differs
        folders.append(two(tmp_path / name, arms, clock))
    one, other = folders
    seen = set()
    for user in MASKED:
        for name in (*REPORTS, "exposure"):
            for words in ((), ("--json",), ("--as-of", "2026-03-11", "--json")):
                for key in (False, True):
                    first, second = (call(folder, user, "study", name, *words, key=key) for folder in (one, other))
                    assert (first.code, first.out, first.err) == (second.code, second.out, second.err)
                    seen.add((name, first.code))
    assert seen == {(name, 0) for name in REPORTS} | {("exposure", 1)}


def test_a_masked_day_has_no_dose_and_no_arm(tmp_path: Path, clock: Clock) -> None:
    folder = two(tmp_path / "one", ("group-1", "placebo"), clock)
    today = report(folder, "today", "--day", "2026-03-12", key=True)
    assert [one["participant"] for one in today["booked"]] == ["P002"]
    assert "prepare" not in today
    assert set(today["head"]) == {"number", "public_hash"}
    assert "placebo" not in json.dumps(today)
    unmasked = report(folder, "today", "--day", "2026-03-12", user="wang", key=True)
    assert [(one["participant"], one["arm"]) for one in unmasked["prepare"]] == [("P002", "placebo")]


def test_exposure_is_refused_to_masked_roles_and_without_the_key(tmp_path: Path, clock: Clock) -> None:
    folder = two(tmp_path / "one", ("group-1", "placebo"), clock)
    nurse = call(folder, "liu", "study", "exposure", "--csv", "x.csv", "--json", key=True)
    assert (nurse.code, nurse.codes) == (1, ["DC725"])
    assert not (folder / "x.csv").exists()
    pharmacist = call(folder, "wang", "study", "exposure", "--json")
    assert (pharmacist.code, pharmacist.codes) == (1, ["DC726"])


def test_an_unknown_participant_is_refused(trial: Path) -> None:
    for name in ("drift", "deviations", "exposure"):
        ran = call(trial, "wang", "study", name, "--participant", "P999", "--json", key=True)
        assert (ran.code, ran.codes) == (1, ["DC737"])


def test_a_past_time_of_day_shows_what_was_known_then(trial: Path, clock: Clock) -> None:
    clock.set("2026-03-10T01:00:00+00:00")  # nine in the morning at the site
    record(trial, "liu", [draft("book", "P001", "W2", when="2026-03-16T09:30:00+08:00")])
    clock.set("2026-03-10T03:00:00+00:00")
    moved = {"from": "2026-03-16T09:30:00+08:00", "when": "2026-03-17T14:00:00+08:00"}
    record(trial, "liu", [draft("move", "P001", "W2", **moved)])
    clock.set("2026-03-20T01:00:00+00:00")
    for moment, day in (("2026-03-10T10:59", 0), ("2026-03-10T11:00", 1), ("2026-03-10T02:59Z", 0), ("2026-03-10", 1)):
        week = report(trial, "week", "--as-of", moment, "--day", "2026-03-16")["days"]
        assert [len(each["booked"]) for each in week[:2]] == [1 - day, day], moment
    ran = call(trial, "liu", "study", "today", "--as-of", "2026-03-10T10:59")
    assert "As it was known at 2026-03-10T10:59. Events that were entered later, and are not looked at: 1" in ran.out
    assert ran.out.startswith(f"{OPEN}: Tuesday, 2026-03-10")
    heads = [report(trial, name, "--as-of", "2026-03-10T10:59")["head"] for name in ("head", "today")]
    assert heads[0] == heads[1] != report(trial, "head")["head"]
    early = call(trial, "liu", "study", "today", "--as-of", "2026-02-10T10:59", "--json")
    assert early.codes == ["DC785"]
    assert "nothing was recorded in this study by 2026-02-10T10:59" in early.err
