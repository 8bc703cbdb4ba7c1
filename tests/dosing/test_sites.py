from __future__ import annotations

from fractions import Fraction

import pytest

from dosecalc.dosing.area import check_areas
from dosecalc.dosing.questions import Questions
from dosecalc.dosing.sites import SiteCount, count_sites, distance_to_step
from dosecalc.errors import Refusal
from dosecalc.quantity import Rounding
from dosing.building import areas, per_site, protocol, q, rule, settled

RULE = per_site()


def count(*patches: str, by_hand: Rounding | None = None, sites: str = "1 sites/cm²", **answers: str) -> SiteCount:
    one = per_site(sites=q(sites))
    questions = Questions(settled(protocol({"A": [rule("V1", per_site=one)]}), **answers))
    return count_sites(questions, one, check_areas(areas(*patches)), by_hand)


def used(*patches: str, by_hand: Rounding | None = None, **answers: str) -> set[str]:
    questions = Questions(settled(protocol({"A": [rule("V1", per_site=RULE)]}), **answers))
    count_sites(questions, RULE, check_areas(areas(*patches)), by_hand)
    return questions.used


def lines(counted: SiteCount) -> list[str]:
    return [str(line) for line in counted.derivation]


@pytest.mark.parametrize("patches", [("23",), ("20", "3"), ("1",)])
def test_whole_areas_ask_nobody_and_round_nothing(patches: tuple[str, ...]) -> None:
    counted = count(*patches)  # every question is open
    assert counted.rounding is None
    assert counted.warnings == ()
    assert used(*patches) == set()


@pytest.mark.parametrize(
    ("mode", "sites", "deviation", "words"),
    [
        # 24 / 23.4 = 1.025641 → +2.56 %; 23 / 23.4 = 0.982906 → −1.71 %
        ("up", 24, "2.56", "rounded up (Pharmacy manual, 3.1): 24 (+2.56 %)"),
        ("down", 23, "-1.71", "rounded down (Pharmacy manual, 3.1): 23 (−1.71 %)"),
        ("half_up", 23, "-1.71", "rounded, halves up (Pharmacy manual, 3.1): 23 (−1.71 %)"),
    ],
)
def test_a_fraction_is_rounded_as_the_site_decided(mode: Rounding, sites: int, deviation: str, words: str) -> None:
    counted = count("23.4", ROUNDING=mode)
    assert counted.sites == sites
    assert counted.rounding is not None
    assert (counted.rounding.mode, counted.rounding.exact) == (mode, Fraction(117, 5))
    assert counted.rounding.deviation_percent == deviation
    assert lines(counted) == [f"sites: 23.4 cm² × 1 site/cm² = 23.4, {words}"]
    assert not counted.by_hand


def test_half_steps_round_away_from_zero() -> None:
    assert count("2.5", ROUNDING="half_up").sites == 3
    assert count("3.5", ROUNDING="half_up").sites == 4


def test_binary_fractions_do_not_add_a_site() -> None:
    # R4: in doubles 0.1 + 2.7 + 0.2 is above 3 and would give 4 sites; it is 3.0.
    assert count("0.1", "2.7", "0.2", by_hand="up").sites == 3


def test_binary_fractions_do_not_lose_a_site() -> None:
    # R4: in doubles 8.2 + 11.1 + 10.7 is below 30 and would give 29 sites; it is 30.0.
    counted = count("8.2", "11.1", "10.7", PATCHES="summed", ROUNDING="down")
    assert counted.sites == 30
    assert counted.rounding is None


def test_patches_that_are_summed_are_rounded_once() -> None:
    counted = count("20.1", "3.3", PATCHES="summed", ROUNDING="up")
    assert counted.sites == 24
    assert lines(counted)[0] == "patches: summed before rounding (Pharmacy manual, 3.1)"


def test_patches_that_are_rounded_each_may_give_more() -> None:
    # 20.1 → 21, 3.3 → 4: 25 sites for 23.4; 25 / 23.4 = 1.068376 → +6.84 %
    counted = count("20.1", "3.3", PATCHES="each", ROUNDING="up")
    assert counted.sites == 25
    assert lines(counted) == [
        "patches: each is rounded by itself (Pharmacy manual, 3.1)",
        "patch 1: sites: 20.1 cm² × 1 site/cm² = 20.1, rounded up (Pharmacy manual, 3.1): 21",
        "patch 2: sites: 3.3 cm² × 1 site/cm² = 3.3, rounded up (Pharmacy manual, 3.1): 4",
        "sites: 21 + 4 = 25, exactly 23.4 (+6.84 %)",
    ]
    assert counted.rounding is not None
    assert counted.rounding.exact == Fraction(117, 5)


def test_a_rounding_by_hand_sums_the_patches_and_says_so() -> None:
    counted = count("20.1", "3.3", by_hand="up", PATCHES="each", ROUNDING="down")
    assert counted.sites == 24
    assert counted.by_hand
    assert "summed before rounding, because the rounding was given by hand (--round)" in lines(counted)[0]


def test_a_rounding_by_hand_decides_nothing_about_a_whole_area() -> None:
    assert not count("23", by_hand="up").by_hand


def test_an_open_rounding_refuses_and_names_who_can_answer_and_the_draft() -> None:
    with pytest.raises(Refusal) as refusal:
        count("23.4")
    (finding,) = refusal.value.findings
    assert finding.code == "DC301"
    assert str(finding.what) == "What about ROUNDING? The protocol leaves this open"
    assert str(finding.mend) == (
        "answer ROUNDING in the site file; the trial pharmacist can supply the answer; "
        "for a draft give --round up|down|half_up (it sums the patches first)"
    )


def test_open_questions_about_patches_and_rounding_are_named_together() -> None:
    with pytest.raises(Refusal) as refusal:
        count("20.1", "3.3")
    assert [str(f.what) for f in refusal.value.findings] == [
        "What about PATCHES? The protocol leaves this open",
        "What about ROUNDING? The protocol leaves this open",
    ]


def test_a_part_of_a_site_is_one_site_where_the_site_file_says_so() -> None:
    counted = count("0.4", BELOW="one_site")
    assert counted.sites == 1
    # 1 / 0.4 = 2.5 → +150 %
    assert lines(counted) == [
        "sites: 0.4 cm² × 1 site/cm² = 0.4, below one site, counted as one (Pharmacy manual, 3.1): 1 (+150.00 %)"
    ]
    assert [warned.code for warned in counted.warnings] == ["rounding-deviation"]


@pytest.mark.parametrize("by_hand", ["up", "down", "half_up", None])
def test_a_part_of_a_site_is_an_error_where_the_site_file_says_so(by_hand: Rounding | None) -> None:
    with pytest.raises(Refusal, match=r"DC316 the area gives 0.4 of one injection site, less than one"):
        count("0.4", by_hand=by_hand, BELOW="error", ROUNDING="up")


def test_a_rounding_by_hand_does_not_answer_what_a_part_of_a_site_is() -> None:
    with pytest.raises(Refusal) as refusal:
        count("0.4", by_hand="up")
    assert "BELOW" in str(refusal.value)
    assert "--round" not in str(refusal.value)


@pytest.mark.parametrize("mode", ["up", "down", "half_up"])
def test_a_part_of_a_site_that_counts_as_one_is_recorded_as_that_and_as_no_rounding(mode: Rounding) -> None:
    for counted in (count("0.4", BELOW="one_site", ROUNDING=mode), count("0.4", BELOW="one_site", by_hand=mode)):
        assert counted.rounding is not None
        assert counted.rounding.mode == "one_site"
        assert not counted.by_hand


def test_a_rounding_beside_a_part_of_a_site_is_recorded_as_what_it_is() -> None:
    counted = count("0.4", "5.2", PATCHES="each", ROUNDING="down", BELOW="one_site")
    assert counted.rounding is not None
    assert counted.rounding.mode == "down"
    # summed by hand 0.4 + 0.3 is one part of a site; the site's answer, each, would make it two sites
    assert count("0.4", "0.3", BELOW="one_site", PATCHES="each", by_hand="up").by_hand


def test_a_rounding_by_hand_has_no_document() -> None:
    counted = count("23.4", by_hand="up", ROUNDING="down")
    assert lines(counted) == ["sites: 23.4 cm² × 1 site/cm² = 23.4, rounded up: 24 (+2.56 %)"]


def test_rounding_never_gives_no_site() -> None:
    assert count("0.4", by_hand="down", BELOW="one_site").sites == 1
    assert count("0.4", "5.2", PATCHES="each", ROUNDING="down", BELOW="one_site").sites == 6


def test_more_sites_than_one_per_cm2_may_leave_nothing_to_round() -> None:
    # 23.4 cm² × 5 sites/cm² = 117 sites
    assert count("23.4", sites="5 sites/cm²").sites == 117
    # 10 cm² × 0.25 sites/cm² = 2.5 sites
    assert count("10", sites="0.25 sites/cm²", ROUNDING="half_up").sites == 3


@pytest.mark.parametrize(("area", "warns"), [("9.01", True), ("9.1", False), ("10.99", False)])
def test_rounding_by_more_than_a_tenth_warns(area: str, warns: bool) -> None:
    # up: 10 / 9.01 = 1.1099 warns; 10 / 9.1 = 1.0989 does not. 11 / 10.99 does not.
    assert bool(count(area, ROUNDING="up").warnings) is warns


def test_exactly_a_tenth_does_not_warn() -> None:
    # 4.4 → 5 and 5.6 → 6: 11 sites for exactly 10
    counted = count("4.4", "5.6", PATCHES="each", ROUNDING="up")
    assert counted.rounding is not None
    assert counted.rounding.deviation_percent == "10.00"
    assert counted.warnings == ()


def test_the_warning_says_by_how_much() -> None:
    # 2 / 1.25 = 1.6
    (warned,) = count("1.25", ROUNDING="up").warnings
    assert str(warned.text) == "rounding 1.25 to 2 changes the dose by +60.00 %, more than 10 %"


def test_an_answer_that_is_no_rounding_is_refused() -> None:
    with pytest.raises(Refusal, match="DC309 the answer 'nearest' to ROUNDING is not possible here"):
        count("23.4", ROUNDING="nearest")


@pytest.mark.parametrize(
    ("exact", "mode", "distance"),
    [
        ("23.4", "up", "0.4"),  # to 23 sites it is 0.4, to 25 sites 0.6
        ("23.7", "down", "0.3"),
        ("23.4", "half_up", "0.1"),
        ("23.6", "half_up", "0.1"),
        ("23.5", "half_up", "0"),
        ("23", "up", "0"),
        ("23", "half_up", "0.5"),
    ],
)
def test_the_distance_to_the_next_step_is_where_the_number_changes(exact: str, mode: Rounding, distance: str) -> None:
    assert distance_to_step(Fraction(exact), mode) == Fraction(distance)
