"""`prepare` and its kin refuse or ask where two people could mean two things: areas, letters, times."""

from __future__ import annotations

from pathlib import Path

import pytest

from pharmacy import BOTTLES, CELLS, SITE, SITES, SPLIT, STOCK, changed, own_files, prepare
from running import Ran, dosecalc

ALONE = "several areas are given and summed as patches of the study area; if one of them is that of another area"


def refused(ran: Ran) -> str:
    assert ran.code == 1, ran.out
    return ran.err


def test_an_area_for_each_of_two_areas_is_not_prepared_unasked(tmp_path: Path) -> None:
    two = ("--area", "8", "--area", "9")
    doubted = dosecalc("dose", "NCT06932393", *two, "--site", SITE)
    assert doubted.code == 0
    assert ALONE in " ".join(doubted.out.split())
    out = tmp_path / "out"
    assert ALONE in refused(prepare(*SPLIT[:3], *two, "--area-a", "study", "--out", str(out)))
    assert not out.exists()


def test_patches_of_one_area_are_still_summed_where_each_participant_has_one_area() -> None:
    made = prepare("NCT07203599", "--arm", "phase1-A", "--visit", "W0", "--area", "20.1", "--area", "3.3", "--json")
    assert made.json["dose"]["sites"] == 24


SWAPPED = "DC654 area A is control here, and was study at INJ1; read it again from the randomisation list"


def worksheet(folder: Path, *words: str, site: str = SITE) -> str:
    """The JSON of a worksheet of participant QH-001."""
    assert prepare(*words, "--participant", "QH-001", "--out", str(folder), site=site).code == 0
    (found,) = folder.glob("*.json")
    return str(found)


UNKNOWN = (
    "the letters of the areas are not known: write one of A, B on each masked label, from the randomisation list, "
    "before anything leaves the pharmacy, or prepare again with --area-a"
)


def test_letters_that_nobody_said_are_written_by_hand_and_a_note_says_so(tmp_path: Path) -> None:
    made = prepare(*SPLIT, "--out", str(tmp_path / "out"))
    assert made.code == 0
    assert f"Note: {UNKNOWN}\n" in made.out
    assert UNKNOWN in prepare(*SPLIT, "--out", str(tmp_path / "json"), "--json").json["notes"]
    label = (tmp_path / "out" / "INJ1-label-masked.html").read_text("utf-8")
    assert label.count("Area ____") == 2
    for telling in ("study", "control", "Area A", "Area B"):
        assert telling not in label
    unmasked = (tmp_path / "out" / "INJ1-label-unmasked.html").read_text("utf-8")
    assert [name in unmasked for name in ("exosomes, on the study area", "saline, on the control area")] == [True, True]
    assert '<dt>Area B</dt><dd><span class="line">' in (tmp_path / "out" / "INJ1-worksheet.html").read_text("utf-8")
    for words in ((*SPLIT, "--area-a", "study"), CELLS):
        known = prepare(*words, "--participant", "QH-001", "--out", str(tmp_path / words[0]))
        assert (known.code, UNKNOWN in known.out) == (0, False)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_masked_labels_without_letters_are_the_same_bytes_whichever_arm_is_prepared_alone(
    language: str, tmp_path: Path
) -> None:
    seen = set()
    for arm in ("exosomes", "saline"):
        out = tmp_path / arm
        assert prepare(*SPLIT, "--arm", arm, "--out", str(out), "--language", language).code == 0
        seen.add(tuple((out / f"INJ1-label-masked.{kind}").read_bytes() for kind in ("pdf", "html")))
    assert len(seen) == 1


def test_area_a_stands_in_the_worksheet_and_its_digest(tmp_path: Path) -> None:
    made = {area: prepare(*SPLIT, "--area-a", area, "--json").json for area in ("study", "control")}
    for area, sheet in made.items():
        assert {"name": "area_a", "values": [area]} in sheet["inputs"]
    assert made["study"]["digest"] != made["control"]["digest"]


def test_the_worksheet_names_the_area_that_was_measured(tmp_path: Path) -> None:
    assert prepare(*SPLIT, "--area-a", "study", "--out", str(tmp_path)).code == 0
    assert "study area, cm²" in (tmp_path / "INJ1-worksheet.html").read_text("utf-8")


def test_areas_whose_letters_were_swapped_since_the_earlier_visit_are_refused(tmp_path: Path) -> None:
    first = worksheet(tmp_path / "1", *SPLIT, "--area-a", "study")
    second = ("NCT06932393", "--visit", "INJ2", "--area", "20", "--participant", "QH-001", "--previous", first)
    assert SWAPPED in refused(prepare(*second, "--area-a", "control"))
    assert prepare(*second, "--area-a", "study").code == 0


def test_an_area_that_is_measured_once_is_the_same_as_on_the_earlier_worksheet(tmp_path: Path) -> None:
    first = worksheet(tmp_path / "1", *SITES)
    second = ("NCT07203599", "--arm", "phase1-A", "--visit", "W2", "--participant", "QH-001", "--previous", first)
    for area in ("201", "23.5"):
        assert refused(prepare(*second, "--area", area)) == (
            f"DC653 the area is measured once, for all doses: it is {area} cm² here, and was 23.4 cm² at W0; check "
            "both against the record of the measuring: only one of them can be right\n"
        )
    assert prepare(*second, "--area", "20.1", "--area", "3.3").code == 0
    assert prepare(*second, "--area", "23.40").code == 0


def test_an_area_that_is_measured_at_each_visit_may_change_and_is_asked_about_where_it_is_far_off(
    tmp_path: Path,
) -> None:
    once = 'answer: once\n        confirmed: {document: Clinical trial protocol (example), section: "7.1"'
    site = changed(tmp_path, SITE, (once, once.replace("once", "each_visit")))
    first = worksheet(tmp_path / "1", *SITES, site=site)
    second = ("NCT07203599", "--arm", "phase1-A", "--visit", "W2", "--participant", "QH-001", "--previous", first)
    assert prepare(*second, "--area", "20.1", site=site).code == 0
    asked = refused(prepare(*second, "--area", "201", site=site))
    assert "DC650 the area differs from that at W0: 201 cm², and 23.4 cm² was expected" in asked
    assert "the area differs from that at W0: 2.34 cm²" in refused(prepare(*second, "--area", "2.34", site=site))


def test_labels_without_a_participant_are_said_to_name_nobody(tmp_path: Path) -> None:
    note = "Note: the labels name nobody: write the participant's code on the line of each label"
    nobody = prepare(*SITES, "--out", str(tmp_path / "1"))
    assert note in nobody.out
    assert note not in prepare(*SITES, "--participant", "SZ-002", "--out", str(tmp_path / "2")).out
    (note_of_json,) = prepare(*SITES, "--json", "--out", str(tmp_path / "3")).json["notes"]
    assert note_of_json.startswith("the labels name nobody")


def test_several_areas_in_one_option_are_told_how_to_be_written() -> None:
    assert refused(prepare(*SITES[:-1], "20.1; 3.3")) == (
        'DC656 "20.1; 3.3" is several areas in one --area; write --area for each patch: --area 20.1 --area 3.3\n'
    )


@pytest.mark.parametrize(("time", "meant"), [("17:18", "17:18"), ("9:05", "09:05")])
def test_a_time_of_thawing_without_its_day_is_told_how_to_be_written(time: str, meant: str) -> None:
    assert refused(prepare(*CELLS, "--thawed-at", time)) == (
        f"DC657 the time of thawing, {time}, has no day; write --thawed-at 2026-03-02T{meant}, if it was today\n"
    )


def test_a_deviation_has_a_minus_sign() -> None:
    # 7.3 cm² × 5 × 10⁸ = 3.65 × 10⁹; 0.4 in place of 0.4015 mL: −0.37 %
    ran = prepare("NCT06932393", "--visit", "INJ1", "--area", "7.3")
    assert "−0.37 %" in ran.out
    assert "-0.37" not in ran.out


@pytest.mark.parametrize("window", ["P0D", "P3D", "P4D", "P5D", "P10D"])
@pytest.mark.parametrize("bottle", ["20 mL", "28 mL", "60 mL"])
def test_both_engines_count_the_same_bottles_whatever_the_window(window: str, bottle: str, tmp_path: Path) -> None:
    site = changed(tmp_path, SITE, ("W8:\n        window: {before: P7D, after: P7D}",
                                    f"W8:\n        window: {{before: P0D, after: {window}}}"))  # fmt: skip
    held = "    nominal_volume: 60 mL\n    extractable_volume: 60 mL\n"
    stock = changed(tmp_path, STOCK, (held, held.replace("extractable_volume: 60 mL", f"extractable_volume: {bottle}")))
    made = prepare(*BOTTLES, "--json", site=site, stock=stock)
    sheet = tmp_path / "sheet.json"
    sheet.write_text(made.out, "utf-8")
    days = 56 + int(window[1:-1])
    first = made.json["dispensing"][0]
    assert (first["days_at_most"], first["needed_ml"]) == (days, str(days))
    assert first["bottles"] == -(-days // int(bottle.removesuffix(" mL")))
    words = ("--arm", "phase2-minoxidil", "--lot", "EXAMPLE-MINOXIDIL", "--as", "wang.fang", "--json")
    ran = dosecalc("check", str(sheet), *words, "--site", site, "--stock", stock)
    assert (ran.code, ran.json["result"]) == (0, "agreed")


def test_a_dose_of_a_day_before_the_protocol_file_was_verified_is_a_draft(tmp_path: Path) -> None:
    site, stock = own_files(tmp_path)
    late = (
        Path(site)
        .read_text(encoding="utf-8")
        .replace("by: A. Pharmacist, date: 2026-02-20", "by: A. Pharmacist, date: {}")
    )
    for day, release in (("2026-03-02", "released"), ("2026-03-03", "draft")):
        Path(site).write_text(late.replace("{}", day), encoding="utf-8")
        ran = prepare(*SITES, "--lot", "EV-A", "--thawed-at", "2026-03-02T09:00", "--json", site=site, stock=stock)
        assert ran.json["release"] == release
    assert ran.json["draft_because"] == [
        "the protocol file was verified on 2026-03-03, after the day of this dose, 2026-03-02"
    ]
