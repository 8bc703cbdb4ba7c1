"""The pharmacy's pick list of a day: what to fetch for whom, and whether the stock is enough."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.documents.blocks import Box, Column, Lines, Paper, Room, Section, Signatures, Table
from dosecalc.documents.html import paper_html
from dosecalc.documents.sheet_words import DRAFT, PAGE
from dosecalc.documents.typst_pdf import papers_pdf
from dosecalc.errors import refuse
from dosecalc.quantity import plain
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dosecalc.documents.blocks import Block, Cell
    from dosecalc.quantity import Quantity
    from dosecalc.text import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class PickEntry:
    """One preparation of a day.

    `in_stock` are the vials of its lot, `storage` (in the worksheet's language) and `expiry` (`2026-12-31`, with
    `T12:00` where a time is known) what the lot's label says. What is handed out for use at home has no `final_volume`
    and no syringes: its `vials` are bottles.
    """

    on: dt.date
    participant: str | None
    visit: str
    protocol: str
    product: str
    lot: str
    vials: int
    in_stock: int
    final_volume: Quantity | None = None
    syringes: int = 0
    stop_by: dt.datetime | None = None
    draft: bool
    storage: str | None = None
    expiry: str | None = None


def pick_list_pdf(entries: Sequence[PickEntry], on: dt.date, language: Language, font: str | None = None) -> bytes:
    """Return the pick list of the day `on` as PDF/A-2b; its date is that day.

    Raises:
        Refusal: DC640, a package is missing; DC641, a character is in no font; DC642, `font` is no font; DC647, DC648,
            DC695, DC696, see `pick_list_paper`.
    """
    return papers_pdf([pick_list_paper(entries, on, language)], font)


def pick_list_html(entries: Sequence[PickEntry], on: dt.date, language: Language) -> bytes:
    """Return the pick list of the day `on` as one HTML page.

    Raises:
        Refusal: DC647, DC648, DC695, DC696, see `pick_list_paper`.
    """
    return paper_html(pick_list_paper(entries, on, language))


def pick_list_paper(entries: Sequence[PickEntry], on: dt.date, language: Language) -> Paper:
    """Return the blocks of a pick list: the preparations in the order of protocol and participant, then the lots.

    Raises:
        Refusal: DC647, two entries say differently how many vials a lot has; DC648, an entry is of another day; DC695,
            see `check_once`; DC696, two entries say differently when a lot expires.
    """

    def say(text: object) -> str:
        return render(text, language)

    for each in entries:
        if each.on != on:
            raise refuse(
                "DC648",
                msg(
                    "the preparation for {participant} is of {day}, not of {on}",
                    participant=each.participant or "–",
                    day=each.on.isoformat(),
                    on=on.isoformat(),
                ),
                msg("print it on the pick list of its own day"),
            )
    check_once(entries)
    title = say(msg("Pick list"))
    return Paper(
        language=language,
        title=title,
        subtitle=on.isoformat(),
        running=say(msg("Pick list of {day}", day=on.isoformat())),
        page=say(PAGE),
        blocks=tuple(_blocks(sorted(entries, key=_order), language)),
        mark=say(DRAFT) if any(each.draft for each in entries) else None,
        landscape=True,
        date=dt.datetime(on.year, on.month, on.day, tzinfo=dt.UTC),
    )


def check_once(entries: Sequence[PickEntry]) -> None:
    """Refuse one dose that stands on two worksheets: it would be picked, and might be given, twice.

    Entries without a participant's code cannot be told apart, and are not looked at.

    Raises:
        Refusal: DC695.
    """
    seen: set[tuple[str, str, str, str]] = set()
    for entry in entries:
        if entry.participant is None:
            continue
        key = (entry.protocol, entry.participant, entry.visit, entry.product)
        if key in seen:
            raise refuse(
                "DC695",
                msg(
                    "two worksheets are for {participant} at {visit} with {product}",
                    participant=entry.participant,
                    visit=entry.visit,
                    product=entry.product,
                ),
                msg("give only the one that counts, and destroy the other"),
            )
        seen.add(key)


def _order(entry: PickEntry) -> tuple[str, str, str, str]:
    return entry.protocol, entry.participant or "", entry.visit, entry.product


def _blocks(entries: Sequence[PickEntry], language: Language) -> Iterator[Block]:
    def say(text: object) -> str:
        return render(text, language)

    if not entries:
        yield Lines((say(msg("Nothing is to be prepared on this day.")),))
        return
    drafts = [entry for entry in entries if entry.draft]
    if drafts:
        line = msg("{count} of {all} preparations are drafts.", count=len(drafts), all=len(entries))
        yield Box("draft", say(DRAFT), (say(line),))
    yield Box("notice", say(msg("For unblinded people only")))
    yield from _lots(entries, language)
    yield Section(say(msg("Preparations")))
    columns = (
        Column(say(msg("Time")), share=2),
        Column(say(msg("Participant")), share=3),
        Column(say(msg("Visit"))),
        Column(say(msg("Protocol"))),
        Column(say(msg("Product")), share=7),
        Column(say(msg("Lot")), share=4),
        Column(say(msg("Vials")), side="right"),
        Column(say(msg("Final mL")), side="right"),
        Column(say(msg("Syringes")), side="right"),
        Column(say(msg("Stop by")), side="right"),
        Column(say(msg("Picked")), side="center"),
        Column(say(msg("Initials")), share=3),
    )
    fields = (msg("Printed name"), msg("Signature"), msg("Date"), msg("Time"))
    people = (msg("Picked by"), msg("Checked by"))
    note = msg("Checked by somebody else than the one who picked.")
    signed = Signatures(tuple(say(who) for who in people), tuple(say(each) for each in fields), say(note))
    yield Table(columns, tuple(_row(entry, language) for entry in entries), tall=True, signed=signed)


def _row(entry: PickEntry, language: Language) -> tuple[Cell, ...]:
    draft = render(msg("draft"), language)
    return (
        "",
        entry.participant or Room.LINE,
        entry.visit,
        entry.protocol,
        render(msg("{product} ({draft})", product=entry.product, draft=draft), language)
        if entry.draft
        else entry.product,
        entry.lot,
        f"{entry.vials:,}",
        plain(entry.final_volume.value) if entry.final_volume is not None else "–",
        f"{entry.syringes:,}" if entry.syringes else "–",
        f"{entry.stop_by:%H:%M}" if entry.stop_by is not None else "–",
        Room.TICK,
        "",
    )


def _lots(entries: Sequence[PickEntry], language: Language) -> Iterator[Block]:
    """The vials of each lot, and a box for each lot of which there are too few."""

    def say(text: object) -> str:
        return render(text, language)

    needed: dict[tuple[str, str], int] = {}
    stock: dict[tuple[str, str], int] = {}
    expiry: dict[tuple[str, str], str | None] = {}
    storage: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        key = (entry.protocol, entry.lot)
        needed[key] = needed.get(key, 0) + entry.vials
        if stock.setdefault(key, entry.in_stock) != entry.in_stock:
            raise refuse(
                "DC647",
                msg(
                    "lot {lot} has {one} vials by one worksheet and {other} by another",
                    lot=entry.lot,
                    one=stock[key],
                    other=entry.in_stock,
                ),
                msg("make all worksheets of the day from the same stock file"),
            )
        if expiry.setdefault(key, entry.expiry) != entry.expiry:
            raise refuse(
                "DC696",
                msg(
                    "lot {lot} expires on {one} by one worksheet and on {other} by another",
                    lot=entry.lot,
                    one=expiry[key] or "–",
                    other=entry.expiry or "–",
                ),
                msg("make all worksheets of the day from the same stock file"),
            )
        if entry.storage is not None and entry.storage not in storage.setdefault(key, []):
            storage[key].append(entry.storage)  # the same in the languages of the worksheets
    short = {key: needed[key] - stock[key] for key in needed if needed[key] > stock[key]}
    if short:
        lines = [
            msg("lot {lot} of {protocol}: {count} too few", lot=lot, protocol=protocol, count=count)
            for (protocol, lot), count in short.items()
        ]
        yield Box("warning", say(msg("There are not enough vials")), tuple(say(line) for line in lines))
    yield Section(say(msg("Vials of each lot")))
    columns = (
        Column(say(msg("Protocol"))),
        Column(say(msg("Lot"))),
        Column(say(msg("Storage")), share=1),
        Column(say(msg("Expiry"))),
        Column(say(msg("Needed")), side="right"),
        Column(say(msg("In stock")), side="right"),
        Column(say(msg("Too few")), side="right"),
        Column(say(msg("Counted")), side="center"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            protocol,
            lot,
            " / ".join(storage.get((protocol, lot), ())) or Room.LINE,
            (expiry[protocol, lot] or "").replace("T", " ") or Room.LINE,
            f"{count:,}",
            f"{stock[protocol, lot]:,}",
            f"{short[protocol, lot]:,}" if (protocol, lot) in short else "–",
            Room.TICK,
        )
        for (protocol, lot), count in needed.items()
    ]
    yield Table(columns, tuple(rows))
