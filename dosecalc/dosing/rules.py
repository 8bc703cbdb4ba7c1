"""One dose rule and one participant → the dose: a function for each rule of the language."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from dosecalc.dosing.caps import cap_amount, counted
from dosecalc.dosing.derivation import Factor, deviation_of, exact_digits, rounded_words, signed_percent
from dosecalc.dosing.level import choose_level
from dosecalc.dosing.questions import COUNTS, COVERS
from dosecalc.dosing.result import Dose, Rounded, Warned
from dosecalc.dosing.sites import ask_rounding, count_sites, far_off
from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import (
    Answer,
    Fixed,
    LevelRef,
    PerArea,
    PerSite,
    PerWeight,
    TopicalDaily,
    VolumeMatched,
)
from dosecalc.quantity import Quantity, round_whole, show, unit
from dosecalc.text import Message, Words, msg

if TYPE_CHECKING:
    from dosecalc.dosing.area import CheckedArea
    from dosecalc.dosing.questions import Questions
    from dosecalc.dosing.result import DoseInput
    from dosecalc.protocol.dose_rule import CellCount, DoseRule
    from dosecalc.protocol.model import Product
    from dosecalc.quantity import Rounding

COUNTED = frozenset({"particles", "cells", "viable cells"})
"""Units of which there are only whole numbers; a part of a mL or mg is an amount like any other."""


class Bench:
    """Everything that lies ready while one dose is worked out, and what comes of it on the way.

    `planned` is how many doses of this product the arm plans. (No dataclass: making one takes longer than a dose.)
    """

    def __init__(
        self,
        *,
        rule: DoseRule,
        product: Product,
        planned: int,
        given: DoseInput,
        area: CheckedArea | None,
        weight: Quantity | None,
        questions: Questions,
    ) -> None:
        self.rule = rule
        self.product = product
        self.planned = planned
        self.given = given
        self.area = area
        self.weight = weight
        self.questions = questions
        self.counts: CellCount | None = None
        self.lines: list[Message] = []
        self.warnings: list[Warned] = []
        self.rounding_by_hand = False
        self.level_by_hand = False

    def level(self, amount: Quantity | LevelRef) -> Quantity:
        """Return the level that the dose follows from, and write down where it comes from."""
        chosen = choose_level(self.questions.settled, amount, self.given.level)
        self.lines.extend(chosen.derivation)
        self.warnings.extend(chosen.warnings)
        self.level_by_hand |= chosen.by_hand
        return counted(chosen.amount, self.counts)

    def dose(self, **amounts: object) -> Dose:
        """Return the dose, not yet of any visit."""
        protocol = self.questions.settled.protocol
        return Dose(
            encounter="",
            product=self.product.id,
            product_label=label_of(self.product),
            strength=self.product.strength,
            role=self.rule.role,
            route=self.rule.route,
            area=self.rule.area,
            area_label=protocol.areas[self.rule.area].label if self.rule.area is not None else None,
            derivation=tuple(self.lines),
            **amounts,  # type: ignore[arg-type]
        )

    def capped(self, total: Quantity) -> Quantity:
        """Return the total, cut at the protocol's cap per dose."""
        total, lines, warnings = cap_amount(total, self.rule, "per_dose", self.counts)
        self.lines.extend(lines)
        self.warnings.extend(warnings)
        return total

    def decide_counts(self, counts: CellCount | Answer | None) -> None:
        """Settle whether total or viable cells are meant (R10)."""
        if counts is None:
            return
        self.counts = self.questions.answer(counts, COUNTS)
        words = msg("total cells are counted") if self.counts == "total" else msg("viable cells are counted")
        self.lines.append(msg("count: {which}", which=self.questions.sourced(words, counts)))


def label_of(product: Product) -> Words:
    """Return what the protocol calls a product, with its strength where it has one."""
    if product.strength is None:
        return product.label
    return Words(en=f"{product.label.en}, {product.strength}", zh=f"{product.label.zh}，{product.strength}")


def work_out(bench: Bench) -> Dose:
    """Return the dose of the rule on the bench.

    Raises:
        Refusal: whatever the rule needs and nobody has decided or given; an amount above a cap.
    """
    rule = bench.rule.rule
    match rule:
        case PerSite():
            return _per_site(bench, rule)
        case PerArea():
            return _per_area(bench, rule)
        case Fixed():
            return _fixed(bench, rule)
        case PerWeight():
            return _per_weight(bench, rule)
        case TopicalDaily():
            return _topical_daily(bench, rule)
        case VolumeMatched():
            twin = label_of(bench.questions.settled.protocol.products[rule.product])
            line = msg("dose: placebo, the same volume as {product}", product=twin)
            bench.lines.append(line)
            return bench.dose(same_volume_as=twin)
        case _:
            assert_never(rule)


def _per_site(bench: Bench, rule: PerSite) -> Dose:
    """Total = sites × amount per site (R5)."""
    area = bench.area
    assert area is not None  # checked before any rule is worked out
    bench.lines.append(area.derivation)
    count = count_sites(bench.questions, rule, area, bench.given.rounding)
    bench.questions.glance(rule.area_measured)
    bench.lines.extend(count.derivation)
    bench.warnings.extend(count.warnings)
    bench.rounding_by_hand |= count.by_hand
    amount, lines, warnings = cap_amount(bench.level(rule.amount), bench.rule, "per_site", bench.counts)
    bench.lines.extend(lines)
    bench.warnings.extend(warnings)
    sites = Quantity(Decimal(count.sites), unit("sites"))
    total = sites * amount
    bench.lines.append(_product_line(sites, amount, total))
    total = bench.capped(total)
    return bench.dose(area_cm2=area.total.value, sites=count.sites, rounding=count.rounding, level=amount, total=total)


def _per_area(bench: Bench, rule: PerArea) -> Dose:
    """Total = area × amount per cm²; where the density covers all doses of the arm, divided by their number."""
    area = bench.area
    assert area is not None
    bench.lines.append(area.derivation)
    covers = bench.questions.answer(rule.covers, COVERS)
    bench.questions.glance(rule.area_measured)
    amount = bench.level(rule.amount)
    share = bench.planned if covers == "all_doses" else 1
    if isinstance(rule.covers, Answer):
        words = msg("that of all doses together") if covers == "all_doses" else msg("that of each dose")
        bench.lines.append(msg("density: {which}", which=bench.questions.sourced(words, rule.covers)))
    total, rounding = _total(bench, area.total, amount, share, rule.rounding)
    return bench.dose(area_cm2=area.total.value, level=amount, total=total, rounding=rounding)


def _fixed(bench: Bench, rule: Fixed) -> Dose:
    """The same amount for everyone."""
    bench.decide_counts(rule.counts)
    amount = bench.level(rule.amount)
    bench.lines.append(msg("dose: {total}, the same for everyone", total=show(amount)))
    return bench.dose(level=amount if isinstance(rule.amount, LevelRef) else None, total=bench.capped(amount))


def _per_weight(bench: Bench, rule: PerWeight) -> Dose:
    """Total = body weight × amount per kg."""
    assert bench.weight is not None
    bench.lines.append(msg("weight: {weight}", weight=Factor(bench.weight)))
    bench.decide_counts(rule.counts)
    amount = bench.level(rule.amount)
    total, rounding = _total(bench, bench.weight, amount, 1, rule.rounding)
    return bench.dose(level=amount, total=total, rounding=rounding)


def _topical_daily(bench: Bench, rule: TopicalDaily) -> Dose:
    """Total = volume a day × days."""
    times, _ = bench.questions.glance(rule.times_a_day)
    if times is not None:
        bench.lines.append(msg("applications a day: {times}; the amount is that of the whole day", times=times))
    total = rule.amount * rule.days
    bench.lines.append(_product_line(rule.amount, rule.days, total))
    return bench.dose(level=rule.amount, total=bench.capped(total), days=int(rule.days.value))


def _product_line(left: Quantity, right: Quantity, total: Quantity) -> Message:
    return msg("dose: {left} × {right} = {total}", left=Factor(left), right=Factor(right), total=show(total))


def _total(
    bench: Bench, measure: Quantity, amount: Quantity, share: int, rounding: Rounding | Answer
) -> tuple[Quantity, Rounded | None]:
    """Measure × amount ÷ share; particles and cells come whole, so a part of one is rounded as decided (R5)."""
    product = measure * amount
    if share == 1:
        exact = Fraction(product.value)
        made = _product_line(measure, amount, product)
    else:
        exact = Fraction(product.value) / share
        bench.lines.append(
            msg(
                "all doses together: {left} × {right} = {total}",
                left=Factor(measure), right=Factor(amount), total=show(product),
            )
        )  # fmt: skip
        made = msg(
            "dose: {all} ÷ {share} doses = {exact} {unit}",
            all=Factor(product), share=share, exact=exact_digits(exact), unit=product.unit,
        )  # fmt: skip
    if product.unit.symbol not in COUNTED or exact.denominator == 1:
        total = product / share
        if share > 1:
            made = msg(
                "dose: {all} ÷ {share} doses = {total}", all=Factor(product), share=share, total=show(total)
            )  # fmt: skip
        bench.lines.append(made)
        return bench.capped(total), None
    mode = bench.given.rounding or ask_rounding(bench.questions, rounding)
    how = rounded_words(mode)
    if bench.given.rounding is None:
        how = bench.questions.sourced(how, rounding)
    bench.rounding_by_hand |= bench.given.rounding is not None
    whole = round_whole(exact, mode)
    if whole == 0:
        raise refuse(
            "DC342",
            msg("the dose is rounded down to nothing: {exact} {unit}", exact=exact_digits(exact), unit=product.unit),
            msg("check the amounts: a dose is never zero"),
        )
    deviation = deviation_of(whole, exact)
    total = Quantity(Decimal(whole), product.unit)
    bench.lines.append(
        msg(
            "{made}, {how}: {total} ({deviation})",
            made=made, how=how, total=show(total), deviation=signed_percent(deviation),
        )
    )  # fmt: skip
    bench.warnings.extend(far_off(whole, exact))
    return bench.capped(total), Rounded(mode=mode, exact=exact, deviation_percent=deviation)
