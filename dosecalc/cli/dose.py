"""`dosecalc dose`: what a participant receives at each visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from dosecalc.plan import planned_visits
from dosecalc.quantity import Amount
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.protocol.settled import Settled


@click.command(
    "dose",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("Calculate an arm's doses at its visits, with every step, from area, weight or level."))
    + "\n\n"
    + examples(
        "dosecalc dose NCT07203599 --arm phase1-A --area 24",
        "dosecalc dose NCT07203599 --arm phase1-B --area 20.1 --area 3.3 --round up",
        "dosecalc dose NCT07203599 --arm phase1-A --area 24 --area-method tracing --area-date 2026-02-27",
        "dosecalc dose NCT06932393 --area 20 --level 1e9 --visit INJ1",
        "dosecalc dose NCT07084012 --arm group-2 --json",
    ),
)
@click.argument("protocol", metavar="PROTOCOL")
@arm_option
@dose_options
@option("--visit", "visits", metavar="V", multiple=True, text=msg("Only this visit; may be repeated."))
@site_option
@common_options
@click.pass_obj
def command(
    ui: Ui,
    /,
    protocol: str,
    arm: str | None,
    visits: tuple[str, ...],
    site: str | None,
    **dose: Any,
) -> None:
    """Calculate and show doses."""
    settled = app.load(protocol, site)
    doses = app.dose(settled, arm=arm, asked=asked(dose), visits=visits)
    if ui.as_json:
        ui.show_json(shapes.doses(settled, arm, doses, ui.language))
    else:
        show(ui, settled, doses)


def asked(options: Mapping[str, Any]) -> app.Asked:
    """What was typed of the options that a dose hangs on (`dose_options`)."""
    return app.Asked(**options)


def show(ui: Ui, settled: Settled, doses: Doses) -> None:
    """Print the doses for a pharmacist: draft or released, a table for each product, the steps, what it rests on."""
    protocol = settled.protocol
    show_release(ui, settled, draft=bool(doses.draft))
    arms = ", ".join(doses.arms)
    ui.line(
        msg("{protocol}, {arms}, protocol file {version}", protocol=protocol.id, arms=arms, version=protocol.version)
    )
    for product in dict.fromkeys(dose.product for dose in doses.doses):
        _table(ui, [dose for dose in doses.doses if dose.product == product])
    if doses.cumulative:
        visits = ", ".join(dict.fromkeys(visit for arm in doses.arms for visit in planned_visits(protocol, arm)))
        total = Amount(doses.cumulative.total)
        ui.line()
        ui.line(msg("All planned doses together ({visits}): {total}", visits=visits, total=total))
        if doses.cumulative.note:
            ui.line(doses.cumulative.note)
    _steps(ui, doses)
    for warning in doses.warnings:
        ui.line()
        ui.line(msg("Warning: {text}", text=warning.text))
    show_standing(ui, settled, doses.assumptions, doses.draft)


def show_release(ui: Ui, settled: Settled, *, draft: bool) -> None:
    """Print the first line of everything that holds a dose: draft or released (R8)."""
    ui.line(msg("DRAFT – NOT FOR ADMINISTRATION") if draft else _released(settled))


def _released(settled: Settled) -> Message:
    here = settled.here
    assert here is not None and here.verified is not None, "a released dose has a verified protocol file"  # noqa: PT018
    checked = here.verified
    return msg(
        "RELEASED: the protocol file was verified against {document}, version {version}, by {by} on {date}",
        document=checked.document,
        version=checked.version,
        by=checked.by,
        date=checked.date.isoformat(),
    )


def _table(ui: Ui, doses: list[Dose]) -> None:
    columns: list[tuple[object, str, list[object]]] = [
        (msg("Visit"), "left", [dose.encounter for dose in doses]),
        (msg("Area cm²"), "right", [shapes.number(dose.area_cm2) for dose in doses]),
        (msg("Sites"), "right", [shapes.number(dose.sites) for dose in doses]),
        (msg("Dose"), "left", [dose_amount(dose) for dose in doses]),
    ]
    filled = [column for column in columns if any(column[2])]
    ui.line()
    where = doses[0].area_label
    label = doses[0].product_label
    ui.line(label if where is None else msg("{product}, on the {area}", product=label, area=where))
    ui.show_table(
        [(heading, side) for heading, side, _ in filled], list(zip(*(cells for _, _, cells in filled), strict=True))
    )


def dose_amount(dose: Dose) -> object:
    """What a table shows as the dose."""
    if dose.total is not None:
        return Amount(dose.total)
    return msg("same volume as {product}", product=dose.same_volume_as) if dose.same_volume_as else ""


def _steps(ui: Ui, doses: Doses) -> None:
    """Each different derivation once, under the product and the visits that it holds for."""
    visits: dict[tuple[str, ...], list[str]] = {}
    for dose in doses.doses:
        lines = (ui.say(dose.product_label), *(ui.say(line) for line in dose.derivation))
        visits.setdefault(lines, []).append(dose.encounter)
    several = len({dose.product for dose in doses.doses}) > 1
    for (product, *steps), names in visits.items():
        at = ", ".join(dict.fromkeys(names))
        ui.line()
        if several:
            ui.line(msg("How it was calculated ({product}; {visits}):", product=product, visits=at))
        else:
            ui.line(msg("How it was calculated ({visits}):", visits=at))
        for step in steps:
            ui.line(f"  {step}")


def show_standing(ui: Ui, settled: Settled, assumptions: Sequence[str], draft: Sequence[Message]) -> None:
    """What the site has confirmed, by whom and where it is written; and why the result is still a draft."""
    here = settled.here
    confirmed = [code for code in assumptions if here and settled.confirms and code in here.answers]
    if here and confirmed:
        ui.line()
        ui.line(msg("Confirmed in the site file:"))
        for code in confirmed:
            entry = here.answers[code]
            said = msg(
                "{code}: {answer} ({document}, {section}; {by}, {date})",
                code=code,
                answer=entry.answer,
                document=entry.confirmed.document,
                section=entry.confirmed.section,
                by=entry.confirmed.by,
                date=entry.confirmed.date.isoformat(),
            )
            ui.line(f"  - {ui.say(said)}")
    if draft:
        ui.line()
        ui.line(msg("A draft, because:"))
        for reason in draft:
            ui.line(f"  - {ui.say(reason)}")
