"""`dosecalc study import`: a study from lines of JSON."""

from __future__ import annotations

import click

from dosecalc.app import study_store
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.registry.transfer import head_json
from dosecalc.text import msg


@click.command(
    "import",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Make a study from what `study export` wrote, after every line of it was verified. What is sealed stays"
            " sealed, under the same key.\n\n"
            "This is also the way from a file into PostgreSQL, and back."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study import study.jsonl --study new.db",
        "dosecalc study import study.jsonl --study postgresql://me@db/study",
    ),
)
@click.argument("source", metavar="FILE")
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, source: str) -> None:
    """Import a study."""
    head = study_store.import_study(call.study, source, who=call.user)
    if ui.as_json:
        ui.show_json({"events": head.number, "head": head_json(head, public=True)})
        return
    ui.line(msg("The study up to event {number} was imported, and verified.", number=head.number))
