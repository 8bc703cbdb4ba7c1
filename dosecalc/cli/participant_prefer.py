"""`dosecalc participant prefer`: the weekdays on which a participant would rather come."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "prefer",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record on which weekdays a participant would rather come. `visit open` proposes such days first among "
            "those that are equally near to the target; nothing is refused because of it."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant prefer P001 --weekdays Tue,Thu", "dosecalc participant prefer P001 --weekdays none"
    ),
)
@click.argument("code", metavar="CODE")
@option("--weekdays", metavar="DAYS", required=True, text=msg("Such as Tue,Thu; none where they do not mind."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, weekdays: str) -> None:
    """Record the weekdays."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = study_participant.prefer(session, code, weekdays)
        tell(ui, session, events, msg("{code}: the weekdays are recorded", code=code))
