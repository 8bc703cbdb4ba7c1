"""What holds for every test: nothing is skipped in silence, and the program that is tested is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

import dosecalc

if TYPE_CHECKING:
    from collections.abc import Generator

CI = os.environ.get("CI", "") not in ("", "0", "false")
CHECKOUT = Path(__file__).parent.parent
SPOKEN = ("DOSECALC_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")
"""What of the caller's environment would change the words that are tested."""


# In CI the same examples every time, so that one commit has one result; by hand new ones, so that faults are found.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("by hand", deadline=None)
settings.load_profile("ci" if CI else "by hand")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew-golden", action="store_true", help="write the golden files anew; then look at them")


def pytest_report_header() -> str:
    return f"dosecalc: {Path(dosecalc.__file__).parent}"


def pytest_configure(config: pytest.Config) -> None:
    for name in SPOKEN:  # before any test is collected: commands read it where they are defined
        os.environ.pop(name, None)
    if CI and Path(dosecalc.__file__).is_relative_to(CHECKOUT / "dosecalc"):
        raise pytest.UsageError("in CI the tests must run on the installed package; install with 'pip install .'")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """In CI a skipped test has failed: there, `.ci/run` has installed what it needs."""
    report = yield
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be skipped in CI: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report = yield
    if CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} skipped, and nothing may be skipped in CI: {_reason(report)}"
    return report


def _reason(report: Any) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Generator[None, None, None]:
    """Keys that no test places go into no real account's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds this project's files (the rules of the house look at them)."""
    return CHECKOUT
