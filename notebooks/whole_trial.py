"""Two whole trials, played with made-up participants: 59 of NCT07203599 and 60 of NCT07084012.

Nobody in it is real. Every step goes through the same use cases as the command line, on the day on which it would
happen: the clock, who works and the random numbers are passed in. First doses have their days; every Friday all other
visits are booked at once, as `dosecalc study book` does. `play_escalation` and `play_masked` return a `Trial` whose
folder holds the study, its key and its calendars; `recount.py` then calculates everything again by itself.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dosecalc.app import checking, settings, study_book, study_changes, study_dose, study_ip, study_lots, study_visits
from dosecalc.app import study_participant as people
from dosecalc.app.study import Session, open_study
from dosecalc.app.study_anchor import DatesStep
from dosecalc.app.study_calendars import write_calendars
from dosecalc.app.study_correct import CorrectStep
from dosecalc.app.study_measure import Typed, measure
from dosecalc.app.study_open import visit_open
from dosecalc.app.study_reports import study_exposure
from dosecalc.app.study_store import export_study, init_study, verify_study
from dosecalc.app.study_unblind import unblind
from dosecalc.checking.entries import Entries, Taken, what_to_ask
from dosecalc.errors import Refusal

ZONE = ZoneInfo("Asia/Shanghai")
NURSE, DOCTOR, PHARMACIST, SECOND, OFFICE = "liu.min", "chen.jie", "wang.fang", "li.na", "zhao.lei"
STAFF = {NURSE: "nurse", DOCTOR: "investigator", PHARMACIST: "pharmacist", SECOND: "pharmacist",
         OFFICE: "administrator", "he.yu": "monitor", "dai.qi": "data manager"}  # fmt: skip

CLINIC = """  places_per_day: 6
  weekdays: [Mon, Tue, Wed, Thu, Fri]
  hours: ["08:30-12:00", "13:30-17:00"]
  holidays: {country: CN, official_through: 2026}
  resources:
    bed: {label: {en: treatment bed, zh: 治疗床}, per_day: 5}
"""
BOOKING = {
    "NCT07203599": "W0: {resources: [bed], lead: PT30M}, W2: {resources: [bed], lead: PT30M}, "
                   "W4: {resources: [bed], lead: PT30M}, W6: {resources: [bed], lead: PT30M}",
    "NCT07084012": "D0: {ward: true}, D7: {resources: [bed], lead: PT30M}, D14: {resources: [bed], lead: PT30M}",
}  # fmt: skip
"""What the visits take of the clinic: a stroke does not wait for its opening hours."""

Journey = Iterator[dt.datetime]
"""What happens to one participant: it says when it goes on, and is called again at that moment."""


def own_files(folder: Path, protocol: Path, *, leave_out: str = "") -> tuple[Path, Path]:
    """Write a site and a stock file that are no examples, with staff and vials; the site has verified `protocol`.

    `leave_out` is a visit whose window the site no longer states, because the protocol does.
    """
    name = protocol.name.split("-")[0].removesuffix(".yaml")
    made = []
    for file in ("example.yaml", "example-stock.yaml"):
        text = Path(settings.shipped("sites", file)).read_text(encoding="utf-8")
        text = text.replace("example: true", "example: false")
        for mark in (" (example)", "（示例）", "EXAMPLE-", "Example "):
            text = text.replace(mark, "")
        lines = text.splitlines()
        if file == "example.yaml":
            lines = _site_lines(lines, name, protocol, leave_out)
        else:
            lines = ["    vials: 3000" if line.startswith("    vials: ") else line for line in lines]
        made.append(folder / f"{protocol.stem}-{file}")
        made[-1].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made[0], made[1]


def _site_lines(lines: list[str], name: str, protocol: Path, leave_out: str) -> list[str]:
    digest = hashlib.sha256(protocol.read_bytes()).hexdigest()
    verified = f'sha256: {digest}, document: Protocol, version: "2.0", by: A. Pharmacist, date: 2026-02-20'
    confirmed = 'document: Protocol, section: "5.4", by: A. Investigator, date: 2026-02-20'
    first = lines.index(f"  {name}:")
    added = [f"    verified: {{{verified}}}", f"    booking: {{{BOOKING[name]}}}"]
    if name == "NCT07203599":
        added.append(f"    stagger: {{days: 3, confirmed: {{{confirmed}}}}}")
    lines[first + 1 : first + 1] = added
    if leave_out:
        place = lines.index(f"      {leave_out}:", first)
        del lines[place : place + 3]
    staff = ["staff:", *(f"  {user}: {role}" for user, role in STAFF.items()), ""]
    place = next(number for number, line in enumerate(lines) if line.startswith("  visit_length:"))
    lines[place:place] = CLINIC.splitlines()
    place = lines.index("protocols:")
    return [*lines[:place], *staff, *lines[place:]]


AHEAD = dt.timedelta(days=24)
"""How far ahead visits are booked: who books months ahead fills the days that a narrower window needs later."""


@dataclass
class Trial:
    """A study in a folder, a clock that goes from one planned moment to the next, and who does what."""

    folder: Path
    protocol: str
    begins: dt.datetime
    seed: int = 1
    now: dt.datetime = field(init=False)
    refused: list[str] = field(default_factory=list)
    """What the study refused, as it should: the codes of the messages."""
    booked: dict[tuple[str, str], dt.datetime] = field(default_factory=dict)
    """When each participant is booked for each visit."""
    away: set[tuple[str, str]] = field(default_factory=set)
    """Participants and the days on which they cannot come."""
    no_day: list[tuple[str, str]] = field(default_factory=list)
    """The visits for which no day of the window was left."""
    _sessions: dict[str, Session] = field(default_factory=dict)
    _queue: list[tuple[dt.datetime, int, Journey]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.begins
        self.numbers = random.Random(self.seed)
        self._turns = itertools.count()
        pharmacy = self.folder / "pharmacy"  # the key lies apart from the study
        pharmacy.mkdir(exist_ok=True)
        self.study, self.key = str(self.folder / "study.db"), str(pharmacy / "study.key")

    # --- time and people ----------------------------------------------------------------------------------------

    @contextmanager
    def clock(self) -> Iterator[None]:
        """Everything inside happens at this trial's time."""
        with settings.clock(lambda: self.now):
            yield

    def plan(self, journey: Journey) -> None:
        """Let something begin at the first moment that it names."""
        moment = next(journey, None)
        if moment is not None:
            heapq.heappush(self._queue, (moment, next(self._turns), journey))

    def run(self) -> None:
        """Let everything happen in the order of time, until nothing is left to happen."""
        while self._queue:
            moment, _, journey = heapq.heappop(self._queue)
            self.now = max(self.now, moment)
            self.plan(journey)
        self.close()

    def who(self, user: str) -> Session:
        """One person at work, now. Pharmacists have the key."""
        session = self._sessions.get(user)
        if session is None:
            key = self.key if user in (PHARMACIST, SECOND) else None
            session = open_study(self.study, user=user, key=key, at=None, chance=self.numbers.randbytes)
            self._sessions[user] = session
        session.at = self.now.astimezone(session.zone)
        session.by = replace(session.by, entered_at=self.now.astimezone(dt.UTC))
        return session

    def close(self) -> None:
        """Close what is open; whoever works next sees the study as it stands then."""
        for session in self._sessions.values():
            session.store.close()
        self._sessions.clear()

    def must_refuse(self, step: Callable[[], object]) -> None:
        """Do something that the study has to refuse."""
        try:
            step()
        except Refusal as refusal:
            self.refused.extend(finding.code for finding in refusal.findings)
        else:
            raise AssertionError("this should have been refused")

    # --- steps that several participants take -------------------------------------------------------------------

    def book(self, code: str, visit: str, when: dt.datetime) -> None:
        study_visits.book(self.who(NURSE), code, visit, when.isoformat(), outside_window=None, reason=None).record()
        self.booked[code, visit] = when

    def book_all(self) -> None:
        """Book all visits that nobody has booked, on the days that are best for all of them together.

        What finds no day in its window goes to the nearest one outside of it, as the investigator decides.
        """
        nurse = self.who(NURSE)
        until = (self.now + AHEAD).date().isoformat()
        wanted = study_book.wanted(nurse, (), (), until, allow_move=False)
        proposal = study_book.propose(nurse, wanted, seconds=60)
        study_book.record(nurse, proposal)
        for each in proposal.plan.placed:
            self.booked[each.task.code, each.task.planned.id] = each.when
        for none in proposal.plan.unplaced:
            self._book_outside(none.task.code, none.task.planned.id)

    def _book_outside(self, code: str, visit: str) -> None:
        why = visit_open(self.who(NURSE), code, visit, first=None, until=None).none
        assert why is not None, "a day was left after all"
        when = min(why.nearest, key=lambda option: abs(option.distance)).times[0]
        self.decide(code, visit, when, "the clinic has no day in the window")
        self.no_day.append((code, visit))

    def decide(self, code: str, visit: str, when: dt.datetime, why: str) -> None:
        """Book or move a visit outside its window, as the investigator decides: a deviation."""
        call = study_visits.move if (code, visit) in self.booked else study_visits.book
        step = call(self.who(DOCTOR), code, visit, when.isoformat(), outside_window=why, reason=None)
        decision, _ = step.look()
        step.record(decision.overrides)
        self.booked[code, visit] = when

    def offered(self, code: str, visit: str, *, first: dt.date | None = None) -> dt.datetime | None:
        """The best day for a participant who cannot come on the day that is booked; None where none is left."""
        self.away.add((code, self.booked[code, visit].date().isoformat()))
        found = visit_open(self.who(NURSE), code, visit, first=None, until=None)
        fits = (option for option in found.best if (code, option.day.isoformat()) not in self.away)
        return next((option.times[0] for option in fits if first is None or option.day >= first), None)

    def move(self, code: str, visit: str, when: dt.datetime, why: str) -> None:
        study_visits.move(self.who(NURSE), code, visit, when.isoformat(), outside_window=None, reason=why).record()
        self.booked[code, visit] = when

    def elsewhen(self, code: str, visit: str, why: str, *, first: dt.date | None = None) -> dt.datetime:
        """Move a visit to the best other day; where none is left, the participant comes as booked after all."""
        when = self.offered(code, visit, first=first)
        if when is None:
            self.away.discard((code, self.booked[code, visit].date().isoformat()))
        else:
            self.move(code, visit, when, why)
        return self.booked[code, visit]

    def cancel(self, code: str, visit: str, why: str) -> None:
        """Cancel a visit, if it is booked already."""
        if (code, visit) not in self.booked:
            return
        study_visits.cancel(self.who(NURSE), code, visit, reason=why).record()

    def rebook(self, code: str, visit: str, why: str) -> dt.datetime:
        """Cancel a visit and book it again, on the best other day."""
        self.cancel(code, visit, why)
        when = self.offered(code, visit)
        assert when is not None, f"{code} {visit}: no other day is left"
        self.book(code, visit, when)
        return when

    def attend(self, code: str, visit: str) -> None:
        study_visits.attend(
            self.who(NURSE), code, visit, self.now.isoformat(), outside_window=None, reason=None
        ).record()

    def dose(self, code: str, visit: str, entries: dict[str, Any], part: str | None = None) -> None:
        """Prepare, check by a second person from their own entries, hand out, give."""
        thawed = None if entries.get("home") else (self.now - dt.timedelta(minutes=10)).isoformat()
        wish = study_ip.Wish(code=code, visit=visit, thawed_at=thawed)
        in_hand = study_ip.begin(self.who(PHARMACIST), wish)
        assert not in_hand.prepared.questions, [str(each.text) for each in in_hand.prepared.questions]
        study_ip.keep(self.who(PHARMACIST), in_hand, in_hand.prepared.sheet, "en")
        opened = study_dose.open_check(self.who(SECOND), code, visit)
        checked = checking.finish_check(opened, self._entries(opened, entries, thawed))
        assert checked.agreed, [each for each in checked.compared if not each.agree]
        study_dose.keep_check(self.who(SECOND), code, visit, checked, "en")
        study_dose.dispense(self.who(PHARMACIST), code, visit, NURSE)
        reason = "stopped early: the participant felt faint" if part else None
        study_dose.administer(self.who(DOCTOR), code, visit, part=part, reason=reason)

    def _entries(self, opened: checking.OpenCheck, given: dict[str, Any], thawed: str | None) -> Entries:
        arms = (given["arm"],)
        products = what_to_ask(opened.settled, arms, opened.sheet.visit).products
        lots = [next(lot for lot in opened.stock.lots.values() if lot.product == product
                     and (lot.arms is None or not lot.arms or given["arm"] in lot.arms))
                for product in products]  # fmt: skip
        return Entries(
            arms=arms,
            areas=tuple(Decimal(each) for each in given.get("areas", ())),
            weight=Decimal(given["weight"]) if "weight" in given else None,
            taken=tuple(Taken(product=lot.product, lot=lot, concentration=lot.concentration) for lot in lots),
            thawed_at=dt.datetime.fromisoformat(thawed) if thawed else None,
        )

    def amend(self, version: str, old: str, new: str, *, leave_out: str, why: str) -> None:
        """Bring a new version of the protocol: the same file with one window changed; a new consent is needed."""
        text = Path(settings.shipped(f"{self.protocol}.yaml")).read_text(encoding="utf-8")
        before = next(line for line in text.splitlines() if line.startswith("version: "))
        place = text.rindex(old)
        text = (text[:place] + new + text[place + len(old) :]).replace(before, f'version: "{version}"')
        file = self.folder / f"{self.protocol}-v{version}.yaml"
        file.write_text(text, encoding="utf-8")
        site, _ = own_files(self.folder, file, leave_out=leave_out)
        session = self.who(OFFICE)
        day = self.now.astimezone(ZONE).date().isoformat()
        proposal = study_changes.propose(session, str(file), str(site), effective=day, reconsent=True, urgent=False)
        study_changes.amend(session, proposal, why)
        self.close()

    def migrate(self, code: str) -> None:
        """A participant signs the new form and moves to the new version."""
        day = self.now.astimezone(ZONE).date().isoformat()
        people.consent(self.who(NURSE), code, form="2.0", date=day)
        study_changes.migrate(self.who(NURSE), code, version=None, form="2.0")

    # --- the end ------------------------------------------------------------------------------------------------

    def finish(self) -> Counter[str]:
        """Verify the chain, export the study, write all calendars; returns how many events of each kind there are."""
        with self.clock():
            with open_study(self.study, user=PHARMACIST, key=self.key, at=None) as session, session.read() as reading:
                kinds = Counter(event.kind for event in reading.events())
                kept = reading.head()
            found = verify_study(self.study, kept=f"{kept.number}:{kept.hash}", key=self.key)
            assert found.head is not None, found
            assert not found.findings, found
            export_study(self.study, str(self.folder / "study.jsonl"), who=PHARMACIST, key=self.key, public=False)
            with open_study(self.study, user=NURSE, key=None, at=None) as session:
                write_calendars(session, str(self.folder / "out"))
        return kinds

    def compare(self, again: dict[str, dict[str, Any]]) -> Counter[str]:
        """Hold what the study says against what was calculated again; returns how much was compared."""
        compared: Counter[str] = Counter()
        with self.clock(), open_study(self.study, user=PHARMACIST, key=self.key, at=None) as session:
            with session.read() as reading:
                rows = reading.rows()
            _, exposures = study_exposure(session)
        planned = {(row.participant, row.visit) for row in rows if row.target is not None}
        counted = {(code, visit) for code, own in again.items() for visit in own["dates"]}
        assert planned == counted, f"in one of the two only: {sorted(planned ^ counted)}"
        for row in rows:
            own = again[row.participant]
            if row.target is not None:
                said = (row.target, row.earliest or row.target, row.latest or row.target)
                assert said == own["dates"][row.visit], (row, own["dates"][row.visit])
                compared["dates"] += len(said)
            assert row.attended == own["attended"].get(row.visit), row
            compared["visits"] += 1
            compared["visits that took place"] += row.attended is not None
        assert compared["visits that took place"] == sum(len(own["attended"]) for own in again.values())
        for exposure in exposures:
            own = again[exposure.participant]
            given = {total.unit.symbol: total.value for total in exposure.totals.values()}
            assert given == own["given"], (exposure.participant, given, own["given"])
            compared["totals of doses"] += len(given)
        compared["doses"] = sum(len(own["doses"]) for own in again.values())
        return compared


def day(start: dt.datetime, days: int, hour: int = 9, minute: int = 0) -> dt.datetime:
    """So many days after a start, at a time of the clinic."""
    return dt.datetime.combine(start.date() + dt.timedelta(days=days), dt.time(hour, minute), ZONE)


def friday(start: dt.datetime, hour: int = 17, minute: int = 0) -> dt.datetime:
    """The evening at the end of a start's week: then the later visits are booked."""
    return day(start, (4 - start.weekday()) % 7, hour, minute)


def _fridays(trial: Trial, starts: Iterable[dt.datetime], last: int) -> Journey:
    """Every Friday, until so many days after the last start."""
    evenings = [friday(start) for start in starts]
    for days in range(0, (max(evenings) - min(evenings)).days + last, 7):
        yield day(min(evenings), days, 17)
        trial.book_all()


def _booked(trial: Trial, code: str, visit: str) -> Iterator[Any]:
    """Wait until a visit is booked, and return its time."""
    while (code, visit) not in trial.booked:
        now = trial.now.astimezone(ZONE)
        evening = friday(now, 17, 30)
        yield evening if evening > now else evening + dt.timedelta(days=7)
    return trial.booked[code, visit]


# --- NCT07203599: three open dose levels one after the other, then two open groups ---------------------------------

BEGIN = dt.datetime(2026, 6, 1, 9, 0, tzinfo=ZONE)
LEVELS = ("phase1-A", "phase1-B", "phase1-C")
LATER = {"W2": 14, "W4": 28, "W6": 42, "W8": 56, "W12": 84, "W24": 168}
AMENDED = 210
"""The day on which version 2.0 comes."""


def play_escalation(folder: Path, phase1: int = 9, phase2: int = 50, seed: int = 1) -> Trial:
    """Play NCT07203599 with so many participants in phase I (a third in each level) and phase II (half in each arm)."""
    trial = Trial(folder=folder, protocol="NCT07203599", begins=day(BEGIN, -10), seed=seed)
    with trial.clock():
        _begin(trial)
        each = phase1 // 3
        first = {level: 70 * place for place, level in enumerate(LEVELS)}
        starts = []
        for i in range(1, phase1 + 1):
            level = LEVELS[(i - 1) // each]
            starts.append(day(BEGIN, first[level] + 14 * ((i - 1) % each), 9, 30))
            trial.plan(_escalation(trial, i, level, starts[-1]))
        rows = ["participant,arm"]
        for i in range(phase1 + 1, phase1 + phase2 + 1):
            arm = ("phase2-exosome", "phase2-minoxidil")[(i // 2 + i) % 2]  # a fixed rule: nothing is drawn
            rows.append(f"P{i:03},{arm}")
            place = (i - phase1 - 1) // 2
            place += place >= 19  # New Year's Day
            starts.append(day(BEGIN, 189 + place // 5 * 7 + place % 5, 10 + i % 2 * 4))
            trial.plan(_escalation(trial, i, arm, starts[-1]))
        trial.plan(_fridays(trial, starts, 175))
        trial.plan(_study_events(trial, "\n".join(rows) + "\n"))
        trial.plan(_screen_failure(trial))
        trial.run()
    return trial


def _begin(trial: Trial) -> None:
    protocol = Path(settings.shipped(f"{trial.protocol}.yaml"))
    site, stock = own_files(trial.folder, protocol)
    init_study(trial.study, protocol=trial.protocol, site=str(site), key_out=trial.key, who=OFFICE, at=None)
    study_lots.receive(trial.who(PHARMACIST), str(stock), ())


def _study_events(trial: Trial, allocation: str) -> Journey:
    """The dose levels are opened, one of them is held for a morning, the list comes in, version 2.0 comes."""
    yield day(BEGIN, 64, 11)
    study_changes.open_level(trial.who(DOCTOR), "phase1-B", "safety committee: no event at level A")
    yield day(BEGIN, 98, 8)
    study_changes.hold(trial.who(DOCTOR), "level", "phase1-B", "a fever is looked into")
    yield day(BEGIN, 98, 8, 30)
    trial.must_refuse(lambda: study_ip.begin(trial.who(PHARMACIST), study_ip.Wish(code="P005", visit="W2")))
    yield day(BEGIN, 98, 9)
    study_changes.lift(trial.who(DOCTOR), "level", "phase1-B", "it was a cold")
    yield day(BEGIN, 120, 11)
    study_changes.open_level(trial.who(DOCTOR), "phase1-C", "safety committee: no event at level B")
    yield day(BEGIN, 180, 11)
    lot = "EV-C"
    study_lots.quarantine(trial.who(PHARMACIST), lot, "the freezer was warm for an hour")
    yield day(BEGIN, 180, 17)
    study_lots.release(trial.who(PHARMACIST), lot, "the maker has released it")
    yield day(BEGIN, 181, 11)
    file = trial.folder / "allocation.csv"
    file.write_text(allocation, encoding="utf-8")
    people.import_list(trial.who(PHARMACIST), str(file))
    yield day(BEGIN, AMENDED, 8)
    trial.amend("2.0", "window: not_stated", "window:\n        before: P14D\n        after: P14D",
                leave_out="W24", why="amendment 1: week 24 may be two weeks early or late")  # fmt: skip


def _screen_failure(trial: Trial) -> Journey:
    yield day(BEGIN, -3)
    people.consent(trial.who(NURSE), "S001", form="1.0", date=trial.now.date().isoformat())
    yield day(BEGIN, -2)
    people.end(trial.who(NURSE), "screen_failure", "S001", date=None, reason="another scalp disease")


def _escalation(trial: Trial, i: int, arm: str, start: dt.datetime) -> Journey:  # noqa: C901
    """One participant from consent to the last visit, with what goes wrong on the way."""
    code = f"P{i:03}"
    nurse = lambda: trial.who(NURSE)
    cohort = arm if arm in LEVELS else None
    areas = ["8.2", f"{11 + i % 9}.{i % 10}"] if i % 5 == 0 else [f"{14 + 3 * i % 17}.{7 * i % 10}"]
    visits = [name for name in LATER if arm != "phase2-minoxidil" or name in ("W8", "W12", "W24")]

    yield day(start, -14 if i == 2 else -7)
    form = "2.0" if trial.now >= day(BEGIN, AMENDED) else "1.0"
    people.consent(nurse(), code, form=form, date=trial.now.date().isoformat(), language="en" if i % 4 == 0 else "zh")
    if i == 4 and cohort is not None:  # level B is not open yet
        trial.must_refuse(lambda: people.enrol(nurse(), code, date=None, cohort=cohort))
    if i == 2 and cohort is not None:  # the first one of the level came yesterday
        yield day(start, -13)
        trial.must_refuse(lambda: people.enrol(nurse(), code, date=None, cohort=cohort))
    yield day(start, -5, 10)
    people.enrol(nurse(), code, date=None, cohort=cohort or "none")
    if cohort is not None:
        people.assign(trial.who(DOCTOR), code, arm=arm)
    else:
        people.assign(trial.who(PHARMACIST), code, arm=None)  # as the list says
    if arm != "phase2-minoxidil":
        typed = ["43.2"] if i == 4 else areas
        measured = Typed(areas=typed, method="tracing", by=NURSE, date=trial.now.date().isoformat())
        events, _ = measure(nurse(), code, measured)
        if typed != areas:
            CorrectStep(session=nurse(), number=str(events[0].number), pairs=[f"values={';'.join(areas)}"], void=False,
                        reason="the digits were swapped").record()  # fmt: skip
    DatesStep(session=nurse(), code=code, pairs=[f"first_dose={start.date().isoformat()}"], reason=None).record()
    trial.book(code, "W0", start)

    yield start
    entries = {"arm": arm, "home": True} if arm == "phase2-minoxidil" else {"arm": arm, "areas": areas}
    trial.dose(code, "W0", entries)
    trial.attend(code, "W0")
    on_new = form == "2.0"
    for visit in visits:
        dosed = visit in ("W2", "W4", "W6")
        if dosed and i == 6 and visit != "W2":
            continue  # after the end of the treatment
        when = yield from _booked(trial, code, visit)
        if i == 10 and visit == "W12":
            when = yield from _outside(trial, code, start)
        if visit == "W24" and on_new and i % 3 == 0:
            yield when - dt.timedelta(days=4)
            beyond = day(start, LATER[visit] + 8).date()
            when = trial.elsewhen(code, visit, "only the new window allows it", first=beyond)
        elif i % 7 == 0 and visit in ("W4", "W24"):
            yield when - dt.timedelta(days=4)
            when = trial.elsewhen(code, visit, "the participant asked for it")
        if i % 11 == 0 and visit == "W8":
            yield when - dt.timedelta(days=3)
            when = trial.rebook(code, visit, "a fever")
        yield when
        if (i % 13 == 0 and visit == "W12") or (i == 20 and visit == "W6"):
            yield when + dt.timedelta(hours=3)
            study_visits.miss(nurse(), code, visit, reason="did not come, and was reached by telephone").record()
            continue
        if not on_new and when >= day(BEGIN, AMENDED):
            trial.migrate(code)
            on_new = True
        if dosed:
            trial.dose(code, visit, entries, part="0.5" if i in (3, 30) and visit == "W2" else None)
        trial.attend(code, visit)
        if i == 15 and visit == "W8":
            yield when + dt.timedelta(days=2)
            study_visits.unscheduled(nurse(), code, None, trial.now.isoformat(), reason="itching").record()
        if i == 6 and visit == "W2":
            people.end(trial.who(DOCTOR), "discontinue", code, date=None, reason="wishes no more injections")
            for left in ("W4", "W6"):
                trial.cancel(code, left, "the treatment has ended")
        if i == 23 and visit == "W4":
            people.end(nurse(), "withdraw", code, date=None, reason="moves to another city")
            for left in visits[visits.index(visit) + 1 :]:
                trial.cancel(code, left, "has withdrawn")
            return


def _outside(trial: Trial, code: str, start: dt.datetime) -> Iterator[Any]:
    """Week 12 two days after its window: refused to the nurse, decided by the investigator, a deviation."""
    when = day(start, LATER["W12"] + 9)
    yield day(start, LATER["W12"] - 10)
    trial.away |= {(code, day(start, LATER["W12"] + days).date().isoformat()) for days in range(-9, 9)}
    trial.must_refuse(lambda: trial.move(code, "W12", when, "is abroad"))
    trial.decide(code, "W12", when, "the participant is abroad until then")
    return when


# --- NCT07084012: three masked arms -----------------------------------------------------------------------------------

ARMS = ("group-1", "group-2", "placebo")


def play_masked(folder: Path, count: int = 60, seed: int = 2) -> Trial:
    """Play NCT07084012 with so many participants, who come two a weekday."""
    trial = Trial(folder=folder, protocol="NCT07084012", begins=day(BEGIN, -5), seed=seed)
    arms = {f"T{i:03}": ARMS[(i + i // 3) % 3] for i in range(1, count + 1)}  # a fixed rule: nothing is drawn
    with trial.clock():
        _begin(trial)
        file = folder / "allocation.csv"
        file.write_text("participant,arm\n" + "".join(f"{code},{arm}\n" for code, arm in arms.items()), "utf-8")
        people.import_list(trial.who(PHARMACIST), str(file))
        starts = []
        for i, (code, arm) in enumerate(arms.items(), 1):
            place = (i - 1) // 2
            starts.append(day(BEGIN, place // 5 * 7 + place % 5, 10 + i % 2 * 3))
            trial.plan(_masked(trial, i, code, arm, starts[-1]))
        trial.plan(_fridays(trial, starts, 21))
        trial.plan(_masked_study_events(trial))
        trial.run()
    return trial


def _masked_study_events(trial: Trial) -> Journey:
    yield day(BEGIN, 2, 7)
    study_changes.hold(trial.who(DOCTOR), "study", None, "the safety committee asked for a day")
    yield day(BEGIN, 2, 7, 50)
    trial.must_refuse(lambda: people.enrol(trial.who(NURSE), "T006", date=None, cohort=None))
    study_changes.lift(trial.who(DOCTOR), "study", None, "the safety committee has no objection")
    yield day(BEGIN, 11, 7)
    trial.amend("2.0", "before: P2D\n        after: P2D", "before: P2D\n        after: P4D", leave_out="",
                why="amendment 1: day 14 may be four days late")  # fmt: skip


def _masked(trial: Trial, i: int, code: str, arm: str, start: dt.datetime) -> Journey:
    nurse = lambda: trial.who(NURSE)
    weight = f"{55 + i % 31}.{i % 10}"
    yield start - dt.timedelta(hours=4)
    on_new = trial.now >= day(BEGIN, 11, 7)
    form = "2.0" if on_new else "1.0"
    people.consent(nurse(), code, form=form, date=trial.now.date().isoformat(), language="zh")
    yield start - dt.timedelta(hours=2)
    people.enrol(nurse(), code, date=None, cohort=None)
    people.assign(trial.who(PHARMACIST), code, arm=None)  # as the list says, which nobody masked sees
    typed = "89.6" if i == 12 else weight
    measured = Typed(weight=typed, by=NURSE, date=trial.now.date().isoformat())
    events, _ = measure(nurse(), code, measured)
    if typed != weight:
        CorrectStep(session=nurse(), number=str(events[0].number), pairs=[f"values={weight}"], void=False,
                    reason="another bed's").record()  # fmt: skip
    onset = start - dt.timedelta(hours=20 + i % 50)
    dates = [f"first_dose={start.isoformat()}", f"symptom_onset={onset.isoformat()}"]
    DatesStep(session=nurse(), code=code, pairs=dates, reason=None).record()
    trial.book(code, "D0", start)
    yield start
    entries = {"arm": arm, "weight": weight}
    trial.dose(code, "D0", entries, part="0.5" if i == 8 else None)
    trial.attend(code, "D0")
    if i == 40:
        people.end(trial.who(DOCTOR), "discontinue", code, date=None, reason="a rash")
        return
    for visit in ("D7", "D14"):
        when = yield from _booked(trial, code, visit)
        if i % 9 == 0 and visit == "D7":
            yield when - dt.timedelta(days=1)
            when = trial.elsewhen(code, visit, "the family cannot bring the participant")
        if visit == "D14" and i == 33:
            yield when - dt.timedelta(days=2)
            when = trial.rebook(code, visit, "fever")
        if visit == "D14" and on_new and i % 4 == 3:
            yield when - dt.timedelta(days=1)
            beyond = day(start, 17).date()
            when = trial.elsewhen(code, visit, "only the new window allows it", first=beyond)
        yield when
        if not on_new and trial.now >= day(BEGIN, 11, 7):
            trial.migrate(code)
            on_new = True
        if i == 21 and visit == "D7":
            yield when + dt.timedelta(hours=2)
            study_visits.miss(nurse(), code, visit, reason="was in another hospital that day").record()
            continue
        trial.dose(code, visit, entries)
        trial.attend(code, visit)
        if i == 17 and visit == "D7":
            yield when + dt.timedelta(hours=5)
            with open_study(trial.study, user=DOCTOR, key=trial.key, at=None) as session:
                told = unblind(session, code, reason="anaphylaxis: the emergency doctor must know", told="Dr Sun")
            assert told.arm == arm
        if i == 50 and visit == "D7":
            people.end(nurse(), "withdraw", code, date=None, reason="the family takes the participant home")
            trial.cancel(code, "D14", "has withdrawn")
            return
