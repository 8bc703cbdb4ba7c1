"""The questions of a protocol: what may answer them, and that they fit the places that ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding, Refusal
from dosecalc.protocol.dose_rule import Answer, DoseRule, Fixed, PerArea, PerSite, PerWeight, TopicalDaily
from dosecalc.protocol.model import Assumption, Protocol, Timing
from dosecalc.protocol.offsets import parse_offset
from dosecalc.protocol.walk import walk
from dosecalc.quantity import parse_quantity
from dosecalc.text import Message, msg
from dosecalc.units import unit

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNT = re.compile(r"[1-9]\d{0,3}", re.ASCII)


def check_assumptions(protocol: Protocol) -> Iterator[Finding]:
    """DC122 for each question that cannot be answered as it stands, or not where it is asked."""
    for assumption in (protocol.assumptions or {}).values():
        path = f"assumptions.{assumption.id}"
        if assumption.kind == "choice" and not assumption.choices:
            yield Finding(
                "DC122",
                msg("a choice needs its choices"),
                msg("list them under 'choices'"),
                assumption.where,
                path,
            )
        if (assumption.kind == "quantity") != (assumption.unit is not None):
            yield Finding(
                "DC122",
                msg("'kind: quantity' and 'unit' belong together"),
                msg("write both, or neither"),
                assumption.where,
                path,
            )
        elif assumption.unit:
            yield from _known_unit(assumption.unit, path)
        for choice in (*assumption.other_file, *([assumption.assumed] if assumption.assumed else [])):
            if assumption.choices and choice not in assumption.choices:
                yield Finding(
                    "DC122",
                    msg("'{choice}' is not one of the choices", choice=choice),
                    msg("write one of: {choices}", choices=", ".join(assumption.choices)),
                    assumption.where,
                    f"{path}.{'assumed' if choice == assumption.assumed else 'other_file'}",
                )
        if assumption.assumed and not assumption.choices and (mend := wrong_answer(assumption, assumption.assumed)):
            what = msg("'{answer}' cannot be assumed here", answer=assumption.assumed)
            yield Finding("DC122", what, mend, path=f"{path}.assumed")
    for path, record in walk(protocol):
        if isinstance(record, DoseRule) and isinstance(record.volume, Answer):
            yield from _kind(protocol, record.volume, "quantity", f"{path}.volume")
        if isinstance(record, (PerSite, PerArea, Fixed, PerWeight, TopicalDaily)):
            yield from _answer_kinds(protocol, record, path)
        elif isinstance(record, Timing) and isinstance(record.offset, Answer):
            yield from _kind(protocol, record.offset, "duration", f"{path}.offset")


def wrong_answer(assumption: Assumption, answer: str) -> Message | None:
    """How to mend an answer that the question cannot have; None where the answer is possible."""
    if assumption.choices and answer not in assumption.choices:
        return msg("write one of: {choices}", choices=", ".join(assumption.choices))
    try:
        if assumption.kind == "duration":
            parse_offset(answer)
        elif assumption.kind == "quantity":
            given = parse_quantity(answer)
            if given.unit != unit(str(assumption.unit)):
                return msg("write the amount in {unit}", unit=str(assumption.unit))
            if given.value == 0:
                return msg("write an amount above zero")
        elif assumption.kind == "count" and not _COUNT.fullmatch(answer):
            return msg("write a whole number")
    except Refusal as refusal:
        return refusal.findings[0].mend
    return None


def _known_unit(text: str, path: str) -> Iterator[Finding]:
    try:
        unit(text)
    except Refusal as refusal:
        for found in refusal.findings:
            yield Finding(found.code, found.what, found.mend, path=f"{path}.unit")


_CHOICES_OF = {
    "rounding": {"up", "down", "half_up"},
    "below_one_site": {"one_site", "error"},
    "patches": {"summed", "each"},
    "area_measured": {"once", "each_visit"},
    "counts": {"total", "viable"},
    "covers": {"each_dose", "all_doses"},
}


def _answer_kinds(protocol: Protocol, rule: Any, path: str) -> Iterator[Finding]:
    for name, choices in _CHOICES_OF.items():
        answer = getattr(rule, name, None)
        if isinstance(answer, Answer):
            yield from _kind(protocol, answer, "choice", f"{path}.{name}", choices)
    if isinstance(rule, TopicalDaily) and isinstance(rule.times_a_day, Answer):
        yield from _kind(protocol, rule.times_a_day, "count", f"{path}.times_a_day")


def _kind(
    protocol: Protocol, answer: Answer, kind: str, path: str, choices: set[str] | None = None
) -> Iterator[Finding]:
    assumption = (protocol.assumptions or {}).get(answer.answer)
    if assumption is None:
        return
    if assumption.kind != kind or (choices is not None and not set(assumption.choices) <= choices):
        yield Finding(
            "DC122",
            msg("the assumption '{code}' cannot answer what stands here", code=answer.answer),
            msg("give it the kind {kind} and choices among: {choices}", kind=kind, choices=", ".join(sorted(choices)))
            if choices
            else msg("give it the kind {kind}", kind=kind),
            answer.where,
            path,
        )
