"""How a participant's calendar changed, event by event: SEQUENCE and DTSTAMP of every item without any earlier file.

The calendar is made as it stood after each event that can change it. An item that is new, or differs from what it was,
changed then. One that is gone is cancelled, and stays in the file as cancelled: a program that imported it would show
it for ever. So the same study gives the same bytes, whoever asks and whatever was exported before.

Everything is read without a key and in a masked trial without an arm, so no item depends on one (R15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dosecalc.blinding import blind
from dosecalc.calendars.revisions import cancelled, whole_seconds
from dosecalc.calendars.wording import clinic_events, participant_events
from dosecalc.plan import VisitPlan
from dosecalc.registry.fold import fold_participant, fold_study
from dosecalc.registry.plan_of import arm_of, plan_of
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.visits.visit import Booking, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.blinding import BlindedPlan
    from dosecalc.calendars.event import Event as Item
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Event, Kind
    from dosecalc.registry.state import ParticipantState, StudyState
    from dosecalc.text import Language

_MOVING: frozenset[Kind] = frozenset(
    {
        "enrol", "screen_failure", "assign", "anchor", "migrate", "discontinue", "withdraw",
        "book", "move", "attend", "miss", "cancel", "unscheduled", "correct", "amend",
    }
)  # fmt: skip
"""Kinds of events after which a calendar can be another one. What is done with a product is none of them (R15)."""
_ONCE = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""The stamp of items that are only compared."""
_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """What anyone may see of a participant's visits from one moment on; `plan` is None while nothing has a date."""

    entered: dt.datetime
    settled: Settled
    plan: BlindedPlan | None
    language: Language | None
    """That of the participant's calendar; None for the site's."""


def moments(
    study_events: Sequence[Event], own_events: Sequence[Event], until: dt.datetime, zone: dt.tzinfo
) -> Iterator[Moment]:
    """Yield each moment at which a participant's calendar changed, in order, until `until`.

    `study_events` are those of `Reading.of_study`, `own_events` those of the participant. An urgent amendment changes a
    calendar on the day on which it comes into effect, whether or not anything is recorded then.
    """
    seen: tuple[Settled, BlindedPlan | None] | None = None
    studies: dict[int, StudyState] = {}
    for when, number in _times(study_events, own_events, until, zone):
        state = fold_participant([event for event in own_events if event.number <= number], None)
        if state is None:
            continue
        before = [event for event in study_events if event.number <= number]
        study = studies.get(len(before)) or studies.setdefault(len(before), fold_study(before, None))
        settled = settled_of(version_for(study, state, when.astimezone(zone).date()))
        plan = masked_plan(settled, state)
        if seen != (settled, plan):
            seen = (settled, plan)
            yield Moment(entered=when, settled=settled, plan=plan, language=state.language)


def _times(
    study_events: Sequence[Event], own_events: Sequence[Event], until: dt.datetime, zone: dt.tzinfo
) -> list[tuple[dt.datetime, int]]:
    """When something may have changed, and the number of the last event that counts then."""
    moving = [event for event in (*study_events, *own_events) if event.kind in _MOVING]
    found = {(_entered(event), event.number) for event in moving}
    for version in fold_study(study_events, None).versions if study_events else ():
        if version.urgent and version.effective is not None:
            midnight = dt.datetime.combine(version.effective, dt.time(), zone).astimezone(dt.UTC)
            before = [event for event in (*study_events, *own_events) if _entered(event) <= midnight]
            if midnight <= until and before and max(before, key=lambda event: event.number).number >= version.number:
                found.add((midnight, max(event.number for event in before)))
    return sorted(found, key=lambda one: (one[1], one[0]))  # a clock that went back changes no order


def _entered(event: Event) -> dt.datetime:
    return dt.datetime.fromisoformat(event.entered_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """The items of one participant's calendar, as they stand, and the time of the last change of any of them."""

    items: tuple[Item, ...]
    changed: dt.datetime | None


def calendar(
    history: Sequence[Moment], audience: Literal["participant", "clinic"], language: Language | None = None
) -> Calendar:
    """Return a calendar with the sequences and stamps that follow from its history.

    `language` is that of all its texts; left out, the site's.

    Raises:
        Refusal: DC501, a text holds characters that may not stand in a calendar.
    """
    *_, now = {}, *stages(history, audience, language)
    return Calendar(items=tuple(now.values()), changed=max((item.stamp for item in now.values()), default=None))


def ever(
    history: Sequence[Moment], audience: Literal["participant", "clinic"], language: Language | None = None
) -> Iterator[Item]:
    """Yield every item as it stood after each change: whatever was handed out before is among them.

    Raises:
        Refusal: DC501, as `calendar`.
    """
    for now in stages(history, audience, language):
        yield from now.values()


def stages(
    history: Sequence[Moment], audience: Literal["participant", "clinic"], language: Language | None = None
) -> Iterator[dict[str, Item]]:
    """Yield the items of a calendar, by their UID, as they stood from each moment on; parameters as `calendar`.

    Raises:
        Refusal: as `calendar`.
    """
    now: dict[str, Item] = {}
    for moment in history:
        items = _items(moment.settled, moment.plan, audience, language)
        now = _next(now, items, whole_seconds(moment.entered), _said(moment.settled, language))
        yield now


def masked_plan(settled: Settled, state: ParticipantState, *, due: bool = False) -> BlindedPlan | None:
    """Return what anyone may see of a participant's visits; None while nothing has a date.

    A visit that was missed is not in it, nor one that can no longer take place. One whose booking was cancelled is in
    it with `due` only: a phone drops what was booked, paper says what is still to come.
    """
    arm = arm_of(settled.protocol, state)
    if arm is None:
        return None
    planned = plan_of(settled, state)
    left_out = ("missed",) if due else ("cancelled", "missed")
    visits = [each for each in planned.visits if each.visit and each.expected and each.standing not in left_out]
    bookings = {
        each.id: Booking(when=each.state.booked, outside_window=each.state.outside_window)
        for each in visits
        if each.state.booked is not None
    }
    came = (replace(each.visit, actual=each.attended) for each in visits if each.visit is not None)  # with its time
    timeline = Timeline(visits=tuple(came), checks=planned.checks)
    plan = blind(settled, arm, VisitPlan(participant=state.code, timeline=timeline, bookings=bookings))
    return replace(plan, routine=None) if state.standing not in ("consented", "enrolled") else plan


def _items(
    settled: Settled, plan: BlindedPlan | None, audience: Literal["participant", "clinic"], language: Language | None
) -> dict[str, Item]:
    if plan is None:
        return {}
    clinic = settled.site.clinic if settled.site else None
    make = participant_events if audience == "participant" else clinic_events
    return {item.uid: item for item in make(plan, clinic, _said(settled, language), _ONCE)}


def _said(settled: Settled, language: Language | None) -> Language:
    return language or (settled.site.language if settled.site else "en")


def _next(before: dict[str, Item], after: dict[str, Item], entered: dt.datetime, language: Language) -> dict[str, Item]:
    """The items after a change: each with its sequence and stamp, what is gone as cancelled behind them."""
    found: dict[str, Item] = {}
    for uid, item in after.items():
        earlier = before.get(uid)
        if earlier is None:
            found[uid] = replace(item, stamp=entered)
        elif replace(item, sequence=earlier.sequence, stamp=earlier.stamp) == earlier:
            found[uid] = earlier
        else:
            found[uid] = replace(item, sequence=earlier.sequence + 1, stamp=_later(earlier, entered))
    for uid, earlier in before.items():
        if uid not in after:
            gone = earlier.status == "CANCELLED"
            found[uid] = earlier if gone else cancelled(earlier, _later(earlier, entered), language)
    return found


def _later(earlier: Item, entered: dt.datetime) -> dt.datetime:
    """The stamp of a change: later than the one before, though the clock went back or the two came within a second."""
    return max(entered, earlier.stamp + _SECOND)
