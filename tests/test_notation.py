"""The notation firewall (R2): every text that it takes, and what it says to every text that it refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dosecalc.errors import Finding, Refusal
from dosecalc.notation import parse_number, parse_positive
from dosecalc.text import render


def refused(text: str) -> Finding:
    with pytest.raises(Refusal) as caught:
        parse_number(text)
    (finding,) = caught.value.findings
    assert finding.code == "DC201"
    return finding


@pytest.mark.parametrize(
    "text",
    [
        "100000000",
        "1e8",
        "1E8",
        "1.0E8",
        "1.00E+08",
        "1e08",
        "1.0×10^8",
        "1.0x10^8",
        "1.0×10⁸",
        "1 x 10^8",
        "1.0 × 10⁸",
        "1 ×10⁸",
        "1× 10^+8",
        "100,000,000",
        "100,000,000.0",
    ],
)
def test_every_accepted_notation_of_a_hundred_million_is_the_same_number(text: str) -> None:
    assert parse_number(text) == Decimal(100_000_000)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("0.0", "0"),
        ("0.5", "0.5"),
        ("23.40", "23.4"),
        ("1,234.5", "1234.5"),
        ("1e-3", "0.001"),
        ("2.5×10⁻³", "0.0025"),
        ("9.99E+99", "9.99e99"),
        ("1.234567890123456789012345678901234567", "1.234567890123456789012345678901234567"),
    ],
)
def test_decimals_and_small_numbers_are_read_exactly(text: str, value: str) -> None:
    assert parse_number(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        # the superscript was lost: 10⁶ became 106
        ("2 x 106", "write 2e6 if 2 million is meant"),
        ("1.0×108", "write 1e8 if 100 million is meant"),
        ("2 x 10", "write the power of ten as in 2e6"),
        ("2 x 10123", "write the power of ten as in 2e6"),
        # the mantissa is not from 1 to below 10: 10 × 10⁶ = 10⁷, or was 10⁶ meant?
        ("10e6", "write 1e7 if 10 million is meant, 1e6 if 1 million is meant"),
        ("100e10", "write 1e12 if 1 trillion is meant, 1e10 if 10 billion is meant"),
        ("0.5e8", "write 5e7 if 50 million is meant, 5e8 if 500 million is meant"),
        ("23.4×10^8", "write 2.34e9 if 2.34 billion is meant, 2.34e8 if 234 million is meant"),
        ("0e5", "write 0 if nothing is meant"),
        # the exponent
        ("1e", "write the power of ten as in 2e6"),
        ("1e100", "no amount is that large or small: check the exponent"),
        ("1e-100", "no amount is that large or small: check the exponent"),
        ("1e999999999999999999", "no amount is that large or small: check the exponent"),
        ("10e99", "no amount is that large or small: check the exponent"),
        ("10⁸", "write 1e8, or put the missing number in place of the 1"),
        ("e000", "write 1e0, or put the missing number in place of the 1"),
        ("10^100", "write the power of ten as in 2e6"),
        ("e8", "write 1e8, or put the missing number in place of the 1"),
        # spellings of a power of ten that are understood and still refused
        ("1X10^8", "write 1e8 if 100 million is meant"),
        ("1*10**8", "write 1e8 if 100 million is meant"),
        ("1·10⁸", "write 1e8 if 100 million is meant"),
        ("1×10^−3", "write 1e-3 if 0.001 is meant"),
        ("1e008", "write 1e8 if 100 million is meant"),
        # grouping
        ("1,00,000", "write 100000 if 100 thousand is meant; write one number, with a point before its decimals"),
        ("1.000.000", "write 1000000 if 1 million is meant; write one number, with a point before its decimals"),
        ("100 000", "write 100000 if 100 thousand is meant; write one number, with a point before its decimals"),
        ("10_000", "write 10000 if 10 thousand is meant; write one number, with a point before its decimals"),
        ("10'000", "write 10000 if 10 thousand is meant; write one number, with a point before its decimals"),
        ("1,0000", "write 10000 if 10 thousand is meant; write one number, with a point before its decimals"),
        # decimal commas, points and zeros
        ("12,5", "write 12.5"),
        ("0,500", "write 0.5"),
        ("1.000,5", "write one number, with a point before its decimals; several areas with ; between them"),
        ("1,00,000.5", "write one number, with a point before its decimals; several areas with ; between them"),
        ("23 4,5", "write one number, with a point before its decimals; several areas with ; between them"),
        ("23.4,5", "write one number, with a point before its decimals; several areas with ; between them"),
        (".5", "write 0.5"),
        ("5.", "write 5"),
        ("012", "write 12"),
        ("00", "write 0"),
        # number words and units
        ("2.4 billion", "write 2.4e9 if 2.4 billion is meant"),
        ("24亿", "write 2.4e9 if 2.4 billion is meant"),
        ("5mL", 'write the number alone, without "mL"'),
        ("23.4 cm2", 'write the number alone, without "cm2"'),
        ("5 %", 'write the number alone, without "%"'),
        # signs and spaces
        ("-5", "an amount is zero or more: write it without the minus sign"),
        ("−5", "an amount is zero or more: write it without the minus sign"),
        ("+5", "write the number without the sign"),
        (" 5", "remove the space"),
        ("5 ", "remove the space"),
    ],
)
def test_a_refusal_says_how_to_write_what_was_probably_meant(text: str, mend: str) -> None:
    assert str(refused(text).mend) == mend


@pytest.mark.parametrize(
    "text", ["5E8 ~5E9", "5e8-5e9", "5e8 – 5e9", "5～6", "5 to 6", "5至6", "5..6", "5e8±1e7", "1×10⁸-2×10⁸", "5.-6"]
)
def test_a_range_is_not_a_dose(text: str) -> None:
    finding = refused(text)
    assert str(finding.what) == f'"{text}" is a range, and a range is not a dose'
    assert str(finding.mend) == "write the one value that is meant"


def test_a_date_in_the_wrong_column_is_called_a_date() -> None:
    assert str(refused("2026-03-09").what) == '"2026-03-09" is a date, not a number'


@pytest.mark.parametrize(
    "text", ["NaN", "nan", "sNaN", "inf", "Infinity", "-inf", "None", "twelve", "e", ".", ",", "½"]
)
def test_a_text_without_digits_is_not_a_number(text: str) -> None:
    finding = refused(text)
    assert str(finding.what) == f'"{text}" is not a number'
    assert str(finding.mend) == "write the amount in digits, as in 23.4 or 1e8"


@pytest.mark.parametrize("text", ["", " ", "\t", "\u00a0", "\u3000"])
def test_an_empty_field_is_a_missing_number(text: str) -> None:
    assert str(refused(text).what) == "the number is missing"


@pytest.mark.parametrize(
    "text", ["1/2", "5²", "1ee5", "1e8.5", "≥5", "<5", "(5)", "5;6", "1=2", "1e8⁹", "0b1", "5\u0338"]
)
def test_anything_else_with_digits_is_refused_too(text: str) -> None:
    assert str(refused(text).what) == f'"{text}" is not a number'


@pytest.mark.parametrize(
    ("text", "shown", "code"),
    [
        ("5\u00a0000", r"5\xa0000", "U+00A0"),
        ("5\u200b", r"5\u200b", "U+200B"),
        ("\ufeff5", r"\ufeff5", "U+FEFF"),
        ("5\n", r"5\n", "U+000A"),
        ("5\x00", r"5\x00", "U+0000"),
        ("5\x1b[31m", r"5\x1b[31m", "U+001B"),
        ("\u202e5", r"\u202e5", "U+202E"),
        ("5\ud800", r"5\ud800", "U+D800"),
    ],
)
def test_what_cannot_be_seen_is_named_and_never_echoed(text: str, shown: str, code: str) -> None:
    assert str(refused(text).what) == f'"{shown}" holds a character that cannot be seen ({code})'


@pytest.mark.parametrize(
    ("text", "mend"),
    [("１２．５", "write 12.5"), ("١٢", "write 12"), ("१e8", "write 1e8"), ("1，000", "write 1,000"), ("𝟓", "write 5")],
)
def test_digits_of_other_scripts_are_refused_although_python_would_read_them(text: str, mend: str) -> None:
    finding = refused(text)
    assert str(finding.what) == f'"{text}" is written with full-width characters or the digits of another script'
    assert str(finding.mend) == mend


def test_a_field_of_more_than_forty_characters_is_refused_and_shortened_in_the_message() -> None:
    assert parse_number("1" * 40) == Decimal("1" * 40)
    assert str(refused("1" * 41).what) == f'"{"1" * 39}…" is longer than 40 characters'
    assert len(str(refused("9" * 1_000_000).what)) < 80


def test_zero_is_a_number_but_not_a_positive_one() -> None:
    assert parse_number("0") == 0
    with pytest.raises(Refusal, match="DC205 the amount is zero; write an amount above zero, or leave it out"):
        parse_positive("0.00")
    assert parse_positive("0.01") == Decimal("0.01")


def test_the_mend_speaks_numbers_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dosecalc.text._TRANSLATIONS", {"en": str, "zh": str})
    assert render(refused("10e6").mend, "zh") == "write 1e7 if 1000 万 is meant, 1e6 if 100 万 is meant"
