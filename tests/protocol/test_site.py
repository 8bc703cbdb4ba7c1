"""Site files: what is wrong in them is found, and an example never releases anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.app import load, load_protocol, shipped
from dosecalc.errors import InvalidFile
from running import dosecalc

CONFIRMED = {"document": "Pharmacy manual", "section": "1", "by": "A. Pharmacist", "date": "2026-01-05"}


def site(protocol: str, **here: Any) -> dict[str, Any]:
    """The shipped example's clinic with these entries for one protocol; not an example."""
    example = yaml.load(Path(shipped("sites", "example.yaml")).read_text("utf-8"), Loader=yaml.BaseLoader)
    return {**example, "example": "false", "protocols": {protocol: here}}


def real(text: str) -> str:
    """The example's text with documents and people that do not say that they are made up."""
    for made_up, written in ((" (example)", ""), ("（示例）", ""), ("Example ", "A. "), ("EXAMPLE-", "LL-")):
        text = text.replace(made_up, written)
    return text


def codes(tmp_path: Path, protocol: str, content: dict[str, Any]) -> list[str]:
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(InvalidFile) as caught:
        load(protocol, str(path))
    assert all(f.where is not None and f.where.line for f in caught.value.findings)
    return [f.code for f in caught.value.findings]


def answer(code: str, text: str) -> dict[str, Any]:
    return {"answers": {code: {"answer": text, "confirmed": CONFIRMED}}}


def level(name: str, amount: str) -> dict[str, Any]:
    return {"levels": {name: {"decided": [{"amount": amount, "confirmed": CONFIRMED}]}}}


def window(encounter: str, each_side: str) -> dict[str, Any]:
    sides = {"before": each_side, "after": each_side}
    return {"windows": {encounter: {"window": sides, "confirmed": CONFIRMED}}}


def verified(sha256: str) -> dict[str, Any]:
    return {"verified": {"sha256": sha256, "document": "P", "version": "1", "by": "A", "date": "2026-01-05"}}


@pytest.mark.parametrize(
    ("protocol", "here", "code"),
    [
        ("NCT07203599", answer("ROUNDING", "sometimes"), "DC145"),
        ("NCT07203599", answer("MINOXIDIL_TIMES", "twice"), "DC145"),
        ("NCT06932393", answer("MONTH", "a month"), "DC145"),
        ("NCT07203599", answer("MOON", "up"), "DC144"),
        ("NCT07203599", answer("SITE_VOLUME", "5 kg"), "DC145"),
        ("NCT07203599", answer("SITE_VOLUME", "0 mL/site"), "DC145"),
        ("NCT07203599", answer("MINOXIDIL_TIMES", "3"), "DC145"),
        ("NCT06932393", answer("SEQUENCE", "change_over"), "DC151"),
        ("NCT07084012", answer("ONSET_BEFORE", "consent"), "DC151"),
        ("NCT07203599", answer("RECORD_PLACEBO", "placebo"), "DC151"),
        ("NCT07203599", level("phase2-per-site", "1e9 particles/cm²"), "DC146"),
        ("NCT06932393", level("density", "6e9 particles/cm²"), "DC147"),
        ("NCT07084012", window("D7", "P3D"), "DC148"),
        ("NCT07203599", window("W0", "P3D"), "DC148"),
        ("NCT07203599", window("W2", "-P3D"), "DC149"),
        ("NCT07203599", window("W2", "PT3H"), "DC149"),
        ("NCT07203599", verified("0" * 64), "DC143"),
        ("NCT07203599", verified("abc"), "DC142"),
        ("NCT07203599", {"answers": {"ROUNDING": {"answer": "up"}}}, "DC103"),
    ],
)
def test_a_site_file_that_does_not_fit_its_protocol_is_refused(
    tmp_path: Path, protocol: str, here: dict[str, Any], code: str
) -> None:
    assert code in codes(tmp_path, protocol, site(protocol, **here))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timezone": "China/Shenzhen"}, "DC140"),
        ({"timezone": "../etc/passwd"}, "DC140"),
        ({"timezone": "posixrules"}, "DC140"),
        ({"example": "perhaps"}, "DC105"),
    ],
)
def test_a_site_file_that_is_wrong_by_itself_is_refused(tmp_path: Path, change: dict[str, str], code: str) -> None:
    assert codes(tmp_path, "NCT07203599", {**site("NCT07203599"), **change}) == [code]


def test_a_time_of_day_that_is_none_is_refused(tmp_path: Path) -> None:
    content = site("NCT07203599")
    content["clinic"] = {**content["clinic"], "daily_time": "25:00"}
    assert codes(tmp_path, "NCT07203599", content) == ["DC141"]


@pytest.mark.parametrize(
    ("gaps", "what"),
    [
        ({}, "neither the least nor the greatest gap stands here"),
        ({"least": "P1M"}, "'P1M' is no gap between doses"),
        ({"least": "PT5H"}, "'PT5H' is no gap between doses"),
        ({"most": "-P5D"}, "'-P5D' is no gap between doses"),
        ({"least": "P0D"}, "'P0D' is no gap between doses"),
        ({"least": "P2W", "most": "P13D"}, "the least gap, 14 days, is longer than the greatest, 13 days"),
    ],
)
def test_gaps_between_doses_are_whole_days_the_smaller_one_first(
    tmp_path: Path, gaps: dict[str, str], what: str
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(site("NCT07203599", gaps={**gaps, "confirmed": CONFIRMED})), "utf-8")
    with pytest.raises(InvalidFile) as caught:
        load("NCT07203599", str(path))
    assert [(f.code, str(f.what)) for f in caught.value.findings] == [("DC767", what)]


def test_gaps_of_one_length_and_places_are_read(tmp_path: Path) -> None:
    content = site("NCT07203599", gaps={"least": "P2W", "most": "P14D", "confirmed": CONFIRMED})
    content["clinic"] = {**content["clinic"], "places_per_day": "6"}
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(content), "utf-8")
    settled = load("NCT07203599", str(path))
    assert settled.here is not None
    assert settled.here.gaps is not None
    assert settled.here.gaps.least == settled.here.gaps.most
    assert settled.site is not None
    assert settled.site.clinic.places_per_day == 6


@pytest.mark.parametrize(("places", "code"), [("0", "DC768"), ("-1", "DC105"), ("6.5", "DC105"), ("many", "DC105")])
def test_a_day_has_a_whole_number_of_places(tmp_path: Path, places: str, code: str) -> None:
    content = site("NCT07203599")
    content["clinic"] = {**content["clinic"], "places_per_day": places}
    assert codes(tmp_path, "NCT07203599", content) == [code]


def test_the_example_site_file_never_releases_anything(tmp_path: Path) -> None:
    protocol = load_protocol("NCT07203599")
    example = yaml.load(Path(shipped("sites", "example.yaml")).read_text("utf-8"), Loader=yaml.BaseLoader)
    example["protocols"]["NCT07203599"] |= verified(protocol.sha256)
    path = tmp_path / "site.yaml"
    for is_example, release in (("true", "draft"), ("false", "released")):
        text = json.dumps({**example, "example": is_example}, ensure_ascii=False)
        path.write_text(text if is_example == "true" else real(text), "utf-8")
        ran = dosecalc("dose", "NCT07203599", "--arm", "phase1-A", "--area", "23.4", "--site", str(path), "--json")
        assert ran.json["release"] == release, ran.out


def test_a_site_file_that_does_not_name_the_protocol_is_refused(tmp_path: Path) -> None:
    # A misspelt id would leave every answer of the site unread, and nobody would notice.
    assert codes(tmp_path, "NCT07084012", site("NCT07203599")) == ["DC152"]
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(site("NCT07084012")), "utf-8")
    here = load("NCT07084012", str(path)).here
    assert here is not None
    assert here.answers == {}


def test_a_visit_that_takes_no_time_is_refused(tmp_path: Path) -> None:
    content = site("NCT07203599")
    content["clinic"] = {**content["clinic"], "visit_length": "-PT1H"}
    assert codes(tmp_path, "NCT07203599", content) == ["DC155"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("document", "Pharmacy manual (example)"),
        ("document", "药房手册（示例）"),
        ("section", "4.2 (Example)"),
        ("by", "Example pharmacist"),
    ],
)
def test_an_entry_that_was_left_of_the_example_is_refused(tmp_path: Path, place: str, text: str) -> None:
    # Otherwise `example: false` alone would turn what the example made up into confirmed answers.
    entry = {"answer": "up", "confirmed": {**CONFIRMED, place: text}}
    content = site("NCT07203599", answers={"ROUNDING": entry})
    assert codes(tmp_path, "NCT07203599", content) == ["DC153"]


def test_a_verification_by_an_example_is_refused(tmp_path: Path) -> None:
    here = verified(load_protocol("NCT07203599").sha256)
    here["verified"]["by"] = "Example pharmacist"
    assert codes(tmp_path, "NCT07203599", site("NCT07203599", **here)) == ["DC153"]


def test_the_example_that_only_says_that_it_is_none_is_refused(tmp_path: Path) -> None:
    text = Path(shipped("sites", "example.yaml")).read_text("utf-8").replace("example: true", "example: false")
    path = tmp_path / "site.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidFile) as caught:
        load("NCT07084012", str(path))
    assert {f.code for f in caught.value.findings} == {"DC153"}
    assert "this entry still says that it is an example: 'Example pharmacist'" in str(caught.value)


def test_an_example_inside_a_title_is_no_example(tmp_path: Path) -> None:
    entry = {"answer": "up", "confirmed": {**CONFIRMED, "section": "4.2, with a worked example"}}
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(site("NCT07203599", answers={"ROUNDING": entry})), "utf-8")
    assert load("NCT07203599", str(path)).confirms
