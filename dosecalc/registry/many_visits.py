"""Many visits that are to be booked at once: what each can take, what they take from each other, and what it costs.

A visit's days are those of `openings`; what `visits.booking` decides is which of them. Nothing here reads an arm, so
two allocations of a masked trial have the same plan (R15).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from dosecalc.registry.openings import UNSTATED, is_preferred
from dosecalc.visits.booking import UNBOOKED, Apart, Distance, Problem, Wish
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.openings import DayOption
    from dosecalc.registry.plan_of import ParticipantPlan, PlannedVisit
    from dosecalc.visits.room import Needs, Room

# What a plan costs, in points. Whatever is hard (windows, closed days, places, gaps) has no price: it is kept.
PER_DAY = 10
"""For each day between a visit and its target: nearness comes first."""
NOT_PREFERRED = 15
"""For another weekday than the participant prefers: worth one day from the target, and not two."""
EVEN_LOAD = 1
"""For each other visit that the day has already: of two days as near, the emptier one."""
MOVED = 1_000
"""For a booking that is moved: more than any wish of a visit, so that it is done to find a visit a day at all."""
GIVEN_UP = 10 * UNBOOKED
"""For a booking that would lose its day to others and find no other one: nobody is sent away to let others come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One visit that is to be booked, or whose booking may move."""

    code: str
    planned: PlannedVisit
    needs: Needs
    options: tuple[DayOption, ...]
    """The days that were looked at, in order, but for places: for those the visits of a plan compete."""
    preferred: tuple[str, ...] = ()
    first_dose: str | None = None
    """The level whose first doses keep apart, where this is the first dose of a participant and a level has that."""

    @property
    def booked(self) -> dt.datetime | None:
        """When it is booked, where it may move."""
        return self.planned.state.booked

    @property
    def stands(self) -> bool:
        """Whether it may move, and may as well stay."""
        return self.booked is not None and local_day(self.booked) in self.possible

    @property
    def possible(self) -> dict[dt.date, DayOption]:
        """The days that it can take."""
        return {option.day: option for option in self.options if option.possible}

    def keeps(self, day: dt.date) -> bool:
        """Whether it is booked on that day already: then nothing is recorded."""
        return self.booked is not None and local_day(self.booked) == day

    def cost(self, option: DayOption) -> int:
        """What a day costs, but for the load."""
        if self.keeps(option.day):
            return 0
        liked = not self.preferred or is_preferred(option, self.preferred)
        moved = MOVED if self.booked is not None else 0
        return PER_DAY * abs(option.distance) + (0 if liked else NOT_PREFERRED) + moved


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A booking that stays where it is, or a visit that came; `begin` is None where nobody wrote down its time."""

    code: str
    visit: str
    begin: dt.datetime | None
    uses: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Many:
    """Everything that a plan for many visits rests on. Two that are equal have the same plan."""

    tasks: tuple[Task, ...]
    standing: Mapping[dt.date, tuple[Standing, ...]]
    room: Room
    visit_length: dt.timedelta
    distances: tuple[Distance, ...]
    apart: tuple[Apart, ...]

    def used(self, day: dt.date) -> Counter[str]:
        """What the bookings that stay take on a day."""
        return Counter(name for each in self.standing.get(day, ()) for name in each.uses)

    def problem(self) -> Problem:
        """Return it as the solver takes it."""
        room: dict[tuple[dt.date, str], int] = {}
        slots: dict[tuple[dt.date, str], set[dt.datetime]] = defaultdict(set)
        wishes = []
        for task in self.tasks:
            own = own_time(task.code)
            wishes.append(
                Wish(
                    days={day: task.cost(option) for day, option in task.possible.items()},
                    uses=task.needs.uses | {own},
                    unbooked=GIVEN_UP if task.stands else UNBOOKED,
                )
            )
            for day, option in task.possible.items():
                slots[day, own] |= set(option.times)
                if task.booked is not None and task.keeps(day):
                    slots[day, own].add(task.booked)
        days = sorted({day for day, _ in slots})
        for day in days:
            used = self.used(day)
            room |= {(day, name): limit - used[name] for name, limit in self.room.limits.items()}
        for (day, own), times in slots.items():
            room[day, own] = len(times) - sum(own_time(each.code) == own for each in self.standing.get(day, ()))
        return Problem(
            wishes=wishes,
            room=room,
            booked={day: len(self.standing[day]) for day in days if day in self.standing},
            distances=self.distances,
            apart=self.apart,
            after=tuple(counted_from(self.tasks)),
            even_load=EVEN_LOAD,
        )


def own_time(code: str) -> str:
    """Name what a participant has only so much of on one day: times at which they can be there."""
    return f"time of {code}"  # no resource is called so: an identifier has no spaces


def distances(tasks: Sequence[Task], plans: Mapping[str, ParticipantPlan], settled: Mapping[str, Settled]) -> Iterator[
    Distance
]:  # fmt: skip
    """Yield the gaps between two doses of one participant that are both to be booked."""
    own: dict[str, list[int]] = defaultdict(list)
    for index, task in enumerate(tasks):
        if task.planned.dosed:
            own[task.code].append(index)
    for code, indexes in own.items():
        least, most = settled[code].gap("least"), settled[code].gap("most")
        indexes.sort(key=lambda index: _due(tasks[index]))
        if least is not None:
            for first, second in combinations(indexes, 2):
                yield Distance(first=first, second=second, least=least.days)
        if most is not None:
            yield from _most(tasks, indexes, plans[code], most.days)


def _most(tasks: Sequence[Task], indexes: Sequence[int], plan: ParticipantPlan, days: int) -> Iterator[Distance]:
    """A dose that stands, or is booked another time, between two of them is the one to count from."""
    doses = [each.id for each in plan.visits if each.dosed and each.expected and each.standing != "missed"]
    follows = set(pairwise(doses))
    for first, second in pairwise(indexes):
        if (tasks[first].planned.id, tasks[second].planned.id) in follows:
            yield Distance(first=first, second=second, most=days)


def apart(tasks: Sequence[Task], stagger: int | None) -> Iterator[Apart]:
    """Yield the pairs of first doses of one level that are both to be booked, and can come too near to each other."""
    if stagger is None:
        return
    firsts = [(index, task) for index, task in enumerate(tasks) if task.first_dose is not None and task.possible]
    for (one, task), (other, second) in combinations(firsts, 2):
        if task.first_dose == second.first_dose and task.code != second.code and _near(task, second, stagger):
            yield Apart(one=one, other=other, days=stagger)


def counted_from(tasks: Sequence[Task]) -> Iterator[tuple[int, int]]:
    """Yield the visits (indexes) that others count from, each with one that does: without the first none has a day.

    A booking that stands stays where it is.
    """
    own = {(task.code, task.planned.visit.anchor): index for index, task in enumerate(tasks)
           if task.planned.visit is not None and task.planned.visit.window == "anchor"}  # fmt: skip
    for index, task in enumerate(tasks):
        first = None if task.planned.visit is None else own.get((task.code, task.planned.visit.anchor))
        if first is not None and first != index and task.booked is None:
            yield first, index


def _near(one: Task, other: Task, days: int) -> bool:
    mine, theirs = one.possible, other.possible
    return (min(theirs) - max(mine)).days < days and (min(mine) - max(theirs)).days < days


def _due(task: Task) -> tuple[dt.date, str]:
    target = task.planned.target
    assert target is not None, "only visits whose date is known are to be booked"
    return local_day(target), task.planned.id


def looked_at(planned: PlannedVisit, today: dt.date) -> tuple[dt.date, dt.date] | None:
    """The first and the last day on which a visit is looked for: its window, from today on; None where it is over.

    Where no window is stated, two weeks on either side of the target, or from today where that is past.
    """
    if planned.target is None:
        return None
    if planned.earliest is not None and planned.latest is not None:
        first, last = max(today, local_day(planned.earliest)), local_day(planned.latest)
        return (first, last) if first <= last else None
    target = local_day(planned.target)
    return max(today, target - UNSTATED), max(today, target) + UNSTATED
