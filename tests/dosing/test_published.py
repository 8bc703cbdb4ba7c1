"""The dose tables of labels, charts and papers in tests/cases/published, row by row, through the whole program."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.dosing.dose import calculate
from dosecalc.dosing.result import DoseInput
from dosecalc.errors import Refusal
from dosecalc.protocol.reader import read_protocol
from dosecalc.protocol.settled import Settled
from dosecalc.quantity import Rounding, parse_number, parse_quantity, ratio, round_whole
from dosing.building import q

CASES = Path(__file__).parents[1] / "cases" / "published"
SOURCE = {"document": "label", "section": "see the case file"}
NAMED = {"en": "made up for the test", "zh": "为测试虚构"}
GIVEN = ("weight", "area", "amount", "volume", "vial", "left", "right")
TABLE = {"name", "kind", "rule", "lot", "preparation", "columns", "rows", "not_printed", "per_kg", "vial", "mode"}


def _files() -> dict[str, Any]:
    return {
        path.stem: yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader) for path in sorted(CASES.glob("*.yaml"))
    }


FILES = _files()


def _rows(kind: str) -> list[Any]:
    found = []
    for stem, file in FILES.items():
        for table in file["tables"]:
            if table["kind"] == kind:
                for row in table["rows"]:
                    named = {key: text for key, text in zip(table["columns"], row, strict=True) if text != "-"}
                    found.append(pytest.param(table, named, id=f"{stem}: {table['name']}: {row[0]}"))
    return found


def _protocol(table: dict[str, Any], row: dict[str, str]) -> dict[str, Any]:
    """A protocol of one arm, one visit and one dose, with the table's rule in the protocol language."""
    rule = dict(table["rule"])
    caps = [{**cap, "source": SOURCE} for cap in rule.pop("caps", [])]
    if "amount" in row:
        rule["fixed"] = {**rule["fixed"], "amount": row["amount"]}
    if "volume" in row:
        rule["volume"] = row["volume"]
    dose = {"at": ["V1"], "product": "drug", "role": "active", "route": NAMED, **rule, "caps": caps, "source": SOURCE}
    if not caps:
        del dose["caps"]
    return {
        "dosecalc": "1",
        "id": "LABEL-1",
        "version": "1",
        "title": NAMED,
        "documents": {"label": {"title": "See the case file", "version": "1", "date": "2026-01-01"}},
        "masking": {"masked": "false", "roles": [], "allocation": "one_arm", "source": SOURCE},
        "products": {"drug": {"label": NAMED, "source": SOURCE}},
        "anchors": {"first_dose": {"label": NAMED, "given": "start"}},
        "encounters": {"V1": {"label": NAMED, "epoch": "treatment", "defines": "first_dose"}},
        "arms": {"one": {"label": NAMED, "encounters": ["V1"], "doses": [dose], "source": SOURCE}},
    }


def _settled(table: dict[str, Any], row: dict[str, str]) -> Settled:
    text = json.dumps(_protocol(table, row), ensure_ascii=False)
    return Settled(protocol=read_protocol(text.encode(), "label.yaml"), site=None)


def _input(row: dict[str, str]) -> DoseInput:
    return DoseInput(
        areas=(parse_number(row["area"]),) if "area" in row else (),
        weight=q(f"{row['weight']} kg") if "weight" in row else None,
    )


@pytest.mark.parametrize(("table", "row"), _rows("dose"))
def test_published_dose(table: dict[str, Any], row: dict[str, str]) -> None:
    settled = _settled(table, row)
    if "refused" in row:
        with pytest.raises(Refusal) as refused:
            calculate(settled, ("one",), _input(row))
        assert [finding.code for finding in refused.value.findings] == [row["refused"]]
        return
    doses = calculate(settled, ("one",), _input(row))
    (dose,) = doses.doses
    if "dose" in row:
        assert dose.total == parse_quantity(row["dose"])
    if "sites" in row:
        assert str(dose.sites) == row["sites"]
    assert [warned.code for warned in doses.warnings if warned.code.startswith("cap")] == (
        [row["warned"]] if "warned" in row else []
    )


@pytest.mark.parametrize(("table", "row"), _rows("whole_vials"))
def test_published_whole_vials(table: dict[str, Any], row: dict[str, str]) -> None:
    mode: Rounding = table["mode"]
    vial = q(table["vial"])
    vials = round_whole(ratio(q(f"{row['weight']} kg") * q(table["per_kg"]), vial), mode)
    assert vial * vials == parse_quantity(row["administered"])


@pytest.mark.parametrize(("table", "row"), _rows("product"))
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
        for table in file["tables"]:
            assert set(table) <= TABLE, table["name"]
            assert table["kind"] in {"dose", "whole_vials", "product"}
            assert set(table.get("not_printed", [])) <= set(table["columns"])
            assert set(table["columns"]) - {*GIVEN, *table.get("not_printed", [])}, f"{table['name']}: nothing printed"


def test_more_than_thirty_printed_rows_of_more_than_six_sources() -> None:
    rows = sum(len(table["rows"]) for file in FILES.values() for table in file["tables"])
    assert rows > 30
    assert len({file["source"]["address"] for file in FILES.values()}) > 6
