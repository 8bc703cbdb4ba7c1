"""Pages for the wall with as many visits as a test wants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal
from zoneinfo import ZoneInfo

from dosecalc.documents.wall import Wall, WallDay, WallVisit
from dosecalc.text import Words

ZONE = ZoneInfo("Asia/Shanghai")
KNOWN = dt.datetime(2026, 3, 30, 9, 0, tzinfo=ZONE)
CLINIC = Words("Clinical Research Centre", "临床研究中心")


def visits(day: dt.date, count: int, code: str = "P{:03}") -> tuple[WallVisit, ...]:
    """So many visits of a day, six in each hour from 08:00 on."""
    starts = (dt.datetime(day.year, day.month, day.day, 8 + place // 6, 0, tzinfo=ZONE) for place in range(count))
    return tuple(WallVisit(at=at, participant=code.format(place + 1), visit="D7") for place, at in enumerate(starts))


def page(
    kind: Literal["month", "week"] = "month",
    days: Mapping[int, WallDay] | None = None,
    clinic: Words | None = CLINIC,
) -> Wall:
    """April 2026, or its week from Monday the 13th; `days` are the days that have something, by their number."""
    first, count = (1, 30) if kind == "month" else (13, 7)
    given = days or {}
    return Wall(
        kind=kind,
        protocol="NCT07084012",
        clinic=clinic,
        days=tuple(
            given.get(number) or WallDay(day=dt.date(2026, 4, number)) for number in range(first, first + count)
        ),
        hours=((510, 720), (810, 1020)),
        known=KNOWN,
    )


def busy(number: int, count: int, code: str = "P{:03}") -> WallDay:
    """A day in April with so many visits, for six places."""
    day = dt.date(2026, 4, number)
    return WallDay(day=day, visits=visits(day, count, code), taken=count, places=6)
