"""What may be recorded of a participant, on states of the three shipped trials; the store has tests of its own."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dosecalc.app.loading import load_protocol
from dosecalc.dosing.area import Measured
from dosecalc.errors import Refusal, Where
from dosecalc.protocol.reader import read_site
from dosecalc.protocol.settled import Settled
from dosecalc.protocol.site import SiteLevel
from dosecalc.quantity import parse_quantity
from dosecalc.registry import decide_assign, decide_measure, decide_participant
from dosecalc.registry.levels import open_step
from dosecalc.registry.state import Hold, StudyState, Version
from registry.visiting import CONFIRMED, DOUBLE, NOW, OPEN, day, done, settled, site_text, someone

SPLIT = "NCT06932393"


def study(**changes: Any) -> StudyState:
    version = Version(number=1, protocol_version="1", protocol_sha256="", protocol_text="", site_text="")
    given: dict[str, Any] = {"protocol": OPEN, "key_id": "", "versions": (version,)}
    return StudyState(**given | changes)


def held(scope: str, target: str | None) -> StudyState:
    return study(holds=(Hold(scope=scope, target=target, reason="two fevers", number=9),))


def staggered(protocol: str, days: int = 7) -> Settled:
    said = f"\n  {protocol}:\n    stagger: {{days: {days}, confirmed: {CONFIRMED}}}\n"
    text = site_text().replace(f"\n  {protocol}:\n", said, 1)
    return Settled(protocol=load_protocol(protocol), site=read_site(text.encode(), "site.yaml"))


def refused(code: str, *said: str) -> pytest.RaisesExc[Refusal]:
    return pytest.raises(
        Refusal, check=lambda error: str(error).startswith(code) and all(each in str(error) for each in said)
    )


NEW = someone(standing="consented", enrolled=None, arm=None, start=None)
ENROLLED = someone(arm=None, start=None)


# --- consent, enrolment ---


def test_a_consent_is_recorded_with_its_form_and_date() -> None:
    [draft] = decide_participant.consent(None, "P001", "1.0", day("2026-03-01"), at=NOW)
    assert (draft.kind, draft.participant, draft.public) == ("consent", "P001", {"form": "1.0", "date": "2026-03-01"})


def test_the_same_consent_twice_is_a_slip() -> None:
    with refused("DC739", "P001", "2026-03-01"):
        decide_participant.consent(NEW, "P001", "1.0", day("2026-03-01"), at=NOW)


def test_a_new_form_may_be_signed_later() -> None:
    assert decide_participant.consent(someone(), "P001", "2.0", day("2026-06-01"), at=NOW)


def enrol(state: Any = NEW, *others: Any, of: StudyState | None = None, on: Settled | None = None, **more: Any) -> Any:
    given: dict[str, Any] = {"date": day("2026-03-02"), "cohort": None, "at": NOW}
    return decide_participant.enrol(state, "P001", of or study(), on or settled(), others, **given | more)


def test_who_has_consented_is_enrolled() -> None:
    [draft] = enrol(cohort="phase1-A")
    assert draft.public == {"date": "2026-03-02", "cohort": "phase1-A"}
    [beside] = enrol(cohort="none")
    assert beside.public == {"date": "2026-03-02"}
    [masked] = enrol(on=settled(DOUBLE))
    assert masked.public == {"date": "2026-03-02"}


def test_while_levels_open_one_after_the_other_the_level_is_named_and_one_must_be_open() -> None:
    with refused("DC835", "phase1-A is open", "--cohort phase1-A; or --cohort none"):
        enrol()
    gone = study(opened=(("7 particles/site", "gone"),))
    with refused("DC835", "no level is open", "--cohort LEVEL"):
        enrol(of=gone)
    with refused("DC744", "phase1-A"):
        enrol(of=gone, cohort="phase1-A")


def test_none_is_no_answer_where_everybody_gets_a_level() -> None:
    two = [
        SiteLevel(amount=parse_quantity(f"{amount} particles/cm²"), confirmed=level.confirmed)
        for level in settled(SPLIT).decided_levels("density")
        for amount in ("5e8", "1e9")
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settled, "decided_levels", lambda *_: tuple(two))
        for cohort in (None, "none"):
            with refused("DC835", "add --cohort 500000000 particles/cm²"):
                enrol(on=settled(SPLIT), cohort=cohort)


def test_nobody_is_enrolled_without_a_consent() -> None:
    with refused("DC742", "P001", "participant consent P001"):
        enrol(None)


def test_nobody_is_enrolled_before_their_consent() -> None:
    with refused("DC741", "2026-02-28", "2026-03-01"):
        enrol(date=day("2026-02-28"))


def test_nobody_is_enrolled_twice() -> None:
    with refused("DC740", "is enrolled"):
        enrol(ENROLLED)


@pytest.mark.parametrize(("scope", "target"), [("study", None), ("participant", "P001"), ("level", "phase1-A")])
def test_a_hold_refuses_enrolment(scope: str, target: str | None) -> None:
    with refused("DC743", "two fevers"):
        enrol(of=held(scope, target), cohort="phase1-A")


def test_the_lowest_level_is_open_from_the_beginning_and_no_other() -> None:
    assert enrol(cohort="phase1-A")[0].public["cohort"] == "phase1-A"
    with refused("DC744", "phase1-B", "open is phase1-A"):
        enrol(cohort="phase1-B")


def test_after_a_decision_the_level_that_it_opened_is_open_and_the_lower_is_not() -> None:
    moved = study(opened=(("1000000000 particles/site", "phase1-B"),))
    assert enrol(of=moved, cohort="phase1-B")
    with refused("DC744", "phase1-A"):
        enrol(of=moved, cohort="phase1-A")


def test_the_next_of_a_level_comes_n_days_after_the_first_dose_of_the_one_before() -> None:
    before = someone(code="P000", start=day("2026-03-02"))
    slow = staggered(OPEN)
    with refused("DC745", "P000", "2026-03-02", "2026-03-09"):  # 2 + 7 = 9 March
        enrol(NEW, before, on=slow, cohort="phase1-A", date=day("2026-03-08"))
    assert enrol(NEW, before, on=slow, cohort="phase1-A", date=day("2026-03-09"))


def test_a_dose_that_was_given_counts_before_a_visit_and_that_before_the_start() -> None:
    slow = staggered(OPEN)
    came = someone(done("W2", "2026-03-16"), code="P000", start=day("2026-03-02"))  # week 0 was missed
    with refused("DC745", "P000 came on 2026-03-16", "from 2026-03-23"):  # 16 + 7
        enrol(NEW, came, on=slow, cohort="phase1-A", date=day("2026-03-22"))
    given = replace(came, visits={"W2": replace(came.visits["W2"], given=day("2026-03-17"))})
    with refused("DC745", "P000 came on 2026-03-17", "from 2026-03-24"):
        enrol(NEW, given, on=slow, cohort="phase1-A", date=day("2026-03-22"))
    assert enrol(NEW, came, on=slow, cohort="phase1-A", date=day("2026-03-09"))


def test_a_start_that_is_known_counts_and_not_the_day_of_the_enrolment() -> None:
    before = someone(code="P000", start=day("2026-03-02"))
    early = replace(NEW, start=day("2026-03-03"))
    with refused("DC745", "P000 is to come on 2026-03-02"):
        enrol(early, before, on=staggered(OPEN), cohort="phase1-A", date=day("2026-03-20"))


def test_the_stagger_is_of_one_level() -> None:
    moved = study(opened=(("1000000000 particles/site", "phase1-B"),))
    before = someone(code="P000", start=day("2026-03-02"))
    assert enrol(NEW, before, of=moved, on=staggered(OPEN), cohort="phase1-B", date=day("2026-03-03"))


# --- assignment ---


def assign(
    state: Any = ENROLLED, *others: Any, of: StudyState | None = None, on: Settled | None = None, arm: str | None = None
) -> Any:
    return decide_assign.assign(state, of or study(), on or settled(), others, arm=arm, at=NOW)


def test_an_open_trial_names_its_arm_openly_with_its_level() -> None:
    [draft] = assign(replace(ENROLLED, cohort="phase1-A"), arm="phase1-A")
    assert draft.public == {"arm": "phase1-A", "level": "100000000 particles/site"}
    assert draft.sealed is None


def test_an_arm_of_the_escalation_is_assigned_only_while_its_level_is_open() -> None:
    with refused("DC744", "phase1-C"):
        assign(arm="phase1-C")


def test_an_arm_beside_the_escalation_needs_no_open_level() -> None:
    assert assign(arm="phase2-minoxidil")[0].public == {"arm": "phase2-minoxidil"}


def test_a_level_that_nobody_decided_is_not_assigned() -> None:
    undecided = Settled(protocol=settled().protocol)
    with refused("DC752", "phase2-exosome"):
        assign(arm="phase2-exosome", on=undecided)


def test_nobody_is_assigned_before_the_enrolment_or_twice() -> None:
    with refused("DC740", "participant enrol P001"):
        assign(NEW, arm="phase1-A")
    with refused("DC748", "2026-03-02"):
        assign(someone(arm="phase1-A", assigned=day("2026-03-02")), arm="phase1-A")


def test_where_a_list_names_another_arm_the_list_is_right() -> None:
    listed = study(allocation={"P001": {"arm": "phase2-minoxidil", "kit": "K7"}})
    [draft] = assign(of=listed)
    assert (draft.public, draft.sealed) == ({"arm": "phase2-minoxidil"}, {"kit": "K7"})
    with refused("DC750", "phase2-minoxidil"):
        assign(of=listed, arm="phase2-exosome")


def test_a_masked_trial_takes_the_arm_from_the_list_and_says_nothing_of_it() -> None:
    listed = study(allocation={"P001": {"arm": "placebo"}})
    [draft] = assign(on=settled(DOUBLE), of=listed)
    assert (draft.public, draft.sealed) == ({}, {"arm": "placebo"})


def test_a_masked_trial_takes_no_arm_from_a_person() -> None:
    with refused("DC749", DOUBLE):
        assign(on=settled(DOUBLE), of=study(allocation={"P001": {"arm": "placebo"}}), arm="placebo")


@pytest.mark.parametrize("allocation", [None, {}, {"P002": {"arm": "placebo"}}])
def test_who_is_not_on_the_list_gets_no_arm(allocation: Any) -> None:
    with refused("DC750"):
        assign(on=settled(DOUBLE), of=study(allocation=allocation))


def test_where_everyone_gets_every_arm_there_is_a_side_and_no_arm() -> None:
    [draft] = assign(on=settled(SPLIT), of=study(allocation={"P001": {"side": "left"}}))
    assert draft.public == {}
    assert draft.sealed is not None
    assert draft.sealed["side"] == "left"
    assert "arm" not in draft.sealed


def test_in_a_masked_trial_all_participants_are_one_level_of_the_stagger() -> None:
    before = someone(code="P000", start=day("2026-05-30"))
    with refused("DC745", "2026-06-06"):  # 30 May + 7 days
        assign(ENROLLED, before, on=staggered(DOUBLE), of=study(allocation={"P001": {"arm": "placebo"}}))


def test_nothing_escalates_in_a_trial_of_fixed_doses() -> None:
    assert open_step(study(), settled(DOUBLE)) is None


# --- the list ---


def imported(protocol: str, *rows: dict[str, str], of: StudyState | None = None) -> Any:
    placed = [(Where("list.csv", line), row) for line, row in enumerate(rows, 2)]
    return decide_assign.allocation(of or study(), settled(protocol), placed, at=NOW)


def test_a_list_is_sealed_and_only_its_length_is_open() -> None:
    [draft] = imported(
        DOUBLE, {"participant": "P001", "arm": "group-1", "kit": "K1"}, {"participant": "P002", "arm": "placebo"}
    )
    assert draft.public == {"count": 2}
    assert draft.sealed == {"arms": {"P001": {"arm": "group-1", "kit": "K1"}, "P002": {"arm": "placebo"}}}


def test_all_that_is_wrong_with_a_list_is_said_at_once_with_its_lines() -> None:
    with pytest.raises(Refusal) as refusal:
        imported(
            DOUBLE,
            {"participant": "P001", "arm": "group-1"},
            {"participant": "P001", "arm": "placebo"},
            {"participant": "P002", "arm": "group-9"},
            {"participant": "P003"},
            {"participant": "P004", "arm": "placebo"},
            of=study(allocation={"P004": {"arm": "group-1"}}),
        )
    assert [(each.code, str(each.where)) for each in refusal.value.findings] == [
        ("DC753", "list.csv:3"),
        ("DC302", "list.csv:4"),
        ("DC304", "list.csv:5"),
        ("DC753", "list.csv:6"),
    ]


def test_a_list_gives_no_arm_where_everyone_gets_every_arm() -> None:
    with refused("DC753", SPLIT):
        imported(SPLIT, {"participant": "P001", "arm": "saline"})
    assert imported(SPLIT, {"participant": "P001", "side": "left"})[0].sealed == {"arms": {"P001": {"side": "left"}}}


def test_a_long_list_becomes_several_events_of_one_size() -> None:
    rows = [{"participant": f"P{number:04}", "arm": "placebo"} for number in range(1000)]
    assert [draft.public["count"] for draft in imported(DOUBLE, *rows)] == [400, 400, 200]


# --- measurements ---

HOW = Measured(method="tracing", by="CRC-02", date=day("2026-03-01"))


def test_an_area_is_recorded_with_how_who_and_when() -> None:
    [draft], warnings = decide_measure.area(
        ENROLLED, settled(), (), [Decimal("20.10"), Decimal("3.3")], HOW, visit="W4", at=NOW
    )
    assert draft.public == {
        "what": "area", "values": ["20.1", "3.3"], "unit": "cm²", "method": "tracing", "by": "CRC-02",
        "date": "2026-03-01", "visit": "W4",
    }  # fmt: skip
    assert warnings == ()


@pytest.mark.parametrize("missing", ["method", "by", "date"])
def test_an_area_without_how_who_or_when_is_refused(missing: str) -> None:
    known: dict[str, Any] = {"method": "tracing", "by": "CRC-02", "date": day("2026-03-01")}
    measured = Measured(**{name: value for name, value in known.items() if name != missing})
    with refused("DC738", f"--{missing}"):
        decide_measure.area(ENROLLED, settled(), (), [Decimal(24)], measured, visit=None, at=NOW)


def test_an_area_larger_than_a_scalp_is_refused_and_a_large_one_is_doubted() -> None:
    with refused("DC312"):
        decide_measure.area(ENROLLED, settled(), (), [Decimal(501)], HOW, visit=None, at=NOW)
    _, warnings = decide_measure.area(ENROLLED, settled(), (), [Decimal(251)], HOW, visit=None, at=NOW)
    assert [each.code for each in warnings] == ["area-large"]


def test_an_area_of_a_visit_that_is_none_is_refused() -> None:
    with refused("DC413", "W5"):
        decide_measure.area(ENROLLED, settled(), (), [Decimal(24)], HOW, visit="W5", at=NOW)


def test_a_weight_is_recorded_with_who_and_when() -> None:
    [draft], _ = decide_measure.weight(ENROLLED, Decimal("71.50"), HOW, at=NOW)
    assert (draft.public["values"], draft.public["unit"]) == (["71.5"], "kg")
    with refused("DC321"):
        decide_measure.weight(ENROLLED, Decimal(715), HOW, at=NOW)


# --- ends ---


def test_the_treatment_ends_once_and_the_study_can_be_left_after_that() -> None:
    [draft] = decide_participant.discontinue(someone(), date=day("2026-04-01"), reason="adverse event", at=NOW)
    assert (draft.kind, draft.reason) == ("discontinue", "adverse event")
    ended = someone(standing="discontinued", ended=day("2026-04-01"))
    with refused("DC740", "has ended the treatment"):
        decide_participant.discontinue(ended, date=day("2026-04-02"), reason="again", at=NOW)
    assert decide_participant.withdraw(ended, date=day("2026-04-02"), reason="moved away", at=NOW)


def test_who_is_enrolled_is_no_screen_failure() -> None:
    with refused("DC740"):
        decide_participant.screen_failure(ENROLLED, date=day("2026-03-02"), reason="too late", at=NOW)


def test_who_left_is_asked_for_nothing_more() -> None:
    gone = someone(standing="withdrawn")
    with refused("DC740", "has left the study"):
        decide_measure.area(gone, settled(), (), [Decimal(24)], HOW, visit=None, at=NOW)
    with refused("DC740"):
        decide_participant.consent(gone, "P001", "2.0", dt.date(2026, 6, 1), at=NOW)
