"""Until when a dose can be made from the lots of a study, and whether they last from thawing to the end of the visit.

Lots tell the arm: only whoever has the key and is not masked asks (R15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.dosing.planned import planned_doses
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.registry.decide_lots import usable
from dosecalc.registry.lot_text import stock_of
from dosecalc.registry.lots_for import serves
from dosecalc.text import msg
from dosecalc.visits.moments import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from dosecalc.protocol.settled import Settled
    from dosecalc.protocol.stock import Lot
    from dosecalc.registry.lots import Supplies
    from dosecalc.registry.state import StudyState
    from dosecalc.text import Message
    from dosecalc.visits.visit import Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class SupplyLimits:
    """What the lots leave of the days. `until` is the last day, or the last time of one, at which a dose can be made.

    `none` says which product has no lot, `thaw` why the lots that there are do not last (R11).
    """

    until: Moment | None = None
    none: Message | None = None
    thaw: Message | None = None


def supply_limits(
    settled: Settled, known: Supplies, study: StudyState, arms: Sequence[str], visit: str, lead: int, zone: ZoneInfo
) -> SupplyLimits:
    """Return what the lots that are released, with vials left, mean for a visit of one of these arms.

    `lead` is how many minutes before the visit its product is thawed; what is infused is used up after `infused_in`.
    """
    may = {lot.lot for lot in usable(known, study) if lot.left > 0}
    lots = [lot for lot in stock_of(known.lots.values()).lots.values() if lot.id in may]
    protocol, ends = settled.protocol, []
    for product in dict.fromkeys(each.rule.product for each in planned_doses(protocol, arms) if each.visit == visit):
        there = [lot for lot in lots if serves(lot, protocol, product, arms)]
        if not there:
            none = msg("no released lot of {product} has vials left", product=protocol.products[product].label)
            return SupplyLimits(none=none)
        how = settled.here.preparation.get(product) if settled.here else None
        infused = how.infused_in.minutes if how is not None and how.infused_in is not None else 0
        lasting = [lot for lot in there if lot.thaw_limit is None or lot.thaw_limit.minutes >= lead + infused]
        if not lasting:
            return SupplyLimits(thaw=_too_long(there[0], lead, infused))
        ends.append(max((_last(lot, zone) for lot in lasting), key=_order))
    return SupplyLimits(until=min(ends, key=_order, default=None))


def _too_long(lot: Lot, lead: int, infused: int) -> Message:
    assert lot.thaw_limit is not None, "it was compared"
    return msg(
        "from thawing to the end of the infusion it takes {needed}, and lot {lot} may be used for {limit} after "
        "thawing",
        needed=in_words(ClockOffset(lead + infused)), lot=lot.id, limit=in_words(lot.thaw_limit),
    )  # fmt: skip


def _last(lot: Lot, zone: ZoneInfo) -> Moment:
    """The last day of use; on the day of the expiry a lot is used only where it says until when."""
    if lot.expiry_time is None:
        return lot.expiry - dt.timedelta(days=1)
    return dt.datetime.combine(lot.expiry, dt.time.fromisoformat(lot.expiry_time), zone)


def _order(moment: Moment) -> tuple[dt.date, dt.time]:
    if isinstance(moment, dt.datetime):
        return moment.date(), moment.time()
    return moment, dt.time.max
