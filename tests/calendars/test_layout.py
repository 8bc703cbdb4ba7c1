"""The quick way writes the same bytes as the reference, and is really taken."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.building import (
    CLINIC,
    LATER,
    ROUTINE,
    STAMP,
    THREE,
    VERSION,
    clinics,
    day,
    dose,
    doses,
    given_doses,
    plan,
    plans,
    visit,
)
from dosecalc.blinding import BlindedPlan
from dosecalc.calendars.cohort import CohortFile
from dosecalc.calendars.event import Event, MaskedAudience
from dosecalc.calendars.export import clinic_calendar, participant_calendar, pharmacy_calendar
from dosecalc.calendars.ics import write_calendar
from dosecalc.calendars.layout import CalendarWriter, PharmacyWriter
from dosecalc.calendars.revisions import read_previous
from dosecalc.calendars.wording import clinic_events, pharmacy_events
from dosecalc.dosing.result import Doses
from dosecalc.errors import Refusal
from dosecalc.protocol.clinic import Clinic
from dosecalc.text import LANGUAGES, Language, Words
from ics.checks import check_calendar, check_versions

REFERENCE = {"participant": participant_calendar, "clinic": clinic_calendar}
audiences = st.sampled_from(["participant", "clinic"])
languages = st.sampled_from(LANGUAGES)


def options(clinic: Clinic | None, stamp: dt.datetime = STAMP) -> dict[str, Any]:
    return {"clinic": clinic, "stamp": stamp, "version": VERSION}


@given(st.lists(plans(), min_size=1, max_size=3), clinics, audiences, languages)
@settings(deadline=None)
def test_files_for_masked_people_equal_the_references_byte_for_byte(
    subjects: list[BlindedPlan], clinic: Clinic | None, audience: MaskedAudience, language: Language
) -> None:
    writer = CalendarWriter(audience, language, **options(clinic))
    for subject in subjects:
        want = REFERENCE[audience](subject, language=language, **options(clinic))
        assert writer.file(subject, writer.items(subject)) == want
        assert writer.file(subject, writer.items(subject)) == want  # and again, from the template


@given(st.lists(st.tuples(plans(), given_doses()), min_size=1, max_size=3), clinics, languages)
@settings(deadline=None)
def test_files_for_the_pharmacy_equal_the_references_byte_for_byte(
    subjects: list[tuple[BlindedPlan, Doses]], clinic: Clinic | None, language: Language
) -> None:
    writer = PharmacyWriter(language, **options(clinic))
    for subject, product in subjects:
        want = pharmacy_calendar(subject, product, language=language, **options(clinic))
        assert writer.file(subject, writer.items(subject, product)) == want
        assert writer.file(subject, writer.items(subject, product)) == want


@given(plans(), plans(), clinics, audiences, languages)
@settings(deadline=None)
def test_second_files_equal_the_references_byte_for_byte(
    was: BlindedPlan, now: BlindedPlan, clinic: Clinic | None, audience: MaskedAudience, language: Language
) -> None:
    now = plan(*was.visits[:1], *now.visits[1:], code=was.participant, timezone=now.timezone, routine=now.routine)
    first = REFERENCE[audience](was, language=language, **options(clinic))
    want = REFERENCE[audience](now, language=language, previous=first, **options(clinic, LATER))
    writer = CalendarWriter(audience, language, **options(clinic, LATER))
    previous = read_previous(first, writer.head_of(now.protocol, now.participant).uid)
    assert writer.file(now, writer.items(now), previous) == want


@given(st.lists(st.tuples(plans(), given_doses()), max_size=3), clinics, languages)
@settings(deadline=None)
def test_a_cohorts_file_holds_the_items_of_all(
    subjects: list[tuple[BlindedPlan, Doses]], clinic: Clinic | None, language: Language
) -> None:
    masked, pharmacy = (
        CalendarWriter("clinic", language, **options(clinic)),
        PharmacyWriter(language, **options(clinic)),
    )
    for writer in (masked, pharmacy):
        cohort = CohortFile(writer, "NCT07084012")
        events: list[Event] = []
        parts = []
        for subject, product in subjects:
            if writer is masked:
                parts.append(cohort.add(masked.items(subject)))
                events += clinic_events(subject, clinic, language, STAMP)
            else:
                parts.append(cohort.add(pharmacy.items(subject, product)))
                events += pharmacy_events(subject, product, clinic, language, STAMP)
        want = write_calendar(writer.head_of("NCT07084012", None), events)
        assert b"".join([cohort.head(), *parts, cohort.tail()]) == want


COHORT = [plan(*THREE, code=f"P-{number:03}") for number in range(4)]


def clinic_file(subjects: list[BlindedPlan], stamp: dt.datetime = STAMP, before: bytes | None = None) -> bytes:
    writer = CalendarWriter("clinic", "en", **options(CLINIC, stamp))
    previous = None if before is None else read_previous(before, writer.head_of("NCT07084012", None).uid)
    cohort = CohortFile(writer, "NCT07084012", previous)
    parts = [cohort.add(writer.items(subject)) for subject in subjects]
    return b"".join([cohort.head(), *parts, cohort.tail()])


def test_a_participant_who_left_the_cohort_is_cancelled_in_its_file(tmp_path: Path) -> None:
    first = clinic_file(COHORT)
    second = clinic_file(COHORT[:-1], LATER, first)
    check_versions(first, second)
    events = check_calendar(second, tmp_path)
    assert [event["summary"] for event in events if event["status"] == "CANCELLED"] == [
        "Cancelled: P-003 · Day 0 (attended)",
        "Cancelled: P-003 · Day 7",
        "Cancelled: P-003 · Day 14 (window, not booked)",
    ]


def test_in_a_cohorts_file_only_what_changed_gets_a_new_sequence(tmp_path: Path) -> None:
    first = clinic_file(COHORT)
    assert clinic_file(COHORT, LATER, first) == first
    moved = plan(THREE[0], visit(booked="2026-03-11T08:00"), THREE[2], code="P-002")
    second = clinic_file([*COHORT[:2], moved, COHORT[3]], LATER, first)
    check_versions(first, second)
    events = check_calendar(second, tmp_path)
    assert [event["summary"] for event in events if event["sequence"]] == ["P-002 · Day 7"]


def test_a_cohorts_stamp_must_be_later() -> None:
    with pytest.raises(Refusal, match="DC504"):
        clinic_file(COHORT, STAMP, clinic_file(COHORT))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("length", range(1, 41))
def test_every_usual_item_is_filled_in_from_a_template(language: Language, length: int) -> None:
    """Otherwise a slip in the templates would only show as slowness."""
    usual = (*THREE, visit("D28", day("2026-03-30"), None, None), visit("D60", day("2026-05-01"), window="site"))
    subject = plan(*usual, code="P" * length)
    masked = [CalendarWriter(audience, language, **options(CLINIC)) for audience in ("participant", "clinic")]
    found = [item for writer in masked for item in writer.items(subject).items]
    found += PharmacyWriter(language, **options(CLINIC)).items(subject, doses()).items
    assert [item.uid for item in found if item.template is None] == []
    assert len(found) == 15


def test_a_text_that_looks_like_a_made_up_value_does_no_harm() -> None:
    """The clinic's words hold what the templates are cut by; such items are written by the reference."""
    odd = "~~~~~ 9101-02-11 91010611T123000 8202-02-11 ````` |tail| 918273645"
    subject = plan(visit(booked="2026-03-09T09:30", label=Words(odd, odd)), visit("D8", label=Words(odd, odd)))
    for audience, reference in REFERENCE.items():
        writer = CalendarWriter(audience, "en", **options(CLINIC))  # type: ignore[arg-type]
        assert writer.file(subject, writer.items(subject)) == reference(subject, language="en", **options(CLINIC))
    pharmacy = PharmacyWriter("en", **options(CLINIC))
    assert pharmacy.file(subject, pharmacy.items(subject, doses())) == pharmacy_calendar(
        subject, doses(), language="en", **options(CLINIC)
    )


def test_the_memory_of_a_writer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dosecalc.calendars.layout._MOST_KEPT", 2)
    pharmacy = PharmacyWriter("en", **options(CLINIC))
    for number in range(6):
        subject = plan(visit(f"D{number}"))
        given = doses(dose(f"D{number}", f"{number + 1}e8"))
        want = pharmacy_calendar(subject, given, language="en", **options(CLINIC))
        assert pharmacy.file(subject, pharmacy.items(subject, given)) == want
        assert len(pharmacy._templates) <= 2
        assert len(pharmacy._said) <= 2


def test_what_is_done_at_home_is_in_the_quick_file_too() -> None:
    subject = plan(*THREE, routine=ROUTINE)
    writer = CalendarWriter("participant", "zh", **options(CLINIC))
    assert writer.file(subject, writer.items(subject)).count(b"RRULE:FREQ=DAILY;COUNT=84") == 1
