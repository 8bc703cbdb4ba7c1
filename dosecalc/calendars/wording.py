"""A view of a plan + a language → the words of each event.

What a participant or a clinic reads is made from a `BlindedPlan`, which cannot hold an arm, a product or an amount
(R15); only the pharmacy's functions take doses. What is on a participant's phone names no diagnosis, product, arm,
dose, sponsor or registry number, and calls the person by a code (R17).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from dosecalc.calendars.dose_words import DRAFT, dose_text
from dosecalc.calendars.event import Alarm, Event, calendar_uid, check_text, item_uid
from dosecalc.calendars.ics import Head
from dosecalc.calendars.said import attended, booked_outside, took_place
from dosecalc.text import msg, render
from dosecalc.visits.moments import readable, site_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dosecalc.blinding import BlindedPlan, BookedVisit
    from dosecalc.calendars.event import Audience
    from dosecalc.dosing.result import Doses
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.text import Language, Message
    from dosecalc.visits.visit import Moment, Visit

_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
_QUARTER = dt.timedelta(minutes=15)

_zone = cache(site_zone)


def calendar_head(
    audience: Audience, language: Language, *, participant: str | None, protocol: str, version: str
) -> Head:
    """Return what stands above a calendar's items; `participant` is None for a whole cohort."""
    if audience == "participant":
        name = msg("Clinic visits {participant}", participant=participant)
    elif audience == "clinic":
        name = msg("Trial visits {whose}", whose=participant or protocol)
    else:
        name = msg("Pharmacy: doses {whose}", whose=participant or protocol)
    return Head(
        uid=calendar_uid(protocol, participant, audience),
        name=_one_line(name, language),
        language=language,
        version=version,
        nothing=render(msg("There is no visit to show yet."), language),
    )


def participant_events(
    plan: BlindedPlan, clinic: Clinic | None, language: Language, stamp: dt.datetime
) -> tuple[Event, ...]:
    """Return the items of a participant's own calendar.

    A visit that is not booked is tentative, leaves the time free and rings no alarm, for nobody is to come on a closed
    day; a visit whose date cannot be known yet has no item.

    Raises:
        Refusal: DC501, a text holds characters that may not stand in a calendar; DC405, the time zone is not known.
    """
    events = [participant_visit(plan, booked, clinic, language, stamp) for booked in plan.visits]
    return (*(event for event in events if event), *routine_events(plan, clinic, language, stamp))


def clinic_events(
    plan: BlindedPlan, clinic: Clinic | None, language: Language, stamp: dt.datetime
) -> tuple[Event, ...]:
    """Return the items of a clinic's calendar, one per encounter whose date is known.

    Until it is booked the item is the visit's window (or its target day, where no window is stated).

    Raises:
        Refusal: DC501, DC405 as for the participant.
    """
    events = [staff_visit(plan, booked, clinic, language, stamp, "clinic") for booked in plan.visits]
    return tuple(event for event in events if event)


def pharmacy_events(
    plan: BlindedPlan, doses: Doses, clinic: Clinic | None, language: Language, stamp: dt.datetime
) -> tuple[Event, ...]:
    """Return the items of a pharmacy's calendar: those of the clinic and their doses.

    Raises:
        Refusal: DC501, DC405 as for the participant.
    """
    events = [pharmacy_visit(plan, booked, doses, clinic, language, stamp) for booked in plan.visits]
    return tuple(event for event in events if event)


def participant_visit(
    plan: BlindedPlan, booked: BookedVisit, clinic: Clinic | None, language: Language, stamp: dt.datetime
) -> Event | None:
    """Return the item of one visit in the participant's calendar; None where it has none."""
    visit, booking = booked.visit, booked.booking
    summary = msg("Clinic visit: {label}", label=visit.label)
    lines: list[Message] = []
    alarms: tuple[Alarm, ...] = ()
    open_date = booking is None and visit.actual is None
    if visit.target is None and open_date:
        return None
    if visit.actual is not None:
        lines.append(took_place(_day(visit.actual, plan).isoformat()))
    elif open_date:
        if clinic and clinic.unbooked_visits == "leave_out":
            return None
        summary = msg("Clinic visit: {label} (date to be confirmed by the clinic)", label=visit.label)
        lines.append(
            msg("Date to be confirmed by the clinic. Please come only when the clinic has told you the day and time.")
        )
    elif clinic:
        lines.append(msg("Please bring: {things}", things=clinic.bring))
    title = render(summary, language)
    if booking and visit.actual is None:
        alarms = (
            Alarm(before=_DAY, words=_one_line(msg("Tomorrow: {what}", what=title), language)),
            Alarm(before=2 * _HOUR, words=_one_line(msg("In two hours: {what}", what=title), language)),
        )
    if clinic:
        lines.append(msg("Clinic: {name}", name=clinic.name))
        lines.append(msg("Contact: {number}", number=clinic.contact))
    lines.append(msg("Participant code: {code}", code=plan.participant))
    start, end = span(plan, booked, clinic, window=False)
    return Event(
        uid=_uid(plan, visit, "participant"),
        start=start,
        end=end,
        summary=_one_line(summary, language),
        description=_joined(lines, language),
        location=_place(clinic, language) if booking else "",
        status="TENTATIVE" if open_date else "CONFIRMED",
        transparent=not isinstance(start, dt.datetime),
        alarms=alarms,
        stamp=stamp,
    )


def routine_events(plan: BlindedPlan, clinic: Clinic | None, language: Language, stamp: dt.datetime) -> Iterator[Event]:
    """Yield the one item that comes every day, for what the participant does at home; none where there is nothing."""
    routine = plan.routine
    if routine is None:
        return
    start: Moment = routine.first
    end: Moment = routine.first + _DAY
    if clinic and clinic.daily_time:
        start = dt.datetime.combine(routine.first, dt.time.fromisoformat(clinic.daily_time), _zone(plan.timezone))
        end = start + _QUARTER
    last = routine.first + dt.timedelta(days=routine.days - 1)
    lines = [
        msg(
            "Every day from {first} to {last}: {days} days in a row.",
            first=routine.first.isoformat(),
            last=last.isoformat(),
            days=routine.days,
        )
    ]
    if clinic:
        lines.append(msg("Contact: {number}", number=clinic.contact))
    lines.append(msg("Participant code: {code}", code=plan.participant))
    yield Event(
        uid=item_uid(plan.protocol, plan.participant, "routine", routine.id, "participant"),
        start=start,
        end=end,
        summary=check_text(render(routine.words, language)),
        description=_joined(lines, language),
        status="CONFIRMED",
        transparent=True,
        daily=routine.days,
        stamp=stamp,
    )


def pharmacy_visit(
    plan: BlindedPlan,
    booked: BookedVisit,
    doses: Doses,
    clinic: Clinic | None,
    language: Language,
    stamp: dt.datetime,
) -> Event | None:
    """Return the item of one visit in the pharmacy's calendar; a draft says so before anything else (R8)."""
    event = staff_visit(plan, booked, clinic, language, stamp, "pharmacy")
    if event is None:
        return None
    given = dose_text(doses, booked.visit.encounter, booked.visit.base, language)
    return with_doses(event, given, language, draft=bool(doses.draft))


def with_doses(event: Event, given: str, language: Language, *, draft: bool) -> Event:
    """Return the clinic's item with what is given at the visit, and as a draft, where it is one (R8)."""
    summary, description = event.summary, f"{event.description}\n{given}"
    if draft:
        warning = render(DRAFT, language)
        summary, description = f"{warning} · {summary}", f"{warning}\n{description}"
    return replace(event, summary=summary, description=description)


def cancelled_words(summary: str, language: Language) -> tuple[str, str]:
    """Return summary and description of an item that no longer holds: some programs show it as if it did."""
    description = msg("This item was cancelled. If it is still shown, please delete it from your calendar.")
    return render(msg("Cancelled: {summary}", summary=summary), language), render(description, language)


def staff_visit(
    plan: BlindedPlan,
    booked: BookedVisit,
    clinic: Clinic | None,
    language: Language,
    stamp: dt.datetime,
    audience: Literal["clinic", "pharmacy"],
) -> Event | None:
    """Return the item of one visit in the clinic's or the pharmacy's calendar, without doses; None while pending."""
    visit, booking = booked.visit, booked.booking
    if visit.target is None and visit.actual is None and booking is None:
        return None
    start, end = span(plan, booked, clinic, window=True)
    return Event(
        uid=_uid(plan, visit, audience),
        start=start,
        end=end,
        summary=_one_line(_staff_summary(plan, booked), language),
        description=_joined(_staff_lines(plan, booked), language),
        location=_place(clinic, language) if booking else "",
        status="TENTATIVE" if booking is None and visit.actual is None else "CONFIRMED",
        transparent=not isinstance(start, dt.datetime),
        stamp=stamp,
    )


def _staff_summary(plan: BlindedPlan, booked: BookedVisit) -> Message:
    visit, booking, code = booked.visit, booked.booking, plan.participant
    if visit.actual is not None:
        return msg("{code} · {label} (attended)", code=code, label=visit.label)
    if booking is not None:
        if booking.outside_window:
            return msg("{code} · {label} (outside the window)", code=code, label=visit.label)
        return msg("{code} · {label}", code=code, label=visit.label)
    if visit.window == "anchor":
        return msg("{code} · {label} (not booked)", code=code, label=visit.label)
    if visit.earliest is None:
        return msg("{code} · {label} (target day, not booked)", code=code, label=visit.label)
    return msg("{code} · {label} (window, not booked)", code=code, label=visit.label)


def _staff_lines(plan: BlindedPlan, booked: BookedVisit) -> Iterator[Message]:
    """What a clinic needs to know of a visit; every export states how its windows are to be read."""
    visit, booking = booked.visit, booked.booking
    if visit.actual is not None:
        yield attended(shown(visit.actual, plan))
        if visit.days_from_target is not None:
            yield msg("Days from the target day: {days}", days=_signed(visit.days_from_target))
        if visit.window in ("stated", "site"):
            yield _IN_WINDOW[visit.status]
    if booking is not None:
        yield msg("Booked: {when}", when=shown(booking.when, plan))
        if booking.outside_window:
            yield booked_outside(booking.outside_window)
    yield msg("Participant: {code}", code=plan.participant)
    yield msg("Visit: {label} ({encounter})", label=visit.label, encounter=visit.encounter)
    yield msg("Protocol: {protocol}, version {version}", protocol=plan.protocol, version=plan.protocol_version)
    if visit.target is not None:
        yield msg("Target day: {day}", day=shown(visit.target, plan))
    yield _window(visit, plan)
    yield msg("Windows: both ends included, in the site's local calendar days ({timezone}).", timezone=plan.timezone)
    yield from visit.notes


_IN_WINDOW = {
    "early": msg("This is before the window."),
    "late": msg("This is after the window."),
    "done": msg("This is within the window."),
}


def _window(visit: Visit, plan: BlindedPlan) -> Message:
    if visit.anchor is None:
        return msg("This visit is not scheduled and has no window.")
    if visit.window == "anchor":
        return msg("Other visits are counted from the day of this visit.")
    if visit.earliest is None or visit.latest is None:
        if visit.target is None:
            return msg("Window: not known until the date is known that this visit counts from.")
        return msg("Window: none is stated in the protocol; the target day is shown.")
    first, last = shown(visit.earliest, plan), shown(visit.latest, plan)
    if visit.window == "site":
        return msg("Window: {first} to {last}, set by the site (the protocol states none)", first=first, last=last)
    return msg("Window: {first} to {last}, as stated in the protocol", first=first, last=last)


def span(plan: BlindedPlan, booked: BookedVisit, clinic: Clinic | None, *, window: bool) -> tuple[Moment, Moment]:
    """Return start and exclusive end of a visit's item: of the visit where its time is known, else of whole days.

    Whole days are the day on which it took place, else (`window`) its window, else its target day.

    Raises:
        ValueError: the visit has no date at all.
    """
    visit, booking = booked.visit, booked.booking
    time = booking.when if booking else None
    if isinstance(visit.actual, dt.datetime):
        time = visit.actual
    elif visit.actual is not None and not (time and _day(time, plan) == visit.actual):
        return visit.actual, visit.actual + _DAY
    if time is not None:
        return timed(time, plan.timezone, visit_length(clinic))
    if window and visit.earliest is not None and visit.latest is not None:
        return _day(visit.earliest, plan), _day(visit.latest, plan) + _DAY
    if visit.target is None:
        raise ValueError("a visit without a date has no item")
    day = _day(visit.target, plan)
    return day, day + _DAY


def visit_length(clinic: Clinic | None) -> dt.timedelta:
    """Return how long a booked visit takes: what the site file says, else an hour."""
    return dt.timedelta(minutes=clinic.visit_length.minutes) if clinic else _HOUR


def timed(time: dt.datetime, timezone: str, length: dt.timedelta) -> tuple[dt.datetime, dt.datetime]:
    """Return start and end of a visit at `time` in the site's zone.

    `length` is time that passes; a local time that comes twice a year is written in UTC, which has it once.
    """
    start = local(time, timezone)
    instant = start.astimezone(dt.UTC)
    end = (instant + length).astimezone(start.tzinfo)
    return (instant, instant + length) if start.fold or end.fold else (start, end)


def local(time: dt.datetime, timezone: str) -> dt.datetime:
    """Return the time in the site's zone; one without an offset is there already."""
    zone = _zone(timezone)
    return time.astimezone(zone) if time.tzinfo else time.replace(tzinfo=zone)


def _day(moment: Moment, plan: BlindedPlan) -> dt.date:
    return local(moment, plan.timezone).date() if isinstance(moment, dt.datetime) else moment


def shown(moment: Moment, plan: BlindedPlan) -> str:
    """Return a moment as a calendar's texts show it: in the site's zone."""
    return readable(local(moment, plan.timezone) if isinstance(moment, dt.datetime) else moment)


def _signed(days: int) -> str:
    return f"+{days}" if days > 0 else f"−{-days}" if days < 0 else "0"


def _uid(plan: BlindedPlan, visit: Visit, audience: Audience) -> str:
    return item_uid(plan.protocol, check_text(plan.participant), "visit", visit.encounter, audience)


def _place(clinic: Clinic | None, language: Language) -> str:
    return check_text(render(clinic.place, language)) if clinic else ""


def _one_line(text: Message, language: Language) -> str:
    return check_text(render(text, language))


def _joined(lines: Iterable[Message], language: Language) -> str:
    return "\n".join(_one_line(line, language) for line in lines)
