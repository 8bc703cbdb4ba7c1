"""`dosecalc visit book`: a time for a visit."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.cli.visit_told import outside_option, run
from dosecalc.text import msg


@click.command(
    "book",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Book a visit. A time outside its window, or too near to another dose, is refused; the investigator may "
            "allow it with a reason, which is a deviation. A day on which the clinic is closed or full is refused, "
            "too; `visit open` says which days are possible."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc visit book P001 W2 2026-03-16T09:30",
        'dosecalc visit book P001 W2 2026-03-19T09:30 --outside-window "flight cancelled"',
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="V")
@click.argument("when", metavar="DATETIME")
@outside_option
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, code: str, visit: str, when: str, outside_window: str | None) -> None:
    """Record a booking."""
    from dosecalc.app import study_visits

    run(
        ui,
        call,
        lambda session: study_visits.book(
            session, code, visit, when, outside_window=outside_window, reason=call.reason
        ),
        said=lambda name: msg("{participant}: {visit} is booked.", participant=code, visit=name),
    )
