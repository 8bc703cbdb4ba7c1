"""Reports from rows: what a day means, by hand. Days as on a wall calendar: 2026-03-16 is a Monday."""

from __future__ import annotations

import datetime as dt

from dosecalc.registry import reports
from dosecalc.registry.reports import VisitLine, line_of
from dosecalc.registry.store import VisitRow

MONDAY = dt.date(2026, 3, 16)


def visit(
    name: str = "W2",
    *,
    who: str = "P001",
    target: str | None = "2026-03-16",
    window: tuple[str, str] | None = ("2026-03-14", "2026-03-18"),
    booked: str | None = None,
    attended: str | None = None,
    standing: str | None = None,
) -> VisitLine:
    first, last = window or (None, None)
    stands = standing or ("done" if attended else "booked" if booked else "planned")
    return line_of(VisitRow(who, name, target, first, last, booked, attended, stands))


def names(lines: tuple[VisitLine, ...]) -> list[str]:
    return [line.participant for line in lines]


def test_the_booked_visits_of_a_day_stand_in_the_order_of_the_clock() -> None:
    late = visit(who="P001", booked="2026-03-16T14:00:00+08:00")
    early = visit(who="P002", booked="2026-03-16T09:30:00+08:00")
    other = visit(who="P003", booked="2026-03-17T08:00:00+08:00")
    assert names(reports.today([late, early, other], MONDAY).booked) == ["P002", "P001"]


def test_a_visit_may_come_on_both_ends_of_its_window_and_not_a_day_beside() -> None:
    line = visit()
    days = [day for day in range(12, 21) if reports.is_due(line, dt.date(2026, 3, day))]
    assert days == [14, 15, 16, 17, 18]


def test_without_a_window_a_visit_is_due_on_its_target_day_and_never_late() -> None:
    line = visit(window=None)
    assert [day for day in range(14, 20) if reports.is_due(line, dt.date(2026, 3, day))] == [16]
    assert reports.late([line], dt.date(2027, 1, 1)) == ()


def test_a_booked_visit_is_not_due_but_a_cancelled_one_is_again() -> None:
    booked = visit(who="P001", booked="2026-03-18T09:00:00+08:00")
    cancelled = visit(who="P002", standing="cancelled")
    assert names(reports.today([booked, cancelled], MONDAY).due) == ["P002"]


def test_a_booking_of_an_earlier_day_that_nobody_recorded_is_asked_for() -> None:
    found = reports.today([visit(booked="2026-03-15T09:00:00+08:00")], MONDAY)
    assert names(found.unrecorded) == ["P001"]
    assert found.late == ()  # its window is open until the 18th


def test_the_longest_overdue_comes_first_with_its_days() -> None:
    one = visit(who="P001", window=("2026-03-09", "2026-03-13"))  # over for 16 - 13 = 3 days
    two = visit(who="P002", window=("2026-03-01", "2026-03-06"))  # over for 16 - 6 = 10 days
    gone = visit(who="P003", window=("2026-03-01", "2026-03-06"), standing="missed")
    assert [(late.line.participant, late.days) for late in reports.today([one, two, gone], MONDAY).late] == [
        ("P002", 10),
        ("P001", 3),
    ]


def test_a_visit_that_took_place_is_neither_due_nor_late() -> None:
    found = reports.today([visit(attended="2026-03-16")], MONDAY)
    assert (names(found.came), found.due, found.late) == (["P001"], (), ())


def test_a_week_has_seven_days_with_bookings_and_the_ends_of_windows() -> None:
    lines = [
        visit(who="P001", booked="2026-03-16T09:00:00+08:00"),
        visit(who="P002", booked="2026-03-22T09:00:00+08:00"),
        visit(who="P003", booked="2026-03-23T09:00:00+08:00"),
        visit(who="P004"),
        visit(who="P005", target="2026-03-20", window=None),
    ]
    week = reports.week(lines, MONDAY)
    assert [day.day.day for day in week] == [16, 17, 18, 19, 20, 21, 22]
    assert [names(day.booked) for day in week] == [["P001"], [], [], [], [], [], ["P002"]]
    assert [names(day.ends) for day in week] == [[], [], ["P004"], [], ["P005"], [], []]


def test_drift_counts_from_target_and_to_both_ends() -> None:
    [booked] = reports.drift([visit(booked="2026-03-17T09:00:00+08:00")], MONDAY)
    # booked on the 17th: 17 - 16 = 1 after the target, 17 - 14 = 3 after the first day, 18 - 17 = 1 before the last
    assert (booked.by, booked.from_target, booked.from_earliest, booked.to_latest) == ("booked", 1, 3, 1)
    [came] = reports.drift([visit(attended="2026-03-20")], MONDAY)
    assert (came.by, came.from_target, came.from_earliest, came.to_latest) == ("attended", 4, 6, -2)
    [waits] = reports.drift([visit()], dt.date(2026, 3, 10))
    assert (waits.by, waits.from_target, waits.from_earliest, waits.to_latest) == ("today", -6, -4, 8)
    [open_ended] = reports.drift([visit(window=None)], MONDAY)
    assert (open_ended.from_target, open_ended.from_earliest, open_ended.to_latest) == (0, None, None)


def test_drift_puts_the_least_room_first_and_leaves_out_what_has_no_date() -> None:
    lines = [
        visit(who="P001", booked="2026-03-14T09:00:00+08:00"),
        visit(who="P002", attended="2026-03-19"),
        visit(who="P003", window=None),
        visit(who="P004", target=None, window=None),
        visit(who="P005", standing="missed"),
    ]
    assert [each.line.participant for each in reports.drift(lines, MONDAY)] == ["P002", "P001", "P003"]


def test_a_booking_after_midnight_in_another_offset_keeps_the_site_s_day() -> None:
    line = visit(booked="2026-03-16T00:30:00+08:00")  # the 15th in UTC
    assert names(reports.today([line], MONDAY).booked) == ["P001"]
