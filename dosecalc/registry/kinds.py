"""The kinds of events: what each holds, openly and sealed, who may record it, and whether it needs a reason.

Where a reason could unblind (a lot's), it is sealed, too.

What unblinds (arm, kit, dose, product, preparation, side) stands under `sealed` alone (R15). Values are texts of plain
digits, whole numbers, truth values, ISO 8601 dates and times, lists and objects of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dosecalc.registry.event import Kind, Role

_NURSE: tuple[Role, ...] = ("nurse", "investigator")
_DOCTOR: tuple[Role, ...] = ("investigator",)
_PHARMACY: tuple[Role, ...] = ("pharmacist",)
_OFFICE: tuple[Role, ...] = ("administrator",)
_POST: tuple[Role, ...] = ("nurse", "investigator", "administrator")
_CLINIC: tuple[Role, ...] = ("nurse", "investigator", "pharmacist")


@dataclass(frozen=True, kw_only=True, slots=True)
class KindRule:
    """What an event of a kind holds. `public` and `sealed` are its keys; `?` marks what may be missing.

    `about` says what it is of. `happened` is the key of the public part that says when it took place, which cannot be
    in the future; None where there is none. `size` is the length in bytes of the sealed part before it is sealed: the
    same for every event of the kind, so that sizes tell nothing.
    """

    about: str
    roles: tuple[Role, ...]
    public: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    reason: bool = False
    happened: str | None = None
    size: int = 1024


KIND_RULES: dict[Kind, KindRule] = {
    # the study
    "init": KindRule(
        about="study",
        roles=_OFFICE,
        public=("protocol", "protocol_version", "protocol_text", "site_text", "site_sha256", "key_id"),
    ),
    "staff": KindRule(about="study", roles=_OFFICE, public=("user", "role?")),  # without a role: has left
    "amend": KindRule(
        about="study",
        roles=_OFFICE,
        public=("protocol_version", "protocol_text", "site_text?", "effective", "reconsent", "urgent"),
        reason=True,
    ),
    "allocation": KindRule(
        about="study", roles=_PHARMACY, public=("count",), sealed=("arms",), size=65536
    ),  # {participant: {"arm", "kit"?, "side"?}}
    "codebreak": KindRule(
        about="study", roles=_PHARMACY, public=("count", "participants?")
    ),  # cards that were printed; the codes only where some were chosen
    "open_level": KindRule(about="study", roles=_DOCTOR, public=("level", "arm?"), reason=True),
    "hold": KindRule(about="study", roles=(*_DOCTOR, *_PHARMACY), public=("scope", "target?"), reason=True),
    "lift": KindRule(about="study", roles=_DOCTOR, public=("scope", "target?"), reason=True),
    "feed": KindRule(about="study", roles=_POST, public=("name", "of?")),  # without `of` (a code): the clinic's
    "revoke_feed": KindRule(about="study", roles=_POST, public=("name", "of?"), reason=True),
    # a participant
    "consent": KindRule(about="participant", roles=_NURSE, public=("form", "date", "language?"), happened="date"),
    "enrol": KindRule(about="participant", roles=_NURSE, public=("date", "cohort?"), happened="date"),
    "screen_failure": KindRule(about="participant", roles=_NURSE, public=("date",), reason=True, happened="date"),
    "assign": KindRule(
        about="participant",
        roles=(*_DOCTOR, *_PHARMACY),
        public=("arm?", "level?"),
        sealed=("arm?", "kit?", "side?", "level?"),
    ),  # open trials name the arm openly; in masked ones it is sealed, or left out where everyone gets every arm
    "measure": KindRule(
        about="participant",
        roles=_CLINIC,
        public=("what", "values", "unit", "method?", "by", "date", "visit?"),
        happened="date",
    ),
    "anchor": KindRule(about="participant", roles=_NURSE, public=("name", "when"), happened="when"),
    "migrate": KindRule(about="participant", roles=_NURSE, public=("protocol_version", "protocol_sha256", "form?")),
    "discontinue": KindRule(about="participant", roles=_DOCTOR, public=("date",), reason=True, happened="date"),
    "withdraw": KindRule(about="participant", roles=_NURSE, public=("date",), reason=True, happened="date"),
    "unblind": KindRule(
        about="participant",
        roles=(*_DOCTOR, *_PHARMACY),
        public=("told", "card_opened_by?"),
        sealed=("arm?", "kit?", "side?"),  # none of a card; the side where everyone gets every arm
        reason=True,
    ),
    "prefer": KindRule(about="participant", roles=_NURSE, public=("weekdays",)),  # an empty list: none
    # a visit
    "book": KindRule(about="visit", roles=_NURSE, public=("when", "outside_window?", "limits?")),
    "move": KindRule(about="visit", roles=_NURSE, public=("from", "when", "outside_window?", "limits?")),
    "attend": KindRule(about="visit", roles=_NURSE, public=("when", "deviation?"), happened="when"),
    "miss": KindRule(about="visit", roles=_NURSE, public=(), reason=True),
    "cancel": KindRule(about="visit", roles=_NURSE, public=("was",), reason=True),
    "unscheduled": KindRule(about="visit", roles=_NURSE, public=("when",), reason=True, happened="when"),
    # investigational product
    "receive": KindRule(about="lot", roles=_PHARMACY, sealed=("lot", "vials", "text"), size=8192),
    "quarantine": KindRule(about="lot", roles=_PHARMACY, public=("lot?",), sealed=("lot", "reason")),
    "release": KindRule(
        about="lot", roles=_PHARMACY, public=("lot?",), sealed=("lot", "reason")
    ),  # of both the lot stands openly only in open trials
    "prepare": KindRule(
        about="visit",
        roles=_PHARMACY,
        public=("date", "lots?", "stop_by?"),
        sealed=("worksheet", "digest", "lots"),
        size=32768,
    ),  # lots (their numbers), stop_by: only in open trials; worksheet: its JSON, compressed; lots: {lot: vials}
    "check": KindRule(about="visit", roles=_PHARMACY, public=("agreed",), sealed=("digest", "record?"), size=32768),
    "dispense": KindRule(
        about="visit", roles=_PHARMACY, public=("when", "to"), sealed=("digest", "lots"), happened="when"
    ),
    "administer": KindRule(
        about="visit",
        roles=_CLINIC,
        public=("when", "by", "part?"),
        sealed=("digest?",),
        happened="when",
    ),
    "return": KindRule(
        about="lot",
        roles=_PHARMACY,
        public=("whole?",),
        sealed=("lot", "vials", "participant?", "visit?", "reason?"),
    ),  # whole, with whose dose it is: only before it was given, so that whoever gives doses does not give it
    "destroy": KindRule(about="lot", roles=_PHARMACY, sealed=("lot", "vials", "returned?", "reason")),
    # any of them, later
    "correct": KindRule(about="event", roles=_CLINIC, public=("public?", "void?"), sealed=("sealed?",), reason=True),
}
