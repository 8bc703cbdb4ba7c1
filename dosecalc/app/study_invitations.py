"""Invitations by e-mail: message files that the site's own mail system sends. Addresses never enter the study."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dosecalc.app.delivery import check_open
from dosecalc.app.study_calendars import histories, language_of, since_when, site_language
from dosecalc.calendars.invitation import invitation
from dosecalc.files import read_file, write_together
from dosecalc.registry.invitations import mails
from dosecalc.tables.addresses import read_addresses

if TYPE_CHECKING:
    import datetime as dt

    from dosecalc.app.study import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenMail:
    """A message file. Where it goes stands in it alone."""

    participant: str
    visit: str
    method: Literal["REQUEST", "CANCEL"]
    when: dt.date | dt.datetime
    sequence: int
    path: str
    sha256: str
    changed: dt.datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenMails:
    """The message files, and who should have got one and is not in the list of addresses."""

    mails: tuple[WrittenMail, ...]
    without_address: tuple[str, ...]


def write_invitations(session: Session, out: str, addresses: str, *, changed_since: str | None = None) -> WrittenMails:
    """Write one message for each visit that was booked, moved or cancelled: all of them, or none.

    Raises:
        Refusal: DC896, the site's rules allow no e-mail; DC601, the list of addresses cannot be read; DC401 to DC405,
            the moment is none; DC501, a text may not stand in a calendar; DC602 to DC605, a file cannot be written.
        InvalidFile: what `read_addresses` finds.
        Usage: DC736, the moment has no time of day.
    """
    from dosecalc import __version__

    mail_from = check_open(session, "mail").mail
    assert mail_from is not None, "the way is open"
    since = since_when(session, changed_since)
    files: dict[str, bytes] = {}
    written: list[WrittenMail] = []
    without: list[str] = []
    with session.read() as reading:
        known = read_addresses(read_file(addresses), addresses, reading.participants())
        for code, history in histories(session, reading):
            language = language_of(history, site_language(session))
            found = mails(history, language, since)
            if found and code not in known:
                without.append(code)
                continue
            for mail in found:
                data = invitation(
                    mail.item, mail.method, participant=code, organizer=mail_from.organizer, attendee=known[code],
                    zone=session.zone, language=language, version=__version__,
                )  # fmt: skip
                name = f"{code}-{mail.visit}-{mail.item.sequence}-{mail.item.uid[:8]}.eml"
                files[name] = data
                written.append(
                    WrittenMail(
                        participant=code, visit=mail.visit, method=mail.method, when=mail.item.start,
                        sequence=mail.item.sequence, path=os.path.join(out, name),
                        sha256=hashlib.sha256(data).hexdigest(), changed=mail.item.stamp,
                    )
                )  # fmt: skip
    if files:
        write_together(out, files, replace=True)
    return WrittenMails(mails=tuple(written), without_address=tuple(without))
