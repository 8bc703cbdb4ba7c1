"""Reads the tables of tests/cases/published, and writes each row as protocol, site and stock files of our language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dosecalc.dosing.result import DoseInput
from dosecalc.protocol.reader import read_protocol, read_site, read_stock
from dosecalc.protocol.settled import Settled
from dosecalc.protocol.site_checks import check_site_against
from dosecalc.protocol.stock_checks import check_stock_against
from dosecalc.quantity import parse_number, parse_quantity

CASES = Path(__file__).parents[1] / "cases" / "published"
FILES: dict[str, Any] = {
    path.stem: yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader) for path in sorted(CASES.glob("*.yaml"))
}
PREPARED = ("administered", "product_volume", "diluent_volume", "final_volume", "volume_per_site")
"""Columns that are volumes of a preparation, by the names of its fields."""

_SOURCE = {"document": "label", "section": "see the case file"}
_NAMED = {"en": "made up for the test", "zh": "为测试虚构"}
_CONFIRMED = {"document": "Manual (example)", "section": "1", "by": "Example pharmacist", "date": "2026-01-05"}


def rows(kind: str, *, of: tuple[str, ...] = ()) -> list[Any]:
    """The rows of one kind as parameters of a test; with `of` only those that expect one of these columns."""
    found = []
    for stem, file in FILES.items():
        for table in file["tables"]:
            if table["kind"] != kind:
                continue
            for row in table["rows"]:
                named = {key: text for key, text in zip(table["columns"], row, strict=True) if text != "-"}
                if not of or set(of) & set(named):
                    found.append(pytest.param(table, named, id=f"{stem}: {table['name']}: {' '.join(row[:2])}"))
    return found


def given(row: dict[str, str]) -> DoseInput:
    """What is known of the participant of a row."""
    return DoseInput(
        areas=(parse_number(row["area"]),) if "area" in row else (),
        weight=parse_quantity(f"{row['weight']} kg") if "weight" in row else None,
    )


def settled(table: dict[str, Any], row: dict[str, str]) -> Settled:
    """The row's protocol, read by our reader; with its site file where something is prepared."""
    protocol = read_protocol(_text(_protocol(table, row)), "label.yaml")
    if "preparation" not in table:
        return Settled(protocol=protocol, site=None)
    site = read_site(_text(_site(table)), "site.yaml")
    assert not list(check_site_against(site, protocol))
    return Settled(protocol=protocol, site=site)


def lot(of: Settled, table: dict[str, Any], row: dict[str, str]) -> Any:
    """The row's lot, read by our reader."""
    vial = {"nominal_volume": row["vial"], "extractable_volume": row["vial"]} if "vial" in row else {}
    here = {"protocol": "LABEL-1", "product": "drug", "vials": "1000", "expiry": "2030-12-31", "storage": _NAMED}
    file = {"dosecalc_stock": "1", "example": "true", "lots": {"LOT-1": {**here, **table["lot"], **vial}}}
    stock = read_stock(_text(file), "stock.yaml")
    assert not list(check_stock_against(stock, of.protocol))
    return stock.lots["LOT-1"]


def _text(file: dict[str, Any]) -> bytes:
    return json.dumps(file, ensure_ascii=False).encode()  # JSON is YAML too


def _protocol(table: dict[str, Any], row: dict[str, str]) -> dict[str, Any]:
    """A protocol of one arm, one visit and one dose, with the table's rule in the protocol language."""
    rule = dict(table["rule"])
    if "amount" in row:
        rule["fixed"] = {**rule["fixed"], "amount": row["amount"]}
    if "volume" in row:
        rule["volume"] = row["volume"]
    if "caps" in rule:
        rule["caps"] = [{**cap, "source": _SOURCE} for cap in rule["caps"]]
    dose = {"at": ["V1"], "product": "drug", "role": "active", "route": _NAMED, **rule, "source": _SOURCE}
    return {
        "dosecalc": "1",
        "id": "LABEL-1",
        "version": "1",
        "title": _NAMED,
        "documents": {"label": {"title": "See the case file", "version": "1", "date": "2026-01-01"}},
        "masking": {"masked": "false", "roles": [], "allocation": "one_arm", "source": _SOURCE},
        "products": {"drug": {"label": _NAMED, "source": _SOURCE}},
        "anchors": {"first_dose": {"label": _NAMED, "given": "start"}},
        "encounters": {"V1": {"label": _NAMED, "epoch": "treatment", "defines": "first_dose"}},
        "arms": {"one": {"label": _NAMED, "encounters": ["V1"], "doses": [dose], "source": _SOURCE}},
    }


def _site(table: dict[str, Any]) -> dict[str, Any]:
    """A site with one syringe without dead space, and no overage: labels print neither."""
    how = dict(table["preparation"])
    syringe = {"nominal": how.pop("nominal"), "graduation": how.pop("graduation"), "dead_space": "0 mL"}
    if how.pop("diluent", None):
        how["diluent"] = _NAMED
    if "infused_in" not in how:
        how["given_with"] = "syringe"
    drug = {"dosage_form": _NAMED, "measured_with": "syringe", "overage": "0 mL", **how, "confirmed": _CONFIRMED}
    return {
        "dosecalc_site": "1",
        "example": "true",
        "timezone": "UTC",
        "language": "en",
        "clinic": {
            "name": _NAMED,
            "place": _NAMED,
            "contact": "+86 755 0000 0000",
            "bring": _NAMED,
            "visit_length": "PT1H",
            "unbooked_visits": "show",
        },
        "rectangle_areas": "refuse",
        "syringes": {"syringe": syringe},
        "protocols": {"LABEL-1": {"preparation": {"drug": drug}}},
    }
