"""On which days a clinic is open. The holidays of 2026 are those of the State Council's notice of November 2025."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from dosecalc.errors import Refusal
from dosecalc.protocol.clinic import Clinic, ClinicHolidays, Period, parse_hours
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.text import Words, render
from dosecalc.visits.workdays import Workdays, open_hours

DAY = dt.date.fromisoformat
CLINIC = Clinic(
    name=Words("Clinic", "诊所"),
    place=Words("Room 1", "1 室"),
    contact="+86 755 0000 0000",
    bring=Words("Card", "卡"),
    visit_length=ClockOffset(60),
    unbooked_visits="show",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri"),
    holidays=ClinicHolidays(country="CN", official_through=2026),
)

CLOSED_WEEKDAYS_2026 = """
    2026-01-01 2026-01-02
    2026-02-16 2026-02-17 2026-02-18 2026-02-19 2026-02-20 2026-02-23
    2026-04-06
    2026-05-01 2026-05-04 2026-05-05
    2026-06-19
    2026-09-25
    2026-10-01 2026-10-02 2026-10-05 2026-10-06 2026-10-07
""".split()
OPEN_WEEKENDS_2026 = "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10".split()


def clinic(**changes: Any) -> Clinic:
    return replace(CLINIC, **changes)


def period(first: str, last: str) -> Period:
    return Period(first=DAY(first), last=DAY(last), reason=Words("renovation", "装修"))


def test_every_day_of_2026_is_open_or_closed_as_the_notice_says() -> None:
    days = Workdays(CLINIC)
    year = list(days.between(DAY("2026-01-01"), DAY("2026-12-31")))
    assert len(year) == 365
    assert [d.day.isoformat() for d in year if d.day.weekday() < 5 and not d.open] == CLOSED_WEEKDAYS_2026
    assert [d.day.isoformat() for d in year if d.day.weekday() >= 5 and d.open] == OPEN_WEEKENDS_2026
    assert not any(d.provisional for d in year)


def test_a_day_says_in_both_languages_why_it_is_closed_or_open() -> None:
    days = Workdays(CLINIC)
    said = {day: days.of(DAY(day)).why for day in ("2026-02-17", "2026-02-14", "2026-03-07", "2026-03-09")}
    assert [render(why, "en") for why in said.values() if why] == [
        "Chinese New Year (Spring Festival)", "working day that makes up for a public holiday", "Saturday",
    ]  # fmt: skip
    assert render(said["2026-02-17"], "zh") == "春节"
    assert render(days.of(DAY("2026-02-20")).why, "en") == "Day off (substituted from 2026-02-14)"
    assert said["2026-03-09"] is None


def test_days_beyond_the_last_official_notice_are_provisional_open_and_closed_alike() -> None:
    days = Workdays(CLINIC)
    assert days.of(DAY("2027-01-01")).provisional
    assert days.of(DAY("2027-03-01")).provisional
    assert not days.of(DAY("2026-12-31")).provisional


def test_without_public_holidays_only_weekdays_count_and_nothing_is_provisional() -> None:
    days = Workdays(clinic(holidays=None, weekdays=("Sat",)))
    assert [d.open for d in days.between(DAY("2026-10-01"), DAY("2026-10-04"))] == [False, False, True, False]
    assert not days.of(DAY("2099-10-01")).provisional


def test_what_the_site_says_of_a_day_counts_before_public_holidays_and_weekdays() -> None:
    days = Workdays(
        clinic(closures=(period("2026-03-09", "2026-03-10"),), open_days=(period("2026-10-03", "2026-10-03"),))
    )
    asked = ("2026-03-08", "2026-03-09", "2026-03-10", "2026-03-11", "2026-10-02", "2026-10-03", "2026-10-04")
    assert [days.of(DAY(day)).open for day in asked] == [False, False, False, True, False, True, False]
    assert render(days.of(DAY("2026-03-10")).why, "zh") == "装修"


def test_a_make_up_saturday_is_open_only_where_public_holidays_count() -> None:
    assert not Workdays(clinic(holidays=None)).of(DAY("2026-02-28")).open


def test_another_countrys_holidays_are_named_in_english_where_it_has_no_chinese() -> None:
    days = Workdays(clinic(holidays=ClinicHolidays(country="DE", official_through=2026)))
    why = days.of(DAY("2026-10-03")).why
    assert (render(why, "en"), render(why, "zh")) == ("German Unity Day", "German Unity Day")


def test_a_clinic_that_names_no_weekdays_has_no_working_days_to_ask_for() -> None:
    with pytest.raises(Refusal) as caught:
        Workdays(clinic(weekdays=None))
    assert [(f.code, str(f.what)) for f in caught.value.findings] == [
        ("DC846", "the site file does not say on which days the clinic is open")
    ]


def test_a_country_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        Workdays(clinic(holidays=ClinicHolidays(country="XX", official_through=2026)))
    assert [(f.code, str(f.what)) for f in caught.value.findings] == [
        ("DC847", "the public holidays of 'XX' are not known")
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("08:30-12:00", (510, 720)), ("00:00-24:00", (0, 1440)), ("8:30-12:00", None), ("08:30-24:01", None),
        ("08:30", None), ("08:30–12:00", None), ("０8:30-12:00", None), ("12:00-08:00", (720, 480)),
    ],
)  # fmt: skip
def test_hours_are_read_as_minutes_of_the_day(text: str, read: tuple[int, int] | None) -> None:
    assert parse_hours(text) == read


def test_hours_stand_in_order_and_without_any_the_whole_day_is_open() -> None:
    assert open_hours(clinic(hours=("13:30-17:00", "08:30-12:00"))) == ((510, 720), (810, 1020))
    assert open_hours(CLINIC) == ((0, 1440),)
