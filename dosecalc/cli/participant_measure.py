"""`dosecalc participant measure`: a measured area or weight."""

from __future__ import annotations

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.text import msg


@click.command(
    "measure",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Record a measured hair-loss area (each patch in cm²) or body weight, with who measured and when. An "
            "area that was measured again at a visit names it with --visit."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc participant measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-03-01",
        "dosecalc participant measure P001 --area 20 --area 3 --visit W4 --method tracing --by C2 --date 2026-03-30",
        "dosecalc participant measure P001 --weight 71.5 --by CRC-02 --date 2026-03-01",
    ),
)
@click.argument("code", metavar="CODE")
@option("--area", "areas", metavar="CM2", multiple=True, text=msg("The area in cm²; repeat for patches."))
@option("--weight", metavar="KG", text=msg("Body weight in kg."))
@option("--visit", metavar="V", text=msg("The visit at which the area was measured again."))
@option("--method", metavar="METHOD", text=msg("How: ellipse, tracing, planimetry or polygon."))
@option("--by", metavar="NAME", text=msg("Who measured."))
@option("--date", metavar="DATE", text=msg("The day of the measurement."))
@study_options
@click.pass_obj
def command(
    ui: Ui,
    /,
    call: StudyCall,
    code: str,
    areas: tuple[str, ...],
    weight: str | None,
    visit: str | None,
    method: str | None,
    by: str | None,
    date: str | None,
) -> None:
    """Record a measurement."""
    from dosecalc.app import study_participant
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        events, warnings = study_participant.measure(
            session, code, areas=areas, weight=weight, visit=visit, method=method, by=by, date=date
        )
        lines = [msg("Warning: {text}", text=warning.text) for warning in warnings]
        shapes = [{"code": warning.code, "text": ui.say(warning.text)} for warning in warnings]
        tell(ui, session, events, msg("{code}: the measurement is recorded", code=code), *lines, warnings=shapes)
