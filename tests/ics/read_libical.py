"""libical, the engine of Evolution, GNOME Calendar and Orage, with its check of iTIP restrictions.

Usage: /usr/bin/python3 read_libical.py FILE...   prints one reading per file as a JSON list.

It runs in Debian's own Python, which has the bindings (python3-gi, gir1.2-ical-3.0); it imports nothing of ours.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as I  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = I.PropertyKind


def subs(component: Any, kind: Any) -> Iterator[Any]:
    sub = component.get_first_component(kind)
    while sub:
        yield sub
        sub = component.get_next_component(kind)


def complaints(component: Any) -> Iterator[str]:
    prop = component.get_first_property(KIND.XLICERROR_PROPERTY)
    while prop:
        yield f"{component.isa().value_nick}: {prop.get_xlicerror()}"
        prop = component.get_next_property(KIND.XLICERROR_PROPERTY)
    for sub in subs(component, I.ComponentKind.ANY_COMPONENT):
        yield from complaints(sub)


def when(zones: dict[str, Any], prop: Any, time: Any) -> str | None:
    if time is None or time.is_null_time():
        return None
    if time.is_date():
        return f"{time.get_year():04d}-{time.get_month():02d}-{time.get_day():02d}"
    name = prop.get_first_parameter(I.ParameterKind.TZID_PARAMETER)
    zone = I.Timezone.get_utc_timezone() if time.is_utc() else zones.get(name.get_tzid()) if name else None
    if zone is None:
        return str(time.as_ical_string())
    moment = dt.datetime.fromtimestamp(time.as_timet_with_zone(zone), dt.timezone.utc)  # noqa: UP017 (Debian's Python)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_event(zones: dict[str, Any], component: Any) -> dict[str, Any]:
    start = component.get_first_property(KIND.DTSTART_PROPERTY)
    end = component.get_first_property(KIND.DTEND_PROPERTY)
    instance = component.get_first_property(KIND.RECURRENCEID_PROPERTY)
    rule = component.get_first_property(KIND.RRULE_PROPERTY)
    sequence = component.get_first_property(KIND.SEQUENCE_PROPERTY)

    def text(kind: Any) -> str | None:
        prop = component.get_first_property(kind)
        return prop.get_value_as_string() if prop else None

    triggers = [
        alarm.get_first_property(KIND.TRIGGER_PROPERTY).get_trigger().get_duration().as_int() // 60
        for alarm in subs(component, I.ComponentKind.VALARM_COMPONENT)
    ]
    return {
        "uid": component.get_uid(),
        "recurrence_id": when(zones, instance, instance.get_recurrenceid()) if instance else None,
        "summary": component.get_summary(),
        "description": component.get_description(),
        "location": component.get_location(),
        "start": when(zones, start, start.get_dtstart()),
        "end": when(zones, end, end.get_dtend()) if end else None,
        "all_day": start.get_dtstart().is_date(),
        "rrule": ";".join(sorted(rule.get_rrule().to_string().split(";"))) if rule else None,
        "status": text(KIND.STATUS_PROPERTY),
        "sequence": sequence.get_sequence() if sequence else 0,
        "class": text(KIND.CLASS_PROPERTY),
        "transp": text(KIND.TRANSP_PROPERTY),
        "alarms": sorted(triggers, key=str),
    }


def occurrences(component: Any) -> int:
    rule = component.get_first_property(KIND.RRULE_PROPERTY)
    if component.get_first_property(KIND.RECURRENCEID_PROPERTY):
        return 0
    if not rule:
        return 1
    times = I.RecurIterator.new(rule.get_rrule(), component.get_first_property(KIND.DTSTART_PROPERTY).get_dtstart())
    count = 0
    while not times.next().is_null_time():
        count += 1
    return count


def read(path: str) -> dict[str, Any]:
    root = I.Component.new_from_string(Path(path).read_bytes().decode())
    if root is None:
        return {"events": [], "occurrences": None, "complaints": ["libical cannot parse the file"]}
    allowed = I.restriction_check(root)
    wrong = sorted(set(complaints(root))) + ([] if allowed else ["libical's restriction check fails"])
    zones = {}
    for component in subs(root, I.ComponentKind.VTIMEZONE_COMPONENT):
        zone = I.Timezone.new()
        zone.set_component(component.clone())
        zones[zone.get_tzid()] = zone
    events = list(subs(root, I.ComponentKind.VEVENT_COMPONENT))
    return {
        "events": [read_event(zones, event) for event in events],
        "occurrences": sum(occurrences(event) for event in events),
        "complaints": wrong,
    }


if __name__ == "__main__":
    json.dump([read(path) for path in sys.argv[1:]], sys.stdout)
