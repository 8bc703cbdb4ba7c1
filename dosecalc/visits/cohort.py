"""The visit dates of a whole table of participants at once.

The second engine for dates (R14): it takes from `visits.steps` how far each visit is from which anchor; the dates are
counted here, for all rows together, and a property test holds them equal to `visits.timeline` row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dosecalc.errors import refuse
from dosecalc.rows import Flags, Problems, look_up, positions
from dosecalc.text import msg
from dosecalc.visits.date_columns import Seconds, unknown
from dosecalc.visits.group_dates import DateTable, GroupDates, visits_in_order
from dosecalc.visits.moments import site_zone
from dosecalc.visits.steps import prepare_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from dosecalc.protocol.settled import Settled


def cohort_dates(settled: Settled, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the visit dates of the participants in `frame`, one row each, in its order and with its index.

    `frame` has the column `start`, and may have `participant`, `arm` (needed in an open protocol, not looked at in a
    masked one), `anchor_NAME` and `actual_VISIT`; any others are left alone. Dates are `YYYY-MM-DD` or datetimes.

    The result has `participant`, and `arm` in an open protocol, where `frame` has them, and for each visit
    `target_VISIT` and, where it has a window, `earliest_VISIT` and `latest_VISIT`. Visits that are counted in days are
    `datetime64[s]` at midnight, those in hours are times in the site's zone. A visit that waits for a date, and one
    that the participant's arm does not have, is NaT.

    Raises:
        Refusal: DC301, DC416 to DC418 as `visits.timeline`; DC304, the arm is missing; DC302, DC401 to DC405, DC410,
            DC412 to DC415 with the numbers of all rows that have it, counted from 1; DC440, DC441, no start.
    """
    problems = Problems()
    groups = _groups(settled, frame, problems)
    problems.raise_any()
    columns: dict[str, Any] = {name: frame[name] for name in ("participant",) if name in frame}
    if "arm" in frame and not settled.protocol.masking.masked:
        columns["arm"] = frame["arm"]
    table = DateTable(settled, frame, problems)
    found: dict[str, list[tuple[Flags | None, Seconds]]] = {}
    timed: set[str] = set()
    for encounters, members in groups.items():
        dates = GroupDates(table, prepare_steps(settled, encounters), members)
        for visit in visits_in_order(settled, encounters):
            for name, column in dates.columns(visit):
                found.setdefault(name, []).append((members, column))
                timed |= {name} if visit in dates.timed else set()
    problems.raise_any()
    taken = {id(table.start.days), id(table.start.times)}
    zone = settled.timezone
    for name in sorted(found, key=_order(settled)):
        column = _together(len(frame), found[name], taken)
        columns[name] = _times(column, zone) if name in timed else column
    return pd.DataFrame(columns, index=frame.index, copy=False)


def _groups(settled: Settled, frame: pd.DataFrame, problems: Problems) -> dict[tuple[str, ...], Flags | None]:
    """The rows of each different list of encounters; None for all rows."""
    protocol = settled.protocol
    if protocol.masking.masked:  # the arms are alike in what masked people see (R15)
        return {next(iter(protocol.arms.values())).encounters: None}
    if "arm" not in frame:
        raise refuse("DC304", msg("the arm is missing"), msg("give one of: {arms}", arms=", ".join(protocol.arms)))
    lists = list(dict.fromkeys(arm.encounters for arm in protocol.arms.values()))
    table = [lists.index(arm.encounters) for arm in protocol.arms.values()]
    group_of = look_up(np.array([*table, -1], "i2"), positions(frame["arm"], list(protocol.arms)))
    problems.add(
        "DC302",
        msg("the arm is missing, or {protocol} has no such arm", protocol=protocol.id),
        msg("its arms are: {arms}", arms=", ".join(protocol.arms)),
        group_of < 0,
    )
    flags = {encounters: group_of == number for number, encounters in enumerate(lists)}
    if len(lists) == 1:
        return {lists[0]: None}
    return {e: None if rows.all() else rows for e, rows in flags.items() if rows.any() or not len(frame)}


def _order(settled: Settled) -> Callable[[str], int]:
    """Sorts visits as the protocol lists its encounters: arms may have them in lists of their own."""
    visits = visits_in_order(settled, tuple(settled.protocol.encounters))
    return lambda name: visits.index(name.partition("_")[2])


def _times(column: Seconds, zone: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(column).tz_localize("UTC").tz_convert(site_zone(zone))


def _together(count: int, parts: list[tuple[Flags | None, Seconds]], taken: set[int]) -> Seconds:
    """One column from what its groups of rows have; no array is in two columns, or in the table that was given."""
    merged: dict[int, tuple[Flags | None, Seconds]] = {}
    for members, column in parts:
        before = merged.get(id(column))
        both = members if before is None or before[0] is None or members is None else before[0] | members
        merged[id(column)] = (both, column)
    members, column = next(iter(merged.values()))
    if len(merged) == 1 and (members is None or members.all()):
        column = column.copy() if id(column) in taken else column
        taken.add(id(column))
        return column
    whole = unknown(count)
    for members, column in merged.values():
        np.copyto(whole, column, where=True if members is None else members)
    return whole
