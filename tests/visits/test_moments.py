"""Dates and times as people type them."""

from __future__ import annotations

import datetime as dt

import pytest

from dosecalc.errors import Refusal
from dosecalc.protocol.offsets import parse_offset
from dosecalc.visits.moments import in_words, parse_day, parse_moment, readable, weekday
from visits.building import BERLIN, SHANGHAI, at, day


def refused(text: str, zone: str = SHANGHAI) -> str:
    with pytest.raises(Refusal) as caught:
        parse_moment(text, zone)
    return str(caught.value)


def test_a_day_is_a_date_and_no_time() -> None:
    assert parse_moment("2026-03-02", SHANGHAI) == dt.date(2026, 3, 2)
    assert type(parse_moment("2026-03-02", SHANGHAI)) is dt.date


def test_a_time_without_an_offset_is_the_sites_own() -> None:
    moment = parse_moment("2026-03-02T09:30", SHANGHAI)
    assert isinstance(moment, dt.datetime)
    assert moment.isoformat() == "2026-03-02T09:30:00+08:00"


def test_a_time_with_an_offset_is_converted_to_the_sites_zone() -> None:
    # 18:30 in UTC is 2:30 of the next day in Shanghai, eight hours ahead.
    for text in ("2026-03-01T18:30Z", "2026-03-01T18:30+00:00", "2026-03-01T13:30-05:00"):
        moment = parse_moment(text, SHANGHAI)
        assert isinstance(moment, dt.datetime)
        assert moment.isoformat() == "2026-03-02T02:30:00+08:00", text


def test_seconds_are_kept_and_shown_only_where_there_are_any() -> None:
    assert readable(parse_moment("2026-03-02T09:30:15", SHANGHAI)) == "2026-03-02 09:30:15"
    assert readable(parse_moment("2026-03-02T09:30:00", SHANGHAI)) == "2026-03-02 09:30"
    assert readable(day("2026-03-02")) == "2026-03-02"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-02-30", "DC402 2026-02-30 does not exist: February 2026 has 28 days"),
        ("2028-02-30", "DC402 2028-02-30 does not exist: February 2028 has 29 days"),
        ("2100-02-29", "DC402 2100-02-29 does not exist: February 2100 has 28 days"),
        ("2026-04-31", "DC402 2026-04-31 does not exist: April 2026 has 30 days"),
        ("2026-12-32", "DC402 2026-12-32 does not exist: December 2026 has 31 days"),
        ("2026-03-00", "DC402 2026-03-00 does not exist: March 2026 has 31 days"),
        ("2026-13-01", "DC402 2026-13-01 does not exist: months go from 01 to 12"),
        ("2026-00-01", "DC402 2026-00-01 does not exist: months go from 01 to 12"),
    ],
)
def test_a_day_that_does_not_exist_is_explained(text: str, says: str) -> None:
    assert refused(text).startswith(says)
    with pytest.raises(Refusal, match="does not exist"):
        parse_day(text)


@pytest.mark.parametrize(
    "text", ["tomorrow", "明天", "", "2026-3-2", "20260302", "2026-W10-1", "２０２６-03-02", " 2026-03-02"]
)
def test_other_forms_are_refused_with_the_form_that_is_read(text: str) -> None:
    message = refused(text)
    assert message.startswith("DC401 ")
    assert "is not a date in the form that is read here; write a date as YYYY-MM-DD" in message


@pytest.mark.parametrize(
    "text", ["2026-03-02T9:30", "2026-03-02 09:30", "2026-03-02T09", "2026-03-02t09:30", "2026-03-02T09:30+8"]
)
def test_a_time_in_another_form_is_refused_with_the_form_that_is_read(text: str) -> None:
    assert "with a time as YYYY-MM-DDTHH:MM, for example 2026-03-02T09:30" in refused(text)


def test_a_date_that_two_countries_read_differently_shows_both_readings() -> None:
    message = refused("03/02/2026")
    assert message == (
        'DC401 "03/02/2026" may mean 2026-03-02 or 2026-02-03; '
        "write a date as YYYY-MM-DD, with a time as YYYY-MM-DDTHH:MM, for example 2026-03-02T09:30"
    )
    assert "may mean" not in refused("25/12/2026")


def test_a_long_or_invisible_text_is_not_printed_as_it_is() -> None:
    assert len(refused("x" * 300)) < 250
    assert "\n" not in refused("2026-03-02\n")
    assert "\x1b" not in refused("\x1b[31m2026")


@pytest.mark.parametrize("text", ["2026-03-02T24:00", "2026-03-02T09:60", "2026-03-02T09:30:60"])
def test_there_is_no_24_oclock_and_no_minute_60(text: str) -> None:
    assert refused(text).endswith("holds no time of day; hours go from 00 to 23, minutes and seconds from 00 to 59")


def test_an_offset_from_utc_is_at_most_14_hours() -> None:
    assert isinstance(parse_moment("2026-03-02T09:30+14:00", SHANGHAI), dt.datetime)
    assert "holds no offset from UTC" in refused("2026-03-02T09:30+14:01")
    assert "holds no offset from UTC" in refused("2026-03-02T09:30+01:60")


@pytest.mark.parametrize("text", ["1899-12-31", "2200-01-01", "0026-03-02", "9999-12-31"])
def test_a_year_that_cannot_be_meant_is_refused(text: str) -> None:
    assert (
        refused(text)
        == f"DC404 {text} lies outside the years 1900 to 2199; check the year of the dates that were given"
    )


def test_the_first_and_the_last_year_belong_to_it() -> None:
    assert parse_day("1900-01-01") == dt.date(1900, 1, 1)
    assert parse_day("2199-12-31") == dt.date(2199, 12, 31)


def test_an_hour_that_the_clocks_leave_out_is_refused_with_both_neighbours() -> None:
    # On 2026-03-29 in Berlin 02:00 (+01:00) is followed by 03:00 (+02:00).
    assert refused("2026-03-29T02:30", BERLIN) == (
        "DC403 2026-03-29 02:30 does not exist in Europe/Berlin: the clocks are put forward; "
        "write the time with its offset: 2026-03-29T03:30:00+02:00 or 2026-03-29T01:30:00+01:00"
    )


def test_an_hour_that_comes_twice_is_refused_with_both_readings() -> None:
    # On 2026-10-25 in Berlin 03:00 (+02:00) is followed by 02:00 (+01:00).
    assert refused("2026-10-25T02:30", BERLIN) == (
        "DC403 2026-10-25 02:30 comes twice in Europe/Berlin: the clocks are put back; "
        "write the time with its offset: 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"
    )


def test_an_offset_settles_an_hour_that_comes_twice() -> None:
    first, second = (parse_moment(f"2026-10-25T02:30+0{n}:00", BERLIN) for n in (2, 1))
    assert isinstance(first, dt.datetime)
    assert isinstance(second, dt.datetime)
    assert (first.astimezone(dt.UTC).hour, second.astimezone(dt.UTC).hour) == (0, 1)


def test_an_unknown_zone_is_refused() -> None:
    assert refused("2026-03-02T09:30", "Asia/Shangai").startswith('DC405 there is no time zone "Asia/Shangai"; write')
    assert refused("2026-03-02T09:30", "../etc/passwd").startswith("DC405 ")


def test_a_day_only_refuses_a_time() -> None:
    with pytest.raises(Refusal, match="write the date as YYYY-MM-DD, for example 2026-03-02"):
        parse_day("2026-03-02T09:30")


def test_the_day_of_the_week_is_that_of_the_site() -> None:
    # 2026-03-02 is a Monday; 23:30 in Shanghai is still that Monday.
    assert str(weekday(day("2026-03-02"))) == "Monday"
    assert str(weekday(at("2026-03-02T23:30"))) == "Monday"
    assert str(weekday(day("2028-02-29"))) == "Tuesday"


@pytest.mark.parametrize(
    ("offset", "reads"),
    [
        ("P1M", "1 month"),
        ("P3M", "3 months"),
        ("P1D", "1 day"),
        ("-P28D", "28 days"),
        ("P2W", "14 days"),
        ("P1M3D", "1 month 3 days"),
        ("PT4H", "4 h"),
        ("PT90M", "1 h 30 min"),
        ("PT30M", "30 min"),
        ("P0D", "0 days"),
    ],
)
def test_offsets_read_as_words(offset: str, reads: str) -> None:
    assert str(in_words(parse_offset(offset))) == reads
