"""Lots and their vials in a study: who may see them, where they are, where they go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dosecalc.app.loading import load_stock
from dosecalc.app.papers import is_pdf, mode_of
from dosecalc.errors import refuse
from dosecalc.files import read_file, write_whole
from dosecalc.registry import decide_lots
from dosecalc.registry.balance import accounts
from dosecalc.registry.drafts import need_reason
from dosecalc.registry.fold import facts
from dosecalc.registry.lot_text import cut_lot
from dosecalc.registry.lots import IP_KINDS, DoseState, Supplies, supplies
from dosecalc.registry.may_dose import holds_on
from dosecalc.registry.rights import check_may, check_unmasked, need_key
from dosecalc.registry.state import Hold
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dosecalc.app.study import Session
    from dosecalc.documents.blocks import Paper
    from dosecalc.registry.balance import Account
    from dosecalc.registry.chain import Head
    from dosecalc.registry.event import Draft, Event, Kind
    from dosecalc.registry.store import Reading


def check_key(session: Session, kind: Kind | None = None) -> None:
    """Refuse whoever may not record `kind`, is masked, or has no key: without a word about lots or doses (R15).

    Raises:
        Refusal: DC723, DC725, DC726.
    """
    if kind is not None:
        check_may(session.by.role, kind, session.staffed)
    check_unmasked(session.view, session.settled)
    if session.view.key is None:
        raise need_key()


def supplies_at(session: Session, reading: Reading, *, before: int | None = None, until: dt.datetime | None = None,
                participant: str | None = None) -> Supplies:  # fmt: skip
    """All lots and doses as this person may see them; before the event of a number, or until a moment."""
    events = reading.events(kinds=IP_KINDS, until=until, participant=participant)
    wanted = (_opened(event) for event in events if before is None or event.number < before)
    return supplies(facts(wanted, session.view.key))


_NOT_OPENED = frozenset({"check", "dispense", "administer"})
"""What is sealed in these says nothing of where a vial is; not to open it saves most of the time."""


def _opened(event: Event) -> Event:
    return replace(event, sealed=None) if event.kind in _NOT_OPENED else event


def receive(session: Session, path: str, lots: Sequence[str]) -> tuple[list[decide_lots.Received], list[Event]]:
    """Take lots from a stock file into the study: those that are named, else all of this protocol.

    Raises:
        Refusal: DC601; DC770, nothing to receive, or another lot of that number is there; DC666, no such lot; see
            `check_key`.
        InvalidFile: findings of the stock file.
    """
    check_key(session, "receive")
    stock = load_stock(path, session.settled.protocol)
    text = read_file(path).decode("utf-8-sig")
    missing = [name for name in lots if name not in stock.lots]
    if missing:
        raise refuse(
            "DC666",
            msg("the stock file has no lot '{lot}'", lot=missing[0]),
            msg("its lots are: {lots}", lots=", ".join(stock.lots)),
        )
    taken = [
        decide_lots.Received(lot=lot.id, vials=lot.vials, text=cut_lot(text, stock, lot))
        for lot in stock.lots.values()
        if lot.protocol == session.settled.protocol.id and (not lots or lot.id in lots)
    ]
    return taken, session.change(
        lambda reading: decide_lots.receive(supplies_at(session, reading), taken, session.at),
    )


def outside(session: Session, reading: Reading, hold: Hold) -> tuple[DoseState, ...]:
    """The doses that a hold stops, were handed out and are not known to be given, as far as the person may know."""
    study = replace(session.study_at(reading), holds=(hold,))

    def stopped(dose: DoseState) -> bool:
        state = session.participant(reading, dose.participant)
        return bool(holds_on(study, session.settled_for(state, study), state, dose.from_lots))

    doses = supplies_at(session, reading).doses.values()
    found = [dose for dose in doses if dose.outside and stopped(dose)]
    return tuple(sorted(found, key=lambda dose: (dose.participant, dose.prepared)))


def still_outside(session: Session, reading: Reading, code: str) -> tuple[DoseState, ...]:
    """The doses of a participant that were handed out and are not known to be given; all may know them."""
    doses = supplies_at(session, reading, participant=code).of_participant(code)
    return tuple(dose for dose in doses if dose.outside)


def quarantine(session: Session, lot: str, reason: str | None) -> tuple[list[Event], tuple[DoseState, ...]]:
    """Set a lot aside; the doses from it that are outside the pharmacy come with it.

    Raises:
        Refusal: DC776, DC709; see `check_key`.
    """
    check_key(session, "quarantine")
    why = need_reason(reason)
    found: tuple[DoseState, ...] = ()

    def decide(reading: Reading) -> list[Draft]:
        nonlocal found
        found = outside(session, reading, Hold(scope="lot", target=lot, reason=why, number=0))
        return decide_lots.quarantine(supplies_at(session, reading), lot, why, session.at, masked=_masked(session))

    return session.change(decide), found


def _masked(session: Session) -> bool:
    return session.settled.protocol.masking.masked


def release(session: Session, lot: str, reason: str | None) -> list[Event]:
    """Let a lot out of quarantine.

    Raises:
        Refusal: DC776, DC709; see `check_key`.
    """
    check_key(session, "release")
    why = need_reason(reason)
    return session.change(
        lambda reading: decide_lots.release(
            supplies_at(session, reading), lot, why, session.at, masked=_masked(session)
        ),
    )


def give_back(session: Session, moved: decide_lots.Moved) -> list[Event]:
    """Record vials that came back from a dose, or were sent back from stock.

    Raises:
        Refusal: DC776 to DC778; see `check_key`.
    """
    check_key(session, "return")
    return session.change(lambda reading: decide_lots.give_back(supplies_at(session, reading), moved, session.at))


def destroy(session: Session, moved: decide_lots.Moved, *, returned: bool) -> list[Event]:
    """Record vials that were destroyed.

    Raises:
        Refusal: DC776, DC777, DC709; see `check_key`.
    """
    check_key(session, "destroy")
    moved = replace(moved, reason=need_reason(moved.reason))
    return session.change(
        lambda reading: decide_lots.destroy(supplies_at(session, reading), moved, session.at, returned=returned)
    )


def void(session: Session, number: int, reason: str | None) -> list[Event]:
    """Declare an event of a lot void.

    Raises:
        Refusal: DC784, it is not about a lot, or vials would be missing; DC709; see `check_key`.
    """
    check_key(session, "receive")
    why = need_reason(reason)

    def afterwards(reading: Reading, _: Sequence[Event]) -> None:
        check_vials(session, reading, number)

    return session.change(lambda reading: decide_lots.void(reading.event(number), number, why, session.at), afterwards)


def check_vials(session: Session, reading: Reading, number: int) -> None:
    """Refuse the study as it would be without an event, where vials would be missing.

    Raises:
        Refusal: DC784; see `check_key`.
    """
    check_key(session)
    decide_lots.check_afterwards(supplies_at(session, reading), number)


def balance(session: Session, lot: str | None, as_of: str | None) -> tuple[list[Account], Head]:
    """Account for every vial of a lot, or of all; and the head of the study then.

    Raises:
        Refusal: DC776, there is no such lot; DC737, the study had not begun; see `check_key`.
    """
    check_key(session)
    until = session.until(as_of)
    with session.read() as reading:
        session.study_at(reading, until)  # refuses a moment before the study began
        known = supplies_at(session, reading, until=until)
        if lot is not None:
            decide_lots.find_lot(known, lot)
        told = facts(reading.events(kinds=IP_KINDS, until=until), session.view.key)
        return accounts(known, told, list(known.lots) if lot is None else [lot]), reading.head(until)


def write_balance(session: Session, path: str, paper: Paper, font: str | None) -> None:
    """Write the page as the PDF or HTML file that its name says; in a masked trial for its owner alone (R15).

    Raises:
        Refusal: DC651, the name says neither; DC640 to DC642; DC602 to DC604.
    """
    from dosecalc.documents.html import paper_html
    from dosecalc.documents.typst_pdf import papers_pdf

    data = papers_pdf([paper], font) if is_pdf(path) else paper_html(paper)
    write_whole(path, data, mode=mode_of(session.settled))
