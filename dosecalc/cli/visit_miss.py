"""`dosecalc visit miss`: a visit did not take place."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.cli.visit_told import run
from dosecalc.text import msg


@click.command(
    "miss",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("Record that a visit did not take place, and why. A missed visit can be booked again."))
    + "\n\n"
    + examples('dosecalc visit miss P001 W2 --reason "did not come, not reached by telephone"'),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="V")
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, code: str, visit: str) -> None:
    """Record a missed visit."""
    from dosecalc.app import study_visits

    run(
        ui,
        call,
        lambda session: study_visits.miss(session, code, visit, reason=call.reason),
        said=lambda name: msg("{participant}: {visit} was missed.", participant=code, visit=name),
    )
