"""Both databases, each new for each test; and pairs of studies that differ only in who gets what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import postgres
from masked_study import Clock
from masked_trials import TRIALS, Pair, play


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a study may be made."""
    return str(tmp_path / "study.db") if request.param == "SQLite" else postgres.new_database()


@pytest.fixture
def url() -> str:
    """A database of PostgreSQL."""
    return postgres.new_database()


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The name of a file that a study may be made in."""
    return str(tmp_path / "study.db")


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Pair]:
    """The studies "each" and another one of a masked protocol, played once."""
    known: dict[tuple[str, str], Pair] = {}

    def get(protocol: str, name: str) -> Pair:
        if (protocol, name) not in known:
            one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two") / "study"
            known[protocol, name] = play(TRIALS[protocol], name, one, two)
        return known[protocol, name]

    return get


@pytest.fixture
def pair(request: pytest.FixtureRequest, played: Callable[[str, str], Pair], monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Two studies by protocol and allocation, when their history is over. Who changes them copies them first."""
    found = played(*request.param)
    Clock(monkeypatch).set(found.trial.end)
    return found
