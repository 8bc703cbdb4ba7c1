"""`dosecalc prepare`: what it prints, its JSON, its files. Every volume is worked out by hand beside it."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pharmacy import BOTTLES, CELLS, SITE, SITES, SPLIT, STAMP, STOCK, changed, own_files, prepare
from running import Ran, dosecalc

CONTRACT = (
    "dose release stock administered_volume_ml overage_ml product_volume_ml diluent_volume_ml final_volume_ml vials"
    " stop_by derivation warnings"
).split()
VERSION = "registry-2025-12-02"
WORKSHEET = {"worksheet.json", "worksheet.pdf", "worksheet.html"}
THAWED = ("--thawed-at", "2026-03-02T09:10")
MASKED = {"label-masked.pdf", "label-masked.html"}


def prepared(*words: str, **files: str) -> dict[str, Any]:
    ran = prepare(*words, "--json", **files)
    assert (ran.code, ran.err) == (0, "")
    made: dict[str, Any] = ran.json
    return made


def volumes(made: dict[str, Any]) -> list[str]:
    """Administered, overage, product, diluent, final volume, in mL; vials."""
    names = ("administered", "overage", "product", "diluent", "final")
    return [*(made[f"{name}_volume_ml" if name != "overage" else "overage_ml"] for name in names), str(made["vials"])]


# ---- the JSON --------------------------------------------------------------------------------------------------------


def test_the_json_of_the_contract() -> None:
    # 23.4 cm², rounded up: 24 sites × 10⁸ = 2.4 × 10⁹ particles. 24 × 0.1 mL = 2.4 mL; at most 8 sites a syringe: 3
    # syringes × 0.1 mL of dead space = 0.3 mL. 2.4 × 10⁹ ÷ 10⁹ per mL = 2.4 mL: nothing to dilute. 2.7 mL ÷ 1 mL: 3.
    made = prepared(*SITES)
    assert {key: made[key] for key in CONTRACT if key not in ("dose", "stock", "derivation")} == {
        "release": "draft",
        "administered_volume_ml": "2.4",
        "overage_ml": "0.3",
        "product_volume_ml": "2.7",
        "diluent_volume_ml": "0",
        "final_volume_ml": "2.7",
        "vials": 3,
        "stop_by": None,
        "warnings": [],
    }
    assert (made["volume_per_site_ml"], made["syringes"], made["deviation_percent"]) == ("0.1", 3, "0")
    # 0.8 mL from a 1 mL syringe ± 5 %: 0.04 mL, as a rectangle 0.04 ÷ √3 each; three of them √3 × that = 0.04 mL, of
    # 2.4 mL 1.67 %. √(15² + 1.67²) = 15.1 %. × 1.96 = 29.596 %: 2.4 × 10⁹ × (1 ∓ 0.29596).
    assert made["interval"] == {
        "low": "1689696000",
        "high": "3110304000",
        "level_percent": "95",
        "uncertainty_percent": "15.1",
    }
    stock = made["stock"]
    assert (stock["lot"], stock["cv_percent"]) == ("EXAMPLE-EV-A", "15")
    assert stock["concentration"] == {"value": "1000000000", "unit": "particles/mL"}
    assert made["derivation"]


def test_the_dose_is_that_of_dose() -> None:
    alone = dosecalc("dose", *SITES[:3], "--area", "23.4", "--visit", "W0", "--site", SITE, "--json").json
    made = prepared(*SITES)
    assert [made["dose"]] == alone["doses"]
    assert made["protocol_sha256"] == alone["protocol_sha256"]
    assert set(alone["draft_because"]) < set(made["draft_because"])


def test_every_key_of_the_contract_is_there_for_every_product() -> None:
    split = prepared(*SPLIT)
    for made in (prepared(*SITES), prepared(*CELLS), *(each | {"release": ""} for each in split["preparations"])):
        assert set(CONTRACT) <= set(made)
    assert set(CONTRACT) & set(split) == {"release", "warnings"}


def test_numbers_are_texts_of_plain_digits_and_counts_are_counts() -> None:
    made = prepared(*CELLS, "--thawed-at", "2026-03-02T09:10")
    for key, value in made.items():
        if key.endswith(("_ml", "_percent", "_kg", "_per_h")):
            assert isinstance(value, str), key
            assert value.lstrip("-").replace(".", "", 1).isdecimal(), (key, value)
    assert isinstance(made["vials"], int)


ROWS: list[tuple[list[str], list[str], list[str]]] = [
    # 24 sites of 0.1 mL in 3 syringes; each strength holds 0.1 mL × 10⁹, 10¹⁰, 10¹¹ per mL in a site.
    (["NCT07203599", "phase1-A", "--area", "24"], ["W0", "W2", "W4", "W6"], ["2.4", "0.3", "2.7", "0", "2.7", "3"]),
    (["NCT07203599", "phase1-B", "--area", "24"], ["W0", "W2", "W4", "W6"], ["2.4", "0.3", "2.7", "0", "2.7", "3"]),
    (["NCT07203599", "phase1-C", "--area", "24"], ["W0", "W2", "W4", "W6"], ["2.4", "0.3", "2.7", "0", "2.7", "3"]),
    (["NCT07203599", "phase2-exosome", "--area", "24"], ["W0", "W6"], ["2.4", "0.3", "2.7", "0", "2.7", "3"]),
    # 20 cm² × 5 × 10⁸ = 10¹⁰ in 1 mL, and the lot holds just that; 0.1 mL stays in the syringe. 1.1 ÷ 1 mL: 2 vials.
    (["NCT06932393", "exosomes", "--area", "20"], ["INJ1", "INJ2", "INJ3"], ["1", "0.1", "1.1", "0", "1.1", "2"]),
    # 10 cm²: half of it, 1.1 mL × 5 × 10⁹ ÷ 10¹⁰ = 0.55 mL.
    (["NCT06932393", "exosomes", "--area", "10"], ["INJ1"], ["1", "0.1", "0.55", "0.55", "1.1", "1"]),
    # 7.3 cm² × 5 × 10⁸ = 3.65 × 10⁹; × 1.1 ÷ 10¹⁰ = 0.4015 mL, half up to the graduation of 0.01 mL.
    (["NCT06932393", "exosomes", "--area", "7.3"], ["INJ1"], ["1", "0.1", "0.4", "0.7", "1.1", "1"]),
    # The same volume of saline, from bottles of 10 mL.
    (["NCT06932393", "saline"], ["INJ1", "INJ2", "INJ3"], ["1", "0.1", "1.1", "0", "1.1", "1"]),
    # 2 × 10⁸ cells ÷ 2 × 10⁷ per mL = 10 mL of 100 mL, from vials of 5 mL; on days 7 and 14 10 mL of medium.
    (["NCT07084012", "group-1", "--weight", "68"], ["D0", "D7", "D14"], ["100", "0", "10", "90", "100", "2"]),
    # 10⁸ cells: 5 mL.
    (["NCT07084012", "group-2", "--weight", "68"], ["D0", "D7", "D14"], ["100", "0", "5", "95", "100", "1"]),
    (["NCT07084012", "placebo", "--weight", "68"], ["D0", "D7", "D14"], ["100", "0", "10", "90", "100", "2"]),
]


@pytest.mark.parametrize(("row", "visits", "expected"), ROWS, ids=lambda value: " ".join(value[:4]))
def test_every_arm_is_prepared_at_every_visit(row: list[str], visits: list[str], expected: list[str]) -> None:
    protocol, arm, *needs = row
    for visit in visits:
        made = prepared(protocol, "--arm", arm, "--visit", visit, *needs)
        assert (made["visit"], made["arm"], volumes(made)) == (visit, arm, expected)


def test_the_deviation_is_0_only_where_the_volumes_hold_the_dose_exactly() -> None:
    assert prepared(*SITES)["deviation_percent"] == "0"
    # 0.4 in place of 0.4015 mL: −0.0015 ÷ 0.4015 = −0.3736 %
    made = prepared("NCT06932393", "--arm", "exosomes", "--visit", "INJ1", "--area", "7.3")
    assert made["deviation_percent"] == "-0.37"
    # 19.9999 cm² × 5 × 10⁸ × 1.1 ÷ 10¹⁰ = 1.0999945 mL → 1.1 mL: +0.0005 %, which two decimals do not show
    near = prepared("NCT06932393", "--arm", "exosomes", "--visit", "INJ1", "--area", "19.9999")
    assert (near["product_volume_ml"], near["deviation_percent"]) == ("1.1", "0.00")


def test_both_areas_of_a_split_scalp_are_prepared_alike() -> None:
    study, control = prepared(*SPLIT)["preparations"]
    assert (study["dose"]["role"], control["dose"]["role"]) == ("active", "placebo")
    assert control["dose"]["volume"] == "same as active"
    for key in ("administered_volume_ml", "overage_ml", "final_volume_ml", "syringes", "fills", "stop_by"):
        assert study[key] == control[key], key


def test_the_final_volume_and_the_rate_are_the_same_in_every_arm_of_a_masked_trial() -> None:
    seen = {
        (made["final_volume_ml"], made["rate_ml_per_h"], made["stop_by"])
        for arm in ("group-1", "group-2", "placebo")
        for visit in ("D0", "D7", "D14")
        for made in [prepared("NCT07084012", "--arm", arm, "--visit", visit, "--weight", "68", *THAWED)]
    }
    assert seen == {("100", "100", "2026-03-02T12:10:00+08:00")}


def test_the_time_of_thawing_gives_the_stop_by_time() -> None:
    # 09:10 + 3 h
    made = prepared(*SITES, *THAWED)
    assert (made["thawed_at"], made["stop_by"]) == ("2026-03-02T09:10:00+08:00", "2026-03-02T12:10:00+08:00")
    assert prepared(*SITES, "--thawed-at", "2026-03-02T01:10:00Z")["stop_by"] == "2026-03-02T12:10:00+08:00"


def test_the_weight_gives_the_dmso() -> None:
    # 5 mL × 10 % × 1.1 g/mL = 0.55 g; ÷ 68 kg = 0.00809, rounded up
    assert prepared(*CELLS)["dmso_g_per_kg"] == "0.0081"


W8 = "W8:\n        window: {before: P7D, after: P7D}"


def test_minoxidil_is_handed_out_until_the_latest_day_of_the_next_visit(tmp_path: Path) -> None:
    # Week 0 to week 8 and the 7 days of its window: 63 mL, two bottles of 60 mL. On the planned day 64 mL are left, and
    # the 84 days are over 28 days later: no further bottle.
    made = prepared(*BOTTLES)
    keys = ("encounter", "until", "days", "days_at_most", "needed_ml", "bottles", "left_over_ml")
    assert [tuple(each[key] for key in keys) for each in made["dispensing"]] == [
        ("W0", "W8", 56, 63, "63", 2, "64"),
        ("W8", "W12", 28, 28, "28", 0, "36"),
    ]
    assert "final_volume_ml" not in made
    # A window of 4 days: 60 mL of one bottle. 4 mL are left of the 28 to week 12: one more, 36 mL are left.
    site = changed(tmp_path, SITE, (W8, W8.replace("P7D", "P4D")))
    made = prepared(*BOTTLES, site=site)
    assert [tuple(each[key] for key in keys) for each in made["dispensing"]] == [
        ("W0", "W8", 56, 60, "60", 1, "4"),
        ("W8", "W12", 28, 28, "28", 1, "36"),
    ]
    assert prepared(*BOTTLES[:4], "W8", site=site)["dispensing"] == made["dispensing"]
    shown = prepare(*BOTTLES, site=site).out
    assert "W0     W8       56            60   60 mL        1       4 mL" in shown
    assert "The bottles last until the latest day of the next visit's window (days at most); " in shown


def test_what_was_typed_stands_in_the_worksheet_with_how_by_whom_and_when() -> None:
    how = ["--area-method", "tracing", "--area-by", "N. Nurse", "--area-date", "2026-02-28"]
    made = prepared(*SITES[:5], "--area", "20.1", "--area", "3.3", *how, *THAWED)
    said = {entry["name"]: entry for entry in made["inputs"]}
    assert said["area"] == {
        "name": "area",
        "values": ["20.1", "3.3"],
        "method": "tracing",
        "by": "N. Nurse",
        "date": "2026-02-28",
    }
    assert said["arm"]["values"] == ["phase1-A"]
    assert said["thawed_at"]["values"] == ["2026-03-02T09:10"]
    assert said["lot"]["values"] == ["EXAMPLE-EV-A"]
    assert said["concentration"]["values"] == ["1000000000 particles/mL"]
    assert (made["preparer"], made["made_at"], made["on"]) == ("li.na", "2026-03-02T09:20:00+08:00", "2026-03-02")


def test_the_rounding_cliff_of_patches_that_are_rounded_each(tmp_path: Path) -> None:
    # 20.1 cm² → 21 and 3.3 cm² → 4 sites; the nearest step is 20 cm², 0.1 cm² below.
    each = changed(tmp_path, SITE, ("answer: summed", "answer: each"))
    made = prepared(*SITES[:5], "--area", "20.1", "--area", "3.3", site=each)
    assert made["dose"]["sites"] == 25
    assert made["rounding_cliff"] == {"distance_cm2": "0.1", "sites": {"up": 25, "down": 23, "half_up": 23}}


def test_a_lot_is_named_where_there_are_several(tmp_path: Path) -> None:
    b = "  EXAMPLE-EV-B:\n    protocol: NCT07203599\n    product: hUCMSC-sEV\n    arms: [phase1-B, phase2-exosome]\n"
    several = changed(tmp_path, STOCK, (b, b.replace("    arms: [phase1-B, phase2-exosome]\n", "")))
    assert prepare(*SITES, "--json", stock=several).codes == ["DC355"]
    made = prepared(*SITES, "--lot", "EXAMPLE-EV-A", stock=several)
    assert made["stock"]["lot"] == "EXAMPLE-EV-A"


# ---- released, and what stays a draft --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [SITES, (*SPLIT, "--area-a", "study"), CELLS, BOTTLES], ids=lambda words: words[0])
def test_what_the_site_has_verified_is_released_and_bears_no_mark(words: tuple[str, ...], tmp_path: Path) -> None:
    site, stock = own_files(tmp_path)
    out = tmp_path / "out"
    made = prepared(*words, "--out", str(out), site=site, stock=stock)
    assert (made["release"], made["draft_because"]) == ("released", [])
    assert len(made["files"]) >= 5
    for file in made["files"]:
        data = Path(file["path"]).read_bytes()
        assert b"DRAFT" not in data
        if not file["path"].endswith(".pdf"):
            continue
        from documents.paper import words as text_of

        assert "DRAFT" not in text_of(data)
    ran = prepare(*words, site=site, stock=stock)
    assert ran.out.startswith(
        "RELEASED: the protocol file was verified against Protocol, version 2.0, by A. Pharmacist"
    )


def test_an_example_stays_a_draft_on_every_page(tmp_path: Path) -> None:
    from documents.paper import pages

    made = prepared(*SITES, "--out", str(tmp_path))
    assert made["release"] == "draft"
    assert "the stock file is an example" in made["draft_because"]
    assert any(reason.startswith("SITE_VOLUME is not confirmed") for reason in made["draft_because"])
    for file in made["files"]:
        data = Path(file["path"]).read_bytes()
        if file["path"].endswith(".pdf"):
            assert all("DRAFT – NOT FOR ADMINISTRATION" in page for page in pages(data))
        elif file["path"].endswith(".html"):
            assert "DRAFT – NOT FOR ADMINISTRATION" in data.decode()


@pytest.mark.parametrize("stock_too", [False, True])
def test_an_example_of_either_file_is_enough_for_a_draft(stock_too: bool, tmp_path: Path) -> None:
    site, stock = own_files(tmp_path)
    made = prepared(*SITES, **({"site": site} if stock_too else {"stock": stock}))
    assert made["release"] == "draft"


@pytest.mark.parametrize(
    ("words", "because"),
    [
        (["--on", "2026-03-01"], "it was made on 2026-03-02, after the day of the dose, 2026-03-01"),
        (["--thawed-at", "2026-02-27T09:00"], "it was made on 2026-03-02, after the day of the dose, 2026-02-27"),
        (["--thawed-at", "2026-03-05T09:00"], "the time of thawing, 2026-03-05 09:00+08:00, lies ahead"),
        (["--round", "down"], "the rounding was given by hand (--round)"),
    ],
)
def test_what_nobody_can_give_any_more_or_has_decided_stays_a_draft(
    words: list[str], because: str, tmp_path: Path
) -> None:
    site, stock = own_files(tmp_path)
    made = prepared(*SITES, *words, site=site, stock=stock)
    assert (made["release"], len(made["draft_because"])) == ("draft", 1)
    assert made["draft_because"] == [because]


def test_the_stop_by_time_of_another_day_counts_from_its_thawing() -> None:
    assert prepared(*SITES, "--thawed-at", "2026-02-27T09:00")["stop_by"] == "2026-02-27T12:00:00+08:00"
    assert prepared(*SITES, "--thawed-at", "2026-03-05T09:00")["stop_by"] == "2026-03-05T12:00:00+08:00"


# ---- the files -------------------------------------------------------------------------------------------------------


def parts(folder: Path, name: str) -> set[str]:
    found = {entry.name for entry in folder.iterdir()}
    assert all(entry.startswith(f"{name}-") for entry in found)
    return {entry.removeprefix(f"{name}-") for entry in found}


def test_the_files_are_named_by_participant_and_visit_and_never_by_the_arm(tmp_path: Path) -> None:
    ran = prepare(*SITES, "--participant", "SZ-001", "--out", str(tmp_path / "a"))
    assert parts(tmp_path / "a", "SZ-001-W0") == WORKSHEET | {"label.pdf", "label.html"}
    assert f"Written into {tmp_path / 'a'}:" in ran.out
    for arm in ("group-1", "group-2", "placebo"):
        prepare(*CELLS[:2], arm, *CELLS[3:], "--participant", "SZ-002", "--out", str(tmp_path / arm))
        labels = MASKED | {"label-unmasked.pdf", "label-unmasked.html"}
        assert parts(tmp_path / arm, "SZ-002-D7") == WORKSHEET | labels
    prepare(*BOTTLES, "--out", str(tmp_path / "b"))
    assert parts(tmp_path / "b", "W0") == WORKSHEET | {"label.pdf", "label.html"}


def test_the_json_file_is_the_worksheet_with_its_digest_and_the_list_of_files_is_true(tmp_path: Path) -> None:
    from hashlib import sha256

    from dosecalc.worksheet_json import read_worksheet

    made = prepared(*SITES, "--out", str(tmp_path))
    files, notes = made.pop("files"), made.pop("notes")
    assert [note.partition(":")[0] for note in notes] == ["the labels name nobody"]
    written = (tmp_path / "W0-worksheet.json").read_bytes()
    assert read_worksheet(written, "W0-worksheet.json") == json.loads(written) == made
    assert [sha256(Path(file["path"]).read_bytes()).hexdigest() for file in files] == [f["sha256"] for f in files]


@pytest.mark.parametrize("words", [SITES, (*SPLIT, "--area-a", "study"), CELLS, BOTTLES], ids=lambda words: words[0])
@pytest.mark.parametrize("kind", ["cn", "eu"])
def test_the_same_call_writes_the_same_bytes(words: tuple[str, ...], kind: str, tmp_path: Path) -> None:
    made = [
        [file["sha256"] for file in prepared(*words, "--labels", kind, "--out", str(tmp_path / name))["files"]]
        for name in ("one", "two")
    ]
    assert made[0] == made[1]


def test_labels_of_the_european_kind_say_what_the_eu_asks_for(tmp_path: Path) -> None:
    for kind in ("cn", "eu"):
        assert prepare(*CELLS, "--labels", kind, "--out", str(tmp_path / kind)).code == 0
    cn, eu = ((tmp_path / kind / "D7-label-masked.html").read_text("utf-8") for kind in ("cn", "eu"))
    assert "Keep out of reach of children" in eu
    assert "Keep out of reach of children" not in cn
    assert "仅用于临床试验" in cn


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["cn", "eu"])
def test_a_masked_label_is_the_same_byte_for_byte_whichever_the_arm(kind: str, language: str, tmp_path: Path) -> None:
    seen = set()
    for arm in ("group-1", "group-2", "placebo"):
        out = tmp_path / arm
        words = ["NCT07084012", "--arm", arm, "--visit", "D7", "--weight", "68", "--participant", "SZ-002", *THAWED]
        assert prepare(*words, "--out", str(out), "--labels", kind, "--language", language).code == 0
        seen.add(tuple((out / f"SZ-002-D7-{name}").read_bytes() for name in sorted(MASKED)))
    assert len(seen) == 1


def test_masked_labels_of_two_areas_say_a_and_b_and_nothing_of_which_is_which(tmp_path: Path) -> None:
    for area in ("study", "control"):
        assert prepare(*SPLIT, "--area-a", area, "--out", str(tmp_path / area)).code == 0
    for name in sorted(MASKED):
        study, control = ((tmp_path / area / f"INJ1-{name}").read_bytes() for area in ("study", "control"))
        assert study == control
    inputs = {entry["name"]: entry["values"] for entry in prepared(*SPLIT, "--area-a", "control")["inputs"]}
    assert inputs["area_a"] == ["control"]
    unmasked = [(tmp_path / area / "INJ1-label-unmasked.html").read_bytes() for area in ("study", "control")]
    assert unmasked[0] != unmasked[1]


def test_the_worksheet_of_a_masked_trial_says_what_makes_the_preparations_look_the_same(tmp_path: Path) -> None:
    for words, look in ((SPLIT, "Cover both syringes with the same opaque sleeve"), (CELLS, "Put an opaque cover")):
        lettered = ("--area-a", "study") if words is SPLIT else ()
        assert prepare(*words, *lettered, "--out", str(tmp_path / words[0])).code == 0
        (page,) = (tmp_path / words[0]).glob("*worksheet.html")
        assert look in page.read_text("utf-8")
        assert "the unblinded pharmacist" in page.read_text("utf-8")


def test_a_site_without_labels_gets_its_worksheet_and_is_told(tmp_path: Path) -> None:
    text = Path(SITE).read_text("utf-8")
    label = text[text.index("    label:\n      trial_code: EXAMPLE-AGA-01") : text.index("  # ---- NCT06932393")]
    ran = prepare(*SITES, "--out", str(tmp_path / "out"), site=changed(tmp_path, SITE, (label, "")))
    assert ran.code == 0
    assert "Note: no labels: the site file has nothing under 'label' for NCT07203599" in ran.out
    assert parts(tmp_path / "out", "W0") == WORKSHEET


def test_what_was_written_is_replaced_only_where_that_is_wanted(tmp_path: Path) -> None:
    prepare(*SITES, "--out", str(tmp_path))
    (tmp_path / "W0-label.html").unlink()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    ran = prepare(*SITES[:5], "--area", "30", "--out", str(tmp_path))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"DC607 {tmp_path} holds W0-worksheet.json, ")
    assert ran.err.endswith("; name another folder, or give --force to replace what was written there\n")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert prepare(*SITES[:5], "--area", "30", "--out", str(tmp_path), "--force").code == 0
    assert len(list(tmp_path.iterdir())) == 5
    assert all((tmp_path / name).read_bytes() != data for name, data in before.items())


def test_what_cannot_be_replaced_keeps_all_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "W0-worksheet.html").mkdir()
    (tmp_path / "W0-worksheet.json").write_text("signed")
    ran = prepare(*SITES, "--out", str(tmp_path), "--force", "--json")
    assert (ran.code, ran.codes) == (1, ["DC604"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["W0-worksheet.html", "W0-worksheet.json"]
    assert (tmp_path / "W0-worksheet.json").read_text() == "signed"


def test_other_files_of_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert prepare(*SITES, "--out", str(tmp_path)).code == 0
    assert prepare(*BOTTLES, "--participant", "SZ-009", "--out", str(tmp_path)).code == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 11


# ---- the table -------------------------------------------------------------------------------------------------------


def test_the_table_tells_what_to_draw_up_without_headings_of_nothing() -> None:
    lines = prepare(*SITES).out.splitlines()
    assert lines[:2] == ["DRAFT – NOT FOR ADMINISTRATION", f"NCT07203599, phase1-A, W0, protocol file {VERSION}"]
    assert lines[3:8] == [
        "umbilical cord mesenchymal stem cell exosomes (hUCMSC-sEV)",
        "Dose             2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)",
        "Sites            24",
        "Lot              EXAMPLE-EV-A, 1,000,000,000 particles/mL (1 billion; 1 × 10⁹)",
        "Product          2.7 mL",
    ]
    assert "Deviation        0.00 %" in lines
    assert "  vials: 2.7 mL ÷ 1 mL (nominal content of a vial) = 2.7, rounded up: 3" in lines
    assert "A draft, because:" in lines


def test_both_areas_stand_one_below_the_other() -> None:
    out = prepare(*SPLIT).out
    assert out.index("exosomes, on the study area") < out.index("saline, on the control area")
    assert "same volume as exosomes" in out


# ---- the ten-fold guard ----------------------------------------------------------------------------------------------


class Person(io.StringIO):
    """Somebody at the terminal."""

    def isatty(self) -> bool:
        return True


def first_worksheet(folder: Path, *words: str) -> str:
    assert prepare(*(words or SITES), "--participant", "SZ-001", "--out", str(folder / "first")).code == 0
    (sheet,) = (folder / "first").glob("*worksheet.json")
    return str(sheet)


def second(folder: Path, *words: str) -> Ran:
    previous = first_worksheet(folder)
    return prepare(*words, "--participant", "SZ-001", "--previous", previous, "--out", str(folder / "second"))


def test_the_dose_of_an_earlier_visit_is_compared_and_what_is_near_is_not_asked_about(tmp_path: Path) -> None:
    ran = second(tmp_path, *SITES[:3], "--visit", "W2", "--area", "20.1", "--area", "3.3")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--arm", "phase1-B", "--visit", "W2", "--area", "23.4"],
            (
                "the dose of umbilical cord mesenchymal stem cell exosomes (hUCMSC-sEV) differs from that at W0: "
                "about 1,025,641,026 particles/cm² (1.025641026 billion; 1.025641026 × 10⁹), and about 102,564,103 "
                "particles/cm² (102.564103 million; 1.02564103 × 10⁸) was expected; check area, level and lot"
            ),
        ),
    ],
)
def test_what_is_ten_fold_off_is_refused_where_nobody_can_be_asked(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("2.34e10\n24000000000\ny\n"))
    ran = second(tmp_path, "NCT07203599", *words)
    assert ran.code == 1
    assert ran.err.startswith(f"DC650 {says}")
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("typed", ["24000000000", "2.4e10", "24,000,000,000"])
def test_the_dose_typed_in_full_is_accepted_and_stands_on_the_worksheet(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Person(f"{typed}\n"))
    ran = second(tmp_path, "NCT07203599", "--arm", "phase1-B", "--visit", "W2", "--area", "23.4")
    assert ran.code == 0
    made = json.loads((tmp_path / "second" / "SZ-001-W2-worksheet.json").read_text("utf-8"))
    (override,) = made["overrides"]
    assert override.startswith("li.na was asked and confirmed: the dose of umbilical cord mesenchymal stem cell")
    page = (tmp_path / "second" / "SZ-001-W2-worksheet.html").read_text("utf-8")
    assert "li.na was asked and confirmed" in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [("2400000000", "DC650 '2400000000' is not the dose of umbilical"), ("yes", 'DC201 "yes" is not a number')],
)
def test_another_dose_or_a_yes_is_not_accepted(
    typed: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Person(f"{typed}\n"))
    ran = second(tmp_path, "NCT07203599", "--arm", "phase1-B", "--visit", "W2", "--area", "23.4")
    assert ran.code == 1
    assert says in ran.err.splitlines()[-1]
    assert not (tmp_path / "second").exists()


def test_neither_force_nor_another_option_answers_for_the_person(tmp_path: Path) -> None:
    words = ["NCT07203599", "--arm", "phase1-B", "--visit", "W2", "--area", "23.4", "--force", "--as", "boss", "--json"]
    assert second(tmp_path, *words).codes == ["DC650"]


def test_the_user_comes_from_the_environment_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DOSECALC_USER", "wang.fang")
    ran = dosecalc("prepare", *SITES, "--site", SITE, "--stock", STOCK, "--stamp", STAMP, "--json")
    assert ran.json["preparer"] == "wang.fang"
