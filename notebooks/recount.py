"""Calculate every dose and every date of an exported study again, from its raw events alone, and try every booking.

This imports nothing of dosecalc: plain Python, and one package that decrypts. What the two protocols say about doses
and weeks is written down here a second time, by hand. So whoever trusts neither program can compare them.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import zlib
from collections import Counter, defaultdict
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

COVERED = ("number kind participant visit at at_local entered_at user role reason corrects program protocol_sha256 "
           "public").split()  # fmt: skip

WEEKS = {"W0": 0, "W2": 14, "W4": 28, "W6": 42, "W8": 56, "W12": 84, "W24": 168}
PARTICLES = {"phase1-A": 10**8, "phase1-B": 10**9, "phase1-C": 10**10, "phase2-exosome": 10**9}  # for each site
CELLS = {("group-1", "D0"): 2 * 10**8, **{("group-2", day): 10**8 for day in ("D0", "D7", "D14")}}


def text_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(export: str, key_file: str) -> list[dict[str, Any]]:
    """The events in their order: chained, opened, and as the corrections say that they read."""
    _, *events, end = [json.loads(line) for line in Path(export).read_text(encoding="utf-8").splitlines()]
    key = AESGCM(bytes.fromhex(Path(key_file).read_text(encoding="ascii").strip().split(":")[2]))
    head = "0" * 64
    for event in events:
        sealed = base64.b64decode(event.get("sealed", ""))
        covered = text_of({name: event[name] for name in COVERED if name in event})
        head = hashlib.sha256((head + covered + hashlib.sha256(sealed).hexdigest()).encode()).hexdigest()
        assert head == event["hash"], f"the chain breaks at event {event['number']}"
        event["says"] = json.loads(event["public"])
        if sealed:
            place = [event["number"], event["kind"], event.get("participant", ""), event.get("visit", "")]
            plain = key.decrypt(sealed[:12], sealed[12:], text_of(place).encode())
            event["says"] |= json.loads(plain[4 : 4 + int.from_bytes(plain[:4], "big")])
    assert head == end["head"]["hash"], "the end is missing"
    numbered = {event["number"]: event for event in events}
    for event in events:
        if event["kind"] == "correct":
            numbered[event["corrects"]]["says"] |= event["says"].get("public", {})
            numbered[event["corrects"]]["void"] = event["says"].get("void", False)
    return [event for event in events if event["kind"] != "correct" and not event.get("void")]


def dates(protocol: str, version: str, arm: str, start: dt.date) -> dict[str, tuple[str, str, str]]:
    """Target, first and last day of each visit, as the version of the protocol and the site file have them."""
    new = version == "2.0"
    found = {}
    if protocol == "NCT07203599":
        for visit, days in WEEKS.items():
            if arm == "phase2-minoxidil" and visit in ("W2", "W4", "W6"):
                continue
            before = after = 0 if days == 0 else 2 if days <= 42 else 14 if new and visit == "W24" else 7
            found[visit] = (days, before, after)
    else:
        found = {"D0": (0, 0, 0), "D7": (7, 2, 2), "D14": (14, 2, 4 if new else 2)}
    day = lambda number: (start + dt.timedelta(days=number)).isoformat()
    return {visit: (day(days), day(days - less), day(days + more)) for visit, (days, less, more) in found.items()}


def dose(arm: str, visit: str, areas: list[str]) -> tuple[Decimal, str] | None:
    """What is given at a visit; None where it is a placebo, which has no amount."""
    if arm == "phase2-minoxidil":
        return Decimal(84), "mL"  # 1 mL a day, 12 weeks
    if arm in PARTICLES:
        sites = sum(Decimal(area) for area in areas).to_integral_value(ROUND_CEILING)
        return sites * PARTICLES[arm], "particles"
    cells = CELLS.get((arm, visit))
    return None if cells is None else (Decimal(cells), "viable cells")


def dosed(arm: str, visit: str) -> bool:
    """Whether something is given at a visit, a placebo too: after the end of the treatment it does not come."""
    if arm == "phase2-minoxidil":
        return visit in HANDED_OUT
    return visit in ("W0", "W2", "W4", "W6", "D0", "D7", "D14")


def expected(one: dict[str, Any], visit: str) -> bool:
    """Whether a visit took place, was missed, or still comes: nothing does after a withdrawal."""
    over = one["ended"] == "withdraw" or (one["ended"] == "discontinue" and dosed(one["arm"], visit))
    return not over or visit in one["attended"] or visit in one["missed"]


HANDED_OUT = {"W0": Decimal(56), "W8": Decimal(28)}
"""mL of the 84 that are used at home from a visit to the next: 1 mL a day, for 8 weeks and for 4."""


def recount(export: str, key_file: str) -> dict[str, dict[str, Any]]:  # noqa: C901
    """Of each participant: arm, version, the dates of all visits, the doses prepared, and what was given in all.

    Every dose on a worksheet that the study keeps must be the one that is calculated here.
    """
    people: dict[str, dict[str, Any]] = defaultdict(
        lambda: {
            "arm": None,
            "start": None,
            "areas": [],
            "doses": {},
            "given": defaultdict(Decimal),
            "attended": {},
            "booked": {},
            "missed": set(),
            "ended": None,
        }
    )
    protocol, versions = "", {}
    for event in read(export, key_file):
        says, code, visit = event["says"], event.get("participant"), event.get("visit")
        if event["kind"] in ("init", "amend"):
            protocol = says.get("protocol", protocol)
            versions[event["protocol_sha256"]] = says["protocol_version"]
        if code is None:
            continue
        one = people[code]
        one.setdefault("version", versions[event["protocol_sha256"]])
        match event["kind"]:
            case "assign":
                one["arm"] = says["arm"]
            case "migrate":
                one["version"] = says["protocol_version"]
            case "anchor" if says["name"] == "start":
                one["start"] = dt.date.fromisoformat(says["when"][:10])
            case "measure" if says["what"] == "area":
                one["areas"] = says["values"]
            case "prepare":
                sheet = json.loads(zlib.decompress(base64.b85decode(says["worksheet"])))
                kept = sheet["dose"] if "dose" in sheet else sheet["doses"][0]["dose"]
                again = dose(one["arm"], visit, one["areas"])
                found = (Decimal(kept["total"]), kept["unit"]) if "total" in kept else None
                assert found == again, f"{code} {visit}: the worksheet says {found}, and this {again}"
                one["doses"][visit] = (HANDED_OUT[visit], "mL") if one["arm"] == "phase2-minoxidil" else again
            case "administer" if one["doses"][visit] is not None:
                amount, unit = one["doses"][visit]
                one["given"][unit] += amount * Decimal(says.get("part", 1))
            case "attend" | "unscheduled":
                one["attended"][visit] = says["when"]
            case "book" | "move":
                one["booked"][visit] = says["when"]
            case "cancel":
                del one["booked"][visit]
            case "miss":
                one["missed"].add(visit)
            case "discontinue" | "withdraw":
                one["ended"] = event["kind"]
    for one in people.values():
        first = one["attended"].get("W0" if protocol == "NCT07203599" else "D0")
        one["start"] = dt.date.fromisoformat(first[:10]) if first else one["start"]  # a plan until it took place
        planned = dates(protocol, one["version"], one["arm"], one["start"]) if one["start"] else {}
        one["dates"] = {visit: three for visit, three in planned.items() if expected(one, visit)}
    return dict(people)


def span(first: str, last: str) -> set[str]:
    begin = dt.date.fromisoformat(first)
    return {(begin + dt.timedelta(days=n)).isoformat() for n in range((dt.date.fromisoformat(last) - begin).days + 1)}


HOLIDAYS = {
    # The State Council's notice for 2026, from June on: Dragon Boat Festival, Mid-Autumn Festival, National Day.
    *span("2026-06-19", "2026-06-21"), *span("2026-09-25", "2026-09-27"), *span("2026-10-01", "2026-10-07"),
    # 2027, whose notice is not out: what the law gives by itself, with the working days for those on a weekend.
    # New Year, Spring Festival (its eve on 5 February), Tomb-Sweeping Day, Labour Day, Dragon Boat Festival.
    "2027-01-01", *span("2027-02-05", "2027-02-10"), "2027-04-05", *span("2027-05-01", "2027-05-04"), "2027-06-09",
}  # fmt: skip
MADE_UP = {"2026-09-20", "2026-10-10"}
"""A Sunday and a Saturday that the notice makes working days."""
LIMITS = {"place": 6, "bed": 5}
"""Visits a day. A first infusion (D0) is on the ward, on any day."""


def takes(visit: str) -> list[str]:
    return ["place", "bed"] if visit in ("W0", "W2", "W4", "W6", "D7", "D14") else ["place"]


def is_open(day: str) -> bool:
    return day in MADE_UP or (day not in HOLIDAYS and dt.date.fromisoformat(day).weekday() < 5)


def windows_kept(people: dict[str, dict[str, Any]], away: set[tuple[str, str]]) -> dict[str, list[str]]:
    """Try every day of every window: could a visit that is booked outside of its window have been inside?

    `avoidable` are those that could: on an open day with room, on which the participant was not `away`. Of those that
    could not it says why: the clinic was closed on every day of the window, or full on those on which it was open, or
    it had room, but only while the participant was away.
    """
    booked = {(code, visit): when[:10] for code, one in people.items() for visit, when in one["booked"].items()
              if visit != "D0"}  # fmt: skip
    taken = Counter((day, each) for (_, visit), day in booked.items() for each in takes(visit))
    assert all(count <= LIMITS[each] for (_, each), count in taken.items()), "a day has more visits than room"
    assert all(is_open(day) for day in booked.values()), "a visit is booked on a day that is closed"
    for code, one in people.items():
        assert one["dates"].keys() <= one["booked"].keys(), f"{code} has a visit that nobody booked"
        came = {visit: when for visit, when in one["attended"].items() if visit in one["booked"]}
        assert all(one["booked"][visit] == when for visit, when in came.items()), f"{code} came at another time"
    names = ("inside", "closed all the time", "full", "participant away", "avoidable")
    found: dict[str, list[str]] = {name: [] for name in names}
    for (code, visit), day in sorted(booked.items()):
        _, first, last = people[code]["dates"][visit]
        days = {each for each in span(first, last) if is_open(each)}
        room = {each for each in days if all(taken[each, one] < LIMITS[one] for one in takes(visit))}
        could = {each for each in room if (code, each) not in away}
        inside = first <= day <= last or visit == "W0"  # week 0 is what the others count from
        kind = (
            "inside" if inside else "avoidable" if could else "participant away" if room else "full" if days
            else "closed all the time"
        )  # fmt: skip
        found[kind].append(f"{code} {visit}: {day}, not from {first} to {last}")
    return found
