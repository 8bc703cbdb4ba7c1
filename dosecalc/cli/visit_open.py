"""`dosecalc visit open`: on which days a visit can take place, the best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import NOTHING, msg
from dosecalc.visits.moments import readable, weekday, weekdays_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dosecalc.app.study_open import Open
    from dosecalc.registry.openings import DayOption
    from dosecalc.text import Message


@click.command(
    "open",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Say on which days a visit can take place, the best first: nearest to the target, then on a weekday that "
            "suits the participant, then the emptier day. Window, clinic, places, gaps between doses and the stagger "
            "are looked at; and lots, for those who are not masked. Where no day is left, it says why, and what is the "
            "smallest change that would help. Nothing is recorded."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc visit open P001 W2",
        "dosecalc visit open P001 W2 --from 2026-03-10 --until 2026-03-20 --json",
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="V")
@option("--from", "first", metavar="DAY", text=msg("The first day to look at; left out, that of the window."))
@option("--until", metavar="DAY", text=msg("The last day to look at; left out, that of the window."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, visit: str, first: str | None, until: str | None) -> None:
    """Show the days."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_open import open_shape, visit_open

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        found = visit_open(session, code, visit, first=first, until=until)
        if ui.as_json:
            ui.show_json(open_shape(found, ui.say))
            return
        for line in _head(found):
            ui.line(line)
        if found.best:
            ui.line()
            ui.show_table(
                [(msg("Day"), "left"), (msg("Date"), "left"), (msg("Times"), "left"), (msg("Booked"), "right"),
                 (msg("Why"), "left")],
                [
                    [weekday(one.day), one.day.isoformat(), _times(found, one), str(one.used), _why(found, one)]
                    for one in found.best
                ],
            )  # fmt: skip
        _others(ui, found)
        for text in _end(found):
            ui.line(text)
        if not session.staffed:
            ui.line(msg("This study has no staff list: everyone who can open it may record anything."))


def _head(found: Open) -> Iterator[Message]:
    planned = found.planned
    said = {"code": found.participant, "visit": planned.id, "label": planned.label}
    due = planned.target
    target = NOTHING if due is None else msg("{weekday}, {moment}", weekday=weekday(due), moment=readable(due))
    if found.has_window and planned.earliest is not None and planned.latest is not None:
        yield msg("{code}: {visit} ({label}) is due on {target}; window {first} to {last}",
                  **said, target=target, first=readable(planned.earliest), last=readable(planned.latest))  # fmt: skip
    elif found.starts:
        yield msg("{code}: {visit} ({label}) is planned for {target}; the other visits count from it and move with it",
                  **said, target=target)  # fmt: skip
    else:
        yield msg("{code}: {visit} ({label}) is due on {target}; no window is stated, so no day is a deviation",
                  **said, target=target)  # fmt: skip
    if planned.state.booked is not None:
        yield msg("It is booked for {when}; another time is taken with `visit move`",
                  when=readable(planned.state.booked))  # fmt: skip
    if found.weekdays:
        yield msg("Would rather come on: {weekdays}", weekdays=weekdays_in_words(found.weekdays))
    for hold in found.holds:
        yield msg("Mind: {text}", text=hold)


def _others(ui: Ui, found: Open) -> None:
    """The days that are not possible; of one that is over nobody asks."""
    rows = [
        [weekday(one.day), one.day.isoformat(), _listed(each.text for each in one.against)]
        for one in found.options
        if not one.possible and one.against[0].kind != "past"
    ]
    if rows:
        ui.line()
        ui.line(msg("Not possible: {count}", count=len(rows)))
        ui.show_table([(msg("Day"), "left"), (msg("Date"), "left"), (msg("Why"), "left")], rows)


def _end(found: Open) -> Iterator[object]:
    if found.none is not None:
        yield ""
        yield msg("NO DAY IS POSSIBLE.")
        for text in found.none.binding:
            yield msg("Because: {text}", text=text)
        for text in found.none.helps:
            yield msg("What would help: {text}", text=text)
    if found.unchecked:
        yield ""
        yield msg("Product expiry is the pharmacy's to check.")


def _times(found: Open, one: DayOption) -> object:
    if not one.times:
        return msg("any time")
    times = ", ".join(each.strftime("%H:%M") for each in one.times)
    return msg("any time, such as {times}", times=times) if found.ward else times


def _why(found: Open, one: DayOption) -> Message:
    from dosecalc.app.study_open import reasons

    return _listed(reasons(found, one))


def _listed(texts: Iterable[Message]) -> Message:
    first, *rest = texts
    for each in rest:
        first = msg("{some}; {another}", some=first, another=each)
    return first
