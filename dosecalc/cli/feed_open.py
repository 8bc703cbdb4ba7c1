"""`dosecalc feed open`: a new name where a feed was revoked."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg


@click.command(
    "open",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Give a participant, or the clinic, a new feed after the last one was revoked. `feed write` gives a first "
            "one by itself."
        )
    )
    + "\n\n"
    + examples("dosecalc feed open SZ-001", "dosecalc feed open clinic"),
)
@click.argument("whose", metavar="CODE|clinic")
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, whose: str) -> None:
    """Record a new name."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_feeds import open_feed
    from dosecalc.cli.feed_told import feed_shape
    from dosecalc.cli.study_told import tell
    from dosecalc.registry.feeds import named

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        feed, events = open_feed(session, whose)
    lines = [
        msg("The feed of {whose} has a new name: {file}", whose=named(feed.participant), file=feed.file),
        msg("Now call `feed write`, and give the new address to whoever is to subscribe."),
    ]
    tell(ui, session, events, *lines, feed=feed_shape(feed))
