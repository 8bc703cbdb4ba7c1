"""What a correction sets passes the same checks as when it was first recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from masked_study import Clock, begin, call, person
from pharmacy import own_files
from running import Ran


def ok(folder: Path, user: str, words: str, *more: str) -> Ran:
    ran = call(folder, user, *words.split(), *more, "--json")
    assert ran.code == 0, (words, ran.err, ran.out)
    return ran


def number(ran: Ran) -> str:
    [event] = ran.json["events"] if "events" in ran.json else [ran.json["event"]]
    return str(event["number"])


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """P001 with consent of 1 March 2026, the start on 2 March, and doses 13 to 40 days apart; it is 1 June."""
    Clock(monkeypatch)
    own_files(tmp_path)
    gaps = "gaps: {least: P13D, most: P40D, confirmed: {document: P, section: '8', by: B, date: 2026-02-20}}"
    stagger = "stagger: {days: 7, confirmed: {document: P, section: '8', by: B, date: 2026-02-20}}"
    more = ("\n  NCT07203599:\n", f"\n  NCT07203599:\n    {gaps}\n    {stagger}\n")
    begin(tmp_path, "NCT07203599", more=more)
    for code in ("P001", "P002"):
        ok(tmp_path, "liu", f"participant consent {code} --form 1.0 --date 2026-03-01")
    ok(tmp_path, "liu", "participant enrol P001 --date 2026-03-01 --cohort phase1-A")
    ok(tmp_path, "chen", "participant assign P001 --arm phase1-A --at 2026-03-01T09:00")
    ok(tmp_path, "liu", "participant anchor P001 first_dose=2026-03-02")
    return tmp_path


def correct(folder: Path, number: str, *pairs: str, user: str = "liu") -> Ran:
    sets = [word for pair in pairs for word in ("--set", pair)]
    return call(folder, user, "participant", "correct", number, *sets, "--reason", "typo", "--yes", "--json")


def test_a_booking_is_moved_and_not_set(begun: Path) -> None:
    booked = number(ok(begun, "liu", "visit book P001 W2 2026-03-16T09:30"))
    refused = correct(begun, booked, "when=2026-07-20T09:30")
    assert refused.codes == ["DC754"]
    assert refused.json["errors"][0]["what"] == f"nothing can be set in event {booked}, which is a booking"
    assert refused.json["errors"][0]["mend"] == ("move it: visit move P001 W2 DATETIME; or take it out with --void")
    moved = number(ok(begun, "liu", "visit move P001 W2 2026-03-17T09:30 --yes"))
    assert correct(begun, moved, "outside_window=x").codes == ["DC754"]


@pytest.mark.parametrize(("day", "code"), [("2027-06-16", "DC761"), ("2019-06-16", "DC761"), ("2026-03-10", "DC764")])
def test_a_visit_does_not_become_one_that_could_not_have_been_recorded(begun: Path, day: str, code: str) -> None:
    ok(begun, "liu", "visit attend P001 W0 2026-03-02")
    came = number(ok(begun, "liu", "visit attend P001 W2 2026-03-16"))
    before = ok(begun, "mo", "participant show P001").json
    refused = correct(begun, came, f"when={day}")
    assert code in refused.codes
    assert ok(begun, "mo", "participant show P001").json == before
    assert correct(begun, came, "when=2026-03-17").code == 0


def test_only_the_investigator_corrects_a_visit_into_a_broken_gap(begun: Path) -> None:
    ok(begun, "liu", "visit attend P001 W0 2026-03-02")
    came = number(ok(begun, "liu", "visit attend P001 W2 2026-03-16"))
    assert correct(begun, came, "when=2026-03-13").codes == ["DC764"]
    assert correct(begun, came, "when=2026-03-13", user="chen").code == 0
    found = ok(begun, "mo", "study deviations").json["deviations"]
    assert [each["visit"] for each in found if each["deviation"] == "gap"] == ["W2"]


def test_a_start_is_not_set_within_the_stagger_of_another(begun: Path) -> None:
    ok(begun, "liu", "participant enrol P002 --date 2026-03-09 --cohort phase1-A")
    ok(begun, "chen", "participant assign P002 --arm phase1-A --at 2026-03-09T09:00")
    start = number(ok(begun, "liu", "participant anchor P002 first_dose=2026-03-09"))
    assert correct(begun, start, "when=2026-03-04").codes == ["DC745"]
    assert correct(begun, start, "when=2026-03-10").code == 0


def test_a_measurement_is_not_set_before_the_consent(begun: Path) -> None:
    made = number(ok(begun, "liu", "participant measure P001 --area 23.4 --method tracing --by C2 --date 2026-03-01"))
    assert correct(begun, made, "date=1999-03-01").codes == ["DC741"]
    assert correct(begun, made, "values=24.3", "date=2026-03-02").code == 0


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("chen", "participant discontinue P001 --date 2026-04-01 --reason rash"),
        ("liu", "participant withdraw P001 --date 2026-04-01 --reason wish"),
    ],
)
def test_an_end_is_not_set_before_the_consent(begun: Path, user: str, words: str) -> None:
    ended = number(ok(begun, user, f"{words} --yes"))
    assert correct(begun, ended, "date=1999-04-01", user=user).codes == ["DC741"]
    assert correct(begun, ended, "date=2026-04-02", user=user).code == 0


def test_what_was_recorded_before_an_end_can_still_be_corrected_after_it(begun: Path) -> None:
    made = number(ok(begun, "liu", "participant measure P001 --area 23.4 --method tracing --by C2 --date 2026-03-01"))
    came = number(ok(begun, "liu", "visit attend P001 W0 2026-03-02"))
    ended = number(ok(begun, "chen", "participant discontinue P001 --date 2026-04-01 --reason rash --yes"))
    ok(begun, "liu", "participant withdraw P001 --date 2026-04-10 --reason wish --yes")
    assert correct(begun, made, "values=24.3").code == 0
    assert correct(begun, came, "when=2026-03-03").code == 0
    assert correct(begun, ended, "date=2026-04-02", user="chen").code == 0


def test_another_start_shows_what_moves_and_asks(begun: Path) -> None:
    booked = ok(begun, "liu", "visit book P001 W2 2026-03-16T09:30")
    before = ok(begun, "mo", "participant show P001").json
    start = "6"
    words = ("participant", "correct", start, "--set", "when=2026-05-02", "--reason", "typo")
    nobody = call(begun, "liu", *words, "--json")
    assert (nobody.code, nobody.codes) == (2, ["DC830"])
    # 2 May and 14 days are 16 May
    [moved] = [each for each in nobody.json["changes"]["visits"] if each["encounter"] == "W2"]
    assert (moved["from"], moved["to"], moved["rebook"]) == ("2026-03-16", "2026-05-16", "2026-03-16 09:30")
    shown = person(begun, "liu", "n\n", *words, key=False)
    assert "first_dose was Monday, 2026-03-02, and becomes Saturday, 2026-05-02" in shown.out
    assert "It is booked for 2026-03-16 09:30, outside the new window: move it" in shown.out
    assert ok(begun, "mo", "participant show P001").json == before
    assert person(begun, "liu", "y\n", *words, key=False).code == 0
    assert ok(begun, "mo", "participant show P001").json["start"] == "2026-05-02"
    assert number(booked)


def test_a_booking_that_would_hold_again_is_shown_and_asked_about(begun: Path) -> None:
    ok(begun, "liu", "visit book P001 W2 2026-03-16T09:30")
    moved = number(ok(begun, "liu", "visit move P001 W2 2026-03-17T09:30 --yes"))
    words = ("participant", "correct", moved, "--void", "--reason", "slip")
    nobody = call(begun, "liu", *words, "--json")
    assert nobody.codes == ["DC830"]
    assert nobody.json["changes"]["booked"] == [{"encounter": "W2", "booked": "2026-03-16T09:30:00+08:00"}]
    assert "W2 would be booked for 2026-03-16 09:30 again" in person(begun, "liu", "y\n", *words, key=False).out


def test_a_measurement_that_becomes_another_one_by_far_is_typed_again(begun: Path) -> None:
    made = number(ok(begun, "liu", "participant measure P001 --area 23.4 --method tracing --by C2 --date 2026-03-01"))
    refused = correct(begun, made, "values=234")  # 234 is ten times 23.4
    assert refused.codes == ["DC650"]
    assert refused.json["errors"][0]["what"] == (
        "the measurement of P001 is 234 cm², and the one before it was 23.4 cm²"
    )
    words = ("participant", "correct", made, "--set", "values=234", "--reason", "typo")
    assert "'23.4' is another measurement" in person(begun, "liu", "23.4\n", *words, key=False).err
    assert person(begun, "liu", "234\n", *words, key=False).code == 0
    refused = correct(begun, made, "values=23.4,5")
    assert refused.codes == ["DC201"]


def test_a_measurement_is_corrected_back_to_what_was_first_entered(begun: Path) -> None:
    made = number(ok(begun, "liu", "participant measure P001 --area 23.4 --method tracing --by C2 --date 2026-03-01"))
    assert correct(begun, made, "values=24.3").code == 0
    assert correct(begun, made, "values=24.3").codes == ["DC746"]
    assert correct(begun, made, "values=23.4").code == 0
    assert correct(begun, made, "values=23.4").codes == ["DC746"]


def listed(folder: Path, *lines: str) -> Ran:
    (folder / "list.csv").write_text("\n".join(("participant,arm", *lines, "")), encoding="utf-8")
    return call(folder, "wang", "participant", "assign", "--list", "list.csv", "--json", key=True)


def test_a_list_stays_once_somebody_of_it_was_assigned(begun: Path) -> None:
    mine = number(listed(begun, "P002,phase1-A"))
    other = number(listed(begun, "P003,phase1-A"))
    ok(begun, "liu", "participant enrol P002 --date 2026-03-09 --cohort phase1-A")
    ok(begun, "chen", "participant assign P002 --arm phase1-A --at 2026-03-09T09:00")
    words = ("--void", "--reason", "slip", "--json")
    refused = call(begun, "wang", "participant", "correct", mine, *words, key=True)
    assert refused.codes == ["DC929"]
    assert refused.json["errors"][0]["what"] == (
        f"event {mine} is the allocation list, and from it were assigned: P002"
    )
    assert call(begun, "wang", "participant", "correct", other, *words, key=False).codes == ["DC726"]
    assert call(begun, "wang", "participant", "correct", other, *words, key=True).code == 0
    assert listed(begun, "P003,phase1-B").code == 0


def test_a_list_does_not_contradict_an_assignment_or_another_spelling(begun: Path) -> None:
    refused = listed(begun, "P001,phase1-B", "p002,phase1-A")  # P001 is in phase1-A since 1 March
    assert refused.codes == ["DC929", "DC739"]
    assert refused.json["errors"][0]["what"] == "P001 is assigned already, and the list says otherwise: arm"
    assert refused.json["errors"][1]["what"] == "p002 differs from P002 in capital letters alone"
    assert listed(begun, "P007,phase1-A", "p007,phase1-A").codes == ["DC739"]
    assert listed(begun, "P001,phase1-A").code == 0
