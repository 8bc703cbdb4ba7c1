"""What a person may see of a participant and of an event, and its JSON (R15).

Use `participant_shape(state, view)`, `list_shape(states, view)` and `event_shape(event, view)` for whatever is shown;
states are folded with `view.key`. What a masked person gets passes through `MaskedParticipant` or `MaskedEvent`, which
have no room for an arm, a kit, a side, a level, a ciphertext, or a digest over one.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dosecalc.registry.fold import sealed_of
from dosecalc.shapes import moment as _iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dosecalc.registry.event import Event, Kind
    from dosecalc.registry.rights import View
    from dosecalc.registry.state import ParticipantState, Standing, VisitState

_TELLING = ("arm", "kit", "side", "level")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskedParticipant:
    """A participant as everyone may see them. No field can tell an arm."""

    code: str
    standing: Standing
    protocol_sha256: str
    consents: tuple[tuple[str, dt.date], ...]
    enrolled: dt.date | None
    cohort: str | None
    assigned: dt.date | None
    start: dt.date | dt.datetime | None
    anchors: Mapping[str, dt.date | dt.datetime]
    areas: Mapping[str | None, Mapping[str, Any]]
    weight: Mapping[str, Any] | None
    visits: Mapping[str, VisitState]
    unblinded: bool
    held: str | None
    screen_failure: str | None
    ended: dt.date | None
    weekdays: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskedEvent:
    """An event as everyone may see it: without its sealed part, and without the hash over that."""

    number: int
    kind: Kind
    participant: str | None
    visit: str | None
    at: str
    entered_at: str
    user: str
    role: str
    reason: str | None
    corrects: int | None
    program: str
    protocol_sha256: str
    public: Mapping[str, Any]
    public_hash: str


def masked_participant(state: ParticipantState) -> MaskedParticipant:
    """Return what everyone may see of a participant."""
    return MaskedParticipant(**{each.name: getattr(state, each.name) for each in fields(MaskedParticipant)})


def masked_event(event: Event) -> MaskedEvent:
    """Return what everyone may see of an event; `at` is the site's time."""
    own = {each.name: getattr(event, each.name) for each in fields(MaskedEvent)}
    return MaskedEvent(**{**own, "at": event.at_local, "public": _public(event, masked=True)})


def participant_shape(state: ParticipantState, view: View) -> dict[str, Any]:
    """Return the JSON of a participant; keys that have no meaning yet are null."""
    seen = masked_participant(state)
    shape = {
        "participant": seen.code,
        "standing": seen.standing,
        "protocol_sha256": seen.protocol_sha256,
        "consents": [{"form": form, "date": day.isoformat()} for form, day in seen.consents],
        "enrolled": _iso(seen.enrolled),
        "cohort": seen.cohort,
        "assigned": _iso(seen.assigned),
        "start": _iso(seen.start),
        "anchors": {name: when.isoformat() for name, when in sorted(seen.anchors.items())},
        "areas": [{"visit": visit, **area} for visit, area in seen.areas.items()],
        "weight": seen.weight,
        "visits": [_visit(each) for each in seen.visits.values()],
        "unblinded": seen.unblinded,
        "held": seen.held,
        "screen_failure": seen.screen_failure,
        "ended": _iso(seen.ended),
        "weekdays": list(seen.weekdays),
    }
    return shape | _arm(state, view)


def list_shape(states: Iterable[ParticipantState], view: View) -> list[dict[str, Any]]:
    """Return the JSON of a list of participants, in the order of their codes."""
    return [
        {
            "participant": state.code,
            "standing": state.standing,
            "enrolled": _iso(state.enrolled),
            "start": _iso(state.start),
            "unblinded": state.unblinded,
            "held": state.held,
            **_arm(state, view),
        }
        for state in sorted(states, key=lambda each: each.code)
    ]


def event_shape(event: Event, view: View) -> dict[str, Any]:
    """Return the JSON of an event. The long texts of a protocol and a site file are their digests here.

    When it happened and when it was entered stand there at the site (`at`, `entered_at_local`) and in UTC (`at_utc`,
    `entered_at`).

    Raises:
        Refusal: DC721, what is sealed does not open with the key.
    """
    seen = masked_event(event)
    shape: dict[str, Any] = {each.name: getattr(seen, each.name) for each in fields(MaskedEvent)}
    entered = dt.datetime.fromisoformat(event.entered_at).astimezone(ZoneInfo(view.zone))
    shape |= {"at_utc": event.at, "entered_at_local": entered.isoformat()}
    if view.masked:
        return shape
    shape["public"] = _public(event, masked=False)
    sealed = sealed_of(event, view.key)
    if sealed is not None:
        shape["sealed"] = sealed
    return shape | {"hash": event.hash}


def said_by(event: Event, view: View, start: str) -> list[str]:
    """What an event says, as KEY=VALUE: as `participant correct --set` takes it, where it can be set.

    `start` is what the protocol calls the start that visits count from, and the commands with it.

    Raises:
        Refusal: DC721, what is sealed does not open with the key.
    """
    public = _public(event, masked=view.masked)
    if event.kind == "correct":
        public = {**public.get("public", {}), **({"void": True} if public.get("void") else {})}
    if event.kind == "anchor" and public["name"] == "start":
        public["name"] = start
    if event.kind in ("assign", "unblind") and not view.masked:
        public |= sealed_of(event, view.key) or {}
    said = [name if value is True else f"{name}={_plain(value)}" for name, value in public.items()]
    return said if event.reason is None else [*said, f"reason={event.reason}"]


def _plain(value: Any) -> str:
    """A value as people type it: times without seconds and offset, patches with semicolons."""
    if isinstance(value, list):
        return ";".join(map(_plain, value))
    if isinstance(value, dict):
        return ";".join(f"{name}:{_plain(inner)}" for name, inner in value.items())
    text = str(value)
    return text[:16] if _TIME.match(text) else text


def _arm(state: ParticipantState, view: View) -> dict[str, Any]:
    """What only the unmasked see; no key of it stands there for the masked."""
    if view.masked:
        return {}
    return {name: getattr(state, name) for name in _TELLING}


def _public(event: Event, *, masked: bool) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(event.public)
    for name in ("protocol_text", "site_text"):
        if name in public:
            public[name.replace("text", "text_sha256")] = sha256(public.pop(name).encode()).hexdigest()
    if masked and event.kind in ("assign", "correct"):
        # In an open protocol an assignment says its arm openly; what masked people see has no room for one.
        return {name: _untold(value) for name, value in _untold(public).items()}
    return public


def _untold(value: Any) -> Any:
    return {name: inner for name, inner in value.items() if name not in _TELLING} if isinstance(value, dict) else value


def _visit(visit: VisitState) -> dict[str, Any]:
    return {
        "visit": visit.visit,
        "booked": _iso(visit.booked),
        "outside_window": visit.outside_window,
        "attended": _iso(visit.attended),
        "missed": visit.missed,
    }
