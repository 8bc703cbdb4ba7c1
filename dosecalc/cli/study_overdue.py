"""`dosecalc study overdue`: visits that are still to come, and whose window is over."""

from __future__ import annotations

import click

from dosecalc.cli.study_reporting import (
    day_option,
    in_words,
    opened,
    scope_shape,
    tell_end,
    tell_scope,
    tell_years,
    years_of,
)
from dosecalc.cli.study_today import overdue
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.text import msg


@click.command(
    "overdue",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "List the visits whose window is over and that nobody has recorded as attended or missed, the longest"
            " first. Where no window is stated nothing is overdue."
        )
    )
    + "\n\n"
    + examples("dosecalc study overdue --study s.db", "dosecalc study overdue --as-of 2026-03-31 --study s.db --json"),
)
@day_option
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, day: str | None) -> None:
    """List what is overdue."""
    from dosecalc.app.study_reports import study_overdue
    from dosecalc.registry import report_shapes

    with opened(call) as session:
        scope, found = study_overdue(session, day=day, as_of=call.as_of)
        years = years_of(session, (each.line for each in found), scope.day)
        if ui.as_json:
            shape = {"overdue": report_shapes.late(found), "provisional_years": list(years)}
            ui.show_json(scope_shape(session, scope, call) | shape)
            return
        tell_scope(ui, session, scope, call, msg("what is overdue on {day}", day=in_words(scope)))
        overdue(ui, session, found)
        tell_years(ui, years)
        tell_end(ui, session)
