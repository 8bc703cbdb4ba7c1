"""Target dates and windows, worked out by hand with a calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from dosecalc.errors import Refusal
from dosecalc.protocol.settled import Settled
from dosecalc.visits.timeline import prepare
from visits.building import (
    BERLIN,
    at,
    dates,
    day,
    defining,
    due,
    notes,
    plan,
    protocol,
    question,
    site,
    start,
    unscheduled,
    visit,
)

INFUSIONS = protocol(defining("D0"), due("D7", "P7D", ("P2D", "P2D")), due("D14", "P14D", ("P2D", "P2D")))


def test_infusions_on_days_7_and_14_with_two_days_either_side() -> None:
    # 2 + 7 = 9 March, 9 - 2 = 7, 9 + 2 = 11; 2 + 14 = 16, 16 - 2 = 14, 16 + 2 = 18.
    found = plan(INFUSIONS, day("2026-03-02"))
    assert [dates(each) for each in found.visits] == [
        ("2026-03-02", "2026-03-02", "2026-03-02"),
        ("2026-03-09", "2026-03-07", "2026-03-11"),
        ("2026-03-16", "2026-03-14", "2026-03-18"),
    ]
    assert [each.window for each in found.visits] == ["anchor", "stated", "stated"]
    assert [each.status for each in found.visits] == ["planned"] * 3
    assert [each.anchor for each in found.visits] == ["first_dose"] * 3


def test_a_timeline_runs_over_the_end_of_the_year() -> None:
    # 29 December + 7 = day 36 of December = 5 January, window 3 to 7 January.
    assert dates(visit(plan(INFUSIONS, day("2026-12-29")), "D7")) == ("2027-01-05", "2027-01-03", "2027-01-07")


def test_a_leap_day_is_a_day() -> None:
    # 22 February + 7 = 29 February in 2028; in 2026 it is 1 March.
    assert dates(visit(plan(INFUSIONS, day("2028-02-22")), "D7")) == ("2028-02-29", "2028-02-27", "2028-03-02")
    assert dates(visit(plan(INFUSIONS, day("2026-02-22")), "D7")) == ("2026-03-01", "2026-02-27", "2026-03-03")


def test_a_start_with_a_time_counts_from_its_local_day() -> None:
    # At 00:30 in Shanghai it is still 1 March in UTC; at 23:30 in New York it would already be 3 March in UTC.
    for time in ("2026-03-02T00:30", "2026-03-02T23:30"):
        assert dates(visit(plan(INFUSIONS, at(time)), "D7")) == ("2026-03-09", "2026-03-07", "2026-03-11")
        assert str(visit(plan(INFUSIONS, at(time)), "D0").target) == "2026-03-02"


def test_a_time_of_another_zone_counts_as_the_sites_day() -> None:
    # 18:30 UTC on 1 March is 02:30 on 2 March in Shanghai.
    found = plan(INFUSIONS, dt.datetime(2026, 3, 1, 18, 30, tzinfo=dt.UTC))
    assert str(visit(found, "D0").target) == "2026-03-02"


def test_days_do_not_move_when_the_clocks_change() -> None:
    # Berlin, 23:30 on the eve of the change: 28 March + 7 = day 35 of March = 4 April.
    found = plan(INFUSIONS, at("2026-03-28T23:30", BERLIN), where=site(BERLIN))
    assert dates(visit(found, "D7")) == ("2026-04-04", "2026-04-02", "2026-04-06")


def test_screening_may_lie_28_to_2_days_before_the_first_infusion() -> None:
    # 28 days before 2 March is 2 February (February 2026 has 28 days); 2 February + 26 = 28 February = 2 days before.
    screening = protocol(due("SCR", "-P28D", ("P0D", "P26D")), defining("D0"))
    assert dates(visit(plan(screening, day("2026-03-02")), "SCR")) == ("2026-02-02", "2026-02-02", "2026-02-28")


def test_a_window_that_is_not_stated_is_not_a_window_of_zero_days() -> None:
    open_and_zero = protocol(due("A", "P7D"), due("B", "P7D", ("P0D", "P0D")))
    found = plan(open_and_zero, day("2026-03-02"))
    assert dates(visit(found, "A")) == ("2026-03-09", "None", "None")
    assert visit(found, "A").window == "not_stated"
    assert dates(visit(found, "B")) == ("2026-03-09", "2026-03-09", "2026-03-09")
    assert visit(found, "B").window == "stated"


# --- months


def test_months_are_counted_from_the_anchor_and_never_chained() -> None:
    # 31 January: + 1 month has no 31st and is 28 February; + 2 months is 31 March, not 28 March.
    injections = protocol(defining("I1"), due("I2", "P1M"), due("I3", "P1M", times=2))
    found = plan(injections, day("2026-01-31"))
    assert [str(each.target) for each in found.visits] == ["2026-01-31", "2026-02-28", "2026-03-31"]


@pytest.mark.parametrize(
    ("first", "offset", "target"),
    [
        ("2028-01-31", "P1M", "2028-02-29"),  # a leap year
        ("2028-02-29", "P12M", "2029-02-28"),
        ("2026-08-31", "P6M", "2027-02-28"),  # over the end of the year
        ("2026-11-15", "P2M", "2027-01-15"),
        ("2026-12-31", "P12M", "2027-12-31"),
        ("2026-03-31", "-P1M", "2026-02-28"),
        ("2026-01-15", "-P1M", "2025-12-15"),
        ("2026-01-31", "P1M3D", "2026-03-03"),  # first the month (28 February), then three days
    ],
)
def test_calendar_months(first: str, offset: str, target: str) -> None:
    assert str(visit(plan(protocol(due("V", offset)), day(first)), "V").target) == target


def test_windows_in_months_end_with_the_month_too() -> None:
    # Target 31 March + 0; a month before is 28 February, a month after 30 April.
    monthly = protocol(due("V", "P2M", ("P1M", "P1M")))
    assert dates(visit(plan(monthly, day("2026-01-31")), "V")) == ("2026-03-31", "2026-02-28", "2026-04-30")


def test_a_monthly_repeat_counts_each_month_from_the_anchor() -> None:
    # 31 January + 1, 2, 3 months: 28 February, 31 March, 30 April.
    monthly = protocol(due("M", "P1M", every="P1M", count=3))
    assert [str(each.target) for each in plan(monthly, day("2026-01-31")).visits] == [
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]


# --- hours

HOURS = protocol(due("H4", "PT4H", ("PT30M", "PT30M")), anchors=[start(time_needed=True)])


def test_a_visit_4_hours_later_has_a_time_and_a_window_in_minutes() -> None:
    found = visit(plan(HOURS, at("2026-03-02T09:30")), "H4")
    assert dates(found) == ("2026-03-02 13:30:00+08:00", "2026-03-02 13:00:00+08:00", "2026-03-02 14:00:00+08:00")


def test_hours_pass_midnight() -> None:
    assert str(visit(plan(HOURS, at("2026-12-31T23:30")), "H4").target) == "2027-01-01 03:30:00+08:00"


def test_hours_are_elapsed_time_when_the_clocks_go_forward() -> None:
    # 23:30+01:00 is 22:30 UTC; four hours later 02:30 UTC, which is 04:30+02:00: the clock on the wall shows five more.
    found = visit(plan(HOURS, at("2026-03-28T23:30", BERLIN), where=site(BERLIN)), "H4")
    assert str(found.target) == "2026-03-29 04:30:00+02:00"


def test_hours_are_elapsed_time_when_the_clocks_go_back() -> None:
    # 23:30+02:00 is 21:30 UTC; four hours later 01:30 UTC, which is the second 02:30 of that night, at +01:00.
    found = visit(plan(HOURS, at("2026-10-24T23:30", BERLIN), where=site(BERLIN)), "H4")
    assert dates(found) == ("2026-10-25 02:30:00+01:00", "2026-10-25 02:00:00+01:00", "2026-10-25 03:00:00+01:00")


def test_an_anchor_that_needs_a_time_is_shown_with_it() -> None:
    with_start = protocol(defining("D0"), due("D7", "P7D"), anchors=[start(time_needed=True)])
    found = plan(with_start, at("2026-03-02T09:30"))
    assert str(visit(found, "D0").target) == "2026-03-02 09:30:00+08:00"
    assert str(visit(found, "D7").target) == "2026-03-09"


def test_a_date_where_a_time_is_needed_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        plan(HOURS, day("2026-03-02"))
    assert str(caught.value) == (
        "DC412 first infusion needs a time of day, and only the date 2026-03-02 is given; "
        "write it as 2026-03-02THH:MM, for example 2026-03-02T09:30"
    )


def test_hours_from_an_anchor_that_has_only_a_date_are_pending() -> None:
    found = visit(plan(protocol(due("H4", "PT4H", ("PT30M", "PT30M"))), day("2026-03-02")), "H4")
    assert (found.status, found.target, found.earliest) == ("pending", None, None)
    assert notes(found) == [
        "counts hours, and the time of day that it counts from is not known, only the date 2026-03-02"
    ]


def test_a_naive_time_is_a_mistake_of_the_program() -> None:
    naive = dt.datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001
    with pytest.raises(ValueError, match="the time of 'start' is naive"):
        plan(INFUSIONS, naive)
    with pytest.raises(ValueError, match="the time of 'D7' is naive"):
        plan(INFUSIONS, day("2026-03-02"), actual={"D7": naive})


# --- repeats

CYCLES = protocol(defining("D0"), due("C", "P21D", ("P2D", "P2D"), every="P21D", count=3))


def test_a_repeat_every_21_days_numbers_its_visits() -> None:
    # 2 March + 21 = 23 March; + 42 = 13 April; + 63 = 4 May. Two days either side of each.
    found = plan(CYCLES, day("2026-03-02")).visits[1:]
    assert [(each.encounter, each.base, str(each.label), *dates(each)) for each in found] == [
        ("C1", "C", "C 1", "2026-03-23", "2026-03-21", "2026-03-25"),
        ("C2", "C", "C 2", "2026-04-13", "2026-04-11", "2026-04-15"),
        ("C3", "C", "C 3", "2026-05-04", "2026-05-02", "2026-05-06"),
    ]


def test_a_repeat_in_hours_has_no_drift() -> None:
    # From 09:30: 8, 16 and 24 hours.
    samples = protocol(due("S", "PT8H", every="PT8H", count=3), anchors=[start(time_needed=True)])
    assert [f"{each.target:%d %H:%M}" for each in plan(samples, at("2026-03-02T09:30")).visits] == [
        "02 17:30",
        "03 01:30",
        "03 09:30",
    ]


# --- assumptions and the site

MONTH = protocol(defining("I1"), due("I2", "MONTH", times=1), assumptions=[question("MONTH", "P1M")])


def test_an_assumed_interval_is_said_on_the_visit() -> None:
    found = visit(plan(MONTH, day("2026-03-02")), "I2")
    assert str(found.target) == "2026-04-02"
    assert notes(found) == ["the interval of 1 month is assumed; the protocol does not state it (MONTH)"]


def test_a_confirmed_interval_needs_no_note() -> None:
    # 2 March + 28 days = 30 March.
    found = visit(plan(MONTH, day("2026-03-02"), where=site(answers={"MONTH": "P28D"})), "I2")
    assert str(found.target) == "2026-03-30"
    assert notes(found) == []


def test_an_example_site_file_confirms_no_interval() -> None:
    found = visit(plan(MONTH, day("2026-03-02"), where=site(example=True, answers={"MONTH": "P28D"})), "I2")
    assert notes(found) == ["the interval of 28 days is an example site file's, which confirms nothing (MONTH)"]


def test_an_open_interval_is_refused_with_who_can_answer() -> None:
    open_month = protocol(due("I2", "MONTH"), assumptions=[question("MONTH", None)])
    with pytest.raises(
        Refusal, match=r"DC301 What is a month\? The protocol leaves this open; answer MONTH in the site file"
    ):
        plan(open_month, day("2026-03-02"))


def test_the_window_of_the_site_is_called_the_sites() -> None:
    found = plan(protocol(due("W2", "P14D")), day("2026-03-02"), where=site(windows={"W2": ("P3D", "P3D")}))
    assert dates(found.visits[0]) == ("2026-03-16", "2026-03-13", "2026-03-19")
    assert found.visits[0].window == "site"
    assert notes(found.visits[0]) == ["the window is the site's own; the protocol states none"]


def test_the_window_of_an_example_site_file_is_called_an_example() -> None:
    where = site(example=True, windows={"W2": ("P3D", "P3D")})
    found = plan(protocol(due("W2", "P14D")), day("2026-03-02"), where=where)
    assert notes(found.visits[0]) == ["the window comes from an example site file; the protocol states none"]


def test_a_site_cannot_change_a_stated_window() -> None:
    found = plan(INFUSIONS, day("2026-03-02"), where=site(windows={"D7": ("P9D", "P9D")}))
    assert dates(visit(found, "D7")) == ("2026-03-09", "2026-03-07", "2026-03-11")


def test_a_window_in_days_round_hours_is_refused() -> None:
    where = site(windows={"H4": ("P1D", "P1D")})
    with pytest.raises(Refusal, match="DC416 H4 mixes days and hours in its offset, window and repeat; write all"):
        plan(protocol(due("H4", "PT4H")), at("2026-03-02T09:30"), where=where)


def test_an_answer_in_hours_to_a_question_of_days_is_refused() -> None:
    days = protocol(due("V", "MONTH", ("P2D", "P2D")), assumptions=[question("MONTH", "PT700H")])
    with pytest.raises(Refusal, match="DC416 V mixes days and hours"):
        plan(days, at("2026-03-02T09:30"))


def test_a_window_with_a_minus_sign_is_refused() -> None:
    with pytest.raises(Refusal, match="DC416 V has a window or a repeat with a minus sign; remove"):
        plan(protocol(due("V", "P7D", ("-P2D", "P2D"))), day("2026-03-02"))


# --- order, years, unscheduled


def test_visits_come_in_the_order_of_the_arm() -> None:
    found = plan(INFUSIONS, day("2026-03-02"), encounters=("D14", "D0", "D7"))
    assert [each.encounter for each in found.visits] == ["D14", "D0", "D7"]


def test_an_arm_has_only_its_own_visits() -> None:
    assert [each.encounter for each in plan(INFUSIONS, day("2026-03-02"), encounters=("D0",)).visits] == ["D0"]


def test_an_unscheduled_visit_is_pending_with_its_reason() -> None:
    (found,) = plan(protocol(unscheduled("UNS")), day("2026-03-02")).visits
    assert (found.status, found.target, found.window, found.anchor) == ("pending", None, "not_stated", None)
    assert notes(found) == ["comes only if its event does, so it has no planned date"]


def test_an_unscheduled_visit_that_took_place_is_done() -> None:
    (found,) = plan(protocol(unscheduled("UNS")), day("2026-03-02"), actual={"UNS": day("2026-03-05")}).visits
    assert (found.status, found.target, found.actual, found.days_from_target) == ("done", None, day("2026-03-05"), None)


@pytest.mark.parametrize(
    ("first", "offset"),
    [
        ("2199-12-30", "P7D"),
        ("2199-12-31", "P1M"),
        ("1900-01-02", "-P7D"),
        ("1900-01-31", "-P1M"),
        ("2026-03-02", "P99999D"),
    ],
)
def test_a_visit_outside_the_years_is_refused(first: str, offset: str) -> None:
    with pytest.raises(Refusal, match="DC404 the visit V or its window lies outside the years 1900 to 2199"):
        plan(protocol(due("V", offset)), day(first))


def test_a_window_outside_the_years_is_refused() -> None:
    with pytest.raises(Refusal, match="DC404 the visit V or its window"):
        plan(protocol(due("V", "P1D", ("P2D", "P2D"))), day("2199-12-29"))


def test_offsets_that_no_calendar_holds_are_refused_and_do_not_overflow() -> None:
    for offset in ("P99999D", "P999M", "PT9999H"):
        with pytest.raises(Refusal, match="DC404"):
            plan(protocol(due("V", offset, times=10**9)), at("2026-03-02T09:30"))


def test_dates_given_outside_the_years_are_refused() -> None:
    with pytest.raises(Refusal, match="DC404 start 1899-12-31 lies outside"):
        plan(INFUSIONS, day("1899-12-31"))
    with pytest.raises(Refusal, match="DC404 D7 2200-01-01 lies outside"):
        plan(INFUSIONS, day("2026-03-02"), actual={"D7": day("2200-01-01")})


def test_one_preparation_serves_every_participant() -> None:
    prepared = prepare(Settled(protocol=INFUSIONS), ("D0", "D7", "D14"))
    assert prepared.visits == ("D0", "D7", "D14")
    for first in ("2026-03-02", "2026-03-03"):
        assert prepared.of(day(first)) == plan(INFUSIONS, day(first))
