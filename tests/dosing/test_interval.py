"""The interval of what is given, against numbers worked out by hand and against chance itself."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dosecalc.dosing.interval import Mixed, Part, interval_of, parts_of, root_up
from dosecalc.dosing.syringes import Parts, draws, tolerance
from dosecalc.quantity import unit
from dosecalc.text import msg
from dosing.building import q
from dosing.preparing import syringe

ONE = syringe("1mL", "1", "0.01", "0.05")
TEN = syringe("10mL", "10", "0.2", "0.1")
PARTICLES = unit("particles")


def mixed(product: str, diluent: str, given: Parts = (), *, all_given: bool = False) -> Mixed:
    return Mixed(product=Fraction(product), diluent=Fraction(diluent), given=given, all_given=all_given)


def hundredths(of: Mixed, measured_with: object = ONE, given_with: object = ONE) -> list[int]:
    return [part.hundredths for part in parts_of(of, measured_with, given_with)]  # type: ignore[arg-type]


def part(percent_hundredths: int) -> Part:
    return Part(hundredths=percent_hundredths, line=msg("a part"))


def test_the_root_is_exact_and_never_below() -> None:
    assert [root_up(Fraction(n)) for n in (0, 1, 2, 4, 5, 9)] == [0, 1, 2, 2, 3, 3]
    assert root_up(Fraction(10**40)) == 10**20
    assert root_up(Fraction(10**40 + 1)) == 10**20 + 1


def test_what_is_not_diluted_hangs_on_what_is_given_alone() -> None:
    # 0.8 mL of 1 mL: ±0.04; √(3 × 0.04² ÷ 3) ÷ 2.4 = 1.6667 %
    assert hundredths(mixed("2.7", "0", ((3, Fraction("0.8")),))) == [0, 0, 167]


def test_dilution_brings_in_both_volumes() -> None:
    # product 0.27: ±0.0204; 0.0204 ÷ √3 ÷ 0.27 × 2.43 ÷ 2.7 = 3.926 %
    # diluent 3 × 0.81: ±0.0405 each; 0.0405 ÷ 2.7 = 1.5 %
    assert hundredths(mixed("0.27", "2.43", ((3, Fraction("0.8")),))) == [393, 150, 167]


def test_a_whole_bag_gives_all_of_the_product_however_it_is_diluted() -> None:
    # 5.4 of 10 mL: ±0.216; ÷ √3 ÷ 5.4 = 2.3094 %
    assert hundredths(mixed("5.4", "94.6", all_given=True), TEN, None) == [231, 0, 0]


def test_parts_add_as_squares() -> None:
    # √(15² + 3.93² + 1.5² + 1.67²) = √(225 + 15.4449 + 2.25 + 2.7889) = 15.6679 → 15.67 %; × 1.96 = 30.7132 %
    found, line = interval_of(Fraction(2_400_000_000), PARTICLES, q("15 %"), [part(393), part(150), part(167)])
    assert (found.uncertainty_percent, found.level_percent) == ("15.67", "95")
    assert (found.low, found.high) == (q("1662883200 particles"), q("3137116800 particles"))
    assert str(line).startswith("interval: √(15² + 3.93² + 1.5² + 1.67²) = 15.67 %, rounded up to 0.01 % (standard")


def test_low_is_rounded_down_and_high_up() -> None:
    # 1.96 × 10 % = 19.6 %; 101 × 0.804 = 81.204; 101 × 1.196 = 120.796
    found, _ = interval_of(Fraction(101), PARTICLES, q("10 %"), [])
    assert (found.low, found.high) == (q("81 particles"), q("121 particles"))


def test_nothing_is_less_than_nothing() -> None:
    found, _ = interval_of(Fraction(100), PARTICLES, q("60 %"), [])
    assert (found.low, found.high) == (q("0 particles"), q("218 particles"))


def test_what_is_not_counted_keeps_thousandths() -> None:
    # 2.5 mg × (1 ∓ 0.0392) = 2.402 and 2.598
    found, _ = interval_of(Fraction("2.5"), unit("mg"), q("2 %"), [])
    assert (found.low, found.high) == (q("2.402 mg"), q("2.598 mg"))


@pytest.mark.parametrize(
    ("case", "measured_with", "given_with", "cv"),
    [
        (mixed("2.7", "0", ((3, Fraction("0.8")),)), ONE, ONE, "15"),
        (mixed("0.27", "2.43", ((3, Fraction("0.8")),)), ONE, ONE, "15"),
        (mixed("0.56", "0.64", ((1, Fraction(1)),)), ONE, syringe("2mL", "2", "0.1", "0.1"), "12"),
        (mixed("0.04", "1.21", ((2, Fraction("0.5")),)), ONE, ONE, "2"),
        (mixed("5.4", "94.6", all_given=True), TEN, None, "10"),
        (mixed("22.4", "7.6", ((1, Fraction("9.4")), (2, Fraction("9.2")))), TEN, TEN, "1"),
    ],
)
def test_chance_finds_the_same_interval(case: Mixed, measured_with: object, given_with: object, cv: str) -> None:
    """The amount N = c × P ÷ (P + D) × V with every volume drawn by itself, 400,000 times."""
    chance = np.random.default_rng(20260309)
    size = 400_000

    def measured(parts: Parts, with_syringe: object) -> np.ndarray:
        total = np.zeros(size)
        for count, volume in parts:
            off = float(tolerance(with_syringe, volume))  # type: ignore[arg-type]
            for _ in range(count):
                total += float(volume) + chance.uniform(-off, off, size)
        return total

    strength = chance.normal(1e9, 1e9 * float(cv) / 100, size)
    product = measured(draws(case.product, measured_with), measured_with)  # type: ignore[arg-type]
    final = product.copy()
    if case.diluent and not case.all_given:
        final += measured(draws(case.diluent, measured_with), measured_with)  # type: ignore[arg-type]
    amount = strength * product / final * (1 if case.all_given else measured(case.given, given_with))
    if case.all_given:
        amount = strength * product
    volume = case.product if case.all_given else sum(count * part for count, part in case.given)
    share = 1 if case.all_given else case.product / (case.product + case.diluent)
    held = Fraction(10**9) * share * volume
    parts = parts_of(case, measured_with, given_with)  # type: ignore[arg-type]
    found, _ = interval_of(held, PARTICLES, q(f"{cv} %"), parts)
    spread = 100 * amount.std() / float(held)
    # parts are rounded up to 0.01 %; what is left is the curvature of P ÷ (P + D) and chance itself
    assert spread == pytest.approx(float(found.uncertainty_percent), rel=0.03)
    inside = np.mean((amount >= float(found.low.value)) & (amount <= float(found.high.value)))
    # a single tolerance that rules is a rectangle, which lies wholly inside 1.96 standard deviations
    assert inside >= 0.945
