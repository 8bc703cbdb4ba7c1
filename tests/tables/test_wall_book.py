"""The clinic's calendar as a workbook, read back with another program."""

from __future__ import annotations

import datetime as dt
import io
import sys
import zipfile
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from documents.walls import KNOWN, ZONE, busy, page
from dosecalc.documents.day_list import DayList, DayVisit
from dosecalc.documents.wall import WallDay, WallVisit
from dosecalc.errors import Refusal
from dosecalc.tables.wall_book import day_book, wall_book
from dosecalc.text import Words, msg


def read(data: bytes, sheet: int) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def test_the_table_of_visits_has_real_dates_and_times() -> None:
    data = wall_book(page("month", {16: busy(16, 2)}), "en", "A4")
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names == ["Month", "Visits"]
    assert read(data, 1) == [
        ["Date", "Day", "Time", "Participant", "Visit", "Status"],
        [dt.date(2026, 4, 16), "Thursday", dt.time(8), "P001", "D7", "booked"],
        [dt.date(2026, 4, 16), "Thursday", dt.time(8), "P002", "D7", "booked"],
    ]
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        table = book.read("xl/tables/table1.xml").decode()
    assert 'ref="A1:F3"' in table
    assert "<autoFilter" in table


@pytest.mark.parametrize("kind", ["month", "week"])
def test_every_visit_of_a_full_day_is_in_the_grid(kind: Any) -> None:
    rows = read(wall_book(page(kind, {16: busy(16, 40)}), "en", "A4"), 0)
    said = [cell for row in rows for cell in row if isinstance(cell, str)]
    assert [
        code for code in (f"P{number:03}" for number in range(1, 41)) if not any(code in each for each in said)
    ] == []


@pytest.mark.parametrize("kind", ["month", "week"])
def test_no_text_becomes_a_formula_a_link_or_a_number(kind: Any) -> None:
    at = dt.datetime(2026, 4, 16, 9, 30, tzinfo=ZONE)
    visits = tuple(
        WallVisit(at=at, participant=text, visit="=1+1") for text in ("=1+1", "+49", "007", "http://example.org", "@x")
    )
    clinic = Words('=HYPERLINK("http://example.org")', "=1")
    why = Words("=2+2", "=2")
    day = WallDay(day=dt.date(2026, 4, 16), visits=visits, ends=(("=3+3", "D7"),), open=False, why=why)
    data = wall_book(page(kind, {16: day}, clinic), "en", "A4")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]
    assert len(sheets) >= 2
    assert not any("<f>" in sheet or "hyperlink" in sheet for sheet in sheets)
    assert [row[3] for row in read(data, 1)][1:] == ["=1+1", "+49", "007", "http://example.org", "@x", "=3+3"]


@pytest.mark.parametrize("kind", ["month", "week"])
def test_the_same_visits_give_the_same_workbook(kind: Any) -> None:
    wall = page(kind, {16: busy(16, 8)})
    assert wall_book(wall, "zh", "A3") == wall_book(wall, "zh", "A3")


@pytest.mark.parametrize(("size", "code"), [("A4", "9"), ("A3", "8")])
def test_it_prints_sideways_and_one_page_wide(size: Any, code: str) -> None:
    with zipfile.ZipFile(io.BytesIO(wall_book(page(), "en", size))) as book:
        for name in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"):
            sheet = book.read(name).decode()
            assert f'paperSize="{code}"' in sheet
            assert 'orientation="landscape"' in sheet
            assert 'fitToHeight="0"' in sheet


def test_a_closed_day_says_why_in_its_cell() -> None:
    closed = WallDay(day=dt.date(2026, 4, 14), open=False, why=Words("renovation", "装修"), provisional=True)
    rows = read(wall_book(page("month", {14: closed}), "en", "A4"), 0)
    assert "?  closed: renovation" in [cell for row in rows for cell in row]


def test_a_month_without_visits_is_a_grid_with_an_empty_table() -> None:
    data = wall_book(page(), "en", "A4")
    grid = [cell for row in read(data, 0) for cell in row]
    assert [dt.date(2026, 4, number) in grid for number in range(1, 31)] == [True] * 30
    assert read(data, 1)[0][0] == "Date"
    assert not any(any(row) for row in read(data, 1)[1:])


def test_the_list_of_a_day_is_a_table_too() -> None:
    at = dt.datetime(2026, 4, 16, 9, 30, tzinfo=ZONE)
    visit = DayVisit(
        at=at, participant="P001", visit="D7", label=Words("Day 7", "第 7 天"), left=msg("last day"),
        needs=(msg("measure the area"), msg("a dose is given")), resources=(Words("bed", "床"),),
    )  # fmt: skip
    listed = DayList(
        protocol="NCT07084012", clinic=None, day=WallDay(day=dt.date(2026, 4, 16)), visits=(visit,),
        ends=(("P002", "D7", Words("Day 7", "第 7 天")),), known=KNOWN,
    )  # fmt: skip
    rows = read(day_book(listed, "en"), 0)
    assert rows[0][0] == "Day list of Thursday, 16 April 2026"
    assert rows[2] == ["Time", "Participant", "Visit", "Window", "What is needed", "Resources", "Came", "Initials"]
    assert rows[3] == [
        dt.time(9, 30), "P001", "D7: Day 7", "last day", "measure the area, a dose is given", "bed", "", "",
    ]  # fmt: skip
    assert ["P002", "D7: Day 7"] in [row[1:3] for row in rows]
    assert day_book(listed, "en") == day_book(listed, "en")


def test_without_the_package_the_way_to_install_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(Refusal) as refused:
        wall_book(page(), "en", "A4")
    [finding] = refused.value.findings
    assert (finding.code, str(finding.what)) == (
        "DC903",
        "workbooks are written by the package XlsxWriter, which is not installed",
    )
