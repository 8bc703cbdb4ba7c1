"""The feeds of a study: names that nobody can guess, and files under them for a web server to hand out."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.app.delivery import check_open
from dosecalc.app.feed_folder import check_folder, write_folder
from dosecalc.app.study_calendars import calendars
from dosecalc.calendars.feed import write_feed
from dosecalc.registry import feeds as decide
from dosecalc.registry.feeds import FEED_KINDS, Feed
from dosecalc.registry.fold import public_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dosecalc.app.study import Session
    from dosecalc.registry.event import Draft, Event
    from dosecalc.registry.store import Reading

CLINIC = "clinic"
"""What the clinic's feed is called where a participant's is called by a code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenFeed:
    """A feed whose file stands in the folder as it should; `written` says whether that took a change."""

    feed: Feed
    path: str
    sha256: str
    events: int
    changed: dt.datetime | None
    """When an item of it changed last."""
    written: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenFeeds:
    """What a folder of feeds holds, which files of revoked feeds went out of it, and the events that gave names."""

    feeds: tuple[WrittenFeed, ...]
    removed: tuple[str, ...]
    events: tuple[Event, ...]


def write_feeds(session: Session, out: str) -> WrittenFeeds:
    """Write the feeds of everybody who has a visit to show, and the clinic's; who never had a name gets one.

    Raises:
        Refusal: DC896, the site's rules allow no feeds; DC891 to DC893 and DC605, the folder; DC723, the role gives no
            names; DC501, a text may not stand in a calendar; DC602 to DC604, a file cannot be written.
    """
    check_open(session, "feeds")
    with session.read() as reading:
        given = _feeds(reading)
        check_folder(out, {feed.file for feed in given})
        made = list(calendars(session, reading))
    wanted = [
        each.participant for each in made
        if each.participant is None or any(item.status != "CANCELLED" for item in each.items)
    ]  # fmt: skip
    events: list[Event] = []
    if not {feed.participant for feed in given}.issuperset(wanted):
        events = session.change(
            lambda reading: decide.give_names(_feeds(reading), wanted, session.chance, at=session.at)
        )
        given = feed_list(session)
    standing = {feed.participant: feed for feed in given if feed.open}
    found = [(standing[each.participant], each) for each in made if each.participant in standing]
    files = {feed.file: write_feed(each.head, each.items) for feed, each in found}
    written, removed = write_folder(out, files, {feed.file for feed in given})
    return WrittenFeeds(
        feeds=tuple(
            WrittenFeed(
                feed=feed, path=os.path.join(out, feed.file), sha256=hashlib.sha256(files[feed.file]).hexdigest(),
                events=len(each.items), changed=each.changed, written=feed.file in written,
            )
            for feed, each in found
        ),
        removed=tuple(removed),
        events=tuple(events),
    )  # fmt: skip


def feed_list(session: Session) -> tuple[Feed, ...]:
    """Return all feeds that there ever were, in the order in which they got their names."""
    with session.read() as reading:
        return _feeds(reading)


def open_feed(session: Session, whose: str) -> tuple[Feed, list[Event]]:
    """Give a participant or the clinic a new name; `whose` is a code, or `clinic`.

    Raises:
        Refusal: DC896, the site's rules allow no feeds; DC737, there is no such participant; what `feeds.open_again`
            refuses.
    """
    check_open(session, "feeds")

    def decided(reading: Reading) -> Sequence[Draft]:
        return decide.open_again(_feeds(reading), _whose(session, reading, whose), session.chance, at=session.at)

    return _changed(session, session.change(decided))


def revoke_feed(session: Session, whose: str, reason: str | None) -> tuple[Feed, list[Event]]:
    """Revoke the feed of a participant or of the clinic, whether or not the site's rules still allow feeds.

    Raises:
        Refusal: DC737, there is no such participant; what `feeds.revoke` refuses.
    """

    def decided(reading: Reading) -> Sequence[Draft]:
        return decide.revoke(_feeds(reading), _whose(session, reading, whose), at=session.at, reason=reason)

    return _changed(session, session.change(decided))


def _changed(session: Session, events: list[Event]) -> tuple[Feed, list[Event]]:
    name = public_of(events[-1])["name"]
    return next(feed for feed in feed_list(session) if feed.name == name), events


def _whose(session: Session, reading: Reading, whose: str) -> str | None:
    return None if whose == CLINIC else session.participant(reading, whose).code


def _feeds(reading: Reading) -> tuple[Feed, ...]:
    return decide.feeds(reading.events(kinds=FEED_KINDS))
