"""`dosecalc participant discontinue`: the treatment ends, follow-up goes on."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "discontinue",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "End the treatment of a participant. Doses are refused from then on, and visits with a dose that are still "
            "booked are listed, to be cancelled; follow-up visits go on."
        )
    )
    + "\n\n"
    + examples(
        'dosecalc participant discontinue P001 --reason "adverse event AE-07"',
    ),
)
@click.argument("code", metavar="CODE")
@option("--date", metavar="DATE", text=msg("The day; left out, that of --at, else today."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, date: str | None) -> None:
    """Record the end of the treatment, and list the visits with a dose that are still booked."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import call_back, outside_shapes, tell, to_cancel

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events, outside = study_participant.end(session, "discontinue", code, date=date, reason=call.reason)
        lines, shapes = to_cancel(code, study_participant.booked_still(session, code))
        ended = msg("The treatment of {code} has ended; follow-up visits go on", code=code)
        tell(ui, session, events, ended, *call_back(outside), *lines, to_cancel=shapes, outside=outside_shapes(outside))
