"""A dose is prepared in a study: arm, areas, weight and level come from there and are never typed again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.app.earlier import earlier_of
from dosecalc.app.papers import worksheet_document
from dosecalc.app.preparing import Prepared, Wanted, prepare
from dosecalc.app.study_lots import check_key, supplies_at
from dosecalc.app.study_planned import arm_of, asked_of
from dosecalc.checking.sheet import open_sheet
from dosecalc.dosing.planned import needs
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.preparation_shapes import pick_entries_of
from dosecalc.registry import decide_ip, decide_lots, may_dose
from dosecalc.registry.area_once import once_again
from dosecalc.registry.dose_inputs import arms_meant, own_arms
from dosecalc.registry.event import Draft
from dosecalc.registry.kept_sheet import name_of, on_record
from dosecalc.registry.lot_text import stock_of, unpack
from dosecalc.registry.lots import DoseState, Supplies
from dosecalc.registry.lots_for import holds_dmso, lots_for
from dosecalc.registry.openness import check_staggered
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.rights import need_key
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.app.earlier import Earlier
    from dosecalc.app.study import Session
    from dosecalc.checking.sheet import Sheet
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Event
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.store import Reading
    from dosecalc.text import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """The dose of a visit that somebody wants to prepare. `weight` is a new one, in kg, which is recorded, too."""

    code: str
    visit: str
    lots: tuple[str, ...] = ()
    thawed_at: str | None = None
    weight: str | None = None
    again: str | None = None
    """Why the preparation that is there is void; None where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InHand:
    """A dose that was prepared and not yet recorded: its worksheet, and the questions to a person (R6)."""

    wish: Wish
    prepared: Prepared
    head: str
    """The head of the study that stands on the worksheet."""


def begin(session: Session, wish: Wish) -> InHand:
    """Prepare a dose from what the study knows, without recording anything.

    Raises:
        Refusal: every reason against it; see `check_key`.
    """
    check_key(session, "prepare")
    with session.read() as reading:
        head = reading.head().hash
        prepared = _prepared(session, reading, wish, head)
    if prepared.sheet.draft:
        raise Refusal(decide_ip.drafts(prepared.sheet.draft))
    return InHand(wish=wish, prepared=prepared, head=head)


def keep(session: Session, in_hand: InHand, sheet: Worksheet, language: Language) -> list[Event]:
    """Record a dose as prepared, if the study still says the same.

    Raises:
        Refusal: DC771, it is a draft; DC782, the study changed meanwhile; what `begin` refuses.
    """
    document = worksheet_document(sheet, language)

    def decide(reading: Reading) -> list[Draft]:
        wish = in_hand.wish
        now = _prepared(session, reading, wish, in_hand.head).sheet
        if worksheet_document(replace(now, overrides=sheet.overrides), language)["digest"] != document["digest"]:
            raise refuse(
                "DC782",
                msg("the study changed while the dose for {visit} of {code} was being prepared",
                    visit=wish.visit, code=wish.code),
                msg("prepare it again"),
            )  # fmt: skip
        drafts = []
        known = supplies_at(session, reading)
        if wish.again is not None:
            drafts += decide_ip.void(known, wish.code, wish.visit, wish.again, session.at)
            known = _without(known, wish)
        if wish.weight is not None:
            drafts.append(_weighed(session, wish))
        vials = {entry.lot: entry.vials for entry in pick_entries_of(document)}
        masked = session.settled.protocol.masking.masked
        return drafts + decide_ip.prepare(known, wish.code, wish.visit, document, vials, session.at, masked=masked)

    return session.change(decide)


def _without(known: Supplies, wish: Wish) -> Supplies:
    """The supplies as they are once the preparation of a visit is void: its vials are in stock again."""
    dose = known.doses[wish.code, wish.visit]
    lots = dict(known.lots)
    for name, vials in (dose.lots or {}).items():
        lots[name] = replace(lots[name], prepared=lots[name].prepared - vials)
    return Supplies(lots=lots, doses={key: each for key, each in known.doses.items() if each is not dose})


def _weighed(session: Session, wish: Wish) -> Draft:
    return Draft(
        kind="measure",
        at=session.at,
        participant=wish.code,
        public={
            "what": "weight",
            "values": [wish.weight],
            "unit": "kg",
            "by": session.by.user,
            "date": session.today.isoformat(),
        },
    )


def _prepared(session: Session, reading: Reading, wish: Wish, head: str) -> Prepared:
    """The dose, from what the study says in this transaction."""
    state = session.participant(reading, wish.code)
    study = session.study_at(reading)
    settled = session.settled_for(state, study)
    known = supplies_at(session, reading)
    if wish.again is None:
        decide_ip.check_not_prepared(known, wish.code, wish.visit)
    else:
        decide_ip.void(known, wish.code, wish.visit, wish.again, session.at)
        known = _without(known, wish)
    plan = plan_of(settled, state)
    if wish.weight is not None:
        state = replace(state, weight=_weighed(session, wish).public)
    against = list(may_dose.may_dose(plan, wish.visit, session.today, may_dose.holds_on(study, settled, state)))
    arms = own_arms(settled.protocol, state)
    against += may_dose.wrong_gap(settled, plan, wish.visit, session.at)
    against += _missing(settled, state, arms, weighed=settled.protocol.masking.masked and holds_dmso(known))
    if against:
        raise Refusal(against)
    check_staggered(settled, session.everyone(reading), state, session.today, dosed=True)
    decide_lots.check_usable(known, study, wish.lots)
    lots = lots_for(settled.protocol, known, study, arms, wish.visit, wish.lots)
    stock = stock_of(decide_lots.usable(known, study))
    return prepare(
        settled,
        stock,
        arm=arm_of(settled, state),
        asked=asked_of(settled, arms, state, dmso=any(lot.dmso is not None for lot in lots)),
        wanted=Wanted(
            visit=wish.visit,
            lots=wish.lots,
            thawed_at=wish.thawed_at,
            participant=wish.code,
            area_a=state.side if state.side in settled.protocol.areas else None,
        ),
        made_at=session.at,
        preparer=session.by.user,
        earlier=_before(settled, known, wish),
        study_head=head,
        on_record=on_record(plan, known.of_participant(wish.code), wish.visit, session.today),
    )


def _missing(settled: Settled, state: ParticipantState, arms: tuple[str, ...], *, weighed: bool) -> list[Finding]:
    """What the dose follows from and is not on record, each with whoever records it (R8).

    In a masked trial that is what the doses of all arms follow from: what is asked for tells nobody an arm (R15).
    """
    code = state.code
    if not arms:
        return [
            Finding(
                "DC781",
                msg("{code} has no arm yet", code=code),
                msg("record it with `participant assign`"),
            )
        ]
    meant = arms_meant(settled.protocol, state)
    must = needs(settled.protocol, meant).must
    found = []
    if "area" in must and not state.areas:
        found.append(
            Finding(
                "DC781",
                msg("the hair-loss area of {code} is not on record", code=code),
                msg("whoever measured it records it with `participant measure {code} --area …`", code=code),
            )
        )
    if ("weight" in must or weighed) and state.weight is None:
        found.append(
            Finding(
                "DC781",
                msg("the body weight of {code} is not on record", code=code),
                msg("whoever weighed records it with `participant measure {code} --weight …`", code=code),
            )
        )
    return found + once_again(settled, state, meant)


def _before(settled: Settled, known: Supplies, wish: Wish) -> Earlier | None:
    """The worksheet before this one of the same participant, which the dose is compared with (R6)."""
    own = [dose for dose in known.of_participant(wish.code) if dose.visit != wish.visit]
    if not own:
        return None
    dose = max(own, key=lambda one: one.prepared)
    return earlier_of(settled, sheet_of(dose), name_of(dose), wish.code)


def sheet_of(dose: DoseState) -> Sheet:
    """The worksheet of a dose, as it was kept.

    Raises:
        Refusal: DC726, it cannot be read without the key; DC660 to DC662, it is not as it was made.
    """
    if dose.worksheet is None:
        raise need_key()
    return open_sheet(unpack(dose.worksheet, name_of(dose)), name_of(dose))
