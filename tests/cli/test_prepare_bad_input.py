"""What `prepare` refuses: each with its code and the reason, and nothing written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dosecalc.worksheet_json import digest_of
from pharmacy import BOTTLES, CELLS, SITE, SITES, SPLIT, STAMP, STOCK, changed, prepare
from running import Ran, dosecalc

SITE_TEXT = Path(SITE).read_text("utf-8")
STOCK_TEXT = Path(STOCK).read_text("utf-8")


def refused(folder: Path, *words: str, code: str, says: str, **files: str) -> Ran:
    """The call ends with 1, one error a line, and leaves no file."""
    out = folder / "out"
    ran = prepare(*words, "--out", str(out), "--json", **files)
    assert ran.code == 1, ran.out
    assert set(ran.codes) == {code}, ran.err
    assert says in ran.err
    assert not out.exists() or not list(out.iterdir())
    return ran


def lot(name: str, old: str, new: str) -> tuple[str, str]:
    """A change within one lot of the stock file."""
    start = STOCK_TEXT.index(f"  {name}:\n")
    end = STOCK_TEXT.find("\n  EXAMPLE-", start)
    block = STOCK_TEXT[start : end if end > 0 else None]
    assert block.count(old) == 1, (block.count(old), old)
    return block, block.replace(old, new)


def section(start: str, end: str) -> str:
    at = SITE_TEXT.index(start)
    return SITE_TEXT[at : SITE_TEXT.index(end, at)]


A, MSC = "EXAMPLE-EV-A", "EXAMPLE-MSC"
EXPIRY = "    expiry: 2027-12-31"
STRENGTH = "    concentration: 1.0e9 particles/mL"

LOTS: list[tuple[tuple[str, ...], tuple[str, str], str, str]] = [
    # Concentration in another unit than certificate and limits, and in one that no dose counts.
    (SITES, lot(A, STRENGTH, "    concentration: 1.0e9 cells/mL"), "DC110", "strength in particles/mL (R3)"),
    (SITES, lot(A, STRENGTH, "    concentration: 1.0e9 particles"), "DC110", "the unit 'particles' cannot be here"),
    (SITES, lot(A, STRENGTH, "    concentration: 1.0e9 particles/site"), "DC110", "'particles/site' cannot be here"),
    # Ten-fold off the certificate (R6), and off by less without having been measured again.
    (SITES, lot(A, STRENGTH, "    concentration: 1.0e10 particles/mL"), "DC175", "about ten-fold apart (R6)"),
    (SITES, lot(A, STRENGTH, "    concentration: 1.0e8 particles/mL"), "DC175", "about ten-fold apart (R6)"),
    (SITES, lot(A, STRENGTH, "    concentration: 1.3e9 particles/mL"), "DC176", "copy the certificate's value"),
    # Strength outside its limits, viability below its threshold (R10).
    (SITES, lot(A, "at_least: 8.0e8", "at_least: 1.1e9"), "DC357", "outside its release limits"),
    (CELLS, lot(MSC, "viability: 92 %", "viability: 69.9 %"), "DC357", "is 69.9 %, below its threshold of 70 % (R10)"),
    (CELLS, lot(MSC, "    viability_at_least: 70 %\n", ""), "DC174", "stands here without 'viability_at_least' (R10)"),
    # Expired; on the day; and before it is used up.
    (SITES, lot(A, EXPIRY, "    expiry: 2026-03-01"), "DC358", "may be used until 2026-03-01"),
    (SITES, lot(A, EXPIRY, "    expiry: 2026-03-02"), "DC358", "expires on 2026-03-02 itself, and nothing says until"),
    (
        SITES,
        lot(A, EXPIRY, '    expiry: 2026-03-02\n    expiry_time: "09:19"'),
        "DC358",
        "until 2026-03-02 09:19+08:00, and would be used until 2026-03-02 09:20+08:00",
    ),
    (
        (*SITES, "--thawed-at", "2026-03-02T09:10"),
        lot(A, EXPIRY, '    expiry: 2026-03-02\n    expiry_time: "12:00"'),
        "DC358",
        "until 2026-03-02 12:00+08:00, and would be used until 2026-03-02 12:10+08:00",
    ),
    (BOTTLES, lot("EXAMPLE-MINOXIDIL", EXPIRY, "    expiry: 2026-03-01"), "DC358", "may be used until 2026-03-01"),
    # More vials than there are; a bottle, too.
    (SITES, lot(A, "    vials: 60", "    vials: 2"), "DC364", "3 are needed"),
    (BOTTLES, lot("EXAMPLE-MINOXIDIL", "    vials: 40", "    vials: 0"), "DC364", "2 "),
    # No lot, no concentration, no thaw limit.
    (SITES, lot(A, "product: hUCMSC-sEV", "product: minoxidil"), "DC355", "no lot of hUCMSC-sEV for phase1-A"),
    (SITES, lot(A, "arms: [phase1-A]", "arms: [phase1-B]"), "DC355", "no lot of hUCMSC-sEV for phase1-A; write"),
    (SITES, lot(A, "arms: [phase1-A]", "arms: [phase1-Z]"), "DC144", "has no arm 'phase1-Z'"),
    ((*SITES, "--thawed-at", "2026-03-02T09:10"), lot(A, "    thaw_limit: PT3H\n", ""), "DC359", "nothing says how"),
    (SITES, lot(A, "nominal_volume: 1 mL", "nominal_volume: 10 mL"), "DC172", "mind the decimal point (R6)"),
    (SITES, lot(A, "    vials: 60", "    vials: -1"), "DC105", "write a whole number"),
    (SITES, lot(A, "    cv: 15 %", "    cv: 150 %"), "DC171", "mind the decimal point"),
    (SITES, lot(A, "    vials: 60", "    vials: 60\n    vails: 6"), "DC101", "did you mean 'vials'?"),
    # 5 mL × 100 % × 1.1 g/mL = 5.5 g ÷ 68 kg is fine; in 5 kg it is 1.1 g/kg (R12).
    ((*CELLS[:-1], "5"), lot(MSC, "dmso: 10 %", "dmso: 100 %"), "DC367", "more than 1 g per kg (R12)"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "change", "code", "says"), LOTS)
def test_a_lot_that_cannot_be_used_is_refused(
    words: tuple[str, ...], change: tuple[str, str], code: str, says: str, tmp_path: Path
) -> None:
    refused(tmp_path, *words, code=code, says=says, stock=changed(tmp_path, STOCK, change))


EXOSOMES = section("      exosomes:\n        dosage_form", "      saline:")
MADE = section("    preparation:\n      hUCMSC-sEV", "    # What the label says that no")
VOLUME = section("      SITE_VOLUME:", "      # The decision about the phase II dose")
ROUNDING = section("      ROUNDING:\n        answer: up", "      # one_site")
AGE = section("    # area_age:\n", "    # How the pharmacy prepares each product")
AGED = AGE.replace("    # ", "    ").replace("    #   ", "      ")
ONE_ML = "  1mL: {nominal: 1 mL, graduation: 0.01 mL, dead_space: 0.1 mL}"
WIDE = ONE_ML.replace("dead_space: 0.1", "dead_space: 0.95")
LOOK = section("    look:\n      instruction: {en: Cover both", "    label:\n      trial_code: EXAMPLE-AGA-02")
DRY = EXOSOMES.replace("        diluent: {en: sodium chloride injection 0.9 %, zh: 0.9 % 氯化钠注射液}\n", "")
ANY_WAY = EXOSOMES.replace("given_with: 2mL", "given_with: 5mL")

SITES_OWN: list[tuple[tuple[str, ...], tuple[str, str], str, str]] = [
    # Below what the syringe measures (R13): half a graduation, and ± 77 % of two.
    (SITES, ("answer: 0.1 mL/site", "answer: 0.005 mL/site"), "DC361", "less than one graduation (0.01 mL)"),
    (SITES, ("answer: 0.1 mL/site", "answer: 0.02 mL/site"), "DC361", "more than half of it (R13)"),
    (SITES, ("answer: 0.1 mL/site", "answer: 0.1 mL"), "DC145", "write the amount in mL/site"),
    (SITES, (ONE_ML, WIDE), "DC362", "do not fit into the syringe '1mL' of 1 mL (R13)"),
    # What the site does not say.
    (SITES, (VOLUME, ""), "DC301", "answer SITE_VOLUME in the site file; the trial pharmacist can supply the answer"),
    (SITES, (ROUNDING, ""), "DC301", "answer ROUNDING in the site file"),
    (SITES, (MADE, ""), "DC356", "the site file says nothing about the preparation of hUCMSC-sEV"),
    ((*SPLIT[:-1], "10"), (EXOSOMES, DRY), "DC356", "does not state 'diluent' for exosomes"),
    (SITES, (ONE_ML, ""), "DC161", "the site has no syringe '1mL'"),
    # What would tell the arms apart (R15).
    (SPLIT, (LOOK, ""), "DC169", ""),
    (SPLIT, (EXOSOMES, ANY_WAY), "DC170", "differ in what masked people see"),
    # The age of the area (R9).
    (SITES, (AGE, AGED), "DC346", "the area has no date"),
    ((*SITES, "--area-date", "2026-02-01"), (AGE, AGED), "DC345", "is 29 days old at W0 on 2026-03-02"),
]


@pytest.mark.parametrize(("words", "change", "code", "says"), SITES_OWN)
def test_what_the_site_file_does_not_say_or_allow_is_refused(
    words: tuple[str, ...], change: tuple[str, str], code: str, says: str, tmp_path: Path
) -> None:
    refused(tmp_path, *words, code=code, says=says, site=changed(tmp_path, SITE, change))


def test_without_a_site_file_nothing_is_prepared(tmp_path: Path) -> None:
    ran = dosecalc("prepare", *SITES[:6], "24", "--stock", STOCK, "--stamp", STAMP, "--out", str(tmp_path), "--json")
    assert (ran.code, ran.codes) == (1, ["DC356"])
    assert list(tmp_path.iterdir()) == []


OPTIONS: list[tuple[tuple[str, ...], str, str]] = [
    # Who and when.
    ((*SITES, "--participant", "Li Na"), "DC620", "holds a space"),
    ((*SITES, "--participant", "../x"), "DC620", "another folder"),
    ((*SITES, "--as", ""), "DC010", "the name after --as is empty"),
    ((*SITES, "--as", "a\nb"), "DC501", "a<U+000A>b"),
    ((*SITES, "--as", "=cmd()"), "DC622", "a spreadsheet would run it"),
    ((*SITES, "--on", "2026-02-30"), "DC402", "February 2026 has 28 days"),
    ((*SITES, "--on", "02/03/2026"), "DC401", "YYYY-MM-DD"),
    # The clock (R11).
    ((*SITES, "--thawed-at", "2026-03-02"), "DC336", "write --thawed-at 2026-03-02T09:30"),
    ((*SITES, "--thawed-at", "09:10"), "DC657", "2026-03-02T09:10"),
    ((*SITES, "--thawed-at", "2026-03-02T06:19"), "DC359", "could be used until 2026-03-02 09:19+08:00 (R11)"),
    ((*SITES, "--thawed-at", "2026-03-02T09:21"), "DC359", "lies in the future"),
    (
        (*SITES, "--thawed-at", "2026-03-02T09:10", "--on", "2026-03-03"),
        "DC359",
        "could be used until 2026-03-02 12:10",
    ),
    ((*SITES, "--thawed-at", "2026-03-02T09:10", "--on", "2026-03-01"), "DC359", "after the day of use, 2026-03-01"),
    ((*BOTTLES, "--thawed-at", "2026-03-02T09:10"), "DC359", "nothing says how long lot 'EXAMPLE-MINOXIDIL' may be"),
    # Lots.
    ((*SITES, "--lot", "EV-Z"), "DC337", "there is no lot 'EV-Z' in the stock file; its lots are: EXAMPLE-EV-A, "),
    ((*SITES, "--lot", "EXAMPLE-EXO"), "DC337", "lot 'EXAMPLE-EXO' is exosomes, which is not given at W0"),
    ((*SITES, "--lot", A, "--lot", "EXAMPLE-EV-B"), "DC337", "one dose is never prepared from two lots"),
    ((*SITES, "--lot", "EXAMPLE-EV-B"), "DC355", "lot 'EXAMPLE-EV-B' is for other arms: phase1-B, phase2-exosome"),
    # The weight (R12).
    (CELLS[:-2], "DC366", "holds 10 % DMSO, and the body weight is missing (R12)"),
    ((*CELLS[:-1], "6800"), "DC321", "a body weight of 6,800 kg cannot be"),
    ((*CELLS[:-1], "0"), "DC205", "the amount is zero"),
    ((*CELLS[:-1], "0.5"), "DC367", "1.1 g of DMSO per kg of body weight, more than 1 g per kg (R12)"),
    ((*SITES, "--weight", "70"), "DC322", "neither the dose nor the lot depends on it"),
    # The visit, the arm and the area.
    (
        (*SITES[:4], "W8", *SITES[5:]),
        "DC306",
        "no dose is planned at W8 in phase1-A; visits with a dose are: W0, W2, W4",
    ),
    ((*SITES[:4], "w0", *SITES[5:]), "DC306", "no dose is planned at w0"),
    ((*BOTTLES[:4], "W24"), "DC306", "visits at which it is: W0"),
    ((*BOTTLES[:4], "W2"), "DC305", "there is no visit 'W2' in phase2-minoxidil"),
    ((SITES[0], *SITES[3:]), "DC304", "the arm is missing"),
    ((CELLS[0], *CELLS[3:]), "DC304", "the randomisation list or the unblinded pharmacist knows it"),
    ((*SITES[:2], "group-1", *SITES[3:]), "DC302", "has no arm 'group-1'"),
    (SITES[:5], "DC310", "the area is missing"),
    ((*SITES[:6], "0"), "DC311", "is not an area"),
    ((*SITES[:6], "2340"), "DC312", "more than a whole scalp"),
    ((*SITES[:6], "23,4"), "DC201", "write 23.4"),
    ((*SITES, "--area-at", "W2=30"), "DC344", "the area is measured once"),
    ((*SITES, "--area-date", "2026-03-03"), "DC347", "after the dose at W0 on 2026-03-02"),
    ((*SITES, "--area-method", "rectangle"), "DC315", "41 %"),
    ((*SITES, "--level", "1e9"), "DC332", "not chosen by a level"),
    ((*SPLIT, "--level", "1e9"), "DC333", "not one decided in the site file"),
    # 40 cm² × 5 × 10⁸ = 2 × 10¹⁰ in 1 mL, and a mL of the lot holds 10¹⁰.
    ((*SPLIT[:-1], "40"), "DC363", "the lot is too dilute: 20,000,000,000 particles"),
    # What is written.
    ((*SITES, "--area-a", "study"), "DC649", "leave --area-a out: this protocol tells no areas apart"),
    ((*SPLIT, "--area-a", "left"), "DC649", "'left' is not an area of this protocol; its areas are: study, control"),
    ((*SITES, "--font", "no.ttf"), "DC642", "'no.ttf' is not a font"),
    ((*SITES, "--participant", "SZ-001", "--previous", SITE), "DC660", "the file is not complete JSON"),
    ((*SITES, "--participant", "SZ-001", "--previous", "no.json"), "DC601", "no.json cannot be read"),
    ((*SITES, "--previous", "some.json"), "DC339", "give the code with --participant"),
]


@pytest.mark.parametrize(("words", "code", "says"), OPTIONS)
def test_an_option_that_cannot_be_is_refused(words: tuple[str, ...], code: str, says: str, tmp_path: Path) -> None:
    refused(tmp_path, *words, code=code, says=says)


def test_a_missing_stock_file_and_a_site_file_in_its_place_are_refused(tmp_path: Path) -> None:
    refused(tmp_path, *SITES, code="DC601", says="none.yaml cannot be read", stock="none.yaml")
    ran = prepare(*SITES, "--json", stock=SITE)
    assert ran.code == 1
    assert "the key 'dosecalc_stock' is missing" in ran.err
    assert dosecalc("prepare", *SITES, "--site", SITE, "--json").codes == ["DC001"]


@pytest.mark.parametrize(
    "words",
    [["--stamp", "2026-03-02"], ["--labels", "us"], ["--round", "nearest"], ["--lots", "x"]],
    ids=" ".join,
)
def test_words_that_the_command_does_not_take_end_with_2(words: list[str]) -> None:
    ran = dosecalc("prepare", *SITES, "--site", SITE, "--stock", STOCK, *words, "--json")
    assert ran.code == 2
    assert all(code.startswith("DC0") for code in ran.codes)


def worksheet(folder: Path, **changes: Any) -> str:
    made = prepare(*SITES, "--participant", "SZ-001", "--json").json | changes
    path = folder / "earlier.json"
    path.write_text(json.dumps(made), "utf-8")
    return str(path)


def test_an_earlier_worksheet_of_another_person_or_edited_by_hand_is_refused(tmp_path: Path) -> None:
    words = (*SITES, "--previous")
    refused(
        tmp_path, *words, worksheet(tmp_path), "--participant", "SZ-002",
        code="DC339", says="is a worksheet of another protocol or participant",
    )  # fmt: skip
    refused(
        tmp_path, *CELLS, "--previous", worksheet(tmp_path), "--participant", "SZ-001",
        code="DC339", says="is a worksheet of another protocol or participant",
    )  # fmt: skip
    edited = worksheet(tmp_path, vials=30)
    refused(tmp_path, *words, edited, "--participant", "SZ-001", code="DC662", says="its digest does not fit")
    made = json.loads(Path(edited).read_text("utf-8"))
    Path(edited).write_text(json.dumps(made | {"digest": digest_of(made)}), "utf-8")
    assert prepare(*words, edited, "--participant", "SZ-001").code == 0


@pytest.mark.parametrize("key", ["protocol", "visit", "dose", "stock"])
def test_an_earlier_worksheet_that_lacks_something_is_refused(key: str, tmp_path: Path) -> None:
    path = worksheet(tmp_path)
    made = {name: value for name, value in json.loads(Path(path).read_text("utf-8")).items() if name != key}
    Path(path).write_text(json.dumps(made | {"digest": digest_of(made)}), "utf-8")
    refused(tmp_path, *SITES, "--previous", path, "--participant", "SZ-001", code="DC661", says="this worksheet")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for out in (str(tmp_path / "out"), ""):
        ran = prepare(*SITES, "--out", out, "--json")
        assert (ran.code, ran.codes) == (1, ["DC605"])
        assert "is not a folder; name a folder; it is made if there is none" in ran.err
    assert (tmp_path / "out").read_text() == "mine"
