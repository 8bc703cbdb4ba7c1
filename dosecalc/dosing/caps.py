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

    from dosecalc.dosing.result import Dose
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


def cap_cumulative(
    planned: Sequence[tuple[DoseRule, Dose, CellCount | None]],
) -> tuple[tuple[Dose, ...], tuple[Warned, ...]]:
    """Return the planned doses of one arm, in order, with what is above a cumulative cap cut off.

    A cap holds for all doses of its product together. The doses are added in the order of the visits.

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
        given: Quantity | None = None
        for place, dose in enumerate(doses):
            if dose.product != product or dose.total is None:
                continue
            after = dose.total if given is None else given + dose.total
            if after > limit:
                left = limit if given is None else limit - given
                if cap.above == "refuse" or not left.value:
                    raise _above(dose, after, limit, cap)
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
