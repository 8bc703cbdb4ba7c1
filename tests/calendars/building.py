"""Plans to make calendars of, by hand and at random."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from dosecalc.blinding import BlindedPlan, BookedVisit, Routine
from dosecalc.dosing.result import Dose, Doses
from dosecalc.protocol.clinic import Clinic
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.quantity import Quantity, unit
from dosecalc.text import Words, msg
from dosecalc.visits.visit import Booking, Visit

if TYPE_CHECKING:
    from dosecalc.visits.visit import Moment

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAMP = dt.datetime(2026, 2, 1, 8, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 2, 20, 8, 0, tzinfo=dt.UTC)
LATEST = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
VERSION = "0.1.0"

CLINIC = Clinic(
    name=Words("Clinical Research Centre", "临床研究中心"),
    place=Words("Outpatient building, floor 3; room 312", "门诊楼 3 层，312 室"),
    contact="+86 755 0000 0000",
    bring=Words("Identity card, participant card and your diary", "身份证、受试者卡和日记卡"),
    visit_length=ClockOffset(90, "PT1H30M"),
    unbooked_visits="show",
)
ROUTINE = Routine(id="daily", first=dt.date(2026, 3, 2), days=84, words=Words("Daily use at home", "居家每日使用"))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


TARGET = day("2026-03-09")


def visit(
    encounter: str = "D7",
    target: Moment | None = TARGET,
    before: int | None = 2,
    after: int | None = 2,
    *,
    label: Words | None = None,
    booked: str | None = None,
    outside: str | None = None,
    zone: ZoneInfo = SHANGHAI,
    **fields: object,
) -> BookedVisit:
    """A visit with its window in days; `booked` is the site's local time."""
    known = target is not None and before is not None and after is not None
    given = {
        "encounter": encounter,
        "base": encounter,
        "label": label or Words(f"Day {encounter[1:]}", f"第 {encounter[1:]} 天"),
        "epoch": "treatment",
        "target": target,
        "earliest": target - dt.timedelta(days=before) if known else None,  # type: ignore[operator, arg-type]
        "latest": target + dt.timedelta(days=after) if known else None,  # type: ignore[operator, arg-type]
        "window": "stated" if known else "not_stated",
        "status": "pending" if target is None else "planned",
        "actual": None,
        "days_from_target": None,
        "anchor": "first_dose",
    }
    booking = Booking(when=at(booked, zone), outside_window=outside) if booked else None
    return BookedVisit(visit=Visit(**(given | fields)), booking=booking)  # type: ignore[arg-type]


def plan(*visits: BookedVisit, code: str = "P-001", timezone: str = "Asia/Shanghai", **fields: object) -> BlindedPlan:
    given = {
        "participant": code,
        "protocol": "NCT07084012",
        "protocol_version": "registry-2025",
        "timezone": timezone,
        "visits": visits or (visit(),),
    }
    return BlindedPlan(**(given | fields))  # type: ignore[arg-type]


THREE = (
    visit("D0", day("2026-03-02"), 0, 0, window="anchor", status="done", actual=day("2026-03-02"), days_from_target=0),
    visit("D7", day("2026-03-09"), booked="2026-03-09T09:30"),
    visit("D14", day("2026-03-16")),
)
"""One visit that took place, one that is booked, one that is not."""


def dose(encounter: str = "D7", cells: str = "2.0e8", **fields: object) -> Dose:
    given = {
        "encounter": encounter,
        "product": "cells",
        "product_label": Words("umbilical cord cells", "脐带间充质干细胞"),
        "role": "active",
        "route": Words("intravenous infusion", "静脉输注"),
        "total": Quantity(Decimal(cells), unit("cells")),
        "derivation": (msg("{amount}, the same for everyone", amount="200000000 cells"),),
    }
    return Dose(**(given | fields))  # type: ignore[arg-type]


def doses(*given: Dose, draft: bool = True) -> Doses:
    return Doses(
        arms=("group-1",),
        doses=given or (dose("D0"), dose("D7"), dose("D14")),
        cumulative=None,
        assumptions=("COUNT",),
        draft=(msg("nobody has compared the protocol file with the approved protocol"),) if draft else (),
    )


# ---- at random

_HARMLESS = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf", "Cn", "Co"])
texts = st.one_of(
    st.sampled_from(["第 7 天", "Week 2", "Tag; \\N, ^n", "访视" * 40, "a\\nb;c,d^" * 12, "100 %s %(x)s {0} %"]),
    st.text(_HARMLESS, min_size=1, max_size=120),
)
words = st.builds(Words, texts, texts)
codes = st.one_of(
    st.from_regex(r"[A-Z0-9][A-Z0-9-]{0,39}", fullmatch=True),
    st.sampled_from(["S-0137", "a,b;c\\d", "受试者-1", "~~~~~~", "P" * 61, "`````", "2026-03-09", "9101-06-11"]),
)
zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata"])
_days = st.dates(dt.date(2024, 1, 1), dt.date(2029, 12, 31))


@st.composite
def moments(draw: st.DrawFn, zone: str) -> Moment:
    """A day, or, now and then, a time: hour-level visits and starts with a time."""
    chosen = draw(_days)
    if draw(st.integers(0, 4)):
        return chosen
    return draw(times(zone, chosen))


@st.composite
def times(draw: st.DrawFn, zone: str, chosen: dt.date) -> dt.datetime:
    """Any minute of the day, the repeated hour of a clock put back included."""
    clock = dt.time(draw(st.integers(0, 23)), draw(st.integers(0, 59)), draw(st.sampled_from([0, 0, 0, 30])))
    here = ZoneInfo(zone)
    naive = dt.datetime.combine(chosen, clock, here).replace(fold=draw(st.sampled_from([0, 1])))
    return naive.astimezone(dt.UTC).astimezone(here)  # a time that exists


@st.composite
def visits(draw: st.DrawFn, encounter: str, zone: str, labels: Words) -> BookedVisit:
    target = draw(st.none() | moments(zone))
    spread = draw(st.none() | st.integers(0, 9))
    took_place = draw(st.integers(0, 3)) == 0
    actual = draw(moments(zone)) if took_place else None
    booked = draw(times(zone, draw(_days))) if draw(st.booleans()) else None
    if booked and actual and draw(st.booleans()):
        actual = booked.date()
    window = draw(st.sampled_from(["stated", "site", "anchor"])) if spread is not None else "not_stated"
    made = visit(
        encounter, target, spread, spread, label=labels,
        window=window if target else "not_stated", actual=actual,
        status=draw(st.sampled_from(["done", "early", "late"])) if took_place else "planned",
        days_from_target=draw(st.sampled_from([None, -3, 0, 12])) if took_place else None,
        anchor=draw(st.sampled_from(["first_dose", "first_dose", None])),
        notes=draw(st.sampled_from([(), (msg("counted from {what}", what="week 2"),)])),
    )  # fmt: skip
    reason = draw(st.none() | texts) if booked else None
    booking = Booking(when=booked, outside_window=reason) if booked else None
    return BookedVisit(visit=made.visit, booking=booking)


@st.composite
def plans(draw: st.DrawFn) -> BlindedPlan:
    zone = draw(zones)
    labels = {encounter: draw(words) for encounter in ("D0", "D7", "D14")}
    made = [draw(visits(encounter, zone, label)) for encounter, label in labels.items()]
    routine = draw(st.sampled_from([None, None, ROUTINE]))
    return plan(*made, code=draw(codes), timezone=zone, routine=routine)


clinics = st.one_of(
    st.none(),
    st.builds(
        Clinic,
        name=words,
        place=words,
        contact=texts,
        bring=words,
        visit_length=st.builds(ClockOffset, st.integers(5, 600)),
        unbooked_visits=st.sampled_from(["show", "leave_out"]),
        daily_time=st.sampled_from([None, "21:00"]),
    ),
)


@st.composite
def given_doses(draw: st.DrawFn) -> Doses:
    made = [
        dose(encounter, draw(st.sampled_from(["1e8", "2.34e9", "84"])), derivation=(msg("{text}", text=draw(texts)),))
        for encounter in draw(st.sampled_from([("D0",), ("D0", "D7"), ("D0", "D7", "D14"), ()]))
    ]
    return Doses(
        arms=("group-1",),
        doses=tuple(made),
        cumulative=None,
        assumptions=("COUNT",),
        draft=draw(st.sampled_from([(), (msg("the level is not decided"),)])),
    )
