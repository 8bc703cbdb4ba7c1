"""Columns of dates: reading them, and moving them by months, days and minutes, all rows at once.

A date is midnight of a day in the site's calendar; a time is a second in UTC, beside the day that it is at the site.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dosecalc.errors import Refusal, refuse
from dosecalc.rows import blocks, different
from dosecalc.text import Message, msg
from dosecalc.visits.moments import FIRST_YEAR, LAST_YEAR, parse_moment, site_zone

if TYPE_CHECKING:
    from dosecalc.rows import Problems

Seconds = np.ndarray[Any, np.dtype[np.datetime64]]
"""`datetime64[s]`; NaT where nothing is known."""

Extent = tuple[np.datetime64, np.datetime64]
"""The first and the last day of a column."""

DAY = 24 * 60 * 60
_FIRST = np.datetime64(f"{FIRST_YEAR}-01-01", "s")
_END = np.datetime64(f"{LAST_YEAR + 1}-01-01", "s")
_NAT = np.datetime64("NaT", "s")
# Stands for a date that was reported, so that nothing else is found wrong with it.
_SOME_DAY = np.datetime64("2000-01-01", "s")


@dataclass(frozen=True, slots=True)
class Dates:
    """What is known of an event: its `days` at the site, and its `times` in UTC; None where no row has a time."""

    days: Seconds
    times: Seconds | None = None


def unknown(count: int) -> Seconds:
    """Return a column in which nothing is known."""
    return np.full(count, _NAT)


def read_dates(series: pd.Series[Any], name: str, zone: str, problems: Problems) -> Dates:
    """Return the dates of a column, and its times, if it has any.

    Texts are read as on the command line. Of datetimes without a zone, a column that holds midnights only has dates;
    any other has local times of `zone`. What is no date, or no plausible one, is reported.
    """
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        times = series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("M8[s]")
        dates = at_site(times, zone)
    elif isinstance(series.dtype, np.dtype) and series.dtype.kind == "M":
        dates = _naive(series.to_numpy(), name, zone, problems)
    else:
        dates = _texts(series, zone, problems)
    _check_years(dates.days, msg("the date in {column}", column=name), problems)
    return dates


def at_site(times: Seconds, zone: str) -> Dates:
    """Return times in UTC together with the days that they are on at the site."""
    local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(site_zone(zone)).tz_localize(None)
    return Dates(local.to_numpy().astype("M8[D]").astype("M8[s]"), times)


def _naive(values: Seconds, name: str, zone: str, problems: Problems) -> Dates:
    seconds = values if values.dtype == np.dtype("M8[s]") else values.astype("M8[s]")
    if _all_midnight(seconds):
        return Dates(seconds)
    there = site_zone(zone)
    zoned = pd.DatetimeIndex(seconds).tz_localize(there, ambiguous="NaT", nonexistent="NaT").tz_convert("UTC")
    times = zoned.tz_localize(None).to_numpy().astype("M8[s]")
    problems.add(
        "DC403",
        msg("the time in {column} does not exist or comes twice in {zone}", column=name, zone=zone),
        msg("the clocks are put forward or back then: give the time with its offset from UTC"),
        np.isnat(times) & ~np.isnat(seconds),
    )
    return Dates(seconds.astype("M8[D]").astype("M8[s]"), times)


def _all_midnight(seconds: Seconds) -> bool:
    whole = seconds.view(np.int64)
    for block in blocks(len(whole)):
        part = whole[block]
        within_day = part // DAY * DAY != part  # quicker than the remainder
        if within_day.any() and not np.isnat(seconds[block][within_day]).all():
            return False
    return True


def _texts(series: pd.Series[Any], zone: str, problems: Problems) -> Dates:
    codes, values = different(series)
    days: list[Any] = []
    times: list[Any] = []
    for code, value in enumerate(values):
        day: Any = _NAT
        time: Any = _NAT
        try:
            moment = _moment(value, zone)
            if isinstance(moment, dt.datetime):
                time = np.datetime64(moment.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0), "s")
            if moment is not None:
                day = np.datetime64(moment.date() if isinstance(moment, dt.datetime) else moment, "s")
        except Refusal as refusal:
            problems.take(refusal, codes == code)
            day = _SOME_DAY
        days.append(day)
        times.append(time)
    known = np.array([*times, _NAT], "M8[s]")
    return Dates(np.array([*days, _NAT], "M8[s]")[codes], None if np.isnat(known).all() else known[codes])


def _moment(value: object, zone: str) -> dt.date | None:
    """One date, or one time in the site's zone; None for an empty text."""
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            return parse_moment(value.isoformat(timespec="seconds"), zone)
        return value.astimezone(site_zone(zone))
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        return parse_moment(value, zone) if value.strip() else None
    raise refuse(
        "DC401",
        msg("{text} is not a date in the form that is read here", text=f'"{value}"'),
        msg("write the date as YYYY-MM-DD, for example 2026-03-02"),
    )


def _check_years(days: Seconds, what: Message, problems: Problems) -> None:
    if not len(days):
        return
    lowest, highest = extent(days)
    if lowest < _FIRST or highest >= _END:
        report_years(days, what, problems)


def report_years(days: Seconds, what: Message, problems: Problems) -> None:
    """Report the rows whose date lies outside the years that can be meant."""
    problems.add(
        "DC404",
        msg("{what} lies outside the years {first} to {last}", what=what, first=FIRST_YEAR, last=LAST_YEAR),
        msg("check the year of the dates that were given"),
        (days < _FIRST) | (days >= _END),
    )


def extent(days: Seconds) -> Extent:
    """Return the first and the last day that is known; the first possible one twice where none is."""
    if not len(days):
        return _FIRST, _FIRST
    lowest, highest = np.fmin.reduce(days), np.fmax.reduce(days)
    return (_FIRST, _FIRST) if np.isnat(lowest) else (lowest, highest)


def within_years(dates: Extent, months: int, days: int) -> bool:
    """Say whether every date between these two, moved by months and days either way, surely stays within the years."""
    reach = np.timedelta64((31 * abs(months) + abs(days)) * DAY, "s")
    return bool(dates[0] - reach >= _FIRST and dates[1] + reach < _END)


def move(days: Seconds, months: int, add: int) -> Seconds:
    """Return the days `months` calendar months and then `add` days later; a month too short gives its last day.

    >>> move(np.array(["2026-01-31", "NaT"], "M8[s]"), 1, 0).astype("M8[D]").astype(str).tolist()
    ['2026-02-28', 'NaT']
    """
    if not months:
        return days + np.timedelta64(add * DAY, "s")
    moved = np.empty_like(days)
    for block in blocks(len(days)):
        whole = days[block].astype("M8[D]")
        month = whole.astype("M8[M]")
        of_month = whole - month.astype("M8[D]")
        first = (month + months).astype("M8[D]")
        last = (month + months + 1).astype("M8[D]") - first - 1
        moved[block] = first + np.minimum(of_month, last) + add
    return moved
