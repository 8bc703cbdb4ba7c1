"""`dosecalc feed list`: all feeds that there ever were."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg


@click.command(
    "list",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("List all feeds: whose, the name of the file, since when, and which were revoked and why."))
    + "\n\n"
    + examples("dosecalc feed list", "dosecalc feed list --json"),
)
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall) -> None:
    """List the feeds."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_feeds import feed_list
    from dosecalc.cli.feed_told import feed_shape

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        found = feed_list(session)
    if ui.as_json:
        ui.show_json({"feeds": [feed_shape(feed) for feed in found]})
        return
    if not found:
        ui.line(msg("This study has no feeds yet; `feed write` makes them."))
        return
    columns = [(msg("For"), "left"), (msg("File"), "left"), (msg("Since"), "left"), (msg("State"), "left")]
    rows = [
        (
            feed.participant or msg("the clinic"),
            feed.file,
            feed.opened.date().isoformat(),
            msg("in use")
            if feed.ended is None
            else msg("revoked on {day}: {reason}", day=feed.ended.date().isoformat(), reason=feed.revoked),
        )
        for feed in found
    ]
    ui.show_table(columns, rows)
