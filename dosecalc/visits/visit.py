"""One participant's visits: planned dates, windows, attendance and bookings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dosecalc.protocol.model import Epoch
    from dosecalc.text import Message, Words

WindowKind = Literal["stated", "site", "anchor", "not_stated"]
Status = Literal["planned", "pending", "done", "early", "late"]
Moment = dt.date | dt.datetime
"""A date where the protocol counts days, an aware datetime where it counts hours; never mixed within one visit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """An encounter of one participant, with its dates in the site's local calendar.

    `target`, `earliest`, `latest` are None while the anchor is not known (`pending`); `earliest` and `latest` are None
    too where no window is stated. `days_from_target` is actual minus target in calendar days, whatever the window.
    """

    encounter: str
    """Id of this occurrence: the encounter's own id, with the number of the repeat behind it where it repeats."""
    base: str
    """Id of the encounter in the protocol."""
    label: Words
    epoch: Epoch
    target: Moment | None
    earliest: Moment | None
    latest: Moment | None
    window: WindowKind
    status: Status
    actual: Moment | None
    days_from_target: int | None
    anchor: str | None
    """The anchor that the visit counts from; None for an unscheduled visit."""
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """What came of one of the protocol's elapsed-time checks; `ok` is None where it could not be made."""

    code: str
    text: Message
    ok: bool | None
    timed: bool = True
    """False where a time of day is missing, and the limit is exceeded at every time of that day."""
    passed: dt.timedelta | None = None
    """How long it took, or at least; None where that is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """All visits of one participant in the order of the arm's encounters, and the checks made on the way."""

    visits: tuple[Visit, ...]
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """The time booked for a visit (aware, in the site's zone), and why, where it lies outside the window."""

    when: dt.datetime
    outside_window: str | None = None
