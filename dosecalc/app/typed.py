"""What a person types → values; every number and date passes its firewall here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.app.settings import now
from dosecalc.errors import Finding, Usage
from dosecalc.notation import parse_number, parse_positive
from dosecalc.plan import Participant, WantedBooking, dosed_arms
from dosecalc.quantity import Quantity
from dosecalc.text import msg
from dosecalc.units import unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dosecalc.dosing.result import DoseInput
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding
    from dosecalc.text import Message
    from dosecalc.visits.visit import Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The options of `dose`, as typed."""

    areas: Sequence[str] = ()
    rounding: Rounding | None = None
    weight: str | None = None
    level: str | None = None


def dose_input(settled: Settled, arm: str | None, asked: Asked) -> DoseInput:
    """Read the typed options; a level is in the unit of the arm's level where it names none.

    Raises:
        Refusal: DC201 and its kin for a number that is not one; DC332 for a level where there is none to choose.
        TypeError: the areas are one text instead of a list of texts.
    """
    from dosecalc.dosing.level import read_level
    from dosecalc.dosing.result import DoseInput

    if isinstance(asked.areas, str):  # a text is a sequence of texts, too: "24" would become 2 cm² and 4 cm²
        raise TypeError("areas is a list of texts, one for each patch: ['24']")
    level = None
    if asked.level is not None:
        level = read_level(settled.protocol, dosed_arms(settled.protocol, arm), asked.level)
    return DoseInput(
        areas=tuple(parse_number(area) for area in asked.areas),
        weight=Quantity(parse_positive(asked.weight), unit("kg")) if asked.weight is not None else None,
        level=level,
        rounding=asked.rounding,
    )


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
        outside_window=dates.outside_window,
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
                msg("write for example {option} D7=2026-03-09T09:30", option=option),
            )
        if name in found:
            raise _usage("DC006", msg("{option} names {name} twice", option=option, name=name), msg("give it once"))
        found[name] = parse_moment(text, zone)
    return found


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
