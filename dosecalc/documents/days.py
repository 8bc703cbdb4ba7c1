"""Days as people say them aloud: with the month's name, and two days of one month with the month said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.text import Message, msg
from dosecalc.visits.moments import month_of

if TYPE_CHECKING:
    import datetime as dt


def in_full(day: dt.date) -> Message:
    """Return `5 February 2026`."""
    return msg("{day} {month} {year}", day=day.day, month=month_of(day), year=day.year)


def from_to(first: dt.date, last: dt.date) -> Message:
    """Return `6 to 12 April 2026`."""
    if first.year != last.year:
        return msg("{first} to {last}", first=in_full(first), last=in_full(last))
    if first.month != last.month:
        return msg(
            "{first} {first_month} to {last} {last_month} {year}",
            first=first.day, first_month=month_of(first), last=last.day, last_month=month_of(last), year=first.year,
        )  # fmt: skip
    return msg(
        "{first} to {last} {month} {year}", first=first.day, last=last.day, month=month_of(first), year=first.year
    )


def between(first: dt.date, last: dt.date) -> Message:
    """Return `Between 5 and 9 February 2026`; of one day, `On 5 February 2026`."""
    if first == last:
        return msg("On {day} {month} {year}", day=first.day, month=month_of(first), year=first.year)
    if first.year != last.year:
        return msg("Between {first} and {last}", first=in_full(first), last=in_full(last))
    if first.month != last.month:
        return msg(
            "Between {first} {first_month} and {last} {last_month} {year}",
            first=first.day, first_month=month_of(first), last=last.day, last_month=month_of(last), year=first.year,
        )  # fmt: skip
    return msg(
        "Between {first} and {last} {month} {year}",
        first=first.day, last=last.day, month=month_of(first), year=first.year,
    )  # fmt: skip
