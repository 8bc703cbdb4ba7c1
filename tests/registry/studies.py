"""Small studies for the tests of the store: a few events of several kinds, a key that is always the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Callable

from dosecalc.registry.event import By, Draft, Event
from dosecalc.registry.sealing import Key, Sealer
from dosecalc.registry.store import Store, create_store

KEY = Key(bytes(range(32)))
START = dt.datetime(2026, 3, 2, 1, 30, tzinfo=dt.UTC)
INIT = {
    "protocol": "P",
    "protocol_version": "1",
    "protocol_text": "a: 1\n",
    "site_text": "b: 2\n",
    "site_sha256": hashlib.sha256(b"b: 2\n").hexdigest(),
    "key_id": KEY.id,
}


def chance() -> Callable[[int], bytes]:
    """Bytes that differ each time, and are the same in each run."""
    numbers = itertools.count()
    return lambda size: hashlib.sha512(str(next(numbers)).encode()).digest()[:size]


def by(user: str = "nurse-1", *, minute: int = 0) -> By:
    entered = START + dt.timedelta(minutes=minute)
    return By(user=user, role="nurse", entered_at=entered, zone="Asia/Shanghai", program="test")


def init() -> Draft:
    return Draft(kind="init", at=START, public=INIT)


def consent(code: str) -> Draft:
    return Draft(kind="consent", at=START, participant=code, public={"form": "1.0", "date": "2026-03-01"})


def assign(code: str, arm: str) -> Draft:
    return Draft(kind="assign", at=START, participant=code, sealed={"arm": arm})


def book(code: str, visit: str, when: str) -> Draft:
    return Draft(kind="book", at=START, participant=code, visit=visit, public={"when": when})


def drafts(people: int = 3) -> list[Draft]:
    """Consent, arm, two visits with a move, a reason, a weight, for each of some people."""
    found = [init()]
    for number in range(1, people + 1):
        code = f"P{number:03}"
        found += [
            consent(code),
            assign(code, "phase1-A" if number % 2 else "phase1-B"),
            Draft(
                kind="measure",
                at=START,
                participant=code,
                public={"what": "weight", "values": ["71.5"], "unit": "kg", "by": "nurse-1", "date": "2026-03-01"},
            ),
            book(code, "W0", "2026-03-02T09:30:00+08:00"),
            book(code, "W2", "2026-03-16T09:30:00+08:00"),
            Draft(kind="miss", at=START, participant=code, visit="W2", reason="ill, 发烧"),
        ]
    return found


def fill(place: str, people: int = 3) -> Store:
    """A new study with events; each was entered a minute after the one before."""
    store = create_store(place)
    sealer = Sealer(KEY, chance())
    with store.writing(by(), sealer) as writing:
        for minute, draft in enumerate(drafts(people)):
            writing._by = by(minute=minute)  # as in transactions of their own, and faster
            writing.append(draft)
    return store


def events(store: Store) -> list[Event]:
    with store.reading() as reading:
        return list(reading.events())
