from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest

from dosecalc.dosing.cohort import cohort_doses
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.limits import check_caps
from dosecalc.dosing.result import DoseInput, Doses, OnRecord
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Answer, Cap
from dosing.building import areas, cap, daily, fixed, per_site, per_weight, protocol, q, rule, settled


def kilos(weight: str, *caps: Cap) -> Doses:
    trial = protocol({"A": [rule("V1", "cells", per_weight=per_weight("2e6 cells/kg"), caps=caps)]})
    return calculate(settled(trial), ("A",), DoseInput(weight=q(weight)))


def three(*caps: Cap) -> Doses:
    trial = protocol({"A": [rule("V1 V2 V3", "cells", fixed=fixed("2e8 cells"), caps=caps)]})
    return calculate(settled(trial), ("A",), DoseInput())


def test_a_dose_at_the_cap_is_not_above_it() -> None:
    doses = kilos("80 kg", cap("per_dose", "1.6e8 cells"))
    assert doses.doses[0].total == q("1.6e8 cells")
    assert doses.warnings == ()


def test_a_dose_above_a_cap_is_refused() -> None:
    # 80.5 kg × 2 × 10⁶ = 1.61 × 10⁸
    with pytest.raises(Refusal) as refusal:
        kilos("80.5 kg", cap("per_dose", "1.6e8 cells"))
    (finding,) = refusal.value.findings
    assert finding.code == "DC340"
    assert str(finding.what) == (
        "the dose is 161,000,000 cells (161 million; 1.61 × 10⁸), "
        "above the cap of 160,000,000 cells (160 million; 1.6 × 10⁸)"
    )
    assert "(record, Limits)" in str(finding.mend)


def test_a_dose_is_cut_loudly_where_the_protocol_says_so() -> None:
    doses = kilos("80.5 kg", cap("per_dose", "1.6e8 cells", "cap"))
    assert doses.doses[0].total == q("1.6e8 cells")
    (warned,) = doses.warnings
    assert warned.code == "cap-per-dose"
    assert str(warned.text).startswith("CAPPED: the dose of 161,000,000 cells")
    assert str(doses.doses[0].derivation[-1]) == str(warned.text)


def test_a_cap_per_site_cuts_the_amount_before_the_sites_multiply_it() -> None:
    # 10 sites × 10⁸ instead of 10 × 10⁹
    limit = cap("per_site", "1e8 particles/site", "cap")
    trial = protocol({"A": [rule("V1", per_site=per_site("1e9 particles/site"), caps=(limit,))]})
    doses = calculate(settled(trial), ("A",), DoseInput(areas=areas("10")))
    assert doses.doses[0].total == q("1e9 particles")
    assert doses.doses[0].level == q("1e8 particles/site")
    assert [warned.code for warned in doses.warnings] == ["cap-per-site"]


def test_a_cap_over_all_doses_refuses_the_dose_that_passes_it() -> None:
    with pytest.raises(Refusal, match="DC341 with the dose at V3 the sum of the doses is 600,000,000 cells"):
        three(cap("cumulative", "5e8 cells"))


def test_a_cap_over_all_doses_cuts_the_dose_that_passes_it() -> None:
    # 2 + 2 + 1 × 10⁸
    doses = three(cap("cumulative", "5e8 cells", "cap"))
    assert [dose.total for dose in doses.doses] == [q("2e8 cells"), q("2e8 cells"), q("1e8 cells")]
    assert doses.cumulative is not None
    assert doses.cumulative.total == q("5e8 cells")
    assert [warned.code for warned in doses.warnings] == ["cap-cumulative"]


def test_a_cap_that_leaves_nothing_of_a_dose_refuses_it() -> None:
    with pytest.raises(Refusal, match="DC341 with the dose at V3"):
        three(cap("cumulative", "4e8 cells", "cap"))


def test_a_cap_in_cells_counts_viable_cells_where_these_are_meant() -> None:
    limit = cap("per_dose", "1.5e8 cells", "cap")
    trial = protocol(
        {"A": [rule("V1", "cells", fixed=fixed("2e8 cells", counts=Answer(answer="COUNTS")), caps=(limit,))]}
    )
    doses = calculate(settled(trial, COUNTS="viable"), ("A",), DoseInput())
    assert doses.doses[0].total == q("1.5e8 viable cells")


def test_a_cap_sums_only_its_own_product() -> None:
    trial = protocol(
        {
            "A": [
                rule("V1", "cells", fixed=fixed("2e8 cells"), caps=(cap("cumulative", "2e8 cells"),)),
                rule("V2", "other", fixed=fixed("2e8 cells")),
            ]
        }
    )
    assert len(calculate(settled(trial), ("A",), DoseInput()).doses) == 2


# A cap of 5 × 10⁸ over all doses of 2 × 10⁸ at V1, V2, V3, as in the plan 2 + 2 + 1. On record before V3:
RECORDS = [
    # half of V1, all of V2: 1 + 2 = 3, so 2 are left and V3 is whole
    ([("V1", "1e8"), ("V2", "2e8")], "2e8"),
    # V1 missed, V2 not yet settled and so as planned: 0 + 2 + 2 = 4
    ([("V1", None)], "2e8"),
    # more than was planned: 2.2 + 2.3 = 4.5, so 0.5 are left
    ([("V1", "2.2e8"), ("V2", "2.3e8")], "5e7"),
    # an unscheduled visit, which is in no plan: 1.5 + 2 + 1 = 4.5
    ([("UNS", "1.5e8"), ("V1", "2e8"), ("V2", "1e8")], "5e7"),
]


@pytest.mark.parametrize(("record", "left"), RECORDS)
def test_what_is_on_record_counts_towards_a_cap_instead_of_what_was_planned(
    record: list[tuple[str, str | None]], left: str
) -> None:
    rules = [rule("V1 V2 V3", "cells", fixed=fixed("2e8 cells"), caps=(cap("cumulative", "5e8 cells", "cap"),))]
    of = settled(protocol({"A": rules}))
    known = tuple(
        OnRecord(visit=visit, amounts=() if amount is None else (("cells", q(f"{amount} cells")),))
        for visit, amount in record
    )
    doses = calculate(of, ("A",), DoseInput(on_record=known), ("V3",))
    assert doses.doses[0].total == q(f"{left} cells")
    table = cohort_doses(of, pd.DataFrame({"arm": ["A"]}), on_record=known)  # the second engine (R14)
    assert table["dose_V3_cells"].tolist() == [int(q(f"{left} cells").value)]


def test_what_is_on_record_and_the_cap_stand_beside_the_dose() -> None:
    rules = [rule("V1 V2", "cells", fixed=fixed("2e8 cells"), caps=(cap("cumulative", "5e8 cells"),))]
    known = (OnRecord(visit="V1", amounts=(("cells", q("3e8 cells")), ("other", q("9e9 cells")))),)
    doses = calculate(settled(protocol({"A": rules})), ("A",), DoseInput(on_record=known), ("V2",))
    assert str(doses.doses[0].derivation[-1]) == (
        "on record of other visits: 300,000,000 cells (300 million; 3 × 10⁸); "
        "the cap over all doses is 500,000,000 cells (500 million; 5 × 10⁸)"
    )


def test_a_dose_is_refused_where_the_record_leaves_no_room_for_it() -> None:
    rules = [rule("V1 V2", "cells", fixed=fixed("2e8 cells"), caps=(cap("cumulative", "4e8 cells"),))]
    of = settled(protocol({"A": rules}))
    more = (OnRecord(visit="V1", amounts=(("cells", q("2.1e8 cells")),)),)
    with pytest.raises(Refusal, match="DC341 with the dose at V2 the sum of the doses is 410,000,000 cells"):
        calculate(of, ("A",), DoseInput(on_record=more))
    with pytest.raises(Refusal, match="DC341 row 1: the doses together are above the cap"):
        cohort_doses(of, pd.DataFrame({"arm": ["A"]}), on_record=more)
    full = (OnRecord(visit="V1", amounts=(("cells", q("4.1e8 cells")),)),)
    cut = [rule("V1 V2", "cells", fixed=fixed("2e8 cells"), caps=(cap("cumulative", "4e8 cells", "cap"),))]
    with pytest.raises(Refusal, match="DC341 with the dose at V2 the sum of the doses is 610,000,000 cells"):
        calculate(settled(protocol({"A": cut})), ("A",), DoseInput(on_record=full))


def test_after_rounding_the_record_counts_instead_of_the_plan_too() -> None:
    one = rule("V1 V2", "cells", fixed=fixed("2e8 cells"), caps=(cap("cumulative", "4e8 cells"),))
    of = settled(protocol({"A": [one]}))
    half = (OnRecord(visit="V1", amounts=(("cells", q("1e8 cells")),)),)
    doses = calculate(of, ("A",), DoseInput(on_record=half))
    # 1 on record + 2.5 held = 3.5 × 10⁸; with the planned 2 it would have been 4.5
    check_caps(of.protocol, one, doses.doses[1], Fraction(250_000_000), doses)
    with pytest.raises(Refusal, match=r"DC365 .* the sum of the doses is 410,000,000 cells"):
        check_caps(of.protocol, one, doses.doses[1], Fraction(310_000_000), doses)


def test_amounts_of_another_unit_on_record_are_not_added() -> None:
    rules = [rule("V1 V2", "cells", fixed=fixed("2e8 cells"), caps=(cap("cumulative", "4e8 cells"),))]
    of = settled(protocol({"A": rules}))
    other = (OnRecord(visit="V1", amounts=(("cells", q("1e8 viable cells")),)),)
    with pytest.raises(Refusal, match="DC202"):
        calculate(of, ("A",), DoseInput(on_record=other))
    with pytest.raises(Refusal, match=r"DC202 V1 brought 100,000,000 viable cells .*, and the dose is in cells"):
        cohort_doses(of, pd.DataFrame({"arm": ["A"]}), on_record=other)


def test_a_treatment_at_home_counts_as_planned_whatever_its_visit_brought() -> None:
    rules = [rule("V1", "gel", fixed=None, topical_daily=daily(), caps=(cap("cumulative", "84 mL"),))]
    of = settled(protocol({"A": rules}))
    doses = calculate(of, ("A",), DoseInput(on_record=(OnRecord(visit="V1"),)))
    assert doses.doses[0].total == q("84 mL")
