"""The injection map: numbered sites on the outline of the hair loss, true to scale on A4, as SVG, PNG or PDF.

All lengths are cm on paper from the top left corner of the page. Two areas of a split-scalp trial are drawn in one
style under neutral titles, so that the map does not tell which of them gets the product (R15). The same input gives the
same bytes.
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor, hypot
from typing import TYPE_CHECKING, get_args

from dosecalc.documents.map_layout import EDGE, POINT, Frame, frames_on_page
from dosecalc.documents.pen import PenKind, page_pen
from dosecalc.measuring.spread import to_hundredths
from dosecalc.reading import plain
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.documents.pen import Line, Pen
    from dosecalc.measuring.mapped import MappedArea
    from dosecalc.measuring.outline import Outline
    from dosecalc.measuring.spread import Spread
    from dosecalc.text import Language, Message

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

_WIDE, _LARGEST = 2.0, 9.0
"""The distance in cm that a single site is given, and the largest type of a number, in points."""


def injection_map(
    areas: Sequence[MappedArea], kind: PenKind, language: Language, *, participant: str | None = None
) -> bytes:
    """Return the picture of one area, or of two beside each other, in a file of that kind; all have their outlines.

    The patches of a single area have their names: beside another one, a name like "control" must not be read (R15).

    Raises:
        Refusal: DC379, a font or a character of a title is missing.
    """
    title = render(msg("Injection map"), language)
    page, scale, frames = frames_on_page([area.outlines for area in areas])
    with page_pen(page, language, kind) as pen:
        pen.text(EDGE, 1.4, title, 15, bold=True)
        if participant:
            said = msg("Participant {code}", code=participant)
            pen.text(page[0] - EDGE, 1.4, render(said, language), 11, "right")
        for area, frame in zip(areas, frames, strict=True):
            _draw_area(pen, area, frame, language, names=len(areas) == 1)
        _draw_scale(pen, page, scale, language)
        return pen.save(title)


def _draw_area(pen: Pen, area: MappedArea, frame: Frame, language: Language, *, names: bool) -> None:
    spread = area.spread
    assert spread is not None, "only what has outlines is drawn"
    lines = [
        (area.title or "", 11, _INK),
        (msg("Sites: {sites}. Area: {area} cm²", sites=len(spread.sites), area=to_hundredths(spread.area)), 8.5, _INK),
        (distances(spread), 8.5, _GREY),
    ]
    for number, (said, size, colour) in enumerate(lines):
        text = render(said, language)
        if text:
            pen.text(frame.left, frame.top + 0.45 * (number + 1), text, size, bold=not number, colour=colour)
    shapes = [
        [[frame.place(x, y) for x, y in ring] for ring in (outline.ring, *outline.holes)] for outline in area.outlines
    ]
    for rings in shapes:
        pen.shape(rings, face=_SKIN)
    _draw_grid(pen, frame)
    for rings in shapes:
        pen.shape(rings, edge=_EDGE, width=1.0)
    _draw_sites(pen, spread, frame)
    if names and len(area.outlines) > 1:
        _draw_names(pen, area.outlines, spread, frame)


def distances(spread: Spread) -> Message:
    """How far the sites are from the edge and from each other, at least."""
    if spread.least_spacing is None:
        return msg("to the edge at least {margin} cm", margin=plain(spread.margin))
    return msg(
        "to the edge at least {margin} cm, to each other {spacing} cm",
        margin=plain(spread.margin),
        spacing=plain(spread.least_spacing),
    )


def _draw_grid(pen: Pen, frame: Frame) -> None:
    """Lines at the whole cm of the file, every fifth one stronger, with their numbers outside."""
    left, top, right, bottom = frame.grid
    thin: list[Line] = []
    strong: list[Line] = []
    every = 1 if frame.scale <= 2 else 5
    for cm in range(ceil(frame.box[0]), floor(frame.box[2]) + 1):
        x, _ = frame.place(cm, 0)
        (thin if cm % 5 else strong).append([(x, top), (x, bottom)])
        if cm % every == 0:
            pen.text(x, top - 0.1, str(cm), 6, "center", colour=_GREY)
    for cm in range(ceil(frame.box[1]), floor(frame.box[3]) + 1):
        _, y = frame.place(0, cm)
        (thin if cm % 5 else strong).append([(left, y), (right, y)])
        if cm % every == 0:
            pen.text(left - 0.1, y + 0.07, str(cm), 6, "right", colour=_GREY)
    pen.lines(thin, colour=_GRID, width=0.4)
    pen.lines(strong, colour=_FIFTH, width=0.5)


def _draw_sites(pen: Pen, spread: Spread, frame: Frame) -> None:
    """A dot for each site and its number below it, so small that it meets no other dot and no other number.

    A number of k digits takes a box of 0.64 (k + 0.4) by 0.95 type sizes. All boxes hang below their dots alike, so two
    of them are apart where the dots are farther from each other than a box is long from corner to corner.
    """
    sites = spread.sites
    spacing = _WIDE if spread.least_spacing is None else float(spread.least_spacing) / frame.scale
    dot = min(max(spacing * 0.05, 0.025), 0.06)
    box = hypot(0.64 * (len(str(len(sites))) + 0.4), 0.95)
    size = min(spacing / box / POINT, _LARGEST)
    at = [frame.place(site.x, site.y) for site in sites]
    for patch in spread.patches:
        way = [point for point, site in zip(at, sites, strict=True) if site.patch == patch.name]
        pen.lines([way], colour=_WAY, width=0.5)
    pen.dots(at, dot, _INK)
    drop = dot + size * POINT * 0.88
    pen.numbers([(x, y + drop, site.number) for (x, y), site in zip(at, sites, strict=True)], size)


def _draw_names(pen: Pen, outlines: Sequence[Outline], spread: Spread, frame: Frame) -> None:
    for outline in outlines:
        numbers = [str(site.number) for site in spread.sites if site.patch == outline.name]
        x, y = min((frame.place(x, y) for x, y in outline.ring), key=lambda point: point[1])
        span = "–".join(dict.fromkeys((numbers[0], numbers[-1]))) if numbers else "0"
        pen.text(x, y - 0.1, f"{outline.name} ({span})", 7, "center", colour=_EDGE)


def _draw_scale(pen: Pen, page: tuple[float, float], scale: int, language: Language) -> None:
    """A bar of 5 cm of skin, and what it says about the print."""
    y, cell = page[1] - 1.5, 1 / scale
    for cm in range(_BAR_CM):
        left = EDGE + cm * cell
        box = [(left, y), (left + cell, y), (left + cell, y + 0.18), (left, y + 0.18)]
        pen.shape([box], face="#ffffff" if cm % 2 else _INK, edge=_INK, width=0.6)
    for cm in (0, _BAR_CM):
        pen.text(EDGE + cm * cell, y - 0.1, f"{cm} cm" if cm else "0", 7, "center" if cm else "left")
    length = plain(Decimal(_BAR_CM * 100 // scale) / 100)
    said = (
        msg("Scale 1 : 1. Print at 100 %: the bar is then 5 cm long, and the map as large as the skin.")
        if scale == 1
        else msg(
            "Scale 1 : {scale}: the bar stands for 5 cm of skin. Printed at 100 % it is {length} cm long.",
            scale=scale,
            length=length,
        )
    )
    pen.text(EDGE, page[1] - 0.95, render(said, language), 8)
    seen = msg("Grid: 1 cm of skin, counted as in the file. Seen as in the photo or tracing that was measured.")
    pen.text(EDGE, page[1] - 0.55, render(seen, language), 8, colour=_GREY)
