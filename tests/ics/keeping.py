"""Calendar programs that keep what they are given: one file after the other goes in, and each shows what it has then.

calcurse, khal and Radicale keep calendars themselves. ical.js and libical read for programs that do (Thunderbird,
Nextcloud; Evolution, GNOME Calendar), which replace an item by its UID: that part is played here.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from icalendar import Calendar

from ics.clients import (
    CALCURSE,
    ICALENDAR,
    ICALJS,
    KHAL,
    LIBICAL,
    VOBJECT,
    calcurse_import,
    calcurse_shows,
    khal_import,
    khal_shows,
)
from ics.radicale_server import no_radicale, radicale
from ics.reading import Event, Reading, differences, reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ics.clients import Client


class Keeper(Protocol):
    """A program with a calendar of its own."""

    def take(self, path: Path) -> None:
        """Import a file into what is there."""
        ...

    def shows(self, want: Reading) -> list[Reading]:
        """What it shows now, as each of its readers sees it; `want` is the file that came last."""
        ...


class Calcurse:
    """It keeps no UID: what it imports is always new to it."""

    key = ("summary", "start")

    def __init__(self, folder: Path, _: ExitStack) -> None:
        self._folder = folder

    def take(self, path: Path) -> None:
        calcurse_import(self._folder, path)

    def shows(self, want: Reading) -> list[Reading]:
        return [calcurse_shows(self._folder, want)]


class Khal:
    def __init__(self, folder: Path, _: ExitStack) -> None:
        self._folder = folder

    def take(self, path: Path) -> None:
        khal_import(self._folder, path)

    def shows(self, want: Reading) -> list[Reading]:
        return [khal_shows(self._folder, want)]


class ByUid:
    """A program that reads with `client` and replaces each item by its UID, whatever its SEQUENCE says."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._kept: dict[tuple[Any, Any], Event] = {}

    def take(self, path: Path) -> None:
        (reading,) = self._client.read([path])
        assert reading.complaints == []
        self._kept |= {(event["uid"], event["recurrence_id"]): event for event in reading.events}

    def shows(self, want: Reading) -> list[Reading]:
        return [Reading(list(self._kept.values()), want.occurrences)]


class Server:
    """Radicale: each item is one object, under the name of its UID; icalendar and vobject read what it hands out."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._server = stack.enter_context(radicale(folder))
        self._path = self._server.make_calendar("trial")

    def take(self, path: Path) -> None:
        for uid, data in objects(path.read_bytes()):
            self._put(f"{self._path}{uid}.ics", data)

    def take_whole(self, path: Path) -> None:
        """Put the file in place of the whole calendar."""
        self._put(self._path, path.read_bytes())

    def _put(self, place: str, data: bytes) -> None:
        status, said = self._server.ask("PUT", place, data, **{"Content-Type": "text/calendar; charset=utf-8"})
        assert status in (201, 204), said

    def shows(self, want: Reading) -> list[Reading]:
        status, data = self._server.ask("GET", self._path)
        assert status == 200
        whole = self._folder / "whole.ics"
        whole.write_bytes(data)
        return [reading for client in (ICALENDAR, VOBJECT) for reading in client.read([whole])]


def objects(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each item of a file as a calendar of its own (RFC 4791, section 4.1)."""
    whole = Calendar.from_ical(data)
    assert isinstance(whole, Calendar)
    for item in whole.walk("VEVENT"):
        alone = Calendar()
        for name in ("PRODID", "VERSION", "CALSCALE"):
            alone[name] = whole[name]
        for zone in whole.walk("VTIMEZONE"):
            alone.add_component(zone)
        alone.add_component(item)
        yield str(item["UID"]), alone.to_ical()


KEEPERS: dict[str, tuple[Callable[[Path, ExitStack], Keeper], Callable[[], str | None]]] = {
    "calcurse": (Calcurse, CALCURSE.missing),
    "khal": (Khal, KHAL.missing),
    "ical.js": (lambda _, __: ByUid(ICALJS), ICALJS.missing),
    "libical": (lambda _, __: ByUid(LIBICAL), LIBICAL.missing),
    "radicale": (Server, no_radicale),
}
"""By name: how to begin with an empty calendar, and why that cannot be done here."""


def defects(keeper: Keeper, path: Path) -> list[str]:
    """Where what a program shows is not what the file says."""
    want = reference(path.read_bytes())
    key = getattr(keeper, "key", ("uid", "recurrence_id"))
    return [defect for got in keeper.shows(want) for defect in differences(want, got, key=key)]


def begin(name: str, folder: Path, stack: ExitStack) -> Keeper:
    """Return the program with an empty calendar; it is there until `stack` is closed."""
    make, _ = KEEPERS[name]
    return make(Path(tempfile.mkdtemp(dir=folder)), stack)
