"""Areas that are measured again: each dose follows from the area of its visit, or of the latest one before (R9)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from dosecalc.dosing.area import Measured
from dosecalc.dosing.cohort import cohort_doses
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.result import DoseInput, Doses, Remeasured
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Answer
from dosing.building import (
    areas,
    cap,
    encounter,
    fixed,
    per_area,
    per_site,
    placebo_of,
    protocol,
    q,
    question,
    repeated,
    rule,
    settled,
)

SITES = protocol({"A": [rule("V1 V2 V3 V4", per_site=per_site())]})
DECIDED = {"ROUNDING": "up", "BELOW": "one_site", "PATCHES": "summed", "MEASURED": "each_visit"}


def again(visit: str, *values: str, measured: Measured | None = None) -> Remeasured:
    return Remeasured(visit=visit, areas=areas(*values), measured=measured)


def given(*values: str, again: tuple[Remeasured, ...] = ()) -> DoseInput:
    return DoseInput(areas=areas(*values), remeasured=again)


def doses(*values: str, again: tuple[Remeasured, ...]) -> Doses:
    return calculate(settled(SITES, **DECIDED), ("A",), given(*values, again=again))


def refused(of: object, arms: tuple[str, ...], what: DoseInput) -> list[str]:
    with pytest.raises(Refusal) as refusal:
        calculate(of, arms, what)  # type: ignore[arg-type]
    return [f"{f.path}: {f.code} {f.what}; {f.mend}" for f in refusal.value.findings]


def test_each_dose_follows_from_the_latest_area_by_its_visit() -> None:
    # 23.4 → 24 sites at V1 and V2; 18.2 → 19 sites at V3 and V4; × 10⁸: 2 × 2.4 × 10⁹ + 2 × 1.9 × 10⁹ = 8.6 × 10⁹
    made = doses("23.4", again=(again("V3", "18.2"),))
    assert [(dose.sites, dose.area_cm2, dose.measured_at) for dose in made.doses] == [
        (24, Decimal("23.4"), None),
        (24, Decimal("23.4"), None),
        (19, Decimal("18.2"), "V3"),
        (19, Decimal("18.2"), "V3"),
    ]
    assert made.cumulative is not None
    assert made.cumulative.total == q("8.6e9 particles")
    assert str(made.cumulative.note) == (
        "for all planned doses, each at the area that was measured last by then; "
        "the area may be measured again at each visit"
    )
    assert str(made.doses[3].derivation[0]) == "area: 18.2 cm² (measured at V3)"


def test_patches_of_a_visit_are_its_own() -> None:
    # V2: 10.1 + 4.2 = 14.3 → 15 sites; V4: 9 sites
    made = doses("23", again=(again("V4", "9"), again("V2", "10.1", "4.2")))
    assert [dose.sites for dose in made.doses] == [23, 15, 15, 9]


def test_the_record_of_each_measurement_stands_beside_its_area() -> None:
    first = Measured(method="planimetry", by="CRC-02", date=dt.date(2026, 2, 27))
    second = Measured(method="tracing", date=dt.date(2026, 3, 30))
    what = DoseInput(areas=areas("23"), measured=first, remeasured=(again("V3", "18", measured=second),))
    made = calculate(settled(SITES, **DECIDED), ("A",), what).doses
    assert [dose.measured for dose in made] == [first, first, second, second]
    assert str(made[0].derivation[0]) == "area: 23 cm² (planimetry, by CRC-02, on 2026-02-27)"
    assert str(made[2].derivation[0]) == "area: 18 cm² (measured at V3: tracing, on 2026-03-30)"


def test_an_area_of_a_visit_without_a_dose_counts_from_there_on() -> None:
    visits = (encounter("SCR", "P1D"), encounter("V1"), encounter("V2", "P2W"), encounter("V3", "P4W"))
    trial = protocol({"A": [rule("V1 V3", per_site=per_site())]}, visits)
    made = calculate(settled(trial, **DECIDED), ("A",), given(again=(again("SCR", "12"), again("V2", "10"))))
    assert [(dose.encounter, dose.sites) for dose in made.doses] == [("V1", 12), ("V3", 10)]


def test_repeats_of_a_visit_have_areas_of_their_own() -> None:
    trial = protocol({"A": [rule("C", per_site=per_site())]}, (encounter("C", "P21D", repeat=repeated(3)),))
    made = calculate(settled(trial, **DECIDED), ("A",), given("20", again=(again("C2", "15"),)))
    assert [(dose.encounter, dose.sites) for dose in made.doses] == [("C1", 20), ("C2", 15), ("C3", 15)]


def test_without_an_area_for_all_visits_the_first_dose_needs_its_own() -> None:
    assert [dose.sites for dose in doses(again=(again("V1", "5"), again("V2", "4"))).doses] == [5, 4, 4, 4]
    assert refused(settled(SITES, **DECIDED), ("A",), given(again=(again("V2", "4"),))) == [
        (
            ": DC310 the area is missing at V1: a dose there depends on it, and it is measured only later; "
            "give the area that was measured first (--area, or the column area_cm2), in cm²"
        )
    ]


def test_a_cumulative_cap_adds_each_visit_s_own_dose() -> None:
    # 20 + 20 = 40, then 15: 55 × 10⁸ is above 5 × 10⁹, so 10 × 10⁸ are left for V3
    trial = protocol(
        {"A": [rule("V1 V2 V3", per_site=per_site(), caps=(cap("cumulative", "5e9 particles", "cap"),))]},
    )
    made = calculate(settled(trial, **DECIDED), ("A",), given("20", again=(again("V3", "15"),)))
    assert [dose.total for dose in made.doses] == [q("2e9 particles"), q("2e9 particles"), q("1e9 particles")]


def test_an_amount_per_cm2_takes_the_area_of_its_visit() -> None:
    # 10 cm² × 10⁹, then 8.5 cm² × 10⁹
    trial = protocol({"A": [rule("V1 V2", per_area=per_area(area_measured="each_visit"))]})
    made = calculate(settled(trial), ("A",), given("10", again=(again("V2", "8.5"),)))
    assert [dose.total for dose in made.doses] == [q("1e10 particles"), q("8.5e9 particles")]


def test_where_the_area_is_measured_once_another_one_is_refused() -> None:
    of = settled(SITES, **(DECIDED | {"MEASURED": "once"}))
    assert refused(of, ("A",), given("23", again=(again("V2", "20"), again("V3", "19")))) == [
        (
            "V2: DC344 the area is measured once, for all doses, and another one is given for V2, V3; leave it out; "
            "where it is to be measured at each visit, the trial pharmacist can change the answer to MEASURED in the "
            "site file"
        )
    ]
    fixed_once = protocol({"A": [rule("V1 V2", per_area=per_area(area_measured="once"))]})
    assert refused(settled(fixed_once), ("A",), given("23", again=(again("V2", "20"),))) == [
        (
            "V2: DC344 the area is measured once, for all doses, and another one is given for V2; leave it out; "
            "the protocol itself says so, and only an amendment of the protocol can change it"
        )
    ]


def test_an_open_question_is_asked_and_an_assumed_answer_makes_a_draft() -> None:
    without = {code: answer for code, answer in DECIDED.items() if code != "MEASURED"}
    (said,) = refused(settled(SITES, **without), ("A",), given("23", again=(again("V2", "20"),)))
    assert said.startswith(": DC301 What about MEASURED? The protocol leaves this open; ")
    assumed = protocol(
        {"A": [rule("V1 V2", per_site=per_site())]}, questions=[question("MEASURED", assumed="each_visit")]
    )
    made = calculate(settled(assumed, **without), ("A",), given("23", again=(again("V2", "20"),)))
    assert made.unconfirmed == ("MEASURED",)
    assert made.draft != ()


def test_a_visit_that_the_arm_does_not_have_is_refused() -> None:
    assert refused(settled(SITES, **DECIDED), ("A",), given("23", again=(again("W9", "20"),))) == [
        "W9: DC305 there is no visit 'W9' in A; its visits are: V1, V2, V3, V4"
    ]


def test_an_area_that_is_none_is_refused_with_its_visit() -> None:
    assert [
        line[:8] for line in refused(settled(SITES, **DECIDED), ("A",), given("0", again=(again("V2", "501"),)))
    ] == [
        ": DC311 ",
        "V2: DC31",
    ]


def test_an_arm_that_does_not_depend_on_areas_is_refused_one() -> None:
    trial = protocol({"A": [rule("V1", fixed=fixed("1e8 cells"))]})
    (said,) = refused(settled(trial), ("A",), given(again=(again("V1", "20"),)))
    assert said.startswith("V1: DC313 an area was given, but the dose of A does not depend on an area")


def test_a_placebo_may_have_what_its_product_has() -> None:
    # Whoever writes down areas does not know who has which arm (R15).
    trial = protocol(
        {
            "sEV": [rule("V1 V2", per_site=per_site())],
            "placebo": [rule("V1 V2", "medium", "placebo", volume_matched=placebo_of("sEV"))],
        },
        masked=True,
    )
    what = given("23", again=(again("V2", "20"),))
    assert [dose.total for dose in calculate(settled(trial, **DECIDED), ("placebo",), what).doses] == [None, None]
    (said,) = refused(settled(trial, **(DECIDED | {"MEASURED": "once"})), ("placebo",), what)
    assert said.startswith("V2: DC344 ")


def test_a_table_of_areas_measured_again_worked_by_hand() -> None:
    # p1: 23.4 → 24, V3: 18.2 → 19. p2: 10 + 5.5 → 16 throughout. p3: V2: 3.1 + 3.1 = 6.2 → 7, V3: 2.
    table = cohort_doses(
        settled(SITES, **DECIDED),
        pd.DataFrame(
            {
                "arm": "A",
                "area_cm2": ["23.4", "10;5.5", "9"],
                "area_cm2_V2": [None, "", "3.1;3.1"],
                "area_cm2_V3": [18.2, None, 2],
            }
        ),
    )
    assert table["sites"].tolist() == [24, 16, 9]
    assert table["sites_V2"].tolist() == [24, 16, 7]
    assert table["sites_V3"].tolist() == [19, 16, 2]
    assert "sites_V4" not in table
    assert table["dose_V1_particles"].tolist() == [2_400_000_000, 1_600_000_000, 900_000_000]
    assert table["dose_V2_particles"].tolist() == [2_400_000_000, 1_600_000_000, 700_000_000]
    assert table["dose_V3_particles"].tolist() == table["dose_V4_particles"].tolist()
    assert table["dose_V4_particles"].tolist() == [1_900_000_000, 1_600_000_000, 200_000_000]


def test_two_areas_of_a_participant_are_each_counted_anew() -> None:
    # One site for each cm² on the left, one for four on the right: 20 → 20 and 5; 12 → 12 and 3.
    trial = protocol(
        {
            "A": [
                rule("V1 V2", area="left", per_site=per_site()),
                rule("V1 V2", "gel", area="right", per_site=per_site("1e9 cells/site", sites=q("0.25 sites/cm²"))),
            ]
        }
    )
    table = cohort_doses(
        settled(trial, **DECIDED), pd.DataFrame({"arm": ["A"], "area_cm2": ["20"], "area_cm2_V2": ["12"]})
    )
    sites = {str(name): table[name].tolist() for name in table if str(name).startswith("sites")}
    assert sites == {"sites": [20], "sites_V1_right": [5], "sites_V2": [12], "sites_V2_right": [3]}


def test_rows_that_may_not_be_measured_again_are_named() -> None:
    trial = protocol(
        {
            "A": [rule("V1 V2", per_area=per_area(area_measured="each_visit"))],
            "B": [rule("V1 V2", per_area=per_area(area_measured=Answer(answer="MEASURED")))],
            "C": [rule("V1", "cells", fixed=fixed("1e8 cells"))],
        },
        visits={"A": "V1 V2 V3", "B": "V1 V2", "C": "V1"},
    )
    frame = pd.DataFrame(
        {
            "arm": ["A", "B", "C", "A", "A", "B"],
            "area_cm2": ["10", "10", None, None, "10", "10"],
            "area_cm2_V2": [None, "9", "9", "9", "0", None],
            "area_cm2_V3": ["8", None, None, None, None, "8"],
        }
    )
    with pytest.raises(Refusal) as refusal:
        cohort_doses(settled(trial, MEASURED="once"), frame)
    assert [f"{finding.code} {finding.what}" for finding in refusal.value.findings] == [
        "DC313 row 3: an area is given, but the dose of this arm does not depend on an area",
        "DC311 row 5: an area of 0 cm² is not an area",
        "DC344 row 2: the area is measured once, for all doses, and another one is given for V2",
        "DC305 row 6: there is no visit 'V3' in B",
        "DC344 row 6: the area is measured once, for all doses, and another one is given for V3",
        "DC310 row 4: the area is missing, and the dose of this arm depends on it",
    ]
