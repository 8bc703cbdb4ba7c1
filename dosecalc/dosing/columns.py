"""Columns of a table as exact integers of one decimal scale (R4).

Nothing here loops over rows: texts are read once for each different text, numbers are turned over as whole columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dosecalc.errors import Finding, Refusal
from dosecalc.quantity import parse_number
from dosecalc.rows import Flags, Problems, blocks, different
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Integers = np.ndarray[Any, np.dtype[np.int64]]
Codes = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]

MOST = 2**62
"""Every intermediate number stays below this, so that its double fits into 64 bits, too."""

# A double holds any decimal number of 15 digits and gives back just that one (R8, spreadsheets).
_DIGITS = 15
_MOST_DECIMALS = 12
_ONE = (Decimal(1),)  # stands for a number that was reported, so that nothing else is found wrong with it
_SAMPLE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """Exact numbers of a column: `values` × 10^-`scale`, 0 where there is none, 1 where a wrong one was reported.

    `starts` are where each row's numbers begin in `values`, if a row may have several; `given` flags the rows that have
    a number.
    """

    values: Integers
    scale: int
    given: Flags
    starts: Integers | None = None

    @property
    def totals(self) -> Integers:
        """The sum of each row's numbers."""
        return self.values if self.starts is None else np.add.reduceat(self.values, self.starts)

    def covered_by(self, other: Numbers) -> Numbers:
        """Return these numbers, but those of `other` in the rows where it has any."""
        scale = max(self.scale, other.scale)
        under, over = (one.values * 10 ** (scale - one.scale) for one in (self, other))
        given = self.given | other.given
        if self.starts is None and other.starts is None:
            return Numbers(values=np.where(other.given, over, under), scale=scale, given=given)
        count = len(given)
        (from_under, long_under), (from_over, long_over) = (_spans(one, count) for one in (self, other))
        lengths = np.where(other.given, long_over, long_under)
        firsts = np.where(other.given, from_over + len(under), from_under)
        starts = np.cumsum(lengths) - lengths
        within = np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
        values = np.concatenate([under, over])[np.repeat(firsts, lengths) + within]
        return Numbers(values=values, scale=scale, given=given, starts=starts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column to be read: its name, what a number in it is at most, and what separates several in one row."""

    name: str
    most: Decimal
    separator: str | None = None
    problems: Problems = field(default_factory=Problems)

    def read(self, series: pd.Series[Any]) -> Numbers:
        """Return the exact numbers; what cannot be one, or is beyond the limit, is reported.

        Doubles are read at 15 significant digits, as a spreadsheet shows them.
        """
        plain = isinstance(series.dtype, np.dtype)
        if series.dtype.kind == "f" or (series.dtype.kind in "iu" and not plain):
            return self._doubles(series.to_numpy() if plain else series.to_numpy("d", na_value=np.nan))
        if series.dtype.kind in "iu":
            values = series.to_numpy()
            wrong = (values < 0) | (values > int(self.most))
            self._beyond(wrong)
            values = np.where(wrong, 1, values).astype(np.int64)
            return Numbers(values=values, scale=0, given=np.ones(len(values), bool))
        return self._texts(series)

    def _beyond(self, rows: Flags) -> None:
        self.problems.add(
            "DC350",
            msg("{column} is below zero or above {most}", column=self.name, most=self.most),
            msg("check the number and its decimal point"),
            rows,
        )

    def _doubles(self, doubles: np.ndarray[Any, Any]) -> Numbers:
        given = ~np.isnan(doubles)
        if not given.all():
            doubles = np.where(given, doubles, 0)
        wrong = ~((doubles >= 0) & (doubles <= int(self.most)))
        if wrong.any():
            self._beyond(wrong)
            doubles = np.where(wrong, 1, doubles)
        for scale in range(_decimals(doubles[:_SAMPLE]), _MOST_DECIMALS + 1):
            power = 10**scale
            if int(self.most) * power >= 10**_DIGITS:
                break
            values = _times_power(doubles, power)
            if values is not None:
                return Numbers(values=values, scale=scale, given=given)
        codes, values = pd.factorize(doubles)
        return self._parsed(codes, [(Decimal(f"{value:.{_DIGITS}g}"),) for value in values], given)

    def _texts(self, series: pd.Series[Any]) -> Numbers:
        codes, values = different(series)
        given = codes >= 0
        parsed: list[tuple[Decimal, ...]] = []
        for code, text in enumerate(values):
            numbers, findings = self._numbers(text)
            for finding in findings:
                self.problems.add(finding.code, finding.what, finding.mend, codes == code)
            parsed.append(numbers)
        empty = [code for code, text in enumerate(values) if isinstance(text, str) and not text.strip()]
        if empty:
            given &= ~np.isin(codes, empty)
        return self._parsed(codes, parsed, given)

    def _numbers(self, text: object) -> tuple[tuple[Decimal, ...], Sequence[Finding]]:
        if (number := as_decimal(text)) is not None:
            return (number,), ()
        if not isinstance(text, str):
            what = msg("{column} holds neither a number nor a text", column=self.name)
            return _ONE, [Finding("DC351", what, msg("write the amount in digits, as in 23.4"))]
        if not text.strip():
            return (), ()
        parts = [part.strip(" ") for part in text.split(self.separator)] if self.separator else [text]
        try:
            return tuple(parse_number(part) for part in parts), ()
        except Refusal as refusal:
            return _ONE, refusal.findings

    def _parsed(self, codes: Integers, parsed: list[tuple[Decimal, ...]], given: Flags) -> Numbers:
        """Spread the numbers of each different text over the rows that have it."""
        wrong = [not all(0 <= number <= self.most for number in numbers) for numbers in parsed]
        if any(wrong):
            self._beyond(np.append(wrong, False)[codes])
        parsed = [numbers if good else _ONE for numbers, good in zip(parsed, np.logical_not(wrong), strict=True)]
        scale = max((_places(number) for numbers in parsed for number in numbers), default=0)
        if scale > _DIGITS:
            fine = [any(_places(number) > _DIGITS for number in numbers) for numbers in parsed]
            self.problems.add(
                "DC352",
                msg("{column} has more than {digits} decimals", column=self.name, digits=_DIGITS),
                msg("write as many decimals as were measured"),
                np.append(fine, False)[codes],
            )
            return Numbers(values=np.zeros(len(codes), np.int64), scale=0, given=given)
        counts = np.array([max(len(numbers), 1) for numbers in parsed] + [1], dtype=np.int64)
        flat = _scaled((number for numbers in parsed for number in numbers or (Decimal(0),)), scale)
        if (counts == 1).all():
            return Numbers(values=flat[codes], scale=scale, given=given)
        firsts = np.cumsum(counts) - counts
        lengths = counts[codes]
        starts = np.cumsum(lengths) - lengths
        within = np.arange(int(lengths.sum())) - np.repeat(starts, lengths)
        values = flat[np.repeat(firsts[codes], lengths) + within]
        return Numbers(values=values, scale=scale, given=given, starts=starts)


def as_decimal(value: Any) -> Decimal | None:
    """Return a number that is no text exactly, a double at 15 significant digits; None for anything else."""
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, Integral):
        return Decimal(int(value))
    return Decimal(f"{value:.{_DIGITS}g}") if isinstance(value, Real) else None


def _times_power(doubles: np.ndarray[Any, Any], power: int) -> Integers | None:
    """Return the doubles × `power` where these are whole numbers of at most 15 digits, else None.

    A double that equals a quotient of two such numbers is the one that is nearest to that decimal number (IEEE 754
    divides correctly rounded), and shows it at 15 digits.
    """
    values = np.empty(len(doubles), np.int64)
    for block in blocks(len(doubles)):
        whole = np.rint(doubles[block] * power)
        if not np.array_equal(whole / power, doubles[block]):
            return None
        values[block] = whole
    return values


def _decimals(sample: np.ndarray[Any, Any]) -> int:
    """How many decimals a sample of doubles has; a guess that `_doubles` proves for the rest."""
    for scale in range(_MOST_DECIMALS):
        if np.array_equal(np.rint(sample * 10**scale) / 10**scale, sample):
            return scale
    return _MOST_DECIMALS


def _spans(numbers: Numbers, count: int) -> tuple[Integers, Integers]:
    """Where each row's numbers begin, and how many they are."""
    if numbers.starts is None:
        return np.arange(count, dtype=np.int64), np.ones(count, np.int64)
    return numbers.starts, np.diff(numbers.starts, append=len(numbers.values))


def _places(number: Decimal) -> int:
    """The decimals that a number needs."""
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    while exponent < 0 and digits and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    return max(0, -exponent) if digits else 0


def _scaled(numbers: Iterable[Decimal], scale: int) -> Integers:
    """The numbers × 10^`scale`, and a 0 behind them, where the rows without a number look."""
    return np.array([int(Fraction(number) * 10**scale) for number in numbers] + [0], dtype=np.int64)
