"""The calendars of a study: one file for each participant, and one for the clinic, from the events alone."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dosecalc.calendars.ics import write_calendar
from dosecalc.calendars.wording import calendar_head
from dosecalc.errors import Finding, Usage
from dosecalc.files import write_together
from dosecalc.registry.calendar_history import calendar, ever, moments
from dosecalc.text import LANGUAGES, msg
from dosecalc.visits.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dosecalc.app.study import Session
    from dosecalc.calendars.event import Event as Item
    from dosecalc.calendars.ics import Head
    from dosecalc.registry.calendar_history import Moment
    from dosecalc.registry.store import Reading
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
    since = since_when(session, changed_since)
    until = session.until(as_of)
    files: dict[str, bytes] = {}
    written: list[WrittenCalendar] = []
    with session.read() as reading:
        for each in calendars(session, reading, until, language):
            if not each.items and each.participant is not None:  # nobody has anything to put on a phone yet
                continue
            if since is not None and (each.changed is None or each.changed < since):
                continue
            name = CLINIC if each.participant is None else f"calendars/{each.participant}.ics"
            files[name] = data = write_calendar(each.head, each.items)
            written.append(
                WrittenCalendar(
                    participant=each.participant, path=os.path.join(out, name),
                    sha256=hashlib.sha256(data).hexdigest(), events=len(each.items), changed=each.changed,
                )
            )  # fmt: skip
    write_together(out, files, replace=True)
    return written


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyCalendar:
    """A calendar before it is written; `participant` is None for the clinic's."""

    participant: str | None
    head: Head
    items: tuple[Item, ...]

    @property
    def changed(self) -> dt.datetime | None:
        """When an item of it changed last."""
        return max((item.stamp for item in self.items), default=None)


def calendars(
    session: Session, reading: Reading, until: dt.datetime | None = None, language: Language | None = None
) -> Iterator[StudyCalendar]:
    """Yield the calendar of every participant, in the order of their codes, then the clinic's.

    Raises:
        Refusal: DC501, a text may not stand in a calendar.
    """
    from dosecalc import __version__

    protocol = session.settled.protocol.id
    here: Language = language or site_language(session)
    clinic: list[Item] = []
    for code, history in histories(session, reading, until):
        spoken = language or language_of(history, here)
        clinic.extend(calendar(history, "clinic", here).items)
        head = calendar_head("participant", spoken, participant=code, protocol=protocol, version=__version__)
        yield StudyCalendar(participant=code, head=head, items=calendar(history, "participant", spoken).items)
    head = calendar_head("clinic", here, participant=None, protocol=protocol, version=__version__)
    yield StudyCalendar(participant=None, head=head, items=tuple(clinic))


def histories(
    session: Session, reading: Reading, until: dt.datetime | None = None, codes: Sequence[str] | None = None
) -> Iterator[tuple[str, list[Moment]]]:
    """Yield what happened to the calendars of these participants, else to everybody's, in the order of their codes."""
    study = list(reading.of_study(until))
    for code in reading.participants() if codes is None else codes:
        own = list(reading.events(participant=code, until=until))
        yield code, list(moments(study, own, until or session.by.entered_at, session.zone))


def site_language(session: Session) -> Language:
    """The language of the clinic's calendar, and of participants' where none is on record."""
    return session.settled.site.language if session.settled.site is not None else "en"


def versions_of(session: Session, participant: str | None) -> Callable[[str], tuple[Item, ...]]:
    """Return what tells every version of an item, in any language, by its UID; None is for the clinic's calendar.

    It is asked for little, and then reads the study again.
    """

    @functools.cache
    def versions() -> dict[str, tuple[Item, ...]]:
        found: dict[str, tuple[Item, ...]] = {}
        audience: Literal["participant", "clinic"] = "clinic" if participant is None else "participant"
        with session.read() as reading:
            codes = None if participant is None else (participant,)
            for _, history in histories(session, reading, codes=codes):
                for language in LANGUAGES:
                    for item in ever(history, audience, language):
                        found[item.uid] = (*found.get(item.uid, ()), item)
        return found

    return lambda uid: versions().get(uid, ())


def language_of(history: Sequence[Moment], site: Language) -> Language:
    """The language of a participant's calendar: their own, where one is on record, else the site's."""
    return (history[-1].language if history else None) or site


def since_when(session: Session, text: str | None) -> dt.datetime | None:
    """Read --changed-since.

    Raises:
        Refusal: DC401 to DC405, it is no moment.
        Usage: DC736, it has no time of day.
    """
    if text is None:
        return None
    moment = parse_moment(text, session.settled.timezone)
    if not isinstance(moment, dt.datetime):
        what = msg("--changed-since {day} has no time", day=moment)
        raise Usage([Finding("DC736", what, msg("write --changed-since {day}T00:00", day=moment))])
    return moment
