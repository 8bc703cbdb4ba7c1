"""Exposure of one participant, added up by hand, and its table."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from dosecalc.dosing.result import Dose, Doses
from dosecalc.quantity import Quantity, unit
from dosecalc.registry.lots import DoseState
from dosecalc.registry.report_exposure import ParticipantExposure, exposures
from dosecalc.registry.report_table import EXPOSURE, exposure_csv
from dosecalc.text import Words, msg


def state(visit: str, sheet: str, **changes: Any) -> DoseState:
    given: dict[str, Any] = {
        "participant": "P001", "visit": visit, "prepared": 9, "preparer": "wang", "on": "2026-03-02",
        "since": "2026-03-02T02:00:00+00:00",
        "worksheet": sheet, "lots": {"L1": 3}, "administered": 12, "given_at": "2026-03-02T10:00:00+08:00",
    }  # fmt: skip
    return DoseState(**given | changes)


def made(product: str, total: str | None, area: str | None = None) -> dict[str, Any]:
    dose = {"product": product, "role": "placebo" if total is None else "active"}
    if total is not None:
        dose |= {"total": total, "unit": "cells"}
    if area is not None:
        dose["area"] = area
    return {"dose": dose, "stock": {"lot": "L1"}, "vials": 2}


SHEETS: dict[str, dict[str, Any]] = {
    "one": made("MSC", "100000000"),
    "none": made("medium", None),
    "two": {"preparations": [made("sEV", "5", "study"), made("saline", None, "control")]},
}


def lines(*states: DoseState) -> list[tuple[str, str, str | None, str | None]]:
    found = exposures("P001", "group-2", None, states, lambda text, _: SHEETS[text], ["D0", "D7", "D14"])
    return [
        (
            one.visit,
            one.product,
            None if one.administered is None else f"{one.administered.value:f}",
            None if one.cumulative is None else f"{one.cumulative.value:f}",
        )
        for one in found
    ]


def test_whole_doses_and_parts_are_summed_in_the_order_of_the_visits() -> None:
    told = lines(state("D14", "one"), state("D0", "one"), state("D7", "one", part=Decimal("0.3")))
    # 1e8; 1e8 + 0.3e8 = 1.3e8; 1.3e8 + 1e8 = 2.3e8
    assert told == [
        ("D0", "MSC", "100000000", "100000000"),
        ("D7", "MSC", "30000000.0", "130000000.0"),
        ("D14", "MSC", "100000000", "230000000.0"),
    ]


def test_the_planned_dose_of_a_visit_is_the_one_of_its_worksheet_once_it_is_prepared() -> None:
    # The area, or the protocol, is another one today: 2e8 would be planned at each visit. At D0 1e8 was, and was given.
    twice = Quantity(Decimal(200000000), unit("cells"))
    now = Doses(
        arms=("group-2",),
        doses=tuple(
            Dose(
                encounter=visit,
                product=name,
                product_label=Words("cells", "细胞"),
                role="active",
                route=Words("iv", "静脉"),
                total=twice,
            )
            for visit, name in (("D0", "MSC"), ("D0", "another"), ("D7", "MSC"))
        ),
        cumulative=None,
        assumptions=(),
        draft=(msg("the area is not signed"),),
    )
    found = exposures("P001", "group-2", now, [state("D0", "one")], lambda text, _: SHEETS[text], ["D0", "D7"])
    assert [(one.visit, one.product, one.planned, one.draft, one.administered) for one in found] == [
        ("D0", "MSC", Quantity(Decimal(100000000), unit("cells")), False, Quantity(Decimal(100000000), unit("cells"))),
        ("D7", "MSC", twice, True, None),
    ]


def test_what_was_prepared_and_not_given_is_not_counted() -> None:
    assert lines(state("D0", "one", administered=None, given_at=None)) == [("D0", "MSC", None, None)]


def test_a_placebo_has_no_amount_and_two_areas_have_a_row_each() -> None:
    assert lines(state("D0", "none"), state("D7", "two")) == [
        ("D0", "medium", None, None),
        ("D7", "sEV", "5", "5"),
        ("D7", "saline", None, None),
    ]


def test_no_cell_of_the_table_is_run_as_a_formula() -> None:
    each = ParticipantExposure(participant="P001", arm="=1+1", lines=(), unplanned=msg('+SUM(A1), "no area"'))
    data = exposure_csv([each], "en")
    [row] = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert tuple(row) == EXPOSURE
    assert row["arm"] == "'=1+1"
    assert row["not_planned_because"] == '\'+SUM(A1), "no area"'
    assert data.endswith(b"\r\n")


def test_amounts_in_the_table_are_plain_digits() -> None:
    [line] = exposures("P001", "group-2", None, [state("D0", "one")], lambda text, _: SHEETS[text])
    total = Quantity(Decimal("1E+8"), unit("cells"))
    assert line.administered == total
    data = exposure_csv([ParticipantExposure(participant="P001", arm="group-2", lines=(line,))], "en").decode()
    assert "E+" not in data
    assert ",100000000,cells,2026-03-02T10:00:00+08:00,1,100000000,cells," in data


def test_what_is_used_at_home_counts_from_visit_to_visit() -> None:
    # 1 mL a day for 84 days: 56 days from W0 to W8, 28 days from W8 to W12; 56, then 56 + 28 = 84 mL
    dose = {"product": "minoxidil", "role": "comparator", "total": "84", "unit": "mL", "per_day": "1", "days": 84}
    dose |= {"encounter": "W0"}
    dispensing = [{"encounter": "W0", "days": 56, "bottles": 2}, {"encounter": "W8", "days": 28, "bottles": 1}]
    sheet = {"dose": dose, "stock": {"lot": "L1"}, "dispensing": dispensing}
    found = exposures("P041", None, None, [state("W0", "x"), state("W8", "x")], lambda *_: sheet, ["W0", "W8"])
    told = [(one.visit, str(one.administered and one.administered.value), str(one.cumulative)) for one in found]
    assert told == [("W0", "56", "56 mL"), ("W8", "28", "84 mL")]
    # the whole treatment is planned once, from the visit where it begins
    assert [str(one.planned) for one in found] == ["84 mL", "None"]
