"""A thing that happened cannot lie after the moment at which it is entered."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dosecalc.errors import Refusal
from dosecalc.registry.event import Draft, Event, Kind
from dosecalc.registry.happened import check_happened
from dosecalc.registry.kinds import KIND_RULES

# Monday, 1 June 2026, 17:00 in UTC is Tuesday, 2 June, 01:00 in Shenzhen.
PRESENT = dt.datetime(2026, 6, 1, 17, 0, tzinfo=dt.UTC).astimezone(ZoneInfo("Asia/Shanghai"))


def draft(kind: Kind, **public: Any) -> Draft:
    return Draft(kind=kind, at=PRESENT, participant="P001", visit="W0", public=public)


def correction(of: Draft, **public: Any) -> tuple[Draft, Event]:
    event = Event(
        number=5, kind=of.kind, participant="P001", visit=None, at="", at_local="", entered_at="", user="liu",
        role="nurse", reason=None, corrects=None, program="", protocol_sha256="", public=json.dumps(dict(of.public)),
        sealed=None, public_hash="", hash="",
    )  # fmt: skip
    return Draft(kind="correct", at=PRESENT, participant="P001", corrects=5, public={"public": public}), event


DAYS = ("consent", "enrol", "screen_failure", "measure", "discontinue", "withdraw")
TIMES = ("attend", "unscheduled", "dispense", "administer")


@pytest.mark.parametrize("kind", DAYS)
def test_a_fact_of_today_at_the_site_is_taken_and_one_of_tomorrow_is_refused(kind: Kind) -> None:
    check_happened(draft(kind, date="2026-06-02"), None, PRESENT)
    with pytest.raises(
        Refusal, match=r"^DC815 2026-06-03 is still to come: it is 2026-06-02 01:00 at the site; check "
    ):
        check_happened(draft(kind, date="2026-06-03"), None, PRESENT)


@pytest.mark.parametrize("kind", TIMES)
def test_a_time_is_taken_until_now_and_not_a_minute_later(kind: Kind) -> None:
    check_happened(draft(kind, when="2026-06-02T01:00:00+08:00"), None, PRESENT)
    with pytest.raises(Refusal, match=r"DC815 2026-06-02 01:01 is still to come"):
        check_happened(draft(kind, when="2026-06-02T01:01:00+08:00"), None, PRESENT)


def test_times_are_compared_as_moments_whatever_their_offset() -> None:
    # 19:00 in Berlin in summer (UTC+2) is 17:00 in UTC.
    check_happened(draft("attend", when="2026-06-01T19:00:00+02:00"), None, PRESENT)
    with pytest.raises(Refusal, match="DC815"):
        check_happened(draft("attend", when="2026-06-01T19:01:00+02:00"), None, PRESENT)


def test_the_start_may_be_planned_and_other_dates_that_visits_count_from_have_happened() -> None:
    check_happened(draft("anchor", name="start", when="2026-06-08"), None, PRESENT)
    with pytest.raises(Refusal, match="only a booking or the planned start may lie ahead"):
        check_happened(draft("anchor", name="symptom_onset", when="2026-06-08T09:00:00+08:00"), None, PRESENT)


@pytest.mark.parametrize("kind", ["book", "move"])
def test_a_booking_is_of_the_future(kind: Kind) -> None:
    check_happened(draft(kind, when="2026-06-08T09:00:00+08:00"), None, PRESENT)


def test_a_correction_is_checked_like_what_it_corrects() -> None:
    check_happened(*correction(draft("consent", date="2026-06-01"), date="2026-06-02"), PRESENT)
    with pytest.raises(Refusal, match="DC815 2026-06-03"):
        check_happened(*correction(draft("consent", date="2026-06-01"), date="2026-06-03"), PRESENT)
    check_happened(*correction(draft("anchor", name="start", when="2026-06-01"), when="2026-06-09"), PRESENT)
    with pytest.raises(Refusal, match="DC815 2026-06-09"):
        check_happened(*correction(draft("anchor", name="onset", when="2026-06-01"), when="2026-06-09"), PRESENT)
    check_happened(*correction(draft("book", when="2026-06-01T09:00:00+08:00"), outside_window="why"), PRESENT)


def test_every_kind_that_says_when_it_took_place_is_checked() -> None:
    said = {kind for kind, rule in KIND_RULES.items() if {"date", "when"} & set(rule.public)}
    # A booking is of the future; a dose may be prepared on the evening before it is given.
    assert {kind for kind, rule in KIND_RULES.items() if rule.happened} == said - {"book", "move", "prepare"}
