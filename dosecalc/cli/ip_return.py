"""`dosecalc ip return`: vials that came back, or were sent back."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_lots import give_back
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.registry.decide_lots import Moved
from dosecalc.text import msg


@click.command(
    "return",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record vials or bottles that came back from a participant's dose; nobody is given them again, and they "
            "wait to be destroyed. Without --participant they are vials from stock that were sent back to the "
            "sponsor. For unblinded people only."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc ip return MINOXIDIL-7 --vials 1 --participant P041 --visit W0 --study s.db --key k.key",
        'dosecalc ip return EV-A-2026-01 --vials 12 --reason "end of phase I, sent to the sponsor"',
    ),
)
@click.argument("lot", metavar="LOT")
@option("--vials", metavar="N", type=int, required=True, text=msg("How many vials or bottles."))
@option("--participant", metavar="CODE", text=msg("Whose dose they are of."))
@option("--visit", metavar="VISIT", text=msg("The visit that they were prepared for."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, lot: str, vials: int, participant: str | None, visit: str | None) -> None:
    """Record it."""
    if (participant is None) != (visit is None):
        raise click.UsageError(ui.say(msg("give --participant and --visit together, or neither")))
    moved = Moved(lot=lot, vials=vials, participant=participant, visit=visit, reason=call.reason)
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = give_back(session, moved)
    said = (
        msg("lot {lot}, vials sent back: {vials}", vials=vials, lot=lot)
        if participant is None
        else msg("lot {lot}, vials that came back from {code}: {vials}", vials=vials, lot=lot, code=participant)
    )
    tell(ui, session, events, said)
