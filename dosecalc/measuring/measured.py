"""Measured patches → square centimetres: exact where a decimal holds the area, else rounded by a rule that is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from dosecalc.dosing.area import MOST_CM2, check_areas
from dosecalc.dosing.derivation import exact_digits
from dosecalc.errors import Finding, InvalidFile
from dosecalc.measuring.area_file import read_area_file
from dosecalc.measuring.circle import quarter_pi_times
from dosecalc.measuring.entry import Given
from dosecalc.notation import quoted
from dosecalc.quantity import plain, round_whole
from dosecalc.reading import decimal_of, exact_decimal
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.dosing.area import AreaMethod
    from dosecalc.measuring.drawing import Drawing
    from dosecalc.measuring.entry import AreaFile, Entry
    from dosecalc.measuring.outline import Outline
    from dosecalc.protocol.site import Site

LEAST_CM2 = Decimal("0.01")
MOST_DECIMALS = 8
"""An area with more decimals is rounded: nobody copies them, and a dose takes at most 40 characters."""

USUAL_ERRORS: dict[AreaMethod, Message] = {
    "ellipse": msg("not known: the shape is taken for an ellipse"),
    "tracing": msg("up to 16 % on large shapes"),
    "planimetry": msg("about 4 %"),
    "polygon": msg("about 4 %"),
    "rectangle": msg("about 41 % too large"),
}
"""The usual error of each method (R9; Rogers 2010, PMC2909508). It is not part of the area."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredPatch:
    """One patch: `area` in cm² as it is to be entered; not `exact` where that is rounded half up to 0.01 cm².

    `points` is the number of corners of the outline and its holes; both are None where nothing was drawn. `derivation`
    is the line that a pocket calculator follows.
    """

    file: str
    name: str
    method: AreaMethod
    measured_by: str
    date: dt.date
    area: Decimal
    exact: bool
    derivation: Message
    points: int | None = None
    holes: int | None = None
    scale: Decimal | None = None

    @property
    def usual_error(self) -> Message:
        """How far areas that were measured so are usually off (R9)."""
        return USUAL_ERRORS[self.method]


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredAreas:
    """All patches, their sum in cm² (of the areas as they are shown), and what should be known of them."""

    patches: tuple[MeasuredPatch, ...]
    total: Decimal
    warnings: tuple[tuple[str, Message], ...] = ()
    derivation: tuple[Message, ...] = ()


def measured(files: Sequence[AreaFile]) -> MeasuredAreas:
    """Calculate the areas of all patches of some files, one of which at least has one.

    Raises:
        InvalidFile: DC392, a patch below 0.01 cm²; DC393, a patch above 500 cm².
        Refusal: DC312, all together are more than 500 cm².
    """
    findings: list[Finding] = []
    patches = []
    for file in files:
        for entry, drawing in zip(file.entries, file.drawings, strict=True):
            area, value, how = _area(entry, drawing, file.scale)
            scale = file.scale if entry.in_pixels else None
            findings += _implausible(entry, value, scale)
            patches.append(
                MeasuredPatch(
                    file=file.file,
                    name=entry.name,
                    method=entry.method,
                    measured_by=entry.measured_by,
                    date=entry.date,
                    area=area,
                    exact=Fraction(area) == value,
                    derivation=msg("{patch}: {how}", patch=entry.name, how=how),
                    points=drawing.points if drawing else None,
                    holes=len(drawing.rings) - 1 if drawing else None,
                    scale=scale,
                )
            )
    if findings:
        raise InvalidFile(findings)
    checked = check_areas([patch.area for patch in patches])
    warnings = [note for file in files for note in file.notes]
    warnings += [(warned.code, warned.text) for warned in checked.warnings]
    if sum(any(entry.sketch for entry in file.entries) for file in files) > 1:
        text = msg("outlines of different files are not compared: check that no patch is measured in two of them")
        warnings.append(("outlines-not-compared", text))
    return MeasuredAreas(
        patches=tuple(patches),
        total=checked.total.value,
        warnings=tuple(warnings),
        derivation=(*(patch.derivation for patch in patches), checked.derivation),
    )


_Result = tuple[Decimal, Fraction, Message]
"""The area to enter, the area itself (of an ellipse: a value just below it), and how it comes about."""


def _area(entry: Entry, drawing: Drawing | None, scale: Decimal | None) -> _Result:
    if entry.area is not None:
        return entry.area, Fraction(entry.area), msg("measured as {area} cm²", area=plain(entry.area))
    if entry.sides is not None:
        length, width = entry.sides
        product = Fraction(length) * Fraction(width)
        sides = msg("{length} cm × {width} cm", length=plain(length), width=plain(width))
        return _ellipse(product, sides) if entry.method == "ellipse" else _straight(product, sides)
    assert scale is not None, "what is in pixels has a scale"
    squared = Fraction(scale) ** 2
    if entry.product_px is not None:
        pixels = _pixels(entry.product_px)
        sides = msg("{pixels} px² ÷ ({scale} px/cm)²", pixels=pixels, scale=plain(scale))
        product = entry.product_px / squared
        return _ellipse(product, sides) if entry.method == "ellipse" else _straight(product, sides)
    assert drawing is not None
    enclosed, holes = drawing.areas
    if holes:
        pixels_of = msg(
            "({enclosed} px² − {holes} px²) ÷ ({scale} px/cm)²",
            enclosed=_pixels(enclosed),
            holes=_pixels(holes),
            scale=plain(scale),
        )
    else:
        pixels_of = msg("{pixels} px² ÷ ({scale} px/cm)²", pixels=_pixels(enclosed), scale=plain(scale))
    return _straight((enclosed - holes) / squared, pixels_of)


def _straight(value: Fraction, how: Message) -> _Result:
    exact = exact_decimal(value)
    if exact is not None and _decimals(exact) <= MOST_DECIMALS:
        return exact, value, msg("{how} = {area} cm²", how=how, area=plain(exact))
    area = decimal_of(round_whole(value * 100, "half_up"), 2)
    shown = _first_decimals(value)
    return area, value, msg("{how} = {exact} cm², {rounded}", how=how, exact=shown, rounded=_rounded(area))


def _ellipse(product: Fraction, how: Message) -> _Result:
    hundredths, below = quarter_pi_times(product, 100)
    area = decimal_of(hundredths, 2)
    said = msg(
        "π ÷ 4 × {product} = {exact} cm², {rounded}", product=how, exact=_first_decimals(below), rounded=_rounded(area)
    )
    return area, below, said


def _rounded(area: Decimal) -> Message:
    return msg("rounded to 0.01 cm², halves up: {area} cm²", area=plain(area))


def _pixels(value: Fraction) -> str:
    """Square pixels; an ellipsis after six decimals, which lead to every decimal of the area that is shown (R16).

    They leave out less than 0.000001 px²: at 10 pixels per cm and more, less than the eighth decimal of an area.
    """
    if 10**6 % value.denominator == 0:
        return exact_digits(value)
    cut = Fraction(value.numerator * 10**6 // value.denominator, 10**6)
    return f"{cut.numerator // cut.denominator:,}.{cut.numerator * 10**6 // cut.denominator % 10**6:06d}…"


def _decimals(value: Decimal) -> int:
    return len(plain(value).partition(".")[2])


def _first_decimals(value: Fraction) -> str:
    """Five decimals and an ellipsis: enough to see which way it is rounded, nearly always."""
    cut = value.numerator * 100_000 // value.denominator
    return f"{cut // 100_000}.{cut % 100_000:05d}…"


def _implausible(entry: Entry, value: Fraction, scale: Decimal | None) -> list[Finding]:
    path = entry.sketch.path if entry.sketch else ""
    if value < LEAST_CM2:
        what = msg("{patch} is smaller than {least} cm²", patch=quoted(entry.name), least=plain(LEAST_CM2))
        if scale is None:
            mend = msg("check the numbers and their decimal points; they are in cm")
        else:
            mend = msg("check the scale of {scale} pixels per cm", scale=plain(scale))
        return [Finding("DC392", what, mend, entry.where, path)]
    if value > MOST_CM2 and scale is not None:
        return [
            Finding(
                "DC393",
                msg(
                    "{patch} would have {area} cm², more than a whole scalp has",
                    patch=quoted(entry.name),
                    area=plain(decimal_of(round_whole(value * 100, "half_up"), 2)),
                ),
                msg(
                    "the scale of {scale} pixels per cm is probably wrong: measure a ruler in this photo, "
                    "and write how many pixels are 1 cm",
                    scale=plain(scale),
                ),
                entry.where,
                path,
            )
        ]
    return []


def read_outlines(data: bytes, file: str, scale: Decimal | None, site: Site | None = None) -> tuple[Outline, ...]:
    """Return the outlines of the patches of one file, in cm; `scale` is in pixels per cm, None where the file has it.

    Raises:
        InvalidFile: what `read_area_file` and `measured` find; DC399, a patch without an outline.
        Refusal: DC312, DC398.
    """
    # Who measured when is not asked of what is only drawn.
    read = read_area_file(data, file, Given(latest=dt.date.max, scale=scale, by="-", date=dt.date.max, site=site))
    measured([read])
    findings = [
        Finding(
            "DC399",
            msg("{patch} has no outline, and only an outline can be drawn", patch=quoted(entry.name)),
            msg("give its corners (method polygon), or leave it out of this file"),
            entry.where,
        )
        for entry, drawing in zip(read.entries, read.drawings, strict=True)
        if drawing is None
    ]
    if findings:
        raise InvalidFile(findings)
    assert read.scale is not None, "outlines have a scale"
    return tuple(drawing.outline(read.scale) for drawing in read.drawings if drawing)
