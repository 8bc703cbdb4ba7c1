"""Which visits of a participant move when another version of the protocol, or another date, holds for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.errors import Refusal
from dosecalc.text import Message, msg
from dosecalc.visits.attendance import check_booking
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.visits.visit import Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedVisit:
    """One visit whose dates differ: target, earliest and latest before and after; None where it is not planned."""

    visit: str
    before: tuple[Moment | None, Moment | None, Moment | None] | None
    after: tuple[Moment | None, Moment | None, Moment | None] | None
    rebook: str | None = None
    """The booked time that lies outside the new window, or is of a visit that is no longer planned."""

    @property
    def dates(self) -> Message:
        """The visit with the dates that it has then, in words."""
        return msg("{visit}: {dates}", visit=self.visit, dates=_dates(self.after))

    @property
    def text(self) -> Message:
        """What happens to the visit, in words."""
        if self.before is None:
            said = msg("{visit} is new: {dates}", visit=self.visit, dates=_dates(self.after))
        elif self.after is None:
            said = msg("{visit} is no longer planned; it was {dates}", visit=self.visit, dates=_dates(self.before))
        else:
            said = msg(
                "{visit}: {now}; it was {was}", visit=self.visit, now=_dates(self.after), was=_dates(self.before)
            )
        if self.rebook is None:
            return said
        if self.after is None:
            return msg("{moved}. It is booked for {when}: cancel it", moved=said, when=self.rebook)
        return msg("{moved}. It is booked for {when}, outside the new window: move it", moved=said, when=self.rebook)


def moved_visits(before: ParticipantPlan, after: ParticipantPlan) -> tuple[MovedVisit, ...]:
    """Return the visits to come whose dates differ between two plans of one participant."""
    names = dict.fromkeys((*(each.id for each in after.visits), *(each.id for each in before.visits)))
    found = (_moved(name, before.find(name), after.find(name)) for name in names)
    return tuple(each for each in found if each is not None)


def _moved(name: str, before: PlannedVisit | None, after: PlannedVisit | None) -> MovedVisit | None:
    known = after or before
    if known is None or known.standing in ("done", "missed"):
        return None
    was, now = _planned(before), _planned(after)
    if was == now:
        return None
    return MovedVisit(visit=name, before=was, after=now, rebook=_rebook(after, known))


def _planned(visit: PlannedVisit | None) -> tuple[Moment | None, Moment | None, Moment | None] | None:
    if visit is None or visit.visit is None:
        return None
    return visit.target, visit.earliest, visit.latest


def _rebook(after: PlannedVisit | None, known: PlannedVisit) -> str | None:
    booked = known.state.booked
    if booked is None:
        return None
    if after is None or after.visit is None:
        return readable(booked)
    try:
        check_booking(after.visit, booked)
    except Refusal:
        return readable(booked)
    return None


def _dates(dates: tuple[Moment | None, Moment | None, Moment | None] | None) -> Message:
    target, earliest, latest = dates or (None, None, None)
    if target is None:
        return msg("no date yet")
    if earliest is None or latest is None or earliest == latest:
        return msg("{day}", day=readable(target))
    return msg(
        "{day} (window {first} to {last})", day=readable(target), first=readable(earliest), last=readable(latest)
    )
