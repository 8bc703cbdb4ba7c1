"""`dosecalc study backup`: a copy while the study is in use."""

from __future__ import annotations

import click

from dosecalc.app import study_store
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.registry.transfer import head_json
from dosecalc.text import msg


@click.command(
    "backup",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Copy the study while others work in it, and verify the copy. A study in a file becomes a file that can be"
            " opened like the study itself; one in PostgreSQL becomes an export for `study import`.\n\n"
            "The key is not in it: keep its copy in another place."
        )
    )
    + "\n\n"
    + examples("dosecalc study backup --study s.db --out backup.db"),
)
@option("--out", metavar="FILE", required=True, text=msg("The file to write; it must not be there yet."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, out: str) -> None:
    """Copy a study."""
    head = study_store.backup_study(call.study, out)
    if ui.as_json:
        ui.show_json({"file": out, "events": head.number, "head": head_json(head, public=True)})
        return
    ui.line(msg("The study up to event {number} was copied to {file}, and verified.", number=head.number, file=out))
