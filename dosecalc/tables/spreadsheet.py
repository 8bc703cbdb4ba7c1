"""The cells of an .xlsx workbook → text.

Numbers in a workbook are doubles: a summed cell can hold 3.0000000000000004, which rounds up to 4 sites. They are read
at 15 significant digits, what the spreadsheet itself shows, and every cell where that makes a difference is shown back
(safety rules, "Spreadsheets"). Text stays the text that it is.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from dosecalc.dosing.result import Warned
from dosecalc.errors import Finding, InvalidFile, Where
from dosecalc.tables.rows import MOST_BYTES, bad_file
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_calamine import CalamineSheet, CalamineWorkbook

    from dosecalc.tables.rows import Record

_KEY_COLUMN = "participant"
_MOST_UNPACKED = 5 * MOST_BYTES
_NAMED = 20
"""How many cells with more than 15 digits are named one by one."""
_KEPT_WHOLE = 10**15
"""Below this a double keeps 15 digits of a whole number and more; above, not all of its digits are what was typed."""
_CELL = re.compile(rb'<c\s[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_MOST_CELLS = 20_000_000
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)


def read_sheet(data: bytes, file: str) -> tuple[Iterator[Record], tuple[Warned, ...]]:
    """Return the rows of the one sheet that holds participants, all cells as text, and what should be known of them.

    Raises:
        InvalidFile: DC610, not a workbook that can be read; DC613, it is empty; DC614, it is not clear which sheet is
            meant; DC615, cells that hold a truth value, an error, a time without a date, or a whole number of more
            digits than a workbook keeps.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            _check_size(parts, file)
            _check_extent(parts, file)
            sheet, notes = _choose(CalamineWorkbook.from_filelike(io.BytesIO(data)), file)
            findings = list(_error_cells(parts, sheet.name, file))
        cells = sheet.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, RuntimeError) as error:
        raise bad_file(
            "DC610",
            msg("the workbook cannot be read ({reason})", reason=str(error)),
            msg("open it in the spreadsheet program and save it again as .xlsx, without a password"),
            Where(file),
        ) from error
    records, rounded = _texts(cells, file, findings)
    if findings:
        raise InvalidFile(sorted(findings, key=lambda finding: finding.where or Where(file)))
    return iter(records), (*notes, *_shown_back(rounded))


def _check_size(parts: zipfile.ZipFile, file: str) -> None:
    size = sum(part.file_size for part in parts.infolist())
    if size > _MOST_UNPACKED:  # a few thousand bytes can be packed so that they fill the memory
        raise bad_file(
            "DC610",
            msg("unpacked, the workbook has {size} bytes; at most {most} are read", size=size, most=_MOST_UNPACKED),
            msg("check that this is the right file, or divide it"),
            Where(file),
        )


def _check_extent(parts: zipfile.ZipFile, file: str) -> None:
    """Refuse a sheet with a cell far away from the others: the library would reserve memory for all between them."""
    for name in parts.namelist():
        if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
            continue
        columns, rows = b"A", 1
        for found in _CELL.finditer(parts.read(name)):
            columns = max(columns, found[1], key=lambda letters: (len(letters), letters))
            rows = max(rows, int(found[2]))
        last = _where(f"{columns.decode()}{rows}", file)
        if last.line * last.column > _MOST_CELLS:
            raise bad_file(
                "DC610",
                msg("the sheet reaches to cell {place}", place=f"{columns.decode()}{rows}"),
                msg("delete the empty rows and columns behind the participants, and save it again"),
                Where(file),
            )


def _choose(workbook: CalamineWorkbook, file: str) -> tuple[CalamineSheet, tuple[Warned, ...]]:
    """The only sheet with something on it, or the only one that has the column `participant`."""
    filled = [sheet for name in workbook.sheet_names if (sheet := workbook.get_sheet_by_name(name)).height]
    if not filled:
        raise bad_file("DC613", msg("the workbook is empty"), msg("check that this is the right file"), Where(file))
    if len(filled) == 1:
        return filled[0], ()
    meant = [sheet for sheet in filled if any(_KEY_COLUMN in row for row in sheet.to_python(nrows=1))]
    if len(meant) != 1:
        raise bad_file(
            "DC614",
            msg("the workbook has several sheets: {names}", names=", ".join(sheet.name for sheet in filled)),
            msg("keep the column '{column}' on one sheet only, or save that sheet as a file", column=_KEY_COLUMN),
            Where(file),
        )
    text = msg("of several sheets the one called {name} was read, which has the participants", name=meant[0].name)
    return meant[0], (Warned(code="sheet", text=text),)


def _texts(
    rows: Sequence[Sequence[object]], file: str, findings: list[Finding]
) -> tuple[list[Record], list[tuple[str, str, str]]]:
    """The cells as text; what cannot be text is added to `findings`, what lost digits is listed."""
    records: list[Record] = []
    rounded: list[tuple[str, str, str]] = []
    for line, cells in enumerate(rows, 1):
        texts: list[str] = []
        for column, cell in enumerate(cells, 1):
            if isinstance(cell, str):
                texts.append(cell)
                continue
            text = _text(cell)
            if isinstance(text, Message):
                findings.append(_unreadable(text, Where(file, line, column)))
                text = ""
            elif isinstance(cell, float) and Decimal(text) != Decimal(repr(cell)):
                rounded.append((f"{_letters(column)}{line}", repr(cell), text))
            texts.append(text)
        records.append((line, texts))
    return records, rounded


def _text(cell: object) -> str | Message:
    """The text of a cell, or what is wrong with it."""
    if isinstance(cell, bool):
        return msg("the cell holds a truth value")
    if isinstance(cell, int | float):
        exact, read = Decimal(repr(cell)), Decimal(format(cell, ".15g"))
        if not read.is_finite() or (read != exact and abs(read) >= _KEPT_WHOLE):
            return msg("the cell holds a number of more than 15 digits, and a workbook does not keep all of them")
        return f"{read:f}"
    if isinstance(cell, dt.datetime):
        # The clock is a fraction of a day, so that a full minute can come as 59.9999 seconds.
        moment = (cell + dt.timedelta(milliseconds=500)).replace(microsecond=0)
        if moment.time() == dt.time(0):
            return moment.date().isoformat()
        return moment.isoformat(timespec="seconds" if moment.second else "minutes")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return msg("the cell holds a time without a date")


def _error_cells(parts: zipfile.ZipFile, sheet: str, file: str) -> Iterator[Finding]:
    """Yield the cells that hold an error such as #N/A; the library gives them as empty, and empty is something else."""
    with parts.open(_part(parts, sheet)) as stream:
        for _, element in ElementTree.iterparse(stream):
            name = element.tag.rpartition("}")[2]
            if name == "c" and element.get("t") == "e":
                what = msg("the cell holds an error ({error})", error=element.findtext("{*}v") or "#")
                yield _unreadable(what, _where(element.get("r", ""), file))
            elif name == "row":
                element.clear()


def _part(parts: zipfile.ZipFile, sheet: str) -> str:
    """The part of the workbook in which the sheet stands (ECMA-376, part 1, section 12.3.24)."""
    book = ElementTree.fromstring(parts.read("xl/workbook.xml"))
    links = ElementTree.fromstring(parts.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links.iterfind("{*}Relationship")}
    for element in book.iterfind("{*}sheets/{*}sheet"):
        if element.get("name") == sheet:
            link = next((value for key, value in element.items() if key.endswith("}id")), None)
            target = targets.get(link, "")
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)


def _where(place: str, file: str) -> Where:
    found = _PLACE.fullmatch(place)
    if found is None:
        return Where(file)
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return Where(file, int(found[2]), column)


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _unreadable(what: Message, where: Where) -> Finding:
    mend = msg("write the value itself: a text, a number of at most 15 digits, a date, or a date with a time")
    return Finding("DC615", what, mend, where)


def _shown_back(rounded: Sequence[tuple[str, str, str]]) -> Iterator[Warned]:
    """What was read from the cells that hold more than 15 digits."""
    for place, exact, read in rounded[:_NAMED]:
        text = msg("cell {place} holds {exact} and was read as {read}", place=place, exact=exact, read=read)
        yield Warned(code="read-at-15-digits", text=text)
    if len(rounded) > _NAMED:
        text = msg("{count} more cells were read at 15 significant digits", count=len(rounded) - _NAMED)
        yield Warned(code="read-at-15-digits", text=text)
