"""One thing that happened in a study, as it is kept for ever.

An event has a public part, which everyone may read and verify, and a sealed part, which holds what unblinds (R15). Both
are in the chain: the sealed part as the bytes that are stored. Amounts are texts of plain digits; times are ISO 8601.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

GENESIS = "0" * 64
"""What stands before the first event of a chain."""

Kind = Literal[
    # the study itself
    "init", "staff", "amend", "allocation", "codebreak", "open_level", "hold", "lift", "feed", "revoke_feed",
    # a participant
    "consent", "enrol", "screen_failure", "assign", "measure", "anchor", "migrate", "discontinue", "withdraw",
    "unblind", "prefer",
    # a visit
    "book", "move", "attend", "miss", "cancel", "unscheduled",
    # investigational product
    "receive", "quarantine", "release", "prepare", "check", "dispense", "administer", "return", "destroy",
    # any of them, later
    "correct",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

Role = Literal["nurse", "pharmacist", "investigator", "monitor", "data manager", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An event that is not yet in a study. `at` is when it happened (aware); `corrects` is an event's number.

    `public` and `sealed` hold texts, whole numbers, truth values, lists and objects of these; no floats, no None.
    """

    kind: Kind
    at: dt.datetime
    participant: str | None = None
    visit: str | None = None
    reason: str | None = None
    corrects: int | None = None
    public: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class By:
    """Who enters events, when (aware), from which program, and in which time zone the site is."""

    user: str
    role: Role
    entered_at: dt.datetime
    zone: str
    program: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event as it stands in the study. `number` counts from 1 without a gap.

    `at` and `entered_at` are UTC; `at_local` is the same moment at the site. `public` is canonical JSON text, `sealed`
    the ciphertext. `public_hash` chains what masked people may see, `hash` all of it.
    """

    number: int
    kind: Kind
    participant: str | None
    visit: str | None
    at: str
    at_local: str
    entered_at: str
    user: str
    role: Role
    reason: str | None
    corrects: int | None
    program: str
    protocol_sha256: str
    public: str
    sealed: bytes | None
    public_hash: str
    hash: str
