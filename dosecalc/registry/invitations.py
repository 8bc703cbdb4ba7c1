"""Which mails a participant's calendar calls for: one for each visit, about the last change that they should know.

A visit that is booked is an invitation. One that was booked and no longer is, is cancelled, if its time was still to
come when that was recorded. What took place, and what is only planned, needs no mail.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dosecalc.calendars.event import item_uid
from dosecalc.calendars.revisions import cancelled
from dosecalc.registry.calendar_history import stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.calendars.event import Event as Item
    from dosecalc.registry.calendar_history import Moment
    from dosecalc.text import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail to be written: of which visit, and the item as it is sent."""

    visit: str
    method: Literal["REQUEST", "CANCEL"]
    item: Item


def mails(history: Sequence[Moment], language: Language, since: dt.datetime | None = None) -> list[Mail]:
    """Return the mails of one participant, in the order of their visits.

    With `since` only those about a change since that moment; nobody is told that a visit is cancelled who could not yet
    know that it was booked.
    """
    names = _names(history)
    last: dict[str, Mail] = {}
    told: set[str] = set()
    for items in stages(history, "participant", language):
        for uid, item in items.items():
            if uid not in names:
                continue
            if _to_come(item):
                last[uid] = Mail(visit=names[uid], method="REQUEST", item=item)
                if since is None or item.stamp < since:
                    told.add(uid)
            elif uid in last and last[uid].method == "REQUEST":
                mail = last.pop(uid)
                if item.status != "CONFIRMED" and _after(mail.item, item.stamp):
                    gone = replace(cancelled(mail.item, item.stamp, language), sequence=item.sequence)
                    last[uid] = replace(mail, method="CANCEL", item=gone)
    return [
        last[uid] for uid in names
        if uid in last
        and (since is None or last[uid].item.stamp >= since)
        and (_after(last[uid].item, last[uid].item.stamp) if last[uid].method == "REQUEST" else uid in told)
    ]  # fmt: skip


def _names(history: Sequence[Moment]) -> dict[str, str]:
    """The visits of the participant by the UID of their items, as they come in the plan."""
    plans = [moment.plan for moment in reversed(history) if moment.plan is not None]
    return {
        item_uid(plan.protocol, plan.participant, "visit", each.visit.encounter, "participant"): each.visit.encounter
        for plan in plans
        for each in plan.visits
    }


def _to_come(item: Item) -> bool:
    """Whether the visit is booked and has not taken place: nothing else in a participant's calendar rings."""
    return bool(item.alarms)


def _after(item: Item, moment: dt.datetime) -> bool:
    """Whether a booked visit lies after a moment."""
    return not isinstance(item.start, dt.datetime) or item.start > moment
