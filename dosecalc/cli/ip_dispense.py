"""`dosecalc ip dispense`: a checked dose leaves the pharmacy."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_dose import dispense
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "dispense",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record that a dose was handed out, and to whom. Only what a second person checked, and agreed with, "
            "leaves the pharmacy. For unblinded people only."
        )
    )
    + "\n\n"
    + examples("dosecalc ip dispense P001 W0 --to nurse.wang --study s.db --key k.key"),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="VISIT")
@option("--to", metavar="NAME", required=True, text=msg("Who took it over."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, visit: str, to: str) -> None:
    """Record it."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = dispense(session, code, visit, to)
    tell(
        ui, session, events, msg("the dose of {code} for {visit} was handed out to {to}", code=code, visit=visit, to=to)
    )
