"""`dosecalc study hold`: stop doses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.registry.decide_study import Scope

scope_option = option(
    "--scope",
    required=True,
    type=click.Choice(["study", "level", "participant", "lot"]),
    text=msg("What is meant: the whole study, a dose level (or arm), a participant, or a lot."),
)
target_option = option("--target", metavar="NAME", text=msg("Which level, participant or lot."))


@click.command(
    "hold",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Stop doses, from now until the hold is lifted. Nothing is prepared, handed out or given, and nobody is "
            "enrolled, where a hold applies; visits and measurements go on."
        )
    )
    + "\n\n"
    + examples(
        'dosecalc study hold --scope study --reason "safety committee, call of 2026-05-04"',
        'dosecalc study hold --scope level --target phase1-B --reason "two events of grade 3"',
        'dosecalc study hold --scope participant --target SZ-001 --reason "fever, under observation"',
    ),
)
@scope_option
@target_option
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, scope: Scope, target: str | None) -> None:
    """Record a hold."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_changes import hold
    from dosecalc.cli.study_told import call_back, outside_shapes, tell

    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        events, outside = hold(session, scope, target, call.reason)
    said = msg("Doses are on hold: {target}", target=target or msg("the whole study"))
    tell(ui, session, events, said, *call_back(outside), outside=outside_shapes(outside))
