"""The least and the greatest gap between doses, on the days on which they were really given."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from dosecalc.text import msg
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.protocol.settled import GapLimit, Settled
    from dosecalc.registry.plan_of import ParticipantPlan
    from dosecalc.text import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class GapBroken:
    """A dose too soon after another, or too long after it."""

    how: Literal["short", "long"]
    text: Message


def broken_gaps(
    settled: Settled, plan: ParticipantPlan, visit: str, day: dt.date, *, booked: bool = False
) -> tuple[GapBroken, ...]:
    """Return which gaps a dose at `visit` on `day` would break, against the doses before and after it that were given.

    Only what the protocol or the site file states counts, the stricter of both; the limits themselves are allowed.
    With `booked` the doses that are only booked count, too: that refuses nothing, and is worth knowing.
    """
    least, most = settled.gap("least"), settled.gap("most")
    planned = plan.find(visit)
    if (least is None and most is None) or planned is None or not planned.dosed:
        return ()
    given = [entry for entry in _doses(plan, booked=booked) if entry[1] != visit]
    before = [entry for entry in given if entry[0] <= day][-1:]
    after = [entry for entry in given if entry[0] > day][:1]
    return tuple(each for entry in (*before, *after) for each in _broken(least, most, (visit, day), entry))


def gaps_of(settled: Settled, plan: ParticipantPlan) -> dict[str, tuple[GapBroken, ...]]:
    """Return which gaps were broken by the doses that were given, by the later visit of the two."""
    least, most = settled.gap("least"), settled.gap("most")
    found: dict[str, tuple[GapBroken, ...]] = {}
    for before, (day, visit) in pairwise(_doses(plan)):
        if gaps := tuple(_broken(least, most, (visit, day), before)):
            found[visit] = gaps
    return found


def _doses(plan: ParticipantPlan, *, booked: bool = False) -> list[tuple[dt.date, str]]:
    """The days on which doses were given, with their visits: as the record of doses says, else that of visits."""
    moments = (
        (each.state.given or each.attended or (each.state.booked if booked else None), each) for each in plan.visits
    )
    return sorted(
        (local_day(moment), each.id)
        for moment, each in moments
        if moment is not None and each.dosed and (each.expected or each.state.given)
    )


def _broken(
    least: GapLimit | None, most: GapLimit | None, dose: tuple[str, dt.date], given: tuple[dt.date, str]
) -> Iterator[GapBroken]:
    (visit, day), (other_day, other) = dose, given
    days = abs((day - other_day).days)
    said = {"visit": visit, "day": day.isoformat(), "other": other, "other_day": other_day.isoformat(), "days": days}
    if least is not None and days < least.days:
        text = msg(
            "{visit} on {day} and the dose of {other} on {other_day} are {days} days apart; at least {limit} are asked "
            "for ({document}, {section})",
            **said, limit=least.days, document=least.document, section=least.section,
        )  # fmt: skip
        yield GapBroken(how="short", text=text)
    if most is not None and days > most.days:
        text = msg(
            "{visit} on {day} and the dose of {other} on {other_day} are {days} days apart; at most {limit} are "
            "allowed ({document}, {section})",
            **said, limit=most.days, document=most.document, section=most.section,
        )  # fmt: skip
        yield GapBroken(how="long", text=text)
