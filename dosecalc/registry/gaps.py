"""The least and the greatest gap between doses, on the days on which they were really given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dosecalc.text import msg
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.site import SiteGaps
    from dosecalc.registry.plan_of import ParticipantPlan
    from dosecalc.text import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class GapBroken:
    """A dose too soon after another, or too long: `days` between the two, `limit` days allowed."""

    how: Literal["short", "long"]
    other: str
    other_day: dt.date
    days: int
    limit: int
    gaps: SiteGaps
    text: Message


def broken_gaps(
    settled: Settled, plan: ParticipantPlan, visit: str, day: dt.date, *, booked: bool = False
) -> tuple[GapBroken, ...]:
    """Return which gaps a dose at `visit` on `day` would break, against the doses before and after it that were given.

    Only what the site file states counts; both limits are allowed themselves. With `booked` the doses that are only
    booked count, too: that refuses nothing, and is worth knowing.
    """
    gaps = settled.here.gaps if settled.here else None
    planned = plan.find(visit)
    if gaps is None or planned is None or not planned.dosed:
        return ()
    moments = ((each.attended or (each.state.booked if booked else None), each) for each in plan.visits)
    given = sorted(
        (local_day(moment), each.id)
        for moment, each in moments
        if moment is not None and each.dosed and each.expected and each.id != visit
    )
    before = [entry for entry in given if entry[0] <= day][-1:]
    after = [entry for entry in given if entry[0] > day][:1]
    return tuple(each for entry in (*before, *after) for each in _broken(gaps, visit, day, *entry))


def _broken(gaps: SiteGaps, visit: str, day: dt.date, other_day: dt.date, other: str) -> Iterator[GapBroken]:
    days = abs((day - other_day).days)
    said = {
        "visit": visit,
        "day": day.isoformat(),
        "other": other,
        "other_day": other_day.isoformat(),
        "days": days,
        "document": gaps.confirmed.document,
        "section": gaps.confirmed.section,
    }
    if gaps.least is not None and days < gaps.least.days:
        text = msg(
            "{visit} on {day} and the dose of {other} on {other_day} are {days} days apart; at least {limit} are asked "
            "for ({document}, {section})",
            **said,
            limit=gaps.least.days,
        )
        yield _gap("short", gaps, other, other_day, days, gaps.least.days, text)
    if gaps.most is not None and days > gaps.most.days:
        text = msg(
            "{visit} on {day} and the dose of {other} on {other_day} are {days} days apart; at most {limit} are "
            "allowed ({document}, {section})",
            **said,
            limit=gaps.most.days,
        )
        yield _gap("long", gaps, other, other_day, days, gaps.most.days, text)


def _gap(
    how: Literal["short", "long"],
    gaps: SiteGaps,
    other: str,
    other_day: dt.date,
    days: int,
    limit: int,
    text: Message,
) -> GapBroken:
    return GapBroken(how=how, other=other, other_day=other_day, days=days, limit=limit, gaps=gaps, text=text)
