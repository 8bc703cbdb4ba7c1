"""The view of a plan that a masked person may have, as a type of its own (R15).

`BlindedPlan` has no field that could hold an arm, a product or an amount. Calendars and schedules for participants and
clinics are made from it alone, so they cannot show what it does not have.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dosecalc.text import Words
from dosecalc.visits.visit import Booking, CheckResult, Visit


@dataclass(frozen=True, kw_only=True, slots=True)
class Routine:
    """Something that the participant does at home every day, in neutral words (R17)."""

    id: str
    first: dt.date
    days: int
    words: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class BookedVisit:
    """A visit and its booking, if it has one."""

    visit: Visit
    booking: Booking | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindedPlan:
    """What anyone may see of one participant's plan."""

    participant: str
    protocol: str
    protocol_version: str
    timezone: str
    visits: tuple[BookedVisit, ...]
    checks: tuple[CheckResult, ...] = ()
    routine: Routine | None = None
