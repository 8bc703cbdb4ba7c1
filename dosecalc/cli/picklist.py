"""`dosecalc picklist`: what the pharmacy takes out of its stock on one day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc import app
from dosecalc.cli.ui import HELP_OPTIONS, Ui, common_options, examples, help_text, option
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.documents.pick_list import PickEntry


@click.command(
    "picklist",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "List what the worksheets of one day take out of the stock: lots, vials, volumes, with room to tick and "
            "sign. For unblinded people only."
        )
    )
    + "\n\n"
    + examples("dosecalc picklist today/*-worksheet.json --out today/picklist.pdf"),
)
@click.argument("worksheets", metavar="WORKSHEET.json...", nargs=-1, required=True)
@option("--out", metavar="FILE", text=msg("The file to write: .pdf or .html."))
@option("--font", metavar="FILE", text=msg("A font to use before Noto Sans SC."))
@common_options
@click.pass_obj
def command(ui: Ui, worksheets: tuple[str, ...], out: str | None, font: str | None) -> None:
    """Make the pick list of a day."""
    picked = app.pick(worksheets)
    written = app.write_pick_list(picked, out, ui.language, font) if out is not None else None
    if ui.as_json:
        shape = {"on": picked.on.isoformat(), "preparations": [app.pick_shape(entry) for entry in picked.entries]}
        ui.show_json(shape | ({"files": [{"path": written.path, "sha256": written.sha256}]} if written else {}))
        return
    show(ui, picked.entries)
    if written:
        ui.line()
        ui.line(msg("Written: {files}", files=written.path))


def show(ui: Ui, entries: Sequence[PickEntry]) -> None:
    """Print the preparations, then the vials of each lot."""
    if any(entry.draft for entry in entries):
        ui.line(msg("DRAFT – NOT FOR ADMINISTRATION"))
    ui.show_table(
        [
            (msg("Participant"), "left"),
            (msg("Visit"), "left"),
            (msg("Product"), "left"),
            (msg("Lot"), "left"),
            (msg("Vials"), "right"),
        ],
        [(entry.participant or "", entry.visit, entry.product, entry.lot, str(entry.vials)) for entry in entries],
    )
    ui.line()
    kept = {entry.lot: (entry.storage or "", (entry.expiry or "").replace("T", " ")) for entry in entries}
    lots = {entry.lot: entry.in_stock for entry in entries}
    ui.show_table(
        [
            (msg("Lot"), "left"),
            (msg("Storage"), "left"),
            (msg("Expiry"), "left"),
            (msg("Vials"), "right"),
            (msg("In stock"), "right"),
        ],
        [
            (lot, *kept[lot], str(sum(entry.vials for entry in entries if entry.lot == lot)), str(there))
            for lot, there in lots.items()
        ],
    )
