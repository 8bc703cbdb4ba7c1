"""`dosecalc participant correct`: how an earlier event reads from now on."""

from __future__ import annotations

from typing import Any

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg
from dosecalc.visits.moments import readable


@click.command(
    "correct",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Correct what was recorded. Nothing is overwritten: the correction is an event of its own, refers to "
            "the number of the earlier one and says why. `participant show` lists the numbers. Where visits move or a "
            "booking holds again, that is shown first; --yes answers for scripts. What was taken out is not brought "
            "back: record it anew."
        )
    )
    + "\n\n"
    + examples(
        'dosecalc participant correct 5 --set values=24.3 --reason "digits swapped"',
        'dosecalc participant correct 7 --void --reason "entered for the wrong participant"',
    ),
)
@click.argument("number", metavar="NUMBER")
@option("--set", "sets", metavar="KEY=VALUE", multiple=True, text=msg("What the event should say; may be repeated."))
@option("--void", text=msg("Take the event out as a whole."), is_flag=True)
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, number: str, sets: tuple[str, ...], void: bool) -> None:
    """Show what changes, ask where visits move or a measurement is far from before, and record a correction."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_correct import CorrectStep
    from dosecalc.cli.participant_anchor import changes_told
    from dosecalc.cli.participant_measure import confirm
    from dosecalc.cli.study_told import sure, tell
    from dosecalc.registry.visit_changes import dates_shape

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        step = CorrectStep(session=session, number=number, pairs=sets, void=void, reason=call.reason)
        found = step.look()
        confirm(ui, found.far)
        more: dict[str, Any] = {}
        if found.asks:
            shape = dates_shape(found.dates, ui.say)
            shape["booked"] = [{"encounter": visit, "booked": when.isoformat()} for visit, when in found.booked]
            more["changes"] = shape
            for line in () if ui.as_json else changes_told(found.code, found.dates):
                ui.line(line)
            for visit, when in () if ui.as_json else found.booked:
                ui.line(msg("{visit} would be booked for {when} again", visit=visit, when=readable(when)))
            sure(ui, call, msg("Record this?"), **more)
        events = step.record(confirmed=found.far)
        tell(
            ui, session, events, msg("Event {number} is corrected; it stays readable as it was", number=number), **more
        )
