"""The limit in hours from symptom onset to the first infusion: judged on when the dose is prepared and given."""

from __future__ import annotations

from pathlib import Path

import pytest

from masked_study import Clock, begin, call, person
from pharmacy import own_files
from running import Ran

MORE = "hours from symptom onset to the first infusion: {passed}; more than the permitted 72 h"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def run(folder: Path, user: str, words: str) -> Ran:
    return call(folder, user, *words.split(), "--json", key=user in ("wang", "xu"))


def ok(folder: Path, user: str, words: str) -> Ran:
    ran = run(folder, user, words)
    assert ran.code == 0, (words, ran.err, ran.out)
    return ran


@pytest.fixture
def study(tmp_path: Path, clock: Clock) -> Path:
    """T001 of NCT07084012, symptom onset on 31 May; the lots are in stock. It is 31 May, 20:00."""
    clock.set("2026-05-31T20:00:00+08:00")
    begin(tmp_path)
    own_files(tmp_path)
    (tmp_path / "list.csv").write_text("participant,arm\nT001,placebo\n", encoding="utf-8")
    for user, words in (
        ("wang", "participant assign --list list.csv"),
        ("liu", "participant consent T001 --form 1.0 --date 2026-05-31"),
        ("liu", "participant enrol T001"),
        ("wang", "participant assign T001"),
        ("liu", "participant measure T001 --weight 68 --by CRC-02 --date 2026-05-31"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    ):
        ok(tmp_path, user, words)
    return tmp_path


def at(clock: Clock, text: str) -> None:
    clock.set(f"2026-06-{text}:00+08:00")


def onset(study: Path, when: str = "2026-05-31T08:00") -> None:
    ok(study, "liu", f"participant anchor T001 symptom_onset={when}")


def prepare(study: Path, visit: str, thawed: str) -> Ran:
    return run(study, "wang", f"ip prepare T001 {visit} --thawed-at 2026-06-{thawed}")


def hand_out(study: Path, visit: str, thawed: str) -> Ran:
    assert prepare(study, visit, thawed).code == 0
    check = f"--arm placebo --lot MEDIUM --weight 68 --thawed-at 2026-06-{thawed}"
    ok(study, "xu", f"ip check T001 {visit} {check}")
    return run(study, "wang", f"ip dispense T001 {visit} --to liu")


def refusal(ran: Ran) -> tuple[list[str], str]:
    assert ran.code == 1, ran.out
    return list(ran.codes), str(ran.json["errors"][0]["what"])


def test_a_dose_is_refused_once_the_hours_are_over_though_it_was_planned_in_time(study: Path, clock: Clock) -> None:
    onset(study)
    ok(study, "liu", "participant anchor T001 first_dose=2026-06-03T07:00")
    at(clock, "03T11:00")
    assert refusal(prepare(study, "D0", "03T10:50")) == (["DC863"], MORE.format(passed="75 h"))


def test_a_start_without_a_time_is_judged_on_the_time_of_the_dose(study: Path, clock: Clock) -> None:
    onset(study)
    ok(study, "liu", "participant anchor T001 first_dose=2026-06-03")
    at(clock, "03T09:00")
    assert refusal(prepare(study, "D0", "03T08:50")) == (["DC863"], MORE.format(passed="73 h"))


def test_a_dose_that_is_given_after_the_hours_is_a_deviation_and_whoever_gives_it_hears_so(
    study: Path, clock: Clock
) -> None:
    onset(study)
    ok(study, "liu", "participant anchor T001 first_dose=2026-06-03")
    at(clock, "03T07:50")
    assert hand_out(study, "D0", "03T07:40").code == 0
    at(clock, "03T08:30")
    told = call(study, "liu", "ip", "administer", "T001", "D0").out
    assert "A deviation, tell the investigator: " + MORE.format(passed="72 h 30 min") in told
    found = ok(study, "liu", "study deviations").json
    assert (found["counted"], found["deviations"][0]["text"]) == (1, MORE.format(passed="72 h 30 min"))
    assert f"NOT MET: {MORE.format(passed='72 h 30 min')}" in call(study, "liu", "participant", "show", "T001").out


def test_where_the_first_visit_was_missed_the_next_dose_is_the_first(study: Path, clock: Clock) -> None:
    onset(study)
    ok(study, "liu", "participant anchor T001 first_dose=2026-06-02T12:00")
    at(clock, "09T06:00")
    ok(study, "liu", "visit miss T001 D0 --reason ill")
    shown = ok(study, "liu", "participant show T001").json["checks"][0]
    assert (shown["ok"], shown["text"]) == (
        None,
        "hours from symptom onset to the first infusion: not checked; D0 was missed, and no dose was given yet",
    )
    assert refusal(prepare(study, "D7", "09T05:50")) == (["DC863"], MORE.format(passed="214 h"))


def test_without_the_onset_nobody_is_given_a_first_dose(study: Path, clock: Clock) -> None:
    ok(study, "liu", "participant anchor T001 first_dose=2026-06-02")
    at(clock, "02T09:00")
    codes, what = refusal(prepare(study, "D0", "02T08:50"))
    assert codes == ["DC925"]
    assert what.startswith("nobody can say whether a limit of the protocol is met: hours from symptom onset to the ")
    said = ("visit", "book", "T001", "D0", "2026-06-02T09:00", "--outside-window", "found unconscious")
    assert person(study, "chen", "y\n", *said, key=False).code == 0
    assert prepare(study, "D0", "02T08:50").code == 0


def test_the_investigator_allows_the_hours_that_they_know_and_no_more(study: Path, clock: Clock) -> None:
    onset(study)
    ok(study, "liu", "participant anchor T001 first_dose=2026-06-03")
    at(clock, "03T08:30")
    said = ("visit", "book", "T001", "D0", "2026-06-03T09:30", "--outside-window", "late transfer")
    assert person(study, "chen", "y\n", *said, key=False).code == 0
    at(clock, "03T09:30")
    assert prepare(study, "D0", "03T09:20").code == 0
    number = next(
        event["number"]
        for event in ok(study, "liu", "participant show T001").json["history"]
        if event["kind"] == "anchor"
    )
    ok(study, "liu", f"participant correct {number} --set when=2026-05-21T08:00 --reason mistyped --yes")
    again = run(study, "wang", "ip prepare T001 D0 --thawed-at 2026-06-03T09:20 --again --reason anew")
    assert refusal(again) == (["DC863"], MORE.format(passed="313 h 30 min"))
    said = ("visit", "move", "T001", "D0", "2026-06-03T09:30", "--outside-window", "seen by the professor")
    assert person(study, "chen", "y\n", *said, key=False).code == 0
    assert run(study, "wang", "ip prepare T001 D0 --thawed-at 2026-06-03T09:20 --again --reason anew").code == 0
    at(clock, "03T09:31")
    again = run(study, "wang", "ip prepare T001 D0 --thawed-at 2026-06-03T09:20 --again --reason anew")
    assert refusal(again) == (["DC863"], MORE.format(passed="313 h 31 min"))


def test_an_infusion_past_midnight_belongs_to_the_visit_of_the_evening(study: Path, clock: Clock) -> None:
    onset(study)
    ok(study, "liu", "participant anchor T001 first_dose=2026-06-02")
    at(clock, "02T23:50")
    ok(study, "liu", "visit attend T001 D0 2026-06-02T23:25")
    assert hand_out(study, "D0", "02T23:40").code == 0
    at(clock, "03T13:00")
    codes, what = refusal(run(study, "liu", "ip administer T001 D0"))
    assert (codes, what) == (
        ["DC811"],
        "D0 of T001 took place on 2026-06-02, and its dose would have been given on 2026-06-03",
    )
    ok(study, "liu", "ip administer T001 D0 --at 2026-06-03T00:30")
    assert ok(study, "liu", "study deviations").json["counted"] == 0


def test_a_dose_outside_the_window_is_a_deviation_before_its_visit_is_recorded(study: Path, clock: Clock) -> None:
    onset(study)
    ok(study, "liu", "participant anchor T001 first_dose=2026-06-02")
    at(clock, "02T23:50")
    assert hand_out(study, "D0", "02T23:40").code == 0
    at(clock, "03T00:10")
    told = ok(study, "liu", "ip administer T001 D0").json
    assert told["deviations"] == ["D0 on 2026-06-03 lies outside its window, 2026-06-02 to 2026-06-02"]
    found = ok(study, "liu", "study deviations").json
    assert (found["counted"], found["deviations"][0]["deviation"]) == (1, "late")
