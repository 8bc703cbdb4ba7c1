"""What holds for every date, every window, and every text that somebody could type for a date."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st

from dosecalc.errors import Refusal
from dosecalc.protocol.settled import Settled
from dosecalc.visits.attendance import check_booking
from dosecalc.visits.moments import parse_day, parse_moment, readable
from dosecalc.visits.shift import move_days, move_minutes
from dosecalc.visits.timeline import prepare
from visits.building import at_most, defining, due, named, plan, protocol, site, start, visit

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

days = st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31))
zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
calendar_sizes = st.builds(lambda months, days: f"P{months}M{days}D", st.integers(0, 24), st.integers(0, 400))
offsets = st.builds(lambda sign, size: sign + size, st.sampled_from(["", "-"]), calendar_sizes)


@st.composite
def instants(draw: st.DrawFn) -> dt.datetime:
    """A point in time in a zone: made in UTC, so that it exists once, whatever the clocks there do."""
    moment = draw(st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2150, 1, 1)))  # noqa: DTZ001
    return moment.replace(microsecond=0, tzinfo=dt.UTC).astimezone(ZoneInfo(draw(zones)))


def tried(call: Callable[[], T]) -> T | Refusal:
    try:
        return call()
    except Refusal as refusal:
        return refusal


@given(days, st.integers(-600, 600), st.integers(-400, 400))
def test_months_and_days_agree_with_pandas(day: dt.date, months: int, more: int) -> None:
    theirs = pd.Timestamp(day) + pd.DateOffset(months=months) + pd.DateOffset(days=more)
    assert move_days(day, months, more) == (theirs.date() if 1900 <= theirs.year <= 2199 else None)


@given(days, st.integers(0, 24), st.integers(0, 24))
def test_more_months_are_never_an_earlier_day(day: dt.date, one: int, more: int) -> None:
    first, second = move_days(day, one, 0), move_days(day, one + more, 0)
    assert first is not None
    assert second is not None
    assert first <= second


@given(days, offsets, calendar_sizes, calendar_sizes)
def test_the_target_lies_in_its_window(day: dt.date, offset: str, before: str, after: str) -> None:
    found = visit(plan(protocol(due("V", offset, (before, after))), day), "V")
    assert found.earliest is not None
    assert found.target is not None
    assert found.latest is not None
    assert found.earliest <= found.target <= found.latest


@given(days, st.integers(-300, 300), st.integers(-400, 400), st.integers(0, 60), st.integers(0, 60))
def test_what_counts_days_moves_with_the_start(day: dt.date, moved: int, offset: int, before: int, after: int) -> None:
    what = protocol(due("V", f"{'-' * (offset < 0)}P{abs(offset)}D", (f"P{before}D", f"P{after}D")))
    shift = dt.timedelta(moved)
    one, other = visit(plan(what, day), "V"), visit(plan(what, day + shift), "V")
    assert [one.target, one.earliest, one.latest] == [
        None if date is None else date - shift for date in (other.target, other.earliest, other.latest)
    ]


@given(days, st.integers(0, 30), st.integers(0, 30), st.integers(-40, 40))
def test_early_and_late_are_what_lies_outside_the_window(day: dt.date, before: int, after: int, off: int) -> None:
    what = protocol(due("V", "P50D", (f"P{before}D", f"P{after}D")))
    actual = day + dt.timedelta(50 + off)
    found = visit(plan(what, day, actual={"V": actual}), "V")
    assert found.status == ("early" if off < -before else "late" if off > after else "done")
    assert found.days_from_target == off


@given(days, st.integers(0, 30), st.integers(0, 30), st.integers(-40, 40), st.times())
def test_what_may_be_booked_is_what_would_be_in_time(
    day: dt.date, before: int, after: int, off: int, time: dt.time
) -> None:
    what = protocol(due("V", "P50D", (f"P{before}D", f"P{after}D")))
    when = dt.datetime.combine(day + dt.timedelta(50 + off), time, ZoneInfo("Asia/Shanghai"))
    in_time = visit(plan(what, day, actual={"V": when}), "V").status == "done"
    booking = tried(lambda: check_booking(visit(plan(what, day), "V"), when))
    if isinstance(booking, Refusal):
        assert (booking.findings[0].code, in_time) == ("DC420", False)
    else:
        assert (booking.when, in_time) == (when, True)


@given(instants(), st.integers(-5000, 5000))
def test_hours_are_the_time_that_passes(anchor: dt.datetime, minutes: int) -> None:
    moved = move_minutes(anchor, minutes)
    assert moved is not None
    assert moved.timestamp() - anchor.timestamp() == 60 * minutes
    assert moved.tzinfo is anchor.tzinfo


@given(instants(), st.integers(1, 9999), st.integers(-9999, 9999))
def test_the_check_of_elapsed_time_agrees_with_the_seconds_between(end: dt.datetime, hours: int, minutes: int) -> None:
    onset = (end.astimezone(dt.UTC) - dt.timedelta(minutes=minutes)).astimezone(end.tzinfo)
    what = protocol(defining("D0"), anchors=[named("onset", "onset")], checks=[at_most(f"PT{hours}H", "onset")])
    (check,) = plan(what, end, {"onset": onset}, where=site(str(end.tzinfo))).checks
    assert check.ok == (0 <= minutes <= 60 * hours)


@given(days, st.integers(1, 8), st.booleans())
def test_a_start_with_a_time_counts_like_its_local_day(day: dt.date, visits: int, late: bool) -> None:
    what = protocol(defining("D0"), *(due(f"V{n}", f"P{n}M{n}D", ("P1D", "P1D")) for n in range(visits)))
    timed = dt.datetime.combine(day, dt.time(23, 59) if late else dt.time(0), ZoneInfo("Asia/Shanghai"))
    prepared = prepare(Settled(protocol=what), tuple(what.encounters))
    assert prepared.of(timed) == prepared.of(day)


@given(days, st.integers(1, 12), st.integers(0, 3000))
def test_a_repeat_keeps_those_that_are_due_by_its_end(day: dt.date, count: int, end: int) -> None:
    what = protocol(due("C", "P21D", every="P1M", count=count, until="end"), anchors=[named("end", "the end")])
    until = day + dt.timedelta(end)
    every = plan(what, day).visits
    kept = plan(what, day, {"end": until}).visits
    assert [each.encounter for each in kept] == [
        each.encounter for each in every if each.target is not None and each.target <= until
    ]


@given(
    st.text() | st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(T\d\d:\d\d(Z|[+-]\d\d:\d\d)?)?", fullmatch=True), zones
)
def test_any_text_is_a_date_or_refused(text: str, zone: str) -> None:
    for moment in (tried(lambda: parse_day(text)), tried(lambda: parse_moment(text, zone))):
        if isinstance(moment, Refusal):
            (finding,) = moment.findings
            assert finding.code in {"DC401", "DC402", "DC403", "DC404"}
            assert str(finding.what).isprintable()
        else:
            assert 1899 <= moment.year <= 2200  # an offset may move the first or the last hours


@given(days)
def test_a_date_is_read_back_as_it_is_shown(day: dt.date) -> None:
    assert parse_day(readable(day)) == day


@given(instants())
def test_a_time_is_read_back_with_and_mostly_without_its_offset(moment: dt.datetime) -> None:
    zone = str(moment.tzinfo)
    offset = moment.utcoffset()
    assert offset is not None
    assume(offset.total_seconds() % 60 == 0)  # before standard time, zones had seconds in their offsets
    read = parse_moment(moment.isoformat(), zone)
    assert isinstance(read, dt.datetime)
    assert read.astimezone(dt.UTC) == moment.astimezone(dt.UTC)
    local = tried(lambda: parse_moment(moment.replace(tzinfo=None).isoformat(), zone))
    if isinstance(local, Refusal):
        assert local.findings[0].code == "DC403"
        assert moment.isoformat() in str(local)  # it is one of the two that the refusal offers
    else:
        assert isinstance(local, dt.datetime)
        assert local.astimezone(dt.UTC) == moment.astimezone(dt.UTC)


@given(st.integers(-99999, 99999), st.integers(1, 10**9), days)
def test_no_offset_overflows(offset: int, times: int, day: dt.date) -> None:
    what = protocol(
        due("V", f"{'-' * (offset < 0)}P{abs(offset)}D", times=times),
        due("H", f"{'-' * (offset < 0)}PT{abs(offset)}M", times=times),
        anchors=[start(time_needed=True)],
    )
    moment = dt.datetime.combine(day, dt.time(9, 30), ZoneInfo("Asia/Shanghai"))
    found = tried(lambda: plan(what, moment))
    if isinstance(found, Refusal):
        assert found.findings[0].code == "DC404"
    else:
        assert all(each.target and 1900 <= each.target.year <= 2199 for each in found.visits)
