"""A whole cohort: what a plan writes, and that it is all or nothing."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import json
import os
import re
import tracemalloc
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dosecalc import app
from dosecalc.calendars.cohort import CohortFile
from dosecalc.calendars.export import participant_calendar
from dosecalc.calendars.layout import CalendarWriter
from dosecalc.errors import DosecalcError, Refusal
from dosecalc.tables.cohort import read_cohort, write_cohort
from dosecalc.tables.manifest import written_files
from tables.building import ESCALATION, HAIR, LATER, STAMP, STROKE, VERSION, plan, said, settled, table, tree

if TYPE_CHECKING:
    from typing import Any

ARMS = table(
    "participant,start,arm,language,book_D7",
    "TT-002,2026-03-05,group-2,en,",
    "TT-001,2026-03-02,group-1,,2026-03-09T09:30",
)
NO_ARMS = table("participant,start,language,book_D7", "TT-002,2026-03-05,en,", "TT-001,2026-03-02,,2026-03-09T09:30")


def shipped(protocol: str) -> bytes:
    return Path(app.shipped("cohorts", f"{protocol}.csv")).read_bytes()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def refusal_of(*arguments: Any, **options: Any) -> str:
    with pytest.raises(DosecalcError) as refusal:
        plan(*arguments, **options)
    (finding,) = refusal.value.findings
    return said(finding).removeprefix("None ")


def test_with_arms_a_plan_has_visits_and_calendars_and_below_pharmacy_the_doses(tmp_path: Path) -> None:
    written = plan(ARMS, tmp_path / "out")
    assert names(tmp_path / "out") == [
        "calendars/TT-001.ics",
        "calendars/TT-002.ics",
        "clinic.ics",
        "manifest.json",
        "pharmacy/doses.csv",
        "pharmacy/manifest.json",
        "pharmacy/pharmacy.ics",
        "visits.csv",
    ]
    assert (written.participants, written.with_doses, written.draft) == (2, True, True)


def test_without_arms_a_masked_trial_has_no_pharmacy_and_the_rest_is_the_same(tmp_path: Path) -> None:
    written = plan(NO_ARMS, tmp_path / "nurse")
    plan(ARMS, tmp_path / "pharmacist")
    pharmacist = {name: what for name, what in tree(tmp_path / "pharmacist").items() if "pharmacy" not in name}
    assert tree(tmp_path / "nurse") == pharmacist
    assert (written.with_doses, written.draft) == (False, False)


def test_what_unmasks_is_only_for_its_owner(tmp_path: Path) -> None:
    plan(ARMS, tmp_path / "out")
    modes = {name: mode & 0o077 for name, (mode, _, _) in tree(tmp_path / "out").items() if "pharmacy" in name}
    assert modes == dict.fromkeys(
        ["pharmacy", "pharmacy/doses.csv", "pharmacy/manifest.json", "pharmacy/pharmacy.ics"], 0
    )


def test_visits_are_listed_by_participant_code(tmp_path: Path) -> None:
    plan(ARMS, tmp_path / "out", site=False)
    found = rows(tmp_path / "out" / "visits.csv")
    assert [(row["participant"], row["encounter"]) for row in found] == [
        ("TT-001", "D0"), ("TT-001", "D7"), ("TT-001", "D14"), ("TT-002", "D0"), ("TT-002", "D7"), ("TT-002", "D14"),
    ]  # fmt: skip
    # 2 March 2026 is a Monday; 2 + 7 = 9 March, two days either way are 7 and 11 March.
    assert found[1] == {
        "participant": "TT-001",
        "encounter": "D7",
        "label": "Day 7",
        "target": "2026-03-09",
        "earliest": "2026-03-07",
        "latest": "2026-03-11",
        "window": "stated",
        "status": "planned",
        "actual": "",
        "booked": "2026-03-09T09:30:00+08:00",
        "days_from_target": "",
        "weekday": "Monday",
        "notes": "",
    }


def test_an_early_visit_and_a_reason_stand_in_the_table(tmp_path: Path) -> None:
    data = table(
        "participant,start,actual_D7,book_D14,outside_window_D14",
        'TT-001,2026-03-02,2026-03-06,2026-03-20T09:00,"Ward ""C"" closed, sorry"',
    )
    plan(data, tmp_path / "out", site=False)
    _, day7, day14 = rows(tmp_path / "out" / "visits.csv")
    assert (day7["status"], day7["actual"], day7["days_from_target"]) == ("early", "2026-03-06", "-3")
    assert day14["notes"] == 'booked outside the window: Ward "C" closed, sorry'


def test_doses_are_plain_digits_and_say_that_they_are_drafts(tmp_path: Path) -> None:
    # 30 cm², one site for each: 30 sites × 1.0 × 10⁹ = 3.0 × 10¹⁰ particles.
    data = table(
        "participant,start,arm,area_cm2,area_method,area_measured_by,area_date",
        'SZ-002,2026-03-03,phase1-B,30,tracing,"CRC-02, Li",2026-02-27',
    )
    plan(data, tmp_path / "out", HAIR, site=False)
    first, *_ = found = rows(tmp_path / "out" / "pharmacy" / "doses.csv")
    assert [row["encounter"] for row in found] == ["W0", "W2", "W4", "W6"]
    assert {name: first[name] for name in ("participant", "arm", "product", "role", "total", "unit", "sites")} == {
        "participant": "SZ-002",
        "arm": "phase1-B",
        "product": "hUCMSC-sEV",
        "role": "active",
        "total": "30000000000",
        "unit": "particles",
        "sites": "30",
    }
    assert (first["level"], first["level_unit"], first["area_cm2"]) == ("1000000000", "particles/site", "30")
    record = ("area_method", "area_measured_by", "area_date")
    assert [first[name] for name in record] == ["tracing", "CRC-02, Li", "2026-02-27"]
    assert (first["release"], first["notice"]) == ("draft", "DRAFT – NOT FOR ADMINISTRATION")


def test_rounding_by_hand_is_in_the_table_with_what_it_changes(tmp_path: Path) -> None:
    # 23.4 cm² up is 24 sites; (24 − 23.4) ÷ 23.4 = 2.56 %. Down it is 23; (23 − 23.4) ÷ 23.4 = −1.71 %.
    data = table("participant,start,arm,area_cm2", "SZ-001,2026-03-03,phase1-A,23.4")
    for mode, total, deviation in (("up", "2400000000", "2.56"), ("down", "2300000000", "-1.71")):
        out = tmp_path / mode
        cohort = read_cohort(settled(HAIR, site=False), data, "list.csv", mode)  # type: ignore[arg-type]
        write_cohort(cohort, str(out), stamp=STAMP, version=VERSION)
        first = rows(out / "pharmacy" / "doses.csv")[0]
        found = [first[name] for name in ("total", "rounding", "exact", "deviation_percent")]
        assert found == [total, mode, "23.4", deviation]


def test_a_dose_is_in_words_too_with_the_visit_and_its_dates(tmp_path: Path) -> None:
    # A spreadsheet shows 30000000000 as 3E+10. 3 March is a Tuesday; 3 + 14 = 17 March.
    data = table(
        "participant,start,arm,area_cm2,book_W2",
        "SZ-002,2026-03-03,phase1-B,30,2026-03-17T10:00",
        "SZ-003,2026-03-04,phase1-B,30,",
    )
    plan(data, tmp_path / "zh", HAIR)
    plan(data, tmp_path / "en", HAIR, site=False)
    found = {
        folder: [
            [row[name] for name in ("participant", "encounter", "dose", "label", "target", "booked")]
            for row in rows(tmp_path / folder / "pharmacy" / "doses.csv")
        ]
        for folder in ("zh", "en")
    }
    amount = "30,000,000,000 particles (30 billion; 3 × 10¹⁰)"
    assert found["en"][1] == ["SZ-002", "W2", amount, "Week 2", "2026-03-17", "2026-03-17T10:00:00+08:00"]
    assert found["en"][5] == ["SZ-003", "W2", amount, "Week 2", "2026-03-18", ""]
    assert found["zh"][0] == ["SZ-002", "W0", "30,000,000,000 颗粒（300 亿；3 × 10¹⁰）", "第 0 周", "2026-03-03", ""]


def test_how_an_area_was_measured_stands_only_where_a_dose_follows_from_it(tmp_path: Path) -> None:
    plan(shipped(ESCALATION), tmp_path / "out", ESCALATION)
    record = ("area_cm2", "area_method", "area_measured_by", "area_date")
    study, control = rows(tmp_path / "out" / "pharmacy" / "doses.csv")[:2]
    assert [study["area"], *(study[name] for name in record)] == ["study", "9.5", "tracing", "CRC-11", "2026-03-30"]
    assert [control["area"], control["dose"], *(control[name] for name in record)] == ["control", "", "", "", "", ""]


def test_an_exact_number_is_written_for_programs(tmp_path: Path) -> None:
    # 8.333333333 cm² × 5 × 10⁸ = 4,166,666,666.5 particles, and the site rounds halves up.
    data = table("participant,start,arm,area_cm2", "QH-001,2026-03-31,,8.333333333")
    plan(data, tmp_path / "out", ESCALATION)
    study = rows(tmp_path / "out" / "pharmacy" / "doses.csv")[0]
    assert (study["exact"], study["total"]) == ("4166666666.5", "4166666667")


def test_a_placebo_has_a_volume_and_no_amount(tmp_path: Path) -> None:
    plan(ARMS, tmp_path / "out")
    found = {(row["participant"], row["encounter"]): row for row in rows(tmp_path / "out" / "pharmacy" / "doses.csv")}
    assert found["TT-001", "D0"]["total"] == "200000000"
    placebo = found["TT-001", "D7"]
    assert (placebo["role"], placebo["total"], placebo["volume"]) == ("placebo", "", "same as active")
    assert found["TT-002", "D14"]["total"] == "100000000"


def test_both_areas_of_a_participant_are_planned_where_the_column_arm_is_empty(tmp_path: Path) -> None:
    plan(table("participant,start,arm,area_cm2", "QH-001,2026-03-31,,10"), tmp_path / "out", ESCALATION)
    found = rows(tmp_path / "out" / "pharmacy" / "doses.csv")
    assert [(row["encounter"], row["area"], row["total"]) for row in found[:2]] == [
        ("INJ1", "study", "5000000000"),  # 10 cm² × 5 × 10⁸, the site's level
        ("INJ1", "control", ""),
    ]


@pytest.mark.parametrize("protocol", [STROKE, HAIR, ESCALATION])
def test_no_cell_is_one_that_a_spreadsheet_would_run(tmp_path: Path, protocol: str) -> None:
    plan(shipped(protocol), tmp_path / "out", protocol)
    for path in tmp_path.rglob("*.csv"):
        for row in rows(path):
            for cell in row.values():
                assert not cell.startswith(("=", "+", "@", "\t", "\r"))
                assert not cell.startswith("-") or re.fullmatch(r"-\d+(\.\d+)?", cell)


def test_tables_open_in_excel_as_they_are_meant(tmp_path: Path) -> None:
    plan(ARMS, tmp_path / "out")
    for path in tmp_path.rglob("*.csv"):
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbfparticipant,")
        assert data.endswith(b"\r\n")
        assert data.count(b"\n") == data.count(b"\r\n")


@pytest.mark.parametrize("protocol", [STROKE, HAIR, ESCALATION])
def test_a_participant_s_calendar_is_the_one_that_the_reference_writes(tmp_path: Path, protocol: str) -> None:
    plan(shipped(protocol), tmp_path / "out", protocol)
    cohort = read_cohort(settled(protocol), shipped(protocol), "list.csv")
    site = settled(protocol).site
    assert site is not None
    for number in range(len(cohort)):
        planned = cohort.planner.plan(number)
        language = planned.entry.participant.language
        assert language is not None
        expected = participant_calendar(
            planned.view, clinic=site.clinic, language=language, stamp=STAMP, version=VERSION
        )
        assert (tmp_path / "out" / "calendars" / f"{cohort.planner.code(number)}.ics").read_bytes() == expected


def test_a_calendar_is_in_the_participant_s_language_else_the_site_s_else_english(tmp_path: Path) -> None:
    plan(ARMS, tmp_path / "site")
    plan(ARMS, tmp_path / "none", site=False)
    heads = {
        (folder, code): (tmp_path / folder / "calendars" / f"{code}.ics").read_bytes().splitlines()[2]
        for folder in ("site", "none")
        for code in ("TT-001", "TT-002")
    }
    assert {key: head[-2:] for key, head in heads.items()} == {
        ("site", "TT-001"): b"ZH",
        ("site", "TT-002"): b"EN",
        ("none", "TT-001"): b"EN",
        ("none", "TT-002"): b"EN",
    }


def test_the_manifests_hold_the_digests_of_what_lies_beside_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(ARMS, out)
    listed = {file.path: file for file in written_files(str(out))}
    assert sorted(listed) == names(out)
    for path, file in listed.items():
        data = (out / path).read_bytes()
        assert (file.sha256, file.bytes) == (sha256(data).hexdigest(), len(data))
        assert file.events == data.count(b"BEGIN:VEVENT\r\n")
    for folder in (out, out / "pharmacy"):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["protocol_sha256"] == sha256(Path(app.shipped(f"{STROKE}.yaml")).read_bytes()).hexdigest()
        assert manifest["site_sha256"] == sha256(Path(app.shipped("sites", "example.yaml")).read_bytes()).hexdigest()
        assert (manifest["dosecalc"], manifest["stamp"]) == (VERSION, "2026-02-01T08:00:00+00:00")
        assert not any("pharmacy" in file["path"] for file in manifest["files"]) or folder.name == "pharmacy"
    assert json.loads((out / "pharmacy" / "manifest.json").read_text(encoding="utf-8"))["release"] == "draft"


@pytest.mark.parametrize(
    "lines",
    [
        ["TT-001,2026-03-02,,", "TT-002,2026-03-05,,"],
        ["TT-001,2025-12-27,2026-01-03T09:30,", "TT-002,2027-03-05,,"],
        # Attended on another day than booked: no item has a time, so that the calendar needs no time zone after all.
        ["TT-001,2026-03-02,2026-03-09T09:30,2026-03-10", "TT-002,2026-03-05,,"],
    ],
)
def test_the_calendar_of_all_participants_has_the_head_that_the_writer_says_last(
    tmp_path: Path, lines: list[str]
) -> None:
    data = table("participant,start,book_D7,actual_D7", *lines)
    plan(data, tmp_path / "out")
    site = settled(STROKE).site
    assert site is not None
    writer = CalendarWriter("clinic", site.language, clinic=site.clinic, stamp=STAMP, version=VERSION)
    reference, cohort = CohortFile(writer, STROKE), read_cohort(settled(STROKE), data, "list.csv")
    body = b"".join([reference.add(writer.items(cohort.planner.plan(number).view)) for number in range(2)])
    assert (tmp_path / "out" / "clinic.ics").read_bytes() == reference.head() + body + reference.tail()


def test_a_manifest_says_how_the_windows_are_read(tmp_path: Path) -> None:
    plan(ARMS, tmp_path / "zh")
    plan(ARMS, tmp_path / "en", site=False)
    said = {
        name: json.loads((tmp_path / name).read_text(encoding="utf-8"))["window_reading"]
        for name in ("en/manifest.json", "en/pharmacy/manifest.json", "zh/manifest.json")
    }
    english = "earliest and latest are both inside the window; days are the site's local calendar days"
    assert said == {
        "en/manifest.json": english,
        "en/pharmacy/manifest.json": english,
        "zh/manifest.json": "最早日期和最晚日期均在访视窗内；日期为研究中心当地日历日",
    }


def test_the_same_plan_twice_is_the_same_bytes_and_times(tmp_path: Path) -> None:
    plan(ARMS, tmp_path / "one")
    plan(ARMS, tmp_path / "two")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_nothing_is_written_where_a_row_is_bad(tmp_path: Path) -> None:
    with pytest.raises(DosecalcError):
        plan(ARMS + b"TT-003,2026-02-30,placebo,,\r\n", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_whatever_happens_half_way_leaves_nothing(tmp_path: Path) -> None:
    data = table("participant,start,arm", *(f"TT-{n:03},2026-03-02,group-1" for n in range(200)))
    steps: list[int] = []
    plan(data, tmp_path / "whole", progress=steps.append)
    assert steps == [0, 64, 128, 192, 200, 264, 328, 392, 400]  # 200 rows checked, then 200 written, told every 64
    for stop in steps[:-1]:

        def interrupt(done: int, stop: int = stop) -> None:
            if done == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            plan(data, tmp_path / "out", progress=interrupt)
        assert [path.name for path in tmp_path.iterdir()] == ["whole"]


def test_a_full_disk_leaves_nothing_and_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = table("participant,start,arm", *(f"TT-{n:03},2026-03-02,group-1" for n in range(50)))
    left, real = 60_000, os.write

    def write(descriptor: int, data: bytes) -> int:
        nonlocal left
        if left < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left -= len(data)
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    spare = os.dup(0)
    os.close(spare)
    assert refusal_of(data, tmp_path / "out").startswith(f"DC602 the disk is full: {tmp_path}/out could not be written")
    assert list(tmp_path.iterdir()) == []
    again = os.dup(0)
    os.close(again)
    assert again == spare


def test_a_folder_of_an_earlier_plan_is_replaced_only_by_force(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(ARMS, out)
    before = tree(out)
    assert refusal_of(ARMS, out) == (
        f"DC605 the folder {out} holds files already; "
        "name a new folder, or give --force to replace what an earlier plan wrote there"
    )
    assert tree(out) == before
    plan(table("participant,start,arm", "TT-009,2026-03-02,placebo"), out, force=True)
    assert [name for name in names(out) if name.startswith("calendars")] == ["calendars/TT-009.ics"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_force_deletes_no_file_that_a_plan_did_not_write(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(ARMS, out)
    (out / "calendars" / "thesis.docx").write_text("mine")
    assert refusal_of(ARMS, out, force=True) == (
        f"DC631 {out}/calendars/thesis.docx was not written by the earlier plan, and it would be deleted; "
        "move it elsewhere, or name another folder"
    )
    assert (out / "calendars" / "thesis.docx").read_text() == "mine"


def test_force_deletes_nothing_in_a_folder_without_a_plan(tmp_path: Path) -> None:
    (tmp_path / "out" / "photos").mkdir(parents=True)
    assert refusal_of(ARMS, tmp_path / "out", force=True) == (
        f"DC631 {tmp_path}/out/photos was not written by the earlier plan, and it would be deleted; "
        "move it elsewhere, or name another folder"
    )
    assert (tmp_path / "out" / "photos").is_dir()


def test_force_deletes_no_folder_and_no_link_of_others(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(ARMS, out)
    (out / "notes").mkdir()
    assert refusal_of(ARMS, out, force=True).startswith(f"DC631 {out}/notes was not written by the earlier plan")
    (out / "notes").rmdir()
    (out / "clinic.ics").rename(tmp_path / "clinic.ics")
    (out / "clinic.ics").symlink_to(tmp_path / "clinic.ics")
    assert refusal_of(ARMS, out, force=True).startswith(f"DC631 {out}/clinic.ics was not written by the earlier plan")


def test_force_deletes_no_work_in_a_file_of_the_plan(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(ARMS, out)
    with (out / "visits.csv").open("a") as file:
        file.write("a note of the nurse\r\n")
    assert refusal_of(ARMS, out, force=True) == (
        f"DC632 {out}/visits.csv was changed after the earlier plan wrote it, and the change would be lost; "
        "move it elsewhere if it is needed, else delete it; or name another folder"
    )


def test_a_file_that_somebody_deleted_does_not_hold_force_up(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(ARMS, out)
    (out / "calendars" / "TT-001.ics").unlink()
    plan(ARMS, out, force=True)
    assert "calendars/TT-001.ics" in names(out)


def test_who_has_no_arms_does_not_replace_the_pharmacist_s_doses(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(ARMS, out)
    assert refusal_of(NO_ARMS, out, force=True) == (
        f"DC633 {out} holds doses (pharmacy/), and this plan has none; "
        "name another folder; only the pharmacist, with the column 'arm', replaces that one"
    )


def test_force_leaves_any_other_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"manifest": "another program\'s"}')
    assert refusal_of(ARMS, tmp_path, force=True) == (
        f"DC630 {tmp_path}/manifest.json is not the manifest of a plan that dosecalc wrote; "
        "name the folder that an earlier 'dosecalc plan' wrote"
    )


def events(path: Path) -> dict[bytes, tuple[bytes, bytes]]:
    """Stamp and sequence of each event."""
    data = path.read_bytes()
    found = {}
    for block in re.findall(rb"BEGIN:VEVENT.*?END:VEVENT", data, re.DOTALL):
        lines = dict(line.split(b":", 1) for line in block.splitlines() if line.startswith((b"UID", b"DTST", b"SEQ")))
        found[lines[b"UID"]] = (lines[b"DTSTAMP"], lines[b"SEQUENCE"])
    return found


def test_after_an_earlier_plan_only_what_changed_is_stamped_anew(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    plan(ARMS, first)
    plan(ARMS.replace(b"09T09:30", b"10T09:30"), second, previous=str(first), stamp=LATER)
    for name, changed in (("calendars/TT-001.ics", 1), ("clinic.ics", 1), ("pharmacy/pharmacy.ics", 1)):
        before, after = events(first / name), events(second / name)
        assert before.keys() == after.keys()
        assert set(before.values()) == {(b"20260201T080000Z", b"0")}
        new = [value for uid, value in after.items() if value != before[uid]]
        assert new == [(b"20260220T080000Z", b"1")] * changed
    assert (first / "calendars" / "TT-002.ics").read_bytes() == (second / "calendars" / "TT-002.ics").read_bytes()


def test_an_earlier_plan_may_be_continued_in_its_own_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan(ARMS, out)
    plan(ARMS, out, previous=str(out), force=True, stamp=LATER)
    assert set(events(out / "clinic.ics").values()) == {(b"20260201T080000Z", b"0")}


def test_participants_who_are_gone_are_named_once_and_their_visits_cancelled(tmp_path: Path) -> None:
    left = table("participant,start,arm", "TT-001,2026-03-02,group-1")
    plan(ARMS, tmp_path / "first")
    second = plan(left, tmp_path / "second", previous=str(tmp_path / "first"), stamp=LATER)
    assert [str(note.text) for note in second.notes] == [
        (
            "participants of the earlier plan who are not in this one: 1 (TT-002); "
            "their visits are cancelled in clinic.ics and in their own calendars"
        )
    ]
    assert (tmp_path / "second" / "clinic.ics").read_bytes().count(b"STATUS:CANCELLED") == 3
    own = (tmp_path / "second" / "calendars" / "TT-002.ics").read_bytes()
    assert own.count(b"STATUS:CANCELLED") == own.count(b"BEGIN:VEVENT") == 3
    assert b"SUMMARY:Cancelled: " in own  # TT-002 reads English, the site Chinese
    third = plan(left, tmp_path / "third", previous=str(tmp_path / "second"), stamp=LATER + dt.timedelta(days=1))
    assert third.notes == ()
    assert (tmp_path / "third" / "calendars" / "TT-002.ics").read_bytes() == own


def test_a_participant_who_comes_back_goes_on_where_the_cancellation_was(tmp_path: Path) -> None:
    left = table("participant,start,arm", "TT-001,2026-03-02,group-1")
    plan(ARMS, tmp_path / "first")
    plan(left, tmp_path / "second", previous=str(tmp_path / "first"), stamp=LATER)
    plan(ARMS, tmp_path / "third", previous=str(tmp_path / "second"), stamp=LATER + dt.timedelta(days=1))
    assert set(events(tmp_path / "third" / "calendars" / "TT-002.ics").values()) == {(b"20260221T080000Z", b"2")}


def test_an_earlier_plan_of_another_trial_is_refused(tmp_path: Path) -> None:
    plan(shipped(HAIR), tmp_path / "hair", HAIR, site=True)
    found = refusal_of(ARMS, tmp_path / "out", previous=str(tmp_path / "hair"), stamp=LATER)
    assert found == (
        f"DC634 {tmp_path}/hair holds a plan of NCT07203599, not of NCT07084012; "
        "give --previous the folder that was written for the same protocol, or leave it out"
    )


def test_a_stamp_that_is_not_later_than_the_earlier_plan_s_is_refused(tmp_path: Path) -> None:
    plan(ARMS, tmp_path / "first")
    found = refusal_of(ARMS, tmp_path / "second", previous=str(tmp_path / "first"))
    assert found.startswith("DC504 the time stamp 2026-02-01T08:00:00Z is not later than ")
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_warnings_on_doses_are_counted(tmp_path: Path) -> None:
    data = table("participant,start,arm,area_cm2", "SZ-001,2026-03-02,phase1-A,1", "SZ-002,2026-03-02,phase1-A,24")
    written = plan(data, tmp_path / "out", HAIR, site=False)
    assert [note.code for note in written.notes] == ["area-not-recorded", "dose-warnings"]
    assert str(written.notes[1].text) == (
        "participants with a warning on their doses: 1; see the column warnings of doses.csv"
    )
    warned = [row["warnings"] for row in rows(tmp_path / "out" / "pharmacy" / "doses.csv")]
    assert "unusually small" in warned[0]


def test_memory_does_not_grow_with_the_participants_beyond_their_table(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        lines = (f"TT-{n:05},2026-03-{n % 28 + 1:02},{('group-1', 'group-2', 'placebo')[n % 3]}" for n in range(count))
        data = table("participant,start,arm", *lines)
        cohort = read_cohort(settled(STROKE), data, "list.csv")
        tracemalloc.start()
        write_cohort(cohort, str(tmp_path / str(count)), stamp=STAMP, version=VERSION)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # what is remembered of dates and layouts
    # A participant's own calendar has 2,000 bytes, and their part of the others 5,000: none of that is kept.
    assert peak(4000) - peak(1000) < 3000 * 200


def test_a_refusal_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mkdir(path: str, mode: int = 0o777) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(os, "mkdir", mkdir)
    with pytest.raises(Refusal, match="DC603"):
        plan(ARMS, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
