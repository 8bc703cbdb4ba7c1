"""How long 100 worksheets of 40 sites take, beside typst alone on the same pages (at most twice as long)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from documents.samples import injections
from dosecalc.documents import typst_pdf
from dosecalc.documents.printing import worksheet_pdf

if TYPE_CHECKING:
    import datetime as dt

    from pytest_benchmark.fixture import BenchmarkFixture

    from dosecalc.documents.fonts import FontChoice
    from dosecalc.documents.worksheet import Worksheet

SHEETS = 100


def _sheets(round_: int) -> list[Worksheet]:
    """Other participants in each round: typst remembers what it has set before."""
    one = injections("40")
    return [replace(one, participant=f"R{round_}-{number:03}") for number in range(SHEETS)]


def test_a_hundred_worksheets(benchmark: BenchmarkFixture) -> None:
    rounds = iter(range(100))
    made = benchmark.pedantic(worksheet_pdf, setup=lambda: ((_sheets(next(rounds)), "en"), {}), rounds=3)
    assert made.startswith(b"%PDF")


def test_typst_alone_on_the_same_pages(benchmark: BenchmarkFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, str], dt.datetime, FontChoice]] = []
    typst = typst_pdf._compile

    def keep(path: str, inputs: dict[str, str], date: dt.datetime, choice: FontChoice) -> bytes:
        asked.append((path, inputs, date, choice))
        return b""

    monkeypatch.setattr(typst_pdf, "_compile", keep)
    rounds = iter(range(100, 200))

    def setup() -> tuple[tuple[str, dict[str, str], dt.datetime, FontChoice], dict[str, object]]:
        worksheet_pdf(_sheets(next(rounds)), "en")
        return asked.pop(), {}

    made = benchmark.pedantic(typst, setup=setup, rounds=3)
    assert made.startswith(b"%PDF")
