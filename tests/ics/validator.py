"""A strict RFC 5545 validator, rule by rule; it reads every octet itself and shares no code with any library.

`validate(data)` gives the defects, each with its line; none means that the file is sound.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from ics.lines import DATE, Comp, Doc, Moment, Prop, absolute, iana, parse_duration

TEXT_SINGLE = frozenset(
    "SUMMARY DESCRIPTION LOCATION COMMENT CONTACT UID PRODID X-WR-CALNAME X-WR-CALDESC NAME TZNAME STATUS CLASS "
    "TRANSP METHOD CALSCALE VERSION".split()
)
TEXT_MULTI = frozenset({"CATEGORIES", "RESOURCES"})
CALENDAR_ONCE = ("CALSCALE", "METHOD", "X-WR-CALNAME", "UID", "LAST-MODIFIED", "REFRESH-INTERVAL", "URL", "COLOR")
EVENT_ONCE = (
    "UID DTSTAMP DTSTART DTEND DURATION CLASS CREATED DESCRIPTION GEO LAST-MODIFIED LOCATION ORGANIZER PRIORITY "
    "SEQUENCE STATUS SUMMARY TRANSP URL RECURRENCE-ID RRULE COLOR"
).split()
METHODS = frozenset("PUBLISH REQUEST REPLY ADD CANCEL REFRESH COUNTER DECLINECOUNTER".split())
EVENT_VALUES = {
    "SEQUENCE": r"\d+",
    "STATUS": "TENTATIVE|CONFIRMED|CANCELLED",
    "TRANSP": "OPAQUE|TRANSPARENT",
    "CLASS": "PUBLIC|PRIVATE|CONFIDENTIAL",
    "PRIORITY": r"\d",
    "DTSTAMP": r"\d{8}T\d{6}Z",
    "CREATED": r"\d{8}T\d{6}Z",
    "LAST-MODIFIED": r"\d{8}T\d{6}Z",
}
LOCAL_TIME = re.compile(r"\d{8}T\d{6}\Z")
UTC_TIME = re.compile(r"\d{8}T\d{6}Z\Z")
OFFSET = re.compile(r"(?!-0000)[+-]\d{4}(\d\d)?\Z")


@dataclass(slots=True)
class _Run:
    """One validation: the document and what its parts have in common."""

    doc: Doc
    root: Comp
    allow_floating: bool
    itip: bool
    method: str | None = None
    zones: dict[str, Comp] = field(default_factory=dict)
    seen: dict[tuple[str, str | None], int] = field(default_factory=dict)

    def err(self, line: int, what: str) -> None:
        self.doc.err(line, what)

    def moment(self, prop: Prop | None) -> Moment | None:
        return self.doc.moment(prop, allow_floating=self.allow_floating)


def validate(
    data: bytes, *, allow_floating: bool = False, itip: bool = False, forbid: tuple[str, ...] = ()
) -> list[str]:
    """The defects of a calendar file, with their lines.

    Args:
        data: the file.
        allow_floating: let times without a zone pass.
        itip: hold the file to RFC 5546 too (a message sent by mail).
        forbid: regular expressions that must not match anywhere in the unfolded text (privacy).
    """
    doc = Doc(data)
    if doc.root is not None and doc.root.name == "VCALENDAR":
        run = _Run(doc, doc.root, allow_floating, itip)
        _calendar(run)
        _time_zones(run)
        _texts(run)
        for component in run.root.subs:
            if component.name == "VEVENT":
                _event(run, component)
        _same_uid(run)
        _offsets(run)
    unfolded = re.sub(rb"\r\n[ \t]", b"", data).decode("utf-8", "replace")
    for pattern in forbid:
        if found := re.search(pattern, unfolded):
            doc.err(unfolded.count("\n", 0, found.start()) + 1, f"forbidden text /{pattern}/ (privacy)")
    return doc.errors


def _calendar(run: _Run) -> None:
    root = run.root
    for name in ("PRODID", "VERSION"):
        if len(root.all(name)) != 1:
            run.err(root.line, f"VCALENDAR has {len(root.all(name))} {name}, needs exactly 1")
    version = root.one("VERSION")
    if version and version.value != "2.0":
        run.err(version.line, "VERSION is not 2.0")
    for name in CALENDAR_ONCE:
        if len(root.all(name)) > 1:
            run.err(root.line, f"VCALENDAR has more than one {name}")
    refresh = root.one("REFRESH-INTERVAL")
    if refresh and (refresh.params.get("VALUE") != ["DURATION"] or parse_duration(refresh.value) is None):
        run.err(refresh.line, "REFRESH-INTERVAL must carry VALUE=DURATION (RFC 7986 5.7)")
    ttl = root.one("X-PUBLISHED-TTL")
    if ttl and parse_duration(ttl.value) is None:
        run.err(ttl.line, "X-PUBLISHED-TTL is not a duration")
    method = root.one("METHOD")
    if method:
        run.method = method.value.upper()
        if run.method not in METHODS:
            run.err(method.line, f"unknown METHOD {run.method}")
    if all(component.name == "VTIMEZONE" for component in root.subs):
        run.err(root.line, "no component besides VTIMEZONE (RFC 5545 3.4 needs at least one)")


def _time_zones(run: _Run) -> None:
    for component in run.root.subs:
        if component.name != "VTIMEZONE":
            continue
        names = component.all("TZID")
        if len(names) != 1:
            run.err(component.line, "VTIMEZONE needs exactly one TZID")
            continue
        if names[0].value in run.zones:
            run.err(component.line, f"VTIMEZONE {names[0].value} twice")
        run.zones[names[0].value] = component
        observances = [sub for sub in component.subs if sub.name in ("STANDARD", "DAYLIGHT")]
        if not observances:
            run.err(component.line, "VTIMEZONE without STANDARD/DAYLIGHT")
        for observance in observances:
            _observance(run, observance)
    used: dict[str, int] = {}
    for component in run.root.walk():
        for prop in component.props:
            if "TZID" in prop.params:
                used.setdefault(prop.params["TZID"][0], prop.line)
    for name, line in used.items():
        if name not in run.zones:
            run.err(line, f"TZID={name} has no VTIMEZONE")


def _observance(run: _Run, observance: Comp) -> None:
    for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"):
        if len(observance.all(name)) != 1:
            run.err(observance.line, f"{observance.name} needs exactly one {name}")
    start = observance.one("DTSTART")
    if start and not LOCAL_TIME.match(start.value):
        run.err(observance.line, f"{observance.name} DTSTART must be local time")
    for name in ("TZOFFSETFROM", "TZOFFSETTO"):
        offset = observance.one(name)
        if offset and not OFFSET.match(offset.value):
            run.err(observance.line, f"bad {name}")


def _texts(run: _Run) -> None:
    """Escapes of TEXT values (RFC 5545 3.3.11)."""
    for component in run.root.walk():
        for prop in component.props:
            if prop.name not in TEXT_SINGLE | TEXT_MULTI and prop.params.get("VALUE") != ["TEXT"]:
                continue
            for escape in re.finditer(r"\\(.?)", prop.value.replace("\\\\", "")):
                if escape[1] not in (";", ",", "n", "N"):
                    run.err(prop.line, f"{prop.name}: bad escape \\{escape[1]}")
            bare = re.sub(r"\\.", "", prop.value)
            if prop.name in TEXT_SINGLE and re.search(r"[;,]", bare):
                run.err(prop.line, f"{prop.name}: unescaped , or ;")
            if prop.name in TEXT_MULTI and ";" in bare:
                run.err(prop.line, f"{prop.name}: unescaped ;")


def _event(run: _Run, event: Comp) -> None:
    for name in EVENT_ONCE:
        if len(event.all(name)) > 1:
            run.err(event.line, f"VEVENT has more than one {name}")
    for name in ("UID", "DTSTAMP"):
        if not event.all(name):
            run.err(event.line, f"VEVENT without {name}")
    if not event.all("DTSTART") and run.method in (None, "PUBLISH", "REQUEST"):
        run.err(event.line, "VEVENT without DTSTART")
    for name, pattern in EVENT_VALUES.items():
        prop = event.one(name)
        if prop and not re.fullmatch(pattern, prop.value):
            run.err(prop.line, f"{name}:{prop.value} is not allowed in VEVENT")
    start = run.moment(event.one("DTSTART"))
    _end(run, event, start)
    _identity(run, event, start)
    _recurrence(run, event, start)
    for sub in event.subs:
        if sub.name == "VALARM":
            _alarm(run, event, sub)
        else:
            run.err(sub.line, f"{sub.name} inside VEVENT")
    _message(run, event)


def _end(run: _Run, event: Comp, start: Moment | None) -> None:
    end, duration = event.one("DTEND"), event.one("DURATION")
    if end and duration:
        run.err(event.line, "both DTEND and DURATION")
    finish = run.moment(end)
    if end and start and finish:
        if (start[0] == "DATE") != (finish[0] == "DATE"):
            run.err(end.line, "DTSTART and DTEND differ in value type")
        elif (start[0] == "FLOAT") != (finish[0] == "FLOAT"):
            run.err(end.line, "one of DTSTART, DTEND is floating")
        elif not _is_before(start, finish):
            run.err(end.line, "DTEND is not after DTSTART (DTEND is exclusive)")
    if duration:
        span = parse_duration(duration.value)
        if span is None or span < dt.timedelta(0):
            run.err(duration.line, "bad DURATION")
        elif start and start[0] == "DATE" and span.seconds:
            run.err(duration.line, "DURATION of an all-day event must be whole days")


def _is_before(start: Moment, end: Moment) -> bool:
    first, last = absolute(start), absolute(end)
    if isinstance(first, dt.datetime) and isinstance(last, dt.datetime) and None in (first.tzinfo, last.tzinfo):
        return first.replace(tzinfo=None) < last.replace(tzinfo=None)  # a zone that this machine does not know
    return first < last


def _identity(run: _Run, event: Comp, start: Moment | None) -> None:
    uid = event.one("UID")
    if uid and not uid.value.strip():
        run.err(event.line, "empty UID")
    if uid and len(uid.value.encode()) > 255:
        run.err(event.line, "UID over 255 octets (RFC 7986)")
    instance, recurrence_id = event.one("RECURRENCE-ID"), None
    if instance:
        recurrence_id = ";".join([instance.value, *instance.params.get("TZID", [])])
        moment = run.moment(instance)
        if moment and start and (moment[0] == "DATE") != (start[0] == "DATE"):
            run.err(instance.line, "RECURRENCE-ID and DTSTART differ in value type")
        if event.all("RRULE"):
            run.err(event.line, "RECURRENCE-ID together with RRULE")
    key = (uid.value if uid else "", recurrence_id)
    if key in run.seen:
        run.err(event.line, f"duplicate UID+RECURRENCE-ID, first at line {run.seen[key]}")
    run.seen[key] = event.line


def _recurrence(run: _Run, event: Comp, start: Moment | None) -> None:
    for rule in event.all("RRULE"):
        parts = dict(part.split("=", 1) for part in rule.value.split(";") if "=" in part)
        until = parts.get("UNTIL")
        if "FREQ" not in parts:
            run.err(rule.line, "RRULE without FREQ")
        if until and "COUNT" in parts:
            run.err(rule.line, "RRULE with COUNT and UNTIL")
        if until and start and start[0] == "DATE" and not DATE.match(until):
            run.err(rule.line, "RRULE UNTIL must be a DATE as DTSTART is")
        if until and start and start[0].startswith(("TZ:", "UTC")) and not UTC_TIME.match(until):
            run.err(rule.line, "RRULE UNTIL must be UTC when DTSTART has a time zone")
    for prop in event.all("EXDATE") + event.all("RDATE"):
        for value in prop.value.split(","):
            moment = run.moment(Prop(prop.name, prop.params, value, prop.line))
            if moment and start and (moment[0] == "DATE") != (start[0] == "DATE"):
                run.err(prop.line, f"{prop.name} and DTSTART differ in value type")


def _alarm(run: _Run, event: Comp, alarm: Comp) -> None:
    for name in ("ACTION", "TRIGGER"):
        if len(alarm.all(name)) != 1:
            run.err(alarm.line, f"VALARM needs exactly one {name}")
    action, trigger = alarm.one("ACTION"), alarm.one("TRIGGER")
    kind = action.value.upper() if action else ""
    if kind == "DISPLAY" and len(alarm.all("DESCRIPTION")) != 1:
        run.err(alarm.line, "DISPLAY alarm needs exactly one DESCRIPTION")
    if kind == "EMAIL" and not (alarm.all("DESCRIPTION") and alarm.all("SUMMARY") and alarm.all("ATTENDEE")):
        run.err(alarm.line, "EMAIL alarm needs DESCRIPTION, SUMMARY, ATTENDEE")
    if bool(alarm.all("REPEAT")) != bool(alarm.all("DURATION")):
        run.err(alarm.line, "REPEAT and DURATION go together")
    if trigger is None:
        return
    if trigger.params.get("VALUE") == ["DATE-TIME"]:
        if not UTC_TIME.match(trigger.value):
            run.err(trigger.line, "absolute TRIGGER must be UTC")
        if "RELATED" in trigger.params:
            run.err(trigger.line, "RELATED on an absolute TRIGGER")
    elif parse_duration(trigger.value) is None:
        run.err(trigger.line, f"bad TRIGGER {trigger.value}")
    if trigger.params.get("RELATED") == ["END"] and not (event.one("DTEND") or event.one("DURATION")):
        run.err(trigger.line, "RELATED=END without DTEND/DURATION")


def _message(run: _Run, event: Comp) -> None:
    """What a METHOD asks of each event (RFC 5546 3.2.1, 3.2.2, 3.2.5)."""
    method = run.method
    cancelled = event.text("STATUS") == "CANCELLED"
    if method == "CANCEL" and not cancelled:
        run.err(event.line, "METHOD:CANCEL without STATUS:CANCELLED")
    if not run.itip or method not in ("PUBLISH", "REQUEST", "CANCEL"):
        return
    if len(event.all("ORGANIZER")) != 1:
        run.err(event.line, f"METHOD:{method} needs exactly one ORGANIZER (RFC 5546)")
    if method == "PUBLISH" and event.all("ATTENDEE"):
        run.err(event.line, "METHOD:PUBLISH must not have ATTENDEE (RFC 5546 3.2.1)")
    if method == "REQUEST" and not event.all("ATTENDEE"):
        run.err(event.line, "METHOD:REQUEST needs ATTENDEE (RFC 5546 3.2.2)")
    if method != "CANCEL" and not event.all("SUMMARY"):
        run.err(event.line, f"METHOD:{method} needs SUMMARY")
    if method == "CANCEL" and not event.all("SEQUENCE"):
        run.err(event.line, "METHOD:CANCEL needs SEQUENCE (RFC 5546 3.2.5)")
    if method == "CANCEL" and any(sub.name == "VALARM" for sub in event.subs):
        run.err(event.line, "METHOD:CANCEL must not have VALARM (RFC 5546 3.2.5)")


def _same_uid(run: _Run) -> None:
    if run.itip and run.method in ("CANCEL", "REQUEST") and len({uid for uid, _ in run.seen}) > 1:
        run.err(run.root.line, f"METHOD:{run.method} with more than one UID (RFC 5546 3.2.2, 3.2.5)")


def _offsets(run: _Run) -> None:
    """The offset that a VTIMEZONE gives must be the IANA one on every date that is used."""
    for component in run.root.subs:
        for prop in component.props:
            name = prop.params.get("TZID", [""])[0]
            zone = run.zones.get(name)
            if zone is None or not LOCAL_TIME.match(prop.value):
                continue
            when = dt.datetime.strptime(prop.value, "%Y%m%dT%H%M%S")  # noqa: DTZ007
            given = _offset_at(zone, when)
            if given is None:
                run.err(prop.line, f"{prop.name}: VTIMEZONE {name} says nothing about {prop.value}")
                continue
            if any(observance.all("RRULE") for observance in zone.subs):
                continue  # needs an expansion of rules, which the clients do
            real = iana(name)
            expected = when.replace(tzinfo=real).strftime("%z")
            if real is not None and expected != given[:5]:
                run.err(prop.line, f"{prop.name}: VTIMEZONE gives {given}, IANA {name} gives {expected}")


def _offset_at(zone: Comp, when: dt.datetime) -> str | None:
    """TZOFFSETTO of the observance whose latest onset is not after `when`."""
    found: tuple[dt.datetime, str] | None = None
    for observance in zone.subs:
        start, offset = observance.one("DTSTART"), observance.one("TZOFFSETTO")
        if not (start and offset):
            continue
        for text in [start.value, *(value for prop in observance.all("RDATE") for value in prop.value.split(","))]:
            if not LOCAL_TIME.match(text):
                continue
            onset = dt.datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007
            if onset <= when and (found is None or onset > found[0]):
                found = (onset, offset.value)
    return None if found is None else found[1]
