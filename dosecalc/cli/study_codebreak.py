"""`dosecalc study codebreak`: the code-break cards for the safe."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_unblind import code_cards, write_code_cards
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "codebreak",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Print a card for each participant that reveals the arm, to be folded, sealed and kept in the safe. For "
            "unblinded people only; it needs the key."
        )
    )
    + "\n\n"
    + examples("dosecalc study codebreak --out cards.pdf --key k.key"),
)
@option("--out", metavar="FILE", required=True, text=msg("The file to write: .pdf or .html."))
@option("--participant", "participants", metavar="CODE", multiple=True, text=msg("Only this participant; repeatable."))
@option("--font", metavar="FILE", text=msg("A font to use before Noto Sans SC."))
@study_options
@click.pass_obj
def command(ui: Ui, out: str, participants: tuple[str, ...], font: str | None, call: StudyCall) -> None:
    """Write the cards."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        cards = code_cards(session, participants)
        written = write_code_cards(session, cards, out, ui.language, font)
    if ui.as_json:
        ui.show_json({"cards": len(cards), "files": [{"path": written.path, "sha256": written.sha256}]})
        return
    ui.line(msg("{count} cards written: {file}", count=len(cards), file=written.path))
    ui.line(msg("It shows arms: print it, seal the cards, and delete the file."))
