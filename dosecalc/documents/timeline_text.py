"""The visits as small bars on a common time axis, for a terminal: one line for each visit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.documents.scale import begin, end, extent, middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.documents.scale import Extent
    from dosecalc.visits.visit import Moment, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """The characters of a bar; each is one column wide."""

    first: str
    last: str
    stated: str
    site: str
    target: str
    actual: str
    pending: str


UNICODE = Signs(first="├", last="┤", stated="─", site="╌", target="◆", actual="●", pending="?")
ASCII = Signs(first="|", last="|", stated="-", site=".", target="+", actual="x", pending="?")


def timeline_text(visits: Sequence[Visit], width: int, *, ascii_only: bool = False) -> list[str]:
    """Return one line of exactly `width` columns for each visit, all on one axis.

    `├──◆──┤` is a window round its target (`├╌╌◆╌╌┤` where the window is the site's), a bare `◆` a target without
    a window, `●` the actual date, `?` at the end a visit whose date is not known. `ascii_only` is for terminals that
    cannot show these.

    Raises:
        ValueError: `width` is below 1.
    """
    if width < 1:
        raise ValueError("a timeline needs at least one column")
    signs = ASCII if ascii_only else UNICODE
    shown = extent(visits)
    return ["".join(_line(visit, shown, width, signs)) for visit in visits]


def timeline_axis(visits: Sequence[Visit], width: int) -> str:
    """Return the heading of the lines: the first day of the axis to the left, the last one to the right.

    Where both do not fit, they are without the year; where that does not fit either, the heading is blank.
    """
    shown = extent(visits)
    if shown is None:
        return " " * width
    columns = _Columns.of(shown, width)
    used = columns.count + 2 * columns.margin
    first, last = dt.date.fromordinal(shown.first), dt.date.fromordinal(shown.last)
    for one, other in ((first.isoformat(), last.isoformat()), (first.isoformat()[5:], last.isoformat()[5:])):
        if first == last and len(one) <= width:
            return one.ljust(width)
        if len(one) + len(other) < used:
            return (one + other.rjust(used - len(one))).ljust(width)
    return " " * width


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column a minute falls into.

    Where there is room, each day has columns of its own, the same odd number (at most 7), so that equal windows look
    equal and a target stands in the middle of its day. Else days share columns, and a margin leaves room for the ends.
    """

    shown: Extent
    count: int
    margin: int

    @classmethod
    def of(cls, shown: Extent, width: int) -> _Columns:
        each = min(width // shown.days, 7)
        if each:
            return cls(shown, shown.days * (each - 1 + each % 2), 0)
        margin = 1 if width > 2 else 0
        return cls(shown, width - 2 * margin, margin)

    def at(self, minute: int) -> int:
        return self.margin + min(self.shown.place(minute, self.count), self.count - 1)


def _line(visit: Visit, shown: Extent | None, width: int, signs: Signs) -> list[str]:
    cells = [" "] * width
    if shown is None or (visit.target is None and visit.actual is None):
        cells[-1] = signs.pending
        return cells
    columns = _Columns.of(shown, width)
    if visit.target is not None:
        if visit.earliest is not None and visit.latest is not None and visit.window != "anchor":
            _window(cells, visit.earliest, visit.target, visit.latest, columns, signs, site=visit.window == "site")
        cells[columns.at(middle(visit.target))] = signs.target
    if visit.actual is not None:
        cells[columns.at(middle(visit.actual))] = signs.actual
    return cells


def _window(
    cells: list[str], earliest: Moment, target: Moment, latest: Moment, columns: _Columns, signs: Signs, *, site: bool
) -> None:
    """Draw the bar. A window that is open to one side of its target shows there, though it be less than a column."""
    mark = columns.at(middle(target))
    first, last = columns.at(begin(earliest)), columns.at(max(begin(latest), end(latest) - 1))
    if earliest < target:
        first = max(min(first, mark - 1), 0)
    if target < latest:
        last = min(max(last, mark + 1), len(cells) - 1)
    for column in range(first, last + 1):
        cells[column] = signs.site if site else signs.stated
    if first < mark:
        cells[first] = signs.first
    if mark < last:
        cells[last] = signs.last
