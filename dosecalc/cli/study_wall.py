"""`dosecalc study wall`: the clinic's calendar for the wall, a month or a week on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dosecalc.cli.study_reporting import files_shape, opened, scope_shape, tell_end, tell_files, tell_scope
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, past_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.documents.wall import PaperSize, Wall, WallDay

force_option = option("--force", is_flag=True, text=msg("Replace a file of that name."))
font_option = option("--font", metavar="FILE", text=msg("A font to use before Noto Sans SC."))


@click.command(
    "wall",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Write the clinic's calendar for the wall: a month on one page, or a week with its hours as rows. Each day "
            "has its booked visits, the places taken, and the visits whose window ends on it and that are not booked; "
            "closed days are grey and say why. It names codes only, and shows no arm."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study wall --month 2026-03 --out march.pdf --study s.db",
        "dosecalc study wall --month 2026-03 --paper A3 --language zh --out march.pdf --study s.db",
        "dosecalc study wall --week 2026-W11 --out week.xlsx --study s.db",
    ),
)
@option("--month", metavar="YYYY-MM", text=msg("The month of the page."))
@option("--week", metavar="YYYY-Www", text=msg("The week of the page, from Monday to Sunday."))
@option("--day", metavar="DATE", text=msg("The week that this day lies in."))
@option("--paper", text=msg("The paper, sideways."), type=click.Choice(["A4", "A3"]), default="A4")
@option("--out", metavar="FILE", required=True, text=msg("The file to write: .pdf, .html, .xlsx or .png."))
@font_option
@force_option
@past_options
@click.pass_obj
def command(
    ui: Ui,
    /,
    call: StudyCall,
    month: str | None,
    week: str | None,
    day: str | None,
    paper: PaperSize,
    out: str,
    font: str | None,
    force: bool,
) -> None:
    """Write the page."""
    from dosecalc.app.study_wall import study_wall, write_wall
    from dosecalc.documents.wall import title

    with opened(call) as session:
        scope, wall = study_wall(session, month=month, week=week, day=day, as_of=call.as_of)
        written = write_wall(wall, out, ui.language, paper, font=font, force=force)
        if ui.as_json:
            shape: dict[str, Any] = {"days": [_shape(each, ui) for each in wall.days]}
            ui.show_json(scope_shape(session, scope, call) | shape | files_shape([written]))
            return
        tell_scope(ui, session, scope, call, title(wall))
        ui.line(
            msg(
                "{visits} visits, {ends} windows that end without a booking, {closed} closed days",
                visits=sum(len(each.visits) for each in wall.days),
                ends=sum(len(each.ends) for each in wall.days),
                closed=sum(not each.open for each in wall.days),
            )
        )
        _tell(ui, wall)
        tell_files(ui, [written])
        tell_end(ui, session)


def _tell(ui: Ui, wall: Wall) -> None:
    """Print what somebody should see to before the page hangs on the wall."""
    for day in wall.days:
        for each in day.visits:
            if each.mark == "amiss":
                ui.line(
                    msg(
                        "{day}: {participant} {visit} is booked outside its window, or the clinic is closed",
                        day=day.day,
                        participant=each.participant,
                        visit=each.visit,
                    )
                )
        if day.places is not None and day.taken > day.places:
            ui.line(
                msg("{day}: {taken} visits are booked for {places} places", day=day.day, taken=day.taken,
                    places=day.places)
            )  # fmt: skip


def _shape(day: WallDay, ui: Ui) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "open": day.open,
        "why": None if day.why is None else ui.say(day.why),
        "provisional": day.provisional,
        "taken": day.taken,
        "places": day.places,
        "visits": [
            {
                "participant": each.participant,
                "visit": each.visit,
                "at": None if each.at is None else each.at.isoformat(),
                "mark": each.mark,
            }
            for each in day.visits
        ],
        "ends": [{"participant": code, "visit": visit} for code, visit in day.ends],
    }
