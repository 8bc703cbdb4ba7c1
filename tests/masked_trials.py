"""Two studies of a masked trial that differ only in who gets what, from consent to the last visit.

Each command that changes something is called in both, word for word the same; only what the second person reads off
their own allocation list differs.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from masked_study import MASKED, STAFF, Clock, begin, call
from running import Ran

_LENGTH = "  visit_length: PT1H\n"
_CLINIC = "  weekdays: [Mon, Tue, Wed, Thu, Fri, Sat, Sun]\n  holidays: {country: DE, official_through: 2025}\n"
CODES = ("P001", "P002", "P003", "P004")
ACTIVE, PLACEBO = "LOT-OF-CELLS", "LOT-OF-MEDIUM"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A masked trial: what its participants go through, and what may be allocated to them."""

    protocol: str
    column: str
    """Of the allocation list: what is allocated."""
    allocations: Mapping[str, tuple[str, ...]]
    """What each of `CODES` gets, by the name of the allocation."""
    tell: tuple[str, ...]
    """What would tell an allocation: no masked person reads any of it."""
    visits: tuple[tuple[str, dt.date], ...]
    """Three of them, the first with a dose, and the second for those who get one then."""
    measured: str
    """What `participant measure` and the second person enter alike."""
    anchors: str = ""
    lots: Mapping[str, str] = field(default_factory=dict)
    """What our lots are called in the example stock file."""
    strength: str

    def fill(self, line: str) -> str:
        """A line with the visits v1 to v3, their days d1 to d3, the day after the second one, and the lots."""
        named = {f"v{n}": visit for n, (visit, _) in enumerate(self.visits, 1)}
        days = {f"d{n}": day.isoformat() for n, (_, day) in enumerate(self.visits, 1)}
        later = (self.visits[1][1] + dt.timedelta(days=1)).isoformat()
        arm = self.allocations["each"][0]
        return line.format(
            **named, **days, later=later, lot=ACTIVE, other=PLACEBO, arm=arm, column=self.column, protocol=self.protocol
        )

    @property
    def end(self) -> str:
        """When the history is over."""
        return f"{self.visits[1][1] + dt.timedelta(days=3)}T10:00+08:00"


CELLS = Trial(
    protocol="NCT07084012",
    column="arm",
    allocations={
        "each": ("group-1", "placebo", "group-2", "placebo"),
        "other": ("placebo", "group-2", "placebo", "group-1"),
        "all placebo": ("placebo",) * 4,
        "all the same": ("group-2",) * 4,
    },
    tell=("group-1", "group-2", "placebo", "KIT-000", ACTIVE, PLACEBO),
    visits=(("D0", dt.date(2026, 6, 2)), ("D7", dt.date(2026, 6, 9)), ("D14", dt.date(2026, 6, 16))),
    measured="--weight 68",
    anchors="symptom_onset=2026-06-01T20:00",
    lots={ACTIVE: "MSC", PLACEBO: "MEDIUM"},
    strength="2.0e7 viable cells/mL",
)
AREAS = Trial(
    protocol="NCT06932393",
    column="side",
    allocations={
        "each": ("study", "control", "control", "study"),
        "other": ("control", "study", "study", "control"),
        "all the same": ("study",) * 4,
    },
    tell=("KIT-000", ACTIVE, PLACEBO, "saline"),
    visits=(("INJ1", dt.date(2026, 6, 2)), ("INJ2", dt.date(2026, 7, 2)), ("INJ3", dt.date(2026, 8, 2))),
    measured="--area 20",
    lots={ACTIVE: "EXO", PLACEBO: "SALINE"},
    strength="1.0e10 particles/mL",
)
TRIALS = {trial.protocol: trial for trial in (CELLS, AREAS)}


@dataclass(frozen=True)
class Step:
    """A call that everybody makes in both studies; what a masked person gets to see of it is compared."""

    at: str
    user: str
    words: tuple[str, ...]
    check: str = ""
    """Whose dose the second person checks; what they enter is what their own list says."""


def history(trial: Trial) -> Iterator[Step]:
    """From consent to the last visit; every command that changes something."""

    def does(days: int, clock: str, user: str, line: str, *more: str, on: int = 0, check: str = "") -> Step:
        """A call so many days after the day of a visit (0: the first)."""
        day = trial.visits[on][1] + dt.timedelta(days=days)
        return Step(f"{day}T{clock}+08:00", user, (*trial.fill(line).split(), *more), check)

    def handed_out(code: str, on: int) -> Iterator[Step]:
        visit, day = trial.visits[on]
        yield does(0, "09:05", "wang", f"ip prepare {code} {visit} --thawed-at {day}T09:00", on=on)
        yield does(0, "09:15", "xu", f"ip check {code} {visit}", on=on, check=code)
        yield does(0, "09:20", "wang", f"ip dispense {code} {visit} --to liu", on=on)

    how = "" if "--weight" in trial.measured else "--method tracing"
    for code in CODES:
        yield does(-1, "09:00", "liu", f"participant consent {code} --form 1.0 --date 2026-06-01")
        yield does(-1, "09:10", "liu", f"participant enrol {code}")
        measured = f"participant measure {code} {trial.measured} {how} --by liu --date 2026-06-01"
        yield does(-1, "09:20", "liu", measured)
    yield does(-1, "09:30", "wang", "participant assign --list allocation.csv")
    for code in CODES:
        yield does(-1, "10:00", "wang", f"participant assign {code}")
        yield does(-1, "22:00", "liu", f"participant anchor {code} {trial.anchors} first_dose={{d1}}T09:30")
        for visit, day in trial.visits:
            yield does(-1, "22:10", "liu", f"visit book {code} {visit} {day}T09:30")
    yield does(0, "08:00", "wang", "ip receive --stock our-example-stock.yaml")
    yield does(0, "08:10", "wang", "study codebreak --out pharmacy/cards.html --participant P001 --participant P002")
    for code in CODES:
        yield from handed_out(code, 0)
        part = ("--part", "0.5", "--reason", "syncope") if code == "P004" else ()
        yield does(0, "09:30", "liu", f"ip administer {code} {{v1}}", *part)
    yield does(0, "09:40", "liu", "visit attend P001 {v1} {d1}")
    yield does(0, "09:41", "liu", "visit attend P002 {v1} {d1}")
    yield does(-1, "08:00", "liu", "participant consent P005 --form 1.0 --date 2026-06-08", on=1)
    yield does(-1, "09:00", "liu", "visit move P002 {v2} {later}T09:30 --yes", on=1)
    yield does(-1, "09:10", "liu", "visit cancel P004 {v2} --yes --reason", "asks for another day", on=1)
    yield from handed_out("P001", 1)  # and not given: what stands in the way must not tell
    yield does(3, "09:00", "liu", "visit miss P003 {v2} --reason", "did not come", on=1)
    unscheduled = f"visit unscheduled P001 {trial.visits[1][1] + dt.timedelta(days=3)}T09:00 --reason"
    yield does(3, "09:10", "liu", unscheduled, "rash", on=1)
    hold, lift = (f"study {what} --scope participant --target P001 --reason" for what in ("hold", "lift"))
    yield does(3, "09:20", "chen", hold, "rash", on=1)
    yield does(3, "09:30", "chen", lift, "it went away", on=1)
    yield does(3, "09:40", "chen", "participant discontinue P002 --yes --reason", "rash", on=1)
    yield does(3, "09:45", "wang", f"ip quarantine {ACTIVE} --reason", "freezer at -60 °C", on=1)
    yield does(3, "09:50", "liu", "participant withdraw P003 --yes --reason", "moved away", on=1)


@dataclass(frozen=True)
class Pair:
    """Two studies and what masked people saw while they came to be."""

    trial: Trial
    one: Path
    two: Path
    seen: list[tuple[Step, Ran, Ran]]
    new: bytes
    """The database of both, before anybody was in it."""


def play(trial: Trial, name: str, one: Path, two: Path) -> Pair:
    """Play the same history in two studies. They have one key and one first event; the nonces differ."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        begin(one, trial.protocol, more=(_LENGTH, _LENGTH + _CLINIC))
        stock = one / "our-example-stock.yaml"
        text = stock.read_text(encoding="utf-8")
        for ours, theirs in trial.lots.items():
            assert f"\n  {theirs}:" in text
            text = text.replace(f"\n  {theirs}:", f"\n  {ours}:")
        stock.write_text(text, encoding="utf-8")
        shutil.copytree(one, two)
        for folder, allocation in ((one, "each"), (two, name)):
            rows = zip(CODES, trial.allocations[allocation], strict=True)
            lines = (f"{code},{secret},KIT-000{number}\n" for number, (code, secret) in enumerate(rows))
            (folder / "allocation.csv").write_text(f"participant,{trial.column},kit\n{''.join(lines)}")
        new, seen = (one / "study.db").read_bytes(), []
        for step in history(trial):
            clock.set(step.at)
            ran = _run(trial, one, step), _run(trial, two, step)
            for each in ran:
                assert each.code == 0, (step, each.err, each.out)
            if step.user in MASKED:
                seen.append((step, *ran))
    return Pair(trial, one, two, seen, new)


def _run(trial: Trial, folder: Path, step: Step) -> Ran:
    words = step.words
    if step.check:
        listed = dict(line.split(",")[:2] for line in (folder / "allocation.csv").read_text().splitlines())
        visit = words[3]
        words += (*trial.measured.split(), "--thawed-at", f"{dict(trial.visits)[visit]}T09:00")
        words += _entered(trial, listed[step.check], visit)
    return call(folder, step.user, *words, key=STAFF[step.user] == "pharmacist")


def _entered(trial: Trial, secret: str, visit: str) -> tuple[str, ...]:
    """What the second person reads off the list and the vials."""
    active = ("--lot", ACTIVE, "--concentration", trial.strength)
    if trial.column == "side":
        return ("--area-a", secret, *active, "--lot", PLACEBO)
    given = secret == "group-2" or (secret == "group-1" and visit == "D0")
    return ("--arm", secret, *(active if given else ("--lot", PLACEBO)))
