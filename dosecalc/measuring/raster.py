"""A patch as a grid of sample points, in whole numbers, so that every machine gets the same points.

The unit is 5 µm (2,000 to the cm). Corners lie on even numbers and samples on odd ones, so no sample is ever level with
a corner and the question whether it is inside has no special cases. Arrays hold 64-bit integers: sums of them do not
depend on the order in which a processor adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from dosecalc.measuring.outline import outline_area

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from dosecalc.measuring.outline import Outline, Ring

    Whole = NDArray[np.int64]

PER_CM = 2000
STEP = 20
"""0.01 cm: what the coordinates of sites are rounded to."""

FAR = 1 << 60

_AT_ONCE = 4096
"""Edges that are looked at together: an outline may have 100,000."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Patch:
    """An outline in whole units, right of and below `origin`, a point in steps of 0.01 cm.

    `edges` has a row (x1, y1, x2, y2) for each side of the ring and of the holes; `area` is exact, in cm².
    """

    name: str
    area: Fraction
    origin: tuple[int, int]
    width: int
    height: int
    edges: Whole


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Raster:
    """Samples of a patch at `pitch` from each other: sample [i, j] stands at (1 + j·pitch, 1 + i·pitch).

    `inside` tells which are in the patch; `clearance` is the squared distance to the nearest edge, up to the square of
    the reach that was asked for, and 0 outside.
    """

    pitch: int
    inside: NDArray[np.bool_]
    clearance: Whole

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns of samples there are."""
        rows, columns = self.inside.shape
        return rows, columns


def patch_of(outline: Outline) -> Patch:
    """Return `outline` with its corners rounded to 0.001 cm."""
    rings = [_thousandths(ring) for ring in (outline.ring, *outline.holes)]
    left, top = rings[0].min(axis=0) // (STEP // 2)
    corners = [2 * ring - (left * STEP, top * STEP) for ring in rings]
    edges = np.concatenate([np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in corners])
    edges = edges[(edges[:, :2] != edges[:, 2:]).any(axis=1)]
    return Patch(
        name=outline.name,
        area=outline_area(outline),
        origin=(int(left), int(top)),
        width=int(edges[:, ::2].max(initial=0)),
        height=int(edges[:, 1::2].max(initial=0)),
        edges=edges,
    )


def _thousandths(ring: Ring) -> Whole:
    """The corners in 0.001 cm, rounded half up. Without a Fraction in between: an outline may have 100,000 of them."""
    ratios = [(x.as_integer_ratio(), y.as_integer_ratio()) for x, y in ring]
    return np.array(
        [((2000 * a + b) // (2 * b), (2000 * c + d) // (2 * d)) for (a, b), (c, d) in ratios], dtype=np.int64
    )


def rasterise(patch: Patch, pitch: int, reach: int) -> Raster:
    """Return the samples of `patch`; `pitch` is even, `reach` is how far edges are looked for."""
    shape = (patch.height // pitch + 1, patch.width // pitch + 1)
    inside = _inside(patch, pitch, shape)
    clearance = np.full(shape, reach * reach, dtype=np.int64)
    for x, y in _along(patch.edges, pitch):
        rows, columns = window(x, y, reach, pitch, shape)
        clearance[rows, columns] = np.minimum(clearance[rows, columns], squares(x, y, rows, columns, pitch))
    clearance[~inside] = 0
    return Raster(pitch=pitch, inside=inside, clearance=clearance)


def window(x: int, y: int, reach: int, pitch: int, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and the columns of the samples that are within `reach` of a point, and a few more."""
    rows = slice(max((y - reach) // pitch, 0), min((y + reach) // pitch + 1, shape[0]))
    return rows, slice(max((x - reach) // pitch, 0), min((x + reach) // pitch + 1, shape[1]))


def squares(x: int, y: int, rows: slice, columns: slice, pitch: int) -> Whole:
    """Return the squared distances of the samples in a window from a point."""
    down = np.arange(rows.start, rows.stop, dtype=np.int64) * pitch + (1 - y)
    right = np.arange(columns.start, columns.stop, dtype=np.int64) * pitch + (1 - x)
    squared: Whole = np.add.outer(down * down, right * right)
    return squared


def _inside(patch: Patch, pitch: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Count the edges to the left of each sample, row by row: an odd number is inside."""
    x1, y1, x2, y2 = patch.edges.T
    top, bottom = np.minimum(y1, y2), np.maximum(y1, y2)
    first, last = -((1 - top) // pitch), (bottom - 1) // pitch  # the rows of samples between the ends of an edge
    spans = np.maximum(last - first + 1, 0)
    edge = np.repeat(np.arange(len(spans)), spans)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(spans) - spans, spans) + first[edge]
    over = (x2 - x1)[edge] * (1 + row * pitch - y1[edge])
    crossing = x1[edge] + over // (y2 - y1)[edge]
    column = np.clip(-(-crossing // pitch), 0, shape[1])  # the first sample right of the crossing
    crossings = np.zeros((shape[0], shape[1] + 1), dtype=np.int64)
    np.add.at(crossings, (row, column), 1)
    return (np.cumsum(crossings, axis=1)[:, :-1] & 1).astype(np.bool_)


def _along(edges: Whole, pitch: int) -> list[tuple[int, int]]:
    """Points on the edges or within half a pitch of them, at most `pitch` apart, each once."""
    x1, y1, x2, y2 = edges.T
    parts = np.maximum(abs(x2 - x1), abs(y2 - y1)) // pitch + 1
    edge = np.repeat(np.arange(len(parts)), parts)
    part = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    x = x1[edge] + (x2 - x1)[edge] * part // parts[edge]
    y = y1[edge] + (y2 - y1)[edge] * part // parts[edge]
    half = pitch // 2
    points = np.unique(np.stack([(x + half // 2) // half, (y + half // 2) // half]), axis=1) * half
    return list(zip(*points.tolist(), strict=True))


def margins(patch: Patch, x: Whole, y: Whole) -> Whole:
    """Return how far each point is from the nearest edge, rounded down; 0 for a point outside or on the edge.

    Exact but for rounding down: cross product over length, in thousandths of a unit.
    """
    nearest = np.full(len(x), FAR, dtype=np.int64)
    for first in range(0, len(patch.edges), _AT_ONCE):
        nearest = np.minimum(nearest, _distances(patch.edges[first : first + _AT_ONCE], x, y))
    nearest[~_contains(patch, x, y)] = 0
    return nearest


def _distances(edges: Whole, x: Whole, y: Whole) -> Whole:
    x1, y1, x2, y2 = (column[:, None] for column in edges.T)
    along_x, along_y = x2 - x1, y2 - y1
    square = along_x * along_x + along_y * along_y
    length = np.array([isqrt(each * 10**6) + 1 for each in square[:, 0].tolist()], dtype=np.int64)[:, None]
    to_x, to_y = x[None, :] - x1, y[None, :] - y1
    foot = to_x * along_x + to_y * along_y
    beside = np.abs(to_x * along_y - to_y * along_x) * 1000 // length
    ends = np.minimum(to_x * to_x + to_y * to_y, (x[None, :] - x2) ** 2 + (y[None, :] - y2) ** 2)
    corner = np.sqrt(ends).astype(np.int64)  # a root below 2⁵² is rounded correctly by every processor
    nearest: Whole = np.where((foot >= 0) & (foot <= square), beside, corner).min(axis=0)
    return nearest


def _contains(patch: Patch, x: Whole, y: Whole) -> NDArray[np.bool_]:
    """Whether each point is inside; one that is level with a corner is moved down by a fraction of a unit."""
    count = np.zeros(len(x), dtype=np.int64)
    for first in range(0, len(patch.edges), _AT_ONCE):
        x1, y1, x2, y2 = (column[:, None] for column in patch.edges[first : first + _AT_ONCE].T)
        level = 2 * y[None, :] + 1
        crosses = (2 * y1 > level) != (2 * y2 > level)
        left = (x2 - x1) * (level - 2 * y1)
        right = 2 * (x[None, :] - x1) * (y2 - y1)
        count += np.count_nonzero(crosses & np.where(y2 > y1, left < right, left > right), axis=0)
    inside: NDArray[np.bool_] = count % 2 == 1
    return inside
