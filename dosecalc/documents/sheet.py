"""A dose worksheet as blocks: who, how much, from which lot, how drawn up, why so, and who signs (R16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from dosecalc.documents.blocks import (
    Blanks,
    Box,
    Column,
    Facts,
    Figures,
    Lines,
    Paper,
    Room,
    Section,
    Signatures,
    Table,
    Together,
)
from dosecalc.documents.sheet_dispensing import dispensing_blocks, dispensing_figures
from dosecalc.documents.sheet_preparation import preparation_blocks, preparation_figures
from dosecalc.documents.sheet_words import DRAFT, PAGE, amount, answer_words, day_and_minute, of_what
from dosecalc.documents.worksheet import area_letters, letters_by_hand
from dosecalc.dosing.area import AreaMethod, Measured
from dosecalc.dosing.prepared import Dispensing
from dosecalc.quantity import parse_quantity
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.documents.blocks import Block, Cell, Figure
    from dosecalc.documents.worksheet import Input, Worksheet
    from dosecalc.dosing.prepared import Preparation
    from dosecalc.text import Language, Message


def worksheet_paper(sheet: Worksheet, language: Language) -> Paper:
    """Return the blocks of a worksheet.

    Raises:
        ValueError: the worksheet has no digest or no preparation.
    """
    if not sheet.digest or not sheet.preparations:
        raise ValueError("a worksheet is printed with its digest and at least one preparation")
    protocol = sheet.settled.protocol
    running = msg(
        "{protocol}, participant {participant}, {visit}, {date}",
        protocol=protocol.id,
        participant=sheet.participant or "_______________",
        visit=sheet.visit,
        date=sheet.on.isoformat(),
    )
    return Paper(
        language=language,
        title=render(msg("Dose worksheet"), language),
        subtitle=render(protocol.title, language),
        running=render(running, language),
        page=render(PAGE, language),
        blocks=tuple(_blocks(sheet, language)),
        mark=render(DRAFT, language) if sheet.draft else None,
        code=qr_text(sheet),
        code_below=sheet.digest[:16],
        foot=f"dosecalc {sheet.version}  ·  {sheet.digest[:16]}",
        date=sheet.made_at,
    )


def qr_text(sheet: Worksheet) -> str:
    """Return what the QR code says: `dosecalc:PROTOCOL:VISIT:SHA-256`."""
    return f"dosecalc:{sheet.settled.protocol.id}:{sheet.visit}:{sheet.digest}"


def _blocks(sheet: Worksheet, language: Language) -> Iterator[Block]:
    def say(text: object) -> str:
        return render(text, language)

    yield _standing(sheet, language)
    if sheet.settled.protocol.masking.masked:
        yield _masked(language)
    warnings = tuple(dict.fromkeys(say(text) for text in _warnings(sheet)))
    if warnings:
        yield Box("warning", say(msg("Warnings")), warnings)
    if sheet.overrides:
        yield Box("warning", say(msg("Decided by hand")), tuple(say(each) for each in sheet.overrides))
    yield Facts(_who(sheet, language), size="large")
    several = len(sheet.preparations) > 1
    for made in sheet.preparations:
        if several:
            yield Section(say(_which(sheet, made)), 2)
        yield Figures(_figures(made, sheet.visit, language))
    yield Section(say(msg("Inputs")))
    yield _inputs(sheet, language)
    for made in sheet.preparations:
        yield Section(say(_which(sheet, made)) if several else say(msg("Preparation")))
        if isinstance(made, Dispensing):
            yield from dispensing_blocks(made, language)
        else:
            yield from preparation_blocks(made, language)
    yield from _rests_on(sheet, language)
    yield from _provenance(sheet, language)
    yield Together(tuple(_by_hand(sheet, language)))


def _which(sheet: Worksheet, made: Preparation | Dispensing) -> object:
    """Return which of several preparations this is: by its letter, where its area has one, product and area."""
    letter = area_letters(sheet).get(made.dose.area or "")
    return of_what(made) if letter is None else msg("{letter}: {what}", letter=letter, what=of_what(made))


def _figures(made: Preparation | Dispensing, visit: str, language: Language) -> tuple[Figure, ...]:
    if isinstance(made, Dispensing):
        return dispensing_figures(made, visit, language)
    return preparation_figures(made, language)


def _standing(sheet: Worksheet, language: Language) -> Box:
    """Draft or released (R8)."""
    if sheet.draft:
        why = msg("The reasons stand below, after the assumptions.")
        return Box("draft", render(DRAFT, language), (render(why, language),))
    here = sheet.settled.here
    if here is None or here.verified is None:
        raise ValueError("a worksheet that is no draft has a verified protocol file")
    checked = here.verified
    said = msg(
        "The protocol file was verified against {document}, version {version}, by {by} on {date}.",
        document=checked.document,
        version=checked.version,
        by=checked.by,
        date=checked.date.isoformat(),
    )
    return Box("released", render(msg("RELEASED"), language), (render(said, language),))


def _masked(language: Language) -> Box:
    title = msg("For unblinded people only")
    line = msg(
        "This worksheet says what the participant receives. Keep it where no masked person can see it, and hand out "
        "nothing of it but the masked label."
    )
    return Box("notice", render(title, language), (render(line, language),))


def _warnings(sheet: Worksheet) -> Iterator[Message]:
    for warned in (*sheet.warnings, *sheet.doses.warnings):
        yield warned.text
    for made in sheet.preparations:
        for warned in made.warnings:
            yield warned.text


def _who(sheet: Worksheet, language: Language) -> tuple[tuple[str, Cell], ...]:
    def say(text: object) -> str:
        return render(text, language)

    protocol = sheet.settled.protocol
    rows: list[tuple[str, Cell]] = [
        (say(msg("Participant")), sheet.participant or Room.LINE),
        (say(msg("Protocol")), protocol.id),
        (say(msg("Visit")), say(msg("{visit} ({label})", visit=sheet.visit, label=sheet.visit_label))),
        (say(msg("Protocol file")), say(msg("version {version}", version=protocol.version))),
        (say(msg("Date of preparation")), sheet.on.isoformat()),
    ]
    arms = [sheet.arm] if sheet.arm is not None else list(sheet.doses.arms)
    labels = [msg("{arm}: {label}", arm=arm, label=protocol.arms[arm].label) for arm in arms]
    rows.append((say(msg("Arm")), ", ".join(say(label) for label in labels)))
    for area, letter in area_letters(sheet).items():
        rows.append((say(msg("Area {letter}", letter=letter)), say(protocol.areas[area].label)))
    rows += [(say(msg("Area {letter}", letter=letter)), Room.LINE) for letter in letters_by_hand(sheet)]
    return tuple(rows)


def _inputs(sheet: Worksheet, language: Language) -> Table:
    def say(text: object) -> str:
        return render(text, language)

    columns = (
        Column(say(msg("What")), share=3),
        Column(say(msg("Value")), share=4),
        Column(say(msg("How")), share=3),
        Column(say(msg("By")), share=3),
        Column(say(msg("Date")), share=2),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            say(each.label),
            _values(sheet, each, language),
            _method(each.method, language) or "–",
            each.by or "–",
            each.date.isoformat() if each.date else "–",
        )
        for each in sheet.inputs
    ]
    return Table(columns, tuple(rows))


def _values(sheet: Worksheet, given: Input, language: Language) -> str:
    """What was given, as it was typed; a lot's concentration, which nobody typed, in its readings (R1).

    A code is shown with what it means.
    """
    if given.name == "area_a":
        areas = sheet.settled.protocol.areas
        return "; ".join(
            render(msg("{code} ({words})", code=value, words=areas[value].label), language) for value in given.values
        )
    if given.name == "rounding":
        return "; ".join(answer_words(value, language) for value in given.values)
    if given.name == "concentration":
        return "; ".join(amount(parse_quantity(value), language) for value in given.values)
    return "; ".join(given.values)


def _method(method: str | None, language: Language) -> str:
    for known in get_args(AreaMethod):
        if method == known:
            return render(Measured(method=known).words, language)
    return method or ""


def _rests_on(sheet: Worksheet, language: Language) -> Iterator[Block]:
    """The assumptions, how each stands and who confirmed it where; and why a draft is one."""

    def say(text: object) -> str:
        return render(text, language)

    settled = sheet.settled
    if sheet.doses.assumptions:
        yield Section(say(msg("Assumptions that the dose rests on")))
        columns = (
            Column(say(msg("Question")), share=6),
            Column(say(msg("Answer")), share=3),
            Column(say(msg("State")), share=5),
        )
        rows: list[tuple[Cell, ...]] = []
        for code in sheet.doses.assumptions:
            question = msg("{code}: {question}", code=code, question=settled.protocol.assumptions[code].question)
            found = settled.find(code)
            answer = found.answer if found else "–"
            if settled.protocol.assumptions[code].choices:
                answer = answer_words(answer, language)
            rows.append((say(question), answer, say(_state(sheet, code))))
        yield Table(columns, tuple(rows))
    if sheet.draft:
        yield Section(say(msg("Why this is a draft")))
        yield Lines(tuple(say(reason) for reason in sheet.draft), "points")


def _state(sheet: Worksheet, code: str) -> Message:
    found, here = sheet.settled.find(code), sheet.settled.here
    if found is None:
        return msg("OPEN")
    if found.origin == "assumed" or here is None:
        return msg("ASSUMED, not confirmed")
    entry = here.answers[code].confirmed
    parts = {
        "document": entry.document,
        "section": entry.section,
        "by": entry.by,
        "date": entry.date.isoformat(),
    }
    if found.confirmed:
        return msg("confirmed: {document}, {section}; {by}, {date}", **parts)
    return msg("NOT CONFIRMED (example): {document}, {section}; {by}, {date}", **parts)


def _by_hand(sheet: Worksheet, language: Language) -> Iterator[Block]:
    """Room for what only the people at the bench know, and their signatures (R14)."""

    def say(text: object) -> str:
        return render(text, language)

    at_home = all(isinstance(made, Dispensing) for made in sheet.preparations)
    yield Section(say(msg("Record of the preparation")))
    ticks = [
        msg("Protocol, participant and visit are the right ones."),
        msg("Lot and expiry on every vial are those of this worksheet."),
    ]
    if not at_home:
        ticks += [
            msg("The drawn volumes were read by a second person."),
            msg("No particles, change of colour or leak can be seen."),
        ]
    if any(not isinstance(made, Dispensing) and made.look for made in sheet.preparations):
        ticks.append(msg("All preparations look the same, as the instruction says."))
    ticks.append(msg("Every label agrees with this worksheet."))
    yield Lines(tuple(say(line) for line in ticks), "ticks")
    blanks = [msg("Lots really used"), msg("Vials really used"), msg("Prepared at"), msg("Handed over at, to")]
    if not at_home:  # also where nothing is thawed: a placebo has the same fields (R15)
        blanks[2:2] = [msg("Thawed at"), msg("To be finished by")]
    yield Blanks(tuple(say(label) for label in blanks))
    yield Blanks((say(msg("Remarks, deviations")),))
    note = msg("The checker is not the preparer, and works out the numbers again from the source data before signing.")
    preparer = msg("Preparer") if sheet.preparer is None else msg("Preparer ({name})", name=sheet.preparer)
    fields = (msg("Printed name"), msg("Signature"), msg("Date"), msg("Time"))
    yield Signatures((say(preparer), say(msg("Checker"))), tuple(say(each) for each in fields), say(note))


def _provenance(sheet: Worksheet, language: Language) -> Iterator[Block]:
    def say(text: object) -> str:
        return render(text, language)

    settled = sheet.settled
    site = settled.site.sha256 if settled.site is not None else say(msg("none"))
    yield Section(say(msg("What this was made from")), 2)
    rows = (
        (say(msg("Protocol file")), settled.protocol.sha256),
        (say(msg("Site file")), site),
        (say(msg("Stock file")), sheet.stock_sha256),
        (say(msg("This worksheet")), sheet.digest),
        *([(say(msg("Head of the study")), sheet.study_head)] if sheet.study_head else []),
        (say(msg("Program")), f"dosecalc {sheet.version}"),
        (say(msg("Made at")), day_and_minute(sheet.made_at)),
    )
    yield Facts(rows, columns=1, size="small")
