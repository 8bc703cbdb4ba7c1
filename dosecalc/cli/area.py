"""`dosecalc area`: measured patches, outlines in a photo, ImageJ regions → cm²."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import click

from dosecalc import app, shapes
from dosecalc.cli.ui import HELP_OPTIONS, Ui, common_options, examples, help_text, option, site_option
from dosecalc.dosing.area import Measured
from dosecalc.quantity import plain
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.measuring.measured import MeasuredAreas


@click.command(
    "area",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Calculate the area of each patch in cm², from diameters, measured values or outlines in a photo "
            "(.json, .csv), or from regions that ImageJ saved (.roi, .zip)."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc area patches.csv",
        "dosecalc area outlines.json --scale 41.5",
        "dosecalc area RoiSet.zip --scale 41.5 --by CRC-02 --date 2026-02-27",
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@option("--scale", metavar="PIXELS_PER_CM", text=msg("How many pixels of the photo are 1 cm."))
@option("--by", metavar="NAME", text=msg("Who measured; for ImageJ files."))
@option("--date", metavar="DATE", text=msg("When it was measured; for ImageJ files."))
@site_option
@common_options
@click.pass_obj
def command(
    ui: Ui, files: tuple[str, ...], scale: str | None, by: str | None, date: str | None, site: str | None
) -> None:
    """Calculate and show areas."""
    found = app.measure(files, app.Measuring(scale=scale, by=by, date=date, site=site))
    if ui.as_json:
        ui.show_json(shapes.areas(found, ui.language))
    else:
        show(ui, found)


def show(ui: Ui, found: MeasuredAreas) -> None:
    """Print the patches, the steps, the warnings, and how to go on."""
    ui.show_table(
        [
            (msg("Patch"), "left"),
            (msg("Area cm²"), "right"),
            (msg("Method"), "left"),
            (msg("Usual error"), "left"),
            (msg("Measured by"), "left"),
            (msg("Date"), "left"),
        ],
        [
            (
                patch.name,
                plain(patch.area),
                Measured(method=patch.method).words,
                patch.usual_error,
                patch.measured_by,
                patch.date.isoformat(),
            )
            for patch in found.patches
        ],
    )
    ui.line()
    ui.line(msg("All patches together: {total} cm²", total=plain(found.total)))
    ui.line()
    ui.line(msg("How it was calculated:"))
    for step in found.derivation:
        ui.line(f"  {ui.say(step)}")
    for _, warning in found.warnings:
        ui.line()
        ui.line(msg("Warning: {text}", text=warning))
    ui.line()
    methods = {patch.method for patch in found.patches}
    names = dict.fromkeys(patch.measured_by for patch in found.patches)
    days = {patch.date for patch in found.patches}
    options = [f"--area {plain(patch.area)}" for patch in found.patches]
    if len(methods) == 1:
        options.append(f"--area-method {found.patches[0].method}")
    else:
        ui.line(
            msg(
                "The patches were measured in different ways, and --area-method takes one for all of them: it is left "
                "out here. Write on the worksheet by hand how each was measured."
            )
        )
    if len(days) > 1:
        ui.line(
            msg(
                "The patches were measured on different days: --area-date names the first, from which the age of an "
                "area counts."
            )
        )
    options += [f"--area-by {_typed(', '.join(names))}", f"--area-date {min(days).isoformat()}"]
    ui.line(msg("For the dose: {options}", options=" ".join(options)))


def _typed(text: str) -> str:
    """A text as it is typed after an option: in double quotes, which every shell knows, where those are enough."""
    if text.replace("-", "").replace("_", "").isalnum():
        return text
    return quote(text) if set(text) & set('"$`!%\\') else f'"{text}"'
