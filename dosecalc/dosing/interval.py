"""Where the amount that is really given lies: the strength's CV and the syringes' tolerances, combined (R13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING

from dosecalc.dosing.derivation import exact_digits
from dosecalc.dosing.prepared import Interval
from dosecalc.dosing.rules import COUNTED
from dosecalc.dosing.syringes import added, draws, sum_of, tolerance, tolerance_percent
from dosecalc.quantity import Quantity, round_whole, show
from dosecalc.reading import decimal_of
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.dosing.syringes import Parts
    from dosecalc.protocol.site import Syringe
    from dosecalc.units import Unit

LEVEL_PERCENT = "95"
COVERAGE = Fraction(196, 100)
"""The factor of a 95 % interval of a normal distribution (GUM, annex G.1.3)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one source contributes to the relative standard uncertainty, in hundredths of a percent, and its line."""

    hundredths: int
    line: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Mixed:
    """The volumes (mL) of a preparation that are measured. `given` are the expelled volumes of the syringes.

    `all_given`: everything that was mixed is given, as the whole bag of an infusion is; then the volume of the diluent
    changes nothing about the amount.
    """

    product: Fraction
    diluent: Fraction
    given: Parts
    all_given: bool


def root_up(square: Fraction) -> int:
    """Return the least whole number whose square is not below `square`.

    >>> root_up(Fraction(16)), root_up(Fraction(161, 10))
    (4, 5)
    """
    whole = -(-square.numerator // square.denominator)
    root = isqrt(whole)
    return root if root * root == whole else root + 1


def _of(parts: Parts, syringe: Syringe, factor: Fraction) -> int:
    """√(Σ t² ÷ 3) × factor, in hundredths of a percent, rounded up.

    A tolerance ±t of which nothing else is known is a rectangular distribution with the variance t² ÷ 3 (GUM, JCGM
    100:2008, 4.3.7).
    """
    variance = sum((count * tolerance(syringe, volume) ** 2 for count, volume in parts), Fraction(0)) / 3
    return root_up(variance * factor**2 * 10_000**2)


def _squares(parts: Parts, syringe: Syringe) -> str:
    """`2 × 0.04² + 0.036²`."""
    terms = [
        f"{count} × {exact_digits(tolerance(syringe, volume))}²"
        if count > 1
        else f"{exact_digits(tolerance(syringe, volume))}²"
        for count, volume in parts
    ]
    return " + ".join(terms)


def parts_of(mixed: Mixed, measured_with: Syringe, given_with: Syringe | None) -> tuple[Part, Part, Part]:
    """Return what measuring the product, measuring the diluent, and giving the mixture contribute.

    The amount given is N = c × P ÷ (P + D) × V (c the strength, P product, D diluent, V given), so the relative
    sensitivities (GUM 5.1.3) are D ÷ (P × (P + D)) for P, 1 ÷ (P + D) for D, and 1 ÷ V for V. What is not diluted is
    not changed by how much of it is drawn; where everything mixed is given, N = c × P.
    """
    product, diluent = mixed.product, mixed.diluent
    final = product + diluent
    drawn = draws(product, measured_with)
    if mixed.all_given:
        parts = (
            _measured(msg("product"), drawn, measured_with, Fraction(1) / product, f"{exact_digits(product)}"),
            Part(hundredths=0, line=msg("tolerance, diluent: everything is given, so its volume changes no amount")),
        )
    elif not diluent:
        none = msg("tolerance, diluent: none, the product is not diluted")
        alone = msg("tolerance, product: it is not diluted, so the volume drawn changes no amount that is given")
        parts = (Part(hundredths=0, line=alone), Part(hundredths=0, line=none))
    else:
        words = f"({exact_digits(product)} × {exact_digits(final)}) × {exact_digits(diluent)}"
        parts = (
            _measured(msg("product"), drawn, measured_with, diluent / (product * final), words),
            _measured(msg("diluent"), draws(diluent, measured_with), measured_with, 1 / final, exact_digits(final)),
        )
    if given_with is None or not mixed.given:
        return (*parts, Part(hundredths=0, line=msg("tolerance, giving: none of a syringe, it is infused")))
    total = sum_of(mixed.given)
    return (*parts, _measured(msg("giving"), mixed.given, given_with, 1 / total, exact_digits(total)))


def _measured(what: Message, parts: Parts, syringe: Syringe, factor: Fraction, by: str) -> Part:
    hundredths = _of(parts, syringe, factor)
    line = msg(
        "tolerance, {what} ({syringe}, ISO 7886-1): {volumes} mL ± {percent} %; √(({squares}) ÷ 3) ÷ {by} = {part} %, "
        "rounded up to 0.01 %",
        what=what, syringe=syringe.id, volumes=added(parts),
        percent=tolerance_percent(syringe, parts),
        squares=_squares(parts, syringe), by=by, part=_hundredths(hundredths),
    )  # fmt: skip
    return Part(hundredths=hundredths, line=line)


def _hundredths(value: int) -> str:
    return exact_digits(Fraction(value, 100))


def interval_of(delivered: Fraction, unit: Unit, cv: Quantity, parts: Sequence[Part]) -> tuple[Interval, Message]:
    """Return the 95 % interval of the amount that is given, widened outward to whole units, not below zero.

    u = √(CV² + Σ parts²) (GUM 5.1.2, relative as in 5.1.6), each part and u rounded up to 0.01 %, so that a pocket
    calculator gives the same figures; low and high = delivered × (1 ∓ 1.96 × u). An amount that is not counted (mg) is
    widened to thousandths.
    """
    share = Fraction(cv.value) / 100
    terms = [Fraction(part.hundredths) for part in parts if part.hundredths]
    hundredths = root_up((share * 10_000) ** 2 + sum((term**2 for term in terms), Fraction(0)))
    reach = COVERAGE * hundredths / 10_000
    low = _widened(max(Fraction(0), delivered * (1 - reach)), unit, up=False)
    high = _widened(delivered * (1 + reach), unit, up=True)
    squares = [
        f"{exact_digits(Fraction(cv.value))}²",
        *(f"{_hundredths(part.hundredths)}²" for part in parts if part.hundredths),
    ]
    line = msg(
        "interval: √({squares}) = {u} %, rounded up to 0.01 % (standard uncertainty); × 1.96 around the amount held: "
        "{low} to {high} ({level} %)",
        squares=" + ".join(squares), u=_hundredths(hundredths), low=show(low), high=show(high), level=LEVEL_PERCENT,
    )  # fmt: skip
    made = Interval(low=low, high=high, level_percent=LEVEL_PERCENT, uncertainty_percent=_hundredths(hundredths))
    return made, line


def _widened(value: Fraction, unit: Unit, *, up: bool) -> Quantity:
    places = 0 if unit.symbol in COUNTED else 3
    whole = round_whole(value * 10**places, "up" if up else "down")
    return Quantity(decimal_of(whole, places) if places else Decimal(whole), unit)
