"""`dosecalc map`: what people type, what is drawn and printed, and what is refused."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from running import Ran, dosecalc

SQUARE = [[0, 0], [400, 0], [400, 400], [0, 400]]
"""8 cm wide at 50 pixels per cm."""

LETTERS = ["--label-a", "A", "--label-b", "B"]

CSV = """name,method,measured_by,date,length_cm,width_cm,area_cm2
crown,planimetry,CRC-02,2026-02-27,,,12
left temple,tracing,CRC-02,2026-02-27,,,6
dot,planimetry,CRC-02,2026-02-27,,,0.4
"""


def patch(name: str, points: list[list[int]]) -> dict[str, Any]:
    return {"name": name, "method": "polygon", "measured_by": "CRC-02", "date": "2026-02-27", "points": points}


def write(path: Path, *patches: dict[str, Any], scale: int | None = 50) -> str:
    content: dict[str, Any] = {"dosecalc_area": "1", "patches": list(patches)}
    if scale is not None:
        content["scale_px_per_cm"] = scale
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


@pytest.fixture(name="square")
def _square(tmp_path: Path) -> str:
    return write(tmp_path / "square.json", patch("vertex", SQUARE))


@pytest.fixture(name="table")
def _table(tmp_path: Path) -> str:
    path = tmp_path / "patches.csv"
    path.write_text(CSV, encoding="utf-8")
    return str(path)


def refused(ran: Ran, said: str, tmp_path: Path) -> None:
    assert ran.code in (1, 2)
    assert said in ran.err
    assert not [path.name for path in tmp_path.iterdir() if path.suffix in (".svg", ".png", ".pdf")]


@pytest.mark.parametrize(("kind", "head"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("PDF", b"%PDF")])
def test_a_map_is_drawn_as_its_name_says_and_its_digest_is_printed(
    kind: str, head: bytes, square: str, tmp_path: Path
) -> None:
    out = tmp_path / f"map.{kind}"
    ran = dosecalc("map", square, "--sites", "24", "--participant", "SZ-001", "--out", str(out), "--json")
    assert (ran.code, ran.err) == (0, "")
    data = out.read_bytes()
    assert data.startswith(head)
    assert ran.json["files"] == [{"path": str(out), "sha256": sha256(data).hexdigest()}]


def test_the_json_has_every_site_in_centimetres_of_the_photo(square: str) -> None:
    ran = dosecalc("map", square, "--sites", "24", "--json")
    assert (ran.code, ran.err) == (0, "")
    got = ran.json
    assert [site["number"] for site in got["sites"]] == list(range(1, 25))
    assert all(0 < float(site[key]) < 8 for site in got["sites"] for key in ("x_cm", "y_cm"))
    assert {site["patch"] for site in got["sites"]} == {"vertex"}
    assert (got["area_cm2"], got["files"]) == ("64", [])
    assert got["patches"] == [{"name": "vertex", "area_cm2": "64", "sites": 24}]
    # 64 cm² / 24 sites: a lattice of triangles would have √(2 × 64 / (√3 × 24)) = 1.75 cm.
    assert 1.2 < float(got["least_spacing_cm"]) < 1.9
    assert 0.5 < float(got["margin_cm"]) < 1.0


def test_the_table_lists_patches_and_places(square: str) -> None:
    ran = dosecalc("map", square, "--sites", "3")
    assert (ran.code, ran.err) == (0, "")
    assert "vertex        64      3" in ran.out
    assert "Least distance of a site to the edge: " in ran.out
    assert "Least distance of two sites: " in ran.out
    assert "x to the right and y downwards, as in the photo." in ran.out


def test_more_places_than_a_person_reads_are_not_listed(square: str) -> None:
    ran = dosecalc("map", square, "--sites", "61")
    assert "The places of all 61 sites: --json lists them, --out draws them." in ran.out
    assert len(ran.out.splitlines()) < 12


def test_a_single_site_has_no_spacing(square: str) -> None:
    got = dosecalc("map", square, "--sites", "1", "--json").json
    assert "least_spacing_cm" not in got
    assert "Least distance of two sites" not in dosecalc("map", square, "--sites", "1").out


def test_the_scale_may_come_from_the_option(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", patch("vertex", SQUARE), scale=None)
    assert dosecalc("map", path, "--sites", "9", "--scale", "50", "--json").json["area_cm2"] == "64"
    refused(dosecalc("map", path, "--sites", "9", "--out", str(tmp_path / "m.svg")), "DC3", tmp_path)


def test_without_outlines_the_sites_of_each_patch_are_a_plain_table(table: str) -> None:
    """18.4 cm² and 9 sites: 5.87, 2.93 and 0.20; whole parts 5, 2, 0, and one more for 0.93 and for 0.87."""
    ran = dosecalc("map", table, "--sites", "9")
    assert (ran.code, ran.err) == (0, "")
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["crown", "12", "6"] in rows
    assert ["left", "temple", "6", "3"] in rows
    assert ["dot", "0.4", "0"] in rows
    assert "Warning: dot is too small, beside the others, for a site of its own." in ran.out
    assert "Without the outlines of all patches nobody can say where on them the sites are." in ran.out
    got = dosecalc("map", table, "--sites", "9", "--json").json
    assert [patch["sites"] for patch in got["patches"]] == [6, 3, 0]
    assert "sites" not in got


def test_a_picture_without_outlines_is_refused(table: str, tmp_path: Path) -> None:
    refused(
        dosecalc("map", table, "--sites", "9", "--out", str(tmp_path / "m.pdf")),
        f"DC375 no patch of {table} has an outline, and only outlines can be drawn; leave out --out for a table of "
        "the sites of each patch, or measure outlines (method polygon)",
        tmp_path,
    )


def test_a_picture_of_which_one_patch_has_no_outline_is_refused_and_names_it(tmp_path: Path) -> None:
    other = {"name": "crown", "method": "planimetry", "measured_by": "X", "date": "2026-02-27", "area_cm2": 5}
    path = write(tmp_path / "a.json", patch("vertex", SQUARE), other)
    ran = dosecalc("map", path, "--sites", "9", "--out", str(tmp_path / "m.svg"))
    refused(ran, "DC399", tmp_path)
    assert "crown" in ran.err
    assert dosecalc("map", path, "--sites", "9", "--json").json["patches"][1]["sites"] == 1  # 9 × 5 / 69 = 0.65


def test_a_control_area_has_as_many_sites_under_a_letter_of_its_own(square: str, tmp_path: Path) -> None:
    control = write(tmp_path / "control.json", patch("control side", [[0, 0], [300, 0], [300, 300], [0, 300]]))
    out = tmp_path / "both.svg"
    words = [*LETTERS, "--control", control, "--out", str(out)]
    got = dosecalc("map", square, "--sites", "20", *words, "--json").json
    assert (got["label"], got["beside"]["label"]) == ("A", "B")
    assert (len(got["sites"]), len(got["beside"]["sites"])) == (20, 20)
    assert got["beside"]["area_cm2"] == "36"
    svg = out.read_text(encoding="utf-8")
    assert "Area A" in svg
    assert "Area B" in svg
    assert "control" not in svg


def test_a_control_area_may_have_sites_and_a_letter_of_its_own(square: str, tmp_path: Path) -> None:
    control = write(tmp_path / "c.json", patch("c", [[0, 0], [300, 0], [300, 300], [0, 300]]), scale=None)
    words = ["--control", control, "--control-scale", "50", "--control-sites", "7", "--label-a", "L", "--label-b", "R"]
    got = dosecalc("map", square, "--sites", "20", *words, "--json").json
    assert (got["label"], got["beside"]["label"]) == ("L", "R")
    assert (len(got["sites"]), len(got["beside"]["sites"])) == (20, 7)


def test_areas_stand_in_the_order_of_their_letters_whichever_file_came_first(square: str, tmp_path: Path) -> None:
    """R15: people name the study area first; were it always on the left, the place would tell what the letter hides."""
    other = write(tmp_path / "other.json", patch("c", [[0, 0], [300, 0], [300, 300], [0, 300]]))
    drawn: list[tuple[str, bytes]] = []
    for words in (
        [square, "--control", other, "--label-a", "A", "--label-b", "B"],
        [other, "--control", square, "--label-a", "B", "--label-b", "A"],
    ):
        out = tmp_path / f"{len(drawn)}.svg"
        ran = dosecalc("map", *words, "--sites", "20", "--out", str(out))
        assert (ran.code, ran.err) == (0, "")
        drawn.append((ran.out.replace(str(out), ""), out.read_bytes()))
    assert drawn[0] == drawn[1]
    assert drawn[0][0].index("Area A") < drawn[0][0].index("Area B")


@pytest.mark.parametrize(
    ("letters", "missing"),
    [
        ([], "--label-a, --label-b"),
        (["--label-a", "A"], "--label-b"),
        (["--label-b", "B"], "--label-a"),
    ],
)
def test_two_areas_need_their_letters_said(letters: list[str], missing: str, square: str, tmp_path: Path) -> None:
    """The randomisation list says which area is A; the order of two files does not."""
    words = ["--control", square, "--out", str(tmp_path / "m.svg")]
    ran = dosecalc("map", square, "--sites", "9", *words, *letters)
    said = (
        f"DC690 --control needs {missing}: the order of the files does not say which area is A; write "
        "--label-a LETTER for the area of FILE and --label-b LETTER for that of --control, as on the labels of the "
        "syringes\n"
    )
    refused(ran, said, tmp_path)
    assert ran.code == 2


def test_the_scale_of_one_photo_is_not_taken_for_another(square: str, tmp_path: Path) -> None:
    bare = write(tmp_path / "bare.json", patch("vertex", SQUARE), scale=None)
    assert dosecalc("map", bare, "--sites", "9", "--scale", "50", "--control", bare, *LETTERS, "--json").code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sites", "0"], "DC373 0 is not a number of injection sites; give the number of sites of the dose"),
        (["--sites", "23.4"], 'DC373 "23.4" is not a whole number of injection sites'),
        (["--sites", "2001"], "DC373 2,001 injection sites are more than a map can show"),
        (["--sites", "1900"], "DC374 1900 sites on 64 cm² would be closer to each other than 2 mm"),
        (["--sites", "x"], "DC201"),
        (["--sites", "-4"], "DC201"),
        (["--sites", "9", "--label-a", "active"], 'DC378 "active" is not a letter for an area'),
        (["--sites", "9", "--label-a", ""], "DC378"),
        (["--sites", "9", "--label-b", "B"], "DC378 --label-b is for a second area, and --control names none"),
        (["--sites", "9", "--control-sites", "9"], "DC378 --control-sites is for a second area"),
        (["--sites", "9", "--control-scale", "9"], "DC378 --control-scale is for a second area"),
        (["--sites", "9", "--participant", "a b"], "DC620"),
        (["--sites", "9", "--scale", "0.02"], "DC386"),
        (["--sites", "9", "--sites", "10"], "DC006"),
        ([], "DC001 --sites is missing"),
    ],
)
def test_a_mistake_is_refused_and_nothing_is_written(words: list[str], said: str, square: str, tmp_path: Path) -> None:
    refused(dosecalc("map", square, *words, "--out", str(tmp_path / "m.svg")), said, tmp_path)


def test_both_areas_under_one_letter_are_refused(square: str, tmp_path: Path) -> None:
    ran = dosecalc("map", square, "--sites", "9", "--control", square, "--label-a", "A", "--label-b", "a")
    refused(ran, "DC378 both areas would be called A; give them different letters: --label-a and --label-b", tmp_path)


@pytest.mark.parametrize("name", ["map.jpg", "map", "svg", "map.svg.txt"])
def test_an_unknown_kind_of_picture_is_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    ran = dosecalc("map", str(tmp_path / "none.json"), "--sites", "9", "--out", str(tmp_path / name))
    assert "does not say what kind of picture it is to be; give it a name that ends with .svg, .png, .pdf" in ran.err
    assert "DC376" in ran.err


def test_the_control_file_is_checked_before_anything_is_written(square: str, tmp_path: Path) -> None:
    ran = dosecalc(
        "map", square, "--sites", "9", "--control", str(tmp_path / "no.json"), *LETTERS,
        "--out", str(tmp_path / "m.png"),
    )  # fmt: skip
    refused(ran, "DC601", tmp_path)


@pytest.mark.parametrize(
    ("sites", "said"),
    [
        # 64 cm²: 4 for each cm² are 256, one for 4 cm² are 16
        ("257", "257 sites on 64 cm² are many more than one for each cm²"),
        ("640", "640 sites on 64 cm² are many more than one for each cm²"),
        ("6", "6 sites on 64 cm² are many fewer than one for each cm²"),
        ("15", "15 sites on 64 cm² are many fewer than one for each cm²"),
        ("16", None),
        ("64", None),
        ("256", None),
    ],
)
def test_a_number_of_sites_far_from_the_area_is_doubted(sites: str, said: str | None, square: str) -> None:
    ran = dosecalc("map", square, "--sites", sites)
    assert (ran.code, ran.err) == (0, "")
    doubts = [line for line in ran.out.splitlines() if "for each cm²" in line]
    mend = ": check the number, the scale, and that it is this participant's file"
    assert doubts == ([f"Warning: {said}{mend}"] if said else [])
    got = dosecalc("map", square, "--sites", sites, "--json").json
    assert got.get("warnings", []) == ([{"code": "sites-far-from-area", "text": said + mend}] if said else [])


def test_the_doubt_of_each_area_stands_with_it(square: str, tmp_path: Path) -> None:
    small = write(tmp_path / "c.json", patch("c", [[0, 0], [50, 0], [50, 50], [0, 50]]))
    got = dosecalc("map", square, "--sites", "20", "--control", small, *LETTERS, "--control-sites", "5", "--json").json
    assert "warnings" not in got
    assert [doubt["text"][:17] for doubt in got["beside"]["warnings"]] == ["5 sites on 1 cm² "]


def test_a_table_of_patches_is_doubted_as_well(table: str) -> None:
    ran = dosecalc("map", table, "--sites", "90")
    assert "Warning: 90 sites on 18.4 cm² are many more than one for each cm²: " in ran.out


def test_person_and_day_may_be_given_as_for_area_and_do_not_stand_on_the_map(square: str, tmp_path: Path) -> None:
    out, other = tmp_path / "m.pdf", tmp_path / "n.pdf"
    assert dosecalc("map", square, "--sites", "24", "--out", str(out)).code == 0
    words = ["--by", "CRC-02", "--date", "2026-02-27"]
    ran = dosecalc("map", square, "--sites", "24", "--out", str(other), *words)
    assert (ran.code, ran.err) == (0, "")
    assert out.read_bytes() == other.read_bytes()


def test_two_runs_write_the_same_bytes(square: str, tmp_path: Path) -> None:
    for kind in ("svg", "png", "pdf"):
        one, other = tmp_path / f"1.{kind}", tmp_path / f"2.{kind}"
        for out in (one, other):
            assert dosecalc("map", square, "--sites", "40", "--out", str(out)).code == 0
        assert one.read_bytes() == other.read_bytes()
