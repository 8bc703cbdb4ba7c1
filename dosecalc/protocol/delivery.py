"""How calendars leave the house besides as files: each way is closed until the site file opens it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dosecalc.errors import Where
from dosecalc.protocol.confirmed import Confirmed
from dosecalc.protocol.dose_rule import NOWHERE


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteChannel:
    """A way that the site's rules allow; who decided that."""

    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteMail:
    """Invitations by e-mail, and the address that sends them and takes the answers."""

    organizer: str
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteDelivery:
    """The ways that are open: feeds to subscribe to, a calendar server, e-mail."""

    feeds: SiteChannel | None = None
    caldav: SiteChannel | None = None
    mail: SiteMail | None = None
    where: Where = field(default=NOWHERE, compare=False)
