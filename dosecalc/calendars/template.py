"""A text that icalendar has rendered once, cut where its values stand, to be filled in again and again.

Values are short ASCII texts of fixed lengths without characters that RFC 5545 escapes, so a filled text folds where the
rendered one did; a value that a fold cuts is filled in as two pieces. One value may stand open to the end of its line
(`tail`): it comes escaped and folded, from `fold`.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FOLD = "\r\n "
# icalendar ends a line before it has 75 octets; the space that begins a folded one is not counted.
_ROOM = 74
_ESCAPES = b"\\^"


class Template:
    """A text with slots for values that are known by their position in a sequence."""

    __slots__ = ("_format", "_slots", "_whole", "tail_column")

    def __init__(self, text: str, markers: Sequence[str], tail: int | None = None) -> None:
        """Cut `text` wherever one of `markers` stands; an empty marker has no slot.

        `tail` is the position of the marker that is open to the end of its line.
        """
        order = sorted((i for i, marker in enumerate(markers) if marker), key=lambda i: -len(markers[i]))
        pattern = re.compile("|".join(f"(?P<m{i}>{_foldable(markers[i])})" for i in order))
        slots: list[tuple[int, slice]] = []
        pieces: list[str] = []
        self.tail_column = 0
        done = 0
        for found in pattern.finditer(text):
            pieces.append(text[done : found.start()].replace("%", "%%"))
            done = found.end()
            which = int((found.lastgroup or "m0")[1:])
            if which == tail:
                line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
                self.tail_column = len(line.encode()) - line.startswith(" ")
                slots.append((which, slice(None)))
                pieces.append("%s")
                continue
            start = 0
            for part in found[0].split(_FOLD):
                slots.append((which, slice(start, start + len(part))))
                start += len(part)
            pieces.append(_FOLD.join("%s" for _ in found[0].split(_FOLD)))
        self._format = "".join([*pieces, text[done:].replace("%", "%%")])
        self._slots = tuple(slots)
        # most templates have no value that a fold cuts
        whole = len(slots) > 1 and all(part in (slice(None), slice(0, len(markers[which]))) for which, part in slots)
        self._whole: Callable[[Sequence[str]], tuple[str, ...]] | None = (
            itemgetter(*(which for which, _ in slots)) if whole else None
        )

    def fill(self, values: Sequence[str]) -> str:
        """Return the text with `values` where the markers were."""
        if self._whole is not None:
            return self._format % self._whole(values)
        return self._format % tuple([values[which][part] for which, part in self._slots])


def _foldable(marker: str) -> str:
    return f"(?:{_FOLD})?".join(map(re.escape, marker))


def escape(text: str) -> str:
    """Escape a TEXT value (RFC 5545, section 3.3.11), as `ics` does."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(text: str, column: int = 0) -> str:
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
    return b"\r\n ".join(pieces).decode()
