"""Tables for the statistician: exposure.csv, what participants were to receive and did, and deviations.csv.

Written as the other tables are: UTF-8 with a byte order mark, and no cell that a spreadsheet would run as a formula.
exposure.csv has one row for each product at each visit, and only the unmasked may read it (R15); deviations.csv has one
row for each departure, and no arm and no dose; with the key of a masked trial also for the doses that were given after
a time that follows from their lots (R11), which masked people do not get.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.reading import plain
from dosecalc.registry.report_shapes import deviations
from dosecalc.tables.output import header, text_cell
from dosecalc.text import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.quantity import Quantity
    from dosecalc.registry.report_deviations import Deviation
    from dosecalc.registry.report_exposure import Exposure, ParticipantExposure
    from dosecalc.text import Language

EXPOSURE = (
    "participant", "arm", "visit", "product", "role", "area", "planned_total", "planned_unit", "planned_is_draft",
    "prepared_total", "prepared_unit", "prepared_on", "lots", "checked", "administered_total", "administered_unit",
    "administered_at", "part", "cumulative_total", "cumulative_unit", "not_planned_because",
)  # fmt: skip


def exposure_csv(found: Iterable[ParticipantExposure], language: Language) -> bytes:
    """Return the table; a participant without any dose, planned or prepared, has one row that says why."""
    rows = []
    for each in found:
        why = "" if each.unplanned is None else render(each.unplanned, language)
        rows += [_row(line, why) for line in each.lines] or [_empty(each, why)]
    lines = [",".join(map(text_cell, row)) + "\r\n" for row in rows]
    return header(EXPOSURE) + "".join(lines).encode()


DEVIATIONS = (
    "participant", "visit", "deviation", "counted", "window", "target", "earliest", "latest", "on", "days_outside",
    "days_from_target", "reason", "text", "user", "role", "event",
)  # fmt: skip


def deviations_csv(found: Iterable[Deviation], language: Language) -> bytes:
    """Return the table; its columns are the keys of the JSON."""
    lines = [
        ",".join(text_cell(_cell(each[name])) for name in DEVIATIONS) + "\r\n" for each in deviations(found, language)
    ]
    return header(DEVIATIONS) + "".join(lines).encode()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return _yes(value)
    return "" if value is None else str(value)


def _row(line: Exposure, why: str) -> tuple[str, ...]:
    return (
        line.participant,
        line.arm or "",
        line.visit,
        line.product,
        line.role,
        line.area or "",
        *_amount(line.planned),
        "" if line.planned is None else _yes(line.draft),
        *_amount(line.prepared),
        line.prepared_on or "",
        "; ".join(f"{lot} ({vials})" for lot, vials in line.lots),
        _yes(line.checked) if line.prepared_on else "",
        *_amount(line.administered),
        line.given_at or "",
        "" if line.part is None else plain(line.part),
        *_amount(line.cumulative),
        why,
    )


def _empty(each: ParticipantExposure, why: str) -> tuple[str, ...]:
    return (each.participant, each.arm or "", *[""] * (len(EXPOSURE) - 3), why)


def _amount(quantity: Quantity | None) -> tuple[str, str]:
    return ("", "") if quantity is None else (plain(quantity.value), str(quantity.unit))


def _yes(value: bool) -> str:
    return "yes" if value else "no"
