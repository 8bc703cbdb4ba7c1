"""`dosecalc study codebreak`: the code-break cards for the safe."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_unblind import write_code_cards
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.registry.fold import public_of
from dosecalc.text import msg


@click.command(
    "codebreak",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Print a card for each participant that reveals the arm, to be folded, sealed and kept in the safe. For "
            "unblinded people only; it needs the key. Who printed cards, and how many, is recorded."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study codebreak --out cards.pdf --key k.key",
        "dosecalc study codebreak --out card.pdf --participant P007 --reason 'the seal was torn' --key k.key",
    ),
)
@option("--out", metavar="FILE", required=True, text=msg("The file to write: .pdf or .html."))
@option("--participant", "participants", metavar="CODE", multiple=True, text=msg("Only this participant; repeatable."))
@option("--font", metavar="FILE", text=msg("A font to use before Noto Sans SC."))
@study_options
@click.pass_obj
def command(ui: Ui, out: str, participants: tuple[str, ...], font: str | None, call: StudyCall) -> None:
    """Write the cards."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        event, written = write_code_cards(session, out, ui.language, only=participants, font=font, reason=call.reason)
    count = public_of(event)["count"]
    tell(
        ui,
        session,
        [event],
        msg("{count} cards written: {file}", count=count, file=written.path),
        msg("It shows arms: print it, seal the cards, and delete the file."),
        cards=count,
        files=[{"path": written.path, "sha256": written.sha256}],
    )
