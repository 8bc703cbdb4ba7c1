"""The clinic's calendar for the wall: a month on one page, or a week with its hours as rows, on A4 or A3.

Nothing on it depends on an arm (R15). A full day stays readable: its letters become smaller down to `SMALLEST`, and
what does not fit even then is counted on the page and stands in the day list.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dosecalc.documents.days import from_to
from dosecalc.documents.typst_pdf import breakable, compiled, pictured
from dosecalc.text import msg, render
from dosecalc.visits.moments import month_of, weekday

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.text import Language, Message, Words

PaperSize = Literal["A4", "A3"]
Mark = Literal["booked", "came", "amiss", "ends"]
SMALLEST: dict[PaperSize, str] = {"A4": "6.5", "A3": "7"}
"""The least size of letters on each paper, in points."""
_LARGEST: dict[PaperSize, str] = {"A4": "9.5", "A3": "13"}
_SIGNS: dict[Mark, str] = {"booked": "", "came": "✓ ", "amiss": "! ", "ends": ""}
_HOURS = (8, 17)
"""The rows of a week of which nothing says when the clinic is open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WallVisit:
    """A visit on its day. `at` is None where it took place at a time that nobody wrote down."""

    at: dt.datetime | None
    participant: str
    visit: str
    mark: Literal["booked", "came", "amiss"] = "booked"
    """`amiss`: it is booked outside its window, or for a day on which the clinic is closed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WallDay:
    """A day of the clinic. `ends` are (participant, visit) whose window ends on it and that nobody has booked.

    `taken` of the day's `places` are booked; None: the site file states no limit.
    """

    day: dt.date
    visits: tuple[WallVisit, ...] = ()
    ends: tuple[tuple[str, str], ...] = ()
    open: bool = True
    why: Message | Words | None = None
    provisional: bool = False
    taken: int = 0
    places: int | None = None

    @property
    def full(self) -> bool:
        """Whether no place is left."""
        return self.places is not None and self.taken >= self.places

    @property
    def tally(self) -> str:
        """How many places are taken, of how many; nothing where there is nothing to say."""
        if self.places is None or (not self.open and not self.taken):
            return str(self.taken) if self.taken else ""
        return f"{self.taken}/{self.places}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wall:
    """The days of one page. `hours` are those of the clinic, in minutes of the day, from and to."""

    kind: Literal["month", "week"]
    protocol: str
    clinic: Words | None
    days: tuple[WallDay, ...]
    hours: tuple[tuple[int, int], ...] = ()
    known: dt.datetime
    """The moment whose bookings it shows, in the site's zone."""


def wall_pdf(wall: Wall, language: Language, paper: PaperSize, font: str | None = None) -> bytes:
    """Return the page as PDF/A-2b.

    Raises:
        Refusal: DC640, a package is missing; DC641, a character is in no font; DC642, `font` is no font.
    """
    return compiled(f"{wall.kind}.typ", _data(wall, language, paper), language, wall.known, font)


def wall_png(wall: Wall, language: Language, paper: PaperSize, font: str | None = None) -> bytes:
    """Return the page as a picture.

    Raises:
        Refusal: as `wall_pdf`.
    """
    return pictured(f"{wall.kind}.typ", _data(wall, language, paper), language, wall.known, font)


def title(wall: Wall) -> Message:
    """What stands over the page: the month, or the week with its first and last day."""
    first, last = wall.days[0].day, wall.days[-1].day
    if wall.kind == "month":
        return msg("{month} {year}", month=month_of(first), year=first.year)
    return msg("{days} (week {week})", days=from_to(first, last), week=first.isocalendar().week)


def subtitle(wall: Wall) -> Message:
    """Whose visits these are."""
    if wall.clinic is None:
        return msg("Visits of {protocol}", protocol=wall.protocol)
    return msg("Visits of {protocol}, {clinic}", protocol=wall.protocol, clinic=wall.clinic)


def known(wall: Wall) -> Message:
    """Up to when bookings are looked at: paper goes stale."""
    return msg("As of {when}; bookings may have changed since", when=f"{wall.known:%Y-%m-%d %H:%M}")


def visit_text(each: WallVisit, *, clock: bool = True) -> str:
    """A visit in a few characters: its sign, the time, who, and which."""
    at = "" if not clock else "– " if each.at is None else f"{each.at:%H:%M} "
    return f"{_SIGNS[each.mark]}{at}{each.participant} {each.visit}"


def reason(day: WallDay) -> Message | Words | None:
    """Why a day is closed, or open on other grounds than its weekday."""
    if day.why is None:
        return None
    if not day.open:
        plain = day.day.weekday() > 4 and day.why == weekday(day.day)
        return msg("closed") if plain else msg("closed: {why}", why=day.why)
    return msg("open: {why}", why=day.why)


def legend(wall: Wall) -> Iterator[tuple[str, Message]]:
    """Yield what the signs of the page mean, those alone that stand on it: (its kind, the text)."""
    marks = {each.mark for day in wall.days for each in day.visits}
    if any(day.ends for day in wall.days):
        yield "ends", msg("the last day of its window, and it is not booked")
    if "came" in marks:
        yield "came", msg("came")
    if "amiss" in marks:
        yield "amiss", msg("booked outside its window, or for a day on which the clinic is closed")
    if any("/" in day.tally for day in wall.days):
        yield "tally", msg("places taken, of those that there are; black: the day is full")
    if any(not day.open for day in wall.days):
        yield "closed", msg("the clinic is closed")
    if any(day.provisional for day in wall.days):
        yield (
            "provisional",
            msg("provisional: the official notice of public holidays is not known yet, and working days may change"),
        )


def rows_of_hours(wall: Wall) -> list[int]:
    """The hours of a week's rows: those of the clinic, and those of every visit."""
    found = [each.at.hour for day in wall.days for each in day.visits if each.at is not None]
    whole_day = not wall.hours or wall.hours == ((0, 24 * 60),)
    if whole_day:
        first, last = _HOURS
    else:
        first, last = wall.hours[0][0] // 60, (wall.hours[-1][1] - 1) // 60 + 1
    return list(range(min([first, *found]), max([last - 1, *found]) + 1))


def in_hours(wall: Wall, hour: int) -> bool:
    """Whether the clinic sees visits in some part of that hour."""
    return not wall.hours or any(first < 60 * (hour + 1) and 60 * hour < last for first, last in wall.hours)


def in_weeks(wall: Wall) -> list[list[WallDay | None]]:
    """The days in weeks from Monday to Sunday; None is a day of another month."""
    before: list[WallDay | None] = [None] * wall.days[0].day.weekday()
    cells = before + list(wall.days)
    cells += [None] * (-len(cells) % 7)
    return [cells[place : place + 7] for place in range(0, len(cells), 7)]


def narrow(days: Iterator[WallDay | None]) -> bool:
    """Whether a column may be narrow: the clinic is never open on its days, and nothing stands on them."""
    return all(day is None or (not day.open and not day.visits and not day.ends) for day in days)


def _data(wall: Wall, language: Language, paper: PaperSize) -> dict[str, Any]:
    """Return what the templates read."""

    def say(text: object) -> str:
        return render(text, language)

    signs = {"tally": "5/6", "came": "✓", "amiss": "!", "provisional": "?"}
    common = {
        "title": say(title(wall)),
        "subtitle": breakable(say(subtitle(wall))),
        "paper": paper.lower(),
        "smallest": SMALLEST[paper],
        "largest": _LARGEST[paper],
        "more": say(msg("+{count} more, see the day list", count="{count}")),
        "known": say(known(wall)),
        "legend": [{"kind": kind, "sign": signs.get(kind, ""), "text": say(text)} for kind, text in legend(wall)],
    }
    if wall.kind == "month":
        return common | _month(wall, language)
    return common | _week(wall, language)


def _head(day: WallDay, language: Language) -> dict[str, Any]:
    why = reason(day)
    return {
        "number": str(day.day.day),
        "tally": day.tally,
        "full": day.full,
        "closed": not day.open,
        "provisional": day.provisional,
        "why": "" if why is None else breakable(render(why, language)),
    }


def _entries(visits: tuple[WallVisit, ...], ends: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    booked = [{"kind": each.mark, "text": breakable(visit_text(each))} for each in visits]
    return booked + [{"kind": "ends", "text": breakable(" ".join(each))} for each in ends]


def _month(wall: Wall, language: Language) -> dict[str, Any]:
    weeks = in_weeks(wall)
    monday = dt.date(2024, 1, 1)
    return {
        "weekdays": [render(weekday(monday + dt.timedelta(days=place)), language) for place in range(7)],
        "narrow": [narrow(week[place] for week in weeks) for place in range(7)],
        "weeks": [
            {
                "label": f"W{next(day for day in week if day).day.isocalendar().week:02}",
                "days": [
                    None if day is None else _head(day, language) | {"entries": _entries(day.visits, day.ends)}
                    for day in week
                ],
            }
            for week in weeks
        ],
    }


def _week(wall: Wall, language: Language) -> dict[str, Any]:
    def say(text: object) -> str:
        return render(text, language)

    rows: list[dict[str, Any]] = []
    if any(each.at is None for day in wall.days for each in day.visits):
        rows.append({"label": "–", "open": True, "cells": [_at(day, None) for day in wall.days]})
    rows += [
        {"label": f"{hour:02}:00", "open": in_hours(wall, hour), "cells": [_at(day, hour) for day in wall.days]}
        for hour in rows_of_hours(wall)
    ]
    if any(day.ends for day in wall.days):
        label = say(msg("not booked"))
        rows.append({"label": label, "open": True, "cells": [_entries((), day.ends) for day in wall.days]})
    return {
        "heads": [
            _head(day, language)
            | {"weekday": say(weekday(day.day)), "number": say(msg("{day} {month}", day=day.day.day,
                                                                   month=month_of(day.day)))}
            for day in wall.days
        ],
        "narrow": [narrow(iter([day])) for day in wall.days],
        "rows": rows,
    }  # fmt: skip


def _at(day: WallDay, hour: int | None) -> list[dict[str, str]]:
    return _entries(tuple(each for each in day.visits if (each.at.hour if each.at else None) == hour), ())
