"""The largest amounts that a protocol allows: per site, per dose and over all doses; never applied silently (R7)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dosecalc.dosing.result import Warned
from dosecalc.errors import refuse
from dosecalc.quantity import Quantity, show, unit
from dosecalc.text import Message, msg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from dosecalc.dosing.result import Dose, OnRecord
    from dosecalc.errors import Refusal
    from dosecalc.protocol.dose_rule import Cap, CellCount, DoseRule

_WHAT: dict[Literal["per_site", "per_dose"], Message] = {
    "per_site": msg("the amount per site"),
    "per_dose": msg("the dose"),
}


def counted(amount: Quantity, counts: CellCount | None) -> Quantity:
    """Return a cell amount as viable cells where these are meant: total and viable are two units (R10)."""
    symbol = amount.unit.symbol
    if counts == "viable" and (symbol == "cells" or symbol.startswith("cells/")):
        return Quantity(amount.value, unit(f"viable {symbol}"))
    return amount


def cap_amount(
    amount: Quantity, rule: DoseRule, holds: Literal["per_site", "per_dose"], counts: CellCount | None
) -> tuple[Quantity, tuple[Message, ...], tuple[Warned, ...]]:
    """Return the amount, or the cap where it is above one that the protocol says to cut at; and the loud words.

    Raises:
        Refusal: DC340, the amount is above a cap and the protocol says to refuse; DC202, the units differ.
    """
    lines: list[Message] = []
    warnings: list[Warned] = []
    for cap in rule.caps:
        if cap.holds != holds:
            continue
        limit = counted(cap.at_most, counts)
        if amount <= limit:
            continue
        if cap.above == "refuse":
            raise refuse(
                "DC340",
                msg(
                    "{what} is {amount}, above the cap of {cap}",
                    what=_WHAT[holds],
                    amount=show(amount),
                    cap=show(limit),
                ),
                _mend(cap),
            )
        text = msg(
            "CAPPED: {what} of {amount} is above the protocol's cap and is cut to {cap} ({source})",
            what=_WHAT[holds], amount=show(amount), cap=show(limit), source=_source(cap),
        )  # fmt: skip
        lines.append(text)
        warnings.append(Warned(code=f"cap-{holds.replace('_', '-')}", text=text))
        amount = limit
    return amount, tuple(lines), tuple(warnings)


def recorded(on_record: Sequence[OnRecord], product: str) -> Quantity | None:
    """Return what is on record of a product; None where there is nothing."""
    total: Quantity | None = None
    for visit in on_record:
        for name, amount in visit.amounts:
            if name == product:
                total = amount if total is None else total + amount
    return total


def still_planned(dose: Dose, on_record: Sequence[OnRecord]) -> bool:
    """Whether a planned dose counts as planned; one that is used at home always does, it is no dose of one visit."""
    return dose.days is not None or all(dose.encounter != each.visit for each in on_record)


def cap_cumulative(
    planned: Sequence[tuple[DoseRule, Dose, CellCount | None]], on_record: Sequence[OnRecord] = ()
) -> tuple[tuple[Dose, ...], tuple[Warned, ...]]:
    """Return the planned doses of one arm, in order, with what is above a cumulative cap cut off.

    A cap holds for all doses of its product together. What is on record of other visits counts first, and instead of
    what was planned there; the doses are added in the order of the visits.

    Raises:
        Refusal: DC341, the sum is above a cap and the protocol says to refuse, or nothing would be left of a dose.
    """
    doses = [dose for _, dose, _ in planned]
    warnings: list[Warned] = []
    caps = {
        (rule.product, cap): counts for rule, _, counts in planned for cap in rule.caps if cap.holds == "cumulative"
    }
    for (product, cap), counts in caps.items():
        limit = counted(cap.at_most, counts)
        given = recorded(on_record, product)
        line = _recorded_line(given, limit) if on_record else ()
        for place, planned_dose in enumerate(doses):
            if planned_dose.product != product or not still_planned(planned_dose, on_record):
                continue
            dose = replace(planned_dose, derivation=(*planned_dose.derivation, *line))
            if dose.total is None:
                continue
            doses[place] = dose
            after = dose.total if given is None else given + dose.total
            if after > limit:
                if cap.above == "refuse" or (given is not None and given >= limit):
                    raise _above(dose, after, limit, cap)
                left = limit if given is None else limit - given
                text = msg(
                    "CAPPED: with the dose at {visit} the sum of the doses is {sum}, above the protocol's cap of "
                    "{cap}; the dose is cut to {left} ({source})",
                    visit=dose.encounter, sum=show(after), cap=show(limit), left=show(left), source=_source(cap),
                )  # fmt: skip
                warnings.append(Warned(code="cap-cumulative", text=text))
                doses[place] = replace(dose, total=left, derivation=(*dose.derivation, text))
                after = limit
            given = after
    return tuple(doses), tuple(warnings)


def _recorded_line(given: Quantity | None, limit: Quantity) -> tuple[Message, ...]:
    """What a person adds up by hand from the record (R16)."""
    if given is None:
        return (msg("on record of other visits: nothing; the cap over all doses is {cap}", cap=show(limit)),)
    return (
        msg("on record of other visits: {given}; the cap over all doses is {cap}", given=show(given), cap=show(limit)),
    )


def _above(dose: Dose, after: Quantity, limit: Quantity, cap: Cap) -> Refusal:
    return refuse(
        "DC341",
        msg(
            "with the dose at {visit} the sum of the doses is {sum}, above the cap of {cap}",
            visit=dose.encounter, sum=show(after), cap=show(limit),
        ),
        _mend(cap),
    )  # fmt: skip


def _mend(cap: Cap) -> Message:
    return msg(
        "check the area, the weight and the level; the principal investigator decides what is given ({source})",
        source=_source(cap),
    )


def _source(cap: Cap) -> Message:
    return msg("{document}, {section}", document=cap.source.document, section=cap.source.section)
