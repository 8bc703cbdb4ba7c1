"""Texts in a picture: escaped for XML, measured without a font, and broken into lines.

No font is asked, because the reader's is not known: widths are generous estimates in hundredths of the font size.
"""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("iIjlftr.,:;'|!()[] -/")
_BROAD = frozenset("mwMWOQG@%&—…→")
_NO_LINE_BEGINS_WITH = frozenset("，。、；：！？）】》”’…,.;:!?)")


def escaped(text: str) -> str:
    """Return `text` for XML: markup escaped, and � for each character that XML cannot hold."""
    legal = "".join(character if _legal(character) else "\N{REPLACEMENT CHARACTER}" for character in text)
    return legal.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _legal(character: str) -> bool:
    code = ord(character)
    return (
        0x20 <= code <= 0x7E
        or character in "\t\n"
        or 0xA0 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )


def width(text: str) -> int:
    """Return how wide `text` is, in hundredths of the font size, on the wide side."""
    return sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 100
    if character in _NARROW:
        return 40
    return 90 if character in _BROAD else 70 if character.isupper() else 61


def wrapped(text: str, size: int, room: int, *, bold: bool = False) -> list[str]:
    """Break `text` of the font size `size` into lines no wider than `room`, at spaces or between Chinese characters.

    A word that is wider than a line is cut; nothing is left out. Bold letters are taken to be a seventh wider.
    """
    if bold:
        room = room * 7 // 8
    lines = [""]
    for piece in _pieces(" ".join(text.split())):
        line = lines[-1] + piece
        if _fits(line.rstrip(), size, room):
            lines[-1] = line
            continue
        lines.append("")
        for character in piece:
            if lines[-1] and not _fits(lines[-1] + character, size, room):
                lines.append("")
            lines[-1] += character
    return [line.strip() for line in lines if line.strip()]


def _fits(text: str, size: int, room: int) -> bool:
    return width(text) * size <= room * 100


def _pieces(text: str) -> list[str]:
    """Cut where a line may break: behind a space, and before and behind a Chinese character."""
    pieces: list[str] = []
    for character in text:
        breaks = (
            not pieces
            or pieces[-1].endswith(" ")
            or ((_is_wide(character) or _is_wide(pieces[-1][-1])) and character not in _NO_LINE_BEGINS_WITH)
        )
        if breaks and character != " ":
            pieces.append(character)
        elif pieces:
            pieces[-1] += character
    return pieces


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
