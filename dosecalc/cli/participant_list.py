"""`dosecalc participant list`: everyone in the study."""

from __future__ import annotations

import click

from dosecalc.cli.study_reporting import tell_end
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, past_options
from dosecalc.text import msg


@click.command(
    "list",
    context_settings=HELP_OPTIONS,
    help=help_text(msg("List the participants with their standing, today or at the end of a past day (--as-of)."))
    + "\n\n"
    + examples("dosecalc participant list", "dosecalc participant list --as-of 2026-04-01 --json"),
)
@past_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall) -> None:
    """Print the participants."""
    from dosecalc.app import study_seen
    from dosecalc.app.study import open_study
    from dosecalc.registry.decide_participant import STANDING_WORDS
    from dosecalc.visits.moments import readable

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        states = study_seen.everyone(session, call.as_of)
        if ui.as_json:
            ui.show_json(study_seen.everyone_shape(session, states))
            return
        arms = not session.view.masked
        columns: list[tuple[object, str]] = [
            (msg("Participant"), "left"),
            (msg("Standing"), "left"),
            (msg("Enrolled"), "left"),
            (msg("Start"), "left"),
        ]
        held = any(state.held is not None for state in states)
        if held:
            columns.append((msg("Dosing"), "left"))
        if arms:
            columns.append((msg("Arm"), "left"))
        rows: list[list[object]] = []
        for state in states:
            start = "" if state.start is None else readable(state.start)
            row: list[object] = [state.code, STANDING_WORDS[state.standing], state.enrolled or "", start]
            if held:
                row.append("" if state.held is None else msg("on hold: {reason}", reason=state.held))
            rows.append([*row, state.arm or ""] if arms else row)
        ui.show_table(columns, rows)
        tell_end(ui, session)
