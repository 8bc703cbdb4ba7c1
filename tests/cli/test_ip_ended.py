"""A dose that left the pharmacy, and must not be given any more: the treatment ended, or it came back."""

from __future__ import annotations

from pathlib import Path

import pytest

from masked_study import Clock, begin, call
from pharmacy import own_files
from running import Ran


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def ok(folder: Path, *calls: tuple[str, str]) -> Ran:
    for user, words in calls:
        ran = call(folder, user, *words.split(), "--json", key=user in ("wang", "xu"))
        assert ran.code == 0, (words, ran.err, ran.out)
    return ran


@pytest.fixture
def open_trial(tmp_path: Path, clock: Clock) -> Path:
    """P001 of phase1-A: three vials of EV-A are handed out for W0 at 09:20 on 2 June."""
    begin(tmp_path, "NCT07203599")
    own_files(tmp_path)
    clock.set("2026-06-02T01:20:00+00:00")
    ok(
        tmp_path,
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 24 --method tracing --by CRC-02 --date 2026-06-01"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
        ("liu", "participant anchor P001 first_dose=2026-06-02"),
        ("wang", "ip prepare P001 W0 --thawed-at 2026-06-02T09:10"),
        ("xu", "ip check P001 W0 --arm phase1-A --lot EV-A --concentration 1e9 --area 24 --thawed-at 2026-06-02T09:10"),
        ("wang", "ip dispense P001 W0 --to liu"),
    )
    return tmp_path


ENDS = ("participant discontinue P001 --reason AE-1", "participant withdraw P001 --reason moved")


@pytest.mark.parametrize("end", ENDS)
def test_a_dose_that_is_outside_is_called_back_when_the_treatment_ends_and_not_given_later_that_day(
    open_trial: Path, clock: Clock, end: str
) -> None:
    clock.set("2026-06-02T02:30:00+00:00")
    told = call(open_trial, "chen", *end.split())
    assert "CALL BACK: the dose for W0 of P001 was handed out to liu and is not on record as given" in told.out
    clock.set("2026-06-02T03:30:00+00:00")
    late = call(open_trial, "liu", "ip", "administer", "P001", "W0", "--json")
    assert (late.code, late.codes) == (1, ["DC772"])
    assert late.json["errors"][0]["mend"] == "give no dose; check the code"
    shown = call(open_trial, "liu", "participant", "show", "P001").out
    assert "CALL BACK: the dose for W0 of P001 was handed out to liu" in shown


@pytest.mark.parametrize("end", ENDS)
def test_a_dose_that_was_given_before_the_treatment_ended_is_recorded_and_stays_in_the_list_of_visits(
    open_trial: Path, clock: Clock, end: str
) -> None:
    clock.set("2026-06-02T02:30:00+00:00")
    told = ok(open_trial, ("chen", end)).json
    assert told["outside"] == [{"participant": "P001", "visit": "W0", "to": "liu"}]
    clock.set("2026-06-02T03:30:00+00:00")
    ok(open_trial, ("liu", "ip administer P001 W0 --at 2026-06-02T10:29"))
    shown = ok(open_trial, ("liu", "participant show P001")).json
    assert "W0" in [row["visit"] for row in shown["timeline"]]
    assert "CALL BACK" not in call(open_trial, "liu", "participant", "show", "P001").out


def test_a_dose_that_came_back_whole_is_not_given(open_trial: Path) -> None:
    back = ok(open_trial, ("wang", "ip return EV-A --vials 3 --participant P001 --visit W0")).json["event"]["number"]
    for words in ("ip administer P001 W0", "ip administer P001 W0 --part 0.5 --reason fainted"):
        ran = call(open_trial, "liu", *words.split(), "--json")
        assert (ran.code, ran.codes) == (1, ["DC924"])
        assert ran.json["errors"][0]["what"] == (
            f"the dose for W0 of P001 came back to the pharmacy (event {back}): there is nothing to give"
        )
    lot = ok(open_trial, ("wang", "ip balance EV-A")).json["lots"][0]
    assert (lot["dispensed"], lot["administered"], lot["returned"], lot["adds_up"]) == (0, 0, 3, True)
    ok(open_trial, ("wang", f"ip void {back} --reason recounted"), ("liu", "ip administer P001 W0"))


def test_a_dose_of_which_some_came_back_is_given_only_in_part(open_trial: Path) -> None:
    back = ok(open_trial, ("wang", "ip return EV-A --vials 1 --participant P001 --visit W0")).json["event"]["number"]
    ran = call(open_trial, "liu", "ip", "administer", "P001", "W0", "--json")
    assert (ran.code, ran.codes) == (1, ["DC924"])
    assert ran.json["errors"][0]["what"] == (
        f"some of the dose for W0 of P001 came back to the pharmacy (event {back}): it cannot be given whole"
    )
    ok(open_trial, ("liu", "ip administer P001 W0 --part 0.5 --reason fainted"))


def test_vials_that_come_back_after_the_dose_was_given_are_no_open_event_of_the_participant(open_trial: Path) -> None:
    ok(open_trial, ("liu", "ip administer P001 W0"))
    ok(open_trial, ("wang", "ip return EV-A --vials 3 --participant P001 --visit W0"))
    history = ok(open_trial, ("liu", "participant show P001")).json["history"]
    assert "return" not in [event["kind"] for event in history]
