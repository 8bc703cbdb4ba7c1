"""A worksheet against what the second person entered and what the second engine made of it (R6, R14)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from dosecalc.checking.entries import read_thawed_at
from dosecalc.checking.in_use import in_runs
from dosecalc.dosing.level import read_level
from dosecalc.errors import Refusal
from dosecalc.notation import is_number, parse_number
from dosecalc.quantity import Amount, Quantity, far_apart, plain, unit
from dosecalc.text import Words, msg
from dosecalc.units import UNITS
from dosecalc.visits.moments import site_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.checking.entries import Entries
    from dosecalc.checking.second import Again
    from dosecalc.checking.sheet import Made, Part, Sheet
    from dosecalc.protocol.settled import Settled
    from dosecalc.text import Message

Kind = Literal["entered", "computed"]

Shown = Amount | tuple[Amount, ...] | Words | dt.datetime | str
"""What one side has: an amount, the patches of an area, a product's label, a time (aware), a name or a count."""

IN_STOCK = "concentration_in_stock"
"""The name of the comparison between the concentration that was entered and the stock file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One thing that stands on both sides. `first` is the worksheet's, `second` the second person's; None: not there.

    `kind`: `entered` by people, or `computed` by the two engines. `product` says of which preparation it is. Where
    `against` is `stock`, `first` is what the stock file states.
    """

    name: str
    label: Message
    kind: Kind
    first: Shown | None
    second: Shown | None
    agree: bool
    tenfold: bool = False
    product: str | None = None
    against: Literal["worksheet", "stock"] = "worksheet"


def compare(settled: Settled, sheet: Sheet, entries: Entries, again: Sequence[Again]) -> tuple[Compared, ...]:
    """Return everything that was compared, in the order of a worksheet; agreement is computed, never ticked (R14).

    Raises:
        Refusal: DC661, the worksheet is not one.
    """
    return (*_entered(settled, sheet, entries), *_preparations(settled, sheet, again))


def _entered(settled: Settled, sheet: Sheet, entries: Entries) -> Iterator[Compared]:
    arm = sheet.head.text("arm")
    whole = tuple(settled.protocol.arms) if arm is None else (arm,)
    same = set(whole) == set(entries.arms)
    yield _said("arm", msg("arm"), "entered", ", ".join(whole), ", ".join(entries.arms), agree=same)
    first_areas = _decimals(sheet.values("area"))
    if entries.areas or first_areas:
        yield _areas(first_areas, entries.areas)
    weights = _decimals(sheet.values("weight"))
    area_a = next(iter(sheet.values("area_a")), None)
    if entries.area_a is not None or area_a is not None:
        agree = area_a == entries.area_a
        yield _said("area_a", msg("area A"), "entered", area_a, entries.area_a, agree=agree)
    if entries.weight is not None or weights:
        first = Quantity(weights[0], unit("kg")) if weights else None
        second = None if entries.weight is None else Quantity(entries.weight, unit("kg"))
        yield _quantities("weight", msg("body weight"), "entered", first, second)
    levels = sheet.values("level")
    if entries.level is not None and levels:
        yield _levels(settled, entries, levels[0])
    modes = sheet.values("rounding")
    if entries.rounding is not None or modes:
        mode, other = modes[0] if modes else None, entries.rounding
        yield _said("rounding", msg("rounding given by hand"), "entered", mode, other, agree=mode == other)
    thawed = _thawed(settled, sheet)
    if entries.thawed_at is not None or thawed is not None:
        yield _moments("thawed_at", msg("thawed at"), "entered", thawed, entries.thawed_at, settled)


def _thawed(settled: Settled, sheet: Sheet) -> dt.datetime | None:
    """The time of thawing as the first person typed it."""
    typed = next(iter(sheet.values("thawed_at")), None)
    try:
        return None if typed is None else read_thawed_at(typed, settled, sheet.on)
    except Refusal as refusal:
        raise sheet.head.wrong("inputs") from refusal


def _areas(first: Sequence[Decimal], second: Sequence[Decimal]) -> Compared:
    """The patches, each side's in the order in which they were entered; the order itself is no difference."""
    one, other = sorted(first), sorted(second)
    pairs = zip(one, other, strict=True) if len(one) == len(other) else [(sum(one), sum(other))]
    return Compared(
        name="area",
        label=msg("measured area"),
        kind="entered",
        first=patches(first),
        second=patches(second),
        agree=Counter(one) == Counter(other),
        tenfold=any(far_apart(Decimal(left), Decimal(right)) for left, right in pairs),
    )


def patches(values: Sequence[Decimal]) -> tuple[Amount, ...] | None:
    """Return the patches of an area, in cm², as they are shown; None where there is none."""
    return tuple(_amount(value, "cm²") for value in values) or None


def _levels(settled: Settled, entries: Entries, text: str) -> Compared:
    assert entries.level is not None
    second = read_level(settled.protocol, entries.arms, entries.level)
    try:
        first = read_level(settled.protocol, entries.arms, text)
    except Refusal:  # the second person's arm has no such level: the text itself is shown
        return Compared(
            name="level", label=msg("level"), kind="entered", first=text, second=Amount(second), agree=False
        )
    return _quantities("level", msg("level"), "entered", first, second)


def _preparations(settled: Settled, sheet: Sheet, again: Sequence[Again]) -> Iterator[Compared]:
    made = {(each.product, each.area): each for each in sheet.preparations}
    for second in again:
        label = settled.protocol.products[second.product].label
        first = made.pop((second.product, second.area), None)
        if first is None:
            yield _product(None, label, second.product)
        else:
            for compared in _one(settled, first, second):
                yield replace(compared, product=second.product)
    for product, _ in made:
        known = settled.protocol.products.get(product)
        yield _product(known.label if known else product, None, product)


def _product(first: Shown | None, second: Shown | None, product: str) -> Compared:
    return Compared(
        name="product",
        label=msg("product"),
        kind="computed",
        first=first,
        second=second,
        agree=False,
        product=product,
    )


def _one(settled: Settled, first: Made, second: Again) -> Iterator[Compared]:
    lot = first.stock.must("lot")
    yield _said("lot", msg("lot"), "entered", lot, second.lot, agree=lot == second.lot)
    stated = first.stock.part("concentration")
    concentration = _quantity(stated, "value") if stated else None
    if concentration is not None or second.concentration is not None:
        yield _quantities("concentration", msg("concentration"), "entered", concentration, second.concentration)
    if second.in_stock is not None:
        label = msg("concentration, against the stock file")
        stated_and_read = _quantities(IN_STOCK, label, "entered", second.in_stock, second.concentration)
        yield replace(stated_and_read, against="stock")
    total = _quantity(first.dose, "total")
    if total is not None or second.total is not None:
        yield _quantities("total", msg("dose"), "computed", total, second.total)
    if second.sites is not None or "sites" in first.dose.content:
        yield _counts("sites", msg("injection sites"), first.dose.number("sites"), second.sites)
    volumes = (
        ("administered_volume_ml", msg("administered volume"), second.administered),
        ("overage_ml", msg("overage"), second.overage),
        ("product_volume_ml", msg("volume of product"), second.product_volume),
        ("diluent_volume_ml", msg("volume of diluent"), second.diluent),
        ("final_volume_ml", msg("final volume"), second.final),
    )
    for name, label, value in volumes:
        there = first.volumes.number(name)
        if there is not None or value is not None:
            yield _volumes(name, label, there, value)
    for name, label, count in (
        ("vials", msg("number of vials"), second.vials),
        ("syringes", msg("syringes"), second.syringes),
    ):
        there = first.volumes.number(name)
        if there is not None or count is not None:
            yield _counts(name, label, there, count)
    yield from _in_use(settled, first, second)
    yield from _handed_out(first, second)


def _in_use(settled: Settled, first: Made, second: Again) -> Iterator[Compared]:
    fills = [fill.number("sites") for fill in first.volumes.parts("fills")]
    there = in_runs([int(count) for count in fills if count is not None]) or None
    here = in_runs(second.sites_of_syringes) or None
    if there is not None or here is not None:
        agree = there == here
        yield _said("sites_of_syringes", msg("sites in each syringe"), "computed", there, here, agree=agree)
    for name, label, symbol, value in (
        ("rate_ml_per_h", msg("infusion rate"), "mL/h", second.rate),
        ("dmso_g_per_kg", msg("DMSO per kg of body weight"), "g/kg", second.dmso),
    ):
        number = first.volumes.number(name)
        if number is not None or value is not None:
            amount = None if number is None else Quantity(number, unit(symbol))
            yield _quantities(name, label, "computed", amount, value)
    stop = first.volumes.moment("stop_by")
    if stop is not None or second.stop_by is not None:
        yield _moments("stop_by", msg("to be finished by"), "computed", stop, second.stop_by, settled)


def _handed_out(first: Made, second: Again) -> Iterator[Compared]:
    there = {entry.must("encounter"): entry for entry in first.handed_out}
    here = {entry.visit: entry for entry in second.handed_out}
    for visit in dict.fromkeys([*here, *there]):
        one, other = there.get(visit), here.get(visit)
        days, bottles = msg("days from {visit}", visit=visit), msg("bottles at {visit}", visit=visit)
        yield _counts("days", days, one.number("days") if one else None, other.days if other else None)
        at_most = (one.number("days_at_most") if one else None, other.days_at_most if other else None)
        if at_most != (None, None):
            yield _counts("days_at_most", msg("days from {visit}, at most", visit=visit), *at_most)
        for name, label, value in (
            ("needed_ml", msg("needed from {visit}", visit=visit), other.needed if other else None),
            ("left_over_ml", msg("left over from {visit}", visit=visit), other.left_over if other else None),
        ):
            yield _volumes(name, label, one.number(name) if one else None, value)
        yield _counts("bottles", bottles, one.number("bottles") if one else None, other.bottles if other else None)


def _volumes(name: str, label: Message, first: Decimal | None, second: Decimal | None) -> Compared:
    volume = unit("mL")
    return _quantities(
        name,
        label,
        "computed",
        None if first is None else Quantity(first, volume),
        None if second is None else Quantity(second, volume),
    )


def _quantity(part: Part, key: str) -> Quantity | None:
    value, symbol = part.number(key), part.text("unit")
    return None if value is None or symbol not in UNITS else Quantity(value, UNITS[symbol])


def _quantities(name: str, label: Message, kind: Kind, first: Quantity | None, second: Quantity | None) -> Compared:
    """Two amounts; they agree where value and unit do."""
    return Compared(
        name=name,
        label=label,
        kind=kind,
        first=None if first is None else Amount(first),
        second=None if second is None else Amount(second),
        agree=first == second,
        tenfold=first is not None and second is not None and far_apart(first.value, second.value),
    )


def _moments(
    name: str, label: Message, kind: Kind, first: dt.datetime | None, second: dt.datetime | None, settled: Settled
) -> Compared:
    """Two times, both in the site's zone; they agree where they are the same instant."""
    one, other = _at_site(settled, first), _at_site(settled, second)
    return Compared(name=name, label=label, kind=kind, first=one, second=other, agree=one == other)


def _at_site(settled: Settled, moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.astimezone(site_zone(settled.timezone))


def _said(name: str, label: Message, kind: Kind, first: str | None, second: str | None, *, agree: bool) -> Compared:
    return Compared(name=name, label=label, kind=kind, first=first, second=second, agree=agree)


def _counts(name: str, label: Message, first: Decimal | None, second: int | None) -> Compared:
    mine = None if second is None else Decimal(second)
    return Compared(
        name=name,
        label=label,
        kind="computed",
        first=None if first is None else plain(first),
        second=None if mine is None else plain(mine),
        agree=first == mine,
        tenfold=first is not None and mine is not None and far_apart(first, mine),
    )


def _amount(value: Decimal, symbol: str) -> Amount:
    return Amount(Quantity(value, unit(symbol)))


def _decimals(texts: Sequence[str]) -> tuple[Decimal, ...]:
    """The numbers of the worksheet's inputs, which passed the firewall when they were typed; others are left out."""
    return tuple(parse_number(text) for text in texts if is_number(text))
