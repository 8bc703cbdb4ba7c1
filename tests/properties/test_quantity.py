"""What holds for every amount, and for every text that somebody could type."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from dosecalc.errors import Finding, Refusal
from dosecalc.quantity import (
    UNITS,
    Quantity,
    Rounding,
    parse_number,
    parse_quantity,
    percent,
    plain,
    ratio,
    readings,
    round_whole,
    unit,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "万": 4, "亿": 8, "万亿": 12}

amounts = st.builds(
    lambda digits, exponent: Decimal((0, tuple(map(int, str(digits))), exponent)),
    st.integers(0, 10**15),
    st.integers(-12, 12),
)
above_zero = amounts.filter(bool)
# Texts near to numbers find more than arbitrary ones
typed = st.text(st.sampled_from("0123456789.,eE+-−×xX10^⁰⁸⁻ ~%mLc²亿\u00a0\u200b１٣"), max_size=12) | st.text(
    max_size=50
)


def tried(action: Callable[[], T]) -> T | Finding:
    """Return what `action` returns, or its one finding where it refuses."""
    try:
        return action()
    except Refusal as refused:
        (finding,) = refused.findings
        return finding


def value_of(reading: str) -> Fraction:
    """Read a reading back by a way of its own: a number, then a word or a power of ten, multiplied as fractions."""
    number, _, rest = reading.partition(" ")
    factor = Fraction(1)
    if rest.startswith("× 10"):
        exponent = rest.removeprefix("× 10").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        factor = Fraction(10) ** int(exponent)
    elif rest:
        factor = Fraction(10) ** _SCALES[rest]
    return Fraction(number.replace(",", "")) * factor


@given(amounts)
def test_every_reading_is_the_whole_value_and_no_trailing_zero(value: Decimal) -> None:
    for language in ("en", "zh"):
        read = readings(value, language)
        for text in (read.digits, read.words, read.scientific):
            assert value_of(text) == Fraction(value)
            assert not re.search(r"\.[0-9]*0(?![0-9])|^\.|\.$", text)


@given(st.integers(0, 10**30), st.integers(0, 9))
def test_what_plain_writes_the_firewall_reads_back(digits: int, decimals: int) -> None:
    value = Decimal(f"{digits}e-{decimals}")
    assert parse_number(plain(value)) == value


@given(typed)
def test_a_text_is_a_finite_amount_or_a_refusal_that_says_how_to_mend_it(text: str) -> None:
    result = tried(lambda: parse_number(text))
    if isinstance(result, Finding):
        assert result.code == "DC201"
        assert str(result.mend)
        assert f"{result.what}{result.mend}".isprintable()
    else:
        assert result.is_finite()
        assert result >= 0
        assert text.strip() == text


# Full-width and other digits are mended character by character, and what comes out may have a refusal of its own
@given(typed.filter(str.isascii))
def test_what_a_refusal_tells_to_write_is_accepted(text: str) -> None:
    result = tried(lambda: parse_number(text))
    if isinstance(result, Finding):
        for written in re.findall(r"(?:write|meant,) ([0-9][0-9.e-]*)(?= if|,|$)", str(result.mend)):
            assert parse_number(written) >= 0


@given(typed, st.sampled_from(["", " "]), st.sampled_from([*UNITS, "ml", "unit"]))
def test_an_amount_is_its_number_and_unit_or_a_refusal(number: str, space: str, symbol: str) -> None:
    result = tried(lambda: parse_quantity(number + space + symbol))
    if isinstance(result, Finding):
        assert result.code in {"DC201", "DC203"}
    else:
        assert (number + space).endswith(" ")
        assert result == Quantity(parse_number((number + space)[:-1]), unit(symbol))


@given(amounts, amounts, amounts)
def test_sums_are_what_fractions_say(a: Decimal, b: Decimal, c: Decimal) -> None:
    total = Quantity(a, unit("cm²")) + Quantity(b, unit("cm²")) + Quantity(c, unit("cm²"))
    assert Fraction(total.value) == Fraction(a) + Fraction(b) + Fraction(c)
    assert total - Quantity(a, unit("cm²")) == Quantity(b, unit("cm²")) + Quantity(c, unit("cm²"))


@given(amounts, above_zero)
def test_a_product_divided_by_its_factor_is_the_other_factor(dose: Decimal, sites: Decimal) -> None:
    per_site, count = Quantity(dose, unit("particles/site")), Quantity(sites, unit("sites"))
    total = per_site * count
    assert total.unit is unit("particles")
    assert Fraction(total.value) == Fraction(dose) * Fraction(sites)
    assert total / count == per_site


@given(amounts, above_zero)
def test_a_quotient_is_exact_or_refused(a: Decimal, b: Decimal) -> None:
    left, right = Quantity(a, unit("mL")), Quantity(b, unit("mL"))
    exact = ratio(left, right)
    denominator = exact.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    quotient = tried(lambda: left / b)
    if isinstance(quotient, Finding):
        assert quotient.code == "DC204"
        assert denominator != 1  # only a fraction with another prime below the line has decimals without end
    else:
        assert Fraction(quotient.value) == exact


@given(amounts | st.fractions(min_value=0), st.sampled_from(["up", "down", "half_up"]))
def test_rounding_moves_in_its_direction_by_less_than_one_step(value: Decimal | Fraction, mode: Rounding) -> None:
    distance = round_whole(value, mode) - Fraction(value)
    if mode == "up":
        assert 0 <= distance < 1
    elif mode == "down":
        assert -1 < distance <= 0
    else:
        assert Fraction(-1, 2) < distance <= Fraction(1, 2)


@given(st.integers(0, 10**6), above_zero)
def test_a_deviation_is_within_half_a_hundredth_of_the_exact_one(rounded: int, exact: Decimal) -> None:
    text = percent(rounded, exact)
    true = (Fraction(rounded) - Fraction(exact)) / Fraction(exact) * 100
    assert abs(Fraction(text) - true) <= Fraction(1, 200)
    assert re.fullmatch(r"-?[0-9]+\.[0-9]{2}", text)
    assert text != "-0.00"
