"""Many visits, limited places: the best days, proved best by HiGHS (package `highspy`, the extra `booking`).

Each visit takes at most one of its days. A day has room for so many visits, and so many of each resource; two doses of
one participant keep their distance. Within that the sum of costs is least: a visit that finds no day costs more than
any other wish can save, then come the costs of the days themselves, then an even load.

The model: x[v, d] = 1 where visit v takes day d, u[v] = 1 where it finds none.

    minimise   Σ cost[v, d] x[v, d] + Σ unbooked[v] u[v] + Σ_d,k even_load (booked[d] + k) s[d, k]
    so that    Σ_d x[v, d] + u[v] = 1                                  for every visit
               Σ_v x[v, d] ≤ room[d, r]                                for every day and resource, v that take r
               Σ_v x[v, d] = Σ_k s[d, k]                               for every day; k = 0, 1, …; 0 ≤ s[d, k] ≤ 1
               Σ_{d ≥ e} x[v, d] + Σ_{d < e + least} x[w, d] ≤ 1       for two doses v before w, and every day e
               Σ_{d ≤ e} x[v, d] + Σ_{d > e + most} x[w, d] ≤ 1        likewise
               u[v] ≤ u[w]                                             for a visit w that counts from v

All costs are whole numbers, so that a plan within less than 1 of the bound is proved best. One thread and one seed: the
same input gives the same plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

UNBOOKED = 100_000
"""What a visit without a day costs: more than all wishes of a visit together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """One visit to be booked: the days that it can take with their costs (whole, not negative), and what it uses."""

    days: Mapping[dt.date, int]
    uses: frozenset[str]
    unbooked: int = UNBOOKED
    """What it costs to leave it without a day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Distance:
    """The doses of the wishes `first` and `second` (indexes), in this order, are so many days apart."""

    first: int
    second: int
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """The wishes `one` and `other` (indexes) are at least so many days apart, in either order (sentinel stagger)."""

    one: int
    other: int
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Everything that a plan depends on."""

    wishes: Sequence[Wish]
    room: Mapping[tuple[dt.date, str], int]
    """What is left of a limit on a day; what is not in it has no limit."""
    booked: Mapping[dt.date, int] = field(default_factory=dict)
    """Visits that stand on a day already, for the even load."""
    distances: Sequence[Distance] = ()
    apart: Sequence[Apart] = ()
    after: Sequence[tuple[int, int]] = ()
    """Pairs of wishes (indexes): while the first has no day, the second gets none, because it counts from the first."""
    even_load: int = 1
    """What each visit costs for each other visit that its day has before it; 0 where the load need not be even."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """The day of each wish, None where it found none; what it costs, and the least that any plan can cost."""

    days: tuple[dt.date | None, ...]
    cost: int
    bound: int

    @property
    def optimal(self) -> bool:
        """Whether no plan is better."""
        return self.cost == self.bound


Progress = Callable[[int | None, int], None]
"""Called some times a second with the cost of the best plan so far (None before there is one) and the bound."""


def best_days(problem: Problem, *, seconds: int, progress: Progress | None = None) -> Booked:
    """Return the best plan that is found within so many seconds of wall clock.

    Ctrl-C stops the search at once.

    Raises:
        Refusal: DC880, highspy is not installed; DC881, the time was too short for any plan.
    """
    if not problem.wishes:
        return Booked(days=(), cost=0, bound=0)
    found = _Model(problem).solve(seconds, progress)
    if not keeps(problem, found.days):
        raise ValueError("the solver's plan breaks a constraint")
    return found


def cost_of(problem: Problem, days: Sequence[dt.date | None]) -> int:
    """What a plan costs."""
    total = sum(
        wish.unbooked if day is None else wish.days[day] for wish, day in zip(problem.wishes, days, strict=True)
    )
    for day, count in Counter(day for day in days if day is not None).items():
        before = problem.booked.get(day, 0)
        total += problem.even_load * sum(range(before, before + count))
    return total


def keeps(problem: Problem, days: Sequence[dt.date | None]) -> bool:
    """Whether a plan keeps every constraint."""
    taken = Counter(
        (day, name) for wish, day in zip(problem.wishes, days, strict=True) if day is not None for name in wish.uses
    )
    return (
        all(day is None or day in wish.days for wish, day in zip(problem.wishes, days, strict=True))
        and all(count <= problem.room[place] for place, count in taken.items() if place in problem.room)
        and all(_kept(each, days[each.first], days[each.second]) for each in problem.distances)
        and all(_far(each, days[each.one], days[each.other]) for each in problem.apart)
        and all(days[second] is None or days[first] is not None for first, second in problem.after)
    )


def _kept(each: Distance, first: dt.date | None, second: dt.date | None) -> bool:
    if first is None or second is None:
        return True
    days = (second - first).days
    return (each.least is None or days >= each.least) and (each.most is None or days <= each.most)


def _far(each: Apart, one: dt.date | None, other: dt.date | None) -> bool:
    return one is None or other is None or abs((one - other).days) >= each.days


class _Model:
    """The problem as rows and columns. A column is a visit's day, a visit's slack, or a step of a day's load."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.cost: list[int] = []
        self.integer: list[bool] = []
        self.rows: list[tuple[int, int, dict[int, int]]] = []
        self.choice: list[dict[dt.date, int]] = []
        for wish in problem.wishes:
            self.choice.append({day: self._column(wish.days[day], integer=True) for day in sorted(wish.days)})
        slacks = []
        for wish, columns in zip(problem.wishes, self.choice, strict=True):
            slacks.append(self._column(wish.unbooked, integer=True))
            self.rows.append((1, 1, dict.fromkeys((*columns.values(), slacks[-1]), 1)))
        for first, second in problem.after:
            self.rows.append((0, 1, {slacks[second]: 1, slacks[first]: -1}))
        self._room()
        self._load()
        for each in problem.distances:
            self._distance(each)
        for pair in problem.apart:
            self._apart(pair)

    def _column(self, cost: int, *, integer: bool) -> int:
        self.cost.append(cost)
        self.integer.append(integer)
        return len(self.cost) - 1

    def _room(self) -> None:
        taking: dict[tuple[dt.date, str], list[int]] = defaultdict(list)
        for wish, columns in zip(self.problem.wishes, self.choice, strict=True):
            for day, column in columns.items():
                for name in wish.uses:
                    if (day, name) in self.problem.room:
                        taking[day, name].append(column)
        for place in sorted(taking):
            room = max(self.problem.room[place], 0)
            if len(taking[place]) > room:
                self.rows.append((0, room, dict.fromkeys(taking[place], 1)))

    def _load(self) -> None:
        if not self.problem.even_load:
            return
        on: dict[dt.date, list[int]] = defaultdict(list)
        for columns in self.choice:
            for day, column in columns.items():
                on[day].append(column)
        for day in sorted(on):
            before = self.problem.booked.get(day, 0)
            steps = [self._column(self.problem.even_load * (before + n), integer=False) for n in range(len(on[day]))]
            self.rows.append((0, 0, dict.fromkeys(on[day], 1) | dict.fromkeys(steps, -1)))

    def _distance(self, each: Distance) -> None:
        first, second = self.choice[each.first], self.choice[each.second]
        if each.least is not None:
            for day in first:
                late = [column for other, column in first.items() if other >= day]
                soon = [column for other, column in second.items() if (other - day).days < each.least]
                self._not_both(late, soon)
        if each.most is not None:
            for day in first:
                early = [column for other, column in first.items() if other <= day]
                far = [column for other, column in second.items() if (other - day).days > each.most]
                self._not_both(early, far)

    def _apart(self, pair: Apart) -> None:
        for day, column in self.choice[pair.one].items():
            near = [c for other, c in self.choice[pair.other].items() if abs((other - day).days) < pair.days]
            self._not_both([column], near)

    def _not_both(self, ones: list[int], others: list[int]) -> None:
        if ones and others:
            self.rows.append((0, 1, dict.fromkeys((*ones, *others), 1)))

    def solve(self, seconds: int, progress: Progress | None) -> Booked:
        try:
            import highspy
        except ModuleNotFoundError:
            raise refuse(
                "DC880",
                msg("the best days are found by the package highspy, which is not installed"),
                msg("install it: pip install 'dosecalc[booking]'"),
            ) from None
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (
            ("output_flag", False), ("threads", 1), ("random_seed", 1), ("time_limit", seconds),
            ("mip_rel_gap", 0 / 1), ("mip_abs_gap", 999 / 1000),
        ):  # fmt: skip
            solver.setOptionValue(name, value)
        solver.passModel(self._lp(highspy))
        _run(solver, progress)
        info = solver.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            raise refuse(
                "DC881",
                msg("no plan was found in {seconds} seconds", seconds=seconds),
                msg("allow more time with --time-limit, or book fewer visits at once"),
            )
        values = solver.getSolution().col_value
        days = tuple(
            next((day for day, column in columns.items() if values[column] > _HALF), None) for columns in self.choice
        )
        return Booked(days=days, cost=cost_of(self.problem, days), bound=_least(info.mip_dual_bound))

    def _lp(self, highspy: Any) -> Any:
        import numpy as np

        count = len(self.cost)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = count, len(self.rows)
        lp.col_cost_ = np.array(self.cost, dtype=np.double)
        lp.col_lower_, lp.col_upper_ = np.zeros(count), np.ones(count)
        lp.row_lower_ = np.array([low for low, _, _ in self.rows], dtype=np.double)
        lp.row_upper_ = np.array([high for _, high, _ in self.rows], dtype=np.double)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.cumsum([0, *(len(row) for _, _, row in self.rows)])
        lp.a_matrix_.index_ = np.array([column for _, _, row in self.rows for column in row])
        lp.a_matrix_.value_ = np.array([value for _, _, row in self.rows for value in row.values()], dtype=np.double)
        kinds = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
        lp.integrality_ = [kinds[each] for each in self.integer]
        return lp


def _run(solver: Any, progress: Progress | None) -> None:
    """Let the solver work in a thread of its own, so that Ctrl-C is heard while it does."""
    seen: list[tuple[int | None, int]] = [(None, 0)]

    def look(event: Any) -> None:
        best, bound = event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
        seen[0] = (_whole(best) if isfinite(best) else None, _least(bound))

    solver.HandleUserInterrupt = True
    solver.cbMipInterrupt += look
    thread = solver.startSolve()
    try:
        while thread.is_alive():
            thread.join(_TENTH)
            if progress is not None:
                progress(*seen[0])
    finally:
        solver.cancelSolve()
        thread.join()


def _least(bound: Any) -> int:
    """What the solver has proved so far that any plan costs; before it has proved anything, nothing."""
    return _whole(bound) if isfinite(bound) else 0


def _whole(bound: Any) -> int:
    """The least whole cost that a bound allows; the solver's bounds are exact to a millionth."""
    whole: int = ceil(bound - _MILLIONTH)
    return whole


_HALF, _MILLIONTH = Fraction(1, 2), Fraction(1, 10**6)
_TENTH = 1 / 10
"""Of a second: how often the solver is looked at."""
