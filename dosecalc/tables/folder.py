"""The files of a plan: what everyone may see, and what only the pharmacy may.

`MaskedFiles` takes nothing that could hold an arm or a dose, and its files are written in the order of the participant
codes with one time stamp, so that in a masked trial they are the same bytes whatever the column `arm` says, and in
whatever order the rows stand (R15).
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from dosecalc.calendars.cohort import CohortFile
from dosecalc.calendars.event import calendar_uid
from dosecalc.calendars.ics import write_calendar, write_head
from dosecalc.calendars.layout import CalendarWriter, PharmacyWriter
from dosecalc.calendars.revisions import read_previous, revise
from dosecalc.errors import refuse
from dosecalc.files import read_file
from dosecalc.tables.manifest import PHARMACY, PRIVATE_FILE, PRIVATE_FOLDER, ManifestWriter, read_manifest
from dosecalc.tables.output import DOSES, VISITS, DoseRows, VisitRows, header
from dosecalc.text import LANGUAGES, msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dosecalc.area_age import AreaAge
    from dosecalc.blinding import BlindedPlan
    from dosecalc.calendars.event import Audience
    from dosecalc.calendars.ics import Years
    from dosecalc.calendars.layout import Items
    from dosecalc.calendars.revisions import Previous
    from dosecalc.dosing.result import Doses
    from dosecalc.files import Staging
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.protocol.settled import Settled
    from dosecalc.tables.participants import Entry
    from dosecalc.text import Language

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EVENT = b"\r\nBEGIN:VEVENT\r\n"
_HEAD = 200
"""Within so many bytes of a calendar stand its first three lines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What is the same for all files of one plan. `stamp` is in UTC, in whole seconds."""

    settled: Settled
    stamp: dt.datetime
    version: str
    earlier: Earlier | None = None
    years: dict[str, Years] = field(default_factory=dict)
    """The first and the last year of the booked times, by time zone."""

    @property
    def seconds(self) -> int:
        """The stamp in seconds since 1970."""
        return (self.stamp - _EPOCH) // dt.timedelta(seconds=1)

    @property
    def language(self) -> Language:
        """The language of the tables, and of calendars whose reader has none: the site's, else English."""
        return self.settled.site.language if self.settled.site else "en"

    @property
    def clinic(self) -> Clinic | None:
        """What the site file says about the clinic."""
        return self.settled.site.clinic if self.settled.site else None

    def previous(self, name: str, participant: str | None, audience: Audience) -> Previous | None:
        """Return the calendar `name` of the earlier plan, if there was one."""
        return self.earlier.calendar(name, participant, audience) if self.earlier else None


class Earlier:
    """The folder of an earlier plan, whose calendars are continued."""

    def __init__(self, folder: str, protocol: str) -> None:
        """Read its manifest.

        Raises:
            Refusal: DC601, there is none; DC630, it is not one of ours; DC634, it is that of another protocol.
        """
        manifest = read_manifest(folder)
        if manifest.protocol != protocol:
            raise refuse(
                "DC634",
                msg(
                    "{folder} holds a plan of {earlier}, not of {protocol}",
                    folder=folder,
                    earlier=manifest.protocol,
                    protocol=protocol,
                ),
                msg("give --previous the folder that was written for the same protocol, or leave it out"),
            )
        self._folder, self._protocol = folder, protocol
        self._calendars = frozenset(file.path for file in manifest.files if file.path.endswith(".ics"))

    @property
    def participants(self) -> list[str]:
        """The codes of those who have a calendar there, sorted."""
        found = (path.removeprefix("calendars/") for path in self._calendars if path.startswith("calendars/"))
        return sorted(name.removesuffix(".ics") for name in found)

    def calendar(self, name: str, participant: str | None, audience: Audience) -> Previous | None:
        """Return the calendar `name`; None where the earlier plan has none.

        Raises:
            Refusal: DC502, DC503, DC601, the file is not the one that was written.
        """
        path = f"{self._folder}/{name}"
        if name not in self._calendars and not (audience == "pharmacy" and os.path.lexists(path)):
            return None
        return read_previous(read_file(path), calendar_uid(self._protocol, participant, audience))

    def language(self, name: str) -> Language:
        """Return the language in which the calendar `name` was written: the end of its PRODID says so."""
        head = read_file(f"{self._folder}/{name}")[:_HEAD]
        return next((language for language in LANGUAGES if f"//{language.upper()}\r\n".encode() in head), "en")


class _Part:
    """A table, a calendar of all participants, and the manifest of one folder."""

    def __init__(
        self,
        staging: Staging,
        run: Run,
        folder: str,
        table: tuple[str, Sequence[str]],
        calendar: str,
        writer: CalendarWriter | PharmacyWriter,
    ) -> None:
        self._staging = staging
        self._prefix = prefix = f"{folder}/" if folder else ""
        self._mode = PRIVATE_FILE if folder else 0o666
        self._calendar = calendar
        self._table_name, columns = table
        self._table = staging.stream(prefix + self._table_name, self._mode)
        self._table.write(header(columns))
        previous = run.previous(prefix + calendar, None, writer.audience)
        protocol = run.settled.protocol.id
        self._cohort = CohortFile(writer, protocol, previous)
        # The head of a calendar names the years in it and is known for certain only at its end. It is nearly always the
        # one that follows from the booked times; where not, the file is copied behind another head.
        self._head = write_head(writer.head_of(protocol, None), run.years)
        self._file = staging.stream(prefix + calendar, self._mode)
        self._file.write(self._head)
        self._events = 0
        self.manifest = ManifestWriter(staging, folder, run.settled, run.version, run.stamp)

    def add(self, rows: bytes, items: Items) -> None:
        """Add one participant's rows and calendar items."""
        self._table.write(rows)
        self._file.write(self._cohort.add(items))
        self._events += len(items.items)

    def finish(self, **more: str) -> None:
        """Complete the files; `more` goes into the manifest."""
        self._table.close()
        self.manifest.add(self._table_name, self._table.sha256.hexdigest(), self._table.length, 0)
        tail, head, file = self._cohort.tail(), self._cohort.head(), self._file
        if head != self._head:
            name = self._prefix + self._calendar
            file = self._staging.beginning_anew(file, name, len(self._head), head, self._mode)
        file.write(tail)
        file.close()
        events = self._events + (b"\r\n" + tail).count(_EVENT)
        self.manifest.add(self._calendar, file.sha256.hexdigest(), file.length, events)
        self.manifest.close(**more)


class MaskedFiles:
    """visits.csv, clinic.ics, and a calendar for each participant."""

    def __init__(self, staging: Staging, run: Run) -> None:
        self._staging, self._run = staging, run
        staging.folder("calendars")
        self._rows = VisitRows(run.language)
        self._clinic = CalendarWriter("clinic", run.language, clinic=run.clinic, stamp=run.stamp, version=run.version)
        self._own = {
            language: CalendarWriter("participant", language, clinic=run.clinic, stamp=run.stamp, version=run.version)
            for language in LANGUAGES
        }
        self._part = _Part(staging, run, "", ("visits.csv", VISITS), "clinic.ics", self._clinic)

    def add(self, view: BlindedPlan, language: Language | None) -> None:
        """Write one participant's calendar, in their language, and add their visits to the rest.

        Participants are added in the order of their codes.
        """
        name = _calendar_of(view.participant)
        own = self._own[language or self._run.language]
        previous = self._run.previous(name, view.participant, "participant")
        self._write(name, own.file(view, own.items(view), previous))
        self._part.add(self._rows.of(view), self._clinic.items(view))

    def cancel(self, code: str) -> bool:
        """Write the calendar of a participant who is only in the earlier plan, with every item cancelled.

        Return whether one was not cancelled before. In `clinic.ics` they are cancelled as whatever is gone from it.
        """
        run, name = self._run, _calendar_of(code)
        previous = run.previous(name, code, "participant")
        if previous is None or run.earlier is None:
            return False
        own = self._own[run.earlier.language(name)]
        left = revise((), previous, run.stamp, own.language)
        self._write(name, write_calendar(own.head_of(run.settled.protocol.id, code), left))
        return not all(item.cancelled for item in previous.items.values())

    def _write(self, name: str, data: bytes) -> None:
        self._staging.write(name, data)
        self._part.manifest.add(name, sha256(data).hexdigest(), len(data), data.count(_EVENT))

    def finish(self) -> None:
        """Complete the files."""
        self._part.finish()


def _calendar_of(code: str) -> str:
    return f"calendars/{code}.ics"


class PharmacyFiles:
    """doses.csv and pharmacy.ics, in a folder that only its owner may open."""

    def __init__(self, staging: Staging, run: Run) -> None:
        staging.folder(PHARMACY, PRIVATE_FOLDER)
        self._rows = DoseRows(run.language)
        self._writer = PharmacyWriter(run.language, clinic=run.clinic, stamp=run.stamp, version=run.version)
        self._part = _Part(staging, run, PHARMACY, ("doses.csv", DOSES), "pharmacy.ics", self._writer)
        self.draft = False
        self.warned = 0

    def add(self, view: BlindedPlan, entry: Entry, doses: Doses, ages: Mapping[str, AreaAge]) -> None:
        """Add one participant's doses, in the order of the codes."""
        self.draft |= bool(doses.draft)
        self.warned += bool(doses.warnings)
        self._part.add(self._rows.of(view, entry, doses, ages), self._writer.items(view, doses))

    def finish(self) -> None:
        """Complete the files."""
        self._part.finish(release="draft" if self.draft else "released")
