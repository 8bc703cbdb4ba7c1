"""A plain table whose columns line up, Chinese ones too.

The library for this takes longer to import than a dose takes to calculate, and `dose` and `schedule` are waited for.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NARROW = 4
"""No column is made narrower, but where everything in it is."""
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_CLOSING = "[，。、；：！？）】》”]*"
_PIECE = re.compile(
    rf"[(（]?\d[\d.,]*(?: ×)? (?:[\u4e00-\u9fff]{{1,4}}|[^\s{_WIDE}]+){_CLOSING}"
    rf"|[（《“]?[{_WIDE}]{_CLOSING}|[^\s{_WIDE}]+{_CLOSING}|\s+"
)
"""What a line is not broken within: a number with what it counts, a Chinese character or a word with the punctuation
behind it, spaces."""


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal: two for a wide East Asian character, none for a combining mark."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def table(
    headings: Sequence[str], right: Sequence[bool], rows: Sequence[Sequence[str]], room: int | None = None
) -> list[str]:
    """Lay out the lines of a table; `right[n]` says whether column n is aligned to the right.

    A list of things and their values has no headings (all of them empty): then it has no lines for them, either. Where
    there is only `room` for so many columns of the terminal, the widest cells are broken between words.
    """
    lines = [headings, *rows]
    widths = [max(display_width(line[n]) for line in lines) for n in range(len(headings))]
    if room is not None and _total(widths) > room:
        _fit(widths, lines, room)

    def laid(cells: Sequence[str]) -> list[str]:
        broken = [_broken(cell, width) for cell, width in zip(cells, widths, strict=True)]
        return [
            _line([part[n] if n < len(part) else "" for part in broken], widths, right)
            for n in range(max(map(len, broken), default=0))
        ]

    head = [*laid(headings), "  ".join("─" * width for width in widths)] if any(headings) else []
    return [*head, *(line for row in rows for line in laid(row))]


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = []
    for cell, width, to_the_right in zip(cells, widths, right, strict=True):
        space = " " * (width - display_width(cell))
        parts.append(space + cell if to_the_right else cell + space)
    return "  ".join(parts).rstrip()


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _fit(widths: list[int], lines: Sequence[Sequence[str]], room: int) -> None:
    """Make the widest columns narrower until all fit, as far as no word has to be broken; headings before cells."""
    cells = [max((display_width(line[n]) for line in lines[1:]), default=0) for n in range(len(widths))]
    least = [
        min(width, max(_NARROW, *(display_width(piece) for line in lines for piece in _PIECE.findall(line[n]))))
        for n, width in enumerate(widths)
    ]
    while _total(widths) > room:
        wide = [n for n, width in enumerate(widths) if width > least[n]]
        if not wide:
            return
        widths[max(wide, key=lambda n: (widths[n] > cells[n], widths[n]))] -= 1


def _broken(cell: str, width: int) -> list[str]:
    """A cell as lines that are not wider, but for a word that is."""
    if display_width(cell) <= width:
        return [cell]
    lines = [""]
    for piece in _PIECE.findall(cell):
        if display_width(lines[-1] + piece) <= width:
            lines[-1] += piece
        elif not piece.isspace():
            lines.append(piece)
    return [line.rstrip() for line in lines if line.strip()] or [cell]
