"""The dose tables of labels, charts and papers in tests/cases/published, row by row: what is dosed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dosecalc.dosing.dose import calculate
from dosecalc.errors import Refusal
from dosecalc.quantity import Rounding, parse_quantity, ratio, round_whole
from dosing.building import q
from dosing.published import FILES, PREPARED, given, rows, settled

GIVEN = {"weight", "area", "amount", "volume", "vial", "left", "right", "syringe", "expelled"}
EXPECTED = {"dose", "sites", "vials", "refused", "warned", "result", "tolerance", *PREPARED}
KINDS = {"dose", "whole_vials", "product", "tolerance"}
TABLE = {"name", "kind", "rule", "lot", "preparation", "columns", "rows", "not_printed", "per_kg", "vial", "mode"}


@pytest.mark.parametrize(("table", "row"), rows("dose"))
def test_published_dose(table: dict[str, Any], row: dict[str, str]) -> None:
    here = settled(table, row)
    if "refused" in row:
        with pytest.raises(Refusal) as refused:
            calculate(here, ("one",), given(row))
        assert [finding.code for finding in refused.value.findings] == [row["refused"]]
        return
    doses = calculate(here, ("one",), given(row))
    (dose,) = doses.doses
    if "dose" in row:
        assert dose.total == parse_quantity(row["dose"])
    if "sites" in row:
        assert str(dose.sites) == row["sites"]
    caps = [warned.code for warned in doses.warnings if warned.code.startswith("cap")]
    assert caps == ([row["warned"]] if "warned" in row else [])


@pytest.mark.parametrize(("table", "row"), rows("whole_vials"))
def test_published_whole_vials(table: dict[str, Any], row: dict[str, str]) -> None:
    mode: Rounding = table["mode"]
    vial = q(table["vial"])
    vials = round_whole(ratio(q(f"{row['weight']} kg") * q(table["per_kg"]), vial), mode)
    assert vial * vials == parse_quantity(row["administered"])


@pytest.mark.parametrize(("table", "row"), rows("product"))
def test_published_product(table: dict[str, Any], row: dict[str, str]) -> None:
    assert set(table["columns"]) == {"left", "right", "result"}
    assert q(row["left"]) * q(row["right"]) == parse_quantity(row["result"])


def test_half_to_even_would_miss_nine_rows_of_one_label() -> None:
    # R4: Python's round() takes a half to the even neighbour; the label does not.
    (table,) = FILES["zolgensma"]["tables"]
    exact = [Decimal(weight) * Decimal("5.5") for weight, _ in table["rows"]]
    even = [f"{round(volume, 1)} mL" for volume in exact]
    printed = [volume for _, volume in table["rows"]]
    assert len(printed) == 37
    assert sum(one != other for one, other in zip(even, printed, strict=True)) == 9


def test_every_table_says_where_it_was_read() -> None:
    for stem, file in FILES.items():
        assert set(file) == {"title", "source", "says", "reading", "tables"}, stem
        assert set(file["source"]) == {"document", "section", "address", "edition", "read"}, stem
        assert all(text.strip() for text in (*file["source"].values(), file["says"], file["reading"])), stem


def test_no_column_goes_unread() -> None:
    for file in FILES.values():
        for table in file["tables"]:
            columns = set(table["columns"])
            assert set(table) <= TABLE, table["name"]
            assert table["kind"] in KINDS, table["name"]
            assert columns <= GIVEN | EXPECTED, table["name"]
            assert columns & EXPECTED, table["name"]
            assert set(table.get("not_printed", [])) <= columns & EXPECTED, table["name"]
            prepared = columns & {"vials", *PREPARED}
            assert not prepared or table["kind"] == "whole_vials" or "preparation" in table, table["name"]


def test_more_than_thirty_printed_rows_of_more_than_six_sources() -> None:
    printed = {
        (stem, table["name"], *row)
        for stem, file in FILES.items()
        for table in file["tables"]
        if set(table["columns"]) & EXPECTED - set(table.get("not_printed", []))
        for row in table["rows"]
    }
    assert len(printed) > 30
    assert len({stem for stem, *_ in printed}) > 6
