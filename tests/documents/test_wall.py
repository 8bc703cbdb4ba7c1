"""The clinic's calendar on paper and on a screen: everything on one page, and nothing cut in silence."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from pathlib import Path
from typing import Literal

import pytest

from documents import paper
from documents.walls import KNOWN, ZONE, busy, page
from dosecalc.documents.wall import PaperSize, Wall, WallDay, WallVisit, narrow, wall_pdf, wall_png
from dosecalc.documents.wall_html import wall_html
from dosecalc.errors import Refusal
from dosecalc.text import Words, msg

Kind = Literal["month", "week"]
KINDS: tuple[Kind, ...] = ("month", "week")
each_kind = pytest.mark.parametrize("kind", KINDS)


def text_of(wall: Wall, size: PaperSize = "A4") -> str:
    [only] = paper.pages(wall_pdf(wall, "en", size))
    return only


def smallest(pdf: bytes, folder: Path) -> float:
    """The least height of a word's letters on the page, as a share of the font's size: in points."""
    file = folder / "page.pdf"
    file.write_bytes(pdf)
    ran = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, check=True)
    found = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">[^<]*P\d\d\d<', ran.stdout.decode())
    return min(float(bottom) - float(top) for top, bottom in found)


@each_kind
@pytest.mark.parametrize("size", ["A4", "A3"])
@pytest.mark.parametrize("count", [0, 1, 6, 12, 40, 90])
def test_every_visit_of_a_day_is_shown_or_counted(kind: Kind, size: PaperSize, count: int) -> None:
    said = text_of(page(kind, {16: busy(16, count)}), size)
    shown = len(re.findall(r"\bP\d{3}\b", said))
    hidden = sum(int(number) for number in re.findall(r"\+(\d+) more, see the day list", said))
    assert shown + hidden == count
    assert shown > 0 or not count


def test_a_larger_sheet_shows_more_of_a_full_day() -> None:
    wall = page("month", {16: busy(16, 40)})
    shown = {size: len(re.findall(r"\bP\d{3}\b", text_of(wall, size))) for size in ("A4", "A3")}
    assert shown["A4"] < shown["A3"]


def test_letters_become_smaller_on_a_full_day_and_never_smaller_than_can_be_read(tmp_path: Path) -> None:
    """A word's box is as high as a line of its font: the heights compare as the sizes do."""
    few = smallest(wall_pdf(page("month", {16: busy(16, 3)}), "en", "A4"), tmp_path)
    many = smallest(wall_pdf(page("month", {16: busy(16, 60)}), "en", "A4"), tmp_path)
    assert many / few == pytest.approx(6.5 / 9.5, abs=0.01)
    few, many = (smallest(wall_pdf(page("month", {16: busy(16, n)}), "en", "A3"), tmp_path) for n in (3, 90))
    assert many / few == pytest.approx(7 / 13, abs=0.01)


@each_kind
def test_the_longest_codes_are_whole(kind: Kind) -> None:
    code = "SHENZHEN-RESEARCH-CENTRE-2026-PATIENT{:03}"
    assert len(code.format(1)) == 40
    said = re.sub("[- ]", "", text_of(page(kind, {14: busy(14, 4, code)}), "A3"))  # a hyphen may end a line
    assert [number for number in range(1, 5) if code.format(number).replace("-", "") in said] == [1, 2, 3, 4]


def closed(number: int, **more: object) -> WallDay:
    day = dt.date(2026, 4, number)
    why = Words("Tomb-Sweeping Day (observed)", "清明节（补假）")
    return WallDay(day=day, open=False, why=why, places=6, **more)  # type: ignore[arg-type]


@each_kind
def test_a_closed_day_says_why_and_a_visit_on_it_is_marked(kind: Kind) -> None:
    at = dt.datetime(2026, 4, 14, 9, 30, tzinfo=ZONE)
    visit = WallVisit(at=at, participant="P001", visit="D7", mark="amiss")
    wall = page(kind, {14: closed(14, visits=(visit,), taken=1)})
    said = text_of(wall)
    assert "closed: Tomb-Sweeping Day (observed)" in said.replace("Tomb- ", "Tomb-")
    assert "! 09:30 P001 D7" in said
    assert "! booked outside its window, or for a day on which the clinic is closed" in said
    html = wall_html(wall, "en", "A4").decode()
    assert "closed: Tomb-Sweeping Day (observed)" in html
    assert '<span class="visit amiss">! 09:30 P001 D7</span>' in html


@each_kind
def test_a_window_that_ends_unbooked_is_marked_and_explained(kind: Kind) -> None:
    wall = page(kind, {15: WallDay(day=dt.date(2026, 4, 15), ends=(("P012", "D14"),))})
    for said in (text_of(wall), wall_html(wall, "en", "A4").decode()):
        assert "P012 D14" in said
        assert "the last day of its window, and it is not booked" in said


@each_kind
def test_a_provisional_day_has_a_sign_that_is_explained(kind: Kind) -> None:
    wall = page(kind, {15: WallDay(day=dt.date(2026, 4, 15), provisional=True)})
    why = "provisional: the official notice of public holidays is not known yet, and working days may change"
    for said in (text_of(wall), wall_html(wall, "en", "A4").decode()):
        assert re.search(r"15( April)?\s+\?", said)
        assert why in said


@each_kind
def test_a_page_explains_no_sign_that_is_not_on_it(kind: Kind) -> None:
    said = text_of(page(kind))
    assert not re.search("closed|provisional|places|outside|not booked", said)


@each_kind
def test_a_day_says_how_many_places_are_taken(kind: Kind) -> None:
    said = text_of(page(kind, {14: busy(14, 4), 15: busy(15, 6), 16: busy(16, 7)}))
    assert [tally for tally in ("4/6", "6/6", "7/6") if tally in said] == ["4/6", "6/6", "7/6"]


def test_a_visit_at_an_unknown_time_has_a_row_of_its_own_in_a_week() -> None:
    came = WallVisit(at=None, participant="P001", visit="D7", mark="came")
    wall = page("week", {14: WallDay(day=dt.date(2026, 4, 14), visits=(came,))})
    assert "✓ – P001 D7" in text_of(wall)
    assert "✓ – P001 D7" in wall_html(wall, "en", "A4").decode()


def test_a_visit_at_night_has_its_hour_in_a_week() -> None:
    at = dt.datetime(2026, 4, 14, 23, 30, tzinfo=ZONE)
    visit = WallVisit(at=at, participant="P001", visit="D0")
    said = text_of(page("week", {14: WallDay(day=dt.date(2026, 4, 14), visits=(visit,))}))
    assert "23:00" in said
    assert "23:30 P001 D0" in said


@each_kind
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_very_long_name_of_the_clinic_leaves_the_page_one_page(kind: Kind, language: Literal["en", "zh"]) -> None:
    long = Words("Department of Clinical Research of the University Hospital " * 5, "某某大学附属医院临床研究中心" * 12)
    wall = page(kind, {14: busy(14, 6)}, clinic=long)
    assert len(paper.pages(wall_pdf(wall, language, "A4"))) == 1


def test_a_character_that_no_font_has_is_refused_and_not_printed_as_a_box() -> None:
    wall = page(clinic=Words("Clinic \U0001f3e5", "医院"))
    for make in (wall_pdf, wall_png):
        with pytest.raises(Refusal) as refused:
            make(wall, "en", "A4")
        assert [each.code for each in refused.value.findings] == ["DC641"]


@each_kind
def test_the_same_visits_give_the_same_bytes(kind: Kind) -> None:
    wall = page(kind, {14: busy(14, 6), 15: closed(15)})
    assert wall_pdf(wall, "zh", "A3") == wall_pdf(wall, "zh", "A3")
    assert wall_png(wall, "en", "A4") == wall_png(wall, "en", "A4")


def test_nothing_on_the_page_is_markup() -> None:
    wall = page(clinic=Words("#let *x* <b>&", "b"))
    assert "#let *x* <b>&" in text_of(wall)
    assert "#let *x* &lt;b&gt;&amp;" in wall_html(wall, "en", "A4").decode()


def test_a_column_is_narrow_only_where_nothing_can_stand_in_it() -> None:
    saturday = WallDay(day=dt.date(2026, 4, 18), open=False, why=msg("Saturday"))
    assert narrow(iter([None, saturday]))
    assert not narrow(iter([saturday, WallDay(day=dt.date(2026, 4, 25))]))
    assert not narrow(iter([WallDay(day=dt.date(2026, 4, 18), open=False, ends=(("P001", "D7"),))]))


def test_the_page_says_up_to_when_bookings_are_looked_at() -> None:
    assert f"As of {KNOWN:%Y-%m-%d %H:%M}; bookings may have changed since" in text_of(page())


def test_the_paper_has_the_size_that_is_asked_for(tmp_path: Path) -> None:
    sizes = {}
    for size in ("A4", "A3"):
        file = tmp_path / f"{size}.pdf"
        file.write_bytes(wall_pdf(page(), "en", size))
        ran = subprocess.run(["pdfinfo", str(file)], capture_output=True, check=True)
        sizes[size] = re.search(r"Page size: +(\S+) x (\S+)", ran.stdout.decode())
    # 297 mm × 210 mm and 420 mm × 297 mm, in points of 1/72 inch
    assert [[round(float(each)) for each in found.groups()] for found in sizes.values() if found] == [
        [842, 595],
        [1191, 842],
    ]
