"""`dosecalc ip receive`: lots that arrived."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_lots import receive
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "receive",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Take lots from a stock file into the study, each with its number of vials. What the file says of a lot is "
            "kept sealed; a lot that is there already gets more vials. For unblinded people only."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc ip receive --stock our-stock.yaml --study s.db --key k.key",
        "dosecalc ip receive --stock our-stock.yaml --lot EV-A-2026-01",
    ),
)
@option("--stock", metavar="FILE", required=True, text=msg("The stock file: the lots in the pharmacy."))
@option("--lot", "lots", metavar="LOT", multiple=True, text=msg("Only this lot; may be repeated."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, stock: str, lots: tuple[str, ...]) -> None:
    """Record what arrived."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        received, events = receive(session, stock, lots)
    lines = [msg("lot {lot}, vials received: {vials}", lot=one.lot, vials=one.vials) for one in received]
    tell(ui, session, events, *lines)
