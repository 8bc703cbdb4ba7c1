"""Where the areas of an injection map stand on an A4 page: upright or sideways, true to scale where they fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from math import ceil, floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from fractions import Fraction

    from dosecalc.measuring.outline import Outline

POINT = 2.54 / 72
"""A typographic point in cm."""

_A4 = (21.0, 29.7)
_EDGE, _HEAD, _FOOT, _BETWEEN = 1.0, 1.9, 2.2, 0.8
_TITLE, _SIDE, _NARROWEST = 1.9, 0.5, 8.3
"""Above the grid of an area: title, two lines and the numbers of the grid; left of it: those; and the lines' width."""

_ROOM = 0.25
"""Between an outline and the end of its grid, in cm of skin."""

_SCALES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One area on the page. The grid goes from (x0, y0) to (x1, y1); its first lines are at whole cm of the file."""

    left: float
    top: float
    first_x: int
    first_y: int
    columns: int
    rows: int
    scale: int

    @property
    def x0(self) -> float:
        """Left end of the grid."""
        return self.left + _SIDE

    @property
    def y0(self) -> float:
        """Upper end of the grid."""
        return self.top + _TITLE

    @property
    def x1(self) -> float:
        """Right end of the grid."""
        return self.x0 + self.columns / self.scale

    @property
    def y1(self) -> float:
        """Lower end of the grid."""
        return self.y0 + self.rows / self.scale

    def place(self, x: Fraction | Decimal, y: Fraction | Decimal) -> tuple[float, float]:
        """Return where a point of the file, in cm, is on the page."""
        return (
            self.x0 + float(x - self.first_x) / self.scale,
            self.y0 + float(y - self.first_y) / self.scale,
        )


def frames_on_page(areas: Sequence[Sequence[Outline]]) -> tuple[tuple[float, float], int, list[Frame]]:
    """Return the size of the page, the scale (2 for 1 : 2) and a frame for each area.

    The largest scale at which all fit; beside each other rather than one below the other, upright rather than sideways.
    """
    grids = [_grid(outlines) for outlines in areas]
    for scale in _scales():
        for page in (_A4, _A4[::-1]):
            for beside in (True, False):
                frames = _frames(grids, page, scale, beside=beside)
                if frames is not None:
                    return page, scale, frames
    raise AssertionError("every area fits at some scale")


def _scales() -> Iterator[int]:
    yield from _SCALES
    yield from count(10, 5)


def _grid(outlines: Sequence[Outline]) -> tuple[int, int, int, int]:
    """The first column and row of the grid, and how many cells it has: at least a quarter of a cm round the outlines."""
    corners = [corner for outline in outlines for corner in outline.ring]
    left, top = (floor(min(values) - _ROOM) for values in zip(*corners, strict=True))
    right, bottom = (ceil(max(values) + _ROOM) for values in zip(*corners, strict=True))
    return left, top, right - left, bottom - top


def _frames(
    grids: Sequence[tuple[int, int, int, int]], page: tuple[float, float], scale: int, *, beside: bool
) -> list[Frame] | None:
    frames = []
    x, y = _EDGE, _HEAD
    for first_x, first_y, columns, rows in grids:
        width = max(_SIDE + columns / scale, _NARROWEST)
        height = _TITLE + rows / scale
        if x + width > page[0] - _EDGE or y + height > page[1] - _FOOT:
            return None
        frames.append(Frame(left=x, top=y, first_x=first_x, first_y=first_y, columns=columns, rows=rows, scale=scale))
        if beside:
            x += width + _BETWEEN
        else:
            y += height + _BETWEEN
    return frames
