"""The two engines that prepare doses give the same volumes, vials and syringes, row by row (R14)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import event, given
from hypothesis import strategies as st

from dosecalc.checking.entries import Entries, Taken, what_to_ask
from dosecalc.checking.second import Again, prepare_again, volume_row
from dosecalc.dosing.cohort_preparation import cohort_volumes
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.limits import small
from dosecalc.dosing.planned import planned_doses
from dosecalc.dosing.preparation import prepare
from dosecalc.dosing.prepared import Preparation, PreparationInput
from dosecalc.dosing.result import DoseInput
from dosecalc.errors import Refusal
from dosecalc.protocol.offsets import ClockOffset, parse_offset
from dosecalc.protocol.site import SitePreparation, Syringe
from dosecalc.protocol.stock import Lot
from dosecalc.quantity import Quantity, unit
from dosecalc.text import Words
from dosing.building import CONFIRMED, fixed, per_area, per_site, per_weight, placebo_of, protocol, q, rule, settled

if TYPE_CHECKING:
    from dosecalc.protocol.settled import Settled

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
HOUR: ClockOffset = parse_offset("PT1H")  # type: ignore[assignment]
MILLILITRES = st.decimals("0.05", "0.5", places=2) | st.decimals("0.05", "0.5", places=3)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One trial, one participant, one lot."""

    settled: Settled
    arm: str
    area: Decimal | None
    weight: Decimal | None
    lot: Lot
    of_dose: bool = True
    """Whether the dose hangs on the weight, and not DMSO alone."""
    thawed_at: dt.datetime | None = None


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kinds = ["sites", "sites", "sites alone", "area", "weight", "fixed", "alone", "like sites", "like area"]
    kind = draw(st.sampled_from(kinds))
    viable = draw(st.booleans())
    part = draw(st.booleans())
    per = draw(MILLILITRES)
    volume = None if "alone" in kind else q(f"{per} mL/site") if "sites" in kind else q(f"{per * 100} mL")
    rules = {
        "sites": rule("V1", per_site=per_site("1e8 particles/site", rounding="up", below_one_site="one_site")),
        "area": rule("V1", per_area=per_area("7.3e7 particles/cm²", rounding="half_up")),
        "weight": rule("V1", "MSC", per_weight=per_weight("1.1e6 cells/kg", rounding="half_up")),
        "fixed": rule("V1", "MSC", fixed=fixed("2e8 cells", counts="viable" if viable else "total")),
        "sites alone": rule("V1", per_site=per_site("3e8 particles/site", rounding="up", below_one_site="one_site")),
        "alone": rule("V1", per_area=per_area("1e8 particles/cm²", rounding="up")),
    }
    imitated = kind.removeprefix("like ")
    arms = {"given": [replace(rules[imitated], volume=volume)]}
    if imitated != kind:
        arms["like"] = [rule("V1", "medium", "placebo", volume_matched=placebo_of("sEV"), volume=volume)]
    of = settled(protocol(arms), PATCHES="summed", MEASURED="once")
    arm = "given" if imitated == kind else "like"
    product = arms[arm][0].product
    unit_of = {"weight": "cells/mL", "fixed": "viable cells/mL" if part else "cells/mL"}
    mantissa = draw(st.integers(1_00, 9_99))
    power = draw(st.integers(7, 8) if "MSC" in product else st.integers(8, 10))
    stated = Quantity(Decimal(mantissa) * 10 ** (power - 2), unit(unit_of.get(kind, "particles/mL")))
    lot = Lot(
        id="L1",
        protocol="T1",
        product=product,
        concentration=None if product == "medium" else stated,
        viability=q(f"{draw(st.integers(700, 1000)) / Decimal(10)} %") if kind == "fixed" else None,
        viability_at_least=q("70 %") if kind == "fixed" else None,
        nominal_volume=q(f"{draw(st.sampled_from(['0.5', '1', '5', '10']))} mL"),
        extractable_volume=q("0.45 mL"),
        vials=100_000,
        expiry=dt.date(2027, 12, 31),
        thaw_limit=draw(st.sampled_from([HOUR, parse_offset("PT3H")])),  # type: ignore[arg-type]
        dmso=draw(st.sampled_from([None, q("10 %"), q("7.5 %")])),
        storage=Words("cold", "冷"),
    )
    weighed = kind == "weight" or lot.dmso is not None
    return Case(
        settled=_prepared(of, draw, product, part, sites="sites" in kind),
        arm=arm,
        area=None if kind in ("weight", "fixed", "like area") else draw(st.decimals("0.5", "300", places=1)),
        weight=draw(st.decimals("40", "99", places=1)) if weighed else None,
        lot=lot,
        of_dose=kind == "weight",
        thawed_at=draw(st.none() | st.just(NOW - dt.timedelta(minutes=25))),
    )


def _prepared(of: Settled, draw: st.DrawFn, product: str, part: bool, sites: bool) -> Settled:
    """The site's syringes and how it prepares the products; `sites`: given at sites."""
    size, graduation = draw(st.sampled_from([("1", "0.01"), ("2", "0.1"), ("5", "0.2"), ("20", "1"), ("1", "0.02")]))
    nominal = draw(st.sampled_from(["1", "2"] if sites else ["5", "20", "50"]))
    dead = draw(st.sampled_from(["0", "0.03", "0.035", "0.1"]))
    marks = draw(st.sampled_from(["0.01", "0.02", "0.1"]))
    syringes = {
        "measure": Syringe(
            id="measure", nominal=q(f"{size} mL"), graduation=q(f"{graduation} mL"), dead_space=q("0.1 mL")
        ),
        "give": Syringe(id="give", nominal=q(f"{nominal} mL"), graduation=q(f"{marks} mL"), dead_space=q(f"{dead} mL")),
    }
    injected = sites or draw(st.booleans())
    overage = draw(st.sampled_from(["0 mL", "0.3 mL", "2.5 mL", "0 %", "5 %", "12.5 %", "33.3 %"]))
    how = SitePreparation(
        id=product,
        dosage_form=Words("injection", "注射液"),
        vials_by=draw(st.sampled_from(["nominal", "extractable"])),
        measured_with="measure",
        given_with="give" if injected else None,
        sites_per_syringe=draw(st.none() | st.integers(1, 30)) if injected else None,
        overage=q(overage),
        diluent=Words("saline", "盐水"),
        infused_in=None if injected else HOUR,
        placebo=("part" if part else "whole") if product == "medium" else None,
        placebo_volume=q(f"{draw(st.decimals('1', '20', places=2))} mL") if product == "medium" and part else None,
        confirmed=CONFIRMED,
    )
    site, here = of.site, of.here
    assert site is not None
    assert here is not None
    twin = replace(how, id="sEV", placebo=None, placebo_volume=None)
    preparation = {"sEV": twin, product: how}
    return replace(of, site=replace(site, syringes=syringes, protocols={"T1": replace(here, preparation=preparation)}))


def first_engine(case: Case) -> Preparation | Refusal:
    weight = None if case.weight is None else Quantity(case.weight, unit("kg"))
    areas = () if case.area is None else (case.area,)
    measured = DoseInput(areas=areas, weight=weight if case.of_dose else None)
    try:
        doses = calculate(case.settled, (case.arm,), measured, ("V1",))
        when = PreparationInput(on=NOW.date(), at=NOW, measured=measured, weight=weight, thawed_at=case.thawed_at)
        return prepare(case.settled, (case.arm,), doses.doses[0], case.lot, when, doses)
    except Refusal as refusal:
        return refusal


def entries(case: Case) -> Entries:
    taken = Taken(product=case.lot.product, lot=case.lot, concentration=case.lot.concentration)
    return Entries(
        arms=(case.arm,),
        areas=() if case.area is None else (case.area,),
        weight=case.weight,
        taken=(taken,),
        thawed_at=case.thawed_at,
    )


def second_engine(case: Case) -> Again | Refusal:
    try:
        (again,) = prepare_again(case.settled, what_to_ask(case.settled, (case.arm,), "V1"), entries(case), NOW.date())
    except Refusal as refusal:
        return refusal
    return again


def as_again(made: Preparation) -> Again:
    return Again(
        product=made.dose.product,
        area=None,
        lot=made.lot.id,
        concentration=made.lot.concentration,
        in_stock=made.lot.concentration,
        total=made.dose.total,
        sites=made.dose.sites,
        administered=made.administered.value,
        overage=made.overage.value,
        product_volume=made.product_volume.value,
        diluent=made.diluent_volume.value,
        final=made.final_volume.value,
        vials=made.vials,
        syringes=len(made.fills) if made.given_with is not None else None,
        sites_of_syringes=tuple(last - first + 1 for first, last in (fill.sites for fill in made.fills if fill.sites)),
        rate=made.rate,
        stop_by=made.stop_by,
        dmso=None if made.dmso is None else Quantity(Decimal(small(made.dmso)), unit("g/kg")),
    )


@given(cases())
def test_both_engines_prepare_the_same(case: Case) -> None:
    first, second = first_engine(case), second_engine(case)
    if isinstance(first, Refusal):
        codes = {finding.code for finding in first.findings}
        event(f"refused with {', '.join(sorted(codes))}")
        if codes == {"DC363"}:  # too dilute
            assert isinstance(second, Refusal)
            assert "DC670" in {finding.code for finding in second.findings}
        return
    event("prepared")
    assert isinstance(second, Again), f"only the second engine refuses: {second}"
    assert second == as_again(first)
    if first.delivered is not None:
        assert volumes([case]).iloc[0]["delivered"] == first.delivered
        assert volumes([case]).iloc[0]["deviation_percent"] == first.deviation_percent


def volumes(several: list[Case]) -> pd.DataFrame:
    """The table of all these cases, by the second engine alone."""
    rows = []
    for case in several:
        (plan,) = planned_doses(case.settled.protocol, (case.arm,))
        (taken,) = entries(case).taken
        again = second_engine(case)
        assert isinstance(again, Again)
        rows.append(volume_row(case.settled, plan, taken, again.total, again.sites))
    return cohort_volumes(pd.DataFrame(rows, dtype=object))


@given(st.lists(cases(), min_size=1, max_size=6))
def test_a_row_is_the_same_alone_and_among_others(several: list[Case]) -> None:
    good = [
        case
        for case in several
        if isinstance(second_engine(case), Again) and not (case.arm == "like" and case.area is not None)
    ]
    if not good:
        return
    table = volumes(good)
    for place, case in enumerate(good):
        alone = volumes([case]).iloc[0].to_dict()
        assert table.iloc[place].to_dict() == alone
