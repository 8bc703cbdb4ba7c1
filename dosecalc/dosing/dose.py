"""The doses of one participant: at each visit the one rule in force, worked out exactly, capped, and explained.

`calculate` answers one question; `prepare_doses` does what is the same for all participants of an arm once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.dosing.area import check_areas, missing_area
from dosecalc.dosing.basis import assumptions_for, draft_reasons, referenced, unconfirmed_among
from dosecalc.dosing.caps import cap_cumulative
from dosecalc.dosing.level import choose_level, levels_of, unneeded_level
from dosecalc.dosing.planned import Needs, PlannedDose, check_arms, needs, planned_doses, visits_of
from dosecalc.dosing.questions import Questions, check_rounding
from dosecalc.dosing.result import Cumulative, Dose, DoseInput, Doses, Warned
from dosecalc.dosing.rules import Bench, work_out
from dosecalc.dosing.weight import check_weight, missing_weight
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.protocol.dose_rule import Answer, CellCount, DoseRule, LevelRef, PerArea, PerSite
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.dosing.area import CheckedArea
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Quantity


def calculate(settled: Settled, arms: Sequence[str], given: DoseInput, visits: Sequence[str] | None = None) -> Doses:
    """Return the doses of one participant of these arms.

    `visits` are ids of visits, or of encounters, whose repeats are then all meant; None means all that have a dose.

    Raises:
        Refusal: DC202, DC204, amounts that do not go together; DC301, an open question; DC302 to DC308, arms and
            visits; DC309, an answer that cannot be; DC310 to DC316, areas; DC320 to DC322, weights; DC330
            to DC335, levels; DC340, DC341, caps; DC342, nothing is left after rounding; DC343, no way of rounding.
    """
    return prepare_doses(settled, arms).of(given, visits)


def prepare_doses(settled: Settled, arms: Sequence[str]) -> DosePlan:
    """Return what the doses of these arms are made from, whoever the participant is.

    Raises:
        Refusal: DC302, DC304, DC307, DC308.
    """
    protocol = settled.protocol
    check_arms(protocol, arms)
    return DosePlan(
        settled=settled,
        arms=tuple(arms),
        visits=visits_of(protocol, arms),
        planned=planned_doses(protocol, arms),
        needs=needs(protocol, arms),
        referenced=referenced(settled),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class DosePlan:
    """What the doses of some arms are made from. `visits` are all of theirs, with a dose or without."""

    settled: Settled
    arms: tuple[str, ...]
    visits: tuple[tuple[str, str], ...]
    planned: tuple[PlannedDose, ...]
    needs: Needs
    referenced: frozenset[str]

    def of(self, given: DoseInput, visits: Sequence[str] | None = None) -> Doses:
        """Return the doses of one participant; see `calculate`."""
        check_rounding(given.rounding)
        wanted = None if visits is None else self._wanted(visits)
        area, weight, unusual = self._inputs(given)
        worked: dict[tuple[str, int], tuple[Dose, CellCount | None]] = {}
        warnings = list(unusual)
        used = {plan.rule.volume.answer for plan in self.planned if isinstance(plan.rule.volume, Answer)}
        rounding_by_hand = level_by_hand = False
        made: list[_Made] = []
        for plan in self.planned:
            key = (plan.arm, id(plan.rule))  # a rule gives the same at each of its visits
            if key not in worked:
                bench = Bench(
                    rule=plan.rule,
                    product=self.settled.protocol.products[plan.rule.product],
                    planned=plan.of_product,
                    given=given,
                    area=area,
                    weight=weight,
                    questions=Questions(self.settled),
                )
                worked[key] = (work_out(bench), bench.counts)
                used |= bench.questions.used
                warnings += bench.warnings
                rounding_by_hand |= bench.rounding_by_hand
                level_by_hand |= bench.level_by_hand
            dose, counts = worked[key]
            made.append(_Made(plan, replace(dose, encounter=plan.visit), counts))
        made, loud = _cut(self.arms, made)
        assumptions = assumptions_for(self.settled, self.arms, used, self.referenced)
        unconfirmed = unconfirmed_among(self.settled, assumptions)
        return Doses(
            arms=self.arms,
            doses=tuple(each.dose for each in made if wanted is None or each.plan.visit in wanted),
            cumulative=self._cumulative(made),
            assumptions=assumptions,
            unconfirmed=unconfirmed,
            draft=draft_reasons(
                self.settled, unconfirmed, rounding_by_hand=rounding_by_hand, level_by_hand=level_by_hand
            ),
            warnings=tuple(dict.fromkeys([*warnings, *loud])),
        )

    def _wanted(self, asked: Sequence[str]) -> frozenset[str]:
        known = dict(self.visits)
        with_dose = dict.fromkeys(plan.visit for plan in self.planned)
        wanted: set[str] = set()
        findings: list[Finding] = []
        for name in asked:
            meant = {name} if name in known else {visit for visit, base in self.visits if base == name}
            if not meant:
                findings.append(
                    Finding(
                        "DC305",
                        msg("there is no visit '{visit}' in {arms}", visit=name, arms=", ".join(self.arms)),
                        msg("its visits are: {visits}", visits=", ".join(known)),
                    )
                )
            elif meant.isdisjoint(with_dose):
                findings.append(
                    Finding(
                        "DC306",
                        msg("no dose is planned at {visit} in {arms}", visit=name, arms=", ".join(self.arms)),
                        msg("visits with a dose are: {visits}", visits=", ".join(with_dose)),
                    )
                )
            wanted |= meant
        if findings:
            raise Refusal(findings)
        return frozenset(wanted)

    def _inputs(self, given: DoseInput) -> tuple[CheckedArea | None, Quantity | None, tuple[Warned, ...]]:
        """Check everything that was given and everything that must be, and report all at once."""
        findings: list[Finding] = []
        warnings: list[Warned] = []
        area: CheckedArea | None = None
        weight: Quantity | None = None
        if given.areas or "area" in self.needs.must:
            try:
                area = self._area(given)
                warnings.extend(area.warnings)
            except Refusal as refusal:
                findings.extend(refusal.findings)
        if given.weight is not None or "weight" in self.needs.must:
            try:
                weight, unusual = self._weight(given)
                warnings.extend(unusual)
            except Refusal as refusal:
                findings.extend(refusal.findings)
        try:
            self._level(given)
        except Refusal as refusal:
            findings.extend(refusal.findings)
        if findings:
            raise Refusal(findings)
        return area, weight, tuple(warnings)

    def _area(self, given: DoseInput) -> CheckedArea:
        if not given.areas:
            raise missing_area()
        if "area" not in self.needs.may:
            raise refuse(
                "DC313",
                msg("an area was given, but the dose of {arms} does not depend on an area", arms=", ".join(self.arms)),
                msg("leave the area out, or check the arm"),
            )
        return check_areas(given.areas)

    def _weight(self, given: DoseInput) -> tuple[Quantity, tuple[Warned, ...]]:
        if given.weight is None:
            raise missing_weight()
        if "weight" not in self.needs.may:
            raise refuse(
                "DC322",
                msg("a body weight was given, but the dose of {arms} does not depend on it", arms=", ".join(self.arms)),
                msg("leave the weight out, or check the arm"),
            )
        return check_weight(given.weight)

    def _level(self, given: DoseInput) -> None:
        """A level given for a placebo must be one that the product it imitates could have."""
        if given.level is None and "level" not in self.needs.must:
            return
        if "level" not in self.needs.may:
            raise unneeded_level()
        for level in levels_of(self.settled.protocol, self.arms):
            choose_level(self.settled, LevelRef(level=level.id), given.level)

    def _cumulative(self, made: Sequence[_Made]) -> Cumulative | None:
        """The sum of the planned doses that are no placebo, where they are of one unit."""
        counted = [each for each in made if each.sums]
        totals = [each.dose.total for each in counted if each.dose.total is not None]
        if not totals or len({total.unit for total in totals}) > 1:
            return None
        total = totals[0]
        for more in totals[1:]:
            total += more
        return Cumulative(total=total, note=self._note(counted))

    def _note(self, counted: Sequence[_Made]) -> Message | None:
        again = any(self._measured_again(each.plan.rule) for each in counted)
        ends = any(
            (repeat := self.settled.protocol.encounters[each.plan.base].repeat) and repeat.until for each in counted
        )
        area = msg("for all planned doses at the area given; the area may be measured again at each visit")
        until = msg("for as many doses as are planned at most; the treatment may end earlier")
        if again and ends:
            return msg("{first}; {second}", first=area, second=until)
        if again or ends:
            return area if again else until
        return None

    def _measured_again(self, rule: DoseRule) -> bool:
        if not isinstance(rule.rule, PerSite | PerArea):
            return False
        answer, certain = Questions(self.settled).glance(rule.rule.area_measured)
        return answer != "once" or not certain


@dataclass(frozen=True, slots=True)
class _Made:
    """A planned dose, and what became of it."""

    plan: PlannedDose
    dose: Dose
    counts: CellCount | None

    @property
    def sums(self) -> bool:
        """Whether it counts towards what a participant receives in all."""
        return self.plan.rule.role != "placebo" and not self.plan.unscheduled


def _cut(arms: Sequence[str], made: Sequence[_Made]) -> tuple[list[_Made], tuple[Warned, ...]]:
    """Apply the cumulative caps, arm by arm, in the order of the visits."""
    result = list(made)
    warnings: list[Warned] = []
    for arm in arms:
        places = [place for place, each in enumerate(made) if each.plan.arm == arm and each.sums]
        doses, loud = cap_cumulative([(made[p].plan.rule, made[p].dose, made[p].counts) for p in places])
        warnings.extend(loud)
        for place, dose in zip(places, doses, strict=True):
            result[place] = replace(made[place], dose=dose)
    return result, tuple(warnings)
