"""How long calendars take, beside a floor (only writing the same bytes) and the reference (icalendar, one at a time).

500 participants of a masked trial with three visits, a third of them booked; starts lie within two years.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from calendars.building import CLINIC, STAMP, VERSION, at, doses, plan, visit
from dosecalc.calendars.cohort import CohortFile
from dosecalc.calendars.export import participant_calendar
from dosecalc.calendars.layout import CalendarWriter, PharmacyWriter
from dosecalc.calendars.revisions import read_previous
from dosecalc.text import Words
from dosecalc.visits.visit import Booking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_benchmark.fixture import BenchmarkFixture

    from dosecalc.blinding import BlindedPlan, BookedVisit

PARTICIPANTS = 500
LABELS = {encounter: Words(f"Day {encounter[1:]}", f"第 {encounter[1:]} 天") for encounter in ("D0", "D7", "D14")}
OPTIONS: dict[str, Any] = {"clinic": CLINIC, "stamp": STAMP, "version": VERSION}
PROTOCOL = "NCT07084012"


@cache
def _visits(start: dt.date) -> list[BookedVisit]:
    """Participants who start on one day share their visits, as in a plan."""
    visits = []
    for (encounter, label), days in zip(LABELS.items(), (0, 7, 14), strict=True):
        around = 2 if days else 0
        visits.append(visit(encounter, start + dt.timedelta(days=days), around, around, label=label))
    return visits


def _participant(number: int) -> BlindedPlan:
    visits = _visits(dt.date(2026, 1, 5) + dt.timedelta(days=number * 37 % 35 * 20))
    if number % 3 == 0:
        hour = 8 + number % 9
        visits = [replace(found, booking=Booking(when=at(f"{found.visit.target}T{hour:02}:30"))) for found in visits]
    return plan(*visits, code=f"SZ-{number:05}")


COHORT = [_participant(number) for number in range(PARTICIPANTS)]
DOSES = doses()


def write(files: Iterable[bytes]) -> int:
    """Write what a run of `plan` would write, to memory."""
    total = 0
    for data in files:
        with io.BytesIO() as file:
            total += file.write(data)
    return total


@pytest.mark.benchmark(group="calendars: 500 participants' files")
def test_writing_the_same_bytes_and_nothing_else(benchmark: BenchmarkFixture) -> None:
    writer = CalendarWriter("participant", "en", **OPTIONS)
    files = [writer.file(subject, writer.items(subject)) for subject in COHORT]
    assert benchmark(write, files) > 0


@pytest.mark.benchmark(group="calendars: 500 participants' files")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_quick_way(benchmark: BenchmarkFixture, language: Any) -> None:
    def run() -> int:
        writer = CalendarWriter("participant", language, **OPTIONS)
        return write(writer.file(subject, writer.items(subject)) for subject in COHORT)

    assert benchmark(run) > 0


@pytest.mark.benchmark(group="calendars: 500 participants' files")
def test_the_quick_way_after_a_previous_export(benchmark: BenchmarkFixture) -> None:
    first = CalendarWriter("participant", "en", **OPTIONS)
    before = [first.file(subject, first.items(subject)) for subject in COHORT]

    def run() -> int:
        writer = CalendarWriter("participant", "en", **OPTIONS | {"stamp": STAMP + dt.timedelta(days=1)})
        return write(
            writer.file(
                subject, writer.items(subject), read_previous(data, writer.head_of(PROTOCOL, subject.participant).uid)
            )
            for subject, data in zip(COHORT, before, strict=True)
        )

    assert benchmark(run) > 0


@pytest.mark.benchmark(group="calendars: 500 participants' files")
def test_icalendar_one_at_a_time(benchmark: BenchmarkFixture) -> None:
    def run() -> int:
        return write(participant_calendar(subject, language="en", **OPTIONS) for subject in COHORT)

    assert benchmark.pedantic(run, rounds=2) > 0


@pytest.mark.benchmark(group="calendars: one file of 500 participants")
def test_the_clinics_file(benchmark: BenchmarkFixture) -> None:
    def run() -> int:
        writer = CalendarWriter("clinic", "en", **OPTIONS)
        cohort = CohortFile(writer, PROTOCOL)
        return write([b"".join([*(cohort.add(writer.items(subject)) for subject in COHORT), cohort.head()])])

    assert benchmark(run) > 0


@pytest.mark.benchmark(group="calendars: one file of 500 participants")
def test_the_pharmacys_file(benchmark: BenchmarkFixture) -> None:
    def run() -> int:
        writer = PharmacyWriter("en", **OPTIONS)
        cohort = CohortFile(writer, PROTOCOL)
        return write([b"".join([*(cohort.add(writer.items(subject, DOSES)) for subject in COHORT), cohort.head()])])

    assert benchmark(run) > 0
