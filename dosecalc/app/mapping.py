"""An area file and a number of sites → the injection map."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, InvalidFile, Usage, refuse
from dosecalc.files import read_file, write_whole
from dosecalc.notation import parse_number, quoted
from dosecalc.participant_code import check_code
from dosecalc.text import msg

if TYPE_CHECKING:
    from decimal import Decimal

    from dosecalc.documents.pen import PenKind
    from dosecalc.measuring.mapped import Mapped, MappedArea
    from dosecalc.protocol.site import Site
    from dosecalc.text import Language

_KINDS: dict[str, PenKind] = {".svg": "svg", ".png": "png", ".pdf": "pdf"}
_LABEL = re.compile(r"[A-Za-z0-9]{1,3}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """The words of `map`, as typed. What begins with `control` is for the second area of a split-scalp trial."""

    file: str
    sites: str
    scale: str | None = None
    out: str | None = None
    control: str | None = None
    control_sites: str | None = None
    control_scale: str | None = None
    label_a: str | None = None
    label_b: str | None = None
    participant: str | None = None
    site: str | None = None


def map_sites(asked: Mapping, language: Language) -> Mapped:
    """Spread the sites over one area, or two, and write the map where `out` names a file.

    Two areas come in the order of their letters: the order of the files could tell which of them gets the product
    (R15).

    Raises:
        Usage: DC378, options that do not go together, a label that is no letter; DC690, two areas without letters.
        InvalidFile: what is wrong with an area file; DC399, some of its patches have no outline to be drawn.
        Refusal: DC373 to DC377 and DC379; an option that cannot be read; DC6xx, a file that cannot be read or written.
    """
    from dosecalc.measuring.mapped import Mapped, WrittenMap

    kind = None if asked.out is None else _kind(asked.out)
    _check_options(asked)
    if asked.participant is not None:
        check_code(asked.participant)
    site = _site(asked.site)
    first = _sites(asked.sites)
    areas = [_area(asked.file, first, asked.scale, asked.label_a, site, drawn=kind is not None)]
    if asked.control is not None:
        second = first if asked.control_sites is None else _sites(asked.control_sites)
        areas.append(_area(asked.control, second, asked.control_scale, asked.label_b, site, drawn=kind is not None))
        areas.sort(key=lambda area: (area.label or "").lower())
    if asked.out is None or kind is None:
        return Mapped(areas=tuple(areas))
    from dosecalc.documents.injection_map import injection_map

    data = injection_map(areas, kind, language, participant=asked.participant)
    write_whole(asked.out, data)
    return Mapped(areas=tuple(areas), written=WrittenMap(path=asked.out, sha256=sha256(data).hexdigest()))


def _kind(path: str) -> PenKind:
    kind = _KINDS.get(path[path.rfind(".") :].lower())
    if kind is None:
        raise refuse(
            "DC376",
            msg("{path} does not say what kind of picture it is to be", path=quoted(path)),
            msg("give it a name that ends with {kinds}", kinds=", ".join(_KINDS)),
        )
    return kind


def _check_options(asked: Mapping) -> None:
    if asked.control is None:
        given = {
            "--control-sites": asked.control_sites,
            "--control-scale": asked.control_scale,
            "--label-b": asked.label_b,
        }
        for option, value in given.items():
            if value is not None:
                what = msg("{option} is for a second area, and --control names none", option=option)
                raise Usage([Finding("DC378", what, msg("name its file with --control, or leave it out"))])
    labels = {"--label-a": asked.label_a, "--label-b": asked.label_b}
    missing = [option for option, label in labels.items() if label is None]
    if asked.control is not None and missing:
        what = msg(
            "--control needs {options}: the order of the files does not say which area is A",
            options=", ".join(missing),
        )
        mend = msg(
            "write --label-a LETTER for the area of FILE and --label-b LETTER for that of --control, as on the labels "
            "of the syringes"
        )
        raise Usage([Finding("DC690", what, mend)])
    letters = [label for label in labels.values() if label is not None]
    for label in letters:
        if not _LABEL.fullmatch(label):
            what = msg(
                "{label} is not a letter for an area: words could tell which one gets the product", label=quoted(label)
            )
            raise Usage([Finding("DC378", what, msg("write one to three letters (A to Z) or digits"))])
    if len(letters) > 1 and letters[0].lower() == letters[1].lower():
        what = msg("both areas would be called {label}", label=letters[0])
        raise Usage([Finding("DC378", what, msg("give them different letters: --label-a and --label-b"))])


def _site(path: str | None) -> Site | None:
    if path is None:
        return None
    from dosecalc.protocol.reader import read_site

    return read_site(read_file(path), path)


def _sites(text: str) -> int:
    number = parse_number(text)
    if number != number.to_integral_value():
        raise refuse(
            "DC373",
            msg("{text} is not a whole number of injection sites", text=quoted(text)),
            msg("give the number of sites of the dose, as dosecalc dose shows it"),
        )
    return int(number)


def _area(file: str, sites: int, scale: str | None, label: str | None, site: Site | None, *, drawn: bool) -> MappedArea:
    from dosecalc.measuring.entry import check_scale
    from dosecalc.measuring.mapped import MappedArea
    from dosecalc.measuring.measured import read_outlines
    from dosecalc.measuring.spread import share_out, spread

    data = read_file(file)
    pixels = None if scale is None else check_scale(scale)
    try:
        outlines = read_outlines(data, file, pixels, site)
    except InvalidFile as error:
        missing = [finding for finding in error.findings if finding.code == "DC399"]
        if len(missing) < len(error.findings):
            raise
        areas = _measured_areas(data, file, pixels, site)
        if drawn and len(missing) < len(areas):
            raise
        if drawn:
            raise refuse(
                "DC375",
                msg("no patch of {file} has an outline, and only outlines can be drawn", file=file),
                msg("leave out --out for a table of the sites of each patch, or measure outlines (method polygon)"),
            ) from error
        return MappedArea(label=label, patches=share_out(areas, sites))
    found = spread(outlines, sites)
    return MappedArea(label=label, patches=found.patches, outlines=outlines, spread=found)


def _measured_areas(data: bytes, file: str, scale: Decimal | None, site: Site | None) -> list[tuple[str, Fraction]]:
    from dosecalc.measuring.area_file import read_area_file
    from dosecalc.measuring.entry import Given
    from dosecalc.measuring.measured import measured

    # Who measured when is not asked where nothing but places comes of it.
    given = Given(latest=dt.date.max, scale=scale, by="-", date=dt.date.max, site=site)
    return [(patch.name, Fraction(patch.area)) for patch in measured([read_area_file(data, file, given)]).patches]
