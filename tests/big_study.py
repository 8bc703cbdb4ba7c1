"""A study of any size whose days are alike: one participant begins each day, and everyone comes when they should.

Written through the study's own writer, many events in one transaction, because it is the reading that is of interest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dosecalc.app import shipped
from dosecalc.app.loading import load, load_stock
from dosecalc.registry.chain import Head
from dosecalc.registry.event import By, Draft, Event
from dosecalc.registry.fold import fold_study
from dosecalc.registry.lot_text import cut_lot
from dosecalc.registry.sealing import Sealer
from dosecalc.registry.store import Writing, create_store, open_store
from dosecalc.registry.visits_now import project
from registry.studies import KEY, chance

DAY = dt.date(2026, 6, 15)
"""The day of the reports."""
WEEKS = {"W0": 0, "W2": 2, "W4": 4, "W6": 6, "W8": 8, "W12": 12, "W24": 24}
SITE = shipped("sites", "example.yaml")
PROTOCOL = shipped("NCT07203599.yaml")
EVERY_TRANSACTION = 5_000
_ZONE = dt.timezone(dt.timedelta(hours=8))


def fill(folder: Path, events: int) -> str:
    """Make a study with about so many events, and return its file; `study.key` beside it opens it."""
    (folder / "study.key").write_text(KEY.text, encoding="utf-8")
    place = str(folder / "study.db")
    store = create_store(place)
    settled = load(PROTOCOL, SITE)
    by = By(user="liu", role="administrator", entered_at=_at(DAY, -1), zone=settled.timezone, program="test")
    sealer = Sealer(KEY, chance())
    with store.writing(by, sealer) as writing:
        writing.append(_init())
    written, begun = 1, 0
    while written < events:
        with store.writing(by, sealer) as writing:
            study = fold_study(writing.of_study(), None)
            last = written + EVERY_TRANSACTION
            pending: list[Event] = []
            insert = writing.insert
            writing.insert = _later(writing, pending)  # type: ignore[assignment, method-assign]  # one statement for all of them
            codes = []
            while written < min(events, last):
                codes.append(f"P{begun:05}")
                for draft in _participant(codes[-1], DAY - dt.timedelta(days=begun), written):
                    writing._by = replace(by, entered_at=draft.at)
                    writing.append(draft)
                    written += 1
                begun += 1
            insert(pending)
            for code in codes:
                writing.project(code, project(writing, study, code, DAY))
    store.close()
    return place


def _later(writing: Writing, pending: list[Event]) -> Callable[[Iterable[Event]], None]:
    """Keep chained events until the end of the transaction."""

    def keep(events: Iterable[Event]) -> None:
        for event in events:
            pending.append(event)
            writing._head = Head(event.number, event.hash, event.public_hash)

    return keep


def _at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(9), _ZONE) + dt.timedelta(hours=hour)


def _init() -> Draft:
    import hashlib

    protocol, site = (Path(file).read_text(encoding="utf-8") for file in (PROTOCOL, SITE))
    return Draft(
        kind="init",
        at=_at(dt.date(2000, 1, 3), 0),
        public={
            "protocol": "NCT07203599",
            "protocol_version": "1",
            "protocol_text": protocol,
            "site_text": site,
            "site_sha256": hashlib.sha256(site.encode()).hexdigest(),
            "key_id": KEY.id,
        },
    )


def _participant(code: str, start: dt.date, before: int) -> list[Draft]:
    """Everything of one participant up to the day of the reports, and the bookings of the week to come.

    It follows event `before`; the fourth, the area, was a slip.
    """
    first = _at(start, -2)
    day = start.isoformat()
    area = {"what": "area", "values": ["23.4"], "unit": "cm²", "method": "tracing", "by": "liu", "date": day}
    drafts = [
        Draft(kind="consent", at=first, participant=code, public={"form": "1.0", "date": day}),
        Draft(kind="enrol", at=first, participant=code, public={"date": day}),
        Draft(kind="assign", at=first, participant=code, public={"arm": "phase1-A"}, sealed={"arm": "phase1-A"}),
        Draft(kind="measure", at=first, participant=code, public=area),
        Draft(kind="anchor", at=first, participant=code, public={"name": "first_dose", "when": day}),
        Draft(kind="correct", at=first, participant=code, corrects=before + 4, reason="digits were swapped",
              public={"public": {"values": ["24.3"]}}),
    ]  # fmt: skip
    for visit, weeks in WEEKS.items():
        target = start + dt.timedelta(weeks=weeks)
        if target > DAY + dt.timedelta(days=7):
            break
        early, when = _at(min(target, DAY), -1), _at(target, number := weeks % 5).isoformat()
        draft = Draft(kind="book", at=early, participant=code, visit=visit, public={"when": when})
        drafts.append(draft)
        if number:
            moved = {"from": when, "when": _at(target, 0).isoformat()}
            drafts.append(Draft(kind="move", at=early, participant=code, visit=visit, public=moved))
        if target < DAY:
            came = Draft(kind="attend", at=_at(target, 1), participant=code, visit=visit, public={"when": str(target)})
            drafts.append(came)
    return drafts


def dose(folder: Path, doses: int) -> None:
    """Add a lot of plenty of vials to a filled study, and doses from it, each prepared, handed out and given."""
    text = Path(shipped("sites", "example-stock.yaml")).read_text(encoding="utf-8")
    stock = load_stock(shipped("sites", "example-stock.yaml"), load(PROTOCOL, SITE).protocol)
    lot = next(iter(stock.lots.values()))
    sealed = {"lot": lot.id, "vials": 10 * doses, "text": cut_lot(text, stock, lot)}
    at = _at(DAY, -1)
    by = By(user="liu", role="administrator", entered_at=at, zone="Asia/Shanghai", program="test")
    with open_store(str(folder / "study.db")) as store:
        with store.writing(by, Sealer(KEY, chance())) as writing:
            writing.append(Draft(kind="receive", at=at, sealed=sealed))
            codes = writing.participants()
        for first in range(0, doses, EVERY_TRANSACTION):
            with store.writing(by, Sealer(KEY, chance())) as writing:
                pending: list[Event] = []
                insert = writing.insert
                writing.insert = _later(writing, pending)  # type: ignore[assignment, method-assign]  # as in `fill`
                for number in range(first, min(doses, first + EVERY_TRANSACTION)):
                    # the newest participants come first, and their doses are still to be prepared
                    code, visit = codes[-1 - number // len(WEEKS)], list(WEEKS)[number % len(WEEKS)]
                    for draft in _dose(code, visit, at, lot.id):
                        writing.append(draft)
                insert(pending)


def _dose(code: str, visit: str, at: dt.datetime, lot: str) -> list[Draft]:
    when, digest = at.isoformat(), "0" * 64
    kept = {"worksheet": "x" * 2000, "digest": digest, "lots": {lot: 3}}
    about: dict[str, Any] = {"at": at, "participant": code, "visit": visit}
    return [
        Draft(kind="prepare", public={"date": when[:10]}, sealed=kept, **about),
        Draft(kind="check", public={"agreed": True}, sealed={"digest": digest}, **about),
        Draft(
            kind="dispense", public={"when": when, "to": "liu"}, sealed={"digest": digest, "lots": {lot: 3}}, **about
        ),
        Draft(kind="administer", public={"when": when, "by": "liu"}, **about),
    ]
