"""How long `study book` takes to find and prove the best days, beside a floor: HiGHS alone with the same model.

500 participants of NCT07203599 × 7 visits (the first day itself, 3 windows of ±2 days, 3 of ±7), 16 places a day, gaps
of 12 to 16 days between doses, Monday to Friday with China's public holidays; 42 of the 3,500 windows have no working
day. From the study in its file to the plan that is shown, every booking decided on; the floor gets the finished matrix.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from dosecalc.app import study_book
from dosecalc.app.study import open_study
from dosecalc.visits import booking
from registry.booking_study import HOURS, WEEKDAYS, booking_study
from registry.visiting import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from dosecalc.app.study import Session

PEOPLE, FEW = 500, 20
WORKING_DAYS = 250
"""Over how many the participants begin."""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Session]:
    """The study; a small one without --benchmark-enable."""
    folder: Path = tmp_path_factory.mktemp("book")
    people = PEOPLE if request.config.getoption("--benchmark-enable") else FEW
    days = (NOW.date() + dt.timedelta(days=n) for n in range(1, 2 * WORKING_DAYS))
    working = [day.isoformat() for day in days if day.weekday() < 5][:WORKING_DAYS]
    with pytest.MonkeyPatch.context() as patch:
        for module in ("study", "study_store"):
            patch.setattr(f"dosecalc.app.{module}.now", lambda: NOW.astimezone(dt.UTC))
        file = booking_study(
            folder,
            {f"P{n:03}": working[7 * n % WORKING_DAYS] for n in range(people)},
            WEEKDAYS, HOURS, "holidays: {country: CN, official_through: 2026}",
            places=16, gaps="least: P12D, most: P16D",
        )  # fmt: skip
        with open_study(file, user="zhao", key=None, at=None) as opened:
            yield opened


@pytest.mark.benchmark(group="study book: 500 participants, 7 visits each")
def test_from_the_study_to_the_plan(benchmark: BenchmarkFixture, session: Session) -> None:
    asked = study_book.wanted(session, (), (), None, allow_move=False)
    proposal = benchmark.pedantic(study_book.propose, (session, asked, 60), rounds=3)
    plan = proposal.plan
    assert plan.optimal
    assert len(plan.placed) + len(plan.unplaced) == len(proposal.many.tasks)
    assert not plan.overloads  # whoever finds no day has none in the window


@pytest.mark.benchmark(group="study book: 500 participants, 7 visits each")
def test_highs_alone_with_the_same_model(
    benchmark: BenchmarkFixture, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = study_book.wanted(session, (), (), None, allow_move=False)
    solvers: list[Any] = []
    run = booking._run

    def kept(solver: Any, progress: booking.Progress | None) -> None:
        solvers.append(solver)
        run(solver, progress)

    monkeypatch.setattr(booking, "_run", kept)
    study_book.propose(session, asked, 60)
    [solver] = solvers
    model = solver.getLp()

    def fresh() -> tuple[tuple[Any], dict[str, Any]]:
        import highspy

        bare: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for name in ("output_flag", "threads", "random_seed", "mip_rel_gap", "mip_abs_gap"):
            bare.setOptionValue(name, solver.getOptionValue(name)[1])
        bare.passModel(model)
        solvers.append(bare)
        return (bare,), {}

    benchmark.pedantic(lambda bare: bare.run(), setup=fresh, rounds=3)
    assert str(solvers[-1].getModelStatus()) == "HighsModelStatus.kOptimal"
