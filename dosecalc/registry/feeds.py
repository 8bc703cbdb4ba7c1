"""The names under which calendars stand for phones to subscribe to: given once, revoked for ever.

Whoever knows a name reads the calendar, so it is 160 bits of chance. It belongs to a participant or to the clinic, and
says nothing of either; no name, no event of one and no order of them hangs on an arm (R15).
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.registry.drafts import need_reason
from dosecalc.registry.event import Draft
from dosecalc.registry.fold import public_of
from dosecalc.registry.outside import impossible
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dosecalc.registry.event import Event, Kind
    from dosecalc.registry.sealing import Random
    from dosecalc.text import Message

FEED_KINDS: tuple[Kind, ...] = ("feed", "revoke_feed")
_OCTETS = 20
_NAME = re.compile("[a-z2-7]{32}")
_ENDING = ".ics"


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A name that was given; `participant` is None for the clinic's feed, `revoked` why it holds no longer."""

    participant: str | None
    name: str
    opened: dt.datetime
    number: int
    """Of the event that gave the name."""
    revoked: str | None = None
    ended: dt.datetime | None = None

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.name + _ENDING

    @property
    def open(self) -> bool:
        """Whether it still holds."""
        return self.revoked is None


def feeds(events: Iterable[Event]) -> tuple[Feed, ...]:
    """Return all names that were ever given, in their order, from the events of `FEED_KINDS`.

    Raises:
        Refusal: DC823, a name is none of ours, or was never given.
    """
    found: dict[str, Feed] = {}
    for event in events:
        public, when = public_of(event), dt.datetime.fromisoformat(event.at_local)
        name = public["name"]
        if not _NAME.fullmatch(name) or (event.kind == "feed") == (name in found):
            raise impossible(event.number)
        if event.kind == "feed":
            found[name] = Feed(participant=public.get("of"), name=name, opened=when, number=event.number)
        else:
            found[name] = replace(found[name], revoked=event.reason or "", ended=when)
    return tuple(found.values())


def give_names(given: Sequence[Feed], wanted: Iterable[str | None], chance: Random, *, at: dt.datetime) -> list[Draft]:
    """Give a name to each of `wanted` (None: the clinic) that never had one; who had one and lost it gets none here."""
    known = {feed.participant for feed in given}
    return [_named(whose, chance, at) for whose in wanted if whose not in known]


def open_again(given: Sequence[Feed], whose: str | None, chance: Random, *, at: dt.datetime) -> list[Draft]:
    """Give a new name to a participant (None: the clinic) whose feed was revoked, or who has none yet.

    Raises:
        Refusal: DC894, a feed is open already.
    """
    if _standing(given, whose) is not None:
        raise refuse(
            "DC894",
            msg("{whose} has a feed already", whose=named(whose)),
            msg("`feed list` shows it; if others may know its name, revoke it first: feed revoke {whose}",
                whose=whose or "clinic"),
        )  # fmt: skip
    return [_named(whose, chance, at)]


def revoke(given: Sequence[Feed], whose: str | None, *, at: dt.datetime, reason: str | None) -> list[Draft]:
    """Revoke the feed of a participant (None: the clinic).

    Raises:
        Refusal: DC709, the reason is missing; DC895, there is no feed to revoke.
    """
    why = need_reason(reason, msg("write why the feed ends: --reason TEXT"))
    feed = _standing(given, whose)
    if feed is None:
        raise refuse(
            "DC895",
            msg("{whose} has no feed that could be revoked", whose=named(whose)),
            msg("`feed list` shows all feeds, and which were revoked already"),
        )
    return [Draft(kind="revoke_feed", at=at, reason=why, public=_public(feed.name, whose))]


def named(whose: str | None) -> Message:
    """Whose feed it is, in words."""
    return msg("the clinic") if whose is None else msg("participant {code}", code=whose)


def _standing(given: Sequence[Feed], whose: str | None) -> Feed | None:
    return next((feed for feed in given if feed.participant == whose and feed.open), None)


def _named(whose: str | None, chance: Random, at: dt.datetime) -> Draft:
    name = base64.b32encode(chance(_OCTETS)).decode("ascii").lower()
    return Draft(kind="feed", at=at, public=_public(name, whose))


def _public(name: str, whose: str | None) -> dict[str, Any]:
    return {"name": name} if whose is None else {"name": name, "of": whose}
