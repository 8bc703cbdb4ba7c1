"""Before a visit is moved, whatever hangs on it is shown."""

from __future__ import annotations

from dataclasses import replace

from dosecalc.protocol.model import Arm
from dosecalc.protocol.settled import Settled
from dosecalc.registry.plan_of import plan_of
from dosecalc.registry.visit_changes import Shifted, changes, changes_shape
from registry.visiting import at, booked, day, plan, settled, someone
from visits.building import SOURCE, defining, due, of_visit, protocol, site, start, words


def chained() -> Settled:
    """D21 counts from the day on which D7 really took place."""
    trial = protocol(
        defining("D0"),
        due("D7", "P7D", ("P2D", "P2D")),
        due("D21", "P14D", anchor="second"),
        anchors=[start(), of_visit("second", "D7", "actual")],
    )
    arm = Arm(id="A", label=words("A"), encounters=("D0", "D7", "D21"), doses=(), source=SOURCE)
    return Settled(protocol=replace(trial, arms={"A": arm}), site=site())


def test_a_visit_that_counts_from_the_moved_one_moves_with_it() -> None:
    trial = chained()
    there = plan_of(trial, someone(booked("D7", "2026-03-09T09:30"), arm="A"))
    found = changes(trial, there, "D7", at("2026-03-11T09:30"), (), prepared=False)
    # D7 on 9 March gives D21 on 23 March, on 11 March it gives 25 March
    assert found.shifted == (Shifted(visit="D21", before=day("2026-03-23"), after=day("2026-03-25")),)
    assert (found.days_left, found.days_from_target) == (0, 2)
    assert found.calendars == ("participant", "clinic")


def test_a_visit_booked_for_the_first_time_gives_a_date_to_what_waits_for_it() -> None:
    trial = chained()
    there = plan_of(trial, someone(arm="A"))
    found = changes(trial, there, "D7", at("2026-03-09T09:30"), (), prepared=False)
    assert found.shifted == (Shifted(visit="D21", before=None, after=day("2026-03-23")),)


def test_a_dose_concerns_the_pharmacy_too() -> None:
    trial = settled()
    found = changes(trial, plan(on=trial), "W2", at("2026-03-16T09:30"), (), prepared=True)
    assert (found.calendars, found.shifted) == (("participant", "clinic", "pharmacy"), ())
    shape = changes_shape(found, str)
    assert (shape["prepared"], shape["dose"], shape["from"]) == (True, True, None)
    follow_up = changes(trial, plan(on=trial), "W8", at("2026-04-27T09:30"), (), prepared=False)
    assert follow_up.calendars == ("participant", "clinic")
