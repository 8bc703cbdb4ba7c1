"""A map of 500 sites: its work beyond imports, beside a named floor.

Target: below 0.5 s. The floor is drawing one page with 500 dots and 500 numbers as matplotlib's own axes do it; compare
the medians of one run. Nothing here is asserted in time.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from dosecalc.documents.injection_map import MAP_KINDS, injection_map
from dosecalc.measuring.mapped import MappedArea
from dosecalc.measuring.spread import spread
from measuring.shapes import oval, polygon

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from dosecalc.documents.pen import PenKind

SITES = 500
LARGE = polygon(*oval(9, 8, corners=300), name="large")


def whole_map(kind: PenKind) -> bytes:
    found = spread([LARGE], SITES)
    return injection_map([MappedArea(label=None, patches=found.patches, outlines=(LARGE,), spread=found)], kind, "en")


def plain_page(kind: PenKind) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.27, 11.69))
    axes = figure.add_subplot()
    places = [(number % 25, number // 25) for number in range(SITES)]
    axes.plot(*zip(*places, strict=True), "k.")
    for number, (x, y) in enumerate(places, start=1):
        axes.text(x, y, str(number), fontsize=6)
    file = BytesIO()
    figure.savefig(file, format=kind, dpi=200)
    return file.getvalue()


@pytest.mark.benchmark(group="map of 500 sites")
@pytest.mark.parametrize("kind", MAP_KINDS)
def test_map(benchmark: BenchmarkFixture, kind: PenKind) -> None:
    assert len(benchmark.pedantic(whole_map, (kind,), rounds=7, warmup_rounds=1)) > 10_000


@pytest.mark.benchmark(group="map of 500 sites")
@pytest.mark.parametrize("kind", MAP_KINDS)
def test_floor(benchmark: BenchmarkFixture, kind: PenKind) -> None:
    assert len(benchmark.pedantic(plain_page, (kind,), rounds=7, warmup_rounds=1)) > 5_000
