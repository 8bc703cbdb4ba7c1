"""What visits and doses stand on is not taken out; its date can be set right all the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dosecalc.registry.event import Draft
from masked_study import Clock, begin, call, record
from running import Ran

AT = dt.datetime(2026, 6, 1, 1, 0, tzinfo=dt.UTC)


def done(folder: Path, user: str, words: str, *more: str) -> Any:
    ran = call(folder, user, *words.split(), *more, "--json")
    assert ran.code == 0, ran.err
    return ran.json


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """P001 with consent (2), enrolment (3), arm (4) and start (5); it is 1 June 2026."""
    Clock(monkeypatch)
    begin(tmp_path, "NCT07203599")
    done(tmp_path, "liu", "participant consent P001 --form 1.0 --date 2026-03-01")
    done(tmp_path, "liu", "participant enrol P001 --date 2026-03-01 --cohort phase1-A")
    done(tmp_path, "chen", "participant assign P001 --arm phase1-A")
    done(tmp_path, "liu", "participant anchor P001 first_dose=2026-03-02")
    return tmp_path


def attended(folder: Path) -> None:
    done(folder, "liu", "visit attend P001 W0 2026-03-02")


def prepared(folder: Path) -> None:
    """A dose for W0, as event 6."""
    sealed = {"worksheet": "", "digest": "", "lots": {}}
    public = {"date": "2026-03-02"}
    record(folder, "wang", [Draft(kind="prepare", at=AT, participant="P001", visit="W0", public=public, sealed=sealed)])


def void(folder: Path, number: int, user: str = "liu", *, key: bool = False) -> Ran:
    words = ("participant", "correct", str(number), "--void", "--reason", "slip", "--yes")
    return call(folder, user, *words, "--json", key=key)


@pytest.mark.parametrize("standing", [attended, prepared])
@pytest.mark.parametrize(("number", "what"), [(2, "consent"), (3, "enrolment")])
def test_what_a_visit_or_a_dose_stands_on_is_not_taken_out(
    begun: Path, standing: Callable[[Path], None], number: int, what: str
) -> None:
    standing(begun)
    before = done(begun, "liu", "participant show P001")
    ran = void(begun, number)
    assert ran.codes == ["DC816"]
    assert (
        f"event {number} is the {what} of P001, and visits took place or doses were prepared: W0; set the right date "
        f"instead: participant correct {number} --set date=YYYY-MM-DD --reason WHY"
    ) in ran.err
    assert done(begun, "liu", "participant show P001") == before


def test_the_start_that_a_dose_stands_on_is_set_right_instead(begun: Path) -> None:
    prepared(begun)
    ran = void(begun, 5)
    assert ran.codes == ["DC816"]
    assert (
        "event 5 is the start of P001, and visits took place or doses were prepared: W0; set the right date instead: "
        "participant correct 5 --set when=YYYY-MM-DD --reason WHY"
    ) in ran.err
    done(begun, "liu", "participant correct 5 --set when=2026-03-01 --yes", "--reason", "misread")
    assert done(begun, "liu", "participant show P001")["dates"] == {"first_dose": "2026-03-01"}


def test_who_corrects_the_day_of_the_first_visit_moves_the_others_with_it(begun: Path) -> None:
    attended(begun)  # event 6
    done(begun, "liu", "visit attend P001 W2 2026-03-16")
    done(begun, "liu", "participant correct 6 --set when=2026-03-01 --yes", "--reason", "misread")
    shown = done(begun, "liu", "participant show P001")
    assert (shown["start"], shown["dates"]) == ("2026-03-01", {"first_dose": "2026-03-01"})
    # 1 March and 14 days are 15 March
    assert [(each["visit"], each["target"], each["attended"]) for each in shown["timeline"][:2]] == [
        ("W0", "2026-03-01", "2026-03-01"), ("W2", "2026-03-15", "2026-03-16"),
    ]  # fmt: skip


def test_the_planned_start_is_taken_out_once_the_visit_says_when_it_was(begun: Path) -> None:
    attended(begun)  # event 6
    done(begun, "liu", "visit attend P001 W2 2026-03-16")
    assert void(begun, 5).code == 0
    assert done(begun, "liu", "participant show P001")["dates"] == {"first_dose": "2026-03-02"}
    ran = void(begun, 6)
    assert ran.codes == ["DC816"]
    assert "event 6 is the start of P001, and visits took place or doses were prepared: W2" in ran.err


def test_a_start_that_replaced_another_is_taken_out_and_the_one_before_holds_again(begun: Path) -> None:
    done(begun, "liu", "participant anchor P001 first_dose=2026-03-03 --yes", "--reason", "came a day later")  # event 6
    done(begun, "liu", "visit attend P001 W2 2026-03-16")
    assert void(begun, 6).code == 0
    assert done(begun, "liu", "participant show P001")["start"] == "2026-03-02"


def test_a_start_that_nothing_stands_on_is_taken_out(begun: Path) -> None:
    done(begun, "liu", "visit unscheduled P001 2026-03-01T10:00 --reason fever")  # counts from no date
    assert void(begun, 5).code == 0
    assert done(begun, "liu", "participant show P001")["start"] is None


def test_a_start_is_taken_out_once_the_visit_on_it_was(begun: Path) -> None:
    done(begun, "liu", "visit attend P001 W2 2026-03-16")
    assert void(begun, 5).codes == ["DC816"]
    assert void(begun, 6).code == 0
    assert void(begun, 5).code == 0


def test_an_arm_is_not_taken_out_once_a_dose_was_prepared(begun: Path) -> None:
    prepared(begun)
    ran = void(begun, 4, "chen")
    assert ran.codes == ["DC816"]
    assert (
        "event 4 is the arm of P001, and a dose was prepared for W0; a dose that is still in the pharmacy is taken out "
        "first: participant correct 6 --void; what was handed out stays on record, so tell the investigator"
    ) in ran.err
    assert void(begun, 6, "wang", key=True).code == 0
    assert void(begun, 4, "chen").code == 0
    assert done(begun, "liu", "participant show P001")["arm"] is None


def test_what_was_taken_out_is_recorded_anew_and_not_brought_back(begun: Path) -> None:
    attended(begun)  # event 6
    assert void(begun, 6).code == 0  # event 7
    done(begun, "liu", "visit attend P001 W0 2026-03-02T08:40")
    ran = void(begun, 7)
    assert ran.codes == ["DC927"]
    assert (
        "event 7 took out event 6, and that is not taken back; record anew what is right, with the command that "
        "records it"
    ) in ran.err


def test_a_correction_is_not_taken_back_but_made_anew(begun: Path) -> None:
    done(begun, "liu", "participant correct 2 --set form=1.1 --reason misread")  # event 6
    ran = void(begun, 6)
    assert ran.codes == ["DC927"]
    assert (
        "event 6 is a correction, and is not taken back; set what is right: participant correct 2 --set KEY=VALUE"
    ) in ran.err
    done(begun, "liu", "participant correct 2 --set form=1.0 --reason right")
    ran = call(begun, "liu", "participant", "correct", "2", "--set", "form=1.0", "--reason", "again", "--json")
    assert ran.codes == ["DC746"]


@pytest.mark.parametrize("how", [("--void",), ("--set", "when=2026-03-03")])
def test_what_was_taken_out_is_not_corrected(begun: Path, how: tuple[str, ...]) -> None:
    assert void(begun, 5).code == 0  # event 6
    ran = call(begun, "liu", "participant", "correct", "5", *how, "--reason", "misread", "--json")
    assert ran.codes == ["DC928"]
    assert "event 5 was taken out by event 6; record anew what is right" in ran.err


def test_a_start_is_not_taken_out_while_visits_are_booked(begun: Path) -> None:
    done(begun, "liu", "visit book P001 W2 2026-03-16T09:30")  # event 6
    ran = void(begun, 5)
    assert ran.codes == ["DC816"]
    assert (
        "event 5 is the start of P001, and visits are booked: W2; set the right date instead: participant correct 5 "
        "--set when=YYYY-MM-DD --reason WHY; or cancel the bookings first"
    ) in ran.err
    assert void(begun, 6).code == 0
    assert void(begun, 5).code == 0


def test_a_date_in_the_future_is_no_correction(begun: Path) -> None:
    ran = call(begun, "liu", "participant", "correct", "2", "--set", "date=2026-06-02", "--reason", "misread", "--json")
    assert ran.codes == ["DC815"]
    assert "2026-06-02 is still to come: it is 2026-06-01 09:00 at the site" in ran.err
