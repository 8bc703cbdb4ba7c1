"""Units that cannot be where they stand (R3), and amounts that cannot be one: nothing, half a cell, half a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Refusal, Where
from dosecalc.protocol.binding import readable
from dosecalc.protocol.dose_rule import Cap, DoseRule, Fixed, LevelRef, PerArea, PerSite, PerWeight, Rule, TopicalDaily
from dosecalc.quantity import Quantity
from dosecalc.text import Message, msg
from dosecalc.units import Unit, unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dosecalc.protocol.model import Level, Protocol

_AMOUNTS = ("particles", "cells", "viable cells", "mL", "mg")
"""What a dose can be an amount of."""
_COUNTED = frozenset({"particles", "cells", "viable cells"})
MOST_DAYS = 3660
"""More days at home than a trial of ten years has: a slip of the key, not a plan."""


def check_units(protocol: Protocol) -> Iterator[Finding]:
    """Every unit of the protocol that does not fit its place, and every amount of zero."""
    for level in (protocol.levels or {}).values():
        values = _level_values(level)
        path = f"levels.{level.id}"
        if len({q.unit for q in values}) > 1:
            yield _finding(msg("the values of a level have one unit"), msg("use the same unit"), level.where, path)
        elif any(q.value == 0 for q in values) or (not level.one_of and values[1:] and values[0] > values[1]):
            what = msg("the level '{id}' has no values between its limits", id=level.id)
            yield Finding("DC123", what, msg("write the smaller limit under 'at_least'"), level.where, path)
        for value in values:
            yield from _whole(value, level.where, path)
    for arm in (protocol.arms or {}).values():
        for number, dose in enumerate(arm.doses):
            yield from _dose(protocol, dose, f"arms.{arm.id}.doses[{number}]")


def _finding(what: Message, mend: Message, where: Where, path: str) -> Finding:
    return Finding("DC110", what, mend, where, path)


def _dose(protocol: Protocol, dose: DoseRule, path: str) -> Iterator[Finding]:
    for key, rule in dose.rules.items():
        for name, allowed in _allowed(rule).items():
            given = getattr(rule, name)
            for quantity in values_of(protocol, given):
                yield from fits(quantity, allowed, rule.where, f"{path}.{key}.{name}")
            if isinstance(given, Quantity):  # those of a level are looked at where the level stands
                yield from _whole(given, rule.where, f"{path}.{key}.{name}")
    daily = readable(dose.topical_daily)
    if daily is not None:
        days = readable(daily.days)
        # The limits first: what is far above them has no remainder that could be computed. Zero is reported above.
        if days is not None and days.value and (not 1 <= days.value <= MOST_DAYS or days.value % 1):
            what = msg("a daily application lasts whole days, at most {most}", most=MOST_DAYS)
            mend = msg("write a whole number of days")
            yield Finding("DC131", what, mend, daily.where, f"{path}.topical_daily.days")
        if daily.times_a_day == 0:
            what = msg("an application comes at least once a day")
            mend = msg("write how often a day")
            yield Finding("DC125", what, mend, path=f"{path}.topical_daily.times_a_day")
    if isinstance(dose.volume, Quantity):
        volume = unit("mL/site") if dose.per_site is not None else unit("mL")
        yield from fits(dose.volume, [volume], dose.where, f"{path}.volume")
    total = _total_units(protocol, dose)
    for number, cap in enumerate(dose.caps):
        place = f"{path}.caps[{number}]"
        if cap.holds == "per_site" and dose.per_site is None:
            what = msg("a cap per site needs a dose per site")
            yield Finding("DC135", what, msg("write per_dose or cumulative"), cap.where, f"{place}.holds")
        elif readable(cap.at_most) is not None and total:
            yield from fits(cap.at_most, _cap_units(cap, total), cap.where, f"{place}.at_most")
            yield from _whole(cap.at_most, cap.where, f"{place}.at_most")


def _allowed(rule: Rule) -> dict[str, list[Unit]]:
    match rule:
        case PerSite():
            return {"amount": _per("site"), "sites": [unit("sites/cm²")]}
        case PerArea():
            return {"amount": _per("cm²")}
        case Fixed():
            return {"amount": [unit(a) for a in _AMOUNTS]}
        case PerWeight():
            return {"amount": _per("kg")}
        case TopicalDaily():
            return {"amount": [unit("mL/day")], "days": [unit("days")]}
    return {}


def _per(base: str) -> list[Unit]:
    """The units of the table that are an amount per `base`."""
    units = []
    for amount in _AMOUNTS:
        try:
            units.append(unit(f"{amount}/{base}"))
        except Refusal:  # the table of units is closed: not every amount exists per every base
            continue
    return units


def _level_values(level: Level) -> list[Quantity]:
    """The values that could be read: the named ones, then the limits."""
    return [value for value in (*level.one_of, level.at_least, level.at_most) if isinstance(value, Quantity)]


def values_of(protocol: Protocol, given: object) -> list[Quantity]:
    """The quantities that stand for an amount: itself, or all that its level can have."""
    if isinstance(given, LevelRef):
        level = (protocol.levels or {}).get(given.level)
        return _level_values(level) if level else []
    return [given] if isinstance(given, Quantity) else []


def fits(
    quantity: Quantity, allowed: Iterable[Unit], where: Where, path: str, *, may_be_zero: bool = False
) -> Iterator[Finding]:
    """DC110 where the unit is none of those `allowed`, DC109 where the amount is zero and must not be."""
    allowed = list(allowed)
    if quantity.unit not in allowed:
        yield _finding(
            msg("the unit '{unit}' cannot be here", unit=quantity.unit.symbol),
            msg("write the amount in one of: {units}", units=", ".join(str(u) for u in allowed)),
            where,
            path,
        )
    elif quantity.value == 0 and not may_be_zero:
        yield Finding("DC109", msg("an amount of zero is no amount"), msg("write the amount"), where, path)


def _whole(quantity: Quantity, where: Where, path: str) -> Iterator[Finding]:
    if quantity.unit.symbol in _COUNTED and quantity.value != quantity.value.to_integral_value():
        what = msg("{unit} are counted: an amount of them is a whole number", unit=quantity.unit)
        yield Finding("DC132", what, msg("write a whole number"), where, path)


def _total_units(protocol: Protocol, dose: DoseRule) -> set[str]:
    """The units that the dose's total can have."""
    found: set[str] = set()
    for rule in dose.rules.values():
        for quantity in values_of(protocol, getattr(rule, "amount", None)):
            base = str(quantity.unit).partition("/")[0]
            found |= {base, "viable cells"} if base == "cells" and getattr(rule, "counts", None) else {base}
    return found


def _cap_units(cap: Cap, total: set[str]) -> list[Unit]:
    return [unit(f"{base}/site" if cap.holds == "per_site" else base) for base in sorted(total)]
