"""`check_calendar`: what every calendar that dosecalc writes must pass.

    from ics.checks import ALL, check_calendar

    events = check_calendar(path, tmp_path)                    # validator, icalendar, vobject: fast, for many files
    events = check_calendar(path, tmp_path, clients=ALL)       # real programs too: for chosen files
    events = check_calendar(data, tmp_path, forbid=("NCT0", "exosome"))

The keys of an event are those of `ics.reading.Event`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ics.clients import ALL, CALCURSE, ICALENDAR, ICALJS, IN_PROCESS, KHAL, LIBICAL, VOBJECT, Client
from ics.reading import Event, reference
from ics.validator import validate
from ics.versions import version_defects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = [
    "ALL", "CALCURSE", "ICALENDAR", "ICALJS", "IN_PROCESS", "KHAL", "LIBICAL", "VOBJECT",
    "calendar_defects", "check_calendar", "check_calendars", "check_versions", "missing_clients",
]  # fmt: skip


def missing_clients(clients: Sequence[Client] = ALL) -> dict[str, str]:
    """Which of `clients` this machine does not have, each with the reason."""
    return {client.name: reason for client in clients if (reason := client.missing())}


def calendar_defects(
    files: Mapping[str, bytes | Path], tmp_path: Path, *, forbid: Sequence[str] = (), clients: Sequence[Client] = ()
) -> list[str]:
    """All defects of `files` (by name) that the validator and those of `clients` that this machine has can find."""
    paths: list[Path] = []
    defects: list[str] = []
    for name, given in files.items():
        data = given if isinstance(given, bytes) else given.read_bytes()
        path = tmp_path / f"{len(paths)}-{name}"
        path.write_bytes(data)
        found = validate(data, forbid=tuple(forbid))
        defects += [f"{name}: {defect}" for defect in found]
        if not found:  # what programs make of a broken file tells nothing more
            paths.append(path)
    for client in clients:
        if paths and client.missing() is None:
            defects += client.defects(paths)
    return defects


def check_calendars(
    files: Mapping[str, bytes | Path],
    tmp_path: Path,
    *,
    forbid: Sequence[str] = (),
    clients: Sequence[Client] = IN_PROCESS,
) -> dict[str, list[Event]]:
    """Hold several calendars to the standard at once, which starts each program only once where it can.

    Returns the events of each file as all of the programs read them, for the test to say what was meant. When
    a program is not on this machine the test is skipped with the reason, after all others have passed.

    Args:
        files: name of each calendar, and its bytes or path.
        tmp_path: a folder for copies.
        forbid: regular expressions that must not match anywhere in the unfolded text.
        clients: the programs to run besides the validator.
    """
    defects = calendar_defects(files, tmp_path, forbid=forbid, clients=clients)
    assert not defects, "\n".join(defects)
    if missing := missing_clients(clients):
        pytest.skip("; ".join(f"{name}: {reason}" for name, reason in missing.items()))
    return {
        name: reference(given if isinstance(given, bytes) else given.read_bytes()).events
        for name, given in files.items()
    }


def check_calendar(
    path_or_bytes: Path | bytes,
    tmp_path: Path,
    *,
    forbid: Sequence[str] = (),
    clients: Sequence[Client] = IN_PROCESS,
) -> list[Event]:
    """Hold one calendar to the standard and return its events; see `check_calendars`."""
    name = "calendar.ics"
    return check_calendars({name: path_or_bytes}, tmp_path, forbid=forbid, clients=clients)[name]


def check_versions(old: Path | bytes, new: Path | bytes) -> None:
    """Hold a second export to what programs that imported the first need (see `ics.versions.version_defects`)."""
    before, after = (given if isinstance(given, bytes) else given.read_bytes() for given in (old, new))
    defects = version_defects(before, after)
    assert not defects, "\n".join(defects)
