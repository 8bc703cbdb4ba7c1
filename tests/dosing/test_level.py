from __future__ import annotations

import pytest

from dosecalc.dosing.dose import calculate
from dosecalc.dosing.level import read_level
from dosecalc.dosing.result import DoseInput, Doses
from dosecalc.errors import Refusal
from dosing.building import areas, fixed, level, per_area, per_site, placebo_of, protocol, q, rule, settled

NAMED = protocol(
    {"A": [rule("V1", per_site=per_site("per-site"))]},
    levels=[level("per-site", "1e8 particles/site", "1e9 particles/site", "1e10 particles/site")],
)
RANGE = protocol(
    {
        "A": [rule("V1", per_area=per_area("density"))],
        "saline": [rule("V1", "saline", "placebo", volume_matched=placebo_of("sEV"))],
    },
    levels=[level("density", at_least="5e8 particles/cm²", at_most="5e9 particles/cm²")],
    masked=True,
)
FIXED = protocol({"A": [rule("V1", fixed=fixed("1e8 cells"))]})


def named(by_hand: str | None = None, decided: str | None = None) -> Doses:
    levels = {"per-site": decided} if decided else None
    given = DoseInput(areas=areas("10"), level=q(by_hand) if by_hand else None)
    return calculate(settled(NAMED, levels, MEASURED="once"), ("A",), given)


def ranged(by_hand: str | None = None, decided: str | None = None, arm: str = "A") -> Doses:
    levels = {"density": decided} if decided else None
    given = DoseInput(areas=areas("10"), level=q(by_hand) if by_hand else None)
    return calculate(settled(RANGE, levels), (arm,), given)


def test_a_level_that_nobody_decided_is_refused_and_names_who_decides() -> None:
    with pytest.raises(Refusal) as refusal:
        named()
    (finding,) = refusal.value.findings
    assert finding.code == "DC330"
    assert str(finding.what) == "the dose level is not known: Level per-site"
    assert "the sponsor or the principal investigator decides it" in str(finding.mend)
    assert "under protocols.T1.levels.per-site in the site file, or give --level for a draft" in str(finding.mend)


def test_a_level_by_hand_makes_a_draft() -> None:
    doses = named("1e9 particles/site")
    assert doses.doses[0].total == q("1e10 particles")
    assert [str(reason) for reason in doses.draft] == [
        "the level was given by hand (--level), without a decision in the site file"
    ]
    assert "given by hand (--level)" in " ".join(map(str, doses.doses[0].derivation))


def test_a_decided_level_makes_none_and_names_its_document() -> None:
    doses = named(decided="1e9 particles/site")
    assert doses.draft == ()
    assert "as decided in Pharmacy manual, 3.1" in " ".join(map(str, doses.doses[0].derivation))
    assert doses.warnings == ()


def test_the_decided_level_may_be_given_again() -> None:
    assert named("1.0e9 particles/site", decided="1e9 particles/site").draft == ()


def test_a_level_by_hand_that_differs_from_the_decision_is_refused() -> None:
    with pytest.raises(Refusal, match=r"DC333 the level given, 1,000,000,000 .* is not one decided in the site file"):
        named("1e9 particles/site", decided="1e8 particles/site")


def test_a_value_that_the_protocol_does_not_name_needs_a_decision() -> None:
    with pytest.raises(Refusal, match="DC331 the protocol does not name the level 500,000,000 particles/site"):
        named("5e8 particles/site")
    doses = named(decided="5e8 particles/site")
    assert doses.doses[0].total == q("5e9 particles")
    assert [warned.code for warned in doses.warnings] == ["level-not-in-protocol"]


@pytest.mark.parametrize("amount", ["5e8 particles/cm²", "1.5e9 particles/cm²", "5e9 particles/cm²"])
def test_both_ends_of_a_range_belong_to_it(amount: str) -> None:
    assert ranged(amount).doses[0].level == q(amount)


@pytest.mark.parametrize("amount", ["4.9e8 particles/cm²", "5.1e9 particles/cm²", "0 particles/cm²"])
def test_beyond_a_range_nothing_is_possible_even_decided(amount: str) -> None:
    for by_hand, decided in ((amount, None), (None, amount)):
        with pytest.raises(Refusal, match=r"DC331 the level .* is outside what the protocol allows"):
            ranged(by_hand, decided)


def test_a_level_in_another_unit_is_refused() -> None:
    with pytest.raises(Refusal, match="DC334 the level 1,000,000,000 particles/site is not in particles/cm²"):
        ranged("1e9 particles/site")


def test_a_level_may_be_given_for_the_placebo_of_its_product_and_is_checked() -> None:
    assert ranged("1e9 particles/cm²", arm="saline").doses[0].total is None
    with pytest.raises(Refusal, match="DC331"):
        ranged("1e10 particles/cm²", arm="saline")


def test_a_bare_number_is_in_the_levels_own_unit() -> None:
    for text in ("1e9", "1.0 × 10⁹", "1,000,000,000", "1e9 particles/cm²", "1e9 particles per cm2"):
        assert read_level(RANGE, ("A",), text) == q("1e9 particles/cm²")


def test_a_level_for_an_arm_without_one_is_refused_before_it_is_read() -> None:
    with pytest.raises(Refusal, match="DC332 a level was given, but the doses of this arm are not chosen by a level"):
        read_level(FIXED, ("A",), "1e9")


@pytest.mark.parametrize("text", ["5e8-5e9", "5E8 ~5E9", "10e8", "1 billion"])
def test_a_level_passes_the_notation_firewall(text: str) -> None:
    with pytest.raises(Refusal, match="DC20"):
        read_level(RANGE, ("A",), text)


def test_an_escalation_has_several_decided_levels_and_the_participants_own_is_given() -> None:
    both = "5e8 particles/cm², 1e9 particles/cm²"
    doses = ranged("1e9 particles/cm²", both)
    # 10 cm² × 1,000,000,000 particles/cm²
    assert doses.doses[0].total == q("1e10 particles")
    assert not any("--level" in str(reason) for reason in doses.draft)
    # The same level decided twice leaves nothing to choose.
    assert ranged(None, "5e8 particles/cm², 5.0e8 particles/cm²").doses[0].total == q("5e9 particles")
    with pytest.raises(Refusal, match="DC335 the site file has several decided levels: 500,000,000"):
        ranged(None, both)
    with pytest.raises(Refusal, match="DC333 the level given, 2,000,000,000"):
        ranged("2e9 particles/cm²", both)
