"""The start of a participant: planned, postponed, and what it becomes when its own visit takes place.

It is NCT07084012: D0 is the first infusion; D7 and D14 come 7 and 14 days later, two days before and after; at most
72 h pass from the onset of symptoms to it. The clock says 1 June 2026 unless a test sets it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from masked_study import Clock, begin, call, person
from pharmacy import own_files
from running import Ran


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """T001 consented on 1 March; the first infusion is planned for Monday, 9 March."""
    begin(tmp_path)
    own_files(tmp_path)
    done(tmp_path, "participant consent T001 --form 1.0 --date 2026-03-01")
    done(tmp_path, "participant enrol T001 --date 2026-03-01")
    done(tmp_path, "participant anchor T001 first_dose=2026-03-09")
    return tmp_path


def run(folder: Path, words: str, *more: str, user: str = "liu") -> Ran:
    return call(folder, user, *words.split(), *more, key=user == "wang")


def done(folder: Path, words: str, *more: str, user: str = "liu") -> Any:
    ran = run(folder, words, *more, "--json", user=user)
    assert ran.code == 0, ran.err
    return ran.json


def refused(folder: Path, words: str, *more: str, user: str = "liu") -> str:
    ran = run(folder, words, *more, "--json", user=user)
    assert ran.code in (1, 2), ran.out
    return ran.err.strip()


def timeline(folder: Path) -> dict[str, tuple[str, str | None]]:
    shown = done(folder, "participant show T001")["timeline"]
    return {each["visit"]: (each["target"], each["booked"] and each["booked"][:16]) for each in shown}


# --- the start is postponed ---
# By ten days, from 9 to 19 March: D7 from the 16th to the 26th, D14 from the 23rd to 2 April.
SEVENTH = "D7: 2026-03-26 (window 2026-03-24 to 2026-03-28); it was 2026-03-16 (window 2026-03-14 to 2026-03-18)"
FOURTEENTH = "D14: 2026-04-02 (window 2026-03-31 to 2026-04-04); it was 2026-03-23 (window 2026-03-21 to 2026-03-25)"
BOOKED = "It is booked for 2026-03-09 09:00, outside the new window: move it"


def test_a_start_is_postponed_by_moving_its_own_visit(study: Path) -> None:
    done(study, "visit book T001 D0 2026-03-09T09:00")
    done(study, "visit book T001 D7 2026-03-16T09:00")
    assert refused(study, "visit move T001 D0 2026-03-19T09:00 --yes") == (
        "DC747 first_dose is 2026-03-09, and would become 2026-03-19; all dates that count from it would move: say why "
        "with --reason"
    )
    ran = run(study, "visit move T001 D0 2026-03-19T09:00 --reason fever")
    assert (ran.code, ran.err) == (2, "DC830 nobody has confirmed this change; add --yes once you are sure\n")
    assert ran.out.splitlines() == [
        "D0 (Day 0): from Monday, 2026-03-09 09:00 to Thursday, 2026-03-19 09:00",
        "first_dose was Monday, 2026-03-09, and becomes Thursday, 2026-03-19",
        f"Counts from it: {SEVENTH}. It is booked for 2026-03-16 09:00, outside the new window: move it",
        f"Counts from it: {FOURTEENTH}",
        "A dose is given at D0: tell the pharmacy that it is needed on 2026-03-19.",
        "A dose is given at D7: tell the pharmacy that it is needed on 2026-03-26.",
        "A dose is given at D14: tell the pharmacy that it is needed on 2026-04-02.",
        "Calendars to send: the participant's and the clinic's (`study calendars` writes them)",
    ]
    said = done(study, "visit move T001 D0 2026-03-19T09:00 --reason fever --yes")
    assert [event["kind"] for event in said["events"]] == ["anchor", "move"]
    assert said["changes"]["start"] == {"name": "first_dose", "from": "2026-03-09", "to": "2026-03-19"}
    assert timeline(study)["D0"] == ("2026-03-19", "2026-03-19T09:00")


def test_a_first_booking_on_another_day_asks_too_and_takes_the_start_with_it(study: Path) -> None:
    ran = person(study, "liu", "y\n", "visit", "book", "T001", "D0", "2026-03-10T09:00", "--reason", "fever", key=False)
    assert ran.code == 0, ran.err
    assert "first_dose was Monday, 2026-03-09, and becomes Tuesday, 2026-03-10" in ran.out
    assert timeline(study)["D14"][0] == "2026-03-24"


def test_a_start_is_postponed_by_its_date_and_then_its_visit_is_moved_there(study: Path) -> None:
    done(study, "visit book T001 D0 2026-03-09T09:00")
    ran = run(study, "participant anchor T001 first_dose=2026-03-10 --reason fever")
    assert ran.code == 2
    assert ran.out.splitlines()[:2] == [
        "T001: first_dose was Monday, 2026-03-09, and becomes Tuesday, 2026-03-10",
        f"Counts from it: D0: 2026-03-10; it was 2026-03-09. {BOOKED}",
    ]
    assert timeline(study)["D0"][0] == "2026-03-09"  # nothing was recorded
    done(study, "participant anchor T001 first_dose=2026-03-10 --reason fever --yes")
    done(study, "visit move T001 D0 2026-03-10T09:00 --yes")
    assert timeline(study)["D0"] == ("2026-03-10", "2026-03-10T09:00")
    day = done(study, "study today --day 2026-03-10")
    assert [each["participant"] for each in day["booked"]] == ["T001"]


def test_the_first_date_says_what_comes_of_it_with_its_weekday(study: Path) -> None:
    done(study, "participant consent T002 --form 1.0 --date 2026-03-01")
    done(study, "participant enrol T002 --date 2026-03-01")
    ran = run(study, "participant anchor T002 first_dose=2026-03-09")
    assert ran.code == 0
    assert ran.out.splitlines()[:4] == [
        "T002: first_dose is Monday, 2026-03-09",
        "Counts from it: D0: 2026-03-09",
        "Counts from it: D7: 2026-03-16 (window 2026-03-14 to 2026-03-18)",
        "Counts from it: D14: 2026-03-23 (window 2026-03-21 to 2026-03-25)",
    ]


def test_as_json_another_date_says_what_would_change(study: Path) -> None:
    done(study, "visit book T001 D7 2026-03-16T09:00")
    ran = run(study, "participant anchor T001 first_dose=2027-03-02 --reason fever --json")
    assert ran.codes == ["DC830"]
    assert ran.json["changes"]["dates"] == [{"name": "first_dose", "from": "2026-03-09", "to": "2027-03-02"}]
    assert [(each["encounter"], each["to"], each["rebook"]) for each in ran.json["changes"]["visits"]] == [
        ("D0", "2027-03-02", None), ("D7", "2027-03-09", "2026-03-16 09:00"), ("D14", "2027-03-16", None),
    ]  # fmt: skip


def test_what_is_booked_outside_its_window_is_marked(study: Path, clock: Clock) -> None:
    clock.set("2026-03-09T01:00:00+00:00")
    done(study, "visit book T001 D7 2026-03-16T09:00")
    done(study, "participant anchor T001 first_dose=2026-03-19 --reason fever --yes")
    for report in ("today", "week"):
        ran = run(study, f"study {report} --day 2026-03-16")
        assert "2026-03-24 to 2026-03-28: BOOKED OUTSIDE" in ran.out
    [line] = done(study, "study today --day 2026-03-16")["booked"]
    assert line["booked_outside_window"] is True
    steps = [(each["text"], each["command"]) for each in done(study, "participant show T001")["next"]]
    assert (
        "D7 is booked for 2026-03-16 09:00, outside its window: move it", "visit move T001 D7 2026-03-26THH:MM",
    ) in steps  # fmt: skip


# --- the visit takes place ---


def test_the_real_time_is_the_start_in_one_step(study: Path) -> None:
    done(study, "participant anchor T001 first_dose=2026-03-09T10:00 --reason exact")
    assert [each["kind"] for each in done(study, "visit attend T001 D0 2026-03-09T10:05")["events"]] == ["attend"]
    shown = done(study, "participant show T001")
    assert (shown["start"], shown["dates"]["first_dose"]) == ("2026-03-09T10:05:00+08:00",) * 2


def test_a_visit_on_another_day_than_planned_moves_the_start_after_a_question(study: Path) -> None:
    assert refused(study, "visit attend T001 D0 2026-03-10").startswith("DC747 first_dose is 2026-03-09")
    ran = run(study, "visit attend T001 D0 2026-03-10 --reason fever")
    assert (ran.code, ran.out.splitlines()[:2]) == (2, [
        "D0 (Day 0) took place: Tuesday, 2026-03-10",
        "first_dose was Monday, 2026-03-09, and becomes Tuesday, 2026-03-10",
    ])  # fmt: skip
    said = done(study, "visit attend T001 D0 2026-03-10 --reason fever --yes")
    assert (said["event"]["public"], said["visit"]["status"]) == ({"when": "2026-03-10"}, "done")
    assert timeline(study)["D7"][0] == "2026-03-17"
    assert done(study, "participant list")["participants"][0]["start"] == "2026-03-10"
    assert done(study, "study deviations")["deviations"] == []


def test_a_mistyped_first_day_is_corrected_at_its_attendance_and_the_message_says_so(study: Path) -> None:
    number = done(study, "visit attend T001 D0 2026-03-09")["event"]["number"]
    assert refused(study, "participant anchor T001 first_dose=2026-03-10 --reason mistyped --yes") == (
        "DC860 D0 took place on 2026-03-09, and that is the date of first_dose; if that is wrong, correct the "
        f"attendance, and the other visits move with it: participant correct {number} --set when=2026-03-10 "
        "--reason WHY"
    )
    done(study, f"participant correct {number} --set when=2026-03-10 --reason mistyped --yes")
    assert timeline(study)["D7"][0] == "2026-03-17"


def test_who_records_a_later_dose_first_hears_that_the_one_before_is_unrecorded(study: Path) -> None:
    ran = run(study, "visit attend T001 D7 2026-03-16")
    assert ran.code == 0
    assert (
        "Mind: D0 comes before it, and nobody recorded what became of it: `visit attend T001 D0 DATE` or `visit miss`"
    ) in ran.out.splitlines()
    done(study, "visit attend T001 D0 2026-03-09")
    assert "Mind" not in run(study, "visit attend T001 D14 2026-03-23").out


def test_the_clinics_calendar_has_the_real_time_of_a_visit(study: Path, tmp_path: Path) -> None:
    done(study, "visit book T001 D0 2026-03-09T10:00")
    done(study, "visit attend T001 D0 2026-03-09T10:05")
    done(study, "study calendars --out out")
    clinic = next(path for path in (tmp_path / "out").rglob("clinic*.ics")).read_text(encoding="utf-8")
    item = clinic[clinic.index("DTSTART", clinic.index("BEGIN:VEVENT")) :]
    assert item.startswith("DTSTART;TZID=Asia/Shanghai:20260309T100500")


def test_who_ends_the_treatment_reads_which_bookings_fall_away(study: Path) -> None:
    done(study, "visit attend T001 D0 2026-03-09")
    done(study, "visit book T001 D7 2026-03-16T09:00")
    ran = run(study, "participant discontinue T001 --reason rash --date 2026-03-12", user="chen")
    assert "Cancel: visit cancel T001 D7 --reason WHY (booked for 2026-03-16 09:00)" in ran.out.splitlines()


# --- 72 hours ---


def test_a_limit_in_hours_is_said_wherever_somebody_can_act_on_it(study: Path) -> None:
    # 20 February 08:30 to 9 March 10:00 are 17 days and 1 h 30 min: 409 h 30 min
    late = "hours from symptom onset to the first infusion: 409 h 30 min; more than the permitted 72 h"
    words = "participant anchor T001 first_dose=2026-03-09T10:00 symptom_onset=2026-02-20T08:30 --reason exact"
    assert f"Mind: {late}" in run(study, words).out.splitlines()
    shown = run(study, "participant show T001").out
    assert f"NOT MET: {late}" in shown.splitlines()
    assert "symptom_onset, the date of onset of stroke symptoms: 2026-02-20 08:30" in shown.splitlines()
    [check] = done(study, "participant show T001")["checks"]
    assert (check["code"], check["ok"]) == ("ONSET_72H", False)
    assert refused(study, "visit book T001 D0 2026-03-09T10:00") == (
        f"DC863 {late}; choose another day, or, where the investigator decides so, say why: --outside-window REASON"
    )
    assert f"Mind: {late}" in run(study, "visit book T001 D7 2026-03-16T10:00").out.splitlines()
    assert f"T001: NOT MET: {late}" in run(study, "study today --day 2026-03-09").out.splitlines()
    assert done(study, "study today --day 2026-03-09")["limits"] == [{"participant": "T001", "text": late}]


def test_an_onset_after_the_first_dose_is_refused(study: Path) -> None:
    assert refused(study, "participant anchor T001 symptom_onset=2026-03-10T08:30") == (
        "DC862 onset of stroke symptoms on 2026-03-10 08:30 would be later than first infusion (day 0) on 2026-03-09; "
        "check both dates; where both are wrong, give both in one command"
    )


# --- doses ---


def stocked(folder: Path, clock: Clock, day: str) -> None:
    """T001 in group 2, 68 kg, the pharmacy's lots in stock; it is 09:00 on this day."""
    clock.set(f"{day}T01:00:00+00:00")
    (folder / "list.csv").write_text("participant,arm\nT001,group-2\n", encoding="utf-8")
    done(folder, "participant assign --list list.csv", user="wang")
    done(folder, "participant assign T001", user="wang")
    done(folder, "participant measure T001 --weight 68 --by CRC-02 --date 2026-03-01")
    done(folder, "ip receive --stock our-example-stock.yaml", user="wang")


def prepare(folder: Path, visit: str, day: str) -> Ran:
    return run(folder, f"ip prepare T001 {visit} --thawed-at {day}T08:30 --json", user="wang")


def test_a_dose_waits_for_the_record_of_the_one_before_and_for_its_window(study: Path, clock: Clock) -> None:
    stocked(study, clock, "2026-03-16")
    done(study, "visit book T001 D7 2026-03-16T09:00")
    done(study, "participant anchor T001 first_dose=2026-03-19 --reason fever --yes")
    ran = prepare(study, "D7", "2026-03-16")
    assert ran.codes == ["DC861", "DC774"]
    assert [each["what"] for each in ran.json["errors"]] == [
        "D0 comes before D7, and nobody recorded what became of it",
        "D7 on 2026-03-16 lies outside its window, 2026-03-24 to 2026-03-28",
    ]


def test_a_first_dose_beyond_the_limit_waits_for_the_investigator(study: Path, clock: Clock) -> None:
    stocked(study, clock, "2026-03-09")
    done(study, "visit book T001 D0 2026-03-09T09:00")
    done(study, "participant anchor T001 symptom_onset=2026-03-05T09:00")
    ran = prepare(study, "D0", "2026-03-09")
    assert ran.codes == ["DC863"]
    assert ran.json["errors"][0]["what"] == (
        "hours from symptom onset to the first infusion: 96 h; more than the permitted 72 h"
    )
    assert "`visit move T001 D0 2026-03-09T… --outside-window REASON`" in ran.json["errors"][0]["mend"]
    words = (
        "visit",
        "move",
        "T001",
        "D0",
        "2026-03-09T09:00",
        "--outside-window",
        "the sponsor agreed, letter of 8 March",
    )
    assert person(study, "chen", "y\n", *words, key=False).code == 0
    assert prepare(study, "D0", "2026-03-09").code == 0
    assert [each["deviation"] for each in done(study, "study deviations")["deviations"]] == ["outside_window", "limit"]


def handed_out(folder: Path, clock: Clock) -> None:
    """The dose of D0 was prepared, checked and handed out on 9 March at 09:00."""
    stocked(folder, clock, "2026-03-09")
    done(folder, "participant anchor T001 symptom_onset=2026-03-07T20:00")
    assert prepare(folder, "D0", "2026-03-09").code == 0
    entered = "--arm group-2 --lot MSC --weight 68 --thawed-at 2026-03-09T08:30 --concentration 2e7"
    assert call(folder, "xu", "ip", "check", "T001", "D0", *entered.split(), key=True).code == 0
    done(folder, "ip dispense T001 D0 --to liu", user="wang")


def test_the_start_stays_on_the_day_on_which_its_dose_was_given(study: Path, clock: Clock) -> None:
    handed_out(study, clock)
    clock.set("2026-03-09T02:00:00+00:00")
    done(study, "ip administer T001 D0")
    clock.set("2026-03-20T02:00:00+00:00")
    said = refused(study, "participant anchor T001 first_dose=2026-03-20 --reason later --yes")
    assert said.startswith(
        "DC860 the dose of D0 was given on 2026-03-09, and that is the date of first_dose; record that the visit took "
        "place: visit attend T001 D0 2026-03-09; if the dose was given on another day, correct event "
    )
    assert refused(study, "visit attend T001 D0 2026-03-20 --reason later --yes").startswith(
        "DC811 the dose for D0 of T001 was given on 2026-03-09 (event "
    )
    done(study, "visit attend T001 D0 2026-03-09")


def test_a_dose_is_not_given_on_another_day_than_its_visit(study: Path, clock: Clock) -> None:
    handed_out(study, clock)
    done(study, "visit attend T001 D0 2026-03-09")
    clock.set("2026-03-20T02:00:00+00:00")
    assert refused(study, "ip administer T001 D0").startswith(
        "DC811 D0 of T001 took place on 2026-03-09, and its dose would have been given on 2026-03-20; "
    )
