"""Whatever a participants file holds, it is read or refused with a reason; nothing else happens."""

from __future__ import annotations

import io
from functools import cache

import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dosecalc.errors import DosecalcError, Refusal
from dosecalc.participant_code import check_code
from dosecalc.tables.output import text_cell
from dosecalc.tables.rows import read_table
from tables.building import HAIR, STROKE, refused, table

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "TT-001", "2026-03-02", "2026-03-09T09:30", "group-1", "phase1-A", "24", "8.2;11.1", "zh", "=cmd()", '"', "\n"]
)
HEADER = "participant,start,arm,language,area_cm2,weight_kg,level,area_method,book_D7,book_W2,actual_D0,actual_W0"


@cache
def workbook() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet("List")
        sheet.write_row(0, 0, ["participant", "start", "area_cm2"])
        sheet.write_row(1, 0, ["TT-001", "2026-03-02", 23.4])
    return stream.getvalue()


def what_is_wrong(data: bytes, file: str) -> list[str]:
    try:
        read_table(data, file)
    except DosecalcError as error:
        return [f"{finding.what}; {finding.mend}" for finding in error.findings]
    return []


@given(st.binary(max_size=200), st.sampled_from(["list.csv", "list.xlsx", "list"]))
@example(b"PK\x03\x04", "list.xlsx")
def test_any_bytes_are_read_or_refused(data: bytes, file: str) -> None:
    assert all(len(said) > 20 for said in what_is_wrong(data, file))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(workbook())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(4, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(4, len(damaged)) | st.just(len(damaged)))
    assert all(len(said) > 20 for said in what_is_wrong(bytes(damaged[:end]), "list.xlsx"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=12, max_size=12), min_size=1, max_size=3), st.sampled_from([STROKE, HAIR]))
def test_any_cells_are_planned_or_refused(rows: list[list[str]], protocol: str) -> None:
    kept = {STROKE: [0, 1, 2, 3, 4, 5, 6, 7, 8, 10], HAIR: [0, 1, 2, 3, 4, 5, 6, 7, 9, 11]}[protocol]
    columns = HEADER.split(",")
    quoted = [",".join('"' + row[place].replace('"', '""') + '"' for place in kept) for row in rows]
    text = "\n".join([",".join(columns[place] for place in kept), *quoted])
    for said in refused(text.encode(), protocol):
        assert said.startswith("list.csv")


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]))
    | st.sampled_from(["=1", "+1", "-1", "-1+1", "@a", " =1", "\t=1"])
)
def test_no_cell_that_is_written_can_be_a_formula(text: str) -> None:
    cell = text_cell(text)
    shown = cell.removeprefix('"')
    assert not shown.startswith(("=", "+", "@", "\t", "\r", "\n"))
    assert not shown.startswith("-") or shown[1:].replace(".", "", 1).isdecimal()
    assert len(read_table(f"a,b\n{cell},x\n".encode(), "a.csv").rows[0]) == 2


@given(st.text(max_size=50) | st.from_regex(r"[A-Za-z0-9._-]{1,41}", fullmatch=True))
def test_a_code_that_is_taken_is_a_file_name_and_a_plain_cell(text: str) -> None:
    try:
        code = check_code(text)
    except Refusal:
        return
    assert code == text == text_cell(text)
    assert text.isascii()
    assert "/" not in text
    assert ".." not in text
    assert not text.startswith((".", "-"))
    assert refused(table("participant,start", f"{text},2026-03-02")) == []
