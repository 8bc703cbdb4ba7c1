"""A measured area or weight: recorded with its method, who measured and when (R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.dosing.area import check_areas
from dosecalc.dosing.weight import check_weight
from dosecalc.errors import refuse
from dosecalc.protocol.occurrences import occurrences
from dosecalc.quantity import Quantity, plain
from dosecalc.registry.decide_participant import check_not_before_consent, check_standing
from dosecalc.registry.event import Draft
from dosecalc.text import Message, msg
from dosecalc.units import unit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from dosecalc.dosing.area import Measured
    from dosecalc.dosing.result import Warned
    from dosecalc.errors import Refusal
    from dosecalc.protocol.model import Protocol
    from dosecalc.registry.state import ParticipantState


def check_visit(protocol: Protocol, visit: str) -> str:
    """Return the name of a planned visit.

    Raises:
        Refusal: DC413 where the protocol has none of this name.
    """
    names = [name for encounter in protocol.encounters.values() for name, _ in occurrences(encounter)]
    if visit not in names:
        raise refuse(
            "DC413",
            msg("'{name}' is not a visit here", name=visit),
            msg("the visits are: {visits}", visits=", ".join(names)),
        )
    return visit


def area(
    state: ParticipantState,
    protocol: Protocol,
    patches: Sequence[Decimal],
    measured: Measured | None,
    *,
    visit: str | None,
    at: dt.datetime,
) -> tuple[list[Draft], tuple[Warned, ...]]:
    """Record the hair-loss area, patch by patch in cm²; `visit` where it was measured again at one.

    Raises:
        Refusal: DC310 to DC312, no area can be so; DC413, no such visit; DC738, how it was measured is not said; DC740,
            DC741.
    """
    checked = check_areas(patches)
    if measured is None or measured.method is None:
        raise _not_said(msg("how the area was measured"), "--method")
    public = _record(state, measured, at)
    if visit is not None:
        public["visit"] = check_visit(protocol, visit)
    public |= {"what": "area", "unit": "cm²", "method": measured.method, "values": [plain(each) for each in patches]}
    return [Draft(kind="measure", at=at, participant=state.code, public=public)], checked.warnings


def weight(
    state: ParticipantState, kilograms: Decimal, measured: Measured | None, *, at: dt.datetime
) -> tuple[list[Draft], tuple[Warned, ...]]:
    """Record the body weight.

    Raises:
        Refusal: DC321, no body weighs so; DC738, who measured it and when is not said; DC740, DC741.
    """
    checked, warnings = check_weight(Quantity(kilograms, unit("kg")))
    public = _record(state, measured, at) | {"what": "weight", "unit": "kg", "values": [plain(checked.value)]}
    return [Draft(kind="measure", at=at, participant=state.code, public=public)], warnings


def _record(state: ParticipantState, measured: Measured | None, at: dt.datetime) -> dict[str, object]:
    check_standing(state, ("consented", "enrolled", "discontinued"))
    if measured is None or measured.by is None:
        raise _not_said(msg("who measured"), "--by")
    if measured.date is None:
        raise _not_said(msg("when it was measured"), "--date")
    check_not_before_consent(state, measured.date)
    return {"by": measured.by, "date": measured.date.isoformat()}


def _not_said(what: Message, option: str) -> Refusal:
    return refuse(
        "DC738",
        msg("it is not said {what}", what=what),
        msg("give {option}: a measurement stands with its method, measurer and date", option=option),
    )
