"""`dosecalc ip prepare`: a dose from what the study knows, and its worksheet, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.app.papers import WrittenPaper, worksheet_document, write_papers
from dosecalc.app.study import open_study
from dosecalc.app.study_ip import Wish, begin, keep
from dosecalc.cli.prepare import confirmed, show
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.registry.drafts import need_reason
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.documents.label import LabelKind
    from dosecalc.text import Message


@click.command(
    "prepare",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Prepare the dose of a visit and keep its worksheet in the study. Arm, areas, weight and level come from "
            "the study, lots and vials from what was received. A draft is refused. With --out it writes the worksheet "
            "and the labels as PDF, HTML and JSON. For unblinded people only."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc ip prepare P001 W0 --study s.db --key k.key --out today",
        "dosecalc ip prepare P001 W0 --thawed-at 2026-03-02T09:10 --lot EV-A-2026-01",
        'dosecalc ip prepare P001 W0 --again --reason "the vial was dropped"',
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="VISIT")
@option("--lot", "lots", metavar="LOT", multiple=True, text=msg("The lot to use, where several are in stock."))
@option("--thawed-at", metavar="DATETIME", text=msg("When the vials were thawed; gives the stop-by time."))
@option("--weight", metavar="KG", text=msg("Body weight measured today, in kg; it is recorded, too."))
@option(
    "--again",
    is_flag=True,
    text=msg("Declare the preparation that is there void, with --reason, and prepare anew; its vials are in stock."),
)
@option("--out", metavar="DIR", text=msg("The folder for worksheet and labels."))
@option("--force", is_flag=True, text=msg("Replace files of the same names in that folder."))
@option(
    "--labels",
    type=click.Choice(["cn", "eu"]),
    default="cn",
    show_default=True,
    text=msg("The particulars of the labels: those of China or of the EU."),
)
@option("--font", metavar="FILE", text=msg("A font to use before Noto Sans SC."))
@study_options
@click.pass_obj
def command(
    ui: Ui,
    /,
    call: StudyCall,
    code: str,
    visit: str,
    lots: tuple[str, ...],
    thawed_at: str | None,
    weight: str | None,
    again: bool,
    out: str | None,
    force: bool,
    labels: LabelKind,
    font: str | None,
) -> None:
    """Prepare, ask what must be asked, record, write."""
    wish = Wish(
        code=code,
        visit=visit,
        lots=lots,
        thawed_at=thawed_at,
        weight=weight,
        again=need_reason(call.reason) if again else None,
    )
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        in_hand = begin(session, wish)
        sheet = confirmed(ui, in_hand.prepared, session.by.user)
        events = keep(session, in_hand, sheet, ui.language)
    written: list[WrittenPaper] = []
    notes: list[Message] = []
    if out is not None:
        written, notes = write_papers(sheet, out, ui.language, labels=labels, font=font, replace_old=force)
    if not ui.as_json:
        show(ui, sheet)
        ui.line()
    tell(
        ui,
        session,
        events,
        msg("The worksheet is kept, digest {digest}. A second person checks it: `ip check {code} {visit}`.",
            digest=worksheet_document(sheet, ui.language)["digest"], code=code, visit=visit),
        *(msg("Note: {text}", text=note) for note in notes),
        *(msg("Written: {path}", path=file.path) for file in written),
        worksheet=worksheet_document(sheet, ui.language),
        files=[{"path": file.path, "sha256": file.sha256} for file in written],
        notes=[ui.say(note) for note in notes],
    )  # fmt: skip
