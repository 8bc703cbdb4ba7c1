"""The area file as a table: a row for each patch, or for each corner of its outline."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Where
from dosecalc.measuring.drawing import MOST_POINTS, MOST_RINGS, Line, Sketch
from dosecalc.measuring.entry import Cell, check_scale, coordinate, located, read_entry, too_many, unreadable
from dosecalc.notation import quoted
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from dosecalc.measuring.entry import Entry, Given
    from dosecalc.text import Message

_POINT = ("x_px", "y_px")
_DRAWN = ("ring", *_POINT)
_REQUIRED = ("name", "method", "measured_by", "date")
_KNOWN = (*_REQUIRED, "length_cm", "width_cm", "area_cm2", "scale_px_per_cm", *_DRAWN)
_MOST_ROWS = MOST_POINTS + MOST_RINGS
_RING = re.compile(r"outline|hole [1-9][0-9]{0,3}", re.ASCII)


@dataclass(slots=True)
class _Patch:
    """The rows of one patch, as they are collected: what its first row says, and its rings."""

    cells: dict[str, Cell | None]
    place: Cell
    rings: dict[str, tuple[list[tuple[Decimal, Decimal]], list[int]]] = field(default_factory=dict)
    last_ring: str = ""
    sound: bool = True


def read_csv_areas(
    text: str, file: str, given: Given, findings: list[Finding]
) -> tuple[list[tuple[Entry, Cell]], Decimal | None, Cell]:
    """Return the patches of a table with their places, the scale that it states, and the place of the scale.

    Adds to `findings`: DC382, columns, rows and cells; what `read_entry` and `check_scale` add.

    Raises:
        InvalidFile: DC380, not comma-separated text, or nothing in it; DC387, too many rows.
    """
    return _Table(file, given, findings).read(text)


class _Table:
    """Reads one table; what is wrong goes to `findings`."""

    def __init__(self, file: str, given: Given, findings: list[Finding]) -> None:
        self._file, self._given, self._findings = file, given, findings
        self._patches: list[_Patch] = []
        self._rings = 0
        self._scale: Decimal | None = None
        self._scale_place = Cell("", Where(file))

    def read(self, text: str) -> tuple[list[tuple[Entry, Cell]], Decimal | None, Cell]:
        rows = _filled_rows(text, self._file)
        line, header = next(rows, (0, []))
        width = len(header)
        while header and not header[-1].strip():  # spreadsheets write the empty columns beside a table, too
            header.pop()
        columns = self._columns(header, line)
        number = 0
        for number, (line, row) in enumerate(rows, 1):
            if number > _MOST_ROWS:
                raise too_many(msg("the file has more than {most} rows", most=f"{_MOST_ROWS:,}"), Where(self._file))
            if len(row) != width or any(map(str.strip, row[len(header) :])):  # one more may be a decimal comma
                what = msg("this row has {cells} cells, and the header has {width}", cells=len(row), width=width)
                mend = msg('check the commas of this row; put a text that holds a comma in "…"')
                self._wrong(Cell("", Where(self._file, line)), what, mend)
                continue
            cells = {
                name: Cell(row[place], Where(self._file, line, place + 1), name)
                for name, place in columns
                if row[place].strip()
            }
            if stated := cells.pop("scale_px_per_cm", None):
                self._state_scale(stated, drawn="x_px" in cells or "y_px" in cells)
            self._row(cells, Cell("", Where(self._file, line)))
        if not number:
            what = msg("the file has a header and no patch")
            raise unreadable(what, msg("write one row for each patch below the header"), Where(self._file))
        entries = [(entry, patch.place) for patch in self._patches if (entry := self._entry(patch)) is not None]
        return entries, self._scale, self._scale_place

    def _columns(self, header: Sequence[str], line: int) -> list[tuple[str, int]]:
        if not header:
            raise unreadable(msg("the file is empty"), msg("check that this is the right file"), Where(self._file))
        columns: dict[str, int] = {}
        for place, name in enumerate(header):
            where = Cell(name, Where(self._file, line, place + 1))
            if name not in _KNOWN:
                what = msg("the column {name} is not known", name=quoted(name))
                self._wrong(where, what, msg("write one of: {columns}", columns=", ".join(_KNOWN)))
            elif name in columns:
                self._wrong(where, msg("the column {name} is there twice", name=quoted(name)), msg("keep one of them"))
            else:
                columns[name] = place
        if lacking := [name for name in _REQUIRED if name not in columns]:
            raise unreadable(
                msg("this is not an area file: it has no column {columns}", columns=", ".join(lacking)),
                msg("put commas between the columns; schedules/README.md names them all"),
                Where(self._file, line),
            )
        return list(columns.items())

    def _state_scale(self, place: Cell, *, drawn: bool) -> None:
        if not drawn:  # a decimal comma moves what follows into the next column
            what = msg("a scale stands in a row without a point")
            self._wrong(place, what, msg("write it beside the points; check that decimals have a point, not a comma"))
            return
        if place.text == self._scale_place.text:
            return
        scale = located(place, check_scale, self._findings)
        if self._scale_place.text and scale is not None and scale != self._scale:
            what = msg("the file states two scales, {one} and {other}", one=self._scale_place.text, other=place.text)
            self._wrong(place, what, msg("patches of another photo belong in a file of their own"))
        elif scale is not None:
            self._scale, self._scale_place = scale, place

    def _row(self, cells: dict[str, Cell], place: Cell) -> None:
        drawn = any(name in cells for name in _DRAWN)
        name = cells.get("name")
        patch = self._patches[-1] if self._patches else None
        before = patch.cells.get("name") if patch else None
        if patch is None or name is None or before is None or name.text != before.text or not (drawn and patch.rings):
            own: dict[str, Cell | None] = {key: cell for key, cell in cells.items() if key not in _DRAWN}
            patch = _Patch(cells=own, place=Cell("", place.where))
            self._patches.append(patch)
        else:
            self._repeats(patch, cells)
        if drawn:
            self._corner(patch, cells, place)

    def _repeats(self, patch: _Patch, cells: dict[str, Cell]) -> None:
        """Check that a later row of a patch says nothing else than its first one."""
        for key, cell in cells.items():
            first = patch.cells.get(key)
            if key not in _DRAWN and (first is None or first.text != cell.text):
                what = msg("{text} differs from what the first row of this patch says", text=quoted(cell.text))
                self._wrong(cell, what, msg("leave the cell empty, or write the same; another patch has another name"))

    def _corner(self, patch: _Patch, cells: dict[str, Cell], place: Cell) -> None:
        ring = cells["ring"].text if "ring" in cells else "outline"
        if not _RING.fullmatch(ring):
            what = msg("{text} is neither the outline nor a hole", text=quoted(ring))
            self._wrong(cells["ring"], what, msg('write "outline", "hole 1", "hole 2" and so on'))
            patch.sound = False
            return
        if ring != patch.last_ring and ring in patch.rings:
            what = msg("the points of {ring} are interrupted", ring=quoted(ring))
            self._wrong(cells.get("ring", place), what, msg("write all points of one ring in a row, in their order"))
            patch.sound = False
        patch.last_ring = ring
        self._rings += ring not in patch.rings
        if self._rings > MOST_RINGS:
            raise too_many(msg("the file has more than {most} outlines and holes", most=f"{MOST_RINGS:,}"), place.where)
        points, lines = patch.rings.setdefault(ring, ([], []))
        numbers = []
        for key in _POINT:
            if key not in cells:
                mend = msg("a corner needs x_px and y_px, in pixels")
                self._findings.append(Finding("DC383", msg("{key} is missing", key=key), mend, place.where, key))
                patch.sound = False
            else:
                numbers.append(located(cells[key], coordinate, self._findings))
        if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
            points.append((numbers[0], numbers[1]))
            lines.append(place.where.line)
        else:
            patch.sound = False

    def _entry(self, patch: _Patch) -> Entry | None:
        def sketch(name: str) -> Sketch:
            outer, *holes = (Line(points=points, places=lines) for points, lines in rings)
            locate = lambda line: Where(self._file, line)
            return Sketch(name=name, where=patch.place.where, outer=outer, holes=tuple(holes), locate=locate)

        rings = [patch.rings[name] for name in sorted(patch.rings, key=lambda name: name != "outline")]
        if patch.rings and "outline" not in patch.rings:
            what = msg("the patch has a hole and no outline")
            self._wrong(patch.place, what, msg('write its corners with "outline" in the column ring'))
            patch.sound = False
        entry = read_entry(patch.cells, sketch if rings else None, patch.place, self._given, self._findings)
        return entry if patch.sound else None

    def _wrong(self, place: Cell, what: Message, mend: Message) -> None:
        self._findings.append(Finding("DC382", what, mend, place.where, place.path))


def _filled_rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not empty, with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        what = msg("the quotation marks of this row do not fit ({reason})", reason=str(error))
        mend = msg('put a text that holds a comma or a line break in "…", and write " within it as ""')
        raise unreadable(what, mend, Where(file, line)) from error
