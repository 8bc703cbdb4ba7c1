"""What took place stays under the version of the protocol that it happened under: an amendment makes nobody late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dosecalc.registry.fold import facts
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from dosecalc.registry.event import Event
    from dosecalc.registry.fold import Fact
    from dosecalc.registry.plan_of import ParticipantPlan
    from dosecalc.registry.state import ParticipantState, StudyState


def as_it_was(study: StudyState, plan: ParticipantPlan, events: Iterable[Event]) -> ParticipantPlan:
    """Return the plan with each visit that took place as it was planned on its day; `events` are the participant's."""
    if len(study.versions) == 1:
        return plan
    told = list(facts(events, None))
    plans: dict[int, ParticipantPlan] = {}
    visits = []
    for planned in plan.visits:
        if planned.attended is not None:
            day = local_day(planned.attended)
            version = version_for(study, on_day(plan.state, told, day), day)
            if version.number not in plans:
                plans[version.number] = plan_of(settled_of(version), plan.state)
            then = plans[version.number].find(planned.id)
            visits.append(planned if then is None else replace(planned, visit=then.visit))
        else:
            visits.append(planned)
    return replace(plan, visits=tuple(visits))


def on_day(state: ParticipantState, told: Sequence[Fact], day: dt.date) -> ParticipantState:
    """Return the participant on the version that they were on by `day`; `told` are their events as they read today."""
    return replace(state, protocol_sha256=_own(told, day))


def _own(told: Sequence[Fact], day: dt.date) -> str:
    """The version that the participant had consented to, or was moved to, by `day`."""
    own = told[0].event.protocol_sha256
    for fact in told:
        if fact.event.kind == "migrate" and fact.at.date() <= day:
            own = fact.public["protocol_sha256"]
    return own
