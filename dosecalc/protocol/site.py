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
from dosecalc.protocol.clinic import Clinic
from dosecalc.protocol.confirmed import Confirmed
from dosecalc.protocol.delivery import SiteDelivery
from dosecalc.protocol.dose_rule import NOWHERE, Id
from dosecalc.protocol.model import Window
from dosecalc.protocol.offsets import CalendarOffset, ClockOffset
from dosecalc.quantity import Quantity
from dosecalc.text import Words


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
class SiteGaps:
    """The least and the greatest distance from one dose to the next, on the days on which they are given."""

    least: CalendarOffset | None = None
    most: CalendarOffset | None = None
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteAreaAge:
    """How old a measured area may be on the day of the dose that follows from it (R9)."""

    at_most: CalendarOffset
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SitePreparation:
    """How the pharmacy prepares one product of a protocol: devices, overage, and what it looks like on the label.

    `measured_with` and `given_with` name syringes of the site; without `given_with` the product is infused, in
    `infused_in`. `sites_per_syringe` limits how many sites one syringe serves. `overage` is what is prepared beyond
    the administered volume and the dead space of the syringes, in mL or in % of the administered volume. `placebo`
    says what a product without a dose of its own is made of: `whole`, the final volume is all placebo; `part`,
    `placebo_volume` of it, made up with the diluent.
    """

    id: Id
    dosage_form: Words
    vials_by: Literal["nominal", "extractable"]
    measured_with: Id
    given_with: Id | None = None
    sites_per_syringe: int | None = None
    overage: Quantity
    diluent: Words | None = None
    infused_in: ClockOffset | None = None
    placebo: Literal["whole", "part"] | None = None
    placebo_volume: Quantity | None = None
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteLook:
    """What makes the preparations of a masked trial look alike, and who does it (R15)."""

    instruction: Words
    by: Words
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteLabel:
    """What a label says that no calculation knows: the trial's code, the people, and the name that masks the arm.

    `masked_name` is the name of the product on a label of a masked trial, alike for all arms. `storage` is how what was
    prepared is kept until it is given, which is not how the lot is kept; without it the label has a line to write on.
    """

    trial_code: str
    sponsor: Words
    investigator: Words
    address: Words
    telephone: str
    masked_name: Words | None = None
    directions: Words
    storage: Words | None = None
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


StaffRole = Literal["nurse", "pharmacist", "investigator", "monitor", "data manager", "administrator"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteStagger:
    """Days from the first dose of one participant of a dose level to that of the next."""

    days: int
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteUnmasked:
    """Who besides the pharmacist may know the arms of a masked trial (R15)."""

    roles: tuple[StaffRole, ...]
    confirmed: Confirmed
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteBooking:
    """What a booked visit takes of the clinic, the same for every arm (R15).

    `resources` are the clinic's that it reserves for the day. `lead` is how long before the visit their work begins,
    such as thawing and preparing. A visit on the `ward` needs no open day of the clinic, no hours and no place.
    """

    resources: tuple[Id, ...] = ()
    lead: ClockOffset | None = None
    ward: bool = False
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteProtocol:
    """What the site says about one protocol."""

    id: Id
    verified: Verified | None = None
    answers: Mapping[Id, SiteAnswer] = field(default_factory=dict)
    levels: Mapping[Id, SiteLevels] = field(default_factory=dict)
    windows: Mapping[Id, SiteWindow] = field(default_factory=dict)
    gaps: SiteGaps | None = None
    stagger: SiteStagger | None = None
    booking: Mapping[Id, SiteBooking] = field(default_factory=dict)
    """By visit."""
    area_age: SiteAreaAge | None = None
    preparation: Mapping[Id, SitePreparation] = field(default_factory=dict)
    look: SiteLook | None = None
    label: SiteLabel | None = None
    unmasked: SiteUnmasked | None = None
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Syringe:
    """A syringe of the pharmacy: nominal volume, graduation, and the dead space with its needle, in mL (R13)."""

    id: Id
    nominal: Quantity
    graduation: Quantity
    dead_space: Quantity
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
    syringes: Mapping[Id, Syringe] = field(default_factory=dict)
    staff: Mapping[Id, StaffRole] = field(default_factory=dict)
    """Who works in a study, and as what; without it everyone who can open the study may record anything."""
    delivery: SiteDelivery | None = None
    """How calendars may leave the house besides as files; left out, in no other way."""
    protocols: Mapping[Id, SiteProtocol]
    sha256: str = field(default="", compare=False)
    where: Where = field(default=NOWHERE, compare=False)
