"""The visits as small bars on a common time axis, for a terminal: one line for each visit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.documents.scale import begin, end, extent, middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.documents.scale import Extent
    from dosecalc.visits.visit import Visit


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
    used = _used(shown, width)
    first, last = dt.date.fromordinal(shown.first), dt.date.fromordinal(shown.last)
    for one, other in ((first.isoformat(), last.isoformat()), (first.isoformat()[5:], last.isoformat()[5:])):
        if first == last and len(one) <= width:
            return one.ljust(width)
        if len(one) + len(other) < used:
            return (one + other.rjust(used - len(one))).ljust(width)
    return " " * width


def _used(shown: Extent, width: int) -> int:
    """How many columns the axis takes: where days have columns of their own, the same odd number each, at most 7.

    So equal windows look equal, and a target has a middle to stand in.
    """
    each = min(width // shown.days, 7)
    return shown.days * (each - 1 + each % 2) if each else width


def _line(visit: Visit, shown: Extent | None, width: int, signs: Signs) -> list[str]:
    cells = [" "] * width
    if shown is None or (visit.target is None and visit.actual is None):
        cells[-1] = signs.pending
        return cells
    width = _used(shown, width)
    if visit.earliest is not None and visit.latest is not None and visit.window != "anchor":
        first = _column(begin(visit.earliest), shown, width)
        last = _column(max(begin(visit.latest), end(visit.latest) - 1), shown, width)
        bar = signs.site if visit.window == "site" else signs.stated
        cells[first : last + 1] = bar * (last + 1 - first)
        cells[first], cells[last] = signs.first, signs.last
    if visit.target is not None:
        cells[_column(middle(visit.target), shown, width)] = signs.target
    if visit.actual is not None:
        cells[_column(middle(visit.actual), shown, width)] = signs.actual
    return cells


def _column(minute: int, shown: Extent, width: int) -> int:
    return min(shown.place(minute, width), width - 1)
