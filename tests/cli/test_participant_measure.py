"""A measurement that cannot be used, or is far from the one before."""

from __future__ import annotations

from pathlib import Path

import pytest

from masked_study import Clock, begin, call, person

MEASURE = ("participant", "measure", "P001", "--method", "tracing", "--by", "CRC-02", "--date", "2026-06-01")
FAR = "the measurement of P001 is 234 cm², and the one before it was 23.4 cm²"


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """P001 with an area of 23.4 cm²."""
    Clock(monkeypatch)
    begin(tmp_path, "NCT07203599")
    for user, words in (
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01".split()),
        ("liu", "participant enrol P001 --cohort phase1-A".split()),
        ("chen", "participant assign P001 --arm phase1-A".split()),
        ("liu", [*MEASURE, "--area", "23.4"]),
    ):
        ran = call(tmp_path, user, *words)
        assert ran.code == 0, ran.err
    return tmp_path


def test_an_area_that_is_measured_once_is_not_measured_at_a_visit(begun: Path) -> None:
    refused = call(begun, "liu", *MEASURE, "--area", "24", "--visit", "W2", "--json")
    assert refused.codes == ["DC867"]
    assert refused.json["errors"][0]["what"] == (
        "the area is measured once in this study, for all doses, and not again at W2"
    )


def test_a_tenfold_area_is_put_to_a_person_and_no_option_answers(begun: Path) -> None:
    for more in ((), ("--yes",)):
        refused = call(begun, "liu", *MEASURE, "--area", "234", *more, "--json")
        assert refused.codes == ["DC650"]
        assert refused.json["errors"][0]["what"] == FAR
        assert refused.json["errors"][0]["mend"] == (
            "read it again from its source, with the decimal point, and type it at a terminal; if the earlier one is "
            "wrong, take that out first: `participant correct NUMBER --void`, `participant show` tells the number"
        )


def test_a_person_types_a_tenfold_area_again(begun: Path) -> None:
    words = (*MEASURE, "--area", "200", "--area", "34")
    refused = person(begun, "liu", "23.4\n", *words, key=False)
    assert refused.code == 1
    assert "DC650 '23.4' is another measurement" in refused.err
    taken = person(begun, "liu", "234\n", *words, key=False)
    assert taken.code == 0, taken.err
    assert FAR in taken.err
    assert "Type it again in full, in cm²" in taken.err


def test_a_tenfold_weight_is_put_to_a_person(begun: Path) -> None:
    words = ("participant", "measure", "P001", "--by", "CRC-02", "--date", "2026-06-01", "--weight")
    assert call(begun, "liu", *words, "20").code == 0
    refused = call(begun, "liu", *words, "200", "--json")
    assert refused.json["errors"][0]["what"] == "the measurement of P001 is 200 kg, and the one before it was 20 kg"
    assert call(begun, "liu", *words, "70").code == 0
