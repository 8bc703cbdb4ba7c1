"""`dosecalc ip void`: a record of a lot that was a mistake."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_lots import void
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg


@click.command(
    "void",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Declare an event of a lot void that was recorded by mistake. The event stays in the study, and does not "
            "count. Masked people read the reason: name no arm and no product in it. For unblinded people only."
        )
    )
    + "\n\n"
    + examples('dosecalc ip void 12 --reason "counted twice" --study s.db --key k.key'),
)
@click.argument("event", metavar="EVENT", type=int)
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, event: int) -> None:
    """Record it."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = void(session, event, call.reason)
    tell(ui, session, events, msg("event {number} does not count any more", number=event))
