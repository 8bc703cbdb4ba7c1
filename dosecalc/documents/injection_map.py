"""The injection map: numbered sites on the outline of the hair loss, true to scale on A4, as SVG, PNG or PDF.

All lengths are cm on paper from the top left corner of the page. Two areas of a split-scalp trial are drawn in one style
under neutral titles, so that the map does not tell which of them gets the product (R15). The same input gives the same
bytes: fonts are named by file and no setting of the reader's matplotlib is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from dosecalc.documents.map_layout import POINT, Frame, frames_on_page
from dosecalc.documents.pen import PenKind, page_pen
from dosecalc.reading import plain
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.documents.pen import Pen
    from dosecalc.measuring.outline import Outline
    from dosecalc.measuring.spread import Spread
    from dosecalc.text import Language

MAP_KINDS: tuple[PenKind, ...] = get_args(PenKind)

_INK, _GREY, _GRID, _FIFTH, _SKIN, _EDGE, _WAY = (
    "#1a1a1a",
    "#595959",
    "#d9dde2",
    "#a9b0b8",
    "#eaf3fa",
    "#0072b2",
    "#9cc3dd",
)
_BAR_CM = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class MapArea:
    """One area of a map: its title, its outlines (for their shapes) and its sites.

    `names` says whether the patches' names are shown: a name like "control" must not be, where somebody is masked.
    """

    title: object
    outlines: tuple[Outline, ...]
    spread: Spread
    names: bool = True


def injection_map(
    areas: Sequence[MapArea], kind: PenKind, language: Language, *, participant: str | None = None
) -> bytes:
    """Return the picture of one area, or of two beside each other, in a file of that kind.

    Raises:
        Refusal: DC379, a font or a character of a title is missing.
    """
    title = render(msg("Injection map"), language)
    page, scale, frames = frames_on_page([area.outlines for area in areas])
    with page_pen(page, language) as pen:
        pen.text(1, 1.55, title, 15, bold=True)
        if participant:
            said = msg("Participant {code}", code=participant)
            pen.text(page[0] - 1, 1.5, render(said, language), 11, "right")
        for area, frame in zip(areas, frames, strict=True):
            _draw_area(pen, area, frame, scale, language)
        _draw_scale(pen, page, scale, language)
        return pen.save(kind, title)


def _draw_area(pen: Pen, area: MapArea, frame: Frame, scale: int, language: Language) -> None:
    spread = area.spread
    pen.text(frame.left, frame.top + 0.45, render(area.title, language), 11, bold=True)
    counted = msg("{sites} sites on {area} cm²", sites=len(spread.sites), area=_area(spread))
    apart = (
        msg("to the edge at least {margin} cm", margin=plain(spread.margin))
        if spread.least_spacing is None
        else msg(
            "to the edge at least {margin} cm, to each other {spacing} cm",
            margin=plain(spread.margin),
            spacing=plain(spread.least_spacing),
        )
    )
    pen.text(frame.left, frame.top + 0.9, render(counted, language), 8.5)
    pen.text(frame.left, frame.top + 1.3, render(apart, language), 8.5, colour=_GREY)
    _draw_grid(pen, frame)
    for outline in area.outlines:
        rings = [[frame.place(x, y) for x, y in ring] for ring in (outline.ring, *outline.holes)]
        pen.shape(rings, face=_SKIN, edge=_EDGE, width=1.0)
    _draw_grid(pen, frame, lines_only=True)
    _draw_sites(pen, area, frame, scale)
    if area.names and len(area.outlines) > 1:
        _draw_names(pen, area, frame)


def _area(spread: Spread) -> str:
    hundredths = (spread.area * 200 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")


def _draw_grid(pen: Pen, frame: Frame, *, lines_only: bool = False) -> None:
    """Lines at the whole cm of the file, every fifth one stronger, with their numbers outside."""
    thin, strong = [], []
    for cm in range(frame.columns + 1):
        x = frame.x0 + cm / frame.scale
        (strong if (frame.first_x + cm) % 5 == 0 else thin).append([(x, frame.y0), (x, frame.y1)])
    for cm in range(frame.rows + 1):
        y = frame.y0 + cm / frame.scale
        (strong if (frame.first_y + cm) % 5 == 0 else thin).append([(frame.x0, y), (frame.x1, y)])
    pen.lines(thin, colour=_GRID, width=0.4)
    pen.lines(strong, colour=_FIFTH, width=0.5)
    if lines_only:
        return
    every = 1 if frame.scale <= 2 else 5
    for cm in range(frame.columns + 1):
        if (frame.first_x + cm) % every == 0:
            pen.text(frame.x0 + cm / frame.scale, frame.y0 - 0.1, str(frame.first_x + cm), 6, "center", colour=_GREY)
    for cm in range(frame.rows + 1):
        if (frame.first_y + cm) % every == 0:
            y = frame.y0 + cm / frame.scale + 0.07
            pen.text(frame.x0 - 0.1, y, str(frame.first_y + cm), 6, "right", colour=_GREY)


def _draw_sites(pen: Pen, area: MapArea, frame: Frame, scale: int) -> None:
    """A dot for each site and its number below it, so small that it meets no other dot and no other number.

    Two numbers of k digits are apart where the sites are: their boxes are k · 0.64 by 0.75 type sizes.
    """
    sites = area.spread.sites
    spacing = float(area.spread.least_spacing or 2) / scale
    dot = min(max(spacing * 0.06, 0.022), 0.06)
    digits = len(str(len(sites)))
    widest = ((0.64 * digits + 0.15) ** 2 + 0.9**2) ** 0.5
    size = min(spacing / widest / POINT, 9.0)
    at = [frame.place(site.x, site.y) for site in sites]
    for patch in area.spread.patches:
        way = [point for point, site in zip(at, sites, strict=True) if site.patch == patch.name]
        pen.lines([way], colour=_WAY, width=0.5)
    pen.dots(at, dot, _INK)
    drop = dot + size * POINT * 0.85
    for (x, y), site in zip(at, sites, strict=True):
        pen.text(x, y + drop, str(site.number), size, "center")


def _draw_names(pen: Pen, area: MapArea, frame: Frame) -> None:
    for outline in area.outlines:
        numbers = [site.number for site in area.spread.sites if site.patch == outline.name]
        x, y = min((frame.place(x, y) for x, y in outline.ring), key=lambda point: point[1])
        span = f" ({numbers[0]}–{numbers[-1]})" if numbers else " (0)"
        pen.text(x, y - 0.1, outline.name + span, 7, "center", colour=_EDGE)


def _draw_scale(pen: Pen, page: tuple[float, float], scale: int, language: Language) -> None:
    """A bar of 5 cm of skin, and what it says about the print."""
    y, cell = page[1] - 1.6, 1 / scale
    for cm in range(_BAR_CM):
        left = 1 + cm * cell
        box = [(left, y), (left + cell, y), (left + cell, y + 0.18), (left, y + 0.18)]
        pen.shape([box], face=_INK if cm % 2 == 0 else "#ffffff", edge=_INK, width=0.6)
    for cm in (0, _BAR_CM):
        pen.text(1 + cm * cell, y - 0.1, str(cm) if not cm else f"{cm} cm", 7, "center")
    said = (
        msg("Scale 1 : 1. Print at 100 %: the bar is then 5 cm long, and the map as large as the skin.")
        if scale == 1
        else msg(
            "Scale 1 : {scale}: the bar stands for 5 cm of skin. Printed at 100 % it is {length} cm long.",
            scale=scale,
            length=f"{5 / scale:.2f}".rstrip("0").rstrip("."),
        )
    )
    pen.text(1, page[1] - 1.0, render(said, language), 8)
    seen = msg("Grid: 1 cm of skin, counted as in the file. Seen as in the photo or tracing that was measured.")
    pen.text(1, page[1] - 0.6, render(seen, language), 8, colour=_GREY)
