"""The dose levels of a trial, from the lowest to the highest: what escalates, one step after the other.

Where arms differ in the stated amount of one product, as groups A, B and C of a phase I do, they are the steps. Else
the steps are the values of a level that the protocol names or the site has decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.errors import Refusal, refuse
from dosecalc.protocol.dose_rule import LevelRef
from dosecalc.quantity import Quantity, parse_quantity
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from dosecalc.protocol.model import Arm, Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.state import ParticipantState, StudyState


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One dose level: its amount as a text, and the arm that has it, where an arm does."""

    level: str
    amount: Quantity
    arm: str | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.arm if self.arm is not None else self.level


def steps(protocol: Protocol, settled: Settled | None = None) -> list[Step]:
    """Return the dose levels in rising order; none where nothing escalates."""
    if not protocol.masking.masked:  # who has which level of a masked trial is nobody's to see (R15)
        by_product: dict[str, list[Step]] = {}
        for arm in protocol.arms.values():
            found = _stated(arm)
            if found is not None:
                product, amount = found
                by_product.setdefault(product, []).append(Step(level=amount_text(amount), amount=amount, arm=arm.id))
        for ladder in by_product.values():
            if len({step.amount for step in ladder}) > 1:
                return sorted(ladder, key=_value)
    amounts: dict[Quantity, None] = {}
    for level in protocol.levels.values():
        amounts.update(dict.fromkeys(level.one_of))
        if settled is not None:
            amounts.update(dict.fromkeys(each.amount for each in settled.decided_levels(level.id)))
    return sorted((Step(level=amount_text(amount), amount=amount) for amount in amounts), key=_value)


def step_of(protocol: Protocol, name: str, settled: Settled | None = None) -> Step:
    """Return the level that is called `name`: an arm, or an amount.

    Raises:
        Refusal: DC802, there is no such level.
    """
    ladder = steps(protocol, settled)
    amount = _amount(name, [step.amount for step in ladder])
    found = next((step for step in ladder if name in (step.arm, step.level) or step.amount == amount), None)
    if found is None:
        raise _no_level(protocol, name, [step.name for step in ladder])
    return found


def _no_level(protocol: Protocol, name: str, known: list[str]) -> Refusal:
    return refuse(
        "DC802",
        msg("{protocol} has no dose level '{name}'", protocol=protocol.id, name=name),
        msg("its levels are: {levels}", levels=", ".join(known))
        if known
        else msg("nothing escalates in this trial, so no level is opened or held"),
    )


def held_level(settled: Settled, name: str) -> str:
    """Return what a hold of the level that is called `name` stops: an arm, or an amount for every arm that has it.

    Raises:
        Refusal: DC802, there is no such level.
    """
    protocol = settled.protocol
    if name in protocol.arms:
        return name
    known = {step.amount: None for step in steps(protocol, settled)}
    if not protocol.masking.masked:  # which amounts the arms of a masked trial have is nobody's to see (R15)
        known.update((amount, None) for arm in protocol.arms for amount in _amounts(settled, arm))
    amount = _amount(name, known)
    if amount in known:
        return amount_text(amount)
    arms = () if protocol.masking.masked else protocol.arms
    raise _no_level(protocol, name, [*arms, *(amount_text(each) for each in sorted(known, key=lambda one: one.value))])


def held_names(settled: Settled, state: ParticipantState) -> set[str]:
    """The names of a participant's level that a hold may have: the arm and its amounts, or the level that is theirs.

    Until an arm is assigned, and for whoever may not know it, that is the level that they were enrolled for.
    """
    if state.arm is None and state.level is None:
        return set() if state.cohort is None else step_names(settled, state.cohort)
    names = {name for name in (state.arm, state.level) if name is not None}
    return names if state.arm is None else names | arm_names(settled, state.arm, state.level)


def arm_names(settled: Settled, arm: str, level: str | None = None) -> set[str]:
    """The names of an arm's level: the arm, and its amounts; of several that the site decided, `level` where known."""
    return {arm} | {amount_text(each) for each in _amounts(settled, arm, level)}


def step_names(settled: Settled, name: str) -> set[str]:
    """The names of the level that is called `name`, as far as the protocol still has it."""
    ladder = steps(settled.protocol, settled)
    found = next((step for step in ladder if step.name == name), None)
    return {name} if found is None else {found.name, found.level}


def _amounts(settled: Settled, arm: str, level: str | None = None) -> Iterator[Quantity]:
    """The amounts of an arm's doses, as the protocol states or the site has decided them; see `arm_names`."""
    known = settled.protocol.arms.get(arm)  # an amendment may have taken it away
    for dose in known.doses if known else ():
        amount = getattr(dose.rule, "amount", None)
        if isinstance(amount, LevelRef):
            decided = [each.amount for each in settled.decided_levels(amount.level)]
            yield from [each for each in decided if amount_text(each) == level] or decided
        elif isinstance(amount, Quantity):
            yield amount


def open_step(study: StudyState, settled: Settled) -> Step | None:
    """Return the dose level that is open now; None where nothing escalates.

    The lowest is open from the beginning; after that the open level moves only by an event.
    """
    ladder = steps(settled.protocol, settled)
    if not ladder or not study.opened:
        return ladder[0] if ladder else None
    return next((step for step in ladder if (step.level, step.arm) == study.opened[-1]), None)


def amount_text(amount: Quantity) -> str:
    """Return an amount in plain digits with its unit, as events hold it."""
    digits = f"{amount.value:f}"
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits} {amount.unit.symbol}"


def _value(step: Step) -> Decimal:
    return step.amount.value


def _stated(arm: Arm) -> tuple[str, Quantity] | None:
    """The one active product of an arm and its stated amount."""
    found = {
        (dose.product, amount)
        for dose in arm.doses
        if dose.role == "active" and isinstance(amount := getattr(dose.rule, "amount", None), Quantity)
    }
    return found.pop() if len(found) == 1 else None


def _amount(text: str, known: Iterable[Quantity]) -> Quantity | None:
    """The amount that `text` states, in the unit of the known ones where it names none."""
    unit = next((amount.unit for amount in known), None)
    if unit is None or not text[:1].isdigit():
        return None
    try:
        return parse_quantity(text if " " in text.strip() else f"{text} {unit.symbol}")
    except Refusal:
        return None
