"""On which days the clinic is open: its weekdays, public holidays, make-up working days, closures, extra open days.

What the site says of a single day counts before a public holiday, and a public holiday before the weekday. Public
holidays come from the package `holidays`; of a year whose official notice the site does not know yet every day is
provisional, because holidays are moved and made up for by that notice.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.protocol.clinic import parse_hours
from dosecalc.text import Message, Words, msg
from dosecalc.visits.moments import WEEKDAYS, weekday

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.clinic import Clinic

_DAY = dt.timedelta(days=1)
_AMERICAN = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
"""How the package writes a date in an English name: Day off (substituted from 02/14/2026)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClinicDay:
    """Whether the clinic is open on a day. `why` is None for an ordinary open day."""

    day: dt.date
    open: bool
    why: Message | Words | None
    provisional: bool
    """Whether the official notice of that year's public holidays is not known yet."""


class Workdays:
    """The days of one clinic. It keeps what it looked up, and nothing else."""

    def __init__(self, clinic: Clinic) -> None:
        """Take the days from a clinic of a site file that was checked.

        Raises:
            Refusal: DC846, the site file does not say on which weekdays the clinic is open; DC847, nothing is known of
                the public holidays of its country.
        """
        if clinic.weekdays is None:
            raise refuse(
                "DC846",
                msg("the site file does not say on which days the clinic is open"),
                msg("add 'weekdays' under 'clinic', for example [Mon, Tue, Wed, Thu, Fri]"),
                clinic.where,
            )
        self._clinic = clinic
        self._weekdays = frozenset(WEEKDAYS.index(day) for day in clinic.weekdays)
        self._public = None if clinic.holidays is None else _Public(clinic)
        self._known: dict[dt.date, ClinicDay] = {}

    def of(self, day: dt.date) -> ClinicDay:
        """Return whether the clinic is open on `day`."""
        if day not in self._known:
            self._known[day] = self._look_up(day)
        return self._known[day]

    def _look_up(self, day: dt.date) -> ClinicDay:
        opened, why = self._standing(day)
        holidays = self._clinic.holidays
        return ClinicDay(
            day=day,
            open=opened,
            why=why,
            provisional=holidays is not None and day.year > holidays.official_through,
        )

    def between(self, first: dt.date, last: dt.date) -> Iterator[ClinicDay]:
        """Yield the days from `first` to `last`, both included."""
        for days in range((last - first).days + 1):
            yield self.of(first + days * _DAY)

    def _standing(self, day: dt.date) -> tuple[bool, Message | Words | None]:
        for period in self._clinic.closures:
            if period.first <= day <= period.last:
                return False, period.reason
        for period in self._clinic.open_days:
            if period.first <= day <= period.last:
                return True, period.reason
        usual = day.weekday() in self._weekdays
        if self._public is not None:
            if (name := self._public.holiday(day)) is not None:
                return False, name
            if not usual and self._public.made_up(day):
                return True, msg("working day that makes up for a public holiday")
        return usual, None if usual else weekday(day)


def check_holidays(clinic: Clinic) -> None:
    """Refuse a clinic of whose country no public holidays are known, before anything rests on it.

    Raises:
        Refusal: DC847.
    """
    if clinic.holidays is not None:
        _Public(clinic)


class _Public:
    """The public holidays of a country, looked up year by year."""

    def __init__(self, clinic: Clinic) -> None:
        import holidays  # 100 ms, and only for clinics with public holidays

        assert clinic.holidays is not None, "asked only where the site names a country"
        country = clinic.holidays.country
        try:
            known: Any = holidays.country_holidays(country)
        except NotImplementedError:
            raise refuse(
                "DC847",
                msg("the public holidays of '{country}' are not known", country=country),
                msg(
                    "correct the country's two letters; or remove 'holidays' and list the closed days under 'closures'"
                ),
                clinic.holidays.where,
            ) from None
        languages = known.supported_languages or (None,)
        english, chinese = (
            next((each for each in languages if each in wanted), known.default_language)
            for wanted in (("en_US", "en_GB", "en"), ("zh_CN",))
        )
        if chinese == known.default_language and chinese != "zh_CN":
            chinese = english
        self._english: Any = holidays.country_holidays(country, language=english)
        self._chinese: Any = holidays.country_holidays(country, language=chinese)

    def holiday(self, day: dt.date) -> Words | None:
        english = self._english.get(day)
        return None if english is None else Words(en=_AMERICAN.sub(r"\3-\1-\2", english), zh=self._chinese.get(day))

    def made_up(self, day: dt.date) -> bool:
        self._english.get(day)  # looks the year up, with the days that make up for its holidays
        return day in self._english.weekend_workdays


def open_hours(clinic: Clinic) -> tuple[tuple[int, int], ...]:
    """The hours of the clinic in minutes of a day, from and to, in order; all of the day where none are given."""
    return _parsed(clinic.hours)


@lru_cache(maxsize=16)
def _parsed(texts: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    hours = (parse_hours(text) for text in texts)
    return tuple(sorted(each for each in hours if each is not None)) or ((0, 24 * 60),)
