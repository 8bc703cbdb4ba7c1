"""Today's state of a study, derived from its events and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

Standing = Literal["consented", "enrolled", "screen_failure", "discontinued", "withdrawn"]
VisitStanding = Literal["planned", "booked", "done", "missed", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitState:
    """What is known of one visit of one participant; dates without an offset are the site's days."""

    visit: str
    booked: dt.datetime | None = None
    outside_window: str | None = None
    attended: dt.datetime | dt.date | None = None
    missed: str | None = None
    """Why it was missed."""
    sequence: int = 0
    """How often its calendar item changed (SEQUENCE, RFC 5545)."""
    changed: dt.datetime | None = None
    """When it last changed (DTSTAMP)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParticipantState:
    """One participant. `arm`, `kit` and `side` are None for those who cannot open what is sealed."""

    code: str
    standing: Standing
    protocol_sha256: str
    """The version that they consented to (and were migrated to)."""
    consents: tuple[tuple[str, dt.date], ...] = ()
    enrolled: dt.date | None = None
    level: str | None = None
    arm: str | None = None
    kit: str | None = None
    areas: Mapping[str | None, Mapping[str, Any]] = field(default_factory=dict)
    """By visit (None: for all): values, method, by, date."""
    weight: Mapping[str, Any] | None = None
    start: dt.date | dt.datetime | None = None
    anchors: Mapping[str, dt.date | dt.datetime] = field(default_factory=dict)
    visits: Mapping[str, VisitState] = field(default_factory=dict)
    unblinded: bool = False
    held: str | None = None
    """Why doses are on hold; None where they are not."""
