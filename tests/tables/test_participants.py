"""The cells of a participants file: every bad one is named with its line, its column, and how to mend it."""

from __future__ import annotations

import datetime as dt

import pytest

from dosecalc.quantity import parse_quantity
from dosecalc.tables.cohort import check_cohort, read_cohort
from tables.building import ESCALATION, HAIR, STROKE, refused, settled, table

AREA = "participant,start,arm,area_cm2"
RECORD = f"{AREA},area_method,area_measured_by,area_date"


def stroke(start: str = "2026-03-02", **cells: str) -> list[str]:
    """What is wrong with one participant of the masked trial."""
    columns = ["participant", "start", *cells]
    return refused(table(",".join(columns), ",".join(["TT-001", start, *cells.values()])))


def hair(arm: str = "phase1-A", **cells: str) -> list[str]:
    """What is wrong with one participant of the open trial."""
    columns = ["participant", "start", "arm", *cells]
    return refused(table(",".join(columns), ",".join(["SZ-001", "2026-03-02", arm, *cells.values()])), HAIR)


@pytest.mark.parametrize("protocol", [STROKE, HAIR, ESCALATION])
def test_the_shipped_lists_are_good(protocol: str) -> None:
    from dosecalc import app

    with open(app.shipped("cohorts", f"{protocol}.csv"), "rb") as file:
        assert refused(file.read(), protocol) == []


def test_a_row_becomes_a_participant() -> None:
    data = table(
        "participant,start,arm,language,area_cm2,area_method,area_measured_by,area_date,actual_W0,book_W2,"
        "outside_window_W2",
        "SZ-001,2026-03-02,phase1-A,zh,8.2;11.1,tracing,CRC-02,2026-02-27,2026-03-02,2026-03-20T10:00,Patient abroad",
    )
    entry = read_cohort(settled(HAIR), data, "list.csv").planner.plan(0).entry
    who = entry.participant
    assert (who.code, who.start, who.arm, who.language) == ("SZ-001", dt.date(2026, 3, 2), "phase1-A", "zh")
    assert who.given is not None
    assert [str(area) for area in who.given.areas] == ["8.2", "11.1"]
    assert (entry.measured.method, entry.measured.by, entry.measured.date) == (
        "tracing",
        "CRC-02",
        dt.date(2026, 2, 27),
    )
    assert who.actual == {"W0": dt.date(2026, 3, 2)}
    assert who.bookings["W2"].when.isoformat() == "2026-03-20T10:00:00+08:00"
    assert who.bookings["W2"].outside_window == "Patient abroad"


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (
            "2026-02-30",
            "DC402 start: 2026-02-30 does not exist: February 2026 has 28 days; check the day; the form is YYYY-MM-DD",
        ),
        ("next Monday", 'DC401 start: "next Monday" is not a date in the form that is read here; '),
        ("3/2/2026", 'DC401 start: "3/2/2026" may mean 2026-03-02 or 2026-02-03; '),
        ("2026/3/2", 'DC401 start: "2026/3/2" is not a date in the form that is read here; '),
        ("", "DC619 start: the cell is empty; fill it in"),
        (" ", "DC619 start: the cell is empty; fill it in"),
    ],
)
def test_a_start_that_is_no_date_is_refused(start: str, said: str) -> None:
    (found,) = stroke(start)
    assert found.startswith(f"list.csv:2:2 {said}")


@pytest.mark.parametrize(
    ("area", "said"),
    [
        ("0", "DC311 area_cm2: an area of 0 cm² is not an area; give each patch in cm², above zero"),
        ("23.4;0", "DC311 area_cm2: an area of 0 cm² is not an area; "),
        ("-1", 'DC201 area_cm2: "-1" is negative; '),
        ("NaN", 'DC201 area_cm2: "NaN" is not a number; '),
        ('"12,5"', 'DC201 area_cm2: "12,5" has a decimal comma; write 12.5'),
        ("500.1", "DC312 area_cm2: an area of 500.1 cm² is more than a whole scalp has; "),
        ("251;250", "DC312 area_cm2: an area of 501 cm² is more than a whole scalp has; "),
        ("24 cm²", 'DC201 area_cm2: "24 cm²" holds more than a number; '),
        ("20.1；3.3", "DC201 area_cm2: "),
        ("", "DC310 area_cm2: the area is missing: this dose depends on it; "),
    ],
)
def test_an_area_that_is_none_is_refused(area: str, said: str) -> None:
    (found,) = hair(area_cm2=area)
    assert found.startswith(f"list.csv:2:4 {said}")


def test_a_missing_column_of_areas_is_a_missing_area() -> None:
    (found,) = hair()
    assert found.startswith("list.csv:2 DC310 the area is missing: this dose depends on it; give each patch in cm²")


def test_an_area_that_the_dose_does_not_depend_on_is_refused() -> None:
    (found,) = hair("phase2-minoxidil", area_cm2="24")
    assert found.startswith("list.csv:2:4 DC313 area_cm2: an area was given, but the dose of phase2-minoxidil ")


def test_a_weight_that_the_dose_does_not_depend_on_is_refused() -> None:
    (found,) = hair(area_cm2="24", weight_kg="70")
    assert found.startswith("list.csv:2:5 DC322 weight_kg: a body weight was given, but the dose of phase1-A ")


def test_the_arm_of_another_trial_is_refused() -> None:
    assert hair("group-1", area_cm2="24") == [
        (
            "list.csv:2:3 DC302 arm: NCT07203599 has no arm 'group-1'; its arms are: phase1-A, phase1-B, phase1-C, "
            "phase2-exosome, phase2-minoxidil"
        )
    ]


@pytest.mark.parametrize(("protocol", "arm"), [(STROKE, ""), (HAIR, " ")])
def test_a_row_without_its_arm_is_refused(protocol: str, arm: str) -> None:
    (found,) = refused(table("participant,start,arm,area_cm2", f"A-1,2026-03-02,{arm},"), protocol)
    assert found.startswith("list.csv:2:3 DC304 arm: the arm is missing; give one of: ")


def test_where_each_participant_gets_every_arm_the_cell_may_be_empty() -> None:
    assert refused(table("participant,start,arm,area_cm2", "QH-001,2026-03-31,,10"), ESCALATION) == []


def test_a_level_outside_the_range_is_refused() -> None:
    data = table("participant,start,arm,area_cm2,level", "QH-001,2026-03-31,,10,1e10 particles/cm²")
    (found,) = refused(data, ESCALATION, site=False)
    assert found.startswith("list.csv:2:5 DC331 level: the level 10,000,000,000 particles/cm²")
    assert "is outside what the protocol allows" in found


def test_a_level_may_be_a_number_alone_in_the_unit_of_the_protocol() -> None:
    data = table("participant,start,arm,area_cm2,level", "QH-001,2026-03-31,,10,5e8")
    given = read_cohort(settled(ESCALATION, site=True), data, "list.csv").planner.plan(0).entry.participant.given
    assert given is not None
    assert given.level == parse_quantity("5e8 particles/cm²")


def test_a_level_where_none_is_chosen_is_refused() -> None:
    (found,) = stroke(arm="group-1", level="2e8 cells")
    assert found.startswith("list.csv:2:4 DC332 level: a level was given, but the doses of this arm are not chosen ")


def test_a_rectangle_is_refused_unless_the_site_allows_it() -> None:
    (found,) = hair(area_cm2="24", area_method="rectangle")
    assert found.startswith("list.csv:2:5 DC315 area_method: length × width overstates an area by about 41 %; ")


def test_a_method_of_no_kind_is_refused() -> None:
    (found,) = hair(area_cm2="24", area_method="Norwood III")
    assert found.startswith("list.csv:2:5 DC314 area_method: 'Norwood III' is not a method of measuring an area; ")


def test_every_column_of_the_record_is_filled_where_there_is_an_area() -> None:
    data = table(RECORD, "SZ-001,2026-03-02,phase1-A,24,,,")
    assert refused(data, HAIR) == [
        "list.csv:2:5 DC619 area_method: the cell is empty; fill it in",
        "list.csv:2:6 DC619 area_measured_by: the cell is empty; fill it in",
        "list.csv:2:7 DC619 area_date: the cell is empty; fill it in",
    ]


def test_the_record_of_no_area_is_refused() -> None:
    data = table(RECORD, "SZ-001,2026-03-02,phase2-minoxidil,,tracing,,")
    assert refused(data, HAIR) == [
        (
            "list.csv:2:5 DC624 area_method: it is said how an area was measured, and there is no area; "
            "fill in area_cm2, or empty this cell"
        )
    ]


def test_areas_without_a_record_are_planned_and_that_is_said() -> None:
    data = table(f"{AREA},area_method", "SZ-001,2026-03-02,phase1-A,24,tracing")
    cohort = read_cohort(settled(HAIR), data, "list.csv")
    check_cohort(cohort)
    assert [str(note.text) for note in cohort.planner.notes()] == [
        (
            "the file does not say how, by whom and when areas were measured (it has no column area_measured_by, "
            "area_date), so a method that overstates them goes unnoticed"
        )
    ]


def test_who_does_not_know_the_arm_needs_nothing_that_only_doses_need() -> None:
    columns = "participant,start,area_cm2,area_method,area_measured_by,area_date,weight_kg,level"
    nonsense = table(columns, "TT-001,2026-03-02,-1,Norwood,=cmd(),yesterday,heavy,high")
    assert refused(nonsense) == []
    assert read_cohort(settled(STROKE), nonsense, "list.csv").planner.plan(0).doses is None


def test_a_language_is_one_that_calendars_are_written_in() -> None:
    assert stroke(language="fr") == [
        (
            'list.csv:2:3 DC621 language: "fr" is not a language that calendars are written in; '
            "write en or zh, or leave the cell empty for the site's language"
        )
    ]


def test_a_booking_needs_a_time() -> None:
    assert stroke(book_D7="2026-03-09") == [
        (
            "list.csv:2:3 DC623 book_D7: a booking needs a time of day, and only the date 2026-03-09 is given; "
            "write it as 2026-03-09THH:MM, for example 2026-03-09T09:30"
        )
    ]


def test_a_booking_outside_the_window_is_refused_at_its_cell_and_told_the_column_for_the_reason() -> None:
    # Day 7 after 2 March is 9 March; two days either way end on 11 March.
    assert stroke(book_D14="2026-03-16T09:00", book_D7="2026-03-12T09:30") == [
        (
            "list.csv:2:4 DC420 book_D7: D7 on 2026-03-12 lies outside its window, 2026-03-07 to 2026-03-11: "
            "1 day too late; "
            "correct it, or, where the investigator allows it, say why in the column outside_window_D7"
        )
    ]


def test_a_booking_outside_the_window_with_a_reason_is_taken() -> None:
    assert stroke(book_D7="2026-03-12T09:30", outside_window_D7="Ward closed") == []


def test_a_reason_without_a_booking_is_refused() -> None:
    assert stroke(book_D7="", outside_window_D7="Ward closed") == [
        (
            "list.csv:2:4 DC624 outside_window_D7: there is a reason for booking D7 outside its window, "
            "and no booking; fill in book_D7, or delete the reason"
        )
    ]


def test_a_reason_that_a_spreadsheet_would_run_is_refused() -> None:
    assert stroke(book_D7="2026-03-12T09:30", outside_window_D7="=cmd()") == [
        (
            'list.csv:2:4 DC622 outside_window_D7: the text "=cmd()" begins as a formula does: '
            "a spreadsheet would run it; begin it with a letter or a digit"
        )
    ]


def test_a_reason_with_a_line_break_is_refused() -> None:
    data = b'participant,start,book_D7,outside_window_D7\r\nA,2026-03-02,2026-03-12T09:30,"one\r\nX-EVIL:two"\r\n'
    (found,) = refused(data)
    assert found.startswith("list.csv:2:4 DC501 outside_window_D7: the text 'one<U+000D><U+000A>X-EVIL:two' holds ")


def test_an_actual_date_of_the_anchor_s_visit_is_the_start() -> None:
    (found,) = stroke(actual_D0="2026-03-03")
    assert found.startswith("list.csv:2:3 DC414 actual_D0: the actual date of D0, 2026-03-03, differs from ")


def test_an_anchor_that_needs_a_time_is_refused_without() -> None:
    (found,) = stroke(anchor_symptom_onset="2026-03-01")
    assert found.startswith("list.csv:2:3 DC412 anchor_symptom_onset: onset of stroke symptoms needs a time of day")


def test_a_booking_of_a_visit_that_the_arm_does_not_have_is_refused() -> None:
    (found,) = hair("phase2-minoxidil", book_W2="2026-03-16T09:00")
    assert found.startswith("list.csv:2:4 DC430 book_W2: there is no visit 'W2' to book; the visits are: W0, W8, ")


def test_every_bad_cell_of_every_row_is_named_at_once() -> None:
    data = table(
        "participant,start,arm,area_cm2",
        "=cmd(),yesterday,phase1-D,-1",
        "SZ-002,2026-03-02,phase1-A,24",
        "SZ-003,2026-03-02,phase1-A,0",
    )
    assert [text.partition(" ")[0] + text.partition(" ")[2][:6] for text in refused(data, HAIR)] == [
        "list.csv:2:1DC620 ",
        "list.csv:2:2DC401 ",
        "list.csv:2:3DC302 ",
        "list.csv:2:4DC201 ",
        "list.csv:4:4DC311 ",
    ]


def test_a_participant_that_stands_twice_is_refused() -> None:
    mend = "; give each participant one row and a code of their own"
    data = table(
        "participant,start", "TT-001,2026-03-02", "TT-002,2026-03-02", "TT-001,2026-03-05", "tt-002,2026-03-02"
    )
    assert refused(data) == [
        f"list.csv:4 DC625 the participant TT-001 stands on line 2 already{mend}",
        (
            "list.csv:5 DC625 tt-002 differs only in capital letters from TT-002 on line 3: "
            f"on some computers their files are one{mend}"
        ),
    ]


def test_the_open_question_of_a_dose_is_said_of_each_row_that_asks_it() -> None:
    data = table(AREA, "SZ-001,2026-03-02,phase1-A,23.4", "SZ-002,2026-03-02,phase1-A,24")
    (found,) = refused(data, HAIR, site=False)
    assert found.startswith("list.csv:2 DC301 ")
    assert "answer ROUNDING in the site file" in found
