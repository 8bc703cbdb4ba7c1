"""Worksheets written by hand for the tests of the double check; every number is worked out beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from dosecalc import __version__
from dosecalc.worksheet_json import digest_of

SCHEDULES = Path(__file__).parents[2] / "schedules"
SITE = SCHEDULES / "sites" / "example.yaml"
STOCK = SCHEDULES / "sites" / "example-stock.yaml"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sheet(protocol: str, arm: str | None, visit: str, **rest: Any) -> dict[str, Any]:
    """The head of a worksheet made from the shipped files, and what is particular to one."""
    made: dict[str, Any] = {
        "worksheet": "1",
        "program": __version__,
        "protocol": protocol,
        "protocol_version": "as shipped",
        "protocol_sha256": sha256(SCHEDULES / f"{protocol}.yaml"),
        "site_sha256": sha256(SITE),
        "stock_sha256": sha256(STOCK),
        "participant": "P-001",
        "visit": visit,
        "on": "2026-03-02",
        "made_at": "2026-03-02T09:00:00+08:00",
        "preparer": "wang.fang",
        "overrides": [],
        "release": "draft",
        "draft_because": ["an example"],
    }
    if arm is not None:
        made["arm"] = arm
    return made | rest


def inputs(**values: list[str]) -> list[dict[str, Any]]:
    return [{"name": name, "values": texts} for name, texts in values.items()]


def fills(*sites: int) -> list[dict[str, Any]]:
    """What each syringe serves."""
    return [{"syringe": number, "sites": count} for number, count in enumerate(sites, 1)]


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """The worksheet with its digest."""
    return document | {"digest": digest_of(document)}


def write(folder: Path, document: dict[str, Any], name: str = "worksheet.json") -> str:
    path = folder / name
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
    return str(path)


def exosomes() -> dict[str, Any]:
    """NCT07203599, group A, two patches.

    20.1 + 3.3 = 23.4 cm², rounded up: 24 sites; 24 x 1e8 = 2.4e9 particles. 24 x 0.1 mL = 2.4 mL. A 1 mL syringe with
    0.1 mL dead space holds (1 - 0.1) / 0.1 = 9 sites, the site allows 8: 3 syringes, 3 x 0.1 = 0.3 mL dead space, no
    other overage. 2.4 + 0.3 = 2.7 mL. 2.4e9 x 2.7 / 2.4 / 1e9 per mL = 2.7 mL of product, no diluent, 3 vials of 1 mL.
    """
    return sheet(
        "NCT07203599",
        "phase1-A",
        "W0",
        inputs=inputs(arm=["phase1-A"], area=["20.1", "3.3"], lot=["EXAMPLE-EV-A"]),
        dose={
            "encounter": "W0",
            "product": "hUCMSC-sEV",
            "role": "active",
            "area_cm2": "23.4",
            "sites": 24,
            "per_site": "100000000",
            "total": "2400000000",
            "unit": "particles",
        },
        stock={
            "lot": "EXAMPLE-EV-A",
            "product": "hUCMSC-sEV",
            "concentration": {"value": "1000000000", "unit": "particles/mL"},
        },
        administered_volume_ml="2.4",
        dead_space_ml="0.3",
        overage_ml="0.3",
        product_volume_ml="2.7",
        diluent_volume_ml="0",
        final_volume_ml="2.7",
        volume_per_site_ml="0.1",
        vials=3,
        syringes=3,
        fills=fills(8, 8, 8),
    )


def both_areas() -> dict[str, Any]:
    """NCT06932393, both areas of one participant.

    20 cm² x 5e8 (the level that the site file has decided) = 1e10 particles in 1 mL; one 2 mL syringe, 0.1 mL dead
    space: 1.1 mL. 1e10 x 1.1 / 1 / 1e10 per mL = 1.1 mL of product, no diluent, 2 vials of 1 mL. The saline: the same
    1.1 mL, all of it saline, 1 vial of 10 mL.
    """
    volumes = {
        "administered_volume_ml": "1",
        "dead_space_ml": "0.1",
        "overage_ml": "0.1",
        "product_volume_ml": "1.1",
        "diluent_volume_ml": "0",
        "final_volume_ml": "1.1",
        "syringes": 1,
    }
    active = {
        "dose": {
            "encounter": "INJ1",
            "product": "exosomes",
            "role": "active",
            "area": "study",
            "area_cm2": "20",
            "per_cm2": "500000000",
            "total": "10000000000",
            "unit": "particles",
        },
        "stock": {
            "lot": "EXAMPLE-EXO",
            "product": "exosomes",
            "concentration": {"value": "10000000000", "unit": "particles/mL"},
        },
        "vials": 2,
    }
    placebo = {
        "dose": {"encounter": "INJ1", "product": "saline", "role": "placebo", "area": "control"},
        "stock": {"lot": "EXAMPLE-SALINE", "product": "saline"},
        "vials": 1,
    }
    return sheet(
        "NCT06932393",
        None,
        "INJ1",
        inputs=inputs(area=["20"], lot=["EXAMPLE-EXO", "EXAMPLE-SALINE"]),
        preparations=[active | volumes, placebo | volumes],
    )


def cells() -> dict[str, Any]:
    """NCT07084012, group 1: 2e8 viable cells in 100 mL, 2e7 per mL: 10 mL of cells, 90 mL diluent, 2 vials of 5 mL.

    100 mL in 1 h. The cells hold 10 % v/v DMSO: 10 mL x 0.1 x 1.1 g/mL = 1.1 g; / 68 kg = 0.016176... g/kg, rounded up.
    """
    return sheet(
        "NCT07084012",
        "group-1",
        "D0",
        inputs=inputs(arm=["group-1"], weight=["68"], lot=["EXAMPLE-MSC"]),
        dose={
            "encounter": "D0",
            "product": "hUC-MSC",
            "role": "active",
            "total": "200000000",
            "unit": "viable cells",
        },
        stock={
            "lot": "EXAMPLE-MSC",
            "product": "hUC-MSC",
            "concentration": {"value": "20000000", "unit": "viable cells/mL"},
        },
        administered_volume_ml="100",
        dead_space_ml="0",
        overage_ml="0",
        product_volume_ml="10",
        diluent_volume_ml="90",
        final_volume_ml="100",
        vials=2,
        rate_ml_per_h="100",
        dmso_g_per_kg="0.0162",
    )


def medium() -> dict[str, Any]:
    """NCT07084012, placebo: 10 mL of medium (the site file's `placebo_volume`) and 90 mL diluent, 2 vials of 5 mL.

    The medium holds 10 % v/v DMSO, as the cells: 0.0162 g/kg for 68 kg.
    """
    return sheet(
        "NCT07084012",
        "placebo",
        "D0",
        inputs=inputs(arm=["placebo"], weight=["68"], lot=["EXAMPLE-MEDIUM"]),
        dose={"encounter": "D0", "product": "cell-medium", "role": "placebo"},
        stock={"lot": "EXAMPLE-MEDIUM", "product": "cell-medium"},
        administered_volume_ml="100",
        dead_space_ml="0",
        overage_ml="0",
        product_volume_ml="10",
        diluent_volume_ml="90",
        final_volume_ml="100",
        vials=2,
        rate_ml_per_h="100",
        dmso_g_per_kg="0.0162",
    )


def bottles() -> dict[str, Any]:
    """NCT07203599, minoxidil: 1 mL a day for 84 days from week 0, bottles of 60 mL.

    The windows are a week either way. Week 0 to week 8: 56 days, at most 63: 63 mL, 2 bottles; 120 - 56 = 64 mL left.
    Week 8 to week 12: 28 mL, less than what is left: no bottle; 64 - 28 = 36 mL left. At week 12 the 84 days are over.
    """
    return sheet(
        "NCT07203599",
        "phase2-minoxidil",
        "W0",
        inputs=inputs(arm=["phase2-minoxidil"], lot=["EXAMPLE-MINOXIDIL"]),
        dose={
            "encounter": "W0",
            "product": "minoxidil",
            "role": "comparator",
            "per_day": "1",
            "days": 84,
            "total": "84",
            "unit": "mL",
        },
        stock={"lot": "EXAMPLE-MINOXIDIL", "product": "minoxidil"},
        dispensing=[
            {
                "encounter": "W0",
                "until": "W8",
                "days": 56,
                "days_at_most": 63,
                "needed_ml": "63",
                "bottles": 2,
                "left_over_ml": "64",
            },
            {
                "encounter": "W8",
                "until": "W12",
                "days": 28,
                "days_at_most": 28,
                "needed_ml": "28",
                "bottles": 0,
                "left_over_ml": "36",
            },
        ],
    )
