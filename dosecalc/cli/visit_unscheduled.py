"""`dosecalc visit unscheduled`: a visit took place that nobody planned."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.cli.visit_told import run
from dosecalc.text import msg


@click.command(
    "unscheduled",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("Record a visit that took place and was not planned, and why. It is called U1, U2 and so on."))
    + "\n\n"
    + examples(
        'dosecalc visit unscheduled P001 2026-03-20T14:00 --reason "redness of the scalp"',
        'dosecalc visit unscheduled P001 2026-03-20T14:00 --visit SAFETY --reason "redness of the scalp"',
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("when", metavar="DATETIME")
@option("--visit", metavar="ID", text=msg("What it is called; an unscheduled visit of the protocol, or a new name."))
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, code: str, when: str, visit: str | None) -> None:
    """Record an unscheduled visit."""
    from dosecalc.app import study_visits

    run(
        ui,
        call,
        lambda session: study_visits.unscheduled(session, code, visit, when, reason=call.reason),
        said=lambda name: msg("{participant}: unscheduled visit {visit} is recorded.", participant=code, visit=name),
    )
