"""The commands and their JSON are a public interface: what is published stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ics.checks import check_calendar
from running import dosecalc

EXOSOME_VISITS = ["W0", "W2", "W4", "W6", "W8", "W12", "W24"]
INJECTIONS = ["INJ1", "INJ2", "INJ3"]
BOTH = ["INJ1", "INJ1", "INJ2", "INJ2", "INJ3", "INJ3"]
DAYS = ["D0", "D7", "D14"]
NEUTRAL = "NCT0|minoxidil|米诺地尔|exosome|外泌体|alopecia|脱发|placebo|安慰剂|group|arm"
# Protocol, arm, what its doses need, visits with a dose, all visits: the table of the public interface.
ROWS: list[tuple[str, str | None, list[str], list[str], list[str]]] = [
    ("NCT07203599", "phase1-A", ["--area", "24"], EXOSOME_VISITS[:4], EXOSOME_VISITS),
    ("NCT07203599", "phase1-B", ["--area", "24"], EXOSOME_VISITS[:4], EXOSOME_VISITS),
    ("NCT07203599", "phase1-C", ["--area", "24"], EXOSOME_VISITS[:4], EXOSOME_VISITS),
    ("NCT07203599", "phase2-exosome", ["--area", "24", "--level", "1e9"], EXOSOME_VISITS[:4], EXOSOME_VISITS),
    ("NCT07203599", "phase2-minoxidil", [], ["W0"], ["W0", "W8", "W12", "W24"]),
    ("NCT06932393", None, ["--area", "20", "--level", "1e9"], BOTH, INJECTIONS),
    ("NCT06932393", "exosomes", ["--area", "20", "--level", "1e9"], INJECTIONS, INJECTIONS),
    ("NCT06932393", "saline", [], INJECTIONS, INJECTIONS),
    ("NCT07084012", "group-1", [], DAYS, DAYS),
    ("NCT07084012", "group-2", [], DAYS, DAYS),
    ("NCT07084012", "placebo", [], DAYS, DAYS),
]  # fmt: skip
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
each_language = pytest.mark.parametrize("language", ["en", "zh"])


def arm_options(arm: str | None) -> list[str]:
    return ["--arm", arm] if arm else []


def is_chinese(text: str) -> bool:
    return any("一" <= character <= "鿿" for character in text)


@each_row
@each_language
def test_every_arm_has_its_doses(row: tuple[Any, ...], language: str) -> None:
    protocol, arm, needs, dosed, _ = row
    ran = dosecalc("dose", protocol, *arm_options(arm), *needs, "--json", "--language", language)
    assert (ran.code, ran.err) == (0, "")
    got = ran.json
    assert [dose["encounter"] for dose in got["doses"]] == dosed
    assert got["release"] == "draft"
    assert got.get("arm") == arm
    assert {"protocol", "protocol_version", "protocol_sha256", "assumptions", "warnings"} <= set(got)
    assert all({"code", "text", "bears_on_dose", "confirm_by", "confirmed"} <= set(a) for a in got["assumptions"])
    for dose in got["doses"]:
        assert {"encounter", "product", "role", "derivation"} <= set(dose)
        assert ("total" in dose) == (dose["role"] != "placebo")
        if "total" in dose:
            assert dose["total"].replace(".", "").isdecimal()
            assert set(dose["readings"]) == {"digits", "words", "scientific"}
        assert is_chinese("".join(dose["derivation"])) == (language == "zh")
    table = dosecalc("dose", protocol, *arm_options(arm), *needs, "--language", language)
    assert table.code == 0
    assert {"en": "DRAFT – NOT FOR ADMINISTRATION", "zh": "草稿，不得用于给药"}[language] in table.out


@each_row
@each_language
def test_every_arm_has_its_visits(row: tuple[Any, ...], language: str) -> None:
    protocol, arm, _, _, visits = row
    masked = protocol != "NCT07203599"
    options = [] if masked else arm_options(arm)
    ran = dosecalc("schedule", protocol, *options, "--start", "2026-03-02", "--json", "--language", language)
    assert (ran.code, ran.err) == (0, "")
    got = ran.json
    assert [visit["encounter"] for visit in got["visits"]] == visits
    assert ("arm" in got) == (not masked)
    keys = "encounter label epoch target earliest latest window status actual days_from_target anchor weekday notes"
    assert all(list(visit) == keys.split() for visit in got["visits"])
    table = dosecalc("schedule", protocol, *options, "--start", "2026-03-02", "--language", language)
    assert table.code == 0
    assert is_chinese(table.out) == (language == "zh")


@each_row
@each_language
@pytest.mark.parametrize("audience", ["participant", "clinic", "pharmacy"])
def test_every_arm_has_its_calendars(row: tuple[Any, ...], language: str, audience: str, tmp_path: Path) -> None:
    protocol, arm, needs, _, visits = row
    masked = protocol != "NCT07203599"
    options = [*arm_options(arm), *needs] if audience == "pharmacy" else [] if masked else arm_options(arm)
    out = tmp_path / "c.ics"
    ran = dosecalc(
        "calendar", protocol, *options, "--start", "2026-03-02", "--participant", "SZ-001", "--out", str(out),
        "--audience", audience, "--language", language, "--stamp", "2026-02-01T00:00:00Z", "--json",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    (file,) = ran.json["files"]
    assert set(file) == {"path", "sha256", "events"}
    routine = arm == "phase2-minoxidil" and audience == "participant"
    assert file["events"] == len(visits) + routine
    check_calendar(out, tmp_path, forbid=NEUTRAL.split("|") if audience == "participant" else ())
    again = out.read_bytes()
    dosecalc(
        "calendar", protocol, *options, "--start", "2026-03-02", "--participant", "SZ-001", "--out", str(out),
        "--audience", audience, "--language", language, "--stamp", "2026-02-01T00:00:00Z",
    )  # fmt: skip
    assert out.read_bytes() == again


@pytest.mark.parametrize("command", ["schedule", "calendar"])
@pytest.mark.parametrize(("protocol", "arm"), [("NCT06932393", "exosomes"), ("NCT07084012", "placebo")])
def test_a_masked_trial_refuses_the_arm_with_the_reason(command: str, protocol: str, arm: str, tmp_path: Path) -> None:
    more = ["--participant", "P1", "--out", str(tmp_path / "x.ics")] if command == "calendar" else []
    ran = dosecalc(command, protocol, "--start", "2026-03-02", "--arm", arm, *more, "--json")
    assert (ran.code, ran.codes) == (1, ["DC303"])
    assert "masked" in ran.err
    assert not (tmp_path / "x.ics").exists()


def test_an_open_trial_needs_the_arm_everywhere() -> None:
    for words in (["dose", "NCT07203599", "--area", "24"], ["schedule", "NCT07203599", "--start", "2026-03-02"]):
        ran = dosecalc(*words, "--json")
        assert (ran.code, ran.codes) == (1, ["DC304"])


def test_errors_stand_on_standard_error_one_a_line_and_in_the_json() -> None:
    ran = dosecalc("dose", "NCT07203599", "--arm", "phase1-A", "--area", "NaN", "--json")
    assert ran.code == 1
    (error,) = ran.json["errors"]
    assert {"code", "where", "what", "mend"} <= set(error)
    assert ran.err == f"{error['code']} {error['what']}; {error['mend']}\n"


def test_findings_of_a_file_say_where(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("dosecalc: 1\nid: X\nversion: v\nbogus: 1\n")
    ran = dosecalc("protocol", "check", str(path), "--json")
    assert ran.code == 1
    assert any(error["where"] == f"{path}:4:1" and error["code"] == "DC101" for error in ran.json["errors"])
    assert f"{path}:4:1 bogus: DC101 " in ran.err


@pytest.mark.parametrize(
    "words",
    [["dose"], ["dose", "--nonsense"], ["nonsense"], ["dose", "NCT07203599", "--round", "sideways"],
     ["schedule", "NCT07084012"],
     "calendar NCT07084012 --start 2026-03-02 --book D7 --participant P --out x".split()],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    ran = dosecalc(*words, "--json")
    assert ran.code == 2
    assert all(code.startswith("DC0") for code in ran.codes)


def test_help_needs_no_other_input_and_ends_with_0() -> None:
    assert dosecalc("--help").code == 0
    assert "dosecalc demo" in dosecalc("--help").out
    assert dosecalc("dose", "-h").code == 0


def test_a_path_works_wherever_a_protocol_id_does(tmp_path: Path) -> None:
    from dosecalc.app import shipped

    copy = tmp_path / "mine.yaml"
    copy.write_bytes(Path(shipped("NCT07084012.yaml")).read_bytes())
    by_path = dosecalc("schedule", str(copy), "--start", "2026-03-02", "--json")
    assert by_path.json == dosecalc("schedule", "NCT07084012", "--start", "2026-03-02", "--json").json


def test_protocol_show_prints_what_the_site_file_needs_for_its_verification() -> None:
    shown = dosecalc("protocol", "show", "NCT07084012", "--json").json
    assert shown["sha256"] == dosecalc("dose", "NCT07084012", "--arm", "placebo", "--json").json["protocol_sha256"]
    assert shown["arms"]["group-1"]["doses"][0]["fixed"]["amount"].startswith("200,000,000 cells")
    assert shown["sha256"] in dosecalc("protocol", "show", "NCT07084012").out


def test_protocol_list_names_the_three_trials() -> None:
    listed = dosecalc("protocol", "list", "--json").json["protocols"]
    assert [p["id"] for p in listed] == ["NCT06932393", "NCT07084012", "NCT07203599"]
    assert [p["masked"] for p in listed] == [True, True, False]


def test_a_limit_that_every_time_of_a_day_exceeds_is_said_and_stays_null_where_a_time_is_missing() -> None:
    # From 27 February 08:30 to 2 March 08:30 are 72 h; a start on 4 March without a time is 111 h 30 min later or more.
    onset = ("--anchor", "symptom_onset=2026-02-27T08:30")
    ran = dosecalc("schedule", "NCT07084012", "--start", "2026-03-04", *onset, "--json")
    [check] = ran.json["checks"]
    assert check["ok"] is None
    assert check["text"] == (
        "hours from symptom onset to the first infusion: 111 h 30 min or more; more than the permitted 72 h"
    )
