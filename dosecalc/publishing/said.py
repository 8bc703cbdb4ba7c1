"""What a calendar file on a server says, whichever program wrote it down last.

Servers and phones write a file anew: in another order, with defaults written out, with stamps and marks of their own.
None of that is an edit. What a reader would see or hear is compared: times, texts, state, series, alarms.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import icalendar

_SECOND = dt.timedelta(seconds=1)
_OWN = frozenset({"UID", "DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE"})
"""Whatever program wrote the file may set these, and nobody reads them."""
_TIMES = frozenset({"DTSTART", "DTEND", "DURATION"})
_DEFAULTS = frozenset({("TRANSP", "OPAQUE"), ("CLASS", "PUBLIC"), ("PRIORITY", "0")})  # RFC 5545, sections 3.8.1, 3.8.2

Said = frozenset[tuple[str, str]]
"""Everything that a reader of an event would notice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One file of a calendar; `said` is None where it does not hold exactly one event that can be read."""

    uid: str | None
    said: Said | None
    sequence: int = 0
    stamp: dt.datetime | None = None


def read(data: bytes) -> Reading:
    """Read one file of a calendar. What cannot be read has no UID, or says nothing."""
    try:
        found: Any = icalendar.Component.from_ical(data)  # bytes: a text might be taken for the name of a file
        events = found.walk("VEVENT")
        uids = {str(event["UID"]) for event in events}
    except (ValueError, KeyError, IndexError):
        return Reading(uid=None, said=None)
    if len(uids) != 1:
        return Reading(uid=None, said=None)
    (uid,) = uids
    if len(events) != 1 or events[0].errors:
        return Reading(uid=uid, said=None)
    try:
        stamp = events[0].decoded("DTSTAMP", None)
        return Reading(
            uid=uid,
            said=_said(events[0]),
            sequence=int(str(events[0].get("SEQUENCE", 0))),
            stamp=stamp if isinstance(stamp, dt.datetime) and stamp.tzinfo else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Reading(uid=uid, said=None)


def _said(event: Any) -> Said:
    found = {("DTSTART", _moment(event.decoded("DTSTART"))), ("DTEND", _moment(_end(event)))}
    for name, value in event.items():
        if name in _OWN or name in _TIMES or name.startswith("X-"):
            continue
        for each in value if isinstance(value, list) else [value]:
            text = _text(each)
            if text and (name, text) not in _DEFAULTS:
                found.add((name, text))
    found |= {("VALARM", alarm) for each in event.walk("VALARM") if (alarm := _alarm(each))}
    return frozenset(found)


def _end(event: Any) -> Any:
    start = event.decoded("DTSTART")
    if "DTEND" in event:
        return event.decoded("DTEND")
    if "DURATION" in event:
        return start + event.decoded("DURATION")
    return start if isinstance(start, dt.datetime) else start + dt.timedelta(days=1)  # RFC 5545, section 3.6.1


def _moment(value: Any) -> str:
    if isinstance(value, dt.datetime) and value.tzinfo:
        return value.astimezone(dt.UTC).isoformat()
    return str(value.isoformat())  # a date, or a time without a zone, which none of ours is


def _text(value: Any) -> str:
    if isinstance(value, str):
        return "\n".join(value.splitlines()).strip()
    written: bytes = value.to_ical()
    return written.decode()


def _alarm(alarm: Any) -> str | None:
    """What rings when; None for one that rings no more: a placeholder, or a reminder put off on one phone."""
    action = str(alarm.get("ACTION", "")).upper()
    if action == "NONE" or "RELATED-TO" in alarm:
        return None
    trigger = alarm.decoded("TRIGGER")
    when = str(trigger // _SECOND) if isinstance(trigger, dt.timedelta) else _moment(trigger)
    return f"{action} {when} {alarm['TRIGGER'].params.get('RELATED', 'START')}"
