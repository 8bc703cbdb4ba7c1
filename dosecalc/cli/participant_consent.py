"""`dosecalc participant consent`: a participant has consented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.text import Language


@click.command(
    "consent",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record that a participant has consented: the first event of every participant, and again for each "
            "new form."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant consent P001 --form 1.0 --date 2026-03-01",
    ),
)
@click.argument("code", metavar="CODE")
@option("--form", metavar="VERSION", required=True, text=msg("The version of the consent form."))
@option("--date", metavar="DATE", required=True, text=msg("The day on which it was signed."))
@option(
    "--calendar-language",
    "spoken",
    type=click.Choice(["en", "zh"]),
    text=msg("Language of their calendar; left out, the site's."),
)
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, form: str, date: str, spoken: Language | None) -> None:
    """Record a consent."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = study_participant.consent(session, code, form=form, date=date, language=spoken)
        tell(ui, session, events, msg("{code} has consented to form {form}", code=code, form=form))
