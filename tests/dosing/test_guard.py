"""The ten-fold guard (R6): what stops and asks, and what does not cry at a correct dose."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dosecalc.dosing.dose import calculate
from dosecalc.dosing.guard import EarlierDose, Question, unexpected
from dosecalc.dosing.result import DoseInput
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import LevelRef
from dosing.building import areas, fixed, level, per_area, per_site, protocol, q, rule, settled
from dosing.preparing import SITE_ANSWERS, certificate, lot

ARMS = {
    name: [rule("V1 V2", per_site=per_site(f"{amount} particles/site"))]
    for name, amount in (("A", "1e8"), ("B", "1e9"), ("C", "1e10"))
}


def asked(earlier: EarlierDose | None = None, arm: str = "A", area: str = "24", **changes: Any) -> tuple[Question, ...]:
    here = settled(protocol(ARMS), **SITE_ANSWERS)
    dose = calculate(here, (arm,), DoseInput(areas=areas(area))).doses[0]
    return unexpected(here, (arm,), dose, lot(**changes), earlier)


def before(total: str, area: str | None = "24") -> EarlierDose:
    return EarlierDose(visit="W0", product="sEV", total=q(total), area_cm2=Decimal(area) if area else None)


@pytest.mark.parametrize("arm", ["A", "B", "C"])
def test_a_correct_dose_is_not_asked_about_in_any_arm(arm: str) -> None:
    assert asked(arm=arm) == ()


def test_an_area_that_shrank_is_no_wrong_dose_and_one_of_a_fifth_is_asked_about() -> None:
    # 24 cm² became 4.9: per cm² it is the same. 2.4 cm² in place of 24 is a slip more often than a success.
    assert asked(before("2.4e9 particles"), area="4.9") == ()
    (question,) = asked(before("2.4e9 particles"), area="2.4")
    assert str(question.text) == "the area differs from that at W0: 2.4 cm², and 24 cm² was expected"


def test_the_amount_in_all_is_compared_where_area_and_amount_per_area_hardly_differ() -> None:
    # 24 against 12 cm² is two-fold, 10⁸ against 3.33 × 10⁷ per cm² three-fold, and both together six-fold
    (question,) = asked(before("4e8 particles", "12"))
    assert str(question.text) == (
        "the dose of sEV differs from that at W0: 2,400,000,000 particles (2.4 billion; 2.4 × 10⁹), and "
        "400,000,000 particles (400 million; 4 × 10⁸) was expected"
    )


def test_an_area_that_grew_five_fold_is_asked_about_though_the_amount_for_each_cm2_is_the_same() -> None:
    # 240 cm² in place of 24.0: a decimal point was lost
    (question,) = asked(before("2.4e9 particles"), area="240")
    assert str(question.text) == ("the area differs from that at W0: 240 cm², and 24 cm² was expected")
    assert len(asked(before("2.4e9 particles"), area="120")) == 1
    assert asked(before("2.4e9 particles"), area="118.9") == ()  # 119 sites in place of 24


def test_ten_times_the_amount_per_area_is_asked_about() -> None:
    # 2.4e9 ÷ 24 = 10⁸ per cm² now; 2.4e8 ÷ 24 = 10⁷ before
    (question,) = asked(before("2.4e8 particles"))
    assert question.code == "DC369"
    assert str(question.text) == (
        "the dose of sEV differs from that at W0: 100,000,000 particles/cm² (100 million; 1 × 10⁸), and "
        "10,000,000 particles/cm² (10 million; 1 × 10⁷) was expected"
    )
    assert str(question.got).startswith("100,000,000 particles/cm²")
    assert str(question.expected).startswith("10,000,000 particles/cm²")
    assert len(asked(before("2.4e10 particles"))) == 1


def test_five_fold_is_the_limit_both_ways() -> None:
    # 2.4e9 now: 4.8e8 is exactly a fifth, 1.2e10 five times
    assert len(asked(before("4.8e8 particles"))) == 1
    assert asked(before("480000001 particles")) == ()
    assert len(asked(before("1.2e10 particles"))) == 1
    assert asked(before("11999999999 particles")) == ()


def test_without_an_area_the_amounts_are_compared() -> None:
    here = settled(protocol({"A": [rule("V1", "cells", fixed=fixed("1e8 cells", counts="total"))]}))
    dose = calculate(here, ("A",), DoseInput()).doses[0]
    earlier = EarlierDose(visit="D0", product="cells", total=q("1e9 cells"))
    (question,) = unexpected(here, ("A",), dose, lot(product="cells", concentration="1e7 cells/mL"), earlier)
    assert "100,000,000 cells (100 million; 1 × 10⁸), and 1,000,000,000 cells" in str(question.text)


def test_another_product_is_not_compared_and_another_unit_is_asked_about() -> None:
    other = EarlierDose(visit="W0", product="gel", total=q("84 mL"))
    assert asked(other) == ()
    (question,) = asked(before("2.4e9 cells"))
    assert str(question.text).startswith("the dose is counted otherwise than at W0: 2,400,000,000 particles")


def test_the_certificate_is_compared_with_the_stock_file() -> None:
    assert asked(certificate=certificate("1e9 particles/mL")) == ()
    assert asked(certificate=certificate("1.2e9 particles/mL")) == ()
    (question,) = asked(certificate=certificate("1e10 particles/mL"))
    assert str(question.text).startswith(
        "the concentration of lot 'L1' differs from its certificate (Certificate 7): 1,000,000,000 particles/mL "
        "(1 billion; 1 × 10⁹), and 10,000,000,000 particles/mL (10 billion; 1 × 10¹⁰) was expected"
    )


def test_a_certificate_in_another_unit_is_refused() -> None:
    with pytest.raises(Refusal, match=r"DC360 lot 'L1' holds .* these units cannot be compared \(R3\)"):
        asked(certificate=certificate("1e9 cells/mL"))


def test_viable_cells_of_the_certificate_are_compared_by_viability() -> None:
    cells: dict[str, Any] = {"concentration": "2e7 cells/mL", "viability": "92 %"}
    # 2e7 × 92 % = 1.84e7
    cells["certificate"] = certificate("1.84e7 viable cells/mL")
    assert asked(**cells) == ()
    cells["certificate"] = certificate("1.84e8 viable cells/mL")
    assert len(asked(**cells)) == 1


def leveled(by_hand: str | None, decided: str) -> tuple[Question, ...]:
    of = protocol(
        {"A": [rule("V1", per_area=per_area("density"))]},
        levels=[level("density", at_least="5e7 particles/cm²", at_most="5e10 particles/cm²")],
    )
    here = settled(of, levels={"density": decided}, ROUNDING="up")
    given = DoseInput(areas=areas("10"), level=q(by_hand) if by_hand else None)
    dose = calculate(here, ("A",), given).doses[0]
    assert isinstance(of.arms["A"].doses[0].rule.amount, LevelRef)  # type: ignore[union-attr]
    other = settled(of, levels={"density": "5e8 particles/cm²"}, ROUNDING="up")
    return unexpected(other, ("A",), dose, lot(), None)


def test_the_level_is_compared_with_those_that_were_decided() -> None:
    assert leveled(None, "5e8 particles/cm²") == ()
    (question,) = leveled(None, "5e9 particles/cm²")
    assert str(question.text).startswith(
        "the dose level differs from the one that is open: 5,000,000,000 particles/cm² (5 billion; 5 × 10⁹), and "
        "500,000,000 particles/cm²"
    )
