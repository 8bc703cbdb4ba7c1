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
    needed: Decimal
    bottles: int
    left_over: Decimal


def hand_out(settled: Settled, plan: PlannedDose, lot: Lot, visit: str, on: dt.date) -> tuple[HandedOut, ...]:
    """Return what is handed out at the dose's own visit and at each later one, until its days are over.

    `visit` takes place on `on`, and only the planned distances to the others matter. Needed = mL a day × days until
    the next visit; bottles = (needed − left over) ÷ what can be taken out of one, rounded up.

    Raises:
        Refusal: what `visits.cohort` refuses; DC667, the visit has no planned day.
    """
    rule = plan.rule.rule
    assert isinstance(rule, TopicalDaily)
    days = _planned_days(settled, plan.arm, on)
    if visit not in days:
        raise refuse(
            "DC667",
            msg("{visit} has no planned day, so the days until the next visit cannot be counted", visit=visit),
            msg("make the worksheet for a visit that has one"),
        )
    days = _planned_days(settled, plan.arm, on - (days[visit] - on))
    first = days[plan.visit]
    end = first + dt.timedelta(days=int(rule.days.value))
    later = sorted(day for day in days.values() if first <= day < end)
    names = {day: name for name, day in days.items()}
    daily, bottle, left = Fraction(rule.amount.value), Fraction(lot.extractable_volume.value), Fraction(0)
    found = []
    for day, following in zip(later, [*later[1:], end], strict=True):
        needed = daily * (following - day).days
        bottles = round_whole(max(Fraction(0), needed - left) / bottle, "up")
        left += bottles * bottle - needed
        found.append(
            HandedOut(
                visit=names[day],
                days=(following - day).days,
                needed=_decimal(needed),
                bottles=bottles,
                left_over=_decimal(left),
            )
        )
    return tuple(found)


def _planned_days(settled: Settled, arm: str, start: dt.date) -> dict[str, dt.date]:
    import pandas as pd

    from dosecalc.visits.cohort import cohort_dates

    row = cohort_dates(settled, pd.DataFrame({"start": [start.isoformat()], "arm": [arm]})).iloc[0]
    targets = {str(name).removeprefix("target_"): day for name, day in row.items() if str(name).startswith("target_")}
    return {name: day.date() for name, day in targets.items() if not pd.isna(day)}


def _decimal(value: Fraction) -> Decimal:
    exact = exact_decimal(value)
    assert exact is not None, "sums and whole multiples of decimals are decimals"
    return exact
