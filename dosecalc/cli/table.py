"""A plain table whose columns line up, Chinese ones too.

The library for this takes longer to import than a dose takes to calculate, and `dose` and `schedule` are waited for.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal: two for a wide East Asian character, none for a combining mark."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def table(headings: Sequence[str], right: Sequence[bool], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out the lines of a table; `right[n]` says whether column n is aligned to the right.

    A list of things and their values has no headings (all of them empty): then it has no lines for them, either.
    """
    widths = [max(display_width(line[n]) for line in (headings, *rows)) for n in range(len(headings))]

    def laid(cells: Sequence[str]) -> str:
        parts = []
        for cell, width, to_the_right in zip(cells, widths, right, strict=True):
            space = " " * (width - display_width(cell))
            parts.append(space + cell if to_the_right else cell + space)
        return "  ".join(parts).rstrip()

    head = [laid(headings), "  ".join("─" * width for width in widths)] if any(headings) else []
    return [*head, *(laid(row) for row in rows)]
