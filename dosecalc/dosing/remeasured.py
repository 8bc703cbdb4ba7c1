"""Areas that are measured again at a visit: where that is allowed, and which measurement a dose follows from (R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.dosing.level import rules_behind
from dosecalc.dosing.questions import AREA_MEASURED, Questions
from dosecalc.dosing.result import Warned
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.protocol.dose_rule import Answer, PerArea, PerSite
from dosecalc.protocol.settled import ROLES
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from dosecalc.protocol.dose_rule import AreaMeasured
    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.text import Message


SEVERAL_AREAS = "area-several"
"""Code of the warning that several areas were summed."""


def measured_when(settled: Settled, arms: Sequence[str]) -> AreaMeasured | None:
    """Return when the area is measured that doses of these arms hang on; None where they hang on no area.

    A placebo has the answer of the product that it imitates. Where rules of the arms differ, one that is measured at
    each visit makes it `each_visit`.

    Raises:
        Refusal: DC301, the question is open; DC309, the answer is not one that is possible.
    """
    answers = {Questions(settled).answer(one, AREA_MEASURED) for one in _decisions(settled.protocol, arms)}
    if not answers:
        return None
    return "each_visit" if "each_visit" in answers else "once"


def check_remeasured(settled: Settled, arms: Sequence[str], visits: Sequence[str], known: Collection[str]) -> None:
    """Check that an area may be measured again at each of `visits`; `known` are all visits of the arms.

    Raises:
        Refusal: DC305, the arms have no such visit; DC344, the area is measured once; DC301, DC309, nobody has answered
            when it is measured.
    """
    findings = [_no_visit(visit, arms, known) for visit in visits if visit not in known]
    for decision in _decisions(settled.protocol, arms):
        try:
            if Questions(settled).answer(decision, AREA_MEASURED) == "once":
                findings.append(_once(settled, visits, decision))
        except Refusal as refusal:
            findings.extend(refusal.findings)
    if findings:
        raise Refusal(dict.fromkeys(findings))


def several_areas(protocol: Protocol, arms: Sequence[str]) -> Warned | None:
    """Return the warning that several patches are summed where each participant has several areas; None elsewhere.

    There, several numbers could be meant as one for each area, and the sum of both would be given to one of them (R9).
    """
    if protocol.masking.allocation != "every_arm" or len(protocol.areas) < 2:
        return None
    followed = {
        behind.area
        for arm in arms
        for dose in protocol.arms[arm].doses
        for behind in rules_behind(protocol, dose)
        if isinstance(behind.rule, PerSite | PerArea) and behind.area is not None
    }
    labels = [area.label for name, area in protocol.areas.items() if name in followed]
    if len(labels) != 1:
        return None
    text = msg(
        "several areas are given and summed as patches of the {area}; if one of them is that of another area, leave it "
        "out: the dose follows from the {area} alone",
        area=labels[0],
    )
    return Warned(code=SEVERAL_AREAS, text=text)


def latest_measured(visits: Sequence[str], again: Collection[str]) -> dict[str, str | None]:
    """Return at which visit the area was measured that holds at each of `visits`, which are in their order.

    None stands where it was not measured again by then.
    """
    found: dict[str, str | None] = {}
    latest: str | None = None
    for visit in visits:
        latest = visit if visit in again else latest
        found[visit] = latest
    return found


def no_area_at(visit: str) -> Refusal:
    """The refusal of a dose at a visit before the first one with an area."""
    return refuse(
        "DC310",
        msg("the area is missing at {visit}: a dose there depends on it, and it is measured only later", visit=visit),
        msg("give the area that was measured first (--area, or the column area_cm2), in cm²"),
    )


def _decisions(protocol: Protocol, arms: Sequence[str]) -> Iterator[AreaMeasured | Answer]:
    decisions = [
        behind.rule.area_measured
        for arm in arms
        for dose in protocol.arms[arm].doses
        for behind in rules_behind(protocol, dose)
        if isinstance(behind.rule, PerSite | PerArea)
    ]
    yield from {getattr(one, "answer", one): one for one in decisions}.values()


def _no_visit(visit: str, arms: Sequence[str], known: Collection[str]) -> Finding:
    return Finding(
        "DC305",
        msg("there is no visit '{visit}' in {arms}", visit=visit, arms=", ".join(arms)),
        msg("its visits are: {visits}", visits=", ".join(known)),
        path=visit,
    )


def _once(settled: Settled, visits: Sequence[str], decision: AreaMeasured | Answer) -> Finding:
    if isinstance(decision, Answer):
        mend: Message = msg(
            "leave it out; where it is to be measured at each visit, the {role} can change the answer to {code} in the "
            "site file",
            role=ROLES[settled.protocol.assumptions[decision.answer].confirm_by], code=decision.answer,
        )  # fmt: skip
    else:
        mend = msg("leave it out; the protocol itself says so, and only an amendment of the protocol can change it")
    return Finding(
        "DC344",
        msg(
            "the area is measured once, for all doses, and another one is given for {visits}", visits=", ".join(visits)
        ),
        mend,
        path=visits[0],
    )
