"""One participant: visits and doses joined."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.protocol.occurrences import occurrences
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from dosecalc.dosing.result import DoseInput, Doses
    from dosecalc.protocol.model import Arm, Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.text import Language
    from dosecalc.visits.timeline import TimelinePlan
    from dosecalc.visits.visit import Booking, Moment, Timeline


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedBooking:
    """A time that somebody wants to book, not yet compared with the window."""

    when: dt.datetime
    outside_window: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Participant:
    """What is known of one participant. Mappings are by visit id (`actual`, `bookings`) or anchor id (`anchors`).

    `arm` is None where it is not known to the one who plans: in a masked trial everyone but the pharmacist.
    """

    code: str
    start: Moment
    arm: str | None = None
    language: Language | None = None
    given: DoseInput | None = None
    """What the doses hang on; None where no dose is planned."""
    anchors: Mapping[str, Moment] = field(default_factory=dict)
    actual: Mapping[str, Moment] = field(default_factory=dict)
    bookings: Mapping[str, WantedBooking] = field(default_factory=dict)
    outside_window: str | None = None
    """The one reason that was given for all bookings together, where it was."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitPlan:
    """A participant's visits and their bookings. It holds no arm and no dose."""

    participant: str
    timeline: Timeline
    bookings: Mapping[str, Booking]


def find_arm(protocol: Protocol, name: str) -> Arm:
    """Return the arm called `name`.

    Raises:
        Refusal: DC302 where the protocol has no such arm.
    """
    arm = protocol.arms.get(name)
    if arm is None:
        near = [arm_id for arm_id in protocol.arms if arm_id.casefold() == name.casefold()]
        raise refuse(
            "DC302",
            msg("{protocol} has no arm '{arm}'", protocol=protocol.id, arm=name),
            msg("did you mean '{near}'?", near=near[0])
            if near
            else msg("its arms are: {arms}", arms=", ".join(protocol.arms)),
        )
    return arm


def planned_visits(protocol: Protocol, arm: str) -> tuple[str, ...]:
    """Return the visits at which an arm receives more than a placebo, repeats one by one."""
    given = {name for dose in protocol.arms[arm].doses if dose.role != "placebo" for name in dose.at}
    return tuple(
        visit
        for name in protocol.arms[arm].encounters
        if name in given
        for visit, _ in occurrences(protocol.encounters[name])
    )


def visible_arm(protocol: Protocol, name: str | None) -> Arm:
    """Return the arm whose visits are shown; in a masked protocol any of them, because the reader proved them alike.

    Raises:
        Refusal: DC303 where a masked protocol is given an arm, DC304 where an open one is given none (R15).
    """
    if protocol.masking.masked:
        if name is not None:
            raise refuse(
                "DC303",
                msg("{protocol} is masked: visits and their calendars do not depend on the arm", protocol=protocol.id),
                msg("leave the arm out; only the pharmacy's commands take it"),
            )
        return next(iter(protocol.arms.values()))
    if name is None:
        raise missing_arm(protocol)
    return find_arm(protocol, name)


def dosed_arms(protocol: Protocol, name: str | None) -> tuple[str, ...]:
    """Return the arms whose doses are meant: the named one, or all where every participant gets every arm.

    Raises:
        Refusal: DC302, DC304.
    """
    if name is not None:
        return (find_arm(protocol, name).id,)
    if protocol.masking.allocation == "every_arm":
        return tuple(protocol.arms)
    raise missing_arm(protocol)


def missing_arm(protocol: Protocol) -> Exception:
    """The refusal to plan without an arm."""
    arms = ", ".join(protocol.arms)
    if protocol.masking.masked:
        mend = msg("give one of: {arms}; the randomisation list or the unblinded pharmacist knows it", arms=arms)
    else:
        mend = msg("give one of: {arms}", arms=arms)
    return refuse("DC304", msg("the arm is missing"), mend)


def plan_visits(prepared: TimelinePlan, participant: Participant) -> VisitPlan:
    """Plan one participant's visits.

    Raises:
        Refusal: what `visits.timeline` and `visits.attendance` refuse.
    """
    from dosecalc.visits.attendance import check_booking

    timeline = prepared.of(participant.start, participant.anchors, participant.actual)
    bookings: dict[str, Booking] = {}
    if participant.bookings:
        visits = {visit.encounter: visit for visit in timeline.visits}
        for name, wanted in participant.bookings.items():
            if name not in visits:
                raise refuse(
                    "DC430",
                    msg("there is no visit '{name}' to book", name=name),
                    msg("the visits are: {visits}", visits=", ".join(visits)),
                )
            bookings[name] = check_booking(visits[name], wanted.when, wanted.outside_window)
    return VisitPlan(participant=participant.code, timeline=timeline, bookings=bookings)


def plan_doses(settled: Settled, participant: Participant, visits: tuple[str, ...] | None = None) -> Doses:
    """Calculate one participant's doses.

    Raises:
        Refusal: what `dosing.dose` refuses, DC302, DC304.
    """
    from dosecalc.dosing.dose import calculate
    from dosecalc.dosing.result import DoseInput

    arms = dosed_arms(settled.protocol, participant.arm)
    return calculate(settled, arms, participant.given or DoseInput(), visits)
