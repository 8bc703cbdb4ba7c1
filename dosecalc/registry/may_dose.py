"""Whether a participant may have a dose on a day: every reason against it.

What is refused here is told to people who hold the key.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dosecalc.errors import Finding
from dosecalc.registry.decide_participant import STANDING_WORDS
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.gaps import broken_gaps
from dosecalc.registry.levels import held_names
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.visit_checks import limits_here, outside_window, unknown_limit, unrecorded_before, was_signed
from dosecalc.text import msg
from dosecalc.visits.moments import local_day, readable
from dosecalc.visits.shift import elapsed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.registry.state import Hold, ParticipantState, StudyState
    from dosecalc.text import Message


def may_dose(plan: ParticipantPlan, visit: str, on: dt.date, holds: Sequence[Hold] = ()) -> Iterator[Finding]:
    """Every reason why a participant may not be dosed at a visit on a day; `holds` are those that stop it."""
    yield from may_go_on(plan.state, holds)
    wrong = _wrong_day(plan, visit, on)
    if wrong is not None:
        yield Finding("DC774", wrong, msg("book or move the visit first, or check the day"))
    for before in unrecorded_before(plan, visit):
        yield Finding(
            "DC861",
            msg("{before} comes before {visit}, and nobody recorded what became of it", before=before.id, visit=visit),
            msg("record it first: visit attend {code} {before} DATE, or visit miss {code} {before} --reason WHY",
                code=plan.state.code, before=before.id),
        )  # fmt: skip


def wrong_gap(settled: Settled, plan: ParticipantPlan, visit: str, at: dt.datetime) -> Iterator[Finding]:
    """Every gap, window and limit that a dose at that time would break, unless the visit was booked so on purpose.

    A limit in hours is judged on this time, since no dose is given before it; who allowed it allowed no more than that.
    """
    planned = plan.find(visit)
    if planned is None:
        return
    state, on = planned.state, at.date()
    yield from _limits(settled, plan, planned, at)
    if state.booked is not None and state.outside_window and local_day(state.booked) == on:
        return
    came = state.attended or state.booked
    here = came is not None and local_day(came) == on
    moment = came if came is not None and here else on
    broken = [("DC763", gap.text) for gap in broken_gaps(settled, plan, visit, on)]
    if here and planned.earliest is not None and planned.latest is not None and outside_window(planned, moment):
        text = msg("{visit} on {day} lies outside its window, {earliest} to {latest}", visit=visit, day=on,
                   earliest=readable(planned.earliest), latest=readable(planned.latest))  # fmt: skip
        broken.append(("DC774", text))
    yield from (Finding(code, text, _allowing(plan.state.code, planned, on)) for code, text in broken)


def _limits(settled: Settled, plan: ParticipantPlan, planned: PlannedVisit, at: dt.datetime) -> Iterator[Finding]:
    if planned.target is None:
        return
    came = planned.state.attended or planned.state.booked
    later = isinstance(came, dt.datetime) and came.date() == at.date() and elapsed(at, came) > dt.timedelta(0)
    then = plan_of(settled, plan.state, {planned.id: came if came is not None and later else at})
    for check in limits_here(settled, then, planned):
        mend = _allowing(plan.state.code, planned, at.date())
        if was_signed(planned.state, check):
            continue
        if check.ok is False:
            yield Finding("DC863", check.text, mend)
        else:
            yield unknown_limit(plan.state.code, check, settled, mend)


def _allowing(code: str, planned: PlannedVisit, on: dt.date) -> Message:
    """How the investigator allows a dose all the same."""
    said = {"code": code, "visit": planned.id, "day": on.isoformat()}
    if planned.state.attended is not None:
        return msg("give no dose on this day; where the investigator decides otherwise, they say so first: take the "
                   "attendance out (`participant show {code}` numbers it), `visit book {code} {visit} {day}T… "
                   "--outside-window REASON`, and record it anew", **said)  # fmt: skip
    if planned.state.booked is None:
        return msg("give no dose on this day; where the investigator decides otherwise, they say so first: "
                   "`visit book {code} {visit} {day}T… --outside-window REASON`", **said)  # fmt: skip
    return msg("give no dose on this day; where the investigator decides otherwise, they say so first: "
               "`visit move {code} {visit} {day}T… --outside-window REASON`", **said)  # fmt: skip


def may_go_on(state: ParticipantState, holds: Sequence[Hold]) -> Iterator[Finding]:
    """Every reason why a participant is given no dose, whatever the day."""
    code = state.code
    if state.standing != "enrolled":
        yield no_longer_treated(state)
    elif state.enrolled is None or not state.consents:
        yield Finding(
            "DC772",
            msg("{code} has no consent or no enrolment on record", code=code),
            msg("record them with `participant consent` and `participant enrol`"),
        )
    yield from map(held_back, holds)


def holds_on(
    study: StudyState, settled: Settled, state: ParticipantState, lots: Collection[str] = ()
) -> tuple[Hold, ...]:
    """Every hold that stops the doses of a participant: of the study, of them, of their arm or level, of these lots.

    Whoever may not know the arm or the lots hears of the others alone (R15).
    """
    return study.held(participant=state.code, levels=held_names(settled, state), lots=lots)


def no_longer_treated(state: ParticipantState) -> Finding:
    """What stops the treatment of somebody who is not enrolled, or no longer treated."""
    said = msg("{code} {standing}", code=state.code, standing=STANDING_WORDS[state.standing])
    if state.standing == "consented":
        return Finding("DC772", said, msg("record the enrolment with `participant enrol`"))
    return Finding("DC772", said, msg("give no dose; check the code"))


def _wrong_day(plan: ParticipantPlan, visit: str, on: dt.date) -> Message | None:
    """Why a visit does not take place on a day; None where it does."""
    found = plan.find(visit)
    if found is None:
        return msg("{code} has no visit '{visit}'", code=plan.state.code, visit=visit)
    known = found.state
    if known.attended is not None:
        day = local_day(known.attended)
        return None if day == on else msg("{visit} took place on {day}, not on {on}", visit=visit, day=day, on=on)
    if known.missed is not None:
        return msg("{visit} is on record as missed", visit=visit)
    if known.booked is not None:
        day = local_day(known.booked)
        return None if day == on else msg("{visit} is booked for {day}, not for {on}", visit=visit, day=day, on=on)
    if found.target is None:
        return msg("{visit} is not booked, and its day is not known", visit=visit)
    first, last = local_day(found.earliest or found.target), local_day(found.latest or found.target)
    if first <= on <= last:
        return None
    if first == last:
        return msg("{visit} is not booked, and due on {day}, not on {on}", visit=visit, day=first, on=on)
    return msg("{visit} is not booked, and due from {first} to {last}, not on {on}",
               visit=visit, first=first, last=last, on=on)  # fmt: skip
