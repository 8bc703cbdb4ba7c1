"""What a result rests on, and why it may still be a draft (R8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.protocol.dose_rule import Answer
from dosecalc.protocol.walk import walk
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Collection

    from dosecalc.protocol.settled import Settled

_DOSE_MATTERS = frozenset({"dose", "volume", "record"})


def referenced(settled: Settled) -> frozenset[str]:
    """Return the codes of the assumptions that some amount or decision of a dose rule refers to."""
    return frozenset(record.answer for _, record in walk(settled.protocol.arms) if isinstance(record, Answer))


def assumptions_for(
    settled: Settled, arms: Collection[str], used: Collection[str], elsewhere: Collection[str] | None = None
) -> tuple[str, ...]:
    """Return the codes of the assumptions that doses of these arms rest on, in the order of the protocol file.

    Those are the ones that were asked (`used`), and those that concern one of the arms and bear on dose, volume or the
    record itself but that no dose rule refers to, so that no calculation of a dose can ask them; the length of the
    interval between doses is one. `elsewhere` are the codes that rules refer to, where the caller knows them
    (`referenced`).
    """
    asked_for = referenced(settled) if elsewhere is None else elsewhere
    return tuple(
        code
        for code, assumption in settled.protocol.assumptions.items()
        if code in used
        or (
            code not in asked_for
            and not _DOSE_MATTERS.isdisjoint(assumption.bears_on)
            and (assumption.arms is None or not set(assumption.arms).isdisjoint(arms))
        )
    )


def unconfirmed_among(settled: Settled, assumptions: Collection[str]) -> tuple[str, ...]:
    """Return those of the assumptions that bear on the dose and that nobody has confirmed (R8)."""
    return tuple(code for code in assumptions if _is_unconfirmed(settled, code))


def _is_unconfirmed(settled: Settled, code: str) -> bool:
    found = settled.find(code)
    return settled.protocol.assumptions[code].bears_on_dose and not (found and found.confirmed)


def draft_reasons(
    settled: Settled, unconfirmed: Collection[str], *, rounding_by_hand: bool, level_by_hand: bool
) -> tuple[Message, ...]:
    """Return why a result is a draft and may not be administered; nothing where it is released (R8)."""
    reasons: list[Message] = []
    if not settled.verified:
        reasons.append(msg("nobody has verified the protocol file against the approved protocol"))
    if settled.site is not None and settled.site.example:
        reasons.append(msg("the site file is an example, and an example confirms nothing"))
    for code in unconfirmed:
        question = settled.protocol.assumptions[code].question
        reasons.append(msg("{code} is not confirmed: {question}", code=code, question=question))
    if rounding_by_hand:
        reasons.append(msg("the rounding was given by hand (--round)"))
    if level_by_hand:
        reasons.append(msg("the level was given by hand (--level), without a decision in the site file"))
    return tuple(reasons)
