from __future__ import annotations

from fractions import Fraction

import pytest

from dosecalc.dosing.syringes import (
    added,
    draws,
    fill_for_sites,
    fill_volume,
    on_graduation,
    sum_of,
    tolerance,
    tolerance_percent,
)
from dosecalc.errors import Refusal
from dosecalc.text import msg
from dosing.preparing import syringe

ONE = syringe("1mL", "1", "0.01", "0.05")
TEN = syringe("10mL", "10", "0.2", "0.1")
WHAT = msg("the volume")


@pytest.mark.parametrize(
    ("nominal", "expelled", "off"),
    [
        # R13 and ISO 7886-1: 1.5 % of 1 mL + 2 % of 0.05 mL = 0.016 mL, 32 %; 0.015 + 0.002 = 0.017 mL, 17 %
        ("1", "0.05", "0.016"),
        ("1", "0.1", "0.017"),
        # just below half: 0.015 + 0.02 × 0.49 = 0.0248; half: 5 % of 0.5 = 0.025; full: 5 % of 1
        ("1", "0.49", "0.0248"),
        ("1", "0.5", "0.025"),
        ("1", "1", "0.05"),
        # 3 mL is still below 5 mL: 0.045 + 0.02 × 1 = 0.065; 5 % of 1.5 = 0.075
        ("3", "1", "0.065"),
        ("3", "1.5", "0.075"),
        # 5 mL and more: 0.075 + 0.01 × 2 = 0.095; 4 % of 2.5 = 0.1; 20 mL: 0.3 + 0.01 × 5 = 0.35
        ("5", "2", "0.095"),
        ("5", "2.5", "0.1"),
        ("20", "5", "0.35"),
        ("50", "50", "2"),
    ],
)
def test_the_tolerance_is_that_of_iso_7886_1(nominal: str, expelled: str, off: str) -> None:
    assert tolerance(syringe("s", nominal, "0.01", "0"), Fraction(expelled)) == Fraction(off)


def test_tolerances_read_without_trailing_zeros() -> None:
    assert tolerance_percent(ONE, ((1, Fraction("0.05")),)) == "32"
    # 0.015 + 0.02 × 0.27 = 0.0204; ÷ 0.27 = 7.555… %
    assert tolerance_percent(ONE, ((1, Fraction("0.27")),)) == "7.56"


def test_a_volume_on_a_line_stays_and_has_no_words() -> None:
    assert on_graduation(Fraction("0.82"), ONE, WHAT).volume == Fraction("0.82")
    assert str(on_graduation(Fraction("0.82"), ONE, WHAT).words) == ""


def test_half_a_graduation_rounds_up() -> None:
    rounded = on_graduation(Fraction("0.125"), ONE, WHAT)
    assert rounded.volume == Fraction("0.13")
    assert str(rounded.words) == ", rounded to the graduation of 0.01 mL, halves up: 0.13 mL (+4.00 %)"
    assert on_graduation(Fraction("0.1249"), ONE, WHAT).volume == Fraction("0.12")


def test_less_than_one_graduation_is_refused_and_never_rounded_up() -> None:
    with pytest.raises(Refusal) as refusal:
        on_graduation(Fraction("0.19"), TEN, WHAT)
    assert str(refusal.value) == (
        "DC361 the volume is 0.19 mL, less than one graduation (0.2 mL) of the syringe '10mL' (R13); "
        "name a syringe with a finer graduation in the site file, or have a larger volume decided"
    )


def test_a_volume_that_may_be_off_by_more_than_half_is_refused() -> None:
    # 1 mL syringe: 0.015 + 0.02 × 0.03 = 0.0156, 52 % of 0.03; of 0.04: 0.0158, 39.5 %
    assert on_graduation(Fraction("0.04"), ONE, WHAT).volume == Fraction("0.04")
    with pytest.raises(Refusal, match=r"DC361 the volume is 0.03 mL, and the syringe '1mL' of 1 mL measures .* ±52 %"):
        on_graduation(Fraction("0.03"), ONE, WHAT)


def test_draws_are_the_fewest_and_even() -> None:
    # 27 mL with 10 mL: three draws of 9; 22.2 mL = 111 graduations: 37 each; 22.4 = 112: 38 + 37 + 37
    assert draws(Fraction(27), TEN) == ((3, Fraction(9)),)
    assert draws(Fraction("22.2"), TEN) == ((3, Fraction("7.4")),)
    assert draws(Fraction("22.4"), TEN) == ((1, Fraction("7.6")), (2, Fraction("7.4")))
    assert draws(Fraction(10), TEN) == ((1, Fraction(10)),)


def test_what_lies_between_two_lines_goes_with_the_last_draw() -> None:
    assert draws(Fraction("12.3"), TEN) == ((1, Fraction("6.2")), (1, Fraction("6.1")))
    assert sum_of(draws(Fraction("20.1"), TEN)) == Fraction("20.1")


def test_many_equal_volumes_are_counted() -> None:
    assert added(((2, Fraction("0.8")), (1, Fraction("0.7")))) == "0.8 + 0.8 + 0.7"
    assert added(((30, Fraction("0.8")), (1, Fraction("0.7")))) == "30 × 0.8 + 0.7"


def test_sites_are_spread_evenly_and_numbered_through() -> None:
    # (1 − 0.05) ÷ 0.1 = 9.5: 9 sites; 20 ÷ 9 = 2.2: 3 syringes with 7, 7 and 6 sites
    filled = fill_for_sites(ONE, 20, Fraction("0.1"), None)
    assert [fill.sites for fill in filled.fills] == [(1, 7), (8, 14), (15, 20)]
    assert [str(fill.expelled) for fill in filled.fills] == ["0.7 mL", "0.7 mL", "0.6 mL"]
    assert [str(fill.drawn) for fill in filled.fills] == ["0.75 mL", "0.75 mL", "0.65 mL"]
    assert str(filled.line) == (
        "syringes (1mL): (1 mL − 0.05 mL) ÷ 0.1 mL = 9.5, so 9 sites fit in one; "
        "20 ÷ 9 = 2.222…, rounded up: 3 (7 + 7 + 6 sites)"
    )


def test_the_site_file_may_allow_fewer_sites() -> None:
    filled = fill_for_sites(ONE, 24, Fraction("0.1"), 6)
    assert [fill.sites for fill in filled.fills] == [(1, 6), (7, 12), (13, 18), (19, 24)]
    assert "9 sites fit in one, of which the site file allows 6" in str(filled.line)
    assert len(fill_for_sites(ONE, 24, Fraction("0.1"), 30).fills) == 3


def test_a_syringe_that_a_site_fills_to_the_line_serves_it() -> None:
    assert len(fill_for_sites(ONE, 2, Fraction("0.95"), None).fills) == 2
    with pytest.raises(Refusal) as refusal:
        fill_for_sites(ONE, 2, Fraction("0.96"), None)
    assert str(refusal.value) == (
        "DC362 0.96 mL and the dead space of 0.05 mL do not fit into the syringe '1mL' of 1 mL (R13); "
        "name a larger syringe under 'given_with' in the site file, or have a smaller volume per site decided"
    )


def test_a_volume_without_sites_is_split_in_graduations() -> None:
    # 25 mL: 9.9 mL room, 49 graduations = 9.8 mL; 125 graduations ÷ 49: 3 syringes with 42, 42 and 41
    filled = fill_volume(TEN, Fraction(25))
    assert [str(fill.expelled) for fill in filled.fills] == ["8.4 mL", "8.4 mL", "8.2 mL"]
    assert [fill.sites for fill in filled.fills] == [None, None, None]
    assert str(filled.line) == (
        "syringes (10mL): 25 mL ÷ (10 mL − 0.1 mL, down to a graduation: 9.8 mL) = 2.551…, rounded up: 3 "
        "(8.4 + 8.4 + 8.2 mL)"
    )
    # 19.8 mL ÷ 9.9 mL would be two, but the scale has no line at 9.9 mL
    assert len(fill_volume(TEN, Fraction(198, 10)).fills) == 3


def test_a_thousand_syringes_are_a_slip_of_the_key() -> None:
    with pytest.raises(Refusal, match="DC362 2,000,000 syringes '1mL' would be needed"):
        fill_for_sites(ONE, 2_000_000, Fraction("0.6"), None)
