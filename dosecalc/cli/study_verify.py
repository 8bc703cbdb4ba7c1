"""`dosecalc study verify`: whether anything was changed behind the study's back."""

from __future__ import annotations

import click

from dosecalc.app import study_store
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "verify",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Verify that the study is as it was recorded: every event, the head that was kept elsewhere, what is"
            " derived, and the database's own guards.\n\n"
            "It ends with 0 where everything is as it was, and with 3 where something is not. Without --head a study"
            " that was rewritten as a whole cannot be told from a true one."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study verify --study s.db",
        "dosecalc study verify --study s.db --head 17:5f0c…",
    ),
)
@option("--head", "kept", metavar="HEAD", text=msg("A head that was kept elsewhere, of today or of an earlier day."))
@study_options
@click.pass_context
def command(context: click.Context, /, call: StudyCall, kept: str | None) -> None:
    """Verify a study."""
    ui: Ui = context.obj
    verified = study_store.verify_study(call.study, kept=kept, key=call.key)
    if verified.findings:
        ui.show_findings(verified.findings)
        context.exit(3)
    assert verified.head is not None
    if ui.as_json:
        ui.show_json({"verified": True, "events": verified.head.number, "head_compared": kept is not None})
        return
    ui.line(msg("Verified up to event {number}: everything is as it was recorded.", number=verified.head.number))
    if kept is None:
        ui.line(msg("Compare it with a head that you kept elsewhere, too: --head (see `study head`)."))
    else:
        ui.line(msg("The head that you kept is in this study."))
