"""What the study says and what the server holds → what to do there. Nothing here reads or writes anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from dosecalc.calendars.event import Event
from dosecalc.calendars.ics import write_event, write_object
from dosecalc.publishing.said import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.calendars.ics import Head
    from dosecalc.publishing.dav import Resource
    from dosecalc.publishing.said import Reading

Change = Literal["new", "back", "changed", "replaced", "edited", "same"]
"""`back`: it was there before, as later ones are. `edited`: somebody changed it there, and it stays as they left it."""

Versions = Callable[[str], Iterable[Event]]
"""Every version that the item with this UID ever had, in every language."""
_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What is to be done about one item; `there` is the file on the server that holds it, if one does."""

    change: Change
    item: Event
    head: Head
    there: Resource | None

    @property
    def writes(self) -> bool:
        """Whether something is to be written."""
        return self.change not in ("same", "edited")

    @property
    def data(self) -> bytes:
        """The item as a file of its own."""
        return write_object(self.head, self.item)


def name_of(item: Event) -> str:
    """The name of an item's own file in a calendar."""
    return f"{item.uid}.ics"


def plan(
    head: Head, items: Iterable[Event], there: Sequence[Resource], versions: Versions, *, replace_edited: bool
) -> list[Step]:
    """Return what is to be done about each item of a calendar, in the order of their last changes.

    In that order an interrupted run leaves nothing on the server that is later than what is missing there: so an item
    that is missing and earlier than what is there was deleted. A file of another program is nobody's business here.
    """
    found = {resource.url: (resource, read(resource.data.encode())) for resource in there}
    by_uid = {reading.uid: (resource, reading) for resource, reading in found.values() if reading.uid is not None}
    by_name = {unquote(url.rpartition("/")[2]): both for url, both in found.items()}
    steps: list[Step] = []
    latest = _EVER
    for item in sorted(items, key=lambda each: (each.stamp, each.uid)):
        resource, reading = by_uid.get(item.uid) or by_name.get(name_of(item)) or (None, None)
        if reading is not None:
            change = _compare(item, reading, versions)
            if change != "edited" and reading.stamp is not None:  # who edits sets a stamp of their own
                latest = max(latest, reading.stamp)
            if change == "edited" and replace_edited:
                change = "replaced"
        elif item.status == "CANCELLED":
            continue  # nobody is to be told of a visit that they never heard of
        else:
            change = "new"
        steps.append(Step(change=change, item=item, head=head, there=resource))
    return [replace(each, change="back") if _was_there(each, latest) else each for each in steps]


def _compare(item: Event, there: Reading, versions: Versions) -> Change:
    ours = read(write_event(item))
    if there.uid != item.uid or there.said is None:
        return "edited"
    if there.said == ours.said:  # a phone may have counted on; only what it says matters
        return "same" if there.sequence >= ours.sequence else "changed"
    ever = (read(write_event(each)).said for each in versions(item.uid))
    return "changed" if there.said in ever else "edited"


def _was_there(step: Step, latest: dt.datetime) -> bool:
    return step.change == "new" and step.item.stamp <= latest
