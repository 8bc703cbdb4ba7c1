"""How events are chained by SHA-256, so that any change of what was recorded is found.

Two chains run through a study. `public_hash` covers what everyone may see; `hash` covers the sealed bytes, too. Both
are the digest of one text: the hash of the event before (64 hex digits; zeroes before the first), then the event's
public columns as canonical JSON; for `hash` also the digest of the sealed bytes in hex. A monitor can redo it by hand:

>>> digest(GENESIS + '{"kind":"init","number":1}')[:16]
'600f05faf2b834da'
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from dosecalc.registry.event import GENESIS, Event

if TYPE_CHECKING:
    from collections.abc import Iterable

PUBLIC_COLUMNS = (
    "number",
    "kind",
    "participant",
    "visit",
    "at",
    "at_local",
    "entered_at",
    "user",
    "role",
    "reason",
    "corrects",
    "program",
    "protocol_sha256",
    "public",
)
"""The columns that both chains cover; a column without a value is left out of the text."""


class Head(NamedTuple):
    """The end of the chains: what to keep elsewhere, so that even a rewritten study is found."""

    number: int
    hash: str
    public_hash: str


START = Head(0, GENESIS, GENESIS)


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, no floats, no nulls.

    >>> canonical({"b": "1.50", "a": [1, True]})
    '{"a":[1,true],"b":"1.50"}'

    Raises:
        TypeError: a value that has no exact JSON, such as a float or None.
    """
    _check(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _check(value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key is {key!r}, not a text")
            _check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
    elif not isinstance(value, str | int):  # truth values are whole numbers to Python
        raise TypeError(f"{value!r} has no exact JSON; write a text")


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hex."""
    return sha256(text.encode("utf-8")).hexdigest()


def links(before: Head, columns: dict[str, Any], sealed: bytes | None) -> Head:
    """Return the head after an event of these columns; what else `columns` holds is not covered."""
    text = canonical({name: columns[name] for name in PUBLIC_COLUMNS if columns[name] is not None})
    return Head(
        columns["number"],
        digest(before.hash + text + sha256(sealed or b"").hexdigest()),
        digest(before.public_hash + text),
    )


def of(event: Event) -> dict[str, Any]:
    """Return an event's columns."""
    return {name: getattr(event, name) for name in Event.__slots__}


class Broken(NamedTuple):
    """The first event that is not as it was recorded: its number, and which chain tells (or `number`)."""

    number: int
    by: str


def follow(events: Iterable[Event], *, sealed: bool = True) -> Head | Broken:
    """Recompute both chains over all events in order; with `sealed` False only the public one.

    Returns the head, or the first event that does not fit.
    """
    head = START
    for event in events:
        if event.number != head.number + 1:
            return Broken(head.number + 1, "number")
        by = breaks(head, event, sealed=sealed)
        if by is not None:
            return Broken(event.number, by)
        head = Head(event.number, event.hash, event.public_hash)
    return head


def breaks(before: Head, event: Event, *, sealed: bool = True) -> str | None:
    """Say which chain an event breaks that should follow the head `before`; None where it is as it was recorded."""
    try:
        now = links(before, of(event), event.sealed)
    except (TypeError, ValueError):  # a column of another type, or a text that is no text
        return "public_hash"
    if event.public_hash != now.public_hash:
        return "public_hash"
    if sealed and (event.hash != now.hash or event.sealed == b""):  # nothing and no bytes have one digest
        return "hash"
    return None


def about(number: int, kind: str, participant: str | None, visit: str | None) -> bytes:
    """Return what the sealed part of an event is bound to, so that it cannot be moved to another event."""
    return canonical([number, kind, participant or "", visit or ""]).encode("utf-8")
