"""A study as lines of JSON, and back: to keep, to move to another database, to hand to a monitor.

The first line says what the file is, one line follows for each event, and the last one holds the head, so that a file
that was cut short is found. A public file has neither what is sealed nor the chain over it: it can be verified by
everyone, and no study can be made of it.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.registry import chain
from dosecalc.registry.chain import START, Broken, Head
from dosecalc.registry.event import Event
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dosecalc.errors import Refusal
    from dosecalc.text import Message

FORMAT = "dosecalc-study-1"


def event_json(event: Event, *, public: bool) -> dict[str, Any]:
    """Return an event as JSON; with `public`, only what everyone may see."""
    columns = {name: value for name, value in chain.of(event).items() if value is not None}
    if public:
        columns.pop("sealed", None)
        del columns["hash"]
    elif event.sealed is not None:
        columns["sealed"] = base64.b64encode(event.sealed).decode("ascii")
    return columns


def head_json(head: Head, *, public: bool) -> dict[str, Any]:
    """Return a head as JSON; with `public`, only the one that everyone may see."""
    shown = {"number": head.number, "public_hash": head.public_hash}
    return shown if public else {**shown, "hash": head.hash}


def lines(events: Iterable[Event], *, public: bool) -> Iterator[bytes]:
    """Yield the lines of a study's file, one for each event as it is read, so that none has to be kept in memory."""
    return (f"{text}\n".encode() for text in _texts(events, public=public))


def _texts(events: Iterable[Event], *, public: bool) -> Iterator[str]:
    yield chain.canonical({"format": FORMAT, "public": public})
    head = START
    for event in events:
        head = Head(event.number, event.hash, event.public_hash)
        yield chain.canonical(event_json(event, public=public))
    yield chain.canonical({"head": head_json(head, public=public)})


def read_lines(data: bytes, name: str) -> tuple[list[Event], Head, bool]:
    """Read a study's file back and verify it; returns its events, its head, and whether it is a public one.

    Raises:
        Refusal: DC715, it is no such file, or not as it was written.
    """
    try:
        rows = [json.loads(line, parse_float=_no_number, parse_constant=_no_number) for line in data.split(b"\n")[:-1]]
    except ValueError as error:
        raise _unreadable(name) from error
    if len(rows) < 2 or not all(isinstance(row, dict) for row in rows) or rows[0].get("format") != FORMAT:
        raise _unreadable(name)
    public = rows[0].get("public") is True
    events = [_event(row, name, public=public) for row in rows[1:-1]]
    found = chain.follow(events, sealed=not public)
    if isinstance(found, Broken):
        raise _broken(name, msg("event {number} is not as it was recorded", number=found.number))
    if data[-1:] != b"\n" or rows[-1] != {"head": head_json(found, public=public)}:
        raise _broken(name, msg("its end is missing"))
    return events, found, public


def _no_number(text: str) -> object:
    raise ValueError(text)


def _event(row: dict[str, Any], name: str, *, public: bool) -> Event:
    wanted = {*chain.PUBLIC_COLUMNS, "sealed", "public_hash", "hash"}
    if public:
        row = {**row, "hash": ""}
    try:
        sealed = base64.b64decode(row["sealed"], validate=True) if "sealed" in row else None
    except (binascii.Error, TypeError, ValueError) as error:
        raise _unreadable(name) from error
    if row.keys() - wanted:
        raise _unreadable(name)
    return Event(**{**dict.fromkeys(wanted), **row, "sealed": sealed})


def _unreadable(name: str) -> Refusal:
    return _broken(name, msg("it does not hold the lines of a study"))


def _broken(name: str, why: Message) -> Refusal:
    return refuse(
        "DC715",
        msg("{file} is not an export of a study as it was written: {why}", file=name, why=why),
        msg("take the file as `study export` wrote it"),
    )
