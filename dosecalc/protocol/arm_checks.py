"""What no type can hold of arms: their encounters, the dose in force at each, and placebos."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dosecalc.errors import Finding
from dosecalc.protocol.binding import INVALID, readable
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.dose_rule import DoseRule
    from dosecalc.protocol.model import Arm, Protocol


def check_arms(protocol: Protocol) -> Iterator[Finding]:
    """Every finding of the arms: each by itself, and placebos against the doses that they stand for."""
    yield from _arms(protocol)
    yield from _placebos(protocol)


def _arms(protocol: Protocol) -> Iterator[Finding]:
    for arm in protocol.arms.values() if protocol.arms else ():
        path = f"arms.{arm.id}"
        if not arm.encounters:
            if arm.encounters is not INVALID:
                yield Finding(
                    "DC114",
                    msg("the arm '{id}' has no encounters", id=arm.id),
                    msg("list its encounters"),
                    arm.where,
                    path,
                )
            continue
        for name, times in Counter(arm.encounters).items():
            if times > 1:
                yield Finding(
                    "DC126",
                    msg("the encounter '{name}' is listed twice", name=name),
                    msg("list each encounter once; a repeat has a 'repeat' key"),
                    arm.where,
                    f"{path}.encounters",
                )
        yield from _one_visit_for_each_anchor(protocol, arm, path)
        in_force: set[tuple[str, str | None]] = set()
        every_arm = readable(protocol.masking) and protocol.masking.allocation == "every_arm"
        for n, dose in enumerate(arm.doses):
            if every_arm and dose.area is None:
                yield Finding(
                    "DC134",
                    msg("a participant who gets every arm needs to know on which area"),
                    msg("add 'area' to the dose"),
                    dose.where,
                    f"{path}.doses[{n}]",
                )
            yield from _dose(dose, arm.encounters, in_force, f"{path}.doses[{n}]")


def _one_visit_for_each_anchor(protocol: Protocol, arm: Arm, path: str) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in dict.fromkeys(arm.encounters):
        encounter = (protocol.encounters or {}).get(name)
        anchor = readable(encounter.defines) if encounter and not encounter.timing else None
        if anchor is None:
            continue
        if anchor in seen:
            yield Finding(
                "DC133",
                msg(
                    "'{one}' and '{two}' of this arm both define '{anchor}'", one=seen[anchor], two=name, anchor=anchor
                ),
                msg("keep 'defines' at one of them, and give the other a 'timing'"),
                arm.where,
                f"{path}.encounters",
            )
        seen.setdefault(anchor, name)


def _dose(
    dose: DoseRule, encounters: tuple[str, ...], in_force: set[tuple[str, str | None]], path: str
) -> Iterator[Finding]:
    if len(dose.rules) != 1:
        yield Finding(
            "DC113",
            msg("a dose needs exactly one rule; here are {count}", count=len(dose.rules)),
            msg("keep one of per_site, per_area, fixed, per_weight, topical_daily, volume_matched"),
            dose.where,
            path,
        )
    for name in dose.at:
        if name not in encounters:
            yield Finding(
                "DC117",
                msg("the encounter '{name}' is not one of this arm's encounters", name=name),
                msg("correct the name, or add it to the arm's encounters"),
                dose.where,
                f"{path}.at",
            )
        if (name, dose.area) in in_force:
            yield Finding(
                "DC113",
                msg("two doses are in force at the encounter '{name}'", name=name),
                msg("keep one dose for each encounter and area of an arm"),
                dose.where,
                f"{path}.at",
            )
        in_force.add((name, dose.area))


def _placebos(protocol: Protocol) -> Iterator[Finding]:
    doses = [(f"arms.{a.id}.doses[{n}]", d) for a in (protocol.arms or {}).values() for n, d in enumerate(a.doses)]
    for path, dose in doses:
        if dose.role != "placebo":
            continue
        matched = dose.volume_matched.product if dose.volume_matched else None
        if matched is INVALID:
            continue
        twins = {name for _, other in doses if other.role == "active" and other.product == matched for name in other.at}
        if not matched or not set(dose.at) <= twins:
            yield Finding(
                "DC115",
                msg("this placebo matches no active dose at the same encounters"),
                msg("write volume_matched with the product that another arm or area receives at these encounters"),
                dose.where,
                path,
            )
