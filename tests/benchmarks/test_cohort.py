"""How long the doses and visit dates of 1,000,000 participants take, beside bare numpy doing the same sums.

The floor multiplies and adds what the table holds and nothing else: it reads no column, checks no row, knows no arm's
rules, and makes no table. With `--benchmark-disable`, or with `DOSECALC_BENCH_QUICK` set, the tables are small.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import dosecalc
from dosecalc.dosing.cohort import cohort_doses
from dosecalc.visits.cohort import cohort_dates

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from dosecalc.protocol.settled import Settled

QUICK = bool(os.environ.get("DOSECALC_BENCH_QUICK"))
DAY = np.timedelta64(1, "D")


def _count(benchmark: BenchmarkFixture) -> int:
    return 10_000 if QUICK or benchmark.disabled else 1_000_000


def _starts(count: int) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    return np.datetime64("2026-01-05", "D") + np.arange(count) * 37 % 700


def _tenths(count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Areas in tenths of a cm², from 2.0 to 249.9."""
    return np.arange(count) * 7919 % 2480 + 20


def _sites_table(count: int) -> pd.DataFrame:
    arms = pd.Categorical.from_codes(np.arange(count) % 3, categories=pd.Index(["phase1-A", "phase1-B", "phase1-C"]))
    return pd.DataFrame(
        {
            "participant": np.arange(count),
            "arm": arms,
            "start": _starts(count).astype("M8[s]"),
            "area_cm2": _tenths(count) / 10,
        }
    )


def _fixed_table(count: int) -> pd.DataFrame:
    arms = pd.Categorical.from_codes(np.arange(count) % 3, categories=pd.Index(["group-1", "group-2", "placebo"]))
    return pd.DataFrame({"participant": np.arange(count), "arm": arms, "start": _starts(count).astype("M8[s]")})


def _density_table(count: int) -> pd.DataFrame:
    levels = np.array([500_000_000, 1_000_000_000, 5_000_000_000])[np.arange(count) % 3]
    return pd.DataFrame(
        {
            "participant": np.arange(count),
            "start": _starts(count).astype("M8[s]"),
            "area_cm2": _tenths(count) / 10,
            "level": levels,
        }
    )


def _both(trial: Settled, table: pd.DataFrame) -> int:
    doses = cohort_doses(trial, table, "up")
    return len(cohort_dates(trial, table)) + len(doses)


@pytest.mark.benchmark(group="cohort of 1,000,000: NCT07203599, four doses per site and seven dates")
def test_doses_per_site_and_dates(benchmark: BenchmarkFixture) -> None:
    trial, table = dosecalc.load("NCT07203599"), _sites_table(_count(benchmark))
    assert benchmark(_both, trial, table) == 2 * len(table)


@pytest.mark.benchmark(group="cohort of 1,000,000: NCT07203599, four doses per site and seven dates")
def test_bare_numpy_for_doses_per_site_and_dates(benchmark: BenchmarkFixture) -> None:
    count = _count(benchmark)
    tenths, starts, arms = _tenths(count), _starts(count), np.arange(count) % 3
    levels = np.array([10**8, 10**9, 10**10])

    def bare() -> int:
        sites = -(-tenths // 10)
        level = levels[arms]
        doses = [sites * level for _ in range(4)]
        dates = [starts + 7 * weeks * DAY for weeks in (0, 2, 4, 6, 8, 12, 24)]
        return len(doses) + len(dates)

    assert benchmark(bare) == 11


@pytest.mark.benchmark(group="cohort of 1,000,000: NCT07084012, fixed doses, three dates and two windows")
def test_fixed_doses_and_windows(benchmark: BenchmarkFixture) -> None:
    trial, table = dosecalc.load("NCT07084012"), _fixed_table(_count(benchmark))
    assert benchmark(_both, trial, table) == 2 * len(table)


@pytest.mark.benchmark(group="cohort of 1,000,000: NCT07084012, fixed doses, three dates and two windows")
def test_bare_numpy_for_fixed_doses_and_windows(benchmark: BenchmarkFixture) -> None:
    count = _count(benchmark)
    starts, arms = _starts(count), np.arange(count) % 3
    amounts = np.array([[200_000_000, 100_000_000, 0], [0, 100_000_000, 0], [0, 100_000_000, 0]])

    def bare() -> int:
        doses = [amounts[visit][arms] for visit in range(3)]
        dates = [starts + days * DAY for days in (0, 7, 14, 5, 9, 12, 16)]
        return len(doses) + len(dates)

    assert benchmark(bare) == 10


@pytest.mark.benchmark(group="cohort of 1,000,000: NCT06932393, three doses per cm² and calendar months")
def test_doses_per_area_and_months(benchmark: BenchmarkFixture) -> None:
    trial, table = dosecalc.load("NCT06932393"), _density_table(_count(benchmark))
    assert benchmark(_both, trial, table) == 2 * len(table)


@pytest.mark.benchmark(group="cohort of 1,000,000: NCT06932393, three doses per cm² and calendar months")
def test_bare_numpy_for_doses_per_area_and_months(benchmark: BenchmarkFixture) -> None:
    count = _count(benchmark)
    tenths, starts = _tenths(count), _starts(count)
    levels = np.array([500_000_000, 1_000_000_000, 5_000_000_000])[np.arange(count) % 3]

    def bare() -> int:
        doses = [tenths * levels // 10 for _ in range(3)]
        month = starts.astype("M8[M]")
        of_month = starts - month.astype("M8[D]")
        dates = [starts.copy()]
        for months in (1, 2):
            first = (month + months).astype("M8[D]")
            last = (month + months + 1).astype("M8[D]") - DAY - first
            dates.append(first + np.minimum(of_month, last))
        return len(doses) + len(dates)

    assert benchmark(bare) == 6
