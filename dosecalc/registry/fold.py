"""Events → state. Nothing else is a source of today's state, so that it can always be derived again.

Corrections are applied here: the event that is corrected stays as it is, and reads as corrected. A correction's parts
replace the keys that they name; `void` takes the whole event out; the last correction counts, and a correction can be
corrected, too.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dosecalc.registry.chain import about
from dosecalc.registry.outside import impossible
from dosecalc.registry.state import Hold, ParticipantState, StudyState, Version, VisitState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dosecalc.registry.event import Event, Kind
    from dosecalc.registry.sealing import Key


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """An event as it reads today. `sealed` is None where there is nothing sealed, or the key is not at hand."""

    event: Event
    public: Mapping[str, Any]
    sealed: Mapping[str, Any] | None
    reason: str | None
    corrected_by: tuple[int, ...] = ()

    @property
    def at(self) -> dt.datetime:
        """When it happened, at the site."""
        return dt.datetime.fromisoformat(self.event.at_local)


def public_of(event: Event) -> dict[str, Any]:
    """Return what everyone may read of an event, as it was entered."""
    public: dict[str, Any] = json.loads(event.public)
    return public


def sealed_of(event: Event, key: Key | None) -> dict[str, Any] | None:
    """Return what is sealed in an event, as it was entered; None without the key, or where nothing is.

    Raises:
        Refusal: DC721, it does not open.
    """
    if key is None or event.sealed is None:
        return None
    from dosecalc.registry.sealing import open_sealed

    place = about(event.number, event.kind, event.participant, event.visit)
    opened: dict[str, Any] = json.loads(open_sealed(key, event.sealed, place))
    return opened


def facts(events: Iterable[Event], key: Key | None) -> Iterator[Fact]:
    """Yield the events as they read today: corrected, without what was taken out and without the corrections."""
    listed = list(events)
    corrections: dict[int, list[Event]] = {}
    for event in listed:
        if event.kind == "correct" and event.corrects is not None:
            corrections.setdefault(event.corrects, []).append(event)
    for event in listed:
        if event.kind != "correct" and (fact := _read(event, corrections, key)) is not None:
            yield fact


def _read(event: Event, corrections: Mapping[int, list[Event]], key: Key | None) -> Fact | None:
    """One event as it reads today; None where it was taken out."""
    fact = Fact(event=event, public=public_of(event), sealed=sealed_of(event, key), reason=event.reason)
    for each in corrections.get(event.number, ()):
        correction = _read(each, corrections, key)  # a correction comes after what it corrects: no circle
        if correction is None:
            continue
        if correction.public.get("void"):
            return None
        changed = {**correction.public.get("public", {})}
        reason = changed.pop("reason", fact.reason)
        sealed = {**(fact.sealed or {}), **(correction.sealed or {}).get("sealed", {})}
        fact = replace(
            fact,
            public={**fact.public, **changed},
            sealed=sealed or None,
            reason=reason,
            corrected_by=(*fact.corrected_by, each.number),
        )
    return fact


def moment(text: str) -> dt.date | dt.datetime:
    """Read a date or an aware time as events hold them."""
    return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)


@dataclass
class _Participant:
    """A participant while the events are read."""

    state: ParticipantState
    visits: dict[str, VisitState] = field(default_factory=dict)

    def set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)

    def visit(self, fact: Fact, **changes: Any) -> None:
        name = fact.event.visit
        assert name is not None, "an event of a visit names it"
        before = self.visits.get(name, VisitState(visit=name))
        self.visits[name] = replace(before, **changes)


def fold_participant(events: Iterable[Event], key: Key | None) -> ParticipantState | None:
    """Return how one participant stands after these events (theirs, in order); None where nothing was recorded."""
    folded: _Participant | None = None
    for fact in facts(events, key):
        if folded is None:
            code = fact.event.participant
            assert code is not None, "an event of a participant names them"
            sha = fact.event.protocol_sha256
            folded = _Participant(ParticipantState(code=code, standing="consented", protocol_sha256=sha))
        step = _STEPS.get(fact.event.kind)
        if step is not None:
            step(folded, fact)
    return None if folded is None else replace(folded.state, visits=folded.visits)


def _consent(one: _Participant, fact: Fact) -> None:
    consent = (fact.public["form"], dt.date.fromisoformat(fact.public["date"]))
    one.set(consents=(*one.state.consents, consent), language=fact.public.get("language", one.state.language))


def _enrol(one: _Participant, fact: Fact) -> None:
    day = dt.date.fromisoformat(fact.public["date"])
    one.set(standing="enrolled", enrolled=day, cohort=fact.public.get("cohort"))


def _screen_failure(one: _Participant, fact: Fact) -> None:
    _end(one, fact, standing="screen_failure", screen_failure=fact.reason or "")


def _end(one: _Participant, fact: Fact, **changes: Any) -> None:
    day = dt.date.fromisoformat(fact.public["date"])
    one.set(ended=day, ended_at=fact.at if fact.at.date() == day else None, **changes)


def _assign(one: _Participant, fact: Fact) -> None:
    known = {**fact.public, **(fact.sealed or {})}
    one.set(
        arm=known.get("arm"),
        kit=known.get("kit"),
        side=known.get("side"),
        level=known.get("level"),
        assigned=fact.at.date(),
        assigned_by=fact.event.user,
    )


def _measure(one: _Participant, fact: Fact) -> None:
    record = {name: fact.public[name] for name in ("values", "unit", "method", "by", "date") if name in fact.public}
    if fact.public["what"] == "weight":
        one.set(weight=record)
    else:
        one.set(areas={**one.state.areas, fact.public.get("visit"): record})


def _anchor(one: _Participant, fact: Fact) -> None:
    name, when = fact.public["name"], moment(fact.public["when"])
    if name == "start":
        one.set(start=when)
    else:
        one.set(anchors={**one.state.anchors, name: when})


def _migrate(one: _Participant, fact: Fact) -> None:
    one.set(protocol_sha256=fact.public["protocol_sha256"])


def _discontinue(one: _Participant, fact: Fact) -> None:
    _end(one, fact, standing="discontinued")


def _withdraw(one: _Participant, fact: Fact) -> None:
    _end(one, fact, standing="withdrawn")


def _unblind(one: _Participant, _fact: Fact) -> None:
    one.set(unblinded=True)


def _prefer(one: _Participant, fact: Fact) -> None:
    one.set(weekdays=tuple(fact.public["weekdays"]))


def _book(one: _Participant, fact: Fact) -> None:
    when = dt.datetime.fromisoformat(fact.public["when"])
    signed = {code: int(passed) if passed else None for code, passed in fact.public.get("limits", {}).items()}
    outside = fact.public.get("outside_window")
    one.visit(fact, booked=when, outside_window=outside, signed=signed, missed=None, cancelled=False)


def _attend(one: _Participant, fact: Fact) -> None:
    one.visit(fact, attended=moment(fact.public["when"]), missed=None)


def _miss(one: _Participant, fact: Fact) -> None:
    one.visit(fact, missed=fact.reason or "", booked=None, outside_window=None)


def _cancel(one: _Participant, fact: Fact) -> None:
    one.visit(fact, booked=None, outside_window=None, cancelled=True)


def _administer(one: _Participant, fact: Fact) -> None:
    when = dt.datetime.fromisoformat(fact.public["when"])
    one.visit(fact, given=when.date(), given_at=when)


_STEPS: dict[str, Callable[[_Participant, Fact], None]] = {
    "consent": _consent,
    "enrol": _enrol,
    "screen_failure": _screen_failure,
    "assign": _assign,
    "measure": _measure,
    "anchor": _anchor,
    "migrate": _migrate,
    "discontinue": _discontinue,
    "withdraw": _withdraw,
    "unblind": _unblind,
    "prefer": _prefer,
    "book": _book,
    "move": _book,
    "attend": _attend,
    "miss": _miss,
    "cancel": _cancel,
    "unscheduled": _attend,
    "administer": _administer,
}

STUDY_KINDS: tuple[Kind, ...] = ("init", "staff", "amend", "allocation", "open_level", "hold", "lift")
"""The kinds of events that `fold_study` reads, with their corrections: see `Reading.of_study`."""


def fold_study(events: Iterable[Event], key: Key | None) -> StudyState:
    """Return how the study as a whole stands after these events (at least those of `Reading.of_study`, in order).

    Raises:
        Refusal: DC823, the first event is not that of a study.
    """
    study: StudyState | None = None
    for fact in facts(events, key):
        if fact.event.kind == "init":
            study = _begin(fact)
        elif study is None:
            raise impossible(fact.event.number)
        else:
            study = _study_step(study, fact)
    if study is None:
        raise impossible(1)
    return study


def _begin(fact: Fact) -> StudyState:
    text = fact.public["protocol_text"]
    version = Version(
        number=fact.event.number,
        protocol_version=fact.public["protocol_version"],
        protocol_sha256=_digest(text),
        protocol_text=text,
        site_text=fact.public["site_text"],
    )
    return StudyState(protocol=fact.public["protocol"], key_id=fact.public["key_id"], versions=(version,))


def _study_step(study: StudyState, fact: Fact) -> StudyState:
    public = fact.public
    match fact.event.kind:
        case "staff":
            return replace(study, staff={**study.staff, public["user"]: public.get("role")})
        case "amend":
            return replace(study, versions=(*study.versions, _amended(study, fact)))
        case "open_level":
            return replace(study, opened=(*study.opened, (public["level"], public.get("arm"))))
        case "hold":
            hold = Hold(
                scope=public["scope"],
                target=public.get("target"),
                reason=fact.reason or "",
                number=fact.event.number,
                since=fact.at,
            )
            return replace(study, holds=(*study.holds, hold))
        case "lift":
            meant = (public["scope"], public.get("target"))
            return replace(study, holds=tuple(h for h in study.holds if (h.scope, h.target) != meant))
        case "allocation":
            arms = {} if fact.sealed is None else fact.sealed["arms"]
            known = None if fact.sealed is None else {**(study.allocation or {}), **arms}
            return replace(study, allocated=study.allocated + public["count"], allocation=known)
        case _:
            return study


def _amended(study: StudyState, fact: Fact) -> Version:
    text = fact.public["protocol_text"]
    return Version(
        number=fact.event.number,
        protocol_version=fact.public["protocol_version"],
        protocol_sha256=_digest(text),
        protocol_text=text,
        site_text=fact.public.get("site_text", study.versions[-1].site_text),
        effective=dt.date.fromisoformat(fact.public["effective"]),
        reconsent=bool(fact.public["reconsent"]),
        urgent=bool(fact.public["urgent"]),
    )


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()
