"""One participant: doses, visits, timeline, calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dosecalc.app.settings import now
from dosecalc.app.typed import Asked, dose_input
from dosecalc.errors import refuse
from dosecalc.files import read_file, write_whole
from dosecalc.plan import WantedBooking, dosed_arms, plan_doses, plan_visits, visible_arm
from dosecalc.text import msg, render
from dosecalc.visits.moments import local_day, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.blinding import BlindedPlan
    from dosecalc.calendars.revisions import Previous
    from dosecalc.dosing.result import Doses
    from dosecalc.plan import Participant
    from dosecalc.protocol.settled import Settled
    from dosecalc.text import Language

_CLOCK_SLACK = dt.timedelta(minutes=1)
CalendarAudience = Literal["participant", "clinic", "pharmacy"]
AUDIENCES = {"participant": msg("participant"), "clinic": msg("clinic"), "pharmacy": msg("pharmacy")}


def dose(settled: Settled, *, arm: str | None, asked: Asked, visits: Sequence[str] = ()) -> Doses:
    """Calculate the doses of an arm (both areas' where every participant gets every arm).

    Raises:
        Refusal: what `dosing.dose` refuses, DC302, DC304.
    """
    from dosecalc.dosing.dose import calculate

    arms = dosed_arms(settled.protocol, arm)
    return calculate(settled, arms, dose_input(settled, arm, asked), tuple(visits) or None)


def schedule(settled: Settled, who: Participant) -> BlindedPlan:
    """Plan a participant's visits, as anyone may see them.

    Raises:
        Refusal: DC303, DC304 and what `visits` refuses.
    """
    from dosecalc.blinding import blind
    from dosecalc.visits.timeline import prepare

    arm = visible_arm(settled.protocol, who.arm)
    return blind(settled, arm, plan_visits(prepare(settled, arm.encounters), who))


def pharmacy(settled: Settled, who: Participant, *, ages: bool = True) -> tuple[BlindedPlan, Doses]:
    """Plan a participant's visits and doses, for the pharmacy; `ages`: areas must be as young as the site file asks.

    Raises:
        Refusal: DC302, DC304 and what `visits`, `dosing` and `area_age` refuse.
    """
    doses = plan_doses(settled, who)
    plan = schedule(settled, _as_anyone(settled, who))
    return plan, _with_ages(settled, plan, doses) if ages else doses


def _with_ages(settled: Settled, plan: BlindedPlan, doses: Doses) -> Doses:
    """The doses, with a warning for each visit before which the area must be measured again (R9)."""
    if not any(dose.area_cm2 is not None for dose in doses.doses):
        return doses
    from dosecalc.area_age import area_ages
    from dosecalc.dosing.result import Warned

    bookings = {booked.visit.encounter: booked.booking for booked in plan.visits if booked.booking is not None}
    ages = area_ages(settled, doses, [booked.visit for booked in plan.visits], bookings)
    warnings = [
        Warned(code="area-measure-again", text=msg("{visit}: {text}", visit=visit, text=age.note))
        for visit, age in ages.items()
        if age.note is not None
    ]
    return replace(doses, warnings=(*doses.warnings, *warnings))


def _as_anyone(settled: Settled, who: Participant) -> Participant:
    """The participant as those know them who plan visits: in a masked trial without the arm."""
    return replace(who, arm=None) if settled.protocol.masking.masked else who


def write_timeline(path: str, title: str, plan: BlindedPlan, language: Language) -> None:
    """Write the timeline of a plan as an SVG picture.

    Raises:
        Refusal: DC6xx where the file cannot be written.
    """
    from dosecalc.documents.timeline_svg import timeline_svg

    write_whole(path, timeline_svg([booked.visit for booked in plan.visits], language, title))


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A file that was written."""

    path: str
    sha256: str
    events: int
    draft: bool = False
    plan: BlindedPlan | None = None
    """What stands in the calendar, to be shown."""


def calendar_bytes(
    settled: Settled,
    plan: BlindedPlan,
    doses: Doses | None,
    *,
    audience: CalendarAudience,
    language: Language,
    stamp: dt.datetime,
    previous: bytes | None,
    cancel: bool,
) -> bytes:
    """Make one participant's calendar file.

    Raises:
        Refusal: DC372 for a pharmacy's calendar without doses; what `calendars.export` refuses.
    """
    from dosecalc import __version__
    from dosecalc.calendars import export

    clinic = settled.site.clinic if settled.site else None
    if audience not in AUDIENCES:
        raise ValueError(f"there is no audience {audience!r}")
    if audience == "pharmacy":
        if doses is None:
            raise refuse("DC372", msg("this plan has no doses for the pharmacy"), msg("plan it with the arm"))
        return export.pharmacy_calendar(
            plan,
            doses,
            clinic=clinic,
            language=language,
            stamp=stamp,
            version=__version__,
            previous=previous,
            cancel=cancel,
        )
    make = export.participant_calendar if audience == "participant" else export.clinic_calendar
    return make(
        plan,
        clinic=clinic,
        language=language,
        stamp=stamp,
        version=__version__,
        previous=previous,
        cancel=cancel,
    )


def write_calendar(
    settled: Settled,
    who: Participant,
    asked: Asked,
    *,
    audience: CalendarAudience,
    language: Language,
    out: str,
    previous: str | None,
    unbook: Sequence[str] = (),
    cancel: bool,
    stamp: dt.datetime | None,
) -> Written:
    """Write one participant's calendar file; nothing is written when anything is refused.

    Visits that are booked in the file `previous` stay booked unless they are booked anew or named in `unbook`.
    `stamp` is the time of this export; None takes the clock, or one second after the file `previous` where that was
    made in this very minute.

    Raises:
        Refusal: what `schedule`, `pharmacy` and `calendar_bytes` refuse; DC371 where a dose's options are given for an
            audience that sees no doses; DC423 to DC425 and DC506 where the bookings do not go together with each other
            or with the file `previous`; DC6xx where a file cannot be read or written.
    """
    import hashlib

    from dosecalc.calendars.event import calendar_uid
    from dosecalc.calendars.revisions import read_previous
    from dosecalc.participant_code import check_code

    check_code(who.code)
    if audience != "pharmacy" and asked != Asked():
        raise refuse(
            "DC371",
            msg("a calendar for the {audience} holds no doses", audience=AUDIENCES[audience]),
            msg("leave out --area, --round, --weight and --level, or write --audience pharmacy"),
        )
    earlier = read_file(previous) if previous else None
    typed = tuple(who.bookings)
    if audience == "pharmacy":
        who = replace(who, given=dose_input(settled, who.arm, asked))
    before = None
    if earlier is not None:
        unbooked = schedule(settled, replace(_as_anyone(settled, who), bookings={}))
        before = read_previous(earlier, calendar_uid(unbooked.protocol, unbooked.participant, audience))
        if not cancel:  # what is cancelled keeps nothing
            who = _follow_on(unbooked, who, before, audience, language, unbook)
    elif unbook:
        raise refuse(
            "DC506",
            msg("there is no earlier calendar to take a booking out of"),
            msg("give it with --previous, or leave out --unbook"),
        )
    doses = None
    if audience == "pharmacy":
        plan, doses = pharmacy(settled, who, ages=not cancel)
    else:
        plan = schedule(settled, who)
    if who.outside_window is not None:
        _check_reasons(plan, typed)
    data = calendar_bytes(
        settled,
        plan,
        doses,
        audience=audience,
        language=language,
        stamp=stamp or _present(before),
        previous=earlier,
        cancel=cancel,
    )
    write_whole(out, data)
    return Written(
        path=out,
        sha256=hashlib.sha256(data).hexdigest(),
        events=data.count(b"BEGIN:VEVENT\r\n"),
        draft=bool(doses and doses.draft),
        plan=plan,
    )


def _follow_on(
    plan: BlindedPlan,
    who: Participant,
    previous: Previous,
    audience: CalendarAudience,
    language: Language,
    unbook: Sequence[str],
) -> Participant:
    """The participant with the bookings that stand in the earlier calendar; `plan` is theirs without any booking.

    A visit that was booked stays booked until somebody books another time or takes it out by name: nobody must lose a
    visit because they did not type it again. One that was accepted outside its window keeps its own reason, as long as
    the windows are the same.

    Raises:
        Refusal: DC424, the first visit stands booked on another day than the start; DC425, a visit stands as attended
            and has no actual date now; DC502, the file cannot be read; DC506, nothing to take out.
    """
    from dosecalc.calendars.revisions import begins_alike, booked_before

    before = booked_before(previous, plan, audience)
    alike = begins_alike(previous, plan, audience)
    for name, stood in before.items():
        if stood.attended is not None:
            raise refuse(
                "DC425",
                msg("{visit} stands as attended in the earlier calendar, {when}", visit=name, when=stood.attended),
                msg("give it again: --actual {visit}={day}", visit=name, day=stood.attended[:10]),
            )
    _check_unbooked(unbook, who, tuple(before))
    kept: dict[str, WantedBooking] = {}
    for booked in plan.visits:
        name, day = booked.visit.encounter, booked.visit.target
        if name not in before or name in unbook or name in who.bookings:
            continue
        when, reason = before[name].when, before[name].reason
        if when is None:
            continue
        if booked.visit.window == "anchor" and day is not None and when.date() != local_day(day):
            raise refuse(
                "DC424",
                msg("{visit} stands booked for {when} in the earlier calendar", visit=name, when=readable(when)),
                msg(
                    "the start is now {day}: book it anew with --book {visit}={day}T09:30, or take it out with "
                    "--unbook {visit}",
                    visit=name,
                    day=local_day(day).isoformat(),
                ),
            )
        accepted = (reason or render(msg("as in the earlier calendar"), language)) if alike else None
        kept[name] = WantedBooking(when=when, outside_window=accepted)
    return replace(who, bookings={**kept, **who.bookings})


def _present(previous: Previous | None) -> dt.datetime:
    """The clock; or one second after the earlier calendar, where that was made in this very minute."""
    latest, present = previous.latest if previous else None, now()
    if latest is not None and present <= latest < present + _CLOCK_SLACK:
        return latest + dt.timedelta(seconds=1)
    return present


def _check_unbooked(unbook: Sequence[str], who: Participant, before: Sequence[str]) -> None:
    for visit in unbook:
        if visit in who.bookings:
            raise refuse(
                "DC506",
                msg("{visit} is to be booked and taken out at once", visit=visit),
                msg("leave out --unbook {visit}: booking another time is enough", visit=visit),
            )
        if visit not in before:
            raise refuse(
                "DC506",
                msg("{visit} has no booking in the earlier calendar to take out", visit=visit),
                msg("booked there: {visits}", visits=", ".join(before) or "-"),
            )


def _check_reasons(plan: BlindedPlan, typed: Sequence[str]) -> None:
    """One reason cannot explain two bookings: the second may be a slip of the key."""
    outside = [
        booked.visit.encounter
        for booked in plan.visits
        if booked.visit.encounter in typed and booked.booking is not None and booked.booking.outside_window
    ]
    if len(outside) > 1:
        raise refuse(
            "DC423",
            msg("several bookings lie outside their windows: {visits}", visits=", ".join(outside)),
            msg("book them one after the other with --previous, each with its own --outside-window"),
        )
