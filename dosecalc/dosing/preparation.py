"""One dose and one lot → volumes, vials, syringes, every step shown (R13, R16).

A placebo takes the same steps as its product, in the same order, and leaves the same lines (R15).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from dosecalc.dosing.cliff import cliff_line, cliff_of
from dosecalc.dosing.derivation import Factor, exact_digits, signed_percent
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.guard import with_certificate
from dosecalc.dosing.interval import Mixed, interval_of, parts_of
from dosecalc.dosing.limits import amount, check_caps, dmso_of
from dosecalc.dosing.planned import PlannedDose, planned_doses
from dosecalc.dosing.prepared import Preparation
from dosecalc.dosing.release import NO_STRENGTH, check_release, strength_in
from dosecalc.dosing.result import Warned
from dosecalc.dosing.syringes import draws, ml, on_graduation, tolerance_percent
from dosecalc.dosing.vials import check_lot, count_vials, vials_hold
from dosecalc.dosing.volumes import Volumes, Way, incomplete, lay_out, small_diluent, sourced, way_of
from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import PerSite, TopicalDaily, VolumeMatched
from dosecalc.quantity import percent, show
from dosecalc.text import NOTHING, Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.dosing.prepared import Interval, PreparationInput
    from dosecalc.dosing.release import Strength
    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.protocol.dose_rule import DoseRule
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Lot

_FAR = Fraction(1, 10)


def prepare(
    settled: Settled,
    arms: Sequence[str],
    dose: Dose,
    lot: Lot,
    given: PreparationInput,
    doses: Doses | None = None,
) -> Preparation:
    """Return how one dose of `dosing.dose.calculate` for these arms is drawn up from a lot.

    Product (mL) = dose × (final ÷ administered) ÷ concentration, half up to the graduation of the syringe that measures
    it; diluent = final − product. What is not diluted is not rounded. `doses` are all doses of the participant that are
    known, for the protocol's cumulative caps.

    Raises:
        Refusal: DC301, DC356, DC360, what the preparation needs is not settled; DC355, another product's lot; DC357 to
            DC359, the lot may not be used (R10, R11); DC361, DC362, the syringe cannot measure or hold it (R13); DC363,
            the lot is too dilute; DC364, too few vials; DC365, above a cap (R7); DC366, DC367, DMSO (R12); DC368, a
            placebo would not have the volume of its product (R15); DC370, no such dose is prepared.
    """
    plan = _planned(settled, arms, dose)
    rule = plan.rule
    check_lot(lot, settled.protocol, dose.product)
    way = way_of(settled, dose.product)
    released = check_release(lot, given, settled.timezone)
    strength = NO_STRENGTH if dose.total is None else strength_in(lot, dose.total.unit)
    shape = _Shape(rule=rule, dose=dose) if dose.total is not None else _twin(settled, plan, dose, way, given)
    volumes = lay_out(settled, shape.rule, way, shape.dose.sites, _undiluted(dose, strength))
    drawn = _draw(dose, way, volumes, strength)
    diluent = volumes.final - drawn.product
    if diluent and way.how.diluent is None:
        raise incomplete(way.how, "diluent")
    vials, vials_line = count_vials(lot, drawn.product, way.how.vials_by)
    share = volumes.administered / volumes.final
    held = _held(dose, drawn.product * share, strength, lot)
    if held.delivered is not None:
        check_caps(settled.protocol, rule, dose, held.delivered, doses)
    accuracy = _accuracy(dose, lot, way, volumes, drawn.product, held)
    dmso, dmso_line = dmso_of(lot, drawn.product * share, given.weight)
    per_site = shape.rule.per_site
    cliff = None if per_site is None else cliff_of(settled, per_site, shape.dose, given.measured)
    return Preparation(
        dose=dose,
        lot=lot,
        how=way.how,
        on=given.on,
        administered=ml(volumes.administered),
        dead_space=ml(volumes.dead_space),
        overage=ml(volumes.overage),
        product_volume=ml(drawn.product),
        diluent_volume=ml(diluent),
        final_volume=ml(volumes.final),
        volume_per_site=volumes.per_site,
        vials=vials,
        measured_with=way.measured_with,
        given_with=way.given_with,
        fills=volumes.fills,
        delivered=held.delivered,
        deviation_percent=held.deviation_percent,
        interval=accuracy.interval,
        product_tolerance_percent=tolerance_percent(way.measured_with, draws(drawn.product, way.measured_with)),
        site_tolerance_percent=_site_tolerance(way, volumes),
        rate=volumes.rate,
        thawed_at=given.thawed_at,
        stop_by=released.stop_by,
        dmso=dmso,
        cliff=cliff,
        look=settled.here.look if settled.here is not None else None,
        derivation=(
            *released.lines,
            strength.line,
            *volumes.lines,
            drawn.line,
            _diluent_line(way, volumes, drawn.product),
            vials_line,
            held.line,
            *accuracy.lines,
            dmso_line,
            *([cliff_line(cliff)] if cliff is not None else []),
        ),
        warnings=(
            *_certificate(lot),
            *volumes.warnings,
            *small_diluent(diluent, way.measured_with),
            *vials_hold(lot, drawn.product, vials),
            *held.warnings,
            *accuracy.warnings,
        ),
    )


def _planned(settled: Settled, arms: Sequence[str], dose: Dose) -> PlannedDose:
    for plan in planned_doses(settled.protocol, arms):
        if (plan.visit, plan.rule.product, plan.rule.area) == (dose.encounter, dose.product, dose.area):
            if isinstance(plan.rule.rule, TopicalDaily):
                raise refuse(
                    "DC370",
                    msg("{product} is used at home: it is dispensed, not prepared", product=dose.product_label),
                    msg("dispense it"),
                )
            return plan
    raise refuse(
        "DC370",
        msg("no dose of {product} is planned at {visit} in {arms}",
            product=dose.product_label, visit=dose.encounter, arms=", ".join(arms)),
        msg("check visit and arm"),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shape:
    """What decides volumes and sites: the dose itself, or, for a placebo, the product that it stands for."""

    rule: DoseRule
    dose: Dose


def _twin(settled: Settled, plan: PlannedDose, dose: Dose, way: Way, given: PreparationInput) -> _Shape:
    """A placebo's volume, sites and syringes are those of its product, or they would tell the arms apart (R15)."""
    rule = plan.rule
    assert isinstance(rule.rule, VolumeMatched)  # the one rule that gives no amount
    product = rule.rule.product
    arms = settled.protocol.arms.values()
    twins = [(arm.id, other) for arm in arms for other in arm.doses if other.product == product]
    how = way_of(settled, product).how
    unlike = [
        field
        for field in ("given_with", "sites_per_syringe", "overage", "infused_in")
        if getattr(how, field) != getattr(way.how, field)
    ]
    if not twins:
        return _Shape(rule=rule, dose=dose)
    volumes = {other.volume for _, other in twins} | ({rule.volume} if rule.volume is not None else set())
    if unlike or len(volumes) > 1:
        raise refuse(
            "DC368",
            msg("{placebo} and {product} would be told apart by: {fields} (R15)",
                placebo=way.how.id, product=product, fields=", ".join(unlike or ["volume"])),
            msg("write the same for both"),
            way.how.where,
        )  # fmt: skip
    arm, other = next(((arm, other) for arm, other in twins if plan.base in other.at), twins[0])
    if not isinstance(other.rule, PerSite):
        return _Shape(rule=replace(rule, volume=other.volume), dose=dose)
    if given.measured is None:
        raise refuse(
            "DC368",
            msg("the placebo needs as many sites as its product, and the area is missing (R15)"),
            msg("give the area, as for the product"),
        )
    visit = (plan.visit,) if plan.base in other.at else None
    doses = calculate(settled, (arm,), given.measured, visit).doses
    return _Shape(rule=other, dose=next(twin for twin in doses if twin.product == product))


def _undiluted(dose: Dose, strength: Strength) -> Fraction | None:
    if dose.total is None or strength.per_ml is None:
        return None
    return Fraction(dose.total.value) / strength.per_ml


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drawn:
    """The volume of product that is measured (mL)."""

    product: Fraction
    line: Message


def _draw(dose: Dose, way: Way, volumes: Volumes, strength: Strength) -> _Drawn:
    if dose.total is None or strength.per_ml is None:
        return _draw_placebo(way, volumes)
    final, administered = volumes.final, volumes.administered
    if volumes.undiluted:
        _check_measurable(final, way)
        line = msg("product: all of the final volume, undiluted: {product}", product=Factor(ml(final)))
        return _Drawn(product=final, line=line)
    exact = Fraction(dose.total.value) * final / administered / strength.per_ml
    if exact > final:
        raise _too_dilute(dose, administered, strength)
    made = msg(
        "product: {dose} × {final} ÷ {administered} ÷ {per_ml} per mL = {exact} mL",
        dose=Factor(dose.total), final=Factor(ml(final)), administered=Factor(ml(administered)),
        per_ml=exact_digits(strength.per_ml), exact=exact_digits(exact),
    )  # fmt: skip
    if exact == final:
        _check_measurable(final, way)
        return _Drawn(product=final, line=made)
    graduated = on_graduation(exact, way.measured_with, msg("the volume of product"))
    if graduated.volume > final:
        raise refuse(
            "DC361",
            msg("the volume of product, {product}, is above the final volume of {final} after rounding (R13)",
                product=Factor(ml(graduated.volume)), final=Factor(ml(final))),
            msg("name a syringe with a finer graduation under 'measured_with' in the site file"),
        )  # fmt: skip
    return _Drawn(product=graduated.volume, line=msg("{made}{rounded}", made=made, rounded=graduated.words))


def _draw_placebo(way: Way, volumes: Volumes) -> _Drawn:
    final = volumes.final
    if way.how.placebo is None:
        raise incomplete(way.how, "placebo")
    if way.how.placebo == "whole":
        _check_measurable(final, way)
        line = msg("product: all of the final volume is placebo: {product}", product=Factor(ml(final)))
        return _Drawn(product=final, line=line)
    part = way.how.placebo_volume
    if part is None:
        raise incomplete(way.how, "placebo_volume")
    graduated = on_graduation(Fraction(part.value), way.measured_with, msg("the volume of placebo"))
    if graduated.volume > final:
        raise refuse(
            "DC361",
            msg("the placebo's own volume of {part} is more than the final volume of {final}",
                part=Factor(part), final=Factor(ml(final))),
            msg("correct 'placebo_volume' in the site file"),
            way.how.where,
        )  # fmt: skip
    words = sourced(msg("{part}", part=Factor(part)), way.how.confirmed)
    line = msg("product: {part} of the final volume is placebo{rounded}", part=words, rounded=graduated.words)
    return _Drawn(product=graduated.volume, line=line)


def _check_measurable(volume: Fraction, way: Way) -> None:
    on_graduation(volume, way.measured_with, msg("the volume of product"))


def _too_dilute(dose: Dose, administered: Fraction, strength: Strength) -> Exception:
    assert dose.total is not None
    assert strength.per_ml is not None
    needed = Fraction(dose.total.value) / administered
    return refuse(
        "DC363",
        msg("the lot is too dilute: {dose} in {administered} needs at least {needed} per mL, and it holds {held}",
            dose=show(dose.total), administered=Factor(ml(administered)), needed=amount(needed, dose.total.unit),
            held=amount(strength.per_ml, dose.total.unit)),
        msg("check the concentration and its power of ten; else take a stronger lot, or have a larger volume decided"),
    )  # fmt: skip


def _diluent_line(way: Way, volumes: Volumes, product: Fraction) -> Message:
    named = NOTHING
    diluent = volumes.final - product
    if diluent and way.how.diluent is not None:
        named = msg(" of {diluent}", diluent=way.how.diluent)
    return msg(
        "diluent: {final} − {product} = {diluent}{named}",
        final=Factor(ml(volumes.final)), product=Factor(ml(product)), diluent=Factor(ml(diluent)), named=named,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    """What the administered volume holds, in the dose's unit; None for a placebo."""

    delivered: Fraction | None
    deviation_percent: str | None
    line: Message
    warnings: tuple[Warned, ...] = ()


def _held(dose: Dose, product: Fraction, strength: Strength, lot: Lot) -> _Held:
    if dose.total is None or strength.per_ml is None:
        line = msg("amount held: {product} mL of placebo are administered", product=exact_digits(product))
        return _Held(delivered=None, deviation_percent=None, line=line)
    delivered = product * strength.per_ml
    total = Fraction(dose.total.value)
    deviation = percent(delivered, total)
    line = msg(
        "amount held: {product} mL of product administered × {per_ml} per mL = {delivered}, the dose is {dose} "
        "({deviation})",
        product=exact_digits(product), per_ml=exact_digits(strength.per_ml),
        delivered=amount(delivered, dose.total.unit), dose=Factor(dose.total), deviation=signed_percent(deviation),
    )  # fmt: skip
    warnings: tuple[Warned, ...] = ()
    if abs(delivered - total) > total * _FAR:
        text = msg(
            "the measured volume of lot '{lot}' holds {delivered}: {deviation} of the dose, more than 10 %",
            lot=lot.id, delivered=amount(delivered, dose.total.unit), deviation=signed_percent(deviation),
        )  # fmt: skip
        warnings = (Warned(code="preparation-deviation", text=text),)
    return _Held(delivered=delivered, deviation_percent=deviation, line=line, warnings=warnings)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Accuracy:
    """The interval of the amount, and the lines that it follows from."""

    interval: Interval | None
    lines: tuple[Message, ...]
    warnings: tuple[Warned, ...] = ()


def _accuracy(dose: Dose, lot: Lot, way: Way, volumes: Volumes, product: Fraction, held: _Held) -> _Accuracy:
    mixed = Mixed(
        product=product,
        diluent=volumes.final - product,
        given=tuple((len(list(same)), volume) for volume, same in groupby(_expelled(volumes))),
        all_given=way.given_with is None and not volumes.overage,
    )
    parts = parts_of(mixed, way.measured_with, way.given_with)
    lines = tuple(part.line for part in parts)
    if held.delivered is None or dose.total is None:
        return _Accuracy(interval=None, lines=(*lines, msg("interval: none, a placebo holds no amount")))
    if lot.cv is None:
        none = msg("interval: none, the coefficient of variation (CV) of lot '{lot}' is not stated", lot=lot.id)
        if dose.total.unit.symbol == "mL":
            return _Accuracy(interval=None, lines=(*lines, none))
        text = msg("the CV of lot '{lot}' is not stated, so nobody can say how far the amount may be off", lot=lot.id)
        return _Accuracy(interval=None, lines=(*lines, none), warnings=(Warned(code="no-cv", text=text),))
    interval, line = interval_of(held.delivered, dose.total.unit, lot.cv, parts)
    return _Accuracy(interval=interval, lines=(*lines, line))


def _expelled(volumes: Volumes) -> list[Fraction]:
    return [Fraction(fill.expelled.value) for fill in volumes.fills]


def _site_tolerance(way: Way, volumes: Volumes) -> str | None:
    if way.given_with is None or volumes.per_site is None:
        return None
    return tolerance_percent(way.given_with, ((1, Fraction(volumes.per_site.value)),))


def _certificate(lot: Lot) -> tuple[Warned, ...]:
    compared = with_certificate(lot)
    if compared is None or compared[0] == compared[1]:
        return ()
    stated = lot.certificate
    assert stated is not None
    assert lot.concentration is not None
    text = msg(
        "lot '{lot}' stands in the stock file with {held}, and on its certificate ({document}) with {stated}",
        lot=lot.id, held=show(lot.concentration), document=stated.document, stated=show(stated.concentration),
    )  # fmt: skip
    return (Warned(code="certificate-differs", text=text),)
