"""Whether a dose may be kept as prepared, checked, handed out and given: drafts of events, or every reason against it.

What is refused here is told to people who hold the key; what a masked person is told stands in `give` alone (R15).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding, Refusal, refuse
from dosecalc.registry.decide_lots import find_lot, too_few
from dosecalc.registry.dose_order import goes_with
from dosecalc.registry.event import Draft
from dosecalc.registry.kept_sheet import stop_by_of
from dosecalc.registry.lot_text import pack
from dosecalc.registry.may_dose import no_longer_treated
from dosecalc.text import msg
from dosecalc.visits.moments import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dosecalc.registry.lots import DoseState, Supplies
    from dosecalc.registry.state import ParticipantState, VisitState

_LEAST = Decimal("0.001")
"""The least part of a dose that anybody gives; less was mistyped."""


def check_not_prepared(known: Supplies, participant: str, visit: str) -> None:
    """Refuse a second preparation of a visit.

    Raises:
        Refusal: DC775.
    """
    before = known.doses.get((participant, visit))
    if before is not None:
        raise refuse(
            "DC775",
            msg("{visit} of {code} is prepared already (event {number})",
                visit=visit, code=participant, number=before.prepared),
            msg("use that preparation; or, if it was wrong and has not been handed out, prepare with --again and "
                "--reason, which declares it void"),
        )  # fmt: skip


def void(known: Supplies, participant: str, visit: str, reason: str, at: dt.datetime) -> list[Draft]:
    """Declare the preparation of a visit void, so that it can be made again; its vials are in stock again.

    Raises:
        Refusal: DC775, nothing is prepared, or it was handed out.
    """
    before = known.doses.get((participant, visit))
    if before is None:
        raise refuse(
            "DC775",
            msg("nothing is prepared for {visit} of {code}", visit=visit, code=participant),
            msg("leave --again out"),
        )
    if before.dispensed is not None or before.administered is not None or before.returned:
        raise refuse(
            "DC775",
            msg("what was prepared for {visit} of {code} has left the pharmacy", visit=visit, code=participant),
            msg("a dose is given once; if it came back, record it with `ip return`, and ask the investigator"),
        )
    return [
        Draft(
            kind="correct",
            at=at,
            participant=participant,
            visit=visit,
            reason=reason,
            corrects=before.prepared,
            public={"void": True},
        )
    ]


def prepare(
    known: Supplies,
    participant: str,
    visit: str,
    document: Mapping[str, Any],
    lots: Mapping[str, int],
    at: dt.datetime,
    *,
    masked: bool = True,
) -> list[Draft]:
    """Keep a worksheet; `lots` are the vials that it takes.

    Its lots, and until when it may be used, can tell the product: only in an open trial (`masked` false) all know them.

    Raises:
        Refusal: DC771, it is a draft (R8); DC777, a lot has too few vials.
    """
    findings = drafts(document["draft_because"])
    for name, vials in lots.items():
        lot = find_lot(known, name)
        if vials > lot.left:
            findings.append(too_few(lot, vials, msg("in stock"), lot.left))
    if document["release"] != "released" and not findings:
        findings.append(Finding("DC771", msg("this is a draft, which nobody may give (R8)"), msg("prepare it anew")))
    if findings:
        raise Refusal(findings)
    limit = stop_by_of(document)
    return [
        Draft(
            kind="prepare",
            at=at,
            participant=participant,
            visit=visit,
            public={"date": document["on"], **({} if masked else _told(lots, limit))},
            sealed={"worksheet": pack(document), "digest": document["digest"], "lots": dict(lots)},
        )
    ]


def _told(lots: Iterable[str], limit: dt.datetime | None) -> dict[str, Any]:
    """What whoever gives a dose of an open trial may know, so that it is not given when it must not be."""
    return {"lots": sorted(lots)} if limit is None else {"lots": sorted(lots), "stop_by": limit.isoformat()}


def drafts(reasons: Iterable[object]) -> list[Finding]:
    """Why a draft is not recorded as prepared, reason by reason (R8)."""
    return [
        Finding(
            "DC771",
            msg("this would be a draft, which nobody may give (R8): {reason}", reason=reason),
            msg("have it confirmed in the site file or the stock file, by whoever answers for it"),
        )
        for reason in reasons
    ]


def check(dose: DoseState, record: Mapping[str, Any], checker: str, at: dt.datetime) -> list[Draft]:
    """Keep the second person's check of a worksheet, whatever it found (R14).

    Raises:
        Refusal: DC665, the checker prepared it; DC778, it was made for another worksheet, or it was handed out already.
    """
    check_checker(dose, checker)
    if record["worksheet_digest"] != dose.digest:
        raise refuse(
            "DC778",
            msg("the dose was prepared anew while it was being checked"),
            msg("check the new worksheet"),
        )
    _check_in_pharmacy(dose)
    if early := _too_early(dose, at):
        raise Refusal([early])
    return [
        Draft(
            kind="check",
            at=at,
            participant=dose.participant,
            visit=dose.visit,
            public={"agreed": record["result"] == "agreed"},
            sealed={"digest": dose.digest, "record": pack(record)},
        )
    ]


def check_checker(dose: DoseState, checker: str) -> None:
    """Refuse a check by whoever prepared the dose (R14).

    Raises:
        Refusal: DC665.
    """
    if _name(dose.preparer) == _name(checker):
        raise refuse(
            "DC665",
            msg("'{name}' prepared this dose, and nobody checks their own work", name=checker),
            msg("have a second person check it, from their own account"),
        )


def _name(user: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFKC", user).strip().casefold()


def _check_in_pharmacy(dose: DoseState) -> None:
    if dose.dispensed is not None or dose.administered is not None:
        raise refuse(
            "DC779",
            msg("the dose for {visit} of {code} was handed out already (event {number})",
                visit=dose.visit, code=dose.participant, number=dose.dispensed or dose.administered),
            msg("check code and visit; a dose is handed out once"),
        )  # fmt: skip
    if dose.returned:
        raise refuse(
            "DC779",
            msg("vials of the dose for {visit} of {code} were returned", visit=dose.visit, code=dose.participant),
            msg("what was returned is not given to anybody; ask the investigator"),
        )


def _too_early(dose: DoseState, at: dt.datetime) -> Finding | None:
    """What is wrong where a step would come before the one before it: prepared, checked, handed out, given."""
    since = dt.datetime.fromisoformat(dose.since)
    if at >= since:
        return None
    return Finding(
        "DC779",
        msg("the last step of the dose for {visit} of {code} was at {time}, after this one",
            visit=dose.visit, code=dose.participant, time=since.astimezone(at.tzinfo).isoformat(" ", "minutes")),
        msg("check the time after --at; a dose is prepared, checked, handed out and given in this order"),
    )  # fmt: skip


def dispense(dose: DoseState, to: str, at: dt.datetime, stop_by: dt.datetime | None = None) -> list[Draft]:
    """Hand a dose out, after a second person agreed, and before the time after thawing is over (R11).

    Raises:
        Refusal: DC778, nobody has checked it, or the check did not agree; DC779, it was handed out, or it is too late;
            DC812, it was prepared for another day.
    """
    _check_in_pharmacy(dose)
    code, visit = dose.participant, dose.visit
    if dose.checked is None:
        raise refuse(
            "DC778",
            msg("nobody has checked the dose for {visit} of {code} yet", visit=visit, code=code),
            msg("have a second person check it: `ip check {code} {visit}`", code=code, visit=visit),
        )
    if not dose.agreed:
        raise refuse(
            "DC778",
            msg("the check of the dose for {visit} of {code} did not agree (event {number})",
                visit=visit, code=code, number=dose.checked),
            msg("find out who was wrong; prepare it anew, or have it checked again: `ip check {code} {visit}`",
                code=code, visit=visit),
        )  # fmt: skip
    if early := _too_early(dose, at):
        raise Refusal([early])
    if (day := at.date().isoformat()) != dose.on:
        raise refuse(
            "DC812",
            msg("the dose for {visit} of {code} was prepared for {on}, not for {day}",
                visit=visit, code=code, on=dose.on, day=day),
            msg("prepare it anew: `ip prepare {code} {visit} --again --reason …`", code=code, visit=visit),
        )  # fmt: skip
    if stop_by is not None and at > stop_by:
        raise refuse(
            "DC779",
            msg("the dose for {visit} of {code} had to be used by {time} (R11)",
                visit=visit, code=code, time=stop_by.isoformat(" ", "minutes")),
            msg("do not hand it out; record the time with --at if it was handed out earlier"),
        )  # fmt: skip
    return [
        Draft(
            kind="dispense",
            at=at,
            participant=code,
            visit=visit,
            public={"when": at.isoformat(), "to": to},
            sealed={"digest": dose.digest, "lots": dict(dose.lots or {})},
        )
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """How a dose was given."""

    by: str
    part: Decimal | None = None
    reason: str | None = None


def give(
    dose: DoseState,
    state: ParticipantState,
    given: Given,
    at: dt.datetime,
    stopped: Iterable[Finding] = (),
) -> list[Draft]:
    """Record that a dose was given, or a part of it; nothing here depends on what is sealed (R15).

    `stopped` is what stood against it at that time, as far as the person may know. What was given before that, or
    before the treatment ended, stays a fact that is recorded.

    Raises:
        Refusal: DC779, it was not handed out; DC780, it was given already, the part is none or has no reason, or the
            visit was missed; DC811, the visit took place on another day; DC772, the participant is no
            longer treated; what stopped it.
    """
    findings = list(_given_wrongly(dose, state.visits.get(dose.visit), given, at))
    if state.standing == "screen_failure" or _after_the_end(state, at):
        findings.append(no_longer_treated(state))
    findings += stopped
    if findings:
        raise Refusal(findings)
    part = {} if given.part is None else {"part": format(given.part, "f")}
    return [
        Draft(
            kind="administer",
            at=at,
            participant=dose.participant,
            visit=dose.visit,
            reason=given.reason,
            public={"when": at.isoformat(), "by": given.by, **part},
            sealed=None if dose.digest is None else {"digest": dose.digest},
        )
    ]


def _came_back(dose: DoseState, given: Given) -> Finding | None:
    """Why a dose is not given of which something came back to the pharmacy; alike for every arm (R15)."""
    said = {"visit": dose.visit, "code": dose.participant, "number": dose.came_back}
    if dose.back_whole:
        return Finding(
            "DC924",
            msg("the dose for {visit} of {code} came back to the pharmacy (event {number}): there is nothing to give",
                **said),
            msg("do not give it, ask the pharmacy; if it was given before that, the pharmacy first declares the "
                "return void: `ip void {number} --reason WHY`", number=dose.came_back),
        )  # fmt: skip
    if dose.came_back is None or given.part is not None:
        return None
    return Finding(
        "DC924",
        msg("some of the dose for {visit} of {code} came back to the pharmacy (event {number}): it cannot be given "
            "whole", **said),
        msg("ask the pharmacy and the investigator; record what was given with --part and --reason"),
    )  # fmt: skip


def _after_the_end(state: ParticipantState, at: dt.datetime) -> bool:
    """Whether the treatment had ended by then: on that day by the time, where the end has one."""
    if state.ended is None or at.date() < state.ended:
        return False
    return at.date() > state.ended or (state.ended_at is not None and at > state.ended_at)


def _given_wrongly(dose: DoseState, visit: VisitState | None, given: Given, when: dt.datetime) -> Iterator[Finding]:
    code, at = dose.participant, dose.visit
    if dose.administered is not None:
        yield Finding(
            "DC780",
            msg("the dose for {visit} of {code} was given already (event {number})",
                visit=at, code=code, number=dose.administered),
            msg("check code and visit; a dose is given once"),
        )  # fmt: skip
    elif dose.dispensed is None:
        yield Finding(
            "DC779",
            msg("the dose for {visit} of {code} was not handed out yet", visit=at, code=code),
            msg("the pharmacy records it with `ip dispense {code} {visit}`", code=code, visit=at),
        )
    elif early := _too_early(dose, when):
        yield early
    if dose.administered is None and (back := _came_back(dose, given)):
        yield back
    if visit is not None and visit.missed is not None:
        yield Finding(
            "DC780",
            msg("{visit} of {code} is on record as missed", visit=at, code=code),
            msg("correct the visit first, if it took place"),
        )
    if visit is not None and visit.attended is not None and not goes_with(dose, day := local_day(visit.attended), when):
        yield Finding(
            "DC811",
            msg("{visit} of {code} took place on {day}, and its dose would have been given on {other}",
                visit=at, code=code, day=day, other=when.date()),
            msg("check the time after --at; if the day of the visit is wrong, correct it first"),
        )  # fmt: skip
    if given.part is None:
        return
    if not _LEAST <= given.part < 1:
        yield Finding(
            "DC780",
            msg("{part} is not a part of a dose", part=format(given.part, "f")),
            msg("write for example --part 0.5 for half of it; leave --part out where all of it was given"),
        )
    if given.reason is None:
        yield Finding(
            "DC780",
            msg("only a part of the dose was given, and nobody says why"),
            msg("give --reason; masked people read it, so name no arm and no product"),
        )
