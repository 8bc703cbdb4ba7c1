"""Where the sites of a patch go: lattices are tried, the best relaxed, the most even taken; in whole units of 5 µm."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from dosecalc.measuring.raster import FAR, PER_CM, STEP, margins, rasterise, squares, window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.measuring.raster import Patch, Raster, Whole

_SAMPLES_PER_SITE = 50
_LEAST_SAMPLES = 2500
_FINEST = 20
"""A pitch of samples below 0.01 cm would be finer than the sites."""

_PITCHES = range(134, 69, -2)
"""Distances within a row that are tried, in percent of those in a lattice that fills the whole patch."""

_STRETCHES = (866, 920, 815, 980, 765, 1050)
"""Distances between rows that are tried, in thousandths of the distance within a row; 866 is √3 / 2."""

_MANY = 100
_FULL = 100 * 100 * 900
"""Above so many sites the lattices are alike, and only those are tried whose cells are at most 4 % too large."""

_ROUNDS = 3
"""How often a point moves to the middle of its skin. More makes rows crooked and the least spacing smaller."""

_FEW = 12
"""Up to so many sites the edges matter more than the lattice, and relaxing goes on for longer."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Placed:
    """Points of a patch in units from its origin, with the row of the lattice that each came from.

    `margin` is the least distance to an edge, rounded down; `apart` the distance of neighbours in a full lattice.
    """

    x: Whole
    y: Whole
    row: Whole
    margin: int
    apart: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Candidate:
    score: int
    x: Whole
    y: Whole
    row: Whole


def place(patch: Patch, sites: int) -> Placed | None:
    """Return `sites` points in the patch, in multiples of 0.01 cm; None where it is too narrow to hold one."""
    units = int(patch.area * PER_CM * PER_CM)
    apart = max(isqrt(units * 2_000_000 // (1_732_051 * sites)), 2 * STEP)
    pitch = max(isqrt(units // max(_SAMPLES_PER_SITE * sites, _LEAST_SAMPLES)) // 2 * 2, _FINEST)
    raster = rasterise(patch, pitch, max(apart, 2 * pitch))
    if not raster.inside.any():
        return None
    few = sites <= _FEW
    best: _Candidate | None = None
    for start in _lattices(raster, sites, apart, keep=8 if few else 3):
        for candidate in _relaxed(raster, start, apart, rounds=4 * _ROUNDS if few else _ROUNDS):
            if best is None or candidate.score > best.score:
                best = candidate
    if best is None:
        return None
    x, y = (_to_steps(best.x), _to_steps(best.y))
    # The samples tell to about a pitch which points are nearest to an edge; only those are measured exactly.
    rough = np.sqrt(raster.clearance[_sample(raster, y, 0), _sample(raster, x, 1)]).astype(np.int64)
    near = rough <= rough.min() + 4 * pitch
    return Placed(x=x, y=y, row=best.row, margin=int(margins(patch, x[near], y[near]).min()), apart=apart)


def _to_steps(values: Whole) -> Whole:
    return (values + STEP // 2) // STEP * STEP


def _lattices(raster: Raster, sites: int, apart: int, keep: int) -> list[_Candidate]:
    """The lattices whose `sites` points farthest from the edge keep the most distance to it and to each other."""
    best: list[_Candidate] = []
    for spacing, d, h in _shapes(apart, sites):
        if len(best) == keep and spacing <= best[-1].score:
            break  # none of those that follow can be better
        for y, x, row in _places(raster, d, h, 3 if sites > _MANY else 6):
            clearance = raster.clearance[_sample(raster, y, 0), _sample(raster, x, 1)]
            clear = clearance.nonzero()[0]
            if len(clear) < sites:
                continue
            chosen = clear[np.argsort(-clearance[clear], kind="stable")[:sites]]
            score = min(spacing, 2 * isqrt(int(clearance[chosen[-1]])))
            if len(best) == keep and score <= best[-1].score:
                continue
            chosen.sort()
            best.append(_Candidate(score=score, x=x[chosen], y=y[chosen], row=row[chosen]))
            best.sort(key=lambda candidate: -candidate.score)
            del best[keep:]
    return best or [_fallback(raster, sites)]


def _shapes(apart: int, sites: int) -> list[tuple[int, int, int]]:
    """Least spacing, distance within a row, distance between rows; the most spacious lattice first."""
    shapes = []
    for percent in _PITCHES:
        d = apart * percent // 100
        for stretch in _STRETCHES:
            # Where there are many sites, a lattice with larger cells than they have room for holds too few.
            if sites <= _MANY or percent * percent * stretch <= _FULL:
                h = d * stretch // 1000
                shapes.append((min(d, isqrt(d * d // 4 + h * h)), d, h))
    return sorted(shapes, key=lambda shape: -shape[0])


def _places(raster: Raster, d: int, h: int, offsets: int) -> Iterator[tuple[Whole, Whole, Whole]]:
    """The points of a lattice over the patch, and their rows, with the lattice moved down and to the right."""
    height, width = (raster.pitch * count for count in raster.shape)
    for down in range(offsets):
        first_y = h * down // offsets
        rows = np.arange((height - first_y - 1) // h + 1, dtype=np.int64)
        columns = np.arange(-1, (width - 1) // d + 2, dtype=np.int64)
        lattice = (columns[None, :] * d + (rows[:, None] & 1) * (d // 2)).ravel()
        row = np.repeat(rows, len(columns))
        y = first_y + row * h
        for right in range(offsets):
            x = lattice + d * right // offsets
            kept = (x >= 0) & (x < width)
            yield y[kept], x[kept], row[kept]


def _fallback(raster: Raster, sites: int) -> _Candidate:
    """Samples at equal steps through the patch, for a shape on which no lattice has enough points."""
    i, j = np.nonzero(raster.inside)
    chosen = (2 * np.arange(sites, dtype=np.int64) + 1) * len(i) // (2 * sites)
    return _Candidate(score=0, x=1 + j[chosen] * raster.pitch, y=1 + i[chosen] * raster.pitch, row=i[chosen])


def _sample(raster: Raster, values: Whole, axis: int) -> Whole:
    nearest: Whole = np.minimum(np.maximum(values - 1 + raster.pitch // 2, 0) // raster.pitch, raster.shape[axis] - 1)
    return nearest


def _relaxed(raster: Raster, start: _Candidate, apart: int, rounds: int) -> Iterator[_Candidate]:
    """The start itself and what it becomes, each with its score."""
    i, j = np.nonzero(raster.inside)
    sample_y, sample_x = 1 + i * raster.pitch, 1 + j * raster.pitch
    x, y, sites = start.x, start.y, len(start.x)
    for again in range(rounds + 1):
        nearest = _nearest(raster, x, y, apart)[i, j]
        owner = nearest % sites
        bare = isqrt(int(nearest.max()) // sites)
        yield _Candidate(score=2 * _packing(raster, x, y) - bare, x=x, y=y, row=start.row)
        if again == rounds:
            return
        count = np.bincount(owner, minlength=sites)
        sums = np.zeros((2, sites), dtype=np.int64)
        np.add.at(sums[0], owner, sample_x)
        np.add.at(sums[1], owner, sample_y)
        some, count = count > 0, np.maximum(count, 1)
        x, y = np.where(some, sums[0] // count, x), np.where(some, sums[1] // count, y)
        _pull_in(raster, x, y, owner, (sample_x, sample_y), apart)


def _packing(raster: Raster, x: Whole, y: Whole) -> int:
    """The diameter of equal discs around the points that neither overlap nor stick out."""
    edge = 2 * isqrt(int(raster.clearance[_sample(raster, y, 0), _sample(raster, x, 1)].min()))
    if len(x) == 1:
        return edge
    squared = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    np.fill_diagonal(squared, FAR)
    return min(edge, isqrt(int(squared.min())))


def _nearest(raster: Raster, x: Whole, y: Whole, apart: int) -> Whole:
    """For each sample: the squared distance to the nearest point, times the number of points, plus its index."""
    sites = len(x)
    best: Whole = np.full(raster.shape, FAR, dtype=np.int64)
    for index, (at_x, at_y) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        rows, columns = window(at_x, at_y, apart * 5 // 4, raster.pitch, raster.shape)
        part = best[rows, columns]
        np.minimum(part, squares(at_x, at_y, rows, columns, raster.pitch) * sites + index, out=part)
    far_i, far_j = np.nonzero(raster.inside & (best == FAR))
    for first in range(0, len(far_i), 4096):  # as many at once as memory is no matter
        i, j = far_i[first : first + 4096], far_j[first : first + 4096]
        down = (1 + i * raster.pitch)[:, None] - y
        right = (1 + j * raster.pitch)[:, None] - x
        best[i, j] = ((down * down + right * right) * sites + np.arange(sites)).min(axis=1)
    return best


def _pull_in(raster: Raster, x: Whole, y: Whole, owner: Whole, samples: tuple[Whole, Whole], apart: int) -> None:
    """Move points that came near an edge, or outside, to the nearest sample of their own skin that is clear of it."""
    wanted = (apart * 2 // 5) ** 2
    close = np.flatnonzero(raster.clearance[_sample(raster, y, 0), _sample(raster, x, 1)] < wanted)
    if not len(close):
        return
    clearance = raster.clearance[raster.inside]
    for index in close.tolist():
        own = np.flatnonzero(owner == index)
        if len(own):
            own = own[clearance[own] >= min(wanted, int(clearance[own].max()) * 4 // 5)]
            squared = (samples[0][own] - x[index]) ** 2 + (samples[1][own] - y[index]) ** 2
            nearest = own[squared.argmin()]
            x[index], y[index] = samples[0][nearest], samples[1][nearest]
