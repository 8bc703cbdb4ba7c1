"""Which doses an arm plans: at each visit the one rule in force, and what these rules need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.dosing.level import rules_behind
from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import DoseRule, LevelRef, PerArea, PerSite, PerWeight
from dosecalc.protocol.occurrences import occurrences
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.protocol.model import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedDose:
    """That an arm plans a dose at a visit, and by which rule; no amount yet.

    `of_product` is the number of doses of the product that the arm plans on the same area.
    """

    arm: str
    visit: str
    base: str
    rule: DoseRule
    unscheduled: bool
    of_product: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What doses hang on: `must` must be given, `may` changes only a product that a placebo imitates in its volume."""

    must: frozenset[str]
    may: frozenset[str]


def check_arms(protocol: Protocol, arms: Sequence[str]) -> None:
    """Check that doses of these arms together are one participant's.

    Raises:
        Refusal: DC302, the protocol has no such arm; DC304, no arm is named; DC308, several are, and each participant
            has only one.
    """
    unknown = [arm for arm in arms if arm not in protocol.arms]
    names = ", ".join(protocol.arms)
    if unknown:
        raise refuse(
            "DC302",
            msg("{protocol} has no arm '{arm}'", protocol=protocol.id, arm=unknown[0]),
            msg("its arms are: {arms}", arms=names),
        )
    if not arms:
        raise refuse("DC304", msg("the arm is missing"), msg("give one of: {arms}", arms=names))
    if len(set(arms)) > 1 and protocol.masking.allocation == "one_arm":
        raise refuse(
            "DC308",
            msg("{protocol} gives each participant one arm, not {arms}", protocol=protocol.id, arms=", ".join(arms)),
            msg("give one of: {arms}", arms=names),
        )


def visits_of(protocol: Protocol, arms: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (visit id, encounter id) for all visits of the arms, in their order, those with no dose too."""
    encounters = dict.fromkeys(encounter for arm in arms for encounter in protocol.arms[arm].encounters)
    return tuple((visit, base) for base in encounters for visit, _ in occurrences(protocol.encounters[base]))


def planned_doses(protocol: Protocol, arms: Sequence[str]) -> tuple[PlannedDose, ...]:
    """Return the doses that the arms plan, in the order of the visits, at each visit arm by arm.

    Raises:
        Refusal: DC307, two rules are in force for one area at one visit.
    """
    found: list[PlannedDose] = []
    for visit, base in visits_of(protocol, arms):
        for arm in arms:
            rules = [rule for rule in protocol.arms[arm].doses if base in rule.at]
            if base not in protocol.arms[arm].encounters:
                continue
            if len({rule.area for rule in rules}) < len(rules):
                raise refuse(
                    "DC307",
                    msg("arm {arm} has two dose rules for the same area at {visit}", arm=arm, visit=visit),
                    msg("leave one of them in the protocol file"),
                    rules[1].where,
                )
            found.extend(
                PlannedDose(
                    arm=arm,
                    visit=visit,
                    base=base,
                    rule=rule,
                    unscheduled=protocol.encounters[base].unscheduled,
                    of_product=_number(protocol, arm, rule),
                )
                for rule in rules
            )
    return tuple(found)


def _number(protocol: Protocol, arm: str, rule: DoseRule) -> int:
    return sum(
        len(occurrences(protocol.encounters[base]))
        for base in protocol.arms[arm].encounters
        if not protocol.encounters[base].unscheduled
        for other in protocol.arms[arm].doses
        if base in other.at and (other.product, other.area) == (rule.product, rule.area)
    )


def needs(protocol: Protocol, arms: Sequence[str]) -> Needs:
    """Return which of `area`, `weight`, `level` the doses of these arms hang on.

    What the product of another arm needs may be given for its placebo, too: in a masked trial whoever writes down areas
    does not know who has which arm (R15).
    """
    must: set[str] = set()
    may: set[str] = set()
    for arm in arms:
        for rule in protocol.arms[arm].doses:
            must.update(_of(rule))
            for behind in rules_behind(protocol, rule):
                may.update(_of(behind))
    return Needs(must=frozenset(must), may=frozenset(may))


def _of(dose: DoseRule) -> Iterator[str]:
    rule = dose.rule
    if isinstance(rule, PerSite | PerArea):
        yield "area"
    if isinstance(rule, PerWeight):
        yield "weight"
    if isinstance(getattr(rule, "amount", None), LevelRef):
        yield "level"
