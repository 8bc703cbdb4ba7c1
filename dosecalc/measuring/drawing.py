"""Patches drawn on a photo: points in pixels → whole numbers on one grid, checked to be shapes that have an area."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Where
from dosecalc.measuring.contacts import Tree, meetings, overlap, place_in, self_meeting, twice_area
from dosecalc.measuring.outline import Outline
from dosecalc.notation import quoted
from dosecalc.reading import decimal_of, plain
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from decimal import Decimal

    from dosecalc.measuring.contacts import Corner
    from dosecalc.measuring.outline import Ring

    Number = Decimal | Fraction | int

MOST_POINTS = 100_000
MOST_RINGS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A ring as a file has it, in pixels; it may end with its first point once more.

    `places` are the places of the points in the file, in numbers that `locate` of the sketch understands.
    """

    points: Sequence[tuple[Number, Number]]
    places: Sequence[int] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sketch:
    """A patch as a file has it: its outline and its holes. Patches of one `photo` are compared with each other."""

    name: str
    where: Where
    outer: Line
    holes: tuple[Line, ...] = ()
    locate: Callable[[int], Where] | None = None
    photo: object = None
    path: str = ""
    """The place within the file, where there are no lines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """A patch that has an area: rings of whole numbers, `grid` of them to a pixel; the outer ring is the first."""

    name: str
    rings: tuple[tuple[Corner, ...], ...]
    grid: int

    @property
    def points(self) -> int:
        """How many corners the outline and its holes have."""
        return sum(map(len, self.rings))

    @property
    def areas(self) -> tuple[Fraction, Fraction]:
        """The area within the outer ring and that of the holes, in square pixels, exactly."""
        first, *rest = (Fraction(abs(twice_area(ring)), 2 * self.grid**2) for ring in self.rings)
        return first, sum(rest, start=Fraction(0))

    def outline(self, scale: Decimal) -> Outline:
        """Return the patch in centimetres; `scale` is in pixels per cm."""
        over, under = scale.as_integer_ratio()
        to_cm, cells = under, self.grid * over

        def ring(corners: Sequence[Corner]) -> Ring:
            return tuple((Fraction(x * to_cm, cells), Fraction(y * to_cm, cells)) for x, y in corners)

        first, *rest = self.rings
        return Outline(name=self.name, ring=ring(first), holes=tuple(map(ring, rest)))


def settle(sketches: Sequence[Sketch], findings: list[Finding]) -> list[Drawing | None]:
    """Return each patch on the grid that all points of these sketches share; None where something is wrong with it.

    What is wrong is added to `findings`: DC388, fewer than three points or no area; DC389, an outline meets itself;
    DC390, a hole that is not inside; DC391, two patches overlap, and what they share would be counted twice.
    """
    grid = lcm(*{n.as_integer_ratio()[1] for each in sketches for ring in _lines(each) for p in ring.points for n in p})
    checked = []
    for each in sketches:
        found: list[Finding] = []
        trees = [tree for number, line in enumerate(_lines(each)) for tree in _tree(each, number, line, grid, found)]
        if not found:
            found += _holes(each, trees, grid)
        findings += found
        checked.append(None if found else trees)
    by_photo: dict[object, list[int]] = {}
    for number, each in enumerate(sketches):
        if checked[number] is not None:
            by_photo.setdefault(each.photo, []).append(number)
    for numbers in by_photo.values():
        findings += _overlaps([(sketches[n], checked[n] or []) for n in numbers], grid)
    return [
        Drawing(name=each.name, rings=tuple(tuple(tree.ring) for tree in trees), grid=grid) if trees else None
        for each, trees in zip(sketches, checked, strict=True)
    ]


def _lines(sketch: Sketch) -> tuple[Line, ...]:
    return (sketch.outer, *sketch.holes)


def _tree(sketch: Sketch, number: int, line: Line, grid: int, findings: list[Finding]) -> Iterator[Tree]:
    """Yield the ring on the grid, if it is simple; points that repeat the one before are left out."""
    name = _ring_name(sketch, number)
    ring: list[Corner] = []
    kept: list[int] = []
    for place, (x, y) in enumerate(line.points):
        (over_x, under_x), (over_y, under_y) = x.as_integer_ratio(), y.as_integer_ratio()
        corner = over_x * (grid // under_x), over_y * (grid // under_y)
        if not ring or ring[-1] != corner:
            ring.append(corner)
            kept.append(place)
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    if len(ring) < 3:
        findings.append(
            Finding(
                "DC388",
                msg("{ring} has fewer than 3 different points", ring=name),
                msg("an outline has 3 corners or more: give all of them, in their order"),
                _where(sketch, line, 0),
                sketch.path,
            )
        )
        return
    tree = Tree(ring)
    if all(_flat(ring)):
        what = msg("all points of {ring} lie on one line, so that it encloses nothing", ring=name)
        mend = msg("check that x and y are in their places, and that the points go round the patch")
        findings.append(Finding("DC388", what, mend, _where(sketch, line, 0), sketch.path))
    elif met := self_meeting(tree):
        edge, _, point = met
        findings.append(
            Finding(
                "DC389",
                msg("{ring} crosses or touches itself at {point}", ring=name, point=_pixels(point, grid)),
                msg("draw it once round the patch, without meeting its own line; draw two patches apart as two"),
                _where(sketch, line, kept[edge]),
                sketch.path,
            )
        )
    else:
        yield tree


def _flat(ring: Sequence[Corner]) -> Iterator[bool]:
    (x, y), (along, down) = ring[0], ring[1]
    return ((along - x) * (b - y) == (down - y) * (a - x) for a, b in ring[2:])


def _holes(sketch: Sketch, trees: Sequence[Tree], grid: int) -> Iterator[Finding]:
    """Yield what is wrong with the holes: each lies inside the outline, apart from it and from every other hole."""
    outer = trees[0]
    for number, hole in enumerate(trees[1:], 1):
        where = _where(sketch, sketch.holes[number - 1], 0)
        name = _ring_name(sketch, number)
        met = next((point for _, _, point in meetings(outer, hole)), None)
        if met:
            yield Finding(
                "DC390",
                msg("{ring} meets the outline at {point}", ring=name, point=_pixels(met, grid)),
                msg("a hole lies inside the outline: draw the outline round what is measured, without the hole"),
                where,
                sketch.path,
            )
        elif place_in(hole.ring[0], outer.ring) == -1:
            yield Finding(
                "DC390",
                msg("{ring} lies outside the outline", ring=name),
                msg("a hole is a part inside that is left out; give a patch of its own as a patch"),
                where,
                sketch.path,
            )
        for earlier, other in enumerate(trees[1:number], 1):
            if not _apart(hole, other) and _share_ground(hole, other):
                yield Finding(
                    "DC390",
                    msg("{ring} and {other} meet or overlap", ring=name, other=_ring_name(sketch, earlier)),
                    msg("draw both as one hole"),
                    where,
                    sketch.path,
                )


def _share_ground(one: Tree, other: Tree) -> bool:
    return (
        next(meetings(one, other), None) is not None
        or place_in(one.ring[0], other.ring) == 1
        or place_in(other.ring[0], one.ring) == 1
    )


def _apart(one: Tree, other: Tree) -> bool:
    a, b = one.boxes[1], other.boxes[1]
    return a is None or b is None or a[0] > b[2] or b[0] > a[2] or a[1] > b[3] or b[1] > a[3]


def _overlaps(patches: Sequence[tuple[Sketch, list[Tree]]], grid: int) -> Iterator[Finding]:
    for number, (sketch, trees) in enumerate(patches):
        for other, those in patches[:number]:
            if _apart(trees[0], those[0]):
                continue
            point = overlap(those, trees)
            if point is not None:
                yield Finding(
                    "DC391",
                    msg(
                        "the patches {one} and {other} overlap near {point}: what they share would be counted twice",
                        one=quoted(other.name),
                        other=quoted(sketch.name),
                        point=_pixels(point, grid),
                    ),
                    msg("draw them side by side or as one; patches of different photos belong in different files"),
                    sketch.where,
                    sketch.path,
                )


def _ring_name(sketch: Sketch, number: int) -> Message:
    if number == 0:
        return msg("the outline of {patch}", patch=quoted(sketch.name))
    return msg("hole {number} of {patch}", number=number, patch=quoted(sketch.name))


def _where(sketch: Sketch, line: Line, point: int) -> Where:
    if sketch.locate is None or point >= len(line.places):
        return sketch.where
    return sketch.locate(line.places[point])


def _pixels(point: tuple[Fraction, Fraction], grid: int) -> Message:
    x, y = (_two_decimals(value / grid) for value in point)
    return msg("({x}, {y}) px", x=x, y=y)


def _two_decimals(value: Fraction) -> str:
    hundredths = (2 * abs(value) * 100 + 1) // 2
    text = plain(decimal_of(hundredths, 2))
    return f"-{text}" if value < 0 and hundredths else text
