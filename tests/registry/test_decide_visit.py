"""What may be recorded of a visit, and what is refused, in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dosecalc.errors import Refusal
from dosecalc.protocol.dose_rule import Source
from dosecalc.protocol.model import Gaps
from dosecalc.protocol.offsets import CalendarOffset
from dosecalc.registry import decide_visit
from dosecalc.registry.state import VisitState
from registry.test_decide_participant import staggered
from registry.visiting import DOUBLE, NOW, OPEN, asking, at, booked, clinic, day, done, plan, public, settled, someone

if TYPE_CHECKING:
    from dosecalc.protocol.settled import Settled
    from dosecalc.registry.decide_visit import Decision
    from dosecalc.registry.plan_of import ParticipantPlan

GAPS = "least: P10D, most: P18D"


def book(
    planned: ParticipantPlan, name: str, when: str, *, on: Settled | None = None, full: int = 0, **asks: Any
) -> Decision:
    return decide_visit.book(on or settled(), planned, name, at(when), asking(**asks), clinic(on, full))


def move(
    planned: ParticipantPlan, name: str, when: str, *, on: Settled | None = None, full: int = 0, **asks: Any
) -> Decision:
    here = clinic(on, full, planned.state.visits.get(name))
    return decide_visit.move(on or settled(), planned, name, at(when), asking(**asks), here)


def attend(
    planned: ParticipantPlan, name: str, when: str, *, on: Settled | None = None, others: Any = (), **asks: Any
) -> Decision:
    moment = at(when) if "T" in when else day(when)
    return decide_visit.attend(on or settled(), planned, name, moment, asking(**asks), others)


def refused(caught: pytest.ExceptionInfo[Refusal]) -> tuple[str, str]:
    (finding,) = caught.value.findings
    return finding.code, str(finding.what)


def test_a_time_within_the_window_is_booked() -> None:
    decision = book(plan(), "W2", "2026-03-18T16:00")
    assert (decision.draft.kind, decision.draft.participant, decision.draft.visit) == ("book", "P001", "W2")
    assert public(decision) == {"when": "2026-03-18T16:00:00+08:00"}
    assert decision.overrides == ()


def test_a_time_outside_the_window_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        book(plan(), "W2", "2026-03-19T09:30")
    code, what = refused(caught)
    assert (code, what) == (
        "DC420",
        "W2 on 2026-03-19 lies outside its window, 2026-03-14 to 2026-03-18: 1 day too late",
    )


def test_with_a_reason_the_investigator_overrides_a_window_and_it_is_a_deviation() -> None:
    decision = book(plan(), "W2", "2026-03-19T09:30", outside_window="flight cancelled")
    assert public(decision) == {"when": "2026-03-19T09:30:00+08:00", "outside_window": "flight cancelled"}
    assert [str(each) for each in decision.overrides] == [
        "W2 on 2026-03-19 lies outside its window, 2026-03-14 to 2026-03-18: 1 day too late"
    ]


def test_a_reason_that_is_not_needed_is_not_kept_as_a_deviation() -> None:
    assert "outside_window" not in public(book(plan(), "W2", "2026-03-16T09:30", outside_window="just in case"))


def test_nobody_but_the_investigator_overrides_a_window() -> None:
    with pytest.raises(Refusal) as caught:
        book(plan(), "W2", "2026-03-19T09:30", outside_window="flight cancelled", may_override=False)
    assert refused(caught) == (
        "DC764",
        "only the investigator may let a visit take place outside its window or gap",
    )


def test_a_blank_reason_is_no_reason() -> None:
    with pytest.raises(Refusal) as caught:
        book(plan(), "W2", "2026-03-19T09:30", outside_window="  ")
    assert refused(caught)[0] == "DC421"


def test_where_no_window_is_stated_any_time_may_be_booked() -> None:
    trial = settled()
    bare = type(trial)(protocol=trial.protocol, site=None)
    decision = book(plan(on=bare), "W2", "2026-04-16T09:30", on=bare)
    assert public(decision) == {"when": "2026-04-16T09:30:00+08:00"}


ENDED: dict[str, Any] = {"ended": day("2026-03-20")}
REFUSED_BOOKINGS = [
    (plan(start=None), "W2", "DC755", "W2 has no date yet: waiting for the date of first treatment (week 0) of P001"),
    (plan(arm=None), "W2", "DC755", "W2 has no date yet: P001 has no arm yet"),
    (plan(), "W3", "DC756", "P001 has no visit 'W3'"),
    (plan(standing="consented"), "W2", "DC757", "P001 is not enrolled"),
    (plan(standing="screen_failure"), "W2", "DC757", "P001 is not enrolled"),
    (
        plan(standing="withdrawn", **ENDED),
        "W2",
        "DC757",
        "P001 withdrew from the study on 2026-03-20; nothing is booked or recorded after that",
    ),
    (plan(standing="discontinued", **ENDED), "W2", "DC758", "P001 has ended treatment, and W2 is a visit with a dose"),
    (plan(done("W2", "2026-03-16")), "W2", "DC759", "W2 took place already, on 2026-03-16"),
    (plan(booked("W2", "2026-03-16T09:30")), "W2", "DC760", "W2 is booked already, for 2026-03-16 09:30"),
    (
        plan(consents=(("2.0", day("2026-03-21")), ("1.0", day("2026-03-20")))),
        "W2",
        "DC761",
        "W2 on 2026-03-17 lies before the consent of P001 on 2026-03-20",
    ),
    (plan(), "W0", "DC747", "first_dose is 2026-03-02, and would become 2026-03-17"),
]


@pytest.mark.parametrize(("planned", "name", "code", "what"), REFUSED_BOOKINGS)
def test_what_cannot_be_booked_is_refused_in_words(planned: ParticipantPlan, name: str, code: str, what: str) -> None:
    with pytest.raises(Refusal) as caught:
        book(planned, name, "2026-03-17T09:30")
    assert refused(caught) == (code, what)


@pytest.mark.parametrize(("start", "recorded"), [
    (day("2026-03-02"), "2026-03-03"), (at("2026-03-02T09:30"), "2026-03-03T10:00:00+08:00"),
])  # fmt: skip
def test_the_visit_that_the_others_count_from_takes_the_start_with_it(start: Any, recorded: str) -> None:
    decision = book(plan(start=start), "W0", "2026-03-03T10:00", reason="postponed a day")
    assert public(decision) == {"when": "2026-03-03T10:00:00+08:00"}
    [anchor] = decision.start
    assert (anchor.kind, anchor.public) == ("anchor", {"name": "start", "when": recorded})
    assert (anchor.reason, decision.moves) == ("postponed a day", True)


def test_another_hour_of_the_planned_day_is_only_a_booking() -> None:
    decision = book(plan(start=at("2026-03-02T09:00")), "W0", "2026-03-02T10:00")
    assert (decision.start, decision.moves) == ((), False)


def test_a_start_that_was_recorded_anew_waits_for_its_visit_to_be_moved() -> None:
    there = plan(booked("W0", "2026-03-02T09:00"), start=day("2026-03-03"))
    assert move(there, "W0", "2026-03-03T09:00").start == ()


def test_follow_up_visits_stay_bookable_after_the_end_of_treatment() -> None:
    ended = plan(standing="discontinued", **ENDED)
    assert public(book(ended, "W8", "2026-04-27T09:30")) == {"when": "2026-04-27T09:30:00+08:00"}


def test_what_took_place_before_a_withdrawal_can_still_be_entered() -> None:
    left = plan(standing="withdrawn", **ENDED)
    assert public(attend(left, "W2", "2026-03-16")) == {"when": "2026-03-16"}
    with pytest.raises(Refusal) as caught:
        attend(left, "W4", "2026-03-30")
    assert refused(caught)[0] == "DC757"


def test_a_missed_visit_can_be_booked_again() -> None:
    missed = plan(VisitState(visit="W2", missed="ill"))
    assert public(book(missed, "W2", "2026-03-18T09:30")) == {"when": "2026-03-18T09:30:00+08:00"}


# ---- places ----------------------------------------------------------------------------------------------------------


def test_a_full_day_takes_no_more_bookings() -> None:
    six = settled(places=6)
    assert public(book(plan(), "W2", "2026-03-16T09:30", on=six, full=5))
    with pytest.raises(Refusal) as caught:
        book(plan(), "W2", "2026-03-16T09:30", on=six, full=6)
    assert refused(caught) == ("DC762", "2026-03-16 is full: 6 of 6 places are booked")


def test_on_a_full_day_a_visit_can_change_its_hour_and_not_come_from_another_day() -> None:
    six, there = settled(places=6), plan(booked("W2", "2026-03-16T09:30"))
    assert public(move(there, "W2", "2026-03-16T14:00", on=six, full=6))
    with pytest.raises(Refusal) as caught:
        move(there, "W2", "2026-03-17T09:30", on=six, full=6)
    assert refused(caught)[0] == "DC762"


# ---- move, cancel, miss ----------------------------------------------------------------------------------------------


def test_a_move_keeps_where_it_came_from() -> None:
    decision = move(plan(booked("W2", "2026-03-16T09:30")), "W2", "2026-03-17T09:30")
    assert public(decision) == {"from": "2026-03-16T09:30:00+08:00", "when": "2026-03-17T09:30:00+08:00"}


def test_a_move_to_the_same_time_or_of_nothing_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        move(plan(booked("W2", "2026-03-16T09:30")), "W2", "2026-03-16T09:30")
    assert refused(caught) == ("DC760", "W2 is booked for that very time, 2026-03-16 09:30")
    with pytest.raises(Refusal) as caught:
        move(plan(), "W2", "2026-03-16T09:30")
    assert refused(caught) == ("DC760", "W2 is not booked")


def test_a_booking_is_cancelled_also_when_the_participant_has_withdrawn() -> None:
    there = plan(booked("W4", "2026-03-30T09:30"), standing="withdrawn", **ENDED)
    decision = decide_visit.cancel(there, "W4", asking(reason="withdrew"))
    assert (public(decision), decision.draft.reason) == ({"was": "2026-03-30T09:30:00+08:00"}, "withdrew")
    with pytest.raises(Refusal) as caught:
        decide_visit.cancel(there, "W2", asking(reason="withdrew"))
    assert refused(caught) == ("DC760", "W2 is not booked")


def test_nobody_misses_a_visit_that_is_still_to_come() -> None:
    there = plan(booked("W12", "2026-06-01T12:30"))
    with pytest.raises(Refusal) as caught:
        decide_visit.miss(there, "W12", asking(reason="forgot"))
    assert refused(caught) == ("DC761", "W12 is still to come, on 2026-06-01 12:30: nobody has missed it")
    with pytest.raises(Refusal) as caught:
        decide_visit.miss(there, "W24", asking(reason="forgot"))
    assert refused(caught) == ("DC761", "W24 is still to come, on 2026-08-10: nobody has missed it")


def test_a_visit_is_missed_once_with_its_reason() -> None:
    decision = decide_visit.miss(plan(booked("W2", "2026-03-16T09:30")), "W2", asking(reason="forgot"))
    assert (decision.draft.kind, decision.draft.reason) == ("miss", "forgot")
    with pytest.raises(Refusal) as caught:
        decide_visit.miss(plan(VisitState(visit="W2", missed="forgot")), "W2", asking(reason="forgot"))
    assert refused(caught) == ("DC760", "W2 is recorded as missed already")


# ---- attend ----------------------------------------------------------------------------------------------------------


def test_a_visit_outside_its_window_is_recorded_with_its_reason_as_a_deviation() -> None:
    decision = attend(plan(), "W2", "2026-03-19", reason="fever")
    assert public(decision) == {"when": "2026-03-19", "deviation": "fever"}
    assert public(attend(plan(), "W2", "2026-03-18", reason="seen by Dr Wu")) == {"when": "2026-03-18"}


def test_a_visit_takes_place_neither_in_the_future_nor_before_consent_nor_twice() -> None:
    for planned, when, code in (
        (plan(), "2026-06-02", "DC761"),
        (plan(), "2026-06-01T12:01", "DC761"),
        (plan(), "2026-02-28", "DC761"),
        (plan(done("W2", "2026-03-16")), "2026-03-16", "DC759"),
    ):
        with pytest.raises(Refusal) as caught:
            attend(planned, "W2", when)
        assert refused(caught)[0] == code
    assert attend(plan(), "W12", "2026-06-01T12:00").draft.visit == "W12"


def test_the_first_visit_takes_place_on_the_day_that_the_others_count_from() -> None:
    assert public(attend(plan(), "W0", "2026-03-02T10:00")) == {"when": "2026-03-02T10:00:00+08:00"}
    assert not attend(plan(start=at("2026-03-02T10:00")), "W0", "2026-03-02T10:05").moves  # the real time
    with pytest.raises(Refusal) as caught:
        attend(plan(), "W0", "2026-03-03")
    assert refused(caught) == ("DC747", "first_dose is 2026-03-02, and would become 2026-03-03")
    decision = attend(plan(), "W0", "2026-03-03", reason="came a day later")
    assert (public(decision), decision.moves) == ({"when": "2026-03-03"}, True)


def test_a_start_too_soon_after_another_one_is_recorded_only_where_the_investigator_allows_it() -> None:
    trial = staggered(OPEN)
    before = someone(done("W0", "2026-03-02"), code="P000")
    there = plan(start=day("2026-03-09"), on=trial)
    ahead: dict[str, Any] = {"on": trial, "others": [before], "reason": "came a day early"}
    with pytest.raises(Refusal) as caught:
        attend(there, "W0", "2026-03-08", **ahead)
    assert refused(caught)[0] == "DC745"
    with pytest.raises(Refusal) as caught:
        attend(there, "W0", "2026-03-08", **ahead, outside_window="it has happened", may_override=False)
    assert refused(caught)[0] == "DC764"
    decision = attend(there, "W0", "2026-03-08", **ahead, outside_window="it has happened")
    assert [str(each) for each in decision.overrides] == [
        "P000 came on 2026-03-02, and the next participant of a dose level comes 7 days later"
    ]
    assert public(decision)["deviation"] == "it has happened"


# ---- limits in hours -------------------------------------------------------------------------------------------------
# NCT07084012: at most 72 h from the onset of symptoms to the first infusion.
ILL: dict[str, Any] = {"arm": None, "anchors": {"symptom_onset": at("2026-02-27T08:30")}}


def test_a_first_dose_beyond_the_limit_is_booked_only_where_the_investigator_allows_it() -> None:
    trial = settled(DOUBLE)
    there = plan(on=trial, **ILL)
    assert public(book(there, "D0", "2026-03-02T08:30", on=trial))  # 72 h
    with pytest.raises(Refusal) as caught:
        book(there, "D0", "2026-03-02T08:31", on=trial)
    assert refused(caught) == (
        "DC863",
        "hours from symptom onset to the first infusion: 72 h 1 min; more than the permitted 72 h",
    )
    late: dict[str, Any] = {"on": trial, "outside_window": "seen at 70 h, the cells came late"}
    assert public(book(there, "D0", "2026-03-02T08:31", **late))["outside_window"] == late["outside_window"]
    known = plan(booked("D0", "2026-03-02T08:31"), on=trial, **ILL)
    assert public(move(known, "D0", "2026-03-02T08:31", **late))["outside_window"] == late["outside_window"]
    assert public(book(there, "D7", "2026-03-09T08:31", on=trial))  # the limit is that of D0


# ---- gaps between doses ----------------------------------------------------------------------------------------------
# Doses of NCT07203599: W0, W2, W4, W6. The site asks for 10 to 18 days from one to the next.


@pytest.mark.parametrize("when", ["2026-03-30T09:30", "2026-03-28T09:30"])  # 18 March + 12 and 10 days: the least
def test_gaps_count_from_the_day_on_which_the_dose_before_was_given(when: str) -> None:
    trial = settled(gaps=GAPS)
    there = plan(done("W0", "2026-03-02"), done("W2", "2026-03-18"), on=trial)
    assert public(book(there, "W4", when, on=trial))


def test_a_dose_too_soon_after_another_is_refused_and_the_investigator_may_override_it() -> None:
    trial = settled(gaps=GAPS)
    there = plan(done("W0", "2026-03-02"), done("W2", "2026-03-19"), on=trial)
    with pytest.raises(Refusal) as caught:
        book(there, "W4", "2026-03-28T09:30", on=trial)
    code, what = refused(caught)
    assert code == "DC763"
    assert what == (
        "W4 on 2026-03-28 and the dose of W2 on 2026-03-19 are 9 days apart; at least 10 are asked for "
        "(Clinical trial protocol (example), 8.2)"
    )
    decision = book(there, "W4", "2026-03-28T09:30", on=trial, outside_window="safety committee agrees")
    assert public(decision)["outside_window"] == "safety committee agrees"
    assert [str(each) for each in decision.overrides] == [what]


def test_a_dose_too_long_after_another_is_refused() -> None:
    trial = settled(gaps=GAPS)
    there = plan(done("W0", "2026-03-02"), done("W2", "2026-03-13"), on=trial)
    assert public(book(there, "W4", "2026-03-31T16:00", on=trial))  # 13 March + 18 days
    with pytest.raises(Refusal) as caught:
        book(there, "W4", "2026-04-01T09:30", on=trial)
    code, what = refused(caught)
    assert code == "DC763"
    assert what == (
        "W4 on 2026-04-01 and the dose of W2 on 2026-03-13 are 19 days apart; at most 18 are allowed "
        "(Clinical trial protocol (example), 8.2)"
    )


def test_gaps_are_kept_by_attendance_too_while_the_dose_can_be_stopped() -> None:
    trial = settled(gaps=GAPS)
    there = plan(done("W0", "2026-03-02"), on=trial)
    with pytest.raises(Refusal) as caught:
        attend(there, "W2", "2026-03-11", on=trial)
    assert refused(caught)[0] == "DC763"
    with pytest.raises(Refusal) as caught:
        attend(there, "W2", "2026-03-11", on=trial, outside_window="agreed", may_override=False)
    assert refused(caught)[0] == "DC764"
    decision = attend(there, "W2", "2026-03-11", on=trial, outside_window="agreed by the sponsor")
    assert public(decision) == {"when": "2026-03-11", "deviation": "agreed by the sponsor"}
    assert len(decision.overrides) == 1


def test_too_long_a_gap_cannot_be_stopped_any_more_and_is_recorded() -> None:
    trial = settled(gaps=GAPS)
    there = plan(done("W0", "2026-03-02"), on=trial)
    decision = attend(there, "W2", "2026-03-25", on=trial, reason="was abroad")
    assert (public(decision), decision.overrides) == ({"when": "2026-03-25", "deviation": "was abroad"}, ())


def test_gaps_concern_doses_alone() -> None:
    trial = settled(gaps=GAPS)
    there = plan(done("W6", "2026-04-15"), on=trial)
    assert public(book(there, "W8", "2026-04-20T09:30", on=trial))


def test_a_gap_of_the_protocol_is_kept_as_one_of_the_site() -> None:
    source = Source(document="record", section="arms")
    stated = Gaps(least=CalendarOffset(0, 12), source=source)
    protocol = settled().protocol
    named = next(iter(protocol.documents.values()))
    stated = replace(stated, source=replace(source, document=named.id))
    trial = replace(settled(gaps=GAPS), protocol=replace(protocol, gaps=stated))  # the site: 10 to 18 days
    there = plan(done("W0", "2026-03-02"), done("W2", "2026-03-18"), on=trial)
    assert public(book(there, "W4", "2026-03-30T09:30", on=trial))  # 18 March + 12 days
    with pytest.raises(Refusal) as caught:
        book(there, "W4", "2026-03-29T09:30", on=trial)
    code, what = refused(caught)
    assert code == "DC763"
    assert what == (
        "W4 on 2026-03-29 and the dose of W2 on 2026-03-18 are 11 days apart; at least 12 are asked for "
        f"({named.title}, arms)"
    )


def test_in_a_masked_trial_a_placebo_counts_like_any_dose() -> None:
    trial = settled(DOUBLE, gaps="least: P6D")
    there = plan(done("D0", "2026-03-02"), done("D7", "2026-03-11"), on=trial, arm=None)
    with pytest.raises(Refusal) as caught:
        book(there, "D14", "2026-03-16T09:30", on=trial)
    assert refused(caught)[0] == "DC763"


# ---- unscheduled -----------------------------------------------------------------------------------------------------


def unscheduled(planned: ParticipantPlan, name: str | None, when: str = "2026-03-20T14:00") -> Decision:
    return decide_visit.unscheduled(settled(), planned, name, at(when), asking(reason="redness"))


def test_unscheduled_visits_are_numbered() -> None:
    assert unscheduled(plan(), None).draft.visit == "U1"
    assert unscheduled(plan(done("U1", "2026-03-10")), None).draft.visit == "U2"
    assert unscheduled(plan(), "SAFETY").draft.visit == "SAFETY"


def test_an_unscheduled_visit_has_no_planned_name_and_takes_place_once() -> None:
    for planned, name, code in (
        (plan(), "W2", "DC769"),
        (plan(), "a visit", "DC769"),
        (plan(done("U1", "2026-03-10")), "U1", "DC759"),
        (plan(standing="withdrawn", **ENDED), "U1", "DC757"),
    ):
        with pytest.raises(Refusal) as caught:
            unscheduled(planned, name, "2026-03-21T14:00")
        assert refused(caught)[0] == code
    with pytest.raises(Refusal) as caught:
        unscheduled(plan(), None, (NOW + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"))
    assert refused(caught)[0] == "DC761"


def test_after_the_end_of_treatment_an_unscheduled_visit_is_possible() -> None:
    assert unscheduled(plan(standing="discontinued", **ENDED), None, "2026-04-20T09:00").draft.visit == "U1"
