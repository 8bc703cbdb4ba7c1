"""The picture of a timeline: well-formed, the same every time, and nothing outside it or on top of another."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosecalc.documents.lettering import escaped, width, wrapped
from dosecalc.documents.timeline_svg import timeline_svg
from dosecalc.text import Words, msg
from visits.building import at, day, defining, due, named, plan, protocol, site, start, unscheduled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.text import Language
    from dosecalc.visits.visit import Visit

SVG = "{http://www.w3.org/2000/svg}"
INFUSIONS = protocol(defining("D0"), due("D7", "P7D", ("P2D", "P2D")), due("D14", "P14D", ("P2D", "P2D")))
START = day("2026-03-02")


def drawn(visits: Sequence[Visit], language: Language = "en", title: object = "T-1") -> ElementTree.Element:
    return ElementTree.fromstring(timeline_svg(visits, language, title))


def said(picture: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def bars(picture: ElementTree.Element) -> list[ElementTree.Element]:
    return [rect for rect in picture.iter(f"{SVG}rect") if rect.get("stroke")]


def number(element: ElementTree.Element, name: str) -> int:
    return int(element.get(name, "0"))


def diamonds(picture: ElementTree.Element) -> list[tuple[int, int]]:
    """The middles of the target marks."""
    found = [re.fullmatch(r"M(\d+) (\d+)L\d+ (\d+)L.*Z", path.get("d", "")) for path in picture.iter(f"{SVG}path")]
    return [(int(each[1]), int(each[3])) for each in found if each]


def test_the_same_visits_give_the_same_bytes() -> None:
    visits = plan(INFUSIONS, START).visits
    assert timeline_svg(visits, "en", "T-1") == timeline_svg(list(visits), "en", "T-1")
    assert timeline_svg(visits, "en", "T-1") != timeline_svg(visits, "en", "T-2")


def test_every_visit_has_its_label_its_dates_and_its_window() -> None:
    text = said(drawn(plan(INFUSIONS, START).visits))
    for expected in (
        "D7",
        "Monday 2026-03-09",
        "2026-03-07 – 2026-03-11",
        "Monday 2026-03-16",
        "2026-03-14 – 2026-03-18",
    ):
        assert expected in text
    assert "The first and the last day belong to a window. Days are the site's local calendar days." in text


def test_the_bar_of_a_window_lies_round_its_target() -> None:
    picture = drawn(plan(INFUSIONS, START).visits)
    first, second, legend = bars(picture)
    middles = [x for x, _ in diamonds(picture)]
    for bar, target in ((first, middles[1]), (second, middles[2])):
        left, length = number(bar, "x"), number(bar, "width")
        assert abs((left + length // 2) - target) <= 1
    assert number(first, "width") == pytest.approx(number(second, "width"), abs=1)
    assert number(legend, "y") > number(second, "y")


def test_a_window_too_narrow_to_draw_is_widened_to_both_sides() -> None:
    # One hour round a target in a picture of 400 days.
    hours = protocol(due("H4", "PT4H", ("PT30M", "PT30M")), due("END", "P400D"), anchors=[start(time_needed=True)])
    picture = drawn(plan(hours, at("2026-03-02T09:30")).visits)
    (bar, _legend), (target, _) = bars(picture), diamonds(picture)[0]
    assert number(bar, "width") == 10
    assert abs(number(bar, "x") + 5 - target) <= 1


def test_days_are_equally_far_apart() -> None:
    x = [x for x, _ in diamonds(drawn(plan(INFUSIONS, START).visits))][:3]
    assert abs((x[2] - x[1]) - (x[1] - x[0])) <= 1


def test_the_axis_counts_weeks_from_the_anchors_visit_and_shows_the_year_when_it_changes() -> None:
    text = said(drawn(plan(INFUSIONS, day("2026-12-28")).visits))
    assert [each for each in text if each in {"2026", "2027"}] == ["2026", "2027"]
    assert "weeks from D0" in text
    for tick, weeks in (("12-28", "0"), ("01-04", "+1"), ("01-11", "+2")):
        assert text[text.index(tick) + 1] == weeks


def test_a_screening_visit_lies_before_zero() -> None:
    screening = protocol(due("SCR", "-P28D", ("P0D", "P26D")), defining("D0"))
    text = said(drawn(plan(screening, START).visits))
    assert "−4" in text
    assert "2026-02-02 – 2026-02-28" in text


def test_a_window_of_zero_days_is_not_a_missing_window() -> None:
    both = protocol(defining("D0"), due("A", "P7D", ("P0D", "P0D")), due("B", "P14D"))
    picture = drawn(plan(both, START).visits)
    text = said(picture)
    assert "on this day only" in text
    assert "no window stated" in text
    assert len(bars(picture)) == 2  # A's, and the one in the legend


def test_a_window_of_the_site_is_hollow_and_explained() -> None:
    visits = plan(protocol(defining("D0"), due("W2", "P14D")), START, where=site(windows={"W2": ("P3D", "P3D")})).visits
    picture = drawn(visits)
    assert {bar.get("fill") for bar in bars(picture)} == {"#ffffff"}
    assert {"window of the site", "1. the window is the site's own; the protocol states none"} <= set(said(picture))
    assert "window of the protocol" not in said(picture)


def test_a_pending_visit_says_why_and_names_no_option() -> None:
    what = protocol(
        defining("D0"),
        due("V", "P3D", anchor="onset"),
        unscheduled("UNS"),
        anchors=[named("onset", "onset of symptoms")],
    )
    text = " ".join(said(drawn(plan(what, START).visits)))
    assert "date not known yet: waiting for onset of symptoms" in text
    assert "date not known yet: comes only if its event does, so it has no planned date" in text
    assert "--" not in text


def test_what_took_place_is_marked_with_its_distance() -> None:
    actual = {"D7": day("2026-03-13"), "D14": day("2026-03-13")}
    text = said(drawn(plan(INFUSIONS, START, actual=actual).visits))
    assert text.count("took place 2026-03-13") == 2
    assert {"4 days after target", "3 days before target"} <= set(text)
    assert {"took place after the window", "took place before the window"} <= set(text)
    on_time = said(drawn(plan(INFUSIONS, START, actual={"D7": day("2026-03-08")}).visits))
    assert {"took place 2026-03-08", "1 day before target", "took place"} <= set(on_time)


def test_a_visit_to_the_hour_shows_its_time() -> None:
    hours = protocol(due("H4", "PT4H", ("PT30M", "PT30M")), anchors=[start(time_needed=True)])
    text = said(drawn(plan(hours, at("2026-03-02T09:30")).visits))
    assert "Monday 2026-03-02 13:30" in text
    assert "2026-03-02 13:00 – 14:00" in text


def test_texts_are_escaped() -> None:
    (visit, *_) = plan(INFUSIONS, START).visits
    sharp = Words('<script>alert("&")</script>', "<b>")
    picture = drawn([replace(visit, label=sharp)], title="</title><script>")
    assert picture.find(f"{SVG}title") is not None
    assert not list(picture.iter(f"{SVG}script"))
    assert "<script>alert(" in "".join(said(picture))


def test_a_screen_reader_hears_the_title_and_every_visit() -> None:
    picture = drawn(plan(INFUSIONS, START).visits, title=msg("Visits of {participant}", participant="P-001"))
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "title description"
    title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.get("id"), title.text) == ("title", "Visits of P-001")
    assert "D7, D7: Monday 2026-03-09; 2026-03-07 – 2026-03-11." in (description.text or "")


def test_the_picture_speaks_the_readers_language() -> None:
    (visit, *_) = plan(INFUSIONS, START).visits
    picture = drawn([replace(visit, label=Words("Day 0", "第 0 天"))], "zh")
    assert picture.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh-Hans"
    assert "第 0 天" in said(picture)
    assert (picture.get("font-family") or "").startswith("Noto Sans CJK SC")


@pytest.mark.parametrize("count", [0, 1, 30])
def test_rows_lie_one_below_the_other_within_the_picture(count: int) -> None:
    long = "Infusion, blood sampling, examination of the skin and a questionnaire " * 2
    encounters = [due(f"V{n}", f"P{6 * n}D", ("P2D", "P2D")) for n in range(count)]
    visits = [
        replace(visit, label=Words(long, "输注前采血、体格检查" * 5))
        for visit in plan(protocol(*encounters), START).visits
    ]
    picture = drawn(visits)
    marks = [y for _, y in diamonds(picture)][:count]
    assert all(below - above > 84 for above, below in pairwise(marks))
    height = int((picture.get("viewBox") or "").split()[3])
    assert all(0 < number(text, "y") < height for text in picture.iter(f"{SVG}text"))
    labels = [text for text in picture.iter(f"{SVG}text") if text.get("font-size") == "32"]
    baselines = [number(text, "y") for text in labels]
    assert all(below - above >= 32 for above, below in pairwise(baselines))
    assert all(width(text.text or "") * 32 <= 420 * 100 for text in labels)


@given(
    st.lists(st.tuples(st.text(max_size=60), st.integers(0, 9000), st.integers(0, 90), st.booleans()), max_size=6),
    st.text(max_size=200),
    st.sampled_from(["en", "zh"]),
)
@settings(max_examples=60)
def test_any_visits_and_texts_give_a_picture(
    given_visits: list[tuple[str, int, int, bool]], title: str, language: Language
) -> None:
    what = protocol(
        *(due(f"V{n}", f"P{far}D", (f"P{around}D", "P1D")) for n, (_, far, around, _) in enumerate(given_visits))
    )
    actual = {f"V{n}": START + dt.timedelta(far) for n, (_, far, _, came) in enumerate(given_visits) if came}
    visits = [
        replace(visit, label=Words(text, text))
        for visit, (text, *_) in zip(plan(what, START, actual=actual).visits, given_visits, strict=True)
    ]
    picture = drawn(visits, language, title)
    assert all(480 <= x <= 1390 for x, _ in diamonds(picture)[: len(visits)])


# --- letters


def test_lines_break_at_spaces_and_between_chinese_characters() -> None:
    assert wrapped("one two three", 100, 500) == ["one two", "three"]
    assert wrapped("输注前采血检查", 100, 400) == ["输注前采", "血检查"]


def test_no_line_begins_with_a_chinese_comma() -> None:
    assert wrapped("输注前采，血检", 100, 400) == ["输注前", "采，血检"]


def test_a_word_longer_than_a_line_is_cut_and_not_lost() -> None:
    lines = wrapped("a" * 30, 100, 500)
    assert "".join(lines) == "a" * 30
    assert max(map(len, lines)) == 8  # 8 x 61 = 488 hundredths of 100 units, 9 would be 549


@given(st.text(max_size=200), st.integers(10, 60), st.integers(60, 2000))
def test_breaking_lines_loses_nothing_but_spaces(text: str, size: int, room: int) -> None:
    lines = wrapped(text, size, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) * size <= room * 100 or len(line) == 1 for line in lines)


def test_what_xml_cannot_hold_is_replaced() -> None:
    assert escaped("a\x00b\x1bc\ud800d\uffff") == "a�b�c�d�"
    assert escaped('<&">') == "&lt;&amp;&quot;&gt;"
