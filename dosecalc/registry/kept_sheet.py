"""What the study reads in the worksheets that it kept: until when a dose may be used, and what each visit brought."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dosecalc.dosing.result import OnRecord
from dosecalc.quantity import Quantity, round_whole, unit
from dosecalc.reading import decimal_of, exact_decimal
from dosecalc.registry.fold import facts
from dosecalc.registry.lot_text import unpack
from dosecalc.registry.lots import supplies
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from dosecalc.registry.event import Event
    from dosecalc.registry.lots import DoseState
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.registry.sealing import Key

_PLACES = 3
"""Decimals of an amount that no decimal can hold; it is rounded up, because it counts towards a cap."""


def name_of(dose: DoseState) -> str:
    """What findings call the worksheet of a dose."""
    return f"{dose.participant} {dose.visit}"


def made_of(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The preparations of a worksheet; of a single one the worksheet itself."""
    several: Sequence[Mapping[str, Any]] = document.get("preparations", [document])
    return several


def stop_by_of(document: Mapping[str, Any]) -> dt.datetime | None:
    """Until when what a worksheet prepares may be used: the earliest of its preparations (R11)."""
    times = [dt.datetime.fromisoformat(text) for made in made_of(document) if (text := made.get("stop_by"))]
    return min(times, default=None)


def stop_by(dose: DoseState) -> dt.datetime | None:
    """Until when a dose may be used; None where nothing limits it, or nobody without the key may know (R11, R15)."""
    if dose.worksheet is None:
        return dose.stop_by
    return stop_by_of(unpack(dose.worksheet, name_of(dose)))


def given_late(events: Sequence[Event], key: Key | None, visit: str) -> dt.datetime | None:
    """Until when the dose of a visit could be used, where it was given later, as far as `key` opens it (R11)."""
    limit = used_by(events, key).get(visit)
    given = [fact for fact in facts(events, None) if (fact.event.kind, fact.event.visit) == ("administer", visit)]
    late = limit is not None and any(dt.datetime.fromisoformat(fact.public["when"]) > limit for fact in given)
    return limit if late else None


def used_by(events: Sequence[Event], key: Key | None) -> dict[str, dt.datetime]:
    """Until when each dose that a participant was given could be used, by visit, as far as `key` opens it."""
    if not any(event.kind == "administer" for event in events):
        return {}
    given = (dose for dose in supplies(facts(events, key)).doses.values() if dose.given_at is not None)
    return {dose.visit: limit for dose in given if (limit := stop_by(dose)) is not None}


def on_record(plan: ParticipantPlan, doses: Iterable[DoseState], visit: str, today: dt.date) -> tuple[OnRecord, ...]:
    """Return what the other visits of a participant brought, for the caps over all doses (R7).

    - What was given counts, a part as that part.
    - What is prepared and not given counts as prepared, unless all of it came back or the visit was missed.
    - A visit that was missed, was cancelled, or took place on an earlier day without a dose brought nothing.
    - Any other visit is left out here: it is still to come, and counts as planned.

    Args:
        plan: the participant's visits.
        doses: the participant's prepared doses, with their worksheets.
        visit: the visit whose dose is being prepared.
        today: the day at the site.
    """
    made = {dose.visit: dose for dose in doses}
    found: list[OnRecord] = []
    for planned in plan.visits:
        dose = made.pop(planned.id, None)
        if planned.id == visit:
            continue
        gone = planned.standing in ("missed", "cancelled")
        if dose is not None and (dose.administered is not None or not (gone or dose.back_whole)):
            found.append(OnRecord(visit=planned.id, amounts=tuple(_amounts(dose))))
        elif gone or dose is not None or _over(planned, today):
            found.append(OnRecord(visit=planned.id))
    found += [OnRecord(visit=name, amounts=tuple(_amounts(dose))) for name, dose in made.items() if name != visit]
    return tuple(found)


def _over(planned: PlannedVisit, today: dt.date) -> bool:
    return planned.attended is not None and local_day(planned.attended) < today


def _amounts(dose: DoseState) -> Iterator[tuple[str, Quantity]]:
    """Each product with what its volumes hold (after rounding, R13), or with the part of it that was given."""
    if dose.worksheet is None:
        return
    for made in made_of(unpack(dose.worksheet, name_of(dose))):
        told = made["dose"]
        if "total" not in told or "days" in told:  # a placebo; what is used at home is no dose of one visit
            continue
        amount = Fraction(made.get("delivered", told["total"])) * Fraction(dose.part)
        yield told["product"], Quantity(_upwards(amount), unit(told["unit"]))


def _upwards(amount: Fraction) -> Decimal:
    exact = exact_decimal(amount)
    return exact if exact is not None else decimal_of(round_whole(amount * 10**_PLACES, "up"), _PLACES)
