"""The use cases: what the command line and the notebooks ask for.

This is the only place that reads the clock, the environment and files of the user. Everything below gets values.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dosecalc.errors import Finding, InvalidFile, Usage, refuse
from dosecalc.files import read_file, write_whole
from dosecalc.notation import parse_number, parse_positive
from dosecalc.plan import (
    Participant,
    WantedBooking,
    dosed_arms,
    plan_doses,
    plan_visits,
    visible_arm,
)
from dosecalc.protocol.reader import read_protocol, read_site
from dosecalc.protocol.settled import Settled
from dosecalc.quantity import Quantity, Rounding, parse_quantity
from dosecalc.text import Language, Message, msg
from dosecalc.units import unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dosecalc.blinding import BlindedPlan
    from dosecalc.dosing.result import DoseInput, Doses
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.site import Site
    from dosecalc.visits.visit import Moment

CalendarAudience = Literal["participant", "clinic", "pharmacy"]
AUDIENCES = {"participant": msg("participant"), "clinic": msg("clinic"), "pharmacy": msg("pharmacy")}


def now() -> dt.datetime:
    """The clock, in whole seconds of UTC."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def preferred_language() -> Language:
    """The language of what people read: DOSECALC_LANGUAGE, else the locale's; Chinese where it says so, else English.

    Raises:
        Refusal: DC002 where DOSECALC_LANGUAGE is set to something else.
    """
    chosen = os.environ.get("DOSECALC_LANGUAGE")
    if chosen == "en":
        return "en"
    if chosen == "zh":
        return "zh"
    if chosen:
        raise refuse("DC002", msg("DOSECALC_LANGUAGE is '{text}'", text=chosen), msg("set it to en or zh"))
    locale = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def shipped(*parts: str) -> str:
    """The path of a shipped file under `schedules/`: inside the installed package, or beside it in a checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, "schedules")
    return os.path.join(
        inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "schedules"), *parts
    )


def shipped_protocols() -> list[str]:
    """The ids of the shipped protocols."""
    return sorted(name.removesuffix(".yaml") for name in os.listdir(shipped()) if name.endswith(".yaml"))


def load_protocol(protocol: str) -> Protocol:
    """Load a shipped protocol by its id, or a protocol file by its path.

    Raises:
        Refusal: DC003 where there is neither.
        InvalidFile: with all findings.
    """
    if protocol in shipped_protocols():
        return read_protocol(read_file(shipped(f"{protocol}.yaml")), f"{protocol}.yaml")
    if not protocol.endswith((".yaml", ".yml")) and not os.path.exists(protocol):
        raise refuse(
            "DC003",
            msg("there is no protocol '{name}'", name=protocol),
            msg("the shipped ones are: {names}; or give the path of a YAML file", names=", ".join(shipped_protocols())),
        )
    return read_protocol(read_file(protocol), protocol)


def load(protocol: str, site: str | None = None) -> Settled:
    """Load a protocol and the site file that goes with it.

    Raises:
        Refusal: DC003, DC601.
        InvalidFile: findings of either file, or of the two together.
    """
    loaded = load_protocol(protocol)
    return Settled(protocol=loaded, site=load_site(site, loaded) if site else None)


def load_site(path: str, protocol: Protocol) -> Site:
    """Load a site file and compare what it says with `protocol`."""
    from dosecalc.protocol.site_checks import check_site_against

    site = read_site(read_file(path), path)
    if findings := list(check_site_against(site, protocol)):
        raise InvalidFile(findings)
    return site


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The options of `dose`, as typed."""

    areas: Sequence[str] = ()
    rounding: Rounding | None = None
    weight: str | None = None
    level: str | None = None


def dose_input(settled: Settled, asked: Asked) -> DoseInput:
    """Read the typed options.

    Raises:
        Refusal: DC201 and its kin for a number that is not one.
    """
    from dosecalc.dosing.result import DoseInput

    return DoseInput(
        areas=tuple(parse_number(area) for area in asked.areas),
        weight=Quantity(parse_positive(asked.weight), unit("kg")) if asked.weight is not None else None,
        level=_level(settled.protocol, asked.level) if asked.level is not None else None,
        rounding=asked.rounding,
    )


def _level(protocol: Protocol, text: str) -> Quantity:
    """A level with its unit, or a bare number in the unit of the protocol's one level."""
    if any(character.isspace() for character in text.strip()) and any(c.isalpha() and c not in "eExX" for c in text):
        return parse_quantity(text)
    units = {(level.one_of or (level.at_least,))[0].unit for level in protocol.levels.values()}  # type: ignore[union-attr]
    if len(units) != 1:
        raise refuse(
            "DC370",
            msg("{protocol} has no dose level to choose", protocol=protocol.id)
            if not units
            else msg("the level has no unit"),
            msg("leave out the level") if not units else msg("write the number, a space and the unit"),
        )
    return Quantity(parse_positive(text), units.pop())


def dose(settled: Settled, *, arm: str | None, asked: Asked, visits: Sequence[str] = ()) -> Doses:
    """Calculate the doses of an arm (both areas' where every participant gets every arm).

    Raises:
        Refusal: what `dosing.dose` refuses, DC302, DC304.
    """
    from dosecalc.dosing.dose import calculate

    arms = dosed_arms(settled.protocol, arm)
    return calculate(settled, arms, dose_input(settled, asked), tuple(visits) or None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """The options of `schedule` and `calendar` that hold dates, as typed; each `NAME=DATE`."""

    start: str
    actual: Sequence[str] = ()
    anchors: Sequence[str] = ()
    bookings: Sequence[str] = ()
    outside_window: str | None = None


def participant(
    settled: Settled, *, code: str, arm: str | None, dates: Dates, given: DoseInput | None = None
) -> Participant:
    """Read the typed dates; a time without an offset is the site's local time.

    Raises:
        Refusal: DC4xx for a date that is not one.
        Usage: DC004 to DC006 for a `NAME=DATE` that is not one, has no time where it needs one, or stands twice.
    """
    from dosecalc.visits.moments import parse_moment

    zone = settled.timezone
    bookings = _named(dates.bookings, "--book", zone)
    for name, when in bookings.items():
        if not isinstance(when, dt.datetime):
            raise _usage(
                "DC005",
                msg("the booking of {visit} has no time", visit=name),
                msg("write --book {visit}={day}T09:30", visit=name, day=when),
            )
    return Participant(
        code=code,
        start=parse_moment(dates.start, zone),
        arm=arm,
        given=given,
        anchors=_named(dates.anchors, "--anchor", zone),
        actual=_named(dates.actual, "--actual", zone),
        bookings={
            name: WantedBooking(when=when, outside_window=dates.outside_window)
            for name, when in bookings.items()
            if isinstance(when, dt.datetime)
        },
    )


def _usage(code: str, what: Message, mend: Message) -> Usage:
    return Usage([Finding(code, what, mend)])


def _named(pairs: Iterable[str], option: str, zone: str) -> Mapping[str, Moment]:
    from dosecalc.visits.moments import parse_moment

    found: dict[str, Moment] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name or not text:
            raise _usage(
                "DC004",
                msg("'{text}' is not a name, an equals sign and a date", text=pair),
                msg("write for example {option} D7=2026-03-09", option=option),
            )
        if name in found:
            raise _usage("DC006", msg("{option} names {name} twice", option=option, name=name), msg("give it once"))
        found[name] = parse_moment(text, zone)
    return found


def schedule(settled: Settled, who: Participant) -> BlindedPlan:
    """Plan a participant's visits, as anyone may see them.

    Raises:
        Refusal: DC303, DC304 and what `visits` refuses.
    """
    from dosecalc.blinding import blind
    from dosecalc.visits.timeline import prepare

    arm = visible_arm(settled.protocol, who.arm)
    return blind(settled, arm, plan_visits(prepare(settled, arm.encounters), who))


def pharmacy(settled: Settled, who: Participant) -> tuple[BlindedPlan, Doses]:
    """Plan a participant's visits and doses, for the pharmacy.

    Raises:
        Refusal: DC302, DC304 and what `visits` and `dosing` refuse.
    """
    doses = plan_doses(settled, who)
    unarmed = replace(who, arm=None) if settled.protocol.masking.masked else who
    return schedule(settled, unarmed), doses


def write_timeline(path: str, settled: Settled, plan: BlindedPlan, language: Language) -> None:
    """Write the timeline of a plan as an SVG picture.

    Raises:
        Refusal: DC6xx where the file cannot be written.
    """
    from dosecalc.documents.timeline_svg import timeline_svg

    write_whole(path, timeline_svg([booked.visit for booked in plan.visits], language, settled.protocol.id))


def stamp(text: str | None, settled: Settled) -> dt.datetime:
    """The time of an export: as given, else the clock.

    Raises:
        Usage: DC007 where a date without a time is given.
    """
    from dosecalc.visits.moments import parse_moment

    if text is None:
        return now()
    moment = parse_moment(text, settled.timezone)
    if not isinstance(moment, dt.datetime):
        raise _usage("DC007", msg("the stamp has no time"), msg("write --stamp {day}T09:30:00Z", day=moment))
    return moment.astimezone(dt.UTC)


def calendar_language(settled: Settled) -> Language:
    """The language of a calendar when nobody chose one: the site's, else English."""
    return settled.site.language if settled.site else "en"


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A file that was written."""

    path: str
    sha256: str
    events: int
    draft: bool = False


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
    *,
    audience: CalendarAudience,
    language: Language,
    out: str,
    previous: str | None,
    cancel: bool,
    stamp: dt.datetime,
) -> Written:
    """Write one participant's calendar file; nothing is written when anything is refused.

    Raises:
        Refusal: what `schedule`, `pharmacy` and `calendar_bytes` refuse; DC371 where a dose's options are given for an
            audience that sees no doses; DC6xx where the file cannot be written.
    """
    import hashlib

    from dosecalc.dosing.result import DoseInput
    from dosecalc.participant_code import check_code

    check_code(who.code)
    if audience != "pharmacy" and who.given not in (None, DoseInput()):
        raise refuse(
            "DC371",
            msg("a calendar for the {audience} holds no doses", audience=AUDIENCES[audience]),
            msg("leave out --area, --round, --weight and --level, or write --audience pharmacy"),
        )
    earlier = read_file(previous) if previous else None
    plan, doses = pharmacy(settled, who) if audience == "pharmacy" else (schedule(settled, who), None)
    data = calendar_bytes(
        settled, plan, doses, audience=audience, language=language, stamp=stamp, previous=earlier, cancel=cancel
    )
    write_whole(out, data)
    return Written(
        path=out,
        sha256=hashlib.sha256(data).hexdigest(),
        events=data.count(b"BEGIN:VEVENT\r\n"),
        draft=bool(doses and doses.draft),
    )
