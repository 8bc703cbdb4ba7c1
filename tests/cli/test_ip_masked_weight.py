"""What is asked for in a masked trial tells nobody an arm: the weight that DMSO needs is asked for of everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from masked_study import Clock, begin, call
from pharmacy import own_files
from running import Ran


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """P001 gets cells, P002 placebo; of the two lots only that of the cells holds DMSO, and nobody was weighed."""
    clock = Clock(monkeypatch)
    begin(tmp_path)
    stock = Path(own_files(tmp_path)[1])
    head, medium = stock.read_text(encoding="utf-8").split("MEDIUM:", 1)
    assert "dmso: 10 %\n" in head
    stock.write_text(head + "MEDIUM:" + medium.replace("    dmso: 10 %\n", "", 1), encoding="utf-8")
    (tmp_path / "list.csv").write_text("participant,arm\nP001,group-2\nP002,placebo\n", encoding="utf-8")
    ok(tmp_path, "wang", "participant assign --list list.csv")
    ok(tmp_path, "wang", "ip receive --stock our-example-stock.yaml")
    for code in ("P001", "P002"):
        ok(tmp_path, "liu", f"participant consent {code} --form 1.0 --date 2026-06-01")
        ok(tmp_path, "liu", f"participant enrol {code} --cohort none")
        ok(tmp_path, "wang", f"participant assign {code}")
        ok(tmp_path, "liu", f"participant anchor {code} first_dose=2026-06-02T10:00 symptom_onset=2026-06-01T06:00")
    clock.set("2026-06-02T01:20:00+00:00")
    return tmp_path


def ok(folder: Path, user: str, words: str) -> Ran:
    ran = call(folder, user, *words.split(), key=user == "wang")
    assert ran.code == 0, (words, ran.err)
    return ran


def prepare(folder: Path, code: str) -> Ran:
    words = ("ip", "prepare", code, "D0", "--thawed-at", "2026-06-02T09:10", "--json")
    return call(folder, "wang", *words, key=True)


def test_everybody_is_weighed_where_one_lot_holds_dmso(two: Path) -> None:
    refused = [prepare(two, code) for code in ("P001", "P002")]
    assert [ran.codes for ran in refused] == [["DC781"], ["DC781"]]
    assert [ran.json["errors"][0]["what"] for ran in refused] == [
        "the body weight of P001 is not on record", "the body weight of P002 is not on record",
    ]  # fmt: skip


def test_a_weight_that_only_the_other_lot_needs_stops_nothing(two: Path) -> None:
    for code in ("P001", "P002"):
        ok(two, "liu", f"participant measure {code} --weight 68 --by liu --date 2026-06-01")
    cells, placebo = (prepare(two, code) for code in ("P001", "P002"))
    assert (cells.code, placebo.code) == (0, 0), (cells.err, placebo.err)
    [weight] = [each for each in cells.json["worksheet"]["inputs"] if each["name"] == "weight"]
    assert weight == {"name": "weight", "values": ["68"], "by": "liu", "date": "2026-06-01"}
    shown = ok(two, "wang", "study exposure")
    assert "viable cells" in shown.out
    assert "not planned" not in shown.out
