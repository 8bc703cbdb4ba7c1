"""Days in words."""

from __future__ import annotations

import datetime as dt

import pytest

from dosecalc.documents.days import between, from_to, in_full
from dosecalc.text import render

DAY = dt.date.fromisoformat


@pytest.mark.parametrize(
    ("first", "last", "english", "chinese"),
    [
        ("2026-02-05", "2026-02-09", "Between 5 and 9 February 2026", "2026 年 2 月 5 日至 9 日之间"),
        ("2026-02-27", "2026-03-03", "Between 27 February and 3 March 2026", "2026 年 2 月 27 日至 3 月 3 日之间"),
        (
            "2026-12-29", "2027-01-02",
            "Between 29 December 2026 and 2 January 2027", "2026 年 12 月 29 日至 2027 年 1 月 2 日之间",
        ),
        ("2026-02-05", "2026-02-05", "On 5 February 2026", "2026 年 2 月 5 日"),
    ],
)  # fmt: skip
def test_a_window_in_words_says_month_and_year_once_where_they_are_the_same(
    first: str, last: str, english: str, chinese: str
) -> None:
    said = between(DAY(first), DAY(last))
    assert (render(said, "en"), render(said, "zh")) == (english, chinese)


def test_the_days_of_a_page_say_month_and_year_once_where_they_are_the_same() -> None:
    assert render(from_to(DAY("2026-04-06"), DAY("2026-04-12")), "en") == "6 to 12 April 2026"
    assert render(from_to(DAY("2026-04-27"), DAY("2026-05-03")), "en") == "27 April to 3 May 2026"
    assert render(from_to(DAY("2026-12-28"), DAY("2027-01-03")), "en") == "28 December 2026 to 3 January 2027"
    assert render(from_to(DAY("2026-04-27"), DAY("2026-05-03")), "zh") == "2026 年 4 月 27 日至 5 月 3 日"
    assert render(in_full(DAY("2026-05-03")), "zh") == "2026 年 5 月 3 日"
