"""`dosecalc dose`: what a participant receives at each visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc import app, shapes
from dosecalc.cli.ui import (
    HELP_OPTIONS,
    Ui,
    arm_option,
    common_options,
    dose_options,
    examples,
    help_text,
    option,
    site_option,
)
from dosecalc.quantity import Amount
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding


@click.command(
    "dose",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("Calculate an arm's doses at its visits, with every step, from area, weight or level."))
    + "\n\n"
    + examples(
        "dosecalc dose NCT07203599 --arm phase1-A --area 24",
        "dosecalc dose NCT07203599 --arm phase1-B --area 20.1 --area 3.3 --round up",
        "dosecalc dose NCT06932393 --area 20 --level 1e9 --visit INJ1",
        "dosecalc dose NCT07084012 --arm group-2 --json",
    ),
)
@click.argument("protocol", metavar="P")
@arm_option
@dose_options
@option("--visit", "visits", metavar="V", multiple=True, text=msg("Only this visit; may be repeated."))
@site_option
@common_options
@click.pass_obj
def command(
    ui: Ui,
    protocol: str,
    arm: str | None,
    areas: tuple[str, ...],
    rounding: Rounding | None,
    weight: str | None,
    level: str | None,
    visits: tuple[str, ...],
    site: str | None,
) -> None:
    """Calculate and show doses."""
    settled = app.load(protocol, site)
    asked = app.Asked(areas=areas, rounding=rounding, weight=weight, level=level)
    doses = app.dose(settled, arm=arm, asked=asked, visits=visits)
    if ui.as_json:
        ui.show_json(shapes.doses(settled, arm, doses, ui.language))
    else:
        show(ui, settled, doses)


def show(ui: Ui, settled: Settled, doses: Doses) -> None:
    """Print the doses for a pharmacist: draft mark, table, steps, open questions."""
    if doses.draft:
        ui.line(msg("DRAFT – NOT FOR ADMINISTRATION"))
    ui.line(
        msg(
            "{protocol}, {arms}, protocol file {version}",
            protocol=settled.protocol.id,
            arms=", ".join(doses.arms),
            version=settled.protocol.version,
        )
    )
    ui.show_table(
        [
            (msg("Visit"), "left"),
            (msg("Product"), "left"),
            (msg("Area cm²"), "right"),
            (msg("Sites"), "right"),
            (msg("Dose"), "left"),
        ],
        [
            (dose.encounter, dose.product_label, shapes.number(dose.area_cm2), shapes.number(dose.sites), _amount(dose))
            for dose in doses.doses
        ],
    )
    ui.line()
    if doses.cumulative:
        ui.line(msg("All planned doses together: {total}", total=Amount(doses.cumulative.total)))
        if doses.cumulative.note:
            ui.line(doses.cumulative.note)
    _steps(ui, doses)
    for warning in doses.warnings:
        ui.line(msg("Warning: {text}", text=warning.text))
    if doses.draft:
        ui.line()
        ui.line(msg("A draft, because:"))
        for reason in doses.draft:
            ui.line(f"  - {ui.say(reason)}")


def _amount(dose: Dose) -> object:
    if dose.total is not None:
        return Amount(dose.total)
    return msg("same volume as {product}", product=dose.same_volume_as) if dose.same_volume_as else ""


def _steps(ui: Ui, doses: Doses) -> None:
    """Each different derivation once, under the visits that it holds for."""
    visits: dict[tuple[str, ...], list[str]] = {}
    for dose in doses.doses:
        lines = tuple(ui.say(line) for line in dose.derivation)
        visits.setdefault(lines, []).append(dose.encounter)
    for lines, names in visits.items():
        ui.line()
        ui.line(msg("How it was calculated ({visits}):", visits=", ".join(dict.fromkeys(names))))
        for line in lines:
            ui.line(f"  {line}")
