"""What is the same for every participant of an arm, worked out once: offsets read, months and days summed, order found.

An anchor may take its date from a visit and a visit counts from an anchor, so the steps stand in an order in which each
finds what it needs. Nobody's dates are in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dosecalc.errors import refuse
from dosecalc.protocol.dose_rule import Answer
from dosecalc.protocol.occurrences import occurrences
from dosecalc.protocol.offsets import CalendarOffset, ClockOffset, Offset, parse_offset
from dosecalc.text import Message, Words, msg
from dosecalc.visits.moments import in_words

if TYPE_CHECKING:
    from dosecalc.errors import Refusal
    from dosecalc.protocol.model import Anchor, Encounter, Epoch, Timing, Window
    from dosecalc.protocol.settled import Settled
    from dosecalc.visits.visit import WindowKind

Span = tuple[int, int]
"""Months and days; or no months, and minutes."""

NO_SPAN: Span = (0, 0)
UNSCHEDULED = msg("comes only if its event does, so it has no planned date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One visit: how far from which anchor, and its window. `counts` says what the spans are made of.

    `anchor` counts nothing: the visit's date is the anchor's own (`timed`: with its time of day).
    """

    id: str
    base: str
    label: Words
    epoch: Epoch
    counts: Literal["days", "minutes", "anchor", "nothing"]
    anchor: str | None
    timed: bool = False
    distance: Span = NO_SPAN
    before: Span = NO_SPAN
    after: Span = NO_SPAN
    window: WindowKind
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterSteps:
    """The visits of one encounter. A repeat ends with the date of the anchor `until`, if it has one."""

    steps: tuple[Step, ...]
    until: str | None = None
    until_note: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorStep:
    """One anchor: where its date comes from, and what is said while it is not known."""

    anchor: Anchor
    defined_by: str | None
    """The visit of this arm whose date is the anchor's own."""
    visits: tuple[str, ...]
    """The visits that may give the date, in their order; the first or the last that takes place counts."""
    waiting: Message
    """What is said while no date is given, or none of `visits` is planned."""


Steps = tuple[EncounterSteps | AnchorStep, ...]


def prepare_steps(settled: Settled, encounters: tuple[str, ...]) -> Steps:
    """Return the steps that give the dates of `encounters` and of every anchor the protocol's checks need, in order.

    Raises:
        Refusal: DC301, an offset is an open question; DC416, days and hours are mixed, or a window has a sign;
            DC417, anchors hang on each other in a circle; DC418, a repeat is not what an anchor or a timing expects.
    """
    preparation = _Preparation(settled, encounters)
    for name in encounters:
        preparation.encounter(name)
    for check in settled.protocol.checks.values():
        preparation.anchor(check.start)
        preparation.anchor(check.end)
    return tuple(preparation.steps)


class _Preparation:
    def __init__(self, settled: Settled, listed: tuple[str, ...]) -> None:
        self.settled = settled
        self.protocol = settled.protocol
        self.listed = listed
        self.steps: list[EncounterSteps | AnchorStep] = []
        self.trail: list[str] = []
        self.done: set[str] = set()

    def encounter(self, name: str) -> None:
        key = f"visit {name}"
        if not self.enter(key):
            return
        encounter = self.protocol.encounters[name]
        if encounter.defines:
            self.anchor(encounter.defines)
        if encounter.timing:
            self.anchor(encounter.timing.anchor)
        until = encounter.repeat.until if encounter.repeat else None
        if until:
            self.anchor(until)
        self.steps.append(
            EncounterSteps(
                steps=_steps_of(self.settled, encounter),
                until=until,
                until_note=_until_note(encounter, self.protocol.anchors[until]) if until else None,
            )
        )
        self.leave(key)

    def anchor(self, name: str) -> None:
        key = f"anchor {name}"
        if not self.enter(key):
            return
        anchor = self.protocol.anchors[name]
        visits: tuple[str, ...] = ()
        # A visit that this arm does not have cannot take place; only its target can still be counted from.
        if anchor.visit and (anchor.visit.encounter in self.listed or anchor.visit.date == "target"):
            self.encounter(anchor.visit.encounter)
            visits = self.visits_of(anchor)
        defining = [e for e in self.listed if self.protocol.encounters[e].defines == name]
        self.steps.append(
            AnchorStep(
                anchor=anchor,
                defined_by=defining[0] if defining else None,
                visits=visits,
                waiting=self.waiting(anchor),
            )
        )
        self.leave(key)

    def visits_of(self, anchor: Anchor) -> tuple[str, ...]:
        assert anchor.visit is not None
        encounter = self.protocol.encounters[anchor.visit.encounter]
        names = tuple(name for name, _ in occurrences(encounter))
        if (encounter.repeat is not None) != (anchor.visit.occurrence is not None):
            raise refuse(
                "DC418",
                msg(
                    "the anchor '{anchor}' does not say which '{encounter}' it means",
                    anchor=anchor.id,
                    encounter=encounter.id,
                ),
                msg("write 'occurrence: first' or 'occurrence: last' where the encounter repeats, and only there"),
                anchor.visit.where,
                f"anchors.{anchor.id}.visit",
            )
        return names if anchor.visit.occurrence != "last" else names[::-1]

    def waiting(self, anchor: Anchor) -> Message:
        if anchor.visit:
            visit = self.protocol.encounters[anchor.visit.encounter]
            return msg("waiting for {visit}, which is not planned", visit=visit.label)
        return msg(
            "{waiting}: give it with --anchor {name}=DATETIME",
            waiting=msg("waiting for {anchor}", anchor=anchor.label),
            name=anchor.id,
        )

    def enter(self, key: str) -> bool:
        if key in self.trail:
            circle = [*self.trail[self.trail.index(key) :], key]
            raise refuse(
                "DC417",
                msg("these dates hang on each other in a circle: {circle}", circle=" → ".join(circle)),
                msg("let one of the anchors in the protocol count from the start date"),
            )
        if key in self.done:
            return False
        self.trail.append(key)
        return True

    def leave(self, key: str) -> None:
        self.trail.remove(key)
        self.done.add(key)


def _steps_of(settled: Settled, encounter: Encounter) -> tuple[Step, ...]:
    if encounter.timing:
        return _timed_steps(settled, encounter, encounter.timing)
    if encounter.repeat:
        raise refuse(
            "DC418",
            msg("the encounter '{id}' repeats and has no timing to repeat", id=encounter.id),
            msg("give it a timing, or remove 'repeat'"),
            encounter.where,
            f"encounters.{encounter.id}",
        )
    anchor = settled.protocol.anchors[encounter.defines] if encounter.defines else None
    return (
        Step(
            id=encounter.id,
            base=encounter.id,
            label=encounter.label,
            epoch=encounter.epoch,
            counts="anchor" if anchor else "nothing",
            anchor=anchor.id if anchor else None,
            timed=anchor is not None and anchor.time_needed,
            window="anchor" if anchor else "not_stated",
        ),
    )


def _timed_steps(settled: Settled, encounter: Encounter, timing: Timing) -> tuple[Step, ...]:
    offset, assumed = _offset(settled, timing)
    window, kind = settled.window(encounter)
    every = encounter.repeat.every if encounter.repeat else None
    _check_kinds(encounter, offset, every, window)
    notes = (*assumed, *_window_note(settled, kind))
    clock = isinstance(offset, ClockOffset)
    first, step = _span(offset), _span(every) if every else NO_SPAN
    return tuple(
        Step(
            id=name,
            base=encounter.id,
            label=_numbered(encounter.label, number) if encounter.repeat else encounter.label,
            epoch=encounter.epoch,
            counts="minutes" if clock else "days",
            anchor=timing.anchor,
            # Summed before any month is counted: months are never chained.
            distance=(
                first[0] * timing.times + step[0] * (number - 1),
                first[1] * timing.times + step[1] * (number - 1),
            ),
            before=_span(window.before) if window else NO_SPAN,
            after=_span(window.after) if window else NO_SPAN,
            window=kind,
            notes=notes,
        )
        for name, number in occurrences(encounter)
    )


def _offset(settled: Settled, timing: Timing) -> tuple[Offset, tuple[Message, ...]]:
    if not isinstance(timing.offset, Answer):
        return timing.offset, ()
    found = settled.require(timing.offset)
    offset = parse_offset(found.answer)
    if found.confirmed:
        return offset, ()
    words = in_words(offset)
    if found.origin == "assumed":
        note = msg(
            "the interval of {offset} is assumed; the protocol does not state it ({code})",
            offset=words,
            code=found.code,
        )
    else:
        note = msg(
            "the interval of {offset} is an example site file's, which confirms nothing ({code})",
            offset=words,
            code=found.code,
        )
    return offset, (note,)


def _window_note(settled: Settled, kind: WindowKind) -> tuple[Message, ...]:
    if kind != "site":
        return ()
    if settled.confirms:
        return (msg("the window is the site's own; the protocol states none"),)
    return (msg("the window comes from an example site file; the protocol states none"),)


def _until_note(encounter: Encounter, until: Anchor) -> Message:
    count = encounter.repeat.count if encounter.repeat else 1
    return msg(
        "planned at most {count} times, until {until}, whose date is not known yet", count=count, until=until.label
    )


def _numbered(label: Words, number: int) -> Words:
    return Words(f"{label.en} {number}", f"{label.zh} {number}")


def _span(offset: Offset) -> Span:
    return (offset.months, offset.days) if isinstance(offset, CalendarOffset) else (0, offset.minutes)


def _check_kinds(encounter: Encounter, offset: Offset, every: Offset | None, window: Window | None) -> None:
    """The reader refuses these in a protocol; an offset or a window from the site file may still bring them."""
    unsigned = [part for part in (every, *((window.before, window.after) if window else ())) if part is not None]
    if any(type(part) is not type(offset) for part in unsigned):
        raise _misfit(
            encounter,
            msg("{encounter} mixes days and hours in its offset, window and repeat", encounter=encounter.id),
            msg("write all of them in days and months, or all of them in hours and minutes"),
        )
    if any(part.negative for part in unsigned):
        raise _misfit(
            encounter,
            msg("{encounter} has a window or a repeat with a minus sign", encounter=encounter.id),
            msg("remove the minus sign; 'before' already says the direction"),
        )


def _misfit(encounter: Encounter, what: Message, mend: Message) -> Refusal:
    return refuse("DC416", what, mend, encounter.where, f"encounters.{encounter.id}")
