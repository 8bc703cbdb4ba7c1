"""What the second person is asked, and what they entered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.dosing.area import check_areas, split_patches
from dosecalc.dosing.level import levels_of, read_level
from dosecalc.dosing.planned import needs, planned_doses
from dosecalc.dosing.weight import check_weight
from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import Answer, TopicalDaily, VolumeMatched
from dosecalc.quantity import Quantity, parse_number, parse_quantity, unit
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from dosecalc.dosing.planned import PlannedDose
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Lot, Stock
    from dosecalc.quantity import Rounding


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """The lot of one product, and its concentration as the second person read it; a placebo has none."""

    product: str
    lot: Lot
    concentration: Quantity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entries:
    """Everything that the second person entered: patches in cm², weight in kg, the level as it was typed.

    `area_a` is the area that is A for this participant; `thawed_at` is aware, in the site's zone.
    """

    arms: tuple[str, ...]
    areas: tuple[Decimal, ...] = ()
    weight: Decimal | None = None
    level: str | None = None
    rounding: Rounding | None = None
    taken: tuple[Taken, ...] = ()
    area_a: str | None = None
    thawed_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the doses of some arms at one visit hang on, so that the second person is asked for it."""

    visit: str
    plans: tuple[PlannedDose, ...]
    area: bool
    weight: bool
    level: bool

    @property
    def products(self) -> tuple[str, ...]:
        """The products that are prepared, one lot each."""
        return tuple(dict.fromkeys(plan.rule.product for plan in self.plans))


def what_to_ask(settled: Settled, arms: Sequence[str], visit: str) -> Asked:
    """Return what must be asked for the doses of these arms at this visit.

    A level that the site file has decided is not asked for. What is used at home belongs to every visit at which more
    of it may be handed out.

    Raises:
        Refusal: DC667, nothing is prepared there for these arms.
    """
    every = planned_doses(settled.protocol, arms)
    plans = tuple(plan for plan in every if plan.visit == visit)
    if not plans:
        plans = tuple(plan for plan in every if isinstance(plan.rule.rule, TopicalDaily))
    if not plans:
        raise refuse(
            "DC667",
            msg("nothing is prepared at {visit} for {arms}", visit=visit, arms=", ".join(arms)),
            msg("check the arm that you entered against the allocation"),
        )
    must = needs(settled.protocol, arms).must
    twin = any(isinstance(plan.rule.rule, VolumeMatched) and _by_site(settled, plan) for plan in plans)
    open_levels = any(
        len({one.amount for one in settled.decided_levels(level.id)}) != 1
        for level in levels_of(settled.protocol, tuple(arms))
    )
    return Asked(
        visit=visit,
        plans=plans,
        area="area" in must or twin,
        weight="weight" in must,
        level="level" in must and open_levels,
    )


def volume_of(settled: Settled, plan: PlannedDose) -> Quantity | None:
    """Return the volume that the protocol or the site file prescribes, per site or in all; None where neither does.

    Raises:
        Refusal: DC301, the site file does not answer it.
    """
    volume = plan.rule.volume
    return parse_quantity(settled.require(volume).answer) if isinstance(volume, Answer) else volume


def _by_site(settled: Settled, plan: PlannedDose) -> bool:
    volume = volume_of(settled, plan)
    return volume is not None and volume.unit == unit("mL/site")


def read_patches(text: str) -> tuple[Decimal, ...]:
    """Return the patches that were entered, in cm², separated by `;`.

    Raises:
        Refusal: DC201, a part is no number; DC311, DC312, it is no area.
    """
    patches = split_patches(text)
    check_areas(patches)
    return patches


def read_level_text(text: str, settled: Settled, arms: tuple[str, ...]) -> str:
    """Return a level as it was typed, if it is one of these arms'.

    Raises:
        Refusal: what `dosing.level.read_level` refuses.
    """
    read_level(settled.protocol, arms, text)
    return text


def read_area_a(text: str, settled: Settled) -> str:
    """Return which area is A for the participant: the id of one of the protocol's areas.

    Raises:
        Refusal: DC649, it is none of them.
    """
    areas = settled.protocol.areas
    if text not in areas:
        raise refuse(
            "DC649",
            msg("'{area}' is not an area of this protocol", area=text),
            msg("its areas are: {areas}", areas=", ".join(areas))
            if areas
            else msg("leave --area-a out: this protocol tells no areas apart"),
        )
    return text


def read_thawed_at(text: str, settled: Settled, on: dt.date) -> dt.datetime:
    """Return the time of thawing, in the site's zone; `on` is the day of the visit, which a message shows.

    Raises:
        Refusal: DC679, it has no time of day; what `visits.moments.parse_moment` refuses.
    """
    from dosecalc.visits.moments import parse_moment, site_zone

    moment = parse_moment(text, settled.timezone)
    if not isinstance(moment, dt.datetime):
        raise refuse(
            "DC679",
            msg("the time of thawing has no time of day"),
            msg("write it as {day}THH:MM", day=on.isoformat()),
        )
    return moment.astimezone(site_zone(settled.timezone))


def read_weight(text: str) -> Decimal:
    """Return the body weight that was entered, in kg.

    Raises:
        Refusal: DC201, it is no number; DC321, it is no body weight.
    """
    weight = parse_number(text)
    check_weight(Quantity(weight, unit("kg")))
    return weight


def find_lot(stock: Stock, settled: Settled, products: Sequence[str], name: str) -> Lot:
    """Return the lot that was entered. The refusal names no other lot: what is asked for blindly is not told.

    Raises:
        Refusal: DC666, there is no such lot, or it is none of these products.
    """
    lot = stock.lots.get(name)
    mend = msg("read the lot number again from the vial")
    if lot is None:
        raise refuse("DC666", msg("the stock file has no lot '{lot}'", lot=name), mend)
    if lot.protocol != settled.protocol.id or lot.product not in products:
        raise refuse("DC666", msg("lot '{lot}' is not of a product that is prepared here", lot=name), mend)
    return lot


def read_concentration(text: str, lot: Lot) -> Quantity:
    """Return the concentration that was entered; a number alone is in the unit of the lot.

    Raises:
        Refusal: DC201, DC203, it is no amount; DC668, it is not in the lot's unit, or zero.
    """
    stated = lot.concentration
    assert stated is not None, "only lots with a concentration are asked for it"
    names_unit = any(character.isalpha() and character not in "eExX" for character in text)
    entered = parse_quantity(text) if names_unit else Quantity(parse_number(text), stated.unit)
    if entered.unit != stated.unit or not entered.value:
        raise refuse(
            "DC668",
            msg("a concentration of this lot is an amount above zero in {unit}", unit=stated.unit),
            msg("read it again from the certificate, with its unit"),
        )
    return entered
