"""`dosecalc study week`: the bookings of seven days, and the windows that end in them."""

from __future__ import annotations

import click

from dosecalc.cli.study_reporting import (
    NONE,
    day_cell,
    day_option,
    in_words,
    opened,
    scope_shape,
    section,
    tell_end,
    tell_holds,
    tell_scope,
    tell_years,
    window_cell,
    years_of,
)
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.text import msg
from dosecalc.visits.moments import weekday


@click.command(
    "week",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg("Say who is booked in the seven days from today, and whose window ends in them without a booking.")
    )
    + "\n\n"
    + examples("dosecalc study week --study s.db", "dosecalc study week --day 2026-03-16 --study s.db"),
)
@day_option
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, day: str | None) -> None:
    """Show the week."""
    from dosecalc.app.study_reports import study_holds, study_week
    from dosecalc.registry import report_shapes

    with opened(call) as session:
        scope, days = study_week(session, day=day, as_of=call.as_of)
        holds = study_holds(session, call.as_of)
        shown = [one for each in days for one in (*each.booked, *each.ends)]
        years = years_of(session, shown, *(each.day for each in days))
        if ui.as_json:
            shape: dict[str, object] = {"days": report_shapes.week(days), "holds": report_shapes.holds(holds)}
            shape["provisional_years"] = list(years)
            ui.show_json(scope_shape(session, scope, call) | shape)
            return
        tell_scope(ui, session, scope, call, msg("seven days from {day}", day=in_words(scope)))
        tell_holds(ui, holds)
        section(
            ui,
            msg("Booked"),
            [
                (msg("Day"), "left"),
                (msg("Date"), "left"),
                (msg("Time"), "left"),
                (msg("Participant"), "left"),
                (msg("Visit"), "left"),
                (msg("Window"), "left"),
            ],
            [
                (
                    weekday(each.day),
                    each.day.isoformat(),
                    NONE if one.booked is None else one.booked.strftime("%H:%M"),
                    one.participant,
                    one.visit,
                    window_cell(one),
                )
                for each in days
                for one in each.booked
            ],
        )
        section(
            ui,
            msg("Last day of the window, and not booked"),
            [
                (msg("Day"), "left"),
                (msg("Date"), "left"),
                (msg("Participant"), "left"),
                (msg("Visit"), "left"),
                (msg("Target"), "left"),
            ],
            [
                (weekday(each.day), each.day.isoformat(), one.participant, one.visit, day_cell(one.target))
                for each in days
                for one in each.ends
            ],
        )
        tell_years(ui, years)
        tell_end(ui, session)
