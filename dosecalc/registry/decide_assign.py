"""Which arm a participant is in: from the open dose level, from what the investigator says, or from the list.

Nothing is drawn here. In a masked trial an arm comes from the imported list alone, and goes into the sealed part
without being shown (R15).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dosecalc.dosing.level import levels_of
from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.plan import find_arm
from dosecalc.registry import decide_participant
from dosecalc.registry.decide_participant import check_standing
from dosecalc.registry.event import Draft
from dosecalc.registry.levels import arm_names, open_step, steps
from dosecalc.registry.openness import check_cohort, check_not_held, check_open, check_staggered, other_cohort
from dosecalc.text import msg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from dosecalc.errors import Where
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.levels import Step
    from dosecalc.registry.state import ParticipantState, StudyState

AT_ONCE = 400
"""Participants of an allocation list in one event: what is sealed has one size."""


def assign(
    state: ParticipantState,
    study: StudyState,
    settled: Settled,
    others: Iterable[ParticipantState],
    *,
    arm: str | None,
    at: dt.datetime,
) -> list[Draft]:
    """Assign an arm to an enrolled participant; `study` is read with the key where it is at hand.

    Raises:
        Refusal: DC302, no such arm; DC740, not enrolled; DC743 to DC745, what stands against a level; DC748, an arm is
            assigned already; DC749, in a masked trial an arm is given; DC750, the list does not name the participant,
            was not imported, or has another arm; DC752, the arm's dose level is not decided; DC836, the enrolment was
            for another level.
    """
    check_standing(state, ("enrolled",))
    if state.assigned is not None:
        raise refuse(
            "DC748",
            msg("{code} is assigned already, since {day}", code=state.code, day=state.assigned.isoformat()),
            msg("if that was wrong, correct the record: `participant correct`"),
        )
    if settled.protocol.masking.masked:
        if arm is not None:
            raise refuse(
                "DC749",
                msg("{protocol} is masked: an arm comes from the allocation list alone", protocol=settled.protocol.id),
                msg("leave --arm out; the unblinded pharmacist imports the list: participant assign --list FILE"),
            )
        return _masked(state, study, settled, others, at)
    entry = (study.allocation or {}).get(state.code)
    chosen = _open_arm(state, settled, arm, None if entry is None else entry.get("arm"))
    step = next((each for each in steps(settled.protocol, settled) if each.arm == chosen), None)
    _check_level(state, study, settled, others, step, chosen, at.date())
    public: dict[str, Any] = {"arm": chosen} if step is None else {"arm": chosen, "level": step.level}
    more = {name: entry[name] for name in ("kit", "side") if entry and name in entry}
    return [Draft(kind="assign", at=at, participant=state.code, public=public, sealed=more or None)]


def _masked(
    state: ParticipantState,
    study: StudyState,
    settled: Settled,
    others: Iterable[ParticipantState],
    at: dt.datetime,
) -> list[Draft]:
    """The assignment that the list says, without saying it."""
    if study.allocation is None:
        raise refuse(
            "DC750",
            msg("the allocation list cannot be read: it was not imported, or the key is not at hand"),
            msg("the unblinded pharmacist imports it: participant assign --list FILE, and assigns with the key"),
        )
    entry = study.allocation.get(state.code)
    if entry is None:
        raise refuse(
            "DC750",
            msg("the allocation list does not name {code}", code=state.code),
            msg("check the code, or have the list's next part imported"),
        )
    step = open_step(study, settled)
    check_not_held(study.held(participant=state.code, levels=() if step is None else (step.name, step.level)))
    if step is not None:
        check_cohort(state, step)
    check_staggered(settled, others, state, at.date())
    sealed = dict(entry) if step is None else {**entry, "level": step.level}
    return [Draft(kind="assign", at=at, participant=state.code, sealed=sealed)]


def _open_arm(state: ParticipantState, settled: Settled, arm: str | None, listed: str | None) -> str:
    """The arm of an open trial: as said, or as listed; where both say one, they say the same."""
    if arm is None and listed is None:
        raise refuse(
            "DC750",
            msg("the arm of {code} is missing, and no allocation list names it", code=state.code),
            msg("give it with --arm: {arms}; a list is imported with --list FILE and read with the key",
                arms=", ".join(settled.protocol.arms)),
        )  # fmt: skip
    chosen = find_arm(settled.protocol, arm if arm is not None else listed or "").id
    if listed is not None and listed != chosen:
        raise refuse(
            "DC750",
            msg("the allocation list has another arm for {code}: {listed}", code=state.code, listed=listed),
            msg("leave --arm out, so that the list decides; if the list is wrong, ask whoever made it"),
        )
    return chosen


def _check_level(
    state: ParticipantState,
    study: StudyState,
    settled: Settled,
    others: Iterable[ParticipantState],
    step: Step | None,
    arm: str,
    day: dt.date,
) -> None:
    check_not_held(study.held(participant=state.code, levels=arm_names(settled, arm)))
    if step is not None:
        if state.cohort != step.name:  # who was enrolled while it was open keeps their level
            check_open(study, settled, step)
        check_cohort(state, step)
        check_staggered(settled, others, state, day, step=step)
        return
    if state.cohort in {each.name for each in steps(settled.protocol, settled)}:
        raise other_cohort(state, arm)
    for level in levels_of(settled.protocol, (arm,)):
        if not settled.decided_levels(level.id):
            raise refuse(
                "DC752",
                msg("the dose level of {arm} is not decided yet: {level}", arm=arm, level=level.label),
                msg("write the decision into the site file, under levels, and bring it in with `study amend`"),
            )


def allocation(
    study: StudyState,
    settled: Settled,
    rows: Iterable[tuple[Where, Mapping[str, str]]],
    people: Iterable[ParticipantState] = (),
    *,
    at: dt.datetime,
) -> list[Draft]:
    """Import an allocation list: rows of participant, arm, kit and side, each with its place in the file.

    `people` are the participants, read with the key.

    Raises:
        Refusal: DC739, a code differs from another in capital letters alone; DC929, a line contradicts an assignment;
            DC753, the list names a participant twice, or one that is listed already; DC302, no such arm; DC304, no
            arm; and nobody is listed, or a list of sides alone gives an arm. All of them at once.
    """
    listed: dict[str, dict[str, str]] = {}
    findings: list[Finding] = []
    known = {state.code: state for state in people}
    spelt = {code.casefold(): code for code in (*(study.allocation or {}), *known)}
    for where, row in rows:
        code = row["participant"]
        if (other := spelt.setdefault(code.casefold(), code)) != code:
            findings += [replace(each, where=where) for each in decide_participant.other_case(code, other).findings]
            continue
        if code in listed or code in (study.allocation or {}):
            what = msg("{code} is on the list already", code=code)
            findings.append(Finding("DC753", what, msg("one line for each participant: delete the other one"), where))
            continue
        try:
            listed[code] = _entry(settled, row)
            _check_assigned(known.get(code), listed[code])
        except Refusal as refusal:
            findings += [Finding(each.code, each.what, each.mend, where) for each in refusal.findings]
    if findings:
        raise Refusal(findings)
    if not listed:
        raise refuse("DC753", msg("the list names no participant"), msg("check that it is the right file"))
    codes = list(listed)
    return [
        Draft(
            kind="allocation",
            at=at,
            public={"count": len(part)},
            sealed={"arms": {code: listed[code] for code in part}},
        )
        for part in (codes[first : first + AT_ONCE] for first in range(0, len(codes), AT_ONCE))
    ]


def _check_assigned(state: ParticipantState | None, entry: Mapping[str, str]) -> None:
    """Refuse a line that says otherwise than an assignment that stands."""
    if state is None or state.assigned is None:
        return
    stands = {"arm": state.arm, "kit": state.kit, "side": state.side}
    if differ := [name for name, text in entry.items() if stands[name] not in (None, text)]:
        raise refuse(
            "DC929",
            msg("{code} is assigned already, and the list says otherwise: {names}",
                code=state.code, names=", ".join(differ)),
            msg("check that it is the right list, and ask whoever made it"),
        )  # fmt: skip


def _entry(settled: Settled, row: Mapping[str, str]) -> dict[str, str]:
    protocol = settled.protocol
    arm = row.get("arm", "")
    entry = {name: row[name] for name in ("kit", "side") if row.get(name)}
    if protocol.masking.allocation == "every_arm":
        if arm:
            raise refuse(
                "DC753",
                msg("in {protocol} everyone gets every arm, and the list gives one", protocol=protocol.id),
                msg("leave the column arm empty; which side is the study area stands in the column side"),
            )
        return entry
    if not arm:
        raise refuse("DC304", msg("the arm is missing"), msg("give one of: {arms}", arms=", ".join(protocol.arms)))
    return {"arm": find_arm(protocol, arm).id, **entry}
