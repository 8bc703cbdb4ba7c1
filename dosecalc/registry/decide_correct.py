"""Corrections: a new event says how an earlier one reads, and why. The earlier one stays as it was entered.

What is set passes the same checks as when it was first recorded; what came of it is checked as a whole. A correction is
not taken back: what was taken out is recorded anew, so that it passes the checks of its day.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dosecalc.dosing.area import check_areas, check_method, split_patches
from dosecalc.dosing.weight import check_weight
from dosecalc.errors import Refusal, refuse
from dosecalc.protocol.occurrences import occurrences
from dosecalc.quantity import Quantity, parse_positive, plain
from dosecalc.registry.decide_measure import check_visit
from dosecalc.registry.event import Draft
from dosecalc.registry.fold import facts, public_of
from dosecalc.registry.kind_words import KIND_WORDS
from dosecalc.registry.kinds import KIND_RULES
from dosecalc.registry.plan_of import start_of
from dosecalc.text import Message, msg
from dosecalc.units import unit
from dosecalc.visits.moments import parse_day, parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dosecalc.protocol.model import Protocol
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.event import Event
    from dosecalc.registry.fold import Fact
    from dosecalc.registry.state import ParticipantState

_MOVED = msg("take it out with --void and record it anew")
_ONLY_VOID = frozenset({"assign", "migrate"})
"""An arm is not set here: recorded anew it passes the checks of its level."""


def correct(
    event: Event | None,
    number: int,
    settled: Settled,
    sets: Mapping[str, str],
    *,
    void: bool,
    reason: str | None,
    at: dt.datetime,
    free: Callable[[str], str],
    told: Sequence[Event],
) -> list[Draft]:
    """Correct one event of a participant: `sets` are its keys with their new texts; `void` takes it out as a whole.

    `told` are the events among which the event stands, with their corrections.

    Raises:
        Refusal: DC754, there is no such event, it is no participant's, or a key cannot be set; DC746, nothing changes;
            DC927, it is a correction; DC928, it was taken out; and whatever the reader of a value refuses.
    """
    if event is None:
        raise _no(msg("there is no event {number}", number=number), msg("`participant show` numbers all events"))
    if event.kind in ("book", "move") and not void:
        raise _no(
            msg("nothing can be set in event {number}, which is a booking", number=number),
            msg("move it: visit move {code} {visit} DATETIME; or take it out with --void",
                code=event.participant, visit=event.visit),
        )  # fmt: skip
    if event.kind == "allocation" and not void:
        raise _nothing_to_set(event)
    about = KIND_RULES[event.kind].about
    if event.kind != "allocation" and (event.participant is None or about == "lot"):
        raise _no(
            msg("event {number} is not about a participant", number=number),
            msg("a hold is lifted, a level is opened, staff is recorded anew: each with its own command"),
        )
    if event.kind == "correct":
        raise _not_taken_back(event)
    if event.kind == "unblind" and void:
        raise _no(
            msg("event {number} is an unblinding, and what was told stays told", number=number),
            msg("set what is wrong in it: --set told=NAME or --set reason=TEXT"),
        )
    if void == bool(sets):
        raise _no(
            msg("it is not said what is wrong with event {number}", number=number),
            msg("give --set KEY=VALUE for what it should say, or --void to take it out; not both"),
        )
    now = next((fact for fact in facts(told, None) if fact.event.number == number), None)
    if now is None:
        raise _taken_out(number, told)
    public: dict[str, Any] = {"void": True} if void else {"public": _public(now, settled, sets, free)}
    return [
        Draft(
            kind="correct",
            at=at,
            participant=event.participant,
            visit=event.visit,
            reason=reason,
            corrects=event.number,
            public=public,
        )
    ]


def _not_taken_back(event: Event) -> Refusal:
    if public_of(event).get("void"):
        what = msg("event {number} took out event {taken}, and that is not taken back",
                   number=event.number, taken=event.corrects)  # fmt: skip
        return refuse("DC927", what, msg("record anew what is right, with the command that records it"))
    return refuse(
        "DC927",
        msg("event {number} is a correction, and is not taken back", number=event.number),
        msg("set what is right: participant correct {number} --set KEY=VALUE", number=event.corrects),
    )


def _taken_out(number: int, told: Iterable[Event]) -> Refusal:
    """The refusal to correct what does not count any more."""
    voids = [each.number for each in told
             if each.kind == "correct" and each.corrects == number and public_of(each).get("void")]  # fmt: skip
    return refuse(
        "DC928",
        msg("event {number} was taken out by event {void}", number=number, void=max(voids, default=number)),
        msg("record anew what is right, with the command that records it"),
    )


def check_afterwards(
    before: ParticipantState | None,
    state: ParticipantState | None,
    event: Event,
    protocol: Protocol,
    told: Iterable[Fact],
) -> None:
    """Refuse a correction that leaves a participant in a state that the study does not allow.

    `before` and `state` are how the participant stood and would stand; `told` is what would be on record of them.

    Raises:
        Refusal: DC754; DC816, visits or doses stand on what would be taken out.
    """
    if state is None or before is None:
        return
    _check_stands(before, state, event, protocol, told)
    if not state.consents and (state.enrolled or state.assigned or state.visits or state.start):
        raise _no(
            msg("without event {number} {code} would have no consent", number=event.corrects, code=state.code),
            msg("record the right consent first, then take this one out"),
        )
    if state.enrolled is None and (state.assigned or state.visits):
        raise _no(
            msg("without event {number} {code} would not be enrolled", number=event.corrects, code=state.code),
            msg("set its right date instead: --set date=YYYY-MM-DD"),
        )
    if state.consents and state.enrolled and state.enrolled < min(day for _, day in state.consents):
        raise _no(
            msg("{code} would be enrolled before the consent", code=state.code),
            msg("check both dates; correct the one that is wrong"),
        )


def _check_stands(
    before: ParticipantState, state: ParticipantState, event: Event, protocol: Protocol, told: Iterable[Fact]
) -> None:
    """Refuse to take out what visits that took place, or doses, stand on; its date can be set right all the same."""
    told = list(told)
    doses = {fact.event.visit: fact.event.number for fact in told if fact.event.kind == "prepare"}
    if before.assigned and not state.assigned and doses:
        raise refuse(
            "DC816",
            msg("event {number} is the arm of {code}, and a dose was prepared for {visits}",
                number=event.corrects, code=state.code, visits=", ".join(map(str, doses))),
            msg("a dose that is still in the pharmacy is taken out first: participant correct {prepared} --void; what "
                "was handed out stays on record, so tell the investigator", prepared=max(doses.values())),
        )  # fmt: skip
    booked = [each.visit for each in state.visits.values() if each.booked and not each.attended]
    if booked and start_of(protocol, before) and not start_of(protocol, state):
        raise refuse(
            "DC816",
            msg("event {number} is the start of {code}, and visits are booked: {visits}",
                number=event.corrects, code=state.code, visits=", ".join(booked)),
            msg("set the right date instead: participant correct {number} --set when={date} --reason WHY; or cancel "
                "the bookings first", number=event.corrects, date=_form(start_of(protocol, before))),
        )  # fmt: skip
    planned = {name for encounter in protocol.encounters.values() for name, _ in occurrences(encounter)}
    visits = [each.visit for each in state.visits.values() if each.attended and each.visit in planned]
    visits += [visit for visit in doses if visit is not None and visit not in visits]
    if not visits:
        return
    lost = (
        ("date", before.consents, state.consents, msg("consent")),
        ("date", before.enrolled, state.enrolled, msg("enrolment")),
        ("when", start_of(protocol, before), start_of(protocol, state), msg("start")),
    )
    for key, had, has, what in lost:
        if had and not has:
            mend = msg("set the right date instead: participant correct {number} --set {key}={date} --reason WHY",
                       number=event.corrects, key=key, date=_form(had))  # fmt: skip
            raise refuse(
                "DC816",
                msg("event {number} is the {what} of {code}, and visits took place or doses were prepared: {visits}",
                    number=event.corrects, what=what, code=state.code, visits=", ".join(visits)),
                mend,
            )  # fmt: skip


def _form(had: object) -> str:
    """How a date is written in the place of one that stands."""
    return "YYYY-MM-DDTHH:MM" if isinstance(had, dt.datetime) else "YYYY-MM-DD"


def _public(now: Fact, settled: Settled, sets: Mapping[str, str], free: Callable[[str], str]) -> dict[str, Any]:
    event, before = now.event, now.public
    rule = KIND_RULES[event.kind]
    known = [name.rstrip("?") for name in rule.public] + (["reason"] if rule.reason else [])
    if event.kind in _ONLY_VOID:
        raise _nothing_to_set(event)
    changed: dict[str, Any] = {}
    for name, text in sets.items():
        if name not in known:
            raise _no(
                msg("event {number} ({kind}) has no '{name}'",
                    number=event.number, kind=KIND_WORDS[event.kind], name=name),
                msg("it has: {names}", names=", ".join(known)),
            )  # fmt: skip
        changed[name] = _value(event, before, settled, name, text, free)
    same = all((now.reason if name == "reason" else before.get(name)) == value for name, value in changed.items())
    if same:
        raise refuse(
            "DC746",
            msg("event {number} says so already", number=event.number),
            msg("nothing has to be done"),
        )
    return changed


def _value(
    event: Event, before: Mapping[str, Any], settled: Settled, name: str, text: str, free: Callable[[str], str]
) -> Any:
    """A new value, read as it was when the event was recorded."""
    protocol = settled.protocol
    match name:
        case "date":
            return parse_day(text).isoformat()
        case "when":
            moment = parse_moment(text, settled.timezone)
            if ("T" in str(before.get(name, ""))) != ("T" in moment.isoformat()):
                raise _no(
                    msg("event {number} holds {before}, and {text} is of another form",
                        number=event.number, before=before.get(name, "-"), text=text),
                    msg("write a time where there was one, and a date where there was one"),
                )  # fmt: skip
            return moment.isoformat()
        case "values" if before.get("what") == "weight":
            return [plain(check_weight(Quantity(parse_positive(text), unit("kg")))[0].value)]
        case "values":
            patches = split_patches(text)
            check_areas(patches)
            return [plain(each) for each in patches]
        case "method":
            return check_method(text, settled.site)
        case "visit":
            return check_visit(protocol, text)
        case "form" | "by" | "reason" | "outside_window" | "to" | "told":
            return _free(event, name, text, free)
        case _:
            raise _no(msg("'{name}' of event {number} cannot be set", name=name, number=event.number), _MOVED)


def _free(event: Event, name: str, text: str, free: Callable[[str], str]) -> str:
    if not text.strip():
        raise _no(msg("'{name}' of event {number} would be empty", name=name, number=event.number), msg("write it out"))
    return free(text.strip())


def _no(what: Message, mend: Message) -> Refusal:
    return refuse("DC754", what, mend)


def _nothing_to_set(event: Event) -> Refusal:
    return _no(
        msg("nothing can be set in event {number} ({kind})", number=event.number, kind=KIND_WORDS[event.kind]), _MOVED
    )
