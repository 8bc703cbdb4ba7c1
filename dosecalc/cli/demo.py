"""`dosecalc demo`: the whole job on the shipped example participants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc import app
from dosecalc.cli.ui import HELP_OPTIONS, Ui, common_options, examples, help_text, option
from dosecalc.quantity import Amount
from dosecalc.text import msg
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    from dosecalc.dosing.result import Dose
    from dosecalc.visits.visit import Moment, Visit


@click.command(
    "demo",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Plan twelve made-up participants of the three built-in trials, with the example site file, and show what "
            "came out. Needs no other input."
        )
    )
    + "\n\n"
    + examples("dosecalc demo", "dosecalc demo --out /tmp/demo --language zh"),
)
@option("--out", metavar="DIR", default="dosecalc-demo", show_default=True, text=msg("The folder to write."))
@common_options
@click.pass_obj
def command(ui: Ui, out: str) -> None:
    """Run the demo."""
    trials = app.demo(out)
    if ui.as_json:
        files = [
            {"path": f"{trial.protocol}/{file.path}", "sha256": file.sha256, "events": file.events}
            for trial in trials
            for file in app.planned_files(trial.folder)
        ]
        ui.show_json({"files": files})
        return
    ui.line(msg("Three registered trials, twelve made-up participants, an example site file."))
    for trial in trials:
        ui.line()
        ui.line(f"{trial.protocol}  {ui.say(trial.settled.protocol.title)}")
        first = trial.shown
        ui.line(msg("{code}:", code=first.participant))
        given: dict[str, list[Dose]] = {}
        for dose in first.doses.doses if first.doses else ():
            given.setdefault(dose.encounter, []).append(dose)
        ui.show_table(
            [(msg("Visit"), "left"), (msg("Target"), "left"), (msg("Window"), "left"), (msg("Dose"), "left")],
            [
                (
                    booked.visit.label,
                    _shown(booked.visit.target),
                    _window(booked.visit),
                    " + ".join(ui.say(_amount(dose)) for dose in given.get(booked.visit.encounter, [])) or "–",
                )
                for booked in first.visits
            ],
        )
    ui.line()
    ui.line(msg("All doses are drafts: the site file is an example, and nobody has verified the protocols."))
    ui.line()
    ui.line(
        msg(
            "Written to {folder}: for each trial visits.csv, calendars for phones and clinic, pharmacy/ with doses.",
            folder=out,
        )
    )
    ui.line(msg("Next, try:"))
    ui.line("  dosecalc dose NCT07203599 --arm phase1-A --area 24")
    ui.line("  dosecalc schedule NCT07084012 --start 2026-03-02")


def _window(visit: Visit) -> str:
    return f"{_shown(visit.earliest)} … {_shown(visit.latest)}" if visit.earliest else "–"


def _shown(moment: Moment | None) -> str:
    return readable(moment) if moment is not None else "–"


def _amount(dose: Dose) -> object:
    if dose.total is not None:
        return Amount(dose.total)
    return msg("{product}, same volume", product=dose.product_label)
