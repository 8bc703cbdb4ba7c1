"""What every report of a study has: the day, what it was made from, and how a visit stands in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.cli.ui import option
from dosecalc.registry.at_clinic import provisional_years, rests_on
from dosecalc.registry.decide_study import named_hold
from dosecalc.text import Message, msg
from dosecalc.visits.moments import weekday

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Sequence

    from dosecalc.app.papers import WrittenPaper
    from dosecalc.app.study import Session
    from dosecalc.app.study_reports import Scope
    from dosecalc.cli.ui import StudyCall, Ui
    from dosecalc.registry.reports import VisitLine
    from dosecalc.registry.state import Hold

day_option = option("--day", metavar="DATE", text=msg("Another day than today, with what is known now."))
participant_option = option("--participant", metavar="CODE", text=msg("Of one participant only."))
csv_option = option("--csv", "csv_file", metavar="FILE", text=msg("Also write a table for the statistician."))
NONE = "–"


def opened(call: StudyCall) -> Session:
    """Open the person's session in the study; it closes with its block."""
    from dosecalc.app.study import open_study

    return open_study(call.study, user=call.user, key=call.key, at=call.at)


def scope_shape(session: Session, scope: Scope, call: StudyCall) -> dict[str, Any]:
    """What every report says of itself in JSON."""
    return {
        "protocol": session.settled.protocol.id,
        "day": scope.day.isoformat(),
        "as_of": call.as_of,
        "entered_later": scope.entered_later,
        "timezone": session.settled.timezone,
    }


def in_words(scope: Scope) -> Message:
    """The day of a report with its weekday."""
    return msg("{weekday}, {day}", weekday=weekday(scope.day), day=scope.day)


def tell_scope(ui: Ui, session: Session, scope: Scope, call: StudyCall, title: Message) -> None:
    """Print the head of a report, and what it does not know."""
    settled = session.settled
    ui.line(msg("{protocol}: {title} ({zone})", protocol=settled.protocol.id, title=title, zone=settled.timezone))
    if scope.entered_later:
        ui.line(
            msg(
                "As it was known at the end of {day}. Events that were entered later, and are not looked at: {count}",
                day=call.as_of,
                count=scope.entered_later,
            )
            if "T" not in (call.as_of or "")
            else msg(
                "As it was known at {when}. Events that were entered later, and are not looked at: {count}",
                when=call.as_of,
                count=scope.entered_later,
            )
        )


def files_shape(files: Sequence[WrittenPaper]) -> dict[str, Any]:
    """What a report says in JSON of the files that it wrote; nothing where it wrote none."""
    return {"files": [{"path": each.path, "sha256": each.sha256} for each in files]} if files else {}


def tell_files(ui: Ui, files: Sequence[WrittenPaper]) -> None:
    """Print which files were written."""
    for each in files:
        ui.line()
        ui.line(msg("Written: {files}", files=each.path))


def which_head(*, masked: bool) -> Message:
    """Which of the two heads of an event is shown: masked and unmasked people do not get the same one (R15)."""
    if masked:
        return msg("This is the public head, over what everybody may see; with the key there is another one.")
    return msg("This is the head over everything, what is sealed included; masked people see another one.")


def tell_holds(ui: Ui, holds: Sequence[Hold]) -> None:
    """Print which doses are on hold, so that nobody is called in for one in vain."""
    for hold in holds:
        ui.line(
            msg(
                "DOSES ARE ON HOLD for {what}, since event {number}: {reason}",
                what=named_hold(hold),
                number=hold.number,
                reason=hold.reason,
            )
        )


def years_of(session: Session, lines: Iterable[VisitLine], *days: dt.date) -> tuple[int, ...]:
    """The years among what a report shows whose public holidays are not announced yet."""
    shown = [day for one in lines for day in (one.target, one.latest, one.booked_day) if day is not None]
    return provisional_years(session.settled, (*days, *shown))


def tell_years(ui: Ui, years: Collection[int]) -> None:
    """Print that days rest on public holidays that are not announced yet."""
    for text in rests_on(years):
        ui.line(msg("Mind: {text}", text=text))


def tell_end(ui: Ui, session: Session) -> None:
    """Print what everyone should know of this study."""
    if not session.staffed:
        ui.line(msg("This study has no staff list: everyone who can open it may record anything."))


def section(ui: Ui, title: Message, columns: Sequence[tuple[object, str]], rows: Sequence[Sequence[object]]) -> None:
    """Print a part of a report: its title with the count, and a table where there is anything."""
    ui.line()
    ui.line(msg("{title}: {count}", title=title, count=len(rows)))
    if rows:
        ui.show_table(columns, rows)


def day_cell(day: dt.date | None) -> str:
    """A day, or a dash where there is none."""
    return NONE if day is None else day.isoformat()


def number_cell(number: int | None, *, signed: bool = False) -> str:
    """A number of days, or a dash where there is none."""
    if number is None:
        return NONE
    return f"{number:+d}" if signed and number else str(number)


def window_cell(line: VisitLine) -> object:
    """The window of a visit, from the first to the last day; marked where it is booked outside of it."""
    if line.earliest is None or line.latest is None:
        return msg("not stated")
    one = line.earliest == line.latest
    window = line.earliest.isoformat() if one else msg("{first} to {last}", first=line.earliest, last=line.latest)
    return msg("{window}: BOOKED OUTSIDE", window=window) if line.outside_window else window
