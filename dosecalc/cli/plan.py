"""`dosecalc plan`: a whole list of participants into a folder."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dosecalc import app
from dosecalc.cli.ui import HELP_OPTIONS, Ui, common_options, examples, help_text, option, rounding_option, site_option
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dosecalc.quantity import Rounding
    from dosecalc.tables.cohort import WrittenPlan


@click.command(
    "plan",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Plan every participant of a list (CSV or Excel) into a folder: visits.csv, a calendar for each, "
            "clinic.ics, and under pharmacy/ the doses, where the list has the column arm. "
            "Nothing is written unless all rows are good."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc plan NCT07084012 participants.csv --out plan-march",
        "dosecalc plan NCT07203599 participants.xlsx --site our-site.yaml --out plan-april --previous plan-march",
    ),
)
@click.argument("protocol", metavar="PROTOCOL")
@click.argument("participants", metavar="PARTICIPANTS")
@option("--out", metavar="DIR", required=True, text=msg("The folder to write."))
@option("--stamp", metavar="DATETIME", text=msg("Time of this export, for reproducible files; now if left out."))
@option("--previous", metavar="DIR", text=msg("The folder of the plan that was handed out before."))
@option("--force", is_flag=True, text=msg("Replace a folder that an earlier plan wrote."))
@rounding_option
@site_option
@common_options
@click.pass_obj
def command(
    ui: Ui,
    protocol: str,
    participants: str,
    out: str,
    stamp: str | None,
    previous: str | None,
    force: bool,
    rounding: Rounding | None,
    site: str | None,
) -> None:
    """Plan a list of participants."""
    settled = app.load(protocol, site)
    with progress_bar(ui) as progress:
        written = app.write_plan(
            settled,
            participants,
            out=out,
            stamp=app.stamp(stamp, settled),
            previous=previous,
            force=force,
            rounding=rounding,
            progress=progress,
        )
    if ui.as_json:
        files = [{"path": file.path, "sha256": file.sha256, "events": file.events} for file in app.planned_files(out)]
        notes = [{"code": note.code, "text": ui.say(note.text)} for note in written.notes]
        ui.show_json({"files": files, "warnings": notes})
    else:
        show(ui, out, written)


def show(ui: Ui, out: str, written: WrittenPlan) -> None:
    """Say what was written, and for whom it is."""
    ui.line(msg("{folder}: {count} participants", folder=out, count=written.participants))
    ui.line(msg("  visits.csv       every visit with its window"))
    ui.line(msg("  calendars/       a calendar for each participant's phone"))
    ui.line(msg("  clinic.ics       all visits, for the clinic"))
    if written.with_doses:
        ui.line(msg("  pharmacy/        doses and the pharmacy's calendar: for unblinded people only"))
    if written.draft:
        ui.line(msg("DRAFT – NOT FOR ADMINISTRATION"))
    for note in written.notes:
        ui.line(msg("Note: {text}", text=note.text))


@contextmanager
def progress_bar(ui: Ui) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal; nothing where nobody watches."""
    if ui.as_json or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(ui.say(msg("checking, then writing")), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
