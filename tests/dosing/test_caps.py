from __future__ import annotations

import pytest

from dosecalc.dosing.dose import calculate
from dosecalc.dosing.result import DoseInput, Doses
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Answer, Cap
from dosing.building import areas, cap, fixed, per_site, per_weight, protocol, q, rule, settled


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
