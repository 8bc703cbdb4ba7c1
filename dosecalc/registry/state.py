"""Today's state of a study, derived from its events and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from dosecalc.registry.event import Role
    from dosecalc.text import Language

Standing = Literal["consented", "enrolled", "screen_failure", "discontinued", "withdrawn"]
VisitStanding = Literal["planned", "booked", "done", "missed", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitState:
    """What is known of one visit of one participant; dates without an offset are the site's days."""

    visit: str
    booked: dt.datetime | None = None
    outside_window: str | None = None
    attended: dt.datetime | dt.date | None = None
    given: dt.date | None = None
    """The day on which its dose was given."""
    given_at: dt.datetime | None = None
    """When its dose was given."""
    signed: Mapping[str, int | None] = field(default_factory=dict)
    """The limits that the booking breaks with the investigator's reason: how many seconds passed by then, if known."""
    missed: str | None = None
    """Why it was missed."""
    cancelled: bool = False
    """Whether it was booked, and the booking given up."""


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
    side: str | None = None
    areas: Mapping[str | None, Mapping[str, Any]] = field(default_factory=dict)
    """By visit (None: for all): values, method, by, date."""
    weight: Mapping[str, Any] | None = None
    start: dt.date | dt.datetime | None = None
    anchors: Mapping[str, dt.date | dt.datetime] = field(default_factory=dict)
    visits: Mapping[str, VisitState] = field(default_factory=dict)
    unblinded: bool = False
    held: str | None = None
    """Why doses are on hold; None where they are not."""
    screen_failure: str | None = None
    """Why the participant could not be enrolled."""
    ended: dt.date | None = None
    """The day of discontinuation, withdrawal or screen failure."""
    ended_at: dt.datetime | None = None
    """The time of that, where it was recorded for its own day."""
    cohort: str | None = None
    assigned: dt.date | None = None
    """The day on which an arm was assigned; the arm itself may be sealed."""
    assigned_by: str | None = None
    language: Language | None = None
    """The language of their calendar; None for the site's."""
    weekdays: tuple[str, ...] = ()
    """The weekdays on which they would rather come, as `Mon`; none where they do not mind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A protocol (with the site file) as it stands in the study; `effective` is None for the first."""

    number: int
    """Of the event that brought it."""
    protocol_version: str
    protocol_sha256: str
    protocol_text: str
    site_text: str
    effective: dt.date | None = None
    reconsent: bool = False
    urgent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Doses are on hold: of the study, or of a level, a participant or a lot (`target`)."""

    scope: str
    target: str | None
    """The code of a participant, the number of a lot; of a level its arm, or its amount for every arm that has it."""
    reason: str
    number: int
    since: dt.datetime | None = None
    """Since when it stands; None where that is not known, and it always counts."""

    def stood(self, at: dt.datetime) -> bool:
        """Whether it stood already at a moment."""
        return self.since is None or self.since <= at


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyState:
    """What holds for the study as a whole. `allocation` is None for those who cannot open what is sealed."""

    protocol: str
    key_id: str
    versions: tuple[Version, ...]
    staff: Mapping[str, Role | None] = field(default_factory=dict)
    """Who was recorded to work here; None where they have left."""
    opened: tuple[tuple[str, str | None], ...] = ()
    """The dose levels in the order in which they were opened, each with its arm where it has one; the last is open."""
    holds: tuple[Hold, ...] = ()
    allocation: Mapping[str, Mapping[str, str]] | None = None
    allocated: int = 0
    """How many participants the allocation lists name."""

    def in_effect(self, day: dt.date) -> Version:
        """The version that is in effect at the site on `day`: the last whose effective date has come."""
        return [each for each in self.versions if each.effective is None or each.effective <= day][-1]

    def version(self, protocol_sha256: str) -> Version | None:
        """The last version with this protocol file, whatever its effective date."""
        return next((each for each in reversed(self.versions) if each.protocol_sha256 == protocol_sha256), None)

    def held(
        self, *, participant: str | None = None, levels: Collection[str] = (), lots: Collection[str] = ()
    ) -> tuple[Hold, ...]:
        """Every hold that stops doses here; one of the study stops them all. `levels` are all names of the level."""
        meant = {"participant": (participant,), "level": levels, "lot": lots}
        return tuple(each for each in self.holds if each.scope == "study" or each.target in meant[each.scope])
