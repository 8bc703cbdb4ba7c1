"""The clinic's list of one day: who comes when, what is needed for them, and room to sign.

Nothing on it depends on an arm (R15): what a visit of any arm of a masked trial needs is listed for everyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.documents.blocks import Box, Column, Facts, Lines, Paper, Room, Section, Signatures, Table
from dosecalc.documents.days import in_full
from dosecalc.documents.html import paper_html
from dosecalc.documents.sheet_words import PAGE
from dosecalc.documents.typst_pdf import papers_pdf
from dosecalc.documents.wall import reason
from dosecalc.text import NOTHING, msg, render
from dosecalc.visits.moments import weekday

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from dosecalc.documents.blocks import Block, Cell
    from dosecalc.documents.wall import WallDay
    from dosecalc.text import Language, Message, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class DayVisit:
    """A visit of the day. `left` is how much of its window is left, `needs` what is to be done at it.

    `at` is None where it took place at a time that nobody wrote down.
    """

    at: dt.datetime | None
    participant: str
    visit: str
    label: Words | Message
    left: Message
    needs: tuple[Message, ...] = ()
    resources: tuple[Words, ...] = ()
    came: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DayList:
    """One day. `ends` are the visits whose window ends on it and that nobody has booked: (participant, visit, label).

    `used` are the day's resources: (label, how many are taken, of how many).
    """

    protocol: str
    clinic: Words | None
    day: WallDay
    visits: tuple[DayVisit, ...]
    ends: tuple[tuple[str, str, Words | Message], ...]
    used: tuple[tuple[Words, int, int], ...] = ()
    known: dt.datetime


def day_list_pdf(listed: DayList, language: Language, font: str | None = None) -> bytes:
    """Return the list as PDF/A-2b.

    Raises:
        Refusal: DC640, a package is missing; DC641, a character is in no font; DC642, `font` is no font.
    """
    return papers_pdf([_paper(listed, language)], font)


def day_list_html(listed: DayList, language: Language) -> bytes:
    """Return the list as one HTML page."""
    return paper_html(_paper(listed, language))


def title(listed: DayList) -> Message:
    """What stands over the list."""
    return msg("Day list of {weekday}, {day}", weekday=weekday(listed.day.day), day=in_full(listed.day.day))


def headings() -> tuple[Message, ...]:
    """The columns that every form of the list has."""
    return (msg("Time"), msg("Participant"), msg("Visit"), msg("Window"), msg("What is needed"), msg("Resources"))


def cells(each: DayVisit, language: Language) -> tuple[str, ...]:
    """A visit under `headings`."""
    comma = render(msg(", "), language)
    return (
        "–" if each.at is None else f"{each.at:%H:%M}",
        each.participant,
        render(msg("{visit}: {label}", visit=each.visit, label=each.label), language),
        render(each.left, language),
        comma.join(render(need, language) for need in each.needs) or "–",
        comma.join(render(label, language) for label in each.resources) or "–",
    )


def _paper(listed: DayList, language: Language) -> Paper:
    def say(text: object) -> str:
        return render(text, language)

    day = listed.day.day
    clinic = NOTHING if listed.clinic is None else listed.clinic
    return Paper(
        language=language,
        title=say(title(listed)),
        subtitle=say(clinic) or listed.protocol,
        running=say(msg("{protocol}: visits of {day}", protocol=listed.protocol, day=day)),
        page=say(PAGE),
        blocks=tuple(_blocks(listed, language)),
        landscape=True,
        foot=say(msg("As of {when}; bookings may have changed since", when=f"{listed.known:%Y-%m-%d %H:%M}")),
        date=listed.known,
    )


def _blocks(listed: DayList, language: Language) -> Iterator[Block]:
    def say(text: object) -> str:
        return render(text, language)

    why = reason(listed.day)
    if why is not None:
        booked = not listed.day.open and listed.visits
        lines = (say(msg("Visits are booked all the same: move them, or have the site file corrected.")),)
        yield Box("warning" if booked else "notice", say(why), lines if booked else ())
    if listed.day.provisional:
        yield Box(
            "notice", say(msg("Provisional: the official notice of that year's public holidays is not known yet"))
        )
    facts: list[tuple[str, Cell]] = []
    if listed.day.places is not None:
        facts.append((say(msg("Places")), say(_of(listed.day.taken, listed.day.places))))
    facts += [(say(label), say(_of(taken, places))) for label, taken, places in listed.used]
    if facts:
        yield Facts(tuple(facts))
    yield Section(say(msg("Visits: {count}", count=len(listed.visits))))
    if listed.visits:
        yield _table(listed, language)
    else:
        yield Lines((say(msg("No visit is booked for this day.")),))
    if listed.ends:
        yield Section(say(msg("Last day of the window, and not booked")))
        columns = (Column(say(msg("Participant")), share=2), Column(say(msg("Visit")), share=3),
                   Column(say(msg("What became of it")), share=5))  # fmt: skip
        rows = tuple(
            (code, say(msg("{visit}: {label}", visit=visit, label=label)), Room.LINE)
            for code, visit, label in listed.ends
        )
        yield Table(columns, rows, tall=True)


def _of(taken: int, places: int) -> Message:
    if taken > places:
        return msg("{taken} of {places}: TOO MANY", taken=taken, places=places)
    return msg("{taken} of {places}", taken=taken, places=places)


def _table(listed: DayList, language: Language) -> Table:
    def say(text: object) -> str:
        return render(text, language)

    shares = (0, 4, 5, 5, 7, 5)
    columns = [Column(say(name), share=share) for name, share in zip(headings(), shares, strict=True)]
    columns += [Column(say(msg("Came")), side="center"), Column(say(msg("Initials")), share=3)]
    rows = tuple((*cells(each, language), "✓" if each.came else Room.TICK, "") for each in listed.visits)
    fields = (msg("Printed name"), msg("Signature"), msg("Date"), msg("Time"))
    note = msg("At the end of the day: what became of every visit is recorded.")
    signed = Signatures((say(msg("Study nurse")),), tuple(say(each) for each in fields), say(note))
    return Table(tuple(columns), rows, tall=True, signed=signed)
