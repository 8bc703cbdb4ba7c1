"""What breaks the blinding on purpose: what may be recorded, and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.registry.drafts import check
from dosecalc.registry.event import Draft
from dosecalc.registry.untold import check_untold
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState


def decide_unblind(
    state: ParticipantState, settled: Settled, *, at: dt.datetime, reason: str | None, told: str
) -> Draft:
    """Return the event of an unblinding. `state` is folded with the key; `told` names who was told the arm.

    Where everybody gets every arm, the side says which area has which.

    Raises:
        Refusal: DC709, there is no reason; DC732, nobody is named; DC733, there is nothing to unblind; DC826, reason or
            name say an arm.
    """
    check_masked(settled)
    if not told.strip():
        raise refuse("DC732", msg("it is not known who was told the arm"), msg("give the name with --told"))
    sealed = {"arm": state.arm, "kit": state.kit, "side": state.side}
    if state.arm is None and state.side is None:
        raise refuse(
            "DC733",
            msg("no arm is recorded for {participant}", participant=state.code),
            msg("check the code; the pharmacist has the allocation list"),
        )
    draft = Draft(
        kind="unblind",
        at=at,
        participant=state.code,
        reason=reason,
        public={"told": told.strip()},
        sealed={name: value for name, value in sealed.items() if value is not None},
    )
    check(draft)
    check_untold(draft, settled.protocol)
    return draft


def decide_codebreak(count: int, only: Sequence[str], *, at: dt.datetime, reason: str | None) -> Draft:
    """Return the event of printing `count` code-break cards; `only` are the codes, where some were chosen."""
    chosen = {"participants": sorted(set(only))} if only else {}
    return Draft(kind="codebreak", at=at, reason=reason, public={"count": count, **chosen})


def check_masked(settled: Settled) -> None:
    """Refuse to unblind where nobody is masked.

    Raises:
        Refusal: DC733.
    """
    if not settled.protocol.masking.masked:
        raise refuse(
            "DC733",
            msg("{protocol} is an open trial: nobody is masked", protocol=settled.protocol.id),
            msg("`participant show` shows the arm"),
        )
