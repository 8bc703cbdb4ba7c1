"""`dosecalc participant assign`: an arm for a participant, or the allocation list."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.errors import Finding, Usage
from dosecalc.text import msg


@click.command(
    "assign",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Assign an enrolled participant. In an open trial --arm names the arm; an arm of an escalation must "
            "be the open dose level. In a masked trial the arm comes from the imported list, sealed and not "
            "shown. Nothing is drawn here.\n\n"
            "--list imports an allocation list: CSV with the columns participant and arm, and kit and side where "
            "it has them. It needs the key."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant assign P001 --arm phase1-A",
        "dosecalc participant assign --list allocation.csv --key k.key",
        "dosecalc participant assign T001 --key k.key",
    ),
)
@click.argument("code", metavar="CODE", required=False)
@option("--arm", metavar="ARM", text=msg("The arm, in an open trial."))
@option("--list", "list_", metavar="FILE", text=msg("The allocation list to import."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str | None, arm: str | None, list_: str | None) -> None:
    """Assign an arm, or import the list."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    if (code is None) == (list_ is None) or (list_ is not None and arm is not None):
        what = msg("either one participant is assigned, or a list is imported")
        mend = msg("write: participant assign CODE --arm ARM, or: participant assign --list FILE")
        raise Usage([Finding("DC736", what, mend)])
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        if list_ is not None:
            events = study_participant.import_list(session, list_)
            tell(ui, session, events, msg("The allocation list is imported and sealed"))
        else:
            assert code is not None
            events = study_participant.assign(session, code, arm=arm)
            tell(ui, session, events, msg("{code} is assigned", code=code))
