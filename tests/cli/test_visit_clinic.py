"""`visit book` and `visit move` know the clinic: closed days, hours, places and resources, and what is provisional."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.test_visit import clock, study, visit
from registry.visiting import DOUBLE, HOURS, PUBLIC, WEEK
from running import Ran, dosecalc

__all__ = ["clock"]
BED = "resources: {bed: {label: {en: infusion bed, zh: 输液床}, per_day: 1}}"


def said(ran: Ran) -> str:
    assert ran.code == 1, ran.out
    return ran.err


@pytest.fixture
def weekdays(tmp_path: Path) -> str:
    """W2 of those who began on 2 March 2026 lies from Saturday, 14 March to Wednesday, 18 March."""
    return study(tmp_path, "P001", "P002", clinic=(WEEK, PUBLIC, HOURS))


def test_a_closed_day_is_refused_with_its_reason(weekdays: str) -> None:
    assert said(visit(weekdays, "book", "P001", "W2", "2026-03-15T09:30")) == (
        "DC849 the clinic is closed on 2026-03-15: Sunday; choose another day; a day that is open after all goes into "
        "the site file under 'open_days'\n"
    )


def test_no_reason_of_the_investigator_opens_the_clinic(weekdays: str) -> None:
    late = ("book", "P001", "W2", "2026-03-21T09:30", "--outside-window", "flight cancelled")
    assert said(visit(weekdays, *late)).startswith("DC849 the clinic is closed on 2026-03-21: Saturday;")


def test_a_time_outside_the_hours_is_refused_and_other_times_are_named(weekdays: str) -> None:
    assert said(visit(weekdays, "book", "P001", "W2", "2026-03-16T11:30")) == (
        "DC850 a visit of 60 minutes from 11:30 does not fit into the clinic's hours, 08:30-12:00, 13:30-17:00; choose "
        "a time such as 08:30, 09:30, 10:30, 13:30, 14:30, 15:30\n"
    )


def test_a_booking_is_moved_to_open_days_only(weekdays: str) -> None:
    assert visit(weekdays, "book", "P001", "W2", "2026-03-16T09:30").code == 0
    assert said(visit(weekdays, "move", "P001", "W2", "2026-03-14T09:30", "--yes")).startswith("DC849 ")
    assert visit(weekdays, "move", "P001", "W2", "2026-03-17T13:30", "--yes").code == 0


def test_the_work_before_a_visit_begins_when_the_clinic_opens(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(WEEK, HOURS), booking="W2: {lead: PT1H}")
    assert "with 60 minutes of work before it" in said(visit(file, "book", "P001", "W2", "2026-03-16T09:00"))
    assert visit(file, "book", "P001", "W2", "2026-03-16T09:30").code == 0


def test_the_last_bed_is_taken_once_and_other_visits_need_none(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", "P002", clinic=(WEEK, BED), booking="W2: {resources: [bed]}")
    assert visit(file, "book", "P001", "W2", "2026-03-16T09:30").code == 0
    assert said(visit(file, "book", "P002", "W2", "2026-03-16T14:30")) == (
        "DC762 2026-03-16 is full for infusion bed: 1 of 1 are booked; choose another day\n"
    )
    assert visit(file, "book", "P002", "W4", "2026-03-30T09:30").code == 0
    assert visit(file, "move", "P001", "W2", "2026-03-16T14:30", "--yes").code == 0  # its own bed is no hindrance


def test_a_visit_on_the_ward_takes_place_at_night_on_a_sunday_and_takes_no_place(tmp_path: Path) -> None:
    more: dict[str, Any] = {"clinic": (WEEK, HOURS), "booking": "D7: {ward: true}", "places": 1}
    file = study(tmp_path, "P001", "P002", protocol=DOUBLE, **more)
    for code in ("P001", "P002"):
        booked = visit(file, "book", code, "D7", "2026-03-08T23:30", "--json").json
        assert booked["visit"]["booked"] == "2026-03-08T23:30:00+08:00"
        assert booked["changes"]["provisional_years"] == []


def test_what_rests_on_public_holidays_that_are_not_announced_says_so(tmp_path: Path) -> None:
    public = "holidays: {country: CN, official_through: 2025}"
    file = study(tmp_path, "P001", clinic=(WEEK, public))
    mind = "Mind: this rests on public holidays of 2026 that are not announced yet; look again when they are"
    assert mind in visit(file, "book", "P001", "W2", "2026-03-16T09:30").out.splitlines()
    moved = visit(file, "move", "P001", "W2", "2026-03-17T09:30", "--yes", "--json").json
    assert moved["changes"]["provisional_years"] == [2026]


def test_a_report_that_shows_days_of_a_year_that_is_not_announced_says_so(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(WEEK, "holidays: {country: CN, official_through: 2025}"))
    mind = "Mind: this rests on public holidays of 2026 that are not announced yet; look again when they are"
    for name in ("today", "week", "overdue"):
        words = ("study", name, "--day", "2026-03-16", "--study", file)
        assert dosecalc(*words, "--json").json["provisional_years"] == [2026]
        assert mind in dosecalc(*words).out.splitlines()


def test_a_public_holiday_is_refused_and_its_make_up_saturday_taken(tmp_path: Path) -> None:
    # the notice for 2026: 1 to 5 May are holidays, Saturday 9 May is a working day
    file = study(tmp_path, "P001", clinic=(WEEK, PUBLIC))
    early = ("--outside-window", "travels later")
    monday = visit(file, "book", "P001", "W12", "2026-05-04T09:30", *early)
    assert "DC849 the clinic is closed on 2026-05-04: Labor Day" in said(monday)
    saturday = visit(file, "book", "P001", "W12", "2026-05-09T09:30", *early)
    assert said(saturday).startswith("DC765 ")  # nothing but the window stands against it


def test_an_hour_that_the_clocks_leave_out_is_no_time_of_a_visit(tmp_path: Path) -> None:
    berlin = study(tmp_path, "P001", clinic=("weekdays: [Sun]",), zone="Europe/Berlin")
    assert "does not exist in Europe/Berlin" in said(visit(berlin, "book", "P001", "W4", "2026-03-29T02:30"))
    booked = visit(berlin, "book", "P001", "W4", "2026-03-29T03:30", "--json").json
    assert booked["visit"]["booked"] == "2026-03-29T03:30:00+02:00"
