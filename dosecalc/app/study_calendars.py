"""The calendars of a study: one file for each participant, and one for the clinic, from the events alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.calendars.ics import write_calendar
from dosecalc.calendars.wording import calendar_head
from dosecalc.errors import Finding, Usage
from dosecalc.files import write_together
from dosecalc.registry.calendar_history import calendar, moments
from dosecalc.text import msg
from dosecalc.visits.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.app.study import Session
    from dosecalc.calendars.event import Event as Item
    from dosecalc.calendars.ics import Head
    from dosecalc.registry.calendar_history import Moment
    from dosecalc.text import Language

CLINIC = "clinic.ics"


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenCalendar:
    """A calendar file that was written; `participant` is None for the clinic's."""

    participant: str | None
    path: str
    sha256: str
    events: int
    changed: dt.datetime | None
    """When an item of it changed last."""


def write_calendars(
    session: Session,
    out: str,
    *,
    changed_since: str | None = None,
    as_of: str | None = None,
    language: Language | None = None,
) -> list[WrittenCalendar]:
    """Write the calendars of all participants and the clinic's; all of them, or none.

    With `changed_since` only those in which something has changed since that moment are written.

    Raises:
        Refusal: DC401 to DC405, the moment is none; DC501, a text may not stand in a calendar; DC602 to DC605, a
            file cannot be written.
        Usage: DC736, the moment has no time of day.
    """
    since = _since(session, changed_since)
    until = session.until(as_of)
    files: dict[str, bytes] = {}
    written: list[WrittenCalendar] = []
    for found in calendars_of(session, until, language):
        code, changed = found.participant, found.changed
        if since is not None and (changed is None or changed < since):
            continue
        name = CLINIC if code is None else f"calendars/{code}.ics"
        files[name] = data = write_calendar(found.head, found.items)
        written.append(
            WrittenCalendar(
                participant=code, path=os.path.join(out, name), sha256=hashlib.sha256(data).hexdigest(),
                events=len(found.items), changed=changed,
            )
        )  # fmt: skip
    write_together(out, files, replace=True)
    return written


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyCalendar:
    """A calendar of the study that is not written yet; `participant` is None for the clinic's."""

    participant: str | None
    head: Head
    items: tuple[Item, ...]

    @property
    def changed(self) -> dt.datetime | None:
        """When an item of it changed last."""
        return max((item.stamp for item in self.items), default=None)


def calendars_of(session: Session, until: dt.datetime | None, language: Language | None) -> Iterator[StudyCalendar]:
    """Yield the calendar of each participant who has one, then the clinic's.

    Raises:
        Refusal: DC501, a text may not stand in a calendar.
    """
    from dosecalc import __version__

    protocol = session.settled.protocol.id
    site = session.settled.site
    here: Language = language or (site.language if site is not None else "en")
    clinic: list[Item] = []
    with session.read() as reading:
        study = list(reading.of_study(until))
        for code in reading.participants():
            own = list(reading.events(participant=code, until=until))
            history = list(moments(study, own, until or session.by.entered_at, session.zone))
            spoken = language or _language(history, here)
            found = calendar(history, "participant", spoken)
            clinic.extend(calendar(history, "clinic", here).items)
            if not found.items:  # nobody has anything to put on a phone yet
                continue
            head = calendar_head("participant", spoken, participant=code, protocol=protocol, version=__version__)
            yield StudyCalendar(participant=code, head=head, items=found.items)
    head = calendar_head("clinic", here, participant=None, protocol=protocol, version=__version__)
    yield StudyCalendar(participant=None, head=head, items=tuple(clinic))


def _language(history: Sequence[Moment], site: Language) -> Language:
    """The language of a participant's calendar: their own, where one is on record, else the site's."""
    return (history[-1].language if history else None) or site


def _since(session: Session, text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    moment = parse_moment(text, session.settled.timezone)
    if not isinstance(moment, dt.datetime):
        what = msg("--changed-since {day} has no time", day=moment)
        raise Usage([Finding("DC736", what, msg("write --changed-since {day}T00:00", day=moment))])
    return moment
