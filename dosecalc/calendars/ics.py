"""Events → RFC 5545 bytes, through the icalendar package: the reference that the quick way is held against.

No METHOD: a calendar file is not a message (CalDAV forbids it). Every text goes through icalendar's escaping, and its
folding never cuts a character. The same events give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import icalendar
from icalendar import vDuration, vText

from dosecalc.calendars.event import Alarm, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dosecalc.calendars.event import Status
    from dosecalc.text import Language

END = b"END:VCALENDAR\r\n"

# China has had one offset since the summer of 1991. Some programs take the summer time of 1986 to 1991, which a
# table from 1970 on would list, for today's.
_CHINA = "Asia/Shanghai"
_ONE_OFFSET_SINCE = 1992

Years = tuple[int, int]
"""The first and the last year in which a calendar has a timed event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What stands above a calendar's events. `uid` tells a later export whose calendar this was."""

    uid: str
    name: str
    language: Language
    version: str
    """Version of dosecalc."""
    nothing: str
    """What a calendar says that has no items: a file needs one component (RFC 5545, section 3.4)."""
    refresh: dt.timedelta | None = None
    """How often a program that subscribed should look for a change; None for a file that is handed out."""


class _Text(vText):
    r"""A text whose every character is kept: `vText` turns the `\N` of `C:\New` into a line break."""

    def to_ical(self) -> bytes:
        escaped = str(self).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return escaped.encode()


def write_calendar(head: Head, events: Sequence[Event]) -> bytes:
    """Return the whole calendar file."""
    calendar = _calendar(head, zone_years(events))
    for event in events:
        calendar.add_component(_vevent(event))
    if not events:
        calendar.add_component(_note(head))
    return _bytes(calendar)


def write_object(head: Head, event: Event) -> bytes:
    """Return one event as a file of its own, as a calendar server keeps it (RFC 4791, section 4.1)."""
    calendar = _calendar(head, zone_years([event]))
    for name in ("UID", "X-WR-CALNAME"):  # those of the whole calendar
        del calendar[name]
    calendar.add_component(_vevent(event))
    return _bytes(calendar)


def write_message(
    event: Event, method: str, *, organizer: str, attendee: str, language: Language, version: str
) -> bytes:
    """Return the calendar part of a mail about one event (RFC 5546); `organizer` and `attendee` are bare addresses."""
    calendar = icalendar.Calendar()
    _begin(calendar, language, version)
    calendar.add("METHOD", method)
    for name, years in zone_years([event]).items():
        if name != "UTC":
            calendar.add_component(_vtimezone(name, years))
    item = _vevent(event)
    item.add("ORGANIZER", f"mailto:{organizer}")
    item.add("ATTENDEE", f"mailto:{attendee}", parameters={"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"})
    calendar.add_component(item)
    return _bytes(calendar)


def write_head(head: Head, years: dict[str, Years]) -> bytes:
    """Return what stands above the events of a calendar that is written event by event; `END` follows them."""
    return _bytes(_calendar(head, years)).removesuffix(END)


def write_nothing(head: Head) -> bytes:
    """Return what stands in the place of the events, where there are none."""
    return _bytes(_note(head))


def write_event(event: Event) -> bytes:
    """Return one event as it stands in the calendar file."""
    return _bytes(_vevent(event))


def zone_years(events: Iterable[Event]) -> dict[str, Years]:
    """Return the years of the timed events of each time zone: what the VTIMEZONE of the calendar must cover."""
    found: dict[str, Years] = {}
    for event in events:
        if isinstance(event.start, dt.datetime) and isinstance(event.start.tzinfo, ZoneInfo):
            year = event.start.year
            first, last = found.get(event.start.tzinfo.key, (year, year))
            # a daily item is over within a year or two; the margin below covers it
            found[event.start.tzinfo.key] = (min(first, year), max(last, year + (event.daily or 0) // 366))
    return found


def read_event(block: bytes) -> Event:
    """Return the event that `write_event` wrote.

    Raises:
        ValueError: the block is not an event, or not one of ours.
    """
    found = icalendar.Event.from_ical(block)
    if not isinstance(found, icalendar.Event) or found.errors:
        raise ValueError("not an event")
    start, end = found.decoded("DTSTART", None), found.decoded("DTEND", None)
    if not _is_span(start, end):
        raise ValueError("not a time from one moment to a later one")
    rule = cast("dict[str, list[int]] | None", found.get("RRULE"))
    try:
        return Event(
            uid=str(found["UID"]),
            start=start,
            end=end,
            summary=str(found["SUMMARY"]),
            description=str(found.get("DESCRIPTION", "")),
            location=str(found.get("LOCATION", "")),
            status=_status(str(found["STATUS"])),
            transparent=str(found["TRANSP"]) == "TRANSPARENT",
            alarms=tuple(
                Alarm(before=-alarm.decoded("TRIGGER"), words=str(alarm["DESCRIPTION"]))
                for alarm in found.walk("VALARM")
            ),
            daily=None if rule is None else int(rule["COUNT"][0]),
            sequence=int(str(found["SEQUENCE"])),
            stamp=found.decoded("DTSTAMP"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not one of our events") from error


def _is_span(start: object, end: object) -> bool:
    if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
        zones = {type(start.tzinfo), type(end.tzinfo)}
        return zones <= {ZoneInfo, type(dt.UTC)} and start.astimezone(dt.UTC) < end.astimezone(dt.UTC)
    return type(start) is type(end) is dt.date and start < end


def _bytes(component: icalendar.Component) -> bytes:
    written: bytes = component.to_ical()
    return written


def _status(text: str) -> Status:
    match text:
        case "CONFIRMED" | "TENTATIVE" | "CANCELLED":
            return text
        case _:
            raise ValueError(text)


def _calendar(head: Head, years: dict[str, Years]) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    _begin(calendar, head.language, head.version)
    calendar["UID"] = _Text(head.uid)
    calendar["X-WR-CALNAME"] = _Text(head.name)  # `add` would leave a comma in it as it is
    if head.refresh is not None:  # RFC 7986, section 5.7; the second is what Outlook reads
        calendar.add("REFRESH-INTERVAL", vDuration(head.refresh), parameters={"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", vDuration(head.refresh))
    for name in sorted(years):
        if name != "UTC":
            calendar.add_component(_vtimezone(name, years[name]))
    return calendar


def _begin(calendar: icalendar.Calendar, language: Language, version: str) -> None:
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", _Text(f"-//dosecalc//dosecalc {version}//{language.upper()}"))
    calendar.add("CALSCALE", "GREGORIAN")


@cache
def _vtimezone(name: str, years: Years) -> icalendar.Timezone:
    """The zone's rules a year before the first timed event to a year after the last."""
    if name != _CHINA or years[0] < _ONE_OFFSET_SINCE:
        first, last = dt.date(years[0] - 1, 1, 1), dt.date(years[1] + 2, 1, 1)
        block = icalendar.Timezone.from_tzid(name, first_date=first, last_date=last)
        block.pop("COMMENT", None)  # libical allows none there
        return block
    block = icalendar.Timezone()
    block.add("TZID", name)
    standard = icalendar.TimezoneStandard()
    standard.add("DTSTART", dt.datetime.combine(dt.date(_ONE_OFFSET_SINCE, 1, 1), dt.time()))
    standard.add("TZNAME", "CST")
    standard.add("TZOFFSETFROM", dt.timedelta(hours=8))
    standard.add("TZOFFSETTO", dt.timedelta(hours=8))
    block.add_component(standard)
    return block


def _note(head: Head) -> icalendar.Journal:
    """A journal entry, for an event would need a day. Its stamp is fixed, so that it is the same in every export."""
    note = icalendar.Journal()
    note.add("SUMMARY", _Text(head.nothing))
    note.add("DTSTAMP", dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
    note.add("UID", _Text(head.uid.replace("@", ".nothing@")))
    note.add("CLASS", "PRIVATE")
    return note


def _vevent(event: Event) -> icalendar.Event:
    item = icalendar.Event()
    item.add("SUMMARY", _Text(event.summary))
    item.add("DTSTART", event.start)
    item.add("DTEND", event.end)
    item.add("DTSTAMP", event.stamp)
    item.add("UID", _Text(event.uid))
    item.add("SEQUENCE", event.sequence)
    if event.daily is not None:
        item.add("RRULE", {"FREQ": "DAILY", "COUNT": event.daily})
    item.add("CLASS", "PRIVATE")
    if event.description:
        item.add("DESCRIPTION", _Text(event.description))
    item.add("LAST-MODIFIED", event.stamp)
    if event.location:
        item.add("LOCATION", _Text(event.location))
    item.add("STATUS", event.status)
    item.add("TRANSP", "TRANSPARENT" if event.transparent else "OPAQUE")
    for alarm in event.alarms:
        reminder = icalendar.Alarm()
        reminder.add("ACTION", "DISPLAY")
        reminder.add("DESCRIPTION", _Text(alarm.words))
        reminder.add("TRIGGER", -alarm.before)
        item.add_component(reminder)
    return item
