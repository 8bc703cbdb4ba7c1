"""`dosecalc area`, as a person calls it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from dosecalc.app import shipped
from measuring.area_samples import SQUARE, document, patch, region, zipped
from running import Ran, dosecalc

if TYPE_CHECKING:
    from pathlib import Path

IMAGEJ = ("--scale", "40", "--by", "CRC-02", "--date", "2026-02-27")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("patches.json").write_text(
        document(
            patch(points=SQUARE),
            patch(name="left temple", method="ellipse", length_cm=3.1, width_cm=2.4),
            patch(name="nape", method="tracing", area_cm2=3.3),
        ),
        encoding="utf-8",
    )
    tmp_path.joinpath("outline.json").write_text(
        document(patch(points=SQUARE)).replace('"scale_px_per_cm": 40, ', ""), encoding="utf-8"
    )
    tmp_path.joinpath("vertex.roi").write_bytes(region())
    tmp_path.joinpath("RoiSet.zip").write_bytes(zipped(("vertex.roi", region())))
    return tmp_path


def errors(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 1
    found: list[dict[str, Any]] = ran.json["errors"]
    return found


def test_people_read_a_table_the_steps_and_how_to_go_on(folder: Path) -> None:
    ran = dosecalc("area", "patches.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "Patch        Area cm²  Method   Usual error                                   Measured by  Date",
        "───────────  ────────  ───────  ────────────────────────────────────────────  ───────────  ──────────",
        "vertex           6.25  polygon  about 4 %                                     CRC-02       2026-02-27",
        "left temple      5.84  ellipse  not known: the shape is taken for an ellipse  CRC-02       2026-02-27",
        "nape              3.3  tracing  up to 16 % on large shapes                    CRC-02       2026-02-27",
        "",
        "All patches together: 15.39 cm²",
        "",
        "How it was calculated:",
        "  vertex: 10,000 px² ÷ (40 px/cm)² = 6.25 cm²",
        "  left temple: π ÷ 4 × 3.1 cm × 2.4 cm = 5.84336… cm², rounded to 0.01 cm², halves up: 5.84 cm²",
        "  nape: measured as 3.3 cm²",
        "  area: 6.25 + 5.84 + 3.3 = 15.39 cm²",
        "",
        (
            "The patches were measured in different ways, and --area-method takes one for all of them: it is left out "
            "here. Write on the worksheet by hand how each was measured."
        ),
        "For the dose: --area 6.25 --area 5.84 --area 3.3 --area-by CRC-02 --area-date 2026-02-27",
    ]


def test_the_last_line_is_what_dose_takes(folder: Path) -> None:
    line = dosecalc("area", "patches.json").out.splitlines()[-1]
    dose = taken(line)
    assert (dose["area_cm2"], dose["area_measured_by"], dose["area_date"]) == ("15.39", "CRC-02", "2026-02-27")
    assert "area_method" not in dose


def taken(line: str) -> dict[str, Any]:
    """The dose that follows from the last line of `area`, typed as it stands there."""
    words = shlex.split(line.partition(": ")[2])
    ran = dosecalc("dose", "NCT07203599", "--arm", "phase1-A", "--round", "up", "--visit", "W0", "--json", *words)
    dose: dict[str, Any] = ran.json["doses"][0]
    return dose


def written(folder: Path, *patches: dict[str, Any]) -> list[str]:
    folder.joinpath("values.json").write_text(
        json.dumps({"dosecalc_area": "1", "patches": patches}, ensure_ascii=False), encoding="utf-8"
    )
    return dosecalc("area", "values.json").out.splitlines()


def test_what_was_measured_in_one_way_by_one_person_on_one_day_goes_on_whole(folder: Path) -> None:
    one = patch(name="a", method="tracing", area_cm2=3, measured_by="Example nurse")
    lines = written(folder, one, one | {"name": "b", "area_cm2": 20.5})
    assert lines[-1] == (
        'For the dose: --area 3 --area 20.5 --area-method tracing --area-by "Example nurse" --area-date 2026-02-27'
    )
    assert not [line for line in lines if "by hand" in line]
    dose = taken(lines[-1])
    assert [dose[key] for key in ("area_cm2", "area_method", "area_measured_by", "area_date")] == [
        "23.5", "tracing", "Example nurse", "2026-02-27",
    ]  # fmt: skip


def test_two_people_are_both_named_and_the_age_counts_from_the_first_day(folder: Path) -> None:
    one = patch(name="a", method="tracing", area_cm2=3)
    lines = written(
        folder, one, one | {"name": "b", "measured_by": "张护士", "date": "2026-02-25"}, one | {"name": "c"}
    )
    assert lines[-2:] == [
        (
            "The patches were measured on different days: --area-date names the first, from which the age of an area "
            "counts."
        ),
        (
            'For the dose: --area 3 --area 3 --area 3 --area-method tracing --area-by "CRC-02, 张护士" '
            "--area-date 2026-02-25"
        ),
    ]
    assert taken(lines[-1])["area_measured_by"] == "CRC-02, 张护士"


@pytest.mark.parametrize("name", ["O'Neil", 'the "new" nurse', "a $HOME `x`", "R&D", "50 %"])
def test_a_name_with_signs_that_a_shell_reads_is_quoted(folder: Path, name: str) -> None:
    lines = written(folder, patch(method="tracing", area_cm2=3, measured_by=name))
    assert taken(lines[-1])["area_measured_by"] == name


def test_the_chinese_table_names_methods_in_chinese_and_options_as_they_are_typed(folder: Path) -> None:
    ran = dosecalc("area", "patches.json", "--language", "zh")
    assert [word for word in ("多边形法", "椭圆法", "描记法") if word in ran.out] == ["多边形法", "椭圆法", "描记法"]
    assert not [word for word in ("polygon", "ellipse", "tracing") if word in ran.out]
    folder.joinpath("one.json").write_text(document(patch(points=SQUARE)), encoding="utf-8")
    assert "--area-method polygon" in dosecalc("area", "one.json", "--language", "zh").out.splitlines()[-1]


def test_programs_read_json(folder: Path) -> None:
    found = dosecalc("area", "patches.json", "--json").json
    assert list(found) == ["areas", "total_cm2", "warnings", "derivation"]
    assert found["total_cm2"] == "15.39"
    assert found["areas"][0] == {
        "name": "vertex",
        "area_cm2": "6.25",
        "exact": True,
        "method": "polygon",
        "usual_error": "about 4 %",
        "measured_by": "CRC-02",
        "date": "2026-02-27",
        "file": "patches.json",
        "points": 4,
        "holes": 0,
        "scale_px_per_cm": "40",
    }
    assert found["areas"][1]["exact"] is False
    assert "points" not in found["areas"][2]
    assert found["derivation"][-1] == "area: 6.25 + 5.84 + 3.3 = 15.39 cm²"


def test_imagej_files_need_scale_person_and_day(folder: Path) -> None:
    assert dosecalc("area", "vertex.roi", *IMAGEJ, "--json").json["total_cm2"] == "6.25"
    assert dosecalc("area", "RoiSet.zip", *IMAGEJ, "--json").json["areas"][0]["method"] == "polygon"
    ran = dosecalc("area", "vertex.roi", "--json")
    assert [error["code"] for error in errors(ran)] == ["DC383", "DC383", "DC385"]


def test_several_files_are_added_up_and_a_warning_says_that_they_are_not_compared(folder: Path) -> None:
    ran = dosecalc("area", "patches.json", "vertex.roi", *IMAGEJ, "--json")
    assert ran.json["total_cm2"] == "21.64"  # 15.39 + 6.25
    assert [warning["code"] for warning in ran.json["warnings"]] == ["outlines-not-compared"]
    said = dosecalc("area", "patches.json", "vertex.roi", *IMAGEJ).out
    assert "Warning: outlines of different files are not compared" in said


def test_the_mistakes_of_all_files_are_said_at_once(folder: Path) -> None:
    text = document(patch(points=[[0, 0], [100, 100], [100, 0], [0, 100]]))
    folder.joinpath("bow.json").write_text(text, encoding="utf-8")
    folder.joinpath("not.roi").write_bytes(b"hello")
    ran = dosecalc("area", "bow.json", "not.roi", "gone.csv", *IMAGEJ, "--json")
    assert [(error["code"], error["where"]) for error in errors(ran)] == [
        ("DC389", f"bow.json:1:{text.index('[0, 0], [100') + 1}"),
        ("DC381", "not.roi"),
        ("DC601", None),
    ]


def test_a_scale_may_stand_in_the_file_or_in_the_option_and_not_differ(folder: Path) -> None:
    assert dosecalc("area", "outline.json", "--scale", "12.5", "--json").json["total_cm2"] == "64"
    assert dosecalc("area", "patches.json", "--scale", "40.0", "--json").json["total_cm2"] == "15.39"
    (error,) = errors(dosecalc("area", "patches.json", "--scale", "41", "--json"))
    assert error["code"] == "DC385"
    assert error["what"] == "the file states a scale of 40 pixels per cm, and --scale says 41"
    (error,) = errors(dosecalc("area", "outline.json", "--json"))
    assert error["what"] == "the scale of the photo is missing: pixels alone are no area"


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--scale", "0.025"), "DC386", "write 40, which is 1 ÷ scale"),
        (("--scale", "40px"), "DC201", "write the number alone"),
        (("--scale", "0"), "DC205", "above zero"),
        (("--scale", "1e400"), "DC201", "exponent"),
        (("--date", "27/02/2026"), "DC401", "YYYY-MM-DD"),
        (("--date", "2199-01-01"), "DC397", "has not come yet"),
        (("--by", " "), "DC384", "the name is missing"),
    ],
)
def test_an_option_that_cannot_be_is_refused(folder: Path, options: tuple[str, str], code: str, says: str) -> None:
    ran = dosecalc("area", "vertex.roi", *options, "--json")
    (error,) = errors(ran)
    assert (error["code"], error["path"]) == (code, options[0])
    assert says in ran.err


@pytest.mark.parametrize("option", [("--by", "CRC-02"), ("--date", "2026-02-27")])
def test_an_option_that_no_file_needs_is_refused(folder: Path, option: tuple[str, str]) -> None:
    (error,) = errors(dosecalc("area", "patches.json", *option, "--json"))
    assert error["code"] == "DC396"
    assert error["mend"] == "leave it out: .json and .csv files say it for each patch"


def test_a_scale_that_no_patch_needs_is_refused(folder: Path) -> None:
    folder.joinpath("values.json").write_text(
        json.dumps({"dosecalc_area": "1", "patches": [patch(method="tracing", area_cm2=3)]}), encoding="utf-8"
    )
    (error,) = errors(dosecalc("area", "values.json", "--scale", "40", "--json"))
    assert error["what"] == "--scale is given, and no patch was drawn on a photo"


def test_the_same_file_counts_once(folder: Path) -> None:
    folder.joinpath("copy.json").write_bytes(folder.joinpath("patches.json").read_bytes())
    (error,) = errors(dosecalc("area", "patches.json", "copy.json", "--json"))
    assert (error["code"], error["what"]) == ("DC396", "the file holds the same as patches.json")


def test_a_rectangle_is_refused_unless_the_site_file_allows_it(folder: Path) -> None:
    folder.joinpath("flat.json").write_text(
        document(patch(method="rectangle", length_cm=5, width_cm=4)), encoding="utf-8"
    )
    site = folder / "site.yaml"
    with open(shipped("sites", "example.yaml"), encoding="utf-8") as file:
        text = file.read()
    site.write_text(text, encoding="utf-8")
    for options in ((), ("--site", "site.yaml")):
        assert [error["code"] for error in errors(dosecalc("area", "flat.json", *options, "--json"))] == ["DC315"]
    site.write_text(text.replace("rectangle_areas: refuse", "rectangle_areas: allow"), encoding="utf-8")
    found = dosecalc("area", "flat.json", "--site", "site.yaml", "--json").json
    assert (found["total_cm2"], found["areas"][0]["usual_error"]) == ("20", "about 41 % too large")


def test_without_a_file_the_command_says_what_it_needs() -> None:
    ran = dosecalc("area")
    assert ran.code == 2
    assert "files is missing" in ran.err
