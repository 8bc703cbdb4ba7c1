"""Comma-separated text: encodings, lines, columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dosecalc.errors import InvalidFile
from dosecalc.tables import rows
from dosecalc.tables.rows import read_table
from tables.building import HAIR, plan, refused, table

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "participant,start,book_D7"
GOOD = "TT-001,2026-03-02,"


def test_a_plain_file_gives_its_header_and_rows() -> None:
    found = read_table(b"participant,start\nTT-001,2026-03-02\nTT-002,2026-03-05", "list.csv")
    assert found.header == ("participant", "start")
    assert list(found.rows) == [["TT-001", "2026-03-02"], ["TT-002", "2026-03-05"]]
    assert list(found.lines) == [2, 3]
    assert found.notes == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_count_as_lines(end: str) -> None:
    found = read_table(end.join(["participant,start", "A1,2026-03-02", "", "A2,2026-03-05"]).encode(), "list.csv")
    assert list(found.lines) == [2, 4]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert refused(b"\xef\xbb\xbf" + table(HEADER, GOOD)) == []


def test_a_line_break_in_quotation_marks_counts_as_a_line() -> None:
    data = b'participant,start\r\nTT-001,"2026-03-02\r\n"\r\nTT-002,2026-02-30\r\n'
    assert read_table(data, "list.csv").lines == [2, 4]
    assert [text.partition(" ")[0] for text in refused(data)] == ["list.csv:2:2", "list.csv:4:2"]


def test_blank_lines_and_rows_of_empty_cells_are_skipped() -> None:
    found = read_table(table("", "participant,start", ",", "TT-001,2026-03-02", "", " , "), "list.csv")
    assert (found.header_line, list(found.lines)) == (2, [4])


def test_empty_columns_at_the_end_are_no_columns() -> None:
    found = read_table(table("participant,start,,", "TT-001,2026-03-02,,", "TT-002,2026-03-05, "), "list.csv")
    assert found.header == ("participant", "start")
    assert list(found.rows) == [["TT-001", "2026-03-02"], ["TT-002", "2026-03-05"]]


def test_gb18030_is_read_and_said() -> None:
    lines = table("participant,start,arm,area_cm2,area_measured_by", "SZ-001,2026-03-02,phase1-A,24,护士王")
    text = lines.decode()
    found = read_table(text.encode("gb18030"), "list.csv")
    assert found.rows[0][4] == "护士王"
    assert [str(note.text) for note in found.notes] == [
        "list.csv is not UTF-8 and was read as GB18030; if its texts look wrong in the result, save it as CSV UTF-8"
    ]
    assert refused(text.encode("gb18030"), HAIR) == []


def test_utf_8_is_not_taken_for_gb18030() -> None:
    found = read_table(table("participant,area_measured_by", "SZ-001,护士王"), "list.csv")
    assert (found.rows[0][1], found.notes) == ("护士王", ())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            "participant,start\r\nTT-001,2026-03-02\r\n".encode("utf-16"),
            (
                "list.csv DC611 the file is Unicode text of two bytes a character (UTF-16); "
                "save the table as CSV UTF-8 (in Excel: Save As, CSV UTF-8)"
            ),
        ),
        (
            b"participant,start\nTT-001\x00,2026-03-02\n",
            (
                "list.csv:2 DC611 the file holds a zero byte, which no text has; "
                "save the table as CSV UTF-8 (in Excel: Save As, CSV UTF-8)"
            ),
        ),
        (
            # 0xFF begins no character of UTF-8, and none of GB18030.
            b"participant,start\nTT-001,2026-03-02\nTT-\xff,2026-03-02\n",
            (
                "list.csv:3 DC611 the text is neither UTF-8 nor GB18030; the first byte that does not fit stands on "
                "this line; save the table as CSV UTF-8 (in Excel: Save As, CSV UTF-8)"
            ),
        ),
        (b"", "list.csv DC613 the file is empty; check that this is the right file"),
        (b" \r\n,,\r\n", "list.csv DC613 the file is empty; check that this is the right file"),
        (
            table(HEADER),
            (
                "list.csv:1 DC613 the file has a header and no participant; "
                "write one row for each participant below the header"
            ),
        ),
        (
            table("participant;start", "TT-001;2026-03-02"),
            (
                "list.csv:1 DC612 the columns are separated by semicolons; "
                "save the table with commas between the columns (CSV UTF-8)"
            ),
        ),
        (
            table("participant\tstart", "TT-001\t2026-03-02"),
            (
                "list.csv:1 DC612 the columns are separated by tabs; "
                "save the table with commas between the columns (CSV UTF-8)"
            ),
        ),
        (
            b'participant,start\nTT-001,2026-03-02\n"TT-002,2026-03-05\n',
            (
                "list.csv:3 DC612 the quotation marks of this row do not fit (unexpected end of data); "
                'put a text that holds a comma or a line break in "…", and write " within it as ""'
            ),
        ),
        (
            b"\xd0\xcf\x11\xe0 an old workbook",
            (
                "list.csv DC610 this is a workbook in the old .xls format, or one with a password; "
                "save it as .xlsx without a password, or as CSV UTF-8"
            ),
        ),
        (
            b"PK\x03\x04 a workbook",
            (
                "list.csv DC610 the file is not what the end of its name says, .csv; "
                "save the table as CSV UTF-8 or as .xlsx, under a name that says so"
            ),
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_reason(data: bytes, said: str) -> None:
    assert refused(data) == [said]


def test_a_file_of_another_kind_is_refused() -> None:
    assert refused(table(HEADER, GOOD), file="list.txt") == [
        (
            "list.txt DC610 this is neither comma-separated text (.csv) nor a workbook (.xlsx); "
            "save the table as CSV UTF-8 or as .xlsx, under a name that says so"
        )
    ]


def test_text_under_the_name_of_a_workbook_is_refused() -> None:
    assert refused(table(HEADER, GOOD), file="list.xlsx") == [
        (
            "list.xlsx DC610 the file is not what the end of its name says, .xlsx; "
            "save the table as CSV UTF-8 or as .xlsx, under a name that says so"
        )
    ]


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_BYTES", 10)
    assert refused(b"participant,start\n") == [
        "list.csv DC610 the file has 18 bytes; at most 10 are read; check that this is the right file, or divide it"
    ]


def test_every_ragged_row_is_named_with_its_line_beside_the_other_findings() -> None:
    data = table(HEADER, "TT-001,2026-03-02", "TT-002,2026-02-30,", "TT-003,2026-03-02,,x")
    ragged = '; check the commas of this row; put a text that holds a comma in "…"'
    assert refused(data) == [
        f"list.csv:2 DC612 this row has 2 cells, and the header has 3{ragged}",
        (
            "list.csv:3:2 DC402 start: 2026-02-30 does not exist: February 2026 has 28 days; "
            "check the day; the form is YYYY-MM-DD"
        ),
        f"list.csv:4 DC612 this row has 4 cells, and the header has 3{ragged}",
    ]


def test_all_that_is_wrong_with_the_header_is_said_at_once() -> None:
    data = table("Participant,start,start,,book_D8,height", "TT-001,2026-03-02,2026-03-02,,,1")
    assert refused(data) == [
        "list.csv:1:1 DC617 the column \"Participant\" is not known; write 'participant', or delete the column",
        "list.csv:1:3 DC616 the column 'start' stands twice; delete one of the two",
        "list.csv:1:4 DC616 column 4 has no name; name the column, or delete it",
        "list.csv:1:5 DC617 the column \"book_D8\" is not known; write 'book_D7', or delete the column",
        "list.csv:1:6 DC617 the column \"height\" is not known; write 'weight_kg', or delete the column",
    ]


def test_a_column_that_is_not_known_hides_no_mistake_of_the_rows() -> None:
    data = table("participant,start,Remark", "TT-001,2026-02-30,late", "TT-001,2026-03-02,")
    assert [said.partition(";")[0] for said in refused(data)] == [
        'list.csv:1:3 DC617 the column "Remark" is not known',
        "list.csv:2:2 DC402 start: 2026-02-30 does not exist: February 2026 has 28 days",
        "list.csv:3 DC625 the participant TT-001 stands on line 2 already",
    ]


@pytest.mark.parametrize("name", ["Area", "AREA_CM2", "are_cm2", "area_cm", "area cm2"])
def test_a_misspelt_column_is_checked_as_the_one_that_is_meant(name: str) -> None:
    data = table(f"participant,start,arm,{name}", "SZ-001,2026-03-02,phase1-A,24", "SZ-002,2026-03-02,phase1-A,NaN")
    header, row = refused(data, HAIR)
    assert header == (f"list.csv:1:4 DC617 the column \"{name}\" is not known; write 'area_cm2', or delete the column")
    assert row.startswith('list.csv:3:4 DC201 area_cm2: "NaN" is not a number; ')


def test_a_booking_of_a_visit_that_there_is_not_is_not_checked_as_another_visit_s() -> None:
    # The window of day 7 ends on 2 + 7 + 2 = 11 March; the 20th would be outside it.
    (found,) = refused(table("participant,start,book_D8", "TT-001,2026-03-02,2026-03-20T09:00"))
    assert found == "list.csv:1:3 DC617 the column \"book_D8\" is not known; write 'book_D7', or delete the column"


def test_nothing_is_written_where_only_a_column_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="DC617"):
        plan(table("participant,start,Remark", "TT-001,2026-03-02,late"), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_column_like_no_other_is_told_which_there_are() -> None:
    (found,) = refused(table("participant,start,xyz", "TT-001,2026-03-02,"))
    assert found.startswith(
        'list.csv:1:3 DC617 the column "xyz" is not known; the columns are: participant, start, arm'
    )
    assert "anchor_symptom_onset; delete the others" in found


def test_an_open_trial_needs_the_arm() -> None:
    assert refused(table("participant,start", "SZ-001,2026-03-02"), HAIR) == [
        (
            "list.csv:1 DC618 the column 'arm' is missing; add it, with each participant's arm: "
            "phase1-A, phase1-B, phase1-C, phase2-exosome, phase2-minoxidil"
        )
    ]
