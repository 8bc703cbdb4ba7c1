"""What kinds of events, roles and the standings of visits are called where people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.registry.event import Kind, Role
    from dosecalc.registry.state import VisitStanding
    from dosecalc.text import Message

KIND_WORDS: dict[Kind, Message] = {
    "init": msg("the study began"),
    "staff": msg("who works here"),
    "amend": msg("a new version of the protocol, or new answers of the site"),
    "allocation": msg("the allocation list"),
    "codebreak": msg("code-break cards, printed"),
    "open_level": msg("the open dose level"),
    "hold": msg("a hold"),
    "lift": msg("the end of a hold"),
    "feed": msg("the name of a feed"),
    "revoke_feed": msg("the end of a feed"),
    "consent": msg("consent"),
    "enrol": msg("enrolment"),
    "screen_failure": msg("screen failure"),
    "assign": msg("assignment"),
    "measure": msg("a measurement"),
    "anchor": msg("a date that visits count from"),
    "migrate": msg("the move to a new version of the protocol"),
    "discontinue": msg("the end of the treatment"),
    "withdraw": msg("withdrawal from the study"),
    "unblind": msg("emergency unblinding"),
    "prefer": msg("the weekdays that suit them"),
    "book": msg("a booking"),
    "move": msg("a moved booking"),
    "attend": msg("a visit that took place"),
    "miss": msg("a missed visit"),
    "cancel": msg("a cancelled booking"),
    "unscheduled": msg("an unscheduled visit"),
    "receive": msg("a lot that arrived"),
    "quarantine": msg("quarantine of a lot"),
    "release": msg("release of a lot"),
    "prepare": msg("a preparation"),
    "check": msg("the second person's check"),
    "dispense": msg("handing out"),
    "administer": msg("giving a dose"),
    "return": msg("what came back"),
    "destroy": msg("what was destroyed"),
    "correct": msg("a correction"),
}

ROLE_WORDS: dict[Role, Message] = {
    "nurse": msg("nurse"),
    "pharmacist": msg("pharmacist"),
    "investigator": msg("investigator"),
    "monitor": msg("monitor"),
    "data manager": msg("data manager"),
    "administrator": msg("administrator"),
}

VISIT_WORDS: dict[VisitStanding, Message] = {
    "planned": msg("planned"),
    "booked": msg("booked"),
    "done": msg("has taken place"),
    "missed": msg("missed"),
    "cancelled": msg("cancelled"),
}
