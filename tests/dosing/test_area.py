from __future__ import annotations

from decimal import Decimal

import pytest

from dosecalc.dosing.area import check_areas, check_method, read_areas, split_patches
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.result import DoseInput
from dosecalc.errors import Refusal
from dosing.building import areas, per_area, placebo_of, protocol, rule, settled

SITE = settled(protocol({"A": ()})).site


def test_patches_add_up_exactly_and_the_sum_is_written_out() -> None:
    checked = check_areas(areas("20.1", "3.3"))
    assert checked.total.value == Decimal("23.4")
    assert str(checked.derivation) == "area: 20.1 + 3.3 = 23.4 cm²"
    assert str(check_areas(areas("23.40")).derivation) == "area: 23.4 cm²"


@pytest.mark.parametrize("area", ["0", "-1", "NaN", "Infinity"])
def test_what_is_not_above_zero_is_no_area(area: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_areas(areas("3", area))
    (finding,) = refusal.value.findings
    assert finding.code == "DC311"
    assert str(finding.what) == f"an area of {area} cm² is not an area"


def test_every_bad_patch_is_named() -> None:
    with pytest.raises(Refusal) as refusal:
        check_areas(areas("0", "3", "-2"))
    assert [str(f.what) for f in refusal.value.findings] == [
        "an area of 0 cm² is not an area",
        "an area of -2 cm² is not an area",
    ]


def test_a_whole_scalp_is_possible_and_more_is_not() -> None:
    assert check_areas(areas("499", "1")).total.value == 500
    with pytest.raises(Refusal, match=r"DC312 an area of 500.1 cm² is more than a whole scalp has; check the number"):
        check_areas(areas("499", "1.1"))


@pytest.mark.parametrize(
    ("area", "code"),
    [("1.99", "area-small"), ("2", None), ("250", None), ("250.01", "area-large")],
)
def test_unusual_areas_warn_beyond_the_limits_and_not_on_them(area: str, code: str | None) -> None:
    assert [warned.code for warned in check_areas(areas(area)).warnings] == ([code] if code else [])


def test_a_missing_area_names_who_can_supply_it() -> None:
    with pytest.raises(Refusal, match=r"DC310 the area is missing.*whoever measured the participant can supply it"):
        check_areas(())


def test_patches_of_one_field_are_split_at_semicolons() -> None:
    assert split_patches("20.1; 3.3") == areas("20.1", "3.3")


@pytest.mark.parametrize("text", ["12,5", "", "3;;4", "1e2x", "5-6"])
def test_a_patch_that_is_not_a_number_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="DC201"):
        split_patches(text)


def test_all_bad_numbers_are_named_at_once() -> None:
    with pytest.raises(Refusal) as refusal:
        read_areas(["12,5", "3", "-1"])
    assert len(refusal.value.findings) == 2


@pytest.mark.parametrize("method", ["ellipse", "tracing", "planimetry", "polygon"])
def test_methods_that_follow_the_outline_are_accepted(method: str) -> None:
    assert check_method(method, None) == method


def test_a_rectangle_needs_the_sites_permission() -> None:
    assert SITE is not None
    allowing = type(SITE)(**{f: getattr(SITE, f) for f in SITE.__slots__} | {"rectangle_areas": "allow"})
    assert check_method("rectangle", allowing) == "rectangle"
    for site in (None, SITE):
        with pytest.raises(Refusal, match="DC315 length × width overstates an area by about 41 %"):
            check_method("rectangle", site)


def test_an_unknown_method_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Refusal, match=r"write one of: ellipse, tracing, planimetry, polygon$"):
        check_method("guess", None)


SPLIT = protocol(
    {
        "sEV": [rule("V1", area="study", per_area=per_area("5e8 particles/cm²", rounding="up"))],
        "saline": [rule("V1", "saline", "placebo", area="control", volume_matched=placebo_of("sEV"))],
    },
    allocation="every_arm",
    masked=True,
)


@pytest.mark.parametrize("arms", [("sEV", "saline"), ("sEV",), ("saline",)])
def test_patches_are_doubted_where_each_participant_has_several_areas(arms: tuple[str, ...]) -> None:
    # One for each area would be summed, and the study area would get the particles of both.
    doubted = calculate(settled(SPLIT), arms, DoseInput(areas=areas("10", "12")))
    assert [(warning.code, str(warning.text)) for warning in doubted.warnings] == [
        (
            "area-several",
            (
                "several areas are given and summed as patches of the study; if one of them is that of another area, "
                "leave it out: the dose follows from the study alone"
            ),
        )
    ]
    assert calculate(settled(SPLIT), arms, DoseInput(areas=areas("10"))).warnings == ()
