"""The account of every vial of a lot: where each is, and what moved it; as JSON, and as a page to sign.

It names lots and the doses that they went into: it is for the unblinded alone (R15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dosecalc.documents.blocks import Box, Column, Facts, Paper, Room, Section, Signatures, Table
from dosecalc.documents.sheet_words import PAGE
from dosecalc.registry.kind_words import KIND_WORDS
from dosecalc.registry.lot_text import lot_of
from dosecalc.text import Message, msg, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dosecalc.documents.blocks import Block, Cell
    from dosecalc.registry.event import Kind
    from dosecalc.registry.fold import Fact
    from dosecalc.registry.lots import LotState, Supplies
    from dosecalc.text import Language

PLACES: tuple[tuple[str, Message], ...] = (
    ("received", msg("Received")),
    ("prepared", msg("Prepared")),
    ("dispensed", msg("Dispensed")),
    ("administered", msg("Given")),
    ("returned", msg("Returned")),
    ("sent_back", msg("Sent back")),
    ("destroyed", msg("Destroyed")),
    ("left", msg("Left")),
)
"""What was received is the sum of all the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """What happened to vials of a lot; `change` is that of the vials in stock, `left` how many are there then."""

    number: int
    at: str
    kind: Kind
    user: str
    vials: int
    change: int
    left: int
    participant: str | None = None
    visit: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A lot with everything that happened to it."""

    state: LotState
    product: str
    expiry: str
    movements: tuple[Movement, ...]

    @property
    def adds_up(self) -> bool:
        """Whether every vial is somewhere, and no place has fewer than none."""
        places = [getattr(self.state, name) for name, _ in PLACES]
        return min(places) >= 0 and self.movements[-1].left == self.state.left


def accounts(known: Supplies, facts: Iterable[Fact], lots: Sequence[str]) -> list[Account]:
    """Return the accounts of these lots, in the order of their numbers; `facts` are those that `known` follows from."""
    moved: dict[str, list[Movement]] = {name: [] for name in sorted(lots)}
    for fact in facts:
        for name, vials, change in _changes(fact, known):
            if name in moved:
                before = moved[name][-1].left if moved[name] else 0
                moved[name].append(_movement(fact, vials, change, before + change))
    return [_account(known.lots[name], movements) for name, movements in moved.items()]


def _account(state: LotState, movements: list[Movement]) -> Account:
    lot = lot_of(state.text)
    expiry = lot.expiry.isoformat() + (f" {lot.expiry_time}" if lot.expiry_time else "")
    return Account(state=state, product=lot.product, expiry=expiry, movements=tuple(movements))


def _changes(fact: Fact, known: Supplies) -> Iterator[tuple[str, int, int]]:
    """Each lot that an event is about, with its vials and what that changes in stock."""
    sealed, event = fact.sealed or {}, fact.event
    match event.kind:
        case "receive":
            yield sealed["lot"], sealed["vials"], sealed["vials"]
        case "quarantine" | "release":
            yield sealed["lot"], 0, 0
        case "prepare":
            for name, vials in sealed["lots"].items():
                yield name, vials, -vials
        case "dispense":
            for name, vials in sealed["lots"].items():
                yield name, vials, 0
        case "administer":
            dose = known.doses.get((event.participant or "", event.visit or ""))
            for name, vials in (dose.lots or {}).items() if dose else ():
                yield name, vials, 0
        case "return":
            yield sealed["lot"], sealed["vials"], 0 if "participant" in sealed else -sealed["vials"]
        case "destroy":
            yield sealed["lot"], sealed["vials"], 0 if sealed.get("returned") else -sealed["vials"]
        case _:
            return


def _movement(fact: Fact, vials: int, change: int, left: int) -> Movement:
    sealed, event = fact.sealed or {}, fact.event
    return Movement(
        number=event.number,
        at=event.at_local,
        kind=event.kind,
        user=event.user,
        vials=vials,
        change=change,
        left=left,
        participant=event.participant or sealed.get("participant"),
        visit=event.visit or sealed.get("visit"),
        reason=sealed.get("reason") or fact.reason,
    )


def account_shape(account: Account) -> dict[str, Any]:
    """The JSON of an account."""
    state = account.state
    shape: dict[str, Any] = {"lot": state.lot, "product": account.product, "expiry": account.expiry}
    shape |= {name: getattr(state, name) for name, _ in PLACES}
    shape |= {"adds_up": account.adds_up, "quarantined": state.quarantined}
    return shape | {"movements": [_movement_shape(each) for each in account.movements]}


def _movement_shape(each: Movement) -> dict[str, Any]:
    shape: dict[str, Any] = {"event": each.number, "at": each.at, "kind": each.kind, "by": each.user}
    shape |= {"vials": each.vials, "change": each.change, "left": each.left}
    more: Mapping[str, str | None] = {
        "participant": each.participant,
        "visit": each.visit,
        "reason": each.reason,
    }
    return shape | {name: value for name, value in more.items() if value is not None}


def balance_paper(accounts: Sequence[Account], protocol: str, head: str, on: dt.datetime, language: Language) -> Paper:
    """Return the page that accounts for every vial, to be counted against the refrigerator and signed."""

    def say(text: object) -> str:
        return render(text, language)

    return Paper(
        language=language,
        title=say(msg("Balance of the investigational product")),
        subtitle=f"{protocol}, {on:%Y-%m-%d %H:%M}",
        running=say(msg("{protocol}: balance of {day}", protocol=protocol, day=on.date().isoformat())),
        page=say(PAGE),
        blocks=tuple(_blocks(accounts, head, language)),
        landscape=True,
        date=on.astimezone(dt.UTC),
    )


def _blocks(accounts: Sequence[Account], head: str, language: Language) -> Iterator[Block]:
    def say(text: object) -> str:
        return render(text, language)

    yield Box("notice", say(msg("For unblinded people only")))
    yield Facts(((say(msg("Head of the study")), head),), columns=1, size="small")
    wrong = [each.state.lot for each in accounts if not each.adds_up]
    if wrong:
        yield Box("warning", say(msg("These lots do not add up")), (", ".join(wrong),))
    columns = (
        Column(say(msg("Lot")), share=3),
        Column(say(msg("Product")), share=3),
        Column(say(msg("Expiry"))),
        *(Column(say(heading), side="right") for _, heading in PLACES),
        Column(say(msg("Counted")), share=2, side="center"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.state.lot,
            each.product,
            each.expiry,
            *(f"{getattr(each.state, name):,}" for name, _ in PLACES),
            Room.LINE,
        )
        for each in accounts
    )
    fields = tuple(say(each) for each in (msg("Printed name"), msg("Signature"), msg("Date"), msg("Time")))
    people = (say(msg("Counted by")), say(msg("Checked by")))
    note = say(msg("Received is the sum of all the others. Checked by somebody else than the one who counted."))
    yield Table(columns, rows, tall=True, signed=Signatures(people, fields, note))
    for each in accounts:
        title = msg("Lot {lot}", lot=each.state.lot)
        if each.state.quarantined is not None:
            title = msg("Lot {lot}, IN QUARANTINE: {reason}", lot=each.state.lot, reason=each.state.quarantined)
        yield Section(say(title), 2)
        yield _ledger(each, language)


def _ledger(account: Account, language: Language) -> Table:
    def say(text: object) -> str:
        return render(text, language)

    columns = (
        Column(say(msg("Event")), side="right"),
        Column(say(msg("Time"))),
        Column(say(msg("What happened")), share=3),
        Column(say(msg("Participant"))),
        Column(say(msg("Visit"))),
        Column(say(msg("Vials")), side="right"),
        Column(say(msg("Left")), side="right"),
        Column(say(msg("Recorded by"))),
        Column(say(msg("Reason")), share=3),
    )
    rows = tuple(
        (
            str(each.number),
            each.at[:16].replace("T", " "),
            say(KIND_WORDS[each.kind]),
            each.participant or "–",
            each.visit or "–",
            f"{each.change:+,}" if each.change else f"({each.vials:,})" if each.vials else "–",
            f"{each.left:,}",
            each.user,
            each.reason or "",
        )
        for each in account.movements
    )
    return Table(columns, rows)
