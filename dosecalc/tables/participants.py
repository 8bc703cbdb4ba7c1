"""The rows of a participants file → participants, cell by cell, with every finding of a row at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from dosecalc.calendars.event import check_text
from dosecalc.dosing.area import Measured, check_method, split_patches
from dosecalc.dosing.level import read_level
from dosecalc.dosing.result import DoseInput, Remeasured, Warned
from dosecalc.errors import DosecalcError, Finding, InvalidFile, Where, refuse
from dosecalc.notation import quoted
from dosecalc.participant_code import check_code
from dosecalc.plan import Participant, WantedBooking, dosed_arms
from dosecalc.quantity import Quantity, parse_positive, unit
from dosecalc.tables.columns import ACTUAL, ANCHOR, AREA, BOOK, MEASURED, REASON, find_columns
from dosecalc.text import LANGUAGES, Language, msg
from dosecalc.visits.moments import parse_day, parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding
    from dosecalc.tables.columns import Named
    from dosecalc.tables.rows import Table
    from dosecalc.visits.visit import Moment

MOST_KEPT = 4096
"""Of texts whose meaning is remembered, so that a date that stands in many rows is read once."""
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@")
"""What a formula can begin with."""
_NONE: Mapping[str, Any] = MappingProxyType({})
_NOT_MEASURED = Measured()
_Read = TypeVar("_Read")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What one row says: the participant, and how their area was measured (R9)."""

    line: int
    participant: Participant
    measured: Measured = _NOT_MEASURED
    remeasured: Mapping[str, Measured] = field(default_factory=dict)
    """How areas were measured again, by visit."""

    @property
    def records(self) -> Mapping[str | None, Measured]:
        """How each area was measured, by the visit at which it was measured again; None where it was not."""
        records: dict[str | None, Measured] = {None: self.measured}
        records.update(self.remeasured)
        return records


class Row:
    """One row while it is read: its cells by column, and what is wrong with them."""

    __slots__ = ("_file", "_place", "cells", "findings", "line")

    def __init__(self, file: str, line: int, cells: Sequence[str], place: Mapping[str, int]) -> None:
        self._file, self.line, self.cells, self._place = file, line, cells, place
        self.findings: list[Finding] = []

    def text(self, column: str) -> str:
        """Return what stands in `column`; nothing where there is no such column, or a cell of spaces."""
        place = self._place.get(column)
        if place is None:
            return ""
        text = self.cells[place]
        return "" if text.isspace() else text

    def read(
        self, column: str, parse: Callable[[str], _Read], *, blank: Literal["skip", "parse", "refuse"] = "skip"
    ) -> _Read | None:
        """Return what `parse` makes of a cell. A refusal becomes a finding with the line and the column, and None."""
        place = self._place.get(column)  # what `text` does, once more: this runs for every cell
        text = "" if place is None else self.cells[place]
        if not text or text.isspace():
            if blank == "refuse":
                self.refuse(column, refuse("DC619", msg("the cell is empty"), msg("fill it in")))
            if blank != "parse":
                return None
            text = ""
        try:
            return parse(text)
        except DosecalcError as error:
            self.refuse(column, error)
            return None

    def refuse(self, column: str, error: DosecalcError) -> None:
        """Note what is wrong with a cell."""
        self.findings.extend(self.located(column, error.findings))

    def located(self, column: str | None, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings with this line, and the column where it is known."""
        place = self._place.get(column) if column else None
        if place is None:
            return [Finding(f.code, f.what, f.mend, Where(self._file, self.line)) for f in findings]
        where = Where(self._file, self.line, place + 1)
        return [Finding(f.code, msg("{column}: {what}", column=column, what=f.what), f.mend, where) for f in findings]


class ParticipantReader:
    """Reads the rows of one table.

    Raises:
        InvalidFile: what `find_columns` finds.
    """

    def __init__(self, table: Table, settled: Settled, rounding: Rounding | None = None) -> None:
        self.columns = find_columns(table, settled.protocol)
        self._file = table.file
        self._protocol = settled.protocol
        self.no_input = DoseInput(rounding=rounding)
        """What is given where no cell says anything that a dose hangs on: the same object for all such rows."""
        self._rounding = rounding
        self._any_input = bool(self.columns.areas) or not self.columns.place.keys().isdisjoint(
            ("area_cm2", "weight_kg", "level")
        )
        self._any_record = not self.columns.place.keys().isdisjoint(MEASURED)
        remember = lru_cache(MOST_KEPT)
        self._moment = remember(partial(parse_moment, zone=settled.timezone))
        self._day = remember(parse_day)
        self._arm = remember(self._read_arm)
        self._patches = remember(split_patches)
        self._method = remember(partial(check_method, site=settled.site))

    def notes(self) -> tuple[Warned, ...]:
        """Return what should be known of the table as a whole."""
        place = self.columns.place
        areas = [AREA] if AREA in place else []
        areas += [f"{AREA}_{visit}" for visit, _ in self.columns.areas]
        absent = [name for area in areas for name in _record_of(area) if name not in place]
        if not self.columns.doses or not absent:
            return ()
        text = msg(
            "the file does not say how, by whom and when areas were measured (it has no column {columns}), "
            "so a method that overstates them goes unnoticed",
            columns=", ".join(absent),
        )
        return (Warned(code="area-not-recorded", text=text),)

    def row(self, line: int, cells: Sequence[str]) -> Row:
        """Return a row to be read."""
        return Row(self._file, line, cells, self.columns.place)

    def read(self, row: Row) -> Entry:
        """Return what one row says.

        Raises:
            InvalidFile: everything that is wrong with it, with line and column; whatever the readers of codes, dates,
                areas and amounts refuse, and DC619 (an empty cell), DC621 (a language), DC622 (a text that a
                spreadsheet would run), DC623 (a booking without a time), DC624 (a reason, or a record of measuring,
                with nothing that it belongs to).
        """
        columns = self.columns
        code = row.read("participant", check_code, blank="parse")
        start = row.read("start", self._moment, blank="refuse")
        language = row.read("language", _language)
        anchors = self._moments(row, ANCHOR, columns.anchors)
        actual = self._moments(row, ACTUAL, columns.actual)
        bookings = self._bookings(row) if columns.bookings or columns.reasons else _NONE
        arm, given, measured, again = None, None, _NOT_MEASURED, _NONE
        if columns.doses:
            arm = row.read("arm", self._arm, blank="parse")
            given = self._given(row, arm) if self._any_input else self.no_input
            measured = self._measured(row, AREA) if self._any_record else _NOT_MEASURED
            if columns.areas or columns.records:
                again = self._measured_again(row)
        if row.findings or code is None or start is None:
            raise InvalidFile(row.findings)
        participant = Participant(
            code=code,
            start=start,
            arm=arm,
            language=language,
            given=given,
            anchors=anchors,
            actual=actual,
            bookings=bookings,
        )
        return Entry(line=row.line, participant=participant, measured=measured, remeasured=again)

    def _read_arm(self, text: str) -> str | None:
        """The arm; None where every participant gets every arm and the cell names none."""
        dosed_arms(self._protocol, text or None)
        return text or None

    def _moments(self, row: Row, prefix: str, named: Named) -> Mapping[str, Moment]:
        found: dict[str, Moment] = {}
        for name, place in named:
            if row.cells[place]:  # most are empty, and there are many
                moment = row.read(prefix + name, self._moment)
                if moment is not None:
                    found[name] = moment
        return found or _NONE

    def _bookings(self, row: Row) -> Mapping[str, WantedBooking]:
        found: dict[str, WantedBooking] = {}
        for visit, place in self.columns.bookings:
            if row.cells[place]:
                when = row.read(BOOK + visit, self._time)
                if when is not None:
                    reason = row.read(REASON + visit, free_text)
                    found[visit] = WantedBooking(when=when, outside_window=reason)
        for visit, place in self.columns.reasons:
            if row.cells[place] and row.text(REASON + visit) and not row.text(BOOK + visit):
                what = msg("there is a reason for booking {visit} outside its window, and no booking", visit=visit)
                mend = msg("fill in {column}, or delete the reason", column=BOOK + visit)
                row.refuse(REASON + visit, refuse("DC624", what, mend))
        return found or _NONE

    def _time(self, text: str) -> dt.datetime:
        moment = self._moment(text)
        if not isinstance(moment, dt.datetime):
            raise refuse(
                "DC623",
                msg("a booking needs a time of day, and only the date {day} is given", day=moment),
                msg("write it as {day}THH:MM, for example {day}T09:30", day=moment),
            )
        return moment

    def _given(self, row: Row, arm: str | None) -> DoseInput:
        areas = row.read(AREA, self._patches)
        again = self._remeasured(row) if self.columns.areas else ()
        weight = row.read("weight_kg", _weight)
        level = None
        if row.text("level") and not row.findings:  # what a level is depends on the arm
            arms = dosed_arms(self._protocol, arm)
            level = row.read("level", lambda text: read_level(self._protocol, arms, text))
        if areas is None and not again and weight is None and level is None:
            return self.no_input
        return DoseInput(areas=areas or (), weight=weight, level=level, rounding=self._rounding, remeasured=again)

    def _remeasured(self, row: Row) -> tuple[Remeasured, ...]:
        """The areas that were measured again; how that was done is not among what doses hang on."""
        found = []
        for visit, place in self.columns.areas:
            if row.cells[place]:
                areas = row.read(f"{AREA}_{visit}", self._patches)
                if areas is not None:
                    found.append(Remeasured(visit=visit, areas=areas))
        return tuple(found)

    def _measured_again(self, row: Row) -> Mapping[str, Measured]:
        """The records of the areas that were measured again."""
        columns = (*self.columns.areas, *self.columns.records)
        visits = dict.fromkeys([visit for visit, place in columns if row.cells[place]])
        found = {visit: self._measured(row, f"{AREA}_{visit}") for visit in visits}
        return {visit: measured for visit, measured in found.items() if measured is not _NOT_MEASURED}

    def _measured(self, row: Row, area: str) -> Measured:
        """The record of how the area in a column was measured: asked for wherever the file has a column for it (R9)."""
        place, names = self.columns.place, _record_of(area)
        if not row.text(area):
            for name in names:
                if row.text(name):
                    what = msg("it is said how an area was measured, and there is no area")
                    row.refuse(name, refuse("DC624", what, msg("fill in {column}, or empty this cell", column=area)))
            return _NOT_MEASURED
        blank: dict[str, Literal["refuse", "skip"]] = {name: "refuse" if name in place else "skip" for name in names}
        method, by, date = names
        return Measured(
            method=row.read(method, self._method, blank=blank[method]),
            by=row.read(by, free_text, blank=blank[by]),
            date=row.read(date, self._day, blank=blank[date]),
        )


def _record_of(area: str) -> tuple[str, str, str]:
    """The columns that say how the area in the column `area` was measured."""
    method, by, date = (name + area.removeprefix(AREA) for name in MEASURED)
    return method, by, date


def free_text(text: str) -> str:
    """Return `text`, if it may stand in a table and in a calendar.

    Raises:
        Refusal: DC501, it holds a line break or another character that cannot be seen; DC622, a spreadsheet would run
            it.
    """
    check_text(text)
    if text.lstrip().startswith(RUN_BY_SPREADSHEETS):
        raise refuse(
            "DC622",
            msg("the text {text} begins as a formula does: a spreadsheet would run it", text=quoted(text)),
            msg("begin it with a letter or a digit"),
        )
    return text


def _language(text: str) -> Language:
    for language in LANGUAGES:
        if language == text:
            return language
    raise refuse(
        "DC621",
        msg("{text} is not a language that calendars are written in", text=quoted(text)),
        msg("write en or zh, or leave the cell empty for the site's language"),
    )


def _weight(text: str) -> Quantity:
    return Quantity(parse_positive(text), unit("kg"))
