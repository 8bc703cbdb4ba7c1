"""`dosecalc study drift`: how much room each visit has in its window."""

from __future__ import annotations

import click

from dosecalc.cli.study_reporting import (
    day_cell,
    day_option,
    in_words,
    number_cell,
    opened,
    participant_option,
    scope_shape,
    section,
    tell_end,
    tell_scope,
)
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.text import msg

_FROM = {"attended": msg("took place"), "booked": msg("booked"), "today": msg("not booked")}


@click.command(
    "drift",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Show for each visit how far it is from its target and from both ends of its window, the least room first."
            " A visit that is not booked is counted from today; a number below 0 lies outside the window."
        )
    )
    + "\n\n"
    + examples("dosecalc study drift --study s.db", "dosecalc study drift --participant P001 --study s.db --json"),
)
@participant_option
@day_option
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, participant: str | None, day: str | None) -> None:
    """Show the room in each window."""
    from dosecalc.app.study_reports import study_drift
    from dosecalc.registry import report_shapes

    with opened(call) as session:
        scope, found = study_drift(session, participant=participant, day=day, as_of=call.as_of)
        if ui.as_json:
            ui.show_json(scope_shape(session, scope, call) | {"visits": report_shapes.drift(found)})
            return
        tell_scope(ui, session, scope, call, msg("room in each window on {day}", day=in_words(scope)))
        section(
            ui,
            msg("Visits"),
            [
                (msg("Participant"), "left"),
                (msg("Visit"), "left"),
                (msg("Target"), "left"),
                (msg("Date"), "left"),
                ("", "left"),
                (msg("From target"), "right"),
                (msg("Since first day"), "right"),
                (msg("Left to last day"), "right"),
            ],
            [
                (
                    each.line.participant,
                    each.line.visit,
                    day_cell(each.line.target),
                    day_cell(each.day),
                    _FROM[each.by],
                    number_cell(each.from_target, signed=True),
                    number_cell(each.from_earliest),
                    number_cell(each.to_latest),
                )
                for each in found
            ],
        )
        tell_end(ui, session)
