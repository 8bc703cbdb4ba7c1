"""A participant's visits are the protocol's timeline with what was booked and attended, and nothing else."""

from __future__ import annotations

import pytest

from dosecalc.registry.plan_of import ParticipantPlan, rows_of
from dosecalc.registry.state import VisitState
from registry.visiting import DOUBLE, at, booked, day, done, plan, settled, someone


def standings(planned: ParticipantPlan) -> dict[str, str]:
    return {each.id: each.standing for each in planned.visits}


def test_each_visit_has_its_window_and_its_standing() -> None:
    planned = plan(done("W0", "2026-03-02"), booked("W2", "2026-03-17T09:30"))
    assert standings(planned) == {
        "W0": "done",
        "W2": "booked",
        "W4": "planned",
        "W6": "planned",
        "W8": "planned",
        "W12": "planned",
        "W24": "planned",
    }
    second = planned.find("W2")
    assert second is not None
    # 2 March + 14 days = 16 March, and the example site's 2 days either way
    assert (second.target, second.earliest, second.latest) == (day("2026-03-16"), day("2026-03-14"), day("2026-03-18"))
    assert [each.id for each in planned.visits if each.dosed] == ["W0", "W2", "W4", "W6"]


def test_rows_hold_days_and_times_of_the_site() -> None:
    rows = rows_of(plan(done("W0", "2026-03-02"), booked("W2", "2026-03-17T09:30")))
    assert tuple(rows[0]) == ("P001", "W0", "2026-03-02", "2026-03-02", "2026-03-02", None, "2026-03-02", "done")
    assert tuple(rows[1]) == (
        "P001",
        "W2",
        "2026-03-16",
        "2026-03-14",
        "2026-03-18",
        "2026-03-17T09:30:00+08:00",
        None,
        "booked",
    )


def test_a_visit_whose_booking_was_cancelled_is_cancelled_until_it_is_booked_again() -> None:
    given_up = VisitState(visit="W2", cancelled=True)
    assert standings(plan(given_up))["W2"] == "cancelled"


def test_without_an_arm_an_open_trial_has_no_visits_yet() -> None:
    planned = plan(arm=None)
    assert (planned.visits, planned.lacks, str(planned.waits)) == ((), "arm", "P001 has no arm yet")


def test_without_a_start_the_visits_are_known_and_their_dates_are_not() -> None:
    planned = plan(start=None)
    assert planned.lacks == "first_dose"
    assert str(planned.waits) == "waiting for the date of first treatment (week 0) of P001"
    assert [(each.id, each.target) for each in planned.visits][:2] == [("W0", None), ("W2", None)]
    assert rows_of(planned)[0].target is None


@pytest.mark.parametrize("arm", [None, "group-1", "group-2", "placebo"])
def test_in_a_masked_trial_the_arm_changes_nothing(arm: str | None) -> None:
    trial = settled(DOUBLE)
    known = booked("D7", "2026-03-09T09:30")
    assert rows_of(plan(known, on=trial, arm=arm)) == rows_of(plan(known, on=trial, arm="placebo"))
    assert [each.dosed for each in plan(on=trial, arm=arm).visits] == [True, True, True]


def test_after_a_withdrawal_only_what_took_place_remains() -> None:
    left = plan(
        done("W0", "2026-03-02"),
        VisitState(visit="W2", missed="ill"),
        booked("W4", "2026-03-30T09:30"),
        standing="withdrawn",
    )
    assert [(row.visit, row.standing) for row in rows_of(left)] == [("W0", "done"), ("W2", "missed")]


def test_after_the_end_of_treatment_the_follow_up_visits_remain() -> None:
    ended = plan(done("W0", "2026-03-02"), booked("W2", "2026-03-16T09:30"), standing="discontinued")
    assert [row.visit for row in rows_of(ended)] == ["W0", "W8", "W12", "W24"]


def test_visits_that_the_protocol_does_not_plan_stand_at_the_end() -> None:
    planned = plan(done("U1", "2026-03-05"), done("W3", "2026-03-20"), done("W0", "2026-03-02"))
    assert [each.id for each in planned.visits][-2:] == ["U1", "W3"]
    assert str(planned.visits[-1].label) == "unscheduled visit"
    assert rows_of(planned)[-1].attended == "2026-03-20"


def test_anchors_that_an_amendment_took_away_are_left_aside() -> None:
    assert plan(anchors={"moon": at("2026-03-01T08:00")}).find("W2") is not None


def test_an_arm_that_the_protocol_does_not_have_is_no_arm() -> None:
    assert plan(arm="phase9").lacks == "arm"


def test_the_state_itself_is_kept_beside_its_visits() -> None:
    assert plan().state == someone()
