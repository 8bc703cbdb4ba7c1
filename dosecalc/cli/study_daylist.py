"""`dosecalc study daylist`: who comes on a day, what is needed for them, and room to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.study_reporting import (
    day_option,
    files_shape,
    in_words,
    opened,
    scope_shape,
    section,
    tell_end,
    tell_files,
    tell_scope,
)
from dosecalc.cli.study_wall import font_option, force_option
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, past_options
from dosecalc.text import msg

if TYPE_CHECKING:
    from typing import Any

    from dosecalc.documents.day_list import DayList


@click.command(
    "daylist",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Write the clinic's list of a day: each visit with its time, how much of its window is left, what is "
            "needed for it and which resources it takes, with room to sign. It names codes only, and shows no arm."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study daylist --day 2026-03-16 --out monday.pdf --study s.db",
        "dosecalc study daylist --out today.xlsx --language zh --study s.db",
    ),
)
@option("--out", metavar="FILE", required=True, text=msg("The file to write: .pdf, .html or .xlsx."))
@day_option
@font_option
@force_option
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, out: str, day: str | None, font: str | None, force: bool) -> None:
    """Write the list."""
    from dosecalc.app.study_wall import study_day_list, write_day_list
    from dosecalc.documents.day_list import cells, headings

    with opened(call) as session:
        scope, listed = study_day_list(session, day=day, as_of=call.as_of)
        written = write_day_list(listed, out, ui.language, font=font, force=force)
        if ui.as_json:
            ui.show_json(scope_shape(session, scope, call) | _shape(listed, ui) | files_shape([written]))
            return
        tell_scope(ui, session, scope, call, in_words(scope))
        rows = [cells(each, ui.language) for each in listed.visits]
        section(ui, msg("Visits"), [(each, "left") for each in headings()], rows)
        tell_files(ui, [written])
        tell_end(ui, session)


def _shape(listed: DayList, ui: Ui) -> dict[str, Any]:
    day = listed.day
    return {
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
                "window": ui.say(each.left),
                "needs": [ui.say(need) for need in each.needs],
                "resources": [ui.say(label) for label in each.resources],
                "came": each.came,
            }
            for each in listed.visits
        ],
        "ends": [{"participant": code, "visit": visit} for code, visit, _ in listed.ends],
    }
