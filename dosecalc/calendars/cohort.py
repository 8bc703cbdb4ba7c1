"""One file for the items of many participants, as a clinic or a pharmacy subscribes to it.

cohort = CohortFile(writer, protocol)
for plan in plans:
    stream.write(cohort.add(writer.items(plan)))
beginning, end = cohort.head(), cohort.tail()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.calendars.ics import END, write_event, write_head, write_nothing, zone_years
from dosecalc.calendars.items import note_years, widen
from dosecalc.calendars.revisions import check_stamp, gone

if TYPE_CHECKING:
    from dosecalc.calendars.event import Event
    from dosecalc.calendars.ics import Years
    from dosecalc.calendars.items import Items
    from dosecalc.calendars.layout import CalendarWriter, PharmacyWriter
    from dosecalc.calendars.revisions import Previous


class CohortFile:
    """One file of all participants of a protocol, written piece by piece: `head()`, every `add(…)`, `tail()`.

    `head` and `tail` are right once all items are added: they hold the years of the time zones, and what is gone.
    """

    def __init__(
        self, writer: CalendarWriter | PharmacyWriter, protocol: str, previous: Previous | None = None
    ) -> None:
        """Begin a file; `previous` is what `read_previous` made of the one that was handed out before.

        Raises:
            Refusal: DC504, the stamp is not later than the previous file.
        """
        if previous is not None:
            check_stamp(previous, writer.stamp)
        self._writer = writer
        self._protocol = protocol
        self._previous = previous
        self._seen: set[str] = set()
        self._years: dict[str, Years] = {}
        self._empty = True

    def add(self, items: Items) -> bytes:
        """Return one participant's part of the file."""
        note_years(self._years, items)
        self._empty = self._empty and not items.items
        if self._previous is not None:
            self._seen.update(item.uid for item in items.items)
        return b"".join([self._writer.text(item, self._previous) for item in items.items])

    def head(self) -> bytes:
        """Return the beginning of the file."""
        years = dict(self._years)
        widen(years, zone_years(self._gone()))
        return write_head(self._writer.head_of(self._protocol, None), years)

    def tail(self) -> bytes:
        """Return the end of the file, with what the previous one had and this one has no longer."""
        left = self._gone()
        if self._empty and not left:
            return write_nothing(self._writer.head_of(self._protocol, None)) + END
        return b"".join(map(write_event, left)) + END

    def _gone(self) -> list[Event]:
        if self._previous is None:
            return []
        return list(gone(self._previous, self._seen, self._writer.stamp, self._writer.language))
