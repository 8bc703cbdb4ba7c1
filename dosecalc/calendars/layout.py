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

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dosecalc.calendars.clock import booked_times, compact
from dosecalc.calendars.dose_words import dose_text
from dosecalc.calendars.event import calendar_uid, item_uid
from dosecalc.calendars.ics import END, write_event, write_head, write_nothing, zone_years
from dosecalc.calendars.items import Item, Items, Pair, note_years, widen
from dosecalc.calendars.made import CUT, TRY, Slot, plan_like, same_day, visit_like
from dosecalc.calendars.revisions import check_stamp, gone, revised, whole_seconds
from dosecalc.calendars.template import Template, cut, escape, fold
from dosecalc.calendars.wording import (
    calendar_head,
    participant_visit,
    routine_events,
    shown,
    span,
    staff_visit,
    visit_length,
    with_doses,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Hashable

    from dosecalc.blinding import BlindedPlan, BookedVisit
    from dosecalc.calendars.event import Audience, Event, MaskedAudience
    from dosecalc.calendars.ics import Head, Years
    from dosecalc.calendars.made import MadeUp
    from dosecalc.calendars.revisions import Earlier, Previous
    from dosecalc.dosing.result import Doses
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.text import Language
    from dosecalc.visits.visit import Visit

__all__ = ["CalendarWriter", "Items", "PharmacyWriter"]

_PLAIN_CODE = re.compile(r"[A-Za-z0-9._+-]{1,60}")
_MOST_KEPT = 8192
"""Of templates and of texts: what does not repeat must not fill the memory."""
_DAY = len("2026-03-02")

_DoseWords = dict[tuple[str, int], bytes]
"""The words on the doses of a visit, folded for the column in which they begin."""
_Rendered = Callable[["BlindedPlan", "BookedVisit", "MadeUp"], "Event"]


class _Known(NamedTuple):
    """What is the same for all who have a visit on the same days. `visit` is held, so that its id stays its own."""

    visit: Visit
    template: Pair
    values: list[bytes]


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
        self._first = {Slot.STAMP: compact(self.stamp).encode(), Slot.SEQUENCE: b"0"}
        self._templates: dict[Hashable, Pair | None] = {}
        self._contexts: dict[Hashable, int] = {}
        self._known: dict[Hashable, _Known] = {}
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
            texts += [write_event(event) for event in left]
            widen(years, zone_years(left))
        if not texts:
            texts = [write_nothing(self.head_of(plan.protocol, plan.participant))]
        return b"".join([self._file_head(plan, years), *texts, END])

    def text(self, item: Item, previous: Previous | None = None) -> bytes:
        """Return one item as it stands in the file that follows `previous`."""
        earlier = previous.items.get(item.uid) if previous else None
        if item.template is None:
            if item.event is None:
                raise ValueError("an item has a template or an event")
            return write_event(revised(item.event, earlier, self.stamp))
        if earlier is None:
            return item.template.first.fill(item.values)
        return self._revised(item.template.full, item.values, earlier)

    def _revised(self, template: Template, values: list[bytes], earlier: Earlier) -> bytes:
        values[Slot.STAMP], values[Slot.SEQUENCE] = compact(earlier.stamp).encode(), b"%d" % earlier.sequence
        same = template.fill(values)
        if same == earlier.block:
            return same
        values[Slot.STAMP], values[Slot.SEQUENCE] = self._first[Slot.STAMP], b"%d" % (earlier.sequence + 1)
        return template.fill(values)

    def head_of(self, protocol: str, participant: str | None) -> Head:
        """Return the head of a file; `participant` is None for that of a cohort."""
        return calendar_head(
            self.audience, self.language, participant=participant, protocol=protocol, version=self.version
        )

    def _file_head(self, plan: BlindedPlan, years: dict[str, Years]) -> bytes:
        code = plan.participant
        template = None
        if _PLAIN_CODE.fullmatch(code):
            key = (len(code), plan.protocol, *years.items())
            if key not in self._heads:
                _make_room(self._heads)
                self._heads[key] = _tried(lambda made: self._made_head(plan, years, made))
            template = self._heads[key]
        if template is None:
            return write_head(self.head_of(plan.protocol, code), years)
        return template.fill((calendar_uid(plan.protocol, code, self.audience).encode(), code.encode()))

    def _made_head(self, plan: BlindedPlan, years: dict[str, Years], made: MadeUp) -> tuple[bytes, list[str]]:
        head = self.head_of(plan.protocol, made.letter * len(plan.participant))
        return write_head(head, years), [head.uid, made.letter * len(plan.participant)]

    def _context(self, plan: BlindedPlan, kind: Hashable) -> int:
        """A number for what all items of a plan have in common; 0 where only the reference can write them."""
        code = plan.participant
        if not _PLAIN_CODE.fullmatch(code):
            return 0
        return self._contexts.setdefault(
            (kind, len(code), plan.protocol, plan.protocol_version, plan.timezone), len(self._contexts) + 1
        )

    def _visit(self, plan: BlindedPlan, booked: BookedVisit, context: int, rendered: _Rendered) -> Item | None:
        """The item of a visit, to be filled in; None where only the reference can write it.

        What the words of an item hang on is in `context`, in the keys, or in the writer itself.
        """
        visit, booking, code = booked.visit, booked.booking, plan.participant
        if not context or (booking is not None and booking.outside_window):
            return None
        key = (id(visit), context, booking is None)
        known = self._known.get(key)
        if known is not None:  # somebody else had a visit on these days
            uid = item_uid(plan.protocol, code, "visit", visit.encounter, self.audience)
            values = known.values.copy()
            values[Slot.UID], values[Slot.CODE] = uid.encode(), code.encode()
            if booking is None or self._booked(booking.when, plan.timezone, values):
                return Item(uid, known.template, values)
        return self._new(plan, booked, context, rendered, key)

    def _booked(self, when: dt.datetime, timezone: str, values: list[bytes]) -> bool:
        """Fill in a booked time; False where it has another form than the one that stands there."""
        start, end, said = booked_times(when, timezone, visit_length(self._clinic))
        if len(values[Slot.START]) != len(start) or len(values[Slot.END]) != len(end):
            return False
        if values[Slot.BOOKED]:
            if len(values[Slot.BOOKED]) != len(said):
                return False
            values[Slot.BOOKED] = said.encode()
        values[Slot.START], values[Slot.END] = start.encode(), end.encode()
        return True

    def _new(
        self, plan: BlindedPlan, booked: BookedVisit, context: int, rendered: _Rendered, known: Hashable
    ) -> Item | None:
        """The item of a visit on days that no one had yet; the next one finds it under the key `known`."""
        visit, booking = booked.visit, booked.booking
        values = self._values(plan, booked)
        form = tuple(map(len, values))
        still = booking is not None and visit.actual is not None and same_day(booking.when, visit.actual, plan)
        key = (
            context, form, still, booking is None, visit.encounter, visit.label, visit.window, visit.status,
            visit.anchor is None, visit.days_from_target, visit.notes,
        )  # fmt: skip
        if key not in self._templates:
            _make_room(self._templates)

            def made_visit(made: MadeUp) -> tuple[bytes, list[str]] | None:
                made_plan, made_booked = plan_like(plan, made), visit_like(plan, booked, made)
                found = self._values(made_plan, made_booked)
                if tuple(map(len, found)) != form:
                    return None
                found[Slot.STAMP], found[Slot.SEQUENCE] = compact(made.stamp), str(made.sequence)
                event = rendered(made_plan, made_booked, made)
                found[Slot.TAIL] = made.tail if made.tail in event.description else ""
                return write_event(replace(event, stamp=made.stamp, sequence=made.sequence)), found

            tried = _tried(made_visit)
            self._templates[key] = Pair(tried, tried.bind(self._first)) if tried else None
        template = self._templates[key]
        if template is None:
            return None
        filled = [_octets(value) for value in values]
        if booking is None or visit.actual is None:
            _make_room(self._known)
            self._known[known] = _Known(visit, template, filled.copy())
        return Item(values[Slot.UID], template, filled)

    def _values(self, plan: BlindedPlan, booked: BookedVisit) -> list[str]:
        visit, booking = booked.visit, booked.booking
        staff = self.audience != "participant"
        said = ""
        if booking is not None:
            start, end, said = booked_times(booking.when, plan.timezone, visit_length(self._clinic))
        if booking is None or visit.actual is not None:
            start, end = map(compact, span(plan, booked, self._clinic, window=staff))
        uid = item_uid(plan.protocol, plan.participant, "visit", visit.encounter, self.audience)
        values = [uid, start, end, "", "", plan.participant, "", "", "", "", "", ""]
        if staff:
            values[Slot.TARGET] = shown(visit.target, plan) if visit.target else ""
            values[Slot.EARLIEST] = shown(visit.earliest, plan) if visit.earliest else ""
            values[Slot.LATEST] = shown(visit.latest, plan) if visit.latest else ""
            values[Slot.BOOKED] = said
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
        context = self._context(plan, None)
        for booked in plan.visits:
            if not self._shows(booked):
                continue
            item = self._visit(plan, booked, context, self._rendered)
            items.append(item or _by_reference(self._event(plan, booked)))
        if self.audience == "participant":
            routine = routine_events(plan, self._clinic, self.language, self.stamp)
            items += map(_by_reference, routine)
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
        self._said: dict[Doses, _DoseWords] = {}
        self._said_of: dict[int, tuple[Doses, _DoseWords]] = {}

    def items(self, plan: BlindedPlan, doses: Doses) -> Items:
        """Return the items of one participant, with their doses.

        Raises:
            Refusal: DC501, DC405 as for `CalendarWriter.items`.
        """
        draft = bool(doses.draft)
        said = self._words(doses)
        items = []
        context = self._context(plan, draft)

        def rendered(plan: BlindedPlan, booked: BookedVisit, made: MadeUp) -> Event:
            return with_doses(self._event(plan, booked), made.tail, self.language, draft=draft)

        for booked in plan.visits:
            visit = booked.visit
            if visit.target is None and visit.actual is None and booked.booking is None:
                continue
            item = self._visit(plan, booked, context, rendered)
            if item and item.template:
                column = item.template.full.tail_column
                place = visit.encounter, column
                if place not in said:
                    given = dose_text(doses, visit.encounter, visit.base, self.language)
                    said[place] = fold(escape(given), column)
                item.values[Slot.TAIL] = said[place]
            else:
                given = dose_text(doses, visit.encounter, visit.base, self.language)
                event = with_doses(self._event(plan, booked), given, self.language, draft=draft)
                item = _by_reference(event)
            items.append(item)
        return Items(plan.timezone, items)

    def _words(self, doses: Doses) -> _DoseWords:
        """What has been said of these doses, or of equal ones. They are held, so that their id stays their own."""
        found = self._said_of.get(id(doses))
        if found is None:
            _make_room(self._said)
            _make_room(self._said_of)
            found = self._said_of[id(doses)] = doses, self._said.setdefault(doses, {})
        return found[1]

    def _event(self, plan: BlindedPlan, booked: BookedVisit) -> Event:
        return _there(staff_visit(plan, booked, self._clinic, self.language, self.stamp, "pharmacy"))


def _tried(made: Callable[[MadeUp], tuple[bytes, list[str]] | None]) -> Template | None:
    """The template that a made-up text gives; None where it does not give another one by its values."""
    first, second = made(CUT), made(TRY)
    if first is None or second is None:
        return None
    text, found = second
    values = [value.encode() for value in found]
    tail = Slot.TAIL if len(found) > Slot.TAIL and found[Slot.TAIL] else None
    template = cut(first[0].decode(), first[1], tail=tail)
    if tail is not None:
        values[tail] = fold(escape(found[tail]), template.tail_column)
    return template if template.fill(values) == text else None


@lru_cache(maxsize=_MOST_KEPT)
def _octets(value: str) -> bytes:
    """The same object for the same value, so that what comes again and again stays in the processor's cache."""
    return value.encode()


def _by_reference(event: Event) -> Item:
    return Item(event.uid, None, [], event)


def _there(event: Event | None) -> Event:
    if event is None:
        raise ValueError("a visit without a date has no item")
    return event


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
