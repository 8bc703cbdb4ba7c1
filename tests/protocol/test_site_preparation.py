"""Syringes, preparations, looks and labels of the site file: what is wrong in them is found (R13, R15)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.app import load, shipped, shipped_protocols
from dosecalc.errors import InvalidFile
from dosecalc.protocol import preparation_checks

HAIR, HALVES, STROKE = "NCT07203599", "NCT06932393", "NCT07084012"
CONFIRMED = {"document": "Manual", "section": "1", "by": "A. Pharmacist", "date": "2026-01-05"}
GIVEN = {
    "dosage_form": {"en": "injection", "zh": "注射液"},
    "vials_by": "nominal",
    "measured_with": "1mL",
    "given_with": "1mL",
    "overage": "0 mL",
    "confirmed": CONFIRMED,
}
INFUSED = {**{name: value for name, value in GIVEN.items() if name != "given_with"}, "infused_in": "PT1H"}
SLOW = {**INFUSED, "infused_in": "PT2H"}
DIFFER = "'exosomes' and 'saline' differ in what masked people see: "
SALT = {"en": "saline", "zh": "生理盐水"}
LOOK = {"instruction": {"en": "cover", "zh": "遮光"}, "by": {"en": "pharmacist", "zh": "药师"}, "confirmed": CONFIRMED}
LABEL = {
    "trial_code": "LL-1",
    "sponsor": {"en": "S", "zh": "甲"},
    "investigator": {"en": "I", "zh": "乙"},
    "address": {"en": "A", "zh": "丙"},
    "telephone": "+86 755 0000 0000",
    "directions": {"en": "D", "zh": "丁"},
    "confirmed": CONFIRMED,
}


def site_with(protocol: str, here: dict[str, Any], syringe: dict[str, str] | None = None) -> dict[str, Any]:
    """The shipped example's clinic and syringes with these entries for one protocol; not an example."""
    example = yaml.load(Path(shipped("sites", "example.yaml")).read_text("utf-8"), Loader=yaml.BaseLoader)
    example["syringes"]["1mL"] |= syringe or {}
    return {**example, "example": "false", "protocols": {protocol: here}}


def findings(tmp_path: Path, protocol: str, content: dict[str, Any]) -> list[str]:
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(InvalidFile) as caught:
        load(protocol, str(path))
    assert all(f.where is not None and f.where.line for f in caught.value.findings)
    return [f"{f.code} {f.path}: {f.what}; {f.mend}" for f in caught.value.findings]


def without(how: dict[str, Any]) -> dict[str, Any]:
    """The entries that are not None."""
    return {name: value for name, value in how.items() if value is not None}


def vesicles(**changed: Any) -> dict[str, Any]:
    return {"preparation": {"hUCMSC-sEV": without(GIVEN | changed)}}


def cells(**changed: Any) -> dict[str, Any]:
    return {"preparation": {"hUC-MSC": INFUSED | changed}, "look": LOOK}


def medium(**changed: Any) -> dict[str, Any]:
    return {"preparation": {"cell-medium": INFUSED | changed}, "look": LOOK}


def twins(**saline: Any) -> dict[str, Any]:
    """Both products of a masked trial, the placebo with these changes."""
    return {"preparation": {"exosomes": GIVEN, "saline": {**GIVEN, "placebo": "whole", **saline}}, "look": LOOK}


def area_age(at_most: str) -> dict[str, Any]:
    return {"area_age": {"at_most": at_most, "confirmed": CONFIRMED}}


@pytest.mark.parametrize("name", shipped_protocols())
def test_the_example_site_says_how_each_product_is_prepared(name: str) -> None:
    settled = load(name, shipped("sites", "example.yaml"))
    here = settled.here
    assert here is not None
    at_home = {"minoxidil"}  # handed out in its bottles
    assert set(here.preparation) == set(settled.protocol.products) - at_home
    assert here.label is not None
    assert (here.look is not None) == settled.protocol.masking.masked


def test_an_overage_and_a_dead_space_of_nothing_are_read(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(site_with(HAIR, vesicles(overage="0 mL"), {"dead_space": "0 mL"})), "utf-8")
    settled = load(HAIR, str(path))
    assert settled.site is not None
    assert settled.here is not None
    assert settled.site.syringes["1mL"].dead_space.value == 0
    assert settled.here.preparation["hUCMSC-sEV"].overage.value == 0


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"nominal": "1 cm²"},
            "DC110 syringes.1mL.nominal: the unit 'cm²' cannot be here; write the amount in one of: mL",
        ),
        ({"nominal": "0 mL"}, "DC109 syringes.1mL.nominal: an amount of zero is no amount; write the amount"),
        ({"graduation": "0 mL"}, "DC109 syringes.1mL.graduation: an amount of zero is no amount; write the amount"),
        (
            {"dead_space": "5 %"},
            "DC110 syringes.1mL.dead_space: the unit '%' cannot be here; write the amount in one of",
        ),
        (
            {"graduation": "0.03 mL"},
            "DC160 syringes.1mL.graduation: graduations of 0.03 mL do not divide 1 mL; read both",
        ),
        (
            {"graduation": "2 mL"},
            "DC160 syringes.1mL.graduation: graduations of 2 mL do not divide 1 mL; read both off",
        ),
        (
            {"dead_space": "1 mL"},
            "DC160 syringes.1mL.dead_space: a dead space of 1 mL leaves nothing of 1 mL; write what",
        ),
        ({"dead_space": "10 mL"}, "DC160 syringes.1mL.dead_space: a dead space of 10 mL leaves nothing of 1 mL; write"),
    ],
)
def test_a_syringe_that_cannot_be_is_refused(tmp_path: Path, changed: dict[str, str], expected: str) -> None:
    (found,) = findings(tmp_path, HAIR, site_with(HAIR, {}, changed))
    assert found.startswith(expected), found


def test_a_graduation_of_almost_nothing_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(site_with(HAIR, {}, {"graduation": "1e-99 mL", "dead_space": "1e-99 mL"})), "utf-8")
    assert load(HAIR, str(path)).site is not None


HERE, SALINE = "preparation.hUCMSC-sEV", "preparation.saline"
CELLS, MEDIUM = "preparation.hUC-MSC", "preparation.cell-medium"
BROKEN: list[tuple[str, dict[str, Any], str, str]] = [
    # Devices.
    (HAIR, vesicles(measured_with="3mL"), f"DC161 {HERE}.measured_with", "the site has no syringe '3mL'; correct it"),
    (HAIR, vesicles(given_with="1ml"), f"DC161 {HERE}.given_with", "the site has no syringe '1ml'; correct it, or add"),
    # Overage.
    (
        HAIR,
        vesicles(overage="100 %"),
        f"DC162 {HERE}.overage",
        "an overage of 100 % prepares twice the volume, or more",
    ),
    (HAIR, vesicles(overage="1 g"), f"DC110 {HERE}.overage", "the unit 'g' cannot be here; write the amount in one of"),
    # How it is given.
    (STROKE, cells(infused_in="PT0M"), f"DC163 {CELLS}.infused_in", "an infusion takes some time; write its length as"),
    (STROKE, cells(given_with="20mL"), f"DC164 {CELLS}.infused_in", "both a syringe and an infusion give this product"),
    (STROKE, cells(sites_per_syringe="8"), f"DC164 {CELLS}.sites_per_syringe", "sites are counted, and no syringe is"),
    (HAIR, vesicles(given_with=None), f"DC164 {HERE}", "nothing says how this product is given; add 'given_with' with"),
    (HAIR, vesicles(given_with=None, infused_in="PT1H"), f"DC164 {HERE}", "'hUCMSC-sEV' is injected at sites, and no"),
    (HAIR, vesicles(sites_per_syringe="0"), f"DC164 {HERE}.sites_per_syringe", "a syringe serves one site at least"),
    (
        HALVES,
        {"look": LOOK, "preparation": {"exosomes": {**GIVEN, "sites_per_syringe": "8"}}},
        "DC164 preparation.exosomes.sites_per_syringe",
        "the dose of 'exosomes' has no injection sites; remove 'sites_per_syringe'",
    ),
    # Placebos.
    (HAIR, vesicles(placebo="whole"), f"DC165 {HERE}.placebo", "'hUCMSC-sEV' is no placebo: its volume follows from"),
    (HAIR, vesicles(placebo_volume="1 mL"), f"DC165 {HERE}.placebo_volume", "a volume of placebo in a product that is"),
    (STROKE, medium(), f"DC165 {MEDIUM}", "'cell-medium' is a placebo, and nothing says what it is made of; add"),
    (
        STROKE,
        medium(placebo="part", diluent=SALT),
        f"DC165 {MEDIUM}",
        "a part of the volume is placebo, and nothing says how much; add 'placebo_volume' in mL",
    ),
    (
        STROKE,
        medium(placebo="part", placebo_volume="10 mL"),
        f"DC165 {MEDIUM}",
        "a part of the volume is placebo, and nothing says what the rest is; add 'diluent'",
    ),
    (
        STROKE,
        medium(placebo="whole", placebo_volume="10 mL"),
        f"DC165 {MEDIUM}.placebo_volume",
        "all of the volume is placebo; remove 'placebo_volume', or write 'placebo: part'",
    ),
    (
        STROKE,
        medium(placebo="part", diluent=SALT, placebo_volume="0 mL"),
        f"DC109 {MEDIUM}.placebo_volume",
        "an amount of zero is no amount",
    ),
    (
        STROKE,
        medium(placebo="some"),
        f"DC106 {MEDIUM}.placebo",
        "'some' is not possible here; write one of: whole, part",
    ),
    # What nothing needs.
    (HAIR, {"preparation": {"minoxidil": GIVEN}}, "DC166 preparation.minoxidil", "'minoxidil' is used at home and"),
    (HAIR, {"preparation": {"minoxidyl": GIVEN}}, "DC144 preparation.minoxidyl", "the protocol has no 'minoxidyl' to"),
    (STROKE, area_age("P6W"), "DC166 area_age", "no dose of NCT07084012 follows from an area; remove this entry"),
    # The age of an area.
    (
        HAIR,
        area_age("P1M"),
        "DC167 area_age.at_most",
        "a month is not always as long, and an area's age must not hang on",
    ),
    (HAIR, area_age("P0D"), "DC167 area_age.at_most", "'P0D' is no age of an area; write days or weeks without a sign"),
    (HAIR, area_age("-P6W"), "DC167 area_age.at_most", "'-P6W' is no age of an area"),
    (HAIR, area_age("PT72H"), "DC167 area_age.at_most", "'PT72H' is no age of an area"),
    # Labels.
    (HAIR, {"label": {**LABEL, "telephone": "ask"}}, "DC168 label.telephone", "'ask' is not a telephone number; write"),
    (HAIR, {"label": {**LABEL, "telephone": " "}}, "DC119 label.telephone", "nothing is written here"),
    (STROKE, {"label": LABEL}, "DC168 label", "a label of a masked trial needs a name that is the same for all arms"),
    # Masked trials (R15).
    (HALVES, {"preparation": twins()["preparation"]}, "DC169 ", "nothing says how the preparations of this masked"),
    (HALVES, twins(dosage_form=SALT), f"DC170 {SALINE}", DIFFER + "the dosage form; write the same for both (R15)"),
    (HALVES, twins(given_with="2mL"), f"DC170 {SALINE}", DIFFER + "the syringe that it is given with; write"),
    (HALVES, twins(overage="0.1 mL"), f"DC170 {SALINE}", DIFFER + "the overage, and so the volume in the syringe;"),
    (
        STROKE,
        {**cells(), "preparation": {**cells()["preparation"], "cell-medium": {**SLOW, "placebo": "whole"}}},
        f"DC170 {CELLS}",
        "'cell-medium' and 'hUC-MSC' differ in what masked people see: the length of the infusion; write the same",
    ),
    # What was left of the example.
    (HAIR, {"label": {**LABEL, "sponsor": {"en": "Sponsor", "zh": "申办者（示例）"}}}, "DC153 label.sponsor", "this"),
    (
        HAIR,
        {"label": {**LABEL, "trial_code": "EXAMPLE-AGA-01"}},
        "DC153 label.trial_code",
        "this entry still says that",
    ),
    (
        HALVES,
        {"look": {**LOOK, "by": {"en": "A (example)", "zh": "药师"}}},
        "DC153 look.by",
        "this entry still says that",
    ),
]


@pytest.mark.parametrize(("protocol", "here", "place", "words"), BROKEN)
def test_a_mistake_in_how_something_is_prepared_is_found_where_it_stands(
    tmp_path: Path, protocol: str, here: dict[str, Any], place: str, words: str
) -> None:
    found = findings(tmp_path, protocol, site_with(protocol, here))
    assert len(found) == 1, found
    code, _, path = place.partition(" ")
    assert found[0].startswith(f"{code} {'.'.join(filter(None, ('protocols', protocol, path)))}: {words}"), found[0]


def test_every_code_of_preparations_has_a_broken_example() -> None:
    raised = set(re.findall(r'"(DC\d{3})"', Path(preparation_checks.__file__).read_text("utf-8")))
    assert raised - {expected[:5] for _, _, expected, _ in BROKEN} == {"DC160"}, (
        "that of a syringe has a test of its own"
    )


def test_products_that_stand_for_nothing_else_may_differ(tmp_path: Path) -> None:
    # An open trial: nobody is masked to what the two look like.
    text = Path(shipped(f"{HALVES}.yaml")).read_text("utf-8").replace("masked: true", "masked: false")
    (tmp_path / "open.yaml").write_text(text.replace("roles: [participant, investigator]", "roles: []"), "utf-8")
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(site_with(HALVES, twins(given_with="2mL"))), "utf-8")
    here = load(str(tmp_path / "open.yaml"), str(path)).here
    assert here is not None
    assert here.preparation["saline"].given_with == "2mL"


def test_measuring_may_differ_between_masked_products(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    changed = {"measured_with": "5mL", "vials_by": "extractable", "diluent": SALT}
    path.write_text(json.dumps(site_with(HALVES, twins(**changed))), "utf-8")
    assert load(HALVES, str(path)).here is not None


def test_a_syringe_that_cannot_be_read_makes_no_second_finding(tmp_path: Path) -> None:
    found = findings(tmp_path, HAIR, site_with(HAIR, vesicles(), {"graduation": "0.01mL"}))
    assert [text[:5] for text in found] == ["DC201"]
