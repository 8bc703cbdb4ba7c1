"""The site file: what the pharmacy manual and the clinic answer, where the protocol leaves it open.

Every answer says in which document it stands and who confirmed it when. A site file that is marked as an example
confirms nothing, so its results stay drafts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dosecalc.errors import Where
from dosecalc.protocol.dose_rule import NOWHERE, Id
from dosecalc.protocol.model import Window
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.quantity import Quantity
from dosecalc.text import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """Where a decision is written down, and who confirmed it when."""

    document: str
    section: str
    by: str
    date: dt.date
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteAnswer:
    """The answer to one assumption of a protocol, in the notation of its kind."""

    answer: str
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteLevel:
    """A dose level that was decided for the trial."""

    amount: Quantity
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteLevels:
    """All decided values of one level: one for the whole trial, or one for each step of an escalation."""

    decided: tuple[SiteLevel, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteWindow:
    """A window of the site's own, for an encounter whose window the protocol does not state."""

    window: Window
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """The protocol file with this digest was compared with the approved protocol."""

    sha256: str
    document: str
    version: str
    by: str
    date: dt.date
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteProtocol:
    """What the site says about one protocol."""

    id: Id
    verified: Verified | None = None
    answers: Mapping[Id, SiteAnswer] = field(default_factory=dict)
    levels: Mapping[Id, SiteLevels] = field(default_factory=dict)
    windows: Mapping[Id, SiteWindow] = field(default_factory=dict)
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clinic:
    """What a booked visit's calendar entry says, in neutral words (R17)."""

    name: Words
    place: Words
    contact: str
    bring: Words
    visit_length: ClockOffset
    unbooked_visits: Literal["show", "leave_out"]
    """Whether a participant's calendar shows visits that are not booked yet."""
    daily_time: str | None = None
    """Time of day (HH:MM) of a daily application at home; left out, the item is all-day."""
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One site's answers, for the protocols that it takes part in."""

    dosecalc_site: Literal["1"]
    example: bool
    timezone: str
    language: Literal["en", "zh"]
    clinic: Clinic
    rectangle_areas: Literal["allow", "refuse"]
    """Whether length x width is accepted as an area; it overstates one by 41 % (R9)."""
    protocols: Mapping[Id, SiteProtocol]
    sha256: str = field(default="", compare=False)
    where: Where = field(default=NOWHERE, compare=False)
