"""A correction: looked at first, because it can move visits or change a measurement; then recorded at one go."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.app.study_again import check_again, check_places
from dosecalc.app.study_measure import question
from dosecalc.errors import Finding, Refusal, Usage, refuse
from dosecalc.registry import decide_correct
from dosecalc.registry.decide_anchor import anchor_dates
from dosecalc.registry.decide_measure import far_from_before
from dosecalc.registry.dose_order import check_doses
from dosecalc.registry.event import Draft
from dosecalc.registry.fold import facts, fold_participant, sealed_of
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.rights import check_may, need_key
from dosecalc.registry.visit_changes import DatesChanged, dates_changed
from dosecalc.tables.participants import free_text
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from dosecalc.app.study import Session
    from dosecalc.registry.decide_measure import Far
    from dosecalc.registry.event import Event, Kind
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.store import Reading

_MOVES = ("anchor", "attend", "book", "move", "miss", "cancel")
"""What can move visits, or bring a booking back, when it reads otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """What a correction would do: the visits that move, the bookings that hold again, the measurements to confirm."""

    code: str
    dates: DatesChanged
    booked: tuple[tuple[str, dt.datetime], ...] = ()
    far: tuple[Far, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether it changes what others count on."""
        return bool(self.dates.visits or self.booked or self.dates.replaces)


_NOTHING = DatesChanged(dates=(), visits=(), doses=(), prepared=(), warnings=())


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectStep:
    """A correction of an event of a participant: `pairs` are `KEY=VALUE`; `void` takes it out."""

    session: Session
    number: str
    pairs: Sequence[str]
    void: bool
    reason: str | None

    def look(self) -> Corrected:
        """Decide without recording anything, and say what would change.

        Raises:
            Usage, Refusal: as `record`.
        """
        with self.session.read() as reading:
            event, [draft] = self._decide(reading)
            check_may(self.session.by.role, "correct", self.session.staffed)
            far = self._far(reading, event, draft)
            if event.participant is None or event.kind not in _MOVES:
                return Corrected(code=event.participant or "", dates=_NOTHING, far=far)
            return self._moved(reading, event, draft, event.participant)

    def record(self, confirmed: Collection[Far] = ()) -> list[Event]:
        """Decide again and record, in one transaction.

        Raises:
            Usage: DC004, DC006.
            Refusal: DC723, the role may not record such an event; DC725, DC726, it is a preparation or a list, which
                takes the key; DC650, a measurement is far from the one before, and nobody confirmed it; DC929, somebody
                of a list was assigned; what `decide_correct` and `dose_order` refuse, and what the first entry of such
                an event refuses.
        """
        before: dict[str, ParticipantState] = {}

        def decide(reading: Reading) -> Sequence[Draft]:
            event, drafts = self._decide(reading)
            if event.participant is not None:
                before[event.participant] = self.session.participant(reading, event.participant)
            if asked := [each for each in self._far(reading, event, drafts[0]) if each not in confirmed]:
                raise Refusal(map(question, asked))
            return drafts

        def afterwards(reading: Reading, events: Sequence[Event]) -> None:
            from dosecalc.app.study_lots import check_vials

            for event in events:
                if event.participant is None:
                    continue
                was, recorded = before[event.participant], list(reading.events(participant=event.participant))
                state, told = fold_participant(recorded, self.session.view.key), list(facts(recorded, None))
                settled = self.session.settled_for(was)
                decide_correct.check_afterwards(was, state, event, settled.protocol, told)
                if state is not None:
                    check_doses(state, told)
                    check_places(self.session, was, state, reading)
                if _kind_of(reading, event) == "prepare":
                    check_vials(self.session, reading, event.corrects or event.number)

        return self.session.change(decide, afterwards)

    def _decide(self, reading: Reading) -> tuple[Event, list[Draft]]:
        session, which, sets = self.session, _number(self.number), _pairs(self.pairs)
        event, settled = reading.event(which), session.settled
        if event is not None:
            check_may(session.by.role, _kind_of(reading, event), session.staffed)
        if event is not None and event.participant is not None:
            settled = session.settled_for(session.participant(reading, event.participant))
        drafts = decide_correct.correct(
            event, which, settled, sets, void=self.void, reason=self.reason, at=session.at, free=free_text,
            told=_among(reading, event),
        )  # fmt: skip
        assert event is not None, "what is not there is not corrected"
        if event.kind == "allocation":
            self._check_nobody_assigned(reading, event)
        check_again(session, reading, event, drafts[0])
        return event, drafts

    def _check_nobody_assigned(self, reading: Reading, event: Event) -> None:
        sealed = sealed_of(event, self.session.key)
        if sealed is None:
            raise need_key()
        everyone = self.session.everyone(reading)
        assigned = [each.code for each in everyone if each.assigned is not None and each.code in sealed["arms"]]
        if assigned:
            raise refuse(
                "DC929",
                msg("event {number} is the allocation list, and from it were assigned: {codes}",
                    number=event.number, codes=", ".join(assigned)),
                msg("it stays; if an arm is wrong, tell the investigator and whoever made the list"),
            )  # fmt: skip

    def _far(self, reading: Reading, event: Event, draft: Draft) -> tuple[Far, ...]:
        """What a measurement reads from now on, where that is far from what it read, or from the one before (R6)."""
        changed = draft.public.get("public", {})
        if event.kind != "measure" or "values" not in changed:
            return ()
        told = _among(reading, event)
        state = fold_participant(told, None)
        rest = fold_participant([each for each in told if event.number not in (each.number, each.corrects)], None)
        now = next(fact for fact in facts(told, None) if fact.event.number == event.number)
        assert state is not None, "somebody was measured"
        itself = replace(state, weight=dict(now.public), areas={None: dict(now.public)})
        measured = Draft(kind="measure", at=draft.at, participant=event.participant, public={**now.public, **changed})
        found = [*far_from_before(itself, measured), *(() if rest is None else far_from_before(rest, measured))]
        return tuple({each.total: each for each in reversed(found)}.values())

    def _moved(self, reading: Reading, event: Event, draft: Draft, code: str) -> Corrected:
        session, told = self.session, _among(reading, event)
        text = json.dumps(draft.public)
        made = replace(
            event, number=told[-1].number + 1, kind="correct", corrects=event.number, public=text, sealed=None
        )
        was, now = session.participant(reading, code), fold_participant([*told, made], session.view.key)
        settled = session.settled_for(was)
        decide_correct.check_afterwards(was, now, made, settled.protocol, facts([*told, made], None))
        if now is None:
            return Corrected(code=code, dates=_NOTHING)
        before, after = (anchor_dates(settled.protocol, each) for each in (was, now))
        dates = tuple((name, before[name], day) for name, day in after.items() if day and day != before[name])
        prepared = {fact.event.visit for fact in facts(told, None) if fact.event.kind == "prepare"}
        booked = tuple(
            (name, visit.booked)
            for name, visit in now.visits.items()
            if visit.booked is not None and (name not in was.visits or was.visits[name].booked != visit.booked)
        )
        return Corrected(
            code=code,
            dates=dates_changed(
                plan_of(settled, was), plan_of(settled, now), dates, {each for each in prepared if each is not None}
            ),
            booked=booked,
        )


def _among(reading: Reading, event: Event | None) -> list[Event]:
    """The events among which one stands, with their corrections."""
    if event is None or event.participant is None:
        return list(reading.of_study())
    return list(reading.events(participant=event.participant))


def _kind_of(reading: Reading, event: Event) -> Kind:
    """The kind of the event that a chain of corrections is about."""
    while event.kind == "correct" and event.corrects is not None:
        before = reading.event(event.corrects)
        if before is None:
            break
        event = before
    return event.kind


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise refuse(
            "DC754",
            msg("'{text}' is not the number of an event", text=text),
            msg("`participant show` numbers all events"),
        )
    return int(text)


def _pairs(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            what = msg("'{text}' is not a key, an equals sign and a value", text=pair)
            raise Usage([Finding("DC004", what, msg("write for example --set date=2026-03-01"))])
        if name in found:
            what = msg("{option} names {name} twice", option="--set", name=name)
            raise Usage([Finding("DC006", what, msg("give it once"))])
        found[name] = text
    return found
