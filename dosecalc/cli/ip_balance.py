"""`dosecalc ip balance`: where every vial of a lot is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_lots import balance, write_balance
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, past_options
from dosecalc.errors import Finding
from dosecalc.registry.balance import PLACES, account_shape, balance_paper
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.registry.balance import Account


@click.command(
    "balance",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Account for every vial of a lot, or of all lots: received, prepared, dispensed, administered, returned, "
            "sent back, destroyed, left. With --out it is a page to count against and to sign. For unblinded people "
            "only."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc ip balance --study s.db --key k.key",
        "dosecalc ip balance EV-A-2026-01 --out balance.pdf",
        "dosecalc ip balance --as-of 2026-03-31 --json",
    ),
)
@click.argument("lot", metavar="[LOT]", required=False)
@option("--out", metavar="FILE", text=msg("Write the page to print as this PDF or HTML file."))
@option("--font", metavar="FILE", text=msg("A font to use before Noto Sans SC."))
@past_options
@click.pass_context
def command(context: click.Context, /, call: StudyCall, lot: str | None, out: str | None, font: str | None) -> None:
    """Show it, and write it."""
    ui: Ui = context.obj
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        found, head = balance(session, lot, call.as_of)
    if out is not None:
        then = session.until(call.as_of) or session.at
        paper = balance_paper(found, session.settled.protocol.id, head.hash, then, ui.language)
        write_balance(session, out, paper, font)
    wrong = [each.state.lot for each in found if not each.adds_up]
    if ui.as_json:
        shape = {"head": head.hash, "lots": [account_shape(each) for each in found]}
        ui.show_json(shape if out is None else shape | {"file": out})
    else:
        told = [
            (name, heading) for name, heading in PLACES if name in _ALWAYS or any(_of(each, name) for each in found)
        ]
        ui.show_table(
            [(msg("Lot"), "left"), (msg("Product"), "left"), *((heading, "right") for _, heading in told)],
            [(each.state.lot, each.product, *(str(_of(each, name)) for name, _ in told)) for each in found],
        )
        for each in found:
            if each.state.quarantined is not None:
                said = msg("lot {lot} is in quarantine: {reason}", lot=each.state.lot, reason=each.state.quarantined)
                ui.line(said)
        if out is not None:
            ui.line(msg("Written: {path}", path=out))
    if wrong:
        what = msg("these lots do not add up: {lots}", lots=", ".join(wrong))
        finding = Finding("DC783", what, msg("count them, and correct the record"))
        for_people = Ui(as_json=False, language=ui.language)
        for_people.show_findings([finding])
    context.exit(1 if wrong else 0)


_ALWAYS = ("received", "left")
"""The places that stand in the table even where no vial is there; without the others it fits a terminal."""


def _of(account: Account, place: str) -> int:
    vials: int = getattr(account.state, place)
    return vials
