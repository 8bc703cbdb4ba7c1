"""The order in which a hand goes over the sites of a patch: along a row, back along the next."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from dosecalc.measuring.raster import FAR, STEP

if TYPE_CHECKING:
    from dosecalc.measuring.placing import Placed

    At = tuple[int, int]


def in_order(placed: Placed, origin: At) -> list[At]:
    """Return the points in steps of 0.01 cm of the file, in the order of a short way through their rows.

    A row is cut where a gap (a hole, the inside of a U) is wider than two sites; the way goes on at the nearest end of
    a row that is left, and begins at the left of the topmost. Where that leaves jumps, they are taken out by turning
    parts of the way round (2-opt).
    """
    return [(origin[0] + x // STEP, origin[1] + y // STEP) for x, y in _untangled(_row_by_row(placed), placed.apart)]


def _row_by_row(placed: Placed) -> list[At]:
    rows = _rows(placed)
    way = rows.pop(0)
    while rows:
        ends = [(_squared(way[-1], end), k, end is row[-1]) for k, row in enumerate(rows) for end in (row[0], row[-1])]
        _, k, backwards = min(ends)
        row = rows.pop(k)
        way += row[::-1] if backwards and len(row) > 1 else row
    return way


def _rows(placed: Placed) -> list[list[At]]:
    """The rows from the top, each from left to right, cut at gaps."""
    points = sorted(zip(placed.row.tolist(), placed.x.tolist(), placed.y.tolist(), strict=True))
    rows: list[list[At]] = []
    for _, members in groupby(points, key=lambda point: point[0]):
        row: list[At] = []
        for _, x, y in members:
            if row and x - row[-1][0] > 2 * placed.apart:
                rows.append(row)
                row = []
            row.append((x, y))
        rows.append(row)
    return rows


def _squared(a: At, b: At) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _untangled(way: list[At], apart: int) -> list[At]:
    """Turn round the part of the way that saves most, until none saves half the distance of two sites.

    What saves less would only bend straight rows.
    """
    x, y = np.array(way, dtype=np.int64).T
    order = np.arange(len(way))
    length = np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2).astype(np.int64)
    upper = np.tri(len(way), dtype=np.bool_)  # a part of the way ends behind its beginning
    for _ in range(len(way)):
        here = length[np.ix_(order, order)]
        step = np.append(here.diagonal(1), 0)  # the way has no step behind its end
        # The part i+1 … j turned round: steps i → j and i+1 → j+1 in place of i → i+1 and j → j+1.
        across = np.zeros_like(here)
        across[:-1, :-1] = here[1:, 1:]
        saved = step[:, None] + step[None, :] - here - across
        saved[upper] = -FAR
        i, j = divmod(int(saved.argmax()), len(way))
        if saved[i, j] * 2 <= apart:
            break
        order[i + 1 : j + 1] = order[i + 1 : j + 1][::-1]
    return [way[k] for k in order.tolist()]
