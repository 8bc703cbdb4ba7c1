"""Outlines: what moving, turning and reversing does not change, and a geometry library as the second opinion."""

from __future__ import annotations

import datetime as dt
import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LinearRing, Polygon

from dosecalc.errors import DosecalcError
from dosecalc.measuring.contacts import Tree, overlap, self_meeting, twice_area
from dosecalc.measuring.measured import read_outlines
from dosecalc.measuring.outline import Outline, outline_area

if TYPE_CHECKING:
    from collections.abc import Callable

Points = list[tuple[int, int]]
TODAY = dt.date(2026, 3, 2)
CORNER = st.tuples(st.integers(0, 7), st.integers(0, 7))
FINE = st.tuples(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
RINGS = st.lists(CORNER, min_size=3, max_size=8, unique=True) | st.lists(FINE, min_size=3, max_size=12, unique=True)
MOVES: dict[str, Callable[[Points], Points]] = {
    "moved": lambda points: [(x + 7919, y - 104729) for x, y in points],
    "turned by a quarter": lambda points: [(-y, x) for x, y in points],
    "mirrored": lambda points: [(-x, y) for x, y in points],
    "reversed": lambda points: points[::-1],
    "begun elsewhere": lambda points: points[2:] + points[:2],
}


def simple(points: Points) -> bool:
    """Whether the second opinion finds a ring that does not meet itself. Its tests are exact for whole numbers."""
    return bool(LinearRing(points).is_simple) and Polygon(points).area > 0


def star(points: Points) -> Points:
    """The points in the order in which a ray from their middle meets them: nearly always a ring without crossings."""
    import math

    x, y = (Fraction(sum(axis), len(points)) for axis in zip(*points, strict=True))
    return sorted(points, key=lambda point: math.atan2(point[1] - y, point[0] - x))


@given(RINGS)
def test_a_ring_meets_itself_where_the_library_says_so(points: Points) -> None:
    found = self_meeting(Tree(points))
    if twice_area(points):
        assert (found is None) == simple(points)


@given(RINGS, st.sampled_from(sorted(MOVES)))
def test_whether_a_ring_meets_itself_does_not_depend_on_how_it_lies(points: Points, move: str) -> None:
    assert (self_meeting(Tree(points)) is None) == (self_meeting(Tree(MOVES[move](points))) is None)


@given(RINGS.map(star), RINGS.map(star))
def test_two_areas_overlap_where_the_library_finds_ground_in_common(one: Points, other: Points) -> None:
    if not (simple(one) and simple(other)):
        return
    found = overlap([Tree(one)], [Tree(other)])
    # The pattern asks whether the interiors meet; areas of intersections would be rounded.
    assert (found is not None) == bool(Polygon(one).relate_pattern(Polygon(other), "T********"))
    assert (overlap([Tree(other)], [Tree(one)]) is None) == (found is None)


@given(RINGS.map(star), st.sampled_from(sorted(MOVES)))
def test_the_area_does_not_depend_on_how_the_patch_lies(points: Points, move: str) -> None:
    def area(corners: Points) -> Fraction:
        return outline_area(Outline(name="a", ring=tuple((Fraction(x), Fraction(y)) for x, y in corners)))

    assert area(points) == area(MOVES[move](points)) == Fraction(abs(twice_area(points)), 2)


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.decimals("1", "200", places=3),
)
def test_the_parts_of_a_rectangle_have_its_area_together(widths: list[int], heights: list[int], scale: object) -> None:
    patches = []
    for column, width in enumerate(widths):
        for row, height in enumerate(heights):
            x, y = 10 * sum(widths[:column]), 10 * sum(heights[:row])
            right, below = x + 10 * width, y + 10 * height
            points = [[x, y], [right, y], [right, below], [x, below]]
            patches.append(
                {
                    "name": f"{column}-{row}",
                    "method": "polygon",
                    "measured_by": "x",
                    "date": "2026-02-27",
                    "points": points,
                }
            )
    text = json.dumps({"dosecalc_area": "1", "scale_px_per_cm": str(scale), "patches": patches})
    whole = Fraction(100 * sum(widths) * sum(heights)) / Fraction(str(scale)) ** 2
    smallest = Fraction(100 * min(widths) * min(heights)) / Fraction(str(scale)) ** 2
    if whole > 501 or smallest < Fraction("0.01"):
        with pytest.raises(DosecalcError, match=r"whole scalp|smaller than"):
            read_outlines(text.encode(), "a.json", None)
    elif whole < 499:  # between them the sum of rounded parts decides
        assert sum(map(outline_area, read_outlines(text.encode(), "a.json", None))) == whole


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.roi", "a.zip"])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    heads = {
        "a.roi": b"Iout\x00\xe3\x00\x00",
        "a.zip": b"PK\x03\x04",
        "a.json": b'{"patches": [',
        "a.csv": b"name,method,",
    }
    with pytest.raises(DosecalcError):
        read_outlines(heads[name] + data, name, None)
