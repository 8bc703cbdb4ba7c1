"""Actual dates and bookings against windows."""

from __future__ import annotations

import datetime as dt

import pytest

from dosecalc.errors import Refusal
from dosecalc.visits.attendance import check_booking, status
from dosecalc.visits.visit import Booking, Visit
from visits.building import BERLIN, at, day, defining, due, named, plan, protocol, site, start, visit

INFUSIONS = protocol(
    defining("D0"),
    due("D7", "P7D", ("P2D", "P2D")),
    due("W2", "P14D"),
    due("LATER", "P7D", ("P1D", "P1D"), anchor="event"),
    anchors=[named("event", "the event")],
)
START = day("2026-03-02")


def attended(name: str, date: dt.date) -> Visit:
    return visit(plan(INFUSIONS, START, actual={name: date}), name)


@pytest.mark.parametrize(
    ("date", "stands", "distance"),
    [
        ("2026-03-06", "early", -3),
        ("2026-03-07", "done", -2),  # both ends belong to the window
        ("2026-03-09", "done", 0),
        ("2026-03-11", "done", 2),
        ("2026-03-12", "late", 3),
    ],
)
def test_day_7_with_two_days_either_side(date: str, stands: str, distance: int) -> None:
    found = attended("D7", day(date))
    assert (found.status, found.days_from_target, str(found.actual)) == (stands, distance, date)


@pytest.mark.parametrize(("date", "distance"), [("2026-01-01", -74), ("2026-03-16", 0), ("2026-06-30", 106)])
def test_without_a_window_nothing_is_early_or_late(date: str, distance: int) -> None:
    # Target 16 March. 1 January: 31 + 28 + 15 = 74 days before. 30 June: 15 + 30 + 31 + 30 = 106 days after.
    found = attended("W2", day(date))
    assert (found.status, found.days_from_target) == ("done", distance)


def test_the_last_minute_of_the_last_day_is_in_the_window() -> None:
    found = visit(plan(INFUSIONS, START, actual={"D7": at("2026-03-11T23:59")}), "D7")
    assert (found.status, found.days_from_target) == ("done", 2)


def test_a_visit_at_half_past_midnight_counts_as_its_local_day() -> None:
    # In UTC it is still 11 March, the last day of the window.
    found = visit(plan(INFUSIONS, START, actual={"D7": at("2026-03-12T00:30")}), "D7")
    assert (found.status, str(found.actual)) == ("late", "2026-03-12")


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    # Target 02:30+01:00 = 01:30 UTC, window 01:00 to 02:00 UTC. The first 02:45 (+02:00) is 00:45 UTC: too early,
    # though its clock stands between 02:00 and 03:00. The second 02:45 (+01:00) is 01:45 UTC: in the window.
    hours = protocol(due("H4", "PT4H", ("PT30M", "PT30M")), anchors=[start(time_needed=True)])
    first = at("2026-10-24T23:30", BERLIN)
    for text, stands in (("2026-10-25T02:45+02:00", "early"), ("2026-10-25T02:45+01:00", "done")):
        found = plan(hours, first, actual={"H4": at(text, BERLIN)}, where=site(BERLIN))
        assert visit(found, "H4").status == stands, text


def test_status_without_an_actual_date() -> None:
    assert status(START, None, None, None) == "planned"
    assert status(None, None, None, None) == "pending"
    assert status(None, None, None, START) == "done"


# --- bookings


def planned(name: str) -> Visit:
    return visit(plan(INFUSIONS, START), name)


def refused(visit: Visit, when: str, reason: str | None = None) -> str:
    with pytest.raises(Refusal) as caught:
        check_booking(visit, at(when), reason)
    return str(caught.value)


@pytest.mark.parametrize("when", ["2026-03-07T00:00", "2026-03-09T09:30", "2026-03-11T23:59"])
def test_any_time_within_the_window_may_be_booked(when: str) -> None:
    assert check_booking(planned("D7"), at(when)) == Booking(when=at(when))


@pytest.mark.parametrize(
    ("when", "distance"),
    [
        ("2026-03-06T09:30", "1 day too early"),
        ("2026-03-04T09:30", "3 days too early"),
        ("2026-03-12T00:00", "1 day too late"),
        ("2026-04-09T09:30", "29 days too late"),
    ],
)
def test_a_booking_outside_the_window_is_refused_with_the_way_out(when: str, distance: str) -> None:
    assert refused(planned("D7"), when) == (
        f"DC420 D7 on {when[:10]} lies outside its window, 2026-03-07 to 2026-03-11: {distance}; "
        "book it within the window, or, where the investigator decides so, say why: --outside-window REASON"
    )


def test_a_booking_outside_the_window_keeps_its_reason() -> None:
    booking = check_booking(planned("D7"), at("2026-03-13T09:30"), "clinic closed")
    assert booking.outside_window == "clinic closed"


def test_a_reason_within_the_window_is_not_kept() -> None:
    assert check_booking(planned("D7"), at("2026-03-10T09:30"), "clinic closed").outside_window is None


@pytest.mark.parametrize("when", ["2026-03-13T09:30", "2026-03-10T09:30"])
def test_a_blank_reason_is_refused(when: str) -> None:
    assert refused(planned("D7"), when, "  ") == (
        "DC421 the reason for booking D7 outside its window is blank; "
        "write down why the investigator allows it: --outside-window REASON"
    )


def test_a_visit_without_a_date_is_not_booked_without_a_reason() -> None:
    assert refused(planned("LATER"), "2026-03-13T09:30").startswith(
        "DC422 LATER cannot be booked on 2026-03-13 09:30: its date is not known yet; give the date"
    )
    assert check_booking(planned("LATER"), at("2026-03-13T09:30"), "decided today").outside_window == "decided today"


def test_without_a_window_any_day_may_be_booked() -> None:
    assert check_booking(planned("W2"), at("2026-05-01T09:30")).outside_window is None


def test_the_anchors_own_visit_is_booked_on_its_day() -> None:
    assert check_booking(planned("D0"), at("2026-03-02T09:30")) == Booking(when=at("2026-03-02T09:30"))
    said = refused(planned("D0"), "2026-03-03T09:30")
    assert "DC424 D0 is the day that the others count from, 2026-03-02; it cannot be booked for 2026-03-03" in said


def test_a_booking_of_a_visit_to_the_hour_is_judged_to_the_minute() -> None:
    hours = protocol(due("H4", "PT4H", ("PT30M", "PT30M")), anchors=[start(time_needed=True)])
    found = visit(plan(hours, at("2026-03-02T09:30")), "H4")
    assert check_booking(found, at("2026-03-02T14:00")) == Booking(when=at("2026-03-02T14:00"))
    assert refused(found, "2026-03-02T14:01").startswith(
        "DC420 H4 on 2026-03-02 14:01 lies outside its window, 2026-03-02 13:00 to 2026-03-02 14:00: 1 min too late;"
    )
    assert "1 h 5 min too early" in refused(found, "2026-03-02T11:55")


def test_a_booking_in_another_century_is_refused() -> None:
    assert refused(planned("W2"), "2226-03-09T09:30").startswith(
        "DC404 the booking of W2 on 2226-03-09 09:30 lies outside the years 1900 to 2199"
    )


def test_a_naive_booking_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="a booking needs an aware time"):
        check_booking(planned("D7"), dt.datetime(2026, 3, 9, 9, 30))  # noqa: DTZ001
