"""Each rule of the arms worked out once for all rows that it holds for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dosecalc.dosing.basis import assumptions_for, draft_reasons, referenced, unconfirmed_among
from dosecalc.dosing.caps import cap_amount, counted
from dosecalc.dosing.cohort_caps import CohortDose, cap_each
from dosecalc.dosing.cohort_rules import Rows, Scaled, count_sites, measured_amounts, multiply, whole_amounts
from dosecalc.dosing.columns import Integers, Numbers
from dosecalc.dosing.questions import COUNTS, COVERS, Questions
from dosecalc.dosing.rules import COUNTED
from dosecalc.errors import Refusal
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

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from dosecalc.dosing.cohort_input import CohortInput
    from dosecalc.dosing.planned import PlannedDose
    from dosecalc.protocol.dose_rule import CellCount
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Quantity
    from dosecalc.rows import Flags


class _Key(NamedTuple):
    """What doses must have in common to be worked out together and to stand in one column."""

    visit: str
    part: str | None
    unit: str
    shape: Hashable
    again: tuple[str, ...]
    """The visits by which areas were measured again, where the dose follows from an area."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Job:
    """A rule of one group, and what was decided; `amounts` are by choice: per site, cm², kg, or the dose itself."""

    group: int
    plan: PlannedDose
    unit: str
    counts: CellCount | None
    amounts: Mapping[int, Fraction]

    @property
    def shape(self) -> Hashable:
        """Everything but the amounts that makes a difference to the arithmetic."""
        rule = self.plan.rule.rule
        caps = tuple(cap for cap in self.plan.rule.caps if cap.holds == "per_dose")
        match rule:
            case PerSite():
                how: Hashable = _site_decisions(rule)
            case PerArea() | PerWeight():
                how = rule.rounding
            case _:
                how = None
        kind = Fixed if isinstance(rule, TopicalDaily) else type(rule)
        return kind, how, caps, self.counts, self.plan.unscheduled


class Workshop:
    """Works out the doses of a cohort; `sites` are its columns of sites."""

    def __init__(self, settled: Settled, given: CohortInput, rows: Rows) -> None:
        self.settled = settled
        self.given = given
        self.rows = rows
        self.sites: dict[str, list[tuple[Flags | None, Integers]]] = {}
        self._always: list[int] = []
        self._levels_by_hand: set[int] = set()
        self._done: dict[Hashable, Scaled] = {}
        self._counted: dict[Hashable, Integers] = {}
        self._counts_at: dict[int, dict[Hashable, PlannedDose]] = {}
        """For each group, the first dose at which sites are counted in each way, in the order of the doses."""

    def doses(self) -> list[CohortDose]:
        """Return the doses, each for all groups that have it at the same visit, on the same area, in the same unit."""
        together: dict[_Key, list[_Job]] = {}
        referred = referenced(self.settled)
        for number, group in self.given.groups.by_number.items():
            questions = Questions(self.settled)
            prepared: dict[int, _Job | None] = {}
            for plan in group.planned:
                rule = id(plan.rule)
                if rule not in prepared:
                    prepared[rule] = self._prepare(number, plan, questions)
                job = prepared[rule]
                if job:
                    from_area = isinstance(plan.rule.rule, PerSite | PerArea)
                    again = self.given.areas.measured_by(group, plan.visit) if from_area else ()
                    if isinstance(plan.rule.rule, PerSite):
                        decisions = (_site_decisions(plan.rule.rule), again)
                        self._counts_at.setdefault(number, {}).setdefault(decisions, plan)
                    part = plan.rule.area or (plan.arm if len(group.arms) > 1 else None)
                    key = _Key(plan.visit, part, job.unit, job.shape, again)
                    together.setdefault(key, []).append(replace(job, plan=plan))
            codes = assumptions_for(self.settled, group.arms, questions.used, referred)
            unconfirmed = unconfirmed_among(self.settled, codes)
            if draft_reasons(self.settled, unconfirmed, rounding_by_hand=False, level_by_hand=False):
                self._always.append(number)
        return [self._dose(key, jobs) for key, jobs in together.items()]

    def drafts(self) -> Flags:
        """Flag the rows whose doses are drafts (R8)."""
        if self._always:
            always = self.given.groups.flag(self._always)
            if always is None:
                return np.ones(self.rows.count, bool)
            self.rows.drafts |= always
        for choice in self._levels_by_hand:
            self.rows.drafts |= self._taking(choice)
        return self.rows.drafts

    def _taking(self, choice: int) -> Flags:
        if self.given.choice is None:
            return np.ones(self.rows.count, bool)
        flags: Flags = self.given.choice == choice
        return flags

    def _prepare(self, group: int, plan: PlannedDose, questions: Questions) -> _Job | None:
        """Decide what does not depend on the row; what cannot be decided is reported for the rows of the group."""
        rule = plan.rule.rule
        if isinstance(plan.rule.volume, Answer):
            questions.used.add(plan.rule.volume.answer)
        if isinstance(rule, VolumeMatched):
            return None
        counts: CellCount | None = None
        share = Fraction(1)
        try:
            if isinstance(rule, Fixed | PerWeight) and rule.counts is not None:
                counts = questions.answer(rule.counts, COUNTS)
            if isinstance(rule, PerArea) and questions.answer(rule.covers, COVERS) == "all_doses":
                share = Fraction(1, plan.of_product)
        except Refusal as refusal:
            members = self.given.groups.flag([group])
            self.rows.problems.take(refusal, np.ones(self.rows.count, bool) if members is None else members)
            return None
        if isinstance(rule, PerSite | PerArea):
            questions.glance(rule.area_measured)
        if isinstance(rule, TopicalDaily):
            questions.glance(rule.times_a_day)
            share = Fraction(rule.days.value)
        levels = self._amounts(group, plan, counts)
        if not levels:
            return None
        unit = next(iter(levels.values())).unit.symbol.partition("/")[0]
        amounts = {choice: Fraction(amount.value) * share for choice, amount in levels.items()}
        return _Job(group=group, plan=plan, unit=unit, counts=counts, amounts=amounts)

    def _amounts(self, group: int, plan: PlannedDose, counts: CellCount | None) -> dict[int, Quantity]:
        """The level of each choice of the group, cut at the cap per site."""
        found: dict[int, Quantity] = {}
        amount = getattr(plan.rule.rule, "amount")  # noqa: B009 - every rule but the placebo's has one
        for choice, (owner, chosen) in self.given.levels.items():
            if owner != group:
                continue
            level = chosen[amount.level].amount if isinstance(amount, LevelRef) else amount
            if isinstance(amount, LevelRef) and chosen[amount.level].by_hand:
                self._levels_by_hand.add(choice)
            warned = chosen[amount.level].warnings if isinstance(amount, LevelRef) else ()
            try:
                found[choice], _, loud = cap_amount(counted(level, counts), plan.rule, "per_site", counts)
            except Refusal as refusal:
                self.rows.problems.take(refusal, self._taking(choice))
                continue
            for warning in (*warned, *loud):
                self.rows.warn(warning.code, self._taking(choice))
        return found

    def _dose(self, key: _Key, jobs: Sequence[_Job]) -> CohortDose:
        members = self.given.groups.flag([job.group for job in jobs])
        done = (tuple((job.group, id(job.plan.rule)) for job in jobs), key.again)
        if done not in self._done:
            amounts = self._work(key, jobs, members)
            self._done[done] = cap_each(self.rows, amounts, jobs[0].plan.rule.caps, jobs[0].counts, members)
        return CohortDose(
            visit=key.visit,
            part=key.part,
            unit=key.unit,
            plans={job.group: job.plan for job in jobs},
            counts={job.group: job.counts for job in jobs},
            amounts=self._done[done],
            members=members,
        )

    def _work(self, key: _Key, jobs: Sequence[_Job], members: Flags | None) -> Scaled:
        rows, given = self.rows, self.given
        table = self._table(jobs)
        rule = jobs[0].plan.rule.rule
        if isinstance(rule, PerArea | PerWeight):
            base = given.areas.after(key.again) if isinstance(rule, PerArea) else given.weight
            name = "area_cm2" if isinstance(rule, PerArea) else "weight_kg"
            exact, under = multiply(rows, base, table, members, name)
            if key.unit in COUNTED:
                return whole_amounts(rows, exact, under, rule.rounding, members)
            return measured_amounts(rows, exact, under, members)
        base = None
        if isinstance(rule, PerSite):
            sites = self._sites(key, rule)
            base = Numbers(values=sites, scale=0, given=np.ones(0, bool))
        exact, under = multiply(rows, base, table, members, "sites")
        return measured_amounts(rows, exact, under, members)

    def _table(self, jobs: Sequence[_Job]) -> list[Fraction | None]:
        amounts = {choice: amount for job in jobs for choice, amount in job.amounts.items()}
        if self.rows.choice is None:
            return list(amounts.values())
        return [amounts.get(choice) for choice in range(max(self.given.levels) + 1)]

    def _sites(self, key: _Key, rule: PerSite) -> Integers:
        """The sites of all rows that share the decisions of this rule; the first ones of a row stand under `sites`."""
        decisions = (_site_decisions(rule), key.again)
        if decisions not in self._counted:
            area = self.given.areas.after(key.again)
            assert area is not None  # a missing area was reported before
            named: dict[str, list[int]] = {}
            for group, ways in self._counts_at.items():
                if decisions in ways:
                    named.setdefault(_sites_name(ways, decisions), []).append(group)
            members = self.given.groups.flag([group for groups in named.values() for group in groups])
            counts = self._counted[decisions] = count_sites(self.rows, rule, area, members)
            for number, (name, groups) in enumerate(named.items()):
                values = counts.copy() if number else counts  # columns must not change together
                self.sites.setdefault(name, []).append((self.given.groups.flag(groups), values))
        return self._counted[decisions]


def _sites_name(ways: Mapping[Hashable, PlannedDose], decisions: Hashable) -> str:
    """The column of a group's sites: the first ones stand under `sites`, others under the visit that has them first."""
    first = ways[decisions]
    if first is next(iter(ways.values())):
        return "sites"
    name = f"sites_{first.visit}"
    alike = [one for one in ways.values() if one.visit == first.visit]
    return name if alike[0] is first else f"{name}_{first.rule.area or first.arm}"


def _site_decisions(rule: PerSite) -> Hashable:
    return rule.sites, rule.rounding, rule.below_one_site, rule.patches
