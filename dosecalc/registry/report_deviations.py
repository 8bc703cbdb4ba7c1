"""What departed from the protocol: visits outside their windows, overrides, missed visits, limits that were not met.

Where no window is stated nothing is a deviation: the days from the target are shown and not counted. A window of the
site's own counts as a stated one does.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from dosecalc.registry.lateness import lateness, lateness_on
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dosecalc.registry.fold import Fact
    from dosecalc.registry.gaps import GapBroken
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.visits.visit import Moment, WindowKind

_NONE: Mapping[str, dt.datetime] = MappingProxyType({})
_NO_GAPS: Mapping[str, Sequence[GapBroken]] = MappingProxyType({})
How = Literal["early", "late", "outside_window", "recorded", "missed", "limit", "gap", "dose", "no_window"]
HOW_WORDS: dict[How, Message] = {
    "early": msg("before the window"),
    "late": msg("after the window"),
    "outside_window": msg("booked outside the window"),
    "recorded": msg("recorded as a deviation"),
    "missed": msg("missed"),
    "limit": msg("a time limit was not met"),
    "gap": msg("too near to another dose, or too far from it"),
    "dose": msg("another dose than planned"),
    "no_window": msg("no window is stated"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Deviation:
    """One departure. `visit` is None for a limit between two anchors. `user`, `role`, `number` are of the event.

    `days_over` is how far outside the window, `days_from_target` signed. `counted` says whether it is a deviation, or
    only shown.
    """

    participant: str
    visit: str | None
    how: How
    counted: bool
    window: WindowKind | None = None
    target: Moment | None = None
    earliest: Moment | None = None
    latest: Moment | None = None
    on: Moment | None = None
    """When it took place, or is booked."""
    days_over: int = 0
    days_from_target: int | None = None
    reason: str | None = None
    text: object = None
    """What the limit is, where it is one."""
    user: str | None = None
    role: str | None = None
    number: int | None = None


def deviations(
    plan: ParticipantPlan,
    facts: Iterable[Fact],
    day: dt.date,
    used_by: Mapping[str, dt.datetime] = _NONE,
    gaps: Mapping[str, Sequence[GapBroken]] = _NO_GAPS,
) -> tuple[Deviation, ...]:
    """What departed from the protocol in the visits of one participant, in the order of the visits.

    Args:
        plan: the participant's visits.
        facts: the participant's events as they read today, in order.
        day: the day of the report, at the site.
        used_by: by visit, until when its dose could be used, as far as whoever reads this may know it (R11, R15).
        gaps: by visit, which gaps to the dose before its own dose broke.
    """
    told = list(facts)
    found = [
        each
        for planned in plan.visits
        for each in (
            *_of(plan.state.code, planned, told, day, in_a_gap=planned.id in gaps),
            *_of_dose(plan.state.code, planned, told, used_by.get(planned.id), gaps.get(planned.id, ())),
        )
    ]
    limits = (
        Deviation(participant=plan.state.code, visit=None, how="limit", counted=True, text=check.text)
        for check in plan.checks
        if check.ok is False
    )
    return (*found, *limits)


def _of(
    code: str, planned: PlannedVisit, facts: Sequence[Fact], day: dt.date, *, in_a_gap: bool
) -> Iterator[Deviation]:
    visit, state = planned.visit, planned.state
    mine = [fact for fact in facts if fact.event.visit == planned.id]

    def made(how: How, *, counted: bool, on: Moment | None, fact: Fact | None, reason: str | None = None) -> Deviation:
        stands = lateness(planned, day)
        return Deviation(
            participant=code,
            visit=planned.id,
            how=how,
            counted=counted,
            window=visit.window if visit else None,
            target=planned.target,
            earliest=planned.earliest,
            latest=planned.latest,
            on=on,
            days_over=stands.days_over if how in ("early", "late") else 0,
            days_from_target=stands.days_from_target,
            reason=reason,
            user=fact.event.user if fact else None,
            role=fact.event.role if fact else None,
            number=fact.event.number if fact else None,
        )

    if planned.attended is not None:
        came = _last(mine, "attend", "unscheduled")
        override = _last(mine, "book", "move") if state.outside_window else None
        stands = lateness(planned, day)
        why = _why(came, "deviation") or state.outside_window
        if stands.how in ("early", "late"):
            how: How = "early" if stands.how == "early" else "late"
            yield made(how, counted=True, on=planned.attended, fact=came, reason=why)
        elif _said(came, "deviation") and visit is not None and not in_a_gap:
            yield made("recorded", counted=True, on=planned.attended, fact=came, reason=why)
        elif override is not None:  # the booking departed, and the visit did not
            yield made("outside_window", counted=False, on=state.booked, fact=override, reason=state.outside_window)
        elif visit is not None and visit.window == "not_stated" and stands.days_from_target:
            yield made("no_window", counted=False, on=planned.attended, fact=came, reason=why)
    elif planned.standing == "missed":
        yield made("missed", counted=True, on=None, fact=_last(mine, "miss"), reason=state.missed)
    elif state.outside_window is not None and state.booked is not None:
        fact = _last(mine, "book", "move")
        yield made("outside_window", counted=True, on=state.booked, fact=fact, reason=state.outside_window)


def _of_dose(
    code: str,
    planned: PlannedVisit,
    facts: Sequence[Fact],
    limit: dt.datetime | None,
    gaps: Sequence[GapBroken],
) -> Iterator[Deviation]:
    """What departed in the dose of a visit: given after its time (R11), a part of it alone, or in a gap."""
    mine = [each for each in facts if each.event.visit == planned.id]
    given = _last(mine, "administer")

    def made(how: How, text: object, fact: Fact | None, on: Moment | None, reason: str | None) -> Deviation:
        return Deviation(
            participant=code,
            visit=planned.id,
            how=how,
            counted=True,
            window=planned.visit.window if planned.visit else None,
            target=planned.target,
            earliest=planned.earliest,
            latest=planned.latest,
            on=on,
            reason=reason,
            text=text,
            user=fact.event.user if fact else None,
            role=fact.event.role if fact else None,
            number=fact.event.number if fact else None,
        )

    if given is not None:
        when = dt.datetime.fromisoformat(given.public["when"])
        if planned.attended is None and (stands := lateness_on(planned, when)).how in ("early", "late"):
            how: How = "early" if stands.how == "early" else "late"
            departed = made(how, None, given, when, planned.state.outside_window)
            yield replace(departed, days_over=stands.days_over, days_from_target=stands.days_from_target)
        if limit is not None and when > limit:
            text = msg("the dose had to be used by {time} (R11)", time=limit.isoformat(" ", "minutes"))
            yield made("limit", text, given, when, None)
        if "part" in given.public:
            yield made(
                "dose", msg("{part} of the dose was given", part=given.public["part"]), given, when, given.reason
            )
    came = given or _last(mine, "attend")
    for gap in gaps:
        reason = _said(_last(mine, "attend"), "deviation") or planned.state.outside_window
        yield made("gap", gap.text, came, planned.state.given or planned.attended, reason)


def _last(facts: Sequence[Fact], *kinds: str) -> Fact | None:
    return next((fact for fact in reversed(facts) if fact.event.kind in kinds), None)


def _why(fact: Fact | None, key: str) -> str | None:
    return _said(fact, key) or (fact.reason if fact is not None else None)


def _said(fact: Fact | None, key: str) -> str | None:
    said = fact.public.get(key) if fact is not None else None
    return said if isinstance(said, str) and said else None
