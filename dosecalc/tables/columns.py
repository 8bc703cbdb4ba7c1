"""The columns of a participants file: which there are, which are needed, and which are not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, InvalidFile, Where
from dosecalc.notation import quoted
from dosecalc.protocol.dose_rule import PerArea, PerSite
from dosecalc.protocol.occurrences import occurrences
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.protocol.model import Protocol
    from dosecalc.tables.rows import Table

PLAIN = ("participant", "start", "arm", "language")
FOR_DOSES = ("area_cm2", "area_method", "area_measured_by", "area_date", "weight_kg", "level")
"""Columns that only doses need."""
AREA = "area_cm2"
MEASURED = ("area_method", "area_measured_by", "area_date")
AGAIN = (AREA, *MEASURED)
"""Columns that may stand for a visit, too, with its id behind them: `area_cm2_W4`."""
BOOK, REASON, ACTUAL, ANCHOR = "book_", "outside_window_", "actual_", "anchor_"

_PERHAPS, _SURELY = 0.6, 0.8
"""How alike two names are, from 0 to 1: enough to ask for one instead of the other, and to read one as the other."""

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
    areas: Named
    """Areas that were measured again."""
    records: Named
    """How these were measured: any of three columns, the visit's id behind its name (`area_method_W4`)."""
    doses: bool
    """Whether doses are planned: always in an open trial, in a masked one where there is a column `arm` (R15)."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with the columns although the rows can be read: nothing may be written, only checked."""


def find_columns(table: Table, protocol: Protocol) -> Columns:
    """Return where the columns of `table` stand.

    A misspelt column is read as the one that is surely meant, and one that nobody knows is passed over, so that what is
    wrong with the rows is said in the same breath; `findings` has the mistakes.

    Raises:
        InvalidFile: no row can be read: DC616, a column stands twice; DC618, one is missing. With these all that is
            wrong with the columns and the shape of the table: DC612, DC616, DC617 (a column is not known).
    """
    visits, anchors = _visits(protocol), _anchors(protocol)
    known = known_columns(protocol)
    meant = _meant(table.header, known)
    missing = list(_missing(table, meant, protocol))
    findings = (*_unreadable(table, known), *missing)
    if missing or any(table.header.count(name) > 1 for name in known):
        raise InvalidFile([*findings, *table.findings])
    place = {name: number for number, name in enumerate(meant)}

    def named(prefix: str, names: Sequence[str]) -> Named:
        return tuple((name, place[prefix + name]) for name in names if prefix + name in place)

    return Columns(
        place=place,
        bookings=named(BOOK, visits),
        reasons=named(REASON, visits),
        actual=named(ACTUAL, visits),
        anchors=named(ANCHOR, anchors),
        areas=named(f"{AREA}_", visits),
        records=tuple(pair for name in MEASURED for pair in named(f"{name}_", visits)),
        doses="arm" in place or not protocol.masking.masked,
        findings=findings,
    )


def known_columns(protocol: Protocol) -> list[str]:
    """Return every column that a table of participants of this protocol may have."""
    after_visits = [prefix + visit for prefix in (BOOK, REASON, ACTUAL) for visit in _visits(protocol)]
    again = [f"{name}_{visit}" for name in AGAIN for visit in _visits(protocol)] if _has_areas(protocol) else []
    return [*PLAIN, *FOR_DOSES, *after_visits, *(ANCHOR + anchor for anchor in _anchors(protocol)), *again]


def _has_areas(protocol: Protocol) -> bool:
    """Whether some dose of the protocol follows from an area."""
    return any(isinstance(dose.rule, PerSite | PerArea) for arm in protocol.arms.values() for dose in arm.doses)


def misspelt(header: Sequence[str], protocol: Protocol) -> Iterator[Finding]:
    """Yield DC617 for each column that is surely a known one misspelt; others are the table's own affair."""
    known = known_columns(protocol)
    for name, column in zip(header, _meant(header, known), strict=True):
        if name != column:
            what = msg("the column {name} is not known", name=quoted(name))
            yield Finding("DC617", what, msg("write '{near}', or delete the column", near=column))


def _visits(protocol: Protocol) -> tuple[str, ...]:
    return tuple(name for encounter in protocol.encounters.values() for name, _ in occurrences(encounter))


def _anchors(protocol: Protocol) -> tuple[str, ...]:
    return tuple(anchor.id for anchor in protocol.anchors.values() if anchor.given == "by_name")


def _meant(header: Sequence[str], known: Sequence[str]) -> list[str]:
    """The header with misspelt names mended where that leaves no doubt."""
    meant = list(header)
    for number, name in enumerate(header):
        written = name.strip().lower()
        near = None if name in known else _near(written, known)
        if near and near not in meant and (near.startswith(written) or _surely(written, near)):
            meant[number] = near
    return meant


def _surely(written: str, near: str) -> bool:
    """Whether one is the other misspelt; D7 and D8 are two visits however much their names are alike."""
    return _near(written, [near], _SURELY) is not None and _digits(written) == _digits(near)


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))


def _near(written: str, known: Sequence[str], alike: float = _PERHAPS) -> str | None:
    """The known column that `written`, in small letters, resembles most; None where it resembles none."""
    from difflib import get_close_matches  # only for a mistake

    lower = {column.lower(): column for column in known}
    found = get_close_matches(written, lower, n=1, cutoff=alike)
    return lower[found[0]] if found else None


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
    near = _near(name.strip().lower(), known)
    mend = (
        msg("write '{near}', or delete the column", near=near)
        if near
        else msg("the columns are: {names}; delete the others", names=", ".join(known))
    )
    return Finding("DC617", msg("the column {name} is not known", name=quoted(name)), mend, where)


def _missing(table: Table, meant: Sequence[str], protocol: Protocol) -> Iterator[Finding]:
    needed = {
        "participant": msg("add it, with each participant's code"),
        "start": msg("add it, with the date on which each participant's visits begin"),
    }
    if not protocol.masking.masked:
        needed["arm"] = msg("add it, with each participant's arm: {arms}", arms=", ".join(protocol.arms))
    for name, mend in needed.items():
        if name not in meant:
            what = msg("the column '{name}' is missing", name=name)
            yield Finding("DC618", what, mend, Where(table.file, table.header_line))
