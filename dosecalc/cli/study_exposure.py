"""`dosecalc study exposure`: what each participant was to receive and did receive. For the unmasked alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.study_reporting import (
    NONE,
    csv_option,
    day_option,
    files_shape,
    in_words,
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.quantity import Quantity
    from dosecalc.registry.report_exposure import ParticipantExposure


@click.command(
    "exposure",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Show what each participant was to receive, what was prepared, what was given, and the sum. It names arms"
            " and doses: it is for those who are not masked, and needs the key."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc study exposure --study s.db --key k.key",
        "dosecalc study exposure --csv exposure.csv --study s.db --key k.key",
    ),
)
@csv_option
@participant_option
@day_option
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, participant: str | None, day: str | None, csv_file: str | None) -> None:
    """Show exposure."""
    from dosecalc.app.study_reports import study_exposure
    from dosecalc.app.study_tables import write_exposure
    from dosecalc.registry import report_shapes

    with opened(call) as session:
        scope, found = study_exposure(session, participant=participant, day=day, as_of=call.as_of)
        files = [] if csv_file is None else [write_exposure(session, csv_file, found, ui.language)]
        if ui.as_json:
            shape = scope_shape(session, scope, call) | {"participants": report_shapes.exposure(found, ui.language)}
            ui.show_json(shape | files_shape(files))
            return
        tell_scope(ui, session, scope, call, msg("exposure up to {day}", day=in_words(scope)))
        _tables(ui, found)
        tell_files(ui, files)
        tell_end(ui, session)


def _tables(ui: Ui, found: Sequence[ParticipantExposure]) -> None:
    section(
        ui,
        msg("Doses"),
        [
            (msg("Participant"), "left"),
            (msg("Arm"), "left"),
            (msg("Visit"), "left"),
            (msg("Product"), "left"),
            (msg("Planned"), "right"),
            (msg("Prepared"), "right"),
            (msg("Given"), "right"),
            (msg("Part"), "right"),
            (msg("Cumulative"), "right"),
        ],
        [
            (
                each.participant,
                line.arm or NONE,
                line.visit,
                f"{line.product}, {line.area}" if line.area else line.product,
                _cell(line.planned),
                _cell(line.prepared),
                _cell(line.administered) if line.administered or line.part is None else msg("given"),
                NONE if line.part is None else f"{line.part:f}",
                _cell(line.cumulative),
            )
            for each in found
            for line in each.lines
        ],
    )
    for each in found:
        if each.unplanned is not None:
            ui.line(msg("{participant}: not planned, {why}", participant=each.participant, why=each.unplanned))


def _cell(quantity: Quantity | None) -> object:
    from dosecalc.quantity import Amount

    return NONE if quantity is None else Amount(quantity)
