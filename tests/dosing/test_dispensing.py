"""Bottles for use at home, from visit to visit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dosecalc.dosing.dispensing import days_of_use, dispense
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.prepared import Dispensing
from dosecalc.dosing.result import DoseInput
from dosecalc.errors import Refusal
from dosing.building import daily, encounter, protocol, q, rule
from dosing.preparing import CELLS, TODAY, infused, lot, now, pharmacy

# as the phase II minoxidil group: weeks 0, 8, 12, 24; 1 mL a day for 84 days
VISITS = (encounter("W0"), *(encounter(f"W{week}", f"P{week}W") for week in (8, 12, 24)))
HOME = protocol({"A": [rule("W0", "gel", "comparator", topical_daily=daily())]}, VISITS)
DAYS = {"W0": 0, "W8": 56, "W12": 84, "W24": 168}
BOTTLE: dict[str, Any] = {
    "product": "gel",
    "concentration": None,
    "nominal_volume": q("60 mL"),
    "extractable_volume": q("60 mL"),
}


def planned(**days: int) -> list[tuple[str, dt.date]]:
    return [(visit, TODAY + dt.timedelta(days=day)) for visit, day in (DAYS | days).items()]


def handed_out(
    visits: list[tuple[str, dt.date]] | None = None,
    given: Any = None,
    of: Any = HOME,
    latest: dict[str, int] | None = None,
    **changes: Any,
) -> Dispensing:
    """`latest`: after how many days the windows of the visits end."""
    here = pharmacy(of)
    dose = calculate(here, ("A",), DoseInput()).doses[0]
    windows = {visit: TODAY + dt.timedelta(days=day) for visit, day in (latest or {}).items()}
    return dispense(here, dose, lot(**(BOTTLE | changes)), visits or planned(), windows, given or now())


def rows(got: Dispensing) -> list[tuple[str, str | None, int, str, int, str]]:
    return [(o.visit, o.until, o.days, str(o.needed), o.bottles, str(o.left_over)) for o in got.visits]


def refused(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        handed_out(*args, **kwargs)
    return str(refusal.value)


def test_minoxidil_from_bottles_of_60() -> None:
    # 56 mL from one bottle leaves 4; 28 − 4 = 24 from another leaves 36; at W12 the 84 days are over
    got = handed_out()
    assert rows(got) == [("W0", "W8", 56, "56 mL", 1, "4 mL"), ("W8", "W12", 28, "28 mL", 1, "36 mL")]
    assert [str(line) for line in got.derivation[2:]] == [
        "bottles are counted by what can be taken out of one: 60 mL",
        (
            "W0: 56 days × 1 mL/day = 56 mL; (56 mL − 0 mL left over) ÷ 60 mL = 0.933…, rounded up: 1; "
            "left over on the planned day: 4 mL"
        ),
        (
            "W8: 28 days × 1 mL/day = 28 mL; (28 mL − 4 mL left over) ÷ 60 mL = 0.4, rounded up: 1; "
            "left over on the planned day: 36 mL"
        ),
    ]
    assert str(days_of_use(got)).endswith("no window is known for it.")
    assert got.warnings == ()


def test_the_bottles_last_until_the_latest_day_of_the_next_window() -> None:
    # W8 a week late: 63 mL, two bottles; on the planned day 120 − 56 = 64 are left, more than the 28 to W12
    got = handed_out(latest={"W0": 0, "W8": 63, "W12": 91})
    assert rows(got) == [("W0", "W8", 56, "63 mL", 2, "64 mL"), ("W8", "W12", 28, "28 mL", 0, "36 mL")]
    assert [one.days_at_most for one in got.visits] == [63, 28]  # after 84 days nothing more is used
    assert [str(line) for line in got.derivation[3:5]] == [
        "W0: 56 days until W8 as planned, 63 days until the latest day of its window",
        (
            "W0: 63 days × 1 mL/day = 63 mL; (63 mL − 0 mL left over) ÷ 60 mL = 1.05, rounded up: 2; "
            "left over on the planned day: 64 mL"
        ),
    ]
    assert str(days_of_use(got)).startswith("The bottles last until the latest day of the next visit's window")


def test_whatever_days_within_their_windows_the_visits_take_place_nobody_runs_out() -> None:
    # bottles of 30 mL: by day 63 at least 63 mL are handed out at W0; by day 84 (at W12 or its window) 84 mL in all
    got = handed_out(latest={"W8": 63, "W12": 91}, extractable_volume=q("30 mL"))
    given_by = [30 * sum(one.bottles for one in got.visits[: place + 1]) for place in range(2)]
    assert given_by == [90, 90]
    got = handed_out(latest={"W8": 63}, extractable_volume=q("21 mL"))
    # 63 ÷ 21: 3 bottles, 63 − 56 = 7 left; (28 − 7) ÷ 21: 1 bottle
    assert rows(got) == [("W0", "W8", 56, "63 mL", 3, "7 mL"), ("W8", "W12", 28, "28 mL", 1, "0 mL")]
    assert [one.days_at_most for one in got.visits] == [63, None]


def test_what_is_left_over_may_be_enough() -> None:
    # bottles of 100 mL: 44 left over, 28 needed
    assert rows(handed_out(extractable_volume=q("100 mL"))) == [
        ("W0", "W8", 56, "56 mL", 1, "44 mL"),
        ("W8", "W12", 28, "28 mL", 0, "16 mL"),
    ]


def test_bottles_are_counted_by_what_can_be_taken_out() -> None:
    # 56 ÷ 55 = 1.02: two bottles leave 54, and 28 are needed
    assert [row[4] for row in rows(handed_out(extractable_volume=q("55 mL")))] == [2, 0]


def test_a_visit_that_moves_takes_its_days_along() -> None:
    # W8 a week late: 63 mL need two bottles, 57 are left over; 21 days remain of the 84
    assert rows(handed_out(planned(W8=63))) == [
        ("W0", "W8", 63, "63 mL", 2, "57 mL"),
        ("W8", "W12", 21, "21 mL", 0, "36 mL"),
    ]


def test_days_that_outlast_the_visits_are_handed_out_at_the_last() -> None:
    got = handed_out([("W0", TODAY), ("W8", TODAY + dt.timedelta(days=56))])
    assert rows(got)[-1] == ("W8", None, 28, "28 mL", 1, "36 mL")


def test_the_days_may_end_between_two_visits() -> None:
    # W12 on day 90: the last period ends on day 84
    assert rows(handed_out(planned(W12=90)))[-1] == ("W8", "W12", 28, "28 mL", 1, "36 mL")


def test_what_lies_before_the_dose_does_not_count() -> None:
    assert rows(handed_out([("SCR", TODAY - dt.timedelta(days=7)), *planned()])) == rows(handed_out())


def test_too_few_bottles_for_today_are_refused_and_for_later_a_warning() -> None:
    assert refused(vials=0).startswith("DC364 lot 'L1' has 0 vials or bottles, and 1 are needed")
    assert [str(warned.text) for warned in handed_out(vials=1).warnings] == [
        "2 bottles are needed in all, and lot 'L1' has 1"
    ]


def test_a_lot_that_expires_at_home_is_a_warning() -> None:
    # the 84th day is 31 May 2026
    assert handed_out(expiry=dt.date(2026, 5, 31)).warnings == ()
    assert [str(warned.text) for warned in handed_out(expiry=dt.date(2026, 5, 30)).warnings] == [
        "lot 'L1' expires on 2026-05-30, before the last day of use, 2026-05-31"
    ]
    assert refused(expiry=dt.date(2026, 3, 8)).startswith("DC358 ")


def test_visits_out_of_order_are_refused() -> None:
    message = "DC370 the visits for dispensing must be in the order of their dates, and W0 among them"
    assert refused(planned(W8=90)).startswith(message)
    assert refused([("W8", TODAY)]).startswith(message)


def test_what_is_prepared_is_not_dispensed() -> None:
    here = pharmacy(CELLS, infused())
    dose = calculate(here, ("cells",), DoseInput()).doses[0]
    with pytest.raises(Refusal, match="DC370 cells is not used at home: it is prepared, not dispensed; prepare it"):
        dispense(here, dose, lot(product="cells"), planned(), {}, now())
