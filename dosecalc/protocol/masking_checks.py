"""R15 in the protocol itself: in a masked trial the arms differ in nothing that a masked person sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding
from dosecalc.protocol.binding import readable
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.model import Arm, Protocol


def check_masking(protocol: Protocol) -> Iterator[Finding]:
    """DC118 for each arm of a masked protocol that looks different from the first one, and where it differs."""
    masking = readable(protocol.masking)
    if masking is None or not masking.masked or not protocol.arms:
        return
    first, *others = protocol.arms.values()
    for arm in others:
        for which in _differences(first, arm):
            what = msg("{one} and {two} differ in what masked people see: {what}", one=first.id, two=arm.id, what=which)
            mend = msg("make the arms alike, or say that the trial is not masked")
            yield Finding("DC118", what, mend, arm.where, f"arms.{arm.id}")


def _differences(one: Arm, two: Arm) -> Iterator[Message]:
    if tuple(one.encounters) != tuple(two.encounters):
        yield msg("the encounters")
    left, right = _seen(one), _seen(two)
    for name in [*left, *(n for n in right if n not in left)]:
        if name not in left or name not in right:
            yield msg("only one of them has a dose at {encounter}", encounter=name)
            continue
        for what, a, b in zip(_ASPECTS, left[name], right[name], strict=True):
            if a != b:
                yield msg("{what} at {encounter}", what=what, encounter=name)


_ASPECTS = (msg("the route"), msg("the resources"), msg("the volume"), msg("what is taken home"))


def _seen(arm: Arm) -> dict[str, tuple[Any, ...]]:
    return {
        name: (
            dose.route,
            frozenset(dose.resources),
            dose.volume,
            (dose.topical_daily.days, dose.topical_daily.times_a_day, dose.topical_daily.instruction)
            if dose.topical_daily
            else None,
        )
        for dose in arm.doses
        for name in dose.at
    }
