"""A participants file with areas that were measured again, and the doses that `plan` writes of it (R9)."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dosecalc.errors import DosecalcError
from dosecalc.tables.cohort import check_cohort, read_cohort, write_cohort
from tables.building import ESCALATION, HAIR, STAMP, STROKE, VERSION, plan, said, settled, table, tree
from tables.building import refused as refused_by

if TYPE_CHECKING:
    from pathlib import Path

    from dosecalc.protocol.settled import Settled
    from dosecalc.tables.cohort import WrittenPlan

RECORD = "area_cm2,area_method,area_measured_by,area_date"
W4 = "area_cm2_W4,area_method_W4,area_measured_by_W4,area_date_W4"
AREA = "participant,start,arm,area_cm2"
FULL = f"participant,start,arm,{RECORD},{W4}"


def each_visit(limit: str | None = None, protocol: str = HAIR) -> Settled:
    """The shipped protocol where the area is measured at each visit, and is as old as `limit` at most."""
    of = settled(protocol, area_age=limit)
    assert of.site is not None
    here = of.site.protocols[protocol]
    answers = {**here.answers, "AREA_MEASURED": replace(here.answers["AREA_MEASURED"], answer="each_visit")}
    changed = replace(here, answers=answers)
    return replace(of, site=replace(of.site, protocols={**of.site.protocols, protocol: changed}))


def refused(of: Settled, *lines: str) -> list[str]:
    try:
        check_cohort(read_cohort(of, table(*lines), "list.csv"))
    except DosecalcError as error:
        return [said(finding) for finding in error.findings]
    return []


def write(of: Settled, out: Path, *lines: str) -> WrittenPlan:
    return write_cohort(read_cohort(of, table(*lines), "list.csv"), str(out), stamp=STAMP, version=VERSION)


def doses(of: Settled, out: Path, *lines: str) -> list[dict[str, str]]:
    write(of, out, *lines)
    with (out / "pharmacy" / "doses.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_each_dose_says_which_measurement_it_used_and_how_old_that_is(tmp_path: Path) -> None:
    # W0 2 March, W2 16 March, W4 30 March, W6 13 April. From 27 February: 3, 17; from 29 March: 1, 15 days.
    found = doses(
        each_visit(),
        tmp_path / "out",
        FULL,
        "SZ-001,2026-03-02,phase1-A,24,planimetry,CRC-02,2026-02-27,20.5;1,tracing,CRC-05,2026-03-29",
        "SZ-002,2026-03-02,phase1-A,24,planimetry,CRC-02,2026-02-27,,,,",
    )
    columns = "encounter area_cm2 sites area_method area_measured_by area_date area_measured_at area_age_days area_note"
    assert [[row[name] for name in columns.split()] for row in found if row["participant"] == "SZ-001"] == [
        ["W0", "24", "24", "planimetry", "CRC-02", "2026-02-27", "", "3", ""],
        ["W2", "24", "24", "planimetry", "CRC-02", "2026-02-27", "", "17", ""],
        ["W4", "21.5", "22", "tracing", "CRC-05", "2026-03-29", "W4", "1", ""],
        ["W6", "21.5", "22", "tracing", "CRC-05", "2026-03-29", "W4", "15", ""],
    ]
    assert [row["area_age_days"] for row in found if row["participant"] == "SZ-002"] == ["3", "17", "31", "45"]


def test_a_visit_to_be_measured_again_is_said_in_its_row_and_in_a_note(tmp_path: Path) -> None:
    # 21 days: W4 would have an area of 31 days, W6 one of 45.
    lines = [f"{AREA},area_date", "SZ-001,2026-03-02,phase1-A,24,2026-02-27", "SZ-002,2026-03-02,phase2-minoxidil,,"]
    rows = doses(each_visit("P21D"), tmp_path / "out", *lines)
    notes = [row["area_note"] for row in rows if row["area_note"]]
    assert [row["encounter"] for row in rows if row["area_note"]] == ["W4", "W6"]
    assert len(notes) == 2
    written = write(each_visit("P21D"), tmp_path / "again", *lines)
    assert [str(note.text) for note in written.notes if note.code == "area-measure-again"] == [
        (
            "participants whose area must be measured again before a later dose: 1 (SZ-001); "
            "see the column area_note of doses.csv"
        )
    ]


def test_an_area_too_old_is_refused_at_the_cell_of_its_date() -> None:
    found = refused(
        each_visit("P21D"),
        f"{AREA},area_date,area_cm2_W4,area_date_W4",
        "SZ-001,2026-03-02,phase1-A,24,2026-02-01,20,2026-03-02",
    )
    assert [line.partition(";")[0] for line in found] == [
        ("list.csv:2:5 DC345 area_date: the area was measured on 2026-02-01 and is 29 days old at W0 on 2026-03-02"),
        ("list.csv:2:7 DC345 area_date_W4: the area was measured on 2026-03-02 and is 28 days old at W4 on 2026-03-30"),
    ]


def test_an_area_of_after_its_dose_and_one_without_a_date_are_refused() -> None:
    found = refused(each_visit("P21D"), f"{AREA},area_date,area_cm2_W4", "SZ-001,2026-03-02,phase1-A,24,2026-03-03,20")
    assert [line.partition(";")[0] for line in found] == [
        (
            "list.csv:2:5 DC347 area_date: the area was measured on 2026-03-03, after the dose at W0 on 2026-03-02 "
            "that follows from it"
        ),
        (
            "list.csv:2:6 DC346 area_cm2_W4: the area has no date, and the site file says how old an area may be: "
            "at most 21 days (Clinical trial protocol (example), 7.1)"
        ),
    ]


def test_where_the_area_is_measured_once_a_column_for_a_visit_is_refused() -> None:
    (found,) = refused(settled(HAIR), f"{AREA},area_cm2_W4", "SZ-001,2026-03-02,phase1-A,24,20")
    assert found == (
        "list.csv:2:5 DC344 area_cm2_W4: the area is measured once, for all doses, and another one is given for W4; "
        "leave it out; where it is to be measured at each visit, the principal investigator can change the answer to "
        "AREA_MEASURED in the site file"
    )
    assert refused(settled(HAIR), f"{AREA},area_cm2_W4", "SZ-001,2026-03-02,phase1-A,24,") == []


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("0", "DC311 area_cm2_W4: an area of 0 cm² is not an area; "),
        ('"12,5"', 'DC201 area_cm2_W4: "12,5" has a decimal comma; '),
        ("500.1", "DC312 area_cm2_W4: an area of 500.1 cm² is more than a whole scalp has; "),
    ],
)
def test_an_area_of_a_visit_that_is_none_is_refused_at_its_cell(cell: str, words: str) -> None:
    (found,) = refused(each_visit(), f"{AREA},area_cm2_W4", f"SZ-001,2026-03-02,phase1-A,24,{cell}")
    assert found.startswith(f"list.csv:2:5 {words}")


def test_areas_of_visits_have_records_of_their_own() -> None:
    lines = [FULL, "SZ-001,2026-03-02,phase1-A,24,planimetry,CRC-02,2026-02-27,20,,CRC-02,"]
    assert refused(each_visit(), *lines) == [
        "list.csv:2:9 DC619 area_method_W4: the cell is empty; fill it in",
        "list.csv:2:11 DC619 area_date_W4: the cell is empty; fill it in",
    ]
    lines = [FULL, "SZ-001,2026-03-02,phase1-A,24,planimetry,CRC-02,2026-02-27,,rectangle,,"]
    assert refused(each_visit(), *lines) == [
        (
            "list.csv:2:9 DC624 area_method_W4: it is said how an area was measured, and there is no area; "
            "fill in area_cm2_W4, or empty this cell"
        )
    ]
    lines = [f"{AREA},area_cm2_W4,area_method_W4", "SZ-001,2026-03-02,phase1-A,24,20,rectangle"]
    (found,) = refused(each_visit(), *lines)
    assert found.startswith("list.csv:2:6 DC315 area_method_W4: length × width overstates an area by about 41 %; ")


def test_what_is_not_recorded_of_an_area_of_a_visit_is_said() -> None:
    data = table(
        f"participant,start,arm,{RECORD},area_cm2_W4,area_date_W4",
        "SZ-001,2026-03-02,phase1-A,24,tracing,CRC-02,2026-02-27,20,2026-03-29",
    )
    (note,) = read_cohort(each_visit(), data, "list.csv").planner.notes()
    assert "(it has no column area_method_W4, area_measured_by_W4)" in str(note.text)


def test_an_area_at_a_visit_that_the_arm_does_not_have_or_need_is_refused() -> None:
    lines = [f"{AREA},area_cm2_W2", "SZ-001,2026-03-02,phase2-minoxidil,,20"]
    (found,) = refused(each_visit(), *lines)
    assert found.startswith("list.csv:2:5 DC313 area_cm2_W2: an area was given, but the dose of phase2-minoxidil ")


def test_without_the_column_area_cm2_the_first_visit_may_have_its_own(tmp_path: Path) -> None:
    rows = doses(
        each_visit(), tmp_path / "out", "participant,start,arm,area_cm2_W0,area_cm2_W6",
        "SZ-001,2026-03-02,phase1-A,24,20",
    )  # fmt: skip
    assert [(row["sites"], row["area_measured_at"]) for row in rows] == [
        ("24", "W0"), ("24", "W0"), ("24", "W0"), ("20", "W6"),
    ]  # fmt: skip


def test_a_trial_without_areas_has_no_such_columns() -> None:
    (found,) = refused_by(table("participant,start,area_cm2_D7", "TT-001,2026-03-02,24"), STROKE)
    assert found.startswith('list.csv:1:3 DC617 the column "area_cm2_D7" is not known; ')


def test_who_does_not_know_the_arm_is_not_asked_about_areas_of_visits(tmp_path: Path) -> None:
    header = "participant,start,area_cm2_INJ2,area_method_INJ2,area_measured_by_INJ2,area_date_INJ2"
    plan(table(header, "QH-001,2026-03-31,-1,Norwood,=cmd(),yesterday"), tmp_path / "nonsense", ESCALATION)
    plan(table("participant,start", "QH-001,2026-03-31"), tmp_path / "nurse", ESCALATION)
    assert tree(tmp_path / "nonsense") == tree(tmp_path / "nurse")


def test_areas_of_visits_cannot_be_seen_outside_the_pharmacy(tmp_path: Path) -> None:
    of = each_visit("P21D", ESCALATION)
    header = "participant,start,arm,area_cm2,area_date,area_cm2_INJ2,area_date_INJ2"
    hidden = [
        ",9.5,2026-03-30,,",
        ",9.5,2026-03-30,8,2026-04-30",
        "exosomes,12,2026-03-29,8.5,2026-04-30",
        "saline,,,7,2026-04-29",
    ]
    seen = []
    for number, cells in enumerate(hidden):
        out = tmp_path / str(number)
        write(of, out, header, f"QH-001,2026-03-31,{cells}")
        seen.append({name: what for name, what in tree(out).items() if not name.startswith("pharmacy")})
    assert all(one == seen[0] for one in seen)
