"""What hangs on the clinic's wall and lies on its desk: a month or a week of visits, and the list of a day."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from dosecalc.app.papers import WrittenPaper, ending_of
from dosecalc.app.study_reports import lines_between, scope_of
from dosecalc.documents.day_list import DayList, DayVisit
from dosecalc.documents.wall import Wall, WallDay, WallVisit
from dosecalc.errors import Finding, Usage, refuse
from dosecalc.files import write_whole
from dosecalc.notation import quoted
from dosecalc.registry.fold import fold_participant
from dosecalc.registry.needed import needed
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.versions import settled_of, version_for
from dosecalc.text import msg
from dosecalc.visits.moments import FIRST_YEAR, LAST_YEAR, local_day, out_of_years, parse_day
from dosecalc.visits.room import PLACES, room_of
from dosecalc.visits.workdays import ClinicDay, Workdays, open_hours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dosecalc.app.study import Session
    from dosecalc.app.study_reports import Scope
    from dosecalc.documents.wall import PaperSize
    from dosecalc.protocol.clinic import Clinic
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.plan_of import ParticipantPlan
    from dosecalc.registry.reports import VisitLine
    from dosecalc.registry.state import StudyState
    from dosecalc.registry.store import Reading
    from dosecalc.text import Language, Message, Words
    from dosecalc.visits.room import Room

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.ASCII)
_DAY = dt.timedelta(days=1)


def days_of_page(month: str | None, week: str | None, day: str | None) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of the page that is asked for; of a day, its week from Monday to Sunday.

    Raises:
        Usage: DC901, no page is named, or several are.
        Refusal: DC900, the text is no month or no week; DC401 to DC404, as `parse_day`.
    """
    if sum(each is not None for each in (month, week, day)) != 1:
        what = msg("it is not said which month or week is to be printed")
        mend = msg("write one of --month 2026-03, --week 2026-W11 and --day 2026-03-16")
        raise Usage([Finding("DC901", what, mend)])
    if month is not None:
        first = _month(month)
        return first, (first.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY
    if week is not None:
        monday = _week(week)
    else:
        on = parse_day(day or "")
        monday = on - on.weekday() * _DAY
    return monday, monday + 6 * _DAY


def _month(text: str) -> dt.date:
    found = _MONTH.fullmatch(text)
    year, month = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= month <= 12:
        raise refuse(
            "DC900", msg("{text} is not a month", text=quoted(text)), msg("write year and month, for example 2026-03")
        )
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise out_of_years(text)
    return dt.date(year, month, 1)


def _week(text: str) -> dt.date:
    found = _WEEK.fullmatch(text)
    mend = msg("write the year and the week's number, for example 2026-W11; or a day of it with --day")
    if found is None:
        raise refuse("DC900", msg("{text} is not a week", text=quoted(text)), mend)
    year, week = (int(part) for part in found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise out_of_years(text)
    weeks = dt.date(year, 12, 28).isocalendar().week  # which always lies in the year's last week
    if not 1 <= week <= weeks:
        what = msg("{text} does not exist: {year} has weeks 1 to {weeks}", text=text, year=year, weeks=weeks)
        raise refuse("DC900", what, mend)
    return dt.date.fromisocalendar(year, week, 1)


def study_wall(
    session: Session,
    *,
    month: str | None = None,
    week: str | None = None,
    day: str | None = None,
    as_of: str | None = None,
) -> tuple[Scope, Wall]:
    """Return the page of a month or a week, and what it was made from.

    Raises:
        Usage: DC901.
        Refusal: DC900, DC785, DC847, DC401 to DC404, and what the store refuses.
    """
    first, last = days_of_page(month, week, day)
    with session.read() as reading:
        scope = scope_of(session, reading, None, as_of)
        study = session.study_at(reading, scope.until)
        days = _Days(session, reading, study, scope, first, last)
        settled = settled_of(study.in_effect(first))
        clinic = _clinic(settled)
        return scope, Wall(
            kind="week" if month is None else "month",
            protocol=settled.protocol.id,
            clinic=clinic.name if clinic else None,
            days=tuple(days.of(first + place * _DAY) for place in range((last - first).days + 1)),
            hours=open_hours(clinic) if clinic and clinic.hours else (),
            known=_known(session, scope),
        )


def study_day_list(session: Session, *, day: str | None = None, as_of: str | None = None) -> tuple[Scope, DayList]:
    """Return the list of a day, and what it was made from.

    Raises:
        Refusal: DC785, DC847, DC401 to DC404, and what the store refuses.
    """
    with session.read() as reading:
        scope = scope_of(session, reading, day, as_of)
        study = session.study_at(reading, scope.until)
        days = _Days(session, reading, study, scope, scope.day, scope.day)
        settled = settled_of(study.in_effect(scope.day))
        clinic, room = _clinic(settled), room_of(settled)
        found, ends = days.lines(scope.day)
        taken = room.used(line.visit for line in found)
        people = _People(reading, study, scope)
        return scope, DayList(
            protocol=settled.protocol.id,
            clinic=clinic.name if clinic else None,
            day=days.of(scope.day),
            visits=tuple(people.listed(line, room) for line in found),
            ends=tuple((line.participant, line.visit, people.label(line)) for line in ends),
            used=tuple(
                (label, taken[name], room.limits[name]) for name, label in room.labels.items() if name in room.limits
            ),
            known=_known(session, scope),
        )


class _Days:
    """The days of a page, each under the version of the protocol that is in effect on it."""

    def __init__(
        self, session: Session, reading: Reading, study: StudyState, scope: Scope, first: dt.date, last: dt.date
    ) -> None:
        self._study = study
        self._settled: dict[int, Settled] = {}
        self._workdays: dict[int, Workdays | None] = {}
        self._booked: dict[int, dict[dt.date, list[VisitLine]]] = {}
        self._ends: dict[int, dict[dt.date, list[VisitLine]]] = {}
        for place in range((last - first).days + 1):
            on = first + place * _DAY
            number = study.in_effect(on).number
            if number not in self._settled:
                settled = self._settled[number] = settled_of(study.in_effect(on))
                clinic = _clinic(settled)
                self._workdays[number] = Workdays(clinic) if clinic and clinic.weekdays is not None else None
                self._sort(number, lines_between(session, reading, replace(scope, day=on), first, last))

    def _sort(self, number: int, lines: Iterable[VisitLine]) -> None:
        booked = self._booked[number] = {}
        ends = self._ends[number] = {}
        for line in lines:
            on = _day_of(line)
            if on is not None:
                booked.setdefault(on, []).append(line)
            elif line.unbooked and (end := line.latest or line.target) is not None:
                ends.setdefault(end, []).append(line)

    def lines(self, on: dt.date) -> tuple[list[VisitLine], list[VisitLine]]:
        """The visits of a day in the order of the clock, and those whose window ends on it without a booking."""
        number = self._study.in_effect(on).number
        return (
            sorted(self._booked[number].get(on, ()), key=_by_time),
            sorted(self._ends[number].get(on, ()), key=lambda line: (line.participant, line.visit)),
        )

    def of(self, on: dt.date) -> WallDay:
        """A day as it stands on the wall."""
        number = self._study.in_effect(on).number
        workdays = self._workdays[number]
        clinic = workdays.of(on) if workdays else ClinicDay(day=on, open=True, why=None, provisional=False)
        room = room_of(self._settled[number])
        found, ends = self.lines(on)
        return WallDay(
            day=on,
            visits=tuple(_on_wall(line, clinic.open or room.of(line.visit).ward) for line in found),
            ends=tuple((line.participant, line.visit) for line in ends),
            open=clinic.open,
            why=clinic.why,
            provisional=clinic.provisional,
            taken=room.used(line.visit for line in found)[PLACES],
            places=room.limits.get(PLACES),
        )


def _clinic(settled: Settled) -> Clinic | None:
    return settled.site.clinic if settled.site else None


def _known(session: Session, scope: Scope) -> dt.datetime:
    return (scope.until or session.by.entered_at).astimezone(session.zone)


def _day_of(line: VisitLine) -> dt.date | None:
    """The day on which a visit stands: when it took place, else when it is booked."""
    return local_day(line.attended) if line.attended is not None else line.booked_day


def _at(line: VisitLine) -> dt.datetime | None:
    """The time of a visit: when it took place; of one whose time nobody wrote down, when it was booked for that day."""
    if line.attended is None or isinstance(line.attended, dt.datetime):
        return line.attended or line.booked
    return line.booked if line.booked_day == line.attended else None


def _by_time(line: VisitLine) -> tuple[bool, str, str, str]:
    at = _at(line)
    return at is not None, "" if at is None else at.astimezone(dt.UTC).isoformat(), line.participant, line.visit


def _on_wall(line: VisitLine, possible: bool) -> WallVisit:
    """A visit on the wall; `possible`: the clinic is open that day, or the visit does not need it to be."""
    mark: Literal["booked", "came", "amiss"] = "booked"
    if line.attended is not None:
        mark = "came"
    elif line.outside_window or not possible:
        mark = "amiss"
    return WallVisit(at=_at(line), participant=line.participant, visit=line.visit, mark=mark)


class _People:
    """The participants of a day, each read once."""

    def __init__(self, reading: Reading, study: StudyState, scope: Scope) -> None:
        self._reading, self._study, self._scope = reading, study, scope
        self._found: dict[str, tuple[Settled, ParticipantPlan]] = {}

    def listed(self, line: VisitLine, room: Room) -> DayVisit:
        """A visit on the list of the day."""
        settled, plan = self._of(line.participant)
        uses = room.of(line.visit).uses
        return DayVisit(
            at=_at(line),
            participant=line.participant,
            visit=line.visit,
            label=self.label(line),
            left=_left(line),
            needs=needed(settled, plan.state, line.visit),
            resources=tuple(label for name, label in room.labels.items() if name in uses),
            came=line.attended is not None,
        )

    def label(self, line: VisitLine) -> Words | Message:
        """What people call a visit."""
        planned = self._of(line.participant)[1].find(line.visit)
        assert planned is not None, "a row of the study is a visit of the plan"
        return planned.label

    def _of(self, code: str) -> tuple[Settled, ParticipantPlan]:
        if code not in self._found:
            state = fold_participant(self._reading.events(participant=code, until=self._scope.until), None)
            assert state is not None, "whoever has a visit has events"
            settled = settled_of(version_for(self._study, state, self._scope.day))
            self._found[code] = settled, plan_of(settled, state)
        return self._found[code]


def _left(line: VisitLine) -> Message:
    """How much of its window is left after the day of a visit."""
    on = _day_of(line)
    if line.earliest is None or line.latest is None or on is None:
        return msg("no window")
    if on < line.earliest or line.latest < on:
        return msg("OUTSIDE: {first} to {last}", first=line.earliest, last=line.latest)
    left = (line.latest - on).days
    if not left:
        return msg("last day")
    if left == 1:
        return msg("1 day left, to {last}", last=line.latest)
    return msg("{days} days left, to {last}", days=left, last=line.latest)


def write_wall(
    wall: Wall, path: str, language: Language, paper: PaperSize, *, font: str | None = None, force: bool = False
) -> WrittenPaper:
    """Write the page as the file that the name says.

    Raises:
        Refusal: DC651, the name ends otherwise; DC640 to DC642, DC903; DC906, there is a file; DC602 to DC604.
    """
    from dosecalc.documents.wall import wall_pdf, wall_png
    from dosecalc.documents.wall_html import wall_html
    from dosecalc.tables.wall_book import wall_book

    return write_as(
        path,
        {
            ".pdf": lambda: wall_pdf(wall, language, paper, font),
            ".html": lambda: wall_html(wall, language, paper),
            ".xlsx": lambda: wall_book(wall, language, paper),
            ".png": lambda: wall_png(wall, language, paper, font),
        },
        force=force,
    )


def write_day_list(
    listed: DayList, path: str, language: Language, *, font: str | None = None, force: bool = False
) -> WrittenPaper:
    """Write the list as the file that the name says.

    Raises:
        Refusal: as `write_wall`.
    """
    from dosecalc.documents.day_list import day_list_html, day_list_pdf
    from dosecalc.tables.wall_book import day_book

    return write_as(
        path,
        {
            ".pdf": lambda: day_list_pdf(listed, language, font),
            ".html": lambda: day_list_html(listed, language),
            ".xlsx": lambda: day_book(listed, language),
        },
        force=force,
    )


def write_as(path: str, kinds: dict[str, Callable[[], bytes]], *, force: bool) -> WrittenPaper:
    """Write what the ending of the name asks for; a file that is there is replaced only with `force`.

    Raises:
        Refusal: DC651, it asks for nothing that is here; DC906, there is a file; DC602 to DC604; what `kinds` refuse.
    """
    make = kinds[ending_of(path, kinds)]
    if not force and os.path.lexists(path):
        raise refuse(
            "DC906",
            msg("{path} is there already", path=path),
            msg("write another name; or --force, if it may be replaced, with whatever was written into it"),
        )
    data = make()
    write_whole(path, data)
    return WrittenPaper(path=path, sha256=hashlib.sha256(data).hexdigest())
