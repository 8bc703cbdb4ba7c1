"""`dosecalc participant measure`: a measured area or weight."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dosecalc.cli.ui import HELP_OPTIONS, StudyCall, Ui, examples, help_text, option, study_options
from dosecalc.errors import Refusal, refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.registry.decide_measure import Far


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
    """Ask where it is far from the one before, then record it."""
    from dosecalc.app import study_measure
    from dosecalc.app.study import open_study
    from dosecalc.cli.study_told import tell

    typed = study_measure.Typed(areas=areas, weight=weight, visit=visit, method=method, by=by, date=date)
    with open_study(call.study, user=call.user, key=call.key, at=call.at) as session:
        found = study_measure.far(session, code, typed)
        confirm(ui, found)
        events, warnings = study_measure.measure(session, code, typed, confirmed=found)
        lines = [msg("Warning: {text}", text=warning.text) for warning in warnings]
        shapes = [{"code": warning.code, "text": ui.say(warning.text)} for warning in warnings]
        tell(ui, session, events, msg("{code}: the measurement is recorded", code=code), *lines, warnings=shapes)


def confirm(ui: Ui, found: Sequence[Far]) -> None:
    """Have a person type what is far from the measurement before; no option answers for them (R6)."""
    from dosecalc.app.study_measure import question
    from dosecalc.notation import parse_number

    if not found:
        return
    asked = [question(each) for each in found]
    if not sys.stdin.isatty():
        raise Refusal(asked)
    ui.show_findings(asked)
    for each in found:
        typed = click.prompt(ui.say(msg("Type it again in full, in {unit}", unit=each.unit)), err=True)
        if parse_number(typed) != each.total:
            raise refuse("DC650", msg("'{typed}' is another measurement", typed=typed), msg("begin again"))
