"""The dates that visits count from: what may be recorded of them, and what stands against it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.registry.decide_participant import check_not_before_consent, check_standing
from dosecalc.registry.event import Draft
from dosecalc.registry.first_dose import own_visits
from dosecalc.registry.openness import check_staggered
from dosecalc.registry.plan_of import attended_of, date_of, start_anchor
from dosecalc.text import msg
from dosecalc.visits.moments import local_day, readable
from dosecalc.visits.shift import elapsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Kind
    from dosecalc.registry.fold import Fact
    from dosecalc.registry.state import ParticipantState
    from dosecalc.visits.visit import Moment

_NONE: Mapping[str, Moment] = MappingProxyType({})


def anchors(
    state: ParticipantState,
    settled: Settled,
    others: Iterable[ParticipantState],
    moments: Mapping[str, Moment],
    *,
    reason: str | None,
    at: dt.datetime,
    told: Sequence[Fact] = (),
) -> list[Draft]:
    """Record dates that visits count from. One that stands already is replaced only with a reason.

    The date of an anchor that is a visit of its own is a plan until that visit takes place. `told` are the events of
    the participant as they read today.

    Raises:
        Refusal: DC410, the protocol counts from no such date; DC740, DC741; DC745, the start comes too soon after that
            of the participant before; DC746, nothing changes; DC747, a date changes without a reason; DC860, the visit
            of that date took place, or its dose was given; DC862, a date comes after one that it comes before.
    """
    check_standing(state, ("consented", "enrolled"))
    check_anchor_names(settled.protocol, moments)
    start = start_anchor(settled.protocol)
    _check_still_planned(settled.protocol, state, {start if name == "start" else name: when
                                                   for name, when in moments.items()}, told)  # fmt: skip
    drafts = []
    for given, moment in moments.items():
        name = "start" if given == start else given
        before = state.start if name == "start" else state.anchors.get(name)
        if before is not None:
            check_change(given, before, moment, reason)
        if name == "start":
            check_not_before_consent(state, local_day(moment))
            check_staggered(settled, others, replace(state, start=moment), local_day(moment))
        public = {"name": name, "when": moment.isoformat()}
        drafts.append(Draft(kind="anchor", at=at, participant=state.code, reason=reason, public=public))
    check_order(settled.protocol, anchor_dates(settled.protocol, with_dates(settled.protocol, state, moments)))
    return drafts


def with_dates(protocol: Protocol, state: ParticipantState, moments: Mapping[str, Moment]) -> ParticipantState:
    """A participant as they are once these dates are recorded."""
    start = start_anchor(protocol)
    named = {name: when for name, when in moments.items() if name not in ("start", start)}
    began = moments.get("start", moments.get(start, state.start))
    return replace(state, start=began, anchors={**state.anchors, **named})


def _check_still_planned(
    protocol: Protocol, state: ParticipantState, moments: Mapping[str, Moment], told: Sequence[Fact]
) -> None:
    """Refuse to plan anew what has taken place; a time of day may be added to a date."""
    actual = attended_of(state)
    for name, moment in moments.items():
        for visit in own_visits(protocol, name):
            came, given = actual.get(visit), _given(state, visit)
            if came is not None and (isinstance(came, dt.datetime) or local_day(moment) != came):
                raise refuse(
                    "DC860",
                    msg("{visit} took place on {when}, and that is the date of {name}",
                        visit=visit, when=readable(came), name=name),
                    msg("if that is wrong, correct the attendance, and the other visits move with it: participant "
                        "correct {number} --set when={when} --reason WHY",
                        number=_number(told, "attend", visit), when=_like(came, moment)),
                )  # fmt: skip
            if given is not None and given != local_day(moment):
                raise refuse(
                    "DC860",
                    msg("the dose of {visit} was given on {when}, and that is the date of {name}",
                        visit=visit, when=given, name=name),
                    msg("record that the visit took place: visit attend {code} {visit} {when}; if the dose was given "
                        "on another day, correct event {number} first",
                        code=state.code, visit=visit, when=given, number=_number(told, "administer", visit)),
                )  # fmt: skip


def _given(state: ParticipantState, visit: str) -> dt.date | None:
    known = state.visits.get(visit)
    return None if known is None else known.given


def _number(told: Sequence[Fact], kind: Kind, visit: str) -> str:
    """The number of the last event of a kind at a visit."""
    numbers = [fact.event.number for fact in told if (fact.event.kind, fact.event.visit) == (kind, visit)]
    return str(numbers[-1]) if numbers else "N"


def _like(before: Moment, moment: Moment) -> str:
    """A date as it is typed where it stands in the place of another: with a time where that has one."""
    if isinstance(before, dt.datetime):
        return moment.strftime("%Y-%m-%dT%H:%M") if isinstance(moment, dt.datetime) else f"{moment}THH:MM"
    return local_day(moment).isoformat()


def check_order(protocol: Protocol, dates: Mapping[str, Moment | None]) -> None:
    """Refuse dates of which one comes after another that it comes before.

    Raises:
        Refusal: DC862.
    """
    for check in protocol.checks.values():
        first, second = dates.get(check.start), dates.get(check.end)
        if first is None or second is None:
            continue
        if isinstance(first, dt.datetime) and isinstance(second, dt.datetime):
            later = elapsed(first, second) < dt.timedelta(0)
        else:
            later = local_day(first) > local_day(second)
        if not later:
            continue
        raise refuse(
            "DC862",
            msg("{start} on {first} would be later than {end} on {second}",
                start=protocol.anchors[check.start].label, first=readable(first),
                end=protocol.anchors[check.end].label, second=readable(second)),
            msg("check both dates; where both are wrong, give both in one command"),
        )  # fmt: skip


def anchor_names(protocol: Protocol) -> tuple[str, ...]:
    """The names of the dates that are recorded of a participant: the start, and those that are given by name."""
    by_name = (anchor.id for anchor in protocol.anchors.values() if anchor.given == "by_name")
    return (start_anchor(protocol), *by_name)


def anchor_dates(
    protocol: Protocol, state: ParticipantState, assumed: Mapping[str, Moment] = _NONE
) -> dict[str, Moment | None]:
    """Those dates as they stand, by name; None for one that is not recorded. `assumed` are visits that take place."""
    actual = attended_of(state) | dict(assumed)
    return {name: date_of(protocol, state, name, actual) for name in anchor_names(protocol)}


def check_anchor_names(protocol: Protocol, names: Iterable[str]) -> None:
    """Refuse a name of which this protocol knows no date, or one that comes from a visit.

    Raises:
        Refusal: DC410, DC411.
    """
    taken = anchor_names(protocol)
    for name in names:
        if name == "start" or name in taken:
            continue
        mend = msg("the dates to record are: {names}", names=", ".join(taken))
        if name in protocol.anchors:
            raise refuse("DC411", msg("{name} is the date of a visit, and comes from its attendance", name=name), mend)
        raise refuse("DC410", msg("{protocol} counts no visit from '{name}'", name=name, protocol=protocol.id), mend)


def check_change(name: str, before: Moment, after: Moment, reason: str | None) -> None:
    """Refuse another date without a reason, and the same date again.

    Raises:
        Refusal: DC746, DC747.
    """
    if before == after:
        raise refuse(
            "DC746",
            msg("{name} is {moment} already", name=name, moment=readable(before)),
            msg("nothing has to be done"),
        )
    if reason is None or not reason.strip():
        raise refuse(
            "DC747",
            msg("{name} is {before}, and would become {after}",
                name=name, before=readable(before), after=readable(after)),
            msg("all dates that count from it would move: say why with --reason"),
        )  # fmt: skip
