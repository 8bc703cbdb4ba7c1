"""What a visit takes of the clinic: an open day, hours, a place, resources; and what is full."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from dosecalc.app import load
from dosecalc.protocol.clinic import Resource
from dosecalc.protocol.offsets import ClockOffset
from dosecalc.protocol.settled import Settled
from dosecalc.protocol.site import SiteBooking
from dosecalc.text import Words
from dosecalc.visits.room import PLACES, Needs, room_of, times, wrong_time
from dosecalc.visits.workdays import Workdays
from visits.test_workdays import clinic

HERE = clinic(
    hours=("08:30-12:00", "13:30-17:00"),
    places_per_day=3,
    resources={"thawing": Resource(id="thawing", label=Words("thawing bath", "水浴箱"), per_day=1)},
)
DAY = dt.date(2026, 3, 9)


def settled() -> Settled:
    from dosecalc.app import shipped

    loaded = load("NCT07084012", shipped("sites", "example.yaml"))
    assert loaded.site is not None
    assert loaded.here is not None
    here = replace(
        loaded.here,
        booking={
            "D0": SiteBooking(resources=("thawing",), lead=ClockOffset(60)),
            "D7": SiteBooking(resources=("thawing",), ward=True),
        },
    )
    return replace(loaded, site=replace(loaded.site, clinic=HERE, protocols={"NCT07084012": here}))


def at(time: str) -> dt.datetime:
    return dt.datetime.combine(DAY, dt.time.fromisoformat(time), ZoneInfo("Asia/Shanghai"))


def test_a_visit_takes_a_place_and_its_resources_and_on_the_ward_no_place() -> None:
    room = room_of(settled())
    assert room.limits == {"thawing": 1, PLACES: 3}
    assert room.of("D0").uses == {"thawing", PLACES}
    assert room.of("D7").uses == {"thawing"}
    assert room.of("D14").uses == {PLACES}


def test_a_day_is_full_for_a_resource_though_places_are_left() -> None:
    room = room_of(settled())
    used = room.used(["D7", "D14"])
    assert dict(used) == {"thawing": 1, PLACES: 1}
    assert [(f.code, str(f.what)) for f in room.full("D0", DAY, used)] == [
        ("DC762", "2026-03-09 is full for thawing bath: 1 of 1 are booked")
    ]
    assert list(room.full("D14", DAY, used)) == []


def test_a_day_is_full_when_its_places_are_taken_but_not_for_a_visit_on_the_ward() -> None:
    room = room_of(settled())
    used = room.used(["D14", "D14", "D14"])
    assert [str(f.what) for f in room.full("D0", DAY, used)] == ["2026-03-09 is full: 3 of 3 places are booked"]
    assert list(room.full("D7", DAY, used)) == []


def test_where_no_hours_are_given_any_time_will_do() -> None:
    assert list(wrong_time(clinic(), Needs(uses=frozenset({PLACES})), at("23:45"), None)) == []


@pytest.mark.parametrize(
    ("needs", "time", "codes"),
    [
        (Needs(uses=frozenset()), "08:30", []),
        (Needs(uses=frozenset()), "08:29", ["DC850"]),
        (Needs(uses=frozenset()), "11:00", []),
        (Needs(uses=frozenset()), "11:01", ["DC850"]),
        (Needs(uses=frozenset()), "12:30", ["DC850"]),
        (Needs(uses=frozenset()), "16:00", []),
        (Needs(uses=frozenset(), lead=60), "09:29", ["DC850"]),
        (Needs(uses=frozenset(), lead=60), "09:30", []),
        (Needs(uses=frozenset(), lead=60), "13:30", []),
        (Needs(uses=frozenset(), ward=True), "23:30", []),
    ],
)
def test_a_visit_lies_within_the_hours_with_the_work_before_it(needs: Needs, time: str, codes: list[str]) -> None:
    assert [f.code for f in wrong_time(HERE, needs, at(time), Workdays(HERE))] == codes


def test_a_closed_day_is_named_with_its_reason() -> None:
    sunday = at("09:00") - dt.timedelta(days=1)
    (found,) = wrong_time(HERE, Needs(uses=frozenset()), sunday, Workdays(HERE))
    assert (found.code, str(found.what)) == ("DC849", "the clinic is closed on 2026-03-08: Sunday")
    assert not list(wrong_time(HERE, Needs(uses=frozenset(), ward=True), sunday, Workdays(HERE)))
    assert not list(wrong_time(HERE, Needs(uses=frozenset()), sunday, None))


def test_visits_begin_one_behind_the_other_and_not_before_the_work_that_they_need() -> None:
    said = [each.strftime("%H:%M") for each in times(HERE, Needs(uses=frozenset()))]
    assert said == ["08:30", "09:30", "10:30", "13:30", "14:30", "15:30"]
    said = [each.strftime("%H:%M") for each in times(HERE, Needs(uses=frozenset(), lead=90))]
    assert said == ["10:30", "13:30", "14:30", "15:30"]
