"""Files of measured areas → square centimetres."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from dosecalc.app.settings import now
from dosecalc.errors import DosecalcError, Finding, InvalidFile, Where
from dosecalc.files import read_file
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dosecalc.measuring.entry import AreaFile, Given
    from dosecalc.measuring.measured import MeasuredAreas

_Read = TypeVar("_Read")


@dataclass(frozen=True, kw_only=True, slots=True)
class Measuring:
    """The options of `area`, as typed."""

    scale: str | None = None
    by: str | None = None
    date: str | None = None
    site: str | None = None


def measure(files: Sequence[str], options: Measuring) -> MeasuredAreas:
    """Calculate the areas of all patches of some files.

    Raises:
        InvalidFile: what is wrong with any of the files.
        Refusal: an option that cannot be read; DC312, all patches together are too large.
    """
    from dosecalc.measuring.area_file import read_area_file
    from dosecalc.measuring.measured import measured

    given = _given(options)
    findings: list[Finding] = []
    read: list[AreaFile] = []
    digests: dict[bytes, str] = {}
    for path in files:
        try:
            data = read_file(path)
            digest = sha256(data).digest()
            if digest in digests:
                what = msg("the file holds the same as {other}", other=digests[digest])
                findings.append(Finding("DC396", what, msg("give each file once"), Where(path)))
                continue
            digests[digest] = path
            read.append(read_area_file(data, path, given))
        except DosecalcError as error:
            findings += error.findings
    if not findings:
        findings += _not_needed(read, options)
    if findings:
        raise InvalidFile(findings)
    return measured(read)


def _given(options: Measuring) -> Given:
    """Read the options and the site file.

    Raises:
        InvalidFile: everything that is wrong with them.
        Refusal: DC601, the site file cannot be read.
    """
    from dosecalc.measuring.entry import Given, check_name, check_scale, past_day
    from dosecalc.protocol.reader import read_site
    from dosecalc.protocol.site_checks import check_dates

    findings: list[Finding] = []

    def read(option: str, text: str | None, parse: Callable[[str], _Read]) -> _Read | None:
        try:
            return None if text is None else parse(text)
        except DosecalcError as error:
            findings.extend(replace(found, path=option) for found in error.findings)
            return None

    latest = now().date() + dt.timedelta(days=1)  # the clinic's today may be ahead of UTC's
    scale = read("--scale", options.scale, check_scale)
    by = read("--by", options.by, check_name)
    day = read("--date", options.date, lambda text: past_day(text, latest))
    site = read_site(read_file(options.site), options.site) if options.site else None
    if site:
        findings += check_dates(site, latest)
    if findings:
        raise InvalidFile(findings)
    return Given(latest=latest, scale=scale, by=by, date=day, site=site)


def _not_needed(files: Sequence[AreaFile], options: Measuring) -> Iterator[Finding]:
    """Yield the options that no file needs: then a file or an option is not the one that was meant."""
    from dosecalc.measuring.area_file import is_region_file

    if options.scale is not None and not any(entry.in_pixels for file in files for entry in file.entries):
        what = msg("--scale is given, and no patch was drawn on a photo")
        yield Finding("DC396", what, msg("leave it out, or check the files"))
    if not any(is_region_file(file.file) for file in files):
        for option, text in (("--by", options.by), ("--date", options.date)):
            if text is not None:
                what = msg("{option} is for the files of ImageJ, and there is none", option=option)
                yield Finding("DC396", what, msg("leave it out: .json and .csv files say it for each patch"))
