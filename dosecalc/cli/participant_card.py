"""`dosecalc participant card`: the card with the dates that a participant takes home."""

from __future__ import annotations

import click

from dosecalc.cli.study_reporting import files_shape, opened, tell_files
from dosecalc.cli.study_wall import font_option, force_option
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "card",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Print a participant's card: the dates to come in large type, windows in words, what to bring, place and "
            "telephone; in the participant's language unless --language says otherwise. It names no diagnosis, "
            "product, arm, dose or sponsor. Print it on A4 and fold it once."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant card P007 --out P007.pdf --study s.db",
        "dosecalc participant card P007 --language zh --out P007.pdf --study s.db",
    ),
)
@click.argument("code", metavar="CODE")
@option("--out", metavar="FILE", required=True, text=msg("The file to write: .pdf or .html."))
@font_option
@force_option
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, out: str, font: str | None, force: bool) -> None:
    """Write the card."""
    from dosecalc.app.study_card import visit_card, write_card

    with opened(call) as session:
        card = visit_card(session, code, language=ui.chosen)
        written = write_card(card, out, font=font, force=force)
    if ui.as_json:
        dates = [{"visit": each.visit, "when": ui.say(each.when)} for each in card.dates]
        left_out = {"left_out": list(card.passed)}
        shape = {"participant": code, "language": card.language, "dates": dates}
        ui.show_json(shape | left_out | files_shape([written]))
        return
    ui.line(msg("On the card of {participant}:", participant=code))
    for each in card.dates:
        ui.line(msg("  {visit}: {when}", visit=each.visit, when=each.when))
    for visit in card.passed:
        ui.line(
            msg(
                "{visit} is not on it: its time has passed, and nobody has recorded what became of it",
                visit=visit,
            )
        )
    tell_files(ui, [written])
