"""The closed table of units (R3)."""

from __future__ import annotations

import pytest

from dosecalc.errors import Refusal
from dosecalc.units import UNITS, Unit, combined, unit


def refusal(text: str) -> str:
    with pytest.raises(Refusal) as caught:
        unit(text)
    (finding,) = caught.value.findings
    assert finding.code == "DC203"
    assert str(finding.what) == f'the unit "{text}" is not known'
    return str(finding.mend)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("particle", "particles"),
        ("particles/sites", "particles/site"),
        ("particle per site", "particles/site"),
        ("particles/cm2", "particles/cm²"),
        ("cm^2", "cm²"),
        ("site/cm²", "sites/cm²"),
        ("viable cell/kg", "viable cells/kg"),
        ("mL/days", "mL/day"),
        ("%", "%"),
    ],
)
def test_singular_plural_and_ascii_spellings_are_one_unit(text: str, symbol: str) -> None:
    assert unit(text) is UNITS[symbol]


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("ml", "write mL, exactly so"),
        ("CM2", "write cm², exactly so"),
        ("㎠", "write cm², exactly so"),
        ("Cells", "write cells, exactly so"),
        ("particles / site", "write particles/site, exactly so"),
        ("cc", "write mL, exactly so"),
        ("cells/kgs", "write cells/kg, exactly so"),
        ("particle/cm", "the nearest known units are particles/cm², particles/mL, particles"),
    ],
)
def test_a_near_miss_is_told_the_nearest_known_units(text: str, mend: str) -> None:
    assert refusal(text) == mend


@pytest.mark.parametrize("text", ["", "furlong", "IU", "mL/mL", "%/kg", "kg/", "/kg", "1"])
def test_a_unit_outside_the_table_is_told_the_whole_table(text: str) -> None:
    assert refusal(text).startswith(("write one of particles, cells, viable cells, ", "the nearest known units are "))


def test_the_near_units_of_a_huge_text_are_found_at_once() -> None:
    with pytest.raises(Refusal, match='the unit "xxxxx'):
        unit("x" * 1_000_000)


@pytest.mark.parametrize(
    ("left", "right", "product"),
    [
        ("particles/site", "sites", "particles"),
        ("particles/cm²", "cm²", "particles"),
        ("particles/mL", "mL", "particles"),
        ("cells/kg", "kg", "cells"),
        ("viable cells/kg", "kg", "viable cells"),
        ("sites/cm²", "cm²", "sites"),
        ("cm²/site", "sites", "cm²"),
        ("particles/site", "sites/cm²", "particles/cm²"),
        ("mL/site", "sites", "mL"),
        ("mL/day", "days", "mL"),
        ("mL/vial", "vials", "mL"),
    ],
)
def test_a_rate_times_its_base_is_the_amount_and_back(left: str, right: str, product: str) -> None:
    assert combined(unit(left), unit(right), 1) is unit(product)
    assert combined(unit(right), unit(left), 1) is unit(product)
    assert combined(unit(product), unit(right), -1) is unit(left)


@pytest.mark.parametrize(
    ("left", "right", "sign"),
    [
        ("cells", "cells", 1),
        ("cells", "cells", -1),
        ("cells/kg", "mL", 1),
        ("viable cells", "cells/kg", -1),
        ("%", "mL", 1),
    ],
)
def test_products_that_no_unit_fits_have_none(left: str, right: str, sign: int) -> None:
    assert combined(unit(left), unit(right), 1 if sign == 1 else -1) is None


def test_no_two_units_of_the_table_measure_the_same() -> None:
    assert len({frozenset(known.powers) for known in UNITS.values()}) == len(UNITS)
    assert all(known.symbol == symbol and isinstance(known, Unit) for symbol, known in UNITS.items())


def test_a_unit_is_singular_after_one_only_and_never_under_the_stroke() -> None:
    assert unit("particles/site").words("en", one=True) == "particle/site"
    assert unit("particles/site").words("en", one=False) == "particles/site"
    assert unit("mL").words("en", one=True) == "mL"
