"""Code-break cards for the safe: one for each participant, a page each, to be folded and sealed.

The upper part stays outside and says who may open it and what to write down. The arm stands below the line alone; the
empty foot of the page is folded up over it. Every card has the same lines, whatever the arm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.documents.blocks import Blanks, Box, Facts, Figure, Figures, Lines, Paper, Section, Together
from dosecalc.documents.html import paper_html
from dosecalc.documents.sheet_words import PAGE
from dosecalc.documents.typst_pdf import papers_pdf
from dosecalc.text import msg, render

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from dosecalc.documents.blocks import Block
    from dosecalc.protocol.settled import Settled
    from dosecalc.text import Language, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeCard:
    """What one card reveals. Where everybody gets every arm there is only the side."""

    participant: str
    arm: str | None = None
    label: Words | None = None
    kit: str | None = None
    side: str | None = None


_TITLE = msg("Code-break card")


def code_cards_pdf(
    cards: Sequence[CodeCard], settled: Settled, made: dt.datetime, language: Language, font: str | None = None
) -> bytes:
    """Return one PDF/A-2b with a page for each card.

    Raises:
        Refusal: DC640, a package is missing; DC641, a character is in no font; DC642, `font` is no font.
        ValueError: there is no card.
    """
    return papers_pdf([_paper([card], settled, made, language) for card in cards], font)


def code_cards_html(cards: Sequence[CodeCard], settled: Settled, made: dt.datetime, language: Language) -> bytes:
    """Return one HTML page with all cards."""
    return paper_html(_paper(cards, settled, made, language))


def _paper(cards: Sequence[CodeCard], settled: Settled, made: dt.datetime, language: Language) -> Paper:
    def say(text: object) -> str:
        return render(text, language)

    trial = settled.protocol.id
    one = len(cards) == 1
    return Paper(
        language=language,
        title=say(_TITLE),
        subtitle=cards[0].participant if one else trial,
        running=say(msg("{trial}: code-break card", trial=trial)),
        page=say(PAGE),
        blocks=tuple(
            block
            for number, card in enumerate(cards)
            for block in (
                *(() if one else (Section(card.participant, new_page=number > 0),)),
                *_blocks(card, settled, made, language),
            )
        ),
        date=made,
    )


def _blocks(card: CodeCard, settled: Settled, made: dt.datetime, language: Language) -> Iterator[Block]:
    def say(text: object) -> str:
        return render(text, language)

    here = settled.here
    label = here.label if here else None
    dash = "–"
    outside: list[Block] = [
        Box(
            "warning",
            say(msg("Open only in an emergency")),
            (
                say(
                    msg(
                        "Open this card only if the treatment of {participant} depends on it.",
                        participant=card.participant,
                    )
                ),
                say(msg("Tell the arm only to those who treat the participant.")),
            ),
        ),
        Facts(
            (
                (say(msg("Trial")), settled.protocol.id),
                (say(msg("Participant")), card.participant),
                (say(msg("Investigator")), say(label.investigator) if label else dash),
                (say(msg("Telephone")), label.telephone if label else dash),
                (say(msg("Card made")), f"{made:%Y-%m-%d %H:%M}"),
            ),
            columns=1,
            size="large",
        ),
        Blanks(
            tuple(
                say(each)
                for each in (msg("Opened by"), msg("Date and time"), msg("Reason"), msg("Told to"), msg("Signature"))
            )
        ),
        Lines(
            (
                say(
                    msg(
                        "Then record it with `dosecalc participant unblind {participant} --card`, which takes no key, "
                        "and put the card back.",
                        participant=card.participant,
                    )
                ),
            )
        ),
    ]
    yield Together(tuple(outside))
    areas, below = settled.protocol.areas, tuple[str, ...]()
    if card.arm is not None:
        what, shown = msg("Arm"), card.arm
        below = () if card.label is None else (say(card.label),)
    else:  # everybody has every arm; the side alone is a secret
        below = tuple(say(arm.label) for arm in settled.protocol.arms.values())
        if card.side is not None and card.side in areas:
            what, shown = msg("Area A is"), say(areas[card.side].label)
        else:
            what, shown = msg("Study area"), card.side or dash
    yield Section(say(msg("Fold the foot of the page up to this line, over what stands below, and seal it")))
    yield Together(
        (
            Figures((Figure(say(what), shown, "", below, wide=True),)),
            Facts(
                (
                    (say(msg("Participant")), card.participant),
                    (say(msg("Kit")), card.kit or dash),
                    (say(msg("Side")), card.side or dash),
                ),
                columns=1,
                size="large",
            ),
        )
    )
