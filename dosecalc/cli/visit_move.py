"""`dosecalc visit move`: another time for a booked visit, after showing what would change."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.cli.visit_told import outside_option, run
from dosecalc.text import msg


@click.command(
    "move",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Move a booked visit. What would change is shown first: other visits that count from it, days left in the "
            "window, a dose, deviations, calendars to send. --yes answers the question for scripts, but never allows "
            "a time outside the window."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc visit move P001 W2 2026-03-17T09:30",
        "dosecalc visit move P001 W2 2026-03-17T09:30 --yes",
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="V")
@click.argument("when", metavar="DATETIME")
@outside_option
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, code: str, visit: str, when: str, outside_window: str | None) -> None:
    """Record a moved booking."""
    from dosecalc.app import study_visits

    run(
        ui,
        call,
        lambda session: study_visits.move(
            session, code, visit, when, outside_window=outside_window, reason=call.reason
        ),
        asks=True,
        said=lambda name: msg("{participant}: {visit} is moved.", participant=code, visit=name),
    )
