"""What an amendment changes, in words: encounters, windows, doses, and everything else that differs.

Nothing that differs is left out. What has words of its own (encounters, windows, doses) is said in them; the rest is
named by its place in the file, with what stood there and what stands there now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal

from dosecalc.protocol.dose_rule import Answer, LevelRef, Source
from dosecalc.protocol.model import Document
from dosecalc.quantity import Quantity, show
from dosecalc.registry.amendment_words import DoseWords, dose_words, timing_words, window_words
from dosecalc.text import Message, Words, msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.model import Arm, Encounter, Protocol
    from dosecalc.protocol.settled import Settled

ChangeKind = Literal["encounter", "window", "dose", "masking", "site", "other"]

_SAID = frozenset({"id", "version", "encounters", "arms", "documents", "dosecalc"})
"""Keys of a protocol that have words of their own, or that every amendment changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing that differs between two versions, and the place in the file that it is about."""

    kind: ChangeKind
    place: str
    text: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """All that differs between two versions of a protocol and of the site's answers to it."""

    before: str
    after: str
    changes: tuple[Change, ...]

    @property
    def doses(self) -> bool:
        """Whether a dose, or what it is worked out from, is another one."""
        return any(change.kind == "dose" for change in self.changes)


def compare(before: Settled, after: Settled) -> Difference:
    """Return what an amendment changes. The two are versions of one protocol, each with the site's answers to it."""
    old, new = before.protocol, after.protocol
    changes = [
        *_encounters(before, after),
        *_arms(old, new),
        *_rest(old, new),
        *_site(before, after),
    ]
    return Difference(before=old.version, after=new.version, changes=tuple(changes))


# --- encounters and windows -----------------------------------------------------------------------------------------


def _encounters(before: Settled, after: Settled) -> Iterator[Change]:
    old, new = before.protocol.encounters, after.protocol.encounters
    for name, encounter in new.items():
        if name not in old:
            text = msg(
                "new visit {visit} ({label}): {when}, {window}",
                visit=name, label=encounter.label,
                when=timing_words(after, encounter), window=window_words(*after.window(encounter)),
            )  # fmt: skip
            yield Change(kind="encounter", place=f"encounters.{name}", text=text)
    for name, encounter in old.items():
        if name not in new:
            text = msg("the visit {visit} ({label}) is no longer planned", visit=name, label=encounter.label)
            yield Change(kind="encounter", place=f"encounters.{name}", text=text)
        else:
            yield from _encounter(before, after, encounter, new[name])


def _encounter(before: Settled, after: Settled, old: Encounter, new: Encounter) -> Iterator[Change]:
    place, said = f"encounters.{old.id}", False
    was, now = timing_words(before, old), timing_words(after, new)
    if was != now:
        said = True
        text = msg("{visit} is planned {now}; it was planned {was}", visit=old.id, now=now, was=was)
        yield Change(kind="encounter", place=place, text=text)
    was, now = window_words(*before.window(old)), window_words(*after.window(new))
    if was != now:
        said = True
        text = msg("window of {visit}: {now}; it was: {was}", visit=old.id, now=now, was=was)
        yield Change(kind="window", place=place, text=text)
    for path, left, right in _leaves(old, new, place):
        # with words for timing and window, only what they do not say is named by its place
        if not (said and ".timing" in path):
            yield _generic(path, left, right, "encounter")


# --- arms and doses -------------------------------------------------------------------------------------------------


def _arms(old: Protocol, new: Protocol) -> Iterator[Change]:
    for name, arm in new.arms.items():
        if name not in old.arms:
            text = msg("new arm {arm} ({label})", arm=name, label=arm.label)
            yield Change(kind="dose", place=f"arms.{name}", text=text)
            yield from _doses(old, new, None, arm)
    for name, arm in old.arms.items():
        if name not in new.arms:
            text = msg("there is no arm {arm} ({label}) any more", arm=name, label=arm.label)
            yield Change(kind="dose", place=f"arms.{name}", text=text)
        else:
            yield from _arm(old, new, arm, new.arms[name])


def _arm(old: Protocol, new: Protocol, before: Arm, after: Arm) -> Iterator[Change]:
    place = f"arms.{before.id}"
    if before.encounters != after.encounters:
        text = msg(
            "{arm}: the visits are {now}; they were {was}",
            arm=before.id, now=", ".join(after.encounters), was=", ".join(before.encounters),
        )  # fmt: skip
        yield Change(kind="encounter", place=f"{place}.encounters", text=text)
    yield from _doses(old, new, before, after)
    if before.label != after.label:
        yield _generic(f"{place}.label", before.label, after.label, "other")


def _doses(old: Protocol, new: Protocol, before: Arm | None, after: Arm) -> Iterator[Change]:
    """Doses that differ, those that differ alike in one line."""
    was = _given(old, before) if before else {}
    now = _given(new, after)
    alike: dict[tuple[tuple[DoseWords, ...], tuple[DoseWords, ...]], list[str]] = {}
    for visit in dict.fromkeys((*was, *now)):
        pair = was.get(visit, ()), now.get(visit, ())
        if pair[0] != pair[1]:
            alike.setdefault(pair, []).append(visit)
    place = f"arms.{after.id}.doses"
    for (left, right), visits in alike.items():
        yield Change(kind="dose", place=place, text=_dose_text(after.id, ", ".join(visits), left, right))
    if before is not None and not alike:  # what no words say: the volume's question, resources, a cap
        for path, one, other in _leaves(before.doses, after.doses, place):
            yield _generic(path, one, other, "dose")


def _dose_text(arm: str, visits: str, was: tuple[DoseWords, ...], now: tuple[DoseWords, ...]) -> Message:
    if len(was) == len(now) == 1 and was[0].rest == now[0].rest:  # nothing but the amount
        return msg("{arm}, {visits}: {now}; it was {was}", arm=arm, visits=visits, now=now[0].amount, was=was[0].amount)
    if not was:
        return msg("{arm}, {visits}: new dose: {now}", arm=arm, visits=visits, now=_together(now))
    if not now:
        return msg("{arm}, {visits}: no dose any more; it was: {was}", arm=arm, visits=visits, was=_together(was))
    return msg(
        "{arm}, {visits}: the dose is {now}; it was: {was}",
        arm=arm, visits=visits, now=_together(now), was=_together(was),
    )  # fmt: skip


def _given(protocol: Protocol, arm: Arm) -> dict[str, tuple[DoseWords, ...]]:
    """What an arm receives at each encounter, in words that differ where the dose does."""
    given: dict[str, tuple[DoseWords, ...]] = {}
    for dose in arm.doses:
        for visit in dose.at:
            given[visit] = (*given.get(visit, ()), dose_words(protocol, dose))
    return given


def _together(parts: tuple[DoseWords, ...]) -> Message:
    found, *others = (msg("{amount}: {rest}", amount=part.amount, rest=part.rest) for part in parts)
    for other in others:
        found = msg("{first}, and {second}", first=found, second=other)
    return found


# --- the rest -------------------------------------------------------------------------------------------------------


def _rest(old: Protocol, new: Protocol) -> Iterator[Change]:
    for field in fields(old):
        if field.compare and field.name not in _SAID:
            kinds: dict[str, ChangeKind] = {"masking": "masking", "levels": "dose", "products": "dose"}
            for path, left, right in _leaves(getattr(old, field.name), getattr(new, field.name), field.name):
                yield _generic(path, left, right, kinds.get(field.name, "other"))


def _site(before: Settled, after: Settled) -> Iterator[Change]:
    """What the site's own file says differently. Windows stand among the windows already."""
    one, two = before.here, after.here
    for field in () if one is None and two is None else fields(one or two):  # type: ignore[arg-type]
        if field.compare and field.name not in {"id", "windows"}:
            left, right = (getattr(side, field.name, None) for side in (one, two))
            place = f"protocols.{before.protocol.id}.{field.name}"
            for path, was, now in _leaves(left, right, place):
                yield _generic(path, was, now, "site")


def _generic(path: str, left: Any, right: Any, kind: ChangeKind) -> Change:
    if left is None:
        text = msg("{place} is new: {now}", place=path, now=_said(right))
    elif right is None:
        text = msg("{place} is gone; it was: {was}", place=path, was=_said(left))
    else:
        text = msg("{place} is {now}; it was {was}", place=path, now=_said(right), was=_said(left))
    return Change(kind=kind, place=path, text=text)


def _leaves(left: Any, right: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, left, right) for the smallest things that differ; None stands for what is not there.

    Where a number is cited from (section, words) changes with every edition of a document, and is left out.
    """
    if left == right or isinstance(left, Source | Document) or isinstance(right, Source | Document):
        return
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in dict.fromkeys((*left, *right)):
            yield from _leaves(left.get(key), right.get(key), f"{path}.{key}")
    elif isinstance(left, tuple) and isinstance(right, tuple) and any(map(is_dataclass, (*left, *right))):
        for number in range(max(len(left), len(right))):
            one = left[number] if number < len(left) else None
            two = right[number] if number < len(right) else None
            yield from _leaves(one, two, f"{path}[{number}]")
    elif type(left) is type(right) and is_dataclass(left) and not isinstance(left, _WHOLE):
        for field in fields(left):
            if field.compare:
                yield from _leaves(getattr(left, field.name), getattr(right, field.name), f"{path}.{field.name}")
    else:
        yield path, left, right


_WHOLE = (Quantity, Words, Answer, LevelRef)


def _said(value: Any) -> object:
    """A value as people read it."""
    match value:
        case Quantity():
            return show(value)
        case Words():
            return value
        case Answer():
            return msg("the answer to {code}", code=value.answer)
        case LevelRef():
            return msg("the level {level}", level=value.level)
        case bool():
            return msg("yes") if value else msg("no")
        case tuple():
            return ", ".join(str(_said(item)) for item in value) or msg("nothing")
        case _ if is_dataclass(value) and getattr(value, "label", None) is not None:
            return value.label  # type: ignore[union-attr]
        case _ if is_dataclass(value) and getattr(value, "question", None) is not None:
            return value.question  # type: ignore[union-attr]
        case _ if is_dataclass(value) and getattr(value, "answer", None) is not None:
            return value.answer  # type: ignore[union-attr]
        case Mapping():
            return ", ".join(value) or msg("nothing")
        case _ if is_dataclass(value):
            return _record(value)
        case _:
            return str(value)


def _record(value: Any) -> str:
    """A small record as its keys and values; an offset says itself how it is written."""
    if type(value).__name__.endswith("Offset"):
        return str(value)
    pairs = [(f.name, getattr(value, f.name)) for f in fields(value) if f.compare and f.name not in {"source"}]
    return ", ".join(f"{name}: {_said(item)}" for name, item in pairs if item is not None)
