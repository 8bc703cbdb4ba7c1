"""What breaks the blinding on purpose: one participant in an emergency, and the cards for the safe."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.app.papers import WrittenPaper, is_pdf, mode_of
from dosecalc.errors import refuse
from dosecalc.files import write_whole
from dosecalc.registry.decide_unblind import (
    check_masked,
    decide_card_opened,
    decide_codebreak,
    decide_unblind,
    no_key_at_hand,
)
from dosecalc.registry.fold import fold_participant, fold_study
from dosecalc.registry.rights import check_may, check_unmasked
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.app.study import Session
    from dosecalc.documents.code_break import CodeCard
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.store import Reading
    from dosecalc.text import Language, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Revealed:
    """One participant's arm, and the event that says who was told it.

    Where everybody gets every arm, `everybody` are their names, and the side says which area gets which: `area` is what
    A is, where the side is an area of the protocol.
    """

    event: Event
    arm: str | None
    label: Words | None
    kit: str | None
    side: str | None
    area: Words | None
    everybody: tuple[Words, ...]


def check_unblind(session: Session, code: str, *, reason: str | None, told: str) -> None:
    """Refuse an unblinding that could not be recorded, before anybody is asked to confirm it.

    Raises:
        Refusal: DC723, the role may not; DC726, the key is missing; DC737, there is no such participant; what
            `decide_unblind` refuses.
    """
    check_may(session.by.role, "unblind", session.staffed)
    check_masked(session.settled)
    with session.read() as reading:
        _decided(session, reading, code, reason=reason, told=told)


def unblind(session: Session, code: str, *, reason: str | None, told: str) -> Revealed:
    """Record the unblinding of one participant and reveal the arm: only once the record is safe.

    Raises:
        Refusal: as `check_unblind`, and what the store refuses.
    """
    drafts: list[Draft] = []

    def decide(reading: Reading) -> list[Draft]:
        drafts[:] = [_decided(session, reading, code, reason=reason, told=told)]
        return drafts

    (event,) = session.change(decide)
    sealed = drafts[0].sealed or {}
    arm = sealed.get("arm")
    side, protocol = sealed.get("side"), session.settled.protocol
    return Revealed(
        event=event,
        arm=arm,
        label=None if arm is None else protocol.arms[arm].label,
        kit=sealed.get("kit"),
        side=side,
        area=protocol.areas[side].label if side is not None and side in protocol.areas else None,
        everybody=tuple(each.label for each in protocol.arms.values()) if arm is None else (),
    )


def _decided(session: Session, reading: Reading, code: str, *, reason: str | None, told: str) -> Draft:
    from dosecalc.tables.participants import free_text

    session.participant(reading, code)  # whether there is one
    if session.key is None:
        raise no_key_at_hand(code)
    # The one place where a masked person's key opens something: the purpose of unblinding.
    state = fold_participant(reading.events(participant=code), session.key)
    assert state is not None
    return decide_unblind(state, session.settled, at=session.at, reason=reason, told=free_text(told))


def check_card_opened(session: Session, code: str, *, by: str | None, reason: str | None, told: str) -> None:
    """Refuse what `card_opened` could not record, before anybody is asked to confirm it.

    Raises:
        Refusal: as `card_opened`.
    """
    check_may(session.by.role, "unblind", session.staffed)
    with session.read() as reading:
        _card_opened(session, reading, code, by=by, reason=reason, told=told)


def card_opened(session: Session, code: str, *, by: str | None, reason: str | None, told: str) -> Event:
    """Record that a participant was unblinded by the card in the safe. It takes no key, and shows no arm.

    Raises:
        Refusal: DC723, the role may not; DC737, there is no such participant; what `decide_card_opened` refuses.
    """
    (event,) = session.change(lambda reading: [_card_opened(session, reading, code, by=by, reason=reason, told=told)])
    return event


def _card_opened(
    session: Session, reading: Reading, code: str, *, by: str | None, reason: str | None, told: str
) -> Draft:
    from dosecalc.tables.participants import free_text

    opener = session.by.user if by is None else free_text(by)
    state = session.participant(reading, code)
    return decide_card_opened(state, session.settled, at=session.at, by=opener, reason=reason, told=free_text(told))


def code_cards(session: Session, only: Sequence[str] = ()) -> list[CodeCard]:
    """Return the cards of all participants who have an arm, or of `only` some, in the order of their codes.

    The allocation list counts for those to whom nobody was assigned yet, so that the safe is ready before they come.

    Raises:
        Refusal: DC725, DC726, the person may not see arms; DC723, they do not print cards; DC733, nobody has an arm,
            or one of `only` has none.
    """
    from dosecalc.documents.code_break import CodeCard

    check_masked(session.settled)
    check_unmasked(session.view, session.settled)
    check_may(session.by.role, "codebreak", session.staffed)
    known: dict[str, tuple[str | None, str | None, str | None]] = {}
    with session.read() as reading:
        study = fold_study(reading.of_study(), session.view.key)
        for code, entry in (study.allocation or {}).items():
            known[code] = (entry.get("arm"), entry.get("kit"), entry.get("side"))
        for state in session.everyone(reading):
            if state.arm is not None or state.side is not None:
                known[state.code] = (state.arm, state.kit, state.side)
    missing = [code for code in only if code not in known]
    if not known:
        raise refuse(
            "DC733",
            msg("no arm is recorded for anybody yet"),
            msg("import the allocation list with `participant assign --list`"),
        )
    if missing:
        raise refuse(
            "DC733",
            msg("no arm is recorded for {participant}", participant=", ".join(missing)),
            msg("check the code; the pharmacist has the allocation list"),
        )
    arms = session.settled.protocol.arms
    return [
        CodeCard(participant=code, arm=arm, label=None if arm is None else arms[arm].label, kit=kit, side=side)
        for code, (arm, kit, side) in sorted(known.items())
        if not only or code in only
    ]


def write_code_cards(
    session: Session,
    path: str,
    language: Language,
    *,
    only: Sequence[str] = (),
    font: str | None = None,
    reason: str | None = None,
) -> tuple[Event, WrittenPaper]:
    """Write the cards as the PDF or HTML file that the name says; a new file is readable by its owner alone.

    That they were printed is recorded first: there are no cards that the study does not know of.

    Raises:
        Refusal: as `code_cards`; DC651, the name ends otherwise; DC640 to DC642, what the printer refuses; what the
            store refuses; DC602 to DC604.
    """
    cards = code_cards(session, only)
    from dosecalc.documents.code_break import code_cards_html, code_cards_pdf

    if is_pdf(path):
        data = code_cards_pdf(cards, session.settled, session.at, language, font)
    else:
        data = code_cards_html(cards, session.settled, session.at, language)
    (event,) = session.change(lambda _: [decide_codebreak(len(cards), only, at=session.at, reason=reason)])
    write_whole(path, data, mode=mode_of(session.settled))
    return event, WrittenPaper(path=path, sha256=hashlib.sha256(data).hexdigest())
