"""Whether lots and their vials may go where somebody wants them to: drafts of events, or every reason against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.event import Draft
from dosecalc.registry.lot_text import same_lot
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from dosecalc.registry.event import Event
    from dosecalc.registry.lots import DoseState, LotState, Supplies
    from dosecalc.registry.state import StudyState
    from dosecalc.text import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A lot as it arrived."""

    lot: str
    vials: int
    text: str


def receive(known: Supplies, lots: Sequence[Received], at: dt.datetime) -> list[Draft]:
    """Take lots into the study.

    Raises:
        Refusal: DC770, a lot was received before and was another one then, or there is nothing to receive.
    """
    findings = []
    for lot in lots:
        there = known.lots.get(lot.lot)
        if there is not None and not same_lot(there.text, lot.text):
            findings.append(
                Finding(
                    "DC770",
                    msg("lot '{lot}' is in the study already, and was described differently", lot=lot.lot),
                    msg("compare the stock file with the lot's certificate and label; a lot never changes"),
                )
            )
    if not lots:
        findings.append(
            Finding(
                "DC770",
                msg("the stock file has no lot for this study"),
                msg("check the protocol under each lot, and the number after --lot"),
            )
        )
    if findings:
        raise Refusal(findings)
    return [Draft(kind="receive", at=at, sealed={"lot": lot.lot, "vials": lot.vials, "text": lot.text}) for lot in lots]


def quarantine(known: Supplies, lot: str, reason: str, at: dt.datetime, *, masked: bool = True) -> list[Draft]:
    """Set a lot aside: nothing is prepared from it. In an open trial (`masked` false) everybody may know which.

    Raises:
        Refusal: DC776.
    """
    state = find_lot(known, lot)
    if state.quarantined is not None:
        raise refuse(
            "DC776",
            msg("lot '{lot}' is in quarantine already: {reason}", lot=lot, reason=state.quarantined),
            msg("nothing more needs to be done"),
        )
    return [Draft(kind="quarantine", at=at, public=_told(lot, masked), sealed={"lot": lot, "reason": reason})]


def _told(lot: str, masked: bool) -> dict[str, str]:
    return {} if masked else {"lot": lot}


def release(known: Supplies, lot: str, reason: str, at: dt.datetime, *, masked: bool = True) -> list[Draft]:
    """Let a lot out of quarantine.

    Raises:
        Refusal: DC776.
    """
    if find_lot(known, lot).quarantined is None:
        raise refuse(
            "DC776",
            msg("lot '{lot}' is not in quarantine", lot=lot),
            msg("check the lot's number; `ip balance` shows which are"),
        )
    return [Draft(kind="release", at=at, public=_told(lot, masked), sealed={"lot": lot, "reason": reason})]


def find_lot(known: Supplies, lot: str) -> LotState:
    """Return the lot of that number.

    Raises:
        Refusal: DC776.
    """
    if lot not in known.lots:
        raise refuse(
            "DC776",
            msg("the study has no lot '{lot}'", lot=lot),
            msg("its lots are: {lots}", lots=", ".join(sorted(known.lots)))
            if known.lots
            else msg("take lots in with `ip receive --stock FILE`"),
        )
    return known.lots[lot]


def usable(known: Supplies, study: StudyState) -> list[LotState]:
    """The lots that doses may be prepared from: neither in quarantine nor on hold."""
    return [lot for lot in known.lots.values() if lot.quarantined is None and not study.held(lots=[lot.lot])]


def check_usable(known: Supplies, study: StudyState, lots: Iterable[str]) -> None:
    """Refuse lots that nothing may be prepared or handed out from.

    Raises:
        Refusal: DC776, it is in quarantine, or there is none; DC801, it is on hold.
    """
    findings: list[Finding] = []
    for name in lots:
        lot = find_lot(known, name)
        if lot.quarantined is not None:
            findings.append(in_quarantine(lot))
        findings += [held_back(hold) for hold in study.held(lots=[name])]
    if findings:
        raise Refusal(findings)


def from_quarantine(dose: DoseState, since: Mapping[str, dt.datetime], at: dt.datetime) -> list[Finding]:
    """Why a dose is not given whose lots are in quarantine `since` then."""
    return [
        Finding(
            "DC776",
            msg("the dose for {visit} of {code} comes from lot '{lot}', which is in quarantine",
                visit=dose.visit, code=dose.participant, lot=lot),
            msg("do not give it; ask the pharmacy"),
        )
        for lot in dose.from_lots
        if lot in since and since[lot] <= at
    ]  # fmt: skip


def in_quarantine(lot: LotState) -> Finding:
    """Why a lot in quarantine is not used."""
    return Finding(
        "DC776",
        msg("lot '{lot}' is in quarantine: {reason}", lot=lot.lot, reason=lot.quarantined),
        msg("take another lot; or have this one assessed, and release it with `ip release`"),
    )


def too_few(lot: LotState, wanted: int, where: Message, there: int) -> Finding:
    """Why so many vials cannot leave a place."""
    return Finding(
        "DC777",
        msg("lot '{lot}': vials wanted {wanted}, {where} {there}",
            wanted=wanted, lot=lot.lot, there=there, where=where),
        msg("count them, and check the number; `ip balance {lot}` accounts for each", lot=lot.lot),
    )  # fmt: skip


def prepared(known: Supplies, participant: str, visit: str) -> DoseState:
    """Return the dose of a visit.

    Raises:
        Refusal: DC778, none is prepared.
    """
    dose = known.doses.get((participant, visit))
    if dose is None:
        raise refuse(
            "DC778",
            msg("no dose is prepared for {visit} of {code}", visit=visit, code=participant),
            msg("check code and visit; the pharmacy prepares with `ip prepare {code} {visit}`",
                code=participant, visit=visit),
        )  # fmt: skip
    return dose


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """Vials of a lot that leave their place; those of a dose are named by participant and visit."""

    lot: str
    vials: int
    participant: str | None = None
    visit: str | None = None
    reason: str | None = None


def give_back(known: Supplies, moved: Moved, at: dt.datetime) -> list[Draft]:
    """Take vials of a dose back, which nobody is given again; or send vials from stock back to where they came from.

    That something of a dose came back before it was given stands openly, and whether that was all of it: whoever is
    masked must not give it. What comes back after that could tell the product, and is sealed (R15).

    Raises:
        Refusal: DC776 to DC778.
    """
    lot = find_lot(known, moved.lot)
    sealed: dict[str, Any] = {"lot": lot.lot, "vials": moved.vials}
    told: dict[str, Any] = {}
    if moved.participant is None or moved.visit is None:
        _check_vials(lot, moved.vials, msg("in stock"), lot.left)
    else:
        dose = prepared(known, moved.participant, moved.visit)
        there = (dose.lots or {}).get(lot.lot, 0) - dose.returned.get(lot.lot, 0)
        where = msg("in the dose for {visit} of {code}", visit=dose.visit, code=dose.participant)
        _check_vials(lot, moved.vials, where, there)
        sealed |= {"participant": dose.participant, "visit": dose.visit}
        if dose.administered is None:
            whole = {**dose.returned, lot.lot: dose.returned.get(lot.lot, 0) + moved.vials} == dose.lots
            told = {"participant": dose.participant, "visit": dose.visit, "public": {"whole": whole}}
    if moved.reason is not None:
        sealed["reason"] = moved.reason
    return [Draft(kind="return", at=at, sealed=sealed, **told)]


def destroy(known: Supplies, moved: Moved, at: dt.datetime, *, returned: bool) -> list[Draft]:
    """Destroy vials from stock, or of those that came back.

    Raises:
        Refusal: DC776, DC777.
    """
    lot = find_lot(known, moved.lot)
    if returned:
        _check_vials(lot, moved.vials, msg("returned and waiting"), lot.returned)
    else:
        _check_vials(lot, moved.vials, msg("in stock"), lot.left)
    sealed: dict[str, Any] = {"lot": lot.lot, "vials": moved.vials, "reason": moved.reason}
    return [Draft(kind="destroy", at=at, sealed={**sealed, "returned": True} if returned else sealed)]


def _check_vials(lot: LotState, wanted: int, where: Message, there: int) -> None:
    if wanted < 1:
        raise refuse(
            "DC777",
            msg("{wanted} is no number of vials", wanted=wanted),
            msg("write a whole number, 1 or more"),
        )
    if wanted > there:
        raise Refusal([too_few(lot, wanted, where, there)])


_OF_LOTS = ("receive", "quarantine", "release", "return", "destroy")


def void(event: Event | None, number: int, reason: str, at: dt.datetime) -> list[Draft]:
    """Declare an event of a lot void; the event stays, and does not count.

    Raises:
        Refusal: DC784.
    """
    if event is None or event.kind not in _OF_LOTS:
        raise refuse(
            "DC784",
            msg("event {number} is not about a lot", number=number),
            msg(
                "`ip balance --json` numbers them; what is about a participant is corrected with `participant correct`"
            ),
        )
    return [
        Draft(
            kind="correct",
            at=at,
            participant=event.participant,
            visit=event.visit,
            reason=reason,
            corrects=event.number,
            public={"void": True},
        )
    ]


def check_afterwards(known: Supplies, number: int) -> None:
    """Refuse what would leave fewer vials than none somewhere.

    Raises:
        Refusal: DC784.
    """
    short = [lot.lot for lot in known.lots.values() if min(lot.left, lot.returned) < 0]
    gone = sorted({name for dose in known.doses.values() for name in dose.lots or () if name not in known.lots})
    if short or gone:
        raise refuse(
            "DC784",
            msg("without event {number} there would not have been enough vials of: {lots}",
                number=number, lots=", ".join(short + gone)),
            msg("record what is right first, then declare this one void"),
        )  # fmt: skip
