"""The bars of a timeline on a terminal, each counted out by hand."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosecalc.documents.timeline_text import timeline_axis, timeline_text
from visits.building import at, day, defining, due, named, plan, protocol, site, start

INFUSIONS = protocol(defining("D0"), due("D7", "P7D", ("P2D", "P2D")), due("D14", "P14D", ("P2D", "P2D")))


def test_each_visit_is_a_line_and_each_day_a_column() -> None:
    # 2 to 18 March are 17 days. D0 is column 0, D7 is columns 5 to 9 with its target on 7, D14 columns 12 to 16.
    visits = plan(INFUSIONS, day("2026-03-02")).visits
    assert timeline_text(visits, 17) == [
        "◆                ",
        "     ├─◆─┤       ",
        "            ├─◆─┤",
    ]


def test_a_terminal_without_unicode_gets_plain_characters() -> None:
    visits = plan(INFUSIONS, day("2026-03-02"), actual={"D7": day("2026-03-10")}).visits
    assert timeline_text(visits, 17, ascii_only=True) == [
        "+                ",
        "     |-+x|       ",
        "            |-+-|",
    ]


def test_wide_terminals_give_each_day_an_odd_number_of_columns() -> None:
    # 17 days, three columns each, take 51 of 60: D7 from 15 to 29 with its target in the middle of its day, 22.
    visits = plan(INFUSIONS, day("2026-03-02")).visits
    assert timeline_text(visits, 60)[1] == " " * 15 + "├──────◆──────┤" + " " * 30


def test_long_timelines_share_columns() -> None:
    # Days 0 to 364 are 365 days on 73 columns between two margins of one: five days each. The window of day 364
    # begins on day 350: 350 / 5 = column 70, behind the margin 71; day 364 is in column 73.
    visits = plan(protocol(defining("D0"), due("END", "P364D", ("P14D", "P0D"))), day("2026-03-02")).visits
    assert timeline_text(visits, 75) == [" ◆" + " " * 73, " " * 71 + "├─◆" + " "]


def test_a_window_shows_on_both_sides_however_narrow_its_columns() -> None:
    narrow = protocol(defining("D0"), *(due(f"V{n}", f"P{n}D", ("P2D", "P2D")) for n in (21, 42, 63)))
    lines = timeline_text(plan(narrow, day("2026-03-02")).visits, 16)
    assert [line.strip() for line in lines] == ["◆", "├◆┤", "├◆┤", "├◆┤"]
    one_sided = protocol(defining("D0"), due("V", "P200D", ("P0D", "P1D")), due("W", "P300D", ("P1D", "P0D")))
    lines = timeline_text(plan(one_sided, day("2026-03-02")).visits, 16)
    assert [line.strip() for line in lines] == ["◆", "◆┤", "├◆"]


def test_a_window_of_zero_days_is_its_day() -> None:
    # Eight days on 24 columns, three each; day 7 is columns 21 to 23.
    visits = plan(protocol(defining("D0"), due("V", "P7D", ("P0D", "P0D"))), day("2026-03-02")).visits
    assert timeline_text(visits, 24) == [" ◆" + " " * 22, " " * 21 + "├◆┤"]


def test_a_window_of_the_site_looks_different() -> None:
    what = protocol(defining("D0"), due("W1", "P7D"))
    visits = plan(what, day("2026-03-02"), where=site(windows={"W1": ("P2D", "P2D")})).visits
    assert timeline_text(visits, 10) == ["◆         ", "     ├╌◆╌┤"]
    assert timeline_text(visits, 10, ascii_only=True)[1] == "     |.+.|"


def test_a_target_without_a_window_stands_alone() -> None:
    visits = plan(protocol(defining("D0"), due("W1", "P7D")), day("2026-03-02")).visits
    assert timeline_text(visits, 8) == ["◆       ", "       ◆"]


def test_a_visit_that_took_place_outside_its_window_is_drawn_there() -> None:
    visits = plan(INFUSIONS, day("2026-03-02"), actual={"D7": day("2026-03-13")}).visits
    assert timeline_text(visits, 17)[1] == "     ├─◆─┤ ●     "


def test_a_pending_visit_has_a_question_mark() -> None:
    what = protocol(defining("D0"), due("V", "P3D", anchor="onset"), anchors=[named("onset", "onset")])
    visits = plan(what, day("2026-03-02")).visits
    assert timeline_text(visits, 8) == ["   ◆    ", "       ?"]


def test_hours_stand_within_their_day() -> None:
    # One day on seven columns; 09:30 is 9.5 / 24 x 7 = 2.8, so column 2; 13:30 is 3.9, so column 3.
    hours = protocol(defining("D0"), due("H4", "PT4H"), anchors=[start(time_needed=True)])
    assert timeline_text(plan(hours, at("2026-03-02T09:30")).visits, 40) == ["  ◆".ljust(40), "   ◆".ljust(40)]


def test_the_heading_has_the_first_and_the_last_day() -> None:
    visits = plan(INFUSIONS, day("2026-03-02")).visits
    assert timeline_axis(visits, 60) == "2026-03-02" + " " * 31 + "2026-03-18" + " " * 9
    assert timeline_axis(visits, 17) == "03-02       03-18"
    assert timeline_axis(visits, 8) == " " * 8
    assert timeline_axis(visits, 11) == "03-02 03-18"
    assert timeline_axis(visits[:1], 12) == "2026-03-02  "
    assert timeline_axis([], 12) == " " * 12


def test_a_timeline_of_nothing_is_empty() -> None:
    assert timeline_text([], 10) == []


def test_a_timeline_without_room_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="at least one column"):
        timeline_text([], 0)


@given(st.integers(1, 200), st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1)), st.integers(0, 9999), st.booleans())
def test_every_line_has_the_width_that_was_asked_for(width: int, first: dt.date, far: int, ascii_only: bool) -> None:
    what = protocol(defining("D0"), due("A", f"P{far}D", ("P3D", "P9D")), due("B", "-P28D", ("P0D", "P26D")))
    visits = plan(what, first, actual={"A": first}).visits
    for line in [*timeline_text(visits, width, ascii_only=ascii_only), timeline_axis(visits, width)]:
        assert len(line) == width
        assert not any(unicodedata.combining(character) for character in line)
        assert line.isascii() or not ascii_only
