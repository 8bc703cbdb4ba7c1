"""What no type can hold of the ways on which calendars leave the house: what an e-mail address is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dosecalc.errors import Finding
from dosecalc.protocol.binding import readable
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.delivery import SiteDelivery

_LONGEST = 254
"""RFC 5321, section 4.5.3.1.3, without its angle brackets."""
_LONGEST_NAME = 64
_ATOM = "[A-Za-z0-9_+'-]+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<name>{_ATOM}(?:\.{_ATOM})*)@{_LABEL}(?:\.{_LABEL})+", re.ASCII)
"""Signs that a header, a URI and a calendar hold as they are: nothing in an address has to be escaped anywhere."""


def wrong_address(text: str) -> Message | None:
    """Return why `text` is no e-mail address that can stand in a message as it is; None where it can."""
    if not (text.isprintable() and text.isascii()):
        return msg("the e-mail address holds a line break or a character that no address has")
    found = _ADDRESS.fullmatch(text)
    if found is None or len(text) > _LONGEST or len(found["name"]) > _LONGEST_NAME:
        return msg("'{text}' is not an e-mail address", text=text)
    return None


def check_delivery(delivery: SiteDelivery) -> Iterator[Finding]:
    """Every finding of the ways that a site file opens."""
    mail = readable(delivery.mail)
    organizer = readable(mail.organizer) if mail else None
    if mail and organizer is not None and (what := wrong_address(organizer)) is not None:
        mend = msg("write one address, without a name or brackets: clinic@hospital.example")
        yield Finding("DC890", what, mend, mail.where, "delivery.mail.organizer")
