"""Workbooks: numbers are doubles, dates are numbers, and what is no value is refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from dosecalc.errors import InvalidFile
from dosecalc.tables import spreadsheet
from dosecalc.tables.rows import read_table
from tables.building import HAIR, STROKE, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DAY = {"num_format": "yyyy-mm-dd"}
MINUTE = {"num_format": "yyyy-mm-dd hh:mm"}
CLOCK = {"num_format": "hh:mm"}

Sheet = Any
Book = Any

clock = dt.datetime.fromisoformat  # a workbook's times have no zone


def workbook(*sheets: tuple[str, Callable[[Book, Sheet], None]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        for name, fill in sheets:
            fill(book, book.add_worksheet(name))
    return stream.getvalue()


def filled(*rows: Sequence[object]) -> Callable[[Book, Sheet], None]:
    def fill(book: Book, sheet: Sheet) -> None:
        formats = {kind: book.add_format(kind_format) for kind, kind_format in (("day", DAY), ("minute", MINUTE))}
        for line, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, dt.datetime):
                    sheet.write_datetime(line, column, cell, formats["minute"])
                elif isinstance(cell, dt.date):
                    sheet.write_datetime(line, column, cell, formats["day"])
                elif isinstance(cell, str):
                    sheet.write_string(line, column, cell)
                else:
                    sheet.write(line, column, cell)

    return fill


def single(*rows: Sequence[object]) -> bytes:
    return workbook(("Participants", filled(*rows)))


def with_number(data: bytes, written: str, meant: str) -> bytes:
    """The workbook with another number in a cell: XlsxWriter itself writes 16 digits, a spreadsheet program 17."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for part in old.infolist():
            new.writestr(part, old.read(part).replace(f"<v>{written}</v>".encode(), f"<v>{meant}</v>".encode()))
    return stream.getvalue()


def texts(data: bytes) -> list[list[str]]:
    return [list(row) for row in read_table(data, "list.xlsx").rows]


def test_numbers_become_plain_digits() -> None:
    data = single(["a", "b", "c", "d", "e"], [23.4, 100000000, 5e9, 0.0000001, 30])
    assert texts(data) == [["23.4", "100000000", "5000000000", "0.0000001", "30"]]
    assert read_table(data, "list.xlsx").notes == ()


def test_a_sum_of_doubles_is_read_at_15_digits_and_shown_back() -> None:
    # 0.1 + 2.7 + 0.2 in doubles is 3.0000000000000004: rounded up, four sites instead of three.
    data = with_number(single(["participant", "area_cm2"], ["SZ-001", 77.25]), "77.25", "3.0000000000000004")
    assert texts(data) == [["SZ-001", "3"]]
    assert [(note.code, str(note.text)) for note in read_table(data, "list.xlsx").notes] == [
        ("read-at-15-digits", "cell B2 holds 3.0000000000000004 and was read as 3")
    ]


def test_many_such_cells_are_named_up_to_twenty_and_then_counted() -> None:
    data = single(["area_cm2"], *([77.25] for _ in range(25)))
    notes = read_table(with_number(data, "77.25", "3.0000000000000004"), "list.xlsx").notes
    assert len(notes) == 21
    assert str(notes[-1].text) == "5 more cells were read at 15 significant digits"


def test_dates_and_times_become_iso_text() -> None:
    data = single(["a", "b"], [dt.date(2026, 3, 2), clock("2026-03-09T09:30")])
    assert texts(data) == [["2026-03-02", "2026-03-09T09:30"]]


def test_a_full_minute_that_the_double_missed_is_that_minute() -> None:
    # 46090.395833333 days after 1899-12-30 is 2026-03-09T09:29:59.999971.
    stamp = with_number(single(["a"], [clock("2026-03-09T09:30")]), "46090.395833333336", "46090.395833333")
    assert texts(stamp) == [["2026-03-09T09:30"]]


def test_text_cells_stay_as_they_are() -> None:
    assert texts(single(["a", "b"], ["1.0e8", " =cmd() "])) == [["1.0e8", " =cmd() "]]


def test_a_list_in_a_workbook_is_planned_like_the_same_list_in_text() -> None:
    data = single(
        ["participant", "start", "arm", "area_cm2", "book_W2"],
        ["SZ-001", dt.date(2026, 3, 2), "phase1-A", 23.4, clock("2026-03-16T09:30")],
        ["SZ-002", "2026-03-03", "phase1-B", "8.2;11.1;10.7", ""],
    )
    assert refused(data, HAIR, file="list.xlsx") == []


def test_cells_that_hold_no_value_are_refused_one_by_one() -> None:
    def fill(book: Book, sheet: Sheet) -> None:
        sheet.write_row(0, 0, ["participant", "start", "arm", "book_D7", "book_D14"])
        sheet.write_string(1, 0, "TT-001")
        sheet.write_boolean(1, 1, True)
        sheet.write_formula(1, 2, "=VLOOKUP(A2,List!A:B,2,0)", None, "#N/A")
        sheet.write_datetime(1, 3, dt.time(9, 30), book.add_format(CLOCK))
        sheet.write_number(2, 0, 20260302000111222)
        sheet.write_string(2, 1, "2026-03-02")

    mend = "; write the value itself: a text, a number of at most 15 digits, a date, or a date with a time"
    assert refused(workbook(("List", fill)), file="list.xlsx") == [
        f"list.xlsx:2:2 DC615 the cell holds a truth value{mend}",
        f"list.xlsx:2:3 DC615 the cell holds an error (#N/A){mend}",
        f"list.xlsx:2:4 DC615 the cell holds a time without a date{mend}",
        (
            "list.xlsx:3:1 DC615 the cell holds a number of more than 15 digits, "
            f"and a workbook does not keep all of them{mend}"
        ),
    ]


def test_empty_sheets_do_not_count() -> None:
    rows = (["participant", "start"], ["TT-001", "2026-03-02"])
    data = workbook(("Sheet1", filled()), ("Sheet2", filled(*rows)), ("Sheet3", filled()))
    assert texts(data) == [["TT-001", "2026-03-02"]]
    assert read_table(data, "list.xlsx").notes == ()


def test_of_several_sheets_the_one_with_participants_is_read_and_named() -> None:
    rows = (["participant", "start"], ["TT-001", "2026-03-02"])
    data = workbook(("Notes", filled(["Call the pharmacy"])), ("List", filled(*rows)))
    assert texts(data) == [["TT-001", "2026-03-02"]]
    assert [str(note.text) for note in read_table(data, "list.xlsx").notes] == [
        "of several sheets the one called List was read, which has the participants"
    ]


def test_two_sheets_with_participants_are_refused() -> None:
    rows = (["participant", "start"], ["TT-001", "2026-03-02"])
    data = workbook(("Site 1", filled(*rows)), ("Site 2", filled(*rows)))
    assert refused(data, file="list.xlsx") == [
        (
            "list.xlsx DC614 the workbook has several sheets: Site 1, Site 2; "
            "keep the column 'participant' on one sheet only, or save that sheet as a file"
        )
    ]


def test_an_empty_workbook_is_refused() -> None:
    assert refused(workbook(("Sheet1", filled())), file="list.xlsx") == [
        "list.xlsx DC613 the workbook is empty; check that this is the right file"
    ]


def test_half_a_workbook_is_refused() -> None:
    data = single(["participant", "start"], ["TT-001", "2026-03-02"])
    (found,) = refused(data[: len(data) // 2], file="list.xlsx")
    assert found.startswith("list.xlsx DC610 the workbook cannot be read (")
    assert found.endswith("; open it in the spreadsheet program and save it again as .xlsx, without a password")


def test_another_zip_file_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as parts:
        parts.writestr("readme.txt", "not a workbook")
    (found,) = refused(stream.getvalue(), file="list.xlsx")
    assert found.startswith("list.xlsx DC610 the workbook cannot be read (")


def test_a_workbook_packed_to_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_MOST_UNPACKED", 1000)
    (found,) = refused(single(["participant"], ["x" * 2000]), STROKE, file="list.xlsx")
    assert found.startswith("list.xlsx DC610 unpacked, the workbook has ")
    assert "; check that this is the right file, or divide it" in found


def test_a_cell_far_away_from_the_others_is_refused_before_memory_is_reserved_for_all_between() -> None:
    def far(_book: Book, sheet: Sheet) -> None:
        sheet.write_string(0, 0, "participant")
        sheet.write_string(1_048_575, 16_383, "x")

    with pytest.raises(InvalidFile, match="DC610 the sheet reaches to cell XFD1048576"):
        read_table(workbook(("Participants", far)), "list.xlsx")
