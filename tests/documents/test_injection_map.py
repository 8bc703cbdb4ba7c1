"""The map on paper: true to scale, the same bytes every time, legible, and silent about who gets what."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from dosecalc.documents.injection_map import MAP_KINDS, injection_map
from dosecalc.documents.map_layout import frames_on_page
from dosecalc.documents.pen import Pen, PenKind
from dosecalc.errors import Refusal
from dosecalc.measuring.mapped import MappedArea
from dosecalc.measuring.outline import Outline
from dosecalc.measuring.spread import spread
from measuring.shapes import PATCHES, RING, ROUND, U, oval, polygon, rectangle

LARGE = polygon(*oval(9, 8, 40, 30), name="large")


def area(outlines: Sequence[Outline], sites: int, label: str | None = None) -> MappedArea:
    found = spread(outlines, sites)
    return MappedArea(label=label, patches=found.patches, outlines=tuple(outlines), spread=found)


def text_of(pdf: bytes) -> str:
    ran = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return ran.stdout.decode()


@pytest.mark.parametrize("kind", MAP_KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_area_gives_the_same_bytes(kind: PenKind, language: str) -> None:
    one, other = (injection_map([area(PATCHES, 30)], kind, language, participant="S-1") for _ in range(2))  # type: ignore[arg-type]
    assert one == other


@pytest.mark.parametrize("kind", MAP_KINDS)
def test_the_settings_of_whoever_draws_change_nothing(kind: PenKind) -> None:
    before = injection_map([area([RING], 12)], kind, "en")
    own = {
        "font.size": 30, "lines.linewidth": 9, "svg.fonttype": "none", "savefig.dpi": 50, "savefig.bbox": "tight",
        "text.color": "red", "pdf.fonttype": 42, "path.sketch": (3, 5, 2), "axes.unicode_minus": False,
    }  # fmt: skip
    with mpl.rc_context(own):  # type: ignore[arg-type]
        assert injection_map([area([RING], 12)], kind, "en") == before
        assert mpl.rcParams["font.size"] == 30


def test_an_svg_page_is_a4_and_a_centimetre_on_it_is_one() -> None:
    drawn = injection_map([area([rectangle(10, 10)], 4)], "svg", "en")
    root = ET.fromstring(drawn)
    width, height = (float(root.attrib[name].removesuffix("pt")) for name in ("width", "height"))
    assert (round(width / 72 * 2.54, 2), round(height / 72 * 2.54, 2)) == (21.0, 29.7)
    # The square of 10 cm is 10 / 2.54 × 72 = 283.46 points wide: its corners stand so far apart.
    xs = sorted({float(x) for x in re.findall(rb"[ML] ([0-9.]+) ", drawn)})
    assert any(abs(b - a - 283.4646) < 0.001 for a, b in combinations(xs, 2))


def test_a_png_page_is_a4_at_the_resolution_that_it_states() -> None:
    drawn = injection_map([area([ROUND], 4)], "png", "en")
    width, height = struct.unpack(">II", drawn[16:24])
    at = drawn.index(b"pHYs") + 4
    per_metre = struct.unpack(">II", drawn[at : at + 8])
    assert per_metre == (7874, 7874)  # 200 to the inch
    assert (round(width / 78.74, 1), round(height / 78.74, 1)) == (21.0, 29.7)


def test_a_pdf_holds_every_number_of_the_map_as_text() -> None:
    text = text_of(injection_map([area([U], 120)], "pdf", "en", participant="SZ-001"))
    words = text.split()
    assert {str(number) for number in range(1, 121)} <= set(words)
    assert "Injection map" in text
    assert "Participant SZ-001" in text
    assert "Sites: 120. Area: 124 cm²" in text  # 13 × 13 − 5 × 9
    assert "Scale 1 : 1. Print at 100 %: the bar is then 5 cm long, and the map as large as the skin." in text


def test_margin_and_spacing_stand_on_the_map() -> None:
    drawn = area([U], 40)
    assert drawn.spread is not None
    said = f"to the edge at least {drawn.spread.margin} cm, to each other {drawn.spread.least_spacing} cm"
    assert said in text_of(injection_map([drawn], "pdf", "en"))


def test_an_area_that_is_too_large_for_the_page_is_drawn_at_half_size_and_says_so() -> None:
    text = text_of(injection_map([area([rectangle(22, 22)], 40)], "pdf", "en"))
    assert "Scale 1 : 2: the bar stands for 5 cm of skin. Printed at 100 % it is 2.5 cm long." in text


@pytest.mark.parametrize(
    ("sizes", "scale", "sideways"),
    [
        ([(18, 16)], 1, False),
        ([(24, 12)], 1, True),
        ([(24, 20)], 2, False),
        ([(8, 16), (8, 16)], 1, False),
        ([(18, 9), (18, 9)], 1, False),
        ([(12, 12), (12, 12)], 1, True),
        ([(18, 16), (18, 16)], 2, False),
    ],
)
def test_areas_are_true_to_scale_where_they_fit(sizes: list[tuple[int, int]], scale: int, sideways: bool) -> None:
    page, got, frames = frames_on_page([[rectangle(width, height)] for width, height in sizes])
    assert (got, page[0] > page[1]) == (scale, sideways)
    for (width, height), frame in zip(sizes, frames, strict=True):
        (x0, y0), (x1, y1) = frame.place(0, 0), frame.place(width, height)
        assert abs(x1 - x0 - width / scale) < 1e-9
        assert abs(y1 - y0 - height / scale) < 1e-9
        left, top, right, bottom = frame.grid
        assert 0.8 < left < x0
        assert 0.8 < top < y0
        assert x1 < right < page[0] - 0.8
        assert y1 < bottom < page[1] - 2


def test_two_areas_are_drawn_alike_and_no_word_tells_which_is_which() -> None:
    """R15: a patch that somebody called "control" does not have its name on the map."""
    study = [polygon(*oval(3, 3), name="exosome side"), polygon(*oval(1, 1, 16), name="active")]
    control = [polygon(*oval(3, 3), name="control"), polygon(*oval(1, 1, 16), name="saline")]
    for kind in MAP_KINDS:
        drawn = injection_map([area(study, 12, "A"), area(control, 12, "B")], kind, "en")
        assert not re.search(rb"control|exosome|saline|active", drawn)
    text = text_of(injection_map([area(study, 12, "A"), area(control, 12, "B")], "pdf", "en"))
    assert "Area A" in text
    assert "Area B" in text
    assert not re.search("control|exosome|saline|active", text)


def test_the_areas_of_a_trial_exchanged_give_the_same_bytes_where_they_are_alike() -> None:
    one, other = area([ROUND], 12, "A"), area([ROUND], 12, "B")
    named = area([Outline(name="saline", ring=ROUND.ring)], 12, "B")
    assert injection_map([one, other], "svg", "en") == injection_map([one, named], "svg", "en")


def test_patches_of_a_single_area_have_their_names_and_numbers() -> None:
    text = text_of(injection_map([area(PATCHES, 40)], "pdf", "en"))
    for said in ("left temple (1–", "crown (", "small (39–40)"):
        assert said in text


class Noted:
    """What `Pen` was asked to draw."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.numbers: list[tuple[float, float, int]] = []
        self.dots: list[tuple[float, float]] = []
        self.radius = self.size = 0.0

        def numbers(_: Pen, placed: list[tuple[float, float, int]], size: float) -> None:
            self.numbers, self.size = placed, size

        def dots(_: Pen, points: list[tuple[float, float]], radius: float, colour: str) -> None:
            self.dots, self.radius = points, radius

        monkeypatch.setattr(Pen, "numbers", numbers)
        monkeypatch.setattr(Pen, "dots", dots)

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """The boxes of the numbers: a digit of DejaVu Sans is 0.636 wide and 0.73 high."""
        point = 2.54 / 72
        widths = [0.636 * len(str(number)) * self.size * point for _, _, number in self.numbers]
        high = 0.73 * self.size * point
        return [
            (x - width / 2, y - high, x + width / 2, y) for (x, y, _), width in zip(self.numbers, widths, strict=True)
        ]


@pytest.mark.parametrize("sites", [1, 5, 24, 60, 400, 500])
@pytest.mark.parametrize("outlines", [[LARGE], [U], [RING], PATCHES], ids=["large", "U", "ring", "several"])
def test_no_number_meets_another_number_or_the_dot_of_another_site(
    outlines: Sequence[Outline], sites: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = Noted(monkeypatch)
    injection_map([area(outlines, sites)], "svg", "en")
    assert [number for _, _, number in noted.numbers] == list(range(1, sites + 1))
    boxes = noted.boxes()
    for (left, top, right, bottom), (x0, y0, x1, y1) in combinations(boxes, 2):
        assert right <= x0 or x1 <= left or bottom <= y0 or y1 <= top
    for left, top, right, bottom in boxes:
        for x, y in noted.dots:
            aside = max(left - x, x - right, 0)
            above = max(top - y, y - bottom, 0)
            assert aside * aside + above * above >= noted.radius**2


WIDE = polygon(*oval(12, 7, 40, 30), name="wide")
POINTS_PER_CM = 72 / 2.54


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("outlines", [[ROUND], PATCHES, [WIDE]], ids=["upright", "several", "sideways"])
def test_in_an_svg_each_number_stands_just_below_its_own_dot(outlines: Sequence[Outline], language: str) -> None:
    """Read from the file alone: a number turned upside down on the page would be injected in another place."""
    svg = injection_map([area(outlines, 24)], "svg", language).decode()  # type: ignore[arg-type]
    dots = [d for d, look in re.findall(r'<path d="([^"]+)" style="([^"]+)"', svg) if look == "fill: #1a1a1a"]
    places = [tuple(map(float, pair)) for d in dots if d.count("M") == 24 for pair in re.findall(r"M (\S+) (\S+)", d)]
    written = re.findall(r"<!-- (\d+) -->\s*<g style=\"fill: #1a1a1a\" transform=\"translate\((\S+) (\S+)\)", svg)
    numbers = [(int(said), float(x), float(y)) for said, x, y in written if said != "0"]
    assert [number for number, _, _ in numbers] == list(range(1, 25))
    assert len(places) == 24
    for (number, x, y), (dot_x, dot_y) in zip(numbers, places, strict=True):
        assert abs(x - dot_x) < 0.4 * POINTS_PER_CM, number
        assert 0 < y - dot_y < 0.5 * POINTS_PER_CM, number


def test_in_a_pdf_each_number_stands_just_below_its_own_dot() -> None:
    drawn = area([WIDE], 24)
    assert drawn.spread is not None
    pdf = injection_map([drawn], "pdf", "en")
    ran = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    boxes = re.findall(r'xMin="(\S+)" yMin="(\S+)" xMax="(\S+)" yMax="(\S+)">(\d+)<', ran.stdout.decode())
    _, _, (frame,) = frames_on_page([drawn.outlines])
    for site in drawn.spread.sites:
        x, y = (POINTS_PER_CM * cm for cm in frame.place(site.x, site.y))
        middles = [
            ((float(left) + float(right)) / 2 - x, (float(top) + float(bottom)) / 2 - y)
            for left, top, right, bottom, said in boxes
            if said == str(site.number)
        ]
        assert any(abs(aside) < 1 and 0 < below < 0.5 * POINTS_PER_CM for aside, below in middles), site.number


@pytest.mark.parametrize("sites", [400, 500])
def test_the_numbers_of_many_sites_can_still_be_read(sites: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """4 points are the least that a good printer and good eyes make out."""
    noted = Noted(monkeypatch)
    injection_map([area([LARGE], sites)], "svg", "en")
    assert noted.size > 4


def test_chinese_letters_are_in_the_font_of_the_map() -> None:
    drawn = area([polygon(*oval(3, 3), name="头顶"), polygon(*oval(1, 1, 16), name="左侧")], 12)
    for language in ("en", "zh"):
        text = text_of(injection_map([drawn], "pdf", language))
        assert "头顶" in text
        assert "左侧" in text


def test_a_character_that_no_font_has_is_refused_and_not_drawn_as_a_box() -> None:
    drawn = area([polygon(*oval(3, 3), name="\U0001fae8"), polygon(*oval(1, 1, 16), name="b")], 12)
    with pytest.raises(Refusal) as refused:
        injection_map([drawn], "svg", "zh")
    assert str(refused.value).startswith("DC379 no font here can write ")


def test_a_dollar_sign_in_a_name_is_no_formula() -> None:
    drawn = area([polygon(*oval(3, 3), name="a $x$ b"), polygon(*oval(1, 1, 16), name="b")], 12)
    assert "a $x$ b (1–" in text_of(injection_map([drawn], "pdf", "en"))


def test_a_map_says_nothing_of_when_and_by_which_program_version_it_was_made() -> None:
    for kind in MAP_KINDS:
        drawn = injection_map([area([ROUND], 3)], kind, "en")
        assert mpl.__version__.encode() not in drawn
        assert b"CreationDate" not in drawn
        assert b"dc:date" not in drawn


def test_the_place_of_an_outline_in_the_photo_is_what_the_grid_counts() -> None:
    far = rectangle(4, 4, 103, 57)
    words = text_of(injection_map([area([far], 2)], "pdf", "en")).split()
    assert {"103", "104", "105", "106", "107", "57", "58", "59", "60", "61"} <= set(words)
    assert Fraction(103) == min(x for x, _ in far.ring)
