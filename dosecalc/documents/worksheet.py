"""What a dose worksheet says, whatever it is printed as: one participant's preparation at one visit (R16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

    from dosecalc.dosing.prepared import Dispensing, Preparation
    from dosecalc.dosing.result import Doses, Warned
    from dosecalc.protocol.settled import Settled
    from dosecalc.text import Message, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A value that somebody gave: what it is, as it was typed, and how, by whom and when it was found (R9, R16).

    An area has a value for each patch.
    """

    name: Literal["area", "weight", "level", "arm", "lot", "concentration", "rounding", "thawed_at", "area_a"]
    label: Message
    values: tuple[str, ...]
    method: str | None = None
    by: str | None = None
    date: dt.date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Worksheet:
    """Everything that stands on a worksheet. `made_at` has an offset; `digest` is that of its JSON without it.

    `preparations` has two entries where a participant gets two areas injected at one visit. `participant` is None where
    no code was given: the paper then has a line to write it on. `overrides` are decisions that somebody typed.
    """

    settled: Settled
    arm: str | None
    participant: str | None
    visit: str
    visit_label: Words
    doses: Doses
    preparations: tuple[Preparation | Dispensing, ...]
    inputs: tuple[Input, ...]
    overrides: tuple[Message, ...] = ()
    draft: tuple[Message, ...]
    warnings: tuple[Warned, ...] = ()
    on: dt.date
    made_at: dt.datetime
    version: str
    stock_sha256: str
    preparer: str | None = None
    digest: str = ""
    study_head: str = ""
    """The head of the study's chain when it was made, which proves later that nothing before was changed."""


def area_letters(sheet: Worksheet) -> dict[str, str]:
    """Return the letter of each area (by its id), A first, where somebody said which area is A; else nothing."""
    first = [value for each in sheet.inputs if each.name == "area_a" for value in each.values]
    areas = sheet.settled.protocol.areas
    order = [*first, *(area for area in areas if area not in first)] if first else []
    return dict(zip(order, _letters(len(order)), strict=True))


def letters_by_hand(sheet: Worksheet) -> tuple[str, ...]:
    """Return the letters that are written by hand: those of a masked trial's areas where nobody said which is A."""
    protocol = sheet.settled.protocol
    if not protocol.masking.masked or area_letters(sheet) or all(made.dose.area is None for made in sheet.preparations):
        return ()
    return _letters(len(protocol.areas))


def _letters(count: int) -> tuple[str, ...]:
    return tuple(chr(ord("A") + place) for place in range(count))
