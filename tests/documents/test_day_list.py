"""The list of a day on paper."""

from __future__ import annotations

import datetime as dt

from documents import paper
from documents.walls import KNOWN, ZONE
from dosecalc.documents.day_list import DayList, DayVisit, day_list_html, day_list_pdf
from dosecalc.documents.wall import WallDay
from dosecalc.text import Words, msg

DAY = dt.date(2026, 4, 16)
LABEL = Words("Day 7", "第 7 天")


def visit(code: str, hour: int, **more: object) -> DayVisit:
    at = dt.datetime(2026, 4, 16, hour, 30, tzinfo=ZONE)
    left = msg("{days} days left, to {last}", days=2, last=dt.date(2026, 4, 18))
    return DayVisit(at=at, participant=code, visit="D7", label=LABEL, left=left, **more)  # type: ignore[arg-type]


def listed(*visits: DayVisit, **more: object) -> DayList:
    what: dict[str, object] = {"day": WallDay(day=DAY), "ends": (), "clinic": None} | more
    return DayList(protocol="NCT07084012", visits=visits, known=KNOWN, **what)  # type: ignore[arg-type]


def test_a_visit_has_its_time_window_needs_resources_and_room_to_sign() -> None:
    needs = (msg("measure the area"), msg("a dose is given"))
    said = paper.words(day_list_pdf(listed(visit("P001", 9, needs=needs, resources=(Words("bed", "床"),))), "en"))
    assert "Day list of Thursday, 16 April 2026" in said
    assert "09:30 P001 D7: Day 7 2 days left, to 2026-04-18 measure the area, a dose is given bed" in said
    assert "Initials" in said
    assert "Study nurse" in said


def test_forty_visits_are_all_listed_on_several_pages() -> None:
    pages = paper.pages(day_list_pdf(listed(*(visit(f"P{number:03}", 9) for number in range(40))), "en"))
    assert len(pages) > 1
    assert [n for n in range(40) if f"P{n:03}" not in " ".join(pages)] == []
    assert "Study nurse" in pages[-1]
    assert "P039" in pages[-1]


def test_a_closed_day_with_a_booking_says_what_to_do() -> None:
    closed = WallDay(day=DAY, open=False, why=Words("renovation", "装修"), taken=1)
    said = paper.words(day_list_pdf(listed(visit("P001", 9), day=closed), "en"))
    assert "closed: renovation" in said
    assert "Visits are booked all the same: move them, or have the site file corrected." in said


def test_a_day_without_visits_says_so() -> None:
    assert "No visit is booked for this day." in paper.words(day_list_pdf(listed(), "en"))


def test_places_and_resources_are_counted_and_too_many_stand_out() -> None:
    day = WallDay(day=DAY, taken=7, places=6)
    said = paper.words(day_list_pdf(listed(day=day, used=((Words("thawing bath", "水浴箱"), 3, 5),)), "en"))
    assert "Places 7 of 6: TOO MANY" in said
    assert "thawing bath 3 of 5" in said


def test_windows_that_end_unbooked_have_a_line_to_write_on() -> None:
    html = day_list_html(listed(ends=(("P012", "D7", LABEL),)), "en").decode()
    assert "Last day of the window, and not booked" in html
    assert '<td>P012</td><td>D7: Day 7</td><td><span class="line"></span></td>' in html


def test_the_same_day_gives_the_same_bytes_in_both_languages() -> None:
    one = listed(visit("P001", 9), ends=(("P012", "D7", LABEL),))
    assert day_list_pdf(one, "en") == day_list_pdf(one, "en")
    assert "2026 年 4 月 16 日（星期四）访视清单" in paper.words(day_list_pdf(one, "zh"))
