"""`dosecalc participant` from the consent to the end, on real files, for the three shipped trials."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from dosecalc import __version__
from dosecalc.app.study import open_study
from dosecalc.registry.event import Draft
from house.source import CHECKOUT
from masked_study import MASKED, Clock, begin, call
from running import Ran

OPEN, SPLIT, DOUBLE = "NCT07203599", "NCT06932393", "NCT07084012"
LIST = "participant,arm,kit\nP001,group-2,KIT-7731\nP002,placebo,KIT-7732\n"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It is 1 June 2026, 09:00 at the site, until a test says otherwise."""
    return Clock(monkeypatch)


def did(ran: Ran) -> Any:
    """What a command printed as JSON, once it went well."""
    assert ran.code == 0, ran.err
    return ran.json


def run(folder: Path, user: str, words: str, *more: str, key: bool = False) -> Ran:
    return call(folder, user, "participant", *words.split(), *more, key=key)


LOWEST = "--cohort phase1-A"


def done(folder: Path, user: str, words: str, *more: str, key: bool = False) -> Any:
    return did(run(folder, user, words, *more, "--json", key=key))


def enrolled(folder: Path, *codes: str, level: str = "") -> None:
    for code in codes:
        done(folder, "liu", f"consent {code} --form 1.0 --date 2026-03-01")
        done(folder, "liu", f"enrol {code} --date 2026-03-01 {level}")


def listed(folder: Path, text: str) -> Ran:
    (folder / "list.csv").write_text(text, "utf-8")
    return run(folder, "wang", "assign --list list.csv --json", key=True)


@pytest.fixture
def open_trial(tmp_path: Path) -> Path:
    begin(tmp_path, OPEN)
    return tmp_path


@pytest.fixture
def double(tmp_path: Path) -> Path:
    begin(tmp_path, DOUBLE)
    return tmp_path


# --- an open trial ---


def test_a_participant_of_the_open_trial_from_consent_to_dates(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    done(open_trial, "chen", "assign P001 --arm phase1-A")
    done(open_trial, "liu", "measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-03-01")
    last = done(open_trial, "liu", "anchor P001 first_dose=2026-03-02")
    assert last["event"]["number"] == 6
    shown = done(open_trial, "mo", "show P001")
    assert (shown["standing"], shown["arm"], shown["start"]) == ("enrolled", "phase1-A", "2026-03-02")
    assert shown["areas"] == [
        {"visit": None, "values": ["23.4"], "unit": "cm²", "method": "tracing", "by": "CRC-02", "date": "2026-03-01"}
    ]
    # Weeks 0, 2, 4, 6, 8, 12, 24 after Monday, 2 March 2026.
    assert [(row["visit"], row["target"]) for row in shown["timeline"]] == [
        ("W0", "2026-03-02"), ("W2", "2026-03-16"), ("W4", "2026-03-30"), ("W6", "2026-04-13"),
        ("W8", "2026-04-27"), ("W12", "2026-05-25"), ("W24", "2026-08-17"),
    ]  # fmt: skip
    assert [event["kind"] for event in shown["history"]] == ["consent", "enrol", "assign", "measure", "anchor"]


def test_every_event_says_who_as_what_when_and_under_which_protocol(open_trial: Path) -> None:
    words = "consent P001 --form 1.0 --date 2026-03-01 --at 2026-03-01T10:00"
    event = done(open_trial, "liu", words)["event"]
    assert (event["user"], event["role"], event["kind"]) == ("liu", "nurse", "consent")
    # When it happened and when it was entered, both at the site (UTC+8) and in UTC.
    assert (event["at"], event["at_utc"]) == ("2026-03-01T10:00:00+08:00", "2026-03-01T02:00:00+00:00")
    assert event["entered_at_local"] == "2026-06-01T09:00:00+08:00"
    assert event["entered_at"] == "2026-06-01T01:00:00+00:00"
    assert event["program"] == __version__
    protocol = (CHECKOUT / "schedules" / f"{OPEN}.yaml").read_bytes()
    assert event["protocol_sha256"] == hashlib.sha256(protocol).hexdigest()
    [shown] = done(open_trial, "mo", "show P001")["history"]
    assert shown == event


def test_the_reason_of_a_change_stands_in_its_event(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    done(open_trial, "liu", "withdraw P001", "--reason", "moved away")
    assert [each["reason"] for each in done(open_trial, "mo", "show P001")["history"]] == [None, None, "moved away"]


def test_the_rows_for_lists_of_the_day_follow_each_change(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    done(open_trial, "chen", "assign P001 --arm phase1-A")
    done(open_trial, "liu", "anchor P001 first_dose=2026-03-02")
    done(open_trial, "liu", "anchor P001 first_dose=2026-03-03 --yes", "--reason", "came a day later")
    with sqlite3.connect(open_trial / "study.db") as database:
        rows = database.execute("SELECT visit, target FROM visits_now ORDER BY target LIMIT 2").fetchall()
    database.close()
    assert rows == [("W0", "2026-03-03"), ("W2", "2026-03-17")]


@pytest.mark.parametrize(
    ("user", "words", "code"),
    [
        ("liu", "enrol P002", "DC742"),
        ("liu", "enrol P001", "DC740"),
        ("chen", "assign P001 --arm phase1-B", "DC744"),
        ("chen", "assign P001 --arm phase9", "DC302"),
        ("chen", "assign P001", "DC750"),
        ("chen", "assign", "DC736"),
        ("chen", "assign P001 --arm phase1-A --list list.csv", "DC736"),
        ("liu", "assign P001 --arm phase1-A", "DC723"),
        ("liu", "measure P001 --area 20;3 --method tracing --by A --date 2026-03-01", "DC656"),
        ("liu", "measure P001 --area 10e6 --method tracing --by A --date 2026-03-01", "DC201"),
        ("liu", "measure P001 --area 24 --method rectangle --by A --date 2026-03-01", "DC315"),
        ("liu", "measure P001 --area 24 --by A --date 2026-03-01", "DC738"),
        ("liu", "measure P001 --area 24 --method tracing --by A --date 2026-02-01", "DC741"),
        ("liu", "measure P001 --area 24 --weight 70 --by A --date 2026-03-01", "DC738"),
        ("liu", "measure P009 --weight 70 --by A --date 2026-03-01", "DC737"),
        ("liu", "anchor P001 first_dose", "DC004"),
        ("liu", "anchor P001 onset=2026-03-01", "DC410"),
        ("liu", "consent P001 --form 1.0 --date 2026-03-01", "DC739"),
        ("liu", "consent p001 --form 1.0 --date 2026-03-01", "DC739"),
        ("liu", "consent P/2 --form 1.0 --date 2026-03-01", "DC620"),
        ("liu", "consent P002 --form 1.0 --date 01.03.2026", "DC401"),
        ("liu", "withdraw P001", "DC709"),
        ("chen", "discontinue P001", "DC709"),
        ("liu", "show P001 --at 2026-03-01", "DC736"),
        ("nobody", "show P001", "DC724"),
    ],
)
def test_what_is_refused_records_nothing(open_trial: Path, user: str, words: str, code: str) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    before = done(open_trial, "liu", "show P001")["history"]
    ran = run(open_trial, user, words, "--json")
    assert ran.code in (1, 2)
    assert ran.codes[:1] == [code], ran.err
    assert done(open_trial, "liu", "show P001")["history"] == before


def test_a_study_that_nobody_named_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from running import dosecalc

    monkeypatch.delenv("DOSECALC_STUDY", raising=False)
    assert dosecalc("participant", "list", "--json").codes == ["DC735"]


def test_a_hold_of_the_study_stops_enrolment_until_it_is_lifted(open_trial: Path) -> None:
    done(open_trial, "liu", "consent P001 --form 1.0 --date 2026-03-01")
    held = call(open_trial, "chen", "study", "hold", "--scope", "study", "--reason", "two fevers")
    assert held.code == 0, held.err
    ran = run(open_trial, "liu", "enrol P001 --cohort phase1-A", "--json")
    assert ran.codes == ["DC743"]
    assert "two fevers" in ran.err
    assert call(open_trial, "chen", "study", "lift", "--scope", "study", "--reason", "viral").code == 0
    done(open_trial, "liu", "enrol P001 --cohort phase1-A")


def test_a_hold_of_the_participant_is_shown(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    call(open_trial, "chen", "study", "hold", "--scope", "participant", "--target", "P001", "--reason", "fever")
    assert done(open_trial, "mo", "show P001")["held"] == "fever"
    assert "DOSES ARE ON HOLD: fever" in run(open_trial, "mo", "show P001").out


def test_an_unknown_date_is_answered_with_those_that_the_protocol_counts_from(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    said = run(open_trial, "liu", "anchor P001 onset=2026-03-01").err
    assert said == f"DC410 {OPEN} counts no visit from 'onset'; the dates to record are: first_dose\n"


def test_a_trial_with_two_dates_names_both_and_takes_the_start_under_either_name(double: Path) -> None:
    enrolled(double, "P001")
    said = run(double, "liu", "anchor P001 moon=2026-03-01").err
    assert said == f"DC410 {DOUBLE} counts no visit from 'moon'; the dates to record are: first_dose, symptom_onset\n"
    done(double, "liu", "anchor P001 start=2026-03-02T09:30 symptom_onset=2026-03-01T20:00")
    assert done(double, "liu", "show P001")["dates"] == {
        "first_dose": "2026-03-02T09:30:00+08:00", "symptom_onset": "2026-03-01T20:00:00+08:00",
    }  # fmt: skip


def test_a_participant_is_shown_with_the_dates_that_can_be_set_and_what_comes_next(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    done(open_trial, "chen", "assign P001 --arm phase1-A")
    out = run(open_trial, "liu", "show P001").out
    assert "first_dose, the date of first treatment (week 0): not recorded\n" in out
    assert (
        "What comes next:\n"
        "- measure the hair-loss area: "
        "dosecalc participant measure P001 --area CM2 --method METHOD --by NAME --date DATE\n"
        "- record the date of first treatment (week 0): dosecalc participant anchor P001 first_dose=DATE\n"
    ) in out
    done(open_trial, "liu", "measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-03-01")
    done(open_trial, "liu", "anchor P001 first_dose=2026-06-08")
    shown = done(open_trial, "liu", "show P001")
    assert shown["next"] == [
        {"lacks": "booking", "text": "book W0, due on 2026-06-08", "command": "visit book P001 W0 2026-06-08THH:MM"}
    ]
    assert "first_dose, the date of first treatment (week 0): 2026-06-08\n" in run(open_trial, "liu", "show P001").out


# --- ends ---


def test_who_withdraws_has_nothing_planned_and_what_is_booked_is_named(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    done(open_trial, "chen", "assign P001 --arm phase1-A")
    done(open_trial, "liu", "anchor P001 first_dose=2026-06-01")
    booked = call(open_trial, "liu", "visit", "book", "P001", "W2", "2026-06-15T09:30", "--yes")
    assert booked.code == 0, booked.err
    ran = done(open_trial, "liu", "withdraw P001", "--reason", "moved away")
    assert ran["to_cancel"] == [{"visit": "W2", "booked": "2026-06-15T09:30:00+08:00"}]
    assert [row for row in done(open_trial, "liu", "show P001")["timeline"] if row["standing"] == "planned"] == []


def test_after_the_treatment_follow_up_goes_on_and_dose_visits_do_not(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    done(open_trial, "chen", "assign P001 --arm phase1-A")
    done(open_trial, "liu", "anchor P001 first_dose=2026-06-01")
    done(open_trial, "chen", "discontinue P001", "--reason", "adverse event")
    timeline = done(open_trial, "liu", "show P001")["timeline"]
    assert [row["visit"] for row in timeline] == ["W8", "W12", "W24"]


def test_a_screen_failure_says_why(open_trial: Path) -> None:
    done(open_trial, "liu", "consent P001 --form 1.0 --date 2026-03-01")
    done(open_trial, "liu", "screen-failure P001", "--reason", "criterion 4")
    shown = done(open_trial, "liu", "show P001")
    assert (shown["standing"], shown["screen_failure"]) == ("screen_failure", "criterion 4")


# --- corrections ---


@pytest.fixture
def measured(open_trial: Path) -> Path:
    """P001 with consent (2), enrolment (3), arm (4), area (5), start (6)."""
    enrolled(open_trial, "P001", level=LOWEST)
    done(open_trial, "chen", "assign P001 --arm phase1-A")
    done(open_trial, "liu", "measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-03-01")
    done(open_trial, "liu", "anchor P001 first_dose=2026-03-02")
    return open_trial


def test_a_correction_is_read_in_and_what_stood_there_is_still_there(measured: Path) -> None:
    event = done(measured, "liu", "correct 5 --set values=24.3", "--reason", "digits swapped")["event"]
    assert (event["corrects"], event["reason"]) == (5, "digits swapped")
    shown = done(measured, "liu", "show P001")
    assert shown["areas"][0]["values"] == ["24.3"]
    assert shown["history"][3]["public"]["values"] == ["23.4"]


def test_a_corrected_start_moves_the_dates(measured: Path) -> None:
    done(measured, "liu", "correct 6 --set when=2026-03-03 --yes", "--reason", "misread")
    assert done(measured, "liu", "show P001")["timeline"][1]["target"] == "2026-03-17"


def test_an_entry_for_the_wrong_participant_is_taken_out(measured: Path) -> None:
    done(measured, "liu", "correct 5 --void", "--reason", "was P002")
    assert done(measured, "liu", "show P001")["areas"] == []


def test_a_wrong_arm_is_taken_out_and_assigned_anew_with_the_enrolment_that_it_belongs_to(measured: Path) -> None:
    for number in ("4", "3"):
        done(measured, "chen", f"correct {number} --void", "--reason", "slip of the pen")
    assert done(measured, "liu", "show P001")["arm"] is None
    done(measured, "liu", "enrol P001 --cohort none")
    done(measured, "chen", "assign P001 --arm phase2-minoxidil")
    # The minoxidil arm comes in weeks 0, 8, 12 and 24 only.
    assert [row["visit"] for row in done(measured, "liu", "show P001")["timeline"]] == ["W0", "W8", "W12", "W24"]


@pytest.mark.parametrize(
    ("user", "words", "reason", "code"),
    [
        ("liu", "correct 5 --set values=24.3", "", "DC709"),
        ("liu", "correct 5", "why", "DC754"),
        ("liu", "correct 5 --void --set values=24.3", "why", "DC754"),
        ("liu", "correct 99 --void", "why", "DC754"),
        ("liu", "correct 99999999999999999999 --void", "why", "DC754"),
        ("liu", "correct five --void", "why", "DC754"),
        ("liu", "correct 5 --set area=24.3", "why", "DC754"),
        ("liu", "correct 5 --set values", "why", "DC004"),
        ("liu", "correct 5 --set values=24.3 --set values=24.4", "why", "DC006"),
        ("liu", "correct 5 --set values=23.4", "why", "DC746"),
        ("liu", "correct 5 --set values=10e6", "why", "DC201"),
        ("liu", "correct 5 --set method=rectangle", "why", "DC315"),
        ("liu", "correct 5 --set date=2026-02-30", "why", "DC402"),
        ("liu", "correct 6 --set when=2026-03-03T09:30", "why", "DC754"),
        ("liu", "correct 2 --void", "why", "DC754"),
        ("liu", "correct 3 --void", "why", "DC754"),
        ("liu", "correct 3 --set date=2026-02-01", "why", "DC754"),
        ("liu", "correct 4 --void", "why", "DC723"),
        ("chen", "correct 4 --set arm=phase1-C", "why", "DC754"),
        ("zhao", "correct 1 --void", "why", "DC754"),
    ],
)
def test_a_correction_passes_the_checks_of_what_it_corrects(
    measured: Path, user: str, words: str, reason: str, code: str
) -> None:
    ran = run(measured, user, words, "--json", *(("--reason", reason) if reason else ()))
    assert ran.codes == [code], ran.err
    assert len(done(measured, "liu", "show P001")["history"]) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("correct 4 --set arm=phase1-C", "DC754 nothing can be set in event 4 (assignment)"),
        ("correct 3 --set area=2", "DC754 event 3 (enrolment) has no 'area'; it has: date"),
    ],
)
def test_a_refused_correction_names_the_event_in_words(measured: Path, words: str, said: str) -> None:
    assert said in run(measured, "chen", words, "--reason", "why").err


def test_a_code_in_other_letters_names_the_one_that_is_meant(measured: Path) -> None:
    ran = run(measured, "liu", "show p001")
    assert "DC737 this study has no participant p001; write P001, if that participant is meant" in ran.err
    assert "check the code; `participant list` shows all" in run(measured, "liu", "show P009").err


# --- past days ---


def test_a_past_day_shows_what_was_known_then(clock: Clock, open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    clock.set("2026-06-03T01:00:00+00:00")
    enrolled(open_trial, "P002", level=LOWEST)
    done(open_trial, "liu", "withdraw P001", "--reason", "moved away")
    assert done(open_trial, "liu", "show P001 --as-of 2026-06-01")["standing"] == "enrolled"
    assert done(open_trial, "liu", "show P001 --as-of 2026-06-03")["standing"] == "withdrawn"
    codes = [one["participant"] for one in done(open_trial, "liu", "list --as-of 2026-06-01")["participants"]]
    assert codes == ["P001"]
    assert run(open_trial, "liu", "show P002 --as-of 2026-06-01", "--json").codes == ["DC737"]


def test_before_the_study_began_nothing_was_known(open_trial: Path) -> None:
    ran = run(open_trial, "liu", "list --as-of 2026-05-31", "--json")
    assert ran.codes == ["DC737"]
    assert "2026-06-01" in ran.err


# --- masked trials ---


def test_the_list_of_a_masked_trial_is_sealed_and_assigns_without_a_word(double: Path) -> None:
    enrolled(double, "P001")
    assert listed(double, LIST).code == 0
    ran = run(double, "wang", "assign P001", key=True)
    assert ran.code == 0, ran.err
    assert "group" not in ran.out
    assert done(double, "wang", "show P001", key=True)["arm"] == "group-2"
    assert done(double, "wang", "show P001", key=True)["kit"] == "KIT-7731"
    assert b"KIT-7731" not in (double / "study.db").read_bytes()


@pytest.mark.parametrize("user", MASKED)
def test_whoever_is_masked_sees_no_arm_even_with_the_key(double: Path, user: str) -> None:
    enrolled(double, "P001")
    listed(double, LIST)
    done(double, "wang", "assign P001", key=True)
    for key in (False, True):
        shown = run(double, user, "show P001", "--json", key=key)
        assert not {"arm", "kit", "side", "level"} & did(shown).keys()
        assert "group-2" not in shown.out
        assert "group-2" not in run(double, user, "show P001", key=key).out
        assert "arm" not in did(run(double, user, "list", "--json", key=key))["participants"][0]
        assert "group-2" not in run(double, user, "list", key=key).out


def test_two_allocations_look_alike_to_whoever_is_masked(tmp_path: Path) -> None:
    outputs = []
    for arms in (("group-1", "placebo"), ("placebo", "group-2")):
        folder = tmp_path / arms[0]
        folder.mkdir()
        begin(folder, DOUBLE)
        enrolled(folder, "P001", "P002")
        listed(folder, f"participant,arm\nP001,{arms[0]}\nP002,{arms[1]}\n")
        for code in ("P001", "P002"):
            done(folder, "wang", f"assign {code}", key=True)
            done(folder, "liu", f"anchor {code} symptom_onset=2026-03-01T20:00 first_dose=2026-03-02T09:30")
        outputs.append(
            [
                run(folder, user, words, *more).out.replace(_key_id(folder), "")
                for user in MASKED
                for words in ("show P001", "show P002", "list")
                for more in ((), ("--json",))
            ]
        )
    # The chains begin with the key's id, which differs; what is compared here has no digest of it.
    strip = [[_without_hashes(text) for text in each] for each in outputs]
    assert strip[0] == strip[1]


def _key_id(folder: Path) -> str:
    with open_study(str(folder / "study.db"), user="zhao", key=None, at=None) as session:
        return session.study.key_id


def _without_hashes(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if '"public_hash"' not in line)


@pytest.mark.parametrize(
    ("words", "key", "code"),
    [
        ("assign P001 --arm group-1", True, "DC749"),
        ("assign P001", False, "DC750"),
        ("assign P003", True, "DC750"),
        ("assign --list list.csv", False, "DC726"),
    ],
)
def test_a_masked_trial_refuses_what_is_not_on_the_list(double: Path, words: str, key: bool, code: str) -> None:
    enrolled(double, "P001", "P003")
    listed(double, LIST)
    assert run(double, "wang", words, "--json", key=key).codes == [code]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("participant,arm\nP001,group-2\nP001,placebo\n", ["DC753"]),
        ("participant,arm\nP001,group-9\n", ["DC302"]),
        ("participant,arm,color\nP001,placebo,red\n", ["DC753"]),
        ("code,arm\nP001,placebo\n", ["DC753", "DC753"]),
        ("participant,arm\nP001,\n", ["DC304"]),
        ("participant,arm\n=P1,placebo\n", ["DC620"]),
    ],
)
def test_a_list_with_a_mistake_is_not_imported(double: Path, text: str, codes: list[str]) -> None:
    ran = listed(double, text)
    assert ran.codes == codes, ran.err
    assert "list.csv:" in ran.err


def test_a_list_that_was_imported_wrongly_is_taken_out_and_imported_anew(double: Path) -> None:
    enrolled(double, "P001")
    number = did(listed(double, LIST))["event"]["number"]
    assert listed(double, LIST).codes == ["DC753", "DC753"]
    done(double, "wang", f"correct {number} --void", "--reason", "old list", key=True)
    assert listed(double, LIST.replace("group-2", "placebo")).code == 0
    done(double, "wang", "assign P001", key=True)
    assert done(double, "wang", "show P001", key=True)["arm"] == "placebo"


def test_hours_since_the_onset_need_times(double: Path) -> None:
    enrolled(double, "P001")
    assert run(double, "liu", "anchor P001 symptom_onset=2026-03-01", "--json").codes == ["DC412"]
    done(double, "liu", "anchor P001 symptom_onset=2026-03-01T20:00 first_dose=2026-03-02T09:30")
    shown = done(double, "liu", "show P001")
    assert shown["anchors"] == {"symptom_onset": "2026-03-01T20:00:00+08:00"}
    # Days 0, 7, 14 from 2 March.
    assert [row["target"] for row in shown["timeline"]] == ["2026-03-02", "2026-03-09", "2026-03-16"]


def test_where_everyone_gets_every_arm_only_the_side_is_sealed(tmp_path: Path) -> None:
    begin(tmp_path, SPLIT)
    enrolled(tmp_path, "P001")
    assert listed(tmp_path, "participant,arm,side\nP001,exosomes,left\n").codes == ["DC753"]
    assert listed(tmp_path, "participant,arm,side\nP001,,left\n").code == 0
    done(tmp_path, "wang", "assign P001", key=True)
    shown = done(tmp_path, "wang", "show P001", key=True)
    assert (shown["arm"], shown["side"]) == (None, "left")
    assert "side" not in done(tmp_path, "liu", "show P001")


def test_a_study_without_a_staff_list_says_so_everywhere(tmp_path: Path) -> None:
    begin(tmp_path, OPEN, staffed=False)
    for words in ("consent P001 --form 1.0 --date 2026-03-01", "list", "show P001"):
        assert "This study has no staff list" in run(tmp_path, "anybody", words).out


def test_nothing_is_half_recorded_when_the_second_of_two_events_is_refused(open_trial: Path) -> None:
    enrolled(open_trial, "P001", level=LOWEST)
    with open_study(str(open_trial / "study.db"), user="liu", key=None, at=None) as session:
        good = Draft(kind="consent", at=session.at, participant="P001", public={"form": "2.0", "date": "2026-06-01"})
        bad = Draft(kind="withdraw", at=session.at, participant="P001", public={"date": "2026-06-01"})  # no reason
        with pytest.raises(Exception, match="DC709"):
            session.change(lambda _: [good, bad])
    assert len(done(open_trial, "liu", "show P001")["history"]) == 2
