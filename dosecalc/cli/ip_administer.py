"""`dosecalc ip administer`: a dose was given, in whole or in part."""

from __future__ import annotations

import click

from dosecalc.app.study import open_study
from dosecalc.app.study_dose import administer, departed, given_late
from dosecalc.cli.study_told import tell
from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "administer",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record that a dose was given. It needs no key: whoever is masked can record it. Where only a part of it "
            "was given, say how much and why; masked people read the reason, so name no arm and no product."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc ip administer P001 W0 --at 2026-03-02T10:05 --study s.db",
        'dosecalc ip administer P001 W0 --part 0.5 --reason "syncope after the second syringe"',
    ),
)
@click.argument("code", metavar="CODE")
@click.argument("visit", metavar="VISIT")
@option("--part", metavar="NUMBER", text=msg("How much of the dose was given: 0.5 is half; all of it if left out."))
@study_options
@click.pass_obj
def command(ui: Ui, /, call: StudyCall, code: str, visit: str, part: str | None) -> None:
    """Record it."""
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events = administer(session, code, visit, part=part, reason=call.reason)
        late = given_late(session, code, visit)
        departures = departed(session, code, visit)
    said = (
        msg("the dose of {code} for {visit} was given", code=code, visit=visit)
        if part is None
        else msg("{part} of the dose of {code} for {visit} was given", part=part, code=code, visit=visit)
    )
    if late is not None:
        said = msg("{said}; it had to be used by {time} (R11): a deviation, tell the investigator",
                   said=said, time=late.isoformat(" ", "minutes"))  # fmt: skip
    lines = [msg("A deviation, tell the investigator: {what}", what=what) for what in departures]
    tell(ui, session, events, said, *lines, deviations=[ui.say(what) for what in departures])
