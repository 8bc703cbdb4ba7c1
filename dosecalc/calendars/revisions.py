"""The previous file → sequences, stamps and cancellations: what lets a second export update the first.

An item that did not change keeps its sequence and stamp, so its bytes stay and a calendar program has nothing to do. A
changed one gets the next sequence and the new stamp. One that is gone stays in the file as cancelled, for a program
that has imported it would show it for ever.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.calendars.event import check_text, item_uid
from dosecalc.calendars.ics import read_event, write_event
from dosecalc.calendars.said import attended_in, reason_in
from dosecalc.calendars.wording import cancelled_words
from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dosecalc.blinding import BlindedPlan
    from dosecalc.calendars.event import Audience, Event
    from dosecalc.errors import Refusal
    from dosecalc.text import Language

_BREAK = re.compile(rb"\r\n|\r|\n")
_EVENT = re.compile(rb"^BEGIN:VEVENT\r\n.*?^END:VEVENT\r\n", re.DOTALL | re.MULTILINE)
# The names of ours, as we write them: none of these lines is ever long enough to be folded.
_UID = re.compile(rb"^UID:([0-9a-f-]{36}@dosecalc\.invalid)\r\n", re.MULTILINE)
_SEQUENCE = re.compile(rb"^SEQUENCE:([0-9]{1,9})\r\n", re.MULTILINE)
_STAMP = re.compile(rb"^DTSTAMP:([0-9]{8}T[0-9]{6}Z)\r\n", re.MULTILINE)
_CANCELLED = b"\r\nSTATUS:CANCELLED\r\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """One item as it stood in the previous file."""

    sequence: int
    stamp: dt.datetime
    block: bytes

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled then."""
        return _CANCELLED in self.block


@dataclass(frozen=True, kw_only=True, slots=True)
class Previous:
    """What the previous file holds: its items by UID, in its order."""

    items: Mapping[str, Earlier]

    @property
    def latest(self) -> dt.datetime | None:
        """The latest stamp of all items."""
        return max((item.stamp for item in self.items.values()), default=None)


def whole_seconds(stamp: dt.datetime) -> dt.datetime:
    """Return `stamp` as a calendar can hold it: in UTC, without fractions of a second."""
    return stamp.astimezone(dt.UTC).replace(microsecond=0)


def read_previous(data: bytes, calendar: str) -> Previous:
    """Read the file that was handed out before; `calendar` is the UID that it must have.

    Raises:
        Refusal: DC502, `data` is not a calendar that dosecalc wrote; DC503, it is that of another participant,
            protocol or audience.
    """
    text = _BREAK.sub(b"\r\n", data.removeprefix(b"\xef\xbb\xbf"))
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise _not_ours() from error
    if not text.startswith(b"BEGIN:VCALENDAR\r\n") or not text.rstrip().endswith(b"END:VCALENDAR"):
        raise _not_ours()
    head, _, _ = text.partition(b"\r\nBEGIN:V")
    whose = _UID.search(head + b"\r\n")
    if whose is None:
        raise _not_ours()
    if whose[1] != calendar.encode():
        raise refuse(
            "DC503",
            msg("the previous calendar belongs to another participant, another protocol or another audience"),
            msg("give the file that was made for the same participant, protocol and audience, or leave out --previous"),
        )
    items = dict(map(_item, _EVENT.findall(text)))
    if len(items) != text.count(b"\r\nBEGIN:VEVENT\r\n"):
        raise _not_ours()
    return Previous(items=items)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What the previous file says of a visit: booked, with the reason if outside the window; or attended."""

    when: dt.datetime | None
    reason: str | None = None
    attended: str | None = None


def booked_before(previous: Previous, plan: BlindedPlan, audience: Audience) -> dict[str, Kept]:
    """Return the bookings and the attended visits of the previous file, for visits of `plan` without an actual date.

    Raises:
        Refusal: DC502, an item of the file cannot be read.
    """
    found: dict[str, Kept] = {}
    for booked in plan.visits:
        uid = item_uid(plan.protocol, plan.participant, "visit", booked.visit.encounter, audience)
        earlier = previous.items.get(uid)
        if earlier is None or earlier.cancelled or booked.visit.actual is not None:
            continue
        event = _read(uid, earlier)
        if (attended := attended_in(event.description)) is not None:
            found[booked.visit.encounter] = Kept(when=None, attended=attended)
        elif isinstance(event.start, dt.datetime):
            found[booked.visit.encounter] = Kept(when=event.start, reason=reason_in(event.description))
    return found


def begins_alike(previous: Previous, plan: BlindedPlan, audience: Audience) -> bool:
    """Whether the visits that others count from stand in the previous file on the day that they have now.

    Then the windows are the same, and what was accepted outside one need not be explained again.
    """
    for booked in plan.visits:
        visit = booked.visit
        if visit.window != "anchor" or visit.target is None:
            continue
        uid = item_uid(plan.protocol, plan.participant, "visit", visit.encounter, audience)
        earlier = previous.items.get(uid)
        if earlier is None or earlier.cancelled or _day(_read(uid, earlier).start) != _day(visit.target):
            return False
    return True


def _day(moment: dt.date | dt.datetime) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _item(block: bytes) -> tuple[str, Earlier]:
    uid, sequence, stamp = _UID.search(block), _SEQUENCE.search(block), _STAMP.search(block)
    if uid is None or sequence is None or stamp is None:
        raise _not_ours()
    try:
        when = dt.datetime.fromisoformat(stamp[1].decode())
    except ValueError as error:
        raise _not_ours() from error
    return uid[1].decode(), Earlier(sequence=int(sequence[1]), stamp=when, block=block)


def check_stamp(previous: Previous, stamp: dt.datetime) -> None:
    """Refuse a `stamp` that is not later than every one of the previous file.

    Raises:
        Refusal: DC504. A calendar program ignores a change that claims to be older than what it has.
    """
    latest = previous.latest
    if latest is not None and stamp <= latest:
        raise refuse(
            "DC504",
            msg(
                "the time stamp {stamp} is not later than {latest}, the latest one in the previous calendar",
                stamp=_written(stamp),
                latest=_written(latest),
            ),
            msg("give --stamp a later time, or leave it out to take the present time"),
        )


def revise(
    events: Sequence[Event], previous: Previous | None, stamp: dt.datetime, language: Language, *, cancel: bool = False
) -> tuple[Event, ...]:
    """Return what the new file holds: `events` with their sequences and stamps, then what is gone, as cancelled.

    With `cancel` every item of the previous file is cancelled; without a previous file the items of the plan are, with
    sequence 1, for those of a first export have 0.

    Raises:
        Refusal: DC501, DC502, an item of the previous file cannot be read; DC504, `stamp` is not later than it.
    """
    if previous is None:
        return tuple(cancelled(event, stamp, language) for event in events) if cancel else tuple(events)
    check_stamp(previous, stamp)
    kept = () if cancel else tuple(revised(event, previous.items.get(event.uid), stamp) for event in events)
    return (*kept, *gone(previous, {event.uid for event in kept}, stamp, language))


def gone(previous: Previous, still: set[str], stamp: dt.datetime, language: Language) -> Iterator[Event]:
    """Yield the previous file's items that are not in `still`, as cancelled; what was cancelled before stays as it is.

    Raises:
        Refusal: DC501, DC502, an item cannot be read.
    """
    for uid, earlier in previous.items.items():
        if uid not in still:
            event = _read(uid, earlier)
            yield event if earlier.cancelled else cancelled(event, stamp, language)


def cancelled(event: Event, stamp: dt.datetime, language: Language) -> Event:
    """Return `event` as cancelled: a higher sequence, no alarm, and words that say so wherever it is still shown."""
    summary, description = cancelled_words(event.summary, language)
    return replace(
        event,
        summary=summary,
        description=description,
        location="",
        status="CANCELLED",
        transparent=True,
        alarms=(),
        sequence=event.sequence + 1,
        stamp=stamp,
    )


def revised(event: Event, earlier: Earlier | None, stamp: dt.datetime) -> Event:
    """Return `event` with the sequence and stamp that follow from how it stood in the previous file."""
    if earlier is None:
        return event
    same = replace(event, sequence=earlier.sequence, stamp=earlier.stamp)
    if write_event(same) == earlier.block:
        return same
    return replace(event, sequence=earlier.sequence + 1, stamp=stamp)


def _read(uid: str, earlier: Earlier) -> Event:
    try:
        event = read_event(earlier.block)
    except ValueError as error:
        raise _not_ours() from error
    if (event.uid, event.sequence, event.stamp) != (uid, earlier.sequence, earlier.stamp):
        raise _not_ours()
    for text in (event.uid, event.summary, event.location, *event.description.split("\n")):
        check_text(text)
    return event


def _written(stamp: dt.datetime) -> str:
    return stamp.isoformat().replace("+00:00", "Z")


def _not_ours() -> Refusal:
    return refuse(
        "DC502",
        msg("the previous calendar is not a calendar file that dosecalc wrote"),
        msg("give the .ics file that was handed out, unchanged, or leave out --previous to make a first one"),
    )
