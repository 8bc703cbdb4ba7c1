"""Two engines count the same dates, for every protocol and every row (R14)."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosecalc.errors import Refusal
from dosecalc.protocol.settled import Settled
from dosecalc.visits.cohort import cohort_dates
from dosecalc.visits.moments import parse_moment
from dosecalc.visits.timeline import timeline
from visits.building import defining, due, named, of_visit, protocol, site, start, unscheduled
from visits.test_cohort import with_arms

if TYPE_CHECKING:
    from dosecalc.protocol.model import Encounter, Protocol
    from dosecalc.visits.visit import Moment, Timeline

TimeUnit = Literal["s", "ms", "us", "ns"]
UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)
ZONES = ("Asia/Shanghai", "Europe/Berlin")
sizes = st.builds(lambda months, days: f"P{months}M{days}D", st.integers(0, 14), st.integers(0, 45))
offsets = st.builds(lambda sign, size: sign + size, st.sampled_from(["", "-"]), sizes)
windows = st.none() | st.tuples(sizes, sizes)
sorts: st.SearchStrategy[Literal["actual", "target"]] = st.sampled_from(["actual", "target"])
minutes = st.builds(lambda hours, more: f"PT{hours}H{more}M", st.integers(0, 60), st.integers(0, 59))


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    """A protocol with anchors of every kind, repeats, windows and hours; two arms, of which one has fewer visits."""
    timed = draw(st.booleans())
    around = draw(windows)
    encounters: list[Encounter] = [
        defining("D0"),
        due("V", draw(offsets), around, times=draw(st.integers(1, 3))),
        due("C", draw(offsets), draw(windows), every=draw(sizes), count=draw(st.integers(1, 4)), until="stop"),
        due("E", draw(offsets), draw(windows), anchor="last"),
        due("T", draw(offsets), draw(windows), anchor="planned"),
        due("S", draw(offsets), draw(windows), anchor="stop"),
        due("H", draw(minutes), draw(st.none() | st.tuples(minutes, minutes))),
        due("HL", draw(minutes), anchor="last"),
        unscheduled("U"),
    ]
    what = protocol(
        *encounters,
        anchors=[
            start(time_needed=timed),
            named("stop", "stop"),
            of_visit("last", "C", draw(sorts), draw(st.sampled_from(["first", "last"]))),
            of_visit("planned", "V", draw(sorts)),
        ],
    )
    return with_arms(what, full="D0 V C E T S H HL U", short="D0 S C V E")


days = st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1))
# As they are typed: local times without a zone.
instants = st.builds(dt.datetime.combine, days, st.times().map(lambda time: time.replace(microsecond=0)))
moments = st.one_of(instants.map(lambda m: m.date().isoformat()), instants.map(lambda m: m.isoformat()))
some = st.none() | moments
rows = st.lists(
    st.fixed_dictionaries(
        {
            "arm": st.sampled_from(["full", "short"]),
            "start": moments,
            "anchor_stop": some,
            "actual_V": some,
            "actual_C1": some,
            "actual_C2": some,
            "actual_H": some,
            "actual_D0": st.none() | st.just("start"),
        }
    ),
    min_size=1,
    max_size=6,
)


def one(of: Settled, row: dict[str, str | None]) -> Timeline | Refusal:
    def read(prefix: str) -> dict[str, Moment]:
        return {
            name.removeprefix(prefix): parse_moment(text, of.timezone)
            for name, text in row.items()
            if name.startswith(prefix) and text is not None
        }

    try:
        begin = parse_moment(str(row["start"]), of.timezone)
        encounters = of.protocol.arms[str(row["arm"])].encounters
        return timeline(of, encounters, start=begin, anchors=read("anchor_"), actual=read("actual_"))
    except Refusal as refusal:
        return refusal


def expected(of: Timeline) -> dict[str, str]:
    cells: dict[str, str] = {}
    for visit in of.visits:
        if visit.target is not None:
            cells[f"target_{visit.encounter}"] = visit.target.isoformat()
            if visit.window == "stated" and visit.earliest is not None and visit.latest is not None:
                cells[f"earliest_{visit.encounter}"] = visit.earliest.isoformat()
                cells[f"latest_{visit.encounter}"] = visit.latest.isoformat()
    return cells


def row_of(table: pd.DataFrame, place: int) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name in table.columns:
        value = table[name].iloc[place]
        if name != "arm" and not pd.isna(value):
            cells[name] = value.isoformat() if value.tzinfo else value.date().isoformat()
    return cells


@given(protocols(), rows, st.sampled_from(ZONES))
def test_both_engines_count_the_same_dates(what: Protocol, table: list[dict[str, Any]], zone: str) -> None:
    of = Settled(protocol=what, site=site(zone))
    for row in table:
        row["actual_D0"] = row["start"] if row["actual_D0"] else None
    alone = [one(of, row) for row in table]
    bad = {place for place, result in enumerate(alone) if isinstance(result, Refusal)}
    frame = pd.DataFrame(table)
    if bad:
        with pytest.raises(Refusal) as refusal:
            cohort_dates(of, frame)
        assert _named(refusal.value) <= bad
    good = [place for place in range(len(table)) if place not in bad]
    dates = cohort_dates(of, frame.iloc[good])
    for place, there in enumerate(good):
        result = alone[there]
        assert not isinstance(result, Refusal)
        assert row_of(dates, place) == expected(result), table[there]


def _named(refusal: Refusal) -> set[int]:
    """The rows that a refusal names, counted from 0."""
    found: set[int] = set()
    for finding in refusal.findings:
        match = re.match(r"rows? ([0-9, -]+): ", str(finding.what))
        assert match, f"{finding.what} names no row"
        for part in match[1].split(", "):
            first, _, last = part.partition("-")
            found |= set(range(int(first) - 1, int(last or first)))
    return found


@given(st.lists(instants, min_size=1, max_size=20), offsets, st.sampled_from(UNITS))
def test_a_column_of_datetimes_is_read_like_its_texts(times: list[dt.datetime], offset: str, unit: TimeUnit) -> None:
    of = Settled(protocol=with_arms(protocol(defining("D0"), due("V", offset))))
    days = [time.date() for time in times]
    texts = pd.DataFrame({"arm": "A", "start": [day.isoformat() for day in days]})
    column = pd.to_datetime(texts["start"]).dt.as_unit(unit)
    pd.testing.assert_frame_equal(cohort_dates(of, texts), cohort_dates(of, texts.assign(start=column)))
