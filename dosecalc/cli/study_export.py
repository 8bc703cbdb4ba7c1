"""`dosecalc study export`: the whole study as lines of JSON."""

from __future__ import annotations

import click

from dosecalc.app import study_store
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.registry.transfer import head_json
from dosecalc.text import msg


@click.command(
    "export",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Write the study as lines of JSON, one for each event, with a head that says where it ends.\n\n"
            "Masked people get what they may see, which can be verified and not imported."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study export --study s.db --key k.key --out study.jsonl",
        "dosecalc study export --study s.db --public --out public.jsonl",
    ),
)
@option("--out", metavar="FILE", required=True, text=msg("The file to write."))
@option("--public", is_flag=True, text=msg("Only what everybody may see."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, out: str, public: bool) -> None:
    """Export a study."""
    head, shown = study_store.export_study(call.study, out, who=call.user, key=call.key, public=public)
    if ui.as_json:
        ui.show_json({"file": out, "public": shown, "head": head_json(head, public=shown)})
        return
    ui.line(msg("The study up to event {number} was written to {file}.", number=head.number, file=out))
    if shown:
        ui.line(msg("It holds what everybody may see; no study can be made of it."))
