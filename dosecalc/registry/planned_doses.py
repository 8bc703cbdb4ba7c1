"""The doses of a participant as the study's record gives them: area, weight and level are not typed again."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dosecalc.dosing.area import Measured, check_method
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.level import levels_of, read_level
from dosecalc.dosing.result import DoseInput, Remeasured
from dosecalc.notation import parse_number, parse_positive
from dosecalc.plan import dosed_arms
from dosecalc.quantity import Quantity, unit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from dosecalc.dosing.result import Doses
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState


def planned_doses(settled: Settled, state: ParticipantState, visits: tuple[str, ...] | None = None) -> Doses:
    """Calculate the doses of a participant; `visits` None means all that the arm has.

    Raises:
        Refusal: what `dosing.dose` refuses, such as an area that was not measured; DC304, the arm is not known.
    """
    protocol = settled.protocol
    arms = dosed_arms(protocol, None if protocol.masking.allocation == "every_arm" else state.arm)
    return calculate(settled, arms, dose_input(settled, arms, state), visits)


def dose_input(settled: Settled, arms: tuple[str, ...], state: ParticipantState) -> DoseInput:
    """Return what the record says of a participant's dose.

    Raises:
        Refusal: DC201 and its kin, DC314, a record that is no amount or has no method.
    """
    first = state.areas.get(None)
    weight = state.weight["values"][0] if state.weight else None
    chosen = state.level if state.level is not None and levels_of(settled.protocol, arms) else None
    return DoseInput(
        areas=_patches(first) if first else (),
        measured=_measured(settled, first) if first else None,
        remeasured=tuple(
            Remeasured(visit=visit, areas=_patches(record), measured=_measured(settled, record))
            for visit, record in state.areas.items()
            if visit is not None
        ),
        weight=Quantity(parse_positive(weight), unit("kg")) if weight is not None else None,
        level=read_level(settled.protocol, arms, chosen) if chosen is not None else None,
    )


def _patches(record: Mapping[str, Any]) -> tuple[Decimal, ...]:
    return tuple(parse_number(text) for text in record["values"])


def _measured(settled: Settled, record: Mapping[str, Any]) -> Measured:
    method, day = record.get("method"), record.get("date")
    return Measured(
        method=check_method(method, settled.site) if method is not None else None,
        by=record.get("by"),
        date=dt.date.fromisoformat(day) if day is not None else None,
    )
