"""Amounts: arithmetic that is exact or refused, units that never mix, rounding as a decision (R3, R4, R5)."""

from __future__ import annotations

import operator
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from dosecalc.errors import Refusal
from dosecalc.quantity import (
    Amount,
    Quantity,
    Rounding,
    parse_quantity,
    percent,
    ratio,
    round_whole,
    show,
    unit,
)
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Callable

q = parse_quantity


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        action()
    return str(caught.value)


# Arithmetic


def test_a_dose_per_site_times_its_sites_is_the_total() -> None:
    assert q("1.0e8 particles/site") * q("24 sites") == q("2.4e9 particles")


def test_a_dose_per_kilogram_times_the_weight_is_the_total() -> None:
    # 2,000,000 × 70.5 = 141,000,000
    assert q("2e6 viable cells/kg") * q("70.5 kg") == q("1.41e8 viable cells")


def test_a_daily_dose_over_twelve_weeks_is_the_volume() -> None:
    # 12 × 7 = 84 days of 1 mL
    assert q("1 mL/day") * (q("7 days") * 12) == q("84 mL")


def test_a_dose_divided_by_a_concentration_is_a_volume() -> None:
    assert q("2.4e9 particles") / q("1e9 particles/mL") == q("2.4 mL")
    assert q("84 mL") / 4 == q("21 mL")


def test_sums_that_floats_get_wrong_are_exact() -> None:
    assert q("0.1 cm²") + q("2.7 cm²") + q("0.2 cm²") == q("3 cm²")
    assert q("8.2 cm²") + q("11.1 cm²") + q("10.7 cm²") == q("30 cm²")
    assert ratio(q("2.1 mL"), q("0.7 mL")) == 3


def test_a_sum_keeps_every_digit_whatever_the_ambient_precision() -> None:
    with localcontext() as context:
        context.prec = 2
        assert (q("9e99 cells") + q("1e-99 cells")).value == Decimal("9" + "0" * 99 + "." + "0" * 98 + "1")
        assert q("1,234,567 cells") * 3 == Quantity(Decimal(3_703_701), unit("cells"))
        assert q("1,234,567 cells").value == 1_234_567
    assert getcontext().prec == 28


def test_scale_by_a_number_from_either_side() -> None:
    assert 3 * q("0.7 mL") == q("0.7 mL") * Decimal(3) == q("2.1 mL")


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize(("left", "right"), [("2 cells", "1 viable cell"), ("2 mL", "1 cm²"), ("2 mL", "1 mL/site")])
def test_amounts_of_two_units_neither_add_nor_compare(
    operation: Callable[[Quantity, Quantity], object], left: str, right: str
) -> None:
    one, other = q(left), q(right)
    assert refusal(lambda: operation(one, other)) == (
        f"DC202 {left} and {right} cannot be added or compared: their units differ; "
        f"give both in {one.unit}, or both in {other.unit}"
    )


def test_equality_is_of_value_and_unit() -> None:
    assert q("1.0 mL") == q("1 mL")
    assert hash(q("1.0 mL")) == hash(q("1 mL"))
    assert q("1 cell") != q("1 viable cell")


def test_amounts_of_one_unit_are_ordered() -> None:
    assert q("0.7 mL") < q("1.0 mL") <= q("1 mL")
    assert q("1e8 cells") > q("9.9e7 cells") >= q("99,000,000 cells")


def test_a_product_that_no_unit_fits_is_refused() -> None:
    assert refusal(lambda: q("2 cells") * q("3 mL")) == (
        "DC202 2 cells × 3 mL is not an amount: no unit fits; check the units of both"
    )
    assert refusal(lambda: q("2 sites") / q("2 sites")) == (
        "DC202 2 sites ÷ 2 sites is not an amount: no unit fits; check the units of both"
    )


def test_a_quotient_without_end_is_refused_and_not_rounded() -> None:
    assert refusal(lambda: q("1 mL") / 3) == (
        "DC204 1 mL ÷ 3 has decimals without end; state the rule by which the result is rounded"
    )
    assert ratio(q("1 mL"), q("3 mL")) == Fraction(1, 3)


def test_nothing_is_divided_by_zero() -> None:
    expected = "DC204 1 mL cannot be divided by zero; check the amount that is zero"
    assert refusal(lambda: q("1 mL") / 0) == expected
    assert refusal(lambda: q("1 mL") / q("0 mL/site")) == expected
    assert refusal(lambda: ratio(q("1 mL"), q("0 mL"))) == expected
    assert refusal(lambda: q("0 mL") / 0) == "DC204 0 mL cannot be divided by zero; check the amount that is zero"


def test_a_ratio_is_of_one_unit() -> None:
    assert refusal(lambda: ratio(q("1 cell"), q("1 viable cell"))).startswith("DC202 1 cell and 1 viable cell cannot")


def test_less_than_nothing_is_refused() -> None:
    assert q("2.7 mL") - q("0.3 mL") == q("2.4 mL")
    assert refusal(lambda: q("1 mL") - q("1.5 mL")) == (
        "DC204 1.5 mL cannot be taken from 1 mL: less than nothing would be left; check both amounts"
    )


def test_a_product_beyond_every_exact_digit_is_refused() -> None:
    amount = Quantity(Decimal("1." + "1" * 300), unit("mL"))
    assert refusal(lambda: amount * Decimal("1." + "1" * 300)) == (
        "DC204 the exact result has too many digits, and none is dropped silently; "
        "check the amounts that it is made from"
    )


def test_a_quantity_is_made_of_a_decimal_only() -> None:
    with pytest.raises(TypeError, match="a quantity is a Decimal, not int"):
        Quantity(1, unit("mL"))  # type: ignore[arg-type]
    for value in ("-1", "NaN", "Infinity"):
        with pytest.raises(ValueError, match=f"a quantity is finite and not negative, not {value}"):
            Quantity(Decimal(value), unit("mL"))


# Reading and showing


@pytest.mark.parametrize(
    "text",
    ["1.0e8 particles/site", "1.0 × 10⁸ particles per site", "100,000,000 particles/site", "1 x10^8 particle/site"],
)
def test_a_quantity_is_a_number_a_space_and_a_unit(text: str) -> None:
    assert q(text) == Quantity(Decimal(10) ** 8, unit("particles/site"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5mL", 'DC201 in "5mL" a number is glued to what follows; write a space between them: "5 mL"'),
        ("5%", 'DC201 in "5%" a number is glued to what follows; write a space between them: "5 %"'),
        (
            "1×10⁸cells",
            'DC201 in "1×10⁸cells" a number is glued to what follows; write a space between them: "1×10⁸ cells"',
        ),
        # printed for a gene therapy: 2.0 × 10¹⁴ and a 1 that belonged to the volume
        (
            "200000000000001 in 1mL",
            (
                'DC201 in "200000000000001 in 1mL" a number is glued to what follows; '
                "write one number, one space and one unit"
            ),
        ),
        (
            "5E8 ~5E9 particles/cm²",
            'DC201 "5E8 ~5E9" is a range, and a range is not a dose; write the one value that is meant',
        ),
        ("5 to 6 mL", 'DC201 "5 to 6" is a range, and a range is not a dose; write the one value that is meant'),
        ("2 x 106 cells/kg", 'DC201 "2 x 106" has probably lost its superscript; write 2e6 if 2 million is meant'),
        (
            "2.4 billion particles",
            (
                'DC201 "2.4 billion" holds a number word, which is not read alike everywhere; '
                "write 2.4e9 if 2.4 billion is meant"
            ),
        ),
        ("-5 mL", 'DC201 "-5" is negative; an amount is zero or more: write it without the minus sign'),
        ("5  mL", 'DC201 "5  mL" has a space too many; write 5 mL'),
        ("5 mL ", 'DC201 "5 mL " has a space too many; write 5 mL'),
        (
            "5\u00a0mL",
            (
                r'DC201 "5\xa0mL" holds a character that cannot be seen (U+00A0); '
                "delete it and type the text again, with plain spaces only"
            ),
        ),
        ("mL", 'DC201 "mL" is not a number; write the amount in digits, as in 23.4 or 1e8'),
        ("", "DC201 the number is missing; write the amount in digits, as in 23.4 or 1e8"),
        ("5", 'DC203 "5" has no unit; write the unit after the number and a space, as in 2.4 mL'),
        ("5 ml", 'DC203 the unit "ml" is not known; write mL, exactly so'),
    ],
)
def test_an_amount_that_two_people_could_read_differently_is_refused(text: str, message: str) -> None:
    assert refusal(lambda: q(text)) == message


def test_a_huge_text_is_refused_at_once() -> None:
    assert refusal(lambda: q("5 " * 1_000_000)).endswith(
        "is longer than 80 characters; write one number, one space and one unit"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("2.4e9 particles", "2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)"),
        ("10,000 cells", "10,000 cells (10 thousand; 1 × 10⁴)"),
        ("9,999 cells", "9,999 cells"),
        ("1.0 sites", "1 site"),
        ("24 sites", "24 sites"),
        ("0 sites", "0 sites"),
        ("0.50 mL", "0.5 mL"),
        ("1 particles/site", "1 particle/site"),
        ("1e8 viable cells/kg", "100,000,000 viable cells/kg (100 million; 1 × 10⁸)"),
    ],
)
def test_a_large_amount_is_shown_in_three_readings_and_a_small_one_in_digits(text: str, line: str) -> None:
    assert str(show(q(text))) == line
    assert str(q(text)) == line


def test_an_amount_within_a_message_is_read_in_the_language_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    chinese = {
        "total: {total}": "总量：{total}",
        "{digits} {unit} ({words}; {scientific})": "{digits} {unit}（{words}；{scientific}）",
        "particles": "颗粒",
    }
    monkeypatch.setattr("dosecalc.text._TRANSLATIONS", {"en": str, "zh": lambda text: chinese.get(text, text)})
    text = msg("total: {total}", total=Amount(q("2.4e9 particles")))
    assert render(text, "en") == "total: 2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)"
    assert render(text, "zh") == "总量：2,400,000,000 颗粒（24 亿；2.4 × 10⁹）"


# Rounding


@pytest.mark.parametrize(
    ("value", "up", "down", "half_up"),
    [
        (Decimal("23.4"), 24, 23, 23),
        (Decimal("23.5"), 24, 23, 24),
        (Decimal("22.5"), 23, 22, 23),  # Python's round() gives 22
        (Decimal("0.49999999999999999999999999999999999"), 1, 0, 0),
        (Decimal("24.0"), 24, 24, 24),
        (Decimal("0"), 0, 0, 0),
        (Decimal("1e30"), 10**30, 10**30, 10**30),
        (Fraction(5, 2), 3, 2, 3),
        (Fraction(1, 3), 1, 0, 0),
    ],
)
def test_half_steps_round_away_from_zero(value: Decimal | Fraction, up: int, down: int, half_up: int) -> None:
    assert (round_whole(value, "up"), round_whole(value, "down"), round_whole(value, "half_up")) == (up, down, half_up)


@pytest.mark.parametrize("mode", ["up", "down", "half_up"])
def test_a_negative_amount_is_not_rounded(mode: Rounding) -> None:
    assert refusal(lambda: round_whole(Decimal("-0.5"), mode)) == (
        "DC204 a negative amount cannot be rounded; check the amounts that it was made from"
    )


@pytest.mark.parametrize(
    ("rounded", "exact", "text"),
    [
        (24, "23.4", "2.56"),  # 0.6 ÷ 23.4 = 2.5641… %
        (23, "23.4", "-1.71"),  # −0.4 ÷ 23.4 = −1.7094… %
        (23, "23", "0.00"),
        (1, "0.4", "150.00"),
        (0, "0.4", "-100.00"),
        (801, "800", "0.13"),  # 0.125 %: the half goes away from zero
        (799, "800", "-0.13"),
        (999_999, "1000000", "0.00"),  # −0.0001 %: no minus before nothing
    ],
)
def test_the_deviation_is_signed_and_has_two_decimals(rounded: int, exact: str, text: str) -> None:
    assert percent(rounded, Decimal(exact)) == text


def test_there_is_no_deviation_from_zero() -> None:
    assert refusal(lambda: percent(1, Decimal(0))) == (
        "DC204 a deviation from zero cannot be given in percent; check the amount that is zero"
    )
