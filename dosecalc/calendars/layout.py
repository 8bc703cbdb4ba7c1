"""The quick way to write the calendars of a cohort: the same bytes as `export`, many times as fast.

Items of one kind (this visit, booked, in this language) differ only in dates, codes and UIDs. The reference writer
renders such an item once with made-up values, the text is cut where they stand (`template`), and is then filled in for
each participant. Every template is tried on a second set of made-up values against the reference before it is used;
an item that fits no template (an odd code, a reason of its own) is written by the reference.

    writer = CalendarWriter("participant", "zh", clinic=clinic, stamp=stamp, version=version)
    for plan in plans:
        data = writer.file(plan, writer.items(plan))
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from dosecalc.calendars.dose_words import dose_text
from dosecalc.calendars.event import calendar_uid, item_uid
from dosecalc.calendars.ics import END, write_event, write_head, write_nothing, zone_years
from dosecalc.calendars.made import CUT, TRY, Slot, plan_like, same_day, visit_like
from dosecalc.calendars.revisions import check_stamp, gone, revised, whole_seconds
from dosecalc.calendars.template import Template, escape, fold
from dosecalc.calendars.wording import (
    calendar_head,
    participant_visit,
    routine_events,
    shown,
    span,
    staff_visit,
    with_doses,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

    from dosecalc.blinding import BlindedPlan, BookedVisit
    from dosecalc.calendars.event import Audience, Event, MaskedAudience
    from dosecalc.calendars.ics import Head, Years
    from dosecalc.calendars.made import MadeUp
    from dosecalc.calendars.revisions import Previous
    from dosecalc.dosing.result import Doses
    from dosecalc.protocol.site import Clinic
    from dosecalc.text import Language
    from dosecalc.visits.visit import Moment

_PLAIN_CODE = re.compile(r"[A-Za-z0-9._+-]{1,60}")
_MOST_KEPT = 1024
"""Of templates and of texts: what does not repeat must not fill the memory."""


_DAY, _SECONDS = len("2026-03-02"), len("2026-03-02T09:30:00")
_LOCAL_TIME = len("20260302T093000")

_Rendered = Callable[["BlindedPlan", "BookedVisit", "MadeUp"], "Event"]


class Item(NamedTuple):
    """One item that is not written yet: values for a template, or an event for the reference writer."""

    uid: str
    template: Template | None
    values: list[str]
    event: Event | None = None


class Items(NamedTuple):
    """A participant's items, and the zone of those that have a time."""

    zone: str
    items: list[Item]


class _Writer:
    """What the writers for masked people and for the pharmacy have in common. It knows of no dose."""

    def __init__(
        self, audience: Audience, language: Language, *, clinic: Clinic | None, stamp: dt.datetime, version: str
    ) -> None:
        self.audience: Audience = audience
        self.language: Language = language
        self.version = version
        self.stamp = whole_seconds(stamp)
        self._clinic = clinic
        self._stamp = _compact(self.stamp)
        self._templates: dict[Hashable, Template | None] = {}
        self._heads: dict[Hashable, Template | None] = {}

    def file(self, plan: BlindedPlan, items: Items, previous: Previous | None = None) -> bytes:
        """Return the calendar file of one participant, with the `items` that this writer made of `plan`.

        `previous` is the participant's file that was handed out before, as `revisions.read_previous` returns it.

        Raises:
            Refusal: DC502, an item of the previous file cannot be read; DC504, the stamp is not later than it.
        """
        years: dict[str, Years] = {}
        note_years(years, items)
        texts = [self.text(item, previous) for item in items.items]
        if previous is not None:
            check_stamp(previous, self.stamp)
            left = list(gone(previous, {item.uid for item in items.items}, self.stamp, self.language))
            texts += [write_event(event).decode() for event in left]
            widen(years, zone_years(left))
        if not texts:
            texts = [write_nothing(self.head_of(plan.protocol, plan.participant)).decode()]
        return "".join([self._file_head(plan, years), *texts]).encode() + END

    def text(self, item: Item, previous: Previous | None = None) -> str:
        """Return one item as it stands in the file that follows `previous`."""
        earlier = previous.items.get(item.uid) if previous else None
        if item.template is None:
            if item.event is None:
                raise ValueError("an item has a template or an event")
            return write_event(revised(item.event, earlier, self.stamp)).decode()
        values = item.values
        values[Slot.STAMP], values[Slot.SEQUENCE] = self._stamp, "0"
        if earlier is not None:
            values[Slot.STAMP], values[Slot.SEQUENCE] = _compact(earlier.stamp), str(earlier.sequence)
            text = item.template.fill(values)
            if text.encode() == earlier.block:
                return text
            values[Slot.STAMP], values[Slot.SEQUENCE] = self._stamp, str(earlier.sequence + 1)
        return item.template.fill(values)

    def head_of(self, protocol: str, participant: str | None) -> Head:
        """Return the head of a file; `participant` is None for that of a cohort."""
        return calendar_head(
            self.audience, self.language, participant=participant, protocol=protocol, version=self.version
        )

    def _file_head(self, plan: BlindedPlan, years: dict[str, Years]) -> str:
        code = plan.participant
        if not _PLAIN_CODE.fullmatch(code):
            return write_head(self.head_of(plan.protocol, code), years).decode()
        key = (len(code), plan.protocol, *years.items())
        if key not in self._heads:
            _make_room(self._heads)
            self._heads[key] = _tried(lambda made: self._made_head(plan, years, made))
        template = self._heads[key]
        if template is None:
            return write_head(self.head_of(plan.protocol, code), years).decode()
        return template.fill((calendar_uid(plan.protocol, code, self.audience), code))

    def _made_head(self, plan: BlindedPlan, years: dict[str, Years], made: MadeUp) -> tuple[str, list[str]]:
        head = self.head_of(plan.protocol, made.letter * len(plan.participant))
        return write_head(head, years).decode(), [head.uid, made.letter * len(plan.participant)]

    def _visit(self, plan: BlindedPlan, booked: BookedVisit, kind: Hashable, rendered: _Rendered) -> Item | None:
        """The item of a visit, to be filled in; None where only the reference can write it.

        What the words of an item hang on is in `rendered` (and named by `kind`), in the key, or in the writer itself.
        """
        visit, booking = booked.visit, booked.booking
        if (booking and booking.outside_window) or not _PLAIN_CODE.fullmatch(plan.participant):
            return None
        values = self._values(plan, booked)
        form = tuple(map(len, values))
        still = booking is not None and visit.actual is not None and same_day(booking.when, visit.actual, plan)
        key = (
            kind, form, still, booking is None, visit.encounter, visit.label, visit.window, visit.status,
            visit.days_from_target, visit.notes, plan.protocol, plan.protocol_version, plan.timezone,
        )  # fmt: skip
        if key not in self._templates:
            _make_room(self._templates)

            def made_visit(made: MadeUp) -> tuple[str, list[str]] | None:
                made_plan, made_booked = plan_like(plan, made), visit_like(plan, booked, made)
                found = self._values(made_plan, made_booked)
                if tuple(map(len, found)) != form:
                    return None
                found[Slot.STAMP], found[Slot.SEQUENCE] = _compact(made.stamp), str(made.sequence)
                event = rendered(made_plan, made_booked, made)
                found[Slot.TAIL] = made.tail if made.tail in event.description else ""
                return write_event(replace(event, stamp=made.stamp, sequence=made.sequence)).decode(), found

            self._templates[key] = _tried(made_visit)
        template = self._templates[key]
        return Item(values[Slot.UID], template, values) if template else None

    def _values(self, plan: BlindedPlan, booked: BookedVisit) -> list[str]:
        visit, booking = booked.visit, booked.booking
        staff = self.audience != "participant"
        start, end = span(plan, booked, self._clinic, window=staff)
        uid = item_uid(plan.protocol, plan.participant, "visit", visit.encounter, self.audience)
        values = [uid, _compact(start), _compact(end), "", "", plan.participant, "", "", "", "", "", ""]
        if staff:
            values[Slot.TARGET] = shown(visit.target, plan) if visit.target else ""
            values[Slot.EARLIEST] = shown(visit.earliest, plan) if visit.earliest else ""
            values[Slot.LATEST] = shown(visit.latest, plan) if visit.latest else ""
            values[Slot.BOOKED] = shown(booking.when, plan) if booking else ""
        if visit.actual:
            values[Slot.ACTUAL] = shown(visit.actual, plan) if staff else shown(visit.actual, plan)[:_DAY]
        return values


class CalendarWriter(_Writer):
    """Writes calendars for participants and clinics. Nothing that it takes could hold an arm (R15)."""

    def __init__(
        self, audience: MaskedAudience, language: Language, *, clinic: Clinic | None, stamp: dt.datetime, version: str
    ) -> None:
        super().__init__(audience, language, clinic=clinic, stamp=stamp, version=version)

    def items(self, plan: BlindedPlan) -> Items:
        """Return the items of one participant.

        Raises:
            Refusal: DC501, a text holds characters that may not stand in a calendar; DC405, the time zone is unknown.
        """
        items = []
        for booked in plan.visits:
            if not self._shows(booked):
                continue
            item = self._visit(plan, booked, None, self._rendered)
            if item is None:
                event = self._event(plan, booked)
                item = Item(event.uid, None, [], event)
            items.append(item)
        if self.audience == "participant":
            routine = routine_events(plan, self._clinic, self.language, self.stamp)
            items += [Item(event.uid, None, [], event) for event in routine]
        return Items(plan.timezone, items)

    def _shows(self, booked: BookedVisit) -> bool:
        if booked.booking is not None or booked.visit.actual is not None:
            return True
        hidden = self._clinic is not None and self._clinic.unbooked_visits == "leave_out"
        return booked.visit.target is not None and not (self.audience == "participant" and hidden)

    def _event(self, plan: BlindedPlan, booked: BookedVisit) -> Event:
        if self.audience == "participant":
            return _there(participant_visit(plan, booked, self._clinic, self.language, self.stamp))
        return _there(staff_visit(plan, booked, self._clinic, self.language, self.stamp, "clinic"))

    def _rendered(self, plan: BlindedPlan, booked: BookedVisit, made: MadeUp) -> Event:
        return self._event(plan, booked)


class PharmacyWriter(_Writer):
    """Writes calendars for pharmacies, with the doses. Those that participants share are put into words once."""

    def __init__(self, language: Language, *, clinic: Clinic | None, stamp: dt.datetime, version: str) -> None:
        super().__init__("pharmacy", language, clinic=clinic, stamp=stamp, version=version)
        self._said: dict[Doses, dict[str, str]] = {}
        self._tails: dict[tuple[str, int], str] = {}

    def items(self, plan: BlindedPlan, doses: Doses) -> Items:
        """Return the items of one participant, with their doses.

        Raises:
            Refusal: DC501, DC405 as for `CalendarWriter.items`.
        """
        draft = bool(doses.draft)
        if doses not in self._said:
            _make_room(self._said)
            self._said[doses] = {}
        said = self._said[doses]
        items = []

        def rendered(plan: BlindedPlan, booked: BookedVisit, made: MadeUp) -> Event:
            return with_doses(self._event(plan, booked), made.tail, self.language, draft=draft)

        for booked in plan.visits:
            if booked.visit.target is None and booked.visit.actual is None and booked.booking is None:
                continue
            given = self._given(doses, said, booked)
            item = self._visit(plan, booked, draft, rendered)
            if item is None:
                event = with_doses(self._event(plan, booked), given, self.language, draft=draft)
                item = Item(event.uid, None, [], event)
            elif item.template:
                item.values[Slot.TAIL] = self._tail(given, item.template.tail_column)
            items.append(item)
        return Items(plan.timezone, items)

    def _event(self, plan: BlindedPlan, booked: BookedVisit) -> Event:
        return _there(staff_visit(plan, booked, self._clinic, self.language, self.stamp, "pharmacy"))

    def _given(self, doses: Doses, said: dict[str, str], booked: BookedVisit) -> str:
        encounter = booked.visit.encounter
        if encounter not in said:
            said[encounter] = dose_text(doses, encounter, booked.visit.base, self.language)
        return said[encounter]

    def _tail(self, given: str, column: int) -> str:
        if (given, column) not in self._tails:
            _make_room(self._tails)
            self._tails[given, column] = fold(escape(given), column)
        return self._tails[given, column]


def _tried(made: Callable[[MadeUp], tuple[str, list[str]] | None]) -> Template | None:
    """The template that a made-up text gives; None where it does not give another one by its values."""
    first, second = made(CUT), made(TRY)
    if first is None or second is None:
        return None
    text, values = second
    tail = Slot.TAIL if len(values) > Slot.TAIL and values[Slot.TAIL] else None
    template = Template(*first, tail=tail)
    if tail is not None:
        values[tail] = fold(escape(values[tail]), template.tail_column)
    return template if template.fill(values) == text else None


def _there(event: Event | None) -> Event:
    if event is None:
        raise ValueError("a visit without a date has no item")
    return event


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()


def note_years(years: dict[str, Years], items: Items) -> None:
    """Add the years of the timed ones of `items` to those that a file's time zones must cover."""
    for item in items.items:
        if item.event is not None:
            widen(years, zone_years([item.event]))
        elif len(start := item.values[Slot.START]) == _LOCAL_TIME:
            year = int(start[:4])
            widen(years, {items.zone: (year, year)})


def widen(years: dict[str, Years], more: dict[str, Years]) -> None:
    """Add `more` to the years that a file's time zones must cover."""
    for zone, (first, last) in more.items():
        known = years.get(zone, (first, last))
        years[zone] = min(first, known[0]), max(last, known[1])


def _compact(moment: Moment) -> str:
    """A date or a time as RFC 5545 writes it."""
    if not isinstance(moment, dt.datetime):
        return moment.isoformat().replace("-", "")
    written = moment.isoformat()[:_SECONDS].replace("-", "").replace(":", "")
    return written + "Z" if moment.tzinfo is dt.UTC else written
