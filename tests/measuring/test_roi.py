"""ImageJ's regions, from bytes that `roifile` writes, and files that are not such."""

from __future__ import annotations

import struct
import sys
import warnings
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
import roifile

from dosecalc.app import shipped
from dosecalc.measuring.area_file import read_area_file
from dosecalc.measuring.measured import read_outlines
from dosecalc.measuring.outline import outline_area
from dosecalc.protocol.reader import read_site
from measuring.area_samples import GIVEN, IMAGEJ, SQUARE, areas, composite, only, refused, region, zipped

KIND = roifile.ROI_TYPE
SORT = roifile.ROI_SUBTYPE


@pytest.mark.parametrize("kind", [KIND.POLYGON, KIND.FREEHAND, KIND.TRACED])
def test_outlines_are_polygons(kind: roifile.ROI_TYPE) -> None:
    # 100 × 100 px² ÷ 40² = 6.25 cm²
    (patch,) = areas(region(roitype=kind), "left temple.roi", IMAGEJ).patches
    assert (patch.name, patch.method, patch.area, patch.exact) == ("left temple", "polygon", Decimal("6.25"), True)
    assert (patch.measured_by, patch.date.isoformat(), patch.points) == ("CRC-02", "2026-02-27", 4)


def test_the_place_in_the_photo_does_not_matter() -> None:
    for x, y in ((-300, -200), (5000, 4000), (40000, 50000)):
        points = [[a + x, b + y] for a, b in SQUARE]
        assert areas(region(points), "a.roi", IMAGEJ).total == Decimal("6.25")


def test_parts_of_pixels_are_exact() -> None:
    # (100.5 × 80.25 px)² … 100.5 × 80.25 = 8,065.125 px²; ÷ 1,600 = 5.040703125 cm²: 9 decimals, so rounded
    points = np.array([[0.25, 0], [100.75, 0], [100.75, 80.25], [0.25, 80.25]])
    (patch,) = areas(region(points), "a.roi", IMAGEJ).patches
    assert (patch.area, patch.exact) == (Decimal("5.04"), False)
    (outline,) = read_outlines(region(points), "a.roi", Decimal(40))
    assert outline_area(outline) == Decimal("5.040703125")


def test_an_oval_is_an_ellipse() -> None:
    # π ÷ 4 × 200 × 120 ÷ 1,600 = π ÷ 4 × 15 = 11.78097… cm²
    oval = region(roitype=KIND.OVAL, left=10, top=20, right=210, bottom=140)
    (patch,) = areas(oval, "a.roi", IMAGEJ).patches
    assert (patch.method, patch.area, patch.exact, patch.points) == ("ellipse", Decimal("11.78"), False, None)
    assert str(patch.derivation) == (
        "a: π ÷ 4 × 24,000 px² ÷ (40 px/cm)² = 11.78097… cm², rounded to 0.01 cm², halves up: 11.78 cm²"
    )


def test_an_oval_between_pixels_is_exact() -> None:
    # 200.5 × 120.5 = 24,160.25 px²; × π ÷ 4 ÷ 1,600 = 11.85963… cm²
    oval = roifile.ImagejRoi(
        roitype=KIND.OVAL,
        options=roifile.ROI_OPTIONS.SUB_PIXEL_RESOLUTION,
        xd=1.25,
        yd=2.0,
        widthd=200.5,
        heightd=120.5,
    )
    assert areas(oval.tobytes(), "a.roi", IMAGEJ).total == Decimal("11.86")


def test_the_ellipse_tool_saves_its_long_axis_and_the_ratio() -> None:
    # From (0, 0) to (120, 160): 200 px long; ratio 0.5: 100 px across; π ÷ 4 × 20,000 ÷ 1,600 = 9.81747… cm²
    data = bytearray(region(roitype=KIND.FREEHAND, subtype=SORT.ELLIPSE, x1=0.0, y1=0.0, x2=120.0, y2=160.0))
    data[52:56] = struct.pack(">f", 0.5)
    (patch,) = areas(bytes(data), "a.roi", IMAGEJ).patches
    assert (patch.method, patch.area) == ("ellipse", Decimal("9.82"))
    data[52:56] = struct.pack(">f", 1.5)
    assert only(bytes(data), "a.roi", IMAGEJ).code == "DC381"


@pytest.mark.parametrize(
    "data",
    [
        region(roitype=KIND.RECT, left=0, top=0, right=200, bottom=120),
        region(roitype=KIND.FREEHAND, subtype=SORT.ROTATED_RECT),
    ],
)
def test_a_rectangle_is_length_times_width(data: bytes) -> None:
    found = only(data, "a.roi", IMAGEJ)
    assert (found.code, str(found.what)) == ("DC315", "length × width overstates an area by about 41 %")


def test_a_site_file_can_allow_rectangles() -> None:
    with open(shipped("sites", "example.yaml"), "rb") as file:
        site = replace(read_site(file.read(), "site.yaml"), rectangle_areas="allow")
    data = region(roitype=KIND.RECT, left=0, top=0, right=200, bottom=120)
    (patch,) = areas(data, "a.roi", replace(IMAGEJ, site=site)).patches
    assert (patch.method, patch.area, patch.exact) == ("rectangle", Decimal(15), True)  # 24,000 ÷ 1,600


def test_outlines_with_holes_come_apart() -> None:
    data = composite(
        *(0, 0, 0, 1, 100, 0, 1, 100, 100, 1, 0, 100, 4),
        *(0, 20, 20, 1, 60, 20, 1, 60, 60, 1, 20, 60, 4),
        *(0, 30, 30, 1, 40, 30, 1, 40, 40, 1, 30, 40, 4),  # an island in the hole
        *(0, 200, 0, 1, 240, 0, 1, 240, 40, 4),
    )
    # (10,000 − 1,600) ÷ 1,600 = 5.25; 100 ÷ 1,600 = 0.0625; 800 ÷ 1,600 = 0.5
    found = areas(data, "scalp.roi", IMAGEJ)
    assert [(patch.name, str(patch.area)) for patch in found.patches] == [
        ("scalp (1)", "5.25"),
        ("scalp (2)", "0.0625"),
        ("scalp (3)", "0.5"),
    ]


def test_one_outline_of_a_composite_keeps_its_name() -> None:
    data = composite(0, 0, 0, 1, 100, 0, 1, 100, 100, 1, 0, 100, 4)
    assert [patch.name for patch in areas(data, "scalp.roi", IMAGEJ).patches] == ["scalp"]


def test_curved_sides_are_refused() -> None:
    assert "curved sides" in str(only(composite(0, 0, 0, 2, 1, 1, 50, 50, 4), "a.roi", IMAGEJ).what)
    spline = region(roitype=KIND.POLYGON, options=roifile.ROI_OPTIONS.SPLINE_FIT)
    found = only(spline, "a.roi", IMAGEJ)
    assert (found.code, "Interpolate" in str(found.mend)) == ("DC394", True)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"roitype": KIND.LINE}, "a straight line"),
        ({"roitype": KIND.FREELINE}, "a freehand line"),
        ({"roitype": KIND.POLYLINE}, "a line of segments"),
        ({"roitype": KIND.ANGLE}, "an angle"),
        ({"roitype": KIND.POINT}, "points"),
        ({"roitype": KIND.NOROI}, "no region"),
        ({"roitype": KIND.RECT, "subtype": SORT.TEXT}, "a text, a picture or an arrow"),
    ],
)
def test_what_has_no_area_is_refused(fields: dict[str, object], says: str) -> None:
    found = only(region(**fields), "a.roi", IMAGEJ)
    assert (found.code, str(found.what)) == ("DC394", f"the ImageJ region is {says}: it has no area")


def test_flat_and_rounded_rectangles_and_unknown_kinds_are_refused() -> None:
    assert only(region(roitype=KIND.OVAL, left=5, right=5), "a.roi", IMAGEJ).code == "DC394"
    assert only(region(roitype=KIND.RECT, rounded_rect_arc_size=9), "a.roi", IMAGEJ).code == "DC394"
    data = bytearray(region())
    data[6] = 77
    assert str(only(bytes(data), "a.roi", IMAGEJ).what) == "the ImageJ region is of a kind that is not known (77)"


@pytest.mark.parametrize("data", [b"hello", b"Iou", b"PK\x03\x04", b"II*\x00" + bytes(90)])
def test_a_file_that_is_not_one_is_refused(data: bytes) -> None:
    found = only(data, "a.roi", IMAGEJ)
    assert (found.code, str(found.what)) == ("DC381", "this is not an ImageJ ROI file")


@pytest.mark.parametrize("length", [4, 63, 64, 70, 79])
def test_a_region_that_is_cut_off_is_refused(length: int) -> None:
    found = only(region()[:length], "a.roi", IMAGEJ)
    assert found.code == "DC381"
    assert str(found.what).startswith("the ImageJ region is damaged or cut off (")


def test_coordinates_that_are_no_numbers_are_refused() -> None:
    for bad in (np.nan, np.inf, -np.inf):
        roi = roifile.ImagejRoi.frompoints(np.array(SQUARE) + 0.5)
        assert roi.subpixel_coordinates is not None
        roi.subpixel_coordinates[1, 0] = bad
        assert only(roi.tobytes(), "a.roi", IMAGEJ).code == "DC381"


def test_too_many_points_are_refused() -> None:
    found = only(region([[n % 60000, n // 60000] for n in range(100_001)]), "a.roi", IMAGEJ)
    assert (found.code, str(found.what)) == ("DC387", "the ImageJ region has more than 100,000 points")


def test_who_when_and_the_scale_are_asked_for_together() -> None:
    found = refused(region(), "a.roi", GIVEN)
    assert [each.code for each in found] == ["DC383", "DC383", "DC385"]
    assert [str(each.what) for each in found[:2]] == [
        "it is not known who measured",
        "it is not known when it was measured",
    ]
    assert str(found[0].mend) == "give it with --by: the file itself does not say it"


def test_a_zip_file_holds_several_patches() -> None:
    right = [[x + 100, y] for x, y in SQUARE]
    data = zipped(("0012-0034.roi", region()), ("temple.ROI", region(right)))
    found = areas(data, "RoiSet.zip", IMAGEJ)
    assert [(patch.name, str(patch.area)) for patch in found.patches] == [("0012-0034", "6.25"), ("temple", "6.25")]


def test_regions_of_one_photo_do_not_overlap_and_those_of_two_may() -> None:
    data = zipped(("a.roi", region()), ("b.roi", region()))
    found = only(data, "RoiSet.zip", IMAGEJ)
    assert (found.code, found.path) == ("DC391", "b")
    assert areas(zipped(("a.roi", region(position=1)), ("b.roi", region(position=2))), "R.zip", IMAGEJ).total


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ((), "the .zip file is empty"),
        ((("../a.roi", region()),), 'the .zip file holds a folder or a path, "../a.roi"'),
        ((("/etc/a.roi", region()),), 'the .zip file holds a folder or a path, "/etc/a.roi"'),
        ((("..\\a.roi", region()),), 'the .zip file holds a folder or a path, "..\\a.roi"'),
        ((("notes.txt", b"x"),), 'the .zip file holds "notes.txt", which is no .roi file'),
        ((("a.roi", b"Iout" + bytes(4_000_000)),), 'unpacked, "a.roi" has 4000004 bytes'),
    ],
)
def test_what_a_zip_file_may_not_hold(members: tuple[tuple[str, bytes], ...], says: str) -> None:
    found = only(zipped(*members), "R.zip", IMAGEJ)
    assert found.code == "DC395"
    assert str(found.what).startswith(says)


def test_a_member_that_stands_twice_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile says so, too
        data = zipped(("a.roi", region()), ("a.roi", region()))
    assert [str(found.what) for found in refused(data, "R.zip", IMAGEJ)] == ['the .zip file holds "a.roi" twice']


def test_a_member_that_is_no_region_is_named() -> None:
    found = only(zipped(("a.roi", region()), ("b.roi", b"hello")), "R.zip", IMAGEJ)
    assert (found.code, found.path, str(found.what)) == ("DC381", "b", "this is not an ImageJ ROI file")


def test_a_bomb_is_not_unpacked() -> None:
    found = refused(zipped(*((f"{n}.roi", bytes(3_900_000)) for n in range(13))), "R.zip", IMAGEJ)
    assert [str(each.what) for each in found] == ["unpacked, the .zip file has more than 50000000 bytes"]


def test_a_damaged_or_secret_zip_file_is_refused() -> None:
    data = zipped(("a.roi", region()))
    assert only(data[:-30], "R.zip", IMAGEJ).code == "DC395"
    middle = bytearray(data)
    middle[60] ^= 0xFF
    assert only(bytes(middle), "R.zip", IMAGEJ).code == "DC395"
    locked = bytearray(data)
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in str(only(bytes(locked), "R.zip", IMAGEJ).what)
    assert only(b"hello", "R.zip", IMAGEJ).code == "DC381"


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "roifile", None)
    found = only(region(), "a.roi", IMAGEJ)
    assert (found.code, str(found.mend)) == ("DC398", 'install it: pip install "dosecalc[area]"')


def test_json_files_need_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    from measuring.area_samples import document, patch

    monkeypatch.setitem(sys.modules, "roifile", None)
    assert read_area_file(document(patch(points=SQUARE)).encode(), "a.json", GIVEN).entries
