"""The dose tables of labels, charts and papers in tests/cases/published, row by row: what is drawn up."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from dosecalc.dosing.cohort_preparation import cohort_volumes
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.preparation import prepare
from dosecalc.dosing.prepared import PreparationInput
from dosecalc.dosing.syringes import tolerance
from dosecalc.protocol.site import Syringe
from dosecalc.quantity import Quantity, parse_quantity
from dosing.building import q
from dosing.published import PREPARED, given, lot, rows, settled

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(("table", "row"), rows("dose", of=("vials", *PREPARED)))
def test_published_preparation(table: dict[str, Any], row: dict[str, str]) -> None:
    here = settled(table, row)
    participant = given(row)
    doses = calculate(here, ("one",), participant)
    (dose,) = doses.doses
    when = PreparationInput(on=NOW.date(), at=NOW, weight=participant.weight, measured=participant)
    made = prepare(here, ("one",), dose, lot(here, table, row), when, doses)
    expected = {name: parse_quantity(row[name]) for name in PREPARED if name in row}
    assert {name: getattr(made, name) for name in expected} == expected
    if "vials" in row:
        assert str(made.vials) == row["vials"]


def test_the_second_engine_gives_the_published_volumes_too() -> None:
    # R14: it shares no arithmetic with the first; all rows at once.
    asked: list[dict[str, Any]] = []
    printed: list[dict[str, str]] = []
    for table, row in (case.values for case in rows("dose", of=("vials", *PREPARED))):
        here = settled(table, row)
        from_lot, how = lot(here, table, row), table["preparation"]
        (dose,) = calculate(here, ("one",), given(row)).doses
        vial = from_lot.nominal_volume if how["vials_by"] == "nominal" else from_lot.extractable_volume
        volume = here.protocol.arms["one"].doses[0].volume
        assert dose.total is not None
        asked.append(
            {
                "dose": dose.total.value,
                "concentration": from_lot.concentration.value,
                "sites": dose.sites,
                "volume_per_site": volume.value if isinstance(volume, Quantity) and dose.sites else None,
                "volume": volume.value if isinstance(volume, Quantity) and not dose.sites else None,
                "measured_graduation": q(how["graduation"]).value,
                "syringe_nominal": None if "infused_in" in how else q(how["nominal"]).value,
                "syringe_graduation": None if "infused_in" in how else q(how["graduation"]).value,
                "vial": vial.value,
            }
        )
        printed.append(row)
    got = cohort_volumes(pd.DataFrame(asked, dtype=object))
    columns = {
        "administered": "administered",
        "product_volume": "product",
        "diluent_volume": "diluent",
        "final_volume": "final",
    }
    for row, (_, volumes) in zip(printed, got.iterrows(), strict=True):
        expected: dict[str, Any] = {column: q(row[name]).value for name, column in columns.items() if name in row}
        expected |= {"vials": int(row["vials"])} if "vials" in row else {}
        assert {column: volumes[column] for column in expected} == expected


@pytest.mark.parametrize(("table", "row"), rows("tolerance"))
def test_published_tolerance(table: dict[str, Any], row: dict[str, str]) -> None:
    assert set(table["columns"]) == {"syringe", "expelled", "tolerance"}
    one = Syringe(id="one", nominal=q(row["syringe"]), graduation=q("0.01 mL"), dead_space=q("0 mL"))
    expelled = Fraction(q(row["expelled"]).value)
    assert tolerance(one, expelled) == Fraction(q(row["tolerance"]).value)
