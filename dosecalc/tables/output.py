"""visits.csv and doses.csv: what was planned, row by row, for people and for other programs.

UTF-8 with a byte order mark: without it Excel, on a Chinese or a Western Windows, reads the labels in the code page of
the system and shows other characters. Every reader of CSV UTF-8 drops the mark. Lines end as RFC 4180 says. No cell can
begin with what a spreadsheet takes for a formula.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.calendars.dose_words import DRAFT
from dosecalc.quantity import Amount, plain
from dosecalc.reading import exact_plain
from dosecalc.tables.participants import MOST_KEPT, RUN_BY_SPREADSHEETS
from dosecalc.text import msg, render
from dosecalc.visits.moments import weekday

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dosecalc.area_age import AreaAge
    from dosecalc.blinding import BlindedPlan, BookedVisit
    from dosecalc.dosing.area import Measured
    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.tables.participants import Entry
    from dosecalc.text import Language
    from dosecalc.visits.visit import Moment, Visit

BOM = "\ufeff"
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?", re.ASCII)
VISITS = (
    "participant", "encounter", "label", "target", "earliest", "latest", "window", "status", "actual", "booked",
    "days_from_target", "weekday", "notes",
)  # fmt: skip
DOSES = (
    "participant", "arm", "encounter", "product", "role", "release", "notice", "total", "unit", "sites", "level",
    "level_unit", "area", "area_cm2", "area_method", "area_measured_by", "area_date", "rounding", "exact",
    "deviation_percent", "days", "volume", "route", "rests_on", "warnings", "dose", "label", "target", "booked",
    "area_measured_at", "area_age_days", "area_note",
)  # fmt: skip


def header(columns: Iterable[str]) -> bytes:
    """Return the beginning of a table with these columns."""
    return (BOM + ",".join(columns) + "\r\n").encode()


def text_cell(text: str) -> str:
    """Return `text` as one cell: on one line, quoted where it must be, and never a formula.

    A text that would be one gets an apostrophe in front, which a spreadsheet takes as the mark of a text; a negative
    number stays a number.

    >>> text_cell("=1+1"), text_cell("-1.71"), text_cell("day 7, ±2 days")
    ("'=1+1", '-1.71', '"day 7, ±2 days"')
    """
    line = " ".join(text.split())
    if line.startswith(RUN_BY_SPREADSHEETS) and not _NEGATIVE.fullmatch(line):
        line = f"'{line}"
    if '"' in line or "," in line:
        return '"' + line.replace('"', '""') + '"'
    return line


class VisitRows:
    """Writes the rows of visits.csv. Nothing that it takes could hold an arm (R15)."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._known: dict[int, tuple[Visit, str, str]] = {}

    def of(self, plan: BlindedPlan) -> bytes:
        """Return the rows of one participant."""
        return "".join([self._row(plan.participant, booked) for booked in plan.visits]).encode()

    def _row(self, code: str, booked: BookedVisit) -> str:
        visit, booking = booked.visit, booked.booking
        known = self._known.get(id(visit))
        if known is None:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            # The visit is held, so that its id stays its own.
            known = self._known[id(visit)] = (visit, self._before(visit), self._after(visit))
        if booking is None:
            return f"{code},{known[1]},,{known[2]}\r\n"
        when = booking.when.isoformat()
        if not booking.outside_window:
            return f"{code},{known[1]},{when},{known[2]}\r\n"
        reason = msg("booked outside the window: {reason}", reason=booking.outside_window)
        return f"{code},{known[1]},{when},{self._after(visit, reason)}\r\n"

    def _before(self, visit: Visit) -> str:
        return ",".join(
            (
                text_cell(visit.encounter),
                text_cell(render(visit.label, self._language)),
                _moment(visit.target),
                _moment(visit.earliest),
                _moment(visit.latest),
                visit.window,
                visit.status,
                _moment(visit.actual),
            )
        )

    def _after(self, visit: Visit, *notes: object) -> str:
        day = "" if visit.target is None else render(weekday(visit.target), self._language)
        days = "" if visit.days_from_target is None else str(visit.days_from_target)
        said = "; ".join(render(note, self._language) for note in (*visit.notes, *notes))
        return f"{days},{day},{text_cell(said)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """What participants with the same doses share of a row: all but who they are, their measuring and their dates."""

    encounter: str
    first: str
    last: str
    has_area: bool
    """Whether the dose follows from an area, so that how it was measured belongs to it (R9)."""
    measured_at: str | None


class DoseRows:
    """Writes the rows of doses.csv; only the unmasked may read them."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._known: dict[int, tuple[Doses, tuple[_Row, ...]]] = {}

    def of(self, plan: BlindedPlan, entry: Entry, doses: Doses, ages: Mapping[str, AreaAge]) -> bytes:
        """Return the rows of one participant."""
        booked = {booked.visit.encounter: booked for booked in plan.visits}
        known = self._known.get(id(doses))
        if known is None:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            rows = tuple(self._row(dose, doses, booked[dose.encounter].visit) for dose in doses.doses)
            known = self._known[id(doses)] = (doses, rows)
        who = entry.participant
        before = f"{who.code},{who.arm or ''},"
        records = {visit: _record(measured) for visit, measured in entry.records.items()}
        lines = []
        for row in known[1]:
            here = booked[row.encounter]
            when = here.booking.when.isoformat() if here.booking else ""
            measured, last = ",,", ",,"
            if row.has_area:
                measured = records.get(row.measured_at, ",,")
                last = f"{row.measured_at or ''},{self._age(ages.get(row.encounter))}"
            lines.append(f"{before}{row.first},{measured},{row.last},{_moment(here.visit.target)},{when},{last}\r\n")
        return "".join(lines).encode()

    def _row(self, dose: Dose, doses: Doses, visit: Visit) -> _Row:
        rounded, language = dose.rounding, self._language
        first = (
            dose.encounter,
            dose.product,
            dose.role,
            "draft" if doses.draft else "released",
            render(DRAFT, language) if doses.draft else "",
            plain(dose.total.value) if dose.total else "",
            str(dose.total.unit) if dose.total else "",
            _number(dose.sites),
            plain(dose.level.value) if dose.level else "",
            str(dose.level.unit) if dose.level else "",
            dose.area or "",
            plain(dose.area_cm2) if dose.area_cm2 is not None else "",
        )
        last = (
            rounded.mode if rounded else "",
            exact_plain(rounded.exact) if rounded else "",
            rounded.deviation_percent if rounded else "",
            _number(dose.days),
            "same as active" if dose.same_volume_as else "",
            render(dose.route, language),
            " ".join(doses.assumptions),
            "; ".join(render(warned.text, language) for warned in doses.warnings),
            render(Amount(dose.total), language) if dose.total else "",
            render(visit.label, language),
        )
        has_area = dose.area_cm2 is not None
        return _Row(
            encounter=dose.encounter,
            first=_cells(first),
            last=_cells(last),
            has_area=has_area,
            measured_at=dose.measured_at,
        )

    def _age(self, age: AreaAge | None) -> str:
        if age is None:
            return ","
        return f"{age.days},{text_cell(render(age.note, self._language)) if age.note else ''}"


def _record(how: Measured) -> str:
    return f"{how.method or ''},{text_cell(how.by or '')},{how.date.isoformat() if how.date else ''}"


def _cells(texts: Iterable[str]) -> str:
    return ",".join(map(text_cell, texts))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _moment(moment: Moment | None) -> str:
    return "" if moment is None else moment.isoformat()
