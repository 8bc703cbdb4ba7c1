"""The columns of a cohort, checked against what the arms need; every bad row is named (R8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from dosecalc.dosing.area import MOST_CM2
from dosecalc.dosing.columns import Column, Numbers, as_decimal
from dosecalc.dosing.level import choose_level, levels_of, read_level
from dosecalc.dosing.planned import Needs, PlannedDose, check_arms, needs, planned_doses, visits_of
from dosecalc.dosing.remeasured import check_remeasured
from dosecalc.dosing.weight import MOST_KG
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import LevelRef, PerArea, PerSite
from dosecalc.protocol.occurrences import occurrences
from dosecalc.rows import different, look_up, positions
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dosecalc.dosing.columns import Codes
    from dosecalc.dosing.level import ChosenLevel
    from dosecalc.protocol.settled import Settled
    from dosecalc.rows import Flags, Problems


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The rows of one arm; or those that get every arm."""

    arms: tuple[str, ...]
    visits: tuple[tuple[str, str], ...]
    planned: tuple[PlannedDose, ...]
    needs: Needs


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """The groups that have rows, by number, and each row's; `of` is None where there is only one."""

    count: int
    by_number: Mapping[int, Group]
    of: Codes | None
    arm: pd.Categorical[str] | None

    def flag(self, groups: Sequence[int]) -> Flags | None:
        """Flag the rows of these groups; None where these are all rows."""
        if len(groups) == len(self.by_number):
            return None
        if self.of is None:
            return np.zeros(self.count, bool)
        table = np.zeros(max(self.by_number) + 1, bool)
        table[list(groups)] = True
        return look_up(table, self.of)


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortInput:
    """A checked cohort. Rows that take the same `choice` are of one group and one level; None where all are alike.

    `levels` holds for each choice that some row takes its group, and the level chosen for each of the protocol's.
    """

    groups: Groups
    areas: Areas
    weight: Numbers | None
    choice: Codes | None
    levels: Mapping[int, tuple[int, Mapping[str, ChosenLevel]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Areas:
    """The areas of a cohort: `once` for all visits, `again` those that were measured again, by visit.

    `again` has the visits of the table's columns that hold anything.
    """

    once: Numbers | None
    again: Mapping[str, Numbers]
    known: dict[tuple[str, ...], Numbers | None] = field(default_factory=dict)

    def measured_by(self, group: Group, visit: str) -> tuple[str, ...]:
        """Return at which visits up to `visit` areas of rows of the group were measured again, in their order."""
        if not self.again:
            return ()
        names = [name for name, _ in group.visits]
        return tuple(name for name in names[: names.index(visit) + 1] if name in self.again)

    def after(self, visits: tuple[str, ...]) -> Numbers | None:
        """Return each row's area after it was measured again at these visits, the latest that it has (R9)."""
        if visits not in self.known:
            before = self.after(visits[:-1]) if visits else None
            found = self.again[visits[-1]] if visits else self.once
            self.known[visits] = found if before is None or found is None else before.covered_by(found)
        return self.known[visits]


class _Wrong(NamedTuple):
    code: str
    what: Message
    mend: Message


_NO_AREA = _Wrong(
    "DC310",
    msg("the area is missing, and the dose of this arm depends on it"),
    msg("write each patch in cm² into area_cm2; whoever measured the participant can supply it"),
)
_IDLE_AREA = _Wrong(
    "DC313",
    msg("an area is given, but the dose of this arm does not depend on an area"),
    msg("leave the area out, or check the arm"),
)
_NO_WEIGHT = _Wrong(
    "DC320",
    msg("the body weight is missing, and the dose of this arm depends on it"),
    msg("write it in kg into weight_kg; the study nurse can supply it"),
)
_IDLE_WEIGHT = _Wrong(
    "DC322",
    msg("a body weight is given, but the dose of this arm does not depend on it"),
    msg("leave the weight out, or check the arm"),
)


def read_cohort(settled: Settled, frame: pd.DataFrame, problems: Problems) -> CohortInput:
    """Read and check the columns of `frame`.

    Raises:
        Refusal: an arm is missing or unknown, so that nothing else can be checked. Everything else is reported.
    """
    groups = _groups(settled, frame, problems)
    areas = _areas(settled, frame, groups, problems)
    weight = _weight(frame, groups, problems)
    choice, levels = _levels(settled, frame, groups, problems)
    return CohortInput(groups=groups, areas=areas, weight=weight, choice=choice, levels=levels)


def _groups(settled: Settled, frame: pd.DataFrame, problems: Problems) -> Groups:
    protocol = settled.protocol
    if "arm" not in frame:
        every = tuple(protocol.arms) if protocol.masking.allocation == "every_arm" else ()
        check_arms(protocol, every)
        return Groups(count=len(frame), by_number={0: _group(settled, every)}, of=None, arm=None)
    numbers = {arm: number for number, arm in enumerate(protocol.arms)}
    of: Codes = positions(frame["arm"], list(numbers))
    named = pd.Categorical.from_codes(of, categories=pd.Index(list(numbers)), validate=False)
    groups: dict[int, tuple[str, ...]] = {number: (arm,) for arm, number in numbers.items()}
    if protocol.masking.allocation == "every_arm":
        # An empty cell names no arm, and so leaves none out.
        groups[len(numbers)] = tuple(numbers)
        of = np.where(_empty(frame["arm"]), len(numbers), of)
    problems.add(
        "DC302",
        msg("the arm is missing, or {protocol} has no such arm", protocol=protocol.id),
        msg("its arms are: {arms}", arms=", ".join(protocol.arms)),
        of < 0,
    )
    problems.raise_any()
    there = {number: _group(settled, arms) for number, arms in groups.items() if (of == number).any()}
    return Groups(count=len(frame), by_number=there, of=of if len(there) > 1 else None, arm=named)


def _empty(arms: pd.Series[Any]) -> Flags:
    """Where a cell of the column holds nothing but blanks."""
    codes, values = different(arms)
    blank = [isinstance(value, str) and not value.strip() for value in values]
    return look_up(np.array([*blank, True]), codes)


def _group(settled: Settled, arms: tuple[str, ...]) -> Group:
    protocol = settled.protocol
    return Group(
        arms=arms,
        visits=visits_of(protocol, arms),
        planned=planned_doses(protocol, arms),
        needs=needs(protocol, arms),
    )


def _read(frame: pd.DataFrame, column: Column) -> Numbers | None:
    """The numbers of a column; None where the table has none."""
    if column.name not in frame:
        return None
    found = column.read(frame[column.name])
    return found if found.given.any() else None


def _check_given(
    problems: Problems, groups: Groups, what: str, found: Numbers | None, missing: _Wrong | None, idle: _Wrong
) -> None:
    """Report the rows that lack what their dose hangs on, and those that have what it does not."""
    given = np.zeros(groups.count, bool) if found is None else found.given
    must = [number for number, group in groups.by_number.items() if what in group.needs.must]
    if must and missing and not given.all():
        problems.add(*missing, _among(~given, groups.flag(must)))
    useless = [number for number, group in groups.by_number.items() if what not in group.needs.may]
    if useless and given.any():
        problems.add(*idle, _among(given, groups.flag(useless)))


def _among(rows: Flags, members: Flags | None) -> Flags:
    return rows if members is None else rows & members


def _areas(settled: Settled, frame: pd.DataFrame, groups: Groups, problems: Problems) -> Areas:
    visits = [visit for base in settled.protocol.encounters.values() for visit, _ in occurrences(base)]
    read = {visit: _area(frame, f"area_cm2_{visit}", problems) for visit in visits}
    again = {visit: found for visit, found in read.items() if found is not None}
    once = _area(frame, "area_cm2", problems)
    _check_given(problems, groups, "area", once, None if again else _NO_AREA, _IDLE_AREA)
    if once is not None:
        _check_patches(once, problems)
    for visit, found in again.items():
        _check_given(problems, groups, "area", found, None, _IDLE_AREA)
        _check_patches(found, problems)
        _check_again(settled, groups, visit, found, problems)
    areas = Areas(once=once, again=again)
    for number, group in groups.by_number.items() if again else ():
        _check_measured(areas, groups, number, group, problems)
    return areas


def _check_again(settled: Settled, groups: Groups, visit: str, found: Numbers, problems: Problems) -> None:
    """Report the rows whose area may not be measured again at this visit."""
    for number, group in groups.by_number.items():
        rows = _among(found.given, groups.flag([number]))
        if rows.any() and "area" in group.needs.may:
            try:
                check_remeasured(settled, group.arms, [visit], [name for name, _ in group.visits])
            except Refusal as refusal:
                problems.take(refusal, rows)


def _check_measured(areas: Areas, groups: Groups, number: int, group: Group, problems: Problems) -> None:
    """Report the rows of a group that have no area by the visit of a dose which follows from one."""
    members = groups.flag([number])
    for visit in {plan.visit for plan in group.planned if isinstance(plan.rule.rule, PerSite | PerArea)}:
        area = areas.after(areas.measured_by(group, visit))
        missing = np.ones(groups.count, bool) if area is None else ~area.given
        problems.add(*_NO_AREA, _among(missing, members))


def _area(frame: pd.DataFrame, name: str, problems: Problems) -> Numbers | None:
    """A column of areas; None where the table has none."""
    return _read(frame, Column(name=name, most=MOST_CM2, separator=";", problems=problems))


def _check_patches(found: Numbers, problems: Problems) -> None:
    """Report the rows with a patch of nothing, or with more than a scalp has."""
    if not found.values.all():
        zero = found.values == 0
        problems.add(
            "DC311",
            msg("an area of 0 cm² is not an area"),
            msg("give each patch in cm², above zero; leave out what was not measured"),
            (zero if found.starts is None else np.logical_or.reduceat(zero, found.starts)) & found.given,
        )
    if found.starts is not None:
        problems.add(
            "DC312",
            msg("the patches together are more than a whole scalp has"),
            msg("check the numbers and their decimal points: at most {most} cm²", most=MOST_CM2),
            found.totals > int(MOST_CM2) * 10**found.scale,
        )


def _weight(frame: pd.DataFrame, groups: Groups, problems: Problems) -> Numbers | None:
    found = _read(frame, Column(name="weight_kg", most=MOST_KG, problems=problems))
    _check_given(problems, groups, "weight", found, _NO_WEIGHT, _IDLE_WEIGHT)
    if found is not None and not found.values.all():
        problems.add(
            "DC321",
            msg("a body weight of 0 kg cannot be"),
            msg("check the number and its decimal point"),
            (found.values == 0) & found.given,
        )
    return found


def _levels(
    settled: Settled, frame: pd.DataFrame, groups: Groups, problems: Problems
) -> tuple[Codes | None, dict[int, tuple[int, dict[str, ChosenLevel]]]]:
    """Choose each row's level; rows of one group and one level take the same choice."""
    written: list[str | None] = [None]
    choice: Codes | None = groups.of
    codes, values = different(frame["level"]) if "level" in frame else (None, ())
    if codes is not None and len(values):
        written += [_written(value) for value in values]
        level_of = np.append([n if written[n] else 0 for n in range(1, len(written))], 0)[codes]
        choice = level_of if groups.of is None else groups.of.astype(np.int64) * len(written) + level_of
    levels: dict[int, tuple[int, dict[str, ChosenLevel]]] = {}
    only = min(groups.by_number, default=0)
    taken = [only] if choice is None else list(groups.by_number)
    if choice is not None and len(written) > 1:
        taken = np.flatnonzero(np.bincount(choice)).tolist()
    for number in taken if groups.by_number else ():
        group = only if groups.of is None else number // len(written)
        text = None if choice is None else written[number % len(written)]
        try:
            levels[number] = (group, _chosen(settled, groups.by_number[group], text))
        except Refusal as refusal:
            problems.take(refusal, np.ones(groups.count, bool) if choice is None else choice == number)
    return choice, levels


def _chosen(settled: Settled, group: Group, text: str | None) -> dict[str, ChosenLevel]:
    if text is None and "level" not in group.needs.must:
        return {}
    given = None if text is None else read_level(settled.protocol, group.arms, text)
    return {
        level.id: choose_level(settled, LevelRef(level=level.id), given)
        for level in levels_of(settled.protocol, group.arms)
    }


def _written(value: object) -> str | None:
    """A level as its text; doubles at 15 digits. None where the cell is empty."""
    if isinstance(value, str):
        return value if value.strip() else None
    number = as_decimal(value)
    return f"{value}" if number is None else f"{number:f}"
