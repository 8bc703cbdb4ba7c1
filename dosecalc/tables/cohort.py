"""A whole cohort: a participants file → a folder with visits, calendars and, for the pharmacy, doses.

All rows are checked before anything is written, then planned again one by one and written as they come, so that memory
does not grow with the number of participants beyond the table itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.calendars.revisions import whole_seconds
from dosecalc.dosing.result import Warned
from dosecalc.errors import DosecalcError, Finding, InvalidFile, Where
from dosecalc.files import staged_folder
from dosecalc.tables.folder import Earlier, MaskedFiles, PharmacyFiles, Run
from dosecalc.tables.manifest import check_replaceable
from dosecalc.tables.planner import Planner
from dosecalc.tables.rows import read_table
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding
    from dosecalc.tables.rows import Table

    Progress = Callable[[int], None]

_EVERY = 64
"""After how many participants the progress is told."""
_NAMED = 5
"""How many participants a note names before it counts."""


class Cohort:
    """A participants file whose columns are understood, for one protocol and site. Its rows are not checked yet."""

    def __init__(self, settled: Settled, table: Table, rounding: Rounding | None = None) -> None:
        """Read the columns.

        Raises:
            InvalidFile: DC616, DC618, the columns do not let any row be read.
            Refusal: the protocol leaves open what every timeline hangs on.
        """
        self.settled = settled
        self.table = table
        self.planner = Planner(table, settled, rounding)

    def __len__(self) -> int:
        """Return the number of rows that could be read."""
        return len(self.table.rows)

    @property
    def steps(self) -> int:
        """What the progress counts up to: every row is looked at twice."""
        return 2 * len(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenPlan:
    """What came of a plan. `manifest.written_files` lists the files of a folder, one by one."""

    participants: int
    with_doses: bool
    draft: bool
    """Whether some dose may not be administered (R8)."""
    notes: tuple[Warned, ...]


def read_cohort(settled: Settled, data: bytes, file: str, rounding: Rounding | None = None) -> Cohort:
    """Read a participants file; the end of the name `file` says whether it is `.csv` or `.xlsx`.

    Raises:
        InvalidFile: DC610 to DC616, DC618, the file or its columns cannot be read.
        Refusal: the protocol leaves open what every timeline hangs on.
    """
    return Cohort(settled, read_table(data, file), rounding)


def check_cohort(cohort: Cohort, progress: Progress | None = None) -> None:
    """Plan every row and keep nothing.

    Raises:
        InvalidFile: every finding of every row, each with its line: whatever dates, arms, bookings, areas and doses are
            refused for, DC612 (cells missing), DC616 and DC617 (columns), DC619 to DC624 (cells), DC625 (a participant
            that stands twice).
    """
    findings = list(cohort.planner.findings)
    seen: dict[str, tuple[str, int]] = {}
    planner, lines = cohort.planner, cohort.table.lines
    for number in range(len(cohort)):
        if progress and number % _EVERY == 0:
            progress(number)
        try:
            code = planner.check(number)
        except DosecalcError as error:
            findings.extend(error.findings)
            code = planner.code(number)
        first = seen.setdefault(code.casefold(), (code, lines[number]))
        if code and first[1] != lines[number]:
            findings.append(_twice(code, *first, Where(cohort.table.file, lines[number])))
    if findings:
        raise InvalidFile(sorted(findings, key=lambda finding: finding.where or Where("")))


def write_cohort(
    cohort: Cohort,
    out: str,
    *,
    stamp: dt.datetime,
    version: str,
    previous: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> WrittenPlan:
    """Check every row, then write the plan into the folder `out`: all of it, or nothing.

    `stamp` is the aware time of this plan: what changed since `previous` (the folder of an earlier plan) carries it,
    and all files have it as their time. `version` is that of dosecalc. `force` replaces a folder that an earlier plan
    wrote and nobody changed. `progress` is told now and then how many of `cohort.steps` are done; what it raises ends
    the work and leaves nothing behind.

    Raises:
        InvalidFile: what `check_cohort` finds.
        Refusal: DC601 to DC605, files; DC630 to DC634, the folder of the earlier plan; DC502 to DC504, its calendars.
    """
    check_cohort(cohort, progress)
    earlier = Earlier(previous, cohort.settled.protocol.id) if previous is not None else None
    booked = cohort.planner.booked_years
    run = Run(
        settled=cohort.settled,
        stamp=whole_seconds(stamp),
        version=version,
        earlier=earlier,
        years={cohort.settled.timezone: (min(booked), max(booked))} if booked else {},
    )
    with_doses = cohort.planner.with_doses

    def replace(folder: str) -> None:
        check_replaceable(folder, with_pharmacy=with_doses)

    with staged_folder(out, stamp=run.seconds, replace=replace if force else None) as staging:
        masked = MaskedFiles(staging, run)
        pharmacy = PharmacyFiles(staging, run) if with_doses else None
        not_met: list[str] = []
        too_old: list[str] = []
        for done, number in enumerate(_sorted(cohort)):
            if progress and done % _EVERY == 0:
                progress(len(cohort) + done)
            planned = cohort.planner.plan(number)
            masked.add(planned.view, planned.entry.participant.language)
            if any(check.ok is False for check in planned.view.checks):
                not_met.append(planned.view.participant)
            if pharmacy and planned.doses:
                pharmacy.add(planned.view, planned.entry, planned.doses, planned.ages)
                if any(age.note for age in planned.ages.values()):
                    too_old.append(planned.view.participant)
        cancelled = [code for code in _gone(cohort, earlier) if masked.cancel(code)]
        masked.finish()
        if pharmacy:
            pharmacy.finish()
    if progress:
        progress(cohort.steps)
    return WrittenPlan(
        participants=len(cohort),
        with_doses=with_doses,
        draft=bool(pharmacy and pharmacy.draft),
        notes=(*cohort.planner.notes(), *_notes(not_met, pharmacy.warned if pharmacy else 0, too_old, cancelled)),
    )


def _sorted(cohort: Cohort) -> Sequence[int]:
    """The rows in the order of the codes: a table sorted by arm must not show that in what masked people see (R15)."""
    return sorted(range(len(cohort)), key=cohort.planner.code)


def _gone(cohort: Cohort, earlier: Earlier | None) -> Sequence[str]:
    """The participants of the earlier plan who are not in this one."""
    if earlier is None:
        return ()
    now = {cohort.planner.code(number) for number in range(len(cohort))}
    return [code for code in earlier.participants if code not in now]


def _notes(not_met: Sequence[str], warned: int, too_old: Sequence[str], cancelled: Sequence[str]) -> Iterator[Warned]:
    if warned:
        text = msg(
            "participants with a warning on their doses: {count}; see the column warnings of doses.csv", count=warned
        )
        yield Warned(code="dose-warnings", text=text)
    if too_old:
        text = msg(
            "participants whose area must be measured again before a later dose: {count} ({codes}); "
            "see the column area_note of doses.csv",
            count=len(too_old),
            codes=_first(too_old),
        )
        yield Warned(code="area-measure-again", text=text)
    if not_met:
        text = msg(
            "participants for whom a limit of the protocol is not met: {count} ({codes}); see the notes in visits.csv",
            count=len(not_met),
            codes=_first(not_met),
        )
        yield Warned(code="limit-not-met", text=text)
    if cancelled:
        text = msg(
            "participants of the earlier plan who are not in this one: {count} ({codes}); "
            "their visits are cancelled in clinic.ics and in their own calendars",
            count=len(cancelled),
            codes=_first(cancelled),
        )
        yield Warned(code="participants-gone", text=text)


def _first(codes: Sequence[str]) -> str:
    return ", ".join(codes[:_NAMED]) + (", …" if len(codes) > _NAMED else "")


def _twice(code: str, first: str, line: int, where: Where) -> Finding:
    if code == first:
        what = msg("the participant {code} stands on line {line} already", code=code, line=line)
    else:
        what = msg(
            "{code} differs only in capital letters from {first} on line {line}: on some computers their files are one",
            code=code,
            first=first,
            line=line,
        )
    return Finding("DC625", what, msg("give each participant one row and a code of their own"), where)
