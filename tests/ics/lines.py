"""RFC 5545 from octets to components: content lines, folding, parameters, dates. Standard library only."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

Moment = tuple[str, dt.date]
"""Kind (`DATE`, `UTC`, `TZ:<id>` or `FLOAT`) and value; every kind but `DATE` has a `datetime`."""

NAME = re.compile(r"[A-Za-z0-9-]+\Z")
DATE = re.compile(r"\d{8}\Z")
DATE_TIME = re.compile(r"\d{8}T\d{6}Z?\Z")
DURATION = re.compile(r"([+-]?)P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)\Z")


@dataclass(slots=True)
class Prop:
    """One property: `NAME;PARAM=value:VALUE`, unfolded, still escaped."""

    name: str
    params: dict[str, list[str]]
    value: str
    line: int


@dataclass(slots=True)
class Comp:
    """One component, from BEGIN to END."""

    name: str
    line: int
    props: list[Prop] = field(default_factory=list)
    subs: list[Comp] = field(default_factory=list)

    def all(self, name: str) -> list[Prop]:
        return [prop for prop in self.props if prop.name == name]

    def one(self, name: str) -> Prop | None:
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> str | None:
        """The unescaped value of the first property `name`."""
        prop = self.one(name)
        return None if prop is None else unescape(prop.value)

    def walk(self) -> Iterator[Comp]:
        yield self
        for sub in self.subs:
            yield from sub.walk()


def unescape(value: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)


def parse_duration(text: str) -> dt.timedelta | None:
    """RFC 5545 3.3.6; None when `text` is no duration."""
    match = DURATION.match(text)
    if not match or text[-1] in "PT":
        return None
    sign, *numbers = match.groups()
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in numbers)
    span = dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if sign == "-" else span


def _parameter_values(line: str, at: int) -> tuple[list[str], int]:
    """The comma-separated values that begin at `at`, and where they end."""
    values = []
    while True:
        if line[at : at + 1] == '"':
            end = line.find('"', at + 1)
            if end < 0:
                raise ValueError("unterminated quoted parameter")
            values.append(line[at + 1 : end])
            at = end + 1
        else:
            end = at
            while end < len(line) and line[end] not in ',;:"':
                end += 1
            if line[end : end + 1] == '"':
                raise ValueError("DQUOTE inside unquoted parameter value")
            values.append(line[at:end])
            at = end
        if at >= len(line):
            raise ValueError("no ':' after parameters")
        if line[at] != ",":
            return values, at
        at += 1


def split_line(line: str) -> tuple[str, list[tuple[str, list[str]]], str]:
    """Name, parameters and value of an unfolded line (RFC 5545 3.1).

    Raises:
        ValueError: the line is none.
    """
    at = next((i for i, character in enumerate(line) if character in ";:"), None)
    if at is None:
        raise ValueError("no ':' in content line")
    name = line[:at]
    if not NAME.match(name):
        raise ValueError(f"bad property name {name!r}")
    params = []
    while line[at] == ";":
        equals = line.find("=", at)
        if equals < 0:
            raise ValueError("parameter without '='")
        param = line[at + 1 : equals]
        if not NAME.match(param):
            raise ValueError(f"bad parameter name {param!r}")
        values, at = _parameter_values(line, equals + 1)
        if line[at] not in ";:":
            raise ValueError("junk after parameter value")
        params.append((param.upper(), values))
    return name.upper(), params, line[at + 1 :]


class Doc:
    """A parsed file with the defects found so far; `root` is None when there is no component."""

    def __init__(self, data: bytes) -> None:
        self.errors: list[str] = []
        self.root: Comp | None = None
        self._stack: list[Comp] = []
        for line, octets in self._logical_lines(self._physical_lines(data)):
            self._content_line(line, octets)
        if self._stack:
            self.err(self._stack[-1].line, f"BEGIN:{self._stack[-1].name} never ended")
        if self.root is None:
            self.err(0, "no VCALENDAR")

    def err(self, line: int, what: str) -> None:
        self.errors.append(f"line {line}: {what}")

    def _physical_lines(self, data: bytes) -> list[bytes]:
        if data.startswith(b"\xef\xbb\xbf"):
            self.err(1, "UTF-8 byte-order mark before BEGIN:VCALENDAR")
            data = data[3:]
        if not data.endswith(b"\r\n"):
            self.err(0, "file does not end with CRLF")
        if bare := re.search(rb"(?<!\r)\n|\r(?!\n)", data):
            self.err(data.count(b"\n", 0, bare.start()) + 1, "bare LF or bare CR")
        lines = re.split(rb"\r\n|\n|\r", data)
        return lines[:-1] if lines[-1] == b"" else lines

    def _logical_lines(self, lines: list[bytes]) -> list[tuple[int, bytearray]]:
        logical: list[tuple[int, bytearray]] = []
        for number, line in enumerate(lines, 1):
            if len(line) > 75:
                self.err(number, f"{len(line)} octets, over 75")
            if not line:
                self.err(number, "empty line")
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                self.err(number, "fold inside a UTF-8 character (or not UTF-8)")
            if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line):
                self.err(number, "control character")
            if line[:1] not in b" \t":
                logical.append((number, bytearray(line)))
            elif not logical:
                self.err(number, "continuation before any line")
            else:
                if len(line) == 1:
                    self.err(number, "continuation line with nothing in it")
                logical[-1][1].extend(line[1:])
        return logical

    def _content_line(self, line: int, octets: bytearray) -> None:
        try:
            name, params, value = split_line(octets.decode("utf-8"))
        except UnicodeDecodeError:
            self.err(line, "not UTF-8")
            return
        except ValueError as error:
            self.err(line, str(error))
            return
        if name == "BEGIN":
            self._begin(line, value.upper())
        elif name == "END":
            if not self._stack or self._stack[-1].name != value.upper():
                self.err(line, f"END:{value} does not match")
            else:
                self._stack.pop()
        elif not self._stack:
            self.err(line, f"{name} outside a component")
        else:
            component = self._stack[-1]
            if component.subs and component.name == "VCALENDAR":
                self.err(line, f"calendar property {name} after a component")
            if len({param for param, _ in params}) != len(params):
                self.err(line, f"{name}: repeated parameter")
            component.props.append(Prop(name, dict(params), value, line))

    def _begin(self, line: int, name: str) -> None:
        component = Comp(name, line)
        if self._stack:
            self._stack[-1].subs.append(component)
        elif self.root is None:
            self.root = component
            if name != "VCALENDAR":
                self.err(line, f"top component is {name}")
        else:
            self.err(line, "more than one top-level component")
        self._stack.append(component)

    def moment(self, prop: Prop | None, *, allow_floating: bool = True) -> Moment | None:
        """The date or time of `prop`; None (and a defect) when it is neither."""
        if prop is None:
            return None
        zone = prop.params.get("TZID", [""])[0]
        if prop.params.get("VALUE", ["DATE-TIME"])[0].upper() == "DATE":
            return self._date(prop, zone)
        if not DATE_TIME.match(prop.value):
            self.err(prop.line, f"{prop.name}: not a DATE-TIME (VALUE=DATE missing?): {prop.value}")
            return None
        try:
            local = dt.datetime.strptime(prop.value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
        except ValueError:
            self.err(prop.line, f"{prop.name}: no such time {prop.value}")
            return None
        if prop.value.endswith("Z"):
            if zone:
                self.err(prop.line, f"{prop.name}: TZID on a UTC value")
            return "UTC", local.replace(tzinfo=dt.UTC)
        if zone:
            return "TZ:" + zone, local
        if not allow_floating:
            self.err(prop.line, f"{prop.name}: floating time")
        return "FLOAT", local

    def _date(self, prop: Prop, zone: str) -> Moment | None:
        if not DATE.match(prop.value):
            self.err(prop.line, f"{prop.name}: not a DATE: {prop.value}")
            return None
        if zone:
            self.err(prop.line, f"{prop.name}: TZID on a DATE value")
        try:
            return "DATE", dt.datetime.strptime(prop.value, "%Y%m%d").date()  # noqa: DTZ007
        except ValueError:
            self.err(prop.line, f"{prop.name}: no such date {prop.value}")
            return None


def iana(name: str) -> ZoneInfo | None:
    """The zone of that name; None where IANA has none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def absolute(moment: Moment) -> dt.date:
    """The same moment with its zone attached where this machine knows the zone."""
    kind, value = moment
    if kind.startswith("TZ:") and isinstance(value, dt.datetime):
        return value.replace(tzinfo=iana(kind[3:]))
    return value


def iso(moment: Moment | None) -> str | None:
    """A date as `YYYY-MM-DD`, a time in UTC with `Z`, a floating one or one of an unknown zone without."""
    if moment is None:
        return None
    value = absolute(moment)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()
