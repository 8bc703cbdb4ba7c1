"""How long the state of one participant and `study today` take in studies of 2,000, 20,000 and 200,000 events.

Compare the medians within a group: they should not grow with the study. Nothing here is asserted in time; that indexes
are used is asserted in `tests/registry/test_report_queries.py`. Without --benchmark-enable the studies are small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from big_study import DAY, fill
from dosecalc.app.study import open_study
from dosecalc.app.study_reports import study_overdue, study_today, study_week

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from dosecalc.app.study import Session

SIZES = (2_000, 20_000, 200_000)
UNTIMED = 200


def _participant(session: Session) -> object:
    with session.read() as reading:
        return session.participant(reading, "P00005")


ASKED: dict[str, Callable[[Session], object]] = {
    "state of one participant": _participant,
    "today": study_today,
    "week": study_week,
    "overdue": study_overdue,
}
_MEDIANS: dict[str, dict[int, float]] = {}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[int], Path]:
    """Studies by their number of events; each is made once."""
    made: dict[int, Path] = {}
    timed = bool(request.config.getoption("benchmark_enable"))

    def of(events: int) -> Path:
        size = events if timed else UNTIMED
        if size not in made:
            made[size] = tmp_path_factory.mktemp("study")
            fill(made[size], size)
        return made[size]

    return of


@pytest.mark.parametrize("events", SIZES)
@pytest.mark.parametrize("asked", ASKED)
def test_reading(benchmark: BenchmarkFixture, studies: Callable[[int], Path], asked: str, events: int) -> None:
    benchmark.group = f"study: {asked}"
    folder = studies(events)
    with open_study(str(folder / "study.db"), user="liu", key=str(folder / "study.key"), at=f"{DAY}T09:00") as session:
        benchmark.pedantic(ASKED[asked], (session,), rounds=15, warmup_rounds=2)
    if benchmark.stats is not None:  # absent with --benchmark-disable
        medians = _MEDIANS.setdefault(asked, {})
        medians[events] = benchmark.stats.stats.median
        benchmark.extra_info["times the smallest"] = f"{medians[events] / medians[min(medians)]:.2f}"
