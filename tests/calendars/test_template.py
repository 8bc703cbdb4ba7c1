"""Cutting a rendered text and folding as icalendar folds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar.parser import Contentline
from icalendar.prop import vText

from dosecalc.calendars.template import Template, cut, escape, fold

harmless = st.characters(exclude_categories=["Cs", "Cc"])
long_texts = st.one_of(
    st.text(harmless, max_size=400),
    st.text(st.sampled_from("\\^,;aé周🏥"), max_size=400),
    st.builds(lambda head, many: head + "\\" * many, st.text(harmless, max_size=80), st.integers(0, 200)),
)


@given(long_texts)
def test_lines_fold_where_icalendar_folds_them(text: str) -> None:
    line = "DESCRIPTION:" + text
    assert fold(line) == Contentline(line).to_ical()  # type: ignore[no-untyped-call]


@given(st.text(st.sampled_from("ab周"), min_size=1, max_size=120), long_texts)
def test_the_rest_of_a_line_folds_as_the_whole_line_does(begun: str, rest: str) -> None:
    """The beginning of a line is folded already; what follows it goes on in the last folded piece."""
    beginning = fold("DESCRIPTION:" + begun)
    last = beginning.rpartition(b"\r\n ")[2]
    assert beginning + fold(rest, len(last)) == fold("DESCRIPTION:" + begun + rest)


@given(st.text(harmless, max_size=100).filter(lambda text: "\\N" not in text))
def test_texts_are_escaped_as_icalendar_escapes_them(text: str) -> None:
    """But for a backslash before N, of which icalendar makes a line break; see the next test."""
    assert escape(text).encode() == vText(text).to_ical()


def test_a_capital_n_after_a_backslash_is_kept() -> None:
    assert escape("C:\\New") == "C:\\\\New"


def filled(template: Template, *values: str) -> str:
    return template.fill([value.encode() for value in values]).decode()


def test_values_take_the_places_of_markers() -> None:
    template = cut("UID:~~~@x\r\nSUMMARY:100 % of ~~~ on 9101-02-03\r\n", ["~~~", "9101-02-03"])
    assert filled(template, "P-1", "2026-03-09") == "UID:P-1@x\r\nSUMMARY:100 % of P-1 on 2026-03-09\r\n"


def test_a_value_that_a_fold_cuts_is_filled_in_as_two_pieces() -> None:
    template = cut("DESCRIPTION:on 9101-0\r\n 2-03.\r\nSEQUENCE:7\r\n", ["9101-02-03", "SEQUENCE"])
    assert filled(template, "2026-03-09", "XSEQUENC") == "DESCRIPTION:on 2026-0\r\n 3-09.\r\nXSEQUENC:7\r\n"


def test_some_values_can_be_filled_in_for_good() -> None:
    template = cut("~~~ on 9101-0\r\n 2-03, ~~~", ["~~~", "9101-02-03"])
    bound = template.bind({1: b"2026-03-09"})
    assert filled(bound, "P-1", "no such") == "P-1 on 2026-0\r\n 3-09, P-1"
    assert filled(template, "P-1", "2027-01-01") == "P-1 on 2027-0\r\n 1-01, P-1"


parts = st.sampled_from(["", "~~~~~", "9101-02-03", "91010203", "x", "周", "\\", "%s", "b" * 70])


@given(st.lists(parts, max_size=40))
def test_filled_with_its_markers_a_template_is_the_text_again(parts: list[str]) -> None:
    text = fold("DESCRIPTION:" + "".join(parts)).decode() + "\r\nSTATUS:CONFIRMED\r\n"
    markers = ["~~~~~", "9101-02-03", "", "91010203", "CONFIRMED"]
    assert filled(cut(text, markers), *markers) == text
    assert filled(cut(text, markers).bind({1: b"9101-02-03"}), *markers) == text


@pytest.mark.parametrize("before", range(60, 76))
def test_a_fold_may_stand_before_in_and_behind_a_value(before: int) -> None:
    line = "D:" + "x" * (before - 2)
    template = cut(fold(line + "~~~" + "`````" + "end").decode(), ["~~~", "`````"])
    assert filled(template, "P-1", "12345") == fold(line + "P-1" + "12345" + "end").decode()


def test_a_longer_marker_is_found_before_a_shorter_one_that_begins_it() -> None:
    template = cut("on 9101-02-03 12:30, 9101-02-03", ["9101-02-03", "9101-02-03 12:30"])
    assert filled(template, "2026-03-09", "2026-03-10 09:00") == "on 2026-03-10 09:00, 2026-03-09"


@pytest.mark.parametrize("before", [15, *range(60, 76)])
def test_a_tail_goes_on_where_its_line_stands(before: int) -> None:
    begun = "DESCRIPTION:" + "x" * (before - 12)
    template = cut("SUMMARY:a\r\n" + fold(begun + "|tail|").decode() + "\r\nEND", ["|tail|"], tail=0)
    said = "周" * 70
    assert template.fill([fold(said, template.tail_column)]) == b"SUMMARY:a\r\n" + fold(begun + said) + b"\r\nEND"
