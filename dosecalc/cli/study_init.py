"""`dosecalc study init`: a new study and its key."""

from __future__ import annotations

import click

from dosecalc.app import study_store
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.registry.transfer import event_json
from dosecalc.text import msg


@click.command(
    "init",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Make a study from a protocol and a site file, and the key that opens what is sealed in it.\n\n"
            "The key belongs to the unblinded pharmacist, apart from the study: who has both sees every arm. In a "
            "masked trial it is not written into the study's own folder."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study init --protocol NCT07203599 --site site.yaml --study s.db",
        "dosecalc study init --protocol NCT07084012 --site site.yaml --study s.db --key-out ../pharmacy/s.key",
        "dosecalc study init --protocol NCT07084012 --site site.yaml --study postgresql://me@db/study --key-out k.key",
    ),
)
@option("--protocol", metavar="PROTOCOL", required=True, text=msg("The id of a shipped protocol, or its file."))
@option("--site", metavar="FILE", required=True, text=msg("The site file: the pharmacy manual's answers."))
@option(
    "--key-out",
    metavar="FILE",
    text=msg("Where the key is written; left out, into your account's own folder for keys."),
)
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, protocol: str, site: str, key_out: str | None) -> None:
    """Make a study."""
    made = study_store.init_study(call.study, protocol=protocol, site=site, key_out=key_out, who=call.user, at=call.at)
    if ui.as_json:
        ui.show_json(
            {
                "event": event_json(made.event, public=True),
                "study": made.study,
                "key_file": made.key_file,
                "staff_list": made.staffed,
            }
        )
        return
    ui.line(msg("Event {number}: the study {study} was made.", number=made.event.number, study=made.study))
    ui.line(
        msg("The key is in {file}. Give it to the unblinded pharmacist and keep it nowhere else.", file=made.key_file)
    )
    ui.line(msg("Who loses the key loses every arm in this study: keep a copy in the safe."))
    if not made.staffed:
        ui.line(msg("This study has no staff list: whoever can open it may record anything."))
