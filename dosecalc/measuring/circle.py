"""π ÷ 4 times an exact number, rounded so that it is proven: π is known between two fractions as near as it takes."""

from __future__ import annotations

from fractions import Fraction

from dosecalc.quantity import round_whole

_FIRST_DIGITS = 50


def quarter_pi_times(product: Fraction, per_unit: int) -> tuple[int, Fraction]:
    """Return π ÷ 4 × `product` × `per_unit`, rounded half up to a whole number, and π ÷ 4 × `product` from just below.

    The area of an ellipse is π ÷ 4 × its two axes. π is irrational, so that no result lies on a half: the two bounds
    round alike as soon as there are digits enough.

    >>> quarter_pi_times(Fraction(4), 100)[0]
    314

    Raises:
        Refusal: DC204, a negative product.
    """
    digits = _FIRST_DIGITS
    while True:
        low, high = pi_between(digits)
        below, above = low * product / 4, high * product / 4
        rounded = round_whole(below * per_unit, "half_up")
        if rounded == round_whole(above * per_unit, "half_up"):
            return rounded, below
        digits *= 2


def pi_between(digits: int) -> tuple[Fraction, Fraction]:
    """Return two fractions with π between them, less than 10^-`digits` apart.

    Machin (1706): π = 16 arctan(1/5) − 4 arctan(1/239). Each series is cut where its terms fall below one unit of
    10^-(digits + 10), and every term cut down to that unit: the error is below three units for each term.
    """
    one = 10 ** (digits + 10)
    fifth, terms = _arctan_of_inverse(5, one)
    other, more = _arctan_of_inverse(239, one)
    middle, error = 16 * fifth - 4 * other, 16 * 3 * terms + 4 * 3 * more
    return Fraction(middle - error, one), Fraction(middle + error, one)


def _arctan_of_inverse(number: int, one: int) -> tuple[int, int]:
    """Return about arctan(1 ÷ number) × one, and how many terms were added."""
    power, total, odd, sign, terms = one // number, 0, 1, 1, 0
    while power:
        total += sign * (power // odd)
        power //= number * number
        odd, sign, terms = odd + 2, -sign, terms + 1
    return total, terms
