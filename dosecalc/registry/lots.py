"""Lots and doses as the events tell them: where every vial is, and how far each dose has come.

Whoever has no key sees that a visit's dose was prepared, checked, handed out and given, and nothing of its lots (R15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dosecalc.registry.event import Kind
    from dosecalc.registry.fold import Fact

IP_KINDS: tuple[Kind, ...] = (
    "receive",
    "quarantine",
    "release",
    "prepare",
    "check",
    "dispense",
    "administer",
    "return",
    "destroy",
    "correct",
)
"""The events that lots and doses follow from.

Which lot an event is about is sealed, and nothing open may tell it: an index by lot, even of keyed digests, would show
which participants have the same lot, and so the same arm (R15). So whoever asks for a lot opens all of these events,
and waits longer the more doses were prepared. Of one participant's doses only their own are read.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class DoseState:
    """The dose of one participant at one visit, from its preparation on. Numbers are those of events.

    `lots` (vials by lot), `digest` and `worksheet` (packed, see `lot_text`) are None without the key.
    """

    participant: str
    visit: str
    prepared: int
    preparer: str
    on: str
    """The local day that it was prepared for."""
    since: str
    """When it last went a step on: prepared, checked, handed out or given (ISO 8601), as corrected since."""
    stop_by: dt.datetime | None = None
    """Until when it may be used, where everybody may know: in an open trial (R11, R15)."""
    digest: str | None = None
    worksheet: str | None = None
    lots: Mapping[str, int] | None = None
    told: tuple[str, ...] = ()
    """The numbers of its lots, where everybody may know them: in an open trial (R15)."""
    checked: int | None = None
    checker: str | None = None
    agreed: bool = False
    """Whether the last check agreed."""
    dispensed: int | None = None
    dispensed_to: str | None = None
    dispensed_at: str | None = None
    administered: int | None = None
    given_at: str | None = None
    part: Decimal = Decimal(1)
    """The part of the dose that was given."""
    returned: Mapping[str, int] = field(default_factory=dict)
    """Vials that came back, by lot."""
    came_back: int | None = None
    """The event by which something of it came back before it was given; everybody may know that."""
    back_whole: bool = False
    """Whether all of it had come back then."""

    @property
    def from_lots(self) -> tuple[str, ...]:
        """The numbers of its lots, as far as whoever asks may know them."""
        return self.told if self.lots is None else tuple(self.lots)

    @property
    def outside(self) -> bool:
        """Whether it was handed out, is not known to be given, and has not come back whole."""
        return self.dispensed is not None and self.administered is None and not self.back_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class LotState:
    """One lot. Every vial that was received is in one place: `left` in stock, or one of the others.

    `prepared` are vials of doses that are still in the pharmacy, `dispensed` of those that were handed out and are not
    known to be given, `administered` of those that were given. `returned` came back and waits to be destroyed;
    `sent_back` left the site.
    """

    lot: str
    text: str
    received: int = 0
    prepared: int = 0
    dispensed: int = 0
    administered: int = 0
    returned: int = 0
    sent_back: int = 0
    destroyed: int = 0
    quarantined: str | None = None
    """Why it may not be used."""

    @property
    def left(self) -> int:
        """Vials in stock."""
        gone = self.prepared + self.dispensed + self.administered + self.returned + self.sent_back + self.destroyed
        return self.received - gone


@dataclass(frozen=True, kw_only=True, slots=True)
class Supplies:
    """All lots and doses of a study."""

    lots: Mapping[str, LotState] = field(default_factory=dict)
    doses: Mapping[tuple[str, str], DoseState] = field(default_factory=dict)
    """By participant and visit."""

    def of_participant(self, code: str) -> list[DoseState]:
        """The doses of one participant, in the order of their preparation."""
        return sorted((each for each in self.doses.values() if each.participant == code), key=lambda one: one.prepared)


QUARANTINE_KINDS: tuple[Kind, ...] = ("quarantine", "release", "correct")


def quarantined(facts: Iterable[Fact]) -> dict[str, dt.datetime]:
    """Return since when each lot is in quarantine, of those that whoever asks may know; `QUARANTINE_KINDS` tell it."""
    found: dict[str, dt.datetime] = {}
    for each in facts:
        lot = (each.sealed or each.public).get("lot")
        if lot is None:
            continue
        if each.event.kind == "quarantine":
            found[lot] = each.at
        else:
            found.pop(lot, None)
    return found


def supplies(facts: Iterable[Fact]) -> Supplies:
    """Return where every vial is, and how far each dose has come; `facts` are those of `IP_KINDS`, in order."""
    fold = _Fold()
    for each in facts:
        take = getattr(fold, f"_{each.event.kind}", None)
        if take is not None:
            take(each)
    return fold.result()


class _Fold:
    def __init__(self) -> None:
        self.lots: dict[str, LotState] = {}
        self.doses: dict[tuple[str, str], DoseState] = {}

    def _lot(self, each: Fact) -> LotState | None:
        return self.lots.get(each.sealed["lot"]) if each.sealed is not None else None

    def _dose(self, each: Fact, **changes: Any) -> None:
        key = (each.event.participant or "", each.event.visit or "")
        if key in self.doses:
            self.doses[key] = replace(self.doses[key], **changes)

    def _receive(self, each: Fact) -> None:
        if each.sealed is None:
            return
        name = each.sealed["lot"]
        lot = self.lots.get(name) or LotState(lot=name, text=each.sealed["text"])
        self.lots[name] = replace(lot, received=lot.received + each.sealed["vials"])

    def _quarantine(self, each: Fact) -> None:
        lot = self._lot(each)
        if lot is not None and each.sealed is not None:
            self.lots[lot.lot] = replace(lot, quarantined=each.sealed["reason"])

    def _release(self, each: Fact) -> None:
        lot = self._lot(each)
        if lot is not None:
            self.lots[lot.lot] = replace(lot, quarantined=None)

    def _prepare(self, each: Fact) -> None:
        event, sealed = each.event, each.sealed or {}
        dose = DoseState(
            participant=event.participant or "",
            visit=event.visit or "",
            prepared=event.number,
            preparer=event.user,
            on=each.public["date"],
            since=event.at,
            stop_by=dt.datetime.fromisoformat(text) if (text := each.public.get("stop_by")) else None,
            digest=sealed.get("digest"),
            worksheet=sealed.get("worksheet"),
            lots=sealed.get("lots"),
            told=tuple(each.public.get("lots", ())),
        )
        self.doses[dose.participant, dose.visit] = dose

    def _check(self, each: Fact) -> None:
        self._dose(
            each, since=each.event.at, checked=each.event.number, checker=each.event.user, agreed=each.public["agreed"]
        )

    def _dispense(self, each: Fact) -> None:
        when, to = each.public["when"], each.public["to"]
        self._dose(each, since=when, dispensed=each.event.number, dispensed_to=to, dispensed_at=when)

    def _administer(self, each: Fact) -> None:
        part = Decimal(each.public.get("part", "1"))
        when = each.public["when"]
        self._dose(each, since=when, administered=each.event.number, given_at=when, part=part)

    def _return(self, each: Fact) -> None:
        if each.event.participant is not None:
            self._dose(each, came_back=each.event.number, back_whole=each.public["whole"])
        lot, sealed = self._lot(each), each.sealed
        if lot is None or sealed is None:
            return
        if "participant" not in sealed:
            self.lots[lot.lot] = replace(lot, sent_back=lot.sent_back + sealed["vials"])
            return
        self.lots[lot.lot] = replace(lot, returned=lot.returned + sealed["vials"])
        dose = self.doses.get((sealed["participant"], sealed["visit"]))
        if dose is not None:
            back = {**dose.returned, lot.lot: dose.returned.get(lot.lot, 0) + sealed["vials"]}
            self.doses[dose.participant, dose.visit] = replace(dose, returned=back)

    def _destroy(self, each: Fact) -> None:
        lot, sealed = self._lot(each), each.sealed
        if lot is None or sealed is None:
            return
        back = sealed["vials"] if sealed.get("returned") else 0
        destroyed = lot.destroyed + sealed["vials"]
        self.lots[lot.lot] = replace(lot, destroyed=destroyed, returned=lot.returned - back)

    def result(self) -> Supplies:
        for dose in self.doses.values():
            for name, vials in (dose.lots or {}).items():
                if name not in self.lots:
                    continue
                place = "prepared" if dose.dispensed is None else "dispensed"
                place = place if dose.administered is None else "administered"
                there = vials - dose.returned.get(name, 0)
                lot = self.lots[name]
                self.lots[name] = replace(lot, **{place: getattr(lot, place) + there})
        return Supplies(lots=self.lots, doses=self.doses)
