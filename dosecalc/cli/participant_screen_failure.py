"""`dosecalc participant screen-failure`: a participant cannot be enrolled."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "screen-failure",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("Record that a participant who consented cannot be enrolled, and why."))
    + "\n\n"
    + examples(
        'dosecalc participant screen-failure P002 --reason "exclusion criterion 4"',
    ),
)
@click.argument("code", metavar="CODE")
@option("--date", metavar="DATE", text=msg("The day; left out, that of --at, else today."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, date: str | None) -> None:
    """Record a screen failure."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events, _ = study_participant.end(session, "screen_failure", code, date=date, reason=call.reason)
        tell(ui, session, events, msg("{code} is not enrolled: screen failure", code=code))
