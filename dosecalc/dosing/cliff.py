"""How near an area is to one site more or fewer (R5)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import exact_digits
from dosecalc.dosing.prepared import RoundingCliff
from dosecalc.dosing.questions import ROUNDINGS, Questions
from dosecalc.dosing.sites import distance_to_step
from dosecalc.quantity import round_whole
from dosecalc.reading import decimal_of, exact_decimal
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from dosecalc.dosing.result import Dose, DoseInput
    from dosecalc.protocol.dose_rule import PerSite
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding


_FIRST_STEP: dict[Rounding, Fraction] = {"up": Fraction(1), "half_up": Fraction(3, 2), "down": Fraction(2)}
"""Where one site becomes two."""


def cliff_of(settled: Settled, rule: PerSite, dose: Dose, measured: DoseInput | None) -> RoundingCliff | None:
    """Return how far the area is from its next step, and the sites that each way of rounding would give.

    Where each patch is rounded by itself the patches are needed: the nearest step of any patch counts. None where they
    are not known, or where the dose has no area.
    """
    if dose.area_cm2 is None or dose.sites is None:
        return None
    questions = Questions(settled)
    by_hand = measured.rounding if measured is not None else None
    decided, _ = questions.glance(rule.patches)
    areas: Sequence[Decimal] = (dose.area_cm2,)
    if decided == "each" and by_hand is None and dose.rounding is not None:
        if measured is None or sum(measured.areas) != dose.area_cm2:
            return None
        areas = measured.areas
    per = Fraction(rule.sites.value)
    exact = [Fraction(area) * per for area in areas]
    mode = by_hand or _mode(dose, questions.glance(rule.rounding)[0])
    ways = ROUNDINGS if mode is None else (mode,)  # nobody has decided: the nearest step of any way of rounding
    floor = questions.glance(rule.below_one_site)[0] == "one_site"
    distance = min(_distance(part, way, floor=floor) for part in exact for way in ways) / per
    sites = tuple((way, sum(max(1, round_whole(part, way)) for part in exact)) for way in ROUNDINGS)
    return RoundingCliff(distance_cm2=_shortened(distance), sites=sites)


def cliff_line(cliff: RoundingCliff) -> Message:
    """Return the line of the derivation."""
    counts = dict(cliff.sites)
    return msg(
        "rounding: the area is {distance} cm² from where its sites change; up gives {up} sites, down {down}, "
        "half_up {half_up}",
        distance=exact_digits(Fraction(cliff.distance_cm2)), up=counts["up"], down=counts["down"],
        half_up=counts["half_up"],
    )  # fmt: skip


def _mode(dose: Dose, decided: str | None) -> Rounding | None:
    made = dose.rounding.mode if dose.rounding is not None and dose.rounding.mode != "one_site" else decided
    return next((way for way in ROUNDINGS if way == made), None)


def _distance(exact: Fraction, mode: Rounding, *, floor: bool) -> Fraction:
    """Sites to the next step; with a `floor` less than one site is one, so that the first step is that to two sites."""
    first = _FIRST_STEP[mode]
    return first - exact if floor and exact < first else distance_to_step(exact, mode)


def _shortened(distance: Fraction) -> Decimal:
    exact = exact_decimal(distance)
    return exact if exact is not None else decimal_of(round_whole(distance * 1000, "down"), 3)
