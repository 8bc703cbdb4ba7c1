"""The card that a participant takes home: large dates, a window in words, and nothing that tells of the trial (R17)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from documents import paper
from dosecalc.app import load, shipped
from dosecalc.blinding import BlindedPlan, BookedVisit, Routine
from dosecalc.documents.visit_card import card_dates, card_html, card_pdf, passed
from dosecalc.errors import Refusal
from dosecalc.protocol.clinic import Clinic
from dosecalc.text import Words, render
from dosecalc.visits.visit import Booking, Visit

ZONE = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 2, 2, 9, 0, tzinfo=ZONE)
DAY = dt.date.fromisoformat
each_language = pytest.mark.parametrize("language", ["en", "zh"])


def clinic(**changes: Any) -> Clinic:
    site = load("NCT07084012", shipped("sites", "example.yaml")).site
    assert site is not None
    return replace(site.clinic, **changes)


def visit(number: int, target: str | None, days: int | None = 2, **more: Any) -> Visit:
    on = DAY(target) if target else None
    ends = on and days is not None
    room = dt.timedelta(days=days or 0)
    plain: dict[str, Any] = {
        "encounter": f"V{number}", "base": f"V{number}", "label": Words(f"Visit {number}", f"第 {number} 次访视"),
        "epoch": "treatment", "target": on, "earliest": on - room if on and ends else None,
        "latest": on + room if on and ends else None, "window": "stated" if ends else "not_stated",
        "status": "planned", "actual": None, "days_from_target": None, "anchor": "first_dose", "notes": (),
    }  # fmt: skip
    known = {name: value for name, value in (plain | more).items() if name in Visit.__slots__}
    return Visit(**known)


def plan(*visits: BookedVisit, routine: Routine | None = None) -> BlindedPlan:
    return BlindedPlan(
        participant="P007", protocol="NCT07084012", protocol_version="1", timezone="Asia/Shanghai",
        visits=visits, routine=routine,
    )  # fmt: skip


def booked(number: int, when: str) -> BookedVisit:
    at = dt.datetime.fromisoformat(when).replace(tzinfo=ZONE)
    return BookedVisit(visit=visit(number, when[:10]), booking=Booking(when=at))


def lines(given: BlindedPlan, language: Literal["en", "zh"] = "en", **changes: Any) -> list[str]:
    return [render(each.when, language) for each in card_dates(given, clinic(**changes), NOW)]


def test_a_booked_visit_has_weekday_day_and_time() -> None:
    given = plan(booked(1, "2026-02-09T09:30"))
    assert lines(given) == ["Monday 9 February 2026, 09:30"]
    assert lines(given, "zh") == ["2026 年 2 月 9 日 星期一 09:30"]


def test_a_visit_that_is_not_booked_has_its_window_in_words() -> None:
    given = plan(BookedVisit(visit=visit(1, "2026-02-07")))
    assert lines(given) == ["Between 5 and 9 February 2026"]
    assert lines(given, "zh") == ["2026 年 2 月 5 日至 9 日之间"]
    [line] = card_dates(given, clinic(), NOW)
    assert render(line.note, "en") == "We will tell you the day and the time."


def test_a_visit_without_a_stated_window_has_its_day() -> None:
    assert lines(plan(BookedVisit(visit=visit(1, "2026-02-07", None)))) == ["On 7 February 2026"]


def test_what_is_over_pending_or_done_is_left_out_and_a_forgotten_visit_is_named() -> None:
    came = BookedVisit(visit=visit(2, "2026-01-26", actual=DAY("2026-01-26")))
    over = BookedVisit(visit=visit(4, "2026-01-30"))  # its window ended on 1 February, yesterday
    given = plan(booked(1, "2026-02-02T08:59"), came, BookedVisit(visit=visit(3, None)), over)
    assert lines(given) == []
    assert passed(given, NOW) == ("V1", "V4")


def test_the_last_day_of_a_window_is_still_to_come() -> None:
    assert lines(plan(BookedVisit(visit=visit(1, "2026-01-31")))) == ["Between 29 January and 2 February 2026"]


def test_a_site_that_leaves_out_unbooked_visits_leaves_them_out_here() -> None:
    given = plan(booked(1, "2026-02-09T09:30"), BookedVisit(visit=visit(2, "2026-02-16")))
    assert lines(given, unbooked_visits="leave_out") == ["Monday 9 February 2026, 09:30"]


def test_dates_stand_in_the_order_of_the_days() -> None:
    given = plan(BookedVisit(visit=visit(1, "2026-03-20")), booked(2, "2026-02-09T09:30"))
    assert [each.visit for each in card_dates(given, clinic(), NOW)] == ["V2", "V1"]


@each_language
def test_the_card_says_where_what_to_bring_and_whom_to_call(language: Literal["en", "zh"]) -> None:
    given, here = plan(booked(1, "2026-02-09T09:30")), clinic()
    [page] = paper.pages(card_pdf(given, here, NOW, language))
    html = card_html(given, here, NOW, language).decode()
    for text in (here.name, here.place, here.bring):
        said = render(text, language)
        assert said.replace(" ", "") in page.replace(" ", "")
        assert said in html
    assert page.count("+86 755 0000 0000") == html.count("+86 755 0000 0000") == 2


@each_language
def test_a_card_tells_nothing_of_the_trial(language: Literal["en", "zh"]) -> None:
    given = plan(booked(1, "2026-02-09T09:30"), BookedVisit(visit=visit(2, "2026-02-16")))
    pdf = card_pdf(given, clinic(), NOW, language)
    said = paper.words(pdf) + card_html(given, clinic(), NOW, language).decode()
    assert not re.search(
        "NCT|stroke|卒中|cell|细胞|placebo|安慰剂|group|sponsor|申办|exosome|外泌体", said, re.IGNORECASE
    )
    assert b"NCT" not in pdf


@each_language
@pytest.mark.parametrize("count", [1, 7, 12, 40])
def test_all_dates_are_on_the_card_however_many_they_are(language: Literal["en", "zh"], count: int) -> None:
    first = DAY("2026-02-09")
    days = [first + dt.timedelta(days=7 * number) for number in range(count)]
    given = plan(*(booked(number, f"{day}T09:30") for number, day in enumerate(days)))
    pages = paper.pages(card_pdf(given, clinic(), NOW, language))
    said = " ".join(pages)
    assert said.count("09:30") == count
    fold = "fold here" if language == "en" else "沿此线对折"
    assert (fold in said) == (len(pages) == 1 and count <= 7)


@each_language
def test_very_long_names_are_printed_whole(language: Literal["en", "zh"]) -> None:
    long = Words("Department of Clinical Research, building 7, " * 30, "门诊楼三层三百一十二室东侧走廊尽头" * 30)
    given = plan(booked(1, "2026-02-09T09:30"))
    said = paper.words(card_pdf(given, clinic(place=long), NOW, language))
    word = "building 7" if language == "en" else "东侧走廊"
    assert said.replace(" ", "").count(word.replace(" ", "")) == 30


def test_what_is_done_at_home_every_day_is_on_the_card() -> None:
    routine = Routine(id="daily", first=DAY("2026-02-09"), days=84, words=Words("Use at home, once a day", "在家使用"))
    given = plan(booked(1, "2026-02-09T09:30"), routine=routine)
    for said in (paper.words(card_pdf(given, clinic(), NOW, "en")), card_html(given, clinic(), NOW, "en").decode()):
        assert "Use at home, once a day" in said
        assert "Every day from 9 February 2026 to 3 May 2026" in said  # 84 days: 20 + 31 + 30 + 3


def test_a_character_that_no_font_has_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        card_pdf(plan(booked(1, "2026-02-09T09:30")), clinic(place=Words("\U0001f3e5", "x")), NOW, "en")
    assert [each.code for each in refused.value.findings] == ["DC641"]


def test_the_same_plan_gives_the_same_bytes() -> None:
    given = plan(booked(1, "2026-02-09T09:30"))
    assert card_pdf(given, clinic(), NOW, "zh") == card_pdf(given, clinic(), NOW, "zh")
