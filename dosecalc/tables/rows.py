"""A table of text → its header and rows, each with its line. What a cell means is not known here.

Comma-separated text and .xlsx workbooks are read; whatever two programs could read differently is refused, with the
line (R8). A `Where` of a table counts lines as the file has them, and cells from 1 as columns.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.dosing.result import Warned
from dosecalc.errors import Finding, InvalidFile, Where
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dosecalc.text import Message

MOST_BYTES = 200_000_000

_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table as it was read: texts only. Every row has as many cells as the header has names.

    `findings` are the rows that could not be read so; they are missing in `rows`. `notes` is what a reader of the
    result should know of how the file was read.
    """

    file: str
    header_line: int
    header: tuple[str, ...]
    lines: Sequence[int]
    """The line on which each row begins."""
    rows: Sequence[Sequence[str]]
    findings: tuple[Finding, ...] = ()
    notes: tuple[Warned, ...] = ()


Record = tuple[int, list[str]]
"""The line on which a row begins, and its cells."""


def read_table(data: bytes, file: str) -> Table:
    """Read the table in `data`; the end of `file` says what it is: `.csv` or `.xlsx`.

    Raises:
        InvalidFile: DC610, not a file that is read here, or too large; DC611, the encoding; DC612, text that is not
            comma-separated; DC613, there is no header or no row; DC614 and DC615, what a workbook holds.
    """
    if len(data) > MOST_BYTES:
        raise bad_file(
            "DC610",
            msg("the file has {size} bytes; at most {most} are read", size=len(data), most=MOST_BYTES),
            msg("check that this is the right file, or divide it"),
            Where(file),
        )
    ending = file.lower().rpartition(".")[2]
    if data.startswith(_OLE):
        raise bad_file(
            "DC610",
            msg("this is a workbook in the old .xls format, or one with a password"),
            msg("save it as .xlsx without a password, or as CSV UTF-8"),
            Where(file),
        )
    if ending == "xlsx" and data.startswith(_ZIP):
        from dosecalc.tables.spreadsheet import read_sheet  # imports a library of its own

        records, notes = read_sheet(data, file)
        return _table(file, records, notes)
    if ending != "csv" or data.startswith(_ZIP):
        raise bad_file(
            "DC610",
            msg("this is neither comma-separated text (.csv) nor a workbook (.xlsx)")
            if data and ending not in ("csv", "xlsx")
            else msg("the file is not what the end of its name says, .{ending}", ending=ending),
            msg("save the table as CSV UTF-8 or as .xlsx, under a name that says so"),
            Where(file),
        )
    text, notes = _decoded(data, file)
    return _table(file, _records(text, file), notes)


def bad_file(code: str, what: Message, mend: Message, where: Where) -> InvalidFile:
    """Make the error of a file with a single finding."""
    return InvalidFile([Finding(code, what, mend, where)])


def _decoded(data: bytes, file: str) -> tuple[str, tuple[Warned, ...]]:
    """The text, as UTF-8 where it is that, else as GB18030, which is what Excel writes in China.

    Nearly every text that is not UTF-8 by design fails to be it by chance, so the order decides rightly; the other way
    round GB18030 would take most of UTF-8 for something else.
    """
    save = msg("save the table as CSV UTF-8 (in Excel: Save As, CSV UTF-8)")
    if data.startswith(_UTF16) or b"\x00" in data:
        line = data.count(b"\n", 0, max(data.find(b"\x00"), 0)) + 1
        what = (
            msg("the file is Unicode text of two bytes a character (UTF-16)")
            if data.startswith(_UTF16)
            else msg("the file holds a zero byte, which no text has")
        )
        raise bad_file("DC611", what, save, Where(file, 0 if data.startswith(_UTF16) else line))
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise bad_file(
            "DC611",
            msg("the text is neither UTF-8 nor GB18030; the first byte that does not fit stands on this line"),
            save,
            Where(file, line),
        ) from error
    note = msg(
        "{file} is not UTF-8 and was read as GB18030; if its texts look wrong in the result, save it as CSV UTF-8",
        file=file,
    )
    return text, (Warned(code="read-as-gb18030", text=note),)


def _records(text: str, file: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise bad_file(
            "DC612",
            msg("the quotation marks of this row do not fit ({reason})", reason=str(error)),
            msg('put a text that holds a comma or a line break in "…", and write " within it as ""'),
            Where(file, line),
        ) from error


def _table(file: str, records: Iterable[Record], notes: tuple[Warned, ...]) -> Table:
    filled = ((line, cells) for line, cells in records if any(map(str.strip, cells)))
    header_line, names = next(filled, (0, []))
    width = max((place for place, name in enumerate(names, 1) if name.strip()), default=0)
    if not width:
        raise bad_file("DC613", msg("the file is empty"), msg("check that this is the right file"), Where(file))
    _check_separator(names, Where(file, header_line))
    lines: list[int] = []
    rows: list[list[str]] = []
    findings: list[Finding] = []
    for line, cells in filled:
        if len(cells) != width:
            if len(cells) < width or any(map(str.strip, cells[width:])):
                findings.append(_ragged(len(cells), width, Where(file, line)))
                continue
            del cells[width:]
        lines.append(line)
        rows.append(cells)
    if not lines and not findings:
        raise bad_file(
            "DC613",
            msg("the file has a header and no participant"),
            msg("write one row for each participant below the header"),
            Where(file, header_line),
        )
    return Table(
        file=file,
        header_line=header_line,
        header=tuple(names[:width]),
        lines=lines,
        rows=rows,
        findings=tuple(findings),
        notes=notes,
    )


def _check_separator(names: Sequence[str], where: Where) -> None:
    for sign, name in ((";", msg("semicolons")), ("\t", msg("tabs"))):
        if len(names) == 1 and sign in names[0]:
            raise bad_file(
                "DC612",
                msg("the columns are separated by {what}", what=name),
                msg("save the table with commas between the columns (CSV UTF-8)"),
                where,
            )


def _ragged(cells: int, width: int, where: Where) -> Finding:
    return Finding(
        "DC612",
        msg("this row has {cells} cells, and the header has {width}", cells=cells, width=width),
        msg('check the commas of this row; put a text that holds a comma in "…"'),
        where,
    )
