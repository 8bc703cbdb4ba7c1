"""The part of a worksheet on a product that the participant takes home: bottles for each visit, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.documents.blocks import Column, Facts, Figure, Lines, Room, Section, Table
from dosecalc.documents.sheet_preparation import dose_rows, lot_rows
from dosecalc.documents.sheet_words import large
from dosecalc.dosing.dispensing import days_of_use
from dosecalc.quantity import plain
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.documents.blocks import Block, Cell
    from dosecalc.dosing.prepared import Dispensing
    from dosecalc.text import Language


def dispensing_figures(made: Dispensing, visit: str, language: Language) -> tuple[Figure, ...]:
    """Return the numbers that are read while handing out at `visit`: bottles, days, and the dose of a day."""
    shown: list[Figure] = []
    for each in made.visits:
        if each.visit == visit:
            lot = (render(msg("lot {lot}", lot=made.lot.id), language),)
            shown.append(Figure(render(msg("Bottles to hand out now"), language), f"{each.bottles:,}", "", lot))
            until = (render(msg("until {visit}", visit=each.until), language),) if each.until else ()
            if each.days_at_most is not None:
                until = (*until, render(msg("at most {days}", days=f"{each.days_at_most:,}"), language))
            shown.append(Figure(render(msg("Days"), language), f"{each.days:,}", "", until))
            shown.append(large(msg("Needed"), each.needed, language))
            shown.append(large(msg("Left over then"), each.left_over, language))
    if made.dose.level is not None:
        shown.append(large(msg("Each day"), made.dose.level, language))
    return tuple(shown)


def dispensing_blocks(made: Dispensing, language: Language) -> Iterator[Block]:
    """Return everything that stands on a worksheet about a product that is taken home."""

    def say(text: object) -> str:
        return render(text, language)

    yield Section(say(msg("Dose")), 2)
    yield Facts(tuple(dose_rows(made.dose, language)))
    yield Section(say(msg("Lot")), 2)
    yield Facts((*lot_rows(made.lot, language), (say(msg("Bottles in stock")), f"{made.lot.vials:,}")))
    yield Section(say(msg("To hand out at each visit")), 2)
    window = any(each.days_at_most is not None for each in made.visits)
    columns = (
        Column(say(msg("Visit"))),
        Column(say(msg("Until"))),
        Column(say(msg("Days")), side="right"),
        *((Column(say(msg("Days at most")), side="right"),) if window else ()),
        Column(say(msg("Needed mL")), side="right"),
        Column(say(msg("Bottles")), side="right"),
        Column(say(msg("Left over mL")), side="right"),
        Column(say(msg("Done")), side="center"),
        Column(say(msg("Date and initials")), share=1),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            each.visit,
            each.until or "–",
            f"{each.days:,}",
            *((f"{each.days_at_most:,}" if each.days_at_most is not None else "–",) if window else ()),
            plain(each.needed.value),
            f"{each.bottles:,}",
            plain(each.left_over.value),
            Room.TICK,
            "",
        )
        for each in made.visits
    ]
    yield Table(columns, tuple(rows), tall=True)
    yield Lines((say(days_of_use(made)),))
    yield Section(say(msg("How it was calculated")), 2)
    yield Lines(tuple(say(step) for step in (*made.dose.derivation, *made.derivation)), "steps")
