"""A calendar of two visits, and how they were before."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from dosecalc.calendars.event import Alarm, Event
from dosecalc.calendars.ics import Head, write_object
from dosecalc.publishing.dav import Resource
from dosecalc.publishing.run import ToPublish

HEAD = Head(
    uid="0a0a0a0a-0000-5000-8000-000000000000@dosecalc.invalid", name="Clinic visits P001", language="en",
    version="1", nothing="nothing",
)  # fmt: skip
URL = "http://127.0.0.1:1/trial/0a0a0a0a-0000-5000-8000-000000000000/"
_SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = dt.datetime(2026, 3, 1, 4, 0, tzinfo=dt.UTC)


def visit(day: int, hour: int = 9, **changes: object) -> Event:
    """A booked visit in March 2026; its UID is that of its day as planned, its changes are later by a minute each."""
    start = dt.datetime(2026, 3, day, hour, 30, tzinfo=_SHANGHAI)
    made = Event(
        uid=f"{day:08}-0000-5000-8000-000000000000@dosecalc.invalid", start=start, end=start + dt.timedelta(hours=1),
        summary=f"Visit of day {day}", description="Bring your diary, please", location="Room 312",
        status="CONFIRMED", stamp=NOON, alarms=(Alarm(before=dt.timedelta(days=1), words="Visit"),),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def moved(event: Event, hours: int = 2, sequence: int = 1) -> Event:
    return replace(
        event, start=event.start + dt.timedelta(hours=hours), end=event.end + dt.timedelta(hours=hours),
        sequence=sequence, stamp=event.stamp + dt.timedelta(minutes=sequence),
    )  # fmt: skip


def there(event: Event, *changes: tuple[str, str], name: str | None = None, etag: str = '"1"') -> Resource:
    """The event as a server holds it, changed by somebody."""
    text = write_object(HEAD, event).decode().replace("\r\n", "\n")
    for old, new in changes:
        assert text.count(old) == 1, (text.count(old), old)
        text = text.replace(old, new)
    return Resource(url=f"{URL}{name or event.uid + '.ics'}", etag=etag, data=text)


def to_publish(*items: Event, before: tuple[Event, ...] = ()) -> ToPublish:
    return ToPublish(
        participant="P001", head=HEAD, items=items,
        versions=lambda uid: [each for each in (*before, *items) if each.uid == uid],
    )  # fmt: skip
