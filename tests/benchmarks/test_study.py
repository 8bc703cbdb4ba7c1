"""How long the state of one participant and `study today` take in studies of 2,000, 20,000 and 200,000 events.

`ip balance` and `ip prepare` read every event of the product, because which lot a dose came from is sealed (R15): they
grow with the doses that were prepared. Compare the medians within a group: the others should not grow with the study.
Nothing here is asserted in time; that indexes are used is asserted in `tests/registry/test_report_queries.py`. Without
--benchmark-enable the studies are small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from big_study import DAY, dose, fill
from dosecalc.app import study_lots, study_visits
from dosecalc.app.study import open_study
from dosecalc.app.study_reports import study_overdue, study_today, study_week
from dosecalc.app.study_seen import show

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


def _record(session: Session) -> object:
    return study_visits.unscheduled(session, "P00005", None, f"{DAY}T08:00", reason="a rash").record()


def _supplies(session: Session) -> object:
    with session.read() as reading:
        return study_lots.supplies_at(session, reading)


def _one_dose(session: Session) -> object:
    with session.read() as reading:
        return study_lots.supplies_at(session, reading, participant="P00005")


ASKED: dict[str, Callable[[Session], object]] = {
    "state of one participant": _participant,
    "today": study_today,
    "week": study_week,
    "overdue": study_overdue,
    "show": lambda session: show(session, "P00005", None),
    "recording a visit": _record,
}
PRODUCT: dict[str, Callable[[Session], object]] = {
    "ip balance": lambda session: study_lots.balance(session, None, None),
    "ip prepare, the lots that are left": _supplies,
    "ip administer, one dose": _one_dose,
}
_MEDIANS: dict[str, dict[int, float]] = {}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[int], Path]:
    """Studies by their number of events, an eighth of them of the product; each is made once."""
    made: dict[int, Path] = {}
    timed = bool(request.config.getoption("benchmark_enable"))

    def of(events: int) -> Path:
        size = events if timed else UNTIMED
        if size not in made:
            made[size] = tmp_path_factory.mktemp("study")
            fill(made[size], size * 7 // 8)
            dose(made[size], size // 32)
        return made[size]

    return of


@pytest.mark.parametrize("events", SIZES)
@pytest.mark.parametrize("asked", ASKED | PRODUCT)
def test_reading(benchmark: BenchmarkFixture, studies: Callable[[int], Path], asked: str, events: int) -> None:
    benchmark.group = f"study: {asked}"
    folder, ask = studies(events), (ASKED | PRODUCT)[asked]
    with open_study(str(folder / "study.db"), user="liu", key=str(folder / "study.key"), at=f"{DAY}T09:00") as session:
        benchmark.pedantic(ask, (session,), rounds=15 if asked in ASKED else 3, warmup_rounds=1)
    if benchmark.stats is not None:  # absent with --benchmark-disable
        medians = _MEDIANS.setdefault(asked, {})
        medians[events] = benchmark.stats.stats.median
        benchmark.extra_info["times the smallest"] = f"{medians[events] / medians[min(medians)]:.2f}"
