"""`dosecalc participant enrol`: a participant who consented is enrolled."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "enrol",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Enrol a participant who has consented. While dose levels open one after the other, --cohort names the "
            "one that is open; a hold refuses."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant enrol P001",
        "dosecalc participant enrol P001 --cohort phase1-A --date 2026-03-02",
    ),
)
@click.argument("code", metavar="CODE")
@option("--date", metavar="DATE", text=msg("The day; left out, that of --at, else today."))
@option(
    "--cohort",
    metavar="LEVEL",
    text=msg("The dose level, or its arm, that the participant comes for; write none where there is no such level."),
)
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, date: str | None, cohort: str | None) -> None:
    """Record an enrolment."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = study_participant.enrol(session, code, date=date, cohort=cohort)
        tell(ui, session, events, msg("{code} is enrolled", code=code))
