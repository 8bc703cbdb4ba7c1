"""`dosecalc ip release`: a lot out of quarantine."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_lots import release
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg


@click.command(
    "release",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("Release a lot from quarantine, once somebody has assessed it. For unblinded people only."))
    + "\n\n"
    + examples('dosecalc ip release EV-A-2026-01 --reason "sponsor: stable, letter" --study s.db --key k.key'),
)
@click.argument("lot", metavar="LOT")
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, lot: str) -> None:
    """Record it."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = release(session, lot, call.reason)
    tell(ui, session, events, msg("lot {lot} may be used again", lot=lot))
