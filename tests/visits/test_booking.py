"""Plans for many visits: proved best, and equal to what trying every plan finds on small cases."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from dosecalc.visits.booking import UNBOOKED, Apart, Distance, Problem, Wish, best_days, cost_of, keeps

MONDAY = dt.date(2026, 3, 2)


def day(number: int) -> dt.date:
    return MONDAY + dt.timedelta(days=number)


def wish(costs: dict[int, int], *uses: str, unbooked: int = UNBOOKED) -> Wish:
    days = {day(number): cost for number, cost in costs.items()}
    return Wish(days=days, uses=frozenset(uses or ("",)), unbooked=unbooked)


def every_plan(problem: Problem) -> Iterator[tuple[dt.date | None, ...]]:
    return itertools.product(*([None, *each.days] for each in problem.wishes))


def allowed(problem: Problem, days: tuple[dt.date | None, ...]) -> bool:
    """The constraints once more, as the module's head states them, by counting."""
    for (place, name), room in problem.room.items():
        taking = [d for w, d in zip(problem.wishes, days, strict=True) if d == place and name in w.uses]
        if len(taking) > room:
            return False
    for rule in problem.distances:
        first, second = days[rule.first], days[rule.second]
        if first is None or second is None:
            continue
        apart = second.toordinal() - first.toordinal()
        if (rule.least is not None and apart < rule.least) or (rule.most is not None and apart > rule.most):
            return False
    if any(days[second] is not None and days[first] is None for first, second in problem.after):
        return False
    for pair in problem.apart:
        one, other = days[pair.one], days[pair.other]
        if one is not None and other is not None and abs(one.toordinal() - other.toordinal()) < pair.days:
            return False
    return True


def price(problem: Problem, days: tuple[dt.date | None, ...]) -> int:
    """Every visit pays for its day, and for each visit that its day had before it; without a day it pays that."""
    total, load = 0, dict(problem.booked)
    for each, chosen in zip(problem.wishes, days, strict=True):
        if chosen is None:
            total += each.unbooked
            continue
        total += each.days[chosen] + problem.even_load * load.get(chosen, 0)
        load[chosen] = load.get(chosen, 0) + 1
    return total


def best_by_trying(problem: Problem) -> int:
    return min(price(problem, days) for days in every_plan(problem) if allowed(problem, days))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    numbers = st.integers(0, 4)
    names = st.sets(st.sampled_from(["", "chair", "bath"]), min_size=1)
    wishes = draw(
        st.lists(
            st.builds(
                lambda costs, uses, unbooked: wish(costs, *sorted(uses), unbooked=unbooked),
                st.dictionaries(numbers, st.integers(0, 9), max_size=4),
                names,
                st.sampled_from([UNBOOKED, 10 * UNBOOKED]),
            ),
            min_size=1,
            max_size=5,
        )
    )
    index = st.integers(0, len(wishes) - 1)
    room = draw(st.dictionaries(st.tuples(numbers, st.sampled_from(["", "chair", "bath"])), st.integers(0, 2)))
    two = st.tuples(index, index).filter(lambda each: each[0] != each[1])
    limits = st.one_of(st.none(), st.integers(-1, 4))
    distances = draw(
        st.lists(
            st.builds(lambda pair, low, high: Distance(first=pair[0], second=pair[1], least=low, most=high),
                      two, limits, limits),
            max_size=2,
        )
    )  # fmt: skip
    apart = draw(st.lists(st.builds(lambda p, n: Apart(one=p[0], other=p[1], days=n), two, numbers), max_size=2))
    return Problem(
        wishes=wishes,
        room={(day(number), name): left for (number, name), left in room.items()},
        booked={day(number): count for number, count in draw(st.dictionaries(numbers, st.integers(0, 3))).items()},
        distances=distances if len(wishes) > 1 else (),
        apart=apart if len(wishes) > 1 else (),
        after=draw(st.lists(two, max_size=2)) if len(wishes) > 1 else (),
        even_load=draw(st.integers(0, 3)),
    )


@settings(max_examples=150, deadline=None)
@given(problems())
def test_no_plan_is_better_than_the_one_that_is_found(problem: Problem) -> None:
    found = best_days(problem, seconds=60)
    assert allowed(problem, found.days)
    assert keeps(problem, found.days)
    assert found.cost == cost_of(problem, found.days) == price(problem, found.days) == best_by_trying(problem)
    assert found.optimal
