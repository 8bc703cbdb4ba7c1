"""The area file as a table."""

from __future__ import annotations

from decimal import Decimal

import pytest

from measuring.area_samples import areas, only, refused

HEADER = "name,method,measured_by,date,length_cm,width_cm,area_cm2,scale_px_per_cm,ring,x_px,y_px\n"
OUTLINE = (
    "vertex,polygon,CRC-02,2026-02-27,,,,40,outline,0,0\n"
    "vertex,,,,,,,,outline,200,0\n"
    "vertex,,,,,,,,outline,200,160\n"
    "vertex,,,,,,,,outline,0,160\n"
)
HOLE = (
    "vertex,,,,,,,,hole 1,10,10\nvertex,,,,,,,,hole 1,50,10\nvertex,,,,,,,,hole 1,50,50\nvertex,,,,,,,,hole 1,10,50\n"
)
ELLIPSE = "temple,ellipse,CRC-02,2026-02-27,10,8,,,,,\n"
TRACING = "nape,tracing,CRC-02,2026-02-27,,,3.3,,,,\n"


def said(text: str) -> list[str]:
    return [f"{found.where} {found.path} {found.code} {found.what}" for found in refused(text, "a.csv")]


def test_all_kinds_of_patches_stand_in_one_table() -> None:
    # (200 × 160 − 40 × 40) ÷ 1,600 = 19; 20π = 62.83185…; 3.3
    found = areas(HEADER + OUTLINE + HOLE + ELLIPSE + TRACING, "a.csv")
    assert [patch.area for patch in found.patches] == [Decimal(19), Decimal("62.83"), Decimal("3.3")]
    assert [patch.name for patch in found.patches] == ["vertex", "temple", "nape"]
    assert (found.patches[0].points, found.patches[0].holes) == (8, 1)
    assert found.total == Decimal("85.13")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("outline", ""),
        lambda text: text.replace("\n", ",,\n"),  # empty columns, as spreadsheets write them
        lambda text: text.replace("\n", "\n\n,,,,,,,,,,\n"),
        lambda text: text.replace("vertex,,,,,,,,", "vertex,polygon,CRC-02,2026-02-27,,,,40,"),
        lambda text: text.replace("vertex", '"ver,tex"'),
    ],
)
def test_the_ways_in_which_tables_are_written_do_no_harm(change: object) -> None:
    text = HEADER + OUTLINE + HOLE
    assert areas(change(text), "a.csv").total == 19  # type: ignore[operator]


def test_names_from_a_chinese_windows_are_read_and_said_to_be() -> None:
    found = areas((HEADER + TRACING.replace("nape", "枕部")).encode("gb18030"), "a.csv")
    assert found.patches[0].name == "枕部"
    assert [code for code, _ in found.warnings] == ["read-as-gb18030"]


def test_other_encodings_are_refused() -> None:
    assert only((HEADER + TRACING).encode("utf-16"), "a.csv").code == "DC380"
    assert only(b"name\xff\xff\xff,", "a.csv").code == "DC380"


def test_an_unknown_a_repeated_and_a_missing_column_are_refused() -> None:
    assert said("name,method,measured_by,date,colour,name\n" + "a,tracing,x,2026-02-27,red,b\n")[:2] == [
        'a.csv:1:5  DC382 the column "colour" is not known',
        'a.csv:1:6  DC382 the column "name" is there twice',
    ]
    assert said("name,method,area_cm2\na,tracing,3\n") == [
        "a.csv:1  DC380 this is not an area file: it has no column measured_by, date"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        (HEADER, "the file has a header and no patch"),
        (HEADER.replace(",", ";") + TRACING.replace(",", ";"), "this is not an area file: it has no column"),
        (HEADER + '"nape,tracing\n', "the quotation marks of this row do not fit"),
    ],
)
def test_what_is_no_table_of_patches_is_refused(text: str, says: str) -> None:
    found = only(text, "a.csv")
    assert found.code == "DC380"
    assert str(found.what).startswith(says)


def test_a_row_of_another_width_is_refused() -> None:
    assert said(HEADER + "nape,tracing,CRC-02,2026-02-27,,,3,3,,,,\n") == [
        "a.csv:2  DC382 this row has 12 cells, and the header has 11"
    ]


def test_a_decimal_comma_does_not_move_values_into_other_columns() -> None:
    assert said(HEADER + TRACING.replace(",3.3,,,,", ",3,3,,,")) == [
        "a.csv:2:8 scale_px_per_cm DC382 a scale stands in a row without a point"
    ]
    assert said(HEADER + ELLIPSE.replace(",10,8,,,,,", ",10,5,8,,,,"))[0] == (
        "a.csv:2:7 area_cm2 DC382 area_cm2 does not go with the method ellipse"
    )


def test_each_cell_is_named_with_its_line_and_column() -> None:
    text = HEADER + OUTLINE.replace("200,160", "２00,NaN") + TRACING.replace("3.3", "3,3").replace("3,3", '"3,3"')
    assert said(text) == [
        'a.csv:4:10 x_px DC201 "２00" is written with full-width characters or the digits of another script',
        'a.csv:4:11 y_px DC201 "NaN" is not a number',
        'a.csv:6:7 area_cm2 DC201 "3,3" has a decimal comma',
    ]


def test_negative_coordinates_are_places_and_other_negative_numbers_are_not() -> None:
    moved = (
        OUTLINE.replace(",0,0\n", ",-100,-100\n").replace(",200,0\n", ",200,-100\n").replace(",0,160\n", ",-100,160\n")
    )
    assert areas(HEADER + moved, "a.csv").total == Decimal("48.75")  # 300 × 260 ÷ 1,600
    assert said(HEADER + TRACING.replace("3.3", "-3.3")) == ['a.csv:2:7 area_cm2 DC201 "-3.3" is negative']


def test_a_corner_without_one_coordinate_is_refused() -> None:
    assert said(HEADER + OUTLINE.replace(",200,160", ",,160")) == ["a.csv:4 x_px DC383 x_px is missing"]


def test_the_rows_of_a_patch_do_not_contradict_each_other() -> None:
    assert said(HEADER + OUTLINE.replace("vertex,,,,,,,,outline,200,0", "vertex,,CRC-03,,,,,,outline,200,0")) == [
        'a.csv:3:3 measured_by DC382 "CRC-03" differs from what the first row of this patch says'
    ]


def test_two_scales_in_one_file_are_two_photos() -> None:
    assert said(HEADER + OUTLINE.replace("vertex,,,,,,,,outline,200,0", "vertex,,,,,,,41,outline,200,0")) == [
        "a.csv:3:8 scale_px_per_cm DC382 the file states two scales, 40 and 41"
    ]
    same = OUTLINE.replace("vertex,,,,,,,,outline,200,0", "vertex,,,,,,,40.0,outline,200,0")
    assert areas(HEADER + same, "a.csv").total == 20


def test_a_scale_in_cm_per_pixel_is_recognised_and_not_called_missing() -> None:
    (found,) = refused(HEADER + OUTLINE.replace(",40,", ",0.025,"), "a.csv")
    assert (found.code, str(found.mend)) == ("DC386", "if it is meant as cm per pixel, write 40, which is 1 ÷ scale")


def test_a_patch_that_begins_again_is_there_twice() -> None:
    assert said(HEADER + TRACING + ELLIPSE + TRACING) == ['a.csv:4  DC384 there are two patches called "nape"']
    assert said(HEADER + TRACING + TRACING) == ['a.csv:3  DC384 there are two patches called "nape"']


def test_the_points_of_a_ring_stand_together() -> None:
    lines = (OUTLINE + HOLE).splitlines(keepends=True)
    text = HEADER + "".join([*lines[:3], *lines[4:], lines[3]])
    assert said(text) == ['a.csv:9:9 ring DC382 the points of "outline" are interrupted']


@pytest.mark.parametrize("ring", ["hole", "hole 0", "inner", "Outline", "hole  1"])
def test_a_ring_is_the_outline_or_a_numbered_hole(ring: str) -> None:
    assert said(HEADER + OUTLINE.replace("outline,200,160", f"{ring},200,160")) == [
        f'a.csv:4:9 ring DC382 "{ring}" is neither the outline nor a hole'
    ]


def test_a_hole_needs_an_outline() -> None:
    first = HOLE.replace("vertex,,,,,,,,hole 1,10,10", "vertex,polygon,CRC-02,2026-02-27,,,,40,hole 1,10,10")
    assert said(HEADER + first) == ["a.csv:2  DC382 the patch has a hole and no outline"]


def test_points_do_not_go_with_diameters() -> None:
    assert said(HEADER + OUTLINE.replace("polygon", "ellipse").replace("2026-02-27,,,", "2026-02-27,3,2,")) == [
        "a.csv:2  DC382 points does not go with the method ellipse"
    ]


def test_a_crossing_is_named_with_the_line_of_its_side() -> None:
    lines = OUTLINE.splitlines(keepends=True)
    assert said(HEADER + lines[0] + lines[2] + lines[1] + lines[3]) == [
        'a.csv:2  DC389 the outline of "vertex" crosses or touches itself at (100, 80) px'
    ]


def test_a_row_without_a_name_is_refused() -> None:
    assert said(HEADER + TRACING.replace("nape", "")) == ["a.csv:2  DC383 name is missing"]


def test_too_many_rows_end_soon_and_clearly() -> None:
    row = "vertex,,,,,,,,,1,2\n"
    found = only(HEADER + OUTLINE + row * 200_000, "a.csv")
    assert (found.code, str(found.what)) == ("DC387", "the file has more than 101,000 rows")


def test_too_many_holes_are_refused() -> None:
    holes = "".join(HOLE.replace("hole 1", f"hole {number}") for number in range(1, 1002))
    assert only(HEADER + OUTLINE + holes, "a.csv").code == "DC387"
