"""`dosecalc ip check`: the second person's own numbers against the worksheet that the study keeps."""

from __future__ import annotations

import click

from dosecalc.app.checking import finish_check
from dosecalc.app.study import open_study
from dosecalc.app.study_dose import keep_check, open_check
from dosecalc.checking.record import record
from dosecalc.cli.check import Desk, Typed, show
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "check",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Check a prepared dose as the second person: enter area or weight, arm, lot and concentration from their "
            "sources, without looking at the worksheet. A second engine computes from what you enter alone, and only "
            "then both are compared. What it found is recorded. For unblinded people only."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc ip check P001 W0 --as li.na --study s.db --key k.key",
        "dosecalc ip check P001 W0 --as li.na --arm phase1-A --area 24 --lot EV-A-2026-01 --concentration 1e9",
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="VISIT")
@option("--arm", metavar="ARM", text=msg("The arm, from the allocation list."))
@option("--area", "areas", metavar="CM2", multiple=True, text=msg("Hair-loss area in cm²; repeat for patches."))
@option("--weight", metavar="KG", text=msg("Body weight in kg."))
@option("--area-a", metavar="AREA", text=msg("Which area is A for this participant, from the allocation list."))
@option("--thawed-at", metavar="DATETIME", text=msg("When the vials were thawed."))
@option("--level", metavar="L", text=msg("Dose level, where the site file has not decided it."))
@option("--lot", "lots", metavar="LOT", multiple=True, text=msg("Lot number, from the vial; repeat for each product."))
@option(
    "--concentration",
    "concentrations",
    metavar="C",
    multiple=True,
    text=msg("Concentration, from the certificate, for each lot that has one, in their order."),
)
@study_options
@click.pass_context
def command(
    context: click.Context,
    /,
    call: StudyCall,
    code: str,
    visit: str,
    arm: str | None,
    areas: tuple[str, ...],
    weight: str | None,
    area_a: str | None,
    thawed_at: str | None,
    level: str | None,
    lots: tuple[str, ...],
    concentrations: tuple[str, ...],
) -> None:
    """Ask, compute, compare, record, show."""
    ui: Ui = context.obj
    typed = Typed(
        arm=arm,
        areas=areas,
        weight=weight,
        level=level,
        lots=lots,
        concentrations=concentrations,
        rounding=None,
        area_a=area_a,
        thawed_at=thawed_at,
    )
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        opened = open_check(session, code, visit)
        checked = finish_check(opened, Desk(ui, opened, typed).entries())
        events = keep_check(session, code, visit, checked, ui.language)
    if not ui.as_json:
        show(ui, checked)
        ui.line()
    tell(ui, session, events, check=record(checked, ui.language))
    context.exit(0 if checked.agreed else 1)
