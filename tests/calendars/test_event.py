"""Names that stay for ever, and texts that may stand in a calendar."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosecalc.calendars.event import calendar_uid, check_text, item_uid
from dosecalc.errors import Refusal

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "dosecalc.invalid")


def test_the_name_of_a_visit_never_changes() -> None:
    """Every calendar that was handed out hangs on this: a change here would show all visits twice."""
    assert item_uid("NCT07084012", "P-001", "visit", "D7", "participant") == (
        "88beead7-d55a-5619-b0fd-23c7a36d1884@dosecalc.invalid"
    )
    assert calendar_uid("NCT07084012", "P-001", "participant") == (
        "63197d30-5f0a-5f94-b26c-8deb01127917@dosecalc.invalid"
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), min_size=3, max_size=3))
def test_names_are_those_of_rfc_9562(parts: list[str]) -> None:
    protocol, participant, encounter = parts
    written = "\n".join((protocol, participant, "visit", encounter, "clinic"))
    assert item_uid(protocol, participant, "visit", encounter, "clinic") == (
        f"{uuid.uuid5(NAMESPACE, written)}@dosecalc.invalid"
    )


def test_an_item_has_a_name_of_its_own_for_each_audience() -> None:
    names = {item_uid("P", "1", "visit", "D7", audience) for audience in ("participant", "clinic", "pharmacy")}
    assert len(names) == 3


def test_a_cohort_is_no_participant() -> None:
    assert calendar_uid("P", None, "clinic") != calendar_uid("P", "cohort", "clinic")


@pytest.mark.parametrize("text", ["Week 2", "第 2 周", "a, b; c\\d", "5 °C – 8 °C", "全角　空格", "🏥", "é", ""])
def test_ordinary_texts_may_stand_in_a_calendar(text: str) -> None:
    assert check_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("room 1\r\nATTACH:x", "room 1<U+000D><U+000A>ATTACH:x"),
        ("room\n1", "room<U+000A>1"),
        ("tab\there", "tab<U+0009>here"),
        ("line\u2028break", "line<U+2028>break"),
        ("turned \u202eround", "turned <U+202E>round"),
        ("\ufeffBOM", "<U+FEFF>BOM"),
        ("half \ud800", "half <U+D800>"),
        ("\x7f", "<U+007F>"),
    ],
)
def test_line_breaks_and_characters_that_cannot_be_seen_are_refused(text: str, shown: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_text(text)
    (finding,) = refusal.value.findings
    assert finding.code == "DC501"
    assert str(finding.what) == (f"the text '{shown}' holds a line break or another character that cannot be seen")
    assert str(finding.mend) == "write it on one line and delete the characters shown in angle brackets"
