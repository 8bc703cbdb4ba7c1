"""Why no day of a range is possible for a visit, and the smallest change that would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.text import Message, msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dosecalc.registry.at_clinic import Booked
    from dosecalc.registry.openings import DayOption, Kind

_FIXED: frozenset[Kind] = frozenset({"past", "closed", "window"})
"""What nobody at the desk can change."""
_DAYS_NAMED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class NoDay:
    """`binding` says what leaves no day, `helps` what would: the changes that are no deviation first."""

    binding: tuple[Message, ...]
    helps: tuple[Message, ...]
    nearest: tuple[DayOption, ...] = ()
    """The nearest days outside the range on which nothing but the window stands against the visit."""


def no_day(
    options: Sequence[DayOption],
    nearest: Sequence[DayOption],
    who: Callable[[dt.date], Sequence[Booked]],
    *,
    window: bool,
) -> NoDay:
    """Return why none of `options` (every day of a range, at least one) is possible.

    `nearest` are the days before and behind them on which it would be, one of each where there is one; `window` says
    whether the range is the visit's window, which it should not leave.
    """
    return NoDay(
        binding=tuple(_binding(options, window=window)),
        helps=(*_helps(options, who), *_nearest(options, nearest, window=window)),
        nearest=tuple(nearest),
    )


def _binding(options: Sequence[DayOption], *, window: bool) -> Iterator[Message]:
    said = {"first": options[0].day, "last": options[-1].day}
    if all(_has(one, "past") for one in options):
        yield (
            msg("the window, {first} to {last}, is over", **said)
            if window
            else msg("the days from {first} to {last} are over", **said)
        )
        return
    coming = [one for one in options if not _has(one, "past")]
    if all(_has(one, "closed") for one in coming):
        reasons = dict.fromkeys(each.why for one in coming for each in one.against if each.why is not None)
        why = _joined(msg("{text}", text=each) for each in reasons)
        if len(coming) < len(options):
            yield msg("the clinic is closed on all days that are left, {first} to {last}: {why}",
                      first=coming[0].day, last=options[-1].day, why=why)  # fmt: skip
        elif window:
            yield msg("the window, {first} to {last}, lies inside a closure: {why}", **said, why=why)
        else:
            yield msg("the clinic is closed on all days from {first} to {last}: {why}", **said, why=why)
        return
    left = [one for one in coming if not _has(one, "closed")]
    for kind in _kinds(left):
        days = [one for one in left if _has(one, kind)]
        every = len(days) == len(left)
        texts = _joined(list(dict.fromkeys(_text(one, kind) for one in days))[:_DAYS_NAMED])
        yield (
            msg("this stands against every open day: {what}", what=texts)
            if every
            else msg(
                "this stands against {count} of {all} open days: {what}", count=len(days), all=len(left), what=texts
            )
        )


def _helps(options: Sequence[DayOption], who: Callable[[dt.date], Sequence[Booked]]) -> Iterator[Message]:
    """Changes at the desk: what a single other booking leaves free."""
    for kind in ("full", "gap", "stagger", "hours", "limit", "thaw", "product"):
        days = [one for one in options if {each.kind for each in one.against} == {kind}]
        if not days:
            continue
        if kind == "full":
            for one in days[:_DAYS_NAMED]:
                booked = ", ".join(f"{code} {visit}" for code, visit in who(one.day))
                yield msg("{day} would be free if one of these moved: {booked}", day=one.day, booked=booked)
        elif kind == "gap":
            yield msg("{day} would be free if the other dose were on another day; if it is only booked, move it first: "
                      "{why}", day=days[0].day, why=_text(days[0], kind))  # fmt: skip
        elif kind == "stagger":
            yield msg("{day} would be free without the participant before: {why}",
                      day=days[0].day, why=_text(days[0], kind))  # fmt: skip
        elif kind in ("thaw", "product"):
            yield msg("another lot would help: {why}", why=_text(days[0], kind))
        elif kind == "hours":
            yield msg("{day} is open, and a visit at another time of day would help: {why}",
                      day=days[0].day, why=_text(days[0], kind))  # fmt: skip


def _nearest(options: Sequence[DayOption], nearest: Sequence[DayOption], *, window: bool) -> Iterator[Message]:
    first, last = options[0].day, options[-1].day
    if not nearest:
        yield msg("within a year of these days there is none; have the days on which the clinic is open checked in the "
                  "site file")  # fmt: skip
        return
    named = [_named(one.day, first, last) for one in nearest] if window else [msg("{day}", day=one.day)
                                                                              for one in nearest]  # fmt: skip
    if not window:
        yield msg("the nearest days are {days}", days=_joined(named))
    elif len(named) == 1:
        yield msg("the nearest open day is {day}: a deviation, which the investigator allows with --outside-window",
                  day=named[0])  # fmt: skip
    else:
        yield msg("the nearest open days are {one} and {other}: either is a deviation, which the investigator allows "
                  "with --outside-window", one=named[0], other=named[1])  # fmt: skip


def _named(day: dt.date, first: dt.date, last: dt.date) -> Message:
    early, days = day < first, (first - day).days if day < first else (day - last).days
    if days == 1:
        return msg("{day} (1 day early)", day=day) if early else msg("{day} (1 day late)", day=day)
    return (
        msg("{day} ({days} days early)", day=day, days=days)
        if early
        else msg("{day} ({days} days late)", day=day, days=days)
    )


def _has(option: DayOption, kind: Kind) -> bool:
    return any(each.kind == kind for each in option.against)


def _text(option: DayOption, kind: Kind) -> Message:
    return next(each.text for each in option.against if each.kind == kind)


def _kinds(options: Iterable[DayOption]) -> list[Kind]:
    """What stands against any of these days and can change, what stands against most of them first."""
    found: dict[Kind, int] = {}
    for option in options:
        for kind in dict.fromkeys(each.kind for each in option.against):
            if kind not in _FIXED:
                found[kind] = found.get(kind, 0) + 1
    return sorted(found, key=lambda kind: -found[kind])


def _joined(texts: Iterable[Message]) -> Message:
    first, *rest = texts
    for each in rest:
        first = msg("{some}; {another}", some=first, another=each)
    return first
