"""Whose limits in hours are not met, of those who come or may come on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.registry.fold import fold_participant
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.registry.visit_changes import failed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from dosecalc.registry.reports import Today
    from dosecalc.registry.state import StudyState
    from dosecalc.registry.store import Reading
    from dosecalc.text import Message

    Limits = tuple[tuple[str, Message], ...]


def limits_of_day(reading: Reading, study: StudyState, found: Today, until: dt.datetime | None) -> Limits:
    """Return who is booked, may come or came on a day, and which of the protocol's limits is not met for them.

    Nothing here depends on an arm, nor on what is sealed (R15).
    """
    if not settled_of(study.in_effect(found.day)).protocol.checks:
        return ()
    lines = (*found.booked, *found.due, *found.came)
    return tuple(_limits(reading, study, sorted({line.participant for line in lines}), found.day, until))


def _limits(
    reading: Reading, study: StudyState, codes: Iterable[str], day: dt.date, until: dt.datetime | None
) -> Iterable[tuple[str, Message]]:
    for code in codes:
        state = fold_participant(reading.events(participant=code, until=until), None)
        if state is None:
            continue
        plan = plan_of(settled_of(version_for(study, state, day)), state)
        yield from ((code, text) for text in failed(plan))
