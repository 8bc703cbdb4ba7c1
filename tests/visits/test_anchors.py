"""Where anchors take their dates from, and what is said while they have none."""

from __future__ import annotations

import pytest

from dosecalc.errors import Refusal
from visits.building import (
    at,
    dates,
    day,
    defining,
    due,
    named,
    notes,
    of_visit,
    plan,
    protocol,
    start,
    visit,
)

ONSET = protocol(
    defining("D0"), due("V", "P3D", ("P1D", "P1D"), anchor="onset"), anchors=[named("onset", "onset of symptoms")]
)


def refused(*args: object, **kwargs: object) -> str:
    with pytest.raises(Refusal) as caught:
        plan(*args, **kwargs)  # type: ignore[arg-type]
    return str(caught.value)


# --- given by name


def test_an_anchor_given_by_name_moves_its_visits() -> None:
    found = plan(ONSET, day("2026-03-02"), {"onset": day("2026-02-27")})
    # 27 February + 3 = day 30 of February = 2 March.
    assert dates(visit(found, "V")) == ("2026-03-02", "2026-03-01", "2026-03-03")


def test_a_visit_without_its_anchor_is_pending_and_says_how_to_give_it() -> None:
    found = visit(plan(ONSET, day("2026-03-02")), "V")
    assert (found.status, *dates(found)) == ("pending", "None", "None", "None")
    assert notes(found) == ["waiting for onset of symptoms: give it with --anchor onset=DATETIME"]
    assert (found.window, found.anchor) == ("stated", "onset")


def test_a_pending_visit_that_took_place_is_done_and_keeps_its_note() -> None:
    found = visit(plan(ONSET, day("2026-03-02"), actual={"V": day("2026-03-04")}), "V")
    assert (found.status, found.target, found.actual, found.days_from_target) == ("done", None, day("2026-03-04"), None)
    assert notes(found) == ["waiting for onset of symptoms: give it with --anchor onset=DATETIME"]


def test_an_unknown_anchor_is_refused_with_those_that_there_are() -> None:
    assert refused(ONSET, day("2026-03-02"), {"symptoms": day("2026-02-27")}) == (
        "DC410 'symptoms' is not an anchor of T-1; --anchor takes: onset"
    )


def test_where_no_anchor_is_given_by_name_none_is_taken() -> None:
    assert refused(protocol(defining("D0")), day("2026-03-02"), {"onset": day("2026-02-27")}) == (
        "DC410 'onset' is not an anchor of T-1; leave it out: the dates of this protocol all count from the start"
    )


def test_the_start_is_not_given_as_an_anchor() -> None:
    assert refused(ONSET, day("2026-03-02"), {"first_dose": day("2026-03-02")}) == (
        "DC411 first infusion ('first_dose') is not given with --anchor; it is the start date: give it with --start"
    )


def test_an_anchor_by_name_that_needs_a_time_refuses_a_date() -> None:
    timed = protocol(defining("D0"), anchors=[named("onset", "onset of symptoms", time_needed=True)])
    assert refused(timed, day("2026-03-02"), {"onset": day("2026-02-27")}).startswith(
        "DC412 onset of symptoms needs a time of day, and only the date 2026-02-27 is given; write it as 2026-02-27T"
    )


# --- the visit whose date is the anchor's own


def test_the_actual_date_of_the_anchors_own_visit_may_repeat_the_start() -> None:
    found = plan(ONSET, day("2026-03-02"), actual={"D0": day("2026-03-02")})
    assert (visit(found, "D0").status, visit(found, "D0").days_from_target) == ("done", 0)


def test_the_actual_date_of_the_anchors_own_visit_cannot_be_another() -> None:
    assert refused(ONSET, day("2026-03-02"), actual={"D0": day("2026-03-03")}) == (
        "DC414 the actual date of D0, 2026-03-03, differs from first infusion, 2026-03-02; "
        "both are the same event: correct the one that is wrong"
    )


def test_two_times_of_the_same_event_on_one_day_differ_too() -> None:
    assert "DC414 the actual date of D0, 2026-03-02 09:45, differs from first infusion, 2026-03-02 09:30" in refused(
        ONSET, at("2026-03-02T09:30"), actual={"D0": at("2026-03-02T09:45")}
    )
    same = plan(ONSET, at("2026-03-02T09:30"), actual={"D0": at("2026-03-02T01:30+00:00")})
    assert visit(same, "D0").status == "done"


def test_the_actual_time_of_the_anchors_own_visit_is_the_anchors_time() -> None:
    hours = protocol(defining("D0"), due("H4", "PT4H"), anchors=[start(time_needed=True)])
    found = plan(hours, day("2026-03-02"), actual={"D0": at("2026-03-02T09:30")})
    assert str(visit(found, "H4").target) == "2026-03-02 13:30:00+08:00"


def test_an_anchor_by_name_may_be_known_from_its_own_visit() -> None:
    surgery = protocol(
        defining("D0"),
        defining("OP", "surgery"),
        due("V", "P7D", anchor="surgery"),
        anchors=[named("surgery", "surgery")],
    )
    pending = plan(surgery, day("2026-03-02"))
    assert [visit(pending, name).status for name in ("OP", "V")] == ["pending", "pending"]
    known = plan(surgery, day("2026-03-02"), actual={"OP": day("2026-03-10")})
    assert str(visit(known, "V").target) == "2026-03-17"
    assert visit(known, "OP").status == "done"


# --- dates of other visits

LATER = protocol(
    defining("D0"),
    due("T", "P28D", ("P3D", "P3D")),
    due("FU", "P30D", ("P7D", "P7D"), anchor="treated"),
    anchors=[of_visit("treated", "T", "actual")],
)


def test_a_visit_after_an_actual_date_waits_for_it() -> None:
    found = visit(plan(LATER, day("2026-03-02")), "FU")
    assert (found.status, found.target) == ("pending", None)
    assert notes(found) == ["waiting for the actual date of T (T): give it with --actual T=DATE"]


def test_a_visit_after_an_actual_date_moves_with_it() -> None:
    # Planned for 30 March (2 + 28), attended on 1 April; 1 April + 30 = 1 May, window 24 April to 8 May.
    found = plan(LATER, day("2026-03-02"), actual={"T": day("2026-04-01")})
    assert dates(visit(found, "T")) == ("2026-03-30", "2026-03-27", "2026-04-02")
    assert dates(visit(found, "FU")) == ("2026-05-01", "2026-04-24", "2026-05-08")


def test_a_window_does_not_move_because_another_visit_was_late() -> None:
    infusions = protocol(defining("D0"), due("D7", "P7D", ("P2D", "P2D")), due("D14", "P14D", ("P2D", "P2D")))
    late = plan(infusions, day("2026-03-02"), actual={"D7": day("2026-03-13")})
    assert visit(late, "D7").status == "late"
    assert dates(visit(late, "D14")) == ("2026-03-16", "2026-03-14", "2026-03-18")


def test_a_visit_after_a_target_date_stays_when_the_actual_date_differs() -> None:
    planned = protocol(
        due("T", "P28D"), due("FU", "P30D", anchor="treated"), anchors=[of_visit("treated", "T", "target")]
    )
    # 2 March + 28 = 30 March; 30 March + 30 = day 60 of March = 29 April.
    for actual in ({}, {"T": day("2026-04-01")}):
        assert str(visit(plan(planned, day("2026-03-02"), actual=actual), "FU").target) == "2026-04-29"


def test_a_target_date_counts_though_the_arm_has_not_the_visit() -> None:
    planned = protocol(
        due("T", "P28D"), due("FU", "P30D", anchor="treated"), anchors=[of_visit("treated", "T", "target")]
    )
    found = plan(planned, day("2026-03-02"), encounters=("FU",))
    assert [(each.encounter, str(each.target)) for each in found.visits] == [("FU", "2026-04-29")]


def test_an_actual_date_of_a_visit_that_the_arm_has_not_stays_unknown() -> None:
    found = plan(LATER, day("2026-03-02"), encounters=("FU",))
    assert notes(visit(found, "FU")) == ["waiting for T, which is not planned"]


def test_a_visit_after_the_target_of_a_pending_one_says_so() -> None:
    chain = protocol(
        due("A", "P1D", anchor="onset"),
        due("B", "P1D", anchor="a"),
        anchors=[named("onset", "onset of symptoms"), of_visit("a", "A", "target")],
    )
    assert notes(visit(plan(chain, day("2026-03-02")), "B")) == ["waiting for the date of A (A)"]
    # 2 March + 1 + 1 = 4 March.
    assert str(visit(plan(chain, day("2026-03-01"), {"onset": day("2026-03-02")}), "B").target) == "2026-03-04"


def test_an_anchor_that_is_a_visit_is_not_given_by_name() -> None:
    assert refused(LATER, day("2026-03-02"), {"treated": day("2026-04-01")}).endswith(
        "is not given with --anchor; it is the actual date of a visit: give it with --actual T=DATE"
    )


def test_the_planned_date_of_a_visit_is_not_given_by_name_either() -> None:
    planned = protocol(due("T", "P28D"), anchors=[of_visit("treated", "T", "target")])
    assert refused(planned, day("2026-03-02"), {"treated": day("2026-04-01")}).endswith(
        "leave it out: it is the planned date of the visit T"
    )


def test_hours_after_an_actual_visit_use_its_time() -> None:
    sampled = protocol(
        due("T", "P28D"),
        due("S", "PT2H", ("PT15M", "PT15M"), anchor="treated"),
        anchors=[of_visit("treated", "T", "actual")],
    )
    timed = plan(sampled, day("2026-03-02"), actual={"T": at("2026-03-30T10:00")})
    assert str(visit(timed, "S").target) == "2026-03-30 12:00:00+08:00"
    assert str(visit(timed, "T").actual) == "2026-03-30"
    untimed = visit(plan(sampled, day("2026-03-02"), actual={"T": day("2026-03-30")}), "S")
    assert (untimed.status, untimed.target) == ("pending", None)


# --- repeats

CYCLES = protocol(
    defining("D0"),
    due("C", "P21D", ("P2D", "P2D"), every="P21D", count=3, until="stopped"),
    due("EOS", "P30D", ("P7D", "P7D"), anchor="last_dose"),
    anchors=[named("stopped", "decision to stop"), of_visit("last_dose", "C", "actual", "last")],
)


def test_the_end_of_a_repeat_that_is_not_known_leaves_all_of_it_planned() -> None:
    found = plan(CYCLES, day("2026-03-02"))
    assert [each.encounter for each in found.visits] == ["D0", "C1", "C2", "C3", "EOS"]
    assert notes(visit(found, "C1")) == ["planned at most 3 times, until decision to stop, whose date is not known yet"]


@pytest.mark.parametrize(
    ("stopped", "left"),
    [  # the targets are 23 March, 13 April and 4 May
        ("2026-03-22", []),
        ("2026-04-12", ["C1"]),
        ("2026-04-13", ["C1", "C2"]),
        ("2026-05-04", ["C1", "C2", "C3"]),
    ],
)
def test_a_repeat_ends_with_the_day_of_its_end(stopped: str, left: list[str]) -> None:
    found = plan(CYCLES, day("2026-03-02"), {"stopped": day(stopped)})
    cycles = [each for each in found.visits if each.base == "C"]
    assert [each.encounter for each in cycles] == left
    assert all(notes(each) == [] for each in cycles)


def test_a_visit_that_took_place_after_the_end_is_not_forgotten() -> None:
    found = plan(CYCLES, day("2026-03-02"), {"stopped": day("2026-04-12")}, {"C2": day("2026-04-12")})
    assert [each.encounter for each in found.visits if each.base == "C"] == ["C1", "C2"]


def test_30_days_after_the_actual_last_dose() -> None:
    # C3 attended on 6 May: 6 May + 30 = day 36 of May = 5 June; window 29 May to 12 June.
    found = plan(CYCLES, day("2026-03-02"), actual={"C3": day("2026-05-06")})
    assert dates(visit(found, "EOS")) == ("2026-06-05", "2026-05-29", "2026-06-12")


def test_an_earlier_dose_is_not_the_last_one() -> None:
    found = visit(plan(CYCLES, day("2026-03-02"), actual={"C2": day("2026-04-13")}), "EOS")
    assert notes(found) == ["waiting for the actual date of C3 (C 3): give it with --actual C3=DATE"]


def test_the_last_dose_before_an_early_end_is_the_last_one() -> None:
    # Stopped on 20 April, so C2 is the last; attended on 14 April: + 30 = day 44 of April = 14 May.
    found = plan(CYCLES, day("2026-03-02"), {"stopped": day("2026-04-20")}, {"C2": day("2026-04-14")})
    assert str(visit(found, "EOS").target) == "2026-05-14"


def test_where_a_repeat_never_came_nothing_follows_it() -> None:
    found = plan(CYCLES, day("2026-03-02"), {"stopped": day("2026-03-05")})
    assert notes(visit(found, "EOS")) == ["waiting for C, which is not planned"]


def test_the_first_of_a_repeat_can_be_an_anchor() -> None:
    first = protocol(
        due("C", "P21D", every="P21D", count=3),
        due("V", "P1D", anchor="first_cycle"),
        anchors=[of_visit("first_cycle", "C", "target", "first")],
    )
    assert str(visit(plan(first, day("2026-03-02")), "V").target) == "2026-03-24"


# --- what a protocol cannot mean


def test_anchors_in_a_circle_are_refused_and_do_not_run_for_ever() -> None:
    circle = protocol(
        due("A", "P1D", anchor="b"),
        due("B", "P1D", anchor="a"),
        anchors=[of_visit("a", "A", "target"), of_visit("b", "B", "target")],
    )
    assert refused(circle, day("2026-03-02")) == (
        "DC417 these dates hang on each other in a circle: "
        "visit A → anchor b → visit B → anchor a → visit A; "
        "let one of the anchors in the protocol count from the start date"
    )


def test_a_repeat_that_ends_with_its_own_last_visit_is_a_circle() -> None:
    snake = protocol(
        due("C", "P21D", every="P21D", count=3, until="last"), anchors=[of_visit("last", "C", "target", "last")]
    )
    assert "DC417 these dates hang on each other in a circle: visit C → anchor last → visit C" in refused(
        snake, day("2026-03-02")
    )


def test_an_anchor_must_say_which_repeat_it_means() -> None:
    vague = protocol(
        due("C", "P21D", every="P21D", count=3), due("V", "P1D", anchor="c"), anchors=[of_visit("c", "C", "target")]
    )
    assert refused(vague, day("2026-03-02")).startswith("DC418 the anchor 'c' does not say which 'C' it means; write")


# --- actual dates


def test_an_actual_date_of_an_unknown_visit_is_refused() -> None:
    assert refused(ONSET, day("2026-03-02"), actual={"D8": day("2026-03-10")}) == (
        "DC413 'D8' is not a visit here; the visits are: D0, V"
    )


def test_an_actual_date_of_another_arms_visit_is_refused() -> None:
    assert refused(ONSET, day("2026-03-02"), actual={"V": day("2026-03-10")}, encounters=("D0",)) == (
        "DC413 'V' is not a visit here; the visits are: D0"
    )


def test_a_repeat_is_attended_by_its_number() -> None:
    assert "DC413 'C' is not a visit here; the visits are: D0, C1, C2, C3, EOS" in refused(
        CYCLES, day("2026-03-02"), actual={"C": day("2026-03-10")}
    )


def test_a_visit_to_the_hour_needs_the_time_that_it_took_place() -> None:
    hours = protocol(due("H4", "PT4H"), anchors=[start(time_needed=True)])
    assert refused(hours, at("2026-03-02T09:30"), actual={"H4": day("2026-03-02")}) == (
        "DC415 H4 is planned to the hour, and its actual date 2026-03-02 has no time; "
        "give the time, too: --actual H4=2026-03-02THH:MM"
    )
