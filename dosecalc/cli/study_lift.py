"""`dosecalc study lift`: end a hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.study_hold import scope_option, target_option
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.registry.decide_study import Scope


@click.command(
    "lift",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("End a hold, so that doses may be given again. The scope and the target are those of the hold."))
    + "\n\n"
    + examples('dosecalc study lift --scope level --target phase1-B --reason "committee minutes of 2026-05-18, 3"'),
)
@scope_option
@target_option
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, scope: Scope, target: str | None) -> None:
    """Record the end of a hold."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_changes import lift
    from dosecalc.cli.study_told import tell

    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        events = lift(session, scope, target, call.reason)
    tell(ui, session, events, msg("The hold has ended: {target}", target=target or msg("the whole study")))
