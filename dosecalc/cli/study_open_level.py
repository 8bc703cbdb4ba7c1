"""`dosecalc study open-level`: move the open dose level."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg


@click.command(
    "open-level",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Open a dose level: an arm of an escalation, or an amount. Levels open one after the other; a lower one "
            "may be opened again at any time."
        )
    )
    + "\n\n"
    + examples(
        'dosecalc study open-level phase1-A --reason "approved protocol, 5.1"',
        'dosecalc study open-level phase1-B --reason "safety committee minutes of 2026-05-18, 2"',
    ),
)
@click.argument("level", metavar="LEVEL|ARM")
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, level: str) -> None:
    """Record which level is open."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_changes import open_level
    from dosecalc.cli.study_told import tell

    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        events = open_level(session, level, call.reason)
    tell(ui, session, events, msg("The open level is now {level}", level=level))
