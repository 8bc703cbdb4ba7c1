"""Cutting a rendered text and folding as icalendar folds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from icalendar.parser import Contentline
from icalendar.prop import vText

from dosecalc.calendars.template import Template, escape, fold

harmless = st.characters(exclude_categories=["Cs", "Cc"])
long_texts = st.one_of(
    st.text(harmless, max_size=400),
    st.text(st.sampled_from("\\^,;aé周🏥"), max_size=400),
    st.builds(lambda head, many: head + "\\" * many, st.text(harmless, max_size=80), st.integers(0, 200)),
)


@given(long_texts)
def test_lines_fold_where_icalendar_folds_them(text: str) -> None:
    line = "DESCRIPTION:" + text
    assert fold(line).encode() == Contentline(line).to_ical()  # type: ignore[no-untyped-call]


@given(st.text(st.sampled_from("ab周"), min_size=1, max_size=120), long_texts)
def test_the_rest_of_a_line_folds_as_the_whole_line_does(begun: str, rest: str) -> None:
    """The beginning of a line is folded already; what follows it goes on in the last folded piece."""
    beginning = fold("DESCRIPTION:" + begun)
    last = beginning.rpartition("\r\n ")[2]
    assert beginning + fold(rest, len(last.encode())) == fold("DESCRIPTION:" + begun + rest)


@given(st.text(harmless, max_size=100).filter(lambda text: "\\N" not in text))
def test_texts_are_escaped_as_icalendar_escapes_them(text: str) -> None:
    """But for a backslash before N, of which icalendar makes a line break; see the next test."""
    assert escape(text).encode() == vText(text).to_ical()


def test_a_capital_n_after_a_backslash_is_kept() -> None:
    assert escape("C:\\New") == "C:\\\\New"


def test_values_take_the_places_of_markers() -> None:
    template = Template("UID:~~~@x\r\nSUMMARY:100 % of ~~~ on 9101-02-03\r\n", ["~~~", "9101-02-03"])
    assert template.fill(["P-1", "2026-03-09"]) == "UID:P-1@x\r\nSUMMARY:100 % of P-1 on 2026-03-09\r\n"


def test_a_value_that_a_fold_cuts_is_filled_in_as_two_pieces() -> None:
    template = Template("DESCRIPTION:on 9101-0\r\n 2-03.\r\nSEQUENCE:7\r\n", ["9101-02-03", "SEQUENCE"])
    assert template.fill(["2026-03-09", "XSEQUENC"]) == "DESCRIPTION:on 2026-0\r\n 3-09.\r\nXSEQUENC:7\r\n"


def test_a_longer_marker_is_found_before_a_shorter_one_that_begins_it() -> None:
    template = Template("on 9101-02-03 12:30, 9101-02-03", ["9101-02-03", "9101-02-03 12:30"])
    assert template.fill(["2026-03-09", "2026-03-10 09:00"]) == "on 2026-03-10 09:00, 2026-03-09"


def test_a_tail_goes_on_where_its_line_stands() -> None:
    template = Template("DESCRIPTION:12345|tail|\r\nEND", ["|tail|"], tail=0)
    assert template.tail_column == len("DESCRIPTION:12345")
    folded = fold("x" * 70, template.tail_column)
    assert template.fill([folded]) == "DESCRIPTION:12345" + "x" * 57 + "\r\n " + "x" * 13 + "\r\nEND"
