"""What stands on a worksheet as given: every value that somebody typed, or that the stock file states (R14, R16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.documents.worksheet import Input
from dosecalc.quantity import plain
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.app.preparing import Wanted
    from dosecalc.app.typed import Asked
    from dosecalc.dosing.prepared import Dispensing, Preparation
    from dosecalc.dosing.result import DoseInput
    from dosecalc.text import Message


def worksheet_inputs(
    arm: str | None, asked: Asked, given: DoseInput, wanted: Wanted, made: Sequence[Preparation | Dispensing]
) -> Iterator[Input]:
    """Give what the second person must find again in the sources, as it was typed."""
    if arm is not None:
        yield Input(name="arm", label=msg("arm"), values=(arm,), by=asked.arm_by, date=asked.arm_date)
    yield from _areas(asked, given, made)
    if asked.weight is not None:
        label = msg("body weight, kg")
        yield Input(name="weight", label=label, values=(asked.weight,), by=asked.weight_by, date=asked.weight_date)
    if asked.level is not None:
        yield Input(name="level", label=msg("dose level"), values=(asked.level,))
    if asked.rounding is not None:
        yield Input(name="rounding", label=msg("rounding"), values=(asked.rounding,))
    if wanted.thawed_at is not None:
        yield Input(name="thawed_at", label=msg("thawed at"), values=(wanted.thawed_at,))
    if wanted.area_a is not None:
        yield Input(name="area_a", label=msg("area A"), values=(wanted.area_a,))
    for each in made:
        yield Input(name="lot", label=msg("lot"), values=(each.lot.id,))
        if each.lot.concentration is not None:
            shown = f"{plain(each.lot.concentration.value)} {each.lot.concentration.unit}"
            yield Input(name="concentration", label=msg("concentration"), values=(shown,))


def _areas(asked: Asked, given: DoseInput, made: Sequence[Preparation | Dispensing]) -> Iterator[Input]:
    """The area that the dose follows from, with how, by whom and when it was measured (R9).

    A placebo has no area of its own and may take the number of its sites from the one that was given.
    """
    dose = next((each.dose for each in made if each.dose.area_cm2 is not None), None)
    again = next((entry for entry in given.remeasured if dose is not None and entry.visit == dose.measured_at), None)
    values = tuple(plain(area) for area in again.areas) if again is not None else tuple(asked.areas)
    if not values:
        return
    how = given.measured if dose is None else dose.measured
    which = None if dose is None else dose.area_label
    yield Input(
        name="area",
        label=msg("hair-loss area, cm²") if which is None else msg("{area}, cm²", area=which),
        values=values,
        method=how.method if how else None,
        by=how.by if how else None,
        date=how.date if how else None,
    )


def overrides(asked: Asked) -> Iterator[Message]:
    """Give what was decided by hand."""
    if asked.rounding is not None:
        yield msg("the rounding was given by hand (--round {mode})", mode=asked.rounding)
    if asked.level is not None:
        yield msg("the dose level was given by hand (--level {level})", level=asked.level)
