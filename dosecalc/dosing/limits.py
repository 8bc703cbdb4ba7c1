"""What a prepared dose must stay below: the protocol's caps, again after rounding (R7, R13), and DMSO (R12)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.dosing.caps import counted, recorded, still_planned
from dosecalc.dosing.derivation import Factor, exact_digits
from dosecalc.dosing.rules import COUNTED
from dosecalc.dosing.weight import check_weight
from dosecalc.errors import refuse
from dosecalc.quantity import Quantity, round_whole, show
from dosecalc.reading import decimal_of, exact_decimal
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.errors import Refusal
    from dosecalc.protocol.dose_rule import Cap, DoseRule
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.stock import Lot
    from dosecalc.units import Unit

DMSO_DENSITY = Fraction(110, 100)
"""g per mL: 1 mL of product with 10 % v/v DMSO holds 0.11 g (R12)."""
MOST_DMSO = 1
"""g per kg of body weight (R12)."""


def amount(value: Fraction, unit: Unit) -> Message:
    """Return an amount as R1 shows it; one with decimals that no reader needs is rounded and says so.

    What is counted is shown whole, any other amount to a thousandth.
    """
    places = 0 if unit.symbol.partition("/")[0] in COUNTED else 3
    exact = exact_decimal(value)
    if exact is not None and (value * 10**places).denominator == 1:
        return show(Quantity(exact, unit))
    near = Quantity(decimal_of(round_whole(value * 10**places, "half_up"), places), unit)
    return msg("about {amount}", amount=show(near))


def check_caps(protocol: Protocol, rule: DoseRule, dose: Dose, delivered: Fraction, doses: Doses | None) -> None:
    """Check the amount that the rounded volumes hold against the protocol's caps (R7).

    A cumulative cap is compared with this amount and the other doses of the product in `doses`, those on record as they
    were and the others as planned; visits that are not planned do not count.

    Raises:
        Refusal: DC365, it is above one.
    """
    total = dose.total
    if total is None:
        return
    counts = "viable" if total.unit.symbol.startswith("viable") else None
    for cap in rule.caps:
        limit = counted(cap.at_most, counts)  # type: ignore[arg-type]
        if cap.holds == "per_site":
            value, what = delivered / (dose.sites or 1), msg("the amount per site")
        elif cap.holds == "per_dose":
            value, what = delivered, msg("the dose")
        else:
            value, what = delivered + _others(protocol, dose, doses), msg("the sum of the doses")
        if value > Fraction(limit.value):
            raise _above(what, amount(value, limit.unit), limit, cap)


def _others(protocol: Protocol, dose: Dose, doses: Doses | None) -> Fraction:
    if doses is None:
        return Fraction(0)
    planned = {visit for visit, encounter in protocol.encounters.items() if not encounter.unscheduled}
    others = [
        other.total
        for other in doses.doses
        if other.product == dose.product and other.total is not None
        if (other.encounter, other.area) != (dose.encounter, dose.area) and still_planned(other, doses.on_record)
        if other.encounter in planned or other.encounter not in protocol.encounters
    ]
    before = recorded(doses.on_record, dose.product)
    return sum((Fraction(total.value) for total in others), Fraction(0 if before is None else before.value))


def _above(what: Message, value: Message, limit: Quantity, cap: Cap) -> Refusal:
    return refuse(
        "DC365",
        msg("after rounding to the syringe's graduation {what} is {amount}, above the cap of {cap} (R7)",
            what=what, amount=value, cap=show(limit)),
        msg("measure with a finer syringe; the principal investigator decides what is given ({document}, {section})",
            document=cap.source.document, section=cap.source.section),
    )  # fmt: skip


def dmso_of(lot: Lot, administered: Fraction, weight: Quantity | None) -> tuple[Fraction | None, Message]:
    """Return the DMSO in g per kg of body weight, and its line; None where the lot states none.

    Grams = product that is administered (mL) × % v/v × 1.10 g/mL (R12).

    Raises:
        Refusal: DC366, the weight is missing; DC367, more than 1 g per kg; DC321, DC202, the weight cannot be one.
    """
    if lot.dmso is None:
        return None, msg("DMSO: none is stated for lot '{lot}'", lot=lot.id)
    if weight is None:
        raise refuse(
            "DC366",
            msg("lot '{lot}' holds {dmso} DMSO, and the body weight is missing (R12)",
                lot=lot.id, dmso=Factor(lot.dmso)),
            msg("give the weight in kg (--weight, or the column weight_kg); the study nurse can supply it"),
        )  # fmt: skip
    checked, _ = check_weight(weight)
    grams = administered * Fraction(lot.dmso.value) / 100 * DMSO_DENSITY
    per_kg = grams / Fraction(checked.value)
    line = msg(
        "DMSO: {volume} mL of product × {dmso} v/v × 1.1 g/mL = {grams} g; ÷ {weight} = {per_kg} g per kg of body "
        "weight (at most {most} g per kg)",
        volume=exact_digits(administered), dmso=Factor(lot.dmso), grams=exact_digits(grams), weight=Factor(checked),
        per_kg=small(per_kg), most=MOST_DMSO,
    )  # fmt: skip
    if per_kg > MOST_DMSO:
        raise refuse(
            "DC367",
            msg("this dose brings {per_kg} g of DMSO per kg of body weight, more than {most} g per kg (R12)",
                per_kg=small(per_kg), most=MOST_DMSO),
            msg("check weight and DMSO; else take a lot with less of it, or have the cells washed"),
        )  # fmt: skip
    return per_kg, line


def small(value: Fraction) -> str:
    """Return a small number, rounded up to four decimals where it has more: an amount to stay below."""
    exact = exact_decimal(value)
    short = decimal_of(round_whole(value * 10_000, "up"), 4)
    return exact_digits(Fraction(exact if exact is not None and len(exact.as_tuple().digits) <= 5 else short))
