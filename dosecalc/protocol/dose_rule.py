"""The dose rules of the protocol language: what an amount hangs on.

Every place that needs a number or a decision holds the value itself, with the `source` of the record around it, or an
`Answer`, which names the assumption that the site file settles. A `LevelRef` names a dose level that is chosen within
limits the protocol states.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from dosecalc.errors import Where
from dosecalc.quantity import Quantity, Rounding
from dosecalc.text import Words

Id = Annotated[str, "id"]
"""A name within a protocol: letters, digits, dot, hyphen; starts with a letter or a digit."""

NOWHERE = Where("")

BelowOneSite = Literal["one_site", "error"]
Patches = Literal["summed", "each"]
AreaMeasured = Literal["once", "each_visit"]
CellCount = Literal["total", "viable"]
Covers = Literal["each_dose", "all_doses"]
AboveCap = Literal["refuse", "cap"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where in which document a number stands."""

    document: Id
    section: str
    words: str | None = None
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The number or decision is the answer to an assumption of the protocol, named by its code."""

    answer: Id
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelRef:
    """The amount is a dose level that is chosen for a trial or a participant."""

    level: Id
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PerSite:
    """An amount per injection site, one site for each part of the area (R5)."""

    amount: Quantity | LevelRef
    sites: Quantity
    rounding: Rounding | Answer
    below_one_site: BelowOneSite | Answer
    patches: Patches | Answer
    area_measured: AreaMeasured | Answer
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PerArea:
    """An amount per cm². `covers`: the density is that of each dose, or of all doses of the arm together."""

    amount: Quantity | LevelRef
    covers: Covers | Answer
    rounding: Rounding | Answer
    area_measured: AreaMeasured | Answer
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fixed:
    """The same amount for everyone. `counts` says of a cell dose whether total or viable cells are meant (R10)."""

    amount: Quantity | LevelRef
    counts: CellCount | Answer | None = None
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PerWeight:
    """An amount per kg of body weight."""

    amount: Quantity | LevelRef
    rounding: Rounding | Answer
    counts: CellCount | Answer | None = None
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicalDaily:
    """A volume that the participant applies each day at home, for a number of days from the dispensing visit."""

    amount: Quantity
    days: Quantity
    times_a_day: int | Answer
    instruction: Words
    """What the participant's calendar says each day, in neutral words (R17)."""
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class VolumeMatched:
    """A placebo with the volume of the product that it stands for."""

    product: Id
    where: Where = field(default=NOWHERE, compare=False)


Rule = PerSite | PerArea | Fixed | PerWeight | TopicalDaily | VolumeMatched


@dataclass(frozen=True, kw_only=True, slots=True)
class Cap:
    """The largest amount allowed per site, per dose, or over all doses, and what is done above it (R7)."""

    holds: Literal["per_site", "per_dose", "cumulative"]
    at_most: Quantity
    above: AboveCap
    source: Source
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class DoseRule:
    """What one arm receives at the named encounters. Exactly one of the rule keys is given."""

    at: tuple[Id, ...]
    product: Id
    role: Literal["active", "placebo", "comparator"]
    route: Words
    resources: tuple[str, ...] = ()
    area: Id | None = None
    volume: Quantity | Answer | None = None
    per_site: PerSite | None = None
    per_area: PerArea | None = None
    fixed: Fixed | None = None
    per_weight: PerWeight | None = None
    topical_daily: TopicalDaily | None = None
    volume_matched: VolumeMatched | None = None
    caps: tuple[Cap, ...] = ()
    source: Source
    where: Where = field(default=NOWHERE, compare=False)

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules that are given, by their keys; a checked protocol has exactly one."""
        given: dict[str, Rule | None] = {
            "per_site": self.per_site,
            "per_area": self.per_area,
            "fixed": self.fixed,
            "per_weight": self.per_weight,
            "topical_daily": self.topical_daily,
            "volume_matched": self.volume_matched,
        }
        return {key: rule for key, rule in given.items() if rule is not None}

    @property
    def rule(self) -> Rule:
        """The one rule of a checked protocol's dose."""
        (rule,) = self.rules.values()
        return rule
