"""Whole columns of doses in 64-bit integers: products, sites and rounding of the second engine, all its own (R14).

Every column has the length of the table; a rule's numbers mean something only in the rows of its members.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar, assert_never

import numpy as np

from dosecalc.dosing.basis import unconfirmed_among
from dosecalc.dosing.columns import MOST, Codes, Integers, Numbers
from dosecalc.dosing.questions import BELOW_ONE_SITE, PATCHES, ROUNDINGS, Questions
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Answer, PerSite
from dosecalc.reading import places_and_rest
from dosecalc.rows import Flags, Problems, blocks, look_up
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaled:
    """Exact amounts, one a row: `values` × 10^-`scale`."""

    values: Integers
    scale: int = 0


WARNINGS = (
    "area-several",
    "area-small",
    "area-large",
    "weight-low",
    "level-not-in-protocol",
    "rounding-deviation",
    "cap-per-site",
    "cap-per-dose",
    "cap-cumulative",
)
"""What a row may be warned of, as `Warned.code`, in the order in which a row names it."""


@dataclass(kw_only=True, slots=True)
class Rows:
    """A table as the rules see it.

    `choice` tells which entry of a table of amounts a row takes; None where all rows take the first. `drafts` collects
    the rows whose doses rest on something that is not confirmed; `warned` the rows to look at, a bit of each row for
    each of `WARNINGS`.
    """

    settled: Settled
    count: int
    by_hand: Rounding | None
    choice: Codes | None
    problems: Problems
    drafts: Flags
    warned: np.ndarray[Any, np.dtype[np.uint16]]

    def warn(self, code: str, rows: Flags) -> None:
        """Warn of the flagged rows."""
        if rows.any():
            np.bitwise_or(self.warned, 1 << WARNINGS.index(code), out=self.warned, where=rows)

    def decide(self, decision: Choice | Answer, choices: tuple[Choice, ...], rows: Flags) -> Choice:
        """Return the decision for the flagged rows; an open question is reported for them, and any answer returned."""
        try:
            answer = Questions(self.settled).answer(decision, choices)
        except Refusal as refusal:
            self.problems.take(refusal, rows)
            return choices[0]
        if isinstance(decision, Answer) and unconfirmed_among(self.settled, [decision.answer]):
            self.drafts |= rows
        return answer

    def rounding(self, decision: Rounding | Answer, rows: Flags) -> Rounding:
        """Return how the flagged rows are rounded."""
        if self.by_hand is None:
            return self.decide(decision, ROUNDINGS, rows)
        self.drafts |= rows
        return self.by_hand

    def small_enough(self, values: Integers, factor: int, what: str) -> bool:
        """Whether values × factor stays exact; rows in which it does not are reported, never wrapped round (R4)."""
        if not len(values) or int(values.max()) * factor < MOST:
            return True
        self.problems.add(
            "DC353",
            msg("{column} has too many digits to be multiplied exactly here", column=what),
            msg("write as many decimals as were measured, or calculate this participant alone"),
            values >= max(1, MOST // max(1, factor)),
        )
        return False


def count_sites(rows: Rows, rule: PerSite, area: Numbers, members: Flags | None) -> Integers:
    """Sites of each row: area × sites per cm², rounded as decided (R5); rows that cannot be are reported."""
    per = Fraction(rule.sites.value) / 10**area.scale
    over, under = per.numerator, per.denominator
    if over != 1 and not rows.small_enough(area.totals, over, "area_cm2"):
        return np.ones(rows.count, np.int64)
    exact = area.values if over == 1 else area.values * over
    if area.starts is None:
        return _row_sites(rows, rule, exact, under, members)
    parts = np.logical_or.reduceat(exact % under != 0, area.starts)
    asked = parts & (np.diff(area.starts, append=len(exact)) > 1)
    if members is not None:
        asked &= members
    if asked.any():
        if rows.by_hand is not None:
            rows.drafts |= asked
        elif rows.decide(rule.patches, PATCHES, asked) == "each":
            sites = np.add.reduceat(_whole_sites(rows, rule, exact, under, members, area.starts), area.starts)
            _warn_far_off(rows, sites, np.add.reduceat(exact, area.starts), under, members)
            return sites
    return _row_sites(rows, rule, np.add.reduceat(exact, area.starts), under, members)


def _row_sites(rows: Rows, rule: PerSite, exact: Integers, under: int, members: Flags | None) -> Integers:
    sites = _whole_sites(rows, rule, exact, under, members, None)
    _warn_far_off(rows, sites, exact, under, members)
    return sites


def _warn_far_off(rows: Rows, whole: Integers, exact: Integers, under: int, members: Flags | None) -> None:
    """Warn of the rows in which rounding exact ÷ under to `whole` changes the amount by more than a tenth (R5)."""
    if under == 1:
        return
    far = np.empty(len(exact), bool)
    for block in blocks(len(exact)):
        # Whole numbers are more than a tenth of another apart where they are more than the whole part of it apart.
        np.greater(np.abs(whole[block] * under - exact[block]), exact[block] // 10, out=far[block])
    rows.warn("rounding-deviation", far if members is None else far & members)


def _whole_sites(
    rows: Rows, rule: PerSite, exact: Integers, under: int, members: Flags | None, starts: Integers | None
) -> Integers:
    """Exact ÷ under as whole sites; with `starts`, each patch of a row by itself."""
    if under == 1:
        return exact
    whole, broken = _divide(exact, under)

    def of_rows(flags: Flags) -> Flags:
        per_row = flags if starts is None else np.logical_or.reduceat(flags, starts)
        return per_row if members is None else per_row & members

    small = broken & (whole == 0)
    mode: Rounding = "up"
    if (rounded := of_rows(broken & (whole != 0))).any():
        mode = rows.rounding(rule.rounding, rounded)
    below = of_rows(small)
    if below.any() and rows.decide(rule.below_one_site, BELOW_ONE_SITE, below) == "error":
        rows.problems.add(
            "DC316",
            msg("the area gives less than one injection site"),
            msg("check the area; the trial pharmacist knows what is done with so small an area"),
            below,
        )
    match mode:
        case "up":
            whole += broken
        case "down":
            whole += small
        case "half_up":
            whole += small | _at_least_half(exact, whole, under)
        case _:
            assert_never(mode)
    return whole


def _divide(exact: Integers, under: int) -> tuple[Integers, Flags]:
    """The whole numbers in exact ÷ under, and where something is left over."""
    whole, broken = np.empty_like(exact), np.empty(len(exact), bool)
    for block in blocks(len(exact)):
        np.floor_divide(exact[block], under, out=whole[block])
        np.not_equal(whole[block] * under, exact[block], out=broken[block])
    return whole, broken


def _at_least_half(exact: Integers, whole: Integers, under: int) -> Flags:
    """Where at least half of `under` is left over."""
    flags = np.empty(len(exact), bool)
    for block in blocks(len(exact)):
        left = exact[block] - whole[block] * under
        np.greater_equal(2 * left, under, out=flags[block])
    return flags


def multiply(
    rows: Rows, base: Numbers | None, amounts: Sequence[Fraction | None], members: Flags | None, name: str
) -> tuple[Integers, int]:
    """Return base × amount of each row, and the number that it must still be divided by.

    `amounts` is the table that `choice` points into; None stands where no row points. Without a base, the amounts.
    """
    scale = base.scale if base else 0
    known = [Fraction(0) if amount is None else amount / 10**scale for amount in amounts]
    under = math.lcm(*(amount.denominator for amount in known))
    factors = [int(amount * under) for amount in known]
    largest = max(factors, default=0)
    if max(under, largest) >= MOST:
        every = np.ones(rows.count, np.int64) if members is None else members.astype(np.int64)
        rows.small_enough(every, MOST, name)
        return every, 1
    if base and not rows.small_enough(base.totals, largest, name):
        return np.ones(rows.count, np.int64), 1
    if base is None:
        return _per_row(rows, factors), under
    values = base.totals
    if rows.choice is None or len(set(factors)) == 1:
        return values * factors[0], under
    table = np.array(factors, np.int64)
    product = np.empty_like(values)
    for block in blocks(rows.count):
        np.multiply(values[block], table[rows.choice[block]], out=product[block])
    return product, under


def _per_row(rows: Rows, factors: Sequence[int]) -> Integers:
    if rows.choice is None:
        return np.full(rows.count, factors[0], np.int64)
    return look_up(np.array(factors, np.int64), rows.choice)


def whole_amounts(
    rows: Rows, exact: Integers, under: int, rounding: Rounding | Answer | None, members: Flags | None
) -> Scaled:
    """Exact ÷ under for particles and cells, which come whole, rounded as decided (R5)."""
    if under == 1:
        return Scaled(values=exact)
    whole, broken = _divide(exact, under)
    if members is not None:
        broken &= members
    if not broken.any():
        return Scaled(values=whole)
    assert rounding is not None  # fixed amounts are whole or not counted
    mode = rows.rounding(rounding, broken)
    match mode:
        case "up":
            whole += broken
        case "down":
            pass  # what is left over is left out
        case "half_up":
            whole += _at_least_half(exact, whole, under)
        case _:
            assert_never(mode)
    rows.problems.add(
        "DC342",
        msg("the dose is rounded down to nothing"),
        msg("check the amounts: a dose is never zero"),
        broken & (whole == 0),
    )
    _warn_far_off(rows, whole, exact, under, broken)
    return Scaled(values=whole)


def measured_amounts(rows: Rows, exact: Integers, under: int, members: Flags | None) -> Scaled:
    """Exact ÷ under for mL and mg, which have parts: exact decimals, or reported where they have no end."""
    scale, rest = places_and_rest(under)
    if rest > 1:
        endless = exact % rest != 0 if members is None else (exact % rest != 0) & members
        rows.problems.add(
            "DC354",
            msg("the doses together cannot be divided into equal decimal amounts"),
            msg("check the amounts, or calculate this participant alone"),
            endless,
        )
        exact = exact // rest
    factor = 10**scale // (under // rest)
    if factor > 1 and not rows.small_enough(exact, factor, "dose"):
        return Scaled(values=np.ones(rows.count, np.int64))
    return Scaled(values=exact * factor if factor > 1 else exact, scale=scale)


def finer(rows: Rows, amounts: Scaled, scale: int) -> Scaled:
    """The same amounts with at least `scale` decimals."""
    factor = 10 ** max(0, scale - amounts.scale)
    if factor == 1 or not rows.small_enough(amounts.values, factor, "dose"):
        return amounts
    return Scaled(values=amounts.values * factor, scale=scale)
