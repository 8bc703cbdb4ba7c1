"""What a calendar file says: the reference reading, and how a program's reading is compared with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ics.lines import Comp, Doc, iso, parse_duration

Event = dict[str, Any]
"""One VEVENT, as every reader here gives it; a reader leaves out the keys that its program does not keep.

`uid`, `recurrence_id`, `summary`, `description`, `location`, `status`, `class`, `transp`: texts or None. `start` and
`end`: `YYYY-MM-DD`, or UTC as `YYYY-MM-DDTHH:MM:SSZ`; `end` is exclusive. `all_day`: bool. `rrule`: its parts, sorted,
or None. `sequence`: int. `alarms`: minutes from the start, sorted as text.
"""

FIELDS = (
    "uid", "recurrence_id", "summary", "description", "location", "start", "end", "all_day", "rrule", "status",
    "sequence", "class", "transp", "alarms",
)  # fmt: skip
DEFAULTS = {"transp": "OPAQUE", "class": "PUBLIC"}  # RFC 5545 3.8.2.7, 3.8.1.3: left out means this


@dataclass(slots=True)
class Reading:
    """What one program read."""

    events: list[Event]
    occurrences: int | None = None
    """How many entries the program shows when every series is expanded; None where that cannot be known."""
    complaints: list[str] = field(default_factory=list)
    """What the program itself found wrong."""


def reference(data: bytes) -> Reading:
    """Read a valid file with the code of this folder alone."""
    doc = Doc(data)
    components = doc.root.subs if doc.root else []
    events = [_event(doc, component) for component in components if component.name == "VEVENT"]
    counts = [_count(event) for event in events if event["recurrence_id"] is None]
    return Reading(events, None if None in counts else sum(filter(None, counts)))


def _event(doc: Doc, event: Comp) -> Event:
    start, end = doc.moment(event.one("DTSTART")), doc.moment(event.one("DTEND"))
    span = parse_duration(event.text("DURATION") or "")
    if start and span is not None:
        end = (start[0], start[1] + span)
    triggers = [prop.value for sub in event.subs if sub.name == "VALARM" for prop in sub.all("TRIGGER")]
    return {
        "uid": event.text("UID"),
        "recurrence_id": iso(doc.moment(event.one("RECURRENCE-ID"))),
        "summary": event.text("SUMMARY"),
        "description": event.text("DESCRIPTION"),
        "location": event.text("LOCATION"),
        "start": iso(start),
        "end": iso(end),
        "all_day": start is not None and start[0] == "DATE",
        "rrule": sorted_rule(rule.value if (rule := event.one("RRULE")) else None),
        "status": event.text("STATUS"),
        "sequence": int(event.text("SEQUENCE") or 0),
        "class": event.text("CLASS"),
        "transp": event.text("TRANSP"),
        "alarms": sorted((_minutes(trigger) for trigger in triggers), key=str),
    }


def _minutes(trigger: str) -> int | str:
    span = parse_duration(trigger)
    return trigger if span is None else int(span.total_seconds() // 60)


def sorted_rule(rule: str | None) -> str | None:
    """`FREQ=DAILY;COUNT=84` with its parts in one order, so that programs can be compared."""
    return ";".join(sorted(rule.split(";"))) if rule else None


def _count(event: Event) -> int | None:
    if not event["rrule"]:
        return 1
    count = dict(part.split("=", 1) for part in event["rrule"].split(";")).get("COUNT")
    return int(count) if count else None


def differences(
    want: Reading,
    got: Reading,
    *,
    fields: tuple[str, ...] = FIELDS,
    key: tuple[str, ...] = ("uid", "recurrence_id"),
) -> list[str]:
    """Where a program's reading is not what the file says; events are matched on `key`."""
    wanted = {tuple(event[name] for name in key): event for event in want.events}
    defects = list(got.complaints)
    found: dict[tuple[Any, ...], Event] = {}
    for event in got.events:
        identity = tuple(event.get(name) for name in key)
        if identity in found:
            defects.append(f"{identity}: shown twice")
        found[identity] = event
    defects += [f"{identity}: missing" for identity in wanted.keys() - found.keys()]
    defects += [f"{identity}: extra" for identity in found.keys() - wanted.keys()]
    for identity in wanted.keys() & found.keys():
        for name in fields:
            if name not in found[identity]:
                continue
            expected = wanted[identity][name] or DEFAULTS.get(name)
            read = found[identity][name] or DEFAULTS.get(name)
            if (expected or None) != (read or None):
                defects.append(f"{identity[0]} {name}: want {expected!r} got {read!r}")
    if None not in (want.occurrences, got.occurrences) and want.occurrences != got.occurrences:
        defects.append(f"{got.occurrences} entries when expanded, not {want.occurrences}")
    return sorted(defects)
