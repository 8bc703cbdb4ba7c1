"""One visit's timing, one window and one dose of a protocol, each as a sentence that differs where they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from dosecalc.protocol.dose_rule import (
    Answer,
    Fixed,
    LevelRef,
    PerArea,
    PerSite,
    PerWeight,
    TopicalDaily,
    VolumeMatched,
)
from dosecalc.quantity import Quantity, show
from dosecalc.text import Message, msg
from dosecalc.visits.moments import in_words

if TYPE_CHECKING:
    from dosecalc.protocol.dose_rule import Cap, DoseRule
    from dosecalc.protocol.model import Encounter, Protocol, Window
    from dosecalc.protocol.offsets import Offset
    from dosecalc.protocol.settled import Settled


def timing_words(settled: Settled, encounter: Encounter) -> Message:
    """Return when an encounter is due."""
    anchors = settled.protocol.anchors
    timing = encounter.timing
    if encounter.defines is not None:
        return msg("on the day of: {anchor}", anchor=anchors[encounter.defines].label)
    if timing is None:
        return msg("only when there is a reason to")
    anchor = anchors[timing.anchor].label
    if isinstance(timing.offset, Answer):
        found = settled.find(timing.offset.answer)
        offset: object = msg("as {code} is answered", code=timing.offset.answer) if found is None else found.answer
        due = msg("{distance} from: {anchor}", distance=offset, anchor=anchor)
    else:
        due = _counted(timing.offset, anchor)
    if timing.times != 1:
        due = msg("{due}, counted {times} times", due=due, times=timing.times)
    if encounter.repeat is None:
        return due
    repeat = encounter.repeat
    due = msg("{due}, then every {every}, {count} in all", due=due, every=in_words(repeat.every), count=repeat.count)
    return msg("{due}, until: {anchor}", due=due, anchor=anchors[repeat.until].label) if repeat.until else due


def _counted(offset: Offset, anchor: object) -> Message:
    if offset.negative:
        return msg("{distance} before: {anchor}", distance=in_words(offset), anchor=anchor)
    return msg("{distance} after: {anchor}", distance=in_words(offset), anchor=anchor)


def window_words(window: Window | None, whose: str) -> Message:
    """Return how far before and after its target a visit may take place, and who says so."""
    if window is None:
        return msg("no window is stated")
    before, after = in_words(window.before), in_words(window.after)
    if whose == "site":
        return msg("{before} before to {after} after the target, set by the site", before=before, after=after)
    return msg("{before} before to {after} after the target", before=before, after=after)


@dataclass(frozen=True, slots=True)
class DoseWords:
    """The amount of a dose, and all the rest of its rule. Two doses are the same where both are."""

    amount: Message
    rest: Message


def dose_words(protocol: Protocol, dose: DoseRule) -> DoseWords:
    """Return what one dose is: amount; product, what the amount is worked out from, route, volume and caps."""
    rule = dose.rule
    how: list[tuple[Message, object]] = []
    match rule:
        case PerSite():
            amount = _amount(protocol, rule.amount)
            how = [
                (msg("sites"), show(rule.sites)),
                (msg("rounding"), rule.rounding),
                (msg("below one site"), rule.below_one_site),
                (msg("patches"), rule.patches),
                (msg("area measured"), rule.area_measured),
            ]
        case PerArea():
            amount = _amount(protocol, rule.amount)
            how = [
                (msg("covers"), rule.covers),
                (msg("rounding"), rule.rounding),
                (msg("area measured"), rule.area_measured),
            ]
        case Fixed():
            amount = _amount(protocol, rule.amount)
            how = [(msg("counted"), rule.counts)] if rule.counts is not None else []
        case PerWeight():
            amount = _amount(protocol, rule.amount)
            how = [(msg("rounding"), rule.rounding)]
            how += [(msg("counted"), rule.counts)] if rule.counts is not None else []
        case TopicalDaily():
            amount = msg("{amount} for {days}", amount=show(rule.amount), days=show(rule.days))
            how = [(msg("applications a day"), rule.times_a_day)]
        case VolumeMatched():
            amount = msg("the same volume as {product}", product=protocol.products[rule.product].label)
        case _:
            assert_never(rule)
    whole = msg("{product}, {route}", product=protocol.products[dose.product].label, route=dose.route)
    if dose.area is not None:
        how.append((msg("into"), protocol.areas[dose.area].label))
    if dose.volume is not None:
        how.append((msg("volume"), dose.volume))
    for name, value in how:
        whole = msg("{dose}; {name}: {value}", dose=whole, name=name, value=_decision(value))
    for cap in dose.caps:
        whole = msg("{dose}; {cap}", dose=whole, cap=_cap(cap))
    return DoseWords(amount, whole)


_CAPS = {
    "per_site": msg("at most, for each site"),
    "per_dose": msg("at most, for each dose"),
    "cumulative": msg("at most, over all doses"),
}


def _cap(cap: Cap) -> Message:
    return msg("{holds}: {amount} ({above})", holds=_CAPS[cap.holds], amount=show(cap.at_most), above=cap.above)


def _amount(protocol: Protocol, amount: Quantity | LevelRef) -> Message:
    if isinstance(amount, LevelRef):
        return msg("as the level says: {level}", level=protocol.levels[amount.level].label)
    return show(amount)


def _decision(value: object) -> object:
    if isinstance(value, Answer):
        return msg("as {code} is answered", code=value.answer)
    return show(value) if isinstance(value, Quantity) else value
