"""Processes that write in a study at once, or are killed while they write. A program: it forks.

    under_load.py kill PLACE ROUNDS SEED    one writer at a time is killed at a random moment
    under_load.py race PLACE ROUNDS         eight writers want the last place of a day
    under_load.py readonly FOLDER           writes in a study that may only be read

The last line it prints is a JSON object of what happened.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time

from dosecalc.errors import Finding, Refusal
from dosecalc.registry import chain
from dosecalc.registry.chain import START, Head
from dosecalc.registry.sealing import Sealer
from dosecalc.registry.store import VisitRow, open_store
from dosecalc.text import msg
from registry.studies import KEY, assign, book, by, chance, consent, fill

PROCESSES = 8


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
    return {**found, "verifies": whole == head and head != START}


def race(place: str, rounds: int) -> dict[str, object]:
    """In each round eight processes look whether a day is free, and book it if so, at the same moment."""
    fill(place).close()
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
        won += said.count(b"w")
        refused += said.count(b"r")
        other += sum(answer not in (b"w", b"r") for answer in said)
        each_round.add((said.count(b"w"), said.count(b"r")))
    for child, go, _ in pipes:
        os.close(go)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with open_store(place).reading() as reading:
        days = [json.loads(event.public)["when"] for event in reading.events(kinds=["book"], after=19)]
        verifies = isinstance(chain.follow(reading.events()), Head)
    return {
        "won": won,
        "refused": refused,
        "other": other,
        "rounds": sorted(each_round),
        "booked": len(days),
        "days": len(set(days)),
        "verifies": verifies,
    }


def run_for_place(place: str, process: int, go: int, answer: int) -> None:
    store = open_store(place)
    code = f"R{process}"
    while line := os.read(go, 100):
        day = f"{3000 + int(line):04}-01-01"
        try:
            with store.writing(by(), None) as writing:
                if writing.booked_on(day):
                    raise Refusal([Finding("DC000", msg("the day is full"), msg("take another day"))])
                writing.append(book(code, "W0", day))
                writing.project(code, [*writing.rows(participant=code), row(code, day)._replace(visit=day)])
        except Refusal as refusal:
            os.write(answer, b"r" if refusal.findings[0].code == "DC000" else b"x")
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
    doing = {"kill": kill, "race": race, "readonly": readonly}[what]
    print(json.dumps(doing(where, *map(int, numbers))))  # type: ignore[operator]
