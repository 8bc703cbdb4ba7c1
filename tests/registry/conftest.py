"""Both databases, each new for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

import postgres


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
