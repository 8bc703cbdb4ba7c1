"""R15 in the protocol itself: in a masked trial the arms differ in nothing that a masked person sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding
from dosecalc.protocol.binding import readable
from dosecalc.protocol.dose_rule import LevelRef
from dosecalc.quantity import Quantity
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.dose_rule import DoseRule
    from dosecalc.protocol.model import Arm, Protocol


def check_masking(protocol: Protocol) -> Iterator[Finding]:
    """DC118 for each arm of a masked protocol that looks different from an earlier one, and where it differs."""
    masking = readable(protocol.masking)
    if masking is None or not masking.masked or not protocol.arms:
        return
    arms = list(protocol.arms.values())
    for number, arm in enumerate(arms):
        # Not with the first arm alone: a placebo there is like each of two products that are not like one another.
        for earlier in arms[:number]:
            found = list(_differences(protocol, earlier, arm))
            for which in found:
                what = msg(
                    "{one} and {two} differ in what masked people see: {what}", one=earlier.id, two=arm.id, what=which
                )
                mend = msg("make the arms alike, or say that the trial is not masked")
                yield Finding("DC118", what, mend, arm.where, f"arms.{arm.id}")
            if found:
                break


def _differences(protocol: Protocol, one: Arm, two: Arm) -> Iterator[Message]:
    if tuple(one.encounters) != tuple(two.encounters):
        yield msg("the encounters")
    left, right = _seen(one), _seen(two)
    # Who gets every arm gets each on an area of its own: there the areas differ, and nobody learns anything from that.
    own_areas = protocol.masking.allocation == "every_arm"
    for name in [*left, *(n for n in right if n not in left)]:
        if name not in left or name not in right:
            yield msg("only one of them has a dose at {encounter}", encounter=name)
        elif len(left[name]) != len(right[name]):
            yield msg("{what} at {encounter}", what=msg("the number of doses"), encounter=name)
        elif not own_areas and [dose.area for dose in left[name]] != [dose.area for dose in right[name]]:
            yield msg("{what} at {encounter}", what=msg("the area"), encounter=name)
        else:
            apart = [what for a, b in zip(left[name], right[name], strict=True) for what in _apart(protocol, a, b)]
            for number, what in enumerate(apart):
                if what not in apart[:number]:  # two areas may differ in the same way; that is said once
                    yield msg("{what} at {encounter}", what=what, encounter=name)


def _seen(arm: Arm) -> dict[str, list[DoseRule]]:
    """The doses at each encounter, in the order of their areas."""
    found: dict[str, list[DoseRule]] = {}
    for dose in arm.doses:
        for name in dose.at:
            found.setdefault(name, []).append(dose)
    return {name: sorted(doses, key=lambda dose: readable(dose.area) or "") for name, doses in found.items()}


def _apart(protocol: Protocol, one: DoseRule, two: DoseRule) -> Iterator[Message]:
    """What a masked person could tell two doses apart by."""
    for what, a, b in (
        (msg("the route"), one.route, two.route),
        (msg("the resources"), frozenset(one.resources), frozenset(two.resources)),
        (msg("what is taken home"), one.topical_daily, two.topical_daily),
    ):
        if a != b:
            yield what
    if one.volume != two.volume:
        yield msg("the volume")
    if _matched(one, two):
        return  # a placebo takes its sites and its volume from its product
    if _sites(one) != _sites(two):
        yield msg("the injection sites")
    stands_in = one.volume_matched or two.volume_matched
    if not stands_in and _measured(one) != _measured(two):
        yield msg("when the area is measured")
    if stands_in:
        if one.volume is None and two.volume is None:
            yield msg("the volume")  # the placebo of something else, and no volume that would be the same for both
    elif _poured(protocol, one) != _poured(protocol, two):
        yield msg("the amount in mL")


def _matched(one: DoseRule, two: DoseRule) -> bool:
    """Whether one is the placebo of the other's product, or both are placebos of one product."""
    products = [dose.volume_matched.product if dose.volume_matched else dose.product for dose in (one, two)]
    return bool(one.volume_matched or two.volume_matched) and products[0] == products[1]


def _sites(dose: DoseRule) -> tuple[Any, ...] | None:
    rule = readable(dose.per_site)
    return (rule.sites, rule.rounding, rule.below_one_site, rule.patches) if rule else None


def _measured(dose: DoseRule) -> Any:
    rule = readable(dose.per_site) or readable(dose.per_area)
    return rule.area_measured if rule else None


def _poured(protocol: Protocol, dose: DoseRule) -> list[tuple[Any, ...]]:
    """What decides the volume of a dose whose amount is one; what is taken home is compared by itself."""
    found = []
    for key, rule in dose.rules.items():
        amount = getattr(rule, "amount", None)
        level = (protocol.levels or {}).get(amount.level) if isinstance(amount, LevelRef) else None
        amounts = (*level.one_of, level.at_least, level.at_most) if level else (amount,)
        if key != "topical_daily" and any(isinstance(a, Quantity) and a.unit.symbol.startswith("mL") for a in amounts):
            caps = tuple((cap.holds, cap.at_most, cap.above) for cap in dose.caps)
            found.append((key, amount, getattr(rule, "rounding", None), getattr(rule, "covers", None), caps))
    return found
