"""Overdue, early and late have one meaning, and where no window is stated nothing is any of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dosecalc.registry.lateness import Lateness, days_over, lateness, overdue
from registry.visiting import at, day

if TYPE_CHECKING:
    from dosecalc.registry.state import VisitStanding
    from dosecalc.visits.visit import Moment


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Due on 16 March, two days either way."""

    target: Moment | None = dt.date(2026, 3, 16)
    earliest: Moment | None = dt.date(2026, 3, 14)
    latest: Moment | None = dt.date(2026, 3, 18)
    attended: Moment | None = None
    standing: VisitStanding = "planned"


@pytest.mark.parametrize(
    ("attended", "stands"),
    [
        ("2026-03-13", Lateness(how="early", days_over=1, days_from_target=-3)),
        ("2026-03-14", Lateness(days_from_target=-2)),
        ("2026-03-18", Lateness(days_from_target=2)),
        ("2026-03-19", Lateness(how="late", days_over=1, days_from_target=3)),
        ("2026-04-18", Lateness(how="late", days_over=31, days_from_target=33)),
    ],
)
def test_a_visit_that_took_place_is_early_before_and_late_after_its_window(attended: str, stands: Lateness) -> None:
    visit = Visit(attended=day(attended), standing="done")
    assert lateness(visit, day("2027-01-01")) == stands


@pytest.mark.parametrize("standing", ["planned", "booked", "cancelled"])
@pytest.mark.parametrize(
    ("today", "how", "over", "left"),
    [
        ("2026-03-01", None, 0, 17),
        ("2026-03-18", None, 0, 0),
        ("2026-03-19", "overdue", 1, -1),
        ("2026-03-28", "overdue", 10, -10),
    ],
)
def test_a_visit_to_come_is_overdue_from_the_day_after_its_window(
    standing: VisitStanding, today: str, how: str | None, over: int, left: int
) -> None:
    found = lateness(Visit(standing=standing), day(today))
    assert (found.how, found.days_over, found.days_left) == (how, over, left)
    assert (overdue(Visit(standing=standing), day(today)), days_over(Visit(standing=standing), day(today))) == (
        how == "overdue",
        over,
    )


def test_a_missed_visit_is_not_overdue() -> None:
    assert lateness(Visit(standing="missed"), day("2026-12-01")) == Lateness()


def test_without_a_window_nothing_is_late_and_the_days_from_the_target_are_known() -> None:
    open_end = Visit(earliest=None, latest=None)
    assert lateness(open_end, day("2027-03-16")) == Lateness()
    came = Visit(earliest=None, latest=None, attended=day("2026-03-26"), standing="done")
    assert lateness(came, day("2027-03-16")) == Lateness(days_from_target=10)


def test_windows_in_hours_are_kept_to_the_minute_where_the_time_is_known() -> None:
    hours: dict[str, Any] = {
        "target": at("2026-03-16T10:00"),
        "earliest": at("2026-03-16T09:00"),
        "latest": at("2026-03-16T11:00"),
    }
    late = lateness(Visit(attended=at("2026-03-16T11:01"), standing="done", **hours), day("2026-03-20"))
    assert (late.how, late.days_over) == ("late", 0)
    assert lateness(Visit(attended=at("2026-03-16T11:00"), standing="done", **hours), day("2026-03-20")).how is None
    assert overdue(Visit(**hours), at("2026-03-16T11:01"))
    assert not overdue(Visit(**hours), day("2026-03-16"))
    assert overdue(Visit(**hours), day("2026-03-17"))
