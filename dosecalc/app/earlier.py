"""The worksheet of an earlier visit, which a dose is compared with (R6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from dosecalc.checking.sheet import open_sheet
from dosecalc.dosing.guard import EarlierDose
from dosecalc.errors import refuse
from dosecalc.files import read_file
from dosecalc.notation import parse_number
from dosecalc.quantity import Quantity, show
from dosecalc.text import msg
from dosecalc.units import unit
from dosecalc.worksheet_json import read_worksheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dosecalc.checking.sheet import Sheet
    from dosecalc.documents.worksheet import Input
    from dosecalc.protocol.settled import Settled


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """What an earlier worksheet says: its doses by product, the area in cm² and which area is A, where it has them."""

    visit: str
    doses: Mapping[str, EarlierDose] = field(default_factory=dict)
    area: Decimal | None = None
    area_a: str | None = None


def read_earlier(settled: Settled, path: str, participant: str | None) -> Earlier:
    """Read the worksheet of an earlier visit of this participant.

    Raises:
        Refusal: DC339, it is of another protocol or participant, or nobody said whose; DC601, DC660 to DC662, it
            cannot be read.
    """
    if participant is None:
        raise refuse(
            "DC339",
            msg("without the participant's code nobody can say whose worksheet {path} is", path=path),
            msg("give the code with --participant; it stands on the worksheet"),
        )
    return earlier_of(settled, open_sheet(read_worksheet(read_file(path), path), path), path, participant)


def earlier_of(settled: Settled, sheet: Sheet, path: str, participant: str) -> Earlier:
    """Return what the worksheet of an earlier visit of this participant says; `path` is what findings call it.

    Raises:
        Refusal: DC339, it is of another protocol or participant; DC661, it is no worksheet.
    """
    if sheet.head.must("protocol") != settled.protocol.id or sheet.head.text("participant") != participant:
        raise refuse(
            "DC339",
            msg("{path} is a worksheet of another protocol or participant", path=path),
            msg("give the worksheet of an earlier visit of this participant, and the code with --participant"),
        )
    doses: dict[str, EarlierDose] = {}
    for made in sheet.preparations:
        total = made.dose.number("total")
        if total is not None:
            doses[made.product] = EarlierDose(
                visit=sheet.visit,
                product=made.product,
                total=Quantity(total, unit(made.dose.must("unit"))),
                area_cm2=made.dose.number("area_cm2"),
            )
    return Earlier(
        visit=sheet.visit,
        doses=doses,
        area=_sum(sheet.values("area")),
        area_a=next(iter(sheet.values("area_a")), None),
    )


def check_unchanged(settled: Settled, arms: Sequence[str], inputs: Iterable[Input], earlier: Earlier) -> None:
    """Check what cannot change from visit to visit: which area is A, and an area that is measured once.

    Raises:
        Refusal: DC653, another area where it is measured once; DC654, another area is A; DC301, DC309, nobody has
            answered when the area is measured.
    """
    from dosecalc.dosing.remeasured import measured_when

    given = {one.name: one.values for one in inputs}
    area, area_a = _sum(given.get("area", ())), next(iter(given.get("area_a", ())), None)
    if area_a is not None and earlier.area_a is not None and area_a != earlier.area_a:
        raise refuse(
            "DC654",
            msg("area A is {now} here, and was {before} at {visit}",
                now=area_a, before=earlier.area_a, visit=earlier.visit),
            msg("read it again from the randomisation list: it is the same at every visit of a participant"),
        )  # fmt: skip
    if area is None or earlier.area is None or area == earlier.area or measured_when(settled, arms) != "once":
        return
    square = unit("cm²")
    raise refuse(
        "DC653",
        msg("the area is measured once, for all doses: it is {now} here, and was {before} at {visit}",
            now=show(Quantity(area, square)), before=show(Quantity(earlier.area, square)), visit=earlier.visit),
        msg("check both against the record of the measuring: only one of them can be right"),
    )  # fmt: skip


def _sum(patches: Sequence[str]) -> Decimal | None:
    return sum((parse_number(patch) for patch in patches), Decimal(0)) if patches else None
