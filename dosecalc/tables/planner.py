"""A row → one participant's plan: visits as anyone may see them, and doses where they are asked for.

What many rows have in common (a start date, an arm with its infusions) is worked out once and remembered, in a memory
that does not grow with the number of participants.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dosecalc.area_age import area_ages
from dosecalc.blinding import blind
from dosecalc.dosing.dose import prepare_doses
from dosecalc.errors import DosecalcError, Finding, InvalidFile
from dosecalc.plan import dosed_arms, plan_visits, visible_arm
from dosecalc.tables.columns import ACTUAL, ANCHOR, AREA, BOOK, REASON
from dosecalc.tables.participants import MOST_KEPT, ParticipantReader
from dosecalc.text import msg
from dosecalc.visits.timeline import TimelinePlan, prepare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dosecalc.area_age import AreaAge
    from dosecalc.blinding import BlindedPlan
    from dosecalc.dosing.dose import DosePlan
    from dosecalc.dosing.result import DoseInput, Doses, Warned
    from dosecalc.plan import Participant, VisitPlan
    from dosecalc.protocol.model import Arm
    from dosecalc.protocol.settled import Settled
    from dosecalc.quantity import Rounding
    from dosecalc.tables.participants import Entry, Row
    from dosecalc.tables.rows import Table
    from dosecalc.visits.visit import Moment, Timeline

# Which cell a refusal of the doses is about; the tens of its code say so (310: areas, 320: weights, 330: levels).
_DOSE_COLUMNS = {"DC31": AREA, "DC32": "weight_kg", "DC33": "level"}
# These say how to allow a booking outside its window, on a command line; a table has a column for it.
_OUTSIDE = frozenset({"DC420", "DC421", "DC422"})

_NONE: Mapping[str, Moment] = MappingProxyType({})
_NO_AGES: Mapping[str, AreaAge] = MappingProxyType({})
_Key = tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedTimelines(TimelinePlan):
    """The timelines of an arm, each worked out once for all participants who have the same dates."""

    known: dict[_Key, Timeline] = field(default_factory=dict, compare=False)

    def of(
        self, start: Moment, anchors: Mapping[str, Moment] = _NONE, actual: Mapping[str, Moment] = _NONE
    ) -> Timeline:
        """Return the timeline of the participant with these dates."""
        # The key is text: two times of a repeated hour are equal as values and are not the same time.
        key = (
            start.isoformat(),
            tuple([(name, moment.isoformat()) for name, moment in anchors.items()]) if anchors else (),
            tuple([(name, moment.isoformat()) for name, moment in actual.items()]) if actual else (),
        )
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= MOST_KEPT:
                self.known.clear()
            found = self.known[key] = TimelinePlan.of(self, start, anchors, actual)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """One participant's plan. `doses` is None where none are planned; only the pharmacy's files may be made of it."""

    entry: Entry
    view: BlindedPlan
    doses: Doses | None
    ages: Mapping[str, AreaAge]
    """How old the area is at the visits whose doses follow from one, where that is known."""


class Planner:
    """Plans the rows of one table.

    Raises:
        InvalidFile: the columns are not those of a participants file.
        Refusal: the protocol leaves open what every timeline hangs on.
    """

    def __init__(self, table: Table, settled: Settled, rounding: Rounding | None = None) -> None:
        self._settled = settled
        self._table = table
        self._reader = ParticipantReader(table, settled, rounding)
        self._timelines: dict[str, RememberedTimelines] = {}
        self._dose_plans: dict[str | None, DosePlan] = {}
        self._doses: dict[str | tuple[str | None, DoseInput] | None, Doses] = {}
        self.with_doses = self._reader.columns.doses
        self.findings = (*table.findings, *self._reader.columns.findings)
        """What is wrong with the table before any row is read. Rows can be checked all the same, not written."""
        self.booked_years: set[int] = set()
        """The years of the bookings in the rows that were checked."""
        self._masked = settled.protocol.masking.masked
        if self._masked:  # what is open here is open for every row, so it is said once
            self._timeline_plan(visible_arm(settled.protocol, None))

    def notes(self) -> tuple[Warned, ...]:
        """Return what should be known of the table as a whole."""
        return (*self._table.notes, *self._reader.notes())

    def code(self, number: int) -> str:
        """Return what stands in the column `participant` of row `number`."""
        return self._table.rows[number][self._reader.columns.place["participant"]]

    def check(self, number: int) -> str:
        """Return the participant code of row `number`, counted from 0, after everything in it was planned once.

        Raises:
            InvalidFile: everything that is wrong with the row, with its line.
        """
        entry, *_ = self._worked_out(number)
        for wanted in entry.participant.bookings.values():
            self.booked_years.add(wanted.when.year)
        return entry.participant.code

    def plan(self, number: int) -> Planned:
        """Return the plan of row `number`; raises what `check` raises."""
        entry, arm, visits, doses, ages = self._worked_out(number)
        return Planned(entry=entry, view=blind(self._settled, arm, visits), doses=doses, ages=ages)

    def _worked_out(self, number: int) -> tuple[Entry, Arm, VisitPlan, Doses | None, Mapping[str, AreaAge]]:
        row = self._reader.row(self._table.lines[number], self._table.rows[number])
        entry = self._reader.read(row)
        participant = entry.participant
        arm, visits = self._visits(row, participant)
        doses = self._doses_of(row, participant)
        ages = self._ages(row, entry, visits, doses) if visits and doses else _NO_AGES
        if row.findings or arm is None or visits is None:
            raise InvalidFile(row.findings)
        return entry, arm, visits, doses, ages

    def _visits(self, row: Row, participant: Participant) -> tuple[Arm | None, VisitPlan | None]:
        try:
            arm = visible_arm(self._settled.protocol, None if self._masked else participant.arm)
            timelines = self._timeline_plan(arm)
        except DosecalcError as error:
            row.findings.extend(row.located("arm", error.findings))
            return None, None
        try:
            return arm, plan_visits(timelines, participant)
        except DosecalcError as error:
            row.findings.extend(_located(row, timelines, participant, error))
            return arm, None

    def _timeline_plan(self, arm: Arm) -> RememberedTimelines:
        if arm.id not in self._timelines:
            prepared = prepare(self._settled, arm.encounters)
            self._timelines[arm.id] = RememberedTimelines(
                settled=prepared.settled, steps=prepared.steps, visits=prepared.visits
            )
        return self._timelines[arm.id]

    def _doses_of(self, row: Row, participant: Participant) -> Doses | None:
        given = participant.given
        if given is None:
            return None
        # Infusions of fixed doses hang on the arm alone, and have the quickest key.
        key = participant.arm if given is self._reader.no_input else (participant.arm, given)
        doses = self._doses.get(key)
        if doses is None:
            try:
                doses = self._dose_plan(participant.arm).of(given)
            except DosecalcError as error:
                for finding in error.findings:
                    # What is wrong with an area that was measured again has its visit as the path.
                    again = f"{AREA}_{finding.path}" if finding.path else None
                    row.findings.extend(row.located(again or _DOSE_COLUMNS.get(finding.code[:4]), [finding]))
                return None
            if len(self._doses) >= MOST_KEPT:
                self._doses.clear()
            self._doses[key] = doses
        return doses

    def _ages(self, row: Row, entry: Entry, visits: VisitPlan, doses: Doses) -> Mapping[str, AreaAge]:
        given = entry.participant.given
        if given is None or not (given.areas or given.remeasured):  # nothing that has an age
            return _NO_AGES
        try:
            return area_ages(self._settled, doses, visits.timeline.visits, visits.bookings, entry.records)
        except DosecalcError as error:
            for finding in error.findings:
                dated, area = (f"{name}_{finding.path}" if finding.path else name for name in ("area_date", AREA))
                column = dated if dated in self._reader.columns.place else area
                row.findings.extend(row.located(column, [finding]))
            return _NO_AGES

    def _dose_plan(self, arm: str | None) -> DosePlan:
        if arm not in self._dose_plans:
            self._dose_plans[arm] = prepare_doses(self._settled, dosed_arms(self._settled.protocol, arm))
        return self._dose_plans[arm]


def _located(row: Row, timelines: TimelinePlan, participant: Participant, error: DosecalcError) -> Iterable[Finding]:
    """Find the cells that a refusal is about, by planning again with one of them at a time."""
    for stage in _stages(participant):
        findings: list[Finding] = []
        for column, attempt in stage:
            try:
                plan_visits(timelines, attempt)
            except DosecalcError as refusal:
                findings.extend(row.located(column, [_for_a_table(f, column) for f in refusal.findings]))
        if findings:
            return findings
    return row.located(None, error.findings)


def _stages(participant: Participant) -> Iterator[Sequence[tuple[str, Participant]]]:
    only = replace(participant, anchors={}, actual={}, bookings={})
    yield [("start", only)]
    yield [(ANCHOR + name, replace(only, anchors={name: moment})) for name, moment in participant.anchors.items()]
    dated = replace(only, anchors=participant.anchors)
    yield [(ACTUAL + name, replace(dated, actual={name: moment})) for name, moment in participant.actual.items()]
    attended = replace(dated, actual=participant.actual)
    yield [(BOOK + name, replace(attended, bookings={name: wanted})) for name, wanted in participant.bookings.items()]


def _for_a_table(finding: Finding, column: str) -> Finding:
    if finding.code not in _OUTSIDE:
        return finding
    reason = REASON + column.removeprefix(BOOK)
    mend = msg("correct it, or, where the investigator allows it, say why in the column {column}", column=reason)
    return replace(finding, mend=mend)
