"""What no type can hold: functions from a protocol to its findings.

They also run on a protocol with unreadable places (`INVALID`), which they pass over: those are reported already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding, Where
from dosecalc.protocol.arm_checks import check_arms
from dosecalc.protocol.assumption_checks import check_assumptions
from dosecalc.protocol.binding import INVALID, readable
from dosecalc.protocol.dose_rule import Answer, DoseRule, LevelRef
from dosecalc.protocol.gap_checks import check_gaps
from dosecalc.protocol.masking_checks import check_masking
from dosecalc.protocol.model import (
    AnchorVisit,
    Arm,
    Assumption,
    Check,
    Encounter,
    Protocol,
    Repeat,
    Timing,
    Window,
)
from dosecalc.protocol.occurrences import occurrences
from dosecalc.protocol.offsets import CalendarOffset, ClockOffset
from dosecalc.protocol.unit_checks import check_units
from dosecalc.protocol.walk import walk
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

MOST_REPEATS = 400
"""More visits of one encounter than a trial of decades has: a slip of the key, not a plan."""


def check_protocol(protocol: Protocol) -> Iterator[Finding]:
    """Every finding of the protocol that its types do not already exclude."""
    yield from _references(protocol)
    yield from _anchors(protocol)
    yield from _encounters(protocol)
    yield from check_arms(protocol)
    yield from check_assumptions(protocol)
    yield from _levels(protocol)
    yield from _elapsed(protocol)
    yield from check_gaps(protocol.gaps, "gaps")
    yield from check_units(protocol)
    yield from check_masking(protocol)


def _unknown(kind: Message, name: Any, known: Container[str], where: Where, path: str) -> Iterator[Finding]:
    if name not in (None, INVALID) and name not in known:
        yield Finding(
            "DC117",
            msg("there is no {kind} '{name}' in this protocol", kind=kind, name=name),
            msg("correct the name, or add it under its section"),
            where,
            path,
        )


def _references(protocol: Protocol) -> Iterator[Finding]:
    for path, record in walk(protocol):
        source = readable(getattr(record, "source", None))
        if source is not None:
            yield from _unknown(msg("document"), source.document, protocol.documents, source.where, f"{path}.source")
        for key, kind, section in _NAMES.get(type(record), ()):
            named = getattr(record, key)
            for name in named if isinstance(named, tuple) else (named,):
                yield from _unknown(kind, name, getattr(protocol, section), record.where, f"{path}.{key}")


_NAMES: dict[type, tuple[tuple[str, Message, str], ...]] = {
    Answer: (("answer", msg("assumption"), "assumptions"),),
    LevelRef: (("level", msg("level"), "levels"),),
    Timing: (("anchor", msg("anchor"), "anchors"),),
    Repeat: (("until", msg("anchor"), "anchors"),),
    AnchorVisit: (("encounter", msg("encounter"), "encounters"),),
    Encounter: (("defines", msg("anchor"), "anchors"),),
    Check: (("start", msg("anchor"), "anchors"), ("end", msg("anchor"), "anchors")),
    DoseRule: (("product", msg("product"), "products"), ("area", msg("area"), "areas")),
    Arm: (("encounters", msg("encounter"), "encounters"),),
    Assumption: (("arms", msg("arm"), "arms"),),
}
"""Of each record the keys that name something: the key, what it names, and the section where that must stand."""


def _anchors(protocol: Protocol) -> Iterator[Finding]:
    if not protocol.anchors:
        return
    starts = [a for a in protocol.anchors.values() if a.given == "start"]
    if len(starts) != 1:
        yield Finding(
            "DC127",
            msg("exactly one anchor takes the start date; here are {count}", count=len(starts)),
            msg("write 'given: start' at one anchor"),
            path="anchors" if not starts else f"anchors.{starts[-1].id}",
        )
    for anchor in protocol.anchors.values():
        path = f"anchors.{anchor.id}"
        if anchor.given is not INVALID and (anchor.given == "visit") != (anchor.visit is not None):
            yield Finding(
                "DC129",
                msg("'visit' and 'given: visit' belong together"),
                msg("write both, or neither"),
                anchor.where,
                path,
            )
        if not anchor.visit or not protocol.encounters:
            continue
        encounter = protocol.encounters.get(anchor.visit.encounter)
        if encounter and (encounter.repeat is not None) != (anchor.visit.occurrence is not None):
            yield Finding(
                "DC128",
                msg("'occurrence' tells which one of a repeated encounter is meant, and only there"),
                msg("write 'occurrence: first' or 'occurrence: last' where the encounter repeats; remove it elsewhere"),
                anchor.visit.where,
                path,
            )
    yield from _cycles(protocol)


def _cycles(protocol: Protocol) -> Iterator[Finding]:
    """Anchor → the visit it takes its date from → the anchors of that visit and of its repeat's end … must end."""
    order = {name: number for number, name in enumerate(protocol.anchors)}
    reported: set[str] = set()
    done: set[str] = set()
    for first in protocol.anchors:
        # A stack of its own instead of recursion: no chain of a file can exhaust the interpreter's.
        trail: dict[str, Iterator[str]] = {} if first in done else {first: _next_anchors(protocol, first)}
        while trail:
            name, following = next(reversed(trail.items()))
            after = next(following, None)
            if after is None:
                trail.pop(name)
                done.add(name)
            elif after not in trail:
                if after not in done:
                    trail[after] = _next_anchors(protocol, after)
            elif not reported & set(circle := list(trail)[list(trail).index(after) :]):
                reported |= set(circle)
                start = circle.index(min(circle, key=order.__getitem__))
                circle = [*circle[start:], *circle[: start + 1]]
                yield Finding(
                    "DC112",
                    msg("these anchors hang on each other in a circle: {trail}", trail=" → ".join(circle)),
                    msg("let one of them count from the start date"),
                    protocol.anchors[circle[0]].where,
                    f"anchors.{circle[0]}",
                )


def _next_anchors(protocol: Protocol, name: str) -> Iterator[str]:
    """The anchors that must be known before this one, because the visit that it takes its date from hangs on them."""
    visit = readable(protocol.anchors[name].visit)
    encounter = protocol.encounters.get(visit.encounter) if visit and protocol.encounters else None
    if encounter is None:
        return
    timing, repeat = readable(encounter.timing), readable(encounter.repeat)
    for other in (timing.anchor if timing else encounter.defines, repeat.until if repeat else None):
        if other is not None and other in protocol.anchors:
            yield other


def _encounters(protocol: Protocol) -> Iterator[Finding]:
    if not protocol.encounters:
        return
    seen: dict[str, str] = {}
    for encounter in protocol.encounters.values():
        path = f"encounters.{encounter.id}"
        given = [encounter.defines is not None, encounter.timing is not None, bool(encounter.unscheduled)]
        defined = (protocol.anchors or {}).get(encounter.defines) if encounter.defines else None
        if defined and defined.visit:
            yield Finding(
                "DC136",
                msg(
                    "'{anchor}' already takes its date from the visit '{visit}'",
                    anchor=defined.id,
                    visit=defined.visit.encounter,
                ),
                msg("give this encounter a 'timing' that counts from '{anchor}'", anchor=defined.id),
                encounter.where,
                f"{path}.defines",
            )
        if sum(given) != 1:
            yield Finding(
                "DC111",
                msg("the encounter '{id}' needs one timing", id=encounter.id),
                msg("write 'timing', or 'defines' with the anchor whose date it is, or 'unscheduled: true'"),
                encounter.where,
                path,
            )
        if encounter.repeat and not encounter.timing:
            yield Finding(
                "DC111",
                msg("only an encounter with a timing can repeat"),
                msg("add 'timing', or remove 'repeat'"),
                encounter.where,
                path,
            )
        count = readable(encounter.repeat.count) if encounter.repeat else 1
        if count is not None and not 1 <= count <= MOST_REPEATS:
            yield Finding(
                "DC125",
                msg("a repeat comes once to {most} times", most=MOST_REPEATS),
                msg("write how often it comes at the most"),
                path=f"{path}.repeat.count",
            )
        if encounter.timing:
            yield from _timing(encounter.timing, encounter.repeat, f"{path}.timing")
        visits = occurrences(encounter) if count is not None and count <= MOST_REPEATS else ()
        for name, _ in visits:
            if name.casefold() in seen:
                yield Finding(
                    "DC116",
                    msg("the id '{id}' would belong to two visits", id=name),
                    msg("give one of the encounters another id; repeats add a number to theirs"),
                    encounter.where,
                    path,
                )
            seen[name.casefold()] = encounter.id


def _timing(timing: Timing, repeat: Repeat | None, path: str) -> Iterator[Finding]:
    if timing.times == 0:
        yield Finding(
            "DC125",
            msg("an offset counts at least once"),
            msg("write 'times: 1', or leave it out"),
            path=f"{path}.times",
        )
    offset = timing.offset
    window = timing.window
    sides = (window.before, window.after) if isinstance(window, Window) else ()
    given = (*sides, *((repeat.every,) if repeat else ()))
    unsigned = [part for part in map(readable, given) if part is not None]
    if any(part.negative for part in unsigned):
        yield Finding(
            "DC121",
            msg("'before', 'after' and 'every' are distances without a sign"),
            msg("remove the minus sign; 'before' already says the direction"),
            timing.where,
            path,
        )
    if repeat and repeat.every in (CalendarOffset(0, 0), ClockOffset(0)):
        yield Finding(
            "DC125",
            msg("a repeat comes some time after the visit before it"),
            msg("write the distance, such as 'every: P21D'"),
            repeat.where,
            path.removesuffix("timing") + "repeat.every",
        )
    clock = isinstance(offset, ClockOffset)
    if isinstance(offset, (CalendarOffset, ClockOffset)) and any(
        isinstance(part, ClockOffset) != clock for part in unsigned
    ):
        yield Finding(
            "DC120",
            msg("days and hours are mixed: the offset counts one, the window or the repeat the other"),
            msg("write both in days, or both in hours"),
            timing.where,
            path,
        )


def _elapsed(protocol: Protocol) -> Iterator[Finding]:
    for check in (protocol.checks or {}).values():
        limit = readable(check.at_most)
        if limit is not None and limit.negative:
            yield Finding(
                "DC121",
                msg("a limit of elapsed time has no sign"),
                msg("remove the minus sign"),
                path=f"checks.{check.id}.at_most",
            )


def _levels(protocol: Protocol) -> Iterator[Finding]:
    for level in (protocol.levels or {}).values():
        if not level.one_of and (level.at_least is None or level.at_most is None):
            yield Finding(
                "DC123",
                msg("the level '{id}' has no values", id=level.id),
                msg("write 'one_of', or both 'at_least' and 'at_most'"),
                level.where,
                f"levels.{level.id}",
            )
