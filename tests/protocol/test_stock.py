"""Stock files: what is wrong in them is found before anything is prepared from them (R6, R8, R10)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.app import load_protocol, load_stock, shipped, shipped_protocols
from dosecalc.errors import InvalidFile
from dosecalc.protocol import stock_checks
from running import dosecalc

VIALS = {
    "nominal_volume": "1 mL",
    "extractable_volume": "1.05 mL",
    "vials": "10",
    "expiry": "2027-12-31",
    "storage": {"en": "frozen", "zh": "冷冻保存"},
}
VESICLES = {
    "protocol": "NCT07203599",
    "product": "hUCMSC-sEV",
    "concentration": "1.0e9 particles/mL",
    "cv": "15 %",
    "thaw_limit": "PT3H",
    **VIALS,
}
CELLS = {
    "protocol": "NCT07084012",
    "product": "hUC-MSC",
    "concentration": "2.0e7 cells/mL",
    "viability": "92 %",
    "viability_at_least": "70 %",
    **VIALS,
}
MEDIUM = {"protocol": "NCT07084012", "product": "cell-medium", **VIALS}
MINOXIDIL = {"protocol": "NCT07203599", "product": "minoxidil", **VIALS}
LIMITS = {"concentration_at_least": "8e8 particles/mL", "concentration_at_most": "1.2e9 particles/mL"}


def certificate(concentration: str, **changed: str) -> dict[str, Any]:
    return {"certificate": {"document": "CoA", "date": "2026-01-08", "concentration": concentration, **changed}}


def without(lot: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in lot.items() if name not in names}


def write(tmp_path: Path, lot: dict[str, Any], **head: Any) -> str:
    path = tmp_path / "stock.yaml"
    path.write_text(json.dumps({"dosecalc_stock": "1", "example": "false", "lots": {"L-1": lot}, **head}), "utf-8")
    return str(path)


def findings(tmp_path: Path, lot: dict[str, Any], protocol: str | None = None, **head: Any) -> list[str]:
    """Code, path, and text of what is found; every finding has its place in the file."""
    with pytest.raises(InvalidFile) as caught:
        load_stock(write(tmp_path, lot, **head), load_protocol(protocol or lot["protocol"]))
    assert all(f.where is not None and f.where.line for f in caught.value.findings)
    return [f"{f.code} {f.path}: {f.what}; {f.mend}" for f in caught.value.findings]


@pytest.mark.parametrize("name", shipped_protocols())
def test_the_example_stock_fits_every_shipped_protocol_and_has_a_lot_of_every_product(name: str) -> None:
    protocol = load_protocol(name)
    stock = load_stock(shipped("sites", "example-stock.yaml"), protocol)
    assert stock.example
    assert {lot.product for lot in stock.lots.values() if lot.protocol == name} == set(protocol.products)


@pytest.mark.parametrize("lot", [VESICLES, CELLS, MEDIUM, MINOXIDIL], ids=lambda lot: str(lot["product"]))
def test_a_good_lot_is_read(tmp_path: Path, lot: dict[str, Any]) -> None:
    stock = load_stock(write(tmp_path, lot), load_protocol(lot["protocol"]))
    assert stock.lots["L-1"].product == lot["product"]


@pytest.mark.parametrize(
    "changed",
    [
        {"vials": "0"},
        {"dmso": "0 %"},
        {"dmso": "100 %"},
        {"extractable_volume": "0.9 mL"},
        {"extractable_volume": "4.99 mL"},
        {"extractable_volume": "0.201 mL"},
        {"expiry_time": "23:59"},
        {"expiry": "2020-01-01"},  # one expired lot must not keep the others from being read
        LIMITS,
        certificate("1.0e9 particles/mL"),
        certificate("1e9 particles/mL"),
        {**LIMITS, **certificate("1.1e9 particles/mL")},
        {"concentration_at_least": "1.1e9 particles/mL"},  # outside its limits: the lot is refused, not the file
    ],
)
def test_what_may_stand_in_a_lot_is_read(tmp_path: Path, changed: dict[str, Any]) -> None:
    load_stock(write(tmp_path, {**VESICLES, **changed}), load_protocol("NCT07203599"))


BROKEN: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # A unit, or nothing at all, where an amount belongs.
    (VESICLES, {"concentration": "1.0e9 particles"}, "DC110 lots.L-1.concentration: the unit 'particles' cannot be"),
    (VESICLES, {"concentration": "1.0e9 particles/cm²"}, "DC110 lots.L-1.concentration: the unit 'particles/cm²'"),
    (VESICLES, {"concentration": "0 particles/mL"}, "DC109 lots.L-1.concentration: an amount of zero"),
    (VESICLES, {"concentration": "10e8 particles/mL"}, "DC201 lots.L-1.concentration"),
    (VESICLES, {"concentration": "1e9 particles/ml"}, "DC203 lots.L-1.concentration"),
    (VESICLES, {"cv": "0.15 mL"}, "DC110 lots.L-1.cv"),
    (VESICLES, {"cv": "0 %"}, "DC109 lots.L-1.cv"),
    (VESICLES, {"dmso": "10 mL"}, "DC110 lots.L-1.dmso"),
    (CELLS, {"viability": "0 %"}, "DC109 lots.L-1.viability"),
    (VESICLES, {"nominal_volume": "1 mg"}, "DC110 lots.L-1.nominal_volume"),
    (VESICLES, {"extractable_volume": "0 mL"}, "DC109 lots.L-1.extractable_volume"),
    (VESICLES, {"vials": "2.5"}, "DC105 lots.L-1.vials: '2.5' cannot be read here; write a whole number"),
    (VESICLES, {"vials": "-1"}, "DC105 lots.L-1.vials"),
    (VESICLES, {"expiry": "31.12.2027"}, "DC105 lots.L-1.expiry"),
    (VESICLES, {"expire": "2027-12-31"}, "DC101 lots.L-1.expire: the key 'expire' is not known here; did you mean"),
    # Parts of a hundred.
    (VESICLES, {"cv": "100 %"}, "DC171 lots.L-1.cv: a coefficient of variation of 100 % says that nothing is known"),
    (CELLS, {"viability": "101 %"}, "DC171 lots.L-1.viability: 101 % is more than all of it; mind the decimal point"),
    (CELLS, {"viability_at_least": "700 %"}, "DC171 lots.L-1.viability_at_least: 700 % is more than all of it"),
    (VESICLES, {"dmso": "100.1 %"}, "DC171 lots.L-1.dmso: 100.1 % is more than all of it"),
    # Ten-fold (R6): from five-fold on, so that 1.05 mL that became 10.5 mL or 9.5 mL is caught.
    (VESICLES, {"extractable_volume": "10.5 mL"}, "DC172 lots.L-1.extractable_volume: a vial of 1 mL does not give"),
    (VESICLES, {"extractable_volume": "5 mL"}, "DC172 lots.L-1.extractable_volume"),
    (VESICLES, {"extractable_volume": "0.2 mL"}, "DC172 lots.L-1.extractable_volume"),
    (
        VESICLES,
        certificate("1.0e8 particles/mL"),
        (
            "DC175 lots.L-1.certificate.concentration: about ten-fold apart (R6): the lot is entered with "
            "1,000,000,000 particles/mL (1 billion; 1 × 10⁹), and its certificate with 100,000,000 particles/mL "
            "(100 million; 1 × 10⁸); copy both from the certificate again, and compare the powers of ten"
        ),
    ),
    (VESICLES, certificate("1.0e10 particles/mL"), "DC175 lots.L-1.certificate.concentration"),
    (VESICLES, certificate("5e9 particles/mL"), "DC175 lots.L-1.certificate.concentration"),
    (
        VESICLES,
        # Limits as wide as these let nothing ten-fold through.
        {
            "concentration_at_least": "1e8 particles/mL",
            "concentration_at_most": "1e11 particles/mL",
            **certificate("1e10 particles/mL"),
        },
        "DC175 lots.L-1.certificate.concentration",
    ),
    (
        VESICLES,
        certificate("1.1e9 particles/mL"),
        (
            "DC176 lots.L-1.certificate.concentration: the lot is entered with 1,000,000,000 particles/mL (1 billion; "
            "1 × 10⁹), and its certificate with 1,100,000,000 particles/mL (1.1 billion; 1.1 × 10⁹); copy the "
            "certificate's value; where the site has measured the lot again, add the release limits"
        ),
    ),
    (VESICLES, {**without(LIMITS, "concentration_at_most"), **certificate("1.1e9 particles/mL")}, "DC176"),
    (
        VESICLES,
        {**LIMITS, "concentration": "1.3e9 particles/mL", **certificate("1.1e9 particles/mL")},
        "DC176 lots.L-1.certificate.concentration",
    ),
    (VESICLES, certificate("1e9 cells/mL"), "DC110 lots.L-1.certificate.concentration: the unit 'cells/mL' cannot be"),
    # Three against one: it is the concentration that has the wrong unit.
    (
        VESICLES,
        {**LIMITS, **certificate("1e9 particles/mL"), "concentration": "1e9 cells/mL"},
        (
            "DC110 lots.L-1.concentration: the concentration is in cells/mL, and what else is said of the lot's "
            "strength in particles/mL (R3); copy the concentration with its unit from the certificate"
        ),
    ),
    (VESICLES, certificate("0 particles/mL"), "DC109 lots.L-1.certificate.concentration"),
    (VESICLES, certificate("1e9 particles/mL", date="2199-01-01"), "DC154 lots.L-1.certificate.date: 2199-01-01 lies"),
    # Limits.
    (VESICLES, {**LIMITS, "concentration_at_least": "8e9 particles/mL"}, "DC173 lots.L-1.concentration_at_least: the"),
    (VESICLES, {"concentration_at_most": "1.2e9 cells/mL"}, "DC110 lots.L-1.concentration_at_most"),
    (VESICLES, {"concentration_at_least": "0 particles/mL"}, "DC109 lots.L-1.concentration_at_least"),
    # Viability (R10).
    (
        without(CELLS, "viability_at_least"),
        {},
        "DC174 lots.L-1.viability: 'viability' stands here without 'viability_at_least' (R10); add",
    ),
    (without(CELLS, "viability"), {}, "DC174 lots.L-1.viability_at_least: 'viability_at_least' stands here without"),
    (
        VESICLES,
        {"viability": "92 %", "viability_at_least": "70 %"},
        "DC174 lots.L-1.viability: a viability is that of cells, and this lot has no concentration of cells",
    ),
    (MEDIUM, {"viability": "92 %", "viability_at_least": "70 %"}, "DC174 lots.L-1.viability: a viability is that of"),
    # Clocks (R11).
    (VESICLES, {"thaw_limit": "PT0H"}, "DC163 lots.L-1.thaw_limit: there must be some time after thawing; write it"),
    (VESICLES, {"thaw_limit": "-PT3H"}, "DC163 lots.L-1.thaw_limit"),
    (VESICLES, {"thaw_limit": "P1D"}, "DC150 lots.L-1.thaw_limit: 'P1D' is not a time in hours"),
    (VESICLES, {"expiry_time": "24:00"}, "DC141 lots.L-1.expiry_time: '24:00' is not a time of day"),
    # What belongs to a concentration, without one.
    (MINOXIDIL, {"cv": "5 %"}, "DC179 lots.L-1.cv: the lot has no concentration that 'cv' could belong to; add"),
    (MINOXIDIL, {"concentration_at_most": "1 mg/mL"}, "DC179 lots.L-1.concentration_at_most"),
    (MEDIUM, certificate("1e7 cells/mL"), "DC179 lots.L-1.certificate"),
    # Against the protocol.
    (
        VESICLES,
        {"product": "hUCMSC"},
        "DC144 lots.L-1.product: NCT07203599 has no product 'hUCMSC'; it has: hUCMSC-sEV, minoxidil",
    ),
    (
        without(VESICLES, "concentration", "cv"),
        {},
        "DC177 lots.L-1: a dose of 'hUCMSC-sEV' is counted in particles, and the lot has no concentration; add",
    ),
    (
        VESICLES,
        {"concentration": "1e9 cells/mL"},
        "DC178 lots.L-1.concentration: a dose of 'hUCMSC-sEV' is counted in particles, and its lot in cells; check the",
    ),
    (VESICLES, {"concentration": "1 mg/mL"}, "DC178 lots.L-1.concentration"),
    (
        CELLS,
        {"product": "cell-medium"},
        "DC178 lots.L-1.concentration: 'cell-medium' is a placebo and has no concentration; remove 'concentration', or",
    ),
    # What was left of the example.
    (
        VESICLES,
        {"storage": {"en": "frozen", "zh": "冷冻保存（示例）"}},
        "DC153 lots.L-1.storage: this entry still says",
    ),
    (VESICLES, certificate("1e9 particles/mL", document="CoA 7 (example)"), "DC153 lots.L-1.certificate.document"),
]


@pytest.mark.parametrize(("lot", "changed", "expected"), BROKEN)
def test_a_mistake_in_a_lot_is_found_where_it_stands(
    tmp_path: Path, lot: dict[str, Any], changed: dict[str, Any], expected: str
) -> None:
    found = findings(tmp_path, {**lot, **changed}, lot["protocol"])
    assert len(found) == 1, found
    assert found[0].startswith(expected)


def test_every_code_of_the_stock_file_has_a_broken_lot() -> None:
    raised = set(re.findall(r'"(DC\d{3})"', Path(stock_checks.__file__).read_text("utf-8")))
    assert raised - {expected[:5] for _, _, expected in BROKEN} == set()


def test_every_mistake_is_found_at_once(tmp_path: Path) -> None:
    lot = {**VESICLES, "cv": "100 %", "thaw_limit": "PT0H", "nominal_volume": "1 mg", **certificate("1e8 particles/mL")}
    assert {text[:5] for text in findings(tmp_path, lot)} == {"DC110", "DC163", "DC171", "DC175"}


def test_a_value_that_cannot_be_read_makes_no_second_finding(tmp_path: Path) -> None:
    lot = {**CELLS, "concentration": "10e6 cells/mL", **certificate("10e6 cells/mL"), "viability": "92%"}
    found = findings(tmp_path, lot)
    assert [text.partition(":")[0] for text in found] == [
        "DC201 lots.L-1.concentration",
        "DC201 lots.L-1.viability",
        "DC201 lots.L-1.certificate.concentration",
    ]


def test_the_lots_of_other_protocols_are_left_alone(tmp_path: Path) -> None:
    stock = load_stock(write(tmp_path, {**VESICLES, "product": "moon"}), load_protocol("NCT07084012"))
    assert list(stock.lots) == ["L-1"]


@pytest.mark.parametrize(
    ("counts", "concentration", "viability", "fits"),
    [
        ("viable", "2.0e7 viable cells/mL", False, True),
        ("viable", "2.0e7 cells/mL", True, True),
        ("viable", "2.0e7 cells/mL", False, False),
        ("total", "2.0e7 cells/mL", False, True),
        ("total", "2.0e7 viable cells/mL", True, True),
        ("total", "2.0e7 viable cells/mL", False, False),
        ("{answer: CELL_COUNT}", "2.0e7 viable cells/mL", False, True),  # the site has yet to say which it is
        ("{answer: CELL_COUNT}", "2.0e7 cells/mL", False, True),
    ],
)
def test_total_and_viable_cells_need_a_viability_between_them(
    tmp_path: Path, counts: str, concentration: str, viability: bool, fits: bool
) -> None:
    text = Path(shipped("NCT07084012.yaml")).read_text("utf-8")
    written = tmp_path / "protocol.yaml"
    written.write_text(text.replace("{answer: CELL_COUNT}", counts), "utf-8")
    protocol = load_protocol(str(written))
    lot = {
        **(CELLS if viability else without(CELLS, "viability", "viability_at_least")),
        "concentration": concentration,
    }
    if fits:
        assert load_stock(write(tmp_path, lot), protocol).lots
        return
    with pytest.raises(InvalidFile, match=r"nothing leads from one to the other \(R10\); add 'viability'") as caught:
        load_stock(write(tmp_path, lot), protocol)
    assert [f.code for f in caught.value.findings] == ["DC178"]


def test_the_example_that_only_says_that_it_is_none_is_refused(tmp_path: Path) -> None:
    text = Path(shipped("sites", "example-stock.yaml")).read_text("utf-8").replace("example: true", "example: false")
    path = tmp_path / "stock.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidFile) as caught:
        load_stock(str(path), load_protocol("NCT07084012"))
    assert {f.code for f in caught.value.findings} == {"DC153"}
    assert "this entry still says that it is an example: 'EXAMPLE-EV-A'" in str(caught.value)
    lots = yaml.load(text, Loader=yaml.BaseLoader)["lots"]
    assert {f.path.split(".")[1] for f in caught.value.findings} == set(lots)


def test_a_stock_file_is_checked_from_the_command_line(tmp_path: Path) -> None:
    good = dosecalc("protocol", "check", "NCT07203599", "--stock", write(tmp_path, VESICLES))
    assert (good.code, good.err) == (0, "")
    assert good.out.endswith("stock.yaml: no mistakes found\n")
    path = write(tmp_path, {**VESICLES, **certificate("1.0e8 particles/mL")})
    bad = dosecalc("protocol", "check", "NCT07203599", "--stock", path, "--json")
    assert (bad.code, bad.codes) == (1, ["DC175"])
