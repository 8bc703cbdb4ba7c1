"""An allocation list → its rows. What an arm or a side may be is not known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.errors import Finding, InvalidFile, Where
from dosecalc.participant_code import check_code
from dosecalc.tables.participants import Row, free_text
from dosecalc.tables.rows import read_table
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLUMNS = ("participant", "arm", "kit", "side")


def read_allocation(data: bytes, file: str) -> Iterator[tuple[Where, Mapping[str, str]]]:
    """Yield the rows of an allocation list with their lines: participant, arm, and kit and side where it has them.

    Raises:
        InvalidFile: what `read_table` finds; DC753, a column is unknown or missing; what a cell cannot be.
    """
    table = read_table(data, file)
    findings = list(table.findings)
    place = {name: number for number, name in enumerate(table.header)}
    for number, name in enumerate(table.header):
        if name not in COLUMNS:
            what = msg("an allocation list has no column '{name}'", name=name)
            mend = msg("its columns are: {columns}", columns=", ".join(COLUMNS))
            findings.append(Finding("DC753", what, mend, Where(file, table.header_line, number + 1)))
    if "participant" not in place:
        what = msg("the column 'participant' is missing")
        mend = msg("its columns are: {columns}", columns=", ".join(COLUMNS))
        findings.append(Finding("DC753", what, mend, Where(file, table.header_line)))
    if findings:
        raise InvalidFile(findings)
    rows = []
    for line, cells in zip(table.lines, table.rows, strict=True):
        row = Row(file, line, cells, place)
        found = {"participant": row.read("participant", check_code, blank="parse")}
        found |= {name: row.read(name, free_text) for name in COLUMNS[1:]}
        findings += row.findings
        rows.append((Where(file, line), {name: text for name, text in found.items() if text}))
    if findings:
        raise InvalidFile(findings)
    yield from rows
