"""What holds for every area, weight, level and decision; and that two engines agree on every row (R14)."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosecalc.api import load, plan_cohort
from dosecalc.dosing.area import check_areas, split_patches
from dosecalc.dosing.cohort import cohort_doses
from dosecalc.dosing.dose import calculate
from dosecalc.dosing.level import read_level
from dosecalc.dosing.planned import planned_doses, visits_of
from dosecalc.dosing.questions import Questions
from dosecalc.dosing.result import DoseInput, Doses, Remeasured
from dosecalc.dosing.sites import count_sites, distance_to_step
from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Answer
from dosecalc.quantity import Quantity, Rounding, parse_number, round_whole, unit
from dosing.building import (
    cap,
    daily,
    encounter,
    fixed,
    level,
    per_area,
    per_site,
    per_weight,
    placebo_of,
    protocol,
    q,
    question,
    repeated,
    rule,
    settled,
)

if TYPE_CHECKING:
    from dosecalc.protocol.settled import Settled

SCHEDULES = Path(__file__).parents[2] / "schedules"
DATES = ("target_", "earliest_", "latest_")
ROUNDINGS: tuple[Rounding, ...] = ("up", "down", "half_up")
VISITS = (encounter("V1"), encounter("V2", "P2W"), encounter("C", "P21D", repeat=repeated(3)), encounter("F", "P24W"))

OPEN = protocol(
    {
        "low": [rule("V1 V2", per_site=per_site("1e8 particles/site"))],
        "high": [rule("V1 C", per_site=per_site("1.5e9 particles/site"))],
        "chosen": [rule("V1 V2", per_site=per_site("per-site", sites=q("0.25 sites/cm²")))],
        "density": [
            rule("V1 V2 C", per_area=per_area("7 particles/cm²", covers=Answer(answer="COVERS"))),
            rule("F", "gel", topical_daily=daily("1.5 mL/day", "84 days")),
        ],
        "volume": [rule("V1", "fluid", per_area=per_area("0.05 mL/cm²"))],
        "kilos": [
            rule(
                "V1 C",
                "cells",
                per_weight=per_weight("1234567 cells/kg", counts=Answer(answer="COUNTS")),
                caps=(cap("per_dose", "9e7 cells", "cap"), cap("cumulative", "3e8 cells", "cap")),
            )
        ],
        "strict": [
            rule(
                "V1 V2",
                "cells",
                per_weight=per_weight("1e6 cells/kg"),
                caps=(cap("per_dose", "1e8 cells"), cap("cumulative", "1.8e8 cells")),
            )
        ],
        "mg": [rule("V1 V2", "drug", per_weight=per_weight("0.25 mg/kg", counts=None))],
        "fixed": [rule("V1 V2 F", "cells", fixed=fixed("2e8 cells", counts=Answer(answer="COUNTS")))],
        "placebo": [rule("V1 V2", "medium", "placebo", volume_matched=placebo_of("sEV"))],
    },
    VISITS,
    levels=[level("per-site", "1e8 particles/site", "1e9 particles/site")],
    questions=[question("ROUNDING", assumed="half_up"), question("TEXT", kind="text", arms=("fixed",))],
)
EVERY = protocol(
    {
        "sEV": [rule("V1 V2 C", area="study", per_area=per_area("density"))],
        "gel": [rule("V1", "gel", area="control", fixed=fixed("3 mL"))],
        "saline": [rule("V2", "saline", "placebo", area="control", volume_matched=placebo_of("sEV"))],
    },
    VISITS,
    levels=[level("density", at_least="5e8 particles/cm²", at_most="5e9 particles/cm²")],
    allocation="every_arm",
    masked=True,
)

# The area of each dose is that of its visit, or the latest one before.
AGAIN = protocol(
    {
        "low": [rule("V1 V2 F", per_site=per_site("1e8 particles/site"))],
        "high": [
            rule("V1 C", per_site=per_site("1.5e9 particles/site"), caps=(cap("cumulative", "4e12 particles", "cap"),))
        ],
        "wide": [
            rule("V2", per_site=per_site("1e9 particles/site")),
            rule("C", per_site=per_site("1e9 particles/site", sites=q("0.25 sites/cm²"))),
        ],
        "density": [rule("V1 C", per_area=per_area("7 particles/cm²", area_measured=Answer(answer="MEASURED")))],
        "placebo": [rule("V1 V2", "medium", "placebo", volume_matched=placebo_of("sEV"))],
        "fixed": [rule("V1 V2 F", "cells", fixed=fixed("2e8 cells"))],
    },
    VISITS,
)

cm2 = st.one_of(
    st.decimals("0.1", "260", places=1), st.decimals("0.001", "3", places=3), st.integers(1, 170).map(Decimal)
)
patches = st.lists(cm2, min_size=1, max_size=3)
mostly_one = st.one_of(cm2.map(lambda value: [value]), cm2.map(lambda value: [value]), patches)
possible = patches.filter(lambda values: sum(values) <= 500)


def hundredths_above(kilos: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, 99).map(lambda more: kilos + Decimal(more) / 100)


def texts(values: list[Decimal]) -> str:
    return ";".join(f"{value:f}" for value in values)


answers = st.fixed_dictionaries(
    {},
    optional={
        "ROUNDING": st.sampled_from(ROUNDINGS),
        "PATCHES": st.sampled_from(["summed", "each"]),
        "BELOW": st.sampled_from(["one_site", "error"]),
        "MEASURED": st.sampled_from(["once", "each_visit"]),
        "COVERS": st.sampled_from(["each_dose", "all_doses"]),
        "COUNTS": st.sampled_from(["total", "viable"]),
        "TEXT": st.just("yes"),
    },
)
full_answers = answers.map(
    lambda some: (
        {"PATCHES": "each", "BELOW": "one_site", "MEASURED": "once", "COVERS": "all_doses", "COUNTS": "viable"} | some
    )
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "arm": st.sampled_from(list(OPEN.arms)),
            "area_cm2": patches.map(texts),
            "weight_kg": st.sampled_from([29, 30, 72, 73, 90, 100, 120]).flatmap(hundredths_above).map(str),
            "level": st.sampled_from(["1e8", "1e9 particles/site", "2e9"]),
        }
    ),
    min_size=1,
    max_size=8,
)
NEEDS = {"low": "area_cm2", "high": "area_cm2", "chosen": "area_cm2 level", "density": "area_cm2"}
NEEDS |= {"volume": "area_cm2", "kilos": "weight_kg", "strict": "weight_kg", "mg": "weight_kg"}


def only_needed(row: dict[str, str], extra: bool) -> dict[str, str | None]:
    """The row with what its arm needs; now and then with something more."""
    wanted = {"arm", *NEEDS.get(row["arm"], "").split()} | ({"weight_kg"} if extra else set())
    return {name: text if name in wanted else None for name, text in row.items()}


def one(of: Settled, arms: tuple[str, ...], row: dict[str, Any], by_hand: Rounding | None) -> Doses | Refusal:
    try:
        given = DoseInput(
            areas=split_patches(row["area_cm2"]) if row.get("area_cm2") else (),
            remeasured=tuple(
                Remeasured(visit=name.removeprefix("area_cm2_"), areas=split_patches(text))
                for name, text in row.items()
                if name.startswith("area_cm2_") and text
            ),
            weight=Quantity(parse_number(row["weight_kg"]), unit("kg")) if row.get("weight_kg") else None,
            level=read_level(of.protocol, arms, row["level"]) if row.get("level") else None,
            rounding=by_hand,
        )
        return calculate(of, arms, given)
    except Refusal as refusal:
        return refusal


def expected(doses: Doses, several: bool) -> dict[str, Any]:
    """The row of the table that one participant's doses make."""
    cells: dict[str, Any] = {"release": "draft" if doses.draft else "released"}
    if codes := {warned.code for warned in doses.warnings}:
        cells["warnings"] = codes
    for dose in doses.doses:
        if dose.sites is not None:
            cells["sites"] = dose.sites
        if dose.total is not None:
            part = f"_{dose.area}" if several and dose.encounter == "V1" else ""
            cells[f"dose_{dose.encounter}{part}_{dose.total.unit.symbol.replace(' ', '_')}"] = dose.total.value
    return cells


def expected_again(doses: Doses, frame: pd.DataFrame) -> dict[str, Any]:
    """The same where areas were measured again: sites are counted anew at the first dose after each measurement."""
    cells = {name: value for name, value in expected(doses, several=False).items() if name != "sites"}
    (arm,) = doses.arms
    rules = {visit.visit: visit.rule for visit in planned_doses(AGAIN, (arm,))}
    columns = {str(name).removeprefix("area_cm2_") for name in frame if frame[name].notna().any()}
    counted: list[object] = []
    for dose in doses.doses:
        if dose.sites is not None:
            visits = [visit for visit, _ in visits_of(AGAIN, (arm,))]
            way = (id(rules[dose.encounter]), columns.intersection(visits[: visits.index(dose.encounter) + 1]))
            if way not in counted:
                cells[f"sites_{dose.encounter}" if counted else "sites"] = dose.sites
                counted.append(way)
    return cells


def row_of(table: pd.DataFrame, place: int) -> dict[str, Any]:
    found = table.iloc[place].drop(["arm", "participant"], errors="ignore").to_dict()
    cells = {str(name): value for name, value in found.items() if not pd.isna(value)}
    return {name: set(value.split()) if name == "warnings" else value for name, value in cells.items()}


def named_rows(refusal: Refusal) -> set[int]:
    """The rows that a refusal names, counted from 0."""
    found: set[int] = set()
    for finding in refusal.findings:
        match = re.match(r"rows? ([0-9, -]+): ", str(finding.what))
        assert match, f"{finding.what} names no row"
        for part in match[1].split(", "):
            first, _, last = part.partition("-")
            found |= set(range(int(first) - 1, int(last or first)))
    return found


def compare(of: Settled, frame: pd.DataFrame, alone: list[Doses | Refusal], by_hand: Rounding | None) -> None:
    bad = {place for place, result in enumerate(alone) if isinstance(result, Refusal)}
    if bad:
        with pytest.raises(Refusal) as refusal:
            cohort_doses(of, frame, by_hand)
        assert named_rows(refusal.value) <= bad
    good = [place for place in range(len(alone)) if place not in bad]
    table = cohort_doses(of, frame.iloc[good], by_hand)
    for place, there in enumerate(good):
        result = alone[there]
        assert isinstance(result, Doses)
        assert row_of(table, place) == expected(result, several="arm" not in frame), frame.iloc[there].to_dict()


@given(rows, st.one_of(full_answers, answers), st.booleans(), st.none() | st.sampled_from(ROUNDINGS), st.data())
def test_both_engines_agree_on_every_row(
    table: list[dict[str, str]], decided: dict[str, str], verified: bool, by_hand: Rounding | None, data: st.DataObject
) -> None:
    given_level = data.draw(st.none() | st.just("1e9 particles/site"))
    of = settled(OPEN, {"per-site": given_level} if given_level else None, verified=verified, **decided)
    extra = data.draw(st.integers(0, 9)) == 0
    cells = [only_needed(row, extra and place == 0) for place, row in enumerate(table)]
    alone = [one(of, (str(row["arm"]),), row, by_hand) for row in cells]
    compare(of, pd.DataFrame(cells), alone, by_hand)


@given(
    st.lists(st.tuples(mostly_one, st.integers(4_000, 51_000)), min_size=1, max_size=6),
    answers,
    st.none() | st.sampled_from(ROUNDINGS),
)
def test_both_engines_agree_where_everybody_gets_every_arm(
    table: list[tuple[list[Decimal], int]], decided: dict[str, str], by_hand: Rounding | None
) -> None:
    of = settled(EVERY, **decided)
    cells = [{"area_cm2": texts(areas), "level": f"{density}00000"} for areas, density in table]
    alone = [one(of, tuple(EVERY.arms), row, by_hand) for row in cells]
    compare(of, pd.DataFrame(cells), alone, by_hand)


now_and_then = st.none() | patches.map(texts)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"arm": st.sampled_from(list(AGAIN.arms)), "area_cm2": st.one_of(patches.map(texts), now_and_then)}
            | {f"area_cm2_{visit}": now_and_then for visit in ("V1", "V2", "C1", "C3", "F")}
        ),
        min_size=1,
        max_size=6,
    ),
    answers,
    st.booleans(),
    st.none() | st.sampled_from(ROUNDINGS),
)
def test_both_engines_agree_where_areas_are_measured_again(
    table: list[dict[str, str | None]], decided: dict[str, str], each_visit: bool, by_hand: Rounding | None
) -> None:
    of = settled(AGAIN, **(decided | ({"MEASURED": "each_visit", "BELOW": "one_site"} if each_visit else {})))
    cells = [row if row["arm"] != "fixed" else {"arm": "fixed"} for row in table]
    frame = pd.DataFrame(cells, columns=list(table[0]))
    alone = [one(of, (str(row["arm"]),), row, by_hand) for row in cells]
    bad = {place for place, result in enumerate(alone) if isinstance(result, Refusal)}
    if bad:
        with pytest.raises(Refusal) as refusal:
            cohort_doses(of, frame, by_hand)
        assert named_rows(refusal.value) <= bad
    good = frame.iloc[[place for place in range(len(alone)) if place not in bad]]
    found = cohort_doses(of, good, by_hand)
    for place, result in enumerate(one for one in alone if isinstance(one, Doses)):
        assert row_of(found, place) == expected_again(result, good), good.iloc[place].to_dict()


@pytest.mark.parametrize("name", ["NCT06932393", "NCT07084012", "NCT07203599"])
def test_both_engines_agree_on_the_shipped_tables(name: str) -> None:
    trial = load(name, str(SCHEDULES / "sites" / "example.yaml"))
    frame = pd.read_csv(SCHEDULES / "cohorts" / f"{name}.csv", dtype=str, keep_default_na=False)
    table = plan_cohort(trial, frame)
    assert len(table) > 2
    for place, cells_of_row in enumerate(frame.to_dict("records")):
        row = {str(name): cell for name, cell in cells_of_row.items()}
        arms = (row["arm"],) if row["arm"] else tuple(trial.protocol.arms)
        alone = one(trial, arms, row, None)
        assert isinstance(alone, Doses)
        cells = {key: value for key, value in row_of(table, place).items() if not key.startswith(DATES)}
        assert cells == expected(alone, several=False)


@given(st.lists(cm2, min_size=1, max_size=9), st.sampled_from(ROUNDINGS))
def test_a_column_of_doubles_is_read_as_it_is_shown(values: list[Decimal], mode: Rounding) -> None:
    of = settled(OPEN, ROUNDING=mode, BELOW="one_site", MEASURED="once")
    texts = pd.DataFrame({"arm": "low", "area_cm2": [str(value) for value in values]})
    doubles = texts.assign(area_cm2=[float(value) for value in values])
    pd.testing.assert_frame_equal(cohort_doses(of, texts), cohort_doses(of, doubles))


@given(possible, st.sampled_from(ROUNDINGS), st.sampled_from(["summed", "each"]))
def test_sites_are_within_one_of_the_exact_number_for_each_part(
    values: list[Decimal], mode: Rounding, how: str
) -> None:
    of = settled(OPEN, ROUNDING=mode, PATCHES=how, BELOW="one_site")
    counted = count_sites(Questions(of), per_site(), check_areas(values), None)
    exact = sum(values, Decimal(0))
    assert counted.sites >= 1
    assert abs(counted.sites - exact) < (len(values) if how == "each" else 1)


@given(possible, st.sampled_from(ROUNDINGS))
def test_the_order_of_the_patches_changes_nothing(values: list[Decimal], mode: Rounding) -> None:
    of = settled(OPEN, ROUNDING=mode, PATCHES="each", BELOW="one_site")
    one, other = (count_sites(Questions(of), per_site(), check_areas(order), None) for order in (values, values[::-1]))
    assert (one.sites, one.rounding) == (other.sites, other.rounding)


@given(st.fractions(1, 500), st.sampled_from(ROUNDINGS))
def test_the_number_of_sites_stays_within_the_distance_to_the_step(exact: Fraction, mode: Rounding) -> None:
    distance = distance_to_step(exact, mode)
    assert 0 <= distance <= Fraction(1, 2)
    inside = distance * Fraction(99, 100)
    if distance:
        assert round_whole(exact - inside, mode) == round_whole(exact, mode) == round_whole(exact + inside, mode)
        beyond = {round_whole(exact - distance * 2, mode), round_whole(exact + distance * 2, mode)}
        assert beyond != {round_whole(exact, mode)}
