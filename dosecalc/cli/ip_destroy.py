"""`dosecalc ip destroy`: vials that are no more."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_lots import destroy
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.registry.decide_lots import Moved
from dosecalc.text import msg


@click.command(
    "destroy",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record vials that were destroyed: from stock, or with --returned those that came back. For unblinded "
            "people only."
        )
    )
    + "\n\n"
    + examples(
        'dosecalc ip destroy EV-A-2026-01 --vials 2 --reason "broken on arrival" --study s.db --key k.key',
        'dosecalc ip destroy MINOXIDIL-7 --vials 1 --returned --reason "returned bottle, witnessed by CRC-02"',
    ),
)
@click.argument("lot", metavar="LOT")
@option("--vials", metavar="N", type=int, required=True, text=msg("How many vials or bottles."))
@option("--returned", is_flag=True, text=msg("Of those that came back, not of those in stock."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, lot: str, vials: int, returned: bool) -> None:
    """Record it."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = destroy(session, Moved(lot=lot, vials=vials, reason=call.reason), returned=returned)
    tell(ui, session, events, msg("lot {lot}, vials destroyed: {vials}", vials=vials, lot=lot))
