"""The protocol's limits in hours that end at the first dose, judged on when that dose was given.

A visit that others count from stands for its dose until that is on record as given. Where it was missed, the first dose
is that of a later visit, and the limit ends there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.text import msg
from dosecalc.visits.elapsed import check_elapsed
from dosecalc.visits.moments import site_zone

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState
    from dosecalc.text import Message
    from dosecalc.visits.visit import CheckResult, Moment


def as_given(
    settled: Settled,
    state: ParticipantState,
    dosed: Collection[str],
    dates: Mapping[str, Moment | None],
    actual: Mapping[str, Moment],
    checks: Iterable[CheckResult],
) -> tuple[CheckResult, ...]:
    """Return the checks with the time of the first dose itself, where it is known to be another than that of its visit.

    Args:
        settled: the protocol.
        state: the participant.
        dosed: the visits at which something is given.
        dates: the dates of the anchors that are given by themselves.
        actual: when visits took place, or would.
        checks: as the visits' dates alone say.
    """
    return tuple([_as_given(settled, state, dosed, dates, actual, check) for check in checks])


def _as_given(
    settled: Settled,
    state: ParticipantState,
    dosed: Collection[str],
    dates: Mapping[str, Moment | None],
    actual: Mapping[str, Moment],
    result: CheckResult,
) -> CheckResult:
    check = settled.protocol.checks[result.code]
    start = dates.get(check.start)
    visit = next((name for name in own_visits(settled.protocol, check.end) if name in dosed), None)
    if start is None or visit is None:
        return result
    end = _first(state, visit, dosed, actual)
    return result if end is None else check_elapsed(
        check, settled.protocol, {check.start: start, check.end: end}, site_zone(settled.timezone)
    )  # fmt: skip


def own_visits(protocol: Protocol, anchor: str) -> tuple[str, ...]:
    """The visits that are the event that an anchor is; an arm has one of them at most."""
    return tuple(each.id for each in protocol.encounters.values() if each.defines == anchor)


def _first(
    state: ParticipantState, visit: str, dosed: Collection[str], actual: Mapping[str, Moment]
) -> Moment | Message | None:
    """When the first dose was given, or would be; None where the date of its visit says so."""
    known = state.visits.get(visit)
    if known is not None and known.given_at is not None:
        return known.given_at
    if known is None or known.missed is None or visit in actual:
        return None
    given: list[dt.datetime] = [
        each.given_at for name, each in state.visits.items() if name in dosed and each.given_at is not None
    ]
    later = [moment for name, moment in actual.items() if name in dosed]
    if given or later:
        return min(given) if given else min(later, key=lambda moment: moment.isoformat())
    return msg("{visit} was missed, and no dose was given yet", visit=visit)
