"""`dosecalc study head`: what to keep elsewhere, so that a rewritten study is found."""

from __future__ import annotations

import click

from dosecalc.app import study_store
from dosecalc.cli.study_reporting import which_head
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.registry.transfer import head_json
from dosecalc.text import msg


@click.command(
    "head",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Print the head of the study's chain. Keep it elsewhere, for example on each day's worksheet:"
            " `study verify --head` finds a study that was rewritten since.\n\n"
            "Masked people get the head of the chain over what they may see; it differs from the one of the same event "
            "over everything. `study verify --head` takes either."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study head --study s.db",
        "dosecalc study head --study s.db --key k.key --json",
        "dosecalc study head --as-of 2026-03-31 --study s.db",
    ),
)
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall) -> None:
    """Print the head."""
    seen = study_store.head_of(call.study, who=call.user, key=call.key, as_of=call.as_of)
    head, masked = seen.head, seen.masked
    if ui.as_json:
        ui.show_json({"head": head_json(head, public=masked)})
        return
    ui.line(msg("{number}:{hash}", number=head.number, hash=head.public_hash if masked else head.hash))
    if seen.differs:
        ui.line(which_head(masked=masked))
