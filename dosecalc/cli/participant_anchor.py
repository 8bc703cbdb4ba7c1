"""`dosecalc participant anchor`: the dates that visits count from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, study_options
from dosecalc.cli.visit_told import needed, to_send, with_weekday
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.registry.visit_changes import DatesChanged
    from dosecalc.text import Message


@click.command(
    "anchor",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record the dates that visits count from, each NAME=DATE or NAME=DATETIME; the start is one of them. "
            "The start is a plan until its own visit takes place, and then the day of that visit. A date that stands "
            "already is replaced only with --reason, after what changes was shown; --yes answers for scripts."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant anchor P001 first_dose=2026-03-02",
        'dosecalc participant anchor P001 first_dose=2026-03-03 --reason "came a day later" --yes',
        "dosecalc participant anchor T001 symptom_onset=2026-03-01T20:00 first_dose=2026-03-02T09:30",
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("dates", metavar="NAME=DATE...", nargs=-1, required=True)
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, dates: tuple[str, ...]) -> None:
    """Show what changes, ask where a date is replaced, and record anchor dates."""
    from dosecalc.app.study import open_study
    from dosecalc.app.study_anchor import DatesStep
    from dosecalc.cli.study_told import sure, tell
    from dosecalc.registry.visit_changes import dates_shape

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        step = DatesStep(session=session, code=code, pairs=dates, reason=call.reason)
        changed = step.look()
        lines = list(changes_told(code, changed))
        if changed.replaces:
            for line in () if ui.as_json else lines:
                ui.line(line)
            sure(ui, call, msg("Record this?"), changes=dates_shape(changed, ui.say))
            lines = [msg("{code}: {dates}", code=code, dates=", ".join(dates))]
        tell(ui, session, step.record(), *lines, changes=dates_shape(changed, ui.say))


def changes_told(code: str, changed: DatesChanged) -> Iterator[Message]:
    """Say what moves with dates that visits count from."""
    for name, before, after in changed.dates:
        if before is None:
            yield msg("{code}: {name} is {after}", code=code, name=name, after=with_weekday(after))
        else:
            yield msg("{code}: {name} was {before}, and becomes {after}",
                      code=code, name=name, before=with_weekday(before), after=with_weekday(after))  # fmt: skip
    for moved in changed.visits:
        yield msg("Counts from it: {moved}", moved=moved.text if changed.replaces else moved.dates)
    if changed.replaces:
        for visit, day in changed.doses:
            yield needed(visit, day)
    for visit in changed.prepared:
        yield msg("A preparation is recorded for {visit}: tell the pharmacy.", visit=visit)
    for text in changed.warnings:
        yield msg("Mind: {text}", text=text)
    if changed.visits:
        yield to_send()
