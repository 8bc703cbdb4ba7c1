"""A measured area or weight: recorded with its method, who measured and when (R9)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dosecalc.dosing.area import check_areas
from dosecalc.dosing.weight import check_weight
from dosecalc.errors import refuse
from dosecalc.protocol.occurrences import occurrences
from dosecalc.quantity import Quantity, far_apart, parse_number, plain, show
from dosecalc.registry.area_once import check_again
from dosecalc.registry.decide_participant import check_not_before_consent, check_standing
from dosecalc.registry.event import Draft
from dosecalc.text import Message, msg
from dosecalc.units import unit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from dosecalc.dosing.area import Measured
    from dosecalc.dosing.result import Warned
    from dosecalc.errors import Refusal
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled
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
    settled: Settled,
    arms: Sequence[str],
    patches: Sequence[Decimal],
    measured: Measured | None,
    *,
    visit: str | None,
    at: dt.datetime,
) -> tuple[list[Draft], tuple[Warned, ...]]:
    """Record the hair-loss area, patch by patch in cm²; `visit` where it was measured again at one.

    `arms` are those whose doses the participant may get.

    Raises:
        Refusal: DC310 to DC312, no area can be so; DC413, no such visit; DC738, how it was measured is not said; DC740,
            DC741; DC867, it is measured once.
    """
    checked = check_areas(patches)
    if measured is None or measured.method is None:
        raise _not_said(msg("how the area was measured"), "--method")
    public = _record(state, measured, at)
    if visit is not None:
        public["visit"] = check_visit(settled.protocol, visit)
        check_again(settled, arms, visit)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Far:
    """A measurement that is far from the one before: what a person types again to confirm it, and in which unit."""

    text: Message
    total: Decimal
    unit: str


def far_from_before(state: ParticipantState, draft: Draft) -> Iterator[Far]:
    """Yield what is five times the measurement before or more, or a fifth of it or less (R6)."""
    records = [state.weight] if draft.public["what"] == "weight" else list(state.areas.values())
    before = max((each for each in records if each is not None), key=lambda one: str(one.get("date", "")), default=None)
    if before is None:
        return
    counted = unit(draft.public["unit"])
    now, was = (Quantity(_total(each["values"]), counted) for each in (draft.public, before))
    if far_apart(now.value, was.value):
        text = msg(
            "the measurement of {code} is {now}, and the one before it was {was}",
            code=state.code, now=show(now), was=show(was),
        )  # fmt: skip
        yield Far(text=text, total=now.value, unit=draft.public["unit"])


def _total(values: str | Sequence[str]) -> Decimal:
    return sum((parse_number(each) for each in ([values] if isinstance(values, str) else values)), Decimal(0))


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
