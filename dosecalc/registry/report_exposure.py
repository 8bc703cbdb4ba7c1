"""What one participant was to receive, what was prepared, and what was given, dose by dose and summed.

This holds arms and amounts: it is for the unmasked alone (R15). What was given is the dose of the worksheet that was
kept, or the part of it that was given; nothing is calculated anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dosecalc.quantity import Quantity, parse_number, unit
from dosecalc.registry.kept_sheet import made_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from dosecalc.dosing.result import Dose, Doses
    from dosecalc.registry.lots import DoseState


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposure:
    """One product at one visit. Amounts are None where there is none: a placebo has no dose of its own.

    `planned` is what the study would calculate now; `draft` says that it may not be given as it stands. Once a dose is
    prepared, `planned`, `prepared` and `administered` follow from the worksheet that was kept, whatever the area, the
    level or the protocol are today. `cumulative` is what was given of the product up to here.
    """

    participant: str
    arm: str | None
    visit: str
    product: str
    role: str
    area: str | None = None
    planned: Quantity | None = None
    draft: bool = False
    prepared: Quantity | None = None
    prepared_on: str | None = None
    lots: tuple[tuple[str, int], ...] = ()
    """Each lot with its vials."""
    checked: bool = False
    given_at: str | None = None
    part: Decimal | None = None
    """The part of the prepared dose that was given; 1 is all of it, None means that nothing was."""
    administered: Quantity | None = None
    cumulative: Quantity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ParticipantExposure:
    """All of one participant; `unplanned` says why no dose could be planned, where none could."""

    participant: str
    arm: str | None
    lines: tuple[Exposure, ...]
    unplanned: object = None

    @property
    def totals(self) -> dict[str, Quantity]:
        """What was given of each product in all."""
        return {line.product: line.cumulative for line in self.lines if line.cumulative is not None}


def exposures(
    participant: str,
    arm: str | None,
    planned: Doses | None,
    made: Iterable[DoseState],
    unpack: Callable[[str, str], Mapping[str, Any]],
    order: Sequence[str] = (),
) -> tuple[Exposure, ...]:
    """Join what was planned with what was prepared and given, in the order of the visits.

    Args:
        participant: the code.
        arm: the arm; None where every participant gets every arm.
        planned: the doses of the arm, where they can be calculated.
        made: the participant's prepared doses.
        unpack: reads a worksheet that was kept, from its text and a name for findings.
        order: the visits in the order of the protocol.
    """
    kept = [line for state in made for line in _prepared(participant, arm, state, unpack)]
    over = {line.visit for line in kept}
    draft = bool(planned and planned.draft)
    still = (dose for dose in (planned.doses if planned else ()) if dose.encounter not in over)
    lines = [*(_planned(participant, arm, dose, draft=draft) for dose in still), *kept]
    places = {visit: number for number, visit in enumerate(order)}
    lines.sort(key=lambda one: places.get(one.visit, len(places)))
    return tuple(_summed(lines))


def _planned(participant: str, arm: str | None, dose: Dose, *, draft: bool) -> Exposure:
    return Exposure(
        participant=participant,
        arm=arm,
        visit=dose.encounter,
        product=dose.product,
        role=dose.role,
        area=dose.area,
        planned=dose.total,
        draft=draft,
    )


def _prepared(
    participant: str, arm: str | None, state: DoseState, unpack: Callable[[str, str], Mapping[str, Any]]
) -> Iterator[Exposure]:
    if state.worksheet is None:
        return
    sheet = unpack(state.worksheet, f"{participant} {state.visit}")
    for made in made_of(sheet):
        dose = made["dose"]
        prepared = _amount(dose) if "dispensing" not in made else _handed_out(made, state.visit)
        given = state.administered is not None
        lot = made["stock"]["lot"]
        vials = made.get("vials", sum(each["bottles"] for each in made.get("dispensing", ())))
        yield Exposure(
            participant=participant,
            arm=sheet.get("arm", arm),
            visit=state.visit,
            product=dose["product"],
            role=dose["role"],
            area=dose.get("area"),
            planned=None if _continues(made, state.visit) else _amount(dose),
            prepared=prepared,
            prepared_on=state.on,
            lots=((lot, (state.lots or {}).get(lot, vials)),),
            checked=state.agreed,
            given_at=state.given_at,
            part=state.part if given else None,
            administered=prepared * state.part if given and prepared is not None else None,
        )


def _amount(dose: Mapping[str, Any]) -> Quantity | None:
    if "total" not in dose:
        return None
    return Quantity(parse_number(dose["total"]), unit(dose["unit"]))


def _continues(made: Mapping[str, Any], visit: str) -> bool:
    """Whether more is handed out of what is used at home; the plan counts that at the visit where its use begins."""
    return "dispensing" in made and bool(made["dose"].get("encounter", visit) != visit)


def _handed_out(made: Mapping[str, Any], visit: str) -> Quantity | None:
    """What is used at home from this visit to the next; its dose is the whole treatment, visit for visit."""
    days: int = sum(each["days"] for each in made["dispensing"] if each["encounter"] == visit)
    dose = made["dose"]
    return Quantity(parse_number(dose["per_day"]), unit(dose["unit"])) * days


def _summed(lines: Iterable[Exposure]) -> Iterator[Exposure]:
    """Add up what was given of each product, in the order of the visits."""
    sums: dict[str, Quantity] = {}
    for line in lines:
        if line.administered is None:
            yield line
            continue
        before = sums.get(line.product)
        sums[line.product] = line.administered if before is None else before + line.administered
        yield replace(line, cumulative=sums[line.product])
