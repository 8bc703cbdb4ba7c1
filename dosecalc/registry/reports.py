"""What a study says on a day: who comes, who is due, who is late, and how much room each window leaves.

Everything here follows from the rows of visits that the study keeps up to date, and holds no arm and no dose: every
role may see it (R15). Days are the site's. What is overdue is said in `lateness`, and nowhere else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, cast

from dosecalc.registry.fold import moment
from dosecalc.registry.lateness import lateness
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.registry.state import VisitStanding
    from dosecalc.visits.visit import Moment

DAYS_OF_A_WEEK = 7


class Row(Protocol):
    """A row of the study's table of visits: texts as ISO 8601 has them, in the site's time."""

    @property
    def participant(self) -> str:
        """Whose visit it is."""

    @property
    def visit(self) -> str:
        """Which one."""

    @property
    def target(self) -> str | None:
        """The planned day."""

    @property
    def earliest(self) -> str | None:
        """The first day of the window."""

    @property
    def latest(self) -> str | None:
        """The last day of the window."""

    @property
    def booked(self) -> str | None:
        """The time that is booked."""

    @property
    def attended(self) -> str | None:
        """When it took place."""

    @property
    def standing(self) -> str:
        """Whether it is still to come: a `VisitStanding`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitLine:
    """A visit of a participant, as reports need it. `target`, `earliest` and `latest` are days at the site."""

    participant: str
    visit: str
    target: dt.date | None
    earliest: dt.date | None
    latest: dt.date | None
    booked: dt.datetime | None
    attended: Moment | None
    standing: VisitStanding

    @property
    def booked_day(self) -> dt.date | None:
        """The day for which it is booked."""
        return None if self.booked is None else local_day(self.booked)

    @property
    def outside_window(self) -> bool:
        """Whether it is booked for a day outside its window, and has not taken place yet."""
        if self.booked_day is None or self.attended is not None or self.earliest is None or self.latest is None:
            return False
        return not self.earliest <= self.booked_day <= self.latest

    @property
    def unbooked(self) -> bool:
        """Whether it is still to come, and nobody has booked it (or the booking was cancelled)."""
        return self.standing in ("planned", "cancelled")


def line_of(row: Row) -> VisitLine:
    """Read a row of the study's table of visits."""
    return VisitLine(
        participant=row.participant,
        visit=row.visit,
        target=_day(row.target),
        earliest=_day(row.earliest),
        latest=_day(row.latest),
        booked=dt.datetime.fromisoformat(row.booked) if row.booked else None,
        attended=_moment(row.attended),
        standing=cast("VisitStanding", row.standing),
    )


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _moment(text: str | None) -> Moment | None:
    return moment(text) if text else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Late:
    """A visit that is overdue, and how many days its window has been over."""

    line: VisitLine
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Today:
    """One day at the site.

    `booked` is in the order of the day. `came` took place on it. `due` may come on it, by the window, and is not
    booked. `unrecorded` was booked for an earlier day, and nobody has said whether the participant came.
    """

    day: dt.date
    booked: tuple[VisitLine, ...]
    came: tuple[VisitLine, ...]
    due: tuple[VisitLine, ...]
    unrecorded: tuple[VisitLine, ...]
    late: tuple[Late, ...]


def today(lines: Iterable[VisitLine], day: dt.date) -> Today:
    """Sort visits into what they mean on `day`. Visits that mean nothing on it may be among `lines`."""
    lines = tuple(lines)
    return Today(
        day=day,
        booked=booked_on(lines, day),
        came=tuple(sorted((one for one in lines if one.attended and local_day(one.attended) == day), key=_by_name)),
        due=tuple(sorted((one for one in lines if is_due(one, day)), key=_by_end)),
        unrecorded=tuple(sorted((one for one in lines if one.booked_day and one.booked_day < day), key=_by_time)),
        late=late(lines, day),
    )


def booked_on(lines: Iterable[VisitLine], day: dt.date) -> tuple[VisitLine, ...]:
    """The visits that are booked for `day`, in the order of the clock."""
    return tuple(sorted((line for line in lines if line.booked_day == day), key=_by_time))


def is_due(line: VisitLine, day: dt.date) -> bool:
    """Whether a visit that nobody has booked may take place on `day`: by its window, else on its target day alone."""
    if not line.unbooked or line.target is None:
        return False
    if line.earliest is None or line.latest is None:
        return line.target == day
    return line.earliest <= day <= line.latest


def late(lines: Iterable[VisitLine], day: dt.date) -> tuple[Late, ...]:
    """The visits that are overdue on `day`, the longest first."""
    found = []
    for line in lines:
        how = lateness(line, day)
        if how.how == "overdue":
            found.append(Late(line=line, days=how.days_over))
    return tuple(sorted(found, key=_by_lateness))


@dataclass(frozen=True, kw_only=True, slots=True)
class DayOfWeek:
    """One day of a week: who is booked, and whose window (or target, without one) ends on it without a booking."""

    day: dt.date
    booked: tuple[VisitLine, ...]
    ends: tuple[VisitLine, ...]


def week(lines: Iterable[VisitLine], first: dt.date) -> tuple[DayOfWeek, ...]:
    """The seven days from `first`."""
    booked: dict[dt.date | None, list[VisitLine]] = {}
    ends: dict[dt.date | None, list[VisitLine]] = {}
    for line in lines:
        if line.unbooked:
            ends.setdefault(line.latest or line.target, []).append(line)
        booked.setdefault(line.booked_day, []).append(line)
    days = [first + dt.timedelta(days=number) for number in range(DAYS_OF_A_WEEK)]
    return tuple(
        DayOfWeek(
            day=day,
            booked=tuple(sorted(booked.get(day, ()), key=_by_time)),
            ends=tuple(sorted(ends.get(day, ()), key=_by_name)),
        )
        for day in days
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """How much room a visit has in its window.

    `day` is when it took place or is booked, else the day of the report. `from_target` is signed (after the target is
    positive). `from_earliest` and `to_latest` are the days to the two ends of the window, below 0 outside of it, None
    where no window is stated.
    """

    line: VisitLine
    day: dt.date
    by: Literal["attended", "booked", "today"]
    from_target: int
    from_earliest: int | None
    to_latest: int | None


def drift(lines: Iterable[VisitLine], day: dt.date) -> tuple[Drift, ...]:
    """The room of every visit that has a target and was not missed; the least room to the end of the window first."""
    return tuple(sorted((found for line in lines if (found := _drift(line, day))), key=_by_room))


def _drift(line: VisitLine, day: dt.date) -> Drift | None:
    if line.target is None or line.standing == "missed":
        return None
    on, by = _when(line, day)
    return Drift(
        line=line,
        day=on,
        by=by,
        from_target=(on - line.target).days,
        from_earliest=None if line.earliest is None else (on - line.earliest).days,
        to_latest=None if line.latest is None else (line.latest - on).days,
    )


def _when(line: VisitLine, day: dt.date) -> tuple[dt.date, Literal["attended", "booked", "today"]]:
    if line.attended is not None:
        return local_day(line.attended), "attended"
    if line.booked is not None:
        return local_day(line.booked), "booked"
    return day, "today"


def _by_time(line: VisitLine) -> tuple[dt.datetime, str, str]:
    return (line.booked or dt.datetime.max.replace(tzinfo=dt.UTC), line.participant, line.visit)


def _by_name(line: VisitLine) -> tuple[str, str]:
    return (line.participant, line.visit)


def _by_end(line: VisitLine) -> tuple[dt.date, str, str]:
    return (line.latest or line.target or dt.date.max, line.participant, line.visit)


def _by_lateness(each: Late) -> tuple[int, str, str]:
    return (-each.days, each.line.participant, each.line.visit)


def _by_room(each: Drift) -> tuple[bool, int, str, str]:
    return (each.to_latest is None, each.to_latest or 0, each.line.participant, each.line.visit)
