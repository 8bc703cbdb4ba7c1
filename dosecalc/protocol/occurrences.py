"""The visits that an encounter stands for: itself, or its repeats, numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dosecalc.protocol.model import Encounter


def occurrences(encounter: Encounter) -> tuple[tuple[str, int], ...]:
    """Return (visit id, number from 1) for each occurrence; a repeat's ids have the number behind the encounter's."""
    if not encounter.repeat:
        return ((encounter.id, 1),)
    return tuple((f"{encounter.id}{number}", number) for number in range(1, encounter.repeat.count + 1))
