"""A second export updates the first in the programs that imported it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.building import CLINIC, LATER, LATEST, ROUTINE, STAMP, THREE, VERSION, day, doses, plan, visit
from dosecalc.calendars.event import calendar_uid
from dosecalc.calendars.export import clinic_calendar, participant_calendar, pharmacy_calendar
from dosecalc.calendars.revisions import read_previous
from dosecalc.errors import Refusal
from ics.checks import check_calendar, check_versions
from ics.reading import Event, reference
from ics.validator import validate

ATTENDED, BOOKED, OPEN = THREE
MOVED = visit("D7", day("2026-03-09"), booked="2026-03-10T14:00")


def participant(*visits: Any, stamp: dt.datetime = STAMP, **options: Any) -> bytes:
    fields: dict[str, Any] = {"clinic": CLINIC, "language": "en", "version": VERSION} | options
    return participant_calendar(plan(*visits), stamp=stamp, **fields)


def by_summary(data: bytes) -> dict[str, Event]:
    return {event["summary"]: event for event in reference(data).events}


def blocks(data: bytes) -> list[bytes]:
    return [part.partition(b"END:VEVENT")[0] for part in data.split(b"BEGIN:VEVENT")[1:]]


def test_what_did_not_change_keeps_its_bytes() -> None:
    first = participant(*THREE)
    assert participant(*THREE, stamp=LATER, previous=first) == first


def test_the_same_export_twice_is_the_same_file() -> None:
    assert participant(*THREE) == participant(*THREE)


def test_a_moved_visit_gets_the_next_sequence_and_the_new_stamp(tmp_path: Path) -> None:
    first = participant(*THREE)
    second = participant(ATTENDED, MOVED, OPEN, stamp=LATER, previous=first)
    check_versions(first, second)
    moved = by_summary(second)["Clinic visit: Day 7"]
    assert (moved["sequence"], moved["start"]) == (1, "2026-03-10T06:00:00Z")
    assert blocks(second)[0] == blocks(first)[0]
    assert blocks(second)[2] == blocks(first)[2]
    assert b"DTSTAMP:20260220T080000Z" in blocks(second)[1]
    assert b"LAST-MODIFIED:20260220T080000Z" in blocks(second)[1]
    third = participant(ATTENDED, BOOKED, OPEN, stamp=LATEST, previous=second)
    check_versions(second, third)
    assert by_summary(third)["Clinic visit: Day 7"]["sequence"] == 2
    check_calendar(third, tmp_path)


def test_a_changed_word_is_a_change_too() -> None:
    first = participant(*THREE)
    second = participant(*THREE, stamp=LATER, previous=first, clinic=replace(CLINIC, contact="+86 755 1111 1111"))
    check_versions(first, second)
    assert [event["sequence"] for event in reference(second).events] == [1, 1, 1]


def test_what_is_gone_stays_as_cancelled(tmp_path: Path) -> None:
    first = participant(*THREE)
    second = participant(ATTENDED, OPEN, stamp=LATER, previous=first)
    check_versions(first, second)
    cancelled = by_summary(second)["Cancelled: Clinic visit: Day 7"]
    assert (cancelled["status"], cancelled["sequence"], cancelled["alarms"]) == ("CANCELLED", 1, [])
    assert cancelled["start"] == "2026-03-09T01:30:00Z"
    assert cancelled["description"] == (
        "This item was cancelled. If it is still shown, please delete it from your calendar."
    )
    assert (cancelled["location"], cancelled["transp"]) == (None, "TRANSPARENT")
    check_calendar(second, tmp_path)


def test_a_cancelled_item_says_so_in_chinese() -> None:
    first = participant(*THREE, language="zh")
    second = participant(ATTENDED, OPEN, stamp=LATER, previous=first, language="zh")
    assert by_summary(second)["【已取消】到院访视：第 7 天"]["status"] == "CANCELLED"


def test_what_was_cancelled_before_stays_as_it_is() -> None:
    second = participant(ATTENDED, OPEN, stamp=LATER, previous=participant(*THREE))
    third = participant(ATTENDED, OPEN, stamp=LATEST, previous=second)
    assert third == second


def test_a_cancelled_visit_can_come_back() -> None:
    second = participant(ATTENDED, OPEN, stamp=LATER, previous=participant(*THREE))
    third = participant(ATTENDED, MOVED, OPEN, stamp=LATEST, previous=second)
    check_versions(second, third)
    back = by_summary(third)["Clinic visit: Day 7"]
    assert (back["status"], back["sequence"]) == ("CONFIRMED", 2)


def test_a_visit_that_became_known_begins_at_sequence_0() -> None:
    first = participant(ATTENDED, visit("D14", None))
    second = participant(ATTENDED, OPEN, stamp=LATER, previous=first)
    check_versions(first, second)
    assert [event["sequence"] for event in reference(second).events] == [0, 0]


def test_cancelling_cancels_every_item(tmp_path: Path) -> None:
    first = participant_calendar(
        replace(plan(*THREE), routine=ROUTINE), clinic=CLINIC, language="en", stamp=STAMP, version=VERSION
    )
    second = participant(*THREE, stamp=LATER, previous=first, cancel=True)
    check_versions(first, second)
    events = check_calendar(second, tmp_path)
    assert [(event["status"], event["sequence"], event["alarms"]) for event in events] == [("CANCELLED", 1, [])] * 4
    assert events[3]["rrule"] == "COUNT=84;FREQ=DAILY"
    assert participant(*THREE, stamp=LATEST, previous=second, cancel=True) == second


def test_without_the_previous_file_the_items_of_the_plan_are_cancelled() -> None:
    """A first export has sequence 0, so 1 is higher than what was handed out."""
    events = reference(participant(*THREE, stamp=LATER, cancel=True)).events
    assert [(event["status"], event["sequence"]) for event in events] == [("CANCELLED", 1)] * 3


def test_the_pharmacys_cancelled_item_holds_no_dose() -> None:
    options: dict[str, Any] = {"clinic": CLINIC, "language": "en", "version": VERSION}
    first = pharmacy_calendar(plan(*THREE), doses(), stamp=STAMP, **options)
    second = pharmacy_calendar(plan(ATTENDED, OPEN), doses(), stamp=LATER, previous=first, **options)
    check_versions(first, second)
    cancelled = next(event for event in reference(second).events if event["status"] == "CANCELLED")
    assert cancelled["summary"] == "Cancelled: DRAFT – NOT FOR ADMINISTRATION · P-001 · Day 7"
    assert "cells" not in cancelled["description"]


def test_a_changed_dose_is_a_change() -> None:
    options: dict[str, Any] = {"clinic": CLINIC, "language": "en", "version": VERSION}
    first = pharmacy_calendar(plan(*THREE), doses(), stamp=STAMP, **options)
    second = pharmacy_calendar(plan(*THREE), doses(draft=False), stamp=LATER, previous=first, **options)
    assert [event["sequence"] for event in reference(second).events] == [1, 1, 1]


@pytest.mark.parametrize("change", [lambda data: data.replace(b"\r\n", b"\n"), lambda data: b"\xef\xbb\xbf" + data])
def test_line_ends_and_a_mark_that_an_editor_changed_do_no_harm(change: Any) -> None:
    first = participant(*THREE)
    assert participant(*THREE, stamp=LATER, previous=change(first)) == first


# ---- what is refused


def refusal(previous: bytes, *, stamp: dt.datetime = LATER) -> tuple[str, str, str]:
    with pytest.raises(Refusal) as caught:
        participant(*THREE, stamp=stamp, previous=previous)
    (finding,) = caught.value.findings
    return finding.code, str(finding.what), str(finding.mend)


FIRST = participant(*THREE)
SCRAPS = [b"\r\n", b"\r\nBEGIN:VEVENT\r\n", b"\r\nDTEND:20260101T000000Z\r\n", b";", b":", b"\\", b"\xe5\x91\xa8", b" "]


@pytest.mark.parametrize(
    "previous",
    [
        b"",
        b"participant,start\r\nP-001,2026-03-02\r\n",
        b"\x89PNG\r\n\x1a\n",
        FIRST[: len(FIRST) // 2],
        FIRST.replace(b"SEQUENCE:0\r\n", b"", 1),
        FIRST.replace(b"SEQUENCE:0\r\n", b"SEQUENCE:-1\r\n", 1),
        FIRST.replace(b"DTSTAMP:20260201T080000Z", b"DTSTAMP:20260231T080000Z", 1),
        FIRST.replace(b"END:VEVENT\r\n", b"", 1),
        FIRST.replace(b"Day 7", b"Day \xff", 1),
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ],
)
def test_a_previous_file_that_is_no_calendar_of_ours_is_refused(previous: bytes) -> None:
    assert refusal(previous) == (
        "DC502",
        "the previous calendar is not a calendar file that dosecalc wrote",
        "give the .ics file that was handed out, unchanged, or leave out --previous to make a first one",
    )


def test_an_item_that_cannot_be_read_is_refused_where_it_must_be_cancelled() -> None:
    broken = FIRST.replace(b"DTSTART;TZID=Asia/Shanghai:20260309T093000", b"DTSTART:soon")
    with pytest.raises(Refusal, match="DC502"):
        participant(ATTENDED, stamp=LATER, previous=broken)


def test_a_text_that_may_not_stand_in_a_calendar_is_not_taken_over() -> None:
    changed = FIRST.replace(b"SUMMARY:Clinic visit: Day 7", b"SUMMARY:Clinic\\nvisit")
    with pytest.raises(Refusal, match="DC501"):
        participant(ATTENDED, stamp=LATER, previous=changed)


@given(st.integers(0, len(FIRST)), st.integers(0, 40), st.one_of(st.binary(max_size=9), st.sampled_from(SCRAPS)))
def test_whatever_happened_to_a_file_it_is_refused_or_gives_a_valid_one(place: int, length: int, scrap: bytes) -> None:
    changed = FIRST[:place] + scrap + FIRST[place + length :]
    for options in ({}, {"cancel": True}):
        try:
            second = participant(ATTENDED, MOVED, stamp=LATEST, previous=changed, **options)
        except Refusal as refused:
            codes = {finding.code for finding in refused.findings}
        else:
            codes = set(validate(second))
        assert codes <= {"DC501", "DC502", "DC503", "DC504"}


def test_the_file_of_somebody_else_is_refused() -> None:
    options: dict[str, Any] = {"clinic": CLINIC, "language": "en", "stamp": STAMP, "version": VERSION}
    others = [
        participant_calendar(plan(*THREE, code="P-002"), **options),
        participant_calendar(plan(*THREE, protocol="NCT06932393"), **options),
        clinic_calendar(plan(*THREE), **options),
    ]
    for other in others:
        assert refusal(other) == (
            "DC503",
            "the previous calendar belongs to another participant, another protocol or another audience",
            "give the file that was made for the same participant, protocol and audience, or leave out --previous",
        )


@pytest.mark.parametrize("stamp", [STAMP, STAMP - dt.timedelta(days=1), STAMP + dt.timedelta(microseconds=999_999)])
def test_a_stamp_that_is_not_later_is_refused(stamp: dt.datetime) -> None:
    code, what, mend = refusal(FIRST, stamp=stamp)
    assert code == "DC504"
    assert what.endswith("is not later than 2026-02-01T08:00:00Z, the latest one in the previous calendar")
    assert mend == "give --stamp a later time, or leave it out to take the present time"


def test_a_file_without_items_is_a_previous_file() -> None:
    empty = participant(visit(target=None))
    assert read_previous(empty, calendar_uid("NCT07084012", "P-001", "participant")).latest is None
    assert participant(*THREE, stamp=STAMP, previous=empty) == FIRST
