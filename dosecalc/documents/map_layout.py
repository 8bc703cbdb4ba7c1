"""Where the areas of an injection map stand on an A4 page: upright or sideways, true to scale where they fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from fractions import Fraction

    from dosecalc.measuring.outline import Outline

POINT = 2.54 / 72
"""A typographic point in cm."""

_A4 = (21.0, 29.7)
EDGE = 0.8
"""What a printer leaves white."""

_HEAD, _FOOT, _BETWEEN = 1.8, 2.1, 0.8
_TITLE, _SIDE, _NARROWEST = 1.9, 0.5, 8.3
"""Above the grid of an area: title, two lines and the numbers of the grid; left of it: those; and the lines' width."""

_ROOM, _ABOVE = 0.3, 0.45
"""Between an outline and the end of its grid, in cm of skin; above it stands the name of its patch."""

_SCALES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One area on the page, its title at (left, top): what the box of cm of the file (x0, y0, x1, y1) becomes."""

    left: float
    top: float
    box: tuple[float, float, float, float]
    scale: int

    @property
    def grid(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower end of the grid on the page."""
        return (*self.place(*self.box[:2]), *self.place(*self.box[2:]))

    def place(self, x: Fraction | Decimal | float, y: Fraction | Decimal | float) -> tuple[float, float]:
        """Return where a point of the file, in cm, is on the page."""
        return (
            self.left + _SIDE + (float(x) - self.box[0]) / self.scale,
            self.top + _TITLE + (float(y) - self.box[1]) / self.scale,
        )


def frames_on_page(areas: Sequence[Sequence[Outline]]) -> tuple[tuple[float, float], int, list[Frame]]:
    """Return the size of the page, the scale (2 for 1 : 2) and a frame for each area.

    The largest scale at which all fit; beside each other rather than one below the other, upright rather than sideways.
    """
    boxes = [_box(outlines) for outlines in areas]
    for scale in _scales():
        for page in (_A4, _A4[::-1]):
            for beside in (True, False):
                frames = _frames(boxes, page, scale, beside=beside)
                if frames is not None:
                    return page, scale, frames
    raise AssertionError("every area fits at some scale")


def _scales() -> Iterator[int]:
    yield from _SCALES
    yield from count(10, 5)


def _box(outlines: Sequence[Outline]) -> tuple[float, float, float, float]:
    corners = [corner for outline in outlines for corner in outline.ring]
    (left, right), (top, bottom) = ((float(min(values)), float(max(values))) for values in zip(*corners, strict=True))
    return left - _ROOM, top - _ABOVE, right + _ROOM, bottom + _ROOM


def _frames(
    boxes: Sequence[tuple[float, float, float, float]], page: tuple[float, float], scale: int, *, beside: bool
) -> list[Frame] | None:
    frames = []
    x, y = EDGE, _HEAD
    for box in boxes:
        width = max(_SIDE + (box[2] - box[0]) / scale, _NARROWEST)
        height = _TITLE + (box[3] - box[1]) / scale
        if x + width > page[0] - EDGE or y + height > page[1] - _FOOT:
            return None
        frames.append(Frame(left=x, top=y, box=box, scale=scale))
        if beside:
            x += width + _BETWEEN
        else:
            y += height + _BETWEEN
    return frames
