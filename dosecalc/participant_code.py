"""What a participant code may be: it becomes a file name, a cell of a table and a line of a calendar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.notation import quoted
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.text import Message

LONGEST = 40

_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_-]))*")
# Windows opens a device instead of a file of one of these names, whatever follows behind a dot.
_PORTS = (f"{port}{number}" for port in ("COM", "LPT") for number in range(10))
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", *_PORTS})


def check_code(text: str) -> str:
    """Return `text`, if it may be a participant code: 1 to 40 letters (A to Z), digits, `-`, `_` and `.`.

    It begins with a letter or a digit, and a dot stands between two other characters: such a code is a file name on
    every system, and no spreadsheet takes it for a formula.

    Raises:
        Refusal: DC620, with the reason.
    """
    if len(text) <= LONGEST and _CODE.fullmatch(text) and text.partition(".")[0].upper() not in _DEVICES:
        return text
    raise refuse(
        "DC620",
        _reason(text),
        msg("write 1 to {most} letters (A to Z), digits, hyphens, underscores and dots, as in TT-001", most=LONGEST),
    )


def _reason(text: str) -> Message:
    shown = quoted(text)
    if not text:
        return msg("the participant code is missing")
    if len(text) > LONGEST:
        return msg("the participant code {code} has {length} characters", code=shown, length=len(text))
    if text[0] in "=+@-\t\r":
        sign = quoted(text[0])
        return msg("the participant code {code} begins with {sign}: a spreadsheet would run it", code=shown, sign=sign)
    if "/" in text or "\\" in text:
        return msg("the participant code {code} holds a slash: it would name another folder", code=shown)
    if ".." in text:
        return msg("the participant code {code} holds two dots in a row: they would name another folder", code=shown)
    for character in text:
        if not character.isprintable():
            return msg("the participant code {code} holds a line break or a character that cannot be seen", code=shown)
        if character == " ":
            return msg("the participant code {code} holds a space", code=shown)
        if not (character.isascii() and (character.isalnum() or character in "-_.")):
            return msg("the participant code {code} holds the character {sign}", code=shown, sign=quoted(character))
    if text.partition(".")[0].upper() in _DEVICES:
        return msg("{code} is the name of a device on Windows and cannot be the name of a file there", code=shown)
    if text[0] in "._":
        return msg("the participant code {code} begins with {sign}", code=shown, sign=quoted(text[0]))
    return msg("the participant code {code} ends with a dot", code=shown)
