"""A list of e-mail addresses → who is written to where. It stays with the site and never enters a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.errors import Finding, InvalidFile, Where, refuse
from dosecalc.participant_code import check_code
from dosecalc.protocol.delivery_checks import wrong_address
from dosecalc.tables.participants import Row
from dosecalc.tables.rows import read_table
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Collection

COLUMNS = ("participant", "email")


def read_addresses(data: bytes, file: str, known: Collection[str]) -> dict[str, str]:
    """Return the address of each participant; `known` are the codes of the study.

    Raises:
        InvalidFile: what `read_table` finds; DC897, a column is unknown or missing, a code is unknown or stands there
            twice; DC620, a code is none; DC619, an address is missing; DC890, it is none.
    """
    table = read_table(data, file)
    findings = list(table.findings)
    place = {name: number for number, name in enumerate(table.header)}
    mend = msg("its columns are: {columns}", columns=", ".join(COLUMNS))
    for number, name in enumerate(table.header):
        if name not in COLUMNS:
            what = msg("a list of addresses has no column '{name}'", name=name)
            findings.append(Finding("DC897", what, mend, Where(file, table.header_line, number + 1)))
    for name in COLUMNS:
        if name not in place:
            what = msg("the list of addresses has no column '{name}'", name=name)
            findings.append(Finding("DC897", what, mend, Where(file, table.header_line)))
    if findings:
        raise InvalidFile(findings)
    found: dict[str, str] = {}
    for line, cells in zip(table.lines, table.rows, strict=True):
        row = Row(file, line, cells, place)
        code = row.read("participant", check_code, blank="parse")
        address = row.read("email", _address, blank="refuse")
        if code is not None and code not in known:
            row.refuse("participant", refuse(
                "DC897",
                msg("this study has nobody with the code {code}", code=code),
                msg("correct the code, or delete the row"),
            ))  # fmt: skip
        elif code is not None and code in found:
            row.refuse("participant", refuse(
                "DC897",
                msg("{code} stands in the list twice", code=code),
                msg("leave one address for each participant"),
            ))  # fmt: skip
        findings += row.findings
        if code is not None:
            found[code] = address or ""
    if findings:
        raise InvalidFile(findings)
    return found


def _address(text: str) -> str:
    if (what := wrong_address(text)) is not None:
        raise refuse("DC890", what, msg("write one address, without a name or brackets: p001@post.example"))
    return text
