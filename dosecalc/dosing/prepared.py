"""What a preparation gives: volumes, vials, syringes, and everything needed to redo them by hand (R13, R16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal
    from fractions import Fraction

    from dosecalc.dosing.result import Dose, DoseInput, Warned
    from dosecalc.protocol.site import SiteLook, SitePreparation, Syringe
    from dosecalc.protocol.stock import Lot
    from dosecalc.quantity import Quantity, Rounding
    from dosecalc.text import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparationInput:
    """What is known when a dose is prepared: the day of use, and the moment of preparing, which has an offset.

    `weight` (kg) is needed where the lot holds DMSO. `measured` is what the doses were calculated from; a placebo of a
    product with injection sites takes its number of sites from it, and the rounding cliff of several patches needs it.
    """

    on: dt.date
    at: dt.datetime
    weight: Quantity | None = None
    thawed_at: dt.datetime | None = None
    measured: DoseInput | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fill:
    """One syringe as it is handed out: the sites that it serves (None where no sites are counted) and what it expels.

    `sites` is the first and the last number of its sites, counted from 1; `drawn` is `expelled` and its dead space.
    """

    number: int
    sites: tuple[int, int] | None
    expelled: Quantity
    drawn: Quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """Where the amount that is really given lies, by the CV of the concentration and the tolerance of the syringes.

    `low` and `high` are whole amounts in the dose's unit, widened outward; `uncertainty_percent` is the relative
    standard uncertainty. The area is not in it: the measured area defines the dose (R9).
    """

    low: Quantity
    high: Quantity
    level_percent: str
    uncertainty_percent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundingCliff:
    """How far an area is from where its number of sites changes, and what each way of rounding would give (R5)."""

    distance_cm2: Decimal
    sites: tuple[tuple[Rounding, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """One dose as it is drawn up from one lot. Fields that have no meaning for a product are None.

    `final_volume` = `administered` + `overage` = `product_volume` + `diluent_volume`, all in mL. `dead_space` is the
    part of the overage that stays in the syringes. `delivered` is the amount that the rounded volumes hold, of which
    `deviation_percent` says how far it is from the dose. Tolerances are those of ISO 7886-1, in percent.
    """

    dose: Dose
    lot: Lot
    how: SitePreparation
    on: dt.date
    administered: Quantity
    dead_space: Quantity
    overage: Quantity
    product_volume: Quantity
    diluent_volume: Quantity
    final_volume: Quantity
    volume_per_site: Quantity | None = None
    vials: int
    measured_with: Syringe
    given_with: Syringe | None = None
    fills: tuple[Fill, ...] = ()
    delivered: Fraction | None = None
    deviation_percent: str | None = None
    interval: Interval | None = None
    product_tolerance_percent: str | None = None
    site_tolerance_percent: str | None = None
    rate: Quantity | None = None
    thawed_at: dt.datetime | None = None
    stop_by: dt.datetime | None = None
    dmso: Fraction | None = None
    """Grams per kg of body weight, of what is administered (R12)."""
    cliff: RoundingCliff | None = None
    look: SiteLook | None = None
    derivation: tuple[Message, ...] = ()
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispensed:
    """What is handed out at one visit until the next one: whole bottles, and what is left over then, in mL.

    `days` are those until the next visit as planned, `days_at_most` those until the latest day of its window; None
    where its window is not known. `needed` is for `days_at_most` where they are known; `left_over` is what is left on
    the planned day.
    """

    visit: str
    until: str | None
    days: int
    needed: Quantity
    bottles: int
    left_over: Quantity
    days_at_most: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispensing:
    """A product that the participant uses at home: what is handed out at each visit."""

    dose: Dose
    lot: Lot
    on: dt.date
    visits: tuple[Dispensed, ...]
    derivation: tuple[Message, ...] = ()
    warnings: tuple[Warned, ...] = ()
