"""What a calculation asks of the site, and the memory of what it asked: a result names what it rests on (R8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, get_args

from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.protocol.dose_rule import Answer, AreaMeasured, BelowOneSite, CellCount, Covers, Patches
from dosecalc.quantity import Rounding
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from dosecalc.protocol.settled import Settled

Choice = TypeVar("Choice", bound=str)

ROUNDINGS: tuple[Rounding, ...] = get_args(Rounding)
PATCHES: tuple[Patches, ...] = get_args(Patches)
BELOW_ONE_SITE: tuple[BelowOneSite, ...] = get_args(BelowOneSite)
COVERS: tuple[Covers, ...] = get_args(Covers)
COUNTS: tuple[CellCount, ...] = get_args(CellCount)
AREA_MEASURED: tuple[AreaMeasured, ...] = get_args(AreaMeasured)


def check_rounding(mode: str | None) -> Rounding | None:
    """Return a rounding mode given by hand; None where none was given.

    Raises:
        Refusal: DC343, it is none of the modes.
    """
    if mode is None:
        return None
    for known in ROUNDINGS:
        if known == mode:
            return known
    raise refuse(
        "DC343",
        msg("'{mode}' is not a way of rounding", mode=mode),
        msg("write one of: {modes}", modes=", ".join(ROUNDINGS)),
    )


class Questions:
    """Asks what the protocol leaves open, and remembers the codes of the assumptions that were asked."""

    __slots__ = ("settled", "used")

    def __init__(self, settled: Settled) -> None:
        self.settled = settled
        self.used: set[str] = set()

    def answer(self, decision: Choice | Answer, choices: tuple[Choice, ...]) -> Choice:
        """Return the decision itself, or the answer to the question that stands in its place.

        Raises:
            Refusal: DC301, the question is open; DC309, the answer is not one that is possible.
        """
        if not isinstance(decision, Answer):
            return decision
        given = self.settled.require(decision).answer
        self.used.add(decision.answer)
        for choice in choices:
            if choice == given:
                return choice
        raise refuse(
            "DC309",
            msg("the answer '{answer}' to {code} is not possible here", answer=given, code=decision.answer),
            msg("answer with one of: {choices}", choices=", ".join(choices)),
        )

    def sourced(self, words: Message, decision: Choice | Answer | None) -> Message:
        """Return the words of a decision with where the site file's answer is written down; else as they are (R16)."""
        here = self.settled.here
        if not isinstance(decision, Answer) or here is None or decision.answer not in here.answers:
            return words
        written = here.answers[decision.answer].confirmed
        return msg("{words} ({document}, {section})", words=words, document=written.document, section=written.section)

    def glance(self, decision: Choice | int | Answer) -> tuple[str | None, bool]:
        """Return what is known of a decision that the arithmetic itself does not need, and whether that is certain."""
        if not isinstance(decision, Answer):
            return str(decision), True
        self.used.add(decision.answer)
        found = self.settled.find(decision.answer)
        return (None, False) if found is None else (found.answer, found.confirmed)

    def open_among(self, *decisions: str | Answer) -> tuple[Finding, ...]:
        """Return the findings of all these decisions that are open, so that one refusal names them all."""
        findings: list[Finding] = []
        for decision in decisions:
            if isinstance(decision, Answer) and self.settled.find(decision.answer) is None:
                try:
                    self.settled.require(decision)
                except Refusal as refusal:
                    findings.extend(refusal.findings)
        return tuple(findings)
