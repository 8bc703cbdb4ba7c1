"""The volumes of a table at once; every expected number is worked out by hand beside it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from dosecalc.dosing.cohort_preparation import cohort_volumes
from dosecalc.errors import Refusal

INFUSION = {"dose": "2e8", "concentration": "2e7", "volume": "100", "measured_graduation": "1", "vial": "5"}
SITES = {
    "dose": "2.4e9",
    "sites": 24,
    "concentration": "1e9",
    "volume_per_site": "0.1",
    "measured_graduation": "0.01",
    "syringe_nominal": "1",
    "syringe_graduation": "0.01",
    "syringe_dead_space": "0.1",
    "vial": "1",
}


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    whole = ("sites", "sites_per_syringe", "placebo", "of_viable")

    def cell(row: dict[str, Any], name: str) -> object:
        value = row.get(name)
        return value if value is None or name in whole else Decimal(value)

    return pd.DataFrame({name: pd.Series([cell(row, name) for row in rows], dtype=object) for name in names})


def one(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made = cohort_volumes(table(row | changes)).iloc[0]
    return {str(name): cell for name, cell in made.items()}


def refused(*rows: dict[str, Any]) -> list[str]:
    with pytest.raises(Refusal) as refusal:
        cohort_volumes(table(*rows))
    return [f"{finding.code} {finding.what}" for finding in refusal.value.findings]


def test_sites_fill_syringes_and_their_dead_space_is_prepared_too() -> None:
    # (1 - 0.1) / 0.1 = 9 sites in a syringe; 24 / 9 = 2.67: 3 syringes, 0.3 mL dead space, 2.4 + 0.3 = 2.7 mL
    made = one(SITES)
    assert made == {
        "administered": Decimal("2.4"),
        "dead_space": Decimal("0.3"),
        "overage": Decimal("0.3"),
        "product": Decimal("2.7"),
        "diluent": Decimal(0),
        "final": Decimal("2.7"),
        "vials": 3,
        "syringes": 3,
        "delivered": Fraction(2_400_000_000),
        "deviation_percent": "0.00",
    }


def test_the_pharmacy_may_allow_fewer_sites_than_a_syringe_holds() -> None:
    assert [one(SITES, sites_per_syringe=most)["syringes"] for most in (12, 9, 8, 7, 1)] == [3, 3, 3, 4, 24]


def test_one_site_more_than_a_full_syringe_takes_another_syringe() -> None:
    assert [one(SITES, sites=sites, dose=f"{sites}e8")["syringes"] for sites in (9, 10, 18, 19)] == [1, 2, 2, 3]


def test_the_product_is_rounded_half_up_to_the_graduation() -> None:
    # 2.4e9 x 2.7 / 2.4 = 2.7e9 particles; / 8e9 = 0.3375 mL; with marks of 0.01: 0.34; of 0.025: 0.35 (13.5 marks)
    made = one(SITES, concentration="8e9")
    assert (made["product"], made["diluent"], made["vials"]) == (Decimal("0.34"), Decimal("2.36"), 1)
    # 0.34 x 8e9 / 2.7 x 2.4 = 2,417,777,777.8 particles; 0.34 / 0.3375 = 1.00741
    assert made["delivered"] == Fraction(34, 100) * 8_000_000_000 * Fraction(24, 27)
    assert made["deviation_percent"] == "0.74"
    assert one(SITES, concentration="8e9", measured_graduation="0.025")["product"] == Decimal("0.35")
    # 2.7e9 / 8.1e9 = 0.333…; 0.33 is 1 % too little
    assert one(SITES, concentration="8.1e9")["deviation_percent"] == "-1.00"


def test_what_is_given_undiluted_is_not_rounded() -> None:
    # 2.4 mL at 1e9 per mL with marks of 1 mL: all of the 2.7 mL is product, so no mark measures it
    assert one(SITES, measured_graduation="1")["product"] == Decimal("2.7")


def test_overage_in_percent_is_of_the_administered_volume() -> None:
    # 2.4 x 12.5 / 100 = 0.3; with the dead space 0.6
    made = one(SITES, overage_percent="12.5")
    assert (made["dead_space"], made["overage"], made["final"]) == (Decimal("0.3"), Decimal("0.6"), Decimal("3.0"))
    assert one(SITES, overage_volume="0.05")["overage"] == Decimal("0.35")


def test_an_infusion_has_no_syringe_and_no_dead_space() -> None:
    # 2e8 / 2e7 = 10 mL of cells in 100 mL, 2 vials of 5 mL; with 5 % more: 10.5 mL, half up to 1 mL: 11 mL
    made = one(INFUSION)
    assert made["syringes"] is None
    assert (made["product"], made["diluent"], made["vials"]) == (Decimal(10), Decimal(90), 2)
    more = one(INFUSION, overage_percent="5")
    assert (more["product"], more["final"], more["vials"]) == (Decimal(11), Decimal(105), 3)


def test_viable_cells_are_a_share_of_all_cells() -> None:
    # 2e8 viable / (2e7 x 80 %) = 12.5 mL: 13 mL with marks of 1 mL
    assert one(INFUSION, viability_percent="80")["product"] == Decimal(13)
    assert one(INFUSION, viability_percent="80", measured_graduation="0.5")["product"] == Decimal("12.5")
    # 2e8 cells in all / (2e7 viable / 80 %) = 8 mL
    assert one(INFUSION, viability_percent="80", of_viable=True)["product"] == Decimal(8)


def test_without_a_volume_the_dose_is_given_undiluted_and_measured() -> None:
    # 1e8 / 3e7 = 3.33 mL: 3.3 mL with marks of 0.1 mL, 99,000,000 cells, 1 % too few
    made = one({"dose": "1e8", "concentration": "3e7", "measured_graduation": "0.1", "vial": "2"})
    assert (made["administered"], made["product"], made["diluent"]) == (Decimal("3.3"), Decimal("3.3"), Decimal(0))
    assert (made["vials"], made["delivered"], made["deviation_percent"]) == (2, Fraction(99_000_000), "-1.00")
    # Given by a syringe, its own marks count: 3.33 mL with marks of 0.01 mL, and 0.1 mL stays in it
    row = {"dose": "1e8", "concentration": "3e7", "measured_graduation": "0.1", "vial": "2", "syringe_nominal": "5"}
    made = one(row, syringe_graduation="0.01", syringe_dead_space="0.1")
    assert (made["administered"], made["product"], made["syringes"]) == (Decimal("3.33"), Decimal("3.43"), 1)


def test_a_volume_without_sites_fills_as_many_syringes_as_it_needs() -> None:
    # 2 - 0.1 = 1.9 mL in a syringe
    area = {"placebo": "whole", "syringe_nominal": "2", "syringe_graduation": "0.01", "syringe_dead_space": "0.1"}
    row = area | {"vial": "10"}
    assert [one(row, volume=volume)["syringes"] for volume in ("1", "1.9", "1.91", "3.8")] == [1, 1, 2, 2]
    # 2 - 0.105 = 1.895 mL, of which the marks show 1.89: 3.78 mL fill two, 3.79 mL take a third
    uneven = row | {"syringe_dead_space": "0.105"}
    assert [one(uneven, volume=volume)["syringes"] for volume in ("3.78", "3.79")] == [2, 3]


def test_a_stated_volume_is_rounded_to_the_marks_of_the_syringe_that_gives_it() -> None:
    # 0.125 mL with marks of 0.01 mL: 0.13 mL at each of 24 sites; 0.9 / 0.13 = 6.9 sites in a syringe, 4 syringes
    made = one(SITES, volume_per_site="0.125")
    assert (made["administered"], made["syringes"], made["final"]) == (Decimal("3.12"), 4, Decimal("3.52"))
    # An infusion has no marks
    assert one(INFUSION, volume="100.5")["final"] == Decimal("100.5")


def test_without_a_volume_the_part_of_each_site_is_measured() -> None:
    # 2.4e9 / 8e8 / 24 = 0.125 mL at a site: 0.13 mL; 24 x 0.13 = 3.12 mL, not 2.4e9 / 8e8 = 3 mL
    made = one(SITES, volume_per_site=None, concentration="8e8")
    assert (made["administered"], made["syringes"]) == (Decimal("3.12"), 4)
    assert (made["product"], made["diluent"], made["deviation_percent"]) == (Decimal("3.52"), Decimal(0), "4.00")


def test_a_placebo_is_whole_or_a_part() -> None:
    whole = one({"placebo": "whole", "volume": "100", "vial": "30"})
    assert (whole["product"], whole["diluent"], whole["vials"]) == (Decimal(100), Decimal(0), 4)
    row = {"placebo": "part", "volume": "100", "vial": "5", "measured_graduation": "1"}
    part = one(row, placebo_volume="10")
    assert (part["product"], part["diluent"], part["vials"]) == (Decimal(10), Decimal(90), 2)
    assert one(row, placebo_volume="10.5")["product"] == Decimal(11)
    assert part["delivered"] is None
    assert part["deviation_percent"] is None


def test_rows_of_all_kinds_stand_in_one_table() -> None:
    frame = table(SITES, INFUSION, {"placebo": "whole", "volume": "100", "vial": "30"})
    frame.index = pd.Index(["a", "b", "c"])
    made = cohort_volumes(frame)
    assert list(made.index) == ["a", "b", "c"]
    assert list(made["final"]) == [Decimal("2.7"), Decimal(100), Decimal(100)]
    assert list(made["vials"]) == [3, 2, 4]


def test_amounts_that_no_64_bits_hold_stay_exact() -> None:
    made = one(SITES, dose="2.4e30", concentration="8.1e30", measured_graduation="0.000000001")
    assert made["product"] == Decimal("0.333333333")


def test_every_row_that_cannot_be_is_named() -> None:
    assert refused(SITES, SITES | {"volume_per_site": "0.95"}) == [
        "DC672 row 2: the syringe does not hold the volume of one site beside its dead space"
    ]
    weak = SITES | {"concentration": "9e8"}
    assert refused(weak, SITES, weak, weak) == [
        "DC670 rows 1, 3-4: this stock is too weak: the dose does not fit into the volume that is prepared"
    ]
    assert refused(INFUSION | {"concentration": "1e9"}) == [
        "DC671 row 1: the product needed is less than half of one graduation of the syringe that measures it"
    ]
    assert refused(SITES | {"vial": None}) == ["DC669 row 1: a volume that the preparation needs is missing or zero"]
    assert refused(INFUSION | {"concentration": None}) == [
        "DC673 row 1: there is neither a dose and its concentration nor a placebo"
    ]
    assert refused(
        {"placebo": "part", "placebo_volume": "101", "volume": "100", "vial": "5", "measured_graduation": "1"}
    ) == ["DC669 row 1: the placebo's own volume is more than the volume that is prepared"]
