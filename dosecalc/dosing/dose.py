"""The doses of one participant: at each visit the one rule in force, worked out exactly, capped, and explained.

`calculate` answers one question; `prepare_doses` does what is the same for all participants of an arm once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.dosing.area import area_line, check_areas, missing_area
from dosecalc.dosing.basis import assumptions_for, draft_reasons, referenced, unconfirmed_among
from dosecalc.dosing.caps import cap_cumulative
from dosecalc.dosing.level import choose_level, levels_of, unneeded_level
from dosecalc.dosing.planned import Needs, PlannedDose, check_arms, needs, planned_doses, visits_of
from dosecalc.dosing.questions import Questions, check_rounding
from dosecalc.dosing.remeasured import check_remeasured, latest_measured, no_area_at, several_areas
from dosecalc.dosing.result import Cumulative, Dose, DoseInput, Doses, OnRecord, Warned
from dosecalc.dosing.rules import Bench, work_out
from dosecalc.dosing.weight import check_weight, missing_weight
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.protocol.dose_rule import Answer, CellCount, DoseRule, LevelRef, PerArea, PerSite
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from dosecalc.dosing.area import CheckedArea, Measured
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Quantity


def calculate(settled: Settled, arms: Sequence[str], given: DoseInput, visits: Sequence[str] | None = None) -> Doses:
    """Return the doses of one participant of these arms.

    `visits` are ids of visits, or of encounters, whose repeats are then all meant; None means all that have a dose.

    Raises:
        Refusal: DC202, DC204, amounts that do not go together; DC301, an open question; DC302 to DC308, arms and
            visits; DC309, an answer that cannot be; DC310 to DC316, DC344, areas; DC320 to DC322, weights;
            DC330 to DC335, levels; DC340, DC341, caps; DC342, nothing is left after rounding; DC343, no way of
            rounding.
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
        areas, weight, unusual = self._inputs(given)
        measured_at = self._measured_at(given)
        worked: dict[tuple[str, int, str | None], tuple[Dose, CellCount | None]] = {}
        warnings = list(unusual)
        if any(len(patches) > 1 for patches in (given.areas, *(one.areas for one in given.remeasured))) and (
            several := several_areas(self.settled.protocol, self.arms)
        ):
            warnings.append(several)
        used = {plan.rule.volume.answer for plan in self.planned if isinstance(plan.rule.volume, Answer)}
        rounding_by_hand = level_by_hand = False
        made: list[_Made] = []
        for plan in self.planned:
            at = measured_at.get(plan.visit)
            key = (plan.arm, id(plan.rule), at)  # from one area, a rule gives the same at each of its visits
            if key not in worked:
                bench = Bench(
                    rule=plan.rule,
                    product=self.settled.protocol.products[plan.rule.product],
                    planned=plan.of_product,
                    given=given,
                    area=areas.get(at),
                    weight=weight,
                    questions=Questions(self.settled),
                )
                worked[key] = (_recorded(work_out(bench), given, at), bench.counts)
                used |= bench.questions.used
                warnings += bench.warnings
                rounding_by_hand |= bench.rounding_by_hand
                level_by_hand |= bench.level_by_hand
            dose, counts = worked[key]
            made.append(_Made(plan, replace(dose, encounter=plan.visit), counts))
        made, loud = _cut(self.arms, made, given.on_record)
        assumptions = assumptions_for(self.settled, self.arms, used, self.referenced)
        unconfirmed = unconfirmed_among(self.settled, assumptions)
        return Doses(
            arms=self.arms,
            doses=tuple(each.dose for each in made if wanted is None or each.plan.visit in wanted),
            cumulative=self._cumulative(made, again=bool(given.remeasured)),
            assumptions=assumptions,
            unconfirmed=unconfirmed,
            draft=draft_reasons(
                self.settled, unconfirmed, rounding_by_hand=rounding_by_hand, level_by_hand=level_by_hand
            ),
            warnings=tuple(dict.fromkeys([*warnings, *loud])),
            on_record=given.on_record,
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

    def _measured_at(self, given: DoseInput) -> Mapping[str, str | None]:
        """At which visit the area was measured again that holds at each visit; empty where it was not."""
        if not given.remeasured:
            return {}
        return latest_measured([visit for visit, _ in self.visits], {one.visit for one in given.remeasured})

    def _inputs(self, given: DoseInput) -> tuple[dict[str | None, CheckedArea], Quantity | None, tuple[Warned, ...]]:
        """Check everything that was given and everything that must be, and report all at once."""
        findings: list[Finding] = []
        warnings: list[Warned] = []
        areas: dict[str | None, CheckedArea] = {}
        weight: Quantity | None = None
        if given.areas or given.remeasured or "area" in self.needs.must:
            areas, wrong = self._areas(given)
            findings.extend(wrong)
            for area in areas.values():
                warnings.extend(area.warnings)
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
        return areas, weight, tuple(warnings)

    def _areas(self, given: DoseInput) -> tuple[dict[str | None, CheckedArea], list[Finding]]:
        """The area for all visits under None, and those measured again under their visits; and what is wrong there."""
        again = tuple(one.visit for one in given.remeasured)
        checked: dict[str | None, CheckedArea] = {}
        findings: list[Finding] = []
        if (given.areas or again) and "area" not in self.needs.may:
            what = msg(
                "an area was given, but the dose of {arms} does not depend on an area", arms=", ".join(self.arms)
            )
            mend = msg("leave the area out, or check the arm")
            return {}, [Finding("DC313", what, mend, path=visit) for visit in ([""] if given.areas else again)]
        if again:
            try:
                check_remeasured(self.settled, self.arms, again, [visit for visit, _ in self.visits])
            except Refusal as refusal:
                return {}, list(refusal.findings)
        elif not given.areas:
            return {}, list(missing_area().findings)
        if given.areas:
            _check_into(checked, findings, None, given.areas, given.measured)
        for one in given.remeasured:
            _check_into(checked, findings, one.visit, one.areas, one.measured)
        holding = {} if given.areas else self._measured_at(given)
        for plan in self.planned:
            if holding and holding[plan.visit] is None and isinstance(plan.rule.rule, PerSite | PerArea):
                return {}, [*findings, *no_area_at(plan.visit).findings]
        return checked, findings

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

    def _cumulative(self, made: Sequence[_Made], *, again: bool) -> Cumulative | None:
        """The sum of the planned doses that are no placebo, where they are of one unit."""
        counted = [each for each in made if each.sums]
        totals = [each.dose.total for each in counted if each.dose.total is not None]
        if not totals or len({total.unit for total in totals}) > 1:
            return None
        total = totals[0]
        for more in totals[1:]:
            total += more
        return Cumulative(total=total, note=self._note(counted, several=again))

    def _note(self, counted: Sequence[_Made], *, several: bool) -> Message | None:
        again = any(self._measured_again(each.plan.rule) for each in counted)
        ends = any(
            (repeat := self.settled.protocol.encounters[each.plan.base].repeat) and repeat.until for each in counted
        )
        area = msg("for all planned doses at the area given; the area may be measured again at each visit")
        if several:
            area = msg(
                "for all planned doses, each at the area that was measured last by then; "
                "the area may be measured again at each visit"
            )
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


def _check_into(
    checked: dict[str | None, CheckedArea],
    findings: list[Finding],
    visit: str | None,
    areas: Sequence[Decimal],
    measured: Measured | None,
) -> None:
    """Check one measurement; what is wrong with one that belongs to a visit names the visit."""
    try:
        area = check_areas(areas)
    except Refusal as refusal:
        findings.extend(replace(finding, path=visit or "") for finding in refusal.findings)
        return
    if visit is not None or measured is not None:
        area = replace(area, derivation=area_line(area, visit, measured))
    checked[visit] = area


def _recorded(dose: Dose, given: DoseInput, measured_at: str | None) -> Dose:
    """The dose with the record of the measurement that it follows from, where it follows from an area (R9)."""
    if dose.area_cm2 is None or (measured_at is None and given.measured is None):
        return dose
    found = next((one.measured for one in given.remeasured if one.visit == measured_at), None)
    return replace(dose, measured=given.measured if measured_at is None else found, measured_at=measured_at)


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


def _cut(
    arms: Sequence[str], made: Sequence[_Made], on_record: Sequence[OnRecord]
) -> tuple[list[_Made], tuple[Warned, ...]]:
    """Apply the cumulative caps, arm by arm, in the order of the visits."""
    result = list(made)
    warnings: list[Warned] = []
    for arm in arms:
        places = [place for place, each in enumerate(made) if each.plan.arm == arm and each.sums]
        doses, loud = cap_cumulative([(made[p].plan.rule, made[p].dose, made[p].counts) for p in places], on_record)
        warnings.extend(loud)
        for place, dose in zip(places, doses, strict=True):
            result[place] = replace(made[place], dose=dose)
    return result, tuple(warnings)
