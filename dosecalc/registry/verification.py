"""Whether a study is as it was recorded: both chains, a head kept elsewhere, what is derived, the database's guards."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.registry import chain
from dosecalc.registry.chain import Broken, Head
from dosecalc.registry.reading import counted_under
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dosecalc.registry.event import Event
    from dosecalc.registry.sealing import Key
    from dosecalc.registry.store import Reading

    Follows = Callable[[Reading, str], bool]
    """Whether the derived visits of one participant are what the events say."""

_HEAD = re.compile(r"(?:([1-9][0-9]*)[: ])?([0-9a-f]{64})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """What was found; `head` is None where the chain breaks."""

    head: Head | None
    findings: tuple[Finding, ...]


def read_head(text: str) -> tuple[int | None, str]:
    """Read a head that was kept elsewhere: 64 hex digits, with the event's number and a colon in front or without.

    Raises:
        Refusal: DC712, it is none.
    """
    match = _HEAD.fullmatch(text.strip().lower())
    if not match:
        raise refuse(
            "DC712",
            msg("'{text}' is not the head of a study", text=text),
            msg("copy it whole, as `study head` printed it: 64 digits and letters from a to f"),
        )
    return int(match[1]) if match[1] else None, match[2]


def verify(
    reading: Reading, *, kept: str | None = None, key: Key | None = None, follows: Follows | None = None
) -> Verified:
    """Compare everything that can be compared; the first bad event is named.

    Args:
        reading: the study.
        kept: a head that was kept elsewhere, of today or of an earlier day.
        key: opens what is sealed, to see that it is what was sealed there.
        follows: compares the derived visits of a participant; without it they are not compared.
    """
    expected = read_head(kept) if kept is not None else None
    watch = _Watch(key, expected)
    found = chain.follow(watch.over(reading.as_stored()))
    findings = [_unguarded(name) for name in reading.unguarded()]
    if isinstance(found, Broken):
        findings.append(_changed(found.number))
        return Verified(head=None, findings=tuple(findings))
    if watch.unopened:
        findings.append(_changed(watch.unopened))
    if expected and not watch.met:
        findings.append(_rewritten(kept or ""))
    findings += _derived(reading, found, watch, follows)
    return Verified(head=found, findings=tuple(findings))


class _Watch:
    """Looks at each event as the chain is followed."""

    def __init__(self, key: Key | None, expected: tuple[int | None, str] | None) -> None:
        self._key = key
        self._number, self._hash = expected or (None, "")
        self.met = False
        """Whether the head that was kept came by."""
        self.unopened = 0
        self.people: dict[str, tuple[int, int]] = {}
        self.counts: Counter[str] = Counter()

    def over(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if event.participant is not None:
                first, _ = self.people.get(event.participant, (event.number, 0))
                self.people[event.participant] = first, event.number
            self.counts.update(counted_under(event))
            if self._hash in (event.hash, event.public_hash) and self._number in (None, event.number):
                self.met = True
            if self._key and event.sealed and not self.unopened and not self._opens(event):
                self.unopened = event.number
            yield event

    def _opens(self, event: Event) -> bool:
        from dosecalc.registry.sealing import open_sealed

        assert self._key is not None
        assert event.sealed is not None
        try:
            open_sealed(self._key, event.sealed, chain.about(event.number, event.kind, event.participant, event.visit))
        except Refusal:
            return False
        return True


def _derived(reading: Reading, head: Head, watch: _Watch, follows: Follows | None) -> Iterator[Finding]:
    kept = reading.kept("head")
    if kept != head.hash:
        yield Finding(
            "DC713",
            msg("events are missing at the end: the last one is {number}, and more were recorded", number=head.number),
            msg("restore the last backup, and tell the monitor"),
        )
    elif reading.counts() != {name: str(number) for name, number in watch.counts.items()}:
        yield _not_derived(msg("the count of events"))
    if reading.people() != watch.people:
        yield _not_derived(msg("the list of participants"))
    strangers = reading.visited() - watch.people.keys()
    for participant in (*watch.people, *sorted(strangers)):
        if participant in strangers or (follows and not follows(reading, participant)):
            yield _not_derived(msg("the visits of {participant}", participant=participant))


def _changed(number: int) -> Finding:
    return Finding(
        "DC713",
        msg("event {number} is not as it was recorded; what follows it cannot be relied on", number=number),
        msg("restore the last backup, and tell the monitor"),
    )


def _rewritten(kept: str) -> Finding:
    return Finding(
        "DC714",
        msg("the head that was kept, {head}, is not in this study: it was rewritten or cut short", head=kept),
        msg("check the head for a mistake in copying; if there is none, restore the last backup, and tell the monitor"),
    )


def _not_derived(what: object) -> Finding:
    return Finding(
        "DC718",
        msg("{what} differs from what the events say", what=what),
        msg("the events are right: export the study and import it again, and tell the monitor"),
    )


def _unguarded(name: str) -> Finding:
    return Finding(
        "DC718",
        msg("the database's own guard {name} was removed or changed", name=name),
        msg("somebody has worked on the database by hand: tell the monitor, then export the study and import it again"),
    )
