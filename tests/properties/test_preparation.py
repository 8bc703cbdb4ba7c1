"""What holds for every preparation, whatever the dose, the lot and the syringes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from dosecalc.dosing.result import DoseInput
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Answer
from dosecalc.quantity import Quantity, percent, unit
from dosing.building import per_area, placebo_of, protocol, q, rule
from dosing.preparing import SITE_ANSWERS, SITES, how, lot, made, pharmacy

if TYPE_CHECKING:
    from dosecalc.dosing.prepared import Preparation
    from dosecalc.protocol.stock import Lot

AREA = protocol(
    {
        "A": [rule("V1", per_area=per_area("1e8 particles/cm²"), volume=Answer(answer="VOLUME"))],
        "S": [rule("V1", "saline", "placebo", volume_matched=placebo_of("sEV"), volume=Answer(answer="VOLUME"))],
    }
)
FEW = unit("particles/mL")
areas = st.decimals("1", "300", places=1)
strengths = st.integers(1_000, 9_999).flatmap(lambda m: st.integers(5, 9).map(lambda e: Decimal(m) * 10**e))
overages = st.sampled_from(["0 mL", "0.15 mL", "1 mL", "5 %", "12.5 %"])
syringes = st.sampled_from(["1mL", "2mL", "10mL"])
microlitres = st.integers(20, 900)


def sites_of(area: Decimal, strength: Decimal, volume: int, **changes: Any) -> Preparation:
    here = pharmacy(SITES, how(**changes), VOLUME=f"{Decimal(volume) / 1000} mL/site", **SITE_ANSWERS)
    return made(here, "A", DoseInput(areas=(area,)), of_strength(strength))


def of_strength(strength: Decimal) -> Lot:
    return replace(lot(vials=10**9, cv="12 %"), concentration=Quantity(strength, FEW))


def or_none(call: Any, *args: Any, **kwargs: Any) -> Preparation | None:
    try:
        return call(*args, **kwargs)  # type: ignore[no-any-return]
    except Refusal:
        return None


@given(areas, strengths, microlitres, overages, syringes, st.none() | st.integers(1, 30))
def test_the_volumes_add_up(
    area: Decimal, strength: Decimal, volume: int, overage: str, measured: str, most: int | None
) -> None:
    got = or_none(sites_of, area, strength, volume, overage=q(overage), measured_with=measured, sites_per_syringe=most)
    assume(got is not None)
    assert got is not None
    assert got.product_volume + got.diluent_volume == got.final_volume == got.administered + got.overage
    assert got.overage.value >= got.dead_space.value
    # fills: what is expelled is what is administered, every site once, nothing above the syringe
    assert sum(fill.expelled.value for fill in got.fills) == got.administered.value
    served = [site for fill in got.fills if fill.sites for site in range(fill.sites[0], fill.sites[1] + 1)]
    assert served == list(range(1, (got.dose.sites or 0) + 1))
    counts = [fill.sites[1] - fill.sites[0] + 1 for fill in got.fills if fill.sites]
    assert max(counts) - min(counts) <= 1
    assert max(counts) <= (most or 10**9)
    assert all(fill.drawn.value <= Decimal(1) for fill in got.fills)
    # one syringe fewer would not do
    assert got.volume_per_site is not None
    room = min(int(Decimal("0.95") / got.volume_per_site.value), most or 10**9)
    assert (len(got.fills) - 1) * room < (got.dose.sites or 0) <= len(got.fills) * room
    # vials: fewest
    assert got.vials - 1 < got.product_volume.value <= got.vials
    # delivered = product × strength × administered ÷ final
    share = Fraction(got.administered.value) / Fraction(got.final_volume.value)
    assert got.delivered == Fraction(got.product_volume.value) * Fraction(strength) * share
    assert got.dose.total is not None
    assert got.deviation_percent == percent(got.delivered, got.dose.total.value)
    assert got.interval is not None
    assert got.interval.low.value <= got.delivered <= got.interval.high.value
    # the product is on a line of its syringe, at most half a graduation from what is exact
    exact = Fraction(got.dose.total.value) / share / Fraction(strength)
    graduation = Fraction(got.measured_with.graduation.value)
    if got.diluent_volume.value:
        assert not Fraction(got.product_volume.value) % graduation
        assert abs(Fraction(got.product_volume.value) - exact) <= graduation / 2


@given(areas, areas, strengths, microlitres)
def test_more_sites_never_need_less_product(one: Decimal, other: Decimal, strength: Decimal, volume: int) -> None:
    less, more = (or_none(sites_of, area, strength, volume, overage=q("0 mL")) for area in sorted((one, other)))
    assume(less is not None and more is not None)
    assert less is not None
    assert more is not None
    assert less.product_volume <= more.product_volume
    assert less.vials <= more.vials
    assert len(less.fills) <= len(more.fills)


@given(areas, strengths, strengths, microlitres)
def test_a_stronger_lot_never_needs_more_product(area: Decimal, one: Decimal, other: Decimal, volume: int) -> None:
    weak, strong = (or_none(sites_of, area, strength, volume) for strength in sorted((one, other)))
    assume(weak is not None and strong is not None)
    assert weak is not None
    assert strong is not None
    assert strong.product_volume <= weak.product_volume
    assert strong.final_volume == weak.final_volume


@given(areas, strengths, st.integers(5, 400), overages, syringes)
def test_a_placebo_shows_nothing_else_than_its_product(
    area: Decimal, strength: Decimal, tenths: int, overage: str, given_with: str
) -> None:
    both: dict[str, Any] = {"given_with": given_with, "overage": q(overage)}
    here = pharmacy(
        AREA, how(**both), how("saline", **both, placebo="whole"), VOLUME=f"{Decimal(tenths) / 10} mL", ROUNDING="up"
    )
    active = or_none(made, here, "A", DoseInput(areas=(area,)), of_strength(strength))
    saline = or_none(made, here, "S", DoseInput(areas=(area,)), lot("S1", "saline", None, vials=10**9))
    assume(active is not None and saline is not None)
    assert active is not None
    assert saline is not None
    for field in ("administered", "dead_space", "overage", "final_volume", "fills", "given_with", "volume_per_site"):
        assert getattr(active, field) == getattr(saline, field)
    assert len(active.derivation) == len(saline.derivation)
