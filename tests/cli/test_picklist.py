"""`dosecalc picklist`: what the worksheets of one day take out of the stock."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from dosecalc.app import shipped
from running import dosecalc

if TYPE_CHECKING:
    from pathlib import Path

DOSE = (
    *("prepare", "NCT07203599", "--arm", "phase1-A", "--visit", "W0", "--area", "24"),
    *("--site", shipped("sites", "example.yaml"), "--stock", shipped("sites", "example-stock.yaml")),
    *("--on", "2026-03-02", "--stamp", "2026-03-02T08:00", "--as", "wang.fang"),
)


def vials(*sheets: Path) -> list[int]:
    ran = dosecalc("picklist", *map(str, sheets), "--json")
    assert (ran.code, ran.err) == (0, "")
    return [entry["vials"] for entry in ran.json["preparations"]]


def test_a_copy_of_a_worksheet_is_picked_once(tmp_path: Path) -> None:
    assert dosecalc(*DOSE, "--participant", "TT-001", "--out", str(tmp_path)).code == 0
    sheet, copy = tmp_path / "TT-001-W0-worksheet.json", tmp_path / "copy.json"
    shutil.copy(sheet, copy)
    # 2.4 mL and the dead space of 3 × 0.1 mL from vials of 1 mL
    assert vials(sheet, copy) == vials(sheet) == [3]


def test_worksheets_without_a_code_may_be_alike_and_are_all_picked(tmp_path: Path) -> None:
    assert dosecalc(*DOSE, "--out", str(tmp_path)).code == 0
    sheet, copy = tmp_path / "W0-worksheet.json", tmp_path / "copy.json"
    shutil.copy(sheet, copy)
    assert vials(sheet, copy) == [3, 3]
    assert vials(sheet, sheet) == [3]
