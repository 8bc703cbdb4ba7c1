"""Sentences of an item's description that a later export reads again: why, and when.

A calendar file has no better place for them: whatever else an item could hold, some program shows or drops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.text import LANGUAGES, Message, msg, render

if TYPE_CHECKING:
    from collections.abc import Callable


def booked_outside(reason: str) -> Message:
    """Say why a visit is booked outside its window."""
    return msg("Booked outside the window. Reason: {reason}", reason=reason)


def took_place(day: str) -> Message:
    """Tell the participant on which day a visit took place."""
    return msg("This visit took place on {day}.", day=day)


def attended(when: str) -> Message:
    """Tell the staff when a visit took place."""
    return msg("Attended: {when}", when=when)


def reason_in(description: str) -> str | None:
    """The reason for a booking outside its window that stands in the description of an item, if one does."""
    return _filled_in(booked_outside, description)


def attended_in(description: str) -> str | None:
    """The day (and time) on which the visit took place, where the description of an item says that it did."""
    return _filled_in(took_place, description) or _filled_in(attended, description)


def _filled_in(sentence: Callable[[str], Message], description: str) -> str | None:
    """What stands in the one gap of `sentence` where a line of the description is that sentence, in any language."""
    for language in LANGUAGES:
        before, _, behind = render(sentence("\0"), language).partition("\0")
        for line in description.split("\n"):
            if line.startswith(before) and line.endswith(behind):
                return line[len(before) : len(line) - len(behind)]
    return None
