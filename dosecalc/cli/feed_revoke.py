"""`dosecalc feed revoke`: a name ends for ever."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg


@click.command(
    "revoke",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "End the feed of a participant, or the clinic's, and say why: a telephone was lost, somebody else knows "
            "the name, the participant has left. Its file goes with the next `feed write`."
        )
    )
    + "\n\n"
    + examples(
        'dosecalc feed revoke SZ-001 --reason "telephone lost"',
        'dosecalc feed revoke clinic --reason "the address was forwarded by mistake"',
    ),
)
@click.argument("whose", metavar="CODE|clinic")
@study_options
@click.pass_obj
def command(ui: Ui, call: StudyCall, whose: str) -> None:
    """Record the end of a feed."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_feeds import revoke_feed
    from dosecalc.cli.feed_told import feed_shape
    from dosecalc.cli.study_told import tell
    from dosecalc.registry.feeds import named

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        feed, events = revoke_feed(session, whose, call.reason)
    lines = [
        msg("The feed of {whose} is revoked; its name is never used again.", whose=named(feed.participant)),
        msg(
            "Now call `feed write`; where the site's rules allow no feeds any more, delete the file yourself. Until "
            "then {file} stays on the web server.",
            file=feed.file,
        ),
        msg("A phone that subscribed keeps what it has until the calendar is deleted there: ask for that."),
        msg("`feed open {whose}` gives a new name.", whose=whose),
    ]
    tell(ui, session, events, *lines, feed=feed_shape(feed))
