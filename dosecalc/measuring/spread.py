"""Injection sites on patches of skin: exactly as many points as a dose has sites, spread evenly, numbered for a hand.

A lattice of equilateral triangles packs points most densely, and its rows are easy to follow; so each patch is tried
with many lattices (pitch, stretch, offset), the best are relaxed a little (Lloyd: each point moves to the middle of the
skin that is nearest to it), and the arrangement is taken whose points are farthest from each other and from the edge
and leave the least bare skin. No chance and no rounding of a processor is in it: an outline always gives the same
points.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.measuring.outline import outline_area
from dosecalc.quantity import plain, round_whole
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dosecalc.errors import Refusal
    from dosecalc.measuring.outline import Outline

MOST_SITES = 2000
"""More than any scalp gets; the numbers of more could not be read."""

LEAST_SPACING_CM = Decimal("0.2")
"""Closer than 2 mm a hand cannot place injections apart."""

_CELL = Fraction(34641, 10**6)
"""cm² that a site has around it where all are 0.2 cm apart: 0.2² × √3 / 2, rounded up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One injection site: its number, counted from 1 over all patches, and its place in cm of the file, y downwards."""

    number: int
    patch: str
    x: Decimal
    y: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchSites:
    """How many sites a patch has; `area` in cm², exact."""

    name: str
    area: Fraction
    sites: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The sites of an area, in the order in which a hand goes over them, patch by patch.

    `margin` is the least distance of a site to an edge, `least_spacing` that of two sites (None for a single site),
    both in cm and rounded down to 0.01 cm; `area` is the exact sum of the patches in cm².
    """

    sites: tuple[Site, ...]
    patches: tuple[PatchSites, ...]
    area: Fraction
    margin: Decimal
    least_spacing: Decimal | None


def share_out(areas: Sequence[tuple[str, Fraction]], sites: int) -> tuple[PatchSites, ...]:
    """Give each patch (name, cm²) its sites in proportion to its area, by the largest remainder (Hamilton's method).

    Of equal remainders the larger patch comes first, then the one that is named first.

    Raises:
        Refusal: DC373, there is no site to give, or more than 2,000; DC374, the sites would be closer than 2 mm.
    """
    if sites > MOST_SITES:
        raise refuse(
            "DC373",
            msg("{sites} injection sites are more than a map can show", sites=f"{sites:,}"),
            msg("check the number; a map shows at most {most}", most=f"{MOST_SITES:,}"),
        )
    if sites < 1:
        raise refuse(
            "DC373",
            msg("{sites} is not a number of injection sites", sites=sites),
            msg("give the number of sites of the dose: a whole number, 1 or more"),
        )
    total = sum((area for _, area in areas), Fraction(0))
    if sites > 1 and sites * _CELL > total:
        raise _too_many(sites, total)
    exact = [area * sites / total for _, area in areas]
    given = [quota // 1 for quota in exact]
    by_remainder = sorted(range(len(areas)), key=lambda k: (given[k] - exact[k], -areas[k][1], k))
    for k in by_remainder[: sites - sum(given)]:
        given[k] += 1
    return tuple(PatchSites(name=name, area=area, sites=own) for (name, area), own in zip(areas, given, strict=True))


def spread(outlines: Sequence[Outline], sites: int) -> Spread:
    """Place exactly `sites` points on the patches.

    Raises:
        Refusal: DC373, no site or above 2,000; DC374, two sites would be closer than 2 mm; DC377, a patch is too narrow
            for a site.
    """
    from dosecalc.measuring.placing import place  # numpy, which a table of sites per patch does not need
    from dosecalc.measuring.raster import PER_CM, STEP, patch_of
    from dosecalc.measuring.route import in_order

    shares = share_out([(outline.name, outline_area(outline)) for outline in outlines], sites)
    placed: list[tuple[str, int, int]] = []  # in steps of 0.01 cm
    margin: int | None = None
    for outline, share in zip(outlines, shares, strict=True):
        if not share.sites:
            continue
        patch = patch_of(outline)
        found = place(patch, share.sites)
        if found is None or found.margin < STEP:
            raise refuse(
                "DC377",
                msg("the patch {name} is too narrow for a site inside its edge", name=share.name),
                msg("check its outline and the scale, or leave it out"),
            )
        margin = found.margin if margin is None else min(margin, found.margin)
        placed += [(share.name, x, y) for x, y in in_order(found, patch.origin)]
    assert margin is not None, "at least one site, so at least one patch has one"
    total = area_of(shares)
    spacing = _least_spacing([(x, y) for _, x, y in placed])
    if spacing is not None and spacing < LEAST_SPACING_CM:
        raise _too_many(sites, total)
    return Spread(
        sites=tuple(
            Site(number=number, patch=name, x=_cm(x), y=_cm(y)) for number, (name, x, y) in enumerate(placed, start=1)
        ),
        patches=shares,
        area=total,
        margin=_cm(margin * (PER_CM // STEP) // PER_CM),
        least_spacing=spacing,
    )


def area_of(patches: Iterable[PatchSites]) -> Fraction:
    """Return the exact area of all patches together, in cm²."""
    return sum((patch.area for patch in patches), Fraction(0))


def to_hundredths(area: Fraction) -> str:
    """Return an exact area rounded half up to 0.01 cm², as `area` shows it."""
    return plain(Decimal(round_whole(area * 100, "half_up")) / 100)


def _too_many(sites: int, area: Fraction) -> Refusal:
    return refuse(
        "DC374",
        msg(
            "{sites} sites on {area} cm² would be closer to each other than {least} mm",
            sites=sites,
            area=to_hundredths(area),
            least=plain(LEAST_SPACING_CM * 10),
        ),
        msg("check the number of sites, and the scale of the outline"),
    )


def _least_spacing(points: Sequence[tuple[int, int]]) -> Decimal | None:
    if len(points) < 2:
        return None
    import numpy as np

    x, y = np.array(points, dtype=np.int64).T
    squared = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    np.fill_diagonal(squared, squared.max())
    return _cm(isqrt(int(squared.min())))


def _cm(steps: int) -> Decimal:
    return Decimal(steps) / 100
