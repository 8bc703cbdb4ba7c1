"""`dosecalc map`: where the injection sites are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dosecalc import app, shapes
from dosecalc.cli.ui import HELP_OPTIONS, Ui, common_options, examples, help_text, option, site_option
from dosecalc.measuring.spread import to_hundredths
from dosecalc.quantity import plain
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.measuring.mapped import MappedArea

_MOST_LISTED = 60
"""Places beyond this nobody reads from a screen."""


@click.command(
    "map",
    context_settings=HELP_OPTIONS,
    help=help_text(
        msg(
            "Spread the injection sites of a dose evenly over the outlines of a file and draw them, numbered, true to "
            "scale on A4. Patches without an outline give a table: how many sites each of them gets."
        )
    )
    + "\n\n"
    + examples(
        "dosecalc map outlines.json --sites 24 --out map.pdf",
        "dosecalc map RoiSet.zip --scale 41.5 --sites 24 --participant SZ-001 --out map.svg",
        "dosecalc map left.json --label-a A --control right.json --label-b B --sites 20 --out map.png",
        "dosecalc map patches.csv --sites 24",
    ),
)
@click.argument("file", metavar="FILE")
@option("--sites", metavar="N", required=True, text=msg("How many sites the dose has."))
@option("--scale", metavar="PIXELS_PER_CM", text=msg("How many pixels of the photo are 1 cm."))
@option("--out", metavar="FILE", text=msg("Draw the map: a file that ends with .svg, .png or .pdf."))
@option("--control", metavar="FILE", text=msg("The second area of a split-scalp trial, drawn beside the first."))
@option("--control-sites", metavar="N", text=msg("How many sites the second area has, where not as many."))
@option("--control-scale", metavar="PIXELS_PER_CM", text=msg("The scale of the second area's photo."))
@option("--label-a", metavar="LETTER", text=msg("Letter of the area of FILE, as on the labels of the syringes."))
@option("--label-b", metavar="LETTER", text=msg("Letter of the area of --control; both are needed then."))
@option("--participant", metavar="CODE", text=msg("Participant code, to stand on the map."))
@option("--by", metavar="NAME", text=msg("Who measured: accepted as for area, and not on the map."))
@option("--date", metavar="DATE", text=msg("When it was measured: accepted as for area, and not on the map."))
@site_option
@common_options
@click.pass_obj
def command(
    ui: Ui,
    file: str,
    sites: str,
    scale: str | None,
    out: str | None,
    control: str | None,
    control_sites: str | None,
    control_scale: str | None,
    label_a: str | None,
    label_b: str | None,
    participant: str | None,
    by: str | None,
    date: str | None,
    site: str | None,
) -> None:
    """Spread, show and draw sites; `by` and `date` are there so that the options of `area` can be typed again."""
    asked = app.Mapping(
        file=file,
        sites=sites,
        scale=scale,
        out=out,
        control=control,
        control_sites=control_sites,
        control_scale=control_scale,
        label_a=label_a,
        label_b=label_b,
        participant=participant,
        site=site,
    )
    mapped = app.map_sites(asked, ui.language)
    if ui.as_json:
        ui.show_json(shapes.injection_map(mapped, ui.language))
        return
    for area in mapped.areas:
        _show(ui, area)
    if mapped.written is not None:
        ui.line(msg("Written: {path}", path=mapped.written.path))


def _show(ui: Ui, area: MappedArea) -> None:
    """Print how many sites each patch has, and where they are if that can be read."""
    if area.title is not None:
        ui.line(area.title)
    ui.show_table(
        [(msg("Patch"), "left"), (msg("Area cm²"), "right"), (msg("Sites"), "right")],
        [(patch.name, to_hundredths(patch.area), patch.sites) for patch in area.patches],
    )
    ui.line()
    for _, warning in area.warnings:
        ui.line(msg("Warning: {text}", text=warning))
    for patch in area.patches:
        if not patch.sites:
            ui.line(msg("Warning: {patch} is too small, beside the others, for a site of its own.", patch=patch.name))
    if area.spread is None:
        ui.line(msg("Without the outlines of all patches nobody can say where on them the sites are."))
        ui.line()
        return
    sites = area.spread.sites
    ui.line(msg("Least distance of a site to the edge: {margin} cm", margin=plain(area.spread.margin)))
    if area.spread.least_spacing is not None:
        ui.line(msg("Least distance of two sites: {spacing} cm", spacing=plain(area.spread.least_spacing)))
    if len(sites) > _MOST_LISTED:
        ui.line(msg("The places of all {count} sites: --json lists them, --out draws them.", count=len(sites)))
    else:
        ui.line()
        ui.show_table(
            [(msg("Site"), "right"), (msg("Patch"), "left"), (msg("x cm"), "right"), (msg("y cm"), "right")],
            [(site.number, site.patch, f"{site.x:.2f}", f"{site.y:.2f}") for site in sites],
        )
        ui.line(msg("x to the right and y downwards, as in the photo."))
    ui.line()
