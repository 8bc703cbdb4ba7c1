"""What a dose calculation gives: the amounts and everything needed to redo them by hand (R16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    from dosecalc.dosing.area import Measured
    from dosecalc.quantity import Quantity, Rounding
    from dosecalc.text import Message, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Remeasured:
    """The patches of hair loss (cm²) as measured again at a visit; how, by whom and when, where that is known (R9)."""

    visit: str
    """Id of the visit: of one occurrence, where the encounter repeats."""
    areas: tuple[Decimal, ...]
    measured: Measured | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OnRecord:
    """What another visit brought: each product with its amount; none where nothing was given.

    What is on record of a visit counts towards a cap over all doses instead of what was planned there (R7).
    """

    visit: str
    amounts: tuple[tuple[str, Quantity], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DoseInput:
    """What is known of one participant when the dose is calculated.

    `areas` are the patches of hair loss in cm², for all visits, and `measured` says how they were measured. A visit in
    `remeasured` has an area of its own from then on: a dose follows from that of its visit, else from that of the
    latest earlier visit which has one, in the order of the visits, else from `areas`. `level` is a dose level given by
    hand (makes a draft), `rounding` a rounding mode given by hand (makes a draft; sums the patches first).
    """

    areas: tuple[Decimal, ...] = ()
    weight: Quantity | None = None
    level: Quantity | None = None
    rounding: Rounding | None = None
    measured: Measured | None = None
    remeasured: tuple[Remeasured, ...] = ()
    on_record: tuple[OnRecord, ...] = ()


RoundedAs = Literal["up", "down", "half_up", "one_site"]
"""How an amount became whole; `one_site`: nothing was rounded, only less than one site counted as one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rounded:
    """A rounding that was made: the mode, the exact value, and the signed deviation in percent, two decimals (R5)."""

    mode: RoundedAs
    exact: Fraction
    deviation_percent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Warned:
    """Something to look at that does not stop the calculation."""

    code: str
    text: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Dose:
    """One product at one visit. Fields that have no meaning for a dose are None."""

    encounter: str
    product: str
    product_label: Words
    """What the protocol calls the product, with its strength where it has one."""
    role: Literal["active", "placebo", "comparator"]
    route: Words
    strength: str | None = None
    area: str | None = None
    """Which area of the participant, where each participant has several (study, control)."""
    area_label: Words | None = None
    area_cm2: Decimal | None = None
    sites: int | None = None
    rounding: Rounded | None = None
    level: Quantity | None = None
    """The amount per site, per cm², per kg or per day that the total follows from."""
    total: Quantity | None = None
    days: int | None = None
    same_volume_as: Words | None = None
    """The label of the product whose volume a placebo has."""
    derivation: tuple[Message, ...] = ()
    measured: Measured | None = None
    """How, by whom and when the area was measured that the dose follows from, where that is known (R9)."""
    measured_at: str | None = None
    """The visit at which that area was measured again; None where it is the one that was given for all visits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cumulative:
    """The sum of the planned doses of an arm at the areas given."""

    total: Quantity
    note: Message | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Doses:
    """All doses asked for, in the order of the arm's encounters, and what the result rests on.

    `unconfirmed` are those of `assumptions` that bear on the dose and that nobody has confirmed. `draft` holds the
    reasons why the result may not be administered; an empty tuple means released (R8).
    """

    arms: tuple[str, ...]
    doses: tuple[Dose, ...]
    cumulative: Cumulative | None
    assumptions: tuple[str, ...]
    draft: tuple[Message, ...]
    warnings: tuple[Warned, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    on_record: tuple[OnRecord, ...] = ()
    """What other visits brought, which counts instead of their planned doses (R7)."""
