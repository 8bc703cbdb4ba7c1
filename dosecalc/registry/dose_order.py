"""Whether the record of a participant's doses can be true: step after step, each at its visit.

Nothing here looks at what is sealed, so that what is refused tells nobody an arm (R15).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.registry.fold import public_of
from dosecalc.registry.lots import supplies
from dosecalc.text import msg
from dosecalc.visits.moments import local_day
from dosecalc.visits.shift import elapsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.registry.fold import Fact
    from dosecalc.registry.lots import DoseState
    from dosecalc.registry.state import ParticipantState

_AFTER: dict[str, tuple[str | None, ...]] = {
    "prepare": (None,),
    "check": ("prepared", "agreed"),
    "dispense": ("agreed",),
    "administer": ("dispensed",),
}
"""After what each step of a dose may come."""
_PAST_MIDNIGHT = dt.timedelta(hours=12)
"""How long after it was handed out a dose may be given on the next day, and be of the visit of the day before."""
_BECOMES = {"prepare": "prepared", "dispense": "dispensed", "administer": "administered"}


def check_doses(state: ParticipantState, facts: Sequence[Fact]) -> None:
    """Refuse a record in which the steps of a dose do not follow each other, or a dose was given without its visit.

    `facts` are all of the participant; they need not be opened.

    Raises:
        Refusal: DC779; DC810, the day of a preparation was changed; DC811, a dose was given on another day than its
            visit took place, or the visit was missed.
    """
    _check_order(facts)
    _check_given(state, facts)


def goes_with(dose: DoseState, day: dt.date, when: dt.datetime) -> bool:
    """Whether a dose that is given then is of the visit of that day.

    So it is on that day; and past midnight for some hours, where it was handed out on that day.
    """
    if when.date() == day:
        return True
    if dose.dispensed_at is None:
        return False
    out = dt.datetime.fromisoformat(dose.dispensed_at)
    return out.date() == day and dt.timedelta(0) <= elapsed(out, when) <= _PAST_MIDNIGHT


def _check_order(facts: Sequence[Fact]) -> None:
    came: dict[str | None, tuple[str, dt.datetime]] = {}
    for fact in facts:
        event, visit = fact.event, fact.event.visit
        stage, since = came.get(visit, (None, None))
        if event.kind not in _AFTER or (event.kind == "check" and stage is None):  # of a preparation that is void
            continue
        when = dt.datetime.fromisoformat(fact.public.get("when", event.at))
        if stage not in _AFTER[event.kind] or (since is not None and when < since):
            raise refuse(
                "DC779",
                msg("event {number} could not have happened then: a dose is prepared, checked, handed out and given "
                    "in this order", number=event.number),
                msg("correct event {number} first", number=event.number),
            )  # fmt: skip
        if event.kind == "prepare" and fact.public["date"] != public_of(event)["date"]:
            raise refuse(
                "DC810",
                msg("the day of event {number} stands on its worksheet, which nobody changes", number=event.number),
                msg("if it is wrong, prepare the dose anew: `ip prepare --again --reason …`"),
            )
        agreed = event.kind == "check" and fact.public["agreed"]
        came[visit] = ("agreed" if agreed else _BECOMES.get(event.kind, "prepared"), when)


def _check_given(state: ParticipantState, facts: Sequence[Fact]) -> None:
    for dose in supplies(facts).doses.values():
        visit = state.visits.get(dose.visit)
        if visit is None or dose.given_at is None:
            continue
        when = dt.datetime.fromisoformat(dose.given_at)
        came = None if visit.attended is None else local_day(visit.attended)
        if visit.missed is not None or (came is not None and not goes_with(dose, came, when)):
            raise refuse(
                "DC811",
                msg("the dose for {visit} of {code} was given on {day} (event {number})",
                    visit=dose.visit, code=dose.participant, day=when.date(), number=dose.administered),
                msg("the visit took place on that day; correct event {number} first, if it did not",
                    number=dose.administered),
            )  # fmt: skip
