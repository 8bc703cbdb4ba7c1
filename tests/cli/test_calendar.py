"""A calendar that was handed out is carried on: bookings stay, changes are seen, nothing is lost in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ics.checks import check_calendar, check_versions
from running import Ran, dosecalc

if TYPE_CHECKING:
    from pathlib import Path

    from ics.reading import Event


def calendar(out: Path, *words: str) -> Ran:
    base = ["calendar", "NCT07084012", "--start", "2026-03-02", "--participant", "S1", "--language", "en"]
    return dosecalc(*base, "--out", str(out), *words)


def starts(path: Path, tmp_path: Path) -> list[str]:
    events: list[Event] = check_calendar(path, tmp_path)
    return sorted(str(event["start"]) for event in events)


def test_booking_one_visit_leaves_the_others_booked(tmp_path: Path) -> None:
    first, second, third = tmp_path / "1.ics", tmp_path / "2.ics", tmp_path / "3.ics"
    assert calendar(first, "--book", "D7=2026-03-09T09:30").code == 0
    ran = calendar(second, "--previous", str(first), "--book", "D14=2026-03-16T09:00")
    assert ran.code == 0
    assert "D7    booked for Monday 2026-03-09 09:30" in ran.out
    # 09:30 and 09:00 in Shanghai are 01:30 and 01:00 UTC.
    assert starts(second, tmp_path) == ["2026-03-02", "2026-03-09T01:30:00Z", "2026-03-16T01:00:00Z"]
    check_versions(first.read_bytes(), second.read_bytes())
    ran = calendar(third, "--previous", str(second), "--unbook", "D7")
    assert "D7    not booked; target day 2026-03-09" in ran.out
    assert starts(third, tmp_path) == ["2026-03-02", "2026-03-09", "2026-03-16T01:00:00Z"]
    check_versions(second.read_bytes(), third.read_bytes())


def test_a_kept_booking_that_a_new_start_puts_outside_its_window_is_refused(tmp_path: Path) -> None:
    first = tmp_path / "1.ics"
    assert calendar(first, "--book", "D7=2026-03-09T09:30").code == 0
    words = ["calendar", "NCT07084012", "--start", "2026-03-20", "--participant", "S1", "--previous", str(first)]
    ran = dosecalc(*words, "--out", str(tmp_path / "2.ics"), "--json")
    assert (ran.code, ran.codes) == (1, ["DC420"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--unbook", "D7"], "DC506"),
        (["--book", "D7=2026-03-29T09:30", "--book", "D14=2026-04-16T09:30", "--outside-window", "x"], "DC423"),
    ],
)
def test_what_would_be_a_slip_is_refused(words: list[str], code: str, tmp_path: Path) -> None:
    ran = calendar(tmp_path / "x.ics", *words, "--json")
    assert (ran.code, ran.codes) == (1, [code])


def test_cancelling_and_booking_at_once_is_refused(tmp_path: Path) -> None:
    ran = calendar(tmp_path / "x.ics", "--cancel", "--book", "D7=2026-03-09T09:30", "--json")
    assert (ran.code, ran.codes) == (2, ["DC008"])


def test_unbooking_what_was_not_booked_says_what_was(tmp_path: Path) -> None:
    first = tmp_path / "1.ics"
    calendar(first, "--book", "D14=2026-03-16T09:30")
    ran = calendar(tmp_path / "2.ics", "--previous", str(first), "--unbook", "D7")
    assert ran.code == 1
    assert "booked there: D14" in ran.err


def test_an_export_right_after_another_one_needs_no_stamp(tmp_path: Path) -> None:
    first, second = tmp_path / "1.ics", tmp_path / "2.ics"
    assert calendar(first).code == 0
    assert calendar(second, "--previous", str(first), "--book", "D7=2026-03-09T09:30").code == 0
    check_versions(first.read_bytes(), second.read_bytes())


def test_a_limit_that_is_not_met_is_said_on_the_terminal(tmp_path: Path) -> None:
    words = ["calendar", "NCT07084012", "--start", "2026-03-02T10:00", "--participant", "S1", "--language", "en"]
    # From 08:30 on 27 February to 10:00 on 2 March: 3 days and 1 h 30 min.
    ran = dosecalc(*words, "--anchor", "symptom_onset=2026-02-27T08:30", "--out", str(tmp_path / "x.ics"))
    assert ran.code == 0
    assert "NOT MET" in ran.out
    assert "73 h 30 min" in ran.out


def test_unchanged_items_keep_their_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "1.ics", tmp_path / "2.ics"
    calendar(first, "--book", "D7=2026-03-09T09:30", "--stamp", "2026-02-01T00:00Z")
    calendar(second, "--previous", str(first), "--stamp", "2026-02-02T00:00Z")
    assert first.read_bytes() == second.read_bytes()
