"""`dosecalc participant anchor`: the dates that visits count from."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.text import msg


@click.command(
    "anchor",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record the dates that visits count from, each NAME=DATE or NAME=DATETIME; the start is one of them. "
            "A date that stands already is replaced only with --reason."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant anchor P001 first_dose=2026-03-02",
        "dosecalc participant anchor T001 symptom_onset=2026-03-01T20:00 first_dose=2026-03-02T09:30",
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("dates", metavar="NAME=DATE...", nargs=-1, required=True)
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, dates: tuple[str, ...]) -> None:
    """Record anchor dates."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = study_participant.anchor(session, code, dates, reason=call.reason)
        tell(ui, session, events, msg("{code}: {dates}", code=code, dates=", ".join(dates)))
