"""A plan for many visits, from the solver's days: the times of day, who found none, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from dosecalc.registry.many_visits import counted_from, own_time
from dosecalc.text import msg
from dosecalc.visits.room import PLACES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from dosecalc.registry.many_visits import Many, Task
    from dosecalc.registry.openings import DayOption
    from dosecalc.text import Message, Words
    from dosecalc.visits.booking import Booked


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A visit with its new day and time."""

    task: Task
    option: DayOption
    when: dt.datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """What stands against the days from `first` to `last`."""

    first: dt.date
    last: dt.date
    texts: tuple[Message, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unplaced:
    """A visit that finds no day; one that was booked stays where it is."""

    task: Task
    why: tuple[Why, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Overload:
    """A day that is full of what some visits wanted that found no day: `taken` of `limit`, and how many they are."""

    day: dt.date
    resource: Words | Message
    taken: int
    limit: int
    wanted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ManyPlaced:
    """The plan as it is shown, in order of time."""

    placed: tuple[Placed, ...]
    unplaced: tuple[Unplaced, ...]
    overloads: tuple[Overload, ...]
    stays: int
    """How many bookings might have moved and stay."""
    cost: int
    bound: int

    @property
    def optimal(self) -> bool:
        """Whether no plan is better."""
        return self.cost == self.bound

    @property
    def days_from_target(self) -> int:
        """How many days lie between the visits and their targets, in all."""
        return sum(abs(each.option.distance) for each in self.placed)


def placed(many: Many, found: Booked) -> ManyPlaced:
    """Return the plan that the solver's days make."""
    chosen = {index: day for index, day in enumerate(found.days) if day is not None}
    stays = [index for index, day in chosen.items() if many.tasks[index].keeps(day)]
    times = _times(many, chosen, stays)
    taken = _taken(many, chosen)
    without = [index for index, day in enumerate(found.days) if day is None]
    lacking = [index for index in chosen if index not in times]
    made = [
        Placed(task=many.tasks[index], option=many.tasks[index].possible[chosen[index]], when=when)
        for index, when in times.items()
        if index not in stays
    ]
    return ManyPlaced(
        placed=tuple(sorted(made, key=lambda each: (each.when, each.task.code, each.task.planned.id))),
        unplaced=tuple(
            Unplaced(task=many.tasks[index], why=tuple(_why(many, index, chosen, taken)))
            for index in sorted(without + lacking)
        ),
        overloads=tuple(_overloads(many, without, taken)),
        stays=len(stays),
        cost=found.cost,
        bound=found.bound,
    )


def _times(many: Many, chosen: Mapping[int, dt.date], stays: Sequence[int]) -> dict[int, dt.datetime]:
    """The time of each visit: the emptiest one of its day, of those the earliest; never two of one participant.

    Those who can come at few times only choose first. So no time has more visits than an even spread of the day's
    places over the clinic's times, unless windows in hours want it.
    """
    found: dict[int, dt.datetime] = {}
    load: Counter[dt.datetime] = Counter()
    own: dict[tuple[str, dt.date], list[dt.datetime]] = defaultdict(list)

    def take(code: str, begin: dt.datetime) -> None:
        load[begin] += 1
        own[code, begin.date()].append(begin)

    for day in set(chosen.values()):
        for each in many.standing.get(day, ()):
            if each.begin is not None:
                take(each.code, each.begin)
    for index in stays:
        begin = many.tasks[index].booked
        assert begin is not None, "what stays is booked"
        found[index] = begin
        take(many.tasks[index].code, begin)
    waiting = [index for index in chosen if index not in found]
    for index in sorted(waiting, key=lambda index: (chosen[index], *_narrow(many.tasks[index], chosen[index]))):
        task = many.tasks[index]
        theirs = own[task.code, chosen[index]]
        free = [
            each
            for each in task.possible[chosen[index]].times
            if all(abs(each - other) >= many.visit_length for other in theirs)
        ]
        if free:
            found[index] = min(free, key=lambda each: (load[each], each))
            take(task.code, found[index])
    return found


def _narrow(task: Task, day: dt.date) -> tuple[int, str, str]:
    return len(task.possible[day].times), task.code, task.planned.id


def _taken(many: Many, chosen: Mapping[int, dt.date]) -> dict[dt.date, Counter[str]]:
    """What is taken on each day, by the bookings that stay and by this plan."""
    days = {day for task in many.tasks for day in task.possible}
    taken = {day: many.used(day) for day in days}
    for index, day in chosen.items():
        task = many.tasks[index]
        taken[day].update((*task.needs.uses, own_time(task.code)))
    return taken


def _why(many: Many, index: int, chosen: Mapping[int, dt.date], taken: Mapping[dt.date, Counter[str]]) -> Iterator[Why]:
    """Say of each day why the visit does not take it; days with the same reasons stand together."""
    options = many.tasks[index].options

    def texts(option: DayOption) -> tuple[Message, ...]:
        if not option.possible:
            return tuple(each.text for each in option.against)
        return tuple(_taken_by_others(many, index, option.day, chosen, taken[option.day]))

    for reasons, days in groupby(options, key=texts):
        run = list(days)
        yield Why(first=run[0].day, last=run[-1].day, texts=reasons)


def _taken_by_others(
    many: Many, index: int, day: dt.date, chosen: Mapping[int, dt.date], taken: Mapping[str, int]
) -> Iterator[Message]:
    task = many.tasks[index]
    for first, second in counted_from(many.tasks):
        if second == index and first not in chosen:
            yield msg("it counts from {visit}, which finds no day; give that a day first: `participant anchor`",
                      visit=many.tasks[first].planned.id)  # fmt: skip
            return
    said = False
    for name in sorted(task.needs.uses):
        limit = many.room.limits.get(name)
        if limit is not None and taken[name] >= limit:
            said = True
            yield msg(
                "full: {taken} of {limit} {resource}", taken=taken[name], limit=limit, resource=_label(many, name)
            )
    for rule in many.distances:
        other = {rule.first: rule.second, rule.second: rule.first}.get(index)
        if other is not None and other in chosen:
            days = (chosen[other] - day).days if index == rule.first else (day - chosen[other]).days
            if (rule.least is not None and days < rule.least) or (rule.most is not None and days > rule.most):
                said = True
                yield msg("the gap to the dose of {visit} on {day} is not kept",
                          visit=many.tasks[other].planned.id, day=chosen[other])  # fmt: skip
    for pair in many.apart:
        other = {pair.one: pair.other, pair.other: pair.one}.get(index)
        if other is not None and other in chosen and abs((chosen[other] - day).days) < pair.days:
            said = True
            yield msg("{other} gets the first dose on {day}, and first doses are {days} days apart",
                      other=many.tasks[other].code, day=chosen[other], days=pair.days)  # fmt: skip
    if not said:
        yield msg("no time of that day is left, or the search ended before one was found")


def _overloads(many: Many, without: Sequence[int], taken: Mapping[dt.date, Counter[str]]) -> Iterator[Overload]:
    """Yield the full days that visits without a day wanted, each with what it is full of."""
    wanted = Counter(
        (day, name) for index in without for day in many.tasks[index].possible for name in many.tasks[index].needs.uses
    )
    for day, name in sorted(wanted):
        limit = many.room.limits.get(name)
        if limit is not None and taken[day][name] >= limit:
            yield Overload(
                day=day,
                resource=_label(many, name),
                taken=taken[day][name],
                limit=limit,
                wanted=wanted[day, name],
            )


def _label(many: Many, name: str) -> Words | Message:
    return msg("places") if name == PLACES else many.room.labels[name]
