from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dosecalc.dosing.cohort import cohort_doses
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Answer
from dosing.building import (
    cap,
    daily,
    fixed,
    level,
    per_area,
    per_site,
    per_weight,
    placebo_of,
    protocol,
    rule,
    settled,
)

OPEN = protocol(
    {
        "A": [rule("V1 V2", per_site=per_site("1e8 particles/site"))],
        "B": [rule("V1 V2", per_site=per_site("1e9 particles/site"))],
        "gel": [rule("V1", "gel", "comparator", topical_daily=daily())],
    }
)
DECIDED = {"ROUNDING": "up", "BELOW": "one_site", "PATCHES": "each", "MEASURED": "once"}
DENSITY = protocol(
    {
        "sEV": [rule("V1 V2", area="study", per_area=per_area("density"))],
        "saline": [rule("V1 V2", "saline", "placebo", area="control", volume_matched=placebo_of("sEV"))],
    },
    levels=[level("density", at_least="5e8 particles/cm²", at_most="5e9 particles/cm²")],
    allocation="every_arm",
    masked=True,
)
KILOS = protocol({"A": [rule("V1", "cells", per_weight=per_weight("1e6 cells/kg"))]})


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


def refused(of: Any, table: pd.DataFrame, rounding: Any = None) -> list[str]:
    with pytest.raises(Refusal) as refusal:
        cohort_doses(of, table, rounding)
    return [f"{finding.code} {finding.what}" for finding in refusal.value.findings]


def test_a_table_of_doses_worked_by_hand() -> None:
    # 20.1 → 21 and 3.3 → 4: 25 sites × 10⁸; 5 sites × 10⁹; 1 mL × 84 days
    table = cohort_doses(
        settled(OPEN, **DECIDED),
        frame(participant=["p1", "p2", "p3"], arm=["A", "B", "gel"], area_cm2=["20.1;3.3", "5", None]),
    )
    assert table.columns.tolist() == [
        "participant",
        "arm",
        "sites",
        "dose_V1_particles",
        "dose_V1_mL",
        "dose_V2_particles",
        "release",
        "warnings",
    ]
    assert table["sites"].tolist() == [25, 5, pd.NA]
    assert table["dose_V1_particles"].tolist() == [2_500_000_000, 5_000_000_000, pd.NA]
    assert table["dose_V1_mL"].tolist() == [pd.NA, pd.NA, 84]
    assert table["release"].tolist() == ["released"] * 3


def test_the_index_and_the_order_of_the_table_are_kept() -> None:
    given = frame(arm=["B", "A"], area_cm2=["2", "1"]).set_index(pd.Index(["x", "y"]))
    table = cohort_doses(settled(OPEN, **DECIDED), given)
    assert table.index.tolist() == ["x", "y"]
    assert table["dose_V1_particles"].tolist() == [2_000_000_000, 100_000_000]


def test_an_empty_table_gives_an_empty_table() -> None:
    table = cohort_doses(settled(OPEN), frame(participant=[], arm=[], area_cm2=[]))
    assert len(table) == 0


def test_every_bad_row_is_named_with_its_number() -> None:
    wrong = refused(
        settled(OPEN, **DECIDED),
        frame(
            arm=["A", "A", "A", "B", "gel", "A", "A", "A"],
            area_cm2=["0", "12,5", "501", None, "3", "300;201", "23", "-1"],
        ),
    )
    assert wrong == [
        'DC201 row 2: "12,5" has a decimal comma',
        'DC201 row 8: "-1" is negative',
        "DC350 row 3: area_cm2 is below zero or above 500",
        "DC310 row 4: the area is missing, and the dose of this arm depends on it",
        "DC313 row 5: an area is given, but the dose of this arm does not depend on an area",
        "DC311 row 1: an area of 0 cm² is not an area",
        "DC312 row 6: the patches together are more than a whole scalp has",
    ]


def test_runs_of_bad_rows_are_written_as_runs() -> None:
    wrong = refused(settled(OPEN), frame(arm=["A", None, "C", "D", "B", "E"], area_cm2="1"))
    assert wrong == ["DC302 rows 2-4, 6: the arm is missing, or T1 has no such arm"]


def test_an_open_question_names_the_rows_that_need_its_answer() -> None:
    table = frame(arm=["A", "A", "B", "A"], area_cm2=["23", "23.4", "3.3;4.1", "0.4"])
    assert refused(settled(OPEN), table) == [
        "DC301 row 3: What about PATCHES? The protocol leaves this open",
        "DC301 rows 2-3: What about ROUNDING? The protocol leaves this open",
        "DC301 row 4: What about BELOW? The protocol leaves this open",
    ]


def test_too_small_an_area_is_an_error_where_the_site_says_so() -> None:
    of = settled(OPEN, **(DECIDED | {"BELOW": "error"}))
    table = frame(arm="A", area_cm2=["23.4", "0.4", "5;0.3"])
    assert refused(of, table) == ["DC316 rows 2-3: the area gives less than one injection site"]


def test_only_the_rows_that_rest_on_something_unconfirmed_are_drafts() -> None:
    of = settled(OPEN, MEASURED="once", BELOW="one_site")
    table = cohort_doses(of, frame(arm=["A", "A", "gel"], area_cm2=["23", "23.4", None]), "up")
    assert table["release"].tolist() == ["released", "draft", "released"]
    assert cohort_doses(settled(OPEN, verified=False), frame(arm=["gel"]))["release"].tolist() == ["draft"]


def test_doubles_are_read_at_fifteen_digits() -> None:
    # Safety: a summed cell holds 3.0000000000000004, which would round up to 4 sites (R4).
    table = cohort_doses(settled(OPEN, **DECIDED), frame(arm="A", area_cm2=[0.1 + 0.2 + 2.7, 23.4, 1e-3, 499.999]))
    assert table["sites"].tolist() == [3, 24, 1, 500]


@pytest.mark.parametrize("kind", ["int64", "Int64", "Float64", "object", "category"])
def test_a_column_may_have_any_type_that_holds_numbers(kind: str) -> None:
    given = frame(arm="A", area_cm2=pd.Series([3, 23], dtype=kind))
    assert cohort_doses(settled(OPEN, **DECIDED), given)["sites"].tolist() == [3, 23]


def test_a_column_may_hold_decimals_and_texts_in_any_accepted_notation() -> None:
    given = frame(arm="A", area_cm2=[Decimal("2.5"), "1e1", 3])
    assert cohort_doses(settled(OPEN, **DECIDED), given)["sites"].tolist() == [3, 10, 3]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "DC351 row 1: area_cm2 holds neither a number nor a text"),
        (float("inf"), "DC350 row 1: area_cm2 is below zero or above 500"),
        (-2.5, "DC350 row 1: area_cm2 is below zero or above 500"),
        ("0.1234567890123456", "DC352 row 1: area_cm2 has more than 15 decimals"),
        ("1e-99", "DC352 row 1: area_cm2 has more than 15 decimals"),
    ],
)
def test_a_value_that_is_no_area_is_refused(value: object, words: str) -> None:
    assert words in refused(settled(OPEN, **DECIDED), frame(arm=["A"], area_cm2=[value]))


def test_numbers_that_64_bits_do_not_hold_are_refused_and_never_wrapped() -> None:
    # 300 kg at 15 decimals is 3 × 10¹⁷; times 10⁶ ÷ 10¹⁵ reduces, an odd amount does not.
    odd = protocol({"A": [rule("V1", "cells", per_weight=per_weight("1234567 cells/kg"))]})
    wrong = refused(settled(odd, ROUNDING="up"), frame(arm="A", weight_kg=["70", "70.123456789012345"]))
    assert wrong[0].startswith("DC353 rows 1-2: weight_kg has too many digits to be multiplied exactly here")
    huge = protocol({"A": [rule("V1", fixed=fixed("9e18 cells"))]})
    assert refused(settled(huge), frame(arm=["A"]))[0].startswith("DC353 row 1")


def test_sums_that_64_bits_do_not_hold_are_refused_and_never_wrapped() -> None:
    # 4 × 10¹⁸ fits, twice is above 2⁶², and three times would wrap round to a negative number below the cap.
    caps = (cap("cumulative", "2e19 cells"),)
    huge = protocol(
        {
            "A": [rule("V1 V2 V3", "cells", fixed=fixed("4e18 cells"), caps=caps)],
            "B": [rule("V1 V2 V3", "cells", fixed=fixed("1e18 cells"), caps=caps)],
        }
    )
    assert refused(settled(huge), frame(arm=["B", "A"])) == [
        "DC353 row 2: the doses together have too many digits to be added exactly here"
    ]


def test_a_rounding_that_is_none_is_refused_and_never_taken_for_another() -> None:
    for table in (frame(arm="A", area_cm2=["23.4"]), frame(arm="A", area_cm2=["23"])):
        assert refused(settled(OPEN, **DECIDED), table, "UP") == ["DC343 'UP' is not a way of rounding"]


def test_columns_do_not_change_together() -> None:
    given = frame(arm="A", area_cm2=[3.0, 4.0])
    table = cohort_doses(settled(OPEN, **DECIDED), given)
    table.loc[0, "dose_V1_particles"] = 7
    table.loc[1, "sites"] = 9
    assert table["dose_V2_particles"].tolist() == [300_000_000, 400_000_000]
    assert given["area_cm2"].tolist() == [3.0, 4.0]


def test_everybody_gets_every_arm_without_a_column_for_it() -> None:
    # 20 cm² × 10⁹; the saline has no amount
    table = cohort_doses(settled(DENSITY), frame(area_cm2=["20", "2.5"], level=["1e9", "5e9 particles/cm²"]))
    assert table.columns.tolist() == ["dose_V1_particles", "dose_V2_particles", "release", "warnings"]
    assert table["dose_V1_particles"].tolist() == [20_000_000_000, 12_500_000_000]
    assert table["release"].tolist() == ["draft", "draft"]


def test_one_arm_of_several_may_be_named() -> None:
    table = cohort_doses(settled(DENSITY, {"density": "1e9 particles/cm²"}), frame(arm=["saline", "sEV"], area_cm2=2))
    assert table["dose_V1_particles"].tolist() == [pd.NA, 2_000_000_000]
    assert table["release"].tolist() == ["released", "released"]


def test_an_empty_cell_for_the_arm_means_every_arm_where_everybody_gets_every_arm() -> None:
    of = settled(DENSITY, {"density": "1e9 particles/cm²"})
    for empty in ("", " ", None, np.nan):
        table = cohort_doses(of, frame(arm=[empty, "saline", "sEV"], area_cm2=["2", None, "3"]))
        assert table["dose_V2_particles"].tolist() == [2_000_000_000, pd.NA, 3_000_000_000]
        assert table["arm"].tolist() == [np.nan, "saline", "sEV"]
    assert cohort_doses(of, frame(arm=["", ""], area_cm2=2))["dose_V1_particles"].tolist() == [2_000_000_000] * 2
    wrong = refused(settled(OPEN), frame(arm=["A", ""], area_cm2="1"))
    assert wrong == ["DC302 row 2: the arm is missing, or T1 has no such arm"]


def test_levels_are_checked_row_by_row() -> None:
    given = frame(area_cm2="20", level=["1e9", "4e8", None, "6e9", "1e9 particles", "4e8", 5e8])
    assert [line.partition(":")[0] for line in refused(settled(DENSITY), given)] == [
        "DC330 row 3",
        "DC331 rows 2, 6",
        "DC331 row 4",
        "DC334 row 5",
    ]


def test_a_level_where_there_is_none_to_choose_is_refused() -> None:
    wrong = refused(settled(OPEN, **DECIDED), frame(arm=["A", "gel"], area_cm2=["1", None], level=[None, "1e9"]))
    assert wrong == ["DC332 row 2: a level was given, but the doses of this arm are not chosen by a level"]


def test_weights_are_checked_row_by_row() -> None:
    wrong = refused(settled(KILOS), frame(arm="A", weight_kg=[70, None, 0, 301]))
    assert wrong == [
        "DC350 row 4: weight_kg is below zero or above 300",
        "DC320 row 2: the body weight is missing, and the dose of this arm depends on it",
        "DC321 row 3: a body weight of 0 kg cannot be",
    ]


def test_amounts_with_decimals_are_exact_decimals() -> None:
    drug = protocol({"A": [rule("V1", "drug", per_weight=per_weight("0.25 mg/kg", counts=None))]})
    table = cohort_doses(settled(drug), frame(arm="A", weight_kg=["70.5", "81"]))
    assert table["dose_V1_mg"].tolist() == [Decimal("17.625"), Decimal("20.25")]


def test_caps_cut_or_refuse_rows() -> None:
    def trial(above: str) -> Any:
        caps = (cap("per_dose", "8e7 cells", above), cap("cumulative", "1.5e8 cells", above))
        weighed = per_weight("1e6 cells/kg", counts=Answer(answer="COUNTS"))
        return settled(protocol({"A": [rule("V1 V2", "cells", per_weight=weighed, caps=caps)]}), COUNTS="viable")

    # 70 + 70; 85 → 80, then 150 - 80 = 70; 78, then 150 - 78 = 72
    table = cohort_doses(trial("cap"), frame(arm="A", weight_kg=[70, 85, 78]))
    assert table["dose_V1_viable_cells"].tolist() == [70_000_000, 80_000_000, 78_000_000]
    assert table["dose_V2_viable_cells"].tolist() == [70_000_000, 70_000_000, 72_000_000]
    assert refused(trial("refuse"), frame(arm="A", weight_kg=[70, 85, 78])) == [
        "DC340 row 2: the dose is above the cap of 80,000,000 cells"
    ]
    assert refused(trial("refuse"), frame(arm="A", weight_kg=[70, 75, 78]))[0].startswith("DC341 row 3")


def test_what_to_look_at_is_said_of_each_row() -> None:
    # 0.4 → 1 and 9.01 → 10 are more than a tenth off, 23.4 → 24 is not; 10 + 0.3 → 11 is 6.8 % off; 300 is large
    given = frame(arm="A", area_cm2=["0.4", "23.4", "9.01", "10;0.3", "300", "1"])
    table = cohort_doses(settled(OPEN, **DECIDED), given)
    assert table["warnings"].tolist() == [
        "area-small rounding-deviation", np.nan, "rounding-deviation", np.nan, "area-large", "area-small"
    ]  # fmt: skip


def test_caps_and_low_weights_are_said_of_each_row() -> None:
    caps = (cap("per_dose", "8e7 cells", "cap"), cap("cumulative", "1.5e8 cells", "cap"))
    of = settled(protocol({"A": [rule("V1 V2", "cells", per_weight=per_weight("1e6 cells/kg"), caps=caps)]}))
    # 70 + 70; 85 → 80, then 80 → 70; 78, then 78 → 72; 29 is below 30 kg
    table = cohort_doses(of, frame(arm="A", weight_kg=[70, 85, 78, 29]))
    assert table["warnings"].tolist() == [np.nan, "cap-per-dose cap-cumulative", "cap-cumulative", "weight-low"]


def test_caps_per_site_and_levels_that_the_protocol_does_not_name_are_said() -> None:
    chosen = protocol(
        {"A": [rule("V1", per_site=per_site("step"), caps=(cap("per_site", "1.5e8 particles/site", "cap"),))]},
        levels=[level("step", "1e8 particles/site")],
    )
    table = cohort_doses(
        settled(chosen, {"step": "1e8 particles/site, 2e8 particles/site"}),
        frame(arm="A", area_cm2="3", level=["1e8", "2e8"]),
    )
    assert table["warnings"].tolist() == [np.nan, "level-not-in-protocol cap-per-site"]
    assert table["dose_V1_particles"].tolist() == [300_000_000, 450_000_000]


def test_arms_may_come_as_categories() -> None:
    given = frame(arm=pd.Categorical(["B", "A"], categories=["B", "A", "unused"]), area_cm2=[1, 2])
    table = cohort_doses(settled(OPEN, **DECIDED), given)
    assert table["arm"].tolist() == ["B", "A"]
    assert table["dose_V1_particles"].tolist() == [1_000_000_000, 200_000_000]


def test_a_masked_trial_without_arms_has_no_doses() -> None:
    masked = protocol(
        {"A": [rule("V1", fixed=fixed("1e8 cells"))], "B": [rule("V1", fixed=fixed("2e8 cells"))]}, masked=True
    )
    assert refused(settled(masked), frame(participant=["p"])) == ["DC304 the arm is missing"]


def test_many_rows_take_the_same_way_as_few() -> None:
    # More rows than one block of the arithmetic, in a pattern that crosses its edges.
    count = 40_000
    tenths = np.arange(count) % 2_000 + 15
    given = frame(arm=np.where(np.arange(count) % 3 == 0, "A", "B"), area_cm2=tenths / 10)
    table = cohort_doses(settled(OPEN, **DECIDED), given)
    sites = -(-tenths // 10)
    assert np.array_equal(table["sites"].to_numpy(), sites)
    amounts = np.where(np.arange(count) % 3 == 0, 10**8, 10**9)
    assert np.array_equal(table["dose_V2_particles"].to_numpy(), sites * amounts)
