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


def staff(out: Path, *words: str, audience: str = "clinic", start: str = "2026-03-02") -> Ran:
    base = ["calendar", "NCT07084012", "--start", start, "--participant", "S1", "--language", "en"]
    return dosecalc(*base, "--audience", audience, "--out", str(out), *words)


def text(path: Path) -> str:
    return path.read_bytes().decode().replace("\r\n ", "")


def test_each_booking_outside_its_window_keeps_its_own_reason(tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{n}.ics" for n in (1, 2, 3))
    assert staff(first, "--book", "D7=2026-03-13T14:00", "--outside-window", "patient travelling").code == 0
    ran = staff(second, "--previous", str(first), "--book", "D14=2026-03-20T10:00", "--outside-window", "clinic closed")
    assert ran.code == 0, ran.err
    assert text(second).count("Reason: patient travelling") == text(second).count("Reason: clinic closed") == 1
    assert staff(third, "--previous", str(second), "--unbook", "D14").code == 0
    assert text(third).count("Reason: patient travelling") == 1
    check_versions(first.read_bytes(), second.read_bytes())
    check_versions(second.read_bytes(), third.read_bytes())


def test_a_participants_booking_outside_its_window_is_accepted_once(tmp_path: Path) -> None:
    first, second = tmp_path / "1.ics", tmp_path / "2.ics"
    assert calendar(first, "--book", "D7=2026-03-13T14:00", "--outside-window", "travelling").code == 0
    ran = calendar(second, "--previous", str(first), "--book", "D14=2026-03-17T10:00")
    assert ran.code == 0, ran.err
    assert "OUTSIDE ITS WINDOW: as in the earlier calendar" in ran.out
    check_versions(first.read_bytes(), second.read_bytes())


def test_cancelling_needs_no_window(tmp_path: Path) -> None:
    first = tmp_path / "1.ics"
    staff(first, "--book", "D7=2026-03-13T14:00", "--outside-window", "travelling", "--book", "D0=2026-03-02T09:00")
    for number, start in enumerate(("2026-03-02", "2026-03-30")):
        out = tmp_path / f"c{number}.ics"
        ran = staff(out, "--previous", str(first), "--cancel", start=start)
        assert ran.code == 0, ran.err
        assert text(out).count("STATUS:CANCELLED") == 3
        check_versions(first.read_bytes(), out.read_bytes())


@pytest.mark.parametrize("audience", ["participant", "clinic"])
def test_an_attended_visit_does_not_turn_back_into_a_booking(audience: str, tmp_path: Path) -> None:
    first = tmp_path / "1.ics"
    attended = ["--actual", "D7=2026-03-10"]
    assert staff(first, *attended, "--book", "D7=2026-03-10T11:00", audience=audience).code == 0
    again = ["--previous", str(first), "--book", "D14=2026-03-16T10:00"]
    ran = staff(tmp_path / "2.ics", *again, "--json", audience=audience)
    assert (ran.code, ran.codes) == (1, ["DC425"])
    assert "--actual D7=2026-03-10" in ran.err
    ran = staff(tmp_path / "2.ics", *again, *attended, audience=audience)
    assert ran.code == 0, ran.err


def test_a_new_start_says_what_to_do_with_the_first_visit_that_was_booked(tmp_path: Path) -> None:
    first = tmp_path / "1.ics"
    calendar(first, "--book", "D0=2026-03-02T09:00")
    ran = staff(tmp_path / "2.ics", "--previous", str(first), audience="participant", start="2026-03-03")
    assert ran.code == 1
    assert "--book D0=2026-03-03T09:30" in ran.err
    assert "--unbook D0" in ran.err


def test_a_reason_without_a_booking_is_refused(tmp_path: Path) -> None:
    ran = calendar(tmp_path / "x.ics", "--outside-window", "because", "--json")
    assert (ran.code, ran.codes) == (2, ["DC009"])
