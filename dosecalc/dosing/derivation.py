"""The words of a derivation: lines that a pharmacist redoes with a pocket calculator (R16)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dosecalc.quantity import percent, plain, readings
from dosecalc.reading import exact_decimal, grouped
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from dosecalc.quantity import Quantity, Rounding
    from dosecalc.text import Language

_MODES: dict[Rounding, Message] = {
    "up": msg("rounded up"),
    "down": msg("rounded down"),
    "half_up": msg("rounded, halves up"),
}


@dataclass(frozen=True, slots=True)
class Factor:
    """An amount inside a line of arithmetic: digits and unit alone, because the result has the other readings."""

    quantity: Quantity

    def in_language(self, language: Language) -> str:
        """Return the amount as a reader of `language` sees it."""
        value, unit = self.quantity.value, self.quantity.unit
        return f"{readings(value, language).digits} {unit.words(language, one=value == 1)}"


def rounded_words(mode: Rounding) -> Message:
    """Return how the mode reads in a sentence."""
    return _MODES[mode]


def joined(values: Iterable[Decimal | int]) -> str:
    """Return `20.1 + 3.3`."""
    return " + ".join(plain(Decimal(value)) for value in values)


def exact_digits(value: Fraction) -> str:
    """Return the digits of an exact number; three decimals and an ellipsis where it has no end.

    >>> from fractions import Fraction
    >>> exact_digits(Fraction(234, 10)), exact_digits(Fraction(10, 3))
    ('23.4', '3.333…')
    """
    exact = exact_decimal(value)
    if exact is not None:
        return grouped(exact)
    thousandths = value.numerator * 1000 // value.denominator
    return f"{thousandths // 1000:,}.{thousandths % 1000:03d}…"


def signed_percent(deviation: str) -> str:
    """Return a deviation with its sign and the percent sign: `+2.56 %`, `−1.71 %`, `0.00 %`."""
    sign = "" if deviation.startswith("-") or deviation == "0.00" else "+"
    return f"{sign}{deviation} %".replace("-", "−")


def deviation_of(rounded: int, exact: Fraction) -> str:
    """Return the signed deviation of the rounded from the exact number in percent, two decimals (R5)."""
    return percent(rounded, exact)
