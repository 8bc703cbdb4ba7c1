"""Sites on patches: exactly as many, all inside, evenly, the same every time, in an order for a hand."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dosecalc.errors import Refusal
from dosecalc.measuring.outline import Outline
from dosecalc.measuring.spread import Spread, share_out, spread
from measuring.shapes import PATCHES, RING, ROUND, U, oval, polygon, rectangle

SQUARE = rectangle(10, 10)
SHAPES = {"square": (SQUARE,), "U": (U,), "ring": (RING,), "round": (ROUND,), "several": PATCHES}


def inside(x: Fraction, y: Fraction, outline: Outline) -> bool:
    """Even and odd crossings of a ray to the right, exactly."""
    odd = False
    for ring in (outline.ring, *outline.holes):
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
                odd = not odd
    return odd


def from_edge(x: Fraction, y: Fraction, outline: Outline) -> float:
    """Least distance to an edge, from the foot of the perpendicular or the nearer end."""
    return min(
        _from_side(float(x), float(y), (float(start[0]), float(start[1])), (float(end[0]), float(end[1])))
        for ring in (outline.ring, *outline.holes)
        for start, end in zip(ring, ring[1:] + ring[:1], strict=True)
    )


def _from_side(x: float, y: float, start: tuple[float, float], end: tuple[float, float]) -> float:
    along = (end[0] - start[0], end[1] - start[1])
    share = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along[0] ** 2 + along[1] ** 2)
    share = min(max(share, 0), 1)
    return math.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])


def points(found: Spread) -> list[tuple[Decimal, Decimal]]:
    return [(site.x, site.y) for site in found.sites]


def least_spacing(found: Spread) -> float:
    at = points(found)
    return min(math.dist(one, other) for k, one in enumerate(at) for other in at[:k])


@pytest.mark.parametrize("sites", [1, 2, 5, 24, 60, 400])
@pytest.mark.parametrize("name", SHAPES)
def test_there_are_exactly_as_many_sites_and_all_are_inside_their_patch(name: str, sites: int) -> None:
    outlines = {outline.name: outline for outline in SHAPES[name]}
    found = spread(SHAPES[name], sites)
    assert [site.number for site in found.sites] == list(range(1, sites + 1))
    for site in found.sites:
        assert inside(Fraction(site.x), Fraction(site.y), outlines[site.patch]), site
        assert site.x == round(site.x, 2)
        assert site.y == round(site.y, 2)


@pytest.mark.parametrize("sites", [1, 5, 60, 400])
@pytest.mark.parametrize("name", SHAPES)
def test_the_margin_and_the_spacing_that_are_reported_are_those_of_the_sites(name: str, sites: int) -> None:
    outlines = {outline.name: outline for outline in SHAPES[name]}
    found = spread(SHAPES[name], sites)
    margin = min(from_edge(Fraction(s.x), Fraction(s.y), outlines[s.patch]) for s in found.sites)
    # Rounded down to 0.01 cm; corners are rounded to 0.001 cm.
    assert margin - 0.012 <= float(found.margin) <= margin + 0.001
    if sites == 1:
        assert found.least_spacing is None
    else:
        assert float(found.least_spacing or 0) == math.floor(round(least_spacing(found) * 100, 6)) / 100


@pytest.mark.parametrize("sites", [24, 60, 100, 250, 400])
@pytest.mark.parametrize("name", ["square", "round"])
def test_sites_in_a_convex_patch_are_nearly_as_far_apart_as_the_densest_lattice_allows(name: str, sites: int) -> None:
    """In a lattice of equilateral triangles a site has d² √3 / 2 around it, so d = √(2 A / (√3 N))."""
    found = spread(SHAPES[name], sites)
    ideal = math.sqrt(2 * float(found.area) / (math.sqrt(3) * sites))
    assert float(found.least_spacing or 0) >= 0.7 * ideal
    assert float(found.margin) >= 0.33 * ideal


@pytest.mark.parametrize("name", SHAPES)
def test_no_skin_is_left_bare(name: str) -> None:
    """Every point of the patches has a site within 1.25 of the lattice's distance (0.58 in the lattice itself)."""
    found = spread(SHAPES[name], 60)
    ideal = math.sqrt(2 * float(found.area) / (math.sqrt(3) * 60))
    for outline in SHAPES[name]:
        left, top = (math.floor(min(values)) for values in zip(*outline.ring, strict=True))
        right, bottom = (math.ceil(max(values)) for values in zip(*outline.ring, strict=True))
        for x in (left + Fraction(step, 3) for step in range(3 * (right - left))):
            for y in (top + Fraction(step, 3) for step in range(3 * (bottom - top))):
                if inside(x, y, outline):
                    assert min(math.dist((x, y), at) for at in points(found)) <= 1.25 * ideal, (x, y)


def test_a_single_site_is_in_the_middle() -> None:
    (site,) = spread([rectangle(6, 4, 2, 1)], 1).sites
    assert math.dist((site.x, site.y), (5, 3)) < 0.3


@pytest.mark.parametrize("name", SHAPES)
def test_a_hand_goes_from_site_to_site_without_jumps(name: str) -> None:
    found = spread(SHAPES[name], 200)
    ideal = math.sqrt(2 * float(found.area) / (math.sqrt(3) * 200))
    steps = [
        math.dist((a.x, a.y), (b.x, b.y))
        for a, b in zip(found.sites, found.sites[1:], strict=False)
        if a.patch == b.patch
    ]
    assert max(steps) <= 4 * ideal
    assert sum(steps) / len(steps) <= 1.15 * ideal


def test_each_patch_is_finished_before_the_next_in_the_order_of_the_file() -> None:
    names = [site.patch for site in spread(PATCHES, 40).sites]
    assert list(dict.fromkeys(names)) == ["left temple", "crown", "small"]
    assert names == sorted(names, key=["left temple", "crown", "small"].index)


def test_the_way_begins_at_the_left_of_the_top_row() -> None:
    first, second = spread([SQUARE], 25).sites[:2]
    assert first.y < 2
    assert first.x < second.x


# By hand: 10, 6 and 4 cm² (20 together) and 7 sites give 3.5, 2.1 and 1.4. Whole parts 3, 2, 1 make 6; the seventh goes
# to the largest remainder, 0.5. With 8: 4, 2.4, 1.6 → 4, 2, 1, and the eighth to 0.6. With 2: 1, 0.6, 0.4 → 1, 1, 0.
@pytest.mark.parametrize(("sites", "shares"), [(7, [4, 2, 1]), (8, [4, 2, 2]), (2, [1, 1, 0]), (20, [10, 6, 4])])
def test_patches_share_the_sites_by_the_largest_remainder(sites: int, shares: list[int]) -> None:
    areas = [("a", Fraction(10)), ("b", Fraction(6)), ("c", Fraction(4))]
    assert [patch.sites for patch in share_out(areas, sites)] == shares


def test_of_equal_remainders_the_first_comes_first() -> None:
    areas = [("a", Fraction(5)), ("b", Fraction(5))]
    assert [patch.sites for patch in share_out(areas, 3)] == [2, 1]


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=8), st.integers(1, 60))
def test_shares_add_up_and_are_less_than_one_site_from_their_exact_parts(hundredths: list[int], sites: int) -> None:
    areas = [(str(k), Fraction(area, 100) + 3) for k, area in enumerate(hundredths)]
    total = sum(area for _, area in areas)
    shares = share_out(areas, sites)
    assert sum(patch.sites for patch in shares) == sites
    assert all(abs(patch.sites - patch.area * sites / total) < 1 for patch in shares)


@pytest.mark.parametrize("name", SHAPES)
def test_the_same_outline_gives_the_same_sites(name: str) -> None:
    assert spread(SHAPES[name], 33) == spread(SHAPES[name], 33)


@hypothesis_settings(max_examples=15)
@given(st.integers(-3000, 3000), st.integers(-3000, 3000), st.integers(1, 60))
def test_sites_move_with_their_outline(right: int, down: int, sites: int) -> None:
    """By whole steps of 0.01 cm, to which coordinates are rounded."""
    moved = Outline(
        name=RING.name,
        ring=tuple((x + Fraction(right, 100), y + Fraction(down, 100)) for x, y in RING.ring),
        holes=tuple(tuple((x + Fraction(right, 100), y + Fraction(down, 100)) for x, y in hole) for hole in RING.holes),
    )
    before, after = spread([RING], sites), spread([moved], sites)
    by = (Decimal(right) / 100, Decimal(down) / 100)
    assert points(after) == [(x + by[0], y + by[1]) for x, y in points(before)]
    assert (after.margin, after.least_spacing) == (before.margin, before.least_spacing)


@hypothesis_settings(max_examples=25)
@given(st.lists(st.integers(20, 60), min_size=5, max_size=12), st.integers(1, 40))
def test_stars_of_any_shape_hold_their_sites(radii: list[int], sites: int) -> None:
    """Corners at the given distances (0.1 cm) from a middle, in equal turns."""
    turn = 2 * math.pi / len(radii)
    corners = [
        (round(radius / 10 * math.cos(k * turn), 3), round(radius / 10 * math.sin(k * turn), 3))
        for k, radius in enumerate(radii)
    ]
    star = polygon(*corners)
    found = spread([star], sites)
    assert len(found.sites) == sites
    assert all(inside(Fraction(site.x), Fraction(site.y), star) for site in found.sites)
    assert found.margin > 0


@pytest.mark.parametrize("turned", [False, True])
def test_neither_direction_nor_first_corner_of_a_ring_has_a_meaning(turned: bool) -> None:
    ring = U.ring[3:] + U.ring[:3]
    other = Outline(name="U", ring=ring[::-1] if turned else ring)
    assert points(spread([other], 50)) == points(spread([U], 50))


def test_an_outline_of_very_many_corners_is_spread_as_well() -> None:
    found = spread([polygon(*oval(8, 7, corners=8_000))], 60)
    rough = spread([polygon(*oval(8, 7, corners=400))], 60)
    assert len(found.sites) == 60
    assert abs(found.margin - rough.margin) < Decimal("0.1")


def test_a_narrow_strip_has_its_sites_along_its_middle() -> None:
    found = spread([rectangle(12, "0.4")], 6)
    assert {site.y for site in found.sites} <= {Decimal(k) / 100 for k in range(15, 26)}
    assert found.margin >= Decimal("0.15")


@pytest.mark.parametrize("sites", [0, -1])
def test_no_site_is_refused(sites: int) -> None:
    with pytest.raises(Refusal) as refused:
        spread([SQUARE], sites)
    assert str(refused.value) == (
        f"DC373 {sites} is not a number of injection sites; "
        "give the number of sites of the dose: a whole number, 1 or more"
    )


def test_more_sites_than_anybody_gets_are_refused_at_once() -> None:
    with pytest.raises(Refusal, match=r"DC373 1,000,000 injection sites are more than a map can show"):
        spread([SQUARE], 1_000_000)


# 1 cm² holds 1 / (0.2² × √3 / 2) = 28.9 sites that are 2 mm apart.
@pytest.mark.parametrize("sites", [29, 200])
def test_sites_closer_than_two_millimetres_are_refused(sites: int) -> None:
    with pytest.raises(Refusal) as refused:
        spread([rectangle(1, 1)], sites)
    assert str(refused.value) == (
        f"DC374 {sites} sites on 1 cm² would be closer to each other than 2 mm; "
        "check the number of sites, and the scale of the outline"
    )


def test_sites_that_could_fit_but_come_out_closer_are_refused_as_well() -> None:
    with pytest.raises(Refusal, match="DC374 27 sites"):
        spread([rectangle(1, 1)], 27)


def test_a_patch_without_room_inside_its_edge_is_refused() -> None:
    sliver = rectangle(50, "0.01", name="scratch")
    with pytest.raises(Refusal) as refused:
        spread([sliver], 1)
    assert str(refused.value) == (
        "DC377 the patch scratch is too narrow for a site inside its edge; "
        "check its outline and the scale, or leave it out"
    )


def test_one_site_is_close_to_no_other() -> None:
    # 0.125 cm × 0.125 cm is less than 0.2² × √3 ÷ 2 = 0.0346… cm², and larger than the least patch, 0.01 cm²
    found = spread([rectangle("0.125", "0.125")], 1)
    assert (len(found.sites), found.least_spacing) == (1, None)
    with pytest.raises(Refusal, match="DC374"):
        spread([rectangle("0.125", "0.125")], 2)
