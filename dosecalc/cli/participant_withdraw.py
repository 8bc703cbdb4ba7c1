"""`dosecalc participant withdraw`: a participant leaves the study."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "withdraw",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record that a participant leaves the study. Nothing more is planned; visits that are still booked "
            "are listed, to be cancelled."
        )
    )
    + "\n\n"
    + examples(
        'dosecalc participant withdraw P001 --reason "moved away"',
    ),
)
@click.argument("code", metavar="CODE")
@option("--date", metavar="DATE", text=msg("The day; left out, that of --at, else today."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, date: str | None) -> None:
    """Record a withdrawal, and list what is still booked."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import call_back, outside_shapes, tell, to_cancel

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events, outside = study_participant.end(session, "withdraw", code, date=date, reason=call.reason)
        lines, shapes = to_cancel(code, study_participant.booked_still(session, code))
        tell(
            ui,
            session,
            events,
            msg("{code} has left the study", code=code),
            *call_back(outside),
            *lines,
            to_cancel=shapes,
            outside=outside_shapes(outside),
        )
