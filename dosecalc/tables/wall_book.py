"""The clinic's calendar as a workbook, for those who live in Excel: a grid of the month or week, and a table of visits.

Every text is written as text, so none becomes a formula; dates and times are real ones. The same visits give the same
bytes.
"""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from typing import TYPE_CHECKING, Any

from dosecalc.documents import day_list
from dosecalc.documents.wall import (
    in_hours,
    in_weeks,
    known,
    legend,
    reason,
    rows_of_hours,
    subtitle,
    title,
    visit_text,
)
from dosecalc.errors import refuse
from dosecalc.text import msg, render
from dosecalc.visits.moments import weekday

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dosecalc.documents.day_list import DayList
    from dosecalc.documents.wall import PaperSize, Wall, WallDay, WallVisit
    from dosecalc.text import Language

_PAPERS = {"A4": 9, "A3": 8}
_DAY, _CLOCK = "yyyy-mm-dd", "hh:mm"
_GREY, _BAND = "#E2E2E2", "#F2F2F2"
_WIDEST = 48
_SMALL: dict[str, object] = {"font_size": 9, "text_wrap": True, "left": 1, "right": 1}


def wall_book(wall: Wall, language: Language, paper: PaperSize) -> bytes:
    """Return the workbook of a month or a week.

    Raises:
        Refusal: DC903, the package that writes workbooks is not installed.
    """

    def fill(book: _Book) -> None:
        name = msg("Month") if wall.kind == "month" else msg("Week")
        sheet = _Sheet(book, name, paper)
        sheet.put(0, 0, title(wall), bold=True, font_size=16)
        sheet.put(1, 0, subtitle(wall))
        end = _month(sheet, wall) if wall.kind == "month" else _week(sheet, wall)
        signs = {"ends": "[ ]", "tally": "5/6", "came": "✓", "amiss": "!", "provisional": "?", "closed": "–"}
        for place, (kind, text) in enumerate(legend(wall)):
            sheet.put(end + 1 + place, 0, msg("{sign} {text}", sign=signs[kind], text=text))
        sheet.put(end + 2 + len(list(legend(wall))), 0, known(wall))
        _visits(_Sheet(book, msg("Visits"), paper), wall)

    return _written(fill, wall.known, language)


def day_book(listed: DayList, language: Language) -> bytes:
    """Return the workbook of a day's list.

    Raises:
        Refusal: DC903, as for `wall_book`.
    """

    def fill(book: _Book) -> None:
        sheet = _Sheet(book, msg("Day"), "A4")
        sheet.put(0, 0, day_list.title(listed), bold=True, font_size=16)
        why = reason(listed.day)
        if why is not None:
            sheet.put(1, 0, why)
        headings = (*day_list.headings(), msg("Came"), msg("Initials"))
        rows: list[tuple[object, ...]] = []
        for each in listed.visits:
            _, *others = day_list.cells(each, language)
            came = "✓" if each.came else ""
            rows.append(("–" if each.at is None else each.at.time(), *others, came, ""))
        end = sheet.table(2, headings, rows, "Day")
        if listed.ends:
            sheet.put(end + 1, 0, msg("Last day of the window, and not booked"), bold=True)
            for place, (code, visit, label) in enumerate(listed.ends):
                sheet.put(end + 2 + place, 1, code)
                sheet.put(end + 2 + place, 2, msg("{visit}: {label}", visit=visit, label=label))

    return _written(fill, listed.known, language)


class _Book:
    """A workbook, its formats made once each, and the language of its texts."""

    def __init__(self, book: Any, language: Language) -> None:
        self.book, self.language = book, language
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def say(self, text: object) -> str:
        return render(text, self.language)

    def look(self, **how: object) -> Any:
        key = tuple(sorted(how.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"valign": "top", **how})
        return self._formats[key]


class _Sheet:
    """One sheet, set up to be printed sideways and one page wide."""

    def __init__(self, book: _Book, name: object, paper: PaperSize) -> None:
        self.book = book
        self.sheet = book.book.add_worksheet(book.say(name))
        self.sheet.set_landscape()
        self.sheet.set_paper(_PAPERS[paper])
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.4, bottom=0.4)

    def put(self, row: int, column: int, value: object, **how: object) -> None:
        look = self.book.look(**how)
        if isinstance(value, dt.date):
            self.sheet.write_datetime(row, column, value, look)
        else:
            self.sheet.write_string(row, column, self.book.say(value), look)

    def table(self, row: int, headings: Sequence[object], rows: Sequence[Sequence[object]], name: str) -> int:
        """Write a real table, with filters, and return the row behind it."""
        said = [self.book.say(heading) for heading in headings]
        for column, heading in enumerate(said):
            self.sheet.set_column(column, column, _width([heading, *(_shown(line[column]) for line in rows)]))
        last = row + max(len(rows), 1)  # a table has a row, be it empty
        columns = [{"header": heading} for heading in said]
        self.sheet.add_table(
            row, 0, last, len(said) - 1, {"name": name, "columns": columns, "style": "Table Style Light 15"}
        )
        for place, line in enumerate(rows):
            for column, value in enumerate(line):
                self._cell(row + 1 + place, column, value)
        self.sheet.repeat_rows(row)
        self.sheet.freeze_panes(row + 1, 0)
        return last + 1

    def _cell(self, row: int, column: int, value: object) -> None:
        if isinstance(value, dt.date):
            self.sheet.write_datetime(row, column, value, self.book.look(num_format=_DAY))
        elif isinstance(value, dt.time):
            self.sheet.write_datetime(row, column, value, self.book.look(num_format=_CLOCK))
        elif value != "":
            self.sheet.write_string(row, column, self.book.say(value), self.book.look(text_wrap=True))


def _written(fill: Callable[[_Book], None], known: dt.datetime, language: Language) -> bytes:
    try:
        import xlsxwriter
    except ModuleNotFoundError as error:
        raise refuse(
            "DC903",
            msg("workbooks are written by the package XlsxWriter, which is not installed"),
            msg("install it with: pip install 'dosecalc[excel]'; or let the file's name end in .pdf"),
        ) from error
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": known.replace(tzinfo=None, microsecond=0), "author": "dosecalc"})
        fill(_Book(book, language))
    return stream.getvalue()


def _shown(value: object) -> str:
    return "0000-00-00" if isinstance(value, dt.date) else str(value)


def _width(texts: Iterable[str]) -> int:
    """The width of a column in characters of Excel; a Chinese one counts twice."""
    longest = max(sum(2 if ord(each) > 0x2E7F else 1 for each in text) for text in texts)
    return min(max(longest + 3, 8), _WIDEST)


def _fill(day: WallDay) -> dict[str, object]:
    return {} if day.open else {"bg_color": _GREY}


def _head(day: WallDay, book: _Book) -> str:
    why = reason(day)
    parts = [day.tally, "?" if day.provisional else "", "" if why is None else book.say(why)]
    return "  ".join(part for part in parts if part)


def _lines(day: WallDay) -> list[str]:
    return [*(visit_text(each) for each in day.visits), *(f"[{' '.join(each)}]" for each in day.ends)]


def _month(sheet: _Sheet, wall: Wall) -> int:
    """Write the month, every visit in a cell of its own, and return the row behind it."""
    sheet.sheet.set_column(0, 6, _width(["x" * 18, *(line for day in wall.days for line in _lines(day))]))
    for place in range(7):
        monday = dt.date(2024, 1, 1) + dt.timedelta(days=place)
        sheet.put(3, place, weekday(monday), bold=True, bottom=1)
    row = 4
    for week in in_weeks(wall):
        tall = max(3, *(len(_lines(day)) for day in week if day))
        for place, day in enumerate(week):
            if day is None:
                continue
            sheet.put(
                row, place, day.day, bold=True, num_format="d", align="left", top=1, left=1, right=1, **_fill(day)
            )
            sheet.put(row + 1, place, _head(day, sheet.book), **_SMALL, **_fill(day))
            lines = _lines(day) + [""] * (tall - len(_lines(day)))
            for below, line in enumerate(lines):
                sheet.put(row + 2 + below, place, line, left=1, right=1, **_fill(day))
        row += 2 + tall
    return row


def _week(sheet: _Sheet, wall: Wall) -> int:
    """Write the week, every visit in a cell of its own in the rows of its hour, and return the row behind it."""
    sheet.sheet.set_column(0, 0, 12)
    sheet.sheet.set_column(1, 7, _width(["x" * 18, *(line for day in wall.days for line in _lines(day))]))
    for place, day in enumerate(wall.days, 1):
        sheet.put(3, place, weekday(day.day), left=1, right=1, top=1, **_fill(day))
        sheet.put(4, place, day.day, bold=True, num_format=_DAY, align="left", left=1, right=1, **_fill(day))
        sheet.put(5, place, _head(day, sheet.book), **_SMALL, **_fill(day))
    row = 6
    hours: list[int | None] = [*rows_of_hours(wall)]
    if any(each.at is None for day in wall.days for each in day.visits):
        hours.insert(0, None)
    for hour in hours:
        cells = [[visit_text(each) for each in day.visits if _hour(each) == hour] for day in wall.days]
        shade = {} if hour is None or in_hours(wall, hour) else {"bg_color": _BAND}
        row = _rows(sheet, row, "–" if hour is None else f"{hour:02}:00", wall, cells, shade)
    if any(day.ends for day in wall.days):
        row = _rows(
            sheet, row, msg("not booked"), wall, [[f"[{' '.join(each)}]" for each in day.ends] for day in wall.days], {}
        )
    return row


def _rows(
    sheet: _Sheet, row: int, label: object, wall: Wall, cells: Sequence[Sequence[str]], shade: Mapping[str, object]
) -> int:
    tall = max(1, *(len(lines) for lines in cells))
    sheet.put(row, 0, label, align="right")
    for place, (day, lines) in enumerate(zip(wall.days, cells, strict=True), 1):
        for below in range(tall):
            line = lines[below] if below < len(lines) else ""
            top = {"top": 1} if below == 0 else {}
            sheet.put(row + below, place, line, left=1, right=1, **top, **{**shade, **_fill(day)})
    return row + tall


def _hour(each: WallVisit) -> int | None:
    return None if each.at is None else each.at.hour


_STANDS = {"booked": msg("booked"), "came": msg("came"), "amiss": msg("booked outside its window or on a closed day")}


def _visits(sheet: _Sheet, wall: Wall) -> None:
    """Write the list of visits: those that are booked or came, and those whose window ends unbooked."""
    rows: list[tuple[object, ...]] = []
    for day in wall.days:
        for each in day.visits:
            at = "" if each.at is None else each.at.time()
            rows.append((day.day, weekday(day.day), at, each.participant, each.visit, _STANDS[each.mark]))
        for code, visit in day.ends:
            stands = msg("the last day of its window, and it is not booked")
            rows.append((day.day, weekday(day.day), "", code, visit, stands))
    said = [
        tuple(sheet.book.say(value) if not isinstance(value, dt.date | dt.time) else value for value in row)
        for row in rows
    ]
    headings = (msg("Date"), msg("Day"), msg("Time"), msg("Participant"), msg("Visit"), msg("Status"))
    sheet.table(0, headings, said, "Visits")
