"""The one definition of overdue, early and late; whatever says so asks here.

- A visit that took place is early before its window, late after it. Both ends of the window belong to it.
- A visit that is still to come is overdue when its window is over. One that was missed, with its reason, is not.
- Where no window is stated nothing is early, late or overdue: only the days from the target are shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from dosecalc.visits.attendance import status
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    from dosecalc.registry.state import VisitStanding
    from dosecalc.visits.visit import Moment, Status

TO_COME = ("planned", "booked", "cancelled")


class Dated(Protocol):
    """A visit with its dates, as rows and plans have them; days are the site's."""

    @property
    def target(self) -> Moment | None:
        """When it is due."""

    @property
    def earliest(self) -> Moment | None:
        """The first day of its window."""

    @property
    def latest(self) -> Moment | None:
        """The last day of its window."""

    @property
    def attended(self) -> Moment | None:
        """When it took place."""

    @property
    def standing(self) -> VisitStanding:
        """Whether it is still to come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lateness:
    """How a visit stands against its window. Days are calendar days at the site.

    `days_over` is how far it lies outside, 0 inside: of a visit that took place, before or after its window; of one
    that is to come, since its window is over. `days_left` says how long the window of one that is to come stays open:
    0 on its last day, below 0 afterwards. `days_from_target` is of the day on which it took place.
    """

    how: Literal["early", "late", "overdue"] | None = None
    days_over: int = 0
    days_left: int | None = None
    days_from_target: int | None = None


def lateness(visit: Dated, today: Moment) -> Lateness:
    """Return how `visit` stands on `today`, a day at the site or a time there."""
    earliest, latest = visit.earliest, visit.latest
    if visit.attended is not None:
        return lateness_on(visit, visit.attended)
    if visit.standing not in TO_COME or latest is None:
        return Lateness()
    left = (local_day(latest) - local_day(today)).days
    if _against(earliest, latest, today) == "late":
        return Lateness(how="overdue", days_over=-left, days_left=left)
    return Lateness(days_left=left)


def lateness_on(visit: Dated, when: Moment) -> Lateness:
    """Return how `visit` stands if it took place then."""
    target, earliest, latest = visit.target, visit.earliest, visit.latest
    day = local_day(when)
    away = None if target is None else (day - local_day(target)).days
    how = _against(earliest, latest, when)
    if how == "early" and earliest is not None:
        return Lateness(how="early", days_over=(local_day(earliest) - day).days, days_from_target=away)
    if how == "late" and latest is not None:
        return Lateness(how="late", days_over=(day - local_day(latest)).days, days_from_target=away)
    return Lateness(days_from_target=away)


def overdue(visit: Dated, today: Moment) -> bool:
    """Whether a visit that is still to come should have taken place by now."""
    return lateness(visit, today).how == "overdue"


def days_over(visit: Dated, today: Moment) -> int:
    """How many days a visit lies outside its window, or its window has been over; 0 where neither."""
    return lateness(visit, today).days_over


def _against(earliest: Moment | None, latest: Moment | None, moment: Moment) -> Status:
    """As `visits.attendance` has it; a day against times, or a time against days, is compared by days."""
    ends = [end for end in (earliest, latest) if end is not None]
    if all(isinstance(each, dt.datetime) for each in (*ends, moment)):
        return status(latest, earliest, latest, moment)
    first, last = (None if end is None else local_day(end) for end in (earliest, latest))
    return status(last, first, last, local_day(moment))
