"""The three readings of a number (R1), in English and Chinese."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest

from dosecalc.reading import Readings, exact_decimal, exact_plain, plain, readings


@pytest.mark.parametrize(
    ("value", "digits", "english", "chinese", "scientific"),
    [
        # 24 sites of 10⁸ particles: 24 × 100,000,000
        ("2.4e9", "2,400,000,000", "2.4 billion", "24 亿", "2.4 × 10⁹"),
        ("1.00e8", "100,000,000", "100 million", "1 亿", "1 × 10⁸"),
        ("2.5e8", "250,000,000", "250 million", "2.5 亿", "2.5 × 10⁸"),
        ("1e7", "10,000,000", "10 million", "1000 万", "1 × 10⁷"),
        ("99999999", "99,999,999", "99.999999 million", "9999.9999 万", "9.9999999 × 10⁷"),
        ("10000", "10,000", "10 thousand", "1 万", "1 × 10⁴"),
        ("9999.5", "9,999.5", "9999.5", "9999.5", "9.9995 × 10³"),
        ("2.4e11", "240,000,000,000", "240 billion", "2400 亿", "2.4 × 10¹¹"),
        ("3e12", "3,000,000,000,000", "3 trillion", "3 万亿", "3 × 10¹²"),
        ("84.0", "84", "84", "84", "8.4 × 10¹"),
        ("0.50", "0.5", "0.5", "0.5", "5 × 10⁻¹"),
        ("1", "1", "1", "1", "1 × 10⁰"),
        ("0.0", "0", "0", "0", "0"),
        # a number that nobody could name
        ("1e16", "10,000,000,000,000,000", "1 × 10¹⁶", "1 × 10¹⁶", "1 × 10¹⁶"),
    ],
)
def test_digits_words_and_power_of_ten_say_the_same(
    value: str, digits: str, english: str, chinese: str, scientific: str
) -> None:
    assert readings(Decimal(value), "en") == Readings(digits, english, scientific)
    assert readings(Decimal(value), "zh") == Readings(digits, chinese, scientific)


def test_words_are_never_rounded() -> None:
    assert readings(Decimal("1234567890"), "en").words == "1.23456789 billion"
    assert readings(Decimal("2400000000.5"), "en").words == "2.4000000005 billion"
    assert readings(Decimal("2400000001"), "zh").words == "24.00000001 亿"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2.4e9", "2400000000"),
        ("0.5", "0.5"),
        ("84.000", "84"),
        ("100", "100"),
        ("1e-7", "0.0000001"),
        ("0e5", "0"),
        ("-0.0", "0"),
        ("1." + "1" * 60, "1." + "1" * 60),
    ],
)
def test_plain_digits_have_no_exponent_and_no_trailing_zero(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


def test_an_exact_number_keeps_every_digit_in_any_context() -> None:
    digits = "12345678901234567890.1234567890123456789"
    with localcontext(Context(prec=5)):
        assert exact_plain(Fraction(digits)) == exact_plain(Decimal(digits)) == digits
        assert exact_decimal(Fraction(digits)) == Decimal(digits)


def test_a_number_that_no_decimal_holds_is_a_fraction() -> None:
    assert exact_plain(Fraction(20_000_000_000, 3)) == "20000000000/3"
    assert exact_decimal(Fraction(1, 7)) is None


def test_exact_digits_for_programs_have_no_commas() -> None:
    # 46,801 ÷ 2
    assert exact_plain(Fraction(46_801, 2)) == "23400.5"
    assert exact_plain(2_400_000_000) == "2400000000"
    assert exact_plain(Decimal("84.0")) == "84"
