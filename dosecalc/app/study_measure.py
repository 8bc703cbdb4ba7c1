"""A measured area or weight, recorded in a study. What is far from what was measured before is asked about (R6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dosecalc.app.study_participant import named_text
from dosecalc.app.typed import Asked, dose_input
from dosecalc.dosing.area import Measured
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.quantity import parse_positive
from dosecalc.registry import decide_measure
from dosecalc.registry.dose_inputs import arms_meant
from dosecalc.text import msg
from dosecalc.visits.moments import parse_day

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dosecalc.app.study import Session
    from dosecalc.dosing.result import Warned
    from dosecalc.registry.decide_measure import Far
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.store import Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """A measurement as it was typed."""

    areas: Sequence[str] = ()
    weight: str | None = None
    visit: str | None = None
    method: str | None = None
    by: str | None = None
    date: str | None = None


def far(session: Session, code: str, typed: Typed) -> tuple[Far, ...]:
    """Say what is five-fold or more away from what was measured before, without recording anything (R6).

    Raises:
        Refusal: as `measure`.
    """
    with session.read() as reading:
        return _decided(session, reading, code, typed)[2]


def measure(
    session: Session, code: str, typed: Typed, confirmed: Collection[Far] = ()
) -> tuple[list[Event], tuple[Warned, ...]]:
    """Record a measurement; the numbers pass the same firewall as those of `dose`.

    Raises:
        Refusal: what `dose_input` and `decide_measure` refuse; DC738, neither area nor weight is given, or both; DC867,
            the area is measured once; DC650, it is far from what was measured before, and nobody confirmed it.
    """
    warnings: list[Warned] = []

    def decide(reading: Reading) -> Sequence[Draft]:
        drafts, found, asked = _decided(session, reading, code, typed)
        if unconfirmed := [each for each in asked if each not in confirmed]:
            raise Refusal(map(question, unconfirmed))
        warnings.extend(found)
        return drafts

    return session.change(decide), tuple(warnings)


def question(found: Far) -> Finding:
    """What is put to a person; no option of a script answers it (R6)."""
    return Finding(
        "DC650",
        found.text,
        msg("read it again from its source, with the decimal point, and type it at a terminal; if the earlier one is "
            "wrong, take that out first: `participant correct NUMBER --void`, `participant show` tells the number"),
    )  # fmt: skip


def _decided(
    session: Session, reading: Reading, code: str, typed: Typed
) -> tuple[list[Draft], tuple[Warned, ...], tuple[Far, ...]]:
    if bool(typed.areas) == (typed.weight is not None):
        raise refuse(
            "DC738",
            msg("it is not said what was measured: an area or a weight"),
            msg("give --area for each patch in cm², or --weight in kg; one at a time"),
        )
    state = session.participant(reading, code)
    settled = session.settled_for(state)
    who = None if typed.by is None else named_text(typed.by, "--by")
    if typed.weight is not None:
        measured = Measured(by=who, date=None if typed.date is None else parse_day(typed.date))
        drafts, warnings = decide_measure.weight(state, parse_positive(typed.weight), measured, at=session.at)
    else:
        record = {"area_method": typed.method, "area_by": who, "area_date": typed.date}
        said: dict[str, Any] = {name: (text,) for name, text in record.items() if text is not None}
        given = dose_input(settled, None, Asked(areas=typed.areas, **said))
        arms = arms_meant(settled.protocol, state)
        drafts, warnings = decide_measure.area(
            state, settled, arms, given.areas, given.measured, visit=typed.visit, at=session.at
        )
    return drafts, warnings, tuple(decide_measure.far_from_before(state, drafts[0]))
