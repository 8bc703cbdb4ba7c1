"""Before a visit is moved, whatever hangs on it is shown."""

from __future__ import annotations

from dataclasses import replace

from dosecalc.protocol.model import Arm
from dosecalc.protocol.settled import Settled
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.visit_changes import changes, changes_shape
from registry.visiting import at, booked, day, plan, settled, someone
from visits.building import SOURCE, defining, due, of_visit, protocol, site, start, words


def chained() -> Settled:
    """D21 counts from the day on which D7 really took place."""
    trial = protocol(
        defining("D0"),
        due("D7", "P7D", ("P2D", "P2D")),
        due("D21", "P14D", ("P2D", "P2D"), anchor="second"),
        anchors=[start(), of_visit("second", "D7", "actual")],
    )
    arm = Arm(id="A", label=words("A"), encounters=("D0", "D7", "D21"), doses=(), source=SOURCE)
    return Settled(protocol=replace(trial, arms={"A": arm}), site=site())


def test_a_visit_that_counts_from_the_moved_one_moves_with_it() -> None:
    trial = chained()
    there = plan_of(trial, someone(booked("D7", "2026-03-09T09:30"), booked("D21", "2026-03-22T09:30"), arm="A"))
    found = changes(trial, there, "D7", at("2026-03-11T09:30"), (), prepared=False)
    # D7 on 9 March gives D21 on 23 March, on 11 March it gives 25 March, two days before and after
    [moved] = found.shifted
    assert (moved.visit, moved.before[0] if moved.before else None) == ("D21", day("2026-03-23"))
    assert moved.after == (day("2026-03-25"), day("2026-03-23"), day("2026-03-27"))
    # the booking for 22 March was within two days of the 23rd, and is not of the 25th
    assert str(moved.text) == (
        "D21: 2026-03-25 (window 2026-03-23 to 2026-03-27); it was 2026-03-23 (window 2026-03-21 to 2026-03-25). "
        "It is booked for 2026-03-22 09:30, outside the new window: move it"
    )
    assert (found.days_left, found.days_from_target) == (0, 2)
    assert (found.calendars, found.doses) == (("participant", "clinic"), ())
    assert changes_shape(found, str)["visits"] == [
        {
            "encounter": "D21", "from": "2026-03-23", "to": "2026-03-25",
            "earliest": "2026-03-23", "latest": "2026-03-27", "rebook": "2026-03-22 09:30",
        }
    ]  # fmt: skip


def test_a_visit_booked_for_the_first_time_gives_a_date_to_what_waits_for_it() -> None:
    trial = chained()
    there = plan_of(trial, someone(arm="A"))
    found = changes(trial, there, "D7", at("2026-03-09T09:30"), (), prepared=False)
    [moved] = found.shifted
    assert (moved.visit, moved.before) == ("D21", (None, None, None))
    assert moved.after == (day("2026-03-23"), day("2026-03-21"), day("2026-03-25"))


def test_the_dose_moves_with_the_visit() -> None:
    trial = settled()
    found = changes(trial, plan(on=trial), "W2", at("2026-03-16T09:30"), (), prepared=True)
    assert (found.doses, found.shifted) == ((("W2", day("2026-03-16")),), ())
    shape = changes_shape(found, str)
    assert (shape["prepared"], shape["dose"], shape["from"]) == (True, True, None)
    follow_up = changes(trial, plan(on=trial), "W8", at("2026-04-27T09:30"), (), prepared=False)
    assert follow_up.doses == ()
