"""A patch of skin as a shape: an outer ring and its holes, with exact corners in centimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    Point = tuple[Fraction, Fraction]
    Ring = tuple[Point, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """One patch. Corners are exact, in cm, x to the right and y downwards as in a photo; a ring is not closed twice.

    Neither the direction of a ring nor its first corner has a meaning. What `read_outlines` returns is simple: no ring
    meets itself or another one of its patch, holes are inside, and patches of one photo do not overlap.
    """

    name: str
    ring: Ring
    holes: tuple[Ring, ...] = ()


def outline_area(outline: Outline) -> Fraction:
    """Return the area in cm², holes left out, exactly: the shoelace formula (Gauss)."""
    return _enclosed(outline.ring) - sum(map(_enclosed, outline.holes))


def _enclosed(ring: Ring) -> Fraction:
    pairs = zip(ring, (*ring[1:], ring[0]), strict=True)
    return abs(sum((x * next_y - next_x * y for (x, y), (next_x, next_y) in pairs), start=ring[0][0] * 0)) / 2
