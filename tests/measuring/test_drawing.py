"""Outlines that are no shapes, each with its reason and its place."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dosecalc.measuring.contacts import Tree, meeting_point, overlap, place_in, self_meeting
from measuring.area_samples import SQUARE, areas, document, only, patch, refused

HOLE = [[40, 40], [60, 40], [60, 60], [40, 60]]


def moved(points: list[list[int]], x: int, y: int) -> list[list[int]]:
    return [[a + x, b + y] for a, b in points]


@pytest.mark.parametrize(
    ("points", "place"),
    [
        ([[0, 0], [100, 100], [100, 0], [0, 100]], "(50, 50)"),  # a bow-tie
        (
            [[0, 0], [90, 0], [90, 90], [30, -30], [0, 90]],
            "(22.5, 0)",
        ),  # a corner through the upper side (also at x = 45)
        ([[0, 0], [100, 0], [50, 50], [100, 100], [0, 100], [50, 50]], "(50, 50)"),  # two corners in one place
        ([[0, 0], [100, 0], [100, 100], [50, 0], [0, 100]], "(50, 0)"),  # a corner on a side
        ([[0, 0], [100, 0], [100, 100], [100, 150], [100, 50], [0, 100]], "(100, 50)"),  # back on its own line
        ([[0, 0], [3, 1], [3, 0], [0, 1]], "(1.5, 0.5)"),
        ([[0, 0], [1, 2], [1, 0], [0, 1]], "(0.33, 0.67)"),  # y = 2x meets y = 1 − x at a third
    ],
)
def test_an_outline_that_meets_itself_is_refused_with_the_place(points: list[list[int]], place: str) -> None:
    found = only(document(patch(points=points)))
    assert found.code == "DC389"
    assert str(found.what) == f'the outline of "vertex" crosses or touches itself at {place} px'
    assert str(found.mend).startswith("draw it once round the patch")


def test_a_near_miss_is_no_crossing() -> None:
    # The notch ends 0.000001 px before the side that it would cross.
    points = "[[0, 0], [100, 0], [100, 100], [50, 0.000001], [0, 100]]"
    text = document(patch(points=[])).replace('"points": []', f'"points": {points}')
    # 100 × 100 − 100 × 99.999999 ÷ 2 = 5,000.00005 px²; ÷ 1,600 = 3.12500003125 cm², just above the half
    assert str(areas(text).total) == "3.13"
    assert only(text.replace("0.000001", "0")).code == "DC389"


@pytest.mark.parametrize("points", [SQUARE[:2], [SQUARE[0]] * 4, [*SQUARE[:2], SQUARE[0]], [[1, 1]]])
def test_fewer_than_three_points_are_no_outline(points: list[list[int]]) -> None:
    found = only(document(patch(points=points)))
    assert (found.code, str(found.what)) == ("DC388", 'the outline of "vertex" has fewer than 3 different points')


def test_points_on_one_line_enclose_nothing() -> None:
    found = only(document(patch(points=[[0, 0], [10, 20], [30, 60]])))
    assert found.code == "DC388"
    assert "lie on one line, so that it encloses nothing" in str(found.what)


@pytest.mark.parametrize(
    ("hole", "says"),
    [
        (moved(HOLE, 200, 0), 'hole 1 of "vertex" lies outside the outline'),
        (moved(HOLE, 50, 0), 'hole 1 of "vertex" meets the outline at (100, '),
        (moved(HOLE, 40, 0), 'hole 1 of "vertex" meets the outline at (100, '),  # a side in common
        ([[0, 0], [60, 40], [40, 60]], 'hole 1 of "vertex" meets the outline at (0, 0) px'),
        (moved([[-100, -100], [100, -100], [100, 100], [-100, 100]], 50, 50), 'hole 1 of "vertex" lies outside'),
    ],
)
def test_a_hole_that_is_not_inside_is_refused(hole: list[list[int]], says: str) -> None:
    found = only(document(patch(points=SQUARE, holes=[hole])))
    assert found.code == "DC390"
    assert str(found.what).startswith(says)


@pytest.mark.parametrize(
    "second",
    [moved(HOLE, 5, 5), HOLE, moved(HOLE, 20, 0), [[45, 45], [55, 45], [50, 55]], [[20, 20], [80, 20], [50, 95]]],
)
def test_holes_that_meet_or_hold_each_other_are_refused(second: list[list[int]]) -> None:
    found = only(document(patch(points=SQUARE, holes=[HOLE, second])))
    assert (found.code, str(found.what)) == ("DC390", 'hole 2 of "vertex" and hole 1 of "vertex" meet or overlap')


def test_a_hole_that_crosses_itself_is_named() -> None:
    found = only(document(patch(points=SQUARE, holes=[[[40, 40], [60, 60], [60, 40], [40, 60]]])))
    assert str(found.what) == 'hole 1 of "vertex" crosses or touches itself at (50, 50) px'


@pytest.mark.parametrize(
    "second",
    [
        moved(SQUARE, 50, 50),
        moved(SQUARE, 50, 0),  # sides on one line
        SQUARE,  # the same again
        SQUARE[::-1],
        HOLE,  # inside
        moved([[-300, -300], [400, -300], [400, 400], [-300, 400]], 0, 0),  # round it
        [[0, 0], [100, 0], [50, 50]],  # inside, with a side in common
        [[0, 0], [100, 100], [0, 100]],  # half of it, corner to corner
        [[50, 0], [100, 50], [50, 100], [0, 50]],  # a diamond whose corners touch the sides from inside
        [[-50, 50], [50, -50], [150, 50], [50, 150]],  # a diamond round it, through its corners
    ],
)
def test_patches_that_overlap_are_refused(second: list[list[int]]) -> None:
    found = only(document(patch(points=SQUARE), patch(name="nape", points=second)))
    assert found.code == "DC391"
    assert str(found.what).startswith('the patches "vertex" and "nape" overlap near (')
    assert "would be counted twice" in str(found.what)


@pytest.mark.parametrize(
    "second",
    [
        moved(SQUARE, 100, 0),  # side by side
        moved(SQUARE, 100, 50),
        moved(SQUARE, 100, 100),  # corner to corner
        [[50, 100], [120, 160], [-20, 160]],  # a corner on a side
        [[100, 0], [300, -100], [300, 200], [100, 100]],
        moved(SQUARE, 101, 0),
        [[-50, -50], [-1, -50], [-1, 150], [200, 150], [200, 160], [-50, 160]],  # round two sides, without contact
    ],
)
def test_patches_side_by_side_are_two_patches(second: list[list[int]]) -> None:
    found = areas(document(patch(points=SQUARE), patch(name="nape", points=second)))
    assert len(found.patches) == 2


def test_a_patch_may_fill_the_hole_of_another() -> None:
    found = areas(document(patch(points=SQUARE, holes=[HOLE]), patch(name="island", points=HOLE)))
    assert found.total == areas(document(patch(points=SQUARE))).total
    bigger = [[39, 39], [61, 39], [61, 61], [39, 61]]
    assert only(document(patch(points=SQUARE, holes=[HOLE]), patch(name="island", points=bigger))).code == "DC391"


def test_a_grid_of_patches_has_the_area_of_the_whole() -> None:
    # 5 × 4 squares of 50 px: together 250 × 200 = 50,000 px² = 31.25 cm²
    square = [[0, 0], [50, 0], [50, 50], [0, 50]]
    grid = [patch(name=f"{x}-{y}", points=moved(square, 50 * x, 50 * y)) for x in range(5) for y in range(4)]
    assert str(areas(document(*grid)).total) == "31.2500"


def test_every_overlap_is_named() -> None:
    three = [patch(name=name, points=moved(SQUARE, x, 0)) for name, x in (("a", 0), ("b", 60), ("c", 120))]
    assert [found.code for found in refused(document(*three))] == ["DC391", "DC391"]


def test_a_hundred_thousand_points_are_read() -> None:
    # A comb of 49,999 teeth of 1 × 100 px above a strip: what counts is that it ends.
    top = [[x, 0 if (x // 2) % 2 else 100] for x in range(99_998)]
    found = areas(document(patch(points=[*top, [99_997, -10], [0, -10]]), scale_px_per_cm=200))
    assert found.patches[0].points == 100_000


def test_edges_that_only_come_near_have_no_point_in_common() -> None:
    assert meeting_point((0, 0), (10, 0), (11, 0), (20, 0)) is None
    assert meeting_point((0, 0), (10, 0), (5, 1), (5, 9)) is None
    assert meeting_point((0, 0), (10, 0), (10, 0), (20, 5)) == (Fraction(10), Fraction(0))
    assert meeting_point((0, 0), (10, 0), (5, 0), (20, 0)) == (Fraction(5), Fraction(0))


def test_a_point_is_inside_on_or_outside() -> None:
    ring = [(0, 0), (10, 0), (10, 10), (5, 5), (0, 10)]
    places = {(5, 3): 1, (5, 5): 0, (10, 5): 0, (0, 0): 0, (5, 7): -1, (-1, 5): -1, (11, 10): -1, (2, 5): 1, (5, 0): 0}
    assert {point: place_in(point, ring) for point in places} == places


def test_a_spiral_does_not_meet_itself() -> None:
    ring = [
        (0, 0),
        (10, 0),
        (10, 10),
        (1, 10),
        (1, 3),
        (7, 3),
        (7, 7),
        (4, 7),
        (4, 6),
        (6, 6),
        (6, 4),
        (2, 4),
        (2, 9),
        (9, 9),
        (9, 1),
        (0, 1),
    ]
    assert self_meeting(Tree(ring)) is None
    assert overlap([Tree(ring)], [Tree([(20, 20), (30, 20), (20, 30)])]) is None
