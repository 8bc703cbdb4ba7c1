"""An area that is measured once, for all doses, has no second measurement at a visit (R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.dosing.remeasured import measured_when
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState


def _once(settled: Settled, arms: Sequence[str]) -> bool:
    """Whether the area is measured once; as long as nobody has answered that, nothing speaks against measuring."""
    try:
        return bool(arms) and measured_when(settled, arms) == "once"
    except Refusal:
        return False


def check_again(settled: Settled, arms: Sequence[str], visit: str | None) -> None:
    """Refuse a measurement at a visit where the area is measured once.

    Raises:
        Refusal: DC867.
    """
    if visit is not None and _once(settled, arms):
        raise refuse(
            "DC867",
            msg("the area is measured once in this study, for all doses, and not again at {visit}", visit=visit),
            msg("leave --visit out, if it is the first one; otherwise nothing has to be recorded"),
        )


def once_again(settled: Settled, state: ParticipantState, arms: Sequence[str]) -> list[Finding]:
    """What stands against a dose where an area is on record that was measured again, and it is measured once."""
    visits = [visit for visit in state.areas if visit is not None]
    if not visits or not _once(settled, arms):
        return []
    return [
        Finding(
            "DC867",
            msg("the area is measured once in this study, and another one of {code} is on record for {visits}",
                code=state.code, visits=", ".join(visits)),
            msg("whoever recorded it takes it out: `participant correct NUMBER --void --reason …`; "
                "`participant show {code}` tells the number", code=state.code),
        )
    ]  # fmt: skip
