"""The ten-fold guard: what is far from what is expected of this very participant is put to a person (R6)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.dosing.limits import amount
from dosecalc.dosing.planned import planned_doses
from dosecalc.dosing.release import strength_in
from dosecalc.dosing.remeasured import SEVERAL_AREAS
from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import LevelRef
from dosecalc.quantity import Quantity, far_apart, plain, show
from dosecalc.text import Message, msg
from dosecalc.units import UNITS, unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Lot
    from dosecalc.units import Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierDose:
    """What the participant got before: from an earlier worksheet. `area_cm2` is None where no area was measured."""

    visit: str
    product: str
    total: Quantity
    area_cm2: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What must be put to a person, and no option of a script answers: what was expected, and what there is."""

    code: str
    text: Message
    expected: Message
    got: Message


def unexpected(
    settled: Settled, arms: Sequence[str], dose: Dose, lot: Lot, earlier: EarlierDose | None
) -> tuple[Question, ...]:
    """Return what is five-fold or more away from what is expected of this participant.

    Compared are, with an earlier worksheet: the amount per cm², the area, and the amount in all; the level with the
    levels that the site file has decided; the lot's concentration with its certificate. Never the levels of other
    arms, which are ten-fold apart by design.

    Raises:
        Refusal: DC360, certificate and stock file state the concentration in units that do not fit each other.
    """
    return (*_earlier(dose, earlier), *_level(settled, arms, dose), *_certificate(lot))


def _question(what: Message, expected: Message, got: Message) -> Question:
    text = msg("{what}: {got}, and {expected} was expected", what=what, got=got, expected=expected)
    return Question(code="DC369", text=text, expected=expected, got=got)


def _earlier(dose: Dose, earlier: EarlierDose | None) -> tuple[Question, ...]:
    if earlier is None or dose.total is None or earlier.product != dose.product:
        return ()
    if earlier.total.unit != dose.total.unit:
        what = msg("the dose is counted otherwise than at {visit}", visit=earlier.visit)
        return (_question(what, show(earlier.total), show(dose.total)),)
    what = msg("the dose of {product} differs from that at {visit}", product=dose.product_label, visit=earlier.visit)
    got, expected = Fraction(dose.total.value), Fraction(earlier.total.value)
    counted = dose.total.unit
    in_all = (_question(what, amount(expected, counted), amount(got, counted)),) if far_apart(got, expected) else ()
    if dose.area_cm2 is None or earlier.area_cm2 is None:
        return in_all
    found: list[Question] = []
    got, expected = got / Fraction(dose.area_cm2), expected / Fraction(earlier.area_cm2)
    if far_apart(got, expected):
        per_area = unit(f"{counted.symbol}/cm²")
        found.append(_question(what, amount(expected, per_area), amount(got, per_area)))
    # A lost decimal point in the area leaves the amount per cm² as it was. Hair that grows back is asked about, too.
    if far_apart(dose.area_cm2, earlier.area_cm2):
        square = unit("cm²")
        area = msg("the area differs from that at {visit}", visit=earlier.visit)
        before, now = Quantity(earlier.area_cm2, square), Quantity(dose.area_cm2, square)
        found.append(_question(area, show(before), show(now)))
    return tuple(found) or in_all


def _level(settled: Settled, arms: Sequence[str], dose: Dose) -> tuple[Question, ...]:
    """An escalation has several decided levels; the participant's is one of them, so the nearest one counts."""
    if dose.level is None:
        return ()
    for plan in planned_doses(settled.protocol, arms):
        given = getattr(plan.rule.rule, "amount", None)
        if (plan.visit, plan.rule.product, plan.rule.area) != (dose.encounter, dose.product, dose.area):
            continue
        if not isinstance(given, LevelRef):
            continue
        decided = [
            one.amount for one in settled.decided_levels(given.level) if _alike(one.amount.unit, dose.level.unit)
        ]
        if decided and all(far_apart(dose.level.value, one.value) for one in decided):
            what = msg("the dose level differs from the one that is open")
            return (_question(what, show(decided[-1]), show(dose.level)),)
    return ()


def summed_areas(doses: Doses) -> tuple[Question, ...]:
    """Return the question whether several areas are patches of the one that the dose follows from (R9)."""
    return tuple(
        Question(
            code=warning.code,
            text=warning.text,
            expected=msg("one area"),
            got=msg("{count} cm² in all", count=plain(area)),
        )
        for warning in doses.warnings
        if warning.code == SEVERAL_AREAS
        for area in {dose.area_cm2 for dose in doses.doses if dose.area_cm2 is not None}
    )


def _alike(one: Unit, other: Unit) -> bool:
    """Whether two levels can be compared; viable cells are a part of all cells, far less than five-fold."""
    return one == other or one == UNITS.get(f"viable {other.symbol}") or other == UNITS.get(f"viable {one.symbol}")


def _certificate(lot: Lot) -> tuple[Question, ...]:
    compared = with_certificate(lot)
    if compared is None or not far_apart(*compared):
        return ()
    assert lot.certificate is not None
    assert lot.concentration is not None
    what = msg("the concentration of lot '{lot}' differs from its certificate ({document})",
               lot=lot.id, document=lot.certificate.document)  # fmt: skip
    return (_question(what, show(lot.certificate.concentration), show(lot.concentration)),)


def with_certificate(lot: Lot) -> tuple[Fraction, Fraction] | None:
    """Return the lot's concentration and that of its certificate, both as the certificate counts; None without both.

    Raises:
        Refusal: DC360, the units cannot be compared.
    """
    if lot.certificate is None or lot.concentration is None:
        return None
    held, stated = lot.concentration, lot.certificate.concentration
    if stated.unit == held.unit:
        return Fraction(held.value), Fraction(stated.value)
    counts, _, per = held.unit.symbol.partition("/")
    its, _, its_per = stated.unit.symbol.partition("/")
    converted = strength_in(lot, unit(its)).per_ml if {counts, its} == {"cells", "viable cells"} else None
    if converted is None or (per, its_per) != ("mL", "mL"):
        raise refuse(
            "DC360",
            msg("lot '{lot}' holds {held} in the stock file and {stated} on its certificate: these units cannot be "
                "compared (R3)", lot=lot.id, held=show(held), stated=show(stated)),
            msg("correct the one that is wrong; the sponsor can supply the certificate"),
            lot.where,
        )  # fmt: skip
    return converted, Fraction(stated.value)
