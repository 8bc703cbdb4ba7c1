"""The stock file: the lots that lie in the pharmacy, as their certificates and labels describe them.

Key by key the YAML; `protocol.binding` reads it, `protocol.stock_checks` finds what no type can hold. All volumes are
mL, all concentrations an amount per mL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dosecalc.errors import Where
from dosecalc.protocol.dose_rule import NOWHERE, Id
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.quantity import Quantity
from dosecalc.text import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """The lot's certificate of analysis: the second place that states the concentration, to compare with (R6)."""

    document: str
    date: dt.date
    concentration: Quantity
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lot:
    """One lot of a product (of a placebo, of a comparator) in stock.

    `arms` are those that this strength was made for; left out, the lot serves every arm. `concentration` is the lot's
    strength per mL; a placebo has none. `cv` is its coefficient of variation, and `concentration_at_least`,
    `concentration_at_most` are its release limits. `viability` is that after thawing, with the threshold
    `viability_at_least` (R10). A `nominal_volume` stands on the label of a vial (or bottle), `extractable_volume` can
    be drawn from it. `expiry` is the last day of use; a lot that expires today can be used only where `expiry_time`
    says until when. `thaw_limit` runs from thawing (R11). `dmso` is % v/v (R12).
    """

    id: Id
    protocol: Id
    product: Id
    arms: tuple[Id, ...] | None = None
    concentration: Quantity | None = None
    cv: Quantity | None = None
    concentration_at_least: Quantity | None = None
    concentration_at_most: Quantity | None = None
    certificate: Certificate | None = None
    viability: Quantity | None = None
    viability_at_least: Quantity | None = None
    nominal_volume: Quantity
    extractable_volume: Quantity
    vials: int
    expiry: dt.date
    expiry_time: str | None = None
    thaw_limit: ClockOffset | None = None
    dmso: Quantity | None = None
    storage: Words
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """The lots of one pharmacy. A file that is marked as an example prepares nothing but drafts."""

    dosecalc_stock: Literal["1"]
    example: bool
    lots: Mapping[Id, Lot]
    sha256: str = field(default="", compare=False)
    where: Where = field(default=NOWHERE, compare=False)
