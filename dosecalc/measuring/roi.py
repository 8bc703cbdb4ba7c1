"""Regions of interest that ImageJ saved: one in a .roi file, several in a .zip file.

The package `roifile` knows the format. It is an extra and imports numpy, so both come in when such a file is read.
Coordinates are exact: ImageJ stores whole pixels, or binary fractions of them.
"""

from __future__ import annotations

import io
import logging
import zipfile
import zlib
from fractions import Fraction
from math import lcm
from struct import error as StructError  # noqa: N812
from typing import TYPE_CHECKING, Any, NamedTuple

from dosecalc.dosing.area import check_method
from dosecalc.errors import DosecalcError, Finding, InvalidFile, Refusal, Where, refuse
from dosecalc.measuring.contacts import place_in
from dosecalc.measuring.drawing import MOST_POINTS, MOST_RINGS, Line, Sketch
from dosecalc.measuring.entry import Cell, Entry, check_name, located, missing_option, too_many
from dosecalc.notation import quoted
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from dosecalc.dosing.area import AreaMethod
    from dosecalc.measuring.entry import Given

MAGIC = b"Iout"

_MOST_BYTES = 4_000_000
"""Of one region: 100,000 points with their sub-pixels and counters take fewer."""
_MOST_UNPACKED = 50_000_000
_SHAPES = {0: "polygon", 1: "rectangle", 2: "oval", 7: "freehand", 8: "traced"}
_NO_AREA = {
    3: msg("a straight line"),
    4: msg("a freehand line"),
    5: msg("a line of segments"),
    6: msg("no region"),
    9: msg("an angle"),
    10: msg("points"),
}
_TEXT, _ARROW, _ELLIPSE, _IMAGE, _ROTATED = 1, 2, 3, 4, 5
_SPLINE = 1
_CLOSED_BY_HAND = msg("in ImageJ outline the patch with the polygon or the freehand tool, and save that")


class Region(NamedTuple):
    """One saved region: what it is called, where it stands, and its bytes."""

    name: str
    where: Where
    data: bytes


def read_regions(data: bytes, file: str, given: Given, findings: list[Finding]) -> list[tuple[Entry, Cell]]:
    """Return the patches of a .roi or .zip file with their places; what is wrong with one is added to `findings`.

    Who measured when comes from the options, and so does the scale.

    Adds: DC381, not a region that can be read; DC383, who or when is missing; DC384, the name; DC387, too many points;
    DC394, a region without an area; DC315, a rectangle.

    Raises:
        InvalidFile: DC381, not such a file; DC387, too many regions; DC395, what the .zip file holds.
        Refusal: DC398, the package `roifile` is not installed.
    """
    regions = [Region(_stem(file), Where(file), data)] if data.startswith(MAGIC) else _unzipped(data, file)
    decode, errors = _decoder()
    if given.by is None:
        findings.append(missing_option("--by", msg("it is not known who measured"), Where(file)))
    if given.date is None:
        findings.append(missing_option("--date", msg("it is not known when it was measured"), Where(file)))
    entries: list[tuple[Entry, Cell]] = []
    for region in regions:
        place = Cell(region.name, region.where, region.name if len(regions) > 1 else "")
        name = located(place, check_name, findings)
        try:
            try:
                found = list(_patches(decode(region.data), region))
            except errors as error:
                raise _damaged(error) from error
        except DosecalcError as refusal:
            findings += (Finding(f.code, f.what, f.mend, place.where, place.path) for f in refusal.findings)
            continue
        for number, (method, drawn, product) in enumerate(found, 1):
            try:
                check_method(method, given.site)
            except Refusal as refusal:
                findings += (Finding(f.code, f.what, f.mend, place.where, place.path) for f in refusal.findings)
                continue
            if name is None or given.by is None or given.date is None:
                continue
            called = name if len(found) == 1 else f"{name} ({number})"
            entries.append((_entry(called, place, method, drawn, product, given.by, given.date), place))
    return entries


_Found = tuple["AreaMethod", "tuple[tuple[Line, ...], object] | None", "Fraction | None"]
"""The method, the rings with their photo, or the product of the axes in square pixels."""


def _entry(
    name: str,
    place: Cell,
    method: AreaMethod,
    drawn: tuple[tuple[Line, ...], object] | None,
    product: Fraction | None,
    by: str,
    date: dt.date,
) -> Entry:
    sketch = None
    if drawn is not None:
        (outer, *holes), photo = drawn
        sketch = Sketch(name=name, where=place.where, path=place.path, outer=outer, holes=tuple(holes), photo=photo)
    return Entry(
        name=name, method=method, measured_by=by, date=date, where=place.where, product_px=product, sketch=sketch
    )


def _decoder() -> tuple[Any, tuple[type[Exception], ...]]:
    """Return what decodes the bytes of a region, and the errors that it raises where they are damaged."""
    try:
        import roifile
    except ModuleNotFoundError as error:
        raise refuse(
            "DC398",
            msg("the package that reads ImageJ regions is not installed"),
            msg('install it: pip install "dosecalc[area]"'),
        ) from error

    def decode(data: bytes) -> Any:
        logger = logging.getLogger("roifile")
        before, logger.disabled = logger.disabled, True  # what it would say is said here as a finding
        try:
            return roifile.ImagejRoi.frombytes(data)
        finally:
            logger.disabled = before

    # It checks little itself, so a damaged file fails in numpy, struct or the text decoder.
    wrong = (ValueError, TypeError, IndexError, KeyError, OverflowError, MemoryError, RuntimeError, StructError)
    return decode, wrong


def _damaged(error: Exception) -> Refusal:
    return refuse(
        "DC381",
        msg("the ImageJ region is damaged or cut off ({reason})", reason=str(error) or type(error).__name__),
        msg("save it again in ImageJ"),
    )


def _patches(roi: Any, region: Region) -> Iterator[_Found]:
    """Yield what a region encloses.

    Raises:
        Refusal: DC394, it has no area, or one that its corners do not tell; DC381, a damaged file; DC387.
    """
    kind, sort = region.data[6], int.from_bytes(region.data[48:50], "big")
    _check_kind(kind, sort, roi)
    photo = (roi.position, roi.c_position, roi.z_position, roi.t_position)
    if roi.shape_roi_size > 0:
        for rings in _nested(_rings(roi)):
            yield "polygon", (rings, photo), None
    elif kind == 7 and sort == _ELLIPSE:
        yield "ellipse", None, _ellipse(roi, region.data)
    elif kind in (1, 2):
        width, height = (roi.widthd, roi.heightd) if roi.subpixelrect else (roi.right - roi.left, roi.bottom - roi.top)
        yield "rectangle" if kind == 1 else "ellipse", None, _positive(width) * _positive(height)
    else:
        method: AreaMethod = "rectangle" if kind == 7 and sort == _ROTATED else "polygon"
        if roi.n_coordinates > MOST_POINTS:
            raise _too_many_points()
        yield method, ((_line(roi.coordinates().tolist()),), photo), None


def _check_kind(kind: int, sort: int, roi: Any) -> None:
    what = _NO_AREA.get(kind)
    if sort in (_TEXT, _IMAGE, _ARROW):
        what = msg("a text, a picture or an arrow")
    if what is not None:
        raise refuse("DC394", msg("the ImageJ region is {kind}: it has no area", kind=what), _CLOSED_BY_HAND)
    if kind not in _SHAPES:
        raise refuse(
            "DC394", msg("the ImageJ region is of a kind that is not known ({kind})", kind=kind), _CLOSED_BY_HAND
        )
    if int(roi.options) & _SPLINE and kind not in (1, 2):
        raise refuse(
            "DC394",
            msg("the ImageJ region is a curve through its points (spline), whose area its corners do not tell"),
            msg("in ImageJ use Edit > Selection > Interpolate, and save it again"),
        )
    if kind == 1 and roi.shape_roi_size <= 0 and roi.rounded_rect_arc_size > 0:
        raise refuse("DC394", msg("the ImageJ region is a rectangle with rounded corners"), _CLOSED_BY_HAND)


def _positive(length: Any) -> Fraction:
    exact = Fraction(length)
    if exact <= 0:
        raise refuse("DC394", msg("the ImageJ region has no width or no height"), _CLOSED_BY_HAND)
    return exact


def _ellipse(roi: Any, data: bytes) -> Fraction:
    """The product of the axes that ImageJ's ellipse tool saves: the ends of the long one, and short ÷ long."""
    import struct

    (ratio,) = struct.unpack(">f", data[52:56])
    squared = (Fraction(roi.x2) - Fraction(roi.x1)) ** 2 + (Fraction(roi.y2) - Fraction(roi.y1)) ** 2
    if Fraction(ratio) > 1:
        raise _damaged(ValueError(str(ratio)))
    return _positive(squared) * _positive(ratio)


def _line(points: Sequence[Sequence[Any]]) -> Line:
    return Line(points=[(Fraction(x), Fraction(y)) for x, y in points])


def _rings(roi: Any) -> list[Line]:
    if roi.shape_roi_size > 3 * (MOST_POINTS + MOST_RINGS):
        raise _too_many_points()
    try:
        rings = [_line(ring.tolist()) for ring in roi.coordinates(multi=True)]
    except NotImplementedError as error:
        raise refuse(
            "DC394",
            msg("the ImageJ region has curved sides, whose area its corners do not tell"),
            msg("in ImageJ use Edit > Selection > Interpolate, and save it again"),
        ) from error
    if not rings:
        raise refuse("DC394", msg("the ImageJ region has no width or no height"), _CLOSED_BY_HAND)
    if len(rings) > MOST_RINGS:
        raise _too_many_points()
    return rings


def _nested(rings: Sequence[Line]) -> Iterator[tuple[Line, ...]]:
    """Yield each outline with its holes, by the even-odd rule: a ring that lies in an even number of others is one.

    Rings that meet are refused later, so that one corner tells where a ring lies.
    """
    grid = lcm(*{value.as_integer_ratio()[1] for line in rings for point in line.points for value in point})
    whole = [[(int(x * grid), int(y * grid)) for x, y in line.points] for line in rings]
    boxes = [tuple((min(axis), max(axis)) for axis in zip(*ring, strict=True)) for ring in whole]
    inside = [
        {
            other
            for other, ring in enumerate(whole)
            if other != number
            and all(low <= at <= high for at, (low, high) in zip(corners[0], boxes[other], strict=True))
            and place_in(corners[0], ring) == 1
        }
        for number, corners in enumerate(whole)
    ]
    for number, line in enumerate(rings):
        if len(inside[number]) % 2 == 0:
            holes = (
                ring
                for other, ring in enumerate(rings)
                if number in inside[other] and len(inside[other]) == len(inside[number]) + 1
            )
            yield line, *holes


def _too_many_points() -> Refusal:
    return refuse(
        "DC387",
        msg("the ImageJ region has more than {most} points", most=f"{MOST_POINTS:,}"),
        msg("in ImageJ use Edit > Selection > Interpolate with a longer interval, and save it again"),
    )


def _unzipped(data: bytes, file: str) -> list[Region]:
    """Return the regions of a .zip file; nothing is unpacked to the disk, and nothing beyond a limit at all."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            members = parts.infolist()
            _check_members(members, file)
            # A member gives at most the bytes that it declares.
            regions = [Region(_stem(part.filename), Where(file), parts.read(part)) for part in members]
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise InvalidFile(
            [
                Finding(
                    "DC395",
                    msg("the .zip file cannot be read ({reason})", reason=str(error)),
                    msg("save the regions again in ImageJ: ROI Manager, More, Save"),
                    Where(file),
                )
            ]
        ) from error
    findings = [
        Finding(
            "DC381", msg("this is not an ImageJ ROI file"), msg("take it out of the .zip file"), Where(file), r.name
        )
        for r in regions
        if not r.data.startswith(MAGIC)
    ]
    if findings:
        raise InvalidFile(findings)
    return regions


def _check_members(members: Sequence[zipfile.ZipInfo], file: str) -> None:
    if len(members) > MOST_RINGS:
        raise too_many(msg("the .zip file has more than {most} regions", most=f"{MOST_RINGS:,}"), Where(file))
    findings = []

    def wrong(what: Message, mend: Message, name: str = "") -> None:
        findings.append(Finding("DC395", what, mend, Where(file), name))

    again = msg("save the regions again in ImageJ: ROI Manager, More, Save")
    if not members:
        wrong(msg("the .zip file is empty"), again)
    seen: set[str] = set()
    for part in members:
        name = part.filename
        if "/" in name or "\\" in name or "\0" in part.orig_filename or name in ("..roi", "...roi"):
            wrong(msg("the .zip file holds a folder or a path, {name}", name=quoted(name)), again)
        elif not name.lower().endswith(".roi"):
            wrong(msg("the .zip file holds {name}, which is no .roi file", name=quoted(name)), again)
        elif name in seen:
            wrong(msg("the .zip file holds {name} twice", name=quoted(name)), msg("keep one of them, or rename it"))
        elif part.flag_bits & 1:
            wrong(msg("the .zip file has a password"), msg("save it without one"))
        elif part.file_size > _MOST_BYTES:
            wrong(
                msg("unpacked, {name} has {size} bytes", name=quoted(name), size=part.file_size),
                msg("a region has at most {most}; save it again in ImageJ", most=_MOST_BYTES),
            )
        seen.add(name)
    if sum(part.file_size for part in members) > _MOST_UNPACKED:
        wrong(msg("unpacked, the .zip file has more than {most} bytes", most=_MOST_UNPACKED), again)
    if findings:
        raise InvalidFile(findings)


def _stem(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    return last[:-4] if last.lower().endswith((".roi", ".zip")) else last
