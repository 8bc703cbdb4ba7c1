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
    from collections.abc import Mapping, Sequence

    from dosecalc.errors import Refusal
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
    sealed = {"arm": state.arm, "kit": state.kit, "side": state.side}
    if state.arm is None and state.side is None:
        raise refuse(
            "DC733",
            msg("no arm is recorded for {participant}", participant=state.code),
            msg("check the code; the pharmacist has the allocation list"),
        )
    known = {name: value for name, value in sealed.items() if value is not None}
    return _unblinding(state, settled, at=at, reason=reason, told=told, sealed=known)


def decide_card_opened(
    state: ParticipantState, settled: Settled, *, at: dt.datetime, by: str, reason: str | None, told: str
) -> Draft:
    """Return the event of an unblinding by the card in the safe, which `by` opened. It says no arm and takes no key.

    Raises:
        Refusal: DC709, there is no reason; DC732, nobody is named; DC733, nobody is masked; DC826, a text says an arm.
    """
    check_masked(settled)
    if not by.strip():
        raise refuse("DC732", msg("it is not known who opened the card"), msg("give the name with --opened-by"))
    return _unblinding(state, settled, at=at, reason=reason, told=told, card=by.strip())


def _unblinding(
    state: ParticipantState,
    settled: Settled,
    *,
    at: dt.datetime,
    reason: str | None,
    told: str,
    card: str | None = None,
    sealed: Mapping[str, str] | None = None,
) -> Draft:
    if not told.strip():
        raise refuse("DC732", msg("it is not known who was told the arm"), msg("give the name with --told"))
    opened = {} if card is None else {"card_opened_by": card}
    draft = Draft(
        kind="unblind",
        at=at,
        participant=state.code,
        reason=reason,
        public={"told": told.strip(), **opened},
        sealed=sealed,
    )
    check(draft)
    check_untold(draft, settled.protocol)
    return draft


def no_key_at_hand(code: str) -> Refusal:
    """Return the refusal to reveal an arm without the key: the card in the safe needs none."""
    return refuse(
        "DC726",
        msg("the arm of {code} cannot be shown without the study's key", code=code),
        msg(
            "give the key file with --key; or open the card of {code} in the safe, and record that: participant "
            "unblind {code} --card --told NAME --reason WHY",
            code=code,
        ),
    )


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
