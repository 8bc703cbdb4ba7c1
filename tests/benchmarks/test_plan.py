"""How long `plan` takes for a cohort, from the bytes of the list to files, beside a floor: only writing the same bytes.

10,000 participants of NCT07084012 with starts within a year, a third of them with booked times, in two languages; with
the column `arm` (the pharmacist's plan, with doses) and without (the nurse's). Written to a memory file system where
there is one.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dosecalc.tables.cohort import read_cohort, write_cohort
from tables.building import STAMP, STROKE, VERSION, settled, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

PARTICIPANTS = 10_000
ROUNDS = 3
MEMORY = Path("/dev/shm")
ARMS = ("group-1", "group-2", "placebo")


def _row(number: int, *, arms: bool) -> str:
    start = dt.date(2026, 1, 5) + dt.timedelta(days=number * 37 % 365)
    booked = [""] * 2
    if number % 3 == 0:
        days = (start + dt.timedelta(days=days + number % 5 - 2) for days in (7, 14))
        booked = [f"{day}T{8 + number % 9:02}:30" for day in days]
    cells = [f"TT-{number:05}", start.isoformat(), ("", "en", "zh")[number % 3], *booked]
    return ",".join([*cells, ARMS[number * 7 % 3]] if arms else cells)


def _list(*, arms: bool) -> bytes:
    header = "participant,start,language,book_D7,book_D14" + (",arm" if arms else "")
    return table(header, *(_row(number, arms=arms) for number in range(PARTICIPANTS)))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    base = MEMORY if os.access(MEMORY, os.W_OK) else tmp_path
    made = Path(tempfile.mkdtemp(dir=base))
    yield made
    shutil.rmtree(made)


def _run(data: bytes, out: Path) -> None:
    cohort = read_cohort(settled(STROKE), data, "list.csv")
    write_cohort(cohort, str(out), stamp=STAMP, version=VERSION)


def _told(benchmark: BenchmarkFixture, folder: Path) -> None:
    if benchmark.stats is not None:  # absent with --benchmark-disable
        benchmark.extra_info["participants per second"] = round(PARTICIPANTS / benchmark.stats.stats.min)
    benchmark.extra_info["memory file system"] = folder.is_relative_to(MEMORY)


@pytest.mark.benchmark(group="plan: 10,000 participants")
@pytest.mark.parametrize("arms", [False, True], ids=["without arms", "with arms"])
def test_plan(benchmark: BenchmarkFixture, folder: Path, arms: bool) -> None:
    data = _list(arms=arms)

    def empty() -> None:
        shutil.rmtree(folder / "out", ignore_errors=True)

    benchmark.pedantic(_run, (data, folder / "out"), setup=empty, rounds=ROUNDS)
    _told(benchmark, folder)
    assert len(list((folder / "out" / "calendars").iterdir())) == PARTICIPANTS


@pytest.mark.benchmark(group="plan: 10,000 participants")
@pytest.mark.parametrize("arms", [False, True], ids=["without arms", "with arms"])
def test_writing_the_same_bytes_and_nothing_else(benchmark: BenchmarkFixture, folder: Path, arms: bool) -> None:
    out, again = folder / "out", folder / "again"
    _run(_list(arms=arms), out)
    files = [(str(again / path.relative_to(out)), path.read_bytes()) for path in out.rglob("*") if path.is_file()]

    def empty() -> None:
        shutil.rmtree(again, ignore_errors=True)
        (again / "calendars").mkdir(parents=True)
        (again / "pharmacy").mkdir()

    def write() -> None:
        for path, data in files:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            os.write(descriptor, data)
            os.close(descriptor)

    benchmark.pedantic(write, setup=empty, rounds=ROUNDS)
    _told(benchmark, folder)
    assert (again / "visits.csv").stat().st_size == (out / "visits.csv").stat().st_size
