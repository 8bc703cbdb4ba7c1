"""From start to exit, beside a named floor: the imports of a command line with pydantic, which dosecalc does not use.

Target: at most 1.6 times the floor. Compare the medians of one run; nothing here is asserted in time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dosecalc.app import shipped

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

PROGRAM = "import sys; from dosecalc.cli import main; main(sys.argv[1:])"
CALLS = {
    "floor": ["import click, pydantic; pydantic.BaseModel"],
    "dose": [PROGRAM, *"dose NCT07203599 --arm phase1-A --area 24".split()],
    "schedule": [PROGRAM, *"schedule NCT07084012 --start 2026-03-02".split()],
}


@pytest.mark.benchmark(group="start to exit")
@pytest.mark.parametrize("name", CALLS)
def test_start(benchmark: BenchmarkFixture, name: str) -> None:
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def call() -> int:
        return subprocess.run([sys.executable, "-c", *CALLS[name]], env=env, stdout=subprocess.DEVNULL).returncode

    assert benchmark.pedantic(call, rounds=15, warmup_rounds=2) == 0


@pytest.mark.benchmark(group="start to exit")
def test_start_with_a_file_of_ones_own(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    copy.write_bytes(Path(shipped("NCT07203599.yaml")).read_bytes())
    words = [sys.executable, "-c", PROGRAM, "dose", str(copy), "--arm", "phase1-A", "--area", "24"]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def call() -> int:
        return subprocess.run(words, env=env, stdout=subprocess.DEVNULL).returncode

    assert benchmark.pedantic(call, rounds=15, warmup_rounds=2) == 0
