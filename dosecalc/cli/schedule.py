"""`dosecalc schedule`: the visits of one participant with their windows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dosecalc import app, shapes
from dosecalc.cli.table import display_width
from dosecalc.cli.ui import (
    HELP_OPTIONS,
    Ui,
    arm_option,
    common_options,
    examples,
    help_text,
    option,
    site_option,
    terminal_width,
)
from dosecalc.protocol.settled import WINDOW_READING
from dosecalc.text import msg
from dosecalc.visits.moments import readable, weekday

if TYPE_CHECKING:
    from dosecalc.blinding import BlindedPlan
    from dosecalc.protocol.settled import Settled
    from dosecalc.visits.visit import Visit

_STATUS = {
    "planned": msg("planned"),
    "pending": msg("pending"),
    "done": msg("done"),
    "early": msg("early"),
    "late": msg("late"),
}
_BARS = 30
"""Width of the timeline in columns where nobody's terminal says how much room there is; at most twice as wide."""
_LEAST_BARS = 14


@click.command(
    "schedule",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("List every visit with its target day and its window, from the date of the first dose."))
    + "\n\n"
    + examples(
        "dosecalc schedule NCT07084012 --start 2026-03-02",
        "dosecalc schedule NCT07084012 --start 2026-03-02T10:00 --anchor symptom_onset=2026-02-28T08:30",
        "dosecalc schedule NCT07203599 --arm phase1-A --start 2026-03-02 --actual W2=2026-03-17",
        "dosecalc schedule NCT07084012 --start 2026-03-02 --svg visits.svg",
    ),
)
@click.argument("protocol", metavar="PROTOCOL")
@arm_option
@option("--start", metavar="DATE", required=True, text=msg("Date of the first dose, or date and time."))
@option("--actual", metavar="V=DATE", multiple=True, text=msg("When a visit took place; may be repeated."))
@option("--anchor", "anchors", metavar="NAME=DATETIME", multiple=True, text=msg("When another event happened."))
@option("--svg", metavar="FILE", text=msg("Also write the timeline as a picture."))
@site_option
@common_options
@click.pass_obj
def command(
    ui: Ui,
    protocol: str,
    arm: str | None,
    start: str,
    actual: tuple[str, ...],
    anchors: tuple[str, ...],
    svg: str | None,
    site: str | None,
) -> None:
    """Plan and show visits."""
    settled = app.load(protocol, site)
    dates = app.Dates(start=start, actual=actual, anchors=anchors)
    plan = app.schedule(settled, app.participant(settled, code="", arm=arm, dates=dates))
    if svg:
        app.write_timeline(svg, _title(settled, arm), plan, ui.language)
    if ui.as_json:
        ui.show_json(shapes.schedule(settled, arm, plan, ui.language))
    else:
        show(ui, settled, arm, plan)


def _title(settled: Settled, arm: str | None) -> str:
    return f"{settled.protocol.id}, {arm}" if arm else settled.protocol.id


def show(ui: Ui, settled: Settled, arm: str | None, plan: BlindedPlan) -> None:
    """Print the visits for a nurse: a table, the timeline, notes and checks."""
    from dosecalc.documents.timeline_text import timeline_axis, timeline_text

    ui.line(_title(settled, arm))
    visits = [booked.visit for booked in plan.visits]
    columns = [
        (msg("Visit"), "left"),
        (msg("Target"), "left"),
        (msg("Day"), "left"),
        (msg("Earliest"), "left"),
        (msg("Latest"), "left"),
        (msg("Window"), "left"),
        (msg("Status"), "left"),
    ]
    rows = [_row(visit, ui) for visit in visits]
    beside = sum(max(display_width(ui.say(cell)) for cell in cells) + 2 for cells in zip(*rows, strict=True))
    room = (terminal_width() or beside + _BARS) - beside - 1
    if room >= _LEAST_BARS:  # a narrow terminal shows the dates alone
        width = min(room, 2 * _BARS)
        encoding = (sys.stdout.encoding or "utf-8").lower().replace("-", "")
        bars = timeline_text(visits, width, ascii_only=encoding != "utf8")
        columns.append((timeline_axis(visits, width), "left"))  # type: ignore[arg-type]
        rows = [(*row, bar) for row, bar in zip(rows, bars, strict=True)]
    ui.show_table(columns, rows)
    notes = dict.fromkeys((visit.encounter, ui.say(note)) for visit in visits for note in visit.notes)
    by_note: dict[str, list[str]] = {}
    for name, note in notes:
        by_note.setdefault(note, []).append(name)
    ui.line()
    for note, names in by_note.items():
        ui.line(msg("{visits}: {note}", visits=", ".join(names), note=note))
    for check in plan.checks:
        if check.ok is not False:  # one that is not met stands among the notes
            ui.line(msg("ok: {text}", text=check.text) if check.ok else check.text)
    ui.line(msg("Times are in {zone}; {reading}.", zone=plan.timezone, reading=WINDOW_READING))


_WINDOWS = {
    "stated": msg("protocol"),
    "site": msg("site's own"),
    "anchor": msg("this day"),
    "not_stated": msg("not stated"),
}


def _row(visit: Visit, ui: Ui) -> tuple[object, ...]:
    def shown(moment: object) -> str:
        return readable(moment) if moment is not None else "–"  # type: ignore[arg-type]

    status = ui.say(_STATUS[visit.status])
    if visit.actual is not None:
        status = f"{status} {readable(visit.actual)}"
        if visit.days_from_target:
            status += f" ({visit.days_from_target:+d})"
    day = weekday(visit.target) if visit.target is not None else "–"
    return (
        f"{visit.encounter}  {ui.say(visit.label)}",
        shown(visit.target),
        day,
        shown(visit.earliest),
        shown(visit.latest),
        _WINDOWS[visit.window],
        status,
    )
