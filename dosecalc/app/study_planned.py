"""The doses of a participant as the study's record gives them: area, weight and level are not typed again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dosecalc.app.typed import Asked, dose_input
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.level import levels_of
from dosecalc.dosing.planned import needs
from dosecalc.plan import dosed_arms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dosecalc.dosing.result import Doses, OnRecord
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState


def planned_doses(
    settled: Settled,
    state: ParticipantState,
    visits: tuple[str, ...] | None = None,
    on_record: tuple[OnRecord, ...] = (),
) -> Doses:
    """Calculate the doses of a participant; `visits` None means all that the arm has.

    Raises:
        Refusal: what `dosing.dose` refuses, such as an area that was not measured; DC304, the arm is not known.
    """
    arm = arm_of(settled, state)
    arms = dosed_arms(settled.protocol, arm)
    given = dose_input(settled, arm, asked_of(settled, arms, state))
    return calculate(settled, arms, replace(given, on_record=on_record), visits)


def arm_of(settled: Settled, state: ParticipantState) -> str | None:
    """The arm whose doses a participant gets; None where they get every arm, or none is assigned yet."""
    return None if settled.protocol.masking.allocation == "every_arm" else state.arm


def asked_of(settled: Settled, arms: tuple[str, ...], state: ParticipantState, *, dmso: bool = False) -> Asked:
    """What the study knows, as `dose` and `prepare` take it; what these doses and lots do not hang on is left out.

    `dmso` says that a weight is needed for the lots, too (R12).
    """
    may = needs(settled.protocol, arms).may
    areas = state.areas if "area" in may else {}
    first = areas.get(None)
    again = {visit: record for visit, record in areas.items() if visit is not None}

    def said(name: str) -> list[str]:
        own = [] if first is None or name not in first else [first[name]]
        return own + [f"{visit}={record[name]}" for visit, record in again.items() if name in record]

    weight = state.weight if dmso or "weight" in may else None
    return Asked(
        arm_by=state.assigned_by,
        arm_date=state.assigned,
        weight=None if weight is None else _texts(weight)[0],
        weight_by=None if weight is None else weight.get("by"),
        weight_date=None if weight is None else _day_of(weight),
        areas=() if first is None else _texts(first),
        areas_at=[f"{visit}={';'.join(_texts(record))}" for visit, record in again.items()],
        area_method=said("method"),
        area_by=said("by"),
        area_date=said("date"),
        level=state.level if levels_of(settled.protocol, arms) else None,
    )


def _day_of(record: Mapping[str, Any]) -> dt.date | None:
    """The day of a measurement, where it is known."""
    return dt.date.fromisoformat(record["date"]) if record.get("date") else None


def _texts(record: Any) -> list[str]:
    values = record["values"]
    return [values] if isinstance(values, str) else list(values)
