"""What a file says about one patch, in any of its forms → one record; every text passes its firewall here (R2, R9)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from dosecalc.dosing.area import AREA_METHODS, check_method
from dosecalc.errors import DosecalcError, Finding, InvalidFile, refuse
from dosecalc.notation import parse_number, parse_positive, quoted
from dosecalc.reading import decimal_of, exact_decimal, plain
from dosecalc.text import Message, msg
from dosecalc.visits.moments import parse_day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

    from dosecalc.dosing.area import AreaMethod
    from dosecalc.errors import Where
    from dosecalc.measuring.drawing import Drawing, Sketch
    from dosecalc.protocol.site import Site

LONGEST_NAME = 60
VALUES = ("length_cm", "width_cm", "area_cm2", "points")
NEEDED: dict[str, tuple[str, ...]] = {
    "ellipse": ("length_cm", "width_cm"),
    "rectangle": ("length_cm", "width_cm"),
    "tracing": ("area_cm2",),
    "planimetry": ("area_cm2",),
    "polygon": ("points",),
}
_MEANINGS = {
    "name": msg("write what the patch is called, for example vertex"),
    "method": msg("write one of: {methods}", methods=", ".join(AREA_METHODS)),
    "measured_by": msg("write who measured it; that person can say so"),
    "date": msg("write on which day it was measured, as 2026-03-02"),
    "length_cm": msg("write the longest diameter in cm"),
    "width_cm": msg("write the diameter across it in cm"),
    "area_cm2": msg("write the area that was measured, in cm²"),
    "points": msg("write the corners of its outline, in pixels"),
}
_Read = TypeVar("_Read")


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What does not stand in the file: the options, the site file's word on rectangles, and the last day there can be.

    `scale` is in pixels per cm. `by` and `date` are for files that cannot say who measured when.
    """

    latest: dt.date
    scale: Decimal | None = None
    by: str | None = None
    date: dt.date | None = None
    site: Site | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One patch as it was measured, not calculated yet.

    Of the three, one is there: `area` in cm² (tracing, planimetry); `sides` in cm (ellipse, rectangle), or their
    `product_px`, in square pixels, where it comes from a photo; `sketch`, the outline in pixels.
    """

    name: str
    method: AreaMethod
    measured_by: str
    date: dt.date
    where: Where
    area: Decimal | None = None
    sides: tuple[Decimal, Decimal] | None = None
    product_px: Fraction | None = None
    sketch: Sketch | None = None

    @property
    def in_pixels(self) -> bool:
        """Whether the patch needs a scale."""
        return self.sketch is not None or self.product_px is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaFile:
    """The patches of one file, without a mistake; `drawings` are the outlines of those that have one."""

    file: str
    entries: tuple[Entry, ...]
    drawings: tuple[Drawing | None, ...]
    scale: Decimal | None
    notes: tuple[tuple[str, Message], ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it was written, and its place."""

    text: str
    where: Where
    path: str = ""


def read_entry(
    cells: Mapping[str, Cell | None],
    sketch: Callable[[str], Sketch] | None,
    whole: Cell,
    given: Given,
    findings: list[Finding],
) -> Entry | None:
    """Return the patch that `cells` describe; None where something is wrong, which is added to `findings`.

    A cell that is None holds what cannot be read at all, and that has been reported. `sketch` makes the outline of a
    patch of this name, where the file has points for it; `whole` is the patch's place.

    Adds: DC383, something is missing; DC382, something does not go with the method; DC384, the name; DC314 and DC315,
    the method; DC4xx and DC397, the date; DC201 and DC205, a number.
    """
    before = len(findings)

    def read(key: str, parse: Callable[[str], _Read]) -> _Read | None:
        cell = cells.get(key, whole)
        if cell is None:
            return None
        if not cell.text.strip():
            findings.append(missing(key, cell))
            return None
        return located(cell, parse, findings)

    name, by = read("name", check_name), read("measured_by", check_name)
    day = read("date", lambda text: past_day(text, given.latest))
    method = read("method", lambda text: check_method(text, given.site))
    stated = cells.get("method")
    written = stated.text if stated else ""
    if written not in NEEDED:
        return None
    there = [key for key in VALUES if key in cells] + (["points"] if sketch else [])
    stray = [key for key in there if key not in NEEDED[written]]
    findings += (_does_not_fit(key, written, cells.get(key) or whole) for key in stray)
    numbers = {key: read(key, parse_positive) for key in NEEDED[written] if key != "points"}
    if "points" in NEEDED[written] and sketch is None:
        findings.append(missing("points", whole))
    if len(findings) > before or None in cells.values() or name is None or by is None or day is None or method is None:
        return None
    length, width = numbers.get("length_cm"), numbers.get("width_cm")
    return Entry(
        name=name,
        method=method,
        measured_by=by,
        date=day,
        where=whole.where,
        area=numbers.get("area_cm2"),
        sides=(length, width) if length is not None and width is not None else None,
        sketch=sketch(name) if sketch else None,
    )


def located(cell: Cell, parse: Callable[[str], _Read], findings: list[Finding]) -> _Read | None:
    """Return what `parse` makes of a value; a refusal becomes findings with its place, and None."""
    try:
        return parse(cell.text)
    except DosecalcError as error:
        findings += (replace(found, where=cell.where, path=cell.path) for found in error.findings)
        return None


def missing(key: str, place: Cell) -> Finding:
    """The finding that a patch does not say something that it must."""
    return Finding("DC383", msg("{key} is missing", key=key), _MEANINGS[key], place.where, place.path)


def missing_option(option: str, what: Message, place: Where) -> Finding:
    """The finding that an option must say what a file cannot."""
    mend = msg("give it with {option}: the file itself does not say it", option=option)
    return Finding("DC383", what, mend, place)


def _does_not_fit(key: str, method: str, place: Cell) -> Finding:
    what = msg("{key} does not go with the method {method}", key=key, method=method)
    mend = msg("for this method write {keys}, or correct the method", keys=", ".join(NEEDED[method]))
    return Finding("DC382", what, mend, place.where, place.path)


def check_name(text: str) -> str:
    """Return the name of a patch or a person, if it can be shown on one line.

    Raises:
        Refusal: DC384.
    """
    if not text.strip():
        raise refuse("DC384", msg("the name is missing"), msg("write it"))
    if len(text) > LONGEST_NAME:
        raise refuse(
            "DC384",
            msg("the name {name} has {length} characters", name=quoted(text), length=len(text)),
            msg("write at most {most}", most=LONGEST_NAME),
        )
    if not all(letter.isprintable() or unicodedata.category(letter) == "Zs" for letter in text):
        raise refuse(
            "DC384",
            msg("the name {name} holds a line break or another character that cannot be seen", name=quoted(text)),
            msg("type it again on one line"),
        )
    return text.strip()


def past_day(text: str, latest: dt.date) -> dt.date:
    """Return the day on which something was measured.

    Raises:
        Refusal: DC401, DC402 and DC404 for what is no date; DC397, a day that has not come yet.
    """
    day = parse_day(text)
    if day > latest:
        what = msg("{day} has not come yet, and nothing can have been measured then", day=day.isoformat())
        raise refuse("DC397", what, msg("check the year and the month"))
    return day


def coordinate(text: str) -> Decimal:
    """Return a coordinate in pixels. Left of and above the photo it is negative.

    Raises:
        Refusal: DC201.
    """
    return parse_number(text[1:]).copy_negate() if text.startswith("-") else parse_number(text)


def check_scale(text: str) -> Decimal:
    """Return a scale in pixels per cm.

    Raises:
        Refusal: DC201 and DC205 for what is no number above zero; DC386, below 1 pixel per cm.
    """
    scale = parse_positive(text)
    if scale >= 1:
        return scale
    over, under = scale.as_integer_ratio()
    exact = exact_decimal(Fraction(under, over))
    other = plain(exact if exact is not None else decimal_of((200 * under + over) // (2 * over), 2))
    what = msg("a scale of {scale} pixels per cm cannot be: a photo has many pixels to a cm", scale=plain(scale))
    raise refuse("DC386", what, msg("if it is meant as cm per pixel, write {other}, which is 1 ÷ scale", other=other))


def one_scale(
    stated: Decimal | None, where: Where, needed: bool, given: Given, findings: list[Finding]
) -> Decimal | None:
    """Return the scale of a file: the one that it states, or the one of the option; adds DC385 to `findings`."""
    if stated is not None and given.scale is not None and stated != given.scale:
        findings.append(
            Finding(
                "DC385",
                msg(
                    "the file states a scale of {stated} pixels per cm, and --scale says {given}",
                    stated=plain(stated),
                    given=plain(given.scale),
                ),
                msg("leave one of them out"),
                where,
            )
        )
    scale = given.scale if stated is None else stated
    unread = any(finding.path == "scale_px_per_cm" for finding in findings)
    if scale is None and needed and not unread:
        findings.append(
            Finding(
                "DC385",
                msg("the scale of the photo is missing: pixels alone are no area"),
                msg(
                    "measure a ruler in the photo and write how many pixels are 1 cm: --scale, "
                    "or scale_px_per_cm in a .json or .csv file"
                ),
                where,
            )
        )
    return scale


def twice_named(entries: Iterable[tuple[str, Cell]]) -> list[Finding]:
    """Return a finding DC384 for every patch whose name an earlier one of the file has already."""
    seen: set[str] = set()
    findings = []
    for name, place in entries:
        if name in seen:
            what = msg("there are two patches called {name}", name=quoted(name))
            mend = msg("give each its own name; if it is one patch, keep it once")
            findings.append(Finding("DC384", what, mend, place.where, place.path))
        seen.add(name)
    return findings


def unreadable(what: Message, mend: Message, where: Where) -> InvalidFile:
    """Make the error of a file that is not what it should be."""
    return InvalidFile([Finding("DC380", what, mend, where)])


def too_many(what: Message, where: Where) -> InvalidFile:
    """Make the error of a file with more points or outlines than are read."""
    mend = msg("save the outline with fewer points: one for each pixel is more than enough")
    return InvalidFile([Finding("DC387", what, mend, where)])
