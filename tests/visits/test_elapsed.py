"""The elapsed-time checks: at most 72 h from symptom onset to the first infusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from visits.building import BERLIN, at, at_most, day, defining, named, plan, protocol, site

if TYPE_CHECKING:
    from dosecalc.visits.visit import CheckResult, Moment

STROKE = protocol(defining("D0"), anchors=[named("onset", "onset of symptoms")], checks=[at_most("PT72H", "onset")])


def checked(start: Moment, onset: Moment | None, zone: str | None = None) -> CheckResult:
    anchors = {"onset": onset} if onset else {}
    (result,) = plan(STROKE, start, anchors, where=site(zone) if zone else None).checks
    assert result.code == "ONSET"
    return result


def test_70_and_a_half_hours_are_within_72() -> None:
    # 27 February 11:00 to 2 March 11:00 is 3 days (February has 28) = 72 h; 1 h 30 min less is 70 h 30 min.
    result = checked(at("2026-03-02T09:30"), at("2026-02-27T11:00"))
    assert (str(result.text), result.ok) == ("symptom onset to first infusion: 70 h 30 min; at most 72 h", True)


@pytest.mark.parametrize(
    ("onset", "text", "ok"),
    [
        ("2026-02-27T09:30", "72 h; at most 72 h", True),  # the limit itself is permitted
        ("2026-02-27T09:29", "72 h 1 min; more than the permitted 72 h", False),
        ("2026-02-27T09:29:30", "72 h 0 min 30 s; more than the permitted 72 h", False),
        ("2026-03-02T09:30", "0 h; at most 72 h", True),
    ],
)
def test_the_limit_is_exact(onset: str, text: str, ok: bool) -> None:
    result = checked(at("2026-03-02T09:30"), at(onset))
    assert (str(result.text), result.ok) == (f"symptom onset to first infusion: {text}", ok)


def test_the_hours_are_elapsed_and_not_on_the_clock() -> None:
    # Berlin: from 09:30 to 09:30 three days later, 71 h in spring and 73 h in autumn.
    spring = checked(at("2026-03-30T09:30", BERLIN), at("2026-03-27T09:30", BERLIN), BERLIN)
    assert (str(spring.text), spring.ok) == ("symptom onset to first infusion: 71 h; at most 72 h", True)
    autumn = checked(at("2026-10-26T09:30", BERLIN), at("2026-10-23T09:30", BERLIN), BERLIN)
    assert (str(autumn.text), autumn.ok) == (
        "symptom onset to first infusion: 73 h; more than the permitted 72 h",
        False,
    )


def test_an_onset_that_is_not_given_is_asked_for() -> None:
    result = checked(at("2026-03-02T09:30"), None)
    assert result.ok is None
    assert str(result.text) == (
        "symptom onset to first infusion: not checked; "
        "waiting for onset of symptoms: give it with --anchor onset=DATETIME"
    )


def test_a_start_without_a_time_is_not_checked() -> None:
    result = checked(day("2026-03-02"), at("2026-02-27T11:00"))
    assert result.ok is None
    assert str(result.text) == (
        "symptom onset to first infusion: not checked; first infusion has no time of day; write it as YYYY-MM-DDTHH:MM"
    )


def test_an_onset_without_a_time_is_not_checked() -> None:
    result = checked(at("2026-03-02T09:30"), day("2026-02-27"))
    assert result.ok is None
    assert "onset of symptoms has no time of day" in str(result.text)


@pytest.mark.parametrize(
    ("start", "onset"),
    [
        (at("2026-03-02T09:30"), at("2026-03-02T09:31")),
        (day("2026-03-02"), at("2026-03-03T00:10")),
        (at("2026-03-02T09:30"), day("2026-03-03")),
        (day("2026-03-02"), day("2026-03-03")),
    ],
)
def test_an_onset_after_the_start_is_wrong_even_without_times(start: Moment, onset: Moment) -> None:
    result = checked(start, onset)
    assert result.ok is False
    assert str(result.text) == (
        "symptom onset to first infusion: onset of symptoms is later than first infusion; check both dates"
    )


def test_the_actual_time_of_the_first_infusion_makes_the_check_possible() -> None:
    found = plan(STROKE, day("2026-03-02"), {"onset": at("2026-02-27T11:00")}, {"D0": at("2026-03-02T09:30")})
    assert found.checks[0].ok is True


def test_a_check_is_listed_for_arms_without_the_visits_that_it_names() -> None:
    assert [check.code for check in plan(STROKE, day("2026-03-02"), encounters=()).checks] == ["ONSET"]


# The shortest time that a date without a time of day can mean decides, where it exceeds the limit alone.


@pytest.mark.parametrize(
    ("start", "onset", "passed"),
    [
        # 26 February 09:00 to the beginning of 2 March: 4 days less 9 h = 87 h
        (day("2026-03-02"), at("2026-02-26T09:00"), "87 h"),
        (day("2026-03-02"), at("2026-02-26T23:59"), "72 h 1 min"),
        # the end of 26 February to 2 March 09:30: 72 h + 9 h 30 min
        (at("2026-03-02T09:30"), day("2026-02-26"), "81 h 30 min"),
        # the end of 26 February to the beginning of 2 March: 72 h, which the last moment of the 26th exceeds
        (day("2026-03-02"), day("2026-02-26"), "72 h"),
        (at("2026-03-02T00:00"), day("2026-02-26"), "72 h"),
    ],
)
def test_a_limit_that_every_time_of_the_day_exceeds_is_not_met(start: Moment, onset: Moment, passed: str) -> None:
    result = checked(start, onset)
    assert (str(result.text), result.ok) == (
        f"symptom onset to first infusion: {passed} or more; more than the permitted 72 h",
        False,
    )


@pytest.mark.parametrize(
    ("start", "onset"),
    [
        (day("2026-03-02"), at("2026-02-27T00:00")),  # exactly 72 h at the beginning of the day
        (at("2026-03-01T23:59"), day("2026-02-26")),
        (day("2026-03-02"), day("2026-02-27")),
    ],
)
def test_a_limit_that_the_time_of_day_decides_is_not_checked(start: Moment, onset: Moment) -> None:
    assert checked(start, onset).ok is None
