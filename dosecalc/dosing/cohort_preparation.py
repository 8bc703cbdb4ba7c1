"""The volumes of a whole table of preparations at once, in whole numbers.

The second engine (R14), written from the rules and not from `dosing.preparation`: it shares no arithmetic with it, and
a property test holds both equal row by row. Every column becomes whole numbers of its own smallest decimal (R4); they
are Python's own integers, for a dose times a volume has more digits than 64 bits hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from dosecalc.reading import decimal_of, places_and_rest
from dosecalc.rows import Problems
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.rows import Flags

Whole = np.ndarray[Any, np.dtype[Any]]
"""Python integers, one for each row."""

_VOLUMES = (
    "volume_per_site",
    "volume",
    "measured_graduation",
    "syringe_nominal",
    "syringe_graduation",
    "syringe_dead_space",
    "overage_volume",
    "placebo_volume",
    "vial",
)
_OTHERS = ("dose", "sites", "concentration", "viability_percent", "sites_per_syringe", "overage_percent")


_NOTHING: Any = None


class _Column(NamedTuple):
    """Numbers × 10^`scale`, 0 where none is `given`."""

    values: Whole
    given: Flags
    scale: int


@dataclass(frozen=True, slots=True)
class _Input:
    """The columns of the table; volumes have one scale together."""

    numbers: dict[str, _Column]
    scale: int
    placebo: Whole
    of_viable: Flags
    undiluted: Flags
    count: int

    def __getitem__(self, name: str) -> Whole:
        return self.numbers[name].values

    def given(self, name: str) -> Flags:
        return self.numbers[name].given

    def step(self, name: str) -> Whole:
        """The graduation of a syringe, the smallest decimal where none is stated."""
        return np.where(_flags(self[name] > 0), self[name], 1)


def cohort_volumes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how the doses in `frame` are prepared, one row each, in its order and with its index.

    The columns of `frame` hold Decimals and integers, None where something has no meaning for a row; a column that
    has no meaning for any row may be missing:

    - `dose`: particles, cells, mg, …; None for a placebo. `concentration`: the same per mL. `viability_percent`: only
      where one of them counts viable cells and the other all of them; `of_viable` is then True where the concentration
      is that of the viable ones.
    - `sites` and `volume_per_site` (mL), or `volume` (mL) in all, or neither: then the product is given undiluted.
    - `measured_graduation`: of the syringe that measures the product, mL. `syringe_nominal`, `syringe_graduation` and
      `syringe_dead_space`: of the syringe that gives it, mL; None for an infusion. `sites_per_syringe`: the most that
      the pharmacy allows.
    - `overage_volume` (mL) or `overage_percent` (of the administered volume): what is prepared beside the dead space.
    - `placebo`: `whole` or `part`; `placebo_volume` (mL) for the latter. `vial`: mL that count as one vial's.

    The result has `administered`, `dead_space`, `overage`, `product`, `diluent`, `final` (mL, Decimals), `vials`,
    `syringes` (None for an infusion), `delivered` (a Fraction in the dose's unit) and `deviation_percent` (a text with
    two decimals); the last two are None for a placebo.

    - A volume that a syringe gives, and that of a part of placebo, is rounded half up to the syringe's graduation.
    - syringes = sites ÷ sites per syringe, rounded up; sites per syringe = (nominal − dead space) ÷ volume per site,
      rounded down, at most `sites_per_syringe`. Without a volume per site: administered ÷ (nominal − dead space), up,
      where only whole graduations of the syringe are filled.
    - final = administered + overage; overage = syringes × dead space + the site's own.
    - without a volume: administered = dose ÷ concentration, half up to the graduation of the syringe that gives it, or,
      for an infusion, of the one that measures it; for a dose at sites, each site's part of it is rounded so.
    - product = dose × final ÷ administered ÷ concentration, half up to the graduation (R5); not rounded where it is
      all of the final volume.

    Raises:
        Refusal: with the numbers of the rows, counted from 1. DC669, a volume is missing, zero, or not to be had;
            DC670, the stock is too weak; DC671, the product is less than the syringe measures; DC672, the syringe does
            not hold one site; DC673, neither dose nor placebo.
    """
    given = _read(frame)
    problems = Problems()
    _check(given, problems)
    problems.raise_any()
    given = _as_measured(given)
    administered = _administered(given)
    _above_zero(problems, administered)
    problems.raise_any()
    syringes = _syringes(given, administered, problems)
    problems.raise_any()
    dead_space = syringes * given["syringe_dead_space"]
    percent = given.numbers["overage_percent"]
    overage = (
        dead_space + given["overage_volume"] + administered * percent.values // (100 * 10**percent.scale)
    )  # the scale of volumes leaves no rest
    final = administered + overage
    product = _product(given, administered, final, problems)
    problems.raise_any()
    delivered, deviation = _delivered(given, administered, final, product)
    volumes = {
        "administered": administered,
        "dead_space": dead_space,
        "overage": overage,
        "product": product,
        "diluent": final - product,
        "final": final,
    }
    columns: dict[str, Any] = {name: _millilitres(values, given.scale) for name, values in volumes.items()}
    columns["vials"] = _up(product, given["vial"])
    columns["syringes"] = np.where(given.given("syringe_nominal"), syringes, _NOTHING)
    columns["delivered"] = delivered
    columns["deviation_percent"] = deviation
    return pd.DataFrame(columns, index=frame.index, dtype=object)


def _read(frame: pd.DataFrame) -> _Input:
    count = len(frame)
    names = (*_VOLUMES, *_OTHERS, "placebo", "of_viable")
    cells = {name: list(frame[name]) if name in frame else [None] * count for name in names}
    percent = _places(cells["overage_percent"])
    # So many decimals that the overage in percent, too, is a whole number of the smallest one.
    scale = max(_places(cells[name]) for name in _VOLUMES) + percent + 2
    numbers = {name: _column(cells[name], scale) for name in _VOLUMES}
    numbers |= {name: _column(cells[name], _places(cells[name])) for name in _OTHERS}
    of_viable = np.array([cell is True for cell in cells["of_viable"]], dtype=bool)
    undiluted = ~numbers["volume_per_site"].given & ~numbers["volume"].given
    return _Input(numbers, scale, _objects(cells["placebo"]), of_viable, undiluted, count)


def _as_measured(given: _Input) -> _Input:
    """Every volume half up to the graduation that measures it (R13); where none is stated, that of the dose alone."""
    alone = given.undiluted
    by_site = alone & _flags(given["sites"] > 0)
    dose, (over, under) = given.numbers["dose"], _strength(given)
    finest = np.where(given.given("syringe_nominal"), given["syringe_graduation"], given["measured_graduation"])
    graduation, parts = np.where(alone, finest, 1), np.where(by_site, given["sites"], 1)
    below = np.where(alone, over, 1) * 10**dose.scale * parts * graduation
    of_the_dose = _half_up(dose.values * under * 10**given.scale, below) * graduation

    def column(name: str, marks: str, missing: Flags) -> dict[str, _Column]:
        stated = given.numbers[name]
        rounded = _half_up(stated.values, given.step(marks)) * given.step(marks)
        return {name: stated._replace(values=np.where(missing, of_the_dose, rounded), given=stated.given | missing)}

    none = np.zeros(given.count, dtype=bool)
    columns = column("volume_per_site", "syringe_graduation", by_site)
    columns |= column("volume", "syringe_graduation", alone & ~by_site)
    columns |= column("placebo_volume", "measured_graduation", none)
    return replace(given, numbers=given.numbers | columns)


def _objects(values: Iterable[Any]) -> Whole:
    cells = list(values)
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def _is_given(value: object) -> bool:
    return value is not None and value is not pd.NA


def _places(cells: list[Any]) -> int:
    """The decimals that the numbers of a column need."""
    return max((places_and_rest(cell.as_integer_ratio()[1])[0] for cell in cells if _is_given(cell)), default=0)


def _column(cells: list[Any], scale: int) -> _Column:
    ratios = [cell.as_integer_ratio() if _is_given(cell) else (0, 1) for cell in cells]
    values = _objects(over * 10**scale // under for over, under in ratios)
    return _Column(values, np.array([_is_given(cell) for cell in cells], dtype=bool), scale)


def _flags(values: Any) -> Flags:
    return np.asarray(values, dtype=bool)


def _up(over: Whole, under: Whole) -> Whole:
    """Over ÷ under, rounded up."""
    whole: Whole = -(-over // under)
    return whole


def _half_up(over: Whole, under: Whole) -> Whole:
    """Over ÷ under, neither below zero, a half rounded up."""
    halves: Whole = (2 * over + under) // (2 * under)
    return halves


def _millilitres(values: Whole, scale: int) -> Whole:
    return _objects(decimal_of(int(value), scale) for value in values)


def _check(given: _Input, problems: Problems) -> None:
    placebo = _flags(given.placebo != None)  # noqa: E711 - for each cell
    problems.add(
        "DC673",
        msg("there is neither a dose and its concentration nor a placebo"),
        msg("check the lot: a lot of an active product states its concentration in the unit of the dose"),
        ~placebo & ~(_flags(given["dose"] > 0) & _flags(given["concentration"] > 0)),
    )
    whose = {
        "measured_graduation": ~placebo | _flags(given.placebo == "part"),
        "syringe_graduation": given.given("syringe_nominal"),
        "vial": np.ones(given.count, bool),
        "placebo_volume": _flags(given.placebo == "part"),
        "sites": given.given("volume_per_site"),
        "volume": placebo & ~given.given("volume_per_site"),
    }
    missing = [needed & ~_flags(given[name] > 0) for name, needed in whose.items()]
    problems.add(
        "DC669",
        msg("a volume that the preparation needs is missing or zero"),
        msg("complete how the product is prepared in the site file, and the volume of its vials in the stock file"),
        np.logical_or.reduce(missing),
    )


def _above_zero(problems: Problems, administered: Whole) -> None:
    problems.add(
        "DC669",
        msg("the volume that is administered is zero"),
        msg("check the dose, the concentration and the volume in the site file"),
        ~_flags(administered > 0),
    )


def _strength(given: _Input) -> tuple[Whole, Whole]:
    """What one mL holds of what the dose counts, as a quotient of whole numbers."""
    viability, stated = given.numbers["viability_percent"], given.numbers["concentration"]
    all_cells = np.full(given.count, 100 * 10**viability.scale, dtype=object)
    share = np.where(viability.given, viability.values, all_cells)
    over, under = np.where(given.of_viable, all_cells, share), np.where(given.of_viable, share, all_cells)
    return stated.values * over, under * 10**stated.scale


def _administered(given: _Input) -> Whole:
    whole: Whole = np.where(given.given("volume_per_site"), given["sites"] * given["volume_per_site"], given["volume"])
    return whole


def _syringes(given: _Input, administered: Whole, problems: Problems) -> Whole:
    used = given.given("syringe_nominal")
    room = given["syringe_nominal"] - given["syringe_dead_space"]
    by_site = given.given("volume_per_site")
    least = np.where(by_site, given["volume_per_site"], 1)
    step = given.step("syringe_graduation")
    each = np.where(by_site, room // np.where(least > 0, least, 1), room // step * step)
    each = np.where(by_site & given.given("sites_per_syringe"), np.minimum(each, given["sites_per_syringe"]), each)
    small = used & ~_flags(each > 0)
    problems.add(
        "DC672",
        msg("the syringe does not hold the volume of one site beside its dead space"),
        msg("name a larger syringe in the site file, or check the volume per site"),
        small,
    )
    whole: Whole = np.where(by_site, given["sites"], administered)
    return np.where(used, _up(whole, np.where(used & ~small, each, 1)), 0)


def _product(given: _Input, administered: Whole, final: Whole, problems: Problems) -> Whole:
    active = _flags(given.placebo == None)  # noqa: E711 - for each cell
    dose, (strength, under) = given.numbers["dose"], _strength(given)
    graduation = np.where(active, given["measured_graduation"], 1)
    # product = over ÷ below, in the smallest decimal of the volumes
    over = dose.values * under * final * 10**given.scale
    below = np.where(active, strength, 1) * 10**dose.scale * administered
    whole = _flags(over == final * below) | given.undiluted
    measured = np.where(active & ~whole, _half_up(over, below * graduation) * graduation, final)
    product = np.where(given.placebo == "part", given["placebo_volume"], measured)
    problems.add(
        "DC670",
        msg("this stock is too weak: the dose does not fit into the volume that is prepared"),
        msg("check the concentration and its power of ten; else take a stronger lot"),
        active & ~whole & (_flags(over > final * below) | _flags(product > final)),
    )
    problems.add(
        "DC671",
        msg("the product needed is less than half of one graduation of the syringe that measures it"),
        msg("check the concentration and its power of ten; else measure with a finer syringe"),
        _flags(product <= 0),
    )
    problems.add(
        "DC669",
        msg("the placebo's own volume is more than the volume that is prepared"),
        msg("correct 'placebo_volume' in the site file"),
        ~active & _flags(product > final),
    )
    return product


def _delivered(given: _Input, administered: Whole, final: Whole, product: Whole) -> tuple[Whole, Whole]:
    """What the measured volumes bring, and how far that is from the dose, in percent with two decimals."""
    active = _flags(given.placebo == None)  # noqa: E711 - for each cell
    dose, (strength, under) = given.numbers["dose"], _strength(given)
    over = product * administered * strength
    below = under * final * 10**given.scale
    target = np.where(active, dose.values, 1)
    difference = over * 10**dose.scale - target * below
    hundredths = _half_up(abs(difference) * 10_000, target * below)
    sign = np.where(_flags(difference < 0) & _flags(hundredths > 0), "-", "")
    rows = zip(active, over, below, sign, hundredths, strict=True)
    cells = [
        (Fraction(int(o), int(b)), f"{s}{h // 100}.{h % 100:02d}") if there else (None, None)
        for there, o, b, s, h in rows
    ]
    return _objects(cell[0] for cell in cells), _objects(cell[1] for cell in cells)
