"""What the day's reports ask the database grows with the day and not with the study.

Two ways of looking: the plan that SQLite makes of each question, and how many steps its machine takes for the answers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from big_study import DAY, fill
from dosecalc.app.study import Session, open_study
from dosecalc.app.study_reports import study_overdue, study_today, study_week

SMALL, LARGE = 1_500, 4_500
STEPS_AT_ONCE = 10


def _participant(session: Session) -> object:
    with session.read() as reading:
        return session.participant(reading, "P00005")


ASKED: dict[str, Callable[[Session], object]] = {
    "state of one participant": _participant,
    "today": study_today,
    "week": study_week,
    "overdue": study_overdue,
}


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A study in which one participant begins each day, after 90 days and after a year."""
    made = {size: tmp_path_factory.mktemp("study") for size in (SMALL, LARGE)}
    for size, folder in made.items():
        fill(folder, size)
    return made


def _open(folder: Path) -> Session:
    return open_study(str(folder / "study.db"), user="liu", key=str(folder / "study.key"), at=f"{DAY}T09:00")


@pytest.mark.parametrize("asked", ASKED)
def test_every_question_is_answered_through_an_index(studies: dict[int, Path], asked: str) -> None:
    questions: list[tuple[str, Any]] = []
    with _open(studies[SMALL]) as session:

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            questions.append((statement, parameters))

        sa.event.listen(session.store._engine, "before_cursor_execute", note)
        ASKED[asked](session)
    database = sqlite3.connect(studies[SMALL] / "study.db")
    selects = [(statement, values) for statement, values in questions if statement.startswith("SELECT")]
    assert selects
    for statement, values in selects:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
        # "SCAN" walks through a table or a whole index; the head is the one row at the end of the table.
        if "LIMIT" in statement and "WHERE" not in statement:
            continue
        assert not [step for step in plan if step.startswith("SCAN")], (plan, statement)
    database.close()


@pytest.mark.parametrize("asked", ASKED)
def test_the_database_takes_no_more_steps_in_a_study_three_times_as_large(studies: dict[int, Path], asked: str) -> None:
    few, many = (_steps(studies[size], ASKED[asked]) for size in (SMALL, LARGE))
    # Trees are a level deeper, and a day may have a visit more; a walk through the study would be about 3 times.
    assert many < 1.5 * few, (few, many)


def _steps(folder: Path, ask: Callable[[Session], object]) -> int:
    """Count the steps of SQLite's machine, in tens."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    with _open(folder) as session:

        def watch(raw: Any, _record: Any) -> None:
            raw.set_progress_handler(step, STEPS_AT_ONCE)

        sa.event.listen(session.store._engine, "connect", watch)
        ask(session)
    assert taken
    return taken
