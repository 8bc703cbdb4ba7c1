"""`dosecalc ip quarantine`: a lot set aside."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_lots import quarantine
from dosecalc.cli.study_told import call_back, outside_shapes, tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg


@click.command(
    "quarantine",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Set a lot aside, for example after a temperature excursion: nothing is prepared or handed out from it "
            "until it is released. For unblinded people only."
        )
    )
    + "\n\n"
    + examples('dosecalc ip quarantine EV-A-2026-01 --reason "freezer at -60 °C for 3 h" --study s.db --key k.key'),
)
@click.argument("lot", metavar="LOT")
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, lot: str) -> None:
    """Record it."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events, outside = quarantine(session, lot, call.reason)
        masked = session.settled.protocol.masking.masked
    said = msg("lot {lot} is in quarantine: nothing is prepared from it", lot=lot)
    tell(ui, session, events, said, *call_back(outside, masked=masked), outside=outside_shapes(outside))
