"""Outlines that tests spread sites over; corners in cm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from dosecalc.measuring.outline import Outline

Corner = tuple[Fraction, Fraction]


def polygon(*corners: tuple[object, object], name: str = "patch", holes: Sequence[Sequence[Corner]] = ()) -> Outline:
    """An outline from numbers or texts such as "2.5"."""
    ring = tuple((Fraction(str(x)), Fraction(str(y))) for x, y in corners)
    return Outline(name=name, ring=ring, holes=tuple(map(tuple, holes)))


def rectangle(width: object, height: object, x: object = 0, y: object = 0, name: str = "patch") -> Outline:
    right, bottom = Fraction(str(x)) + Fraction(str(width)), Fraction(str(y)) + Fraction(str(height))
    return polygon((x, y), (right, y), (right, bottom), (x, bottom), name=name)


def oval(a: int, b: int, x: int = 10, y: int = 10, corners: int = 60) -> list[Corner]:
    """Points of an ellipse with half axes a and b, rounded to 0.001 cm."""
    turns = [2 * math.pi * k / corners for k in range(corners)]
    return [(_thousandths(x + a * math.cos(turn)), _thousandths(y + b * math.sin(turn))) for turn in turns]


def _thousandths(value: float) -> Fraction:
    return Fraction(round(1000 * value), 1000)


U = polygon((0, 0), (4, 0), (4, 9), (9, 9), (9, 0), (13, 0), (13, 13), (0, 13), name="U")
RING = polygon(*oval(7, 5), name="ring", holes=[oval(3, 2)])
ROUND = polygon(*oval(4, 4), name="round")
PATCHES = (
    polygon(*oval(3, 4, 5, 6), name="left temple"),
    polygon(*oval(4, 3, 13, 4), name="crown"),
    polygon(*oval(1, 1, 10, 9), name="small"),
)
