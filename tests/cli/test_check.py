"""`dosecalc check`: blind until everything is entered, and agreement is computed."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from checking.sheets import (
    SITE,
    STOCK,
    both_areas,
    bottles,
    cells,
    exosomes,
    fills,
    inputs,
    medium,
    sealed,
    sha256,
    write,
)
from running import Ran, dosecalc

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("--site", str(SITE), "--stock", str(STOCK))
ACTIVE = ("--arm", "phase1-A", "--area", "20.1", "--area", "3.3", "--lot", "EXAMPLE-EV-A", "--concentration", "1e9")
BOTH = ("--area", "20", "--lot", "EXAMPLE-EXO", "--lot", "EXAMPLE-SALINE", "--concentration", "1e10")

GROUP = ("--arm", "group-1", "--weight", "68", "--lot", "EXAMPLE-MSC")


def check(folder: Path, document: dict[str, Any], *words: str, by: str = "li.na") -> Ran:
    return dosecalc("check", write(folder, sealed(document)), *FILES, "--as", by, *words)


def compared(ran: Ran) -> dict[str, bool]:
    return {each["name"]: each["agree"] for each in ran.json["compared"]}


@dataclass
class Person(io.StringIO):
    """Somebody at the terminal, who answers in turn; `seen` is what stood on the screen before each answer."""

    answers: list[str]
    seen: list[str] = field(default_factory=list)

    def readline(self, *_: Any) -> str:  # type: ignore[override]
        assert isinstance(sys.stdout, io.StringIO)
        assert isinstance(sys.stderr, io.StringIO)
        self.seen.append(sys.stdout.getvalue() + sys.stderr.getvalue())
        return self.answers.pop(0) + "\n" if self.answers else ""


def ask(monkeypatch: pytest.MonkeyPatch, folder: Path, document: dict[str, Any], *answers: str) -> tuple[Ran, Person]:
    person = Person(list(answers))
    monkeypatch.setattr(sys, "stdin", person)
    return check(folder, document), person


def test_the_same_entries_agree(tmp_path: Path) -> None:
    ran = check(tmp_path, exosomes(), *ACTIVE)
    assert (ran.code, ran.err) == (0, "")
    assert "AGREED: all 15 values are the same." in ran.out
    assert "Prepared by wang.fang, checked by li.na on " in ran.out
    assert "DRAFT – NOT FOR ADMINISTRATION" in ran.out
    assert "2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)" in ran.out


def test_patches_agree_in_whatever_order_they_are_entered(tmp_path: Path) -> None:
    swapped = (
        "--arm",
        "phase1-A",
        "--area",
        "3.30",
        "--area",
        "20.1",
        "--lot",
        "EXAMPLE-EV-A",
        "--concentration",
        "1e9",
    )
    assert check(tmp_path, exosomes(), *swapped).code == 0


def test_other_patches_of_the_same_sum_differ(tmp_path: Path) -> None:
    other = ("--arm", "phase1-A", "--area", "23.4", "--lot", "EXAMPLE-EV-A", "--concentration", "1e9", "--json")
    ran = check(tmp_path, exosomes(), *other)
    assert ran.code == 1
    assert ran.json["result"] == "differs"
    assert [name for name, agree in compared(ran).items() if not agree] == ["area"]


def test_a_wrong_number_on_the_worksheet_is_found_although_its_digest_fits(tmp_path: Path) -> None:
    forged = exosomes() | {"product_volume_ml": "0.27", "diluent_volume_ml": "2.43", "vials": 1}
    ran = check(tmp_path, forged, *ACTIVE)
    assert ran.code == 1
    assert "DIFFERS: 3 of 15 values. Do not release this preparation." in ran.out
    assert (
        "ABOUT TEN-FOLD APART: volume of product: 0.27 mL on the worksheet, 2.7 mL by the second person. "
        "Count the zeros in the source." in ran.out
    )


def test_a_ten_fold_slip_of_an_entry_is_said_aloud(tmp_path: Path) -> None:
    slip = ("--arm", "phase1-A", "--area", "20.1", "--area", "3.3", "--lot", "EXAMPLE-EV-A", "--concentration", "1e10")
    ran = check(tmp_path, exosomes(), *slip)
    assert ran.code == 1
    assert (
        "ABOUT TEN-FOLD APART: concentration: 1,000,000,000 particles/mL (1 billion; 1 × 10⁹) on the worksheet, "
        "10,000,000,000 particles/mL (10 billion; 1 × 10¹⁰) by the second person." in ran.out
    )
    assert ran.out.count("ABOUT TEN-FOLD APART") == 1
    found = check(tmp_path, exosomes(), *slip, "--json").json
    wrong = {each["name"]: each["tenfold"] for each in found["compared"] if not each["agree"]}
    # 2.7e9 / 1e10 = 0.27 mL of product, 2.43 mL of diluent, one vial
    assert wrong == {
        "concentration": True,
        "concentration_in_stock": True,
        "product_volume_ml": True,
        "diluent_volume_ml": False,
        "vials": False,
    }


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (both_areas, BOTH),
        (both_areas, ("--area", "20", "--lot", "EXAMPLE-SALINE", "--lot", "EXAMPLE-EXO", "--concentration", "1e10")),
        (
            cells,
            ("--arm", "group-1", "--weight", "68", "--lot", "EXAMPLE-MSC", "--concentration", "2e7 viable cells/mL"),
        ),
        (medium, ("--arm", "placebo", "--weight", "68.0", "--lot", "EXAMPLE-MEDIUM")),
        (bottles, ("--arm", "phase2-minoxidil", "--lot", "EXAMPLE-MINOXIDIL")),
    ],
)
def test_every_kind_of_preparation_agrees(tmp_path: Path, made: Any, words: tuple[str, ...]) -> None:
    ran = check(tmp_path, made(), *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["result"] == "agreed"


def test_of_a_placebo_lot_and_volumes_are_compared(tmp_path: Path) -> None:
    ran = check(tmp_path, medium(), "--arm", "placebo", "--weight", "68", "--lot", "EXAMPLE-MEDIUM", "--json")
    volumes = ["administered_volume_ml", "overage_ml", "product_volume_ml", "diluent_volume_ml", "final_volume_ml"]
    assert list(compared(ran)) == ["arm", "weight", "lot", *volumes, "vials", "rate_ml_per_h", "dmso_g_per_kg"]


def test_the_other_arm_of_a_masked_trial_differs(tmp_path: Path) -> None:
    ran = check(tmp_path, cells(), "--arm", "placebo", "--weight", "68", "--lot", "EXAMPLE-MEDIUM", "--json")
    assert ran.code == 1
    sides = [(each["name"], each["worksheet"], each["second"]) for each in ran.json["compared"] if not each["agree"]]
    assert sides == [
        ("arm", "group-1", "placebo"),
        ("product", None, "cell medium (placebo)"),
        ("product", "human umbilical cord mesenchymal stem cells (hUC-MSCs)", None),
    ]


def test_the_other_dose_group_differs_in_the_dose(tmp_path: Path) -> None:
    group = ("--arm", "group-2", "--weight", "68", "--lot", "EXAMPLE-MSC", "--concentration", "2e7")
    ran = check(tmp_path, cells(), *group, "--json")
    wrong = [name for name, agree in compared(ran).items() if not agree]
    assert wrong == ["arm", "total", "product_volume_ml", "diluent_volume_ml", "vials", "dmso_g_per_kg"]


def test_one_area_checked_where_both_were_prepared_differs(tmp_path: Path) -> None:
    ran = check(tmp_path, both_areas(), "--arm", "saline", "--lot", "EXAMPLE-SALINE", "--json")
    assert ran.code == 1
    assert [each["second"] for each in ran.json["compared"] if each["name"] == "arm"] == ["saline"]


def test_bottles_are_counted_anew(tmp_path: Path) -> None:
    wrong = bottles()
    wrong["dispensing"][0]["bottles"] = 1
    ran = check(tmp_path, wrong, "--arm", "phase2-minoxidil", "--lot", "EXAMPLE-MINOXIDIL")
    assert ran.code == 1
    assert "DIFFERS: 1 of 13 values" in ran.out


WRONG = ("phase1-B", "117", "EXAMPLE-EV-B", "1e10")
"""Entries that are all wrong, and have no digit in common with the right ones in a row."""
FIRST_PERSONS = "20.1|3.3|23.4|24|2400000000|2,400,000,000|2.4|2.7|0.3|1000000000|1,000,000,000|phase1-A|EV-A|wang"


def test_nothing_of_the_first_person_is_shown_before_the_last_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, person = ask(monkeypatch, tmp_path, exosomes(), *WRONG, "y")
    assert len(person.seen) == 5
    for number in FIRST_PERSONS.split("|"):
        assert number not in person.seen[-1], f"{number} was shown before the last answer"
    assert ran.code == 1
    assert "DIFFERS" in ran.out
    assert "23.4" not in person.seen[-1]
    assert "20.1 cm²" in ran.out, "afterwards both are shown"


def test_mistyped_entries_are_asked_again_and_tell_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (
        *("phase9", "phase1-B"),
        *("１１７", "1,1", "0", "9000", "117"),
        *("NO-SUCH-LOT", "EXAMPLE-MINOXIDIL", "EXAMPLE-EXO", "EXAMPLE-EV-B"),
        *("1e10 cells/mL", "10e9", "0", "1e10"),
        "y",
    )
    ran, person = ask(monkeypatch, tmp_path, exosomes(), *answers)
    assert len(person.seen) == len(answers)
    for number in FIRST_PERSONS.split("|"):
        if number != "phase1-A":  # the protocol's arms are listed to one who mistypes theirs
            assert number not in person.seen[-1], f"{number} was shown before the last answer"
    codes = [line.split()[0] for line in ran.err.splitlines()]
    assert codes == ["DC302", *("DC201", "DC201", "DC311", "DC312"), *["DC666"] * 3, *("DC668", "DC201", "DC668")]
    assert '"１１７" is written with full-width characters' in ran.err
    assert "the stock file has no lot 'NO-SUCH-LOT'; read the lot number again from the vial" in ran.err


def test_entries_can_be_corrected_before_they_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ("phase1-A", "20.1; 3.3", "EXAMPLE-EV-A", "1e9")
    ran, person = ask(monkeypatch, tmp_path, exosomes(), *WRONG, "n", *right, "y")
    assert len(person.seen) == 10
    assert ran.code == 0
    assert "area: 117 cm²" in person.seen[4]
    assert "area: 20.1 cm²; 3.3 cm²" in person.seen[9]


def test_nobody_is_asked_for_the_arm_where_both_areas_are_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, person = ask(monkeypatch, tmp_path, both_areas(), "20", "EXAMPLE-EXO", "1e10", "EXAMPLE-SALINE", "y")
    assert ran.code == 0
    assert "Arm" not in person.seen[0]


def test_the_arm_is_asked_for_where_only_one_of_two_areas_is_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = both_areas()
    (saline,) = [made for made in both.pop("preparations") if made["dose"]["product"] == "saline"]
    alone = both | saline | {"arm": "saline", "inputs": inputs(arm=["saline"], lot=["EXAMPLE-SALINE"])}
    ran, person = ask(monkeypatch, tmp_path, alone, "saline", "EXAMPLE-SALINE", "y")
    assert person.seen[0].endswith("Arm: ")
    assert "saline" not in person.seen[0]
    assert ran.code == 0


def test_which_area_is_a_is_asked_for_and_a_swap_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lettered = both_areas()
    lettered["inputs"] += inputs(area_a=["control"])
    answers = ("20", "patch", "study", "EXAMPLE-EXO", "1e10", "EXAMPLE-SALINE", "y")
    ran, person = ask(monkeypatch, tmp_path, lettered, *answers)
    question = "Which area is A for this participant, from the allocation list (study, control): "
    assert person.seen[1].endswith(question)
    assert "DC649 'patch' is not an area of this protocol; its areas are: study, control" in ran.err
    assert person.seen[-1].count("area A: study") == 1
    assert ran.code == 1
    assert "DIFFERS: 1 of " in ran.out
    assert check(tmp_path, lettered, *BOTH, "--json").codes == ["DC676"]
    assert check(tmp_path, lettered, *BOTH, "--area-a", "control", "--json").code == 0
    swapped = check(tmp_path, lettered, *BOTH, "--area-a", "study", "--json").json
    assert [each for each in swapped["compared"] if not each["agree"]] == [
        {
            "name": "area_a",
            "kind": "entered",
            "worksheet": "control",
            "second": "study",
            "agree": False,
            "tenfold": False,
        }
    ]
    assert swapped["entries"]["area_a"] == "study"


def test_a_letter_that_the_worksheet_does_not_have_differs(tmp_path: Path) -> None:
    ran = check(tmp_path, both_areas(), *BOTH, "--area-a", "study", "--json")
    assert [name for name, agree in compared(ran).items() if not agree] == ["area_a"]


def test_a_weight_that_only_dmso_needs_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, person = ask(monkeypatch, tmp_path, cells(), "group-1", "86", "EXAMPLE-MSC", "2e7", "y")
    assert person.seen[1].endswith("Body weight in kg: ")
    assert "68" not in person.seen[-1]
    assert ran.code == 1
    assert "DIFFERS: 2 of " in ran.out  # 1.1 g / 86 kg = 0.01279... g/kg, rounded up
    assert "0.0162 g/kg" in ran.out
    assert "0.0128 g/kg" in ran.out


def test_the_rate_is_worked_out_anew(tmp_path: Path) -> None:
    words = ("--arm", "group-1", "--weight", "68", "--lot", "EXAMPLE-MSC", "--concentration", "2e7")
    ran = check(tmp_path, cells() | {"rate_ml_per_h": "1000"}, *words, "--json")
    assert [(e["name"], e["tenfold"]) for e in ran.json["compared"] if not e["agree"]] == [("rate_ml_per_h", True)]


def test_the_sites_of_each_syringe_are_shared_out_anew(tmp_path: Path) -> None:
    ran = check(tmp_path, exosomes() | {"fills": fills(9, 8, 7)}, *ACTIVE)
    assert ran.code == 1
    assert "DIFFERS: 1 of 15 values" in ran.out
    assert re.search(r"sites in each syringe +9, 8, 7 +3 × 8 +DIFFERS", ran.out)


def thawed() -> dict[str, Any]:
    """Thawed at 09:10 in Shanghai; the lot may be used for three hours."""
    document = exosomes() | {"thawed_at": "2026-03-02T09:10:00+08:00", "stop_by": "2026-03-02T12:10:00+08:00"}
    document["inputs"] += inputs(thawed_at=["2026-03-02T09:10"])
    return document


def test_the_time_of_thawing_is_asked_for_and_the_stop_by_time_worked_out_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = ("phase1-A", "20.1; 3.3", "2026-03-02", "2026-03-02T09:01", "EXAMPLE-EV-A", "1e9", "y")
    ran, person = ask(monkeypatch, tmp_path, thawed(), *entries)
    assert person.seen[2].endswith("Thawed at (2026-03-02THH:MM): ")
    assert "DC679 the time of thawing has no time of day; write it as 2026-03-02THH:MM" in ran.err
    assert ("09:10" in person.seen[-1], "12:10" in person.seen[-1]) == (False, False)
    assert ran.code == 1
    assert "DIFFERS: 2 of 17 values" in ran.out
    assert re.search(r"thawed at +2026-03-02 09:10\+08:00 +2026-03-02 09:01\+08:00 +DIFFERS", ran.out)
    assert re.search(r"to be finished by +2026-03-02 12:10\+08:00 +2026-03-02 12:01\+08:00 +DIFFERS", ran.out)


def test_the_same_time_of_thawing_agrees_in_any_zone_and_a_wrong_stop_by_time_is_found(tmp_path: Path) -> None:
    words = (*ACTIVE, "--thawed-at", "2026-03-02T01:10Z", "--json")
    ran = check(tmp_path, thawed(), *words)
    assert (ran.code, ran.json["entries"]["thawed_at"]) == (0, "2026-03-02T09:10:00+08:00")
    late = check(tmp_path, thawed() | {"stop_by": "2026-03-02T15:10:00+08:00"}, *words)
    assert [name for name, agree in compared(late).items() if not agree] == ["stop_by"]
    assert check(tmp_path, thawed() | {"stop_by": "soon"}, *words).codes == ["DC661"]


def test_patches_are_shown_in_the_order_in_which_they_were_typed(tmp_path: Path) -> None:
    swapped = ["--arm", "phase1-A", "--area", "3.3", "--area", "20.1", *ACTIVE[6:], "--json"]
    (area,) = [each for each in check(tmp_path, exosomes(), *swapped).json["compared"] if each["name"] == "area"]
    assert [amount["value"] for amount in area["worksheet"]] == ["20.1", "3.3"]
    assert [amount["value"] for amount in area["second"]] == ["3.3", "20.1"]


def test_what_the_stock_file_states_stands_in_a_column_of_its_own(tmp_path: Path) -> None:
    ran = check(tmp_path, exosomes(), *ACTIVE)
    assert re.search(r"Value +Stock file +Second person\n.*\nconcentration, against the stock file", ran.out)
    found = check(tmp_path, exosomes(), *ACTIVE, "--json").json["compared"]
    (stated,) = [each for each in found if each["name"] == "concentration_in_stock"]
    assert stated["stock"] == {"value": "1000000000", "unit": "particles/mL"}
    assert "worksheet" not in stated


def test_who_walks_away_stops_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, _ = ask(monkeypatch, tmp_path, exosomes(), "phase1-A")
    assert ran.code == 130
    assert "AGREED" not in ran.out


def test_the_help_shows_no_default_and_says_how(tmp_path: Path) -> None:
    ran = dosecalc("check", "--help")
    assert ran.code == 0
    assert "default" not in ran.out
    assert "dosecalc check P-001-W0.json" in ran.out


@pytest.mark.parametrize("name", ["wang.fang", "Wang.Fang", " wang.fang ", "ｗang.fang"])
def test_nobody_checks_their_own_work(tmp_path: Path, name: str) -> None:
    ran = check(tmp_path, exosomes(), *ACTIVE, by=name)
    assert (ran.code, ran.out) == (1, "")
    assert "DC665" in ran.err
    assert "nobody checks their own work; have a second person check it" in ran.err


def test_the_account_counts_where_no_name_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSECALC_USER", "wang.fang")
    ran = dosecalc("check", write(tmp_path, sealed(exosomes())), *FILES, *ACTIVE)
    assert ran.code == 1
    assert "DC665" in ran.err


def test_a_worksheet_that_names_no_preparer_says_so(tmp_path: Path) -> None:
    ran = check(tmp_path, exosomes() | {"preparer": None}, *ACTIVE)
    assert ran.code == 0
    assert "Prepared by a person that the worksheet does not name, checked by li.na" in ran.out


@pytest.mark.parametrize(
    ("key", "which"), [("protocol_sha256", "protocol"), ("site_sha256", "site"), ("stock_sha256", "stock")]
)
def test_other_files_than_those_of_the_worksheet_are_refused(tmp_path: Path, key: str, which: str) -> None:
    ran = check(tmp_path, exosomes() | {key: "0" * 64}, *ACTIVE)
    assert (ran.code, ran.out) == (1, "")
    assert f"DC664 the {which} file is not the one that the worksheet was made from" in ran.err


def test_a_worksheet_of_another_major_version_is_refused(tmp_path: Path) -> None:
    ran = check(tmp_path, exosomes() | {"program": "99.1.0"}, *ACTIVE)
    assert ran.code == 1
    assert "DC663 this worksheet was made with dosecalc 99.1.0" in ran.err


def test_a_worksheet_edited_by_hand_is_refused_and_its_numbers_are_not_shown(tmp_path: Path) -> None:
    edited = sealed(exosomes()) | {"product_volume_ml": "27"}
    ran = dosecalc("check", write(tmp_path, edited), *FILES, "--as", "li.na", *ACTIVE)
    assert (ran.code, ran.out) == (1, "")
    assert "DC662 the worksheet was changed after it was made" in ran.err
    assert "27" not in ran.err.replace(str(tmp_path), "")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7 ...", "DC677"),
        (b"\n<!DOCTYPE html><html></html>", "DC677"),
        (b"", "DC660"),
        (b'{"worksheet": "1", ', "DC660"),
        (b" " * 10_000_000, "DC660"),
        (b"[]", "DC661"),
    ],
)
def test_what_is_no_worksheet_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "w.json"
    path.write_bytes(data)
    ran = dosecalc("check", str(path), *FILES, "--as", "li.na", "--json", *ACTIVE)
    assert (ran.code, ran.codes) == (1, [code])


@pytest.mark.parametrize("key", ["protocol", "visit", "on", "program", "dose", "stock", "release"])
def test_a_worksheet_that_lacks_something_is_refused(tmp_path: Path, key: str) -> None:
    document = exosomes()
    del document[key]
    ran = check(tmp_path, document, *ACTIVE, "--json")
    assert (ran.code, ran.codes) == (1, ["DC661"])


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"vials": "three"}, "vials"),
        ({"vials": -3}, "vials"),
        ({"final_volume_ml": ["2.7"]}, "final_volume_ml"),
        ({"inputs": "area"}, "inputs"),
        ({"inputs": [{"name": "area", "values": [20.1]}]}, "inputs[0].values"),
        ({"on": "yesterday"}, "on"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_key(tmp_path: Path, changes: dict[str, Any], place: str) -> None:
    ran = check(tmp_path, exosomes() | changes, *ACTIVE)
    assert ran.code == 1
    assert f"DC661 '{place}' is missing in this worksheet, or not what a worksheet has there" in ran.err


def test_a_script_is_never_asked(tmp_path: Path) -> None:
    ran = check(tmp_path, exosomes(), "--json", "--arm", "phase1-A", "--area", "24")
    assert (ran.code, ran.codes) == (1, ["DC676"])
    assert ran.json["errors"][0]["what"] == "--lot is missing: with --json nothing is asked for"


def test_more_lots_or_concentrations_than_there_are_products_are_refused(tmp_path: Path) -> None:
    for more in (("--lot", "EXAMPLE-EV-B"), ("--concentration", "1e9")):
        assert check(tmp_path, exosomes(), *ACTIVE, *more, "--json").codes == ["DC676"]


def test_entries_that_nothing_can_be_prepared_from_differ_and_are_recorded(tmp_path: Path) -> None:
    out = tmp_path / "record.json"
    weak = ("--arm", "phase1-A", "--area", "20.1", "--area", "3.3", "--lot", "EXAMPLE-EV-A", "--concentration", "1e8")
    ran = check(tmp_path, exosomes(), *weak, "--out", str(out))
    assert (ran.code, ran.err) == (1, "")
    assert (
        "From the second person's entries nothing can be prepared: this stock is too weak: the dose does not fit into "
        "the volume that is prepared (DC670)." in ran.out
    )
    assert "row" not in ran.out
    assert re.search(r"volume of product +2.7 mL +not computed +DIFFERS", ran.out)
    assert "DIFFERS: 12 of 15 values. Do not release this preparation." in ran.out
    assert (
        "ABOUT TEN-FOLD APART: concentration: 1,000,000,000 particles/mL (1 billion; 1 × 10⁹) on the worksheet, "
        "100,000,000 particles/mL (100 million; 1 × 10⁸) by the second person." in ran.out
    )
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["result"], [each["code"] for each in found["refused"]]) == ("differs", ["DC670"])
    assert {each["name"] for each in found["compared"] if each["agree"]} == {"arm", "area", "lot"}


def test_the_record_holds_entries_result_checker_and_digest(tmp_path: Path) -> None:
    out = tmp_path / "record.json"
    document = sealed(exosomes())
    ran = check(tmp_path, exosomes(), *ACTIVE, "--out", str(out), "--json")
    record = json.loads(out.read_text(encoding="utf-8"))
    assert record == ran.json
    assert record["worksheet_digest"] == document["digest"]
    assert (record["result"], record["checker"], record["preparer"]) == ("agreed", "li.na", "wang.fang")
    assert record["entries"] == {
        "arms": ["phase1-A"],
        "area_cm2": ["20.1", "3.3"],
        "lots": [
            {
                "product": "hUCMSC-sEV",
                "lot": "EXAMPLE-EV-A",
                "concentration": {"value": "1000000000", "unit": "particles/mL"},
            }
        ],
    }
    assert record["checked_at"].endswith("+08:00"), "the zone of the site"
    assert "refused" not in record


def test_the_time_of_the_check_is_shown_in_the_zone_of_the_site(tmp_path: Path) -> None:
    ran = check(tmp_path, exosomes(), *ACTIVE)
    assert re.search(r"checked by li\.na on \d{4}-\d\d-\d\d \d\d:\d\d\+08:00\. Worksheet ", ran.out)


def test_a_record_is_written_of_what_differs_too_and_nothing_of_a_refusal(tmp_path: Path) -> None:
    out = tmp_path / "record.json"
    slip = [word.replace("3.3", "33") for word in ACTIVE]
    assert check(tmp_path, exosomes(), *slip, "--out", str(out)).code == 1
    assert json.loads(out.read_text(encoding="utf-8"))["result"] == "differs"
    nowhere = tmp_path / "none" / "record.json"
    ran = check(tmp_path, exosomes(), *ACTIVE, "--out", str(nowhere))
    assert ran.code == 1
    assert "DC604" in ran.err
    assert sorted(os.listdir(tmp_path)) == ["record.json", "worksheet.json"]


def test_the_record_cannot_replace_the_worksheet(tmp_path: Path) -> None:
    path = write(tmp_path, sealed(exosomes()))
    before = sha256(tmp_path / "worksheet.json")
    ran = dosecalc("check", path, *FILES, "--as", "li.na", *ACTIVE, "--out", path)
    assert ran.code == 1
    assert "DC675" in ran.err
    assert sha256(tmp_path / "worksheet.json") == before


def test_rounding_by_hand_is_an_entry_of_its_own(tmp_path: Path) -> None:
    # 23.4 rounded up by hand gives the same 24 sites as the site file does; the second person did not round by hand
    by_hand = exosomes()
    by_hand["inputs"] += inputs(rounding=["up"])
    ran = check(tmp_path, by_hand, *ACTIVE, "--json")
    assert [name for name, agree in compared(ran).items() if not agree] == ["rounding"]
    assert check(tmp_path, by_hand, *ACTIVE, "--round", "up").code == 0


def test_it_speaks_chinese(tmp_path: Path) -> None:
    ran = check(tmp_path, exosomes(), *ACTIVE, "--language", "zh")
    assert ran.code == 0
    assert "24 亿" in ran.out


@pytest.mark.parametrize(
    ("arm", "visit", "words", "check_words"),
    [
        ("phase1-A", "W2", ("--area", "7.7", "--lot", "EXAMPLE-EV-A"), ("--area", "7.7", "--lot", "EXAMPLE-EV-A")),
        ("phase2-minoxidil", "W0", (), ("--lot", "EXAMPLE-MINOXIDIL")),
    ],
)
def test_what_prepare_writes_is_checked(
    tmp_path: Path, arm: str, visit: str, words: tuple[str, ...], check_words: tuple[str, ...]
) -> None:
    made = dosecalc(
        *("prepare", "NCT07203599", "--arm", arm, "--visit", visit, *FILES, *words),
        *("--on", "2026-03-02", "--stamp", "2026-03-02T09:00:00+08:00", "--as", "wang", "--json"),
    )
    assert made.code == 0, made.err
    path = tmp_path / "w.json"
    path.write_text(made.out, encoding="utf-8")
    concentration = ("--concentration", "1e9") if arm == "phase1-A" else ()
    ran = dosecalc("check", str(path), *FILES, "--as", "li", "--arm", arm, *check_words, *concentration, "--json")
    assert (ran.code, ran.err) == (0, "")
