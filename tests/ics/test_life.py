"""The life of a visit in real calendar programs: booked, moved, cancelled, booked again, and sent once more.

Two ways lead into a program. A file that is handed out is imported into what is there: programs that know UIDs replace
the item. A feed is read anew each time, so that the program shows what the file says and nothing else.
"""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clinic_at_work import Clinic, delivering_site
from ics.checks import check_versions
from ics.keeping import KEEPERS, Server, begin, defects
from ics.reading import reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ics.keeping import Keeper

STEPS: dict[str, tuple[str, ...]] = {
    "booked": ("visit", "book", "P001", "W2", "2026-03-16T09:30"),
    "moved": ("visit", "move", "P001", "W2", "2026-03-17T14:00", "--yes"),
    "cancelled": ("visit", "cancel", "P001", "W2", "--reason", "travels"),
    "booked again": ("visit", "book", "P001", "W2", "2026-03-18T09:30"),
    "sent once more": ("study", "head"),
}
TIMES = {
    # the site is eight hours east of Greenwich
    "booked": ("2026-03-16T01:30:00Z", "CONFIRMED"),
    "moved": ("2026-03-17T06:00:00Z", "CONFIRMED"),
    "cancelled": ("2026-03-17T06:00:00Z", "CANCELLED"),
    "booked again": ("2026-03-18T01:30:00Z", "CONFIRMED"),
    "sent once more": ("2026-03-18T01:30:00Z", "CONFIRMED"),
}
IMPORTING = [name for name in KEEPERS if name != "calcurse"]
SUBSCRIBING = [name for name in KEEPERS if name != "radicale"]


@dataclass(frozen=True, kw_only=True)
class Life:
    """The participant's file after each step: handed out, and as a feed."""

    files: dict[str, Path]
    feeds: dict[str, Path]
    names: set[str]
    """Under which names the feed stood."""


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    folder = tmp_path_factory.mktemp("life")
    files, feeds, names = {}, {}, set()
    with pytest.MonkeyPatch.context() as patch:
        clinic = Clinic(folder, patch, delivering_site(folder))
        clinic.begin()
        clinic.time = dt.datetime(2026, 3, 3, 1, 0, tzinfo=dt.UTC)
        for number, (step, words) in enumerate(STEPS.items()):
            clinic.do(*words)
            files[step] = clinic.file(f"out-{number}")
            ran = clinic.call("feed", "write", "--out", "feeds", "--json")
            path = Path(next(each["path"] for each in ran.json["feeds"] if each["participant"] == "P001"))
            names.add(path.name)
            feeds[step] = folder / f"feed-{number}.ics"
            feeds[step].write_bytes(path.read_bytes())
    return Life(files=files, feeds=feeds, names=names)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def keeper(name: str, folder: Path, stack: ExitStack) -> Keeper:
    reason = KEEPERS[name][1]()
    if reason is not None:
        pytest.skip(f"{name}: {reason}")
    return begin(name, folder, stack)


def visit(path: Path) -> tuple[str, str]:
    """When the visit is, and its status, as the file says."""
    (found,) = [event for event in reference(path.read_bytes()).events if "第 2 周" in event["summary"]]
    return found["start"], found["status"]


def test_the_files_say_what_happened(life: Life) -> None:
    assert {step: visit(path) for step, path in life.files.items()} == TIMES
    assert {step: visit(path) for step, path in life.feeds.items()} == TIMES
    for made in (life.files, life.feeds):
        for before, after in pairwise(made.values()):
            check_versions(before, after)
        assert made["sent once more"].read_bytes() == made["booked again"].read_bytes()
    assert len(life.names) == 1


@pytest.mark.clients
@pytest.mark.parametrize("name", IMPORTING)
def test_every_import_ends_with_the_right_events_once(life: Life, name: str, tmp_path: Path, stack: ExitStack) -> None:
    program = keeper(name, tmp_path, stack)
    for step, path in life.files.items():
        program.take(path)
        assert defects(program, path) == [], step


@pytest.mark.clients
@pytest.mark.parametrize("name", SUBSCRIBING)
def test_a_subscriber_has_the_right_events_once_after_every_change(life: Life, name: str, tmp_path: Path) -> None:
    for step, path in life.feeds.items():
        with ExitStack() as anew:
            program = keeper(name, tmp_path, anew)
            program.take(path)
            assert defects(program, path) == [], step


@pytest.mark.clients
def test_a_server_that_gets_the_file_in_place_of_the_calendar_has_the_right_events_once(
    life: Life, tmp_path: Path, stack: ExitStack
) -> None:
    program = keeper("radicale", tmp_path, stack)
    assert isinstance(program, Server)
    for step, path in life.feeds.items():
        program.take_whole(path)
        assert defects(program, path) == [], step


@pytest.mark.clients
def test_calcurse_shows_a_visit_twice_when_a_file_is_imported_again(
    life: Life, tmp_path: Path, stack: ExitStack
) -> None:
    program = keeper("calcurse", tmp_path, stack)
    program.take(life.files["booked"])
    assert defects(program, life.files["booked"]) == []
    program.take(life.files["moved"])
    want = reference(life.files["moved"].read_bytes())
    (shown,) = program.shows(want)
    times = sorted(event["start"] for event in shown.events if "第 2 周" in event["summary"])
    assert times == ["2026-03-16T01:30:00Z", "2026-03-17T06:00:00Z"]  # it knows no UID, so the old one stays
    assert len(shown.events) == 2 * len(want.events)
    # so the README says: delete the first one there, or subscribe to a feed


@pytest.mark.clients
@pytest.mark.parametrize("name", IMPORTING)
def test_an_old_file_that_comes_late_brings_the_old_time_back(
    life: Life, name: str, tmp_path: Path, stack: ExitStack
) -> None:
    """What programs do that do not look at SEQUENCE, and why the README says to number the files."""
    program = keeper(name, tmp_path, stack)
    for step in ("booked", "moved", "booked"):
        program.take(life.files[step])
    assert defects(program, life.files["booked"]) == []
