"""What is to be done at a visit of a participant, as the clinic needs to know it: the same for every arm (R15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.dosing.planned import needs
from dosecalc.dosing.remeasured import measured_when
from dosecalc.errors import Refusal
from dosecalc.registry.plan_of import dose_visits
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState
    from dosecalc.text import Message


def needed(settled: Settled, state: ParticipantState, visit: str) -> tuple[Message, ...]:
    """Return what is to be done at `visit`: in a masked trial whatever any arm needs there."""
    protocol = settled.protocol
    known = not protocol.masking.masked and state.arm in protocol.arms
    arms = (state.arm,) if known and state.arm is not None else tuple(protocol.arms)
    if not any(visit in dose_visits(protocol, protocol.arms[arm]) for arm in arms):
        return ()
    return tuple(_at_a_dose(settled, state, arms))


def _at_a_dose(settled: Settled, state: ParticipantState, arms: tuple[str, ...]) -> Iterator[Message]:
    must = needs(settled.protocol, arms).must
    if "area" in must:
        try:
            again = measured_when(settled, arms) == "each_visit"
        except Refusal:  # DC301: the site has not answered yet; whoever prepares the dose reads the question
            yield msg("measure the area, if it is measured again")
        else:
            if again or not state.areas:
                yield msg("measure the area")
    if "weight" in must and state.weight is None:
        yield msg("measure the body weight")
    yield msg("a dose is given")
