"""The area file in JSON: what is not one is refused, with line and column."""

from __future__ import annotations

import json

import pytest

from dosecalc.measuring.json_nodes import Array, Object, Places, Text, Word, read_json
from measuring.area_samples import SQUARE, areas, document, only, patch, refused


def said(text: str | bytes) -> list[str]:
    return [f"{found.where} {found.path} {found.code} {found.what}" for found in refused(text)]


def test_values_keep_their_characters_and_their_places() -> None:
    text = '{"a": [1.50, -2e3],\n "b": "x\\u00e9"}'
    node = read_json(text, Places(text, "a.json"), most_words=2)
    assert node == Object(
        [
            (Text("a", 1), Array([Word("1.50", 7), Word("-2e3", 13)], 6)),
            (Text("b", 21), Text("xé", 26)),
        ],
        0,
    )
    assert str(Places(text, "a.json").where(26)) == "a.json:2:7"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "a.json:1:2  DC380 the text ends too early"),
        ('{"a": [1,]}', 'a.json:1:10  DC380 "]" is in a wrong place'),
        ('{"a": 1,}', 'a.json:1:9  DC380 "}" is in a wrong place'),
        ('{"a" 1}', 'a.json:1:6  DC380 "1" is in a wrong place'),
        ("{'a': 1}", "a.json:1:2  DC380 \"'a'\" is in a wrong place"),
        ('{"a": 1} 2', 'a.json:1:10  DC380 "2" is in a wrong place'),
        ('{"a": 1}\n}', 'a.json:2:1  DC380 "}" is in a wrong place'),
        ('{"a": "x', 'a.json:1:7  DC380 "x" has no end, or holds what JSON does not allow'),
        ('{"a": "x\ty"}', 'a.json:1:7  DC380 "x\\ty}" has no end, or holds what JSON does not allow'),
        ('{"a": "\\q"}', 'a.json:1:7  DC380 "\\q" holds a backslash that means nothing'),
        ("[" * 30, "a.json:1:22  DC380 the brackets are nested too deeply"),
        ("[1 2]", 'a.json:1:4  DC380 "2" is in a wrong place'),
        ("{1: 2}", 'a.json:1:2  DC380 "1" is in a wrong place'),
        (" ", "a.json:1:2  DC380 the text ends too early"),
    ],
)
def test_what_is_not_json_is_refused_where_it_is_wrong(text: str, says: str) -> None:
    assert said(text) == [says]


@pytest.mark.parametrize("text", ["{}", "[]", "3", '"x"', '{"patches": []}', '{"dosecalc_area": "1"}'])
def test_another_json_file_is_not_an_area_file(text: str) -> None:
    assert any("DC380 this is not an area file: it has no key" in line for line in said(text))


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    text = json.dumps(json.loads(document(patch(points=SQUARE))), indent=1).replace("\n", "\r\n")
    assert str(areas(b"\xef\xbb\xbf" + text.encode()).total) == "6.25"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe{\x00}\x00", "the file is not UTF-8 text"),
        (b'{"a": "\xe9"}', "the file is not UTF-8 text"),
        (b'{"a": "\x00"}', "the file holds a zero byte"),
        (b"Iout" + bytes(80), "the file is not what the end of its name says"),
        (b"PK\x03\x04", "the file is not what the end of its name says"),
    ],
)
def test_other_bytes_are_refused(data: bytes, says: str) -> None:
    found = only(data)
    assert found.code == "DC380"
    assert says in str(found.what)


@pytest.mark.parametrize("name", ["area.txt", "area", "area.xlsx", ".json.bak"])
def test_the_name_says_what_the_file_is(name: str) -> None:
    found = only(document(patch(points=SQUARE)), name)
    assert (found.code, str(found.what)) == ("DC380", "an area file ends with .json, .csv, .roi, .zip")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("NaN", '"NaN" is not a number'),
        ("Infinity", '"Infinity" is not a number'),
        ("-Infinity", '"Infinity" is not a number'),
        ("1e400", '"1e400" has an exponent beyond 99'),
        ("10e6", '"10e6" has a number before the power of ten'),
        ("null", '"null" is not a number'),
        ('"12,5"', '"12,5" has a decimal comma'),
        ('"１２"', "full-width"),
        ('"12 px"', '"12 px" holds more than a number'),
        ('""', "the number is missing"),
        ("012", '"012" begins with a zero too many'),
    ],
)
def test_a_coordinate_goes_through_the_notation_firewall(word: str, says: str) -> None:
    text = document(patch(points=SQUARE)).replace("[100, 0]", f"[{word}, 0]")
    found = only(text)
    assert (found.code, found.path) == ("DC201", "patches[0].points[1]")
    assert says in str(found.what)
    assert found.where is not None
    assert text[found.where.column - 1 :].startswith(word)


def test_a_key_that_stands_twice_or_is_not_known_is_refused() -> None:
    text = document(patch(points=SQUARE, colour="red")).replace('"method"', '"name": "again", "method"')
    assert [line.partition(" ")[2] for line in said(text)] == [
        'patches[0] DC382 the key "name" stands here twice',
        'patches[0] DC382 the key "colour" is not known',
    ]


@pytest.mark.parametrize(
    ("keys", "path", "says"),
    [
        ({"name": 3}, "patches[0].name", "a text is expected here"),
        ({"date": 20260227}, "patches[0].date", "a text is expected here"),
        ({"points": "x"}, "patches[0].points", "a list of points [x, y] is expected here"),
        ({"points": []}, "patches[0].points", "the list is empty"),
        ({"holes": [3]}, "patches[0].holes[0]", "a list of points [x, y] is expected here"),
        ({"holes": []}, "patches[0].holes", "the list is empty"),
        ({"closed": "yes"}, "patches[0].closed", '"yes" is neither true nor false'),
        ({"closed": None}, "", ""),
        ({"area_cm2": 3}, "patches[0].area_cm2", "area_cm2 does not go with the method polygon"),
        ({"method": "tracing", "area_cm2": 3}, "patches[0]", "points does not go with the method tracing"),
        ({"method": "tracing", "points": None, "area_cm2": True}, "patches[0].area_cm2", "a number is expected here"),
        (
            {"method": "tracing", "points": None, "area_cm2": 3, "holes": [SQUARE]},
            "patches[0].holes",
            "holes stands without points",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(keys: dict[str, object], path: str, says: str) -> None:
    text = document(patch(**{"points": SQUARE, **keys}))
    if not says:
        assert areas(text).patches
        return
    found = only(text)
    assert (found.code, found.path, str(found.what)) == ("DC382", path, says)


@pytest.mark.parametrize("point", [[1], [1, 2, 3], 5, {"x": 1, "y": 2}, []])
def test_a_point_is_two_numbers(point: object) -> None:
    found = only(document(patch(points=[*SQUARE, point])))
    assert (found.code, found.path, str(found.what)) == ("DC382", "patches[0].points[4]", "a point is two numbers")


@pytest.mark.parametrize("key", ["name", "method", "measured_by", "date", "points"])
def test_what_every_polygon_must_say_is_missed(key: str) -> None:
    found = only(document(patch(**({"points": SQUARE} | {key: None}))))
    assert (found.code, str(found.what), str(found.where)) == ("DC383", f"{key} is missing", "a.json:1:59")


@pytest.mark.parametrize(("method", "keys"), [("ellipse", ["length_cm", "width_cm"]), ("planimetry", ["area_cm2"])])
def test_what_a_method_needs_is_missed(method: str, keys: list[str]) -> None:
    assert [str(found.what) for found in refused(document(patch(method=method)))] == [
        f"{key} is missing" for key in keys
    ]


def test_an_outline_that_says_that_it_is_open_is_refused() -> None:
    found = only(document(patch(points=SQUARE, closed=False)))
    assert (found.code, str(found.what)) == ("DC388", "the outline is not closed, so that it encloses nothing")
    assert areas(document(patch(points=SQUARE, closed=True))).patches


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb", "a\u202eb", "\ud800"])
def test_a_name_fits_on_one_line(name: str) -> None:
    assert only(document(patch(points=SQUARE, name=name))).code in ("DC383", "DC384")


def test_two_patches_have_two_names() -> None:
    found = only(document(patch(points=SQUARE), patch(method="tracing", area_cm2=3)))
    assert (found.code, found.path) == ("DC384", "patches[1].name")
    assert str(found.what) == 'there are two patches called "vertex"'


@pytest.mark.parametrize(("date", "code"), [("27/02/2026", "DC401"), ("2026-02-30", "DC402"), ("2026-03-03", "DC397")])
def test_a_day_that_cannot_be_is_refused(date: str, code: str) -> None:
    found = only(document(patch(points=SQUARE, date=date)))
    assert (found.code, found.path) == (code, "patches[0].date")


def test_a_rectangle_needs_the_site_file() -> None:
    found = only(document(patch(method="rectangle", length_cm=5, width_cm=4)))
    assert (found.code, str(found.what)) == ("DC315", "length × width overstates an area by about 41 %")


def test_an_unknown_method_is_refused() -> None:
    found = only(document(patch(method="Norwood III")))
    assert (found.code, found.path) == ("DC314", "patches[0].method")


def test_the_scale_is_never_assumed() -> None:
    found = only(document(patch(points=SQUARE)).replace('"scale_px_per_cm": 40, ', ""))
    assert (found.code, str(found.what)) == ("DC385", "the scale of the photo is missing: pixels alone are no area")
    assert "measure a ruler in the photo and write how many pixels are 1 cm" in str(found.mend)


@pytest.mark.parametrize(("scale", "other"), [("0.025", "40"), ("0.03", "33.33"), ("0.9999", "1"), ("1e-5", "100000")])
def test_a_scale_in_cm_per_pixel_is_recognised(scale: str, other: str) -> None:
    found = only(document(patch(points=SQUARE)).replace("40", scale))
    assert (found.code, found.path) == ("DC386", "scale_px_per_cm")
    assert str(found.mend) == f"if it is meant as cm per pixel, write {other}, which is 1 ÷ scale"


@pytest.mark.parametrize(("scale", "code"), [("0", "DC205"), ("-40", "DC201"), ("NaN", "DC201"), ("true", "DC382")])
def test_a_scale_is_a_number_above_zero(scale: str, code: str) -> None:
    assert only(document(patch(points=SQUARE)).replace("40", scale)).code == code


def test_an_unknown_version_is_refused() -> None:
    found = only(document(patch(points=SQUARE), dosecalc_area="2"))
    assert (found.code, str(found.what)) == ("DC382", '"2" is not a version of the area file')


def test_a_file_without_a_patch_is_refused() -> None:
    assert [(found.code, found.path) for found in refused(document())] == [("DC382", "patches")]


def test_a_million_points_end_soon_and_clearly() -> None:
    text = '{"dosecalc_area": "1", "scale_px_per_cm": 40, "patches": [{"points": [' + "[1.5,2.5]," * 1_000_000
    found = only(text)
    assert (found.code, str(found.what)) == ("DC387", "the file has more than 100,000 points")
    assert "one for each pixel is more than enough" in str(found.mend)


def test_one_point_too_many_is_named() -> None:
    found = only(document(patch(points=[[0, 0]] * 100_001)))
    assert (found.code, str(found.what)) == ("DC387", "the file has more than 100,000 points")


def test_a_thousand_outlines_are_enough() -> None:
    found = only(document(patch(points=SQUARE, holes=[[[1, 1], [2, 1], [1, 2]]] * 1000)))
    assert (found.code, str(found.what)) == ("DC387", "the file has more than 1,000 outlines and holes")
