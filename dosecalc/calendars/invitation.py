"""One item of a calendar as a message that the site's own mail system sends: an invitation, or its cancellation.

RFC 5546 (what the calendar part holds), RFC 6047 (how it stands in a mail). Subject and text name neither visit nor
trial, and the participant's code is left out: beside an e-mail address it would tell who the person is (R17).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from dosecalc.calendars.event import message_id
from dosecalc.calendars.ics import write_message
from dosecalc.text import msg, render
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.calendars.event import Event
    from dosecalc.text import Language, Message

Method = Literal["REQUEST", "CANCEL"]
_BOUNDARY = "dosecalc-"


def invitation(
    item: Event,
    method: Method,
    *,
    participant: str,
    organizer: str,
    attendee: str,
    zone: dt.tzinfo,
    language: Language,
    version: str,
) -> bytes:
    """Return the message; the same item and addresses give the same bytes.

    `item` is that of the participant's own calendar: a booked visit, or a cancelled one with the time that it had.
    """
    when = readable(item.start.astimezone(zone) if isinstance(item.start, dt.datetime) else item.start)
    item = replace(item, description=_without_code(item.description, participant, language))
    calendar = write_message(item, method, organizer=organizer, attendee=attendee, language=language, version=version)
    name = message_id(item.uid, item.sequence, method, attendee)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = organizer
    mail["To"] = attendee
    mail["Subject"] = render(_subject(method, when), language)
    mail["Date"] = format_datetime(item.stamp)
    mail["Message-ID"] = f"<{name}>"
    text = "\n".join(render(line, language) for line in _text(item, method, when)) + "\n"
    mail.set_content(text, charset="utf-8", cte="base64" if language == "zh" else "quoted-printable")
    mail.add_alternative(
        calendar, maintype="text", subtype="calendar", cte="base64", params={"method": method, "charset": "UTF-8"}
    )
    for part in mail.iter_parts():
        del part["MIME-Version"]  # belongs to the whole alone
    mail.set_boundary(_BOUNDARY + sha256(name.encode()).hexdigest()[:32])  # else it would be one of chance
    return bytes(mail)


def _subject(method: Method, when: str) -> Message:
    if method == "CANCEL":
        return msg("Cancelled: your clinic visit on {when}", when=when)
    return msg("Your clinic visit on {when}", when=when)


def _text(item: Event, method: Method, when: str) -> Iterator[object]:
    if method == "CANCEL":
        yield msg("Your clinic visit on {when} is cancelled.", when=when)
    else:
        yield msg("Your clinic visit is on {when}.", when=when)
        if item.location:
            yield msg("Place: {place}", place=item.location)
    yield item.description


def _without_code(description: str, participant: str, language: Language) -> str:
    code = render(msg("Participant code: {code}", code=participant), language)
    return "\n".join(line for line in description.split("\n") if line != code)
