"""What is still to be recorded of a participant, step by step, and the same for every arm of a masked trial."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dosecalc.registry.next_steps import next_steps
from dosecalc.registry.plan_of import plan_of
from registry.visiting import DOUBLE, NOW, OPEN, booked, day, done, settled, someone

NOBODY: dict[str, Any] = {"standing": "consented", "enrolled": None, "arm": None, "start": None}
AREA: dict[str | None, Any] = {
    None: {"values": ["23.4"], "unit": "cm²", "method": "tracing", "by": "C2", "date": "2026-03-01"}
}
ASSIGNED: dict[str, Any] = {"assigned": day("2026-03-01")}


def steps(*known: Any, of: str = OPEN, present: dt.datetime = NOW, **changes: Any) -> list[tuple[str, str, str]]:
    plan = plan_of(settled(of), someone(*known, **changes))
    return [(each.lacks, str(each.text), each.command) for each in next_steps(settled(of), plan, present)]


def lacks(*known: Any, **changes: Any) -> list[str]:
    return [each[0] for each in steps(*known, **changes)]


def test_who_has_only_consented_needs_everything_in_this_order() -> None:
    assert steps(**NOBODY) == [
        ("enrolment", "enrol, or record a screen failure", "participant enrol P001 --cohort LEVEL"),
        ("arm", "assign an arm", "participant assign P001 --arm ARM"),
        ("area", "measure the hair-loss area",
         "participant measure P001 --area CM2 --method METHOD --by NAME --date DATE"),
        ("first_dose", "record the date of first treatment (week 0)", "participant anchor P001 first_dose=DATE"),
    ]  # fmt: skip


def test_what_is_recorded_is_not_asked_for_again() -> None:
    known: dict[str, Any] = NOBODY | {"standing": "enrolled", "enrolled": day("2026-03-01")}
    assert lacks(**known) == ["arm", "area", "first_dose"]
    assert lacks(**known | ASSIGNED | {"arm": "phase1-A"}) == ["area", "first_dose"]
    assert lacks(**known | ASSIGNED | {"arm": "phase1-A", "areas": AREA}) == ["first_dose"]
    assert lacks(**ASSIGNED, areas=AREA, present=NOW.replace(month=3, day=1)) == ["booking"]


def test_an_arm_without_a_dose_by_area_asks_for_no_area() -> None:
    assert "area" not in lacks(arm="phase2-minoxidil", **ASSIGNED)


def test_the_next_visit_without_a_booking_is_named_with_its_day() -> None:
    # W0 took place on 2 March; W2 is booked, so W4 comes next: 2 March and four weeks are 30 March.
    known = (done("W0", "2026-03-02"), booked("W2", "2026-03-16T09:30"))
    assert steps(*known, areas=AREA, **ASSIGNED, present=NOW.replace(month=3, day=10)) == [
        ("booking", "book W4, due on 2026-03-30", "visit book P001 W4 2026-03-30THH:MM")
    ]


def test_a_booking_that_is_past_asks_what_became_of_it() -> None:
    known = (done("W0", "2026-03-02"), booked("W2", "2026-03-16T09:30"))
    assert steps(*known, areas=AREA, **ASSIGNED, present=NOW.replace(month=3, day=17))[0] == (
        "attendance",
        "W2 was booked for 2026-03-16 09:30: say what became of it, with `visit attend` or `visit miss`",
        "visit attend P001 W2 2026-03-16",
    )


def test_a_visit_that_nobody_booked_and_whose_day_is_past_is_named_too() -> None:
    assert steps(areas=AREA, **ASSIGNED, present=NOW.replace(month=3, day=3)) == [
        ("attendance",
         "W0 was due on 2026-03-02: say what became of it, with `visit attend` or `visit miss`, or book it",
         "visit attend P001 W0 DATE")
    ]  # fmt: skip


def test_who_has_left_needs_nothing_but_their_bookings_cancelled() -> None:
    gone: dict[str, Any] = {"standing": "withdrawn", "ended": day("2026-03-10")}
    assert steps(done("W0", "2026-03-02"), booked("W2", "2026-03-16T09:30"), **gone) == [
        ("cancellation", "cancel W2, booked for 2026-03-16 09:30", "visit cancel P001 W2 --reason WHY")
    ]
    assert steps(standing="screen_failure", enrolled=None, arm=None, start=None) == []


def test_after_the_treatment_only_follow_up_is_booked() -> None:
    ended: dict[str, Any] = {
        "standing": "discontinued",
        "ended": day("2026-03-10"),
        "present": NOW.replace(month=3, day=11),
    }
    # W8 is 2 March and eight weeks: 27 April.
    assert steps(done("W0", "2026-03-02"), **ended) == [
        ("booking", "book W8, due on 2026-04-27", "visit book P001 W8 2026-04-27THH:MM")
    ]


def test_in_a_masked_trial_the_pharmacist_assigns_and_every_anchor_is_named() -> None:
    assert steps(of=DOUBLE, **NOBODY | {"standing": "enrolled"}) == [
        ("arm", "the pharmacist assigns from the allocation list, with the key", "participant assign P001"),
        ("first_dose", "record the date of first infusion (day 0)", "participant anchor P001 first_dose=DATE"),
        ("symptom_onset", "record the date of onset of stroke symptoms",
         "participant anchor P001 symptom_onset=DATETIME"),
    ]  # fmt: skip


def test_in_a_masked_trial_the_steps_are_the_same_whatever_the_arm() -> None:
    found = [steps(of=DOUBLE, arm=arm, **ASSIGNED) for arm in (None, "group-1", "group-2", "placebo")]
    assert all(each == found[0] for each in found)
