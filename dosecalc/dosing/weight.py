"""Body weights: what can be one, in kg."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import Factor
from dosecalc.dosing.result import Warned
from dosecalc.errors import refuse
from dosecalc.quantity import unit
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.errors import Refusal
    from dosecalc.quantity import Quantity

MOST_KG = Decimal(300)
LIGHT_KG = Decimal(30)


def check_weight(weight: Quantity) -> tuple[Quantity, tuple[Warned, ...]]:
    """Return the weight in kg and what is unusual about it.

    Raises:
        Refusal: DC321, it is zero or above 300 kg; DC202, it is not in kg.
    """
    if weight.unit != unit("kg"):
        raise refuse(
            "DC202",
            msg("the weight is given in {unit}", unit=weight.unit),
            msg("give the body weight in kg"),
        )
    if not 0 < weight.value <= MOST_KG:
        raise refuse(
            "DC321",
            msg("a body weight of {weight} cannot be", weight=Factor(weight)),
            msg(
                "check the number and its decimal point: weights are in kg, above zero and at most {most} kg",
                most=MOST_KG,
            ),
        )
    if weight.value < LIGHT_KG:
        text = msg(
            "the weight of {weight} is unusually low (below {limit} kg): check it",
            weight=Factor(weight),
            limit=LIGHT_KG,
        )
        return weight, (Warned(code="weight-low", text=text),)
    return weight, ()


def missing_weight() -> Refusal:
    """The refusal to calculate without a weight."""
    return refuse(
        "DC320",
        msg("the body weight is missing: this dose depends on it"),
        msg("give it in kg (--weight, or the column weight_kg); the study nurse can supply it"),
    )
