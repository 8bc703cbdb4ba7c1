"""Events → bytes that every program reads as they were meant."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.building import (
    CLINIC,
    ROUTINE,
    STAMP,
    THREE,
    VERSION,
    at,
    clinics,
    day,
    doses,
    given_doses,
    plan,
    plans,
    texts,
    visit,
)
from dosecalc.blinding import BlindedPlan
from dosecalc.calendars.event import Alarm, Event
from dosecalc.calendars.export import clinic_calendar, participant_calendar, pharmacy_calendar
from dosecalc.calendars.ics import Head, read_event, write_calendar, write_event
from dosecalc.dosing.result import Doses
from dosecalc.protocol.clinic import Clinic
from dosecalc.text import LANGUAGES, Language
from ics.checks import ALL, check_calendar, check_calendars
from ics.validator import validate

UID = "00000000-0000-5000-8000-000000000001@dosecalc.invalid"
EVENT = Event(
    uid=UID,
    start=day("2026-03-09"),
    end=day("2026-03-10"),
    summary="Visit",
    description="",
    status="CONFIRMED",
    stamp=STAMP,
)
HEAD = Head(uid="calendar@dosecalc.invalid", name="P-001", language="en", version=VERSION, nothing="")

# R17: nothing of this on a phone. `dosecalc`, in the product's name and the UIDs, is not the word dose.
PRIVATE = (
    r"NCT0",
    r"(?i)exosome",
    r"(?i)\bcells?\b",
    r"(?i)\bdoses?\b",
    r"(?i)\barm\b",
    r"(?i)placebo",
    "外泌体",
    "剂量",
    "细胞",
)


def calendars(subject: BlindedPlan, given: Doses, clinic: Clinic | None, language: Language) -> dict[str, bytes]:
    options = {"clinic": clinic, "language": language, "stamp": STAMP, "version": VERSION}
    return {
        "participant.ics": participant_calendar(subject, **options),  # type: ignore[arg-type]
        "clinic.ics": clinic_calendar(subject, **options),  # type: ignore[arg-type]
        "pharmacy.ics": pharmacy_calendar(subject, given, **options),  # type: ignore[arg-type]
    }


@pytest.mark.clients
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_audience_is_read_by_real_programs_as_it_was_meant(language: Language, tmp_path: Path) -> None:
    subject = plan(*THREE, visit("D28", day("2026-03-30"), None, None), routine=ROUTINE)
    files = calendars(subject, doses(), CLINIC, language)
    read = check_calendars(files, tmp_path, clients=ALL)
    assert [len(read[name]) for name in files] == [5, 4, 4]
    booked = read["participant.ics"][1]
    assert (booked["start"], booked["end"]) == ("2026-03-09T01:30:00Z", "2026-03-09T03:00:00Z")
    assert booked["alarms"] == [-120, -1440]
    daily = read["participant.ics"][4]
    assert (daily["start"], daily["rrule"], daily["all_day"]) == ("2026-03-02", "COUNT=84;FREQ=DAILY", True)
    window = read["clinic.ics"][2]
    assert (window["start"], window["end"], window["transp"]) == ("2026-03-14", "2026-03-19", "TRANSPARENT")


@pytest.mark.clients
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "UTC"])
def test_booked_times_keep_their_instant_on_both_sides_of_summer_time(zone: str, tmp_path: Path) -> None:
    here = ZoneInfo(zone)
    subject = plan(
        visit("D0", day("2026-01-12"), booked="2026-01-12T09:00", zone=here),
        visit("D180", day("2026-07-13"), booked="2026-07-13T09:00", zone=here),
        visit("D700", day("2028-01-17"), booked="2028-01-17T09:00", zone=here),
        timezone=zone,
    )
    files = calendars(subject, doses(), CLINIC, "en")
    read = check_calendars(files, tmp_path, clients=ALL)
    want = [at(f"{date}T09:00", here).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for date in ("2026-01-12", "2026-07-13", "2028-01-17")]  # fmt: skip
    assert [event["start"] for event in read["clinic.ics"]] == want


def test_shanghai_has_one_offset_and_no_summer_time_of_1986() -> None:
    data = calendars(plan(*THREE), doses(), None, "en")["clinic.ics"].decode()
    assert data.count("BEGIN:STANDARD") == 1
    assert "DAYLIGHT" not in data
    assert "TZOFFSETTO:+0800" in data


def test_a_time_that_comes_twice_is_written_in_utc(tmp_path: Path) -> None:
    """On 25 October 2026 Berlin has 02:30 twice, first at 00:30 UTC, then at 01:30 UTC."""
    berlin = ZoneInfo("Europe/Berlin")
    second = at("2026-10-25T02:30", berlin).replace(fold=1)
    subject = plan(visit(booked="2026-10-25T02:30", zone=berlin), timezone="Europe/Berlin")
    booking = subject.visits[0].booking
    assert booking
    twice = replace(subject, visits=(replace(subject.visits[0], booking=replace(booking, when=second)),))
    (event,) = check_calendar(calendars(twice, doses(), None, "en")["clinic.ics"], tmp_path)
    assert (event["start"], event["end"]) == ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z")


def test_the_length_of_a_visit_is_time_that_passes(tmp_path: Path) -> None:
    """On 29 March 2026 Berlin's clocks go from 02:00 to 03:00: an hour from 01:30 ends at 03:30 on the clock."""
    berlin = ZoneInfo("Europe/Berlin")
    subject = plan(visit(booked="2026-03-29T01:30", zone=berlin), timezone="Europe/Berlin")
    data = calendars(subject, doses(), None, "en")["clinic.ics"]
    assert b"DTEND;TZID=Europe/Berlin:20260329T033000" in data
    (event,) = check_calendar(data, tmp_path)
    assert (event["start"], event["end"]) == ("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z")


def test_a_calendar_file_is_no_message() -> None:
    for data in calendars(plan(*THREE), doses(), CLINIC, "en").values():
        assert b"METHOD" not in data
        assert b"ORGANIZER" not in data
        assert data.count(b"CLASS:PRIVATE") == data.count(b"BEGIN:VEVENT")


def test_commas_in_the_name_of_a_calendar_are_escaped() -> None:
    data = write_calendar(replace(HEAD, name="a,b;c\\d"), [EVENT])
    assert b"X-WR-CALNAME:a\\,b\\;c\\\\d\r\n" in data


def test_the_program_and_its_version_are_named() -> None:
    assert b"PRODID:-//dosecalc//dosecalc 0.1.0//EN\r\n" in write_calendar(HEAD, [EVENT])


def test_a_backslash_before_a_capital_n_stays_one(tmp_path: Path) -> None:
    (event,) = check_calendar(write_calendar(HEAD, [replace(EVENT, location="C:\\New; C:\\new")]), tmp_path)
    assert event["location"] == "C:\\New; C:\\new"


events = st.builds(
    Event,
    uid=st.just(UID),
    start=st.just(at("2026-03-09T09:30")),
    end=st.just(at("2026-03-09T10:30")),
    summary=texts,
    description=texts,
    location=texts | st.just(""),
    status=st.sampled_from(["CONFIRMED", "TENTATIVE", "CANCELLED"]),
    stamp=st.just(STAMP),
    transparent=st.booleans(),
    alarms=st.lists(st.builds(Alarm, before=st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=9)).map(
        lambda span: dt.timedelta(minutes=span // dt.timedelta(minutes=1))), words=texts), max_size=2).map(tuple),
    daily=st.none() | st.integers(1, 999),
    sequence=st.integers(0, 10**6),
)  # fmt: skip


@given(events)
def test_what_is_written_is_read_back_as_it_was(event: Event) -> None:
    assert read_event(write_event(event)) == event


@given(plans(), given_doses(), clinics, st.sampled_from(LANGUAGES))
def test_every_calendar_is_strictly_valid(
    subject: BlindedPlan, given: Doses, clinic: Clinic | None, language: Language
) -> None:
    for data in calendars(subject, given, clinic, language).values():
        assert validate(data) == []


@pytest.mark.clients
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_calendar_without_a_visit_is_one_that_programs_read(language: Language, tmp_path: Path) -> None:
    """RFC 5545 wants one component in every file: a note takes the place of the visits.

    (Without khal: its reader lists from the first day of the events, and there is none.)
    """
    files = calendars(plan(visit(target=None)), doses(), CLINIC, language)
    read = check_calendars(files, tmp_path, clients=[client for client in ALL if client.name != "khal"])
    assert list(read.values()) == [[], [], []]
    said = {"en": "SUMMARY:There is no visit to show yet.", "zh": "SUMMARY:目前没有可显示的访视。"}
    assert all(said[language] in data.decode() for data in files.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_participants_phone_learns_no_diagnosis_product_arm_dose_or_trial(language: Language, tmp_path: Path) -> None:
    """The visits, the site's neutral words and the code are all that is there (R17)."""
    data = calendars(plan(*THREE, routine=ROUTINE), doses(), CLINIC, language)["participant.ics"]
    check_calendar(data, tmp_path, forbid=PRIVATE)
    assert b"P-001" in data
