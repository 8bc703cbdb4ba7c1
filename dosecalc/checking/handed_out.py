"""Bottles for use at home, worked out once more: from the second engine for dates (R14)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import TopicalDaily
from dosecalc.quantity import round_whole
from dosecalc.reading import exact_decimal
from dosecalc.text import msg

if TYPE_CHECKING:
    from decimal import Decimal

    from dosecalc.dosing.planned import PlannedDose
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Lot


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedOut:
    """What is handed out at one visit; volumes in mL."""

    visit: str
    days: int
    days_at_most: int | None
    needed: Decimal
    bottles: int
    left_over: Decimal


def hand_out(settled: Settled, plan: PlannedDose, lot: Lot, visit: str, on: dt.date) -> tuple[HandedOut, ...]:
    """Return what is handed out at the dose's own visit and at each later one, until its days are over.

    `visit` takes place on `on`, and only the planned distances to the others matter. Needed = mL a day × days until
    the latest day of the next visit's window, or its planned day where no window is known; bottles = (needed − left
    over on the planned day) ÷ what can be taken out of one, rounded up.

    Raises:
        Refusal: what `visits.cohort` refuses; DC667, the visit has no planned day.
    """
    rule = plan.rule.rule
    assert isinstance(rule, TopicalDaily)
    days, _ = _days(settled, plan.arm, on)
    if visit not in days:
        raise refuse(
            "DC667",
            msg("{visit} has no planned day, so the days until the next visit cannot be counted", visit=visit),
            msg("make the worksheet for a visit that has one"),
        )
    days, latest = _days(settled, plan.arm, on - (days[visit] - on))
    first = days[plan.visit]
    end = first + dt.timedelta(days=int(rule.days.value))
    later = sorted(day for day in days.values() if first <= day < end)
    names = {day: name for name, day in days.items()}
    daily, bottle, left = Fraction(rule.amount.value), Fraction(lot.extractable_volume.value), Fraction(0)
    found = []
    for day, following in zip(later, [*later[1:], end], strict=True):
        next_day = min((other for other in names if other > day), default=None)
        window = None if next_day is None else latest.get(names[next_day])
        at_most = None if window is None else (min(window, end) - day).days
        planned, needed = (
            daily * (following - day).days,
            daily * ((following - day).days if at_most is None else at_most),
        )
        bottles = round_whole(max(Fraction(0), needed - left) / bottle, "up")
        left += bottles * bottle - planned
        found.append(
            HandedOut(
                visit=names[day],
                days=(following - day).days,
                days_at_most=at_most,
                needed=_decimal(needed),
                bottles=bottles,
                left_over=_decimal(left),
            )
        )
    return tuple(found)


def _days(settled: Settled, arm: str, start: dt.date) -> tuple[dict[str, dt.date], dict[str, dt.date]]:
    """The planned days of the visits, and the latest days of those windows that are known."""
    import pandas as pd

    from dosecalc.visits.cohort import cohort_dates

    row = cohort_dates(settled, pd.DataFrame({"start": [start.isoformat()], "arm": [arm]})).iloc[0]
    found: dict[str, dict[str, dt.date]] = {"target": {}, "latest": {}}
    for column, day in row.items():
        kind, _, visit = str(column).partition("_")
        if kind in found and not pd.isna(day):
            found[kind][visit] = day.date()
    return found["target"], found["latest"]


def _decimal(value: Fraction) -> Decimal:
    exact = exact_decimal(value)
    assert exact is not None, "sums and whole multiples of decimals are decimals"
    return exact
