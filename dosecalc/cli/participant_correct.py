"""`dosecalc participant correct`: how an earlier event reads from now on."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "correct",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Correct what was recorded. Nothing is overwritten: the correction is an event of its own, refers to "
            "the number of the earlier one and says why. `participant show` lists the numbers."
        )
    )
    + "\n\n"
    + examples(
        'dosecalc participant correct 5 --set values=24.3 --reason "digits swapped"',
        'dosecalc participant correct 7 --void --reason "entered for the wrong participant"',
    ),
)
@click.argument("number", metavar="NUMBER")
@option("--set", "sets", metavar="KEY=VALUE", multiple=True, text=msg("What the event should say; may be repeated."))
@option("--void", text=msg("Take the event out as a whole."), is_flag=True)
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, number: str, sets: tuple[str, ...], void: bool) -> None:
    """Record a correction."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = study_participant.correct(session, number, sets, void=void, reason=call.reason)
        tell(ui, session, events, msg("Event {number} is corrected; it stays readable as it was", number=number))
