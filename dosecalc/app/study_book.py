"""Many visits booked at once: looked at, planned, shown, and recorded in one transaction or not at all."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.app.study_lots import supplies_at
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.registry import decide_visit
from dosecalc.registry.at_clinic import TAKES_ROOM, at_clinic
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.many_placed import placed
from dosecalc.registry.many_visits import Many, Standing, Task, apart, distances, looked_at
from dosecalc.registry.may_dose import holds_on
from dosecalc.registry.openings import Around, day_options
from dosecalc.registry.openness import check_staggered, level_of
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.rights import check_may, may_override
from dosecalc.registry.supply_limits import SupplyLimits, supply_limits
from dosecalc.registry.versions import settled_of
from dosecalc.registry.visit_checks import Asking
from dosecalc.text import msg
from dosecalc.visits.booking import best_days
from dosecalc.visits.moments import local_day, parse_moment
from dosecalc.visits.room import room_of
from dosecalc.visits.workdays import Workdays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from dosecalc.app.study import Session
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.at_clinic import AtClinic, Booked
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.lots import Supplies
    from dosecalc.registry.many_placed import ManyPlaced, Placed
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.registry.state import ParticipantState, StudyState
    from dosecalc.registry.store import Reading, VisitRow
    from dosecalc.text import Message
    from dosecalc.visits.booking import Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which visits are to be booked; empty means all."""

    participants: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    until: dt.date | None = None
    """The last day on which the target of a visit may lie."""
    allow_move: bool = False
    """Whether bookings that lie in the future may move."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A plan for many visits, and what it rests on."""

    wanted: Wanted
    head: int
    many: Many
    plan: ManyPlaced
    seconds: int
    mind: tuple[Message, ...]
    """What whoever books should know."""


def wanted(
    session: Session, participants: Sequence[str], visits: Sequence[str], until: str | None, *, allow_move: bool
) -> Wanted:
    """Return which visits are meant.

    Raises:
        Refusal: DC737, there is no such participant; DC918, no visit of that name; DC919, `until` is past; DC401 to
            DC405, it is no day.
    """
    last = None if until is None else local_day(parse_moment(until, session.zone.key))
    if last is not None and last < session.present.date():
        raise refuse(
            "DC919",
            msg("{day} is past, and no visit is booked for a day that is past", day=last),
            msg("give today or a later day with --until"),
        )
    with session.read() as reading:
        for code in participants:
            session.participant(reading, code)
    return Wanted(
        participants=tuple(dict.fromkeys(participants)),
        visits=tuple(dict.fromkeys(visits)),
        until=last,
        allow_move=allow_move,
    )


def propose(session: Session, asked: Wanted, seconds: int, progress: Progress | None = None) -> Proposal:
    """Find the best days, without recording anything.

    Raises:
        Refusal: DC723, the role may not book; DC846, DC847, the site file does not say when the clinic is open; DC880,
            DC881 of the search; DC918; whatever stands in the way of one of the bookings.
    """
    check_may(session.by.role, "book", session.staffed)
    if asked.allow_move:
        check_may(session.by.role, "move", session.staffed)
    with session.read() as reading:
        people = _People(session, reading)
        many = _many(people, asked)
        plan = placed(many, best_days(many.problem(), seconds=seconds, progress=progress))
        _drafts(people, plan)
        mind = tuple(dict.fromkeys(_mind(people, plan)))
        head = reading.head().number
    return Proposal(wanted=asked, head=head, many=many, plan=plan, seconds=seconds, mind=mind)


def record(session: Session, proposal: Proposal) -> list[Event]:
    """Book what was proposed.

    Raises:
        Refusal: DC917, the study has changed meanwhile; whatever stands in the way by now.
    """

    def decided(reading: Reading) -> list[Draft]:
        people = _People(session, reading)
        if reading.head().number != proposal.head and _many(people, proposal.wanted) != proposal.many:
            raise refuse(
                "DC917",
                msg("somebody has changed the study since these days were found; nothing was booked"),
                msg("call it again"),
            )
        return list(_drafts(people, proposal.plan))

    return session.change(decided)


class _People:
    """The participants with their plans, as one reading has them; each is read once."""

    def __init__(self, session: Session, reading: Reading) -> None:
        self.session, self.reading = session, reading
        self.study: StudyState = session.study_at(reading)
        self.states = {state.code: state for state in session.everyone(reading)}
        self._plans: dict[tuple[str, int], tuple[Settled, ParticipantPlan]] = {}
        self._known: Supplies | None = None
        self._limits: dict[tuple[int, tuple[str, ...], str], SupplyLimits] = {}

    def on(self, code: str, day: dt.date) -> tuple[Settled, ParticipantPlan]:
        """The plan of a participant under the version that holds for them on a day."""
        state = self.states[code]
        settled = self.session.settled_for(state, self.study, day)
        if (code, id(settled)) not in self._plans:
            self._plans[code, id(settled)] = settled, plan_of(settled, state)
        return self._plans[code, id(settled)]

    def supplies(self, settled: Settled, state: ParticipantState, planned: PlannedVisit, lead: int) -> SupplyLimits:
        """How long the lots can be given, for whoever may know it. In a masked trial it would tell arms (R15).

        That none has arrived yet stops no plan for the months to come.
        """
        protocol, view = settled.protocol, self.session.view
        if protocol.masking.masked or view.masked or view.key is None or not planned.dosed:
            return SupplyLimits()
        if self._known is None:
            self._known = supplies_at(self.session, self.reading)
        arms = (state.arm,) if state.arm in protocol.arms and state.arm is not None else tuple(protocol.arms)
        about = id(settled), arms, planned.id
        if about not in self._limits:
            zone = self.session.zone
            self._limits[about] = supply_limits(settled, self._known, self.study, arms, planned.id, lead, zone)
        return self._limits[about]


def _many(people: _People, asked: Wanted) -> Many:
    """What the plan rests on: the tasks with their days, and everything that stands."""
    session = people.session
    clinic = _clinic(session.settled)
    workdays, today = Workdays(clinic), session.today
    plans = {code: people.on(code, today) for code in people.states if _comes(people.states[code])}
    _check_visits(asked, (plan for _, plan in plans.values()), session.settled)
    tasks: list[Task] = []
    standing: dict[dt.date, list[Standing]] = defaultdict(list)
    loose: dict[str, ParticipantPlan] = {}
    firsts = _firsts(plans)
    chosen = {code: [each for each in plan.visits if _is_wanted(session, asked, each, code)]
              for code, (_, plan) in plans.items()}  # fmt: skip
    moving = {(code, each.id) for code, visits in chosen.items() for each in visits if each.state.booked is not None}
    for code, (settled, plan) in plans.items():
        own = {visit for participant, visit in moving if participant == code}
        loose[code] = _without(settled, plan, own) if own else plan
        around = Around(
            settled=settled,
            clinic=clinic,
            workdays=workdays,
            room=room_of(settled),
            zone=session.zone,
            present=session.present,
            used=lambda _: {},  # places are what the plan shares out
            booked=lambda _: 0,
            stagger=_stagger(people, settled, firsts, code, moving),
        )
        for planned in chosen[code]:
            days = looked_at(planned, today)
            if days is None:
                continue
            lots = people.supplies(settled, plan.state, planned, around.room.of(planned.id).lead)
            here = replace(around, product_until=lots.until, thaw=_always(lots.thaw))
            tasks.append(
                Task(
                    code=code,
                    planned=planned,
                    needs=around.room.of(planned.id),
                    options=day_options(here, loose[code], planned.id, *days),
                    preferred=plan.state.weekdays,
                    first_dose=level_of(settled, plan.state) if firsts.get(code) == planned.id else None,
                )
            )
    leaving = {(task.code, task.planned.id) for task in tasks if task.stands}
    room = room_of(session.settled)
    for row in people.reading.rows(first=today.isoformat(), standing=TAKES_ROOM):
        if row.day is not None and (row.participant, row.visit) not in leaving:
            standing[dt.date.fromisoformat(row.day)].append(
                Standing(
                    code=row.participant,
                    visit=row.visit,
                    begin=_began(row, session.zone),
                    uses=room.of(row.visit).uses,
                )
            )
    stagger = session.settled.here.stagger if session.settled.here else None
    return Many(
        tasks=tuple(tasks),
        standing={day: tuple(bookings) for day, bookings in sorted(standing.items())},
        room=room,
        visit_length=dt.timedelta(minutes=clinic.visit_length.minutes),
        distances=tuple(distances(tasks, loose, {code: settled for code, (settled, _) in plans.items()})),
        apart=tuple(apart(tasks, stagger.days if stagger else None)),
    )


def _began(row: VisitRow, zone: ZoneInfo) -> dt.datetime | None:
    """When a visit came, else when it is booked; None where it came and nobody wrote down at what time."""
    text = row.attended or row.booked or ""
    return dt.datetime.fromisoformat(text).astimezone(zone) if "T" in text else None


def _always(why: Message | None) -> Callable[[str], Message | None]:
    return lambda _: why


def _clinic(settled: Settled) -> Clinic:
    assert settled.site is not None, "a study has a site file"
    return settled.site.clinic


def _comes(state: ParticipantState) -> bool:
    return state.standing in ("enrolled", "discontinued")


def _is_wanted(session: Session, asked: Wanted, planned: PlannedVisit, code: str) -> bool:
    """Whether a visit is to be booked, or may move: one that nobody has booked, or whose booking is still to come."""
    if not planned.expected or planned.target is None or planned.state.given is not None:
        return False
    if (asked.participants and code not in asked.participants) or (asked.visits and planned.id not in asked.visits):
        return False
    if asked.until is not None and local_day(planned.target) > asked.until:
        return False
    if planned.standing in ("planned", "cancelled"):  # one whose booking was cancelled stays due
        return True
    booked = planned.state.booked
    if not asked.allow_move or planned.standing != "booked" or booked is None:
        return False
    return booked > session.present and planned.state.outside_window is None  # a deviation was allowed for that time


def _check_visits(asked: Wanted, plans: Iterator[ParticipantPlan], settled: Settled) -> None:
    if not asked.visits:
        return
    known = {each.id for plan in plans for each in plan.visits} | settled.protocol.encounters.keys()
    unknown = [visit for visit in asked.visits if visit not in known]
    if unknown:
        raise Refusal(
            Finding("DC918", msg("nobody in this study has a visit '{visit}'", visit=visit),
                    msg("the visits are: {visits}", visits=", ".join(sorted(known))))
            for visit in unknown
        )  # fmt: skip


def _without(settled: Settled, plan: ParticipantPlan, visits: set[str]) -> ParticipantPlan:
    """The plan of a participant as if these visits were not booked: the doses that may move are no gap's other end."""
    known = {name: replace(each, booked=None) if name in visits else each for name, each in plan.state.visits.items()}
    return plan_of(settled, replace(plan.state, visits=known))


def _firsts(plans: Mapping[str, tuple[Settled, ParticipantPlan]]) -> dict[str, str]:
    """The visit of each participant's first dose, of those who had none yet."""
    found = {}
    for code, (_, plan) in plans.items():
        doses = [each for each in plan.visits if each.dosed and each.expected and each.standing != "missed"]
        had = any(each.state.given or each.attended for each in doses)
        dated = [each for each in doses if each.target is not None]
        if dated and not had:
            found[code] = min(dated, key=lambda each: local_day(each.target or dt.date.max)).id
    return found


def _stagger(
    people: _People, settled: Settled, firsts: Mapping[str, str], code: str, moving: set[tuple[str, str]]
) -> Callable[[str, dt.date], Message | None]:
    """Why a first dose on a day comes too soon after that of another participant, given or booked to stay."""
    limit = settled.here.stagger if settled.here else None
    state = people.states[code]
    mine = None if limit is None else level_of(settled, state)

    def said(visit: str, day: dt.date) -> Message | None:
        if limit is None or mine is None or firsts.get(code) != visit:
            return None
        try:
            check_staggered(settled, people.states.values(), state, day, dosed=True)
        except Refusal as refusal:
            return refusal.findings[0].what
        for other, theirs in firsts.items():
            known = people.states[other].visits.get(theirs)
            booked = known.booked if known is not None and (other, theirs) not in moving else None
            if other == code or booked is None or level_of(settled, people.states[other]) != mine:
                continue
            if abs((local_day(booked) - day).days) < limit.days:
                return msg("{other} is booked for a first dose on {day}, and first doses are {days} days apart",
                           other=other, day=local_day(booked), days=limit.days)  # fmt: skip
        return None

    return said


def _asking(session: Session) -> Asking:
    may = may_override(session.by.role, session.staffed)
    return Asking(at=session.at, present=session.present, may_override=may)


def _drafts(people: _People, plan: ManyPlaced) -> Sequence[Draft]:
    """Decide on each booking as `visit book` and `visit move` do, as if those before it were booked already."""
    leaving = {(each.task.code, each.task.planned.id) for each in plan.placed}
    booked: dict[dt.date, list[Booked]] = defaultdict(list)
    for row in people.reading.rows(first=people.session.today.isoformat(), standing=TAKES_ROOM):
        if (row.participant, row.visit) not in leaving and row.day is not None:
            booked[dt.date.fromisoformat(row.day)].append((row.participant, row.visit))
    clinics: dict[int, AtClinic] = {}
    drafts = []
    for each in plan.placed:
        day = each.when.date()
        site = settled_of(people.study.in_effect(day))
        if id(site) not in clinics:
            clinics[id(site)] = at_clinic(site, lambda asked: booked[asked])
        drafts.append(_decided(people, each, clinics[id(site)]))
        booked[day].append((each.task.code, each.task.planned.id))
    return drafts


def _decided(people: _People, each: Placed, here: AtClinic) -> Draft:
    settled, plan = people.on(each.task.code, each.when.date())
    decide = decide_visit.book if each.task.booked is None else decide_visit.move
    decision = decide(settled, plan, each.task.planned.id, each.when, _asking(people.session), here)
    assert not decision.overrides, "no reason is given that could allow a deviation"
    assert not decision.start, "a visit that others count from stays on its day"
    return decision.draft


def _mind(people: _People, plan: ManyPlaced) -> Iterator[Message]:
    """Yield the holds under which some of these doses would stand."""
    for each in plan.placed:
        if each.task.planned.dosed:
            settled, own = people.on(each.task.code, people.session.today)
            for hold in holds_on(people.study, settled, own.state):
                yield held_back(hold).what
