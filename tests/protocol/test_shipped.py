"""The shipped protocols: no answer of a site is accepted and then ignored."""

from __future__ import annotations

import pytest

from dosecalc.app import load_protocol, shipped_protocols
from dosecalc.protocol.dose_rule import Answer
from dosecalc.protocol.walk import walk


@pytest.mark.parametrize("name", shipped_protocols())
def test_every_choice_is_calculated_with_or_needs_another_file(name: str) -> None:
    protocol = load_protocol(name)
    asked = {record.answer for _, record in walk(protocol) if isinstance(record, Answer)}
    ignored = {
        f"{question.id}: {choice}"
        for question in protocol.assumptions.values()
        if question.kind not in {"text", "quantity"} and question.id not in asked
        for choice in question.choices or ("any answer",)
        if choice != question.assumed and choice not in question.other_file
    }
    assert ignored == set()


@pytest.mark.parametrize("name", shipped_protocols())
def test_every_question_that_a_calculation_needs_is_asked_by_it(name: str) -> None:
    # A quantity that no rule asks for would be an answer that nothing reads.
    protocol = load_protocol(name)
    asked = {record.answer for _, record in walk(protocol) if isinstance(record, Answer)}
    assert {question.id for question in protocol.assumptions.values() if question.kind == "quantity"} <= asked
