"""Days and times of a visit whose window counts hours, on the ward, at night."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from zoneinfo import ZoneInfo

from dosecalc.registry.at_clinic import at_clinic
from dosecalc.registry.openings import Around, DayOption, day_options
from registry.visiting import DOUBLE, HOURS, WEEK, at, day, plan, settled

ZONE = ZoneInfo("Asia/Shanghai")


def options(earliest: str, target: str, latest: str, *, ward: bool, now: str = "2026-03-05T12:00") -> list[DayOption]:
    """D7 with such a window, from Saturday, 7 March 2026 to Tuesday the 10th."""
    on = settled(DOUBLE, clinic=(WEEK, HOURS), booking="D7: {ward: true}" if ward else "")
    known = plan(on=on)
    planned = known.find("D7")
    assert planned is not None
    assert planned.visit is not None
    night = replace(planned.visit, earliest=at(earliest), target=at(target), latest=at(latest))
    known = replace(known, visits=(replace(planned, visit=night),))
    here = at_clinic(on, lambda _: [])
    assert here.clinic is not None
    assert here.workdays is not None
    around = Around(
        settled=on, clinic=here.clinic, workdays=here.workdays, room=here.room, zone=ZONE, present=at(now),
        used=lambda _: Counter(), booked=lambda _: 0, stagger=lambda *_: None,
    )  # fmt: skip
    return list(day_options(around, known, "D7", day("2026-03-07"), day("2026-03-10")))


def said(found: list[DayOption]) -> dict[int, list[str]]:
    return {
        one.day.day: [f"{each:%H:%M}" for each in one.times] if one.possible else [each.kind for each in one.against]
        for one in found
    }


def test_on_the_ward_a_night_is_met_at_its_target_and_where_it_ends_on_the_next_day() -> None:
    found = options("2026-03-08T22:00", "2026-03-08T23:30", "2026-03-09T01:00", ward=True)
    outside = ["window", "hours"]
    assert said(found) == {7: outside, 8: ["23:30"], 9: ["00:00"], 10: outside}
    assert found[1].times == (at("2026-03-08T23:30"),)
    assert found[1].times[0].utcoffset() == dt.timedelta(hours=8)


def test_in_the_clinic_a_night_has_no_time() -> None:
    found = options("2026-03-09T20:00", "2026-03-09T23:30", "2026-03-10T08:00", ward=False)
    assert [each.kind for each in found[2].against] == ["hours"]
    assert [each.kind for each in found[3].against] == ["hours"]


def test_a_window_in_hours_leaves_the_hours_of_its_days_that_lie_in_it() -> None:
    found = said(options("2026-03-09T14:00", "2026-03-10T02:00", "2026-03-10T09:30", ward=False))
    assert (found[9], found[10]) == (["14:30", "15:30"], ["08:30", "09:30"])


def test_a_night_that_has_begun_is_met_from_now_on() -> None:
    found = options("2026-03-08T22:00", "2026-03-08T23:30", "2026-03-09T01:00", ward=True, now="2026-03-08T23:45")
    assert said(found)[8] == ["23:46"]
