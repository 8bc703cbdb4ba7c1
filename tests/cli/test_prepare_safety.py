"""`prepare` and its kin refuse or ask where two people could mean two things: areas, letters, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharmacy import SITE, SPLIT, prepare
from running import Ran, dosecalc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ALONE = (
    "DC652 several areas are given, and the dose follows from the study area alone; "
    "give the study area as one number, in cm²; add up patches of it before"
)


def refused(ran: Ran) -> str:
    assert ran.code == 1, ran.out
    return ran.err


@pytest.mark.parametrize("arm", [(), ("--arm", "exosomes"), ("--arm", "saline")])
def test_an_area_for_each_of_two_areas_is_not_summed(arm: Sequence[str], tmp_path: Path) -> None:
    two = ("--area", "10", "--area", "12")
    assert ALONE in refused(dosecalc("dose", "NCT06932393", *arm, *two, "--site", SITE))
    out = tmp_path / "out"
    words = (*SPLIT[:3], *arm, *two, "--area-a", "study", "--out", str(out))
    assert ALONE in refused(prepare(*words))
    assert not out.exists()


def test_a_plan_refuses_an_area_for_each_of_two_areas_with_its_line(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("participant,start,arm,area_cm2\nQH-1,2026-03-31,,10\nQH-2,2026-03-31,,10;12\n", "utf-8")
    ran = dosecalc("plan", "NCT06932393", str(table), "--site", SITE, "--out", str(tmp_path / "out"))
    assert f"{table}:3" in refused(ran)
    assert ALONE in ran.err


def test_patches_of_one_area_are_still_summed_where_each_participant_has_one_area() -> None:
    made = prepare("NCT07203599", "--arm", "phase1-A", "--visit", "W0", "--area", "20.1", "--area", "3.3", "--json")
    assert made.json["dose"]["sites"] == 24
