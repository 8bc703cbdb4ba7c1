"""What is wrong with the rows of a table: everything is collected, every row is named (R8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from dosecalc.errors import Finding, Refusal
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T", bound=np.dtype[Any])
Flags = np.ndarray[Any, np.dtype[np.bool_]]
"""One truth value for each row."""

_BLOCK = 16_384


class Problems:
    """What is wrong with the rows of a table; all of it is said at once."""

    __slots__ = ("findings",)

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, code: str, what: Message, mend: Message, rows: Flags) -> None:
        """Report the flagged rows, if there are any."""
        if rows.any():
            finding = Finding(code, msg("{rows}: {what}", rows=row_words(rows), what=what), mend)
            if finding not in self.findings:  # a row may have the same problem at several visits
                self.findings.append(finding)

    def take(self, refusal: Refusal, rows: Flags) -> None:
        """Report what was refused for the flagged rows."""
        for finding in refusal.findings:
            self.add(finding.code, finding.what, finding.mend, rows)

    def raise_any(self) -> None:
        """Raise everything that was reported.

        Raises:
            Refusal: with all findings.
        """
        if self.findings:
            raise Refusal(self.findings)


def row_words(rows: Flags) -> Message:
    """Return the numbers of the flagged rows, of which there is one at least, counted from 1, runs of them as `3-7`."""
    places = np.flatnonzero(rows) + 1
    breaks = np.flatnonzero(np.diff(places) != 1)
    firsts = places[np.concatenate(([0], breaks + 1))].tolist()
    lasts = places[np.concatenate((breaks, [len(places) - 1]))].tolist()
    runs = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(firsts, lasts, strict=True))
    return msg("row {rows}", rows=runs) if len(places) == 1 else msg("rows {rows}", rows=runs)


def different(series: pd.Series[Any]) -> tuple[np.ndarray[Any, np.dtype[np.intp]], Sequence[Any]]:
    """Return each row's number among the different values of a column, -1 where there is none, and these values."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, categories = pd.factorize(series)
        return codes, categories.tolist()
    # As objects: pandas' own columns of texts take twice the time.
    codes, values = pd.factorize(series.to_numpy(object))
    return codes, values.tolist()


def positions(series: pd.Series[Any], names: Sequence[str]) -> np.ndarray[Any, Any]:
    """Return each row's position in `names`, -1 where it is none of them."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        known = {name: place for place, name in enumerate(names)}
        table = [known.get(category, -1) for category in series.cat.categories]
        return look_up(np.array([*table, -1], _narrow(names)), series.cat.codes.to_numpy())
    return pd.Index(names).get_indexer(pd.Index(series)).astype(_narrow(names))


def _narrow(names: Sequence[str]) -> str:
    return "i1" if len(names) < 128 else "i8"  # one byte a row is read fastest


def look_up(table: np.ndarray[Any, T], codes: np.ndarray[Any, Any]) -> np.ndarray[Any, T]:
    """Return `table[codes]`, without the copy of all codes as 64-bit numbers that numpy makes for it."""
    found = np.empty(len(codes), table.dtype)
    for block in blocks(len(codes)):
        found[block] = table[codes[block]]
    return found


def blocks(count: int) -> Iterator[slice]:
    """Yield slices that cover `count` rows. What is computed block by block stays in the processor's cache."""
    return (slice(start, start + _BLOCK) for start in range(0, count, _BLOCK))
