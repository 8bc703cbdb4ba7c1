"""What each visit brought, by the worksheets that were kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from dosecalc.dosing.result import OnRecord
from dosecalc.quantity import Quantity, parse_quantity
from dosecalc.registry.kept_sheet import on_record, stop_by
from dosecalc.registry.lot_text import pack
from dosecalc.registry.lots import DoseState
from dosecalc.registry.state import VisitState
from dosecalc.worksheet_json import WORKSHEET, digest_of
from registry.visiting import at, booked, day, done, plan

TODAY = day("2026-03-30")


def sheet(*made: dict[str, Any]) -> str:
    document: dict[str, Any] = {"worksheet": WORKSHEET}
    document |= made[0] if len(made) == 1 else {"preparations": list(made)}
    return pack(document | {"digest": digest_of(document)})


def made(total: str | None, delivered: str | None = None, product: str = "sEV", **more: Any) -> dict[str, Any]:
    dose = {"product": product} | ({} if total is None else {"total": total, "unit": "particles"})
    return {"dose": dose} | ({} if delivered is None else {"delivered": delivered}) | more


def dose(visit: str, worksheet: str | None, **changes: Any) -> DoseState:
    known: dict[str, Any] = {
        "participant": "P001", "visit": visit, "prepared": 9, "preparer": "wang", "on": "2026-03-02",
        "since": "2026-03-02T09:20:00+08:00", "worksheet": worksheet, "lots": {"A": 3},
    }  # fmt: skip
    return DoseState(**known | changes)


def gave(visit: str, worksheet: str, part: str = "1") -> DoseState:
    return dose(visit, worksheet, administered=12, given_at="2026-03-02T10:00:00+08:00", part=Decimal(part))


def told(doses: Sequence[DoseState], *visits: VisitState) -> dict[str, list[str]]:
    """What is on record before W6, in digits; the other visits are still to come."""
    found = on_record(plan(*visits), doses, "W6", TODAY)
    return {each.visit: [f"{name} {amount.value:f} {amount.unit}" for name, amount in each.amounts] for each in found}


def test_what_was_given_counts_as_the_volumes_held_it_and_a_part_as_that_part() -> None:
    # the dose was 2.4 × 10⁹, and what was drawn holds 2.41 × 10⁹; half of it is 1.205 × 10⁹
    doses = [
        gave("W0", sheet(made("2400000000", "2410000000"))),
        gave("W2", sheet(made("2400000000", "2410000000")), "0.5"),
    ]
    assert told(doses) == {"W0": ["sEV 2410000000 particles"], "W2": ["sEV 1205000000 particles"]}


def test_an_amount_that_no_decimal_holds_is_rounded_up() -> None:
    assert told([gave("W0", sheet(made("3", "10/3")))]) == {"W0": ["sEV 3.334 particles"]}  # 3.3333…


def test_what_is_prepared_and_not_given_counts_as_prepared() -> None:
    assert told([dose("W2", sheet(made("24")))]) == {"W2": ["sEV 24 particles"]}


def test_what_came_back_whole_was_not_given_and_a_rest_says_nothing() -> None:
    assert told([dose("W2", sheet(made("24")), returned={"A": 3}, came_back=9, back_whole=True)]) == {"W2": []}
    assert told([dose("W2", sheet(made("24")), returned={"A": 2}, came_back=9)]) == {"W2": ["sEV 24 particles"]}


@pytest.mark.parametrize(
    "visit",
    [
        VisitState(visit="W2", missed="ill"),
        VisitState(visit="W2", cancelled=True),  # was booked, and is cancelled
        done("W2", "2026-03-16"),  # took place, and no dose was prepared
    ],
    ids=["missed", "cancelled", "without a dose"],
)
def test_a_visit_without_a_dose_brought_nothing(visit: VisitState) -> None:
    assert told([], visit) == {"W2": []}


def test_a_dose_prepared_for_a_visit_that_was_missed_brought_nothing_and_one_that_was_given_counts() -> None:
    missed = VisitState(visit="W2", missed="ill")
    assert told([dose("W2", sheet(made("24")))], missed) == {"W2": []}
    assert told([gave("W2", sheet(made("24")))], missed) == {"W2": ["sEV 24 particles"]}


def test_a_visit_that_is_still_to_come_counts_as_planned() -> None:
    assert told([], booked("W2", "2026-03-31T09:30")) == {}
    assert told([], done("W2", "2026-03-30")) == {}  # today: its dose may still be prepared


def test_the_visit_itself_is_left_out_and_one_that_is_not_planned_counts() -> None:
    assert told([dose("W6", sheet(made("24"))), gave("U1", sheet(made("5")))]) == {"U1": ["sEV 5 particles"]}


def test_a_placebo_and_what_is_used_at_home_hold_no_amount_of_a_visit() -> None:
    home = {"dose": {"product": "gel", "total": "84", "unit": "mL", "days": 84}, "dispensing": []}
    assert told([gave("W0", sheet(made(None), home, made("7")))]) == {"W0": ["sEV 7 particles"]}


def test_a_dose_is_to_be_used_by_the_earliest_of_its_preparations() -> None:
    first, second = "2026-03-02T12:10:00+08:00", "2026-03-02T11:40:00+08:00"
    two = sheet(made("1", stop_by=first), made("1", stop_by=second), made("1", stop_by=None))
    assert stop_by(dose("W0", two)) == dt.datetime.fromisoformat(second)
    assert stop_by(dose("W0", sheet(made("1")))) is None


def test_without_the_key_only_what_stands_openly_is_known() -> None:
    limit = at("2026-03-02T12:10")
    assert stop_by(dose("W0", None)) is None
    assert stop_by(dose("W0", None, stop_by=limit)) == limit


def test_amounts_are_quantities_of_the_dose() -> None:
    found = on_record(plan(), [gave("W0", sheet(made("24")))], "W6", TODAY)
    assert found == (
        OnRecord(visit="W0", amounts=(("sEV", Quantity(Decimal(24), parse_quantity("24 particles").unit)),)),
    )
