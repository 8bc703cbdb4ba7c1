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

    Neither the direction of a ring nor its first corner has a meaning.
    """

    name: str
    ring: Ring
    holes: tuple[Ring, ...] = ()
