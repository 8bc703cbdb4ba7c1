"""Processes that write in a study at once, or are killed while they write. A program: it forks.

    under_load.py kill PLACE ROUNDS SEED    one writer at a time is killed at a random moment
    under_load.py race PLACE ROUNDS         eight writers want the last place of a day
    under_load.py beds PLACE ROUNDS         eight writers want the last bed of a day that has places
    under_load.py readonly FOLDER           writes in a study that may only be read

The last line it prints is a JSON object of what happened.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import sys
import tempfile
import time

from dosecalc.app import settings, study_visits
from dosecalc.app.study import open_study
from dosecalc.app.study_store import init_study
from dosecalc.errors import Refusal
from dosecalc.registry import chain
from dosecalc.registry.chain import Head
from dosecalc.registry.event import Draft, Kind
from dosecalc.registry.sealing import Sealer
from dosecalc.registry.store import VisitRow, open_store
from registry.studies import KEY, assign, by, chance, consent, fill
from registry.visiting import site_text

PROCESSES = 8
DAY = dt.datetime(2026, 6, 1, 1, 0, tzinfo=dt.UTC)
"""When the eight book."""
ONE_PLACE = site_text(places=1)


def write_for_ever(place: str, acknowledged: int, number: int) -> None:
    """Record pairs of events, and tell the number of each pair's second one once it is recorded."""
    sealer = Sealer(KEY, os.urandom)
    store = open_store(place)
    while True:
        number += 1
        code = f"K{number}"
        with store.writing(by(), sealer) as writing:
            writing.append(consent(code))
            last = writing.append(assign(code, "phase1-A"))
            writing.project(code, [row(code, "2026-03-02")])
        os.write(acknowledged, f"{last.number}\n".encode())


def row(code: str, day: str) -> VisitRow:
    when = f"{day}T09:30:00+08:00"
    return VisitRow(code, "W0", day, None, None, when, None, "booked")


def kill(place: str, rounds: int, seed: int) -> dict[str, object]:
    fill(place).close()
    store = open_store(place)
    with store.reading() as reading:
        head = reading.head()
    dice = random.Random(seed)
    found = {"killed": 0, "acknowledged": 0, "unacknowledged": 0, "lost": 0, "halves": 0, "broken": 0}
    for number in range(rounds):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            write_for_ever(place, writer, number * 10000)
        os.close(writer)
        said = os.read(reader, 100) if number % 3 else b""  # else it may die before its first event
        time.sleep(dice.random() * 0.03)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reader, 65536):
            said += more
        os.close(reader)
        numbers = [int(text) for text in said.split(b"\n")[:-1]]
        with store.reading() as reading:
            new = list(reading.events(after=head.number))
            people = reading.people()
            rows = {each.participant for each in reading.rows()}
        kept = {event.number for event in new}
        found["killed"] += 1
        found["acknowledged"] += len(numbers)
        found["lost"] += len(set(numbers) - kept)
        found["unacknowledged"] += len(new) // 2 - len(numbers)
        found["halves"] += len(new) % 2 + sum(
            event.participant not in people or event.participant not in rows for event in new
        )
        for event in new:
            now = chain.links(head, chain.of(event), event.sealed)
            found["broken"] += (event.number, event.hash, event.public_hash) != now
            head = now
    with store.reading() as reading:
        whole = chain.follow(reading.events())
    return {**found, "verifies": whole == head and head != chain.START}


def beds(place: str, rounds: int) -> dict[str, object]:
    """As `race`, on days with places for all and one bed."""
    bed = "resources: {bed: {label: {en: bed, zh: 床}, per_day: 1}}"
    return race(place, rounds, site_text(places=PROCESSES, clinic=(bed,), booking="W12: {resources: [bed]}"))


def race(place: str, rounds: int, site: str = ONE_PLACE) -> dict[str, object]:
    """In each round eight people book a visit on the same day at the same moment; the day has one place.

    Who got the place gives it up before the next round, so that the eight stand alike again.
    """
    begin(place, site)
    pipes = []
    for process in range(PROCESSES):
        down, up = os.pipe(), os.pipe()
        child = os.fork()
        if not child:
            run_for_place(place, process, down[0], up[1])
        os.close(down[0])
        os.close(up[1])
        pipes.append((child, down[1], up[0]))
    won, refused, other, each_round = 0, 0, 0, set()
    for number in range(rounds):
        for _, go, _ in pipes:
            os.write(go, f"{number}\n".encode())
        said = [os.read(answer, 1) for _, _, answer in pipes]
        for (_, go, answer), got in zip(pipes, said, strict=True):
            if got == b"w":
                os.write(go, b"cancel\n")
                os.read(answer, 1)
        won += said.count(b"w")
        refused += said.count(b"r")
        other += sum(answer not in (b"w", b"r") for answer in said)
        each_round.add((said.count(b"w"), said.count(b"r")))
    for child, go, _ in pipes:
        os.close(go)
        os.kill(child, signal.SIGKILL)  # the others hold the end of its pipe, too
        os.waitpid(child, 0)
    with open_store(place).reading() as reading:
        booked = [json.loads(event.public)["when"] for event in reading.events(kinds=["book"])]
        given_up = sum(1 for _ in reading.events(kinds=["cancel"]))
        verifies = isinstance(chain.follow(reading.events()), Head)
    return {
        "won": won,
        "refused": refused,
        "other": other,
        "rounds": sorted(each_round),
        "booked": len(booked),
        "days": len({when[:10] for when in booked}),
        "given up": given_up,
        "verifies": verifies,
    }


def begin(place: str, site_file: str) -> None:
    """A study with eight participants."""
    with tempfile.TemporaryDirectory() as folder, settings.clock(lambda: DAY):
        site = os.path.join(folder, "site.yaml")
        with open(site, "w", encoding="utf-8") as file:
            file.write(site_file)
        key = os.path.join(folder, "k.key")
        init_study(place, protocol="NCT07203599", site=site, key_out=key, who="zhao", at=None)
    day = DAY.date().isoformat()
    for process in range(PROCESSES):
        public: dict[Kind, dict[str, str]] = {
            "consent": {"form": "1.0", "date": day},
            "enrol": {"date": day},
            "assign": {"arm": "phase1-A"},
            "anchor": {"name": "start", "when": day},
        }
        with settings.clock(lambda: DAY), open_study(place, user="zhao", key=None, at=None) as session:
            drafts = [Draft(kind=kind, at=DAY, participant=f"R{process}", public=each) for kind, each in public.items()]
            session.change(lambda _, new=drafts: new)  # type: ignore[misc]


def run_for_place(place: str, process: int, go: int, answer: int) -> None:
    """Book as the command does, on the day that is called."""
    code = f"R{process}"
    with settings.clock(lambda: DAY), open_study(place, user=f"nurse-{process}", key=None, at=None) as session:
        while line := os.read(go, 100):
            try:
                if line == b"cancel\n":
                    study_visits.cancel(session, code, "W12", reason="the next round").record()
                else:
                    day = DAY.date() + dt.timedelta(days=77 + int(line) % 15)  # its window
                    study_visits.book(session, code, "W12", f"{day}T09:30", outside_window=None, reason=None).record()
            except Refusal as refusal:
                os.write(answer, b"r" if [each.code for each in refusal.findings] == ["DC762"] else b"x")
            else:
                os.write(answer, b"w")
    os._exit(0)


def readonly(folder: str) -> dict[str, object]:
    """Read and write as one who may only read; root first becomes somebody else."""
    place = os.path.join(folder, "study.db")
    fill(place).close()
    os.chmod(place, 0o444)
    os.chmod(folder, 0o555)
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    store = open_store(place)
    try:
        with store.writing(by(), Sealer(KEY, chance())) as writing:
            writing.append(consent("P009"))
    except Refusal as refusal:
        said = str(refusal)
    with store.reading() as reading:
        return {"said": said, "events": len(list(reading.events()))}


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    doing = {"kill": kill, "race": race, "beds": beds, "readonly": readonly}[what]
    print(json.dumps(doing(where, *map(int, numbers))))  # type: ignore[operator]
