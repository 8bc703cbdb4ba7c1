"""The columns of a participants file: which there are, which are needed, and which are not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, InvalidFile, Where
from dosecalc.notation import quoted
from dosecalc.protocol.occurrences import occurrences
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.protocol.model import Protocol
    from dosecalc.tables.rows import Table

PLAIN = ("participant", "start", "arm", "language")
FOR_DOSES = ("area_cm2", "area_method", "area_measured_by", "area_date", "weight_kg", "level")
"""Columns that only doses need."""
MEASURED = ("area_method", "area_measured_by", "area_date")
BOOK, REASON, ACTUAL, ANCHOR = "book_", "outside_window_", "actual_", "anchor_"

Named = tuple[tuple[str, int], ...]
"""The visits or anchors that columns are named after, and the places of these columns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """Where everything stands in a row, counted from 0."""

    place: dict[str, int]
    """Of every column by its whole name."""
    bookings: Named
    reasons: Named
    actual: Named
    anchors: Named
    doses: bool
    """Whether doses are planned: always in an open trial, in a masked one where there is a column `arm` (R15)."""


def find_columns(table: Table, protocol: Protocol) -> Columns:
    """Return where the columns of `table` stand.

    Raises:
        InvalidFile: DC616, a column stands twice or has no name; DC617, a column is not known; DC618, one is missing.
    """
    visits = tuple(name for encounter in protocol.encounters.values() for name, _ in occurrences(encounter))
    anchors = tuple(anchor.id for anchor in protocol.anchors.values() if anchor.given == "by_name")
    known = [*PLAIN, *FOR_DOSES]
    known += [prefix + visit for prefix in (BOOK, REASON, ACTUAL) for visit in visits]
    known += [ANCHOR + anchor for anchor in anchors]
    findings = [*_unreadable(table, known), *_missing(table, protocol)]
    if findings:
        raise InvalidFile(findings)
    place = {name: number for number, name in enumerate(table.header)}

    def named(prefix: str, names: Sequence[str]) -> Named:
        return tuple((name, place[prefix + name]) for name in names if prefix + name in place)

    return Columns(
        place=place,
        bookings=named(BOOK, visits),
        reasons=named(REASON, visits),
        actual=named(ACTUAL, visits),
        anchors=named(ANCHOR, anchors),
        doses="arm" in place or not protocol.masking.masked,
    )


def _unreadable(table: Table, known: Sequence[str]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for number, name in enumerate(table.header, 1):
        where = Where(table.file, table.header_line, number)
        if not name.strip():
            what = msg("column {number} has no name", number=number)
            yield Finding("DC616", what, msg("name the column, or delete it"), where)
        elif name in first:
            what = msg("the column '{name}' stands twice", name=name)
            yield Finding("DC616", what, msg("delete one of the two"), where)
        elif name not in known:
            yield _unknown(name, known, where)
        first.setdefault(name, number)


def _unknown(name: str, known: Sequence[str], where: Where) -> Finding:
    from difflib import get_close_matches  # only for a mistake

    lower = {column.lower(): column for column in known}
    near = get_close_matches(name.strip().lower(), lower, n=1)
    mend = (
        msg("write '{near}', or delete the column", near=lower[near[0]])
        if near
        else msg("the columns are: {names}; delete the others", names=", ".join(known))
    )
    return Finding("DC617", msg("the column {name} is not known", name=quoted(name)), mend, where)


def _missing(table: Table, protocol: Protocol) -> Iterator[Finding]:
    needed = {
        "participant": msg("add it, with each participant's code"),
        "start": msg("add it, with the date on which each participant's visits begin"),
    }
    if not protocol.masking.masked:
        needed["arm"] = msg("add it, with each participant's arm: {arms}", arms=", ".join(protocol.arms))
    for name, mend in needed.items():
        if name not in table.header:
            what = msg("the column '{name}' is missing", name=name)
            yield Finding("DC618", what, mend, Where(table.file, table.header_line))
