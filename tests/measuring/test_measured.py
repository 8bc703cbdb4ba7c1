"""Areas worked out by hand: what stands beside each is the whole calculation."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from dosecalc.dosing.area import AREA_METHODS
from dosecalc.measuring.area_file import read_area_file
from dosecalc.measuring.measured import USUAL_ERRORS, measured, read_outlines
from dosecalc.measuring.outline import Outline, outline_area
from measuring.area_samples import GIVEN, SQUARE, areas, document, only, patch, refused


def test_a_square_of_100_px_at_40_px_per_cm_has_6_25_cm2() -> None:
    # 100 × 100 = 10,000 px²; 40² = 1,600 px² per cm²; 10,000 ÷ 1,600 = 6.25
    found = areas(document(patch(points=SQUARE)))
    assert found.patches[0].area == Decimal("6.25")
    assert found.patches[0].exact
    assert str(found.derivation[0]) == "vertex: 10,000 px² ÷ (40 px/cm)² = 6.25 cm²"
    assert [str(line) for line in found.derivation[1:]] == ["area: 6.25 cm²"]


def test_an_l_shape() -> None:
    # 200 × 100 below, 80 × 120 on top of its left end: 20,000 + 9,600 = 29,600 px²; ÷ 1,600 = 18.5 cm²
    corners = [[0, 120], [0, 0], [80, 0], [80, 120], [200, 120], [200, 220], [0, 220]]
    assert areas(document(patch(points=corners))).total == Decimal("18.5")


def test_a_hole_is_left_out() -> None:
    # triangle 300 × 200 ÷ 2 = 30,000 px²; hole 40 × 20 ÷ 2 = 400 px²; 29,600 ÷ 1,600 = 18.5 cm²
    found = areas(document(patch(points=[[0, 0], [300, 0], [0, 200]], holes=[[[20, 20], [60, 20], [20, 40]]])))
    assert found.total == Decimal("18.5")
    assert str(found.derivation[0]) == "vertex: (30,000 px² − 400 px²) ÷ (40 px/cm)² = 18.5 cm²"
    assert (found.patches[0].points, found.patches[0].holes) == (6, 1)


def test_the_direction_a_closing_point_and_negative_places_change_nothing() -> None:
    for points in (SQUARE[::-1], [*SQUARE, SQUARE[0]], [[x - 70, y - 500] for x, y in SQUARE]):
        assert areas(document(patch(points=points))).total == Decimal("6.25")


def test_a_point_given_twice_in_a_row_counts_once() -> None:
    found = areas(document(patch(points=[SQUARE[0], SQUARE[0], *SQUARE[1:]])))
    assert (found.total, found.patches[0].points) == (Decimal("6.25"), 4)


def test_no_digit_is_lost() -> None:
    # 0.1 + 0.2 in doubles is not 0.3: a strip of 0.3 − 0.1 by 1000 px is 200 px² exactly; ÷ 25 = 8 cm²
    text = document(patch(points=[]), scale_px_per_cm=5).replace(
        '"points": []', '"points": [[0.1, 0], [0.3, 0], [0.3, 1000], [0.1, 1000]]'
    )
    assert areas(text).total == 8


def test_an_area_without_end_is_rounded_half_up_and_says_so() -> None:
    # 10,000 ÷ 30² = 11.111… cm²
    found = areas(document(patch(points=SQUARE), scale_px_per_cm=30))
    assert (found.total, found.patches[0].exact) == (Decimal("11.11"), False)
    assert str(found.derivation[0]) == (
        "vertex: 10,000 px² ÷ (30 px/cm)² = 11.11111… cm², rounded to 0.01 cm², halves up: 11.11 cm²"
    )


def test_more_than_eight_decimals_are_rounded() -> None:
    # 10,000 ÷ 64² = 2.44140625 (8 decimals: exact); 10,000 ÷ 128² = 0.6103515625 (10 decimals: rounded)
    assert areas(document(patch(points=SQUARE), scale_px_per_cm=64)).total == Decimal("2.44140625")
    assert areas(document(patch(points=SQUARE), scale_px_per_cm=128)).total == Decimal("0.61")


@pytest.mark.parametrize(
    ("length", "width", "area"),
    [
        ("10", "8", "62.83"),  # 20π = 62.831853…
        ("3.1", "2.4", "5.84"),  # 1.86π = 5.84336…
        ("2", "2", "3.14"),  # π
        ("7.3", "5.5", "31.53"),  # 10.0375π = 31.53373…
        ("1.9", "1.7", "2.54"),  # 0.8075π = 2.536836…
    ],
)
def test_an_ellipse_is_a_quarter_pi_times_its_diameters(length: str, width: str, area: str) -> None:
    found = areas(document(patch(method="ellipse", length_cm=length, width_cm=width)))
    assert (str(found.total), found.patches[0].exact) == (area, False)


def test_the_steps_of_an_ellipse_are_shown() -> None:
    found = areas(document(patch(method="ellipse", length_cm=3.1, width_cm=2.4)))
    assert str(found.derivation[0]) == (
        "vertex: π ÷ 4 × 3.1 cm × 2.4 cm = 5.84336… cm², rounded to 0.01 cm², halves up: 5.84 cm²"
    )


def test_a_measured_value_stays_as_it_is() -> None:
    text = document(patch(method="tracing", area_cm2=20.1), patch(name="nape", method="planimetry", area_cm2="3.3"))
    found = areas(text)
    assert [patch.area for patch in found.patches] == [Decimal("20.1"), Decimal("3.3")]
    assert (found.total, found.patches[0].points, found.patches[0].scale) == (Decimal("23.4"), None, None)
    assert [str(line) for line in found.derivation] == [
        "vertex: measured as 20.1 cm²",
        "nape: measured as 3.3 cm²",
        "area: 20.1 + 3.3 = 23.4 cm²",
    ]


def test_method_person_and_day_are_kept() -> None:
    (found,) = areas(document(patch(points=SQUARE))).patches
    assert (found.method, found.measured_by, found.date.isoformat()) == ("polygon", "CRC-02", "2026-02-27")


def test_every_method_has_its_usual_error() -> None:
    assert set(USUAL_ERRORS) == set(AREA_METHODS)
    assert str(USUAL_ERRORS["rectangle"]) == "about 41 % too large"
    assert str(USUAL_ERRORS["tracing"]) == "up to 16 % on large shapes"


def test_small_and_large_areas_are_warned_of() -> None:
    small = areas(document(patch(method="tracing", area_cm2="1.9")))
    assert [code for code, _ in small.warnings] == ["area-small"]
    large = areas(document(patch(method="tracing", area_cm2="250.1")))
    assert [code for code, _ in large.warnings] == ["area-large"]
    assert areas(document(patch(method="tracing", area_cm2="250"))).warnings == ()


def test_an_outline_below_a_hundredth_of_a_cm2_is_refused() -> None:
    # 16 px² ÷ 1,600 = 0.01 cm² is the least; 15.99 is less
    assert areas(document(patch(points=[[0, 0], [4, 0], [4, 4], [0, 4]]))).total == Decimal("0.01")
    found = only(document(patch(points=[[0, 0], [4, 0], [4, 3.99], [0, 3.99]])))
    assert (found.code, str(found.what)) == ("DC392", '"vertex" is smaller than 0.01 cm²')
    assert str(found.mend) == "check the scale of 40 pixels per cm"
    diameters = only(document(patch(method="ellipse", length_cm="0.1", width_cm="0.1")))
    assert (diameters.code, str(diameters.mend)) == (
        "DC392",
        "check the numbers and their decimal points; they are in cm",
    )


def test_an_outline_of_five_square_metres_is_laid_to_the_scale() -> None:
    # 8,000 × 10,000 px² ÷ 1,600 = 50,000 cm²
    found = only(document(patch(points=[[0, 0], [8000, 0], [8000, 10000], [0, 10000]])))
    assert (found.code, str(found.what)) == ("DC393", '"vertex" would have 50000 cm², more than a whole scalp has')
    assert str(found.mend).startswith("the scale of 40 pixels per cm is probably wrong: measure a ruler in this photo")


def test_more_than_a_scalp_in_all_is_refused() -> None:
    two = [patch(name=name, method="tracing", area_cm2=251) for name in ("left", "right")]
    assert only(document(*two)).code == "DC312"
    assert areas(document(patch(method="tracing", area_cm2=500))).total == 500


def test_outlines_of_two_files_are_said_not_to_be_compared() -> None:
    files = [read_area_file(document(patch(points=SQUARE)).encode(), name, GIVEN) for name in ("a.json", "b.json")]
    (warning,) = measured(files).warnings
    assert warning[0] == "outlines-not-compared"
    assert "check that no patch is measured in two of them" in str(warning[1])


def test_outlines_come_in_centimetres() -> None:
    outline = Outline(
        name="vertex",
        ring=((Fraction(0), Fraction(0)), (Fraction(5, 2), Fraction(0)), (Fraction(5, 2), Fraction(-5, 4))),
        holes=(((Fraction(1), Fraction(-1, 4)), (Fraction(2), Fraction(-1, 4)), (Fraction(2), Fraction(-1, 2))),),
    )
    text = document(patch(points=[[0, 0], [100, 0], [100, -50]], holes=[[[40, -10], [80, -10], [80, -20]]]))
    assert read_outlines(text.encode(), "a.json", None) == (outline,)
    # 2.5 × 1.25 ÷ 2 − 1 × 0.25 ÷ 2 = 1.5625 − 0.125
    assert outline_area(outline) == Fraction("1.4375")


def test_a_scale_given_beside_the_file_is_taken() -> None:
    text = document(patch(points=SQUARE)).replace('"scale_px_per_cm": 40, ', "")
    (outline,) = read_outlines(text.encode(), "a.json", Decimal("12.5"))
    assert outline_area(outline) == 64  # (100 ÷ 12.5)²


def test_what_has_no_outline_cannot_be_drawn() -> None:
    text = document(patch(points=SQUARE), patch(name="nape", method="tracing", area_cm2=3))
    with pytest.raises(Exception, match="has no outline, and only an outline can be drawn") as caught:
        read_outlines(text.encode(), "a.json", None)
    assert caught.value.findings[0].code == "DC399"  # type: ignore[attr-defined]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    bow_tie = [[0, 0], [100, 100], [100, 0], [0, 100]]
    text = document(
        patch(points=bow_tie), patch(name="nape", points=SQUARE[:2]), patch(name="left", points=SQUARE, date="x")
    )
    assert [found.code for found in refused(text)] == ["DC389", "DC388", "DC401"]


def test_more_decimals_of_a_square_pixel_than_a_pocket_calculator_needs_are_not_shown() -> None:
    # 100.12345 × 100.54321 = 10,066.7330592745 px²; ÷ 1,600 = 6.2917081620465625 cm²
    corners = [[0, 0], [100.12345, 0], [100.12345, 100.54321], [0, 100.54321]]
    found = areas(document(patch(points=corners)))
    assert str(found.derivation[0]).startswith("vertex: 10,066.733059… px² ÷ (40 px/cm)² = 6.2917")
    # 100.125 × 100.125 = 10,025.015625 px²: six decimals are all shown
    corners = [[0, 0], [100.125, 0], [100.125, 100.125], [0, 100.125]]
    assert str(areas(document(patch(points=corners))).derivation[0]).startswith("vertex: 10,025.015625 px² ÷")
