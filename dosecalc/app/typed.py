"""What a person types → values; every number and date passes its firewall here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dosecalc.app.settings import now
from dosecalc.errors import Finding, Refusal, Usage, refuse
from dosecalc.notation import parse_number, parse_positive, quoted
from dosecalc.plan import Participant, WantedBooking, dosed_arms
from dosecalc.quantity import Quantity
from dosecalc.text import msg
from dosecalc.units import unit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal

    from dosecalc.dosing.area import Measured
    from dosecalc.dosing.result import DoseInput, Remeasured
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding
    from dosecalc.text import Message
    from dosecalc.visits.visit import Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The options of `dose`, as typed; areas are in cm².

    `areas_at` are areas that were measured again, each `VISIT=PATCHES`, patches separated by `;`. What is said of the
    measuring is about `areas`, or with `VISIT=` in front about the area that was measured at that visit. Who assigned
    the arm and who weighed, and when, is nothing that anybody types: a study knows it.
    """

    areas: Sequence[str] = ()
    rounding: Rounding | None = None
    weight: str | None = None
    level: str | None = None
    areas_at: Sequence[str] = ()
    area_method: Sequence[str] = ()
    area_by: Sequence[str] = ()
    area_date: Sequence[str] = ()
    arm_by: str | None = None
    arm_date: dt.date | None = None
    weight_by: str | None = None
    weight_date: dt.date | None = None


def dose_input(settled: Settled, arm: str | None, asked: Asked) -> DoseInput:
    """Read the typed options; a level is in the unit of the arm's level where it names none.

    Raises:
        Refusal: DC201 and its kin for a number that is not one; DC314, DC315, a method of measuring; DC332 for a level
            where there is none to choose; DC349, how an area was measured is said, and there is no such area; DC401 to
            DC404, a date; DC501, DC622, a name that cannot stand in a table; DC656, several patches in one text.
        Usage: DC006, something is said twice; DC348, `areas_at` is not a visit, an equals sign and an area.
        TypeError: the areas are one text instead of a list of texts.
    """
    from dosecalc.dosing.level import read_level
    from dosecalc.dosing.result import DoseInput

    if isinstance(asked.areas, str):  # a text is a sequence of texts, too: "24" would become 2 cm² and 4 cm²
        raise TypeError("areas is a list of texts, one for each patch: ['24']")
    level = None
    if asked.level is not None:
        level = read_level(settled.protocol, dosed_arms(settled.protocol, arm), asked.level)
    again = _areas_at(asked.areas_at)
    records = _records(settled, asked, again)
    return DoseInput(
        measured=records.get(None),
        remeasured=_remeasured(again, records),
        areas=tuple(_area(area) for area in asked.areas),
        weight=Quantity(parse_positive(asked.weight), unit("kg")) if asked.weight is not None else None,
        level=level,
        rounding=asked.rounding,
    )


def _area(text: str) -> Decimal:
    """One patch; several are not split here, so that each has its own option and none is overlooked."""
    patches = [patch.strip() for patch in text.split(";") if patch.strip()]
    if len(patches) < 2:
        return parse_number(text)
    raise refuse(
        "DC656",
        msg("{text} is several areas in one --area", text=quoted(text)),
        msg("write --area for each patch: {options}", options=" ".join(f"--area {patch}" for patch in patches)),
    )


def _areas_at(pairs: Iterable[str]) -> dict[str, str]:
    """The typed areas that were measured again, by visit."""
    found: dict[str, str] = {}
    for pair in pairs:
        visit, equals, text = pair.partition("=")
        if not equals or not visit or not text:
            raise _usage(
                "DC348",
                msg("'{text}' is not a visit, an equals sign and an area", text=pair),
                msg("write for example --area-at W4=24, or --area-at W4=20.1;3.3 (in quotes) for two patches"),
            )
        if visit in found:
            raise _twice("--area-at", visit)
        found[visit] = text
    return found


def _remeasured(again: Mapping[str, str], records: Mapping[str | None, Measured]) -> tuple[Remeasured, ...]:
    if not again:
        return ()
    from dosecalc.dosing.area import split_patches
    from dosecalc.dosing.result import Remeasured

    found: list[Remeasured] = []
    findings: list[Finding] = []
    for visit, text in again.items():
        try:
            found.append(Remeasured(visit=visit, areas=split_patches(text), measured=records.get(visit)))
        except Refusal as refusal:
            findings += [replace(finding, path=visit) for finding in refusal.findings]
    if findings:
        raise Refusal(findings)
    return tuple(found)


def _records(settled: Settled, asked: Asked, again: Mapping[str, str]) -> dict[str | None, Measured]:
    """How each area was measured, by the visit at which it was measured again, where anything is said of it."""
    if not (asked.area_method or asked.area_by or asked.area_date):
        return {}
    from dosecalc.dosing.area import Measured, check_method
    from dosecalc.tables.participants import free_text
    from dosecalc.visits.moments import parse_day

    known = ([None] if asked.areas else []) + list(again)
    methods = _said("--area-method", asked.area_method, known)
    names = _said("--area-by", asked.area_by, known)
    dates = _said("--area-date", asked.area_date, known)
    return {
        visit: Measured(
            method=check_method(methods[visit], settled.site) if visit in methods else None,
            by=free_text(names[visit]) if visit in names else None,
            date=parse_day(dates[visit]) if visit in dates else None,
        )
        for visit in known
        if visit in methods or visit in names or visit in dates
    }


def _said(option: str, texts: Iterable[str], known: Collection[str | None]) -> dict[str | None, str]:
    """What is said of the measuring of each area."""
    found: dict[str | None, str] = {}
    for text in texts:
        before, equals, after = text.partition("=")
        visit, said = (before, after) if equals and before else (None, text)
        if visit not in known:
            raise _without_area(option, visit)
        if visit in found:
            raise _said_again(option, visit)
        found[visit] = said
    return found


_ONCE = {
    "--area-method": msg(
        "if they were measured in different ways, leave it out and write them on the worksheet by hand"
    ),
    "--area-by": msg('write all names in one, for example "CRC-02, CRC-05"'),
    "--area-date": msg("give the first day on which one of them was measured"),
}
"""What to do where patches that are added up were measured differently: an area has one method, name and day."""


def _said_again(option: str, visit: str | None) -> Usage:
    if visit is None:
        what = msg("{option} is given twice: it is said once, for all patches of --area together", option=option)
    else:
        what = msg(
            "{option} is given twice for {visit}: it is said once, for all patches of --area-at {visit} together",
            option=option,
            visit=visit,
        )
    return _usage("DC006", what, _ONCE[option])


def _without_area(option: str, visit: str | None) -> Refusal:
    if visit is None:
        what = msg("{option} says how an area was measured, and there is no --area", option=option)
        mend = msg(
            "give the area; for one that was measured again at a visit write --area-at W4=24 {option} W4=…",
            option=option,
        )
    else:
        what = msg("{option} says how the area of {visit} was measured, and there is none", option=option, visit=visit)
        mend = msg("give it with --area-at {visit}=…, or correct the visit", visit=visit)
    return Refusal([Finding("DC349", what, mend)])


def _twice(option: str, name: str) -> Usage:
    return _usage("DC006", msg("{option} names {name} twice", option=option, name=name), msg("give it once"))


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
    bookings = named(dates.bookings, "--book", zone)
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
        anchors=named(dates.anchors, "--anchor", zone),
        actual=named(dates.actual, "--actual", zone),
        bookings={
            name: WantedBooking(when=when, outside_window=dates.outside_window)
            for name, when in bookings.items()
            if isinstance(when, dt.datetime)
        },
        outside_window=dates.outside_window,
    )


def _usage(code: str, what: Message, mend: Message) -> Usage:
    return Usage([Finding(code, what, mend)])


def named(pairs: Iterable[str], option: str, zone: str) -> Mapping[str, Moment]:
    """Read `NAME=DATE` pairs, each name once.

    Raises:
        Refusal: DC4xx for a date that is not one.
        Usage: DC004, DC006.
    """
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
            raise _twice(option, name)
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
