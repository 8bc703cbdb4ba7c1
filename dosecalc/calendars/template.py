"""A text that icalendar has rendered once, cut where its values stand, to be filled in again and again.

Values are short ASCII texts of fixed lengths without characters that RFC 5545 escapes, so a filled text folds where the
rendered one did; a value that a fold cuts is filled in as two pieces. One value may stand open to the end of its line
(`tail`): it comes escaped and folded, from `fold`.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_FOLD = "\r\n "
# icalendar ends a line before it has 75 octets; the space that begins a folded one is not counted.
_ROOM = 74
_ESCAPES = b"\\^"

_Slot = tuple[int, slice | None]
"""Which value, and which part of it, where a fold cuts it."""


class Template:
    """A text with slots for values that are known by their position in a sequence."""

    __slots__ = ("_parts", "_pieces", "_values", "tail_column")

    def __init__(self, pieces: Iterable[bytes | _Slot], tail_column: int = 0) -> None:
        """Put a template together; `cut` and `bind` do.

        `tail_column` is the number of octets that stand before the tail in its line.
        """
        self._pieces = tuple(pieces)
        self.tail_column = tail_column
        # constants and slots take turns, so that all values go in at once
        self._parts: list[bytes] = [b""]
        slots: list[_Slot] = []
        for piece in self._pieces:
            if isinstance(piece, bytes):
                self._parts[-1] += piece
            else:
                slots.append(piece)
                self._parts += [b"", b""]
        self._values = _getter(slots)

    def fill(self, values: Sequence[bytes]) -> bytes:
        """Return the text with `values` in their slots."""
        parts = self._parts.copy()
        parts[1::2] = self._values(values)
        return b"".join(parts)

    def bind(self, values: Mapping[int, bytes]) -> Template:
        """Return the template with some of its values filled in for good."""
        bound = [
            piece if isinstance(piece, bytes) or piece[0] not in values else _part(values[piece[0]], piece[1])
            for piece in self._pieces
        ]
        return Template(bound, self.tail_column)


def cut(text: str, markers: Sequence[str], tail: int | None = None) -> Template:
    """Cut `text` wherever one of `markers` stands; an empty marker has no slot.

    `tail` is the position of the marker that is open to the end of its line.
    """
    plain, folds = _unfolded(text)
    pieces: list[bytes | _Slot] = []
    tail_column = done = 0
    for start, which in _places(plain, markers):
        before = _refolded(plain, folds, done, start) if done < start else ""
        before += _FOLD if start in folds else ""
        pieces.append(before.encode())
        done = start + len(markers[which])
        if which == tail:
            begun = text[: len(plain[:start]) + len(_FOLD) * sum(fold <= start for fold in folds)]
            line = begun.rpartition("\r\n")[2]
            tail_column = len(line.encode()) - line.startswith(" ")
            pieces.append((which, None))
            continue
        cuts = [0, *(fold - start for fold in folds if start < fold < done), done - start]
        for begin, end in pairwise(cuts):
            pieces += [_FOLD.encode()] if begin else []
            pieces.append((which, None if len(cuts) == 2 else slice(begin, end)))
    pieces.append(_refolded(plain, folds, done, len(plain) + 1).encode())
    return Template(pieces, tail_column)


def _getter(slots: Sequence[_Slot]) -> Callable[[Sequence[bytes]], Sequence[bytes]]:
    if len(slots) > 1 and all(part is None for _, part in slots):
        return itemgetter(*(which for which, _ in slots))
    return lambda values: [_part(values[which], part) for which, part in slots]


def _part(value: bytes, part: slice | None) -> bytes:
    return value if part is None else value[part]


def _unfolded(text: str) -> tuple[str, list[int]]:
    """The text without its folds, and where in it they were."""
    parts = text.split(_FOLD)
    return "".join(parts), list(accumulate(map(len, parts[:-1])))


def _refolded(plain: str, folds: Sequence[int], start: int, end: int) -> str:
    """A part of the text with its folds: also one right at its start, none at its end."""
    cuts = [start, *(fold for fold in folds if start < fold < end), end]
    parts = [plain[first:last] for first, last in pairwise(cuts)]
    return (_FOLD if start in folds else "") + _FOLD.join(parts)


def _places(plain: str, markers: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where markers stand, in their order, and which. Where one begins another, the longer one stands there."""
    longest_first = sorted((i for i, marker in enumerate(markers) if marker), key=lambda i: -len(markers[i]))
    found: dict[int, int] = {}
    taken: set[int] = set()
    for which in longest_first:
        place = plain.find(markers[which])
        while place >= 0:
            here = range(place, place + len(markers[which]))
            if taken.isdisjoint(here):
                found[place] = which
                taken.update(here)
            place = plain.find(markers[which], place + 1)
    yield from sorted(found.items())


def escape(text: str) -> str:
    """Escape a TEXT value (RFC 5545, section 3.3.11), as `ics` does."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(text: str, column: int = 0) -> bytes:
    """Fold the rest of a line of which `column` octets are written, where icalendar does (RFC 5545, section 3.1).

    A fold never cuts a character, and never parts a backslash or a caret from what it escapes.
    """
    data = text.encode()
    pieces = []
    start, end = 0, _ROOM - column
    while end < len(data):
        while data[end] & 0xC0 == 0x80:  # not the first octet of a character
            end -= 1
        if end > start and data[end - 1] in _ESCAPES:
            end -= 1
        pieces.append(data[start:end])
        start, end = end, end + _ROOM
    pieces.append(data[start:])
    return b"\r\n ".join(pieces)
