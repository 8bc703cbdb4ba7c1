"""`dosecalc visit attend`: a visit took place."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.cli.visit_told import outside_option, run
from dosecalc.text import msg


@click.command(
    "attend",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record that a visit took place. Outside its window it is recorded, too, and is a deviation; --reason says "
            "why. Too soon after another dose it is refused, so that the dose can be stopped."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc visit attend P001 W2 2026-03-17",
        "dosecalc visit attend P001 W2 2026-03-17T09:40",
        'dosecalc visit attend P001 W2 2026-03-21 --reason "fever, came when well again"',
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="V")
@click.argument("when", metavar="DATE|DATETIME")
@outside_option
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, code: str, visit: str, when: str, outside_window: str | None) -> None:
    """Record an attendance."""
    from dosecalc.app import study_visits

    run(
        ui,
        call,
        lambda session: study_visits.attend(
            session, code, visit, when, outside_window=outside_window, reason=call.reason
        ),
        said=lambda name: msg("{participant}: {visit} took place.", participant=code, visit=name),
    )
