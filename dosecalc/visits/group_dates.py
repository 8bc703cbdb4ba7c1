"""The dates of all rows that have the same visits: the steps of the protocol, taken for whole columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dosecalc.errors import refuse
from dosecalc.protocol.occurrences import occurrences
from dosecalc.text import msg
from dosecalc.visits.date_columns import (
    DAY,
    Dates,
    Extent,
    Seconds,
    at_site,
    extent,
    move,
    read_dates,
    report_years,
    unknown,
    within_years,
)
from dosecalc.visits.steps import AnchorStep, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from dosecalc.protocol.settled import Settled
    from dosecalc.rows import Flags, Problems
    from dosecalc.text import Message
    from dosecalc.visits.steps import EncounterSteps, Span, Steps


def visits_in_order(settled: Settled, encounters: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of the visits of these encounters."""
    known = settled.protocol.encounters
    return tuple(visit for encounter in encounters for visit, _ in occurrences(known[encounter]))


class DateTable:
    """The date columns of a table, each read once, and the columns that were counted from them."""

    def __init__(self, settled: Settled, frame: pd.DataFrame, problems: Problems) -> None:
        self.settled = settled
        self.frame = frame
        self.problems = problems
        self.count = len(frame)
        self.nothing = Dates(unknown(self.count))
        self._read: dict[str, Dates] = {}
        self._extents: dict[int, Extent] = {}
        self._moved: dict[tuple[int, int, int], tuple[Seconds, Seconds]] = {}
        if "start" not in frame:
            raise refuse(
                "DC440",
                msg("the column start is missing"),
                msg("add it: the date of each participant's first day, as YYYY-MM-DD"),
            )
        self.start = self.read("start")
        self._check_anchors()
        problems.add(
            "DC441",
            msg("the start date is missing"),
            msg("write the date of the participant's first day as YYYY-MM-DD"),
            np.isnat(self.start.days),
        )

    def _check_anchors(self) -> None:
        """Dates of anchors that are not given by their names."""
        by_name = [
            f"anchor_{anchor.id}" for anchor in self.settled.protocol.anchors.values() if anchor.given == "by_name"
        ]
        for name in map(str, self.frame.columns):
            if name.startswith("anchor_") and name not in by_name:
                self.problems.add(
                    "DC410",
                    msg("'{name}' is not the date of an anchor that is given by its name", name=name),
                    msg("leave the column out; the columns of anchors are: {names}", names=", ".join(by_name) or "-"),
                    ~np.isnat(self.read(name).days),
                )

    def read(self, name: str) -> Dates:
        """Return the dates of a column; nothing where the table has no such column."""
        if name not in self.frame:
            return self.nothing
        if name not in self._read:
            self._read[name] = read_dates(self.frame[name], name, self.settled.timezone, self.problems)
        return self._read[name]

    def has(self, name: str) -> bool:
        """Whether the table has such a column."""
        return name in self.frame

    def moved(self, visit: str, days: Seconds, months: int, add: int) -> Seconds:
        """Return days moved by months and days, the same column for the same question."""
        key = (id(days), months, add)
        if key not in self._moved:
            result = move(days, months, add) if _possible(months, add) else days + np.timedelta64(FAR, "s")
            if not _possible(months, add) or not within_years(self._extent(days), months, add):
                report_years(result, msg("the visit {visit} or its window", visit=visit), self.problems)
            self._moved[key] = (result, days)  # `days` is kept, so that its id stays its own
        return self._moved[key][0]

    def _extent(self, days: Seconds) -> Extent:
        if id(days) not in self._extents:
            self._extents[id(days)] = extent(days)
        return self._extents[id(days)]


FAR = 1000 * 366 * DAY
"""Seconds that lead out of every year that can be meant, and not out of 64 bits."""


def _possible(months: int, days: int) -> bool:
    return abs(31 * months) * DAY < FAR and abs(days) * DAY < FAR


@dataclass(slots=True)
class _Visit:
    target: Dates
    earliest: Seconds | None
    latest: Seconds | None
    planned: Flags | None
    """None where the visit is planned in every row: only a repeat that ended is not."""


class GroupDates:
    """The visits of the rows that have the same encounters; in other rows its columns mean nothing."""

    def __init__(self, table: DateTable, steps: Steps, members: Flags | None) -> None:
        self.table = table
        self.members = members
        self.visits: dict[str, _Visit] = {}
        self.known: dict[str, Dates] = {}
        self.timed: set[str] = set()
        self._unscheduled: set[str] = set()
        for step in steps:
            if isinstance(step, AnchorStep):
                self.known[step.anchor.id] = self._anchor(step)
            else:
                self._encounter(step)
        self._strange_actuals()

    def columns(self, visit: str) -> Iterator[tuple[str, Seconds]]:
        """Yield the columns of a visit: its target, and its window where it has one; none for an unscheduled visit."""
        found = self.visits[visit]
        if visit in self._unscheduled:
            return
        timed = visit in self.timed
        target = found.target.times if timed else found.target.days
        yield f"target_{visit}", unknown(self.table.count) if target is None else target
        if found.earliest is not None and found.latest is not None:
            yield f"earliest_{visit}", found.earliest
            yield f"latest_{visit}", found.latest

    def _report(self, code: str, what: Message, mend: Message, rows: Flags) -> None:
        self.table.problems.add(code, what, mend, rows if self.members is None else rows & self.members)

    def _actual(self, visit: str) -> Dates | None:
        return self.table.read(f"actual_{visit}") if self.table.has(f"actual_{visit}") else None

    def _strange_actuals(self) -> None:
        """Actual dates of visits that other arms have, or none."""
        names = [str(name) for name in self.table.frame.columns]
        for visit in (name.removeprefix("actual_") for name in names if name.startswith("actual_")):
            actual = self._actual(visit)
            if actual and visit not in self.visits:
                self._report(
                    "DC413",
                    msg("the arm has no visit '{visit}', and an actual date of it is given", visit=visit),
                    msg("leave the date out, or check the arm"),
                    ~np.isnat(actual.days),
                )

    def _anchor(self, step: AnchorStep) -> Dates:
        anchor = step.anchor
        if anchor.given == "start":
            dates = self.table.start
        elif anchor.given == "by_name":
            dates = self.table.read(f"anchor_{anchor.id}")
        else:
            dates = self._date_of_visit(step)
        actual = self._actual(step.defined_by) if step.defined_by else None
        if step.defined_by and actual:
            dates = self._same_event(step.defined_by, dates, actual)
        if anchor.time_needed and (anchor.visit is None or anchor.visit.date == "actual"):
            no_time = ~np.isnat(dates.days)
            if dates.times is not None:
                no_time &= np.isnat(dates.times)
            self._report(
                "DC412",
                msg("{anchor} needs a time of day", anchor=anchor.label),
                msg("write it as YYYY-MM-DDTHH:MM"),
                no_time,
            )
        return dates

    def _same_event(self, visit: str, dates: Dates, actual: Dates) -> Dates:
        """The visit that defines an anchor took place when the anchor did; a time is kept, whichever has it."""
        both = ~np.isnat(dates.days) & ~np.isnat(actual.days)
        differ = both & (dates.days != actual.days)
        times = dates.times if actual.times is None else actual.times
        if dates.times is not None and actual.times is not None:
            timed = ~np.isnat(dates.times) & ~np.isnat(actual.times)
            differ |= timed & (dates.times != actual.times)
            times = np.where(np.isnat(actual.times), dates.times, actual.times)
        self._report(
            "DC414",
            msg("the actual date of {visit} differs from the event that it is", visit=visit),
            msg("both are the same event: correct the one that is wrong"),
            differ,
        )
        return Dates(np.where(np.isnat(dates.days), actual.days, dates.days), times)

    def _date_of_visit(self, step: AnchorStep) -> Dates:
        """The date of the first of the anchor's visits that is planned in a row."""
        assert step.anchor.visit is not None
        days, times = unknown(self.table.count), unknown(self.table.count)
        open_rows = np.ones(self.table.count, bool)
        for name in step.visits:
            visit = self.visits[name]
            dates = visit.target if step.anchor.visit.date == "target" else self._actual(name) or self.table.nothing
            here = open_rows if visit.planned is None else open_rows & visit.planned
            np.copyto(days, dates.days, where=here)
            if dates.times is not None:
                np.copyto(times, dates.times, where=here)
            open_rows = open_rows & ~here
            if not open_rows.any():
                break
        return Dates(days, None if np.isnat(times).all() else times)

    def _encounter(self, encounter: EncounterSteps) -> None:
        until = self.known[encounter.until] if encounter.until else None
        for step in encounter.steps:
            visit = self._visit(step)
            actual = self._actual(step.id)
            if actual and (step.counts == "minutes" or step.timed):
                no_time = ~np.isnat(actual.days)
                if actual.times is not None:
                    no_time &= np.isnat(actual.times)
                self._report(
                    "DC415",
                    msg("{visit} is planned to the hour, and its actual date has no time", visit=step.id),
                    msg("write it as YYYY-MM-DDTHH:MM"),
                    no_time,
                )
            self.visits[step.id] = visit if until is None else _ended(visit, until, actual)

    def _visit(self, step: Step) -> _Visit:
        if step.anchor is None or step.counts == "nothing":
            self._unscheduled.add(step.id)
            return _Visit(self.table.nothing, None, None, None)
        anchor = self.known[step.anchor]
        windowed = step.window in ("stated", "site")
        if step.counts == "anchor":
            self.timed |= {step.id} if step.timed else set()
            return _Visit(anchor, None, None, None)
        if step.counts == "minutes":
            self.timed.add(step.id)
            if anchor.times is None:
                nothing = self.table.nothing.days
                window = nothing if windowed else None
                return _Visit(Dates(nothing, nothing), window, window, None)
            times = self._later(step, anchor.times, step.distance[1])
            target = at_site(times, self.table.settled.timezone)
            if not windowed:
                return _Visit(target, None, None, None)
            earliest, latest = self._later(step, times, -step.before[1]), self._later(step, times, step.after[1])
            return _Visit(target, earliest, latest, None)
        days = self._days(step, anchor.days, step.distance, 1)
        if not windowed:
            return _Visit(Dates(days), None, None, None)
        earliest, latest = self._days(step, days, step.before, -1), self._days(step, days, step.after, 1)
        return _Visit(Dates(days), earliest, latest, None)

    def _days(self, step: Step, days: Seconds, span: Span, sign: int) -> Seconds:
        return self.table.moved(step.id, days, sign * span[0], sign * span[1])

    def _later(self, step: Step, times: Seconds, minutes: int) -> Seconds:
        far = FAR if minutes > 0 else -FAR
        later = times + np.timedelta64(60 * minutes if abs(60 * minutes) < FAR else far, "s")
        what = msg("the visit {visit} or its window", visit=step.id)
        report_years(at_site(later, self.table.settled.timezone).days, what, self.table.problems)
        return later


def _ended(visit: _Visit, until: Dates, actual: Dates | None) -> _Visit:
    """Take the visit out of the rows whose repeats ended before it and in which it did not take place."""
    target = visit.target
    after = target.days > until.days  # a comparison with NaT is False
    if target.times is not None and until.times is not None:
        timed = ~np.isnat(target.times) & ~np.isnat(until.times)
        after = np.where(timed, target.times > until.times, after)
    if actual:
        after &= np.isnat(actual.days)
    if not after.any():
        return visit

    def without(column: Seconds | None) -> Seconds | None:
        return None if column is None else np.where(after, np.datetime64("NaT", "s"), column)

    return _Visit(
        Dates(np.where(after, np.datetime64("NaT", "s"), target.days), without(target.times)),
        without(visit.earliest),
        without(visit.latest),
        ~after,
    )
