"""`dosecalc feed write`: the files that a web server hands out."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "write",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Write one calendar for each participant and one for the clinic, under names that nobody can guess, for "
            "phones to subscribe to. Whoever knows a name can read that calendar. A web server hands the folder out "
            "over https. Call it after every change: what did not change is left as it is, and the files of revoked "
            "feeds go. It is off until the site file allows it under 'delivery'."
        )
    )
    + "\n\n"
    + examples("dosecalc feed write --out feeds"),
)
@option("--out", metavar="DIR", required=True, text=msg("The folder for feeds alone, which nobody else may list."))
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, out: str) -> None:
    """Write the feeds."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_feeds import write_feeds
    from dosecalc.cli.study_told import tell

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        made = write_feeds(session, out)
    files = [
        {
            "participant": each.feed.participant,
            "path": each.path,
            "sha256": each.sha256,
            "events": each.events,
            "changed": each.changed.isoformat() if each.changed else None,
            "written": each.written,
        }
        for each in made.feeds
    ]
    if not ui.as_json:
        columns = [(msg("For"), "left"), (msg("File"), "left"), (msg("Items"), "right"), (msg("File is"), "left")]
        rows = [
            (
                each.feed.participant or msg("the clinic"),
                each.feed.file,
                str(each.events),
                msg("written") if each.written else msg("as it was"),
            )
            for each in made.feeds
        ]
        ui.show_table(columns, rows)
    removed = [msg("removed, because its feed was revoked: {name}", name=name) for name in made.removed]
    tell(ui, session, made.events, *removed, feeds=files, removed=list(made.removed))
