"""What a second export of one calendar must keep, so that programs which have the first follow it (RFC 5546 2.1.4)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ics.lines import Comp, Doc


@dataclass(slots=True)
class _Revision:
    when: tuple[str | None, ...]
    status: str | None
    sequence: int
    stamp: str
    modified: str
    alarms: list[list[tuple[str, str]]]
    props: dict[str, str]

    @property
    def content(self) -> dict[str, str]:
        bookkeeping = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")
        return {name: value for name, value in self.props.items() if not name.startswith(bookkeeping)}


def _revision(event: Comp) -> _Revision:
    return _Revision(
        when=tuple(event.text(name) for name in ("DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE")),
        status=event.text("STATUS"),
        sequence=int(event.text("SEQUENCE") or 0),
        stamp=event.text("DTSTAMP") or "",
        modified=event.text("LAST-MODIFIED") or "",
        alarms=[sorted((prop.name, prop.value) for prop in alarm.props) for alarm in event.subs],
        props={prop.name + json.dumps(prop.params, sort_keys=True): prop.value for prop in event.props},
    )


def _revisions(data: bytes) -> dict[tuple[str | None, str | None], _Revision]:
    root = Doc(data).root
    events = [component for component in root.subs if component.name == "VEVENT"] if root else []
    return {(event.text("UID"), event.text("RECURRENCE-ID")): _revision(event) for event in events}


def version_defects(old: bytes, new: bytes) -> list[str]:
    """What would mislead a program that imported `old` and is given `new`.

    A UID that vanished instead of being cancelled; a changed time, rule or status with no higher SEQUENCE or no later
    DTSTAMP; a SEQUENCE, DTSTAMP or LAST-MODIFIED that goes back; an unchanged event whose octets changed; an alarm on a
    cancelled event.
    """
    defects = []
    after = _revisions(new)
    for (uid, instance), was in _revisions(old).items():
        name = " ".join(filter(None, (uid, instance)))
        now = after.get((uid, instance))
        if now is None:
            if was.status != "CANCELLED":
                defects.append(f"{name}: vanished; who imported it keeps it (it needs STATUS:CANCELLED)")
            continue
        defects += [f"{name}: {defect}" for defect in _steps(was, now)]
    return defects


def _steps(was: _Revision, now: _Revision) -> list[str]:
    defects = []
    if now.sequence < was.sequence:
        defects.append(f"SEQUENCE {was.sequence} -> {now.sequence}")
    if (now.when, now.status) != (was.when, was.status):
        if now.sequence <= was.sequence:
            defects.append(f"time or status changed, SEQUENCE stayed {now.sequence}")
        if now.stamp <= was.stamp:
            defects.append("time or status changed, DTSTAMP not later")
    elif (now.content, now.alarms) == (was.content, was.alarms) and now.props != was.props:
        defects.append("nothing changed but DTSTAMP, LAST-MODIFIED or SEQUENCE did (the export is not reproducible)")
    if now.stamp < was.stamp or now.modified < was.modified:
        defects.append("DTSTAMP or LAST-MODIFIED went back")
    if now.status == "CANCELLED" and now.alarms:
        defects.append("cancelled but still has an alarm")
    return defects
