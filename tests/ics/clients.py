"""Real calendar programs that read a file and say what they understood.

icalendar and vobject run in this process. ical.js, libical, calcurse and khal run in processes of their own, in empty
folders, and may be missing from a machine; each `Client` says what it needs.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ics.reading import FIELDS, Event, Reading, differences, reference, sorted_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).parent
ZONE = "Asia/Shanghai"
"""Where the programs that think in local time are told to be; readings are compared in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program that reads calendars.

    `missing` gives the reason why it cannot run here, or None. `read` takes files and gives one reading for each.
    """

    name: str
    read: Callable[[Sequence[Path]], list[Reading]]
    missing: Callable[[], str | None]
    fields: tuple[str, ...] = FIELDS
    key: tuple[str, ...] = ("uid", "recurrence_id")

    def defects(self, paths: Sequence[Path]) -> list[str]:
        """Where its reading of each file is not what the file says."""
        return [
            f"{path.name}: {self.name}: {defect}"
            for path, got in zip(paths, self.read(paths), strict=True)
            for defect in differences(reference(path.read_bytes()), got, fields=self.fields, key=self.key)
        ]


def _utc(value: dt.date | None) -> str | None:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None if value is None else value.isoformat()


def _minutes(triggers: list[Any]) -> list[int]:
    return sorted((int(trigger.total_seconds() // 60) for trigger in triggers), key=str)


def _no_package(name: str) -> str | None:
    try:
        version(name)
    except PackageNotFoundError:
        return f"the Python package {name} is not installed"
    return None


def _run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """What `command` prints.

    Raises:
        AssertionError: it failed; the text is its own complaint.
    """
    done = subprocess.run(
        command,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]} exits {done.returncode}: {done.stderr.strip()[-1000:]}"
    return done.stdout


# --- icalendar ------------------------------------------------------------------------------------


def _read_icalendar(path: Path) -> Reading:
    import recurring_ical_events
    from icalendar import Calendar

    calendar = Calendar.from_ical(path.read_bytes())
    assert isinstance(calendar, Calendar)
    entries = recurring_ical_events.of(calendar).between(dt.date(1970, 1, 1), dt.date(2100, 1, 1))
    components = list(calendar.walk("VEVENT"))
    complaints = [f"{name}: {error}" for component in components for name, error in component.errors]
    return Reading([_icalendar_event(component) for component in components], len(entries), complaints)


def _icalendar_event(component: Any) -> Event:
    def text(name: str) -> str | None:
        return str(component[name]) if name in component else None

    start = component.decoded("dtstart")
    return {
        "uid": text("uid"),
        "recurrence_id": _utc(component.decoded("recurrence-id", None)),
        "summary": text("summary"),
        "description": text("description"),
        "location": text("location"),
        "start": _utc(start),
        "end": _utc(component.decoded("dtend", None)),
        "all_day": not isinstance(start, dt.datetime),
        "rrule": sorted_rule(component["rrule"].to_ical().decode()) if "rrule" in component else None,
        "status": text("status"),
        "sequence": int(component.get("sequence", 0)),
        "class": text("class"),
        "transp": text("transp"),
        "alarms": _minutes([alarm.decoded("trigger") for alarm in component.walk("VALARM")]),
    }


# --- vobject --------------------------------------------------------------------------------------


def _read_vobject(path: Path) -> Reading:
    import vobject

    calendars = list(vobject.readComponents(path.read_bytes().decode("utf-8")))
    for calendar in calendars:
        calendar.validate(raiseException=True)
    components = [component for calendar in calendars for component in calendar.contents.get("vevent", [])]
    return Reading([_vobject_event(component) for component in components], sum(map(_vobject_count, components)))


def _vobject_event(component: Any) -> Event:
    def value(name: str) -> Any:
        return component.contents[name][0].value if name in component.contents else None

    return {
        "uid": value("uid"),
        "recurrence_id": _utc(value("recurrence-id")),
        "summary": value("summary"),
        "description": value("description"),
        "location": value("location"),
        "start": _utc(value("dtstart")),
        "end": _utc(value("dtend")),
        "all_day": not isinstance(value("dtstart"), dt.datetime),
        "rrule": sorted_rule(value("rrule")),
        "status": value("status"),
        "sequence": int(value("sequence") or 0),
        "class": value("class"),
        "transp": value("transp"),
        "alarms": _minutes([alarm.trigger.value for alarm in component.contents.get("valarm", [])]),
    }


def _vobject_count(component: Any) -> int:
    if "rrule" in component.contents:
        return len(list(component.rruleset))
    return 0 if "recurrence-id" in component.contents else 1


# --- ical.js and libical: readers of this folder, run by node and by Debian's Python --------------


def _readings(printed: str) -> list[Reading]:
    return [Reading(**reading) for reading in json.loads(printed)]


def _read_icaljs(paths: Sequence[Path]) -> list[Reading]:
    return _readings(_run("node", HERE / "read_icaljs.mjs", *paths))


@functools.cache
def _no_icaljs() -> str | None:
    if shutil.which("node") is None:
        return "node is not installed"
    folder = Path(os.environ.get("ICS_NODE_DIR", "."))
    if not (folder / "node_modules" / "ical.js").is_dir():
        return "no node_modules/ical.js in the folder that ICS_NODE_DIR names (npm install ical.js)"
    return None


def _debian_python() -> str:
    return os.environ.get("ICS_GI_PYTHON", "/usr/bin/python3")


def _read_libical(paths: Sequence[Path]) -> list[Reading]:
    return _readings(_run(_debian_python(), HERE / "read_libical.py", *paths))


@functools.cache
def _no_libical() -> str | None:
    script = "import gi; gi.require_version('ICalGLib', '3.0'); from gi.repository import ICalGLib"
    try:
        _run(_debian_python(), "-c", script)
    except (AssertionError, FileNotFoundError):
        return "Debian's Python cannot load libical (apt-get install gir1.2-ical-3.0 python3-gi)"
    return None


# --- calcurse keeps no UID, STATUS or RECURRENCE-ID: events are matched by summary and start ------

_APPOINTMENT = re.compile(
    r"([\d/]{10} @ \d\d:\d\d) -> ([\d/]{10} @ \d\d:\d\d) ?(?:\{1D -> ([\d/]{10})\})? ?(?:>[0-9a-f]{40} ?)?[!|](.*)"
)
_DAY = re.compile(r"([\d/]{10}) \[\d+\] (?:\{1D -> ([\d/]{10})\} )?(?:>[0-9a-f]{40} )?(.*)")


def _read_calcurse(path: Path) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        calcurse_import(folder, path)
        return calcurse_shows(folder, reference(path.read_bytes()))


def calcurse_import(folder: str | Path, path: Path) -> None:
    """Import a file into the calcurse of a folder."""
    _run("calcurse", "-q", "-D", folder, "-i", path, env={"TZ": ZONE, "LC_ALL": "C.UTF-8"})


def calcurse_shows(folder: str | Path, want: Reading) -> Reading:
    """What the calcurse of a folder holds; `want` says which of it are series."""
    rows = Path(folder, "apts").read_text(encoding="utf-8").splitlines()
    series = {event["summary"] for event in want.events if event["rrule"]}
    reading = Reading([], 0)
    for row in rows:
        event, count = _calcurse_row(row, series)
        reading.events.append(event)
        reading.occurrences = (reading.occurrences or 0) + count
    return reading


def _calcurse_row(row: str, series: set[str | None]) -> tuple[Event, int]:
    """One line of calcurse's `apts` file and how many entries it stands for."""
    if match := _APPOINTMENT.fullmatch(row):
        start, end, until, summary = match.groups()
        event = {"summary": summary, "start": _local(start), "end": _local(end), "all_day": False}
        return event, 1 if until is None else (_day(until) - _day(start[:10])).days + 1
    match = _DAY.fullmatch(row)
    assert match, f"calcurse wrote a line that is not understood: {row}"
    first, until, summary = match.groups()
    days = 1 if until is None else (_day(until) - _day(first)).days + 1
    event = {"summary": summary, "start": _day(first).isoformat(), "all_day": True}
    if summary in series:  # it writes a daily series and one event of many days alike
        return event, days
    return event | {"end": (_day(first) + dt.timedelta(days=days)).isoformat()}, 1


def _day(text: str) -> dt.date:
    month, day, year = text.split("/")
    return dt.date(int(year), int(month), int(day))


def _local(text: str, form: str = "%m/%d/%Y @ %H:%M") -> str | None:
    return _utc(dt.datetime.strptime(text, form).replace(tzinfo=ZoneInfo(ZONE)))


def _no_calcurse() -> str | None:
    return None if shutil.which("calcurse") else "calcurse is not installed (apt-get install calcurse)"


# --- khal -----------------------------------------------------------------------------------------

_KHAL_CONFIG = """[calendars]
[[trial]]
path = {folder}/cal
type = calendar
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[default]
default_calendar = trial
"""
_KHAL_COLUMNS = ("uid", "start-long", "end-long", "all-day", "title", "status", "location")
_KHAL_DAYS = 800


def _read_khal(path: Path) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        khal_import(folder, path)
        return khal_shows(folder, reference(path.read_bytes()))


def khal_import(folder: str | Path, path: Path) -> None:
    """Import a file into the khal of a folder."""
    Path(folder, "cal").mkdir(exist_ok=True)
    Path(folder, "config").write_text(_KHAL_CONFIG.format(folder=folder, zone=ZONE), encoding="utf-8")
    _khal(folder, "import", "--batch", "-a", "trial", path)


def khal_shows(folder: str | Path, want: Reading) -> Reading:
    """What the khal of a folder shows; `want` says when it begins, and which of it are series."""
    first = dt.date.fromisoformat(min(event["start"] for event in want.events)[:10]) - dt.timedelta(days=2)
    columns = [word for column in _KHAL_COLUMNS for word in ("--json", column)]
    printed = _khal(folder, "list", *columns, first.isoformat(), f"{_KHAL_DAYS}d")
    rows = [row for line in printed.splitlines() if line.lstrip().startswith("[") for row in json.loads(line)]
    entries = {(row["uid"], row["start-long"]): _khal_event(row) for row in rows}  # one of many days is listed each day
    return Reading(_without_repeats(list(entries.values()), want), len(entries))


def _khal(folder: str | Path, *words: str | Path) -> str:
    env = {"LC_ALL": "C.UTF-8", "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return _run(sys.executable, "-m", "khal", "-c", f"{folder}/config", *words, env=env)


def _khal_event(row: dict[str, str]) -> Event:
    all_day = row["all-day"] == "True"
    start: str | None = row["start-long"]
    end: str | None = row["end-long"]
    if all_day:
        end = (dt.date.fromisoformat(row["end-long"]) + dt.timedelta(days=1)).isoformat()
    else:
        start, end = (_local(row[name], "%Y-%m-%d %H:%M") for name in ("start-long", "end-long"))
    return {
        "uid": row["uid"],
        "summary": row["title"],
        "location": row["location"] or None,
        "status": row["status"],
        "start": start,
        "end": end,
        "all_day": all_day,
    }


def _without_repeats(entries: list[Event], want: Reading) -> list[Event]:
    """Of each series only what the file itself holds: its first entry and the instances that were moved."""
    kept = []
    for entry in entries:
        same = [event for event in want.events if event["uid"] == entry["uid"]]
        written = next((event for event in same if event["start"] == entry["start"]), None)
        if written is not None:
            kept.append(entry | {"recurrence_id": written["recurrence_id"]})
        elif not any(event["rrule"] for event in same):
            kept.append(entry | {"recurrence_id": None})
    return kept


def _no_khal() -> str | None:
    return None if importlib.util.find_spec("khal") else "the Python package khal is not installed"


# --------------------------------------------------------------------------------------------------


def _each(read: Callable[[Path], Reading]) -> Callable[[Sequence[Path]], list[Reading]]:
    return lambda paths: [read(path) for path in paths]


ICALENDAR = Client(name="icalendar", read=_each(_read_icalendar), missing=lambda: _no_package("icalendar"))
VOBJECT = Client(name="vobject", read=_each(_read_vobject), missing=lambda: _no_package("vobject"))
ICALJS = Client(name="ical.js", read=_read_icaljs, missing=_no_icaljs)
LIBICAL = Client(name="libical", read=_read_libical, missing=_no_libical)
CALCURSE = Client(name="calcurse", read=_each(_read_calcurse), missing=_no_calcurse, key=("summary", "start"))
KHAL = Client(name="khal", read=_each(_read_khal), missing=_no_khal)

IN_PROCESS = (ICALENDAR, VOBJECT)
ALL = (*IN_PROCESS, ICALJS, LIBICAL, CALCURSE, KHAL)
