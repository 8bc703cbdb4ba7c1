"""The doses of a whole table of participants at once, in exact 64-bit integers.

The second engine (R14): it takes from the protocol which rule holds at which visit, and from the site what was decided;
sites, products, sums and rounding are its own. It shares with `dosing.dose` how a level is chosen and capped per site
(`choose_level`, `cap_amount`), whether total or viable cells are counted, and which rule holds where (`planned`). A
property test holds both equal row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dosecalc.dosing.area import LARGE_CM2, SMALL_CM2
from dosecalc.dosing.cohort_caps import CohortDose, cap_all
from dosecalc.dosing.cohort_input import read_cohort
from dosecalc.dosing.cohort_rules import WARNINGS, Rows
from dosecalc.dosing.cohort_work import Workshop
from dosecalc.dosing.questions import check_rounding
from dosecalc.dosing.remeasured import several_areas
from dosecalc.dosing.weight import LIGHT_KG
from dosecalc.protocol.occurrences import occurrences
from dosecalc.reading import decimal_of
from dosecalc.rows import Problems, look_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.dosing.cohort_input import CohortInput
    from dosecalc.dosing.columns import Integers
    from dosecalc.dosing.result import OnRecord
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding
    from dosecalc.rows import Flags

_RELEASE = pd.Index(["released", "draft"])


def cohort_doses(
    settled: Settled, frame: pd.DataFrame, rounding: Rounding | None = None, on_record: Sequence[OnRecord] = ()
) -> pd.DataFrame:
    """Return the doses of the participants in `frame`, one row each, in its order and with its index.

    `frame` may have the columns `participant`, `arm`, `area_cm2` (cm²; patches of a text separated by `;`),
    `area_cm2_VISIT` for areas that were measured again (each holds from that visit on, in the rows that have it),
    `weight_kg` (kg) and `level` (a number in the unit of the protocol's level, or an amount with its unit); others are
    left alone. Texts are read by the notation firewall, doubles at 15 significant digits. Where every participant gets
    every arm, an empty cell of `arm` means all of them, and the column may be missing.

    `on_record` is what other visits of the one participant in `frame` brought; it counts towards caps over all doses.

    The result has `participant` and `arm` where `frame` has them, `sites` (and `sites_VISIT` from the visit on at which
    they are counted anew), a column `dose_VISIT_UNIT` for each visit
    and unit (with the area between them where a visit has doses on several), `release`: draft or released (R8), and
    `warnings`: the codes of what to look at before the dose is given, as `dosing.dose` warns of it, joined by a space.
    Whole numbers are `Int64`; amounts with decimals are Decimals. What a row does not have is missing, never zero,
    and what no row has is no column, apart from `warnings`.

    Raises:
        Refusal: DC302, DC304, DC307 as `dosing.dose`; everything that is wrong with a row, with the numbers of all rows
            that have it, counted from 1: DC301 to DC344 as there, DC350 to DC352 for what cannot be read, DC353 and
            DC354 for what 64 bits cannot hold exactly; DC343, `rounding` is no mode.
    """
    by_hand = check_rounding(rounding)
    problems = Problems()
    given = read_cohort(settled, frame, problems)
    problems.raise_any()
    rows = Rows(
        settled=settled,
        count=len(frame),
        by_hand=by_hand,
        choice=given.choice,
        problems=problems,
        drafts=np.zeros(len(frame), bool),
        warned=np.zeros(len(frame), np.uint16),
    )
    _warn_unusual(settled, rows, given)
    workshop = Workshop(settled, given, rows)
    doses = workshop.doses()
    problems.raise_any()
    cap_all(rows, doses, given.groups, on_record)
    problems.raise_any()
    columns: dict[str, Any] = {name: frame[name] for name in ("participant",) if name in frame}
    if given.groups.arm is not None:
        columns["arm"] = given.groups.arm
    for name, parts in workshop.sites.items():
        columns[name] = _integers(rows.count, parts, set())
    columns |= _dose_columns(settled, rows.count, doses)
    codes = workshop.drafts().view(np.int8)
    columns["release"] = pd.Categorical.from_codes(codes, categories=_RELEASE, validate=False)
    columns["warnings"] = _warnings(rows)
    return pd.DataFrame(columns, index=frame.index, copy=False)


def _warn_unusual(settled: Settled, rows: Rows, given: CohortInput) -> None:
    """Warn of areas and weights that can hardly be (R9)."""
    doubted = several_areas(settled.protocol, tuple(settled.protocol.arms)) is not None
    for area in (given.areas.once, *given.areas.again.values()):
        if area is not None:
            areas, power = area.totals, 10**area.scale
            if doubted and area.starts is not None:
                rows.warn("area-several", np.diff(area.starts, append=len(area.values)) > 1)
            rows.warn("area-small", (areas < int(SMALL_CM2) * power) & area.given)
            rows.warn("area-large", areas > int(LARGE_CM2) * power)
    if given.weight is not None:
        rows.warn("weight-low", (given.weight.values < int(LIGHT_KG) * 10**given.weight.scale) & given.weight.given)


_MASKS = 1 << len(WARNINGS)


def _warnings(rows: Rows) -> pd.Categorical[str]:
    """The codes that each row is warned with; missing where there is none."""
    if not rows.warned.any():  # the usual case, and a million rows of it need no counting
        none = np.full(rows.count, -1, np.int8)
        return pd.Categorical.from_codes(none, categories=pd.Index([], dtype=object), validate=False)
    there = np.flatnonzero(np.bincount(rows.warned, minlength=_MASKS)[1:]) + 1
    place = np.full(_MASKS, -1, np.int16)
    place[there] = np.arange(len(there))
    names = [" ".join(code for bit, code in enumerate(WARNINGS) if mask >> bit & 1) for mask in there.tolist()]
    return pd.Categorical.from_codes(
        look_up(place, rows.warned), categories=pd.Index(names, dtype=object), validate=False
    )


def _dose_columns(settled: Settled, count: int, doses: Sequence[CohortDose]) -> dict[str, Any]:
    order = [visit for encounter in settled.protocol.encounters.values() for visit, _ in occurrences(encounter)]
    parts: dict[str, set[str | None]] = {}
    for dose in doses:
        parts.setdefault(dose.visit, set()).add(dose.part)
    named: dict[str, list[CohortDose]] = {}
    for dose in sorted(doses, key=lambda dose: order.index(dose.visit)):
        several = [dose.part] if dose.part and len(parts[dose.visit]) > 1 else []
        named.setdefault("_".join(["dose", dose.visit, *several, dose.unit.replace(" ", "_")]), []).append(dose)
    used: set[int] = set()
    columns: dict[str, Any] = {}
    for name, together in named.items():
        if any(dose.amounts.scale for dose in together):
            columns[name] = _decimals(count, together)
        else:
            columns[name] = _integers(count, [(dose.members, dose.amounts.values) for dose in together], used)
    return columns


def _integers(count: int, parts: Sequence[tuple[Flags | None, Integers]], used: set[int]) -> pd.arrays.IntegerArray:
    """One column from what its groups of rows have; missing where none has anything.

    An array that another column has already (`used`) is copied: columns must not change together.
    """
    members, column = parts[0]
    if id(column) in used:
        column = column.copy()
    used.add(id(column))
    missing = np.zeros(count, bool) if members is None else ~members
    for more, values in parts[1:]:
        assert more is not None  # rows that share a column have different rules
        np.copyto(column, values, where=more)
        missing &= ~more
    return pd.arrays.IntegerArray(column, missing)


def _decimals(count: int, doses: Sequence[CohortDose]) -> Any:
    column = np.full(count, None, dtype=object)
    for dose in doses:
        codes, different = pd.factorize(dose.amounts.values)
        exact = [decimal_of(int(value), dose.amounts.scale) for value in different]
        np.copyto(column, np.array(exact, dtype=object)[codes], where=True if dose.members is None else dose.members)
    return column
