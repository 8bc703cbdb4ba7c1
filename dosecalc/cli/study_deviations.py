"""`dosecalc study deviations`: what departed from the protocol, why, and who recorded it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.study_reporting import (
    NONE,
    csv_option,
    day_option,
    files_shape,
    in_words,
    number_cell,
    opened,
    participant_option,
    scope_shape,
    section,
    tell_end,
    tell_files,
    tell_scope,
)
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.text import msg
from dosecalc.visits.moments import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.registry.report_deviations import Deviation


@click.command(
    "deviations",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "List visits that took place or are booked outside their window, visits that were missed and limits that"
            " were not met, each with its reason and who recorded it. Where no window is stated the days from the"
            " target are shown, and not counted."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study deviations --study s.db",
        "dosecalc study deviations --participant P001 --study s.db --json",
        "dosecalc study deviations --csv deviations.csv --study s.db",
    ),
)
@csv_option
@participant_option
@day_option
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, participant: str | None, day: str | None, csv_file: str | None) -> None:
    """List deviations."""
    from dosecalc.app.study_reports import study_deviations
    from dosecalc.app.study_tables import write_deviations
    from dosecalc.registry import report_shapes

    with opened(call) as session:
        scope, found = study_deviations(session, participant=participant, day=day, as_of=call.as_of)
        files = [] if csv_file is None else [write_deviations(session, csv_file, found, ui.language)]
        counted = [each for each in found if each.counted]
        if ui.as_json:
            shape = {"counted": len(counted), "deviations": report_shapes.deviations(found, ui.language)}
            ui.show_json(scope_shape(session, scope, call) | shape | files_shape(files))
            return
        tell_scope(ui, session, scope, call, msg("deviations up to {day}", day=in_words(scope)))
        _table(ui, counted, counted=True)
        shown = [each for each in found if not each.counted]
        if shown:
            _table(ui, shown, counted=False)
        tell_files(ui, files)
        tell_end(ui, session)


def _table(ui: Ui, found: Sequence[Deviation], *, counted: bool) -> None:
    from dosecalc.registry.report_deviations import HOW_WORDS

    section(
        ui,
        msg("Deviations") if counted else msg("Shown, and not counted as deviations"),
        [
            (msg("Participant"), "left"),
            (msg("Visit"), "left"),
            (msg("What"), "left"),
            (msg("When"), "left"),
            (msg("Target"), "left"),
            (msg("From target"), "right"),
            (msg("Days outside"), "right"),
            (msg("Reason"), "left"),
            (msg("Recorded by"), "left"),
            (msg("Event"), "right"),
        ],
        [
            (
                each.participant,
                each.visit or NONE,
                HOW_WORDS[each.how],
                NONE if each.on is None else readable(each.on),
                NONE if each.target is None else readable(each.target),
                number_cell(each.days_from_target, signed=True),
                number_cell(each.days_over or None),
                each.reason or each.text or NONE,
                each.user or NONE,
                number_cell(each.number),
            )
            for each in found
        ],
    )
