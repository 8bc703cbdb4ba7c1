"""Participants files to try, and what is said about them."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from dosecalc import app
from dosecalc.errors import DosecalcError
from dosecalc.protocol.offsets import CalendarOffset, parse_offset
from dosecalc.protocol.site import SiteAreaAge
from dosecalc.tables.cohort import check_cohort, read_cohort, write_cohort

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from dosecalc.errors import Finding
    from dosecalc.protocol.settled import Settled
    from dosecalc.tables.cohort import WrittenPlan

STAMP = dt.datetime(2026, 2, 1, 8, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 2, 20, 8, 0, tzinfo=dt.UTC)
VERSION = "0.1.0"

STROKE, HAIR, ESCALATION = "NCT07084012", "NCT07203599", "NCT06932393"


@cache
def settled(protocol: str, site: bool = True, area_age: str | None = None) -> Settled:
    """A shipped protocol with the example site file; where `area_age` is given, areas may be that old at most."""
    loaded = app.load(protocol, app.shipped("sites", "example.yaml") if site else None)
    limit = parse_offset(area_age) if area_age else None
    if loaded.site is None or not isinstance(limit, CalendarOffset):
        return loaded
    here = loaded.site.protocols[protocol]
    age = SiteAreaAge(at_most=limit, confirmed=here.answers["AREA_MEASURED"].confirmed)
    site_file = replace(loaded.site, protocols={**loaded.site.protocols, protocol: replace(here, area_age=age)})
    return replace(loaded, site=site_file)


def table(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def said(finding: Finding) -> str:
    """A finding as the command line shows it."""
    return f"{finding.where} {finding.code} {finding.what}; {finding.mend}"


def refused(data: bytes, protocol: str = STROKE, *, file: str = "list.csv", site: bool = True) -> list[str]:
    """What is wrong with a participants file; nothing where nothing is."""
    try:
        check_cohort(read_cohort(settled(protocol, site), data, file))
    except DosecalcError as error:
        return [said(finding) for finding in error.findings]
    return []


def plan(
    data: bytes,
    out: Path | str,
    protocol: str = STROKE,
    *,
    site: bool = True,
    stamp: dt.datetime = STAMP,
    **options: Any,
) -> WrittenPlan:
    """Write the plan of a participants file."""
    cohort = read_cohort(settled(protocol, site), data, "list.csv")
    return write_cohort(cohort, os.fspath(out), stamp=stamp, version=VERSION, **options)


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file and folder below `folder`: its mode, its time in nanoseconds, and its bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        data = path.read_bytes() if path.is_file() else b""
        found[path.relative_to(folder).as_posix()] = (status.st_mode, status.st_mtime_ns, data)
    return found
