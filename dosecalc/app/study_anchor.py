"""The dates that visits count from: looked at first, then recorded in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.app.typed import named
from dosecalc.registry.decide_anchor import anchor_dates, anchors, with_dates
from dosecalc.registry.fold import facts
from dosecalc.registry.plan_of import arm_of, plan_of, start_anchor, start_of
from dosecalc.registry.rights import check_may
from dosecalc.registry.visit_changes import DatesChanged, dates_changed
from dosecalc.visits.timeline import prepare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dosecalc.app.study import Session
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.state import ParticipantState
    from dosecalc.registry.store import Reading
    from dosecalc.visits.visit import Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class DatesStep:
    """Dates to be recorded of one participant, each `NAME=DATE`; the start is one of them."""

    session: Session
    code: str
    pairs: Sequence[str]
    reason: str | None

    def look(self) -> DatesChanged:
        """Decide without recording anything, and say what would change.

        Raises:
            Usage: DC004, DC006.
            Refusal: DC4xx, a date, or an anchor that is given otherwise; what `decide_anchor.anchors` refuses.
        """
        with self.session.read() as reading:
            state, settled, moments = self._asked(reading)
            self._decide(reading, state, settled, moments)
            check_may(self.session.by.role, "anchor", self.session.staffed)
            told = facts(reading.events(participant=self.code, kinds=("prepare", "correct")), None)
            made = {fact.event.visit for fact in told if fact.event.visit is not None}
        after = with_dates(settled.protocol, state, moments)
        start = start_anchor(settled.protocol)
        was = anchor_dates(settled.protocol, state)
        names = ((start if name == "start" else name, moment) for name, moment in moments.items())
        dates = tuple((name, was[name], moment) for name, moment in names)
        return dates_changed(plan_of(settled, state), plan_of(settled, after), dates, made)

    def record(self) -> list[Event]:
        """Decide again and record, in one transaction.

        Raises:
            Usage, Refusal: as `look`.
        """

        def decide(reading: Reading) -> Sequence[Draft]:
            return self._decide(reading, *self._asked(reading))

        return self.session.change(decide)

    def _asked(self, reading: Reading) -> tuple[ParticipantState, Settled, Mapping[str, Moment]]:
        state = self.session.participant(reading, self.code)
        settled = self.session.settled_for(state)
        return state, settled, named(self.pairs, "participant anchor", settled.timezone)

    def _decide(
        self, reading: Reading, state: ParticipantState, settled: Settled, moments: Mapping[str, Moment]
    ) -> list[Draft]:
        told = list(facts(reading.events(participant=self.code), None))
        others = self.session.everyone(reading)
        drafts = anchors(state, settled, others, moments, reason=self.reason, at=self.session.at, told=told)
        self._check(settled, state, moments)
        return drafts

    def _check(self, settled: Settled, state: ParticipantState, moments: Mapping[str, Moment]) -> None:
        """Let the timeline say what it refuses, before anything is recorded."""
        start = start_anchor(settled.protocol)
        given = {name: when for name, when in moments.items() if name not in ("start", start)}
        began = start_of(settled.protocol, with_dates(settled.protocol, state, moments))
        arm = arm_of(settled.protocol, state) or next(iter(settled.protocol.arms.values()))
        prepare(settled, arm.encounters).of(self.session.at if began is None else began, given)
