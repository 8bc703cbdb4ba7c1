"""The dose and its volumes from the second person's entries alone, by the second engine (R14)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dosecalc.checking import in_use
from dosecalc.checking.entries import volume_of
from dosecalc.checking.handed_out import HandedOut, hand_out
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.protocol.dose_rule import PerSite, TopicalDaily, VolumeMatched
from dosecalc.quantity import Quantity, plain, unit
from dosecalc.text import Message, msg
from dosecalc.units import UNITS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Hashable, Sequence

    import pandas as pd

    from dosecalc.checking.entries import Asked, Entries, Taken
    from dosecalc.dosing.planned import PlannedDose
    from dosecalc.dosing.result import OnRecord
    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.site import SitePreparation, Syringe


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """One preparation as the second engine made it. What has no meaning for a product is None; volumes are mL."""

    product: str
    area: str | None
    lot: str
    concentration: Quantity | None = None
    in_stock: Quantity | None = None
    """The concentration that the stock file states for the lot."""
    total: Quantity | None = None
    sites: int | None = None
    administered: Decimal | None = None
    overage: Decimal | None = None
    product_volume: Decimal | None = None
    diluent: Decimal | None = None
    final: Decimal | None = None
    vials: int | None = None
    syringes: int | None = None
    sites_of_syringes: tuple[int, ...] = ()
    rate: Quantity | None = None
    stop_by: dt.datetime | None = None
    dmso: Quantity | None = None
    handed_out: tuple[HandedOut, ...] = ()


def prepare_again(
    settled: Settled, asked: Asked, entries: Entries, on: dt.date, on_record: Sequence[OnRecord] = ()
) -> tuple[Again, ...]:
    """Return the preparations of a visit on a day, made from nothing but the entries, the protocol, site and stock.

    `on_record` is what a study knows of the participant's other visits, for caps over all doses (R7).

    Raises:
        Refusal: what `dosing.cohort` and `dosing.cohort_preparation` refuse; DC301, an answer of the site file is
            missing; DC674, the site file does not say how a product is prepared.
    """
    try:
        doses = _doses(settled, entries, entries.arms, on_record)
        return tuple(_again(settled, asked.visit, plan, entries, doses, on) for plan in asked.plans)
    except Refusal as refusal:
        raise Refusal(map(_without_row, refusal.findings)) from refusal


def entered_only(asked: Asked, entries: Entries) -> tuple[Again, ...]:
    """Return the preparations where nothing can be computed from the entries: nothing but what was entered for them."""
    return tuple(_entered(plan, entries) for plan in asked.plans)


def _entered(plan: PlannedDose, entries: Entries) -> Again:
    taken = _taken(plan, entries)
    return Again(
        product=plan.rule.product,
        area=plan.rule.area,
        lot=taken.lot.id,
        concentration=taken.concentration,
        in_stock=taken.lot.concentration,
    )


def _taken(plan: PlannedDose, entries: Entries) -> Taken:
    return next(one for one in entries.taken if one.product == plan.rule.product)


def _doses(
    settled: Settled, entries: Entries, arms: Sequence[str], on_record: Sequence[OnRecord] = ()
) -> pd.Series[Any]:
    """The one row that the second engine makes of the entries."""
    import pandas as pd

    from dosecalc.dosing.cohort import cohort_doses
    from dosecalc.dosing.planned import needs

    cells: dict[str, object] = {"arm": arms[0]} if len(arms) == 1 else {}
    if entries.areas:
        cells["area_cm2"] = ";".join(map(plain, entries.areas))
    if entries.weight is not None and "weight" in needs(settled.protocol, arms).must:  # else only DMSO needs it
        cells["weight_kg"] = plain(entries.weight)
    if entries.level is not None:
        cells["level"] = entries.level
    frame = pd.DataFrame([cells], index=[0])
    return cohort_doses(settled, frame, entries.rounding, on_record).iloc[0]


def _without_row(finding: Finding) -> Finding:
    """The finding of a table of one row, without "row 1:" in front."""
    what = dict(finding.what.params).get("what")
    if finding.what.template == "{rows}: {what}" and isinstance(what, Message):
        return Finding(finding.code, what, finding.mend, finding.where, finding.path)
    return finding


def _again(
    settled: Settled, visit: str, plan: PlannedDose, entries: Entries, doses: pd.Series[Any], on: dt.date
) -> Again:
    import pandas as pd

    from dosecalc.dosing.cohort_preparation import cohort_volumes

    rule = plan.rule
    taken = _taken(plan, entries)
    total = _total(plan, doses)
    again = replace(_entered(plan, entries), total=total)
    if isinstance(rule.rule, TopicalDaily):
        return replace(again, handed_out=hand_out(settled, plan, taken.lot, visit, on))
    sites = _sites(settled, plan, entries, doses)
    row = volume_row(settled, plan, taken, total, sites)
    made = cohort_volumes(pd.DataFrame([row], dtype=object)).iloc[0]
    syringes = None if made["syringes"] is None else int(made["syringes"])
    share = Fraction(made["administered"]) / Fraction(made["final"])
    how, _, _ = _how(settled, rule.product)
    return replace(
        again,
        sites=sites if isinstance(rule.rule, PerSite) else None,
        administered=made["administered"],
        overage=made["overage"],
        product_volume=made["product"],
        diluent=made["diluent"],
        final=made["final"],
        vials=int(made["vials"]),
        syringes=syringes,
        sites_of_syringes=in_use.shared_out(sites, syringes) if sites and syringes and row["volume"] is None else (),
        rate=in_use.rate_of(made["final"], how.infused_in),
        stop_by=in_use.stop_by(taken.lot, entries.thawed_at),
        dmso=in_use.dmso(taken.lot, made["product"], share, entries.weight),
    )


def _total(plan: PlannedDose, doses: pd.Series[Any]) -> Quantity | None:
    """The dose of a plan: the column of its visit, its area or arm, and its unit; None for a placebo."""
    if isinstance(plan.rule.rule, VolumeMatched):
        return None
    for part in (f"_{plan.rule.area}", f"_{plan.arm}", ""):
        for symbol, known in UNITS.items():
            name = f"dose_{plan.visit}{part}_{symbol.replace(' ', '_')}"
            if name in doses.index and _there(doses[name]):
                amount = doses[name]
                return Quantity(amount if isinstance(amount, Decimal) else Decimal(int(amount)), known)
    return None


def _there(cell: Any) -> bool:
    import pandas as pd

    return cell is not None and not pd.isna(cell)


def _sites(settled: Settled, plan: PlannedDose, entries: Entries, doses: pd.Series[Any]) -> int | None:
    """The sites of a dose; a placebo with a volume per site has those of the product that it imitates."""
    rule = plan.rule.rule
    if isinstance(rule, PerSite):
        return _counted(settled, entries.arms, plan, doses)
    volume = volume_of(settled, plan)
    if not isinstance(rule, VolumeMatched) or volume is None or volume.unit != unit("mL/site"):
        return None
    from dosecalc.dosing.planned import planned_doses

    for arm in settled.protocol.arms:
        for other in planned_doses(settled.protocol, (arm,)):
            imitated = other.rule.product == rule.product and isinstance(other.rule.rule, PerSite)
            if imitated and other.visit == plan.visit:
                return _counted(settled, (arm,), other, _doses(settled, entries, (arm,)))
    return None


def _counted(settled: Settled, arms: Sequence[str], plan: PlannedDose, doses: pd.Series[Any]) -> int:
    from dosecalc.dosing.planned import planned_doses

    names: dict[Hashable, str] = {}  # as `cohort_doses` names its columns of sites
    for each in planned_doses(settled.protocol, arms):
        if isinstance(each.rule.rule, PerSite):
            names.setdefault(_decisions(each.rule.rule), f"sites_{each.visit}" if names else "sites")
    assert isinstance(plan.rule.rule, PerSite)
    return int(doses[names[_decisions(plan.rule.rule)]])


def _decisions(rule: PerSite) -> Hashable:
    return rule.sites, rule.rounding, rule.below_one_site, rule.patches


def volume_row(
    settled: Settled, plan: PlannedDose, taken: Taken, total: Quantity | None, sites: int | None
) -> dict[str, object]:
    """Return one row of the table that `dosing.cohort_preparation` works out."""
    how, measured, given = _how(settled, plan.rule.product)
    volume = volume_of(settled, plan)
    per_site = volume is not None and volume.unit == unit("mL/site")
    vial = taken.lot.nominal_volume if how.vials_by == "nominal" else taken.lot.extractable_volume
    in_percent = how.overage.unit == unit("%")
    return {
        "dose": None if total is None else total.value,
        "sites": sites,
        "concentration": None if taken.concentration is None else taken.concentration.value,
        "viability_percent": _viability(taken, total),
        "of_viable": taken.concentration is not None and taken.concentration.unit == unit("viable cells/mL"),
        "volume_per_site": volume.value if volume is not None and per_site else None,
        "volume": volume.value if volume is not None and not per_site else None,
        "measured_graduation": measured.graduation.value,
        "syringe_nominal": None if given is None else given.nominal.value,
        "syringe_graduation": None if given is None else given.graduation.value,
        "syringe_dead_space": None if given is None else given.dead_space.value,
        "sites_per_syringe": how.sites_per_syringe,
        "overage_volume": None if in_percent else how.overage.value,
        "overage_percent": how.overage.value if in_percent else None,
        "placebo": how.placebo if total is None else None,
        "placebo_volume": None if how.placebo_volume is None else how.placebo_volume.value,
        "vial": vial.value,
    }


def _how(settled: Settled, product: str) -> tuple[SitePreparation, Syringe, Syringe | None]:
    here, site = settled.here, settled.site
    how = here.preparation.get(product) if here else None
    if how is None or site is None:
        raise refuse(
            "DC674",
            msg("the site file does not say how {product} is prepared", product=product),
            msg("complete 'preparation' in the site file, then make the worksheet again"),
        )
    return how, site.syringes[how.measured_with], site.syringes[how.given_with] if how.given_with else None


def _viability(taken: Taken, total: Quantity | None) -> Decimal | None:
    """The share of viable cells, where one of dose and concentration counts these and the other all cells (R10)."""
    if total is None or taken.concentration is None:
        return None
    counted, stated = total.unit.symbol, taken.concentration.unit.symbol
    if stated == f"{counted}/mL":
        return None
    pairs = {("viable cells", "cells/mL"), ("cells", "viable cells/mL")}
    if (counted, stated) in pairs and taken.lot.viability is not None:
        return taken.lot.viability.value
    raise refuse(
        "DC668",
        msg("a dose in {unit} cannot be taken from a lot in {other}", unit=total.unit, other=taken.concentration.unit),
        msg("check the lot; its certificate must count what the protocol counts"),
    )
