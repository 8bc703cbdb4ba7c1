from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from dosecalc.dosing.dose import calculate
from dosecalc.dosing.result import DoseInput
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Answer
from dosing.building import (
    areas,
    daily,
    encounter,
    fixed,
    per_area,
    per_site,
    per_weight,
    placebo_of,
    protocol,
    q,
    repeated,
    rule,
    settled,
    words,
)

NOTHING = DoseInput()
SITES = protocol({"A": [rule("V1 V2 V3 V4", per_site=per_site())]})
DECIDED = {"ROUNDING": "up", "BELOW": "one_site", "PATCHES": "summed", "MEASURED": "once"}

# Both of one participant's areas, as a trial with a control area has them.
BOTH = protocol(
    {
        "sEV": [rule("V1 V2 V3", area="study", per_area=per_area("1e9 particles/cm²"))],
        "saline": [rule("V1 V2 V3", "saline", "placebo", area="control", volume_matched=placebo_of("sEV"))],
    },
    allocation="every_arm",
    masked=True,
)
CELLS = protocol(
    {
        "high": [
            rule("V1", "cells", fixed=fixed("2.0e8 cells", counts=Answer(answer="COUNTS"))),
            rule("V2 V3", "medium", "placebo", volume_matched=placebo_of("cells")),
        ],
        "low": [rule("V1 V2 V3", "cells", fixed=fixed("1.0e8 cells", counts=Answer(answer="COUNTS")))],
        "placebo": [rule("V1 V2 V3", "medium", "placebo", volume_matched=placebo_of("cells"))],
    },
    masked=True,
)
KILOS = protocol({"A": [rule("V1", "cells", per_weight=per_weight("1.5e6 cells/kg"))]})


def test_the_worked_example_of_the_contract() -> None:
    # 23.4 cm² → 24 sites × 10⁸ = 2.4 × 10⁹; four visits: 9.6 × 10⁹
    doses = calculate(settled(SITES, **DECIDED), ("A",), DoseInput(areas=areas("23.4")))
    assert [dose.encounter for dose in doses.doses] == ["V1", "V2", "V3", "V4"]
    first = doses.doses[0]
    assert (first.sites, first.total, first.level) == (24, q("2400000000 particles"), q("1e8 particles/site"))
    assert [str(line) for line in first.derivation] == [
        "area: 23.4 cm²",
        "sites: 23.4 cm² × 1 site/cm² = 23.4, rounded up (Pharmacy manual, 3.1): 24 (+2.56 %)",
        "dose: 24 sites × 100,000,000 particles/site = 2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)",
    ]
    assert doses.cumulative is not None
    assert doses.cumulative.total == q("9.6e9 particles")
    assert doses.cumulative.note is None
    assert doses.draft == ()


def test_a_visit_asked_for_is_given_alone_and_the_sum_stays_that_of_all() -> None:
    doses = calculate(settled(SITES, **DECIDED), ("A",), DoseInput(areas=areas("10")), ("V3", "V1"))
    assert [dose.encounter for dose in doses.doses] == ["V1", "V3"]
    assert doses.cumulative is not None
    assert doses.cumulative.total == q("4e9 particles")


def test_the_sum_says_that_the_area_may_be_measured_again() -> None:
    for answers in ({"MEASURED": "each_visit"}, {}):
        doses = calculate(settled(SITES, **(DECIDED | {"MEASURED": ""} | answers)), ("A",), DoseInput(areas=areas("9")))
        assert doses.cumulative is not None
        assert str(doses.cumulative.note) == (
            "for all planned doses at the area given; the area may be measured again at each visit"
        )


def test_a_follow_up_visit_without_a_dose_is_normal_and_asking_for_its_dose_is_refused() -> None:
    trial = protocol({"A": [rule("V1", fixed=fixed("1e8 cells"))]})
    assert [dose.encounter for dose in calculate(settled(trial), ("A",), NOTHING).doses] == ["V1"]
    with pytest.raises(Refusal, match="DC306 no dose is planned at V2 in A; visits with a dose are: V1"):
        calculate(settled(trial), ("A",), NOTHING, ("V2",))


def test_an_unknown_visit_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Refusal) as refusal:
        calculate(settled(CELLS, COUNTS="total"), ("low",), NOTHING, ("D7", "V4"))
    assert [str(f.what) for f in refusal.value.findings] == [
        "there is no visit 'D7' in low",
        "no dose is planned at V4 in low",
    ]


def test_two_rules_for_one_area_at_one_visit_are_refused() -> None:
    twice = protocol({"A": [rule("V1", fixed=fixed("1e8 cells")), rule("V1 V2", fixed=fixed("2e8 cells"))]})
    with pytest.raises(Refusal, match="DC307 arm A has two dose rules for the same area at V1"):
        calculate(settled(twice), ("A",), NOTHING)


def test_rules_for_different_areas_at_one_visit_are_two_doses() -> None:
    two = protocol(
        {"A": [rule("V1", area="left", fixed=fixed("1e8 cells")), rule("V1", area="right", fixed=fixed("2e8 cells"))]}
    )
    doses = calculate(settled(two), ("A",), NOTHING).doses
    assert [(dose.area, dose.total) for dose in doses] == [("left", q("1e8 cells")), ("right", q("2e8 cells"))]


def test_both_areas_of_a_participant_come_visit_by_visit_arm_by_arm() -> None:
    doses = calculate(settled(BOTH), ("sEV", "saline"), DoseInput(areas=areas("20")))
    assert [(dose.encounter, dose.product, dose.area) for dose in doses.doses][:4] == [
        ("V1", "sEV", "study"),
        ("V1", "saline", "control"),
        ("V2", "sEV", "study"),
        ("V2", "saline", "control"),
    ]
    active, saline = doses.doses[:2]
    assert active.total == q("2e10 particles")
    assert (saline.total, saline.same_volume_as, saline.area_cm2) == (None, words("sEV"), None)
    assert doses.cumulative is not None
    assert doses.cumulative.total == q("6e10 particles")


def test_a_density_over_all_doses_is_divided_by_their_number() -> None:
    # 20 cm² × 10⁹ = 2 × 10¹⁰ for three doses: 6,666,666,666.67, rounded down 6,666,666,666
    trial = protocol({"A": [rule("V1 V2 V3", per_area=per_area(covers="all_doses"))]})
    first = calculate(settled(trial, ROUNDING="down"), ("A",), DoseInput(areas=areas("20"))).doses[0]
    assert first.total == q("6666666666 particles")
    assert first.rounding is not None
    assert (first.rounding.exact, first.rounding.deviation_percent) == (Fraction(20_000_000_000, 3), "0.00")
    assert [str(line) for line in first.derivation] == [
        "area: 20 cm²",
        "all doses together: 20 cm² × 1,000,000,000 particles/cm² = 20,000,000,000 particles (20 billion; 2 × 10¹⁰)",
        (
            "dose: 20,000,000,000 particles ÷ 3 doses = 6,666,666,666.666… particles, "
            "rounded down (Pharmacy manual, 3.1): "
            "6,666,666,666 particles (6.666666666 billion; 6.666666666 × 10⁹) (0.00 %)"
        ),
    ]


def test_a_density_whose_reading_the_site_answered_says_where() -> None:
    trial = protocol({"A": [rule("V1 V2", per_area=per_area(covers=Answer(answer="COVERS")))]})
    for answer, reading in (("all_doses", "that of all doses together"), ("each_dose", "that of each dose")):
        first = calculate(settled(trial, COVERS=answer), ("A",), DoseInput(areas=areas("20"))).doses[0]
        assert str(first.derivation[1]) == f"density: {reading} (Pharmacy manual, 3.1)"


def test_a_density_that_divides_evenly_asks_nobody() -> None:
    trial = protocol({"A": [rule("V1 V2", per_area=per_area(covers="all_doses"))]})
    first = calculate(settled(trial), ("A",), DoseInput(areas=areas("20.5"))).doses[0]
    assert first.total == q("10250000000 particles")  # 20.5 × 10⁹ ÷ 2
    assert first.rounding is None


def test_part_of_a_particle_needs_a_decision_and_part_of_a_ml_does_not() -> None:
    odd = protocol({"A": [rule("V1", per_area=per_area("5 particles/cm²"))]})
    with pytest.raises(Refusal, match=r"DC301.*ROUNDING.*--round"):
        calculate(settled(odd), ("A",), DoseInput(areas=areas("2.5")))
    # 2.5 × 5 = 12.5 → 13: +4.00 %
    by_hand = calculate(settled(odd), ("A",), DoseInput(areas=areas("2.5"), rounding="half_up"))
    assert by_hand.doses[0].total == q("13 particles")
    assert [str(reason) for reason in by_hand.draft] == ["the rounding was given by hand (--round)"]
    volume = protocol({"A": [rule("V1", per_area=per_area("0.05 mL/cm²"))]})
    assert calculate(settled(volume), ("A",), DoseInput(areas=areas("2.5"))).doses[0].total == q("0.125 mL")


def test_a_dose_is_never_rounded_to_nothing() -> None:
    tiny = protocol({"A": [rule("V1", per_area=per_area("0.2 particles/cm²"))]})
    with pytest.raises(Refusal, match=r"DC342 the dose is rounded down to nothing: 0.4 particles"):
        calculate(settled(tiny), ("A",), DoseInput(areas=areas("2"), rounding="down"))


def test_a_rounding_that_is_none_is_refused() -> None:
    mode: Any = "nearest"
    with pytest.raises(Refusal, match="DC343 'nearest' is not a way of rounding; write one of: up, down, half_up"):
        calculate(settled(SITES, **DECIDED), ("A",), DoseInput(areas=areas("23.4"), rounding=mode))


def test_a_cell_dose_says_whether_viable_cells_are_meant() -> None:
    total = calculate(settled(CELLS, COUNTS="total"), ("high",), NOTHING).doses[0]
    viable = calculate(settled(CELLS, COUNTS="viable"), ("high",), NOTHING).doses[0]
    assert (total.total, viable.total) == (q("2e8 cells"), q("2e8 viable cells"))
    assert [str(line) for line in viable.derivation] == [
        "count: viable cells are counted (Pharmacy manual, 3.1)",
        "dose: 200,000,000 viable cells (200 million; 2 × 10⁸), the same for everyone",
    ]
    with pytest.raises(Refusal, match="DC301 What about COUNTS"):
        calculate(settled(CELLS), ("high",), NOTHING)


def test_a_placebo_has_the_volume_of_its_product_and_no_amount() -> None:
    doses = calculate(settled(CELLS, COUNTS="total"), ("high",), NOTHING)
    assert [(dose.encounter, dose.role, dose.total, dose.same_volume_as) for dose in doses.doses] == [
        ("V1", "active", q("2e8 cells"), None),
        ("V2", "placebo", None, words("cells")),
        ("V3", "placebo", None, words("cells")),
    ]
    assert doses.cumulative is not None
    assert doses.cumulative.total == q("2e8 cells")
    assert calculate(settled(CELLS, COUNTS="total"), ("placebo",), NOTHING).cumulative is None


def test_a_dose_per_kg_is_weight_times_amount() -> None:
    # 60.5 kg × 1.5 × 10⁶ = 9.075 × 10⁷
    dose = calculate(settled(KILOS), ("A",), DoseInput(weight=q("60.5 kg"))).doses[0]
    assert dose.total == q("90750000 cells")
    assert [str(line) for line in dose.derivation] == [
        "weight: 60.5 kg",
        "count: total cells are counted",
        "dose: 60.5 kg × 1,500,000 cells/kg = 90,750,000 cells (90.75 million; 9.075 × 10⁷)",
    ]


@pytest.mark.parametrize(("weight", "code"), [("0 kg", "DC321"), ("300.1 kg", "DC321"), ("70 cm²", "DC202")])
def test_a_weight_that_cannot_be_is_refused(weight: str, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        calculate(settled(KILOS), ("A",), DoseInput(weight=q(weight)))


def test_a_low_weight_warns() -> None:
    for weight, codes in (("29.9 kg", ["weight-low"]), ("30 kg", []), ("300 kg", [])):
        doses = calculate(settled(KILOS), ("A",), DoseInput(weight=q(weight)))
        assert [warned.code for warned in doses.warnings] == codes


def test_a_missing_weight_names_who_can_supply_it() -> None:
    with pytest.raises(Refusal, match=r"DC320 the body weight is missing.*the study nurse can supply it"):
        calculate(settled(KILOS), ("A",), NOTHING)


def test_a_topical_course_is_one_dose_for_all_its_days() -> None:
    # 1 mL × 84 days
    trial = protocol({"A": [rule("V1", "minoxidil", "comparator", topical_daily=daily("1 mL/day", "84 days"))]})
    doses = calculate(settled(trial), ("A",), NOTHING)
    (dose,) = doses.doses
    assert (dose.total, dose.level, dose.days) == (q("84 mL"), q("1 mL/day"), 84)
    assert str(dose.derivation[-1]) == "dose: 1 mL/day × 84 days = 84 mL"
    assert doses.cumulative is not None
    assert doses.cumulative.total == q("84 mL")


def test_a_product_is_named_with_its_strength() -> None:
    trial = protocol(
        {"A": [rule("V1", "gel", topical_daily=daily())], "B": [rule("V1", volume_matched=placebo_of("gel"))]}
    )
    strong = replace(trial, products={**trial.products, "gel": replace(trial.products["gel"], strength="5 %")})
    (dose,) = calculate(settled(strong), ("A",), NOTHING).doses
    assert dose.strength == "5 %"
    assert (dose.product_label.en, dose.product_label.zh) == ("gel, 5 %", "gel，5 %")
    assert str(calculate(settled(strong), ("B",), NOTHING).doses[0].same_volume_as) == "gel, 5 %"


def test_an_open_number_of_applications_does_not_change_the_day() -> None:
    trial = protocol({"A": [rule("V1", topical_daily=daily(times_a_day=Answer(answer="TIMES")))]})
    doses = calculate(settled(trial), ("A",), NOTHING)
    assert doses.doses[0].total == q("84 mL")
    assert doses.assumptions == ("TIMES",)
    assert len(doses.draft) == 1


def test_repeats_get_a_dose_each() -> None:
    cycles = (encounter("V1"), encounter("C", "P21D", repeat=repeated(3)))
    trial = protocol({"A": [rule("V1 C", fixed=fixed("1e8 cells"))]}, cycles)
    doses = calculate(settled(trial), ("A",), NOTHING)
    assert [dose.encounter for dose in doses.doses] == ["V1", "C1", "C2", "C3"]
    assert doses.cumulative is not None
    assert doses.cumulative.total == q("4e8 cells")
    assert [dose.encounter for dose in calculate(settled(trial), ("A",), NOTHING, ("C",)).doses] == ["C1", "C2", "C3"]
    assert [dose.encounter for dose in calculate(settled(trial), ("A",), NOTHING, ("C2",)).doses] == ["C2"]


def test_a_sum_over_repeats_that_may_end_says_so() -> None:
    cycles = (encounter("V1"), encounter("C", "P21D", repeat=repeated(3, until="stop")))
    doses = calculate(settled(protocol({"A": [rule("C", fixed=fixed("1e8 cells"))]}, cycles)), ("A",), NOTHING)
    assert doses.cumulative is not None
    assert "the treatment may end earlier" in str(doses.cumulative.note)


def test_an_unscheduled_dose_is_not_summed() -> None:
    visits = (encounter("V1"), encounter("U", unscheduled=True))
    doses = calculate(settled(protocol({"A": [rule("V1 U", fixed=fixed("1e8 cells"))]}, visits)), ("A",), NOTHING)
    assert [dose.encounter for dose in doses.doses] == ["V1", "U"]
    assert doses.cumulative is not None
    assert doses.cumulative.total == q("1e8 cells")


def test_amounts_of_two_units_have_no_sum() -> None:
    mixed = protocol({"A": [rule("V1", fixed=fixed("1e8 cells")), rule("V2", "gel", topical_daily=daily())]})
    assert calculate(settled(mixed), ("A",), NOTHING).cumulative is None


def test_what_the_arm_does_not_need_is_refused() -> None:
    given = DoseInput(areas=areas("20"), weight=q("70 kg"), level=q("1e8 cells"))
    with pytest.raises(Refusal) as refusal:
        calculate(settled(CELLS, COUNTS="total"), ("low",), given)
    assert [(f.code, str(f.what)) for f in refusal.value.findings] == [
        ("DC313", "an area was given, but the dose of low does not depend on an area"),
        ("DC322", "a body weight was given, but the dose of low does not depend on it"),
        ("DC332", "a level was given, but the doses of this arm are not chosen by a level"),
    ]


def test_the_area_of_a_masked_participant_may_be_given_for_the_placebo_too() -> None:
    # Whoever measures does not know the arm (R15); the volume follows the product's.
    doses = calculate(settled(BOTH), ("saline",), DoseInput(areas=areas("20")))
    assert str(doses.doses[0].same_volume_as) == "sEV"
    with pytest.raises(Refusal, match="DC312"):
        calculate(settled(BOTH), ("saline",), DoseInput(areas=areas("501")))


def test_everything_missing_is_named_at_once() -> None:
    trial = protocol({"A": [rule("V1", per_weight=per_weight()), rule("V2", per_site=per_site())]})
    with pytest.raises(Refusal) as refusal:
        calculate(settled(trial), ("A",), NOTHING)
    assert [f.code for f in refusal.value.findings] == ["DC310", "DC320"]


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        (("B",), "DC302 T1 has no arm 'B'; its arms are: high, low, placebo"),
        ((), "DC304 the arm is missing; give one of: high, low, placebo"),
        (("high", "low"), "DC308 T1 gives each participant one arm, not high, low"),
    ],
)
def test_arms_are_the_protocols_own_and_one_for_each_participant(arms: tuple[str, ...], words: str) -> None:
    with pytest.raises(Refusal, match=words):
        calculate(settled(CELLS), arms, NOTHING)
