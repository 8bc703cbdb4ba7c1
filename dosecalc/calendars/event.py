"""What stands in a calendar, before it is written: a frozen `Event` for each item, and its name for ever.

A name (UID) is computed from what the item is, so the same visit has it in every export, on every machine: a calendar
program that imports a second file updates the item instead of showing it twice.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha1
from typing import Literal

from dosecalc.errors import refuse
from dosecalc.text import msg

Audience = Literal["participant", "clinic", "pharmacy"]
MaskedAudience = Literal["participant", "clinic"]
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]

# uuid5(NAMESPACE_DNS, "dosecalc.invalid"). It never changes: every UID that was ever handed out hangs on it.
_NAMESPACE = bytes.fromhex("140ac86d8aa4597e9476910eb62079b1")
_DOMAIN = "@dosecalc.invalid"
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_UNSAFE = {"Cc", "Cs", "Zl", "Zp"}
# Marks that turn the direction of what follows them: text that contains them need not read as it is stored.
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """A reminder, `before` the start of its event."""

    before: dt.timedelta
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One item of a calendar, in the words of one language.

    `start` and `end` are two dates (an all-day item) or two aware datetimes in the site's zone; `end` is exclusive.
    `sequence` and `stamp` (UTC, whole seconds) belong to the last change of the item, not to the export.
    """

    uid: str
    start: dt.date | dt.datetime
    end: dt.date | dt.datetime
    summary: str
    description: str
    status: Status
    stamp: dt.datetime
    location: str = ""
    transparent: bool = False
    """Whether the time stays free in the calendar of its owner."""
    alarms: tuple[Alarm, ...] = ()
    """The most useful one first: Outlook keeps only that."""
    daily: int | None = None
    """On how many days in a row the item comes; None for once."""
    sequence: int = 0

    @property
    def timed(self) -> bool:
        """Whether the item has a time of day."""
        return isinstance(self.start, dt.datetime)


def item_uid(protocol: str, participant: str, kind: Literal["visit", "routine"], item: str, audience: Audience) -> str:
    """Return the UID of one item: uuid5 over what it is.

    The audience is part of it, so that a pharmacy's item can never take the place of a masked one where two calendars
    are imported into the same account (R15).
    """
    return _uuid5(f"{protocol}\n{participant}\n{kind}\n{item}\n{audience}") + _DOMAIN


def calendar_uid(protocol: str, participant: str | None, audience: Audience) -> str:
    """Return the UID of a calendar (RFC 7986, section 5.3); `participant` is None for that of a whole cohort.

    A participant's calendar may not name the protocol (R17), but a later export must know whose it was.
    """
    whose = "cohort\n" if participant is None else f"one\n{participant}"
    return _uuid5(f"calendar\n{protocol}\n{whose}\n{audience}") + _DOMAIN


def message_id(item: str, sequence: int, method: str, attendee: str) -> str:
    """Return the name of a mail about one item (RFC 5322, section 3.6.4): sent twice, it is the same mail."""
    return _uuid5(f"mail\n{item}\n{sequence}\n{method}\n{attendee}") + _DOMAIN


def _uuid5(name: str) -> str:
    """RFC 9562, section 5.5. The parts of the name stand on lines of their own: no part holds a line break.

    The same as `uuid.uuid5`, in a third of the time: a cohort has 90,000 of them.
    """
    found = sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    return f"{found[:8]}-{found[8:12]}-5{found[13:16]}-{_VARIANT[found[16]]}{found[17:20]}-{found[20:32]}"


def check_text(text: str) -> str:
    """Return `text`, if it may stand in a calendar: one line, without control characters.

    Raises:
        Refusal: DC501, the text holds a line break, another control character, or a mark that turns its direction.
    """
    if text.isprintable() or not (_TURNING.search(text) or any(map(_unsafe, text))):
        return text
    shown = "".join(f"<U+{ord(char):04X}>" if _unsafe(char) or _TURNING.match(char) else char for char in text)
    raise refuse(
        "DC501",
        msg("the text '{text}' holds a line break or another character that cannot be seen", text=_short(shown)),
        msg("write it on one line and delete the characters shown in angle brackets"),
    )


def _unsafe(char: str) -> bool:
    return unicodedata.category(char) in _UNSAFE


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
