"""`dosecalc participant migrate`: a participant moves to a new version of the protocol."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "migrate",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Move a participant to the version of the protocol that is in effect, once they have consented to it. It "
            "shows which of their dates move, and asks. Where the amendment wants a new consent, record that first."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant consent SZ-001 --form 2.0 --date 2026-06-03",
        "dosecalc participant migrate SZ-001 --form 2.0",
    ),
)
@click.argument("code", metavar="CODE")
@option("--form", metavar="VERSION", text=msg("The consent form that they signed for it."))
@option("--to", "version", metavar="VERSION", text=msg("The protocol's version; left out, the one in effect."))
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, code: str, form: str | None, version: str | None) -> None:
    """Show which dates move, ask, and record the move."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_changes import migrate, would_move
    from dosecalc.cli.study_amend import visit_shape
    from dosecalc.cli.study_told import sure, tell

    session = open_study(call.study, user=call.user, key=call.key, at=call.at)
    with session.store:
        moved = would_move(session, code, version=version, form=form)
        if not ui.as_json:
            for visit in moved:
                ui.line(msg("  {participant}: {text}", participant=code, text=visit.text))
            if not moved:
                ui.line(msg("  {participant}: no date moves", participant=code))
        sure(ui, call, msg("Move {participant}?", participant=code))
        events = migrate(session, code, version=version, form=form)
    tell(
        ui,
        session,
        events,
        msg("{participant} has moved", participant=code),
        visits=[visit_shape(ui, visit) for visit in moved],
    )
