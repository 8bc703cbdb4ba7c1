from __future__ import annotations

from fractions import Fraction

import pytest

from dosecalc.measuring.circle import pi_between, quarter_pi_times

# OEIS A000796
PI_50 = 314159265358979323846264338327950288419716939937510


@pytest.mark.parametrize("digits", [5, 20, 49])
def test_pi_lies_between_its_bounds(digits: int) -> None:
    low, high = pi_between(digits)
    assert low < Fraction(PI_50, 10**50) + Fraction(1, 10**50)
    assert high > Fraction(PI_50, 10**50)
    assert high - low < Fraction(1, 10**digits)


def test_the_area_of_a_circle_with_a_diameter_of_two_is_pi() -> None:
    rounded, below = quarter_pi_times(Fraction(4), 10**10)
    assert rounded == 31415926536  # 3.14159265358…
    assert below < Fraction(31415926536, 10**10)


def test_more_digits_of_pi_are_made_when_fifty_do_not_decide() -> None:
    # A product that brings π ÷ 4 × product to a half up to 60 digits: the first bounds round differently.
    low, high = pi_between(70)
    product = Fraction(1, 2) * 4 / ((low + high) / 2)
    first_low, first_high = (bound * product / 4 for bound in pi_between(50))
    assert first_low < Fraction(1, 2) < first_high
    rounded, below = quarter_pi_times(product, 1)
    assert rounded == (1 if below >= Fraction(1, 2) else 0)


def test_nothing_has_no_area() -> None:
    assert quarter_pi_times(Fraction(0), 100)[0] == 0
