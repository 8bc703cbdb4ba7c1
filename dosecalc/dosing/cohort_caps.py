"""Caps on whole columns (R7): per dose, and over all doses of a product."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from dosecalc.dosing.caps import counted
from dosecalc.dosing.cohort_rules import Rows, Scaled, finer
from dosecalc.dosing.columns import MOST
from dosecalc.dosing.derivation import Factor
from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import TopicalDaily
from dosecalc.reading import places_and_rest
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dosecalc.dosing.cohort_input import Groups
    from dosecalc.dosing.columns import Integers
    from dosecalc.dosing.planned import PlannedDose
    from dosecalc.dosing.result import OnRecord
    from dosecalc.protocol.dose_rule import Cap, CellCount
    from dosecalc.quantity import Quantity
    from dosecalc.rows import Flags


@dataclass(kw_only=True, slots=True)
class CohortDose:
    """The doses of one visit in one unit. `plans` are by group; `members` flags their rows, None means all rows.

    `part` is the area, or the arm where one participant gets several; None where there is no more than one.
    """

    visit: str
    part: str | None
    unit: str
    plans: Mapping[int, PlannedDose]
    counts: Mapping[int, CellCount | None]
    amounts: Scaled
    members: Flags | None


def cap_each(
    rows: Rows, amounts: Scaled, caps: Iterable[Cap], counts: CellCount | None, members: Flags | None
) -> Scaled:
    """Return the amounts with what is above a cap per dose cut off, or report the rows."""
    for cap in caps:
        if cap.holds != "per_dose":
            continue
        amounts, limit = _limit(rows, amounts, counted(cap.at_most, counts))
        over = amounts.values > limit
        if members is not None:
            over &= members
        if not over.any():
            continue
        if cap.above == "refuse":
            _report(rows, over, cap, "DC340")
        else:
            rows.warn("cap-per-dose", over)
            amounts = Scaled(values=np.where(over, limit, amounts.values), scale=amounts.scale)
    return amounts


def cap_all(rows: Rows, doses: Sequence[CohortDose], groups: Groups, on_record: Sequence[OnRecord] = ()) -> None:
    """Cut off what is above a cap over all doses of a product, in the order of the visits, or report the rows.

    `on_record` are visits of the one participant of the table; what they brought counts instead of what was planned.
    """
    passed = {each.visit for each in on_record}
    for number, group in groups.by_number.items():
        order = {(plan.visit, plan.rule.area): place for place, plan in enumerate(group.planned)}
        mine = sorted(
            (dose for dose in doses if number in dose.plans and _sums(dose.plans[number])),
            key=lambda dose: order[dose.visit, dose.plans[number].rule.area],
        )
        caps = dict.fromkeys(
            (dose.plans[number].arm, dose.plans[number].rule.product, cap, dose.counts[number])
            for dose in mine
            for cap in dose.plans[number].rule.caps
            if cap.holds == "cumulative"
        )
        for arm, product, cap, counts in caps:
            of_product = [
                dose
                for dose in mine
                if (dose.plans[number].arm, dose.plans[number].rule.product) == (arm, product)
                and (dose.visit not in passed or isinstance(dose.plans[number].rule.rule, TopicalDaily))
            ]
            if of_product:
                before = sum((_value(each, product, of_product[0].unit) for each in on_record), Fraction(0))
                _cap_sum(rows, of_product, cap, counts, groups.flag([number]), before)


def _value(visit: OnRecord, product: str, symbol: str) -> Fraction:
    """What a visit brought of a product, in the unit of its doses."""
    mine = [amount for name, amount in visit.amounts if name == product]
    for amount in mine:
        if amount.unit.symbol != symbol:
            raise refuse(
                "DC202",
                msg(
                    "{visit} brought {amount}, and the dose is in {unit}", visit=visit.visit, amount=amount, unit=symbol
                ),
                msg("check the record of that visit: amounts of two units are not added"),
            )
    return sum((Fraction(amount.value) for amount in mine), Fraction(0))


def _sums(plan: PlannedDose) -> bool:
    return plan.rule.role != "placebo" and not plan.unscheduled


def _cap_sum(
    rows: Rows,
    doses: Sequence[CohortDose],
    cap: Cap,
    counts: CellCount | None,
    here: Flags | None,
    before: Fraction,
) -> None:
    at_most = counted(cap.at_most, counts)
    scale = max(places_and_rest(before.denominator)[0], *(d.amounts.scale for d in doses))
    given = np.zeros(rows.count, np.int64)
    start = int(before * 10**scale)
    if not _add_up(rows, given, np.full(rows.count, min(start, MOST), np.int64), here):
        return
    given += start
    for dose in doses:
        dose.amounts = finer(rows, dose.amounts, scale)
        dose.amounts, limit = _limit(rows, dose.amounts, at_most)
        if (factor := 10 ** (dose.amounts.scale - scale)) > 1:
            if not rows.small_enough(_among(given, here), factor, "dose"):
                return
            given = given * factor
        scale = dose.amounts.scale
        if not _add_up(rows, given, dose.amounts.values, here):
            return
        after = given + dose.amounts.values
        over = after > limit if here is None else here & (after > limit)
        if over.any():
            if cap.above == "refuse":
                _report(rows, over, cap, "DC341")
            _report(rows, over & (given >= limit), cap, "DC341")
            rows.warn("cap-cumulative", over)
            values = np.where(over, limit - given, dose.amounts.values)
            dose.amounts = Scaled(values=values, scale=scale)
            after = np.where(over, limit, after)
        given = after


def _among(values: Integers, here: Flags | None) -> Integers:
    return values if here is None else np.where(here, values, 0)


def _add_up(rows: Rows, given: Integers, more: Integers, here: Flags | None) -> bool:
    """Whether both sums of a row stay exact; rows in which they do not are reported, never wrapped round (R4)."""
    far = _among(more, here) >= MOST - _among(given, here)
    rows.problems.add(
        "DC353",
        msg("the doses together have too many digits to be added exactly here"),
        msg("calculate this participant alone"),
        far,
    )
    return not far.any()


def _limit(rows: Rows, amounts: Scaled, at_most: Quantity) -> tuple[Scaled, int]:
    """The amounts and the cap as integers of one scale."""
    exact = Fraction(at_most.value)
    scale = max(amounts.scale, places_and_rest(exact.denominator)[0])
    return finer(rows, amounts, scale), int(exact * 10**scale)


def _report(rows: Rows, over: Flags, cap: Cap, code: str) -> None:
    what = (
        msg("the dose is above the cap of {cap}", cap=Factor(cap.at_most))
        if cap.holds == "per_dose"
        else msg("the doses together are above the cap of {cap}", cap=Factor(cap.at_most))
    )
    mend = msg(
        "check the area, the weight and the level; the principal investigator decides what is given ({source})",
        source=msg("{document}, {section}", document=cap.source.document, section=cap.source.section),
    )
    rows.problems.add(code, what, mend, over)
