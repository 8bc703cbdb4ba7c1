"""The study's table of visits: derived from the events, under the versions of the protocol that hold on a day.

An urgent amendment that was entered earlier comes into effect without any event. So the table remembers which version
was in effect when it was derived: where another one is on the day that is asked for, the events are read instead, and
whoever records the next event derives all of it anew.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.registry.as_it_was import as_it_was
from dosecalc.registry.fold import fold_participant
from dosecalc.registry.plan_of import plan_of, rows_of
from dosecalc.registry.versions import settled_of, version_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.registry.state import StudyState
    from dosecalc.registry.store import Reading, VisitRow, Writing

_VERSION = "version"
"""Where the study keeps the number of the event that brought the version in effect."""


def project(reading: Reading, study: StudyState, code: str, day: dt.date) -> list[VisitRow]:
    """The derived rows of one participant. They hold nothing that is sealed, so no key is asked for (R15)."""
    events = list(reading.events(participant=code))
    state = fold_participant(events, None)
    if state is None:
        return []
    plan = plan_of(settled_of(version_for(study, state, day)), state)
    return list(rows_of(as_it_was(study, plan, events)))


def current(reading: Reading, study: StudyState, day: dt.date) -> bool:
    """Whether the table says what holds on `day`."""
    return study.in_effect(day).number == _derived_under(reading, study)


def derive(writing: Writing, study: StudyState, codes: Iterable[str], day: dt.date) -> None:
    """Derive the visits of these participants; of all, where another version has come into effect by `day`."""
    chosen = codes if current(writing, study, day) else writing.participants()
    for code in chosen:
        writing.project(code, project(writing, study, code, day))
    writing.keep(_VERSION, str(study.in_effect(day).number))


def derived_on(reading: Reading, study: StudyState) -> dt.date:
    """Return a day on which the versions hold that the table was derived under."""
    number = _derived_under(reading, study)
    found = next((each for each in study.versions if each.number == number), study.versions[0])
    return found.effective or dt.date.min


def _derived_under(reading: Reading, study: StudyState) -> int:
    kept = reading.kept(_VERSION)
    return int(kept) if kept and kept.isascii() and kept.isdigit() else study.versions[0].number
