"""What no type can hold of how the site file describes the clinic: times, days, resources."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from dosecalc.errors import Finding
from dosecalc.protocol.binding import readable
from dosecalc.protocol.clinic import parse_hours
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.clinic import Clinic, Period
    from dosecalc.protocol.site import Site, SiteBooking

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def check_clinic(clinic: Clinic) -> Iterator[Finding]:
    """Every finding of the clinic's part of a site file."""
    length = readable(clinic.visit_length)
    if length is not None and length.minutes <= 0:
        yield Finding(
            "DC155",
            msg("a visit takes some time"),
            msg("write its length as PT45M or PT1H, without a sign"),
            path="clinic.visit_length",
        )
    if clinic.daily_time and not _TIME.fullmatch(clinic.daily_time):
        yield Finding(
            "DC141",
            msg("'{text}' is not a time of day", text=clinic.daily_time),
            msg("write it as 20:00"),
            clinic.where,
            "clinic.daily_time",
        )
    if readable(clinic.places_per_day) == 0:
        yield Finding(
            "DC768",
            msg("no visit could be booked on any day"),
            msg("write how many visits a day has room for, or remove the key where there is no limit"),
            clinic.where,
            "clinic.places_per_day",
        )
    yield from _weekdays(clinic)
    yield from _hours(clinic, length.minutes if length is not None else 0)
    yield from _days(clinic)
    for name, resource in (clinic.resources or {}).items():
        if readable(resource.per_day) == 0:
            yield Finding(
                "DC841",
                msg("'{name}' serves no visit on any day, so no visit that needs it could be booked", name=name),
                msg("write how many visits it serves on one day, or remove it"),
                resource.where,
                f"clinic.resources.{name}.per_day",
            )


def _weekdays(clinic: Clinic) -> Iterator[Finding]:
    days = readable(clinic.weekdays)
    if days is None:
        return
    if not days:
        what = msg("the clinic is open on no day of the week")
        yield Finding("DC840", what, msg("list its days: [Mon, Tue, Wed, Thu, Fri]"), clinic.where, "clinic.weekdays")
    for day in sorted({day for day in days if days.count(day) > 1}):
        what = msg("{day} stands here twice", day=day)
        yield Finding("DC840", what, msg("remove one of the two"), clinic.where, "clinic.weekdays")


def _hours(clinic: Clinic, length: int) -> Iterator[Finding]:
    read = []
    for number, text in enumerate(clinic.hours):
        path = f"clinic.hours[{number}]"
        hours = parse_hours(text)
        if hours is None or hours[0] >= hours[1]:
            yield Finding(
                "DC842",
                msg("'{text}' is not a time from and to", text=text),
                msg('write the earlier time first, as "08:30-12:00"; hours that pass midnight are written as two'),
                clinic.where,
                path,
            )
        elif hours[1] - hours[0] < length:
            yield Finding(
                "DC842",
                msg("no visit of {minutes} minutes fits into {text}", minutes=length, text=text),
                msg("make the hours longer, or 'visit_length' shorter"),
                clinic.where,
                path,
            )
        else:
            read.append((hours, text, path))
    for (one, text, _), (other, later, path) in pairwise(sorted(read)):
        if other[0] < one[1]:
            what = msg("the hours {one} and {other} overlap", one=text, other=later)
            yield Finding("DC842", what, msg("write each time of day once"), clinic.where, path)


def _days(clinic: Clinic) -> Iterator[Finding]:
    holidays = readable(clinic.holidays)
    if holidays is not None and holidays.country and not _COUNTRY.fullmatch(holidays.country):
        yield Finding(
            "DC843",
            msg("'{text}' is not the code of a country", text=holidays.country),
            msg("write its two capital letters (ISO 3166): CN"),
            holidays.where,
            "clinic.holidays.country",
        )
    if holidays is not None and (year := readable(holidays.official_through)) is not None and not 2000 <= year <= 2199:
        yield Finding(
            "DC843",
            msg("{year} is no year", year=year),
            msg("write the last year whose official notice of public holidays is out: 2026"),
            holidays.where,
            "clinic.holidays.official_through",
        )
    if clinic.weekdays is None and (holidays or clinic.closures or clinic.open_days):
        yield Finding(
            "DC840",
            msg("it is not said on which weekdays the clinic is open"),
            msg("add 'weekdays', for example [Mon, Tue, Wed, Thu, Fri]"),
            clinic.where,
            "clinic",
        )
    for name, periods in (("closures", clinic.closures), ("open_days", clinic.open_days)):
        yield from _periods(periods, f"clinic.{name}")
    for number, opened in enumerate(clinic.open_days):
        for closed in clinic.closures:
            if _readable(opened) and _readable(closed) and opened.first <= closed.last and closed.first <= opened.last:
                yield Finding(
                    "DC844",
                    msg("the clinic is both closed and open from {first} to {last}",
                        first=max(opened.first, closed.first), last=min(opened.last, closed.last)),
                    msg("remove these days from 'closures' or from 'open_days'"),
                    opened.where,
                    f"clinic.open_days[{number}]",
                )  # fmt: skip


def _readable(period: Period) -> bool:
    return readable(period.first) is not None and readable(period.last) is not None


def _periods(periods: tuple[Period, ...], path: str) -> Iterator[Finding]:
    for number, period in enumerate(periods):
        if _readable(period) and period.last < period.first:
            yield Finding(
                "DC844",
                msg("these days end on {last}, before they begin on {first}", first=period.first, last=period.last),
                msg("write the earlier day under 'first'; a single day stands under both"),
                period.where,
                f"{path}[{number}]",
            )


def check_bookings(site: Site) -> Iterator[Finding]:
    """Every finding of what the visits of each protocol take of the clinic."""
    clinic = readable(site.clinic)
    if clinic is None:
        return
    for protocol, here in (site.protocols or {}).items():
        for visit, entry in (here.booking or {}).items():
            yield from _booking(entry, clinic, f"protocols.{protocol}.booking.{visit}")


def _booking(entry: SiteBooking, clinic: Clinic, path: str) -> Iterator[Finding]:
    for number, name in enumerate(entry.resources or ()):
        if name not in (clinic.resources or {}):
            yield Finding(
                "DC845",
                msg("the clinic has no '{name}'", name=name),
                msg(
                    "describe it under 'clinic.resources'; there are: {names}", names=", ".join(clinic.resources) or "-"
                ),
                entry.where,
                f"{path}.resources[{number}]",
            )
    lead = readable(entry.lead) if entry.lead is not None else None
    if lead is not None and not 0 < lead.minutes < 24 * 60:
        yield Finding(
            "DC845",
            msg("'{text}' is no time that work begins before a visit", text=str(lead)),
            msg("write it without a sign and shorter than a day: PT1H"),
            entry.where,
            f"{path}.lead",
        )
    elif lead is not None and not entry.ward and (room := _longest_lead(clinic)) is not None and lead.minutes > room:
        yield Finding(
            "DC845",
            msg("no visit is possible {minutes} minutes after the clinic opens", minutes=lead.minutes),
            msg("write a shorter 'lead', at most {minutes} minutes, or longer 'hours'", minutes=room),
            entry.where,
            f"{path}.lead",
        )


def _longest_lead(clinic: Clinic) -> int | None:
    """The minutes from the opening to the last time at which a visit can begin; None where that is not known."""
    hours = [read for read in map(parse_hours, clinic.hours or ()) if read is not None]
    length = readable(clinic.visit_length)
    if not hours or length is None:
        return None
    return max(last for _, last in hours) - length.minutes - min(first for first, _ in hours)
