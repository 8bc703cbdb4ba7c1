"""`dosecalc study invitations`: message files for the site's own mail system."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "invitations",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Write an e-mail (.eml) for each visit that was booked, moved or cancelled; your own mail system sends "
            "them. A list with the columns participant and email says where to; it stays with you, and nothing of it "
            "enters the study. Write into a new folder each time, with --changed-since the last time. It is off until "
            "the site file allows it under 'delivery'."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study invitations --addresses addresses.csv --out mails",
        "dosecalc study invitations --addresses addresses.csv --changed-since 2026-03-09T08:00 --out mails-2026-03-10",
    ),
)
@option("--out", metavar="DIR", required=True, text=msg("The folder to write into."))
@option("--addresses", metavar="FILE", required=True, text=msg("Who is written to where (CSV or Excel)."))
@option("--changed-since", metavar="DATETIME", text=msg("Only the visits that changed after that."))
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, out: str, addresses: str, changed_since: str | None) -> None:
    """Write the messages."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_invitations import write_invitations
    from dosecalc.visits.moments import readable

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        made = write_invitations(session, out, addresses, changed_since=changed_since)
    if ui.as_json:
        mails = [
            {
                "participant": each.participant,
                "visit": each.visit,
                "method": each.method,
                "when": each.when.isoformat(),
                "sequence": each.sequence,
                "path": each.path,
                "sha256": each.sha256,
                "changed": each.changed.isoformat(),
            }
            for each in made.mails
        ]
        ui.show_json({"mails": mails, "without_address": list(made.without_address)})
        return
    if made.mails:
        columns = [(msg("For"), "left"), (msg("Visit"), "left"), (msg("What"), "left"), (msg("When"), "left"),
                   (msg("File"), "left")]  # fmt: skip
        rows = [
            (each.participant, each.visit, msg("invitation") if each.method == "REQUEST" else msg("cancellation"),
             readable(each.when), each.path)
            for each in made.mails
        ]  # fmt: skip
        ui.show_table(columns, rows)
    else:
        ui.line(msg("There is nothing to send; no file was written."))
    for code in made.without_address:
        ui.line(msg("{code} is not in the list of addresses: tell them in another way.", code=code))
