"""Which lots of the study a dose may be prepared from, and whether they need a body weight (R12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.dosing.planned import planned_doses
from dosecalc.errors import Finding, Refusal
from dosecalc.registry.decide_lots import in_quarantine, usable
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.lot_text import stock_of
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.stock import Lot
    from dosecalc.registry.lots import Supplies
    from dosecalc.registry.state import StudyState


def holds_dmso(known: Supplies) -> bool:
    """Whether any lot of the study holds DMSO: then a masked trial asks everybody for their weight (R12, R15)."""
    return any(lot.dmso is not None for lot in stock_of(known.lots.values()).lots.values())


def lots_for(
    protocol: Protocol, known: Supplies, study: StudyState, arms: Sequence[str], visit: str, named: Collection[str]
) -> tuple[Lot, ...]:
    """Return the lots that the doses of a visit may be prepared from; of those of a product that are `named`, these.

    Raises:
        Refusal: DC776, a product has no lot, or every lot of it is in quarantine; DC801, it is on hold.
    """
    may = {lot.lot for lot in usable(known, study)}
    lots = stock_of(known.lots.values()).lots
    planned = planned_doses(protocol, arms)
    here = [each for each in planned if each.visit == visit] or planned  # what is used at home has no visit
    found: list[Lot] = []
    findings: list[Finding] = []
    for product in dict.fromkeys(each.rule.product for each in here):
        fitting = [lot for lot in lots.values() if serves(lot, protocol, product, arms)]
        chosen = [lot for lot in fitting if lot.id in named] or fitting
        there = [lot for lot in chosen if lot.id in may]
        found += there
        if not there:
            findings += list(_why_not(known, study, protocol, product, chosen))
    if findings:
        raise Refusal(dict.fromkeys(findings))
    return tuple(found)


def serves(lot: Lot, protocol: Protocol, product: str, arms: Collection[str]) -> bool:
    """Whether a lot is of a product, and of the strength of one of these arms."""
    own = lot.arms is None or not set(lot.arms).isdisjoint(arms)
    return (lot.protocol, lot.product) == (protocol.id, product) and own


def _why_not(
    known: Supplies, study: StudyState, protocol: Protocol, product: str, lots: Sequence[Lot]
) -> Iterator[Finding]:
    if not lots:
        yield Finding(
            "DC776",
            msg("the study has no lot of {product}", product=protocol.products[product].label),
            msg("take one in with `ip receive --stock FILE`"),
        )
    for lot in lots:
        if known.lots[lot.id].quarantined is not None:
            yield in_quarantine(known.lots[lot.id])
        yield from map(held_back, study.held(lots=[lot.id]))
