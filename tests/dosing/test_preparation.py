"""A dose and a lot, prepared. The numbers are worked out by hand beside each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from dosecalc.dosing.dose import calculate
from dosecalc.dosing.preparation import prepare
from dosecalc.dosing.prepared import RoundingCliff
from dosecalc.dosing.result import DoseInput
from dosecalc.dosing.vials import choose_lot
from dosecalc.errors import Refusal
from dosing.building import areas, cap, daily, fixed, per_site, placebo_of, protocol, q, rule
from dosing.preparing import (
    BOTH,
    CELLS,
    KILOS,
    NOW,
    SITE_ANSWERS,
    SITES,
    at_sites,
    certificate,
    how,
    infused,
    lot,
    made,
    now,
    pharmacy,
    stock,
)

NOTHING = DoseInput()
MSC: dict[str, Any] = {
    "product": "cells",
    "concentration": "2e7 cells/mL",
    "viability": "92 %",
    "viability_at_least": "70 %",
    "nominal_volume": q("5 mL"),
    "extractable_volume": q("5 mL"),
}
MEDIUM = lot(product="medium", concentration=None, nominal_volume=q("5 mL"), extractable_volume=q("5 mL"))


def refused(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*args, **kwargs)
    return str(refusal.value)


def test_the_worked_example_of_24_sites() -> None:
    # 24 × 0.1 = 2.4; 3 syringes of 8 sites leave 3 × 0.05 = 0.15, the site adds 0.15: 2.4 + 0.3 = 2.7 mL of 10⁹ per mL
    got = at_sites("23.4", cv="15 %")
    assert (got.administered, got.overage, got.dead_space) == (q("2.4 mL"), q("0.3 mL"), q("0.15 mL"))
    assert (got.product_volume, got.diluent_volume, got.final_volume) == (q("2.7 mL"), q("0 mL"), q("2.7 mL"))
    assert got.volume_per_site == q("0.1 mL/site")
    assert (got.vials, len(got.fills), got.stop_by) == (3, 3, None)
    assert [fill.sites for fill in got.fills] == [(1, 8), (9, 16), (17, 24)]
    assert (got.delivered, got.deviation_percent) == (Fraction(2_400_000_000), "0.00")
    assert (got.site_tolerance_percent, got.warnings) == ("17", ())
    # 23.4 is 0.4 above 23 sites and 0.6 below 24
    assert got.cliff == RoundingCliff(distance_cm2=Decimal("0.4"), sites=(("up", 24), ("down", 23), ("half_up", 23)))


@pytest.mark.parametrize(
    ("area", "rounding", "distance"),
    [
        ("0.6", "up", "0.4"),  # one site up to 1 cm²
        ("0.6", "half_up", "0.9"),  # one site up to 1.5 cm²
        ("1.2", "half_up", "0.3"),
        ("1.2", "down", "0.8"),  # one site up to 2 cm²
        ("2.2", "down", "0.2"),
    ],
)
def test_the_first_step_of_a_small_area_is_the_one_to_two_sites(area: str, rounding: str, distance: str) -> None:
    here = pharmacy(SITES, how(), VOLUME="0.1 mL/site", **(SITE_ANSWERS | {"ROUNDING": rounding, "BELOW": "one_site"}))
    cliff = made(here, "A", DoseInput(areas=areas(area)), lot()).cliff
    assert cliff is not None
    assert cliff.distance_cm2 == Decimal(distance)


def test_every_step_can_be_redone_by_hand() -> None:
    # 0.8 mL of 1 mL: 5 % = 0.04; √(3 × 0.04² ÷ 3) ÷ 2.4 = 1.667 %; √(15² + 1.67²) = 15.093 %
    # 1.96 × 15.1 % = 29.596 %; 2.4 × 10⁹ × 0.70404 and × 1.29596
    assert [str(line) for line in at_sites("23.4", cv="15 %").derivation] == [
        "lot: L1, to be used by 2026-12-31",
        "stop by: lot 'L1' has no time limit after thawing",
        "concentration: 1,000,000,000 particles/mL (1 billion; 1 × 10⁹)",
        "volume per site: 0.1 mL/site (Pharmacy manual, 3.1)",
        "administered: 24 sites × 0.1 mL/site = 2.4 mL",
        (
            "syringes (1mL): (1 mL − 0.05 mL) ÷ 0.1 mL = 9.5, so 9 sites fit in one; 24 ÷ 9 = 2.666…, rounded up: 3 "
            "(8 + 8 + 8 sites)"
        ),
        "dead space: 3 × 0.05 mL = 0.15 mL",
        "overage: 0.15 mL + 0.15 mL (Pharmacy manual, 3.1) = 0.3 mL",
        "final volume: 2.4 mL + 0.3 mL = 2.7 mL",
        "product: 2,400,000,000 particles × 2.7 mL ÷ 2.4 mL ÷ 1,000,000,000 per mL = 2.7 mL",
        "diluent: 2.7 mL − 2.7 mL = 0 mL",
        "vials: 2.7 mL ÷ 1 mL (nominal content of a vial) = 2.7, rounded up: 3",
        (
            "amount held: 2.4 mL of product administered × 1,000,000,000 per mL = 2,400,000,000 particles "
            "(2.4 billion; 2.4 × 10⁹), the dose is 2,400,000,000 particles (0.00 %)"
        ),
        "tolerance, product: it is not diluted, so the volume drawn changes no amount that is given",
        "tolerance, diluent: none, the product is not diluted",
        (
            "tolerance, giving (1mL, ISO 7886-1): 0.8 + 0.8 + 0.8 mL ± 5 %; √((3 × 0.04²) ÷ 3) ÷ 2.4 = 1.67 %, "
            "rounded up to 0.01 %"
        ),
        (
            "interval: √(15² + 1.67²) = 15.1 %, rounded up to 0.01 % (standard uncertainty); × 1.96 around the amount "
            "held: "
            "1,689,696,000 particles (1.689696 billion; 1.689696 × 10⁹) to "
            "3,110,304,000 particles (3.110304 billion; 3.110304 × 10⁹) (95 %)"
        ),
        "DMSO: none is stated for lot 'L1'",
        "rounding: the area is 0.4 cm² from where its sites change; up gives 24 sites, down 23, half_up 23",
    ]


def test_a_stronger_lot_is_diluted_and_the_deviation_shown() -> None:
    # 2.4e9 × 2.7 ÷ 2.4 ÷ 3.3e9 = 0.81818 mL → 0.82; 2.7 − 0.82 = 1.88; 0.82 ÷ 0.81818 = +0.22 %
    # 0.82 × 2.4 ÷ 2.7 × 3.3e9 = 2,405,333,333.3
    got = at_sites("23.4", concentration="3.3e9 particles/mL")
    assert (got.product_volume, got.diluent_volume, got.vials) == (q("0.82 mL"), q("1.88 mL"), 1)
    assert (got.delivered, got.deviation_percent) == (Fraction(7_216_000_000, 3), "0.22")
    lines = [str(line) for line in got.derivation]
    assert lines[9:11] == [
        (
            "product: 2,400,000,000 particles × 2.7 mL ÷ 2.4 mL ÷ 3,300,000,000 per mL = 0.818… mL, "
            "rounded to the graduation of 0.01 mL, halves up: 0.82 mL (+0.22 %)"
        ),
        "diluent: 2.7 mL − 0.82 mL = 1.88 mL of saline 0.9 %",
    ]
    assert "= about 2,405,333,333 particles (2.405333333 billion; 2.405333333 × 10⁹), the dose is" in lines[12]


def test_viable_cells_from_a_total_count() -> None:
    # 2e7 × 92 % = 1.84e7 viable cells/mL; 1e8 ÷ 1.84e7 = 5.4348 mL → 5.4 (marks of 0.2); 100 − 5.4 = 94.6
    # 5.4 × 1.84e7 = 99,360,000: −0.64 %; 5.4 ÷ 5: 2 vials; 100 mL × 60 ÷ 45 = 133.33 mL/h
    # 5.4 of 10 mL: 4 % = 0.216; √(0.216² ÷ 3) ÷ 5.4 = 2.309 %; √(10² + 2.31²) = 10.2634 %; 1.96 × 10.27 = 20.1292 %
    # 99,360,000 × 0.798708 = 79,359,626.9; × 1.201292 = 119,360,373.1
    got = made(pharmacy(CELLS, infused()), "cells", NOTHING, lot(**MSC, cv="10 %"))
    assert (got.administered, got.overage, got.final_volume) == (q("100 mL"), q("0 mL"), q("100 mL"))
    assert (got.product_volume, got.diluent_volume, got.vials) == (q("5.4 mL"), q("94.6 mL"), 2)
    assert (got.delivered, got.deviation_percent) == (Fraction(99_360_000), "-0.64")
    assert (got.fills, got.given_with, got.volume_per_site, got.cliff) == ((), None, None, None)
    assert got.rate == q("133.3 mL/h")
    assert got.product_tolerance_percent == "4"
    assert got.interval is not None
    assert (got.interval.low, got.interval.high) == (q("79359626 viable cells"), q("119360374 viable cells"))
    assert (got.interval.level_percent, got.interval.uncertainty_percent) == ("95", "10.27")
    lines = [str(line) for line in got.derivation]
    assert lines[2] == "concentration: 20,000,000 cells/mL × 92 % viable = 18,400,000 viable cells/mL"
    assert "rate: 100 mL × 60 ÷ 45 min = 133.333… mL/h; set 133.3 mL/h" in lines


def test_total_cells_from_a_viable_count_take_the_viability_the_other_way() -> None:
    # 60 kg × 1e6 = 6e7 cells; 1.8e7 viable per mL at 90 % = 2e7 cells/mL: 3 mL, as no volume is stated
    lots = MSC | {"concentration": "1.8e7 viable cells/mL", "viability": "90 %"}
    here = pharmacy(KILOS, how("cells", measured_with="10mL", given_with="10mL", overage=q("0 mL")), ROUNDING="up")
    got = made(here, "A", DoseInput(weight=q("60 kg")), lot(**lots))
    assert (
        str(got.derivation[2]) == "concentration: 18,000,000 viable cells/mL ÷ 90 % viable = 20,000,000 cells/mL in all"
    )
    # administered 3 mL, dead space 0.1 mL: 3.1 mL of product alone
    assert (got.administered, got.product_volume, got.diluent_volume) == (q("3 mL"), q("3.1 mL"), q("0 mL"))
    assert (got.delivered, got.deviation_percent) == (Fraction(60_000_000), "0.00")


def test_without_a_stated_volume_it_follows_from_the_concentration() -> None:
    # 61 kg: 6.1e7 ÷ 2e7 = 3.05 mL, marks of 0.2 mL: 15.25 → 3 mL; 3 × 2e7 = 6e7, −1.64 %
    here = pharmacy(KILOS, how("cells", measured_with="10mL", given_with="10mL", overage=q("0 mL")), ROUNDING="up")
    got = made(here, "A", DoseInput(weight=q("61 kg")), lot(**MSC))
    assert (got.administered, got.deviation_percent) == (q("3 mL"), "-1.64")
    assert [str(line) for line in got.derivation[3:5]] == [
        "volume: that of the product alone, 3.05 mL, rounded to the graduation of 0.2 mL, halves up: 3 mL (−1.64 %)",
        "administered: 3 mL",
    ]
    assert [warned.code for warned in got.warnings] == ["between-graduations", "no-cv"]


def test_a_volume_per_site_is_rounded_to_what_the_syringe_shows() -> None:
    # 0.125 mL → 0.13 mL at 10 sites: 1.3 mL; 10⁹ particles in it all the same
    got = at_sites("10", volume="0.125 mL/site", concentration="5e9 particles/mL", vials=99)
    assert (got.volume_per_site, got.administered) == (q("0.13 mL/site"), q("1.3 mL"))
    assert str(got.derivation[3]) == (
        "volume per site: 0.125 mL/site (Pharmacy manual, 3.1), rounded to the graduation of 0.01 mL, halves up: "
        "0.13 mL (+4.00 %)"
    )


def test_rounding_a_volume_by_more_than_a_tenth_is_said_loudly() -> None:
    # 0.2 mL marks: 0.5 mL → 0.6 mL (2.5 marks), +20 %
    got = at_sites("10", how(given_with="10mL"), volume="0.5 mL/site", concentration="5e9 particles/mL")
    assert [str(warned.text) for warned in got.warnings if warned.code == "volume-rounding"] == [
        "the volume of 0.5 mL is rounded to 0.6 mL, the syringe's graduation: +20.00 %, more than 10 %"
    ]


def test_rounding_the_product_by_more_than_a_tenth_is_said_loudly() -> None:
    # 10 sites: 1 mL in 2 syringes, 0.1 + 0.15 mL more: 1.25 mL; 1e9 × 1.25 ÷ 2.8e10 = 0.04464 → 0.04 mL, −10.4 %
    got = at_sites("10", concentration="2.8e10 particles/mL")
    assert [warned.code for warned in got.warnings] == ["preparation-deviation", "no-cv"]
    assert str(got.warnings[0].text) == (
        "the measured volume of lot 'L1' holds 896,000,000 particles (896 million; 8.96 × 10⁸): −10.40 % of the dose, "
        "more than 10 %"
    )


def test_an_overage_in_percent_is_that_of_the_administered_volume() -> None:
    # 5 % of 2.4 = 0.12; 3 × 0.05 + 0.12 = 0.27; 2.67 mL
    got = at_sites("24", how(overage=q("5 %")))
    assert (got.overage, got.final_volume) == (q("0.27 mL"), q("2.67 mL"))
    assert "overage: 0.15 mL + 5 % of 2.4 mL = 0.12 mL (Pharmacy manual, 3.1) = 0.27 mL" in map(str, got.derivation)


def test_vials_are_counted_by_the_volume_that_the_site_names() -> None:
    # 2.7 ÷ 0.9 = 3 exactly; 2.67 ÷ 1 = 2.67
    assert at_sites("24", how(vials_by="extractable")).vials == 3
    assert at_sites("24", how(vials_by="extractable"), extractable_volume=q("0.89 mL")).vials == 4
    assert "(extractable volume of a vial) = 3, rounded up: 3" in str(
        at_sites("24", how(vials_by="extractable")).derivation[11]
    )


def test_more_vials_than_there_are_is_refused() -> None:
    assert at_sites("24", vials=3).vials == 3
    assert refused(at_sites, "24", vials=2) == (
        "DC364 lot 'L1' has 2 vials or bottles, and 3 are needed; "
        "take a lot that has enough; one dose is never prepared from two lots"
    )


def test_a_lot_that_is_too_dilute_names_the_strength_that_is_needed() -> None:
    # 2.4e9 in 2.4 mL: 10⁹ per mL
    assert refused(at_sites, "24", concentration="9.99e8 particles/mL") == (
        "DC363 the lot is too dilute: 2,400,000,000 particles (2.4 billion; 2.4 × 10⁹) in 2.4 mL needs at least "
        "1,000,000,000 particles (1 billion; 1 × 10⁹) per mL, and it holds 999,000,000 particles (999 million; "
        "9.99 × 10⁸); check the concentration and its power of ten; else take a stronger lot, or have a larger "
        "volume decided"
    )


def test_a_ten_fold_stronger_lot_leaves_a_volume_that_cannot_be_measured() -> None:
    # 2.4e9 × 2.7 ÷ 2.4 ÷ 1e11 = 0.027 mL → 0.03 mL: ±52 %
    assert refused(at_sites, "24", concentration="1e11 particles/mL").startswith(
        "DC361 the volume of product is 0.03 mL, and the syringe '1mL' of 1 mL measures that to ±52 % only"
    )


def test_a_diluent_that_nobody_named_is_refused() -> None:
    assert at_sites("24", how(diluent=None)).diluent_volume == q("0 mL")
    assert refused(at_sites, "24", how(diluent=None), concentration="2e9 particles/mL") == (
        "DC356 the site file does not state 'diluent' for sEV; "
        "add it to the preparation of sEV; the trial pharmacist can supply it"
    )


@pytest.mark.parametrize(
    "concentration", ["1e9 cells/mL", "1e9 viable cells/mL", "1e9 particles/vial", "3 mg/mL", None]
)
def test_a_concentration_in_another_unit_is_refused(concentration: str | None) -> None:
    assert refused(at_sites, "24", concentration=concentration).startswith("DC360 ")


def test_a_viability_that_nobody_measured_converts_nothing() -> None:
    lots = MSC | {"viability": None, "viability_at_least": None}
    assert refused(made, pharmacy(CELLS, infused()), "cells", NOTHING, lot(**lots)) == (
        "DC360 lot 'L1' counts cells/mL, the dose viable cells, and its viability is not known (R10); "
        "write the lot's 'viability' in the stock file, as measured after thawing"
    )


def test_an_open_volume_is_asked_for() -> None:
    here = pharmacy(SITES, how(), **SITE_ANSWERS)
    assert refused(made, here, "A", DoseInput(areas=areas("24")), lot()).startswith("DC301 What about VOLUME?")


def test_a_volume_in_all_does_not_answer_for_a_site() -> None:
    assert refused(at_sites, "24", volume="0.1 mL") == (
        "DC360 a volume of 0.1 mL is stated, and this dose needs one in mL/site; "
        "correct the volume in the site file or the protocol file"
    )


def test_what_the_site_file_does_not_say_is_asked_for() -> None:
    given = DoseInput(areas=areas("24"))
    nothing = pharmacy(SITES, VOLUME="0.1 mL/site", **SITE_ANSWERS)
    assert refused(made, nothing, "A", given, lot()) == (
        "DC356 the site file says nothing about the preparation of sEV; "
        "write it under protocols.T1.preparation.sEV; the trial pharmacist can supply it"
    )
    assert refused(at_sites, "24", how(given_with="3mL")) == (
        "DC356 the site file has no syringe '3mL'; write it under 'syringes', or name one of: 1mL, 2mL, 10mL, 50mL"
    )
    assert refused(at_sites, "24", how(given_with=None)).startswith("DC356 the site file does not state 'given_with'")


# --- placebos (R15)


def pair(**changes: Any) -> tuple[Any, Any]:
    here = pharmacy(
        BOTH,
        how(given_with="2mL", overage=q("0.1 mL")),
        how("saline", **({"given_with": "2mL", "overage": q("0.1 mL"), "placebo": "whole"} | changes)),
        ROUNDING="half_up",
    )
    active = made(here, "sEV", DoseInput(areas=areas("9.3")), lot(concentration="1e10 particles/mL", cv="12 %"))
    saline = lot("S1", "saline", None, nominal_volume=q("10 mL"), extractable_volume=q("10 mL"))
    return active, made(here, "saline", NOTHING, saline)


def test_the_saline_has_the_volume_of_its_twin() -> None:
    # 1 mL in one 2 mL syringe: 0.1 + 0.1 = 0.2 mL more; 9.3 × 5e8 = 4.65e9 × 1.2 ÷ 1e10 = 0.558 → 0.56 mL
    active, saline = pair()
    for field in ("administered", "dead_space", "overage", "final_volume", "fills", "given_with", "rate", "stop_by"):
        assert getattr(active, field) == getattr(saline, field)
    assert (active.product_volume, active.diluent_volume) == (q("0.56 mL"), q("0.64 mL"))
    assert (saline.product_volume, saline.diluent_volume, saline.vials) == (q("1.2 mL"), q("0 mL"), 1)
    assert (saline.delivered, saline.deviation_percent, saline.interval) == (None, None, None)
    assert saline.warnings == ()


def test_a_placebo_leaves_the_same_lines_in_the_same_order() -> None:
    active, saline = pair()
    first = [str(line).partition(":")[0].partition(" (")[0] for line in active.derivation]
    second = [str(line).partition(":")[0].partition(" (")[0] for line in saline.derivation]
    assert first == second
    cells = pharmacy(CELLS, infused(), infused("medium", placebo="part", placebo_volume=q("6 mL")))
    pairs = made(cells, "cells", NOTHING, lot(**MSC)), made(cells, "medium", NOTHING, MEDIUM)
    first, second = ([str(line).partition(":")[0].partition(" (")[0] for line in one.derivation] for one in pairs)
    assert first == second


def test_a_part_of_the_volume_is_placebo_and_the_rest_diluent() -> None:
    here = pharmacy(CELLS, infused(), infused("medium", placebo="part", placebo_volume=q("6 mL")))
    got = made(here, "medium", NOTHING, MEDIUM)
    assert (got.product_volume, got.diluent_volume, got.final_volume) == (q("6 mL"), q("94 mL"), q("100 mL"))
    assert (got.vials, got.rate) == (2, q("133.3 mL/h"))
    assert "product: 6 mL (Pharmacy manual, 3.1) of the final volume is placebo" in map(str, got.derivation)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"placebo": None}, "DC356 the site file does not state 'placebo' for medium"),
        ({"placebo": "part"}, "DC356 the site file does not state 'placebo_volume' for medium"),
        (
            {"placebo": "part", "placebo_volume": q("101 mL")},
            "DC361 the placebo's own volume of 101 mL is more than the final volume of 100 mL",
        ),
        (
            {"placebo": "part", "placebo_volume": q("6 mL"), "diluent": None},
            "DC356 the site file does not state 'diluent'",
        ),
        ({"placebo": "whole", "overage": q("1 mL")}, "DC368 medium and cells would be told apart by: overage (R15)"),
        (
            {"placebo": "whole", "given_with": "50mL", "infused_in": None},
            "DC368 medium and cells would be told apart by: given_with, infused_in (R15)",
        ),
    ],
)
def test_a_placebo_that_nobody_described_or_that_shows_is_refused(changes: dict[str, Any], message: str) -> None:
    here = pharmacy(CELLS, infused(), infused("medium", **changes))
    assert refused(made, here, "medium", NOTHING, MEDIUM).startswith(message)


def sites_and_saline(volume: Any) -> Any:
    arms = {
        "A": [rule("V1", per_site=per_site(), volume=volume)],
        "B": [rule("V1", "saline", "placebo", volume_matched=placebo_of("sEV"), volume=volume)],
    }
    return pharmacy(protocol(arms, masked=True), how(), how("saline", placebo="whole"), **SITE_ANSWERS)


def test_a_placebo_of_sites_has_its_products_sites() -> None:
    given = DoseInput(areas=areas("23.4"))
    here = sites_and_saline(q("0.1 mL/site"))
    active = made(here, "A", given, lot())
    placebo = made(here, "B", given, lot("S1", "saline", None, nominal_volume=q("10 mL")))
    assert placebo.fills == active.fills
    assert placebo.final_volume == active.final_volume == q("2.7 mL")
    assert placebo.cliff == active.cliff
    assert placebo.volume_per_site == q("0.1 mL/site")


def test_a_placebo_of_sites_needs_the_area() -> None:
    here = sites_and_saline(q("0.1 mL/site"))
    saline = lot("S1", "saline", None)
    assert refused(made, here, "B", DoseInput(areas=areas("23.4")), saline, now()).startswith(
        "DC368 the placebo needs as many sites as its product, and the area is missing (R15)"
    )


def test_a_placebo_whose_volume_hangs_on_its_products_lot_is_refused() -> None:
    here = sites_and_saline(None)
    assert refused(made, here, "B", DoseInput(areas=areas("23.4")), lot("S1", "saline", None)).startswith(
        "DC368 the volume of the placebo is not stated, and it must be that of its product (R15)"
    )


# --- caps, weight, clocks


def capped(*caps: Any, **lots: Any) -> Any:
    of = protocol({"A": [rule("V1 V2", per_site=per_site(), volume=q("0.1 mL/site"), caps=caps)]})
    here = pharmacy(of, how(), **SITE_ANSWERS)
    return made(here, "A", DoseInput(areas=areas("24")), lot(**({"concentration": "3.3e9 particles/mL"} | lots)))


def test_rounding_never_lifts_a_dose_above_a_cap() -> None:
    # 2.4e9 is at the cap; 0.82 mL of 3.3e9 holds 2,405,333,333 (see above); ÷ 24 = 100,222,222 per site; both doses
    # 2.4e9 + 2,405,333,333
    assert capped(cap("per_dose", "2405333334 particles")).deviation_percent == "0.22"
    assert refused(capped, cap("per_dose", "2.4e9 particles")) == (
        "DC365 after rounding to the syringe's graduation the dose is about 2,405,333,333 particles (2.405333333 "
        "billion; 2.405333333 × 10⁹), above the cap of 2,400,000,000 particles (2.4 billion; 2.4 × 10⁹) (R7); "
        "measure with a finer syringe; the principal investigator decides what is given (record, Limits)"
    )
    assert "the amount per site is about 100,222,222 particles/site" in refused(
        capped, cap("per_site", "1e8 particles/site")
    )
    assert "the sum of the doses is about 4,805,333,333 particles" in refused(
        capped, cap("cumulative", "4.8e9 particles")
    )
    assert capped(cap("cumulative", "4805333334 particles")).vials == 1
    assert capped(cap("per_dose", "2.4e9 particles"), concentration="2.7e9 particles/mL").deviation_percent == "0.00"


def test_dmso_needs_the_weight_and_stays_below_one_gram_per_kg() -> None:
    # 5.4 mL × 10 % × 1.1 = 0.594 g; ÷ 60 kg = 0.0099 g/kg
    here = pharmacy(CELLS, infused())
    frozen = lot(**MSC, dmso="10 %")
    assert refused(made, here, "cells", NOTHING, frozen) == (
        "DC366 lot 'L1' holds 10 % DMSO, and the body weight is missing (R12); "
        "give the weight in kg (--weight, or the column weight_kg); the study nurse can supply it"
    )
    got = made(here, "cells", NOTHING, frozen, now(weight=q("60 kg")))
    assert got.dmso == Fraction(99, 10_000)
    assert str(got.derivation[-1]) == (
        "DMSO: 5.4 mL of product × 10 % v/v × 1.1 g/mL = 0.594 g; ÷ 60 kg = 0.0099 g per kg of body weight "
        "(at most 1 g per kg)"
    )


def test_the_figure_of_r12_comes_out() -> None:
    # 1 mL of product with 10 % v/v DMSO holds 0.11 g; here 100 mL of whole placebo in 10 kg: 11 g ÷ 10 = 1.1 g/kg
    here = pharmacy(CELLS, infused(), infused("medium", placebo="whole", measured_with="50mL"))
    frozen = lot(product="medium", concentration=None, dmso="10 %", vials=100)
    assert made(here, "medium", NOTHING, frozen, now(weight=q("11 kg"))).dmso == 1
    assert refused(made, here, "medium", NOTHING, frozen, now(weight=q("10 kg"))) == (
        "DC367 this dose brings 1.1 g of DMSO per kg of body weight, more than 1 g per kg (R12); "
        "check weight and DMSO; else take a lot with less of it, or have the cells washed"
    )


def test_the_concentration_is_compared_with_the_certificate() -> None:
    assert at_sites("24", cv="10 %", certificate=certificate("1e9 particles/mL")).warnings == ()
    got = at_sites("24", cv="10 %", certificate=certificate("1.1e9 particles/mL"))
    assert [str(warned.text) for warned in got.warnings] == [
        (
            "lot 'L1' stands in the stock file with 1,000,000,000 particles/mL (1 billion; 1 × 10⁹), and on its "
            "certificate (Certificate 7) with 1,100,000,000 particles/mL (1.1 billion; 1.1 × 10⁹)"
        )
    ]


def test_no_cv_is_no_interval_and_says_so() -> None:
    got = at_sites("24")
    assert got.interval is None
    assert [str(warned.text) for warned in got.warnings] == [
        "the CV of lot 'L1' is not stated, so nobody can say how far the amount may be off"
    ]
    assert "interval: none, the coefficient of variation (CV) of lot 'L1' is not stated" in map(str, got.derivation)


def test_the_clock_runs_from_thawing() -> None:
    from dosecalc.protocol.offsets import parse_offset

    thawed = NOW - dt.timedelta(minutes=30)
    frozen = lot(**MSC, thaw_limit=parse_offset("PT3H"))
    got = made(pharmacy(CELLS, infused()), "cells", NOTHING, frozen, now(thawed_at=thawed))
    assert got.stop_by == dt.datetime.fromisoformat("2026-03-09T12:30+08:00")
    assert str(got.derivation[1]) == ("stop by: thawed at 2026-03-09 09:30+08:00 + 3 h 0 min = 2026-03-09 12:30+08:00")


# --- what is no preparation


def test_what_is_used_at_home_is_not_prepared() -> None:
    here = pharmacy(protocol({"A": [rule("V1", "gel", "comparator", topical_daily=daily())]}))
    assert refused(made, here, "A", NOTHING, lot(product="gel", concentration=None)) == (
        "DC370 gel is used at home: it is dispensed, not prepared; dispense it"
    )


def test_a_dose_of_another_arm_is_not_prepared() -> None:
    here = pharmacy(CELLS, infused())
    dose = calculate(here, ("cells",), NOTHING).doses[0]
    assert refused(prepare, here, ("medium",), dose, lot(**MSC), now()).startswith(
        "DC370 no dose of cells is planned at V1 in medium"
    )


def test_a_lot_of_something_else_is_refused() -> None:
    assert refused(made, pharmacy(CELLS, infused()), "cells", NOTHING, MEDIUM).startswith(
        "DC355 lot 'L1' is medium for T1, and the dose is cells"
    )


def test_a_dose_in_millilitres_needs_no_concentration() -> None:
    of = protocol({"A": [rule("V1", "gel", fixed=fixed("2.5 mL"))]})
    here = pharmacy(of, how("gel", given_with="10mL", measured_with="10mL", overage=q("0 mL")))
    # 2.5 mL with marks of 0.2: 12.5 → 2.6 mL, +4 %; 0.1 mL stays in the syringe
    got = made(here, "A", NOTHING, lot(product="gel", concentration=None))
    assert (got.administered, got.product_volume, got.deviation_percent) == (q("2.6 mL"), q("2.7 mL"), "4.00")


# --- lots


def test_the_only_lot_is_taken_and_several_are_named() -> None:
    one, other, medium = lot("L1"), lot("L2"), lot("L3", "medium", None)
    foreign = lot("L4", protocol="T2")
    assert choose_lot(stock(one, medium, foreign), SITES, "sEV", None) == one
    assert choose_lot(stock(one, other), SITES, "sEV", "L2") == other
    assert refused(choose_lot, stock(one, other, medium), SITES, "sEV", None) == (
        "DC355 there are several lots of sEV for T1; name one of them with --lot: L1, L2"
    )
    assert refused(choose_lot, stock(one, medium), SITES, "sEV", "L3") == (
        "DC355 'L3' is no lot of sEV for T1; its lots in the stock file are: L1"
    )
    assert refused(choose_lot, stock(medium, foreign), SITES, "sEV", None) == (
        "DC355 the stock file has no lot of sEV for T1; "
        "write the lot into the stock file, from its certificate and its label"
    )


def test_infusions_with_an_overage_give_a_part_of_what_is_mixed() -> None:
    # 100 mL + 5 mL; 1e8 × 105 ÷ 100 ÷ 1.84e7 = 5.7065 → 5.8 mL (28.53 marks → 29); 5.8 × 100 ÷ 105 × 1.84e7
    here = pharmacy(CELLS, infused(overage=q("5 %")))
    got = made(here, "cells", NOTHING, lot(**MSC))
    assert (got.final_volume, got.product_volume) == (q("105 mL"), q("5.8 mL"))
    assert got.delivered == Fraction(58, 10) * Fraction(100, 105) * 18_400_000
    assert got.rate == q("140 mL/h")


def test_vials_that_do_not_give_their_nominal_content_are_said_loudly() -> None:
    # 2.7 mL of product: 3 vials of 1 mL; from each 0.8 mL can be drawn: 2.4 mL, and 2.7 ÷ 0.8 = 3.375: 4 vials
    got = at_sites("24", cv="10 %", extractable_volume=q("0.8 mL"))
    assert got.vials == 3
    assert [(warned.code, str(warned.text)) for warned in got.warnings] == [
        (
            "vials-short",
            "2.7 mL of lot 'L1' are needed, and only 2.4 mL can be drawn from 3 vials; it takes 4",
        )
    ]


def test_a_diluent_too_small_to_measure_is_said_loudly() -> None:
    # 2.4e9 × 2.7 ÷ 2.4 ÷ 1.003e9 = 2.6919… → 2.69 mL, so 0.01 mL of diluent: ±(0.015 + 0.0002) is ±152 %
    got = at_sites("24", cv="10 %", concentration="1.003e9 particles/mL")
    assert got.diluent_volume == q("0.01 mL")
    assert [(warned.code, str(warned.text)) for warned in got.warnings] == [
        (
            "diluent-small",
            "0.01 mL of diluent are less than the syringe '1mL' measures well: make the product up to the final volume",
        )
    ]
    # 2.4e9 × 2.7 ÷ 2.4 ÷ 1.015e9 = 2.6600… → 2.66 mL, so 0.04 mL: ±(0.015 + 0.0008) is ±39.5 %
    assert at_sites("24", cv="10 %", concentration="1.015e9 particles/mL").warnings == ()
