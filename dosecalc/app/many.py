"""A list of participants, and the demo."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.app.loading import load
from dosecalc.app.settings import now, shipped, shipped_protocols
from dosecalc.files import make_folder, read_file

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from dosecalc.blinding import BookedVisit
    from dosecalc.dosing.result import Doses
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding
    from dosecalc.tables.cohort import WrittenPlan
    from dosecalc.tables.manifest import WrittenFile


def write_plan(
    settled: Settled,
    participants: str,
    *,
    out: str,
    stamp: dt.datetime,
    previous: str | None = None,
    force: bool = False,
    rounding: Rounding | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WrittenPlan:
    """Plan every participant of a file into the folder `out`; all of it is written, or nothing.

    `progress` is told how many of how many steps are done.

    Raises:
        InvalidFile: every finding of every row.
        Refusal: files and folders that cannot be read or written.
    """
    from dosecalc import __version__
    from dosecalc.tables.cohort import read_cohort, write_cohort

    cohort = read_cohort(settled, read_file(participants), participants, rounding)

    def told(done: int) -> None:
        if progress:
            progress(done, cohort.steps)

    return write_cohort(
        cohort,
        out,
        stamp=stamp,
        version=__version__,
        previous=previous,
        force=force,
        progress=told if progress else None,
    )


def planned_files(folder: str) -> Iterator[WrittenFile]:
    """The files that a plan wrote into `folder`."""
    from dosecalc.tables.manifest import written_files

    return written_files(folder)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The participant whom the demo shows of one trial."""

    participant: str
    visits: tuple[BookedVisit, ...]
    doses: Doses | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoTrial:
    """What the demo made for one trial."""

    protocol: str
    folder: str
    settled: Settled
    written: WrittenPlan
    shown: Shown


def demo(out: str) -> list[DemoTrial]:
    """Plan the shipped cohorts with the example site file, a folder below `out` for each trial.

    A folder that an earlier demo wrote is replaced; nothing else is.

    Raises:
        Refusal: files and folders that cannot be written.
    """
    from dosecalc.tables.cohort import read_cohort

    when, trials = now(), []
    make_folder(out)
    for name in shipped_protocols():
        settled = load(name, shipped("sites", "example.yaml"))
        participants = shipped("cohorts", f"{name}.csv")
        folder = os.path.join(out, name)
        written = write_plan(settled, participants, out=folder, stamp=when, force=True)
        first = read_cohort(settled, read_file(participants), participants).planner.plan(0)
        shown = Shown(participant=first.view.participant, visits=first.view.visits, doses=first.doses)
        trials.append(DemoTrial(protocol=name, folder=folder, settled=settled, written=written, shown=shown))
    return trials
