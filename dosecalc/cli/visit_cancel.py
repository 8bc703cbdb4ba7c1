"""`dosecalc visit cancel`: a booking is given up."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.cli.visit_told import run
from dosecalc.text import msg


@click.command(
    "cancel",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("Cancel a booking, and say why. The visit itself stays due; its place is free again."))
    + "\n\n"
    + examples('dosecalc visit cancel P001 W2 --reason "participant asks for another day"'),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="V")
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, code: str, visit: str) -> None:
    """Record a cancelled booking."""
    from dosecalc.app import study_visits

    run(
        ui,
        call,
        lambda session: study_visits.cancel(session, code, visit, reason=call.reason),
        said=lambda name: msg("{participant}: the booking of {visit} is cancelled.", participant=code, visit=name),
    )
