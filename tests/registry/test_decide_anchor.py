"""What may be recorded of the dates that visits count from."""

from __future__ import annotations

from typing import Any

from dosecalc.protocol.settled import Settled
from dosecalc.registry import decide_anchor
from registry.test_decide_participant import ENROLLED, refused, staggered
from registry.visiting import DOUBLE, NOW, OPEN, at, day, done, settled, someone


def anchors(state: Any, moments: Any, *others: Any, on: Settled | None = None, reason: str | None = None) -> Any:
    return decide_anchor.anchors(state, on or settled(), others, moments, reason=reason, at=NOW)


def test_the_start_is_kept_under_one_name_in_every_protocol() -> None:
    [draft] = anchors(ENROLLED, {"first_dose": day("2026-03-02")})
    assert draft.public == {"name": "start", "when": "2026-03-02"}


def test_a_date_that_stands_is_replaced_only_with_a_reason() -> None:
    with refused("DC747", "2026-03-02", "2026-03-03", "--reason"):
        anchors(someone(), {"first_dose": day("2026-03-03")})
    [draft] = anchors(someone(), {"first_dose": day("2026-03-03")}, reason="came a day later")
    assert draft.reason == "came a day later"


def test_a_date_that_stands_is_not_recorded_again() -> None:
    with refused("DC746"):
        anchors(someone(), {"first_dose": day("2026-03-02")}, reason="again")


def test_a_start_too_soon_after_another_one_is_refused() -> None:
    before = someone(code="P000", start=day("2026-03-02"))
    mine = someone(start=None)
    with refused("DC745", "2026-03-09"):
        anchors(mine, {"first_dose": day("2026-03-08")}, before, on=staggered(OPEN))
    assert anchors(mine, {"first_dose": day("2026-03-09")}, before, on=staggered(OPEN))


def test_what_took_place_is_not_planned_anew() -> None:
    with refused("DC860", "W0 took place on 2026-03-02, and that is the date of first_dose", "--set when=2026-03-03"):
        anchors(someone(done("W0", "2026-03-02")), {"first_dose": day("2026-03-03")}, reason="postponed")
    # the time of that day may be added
    assert anchors(someone(done("W0", "2026-03-02")), {"start": at("2026-03-02T10:05")}, reason="the time, too")


def test_nothing_begins_before_its_onset() -> None:
    ill = {"arm": None, "anchors": {"symptom_onset": at("2026-03-01T20:00")}}
    with refused("DC862", "onset of stroke symptoms on 2026-03-01 20:00 would be later than first infusion (day 0)"):
        anchors(someone(**ill), {"first_dose": at("2026-03-01T19:59")}, on=settled(DOUBLE), reason="mistyped")
    both = {"first_dose": at("2026-03-01T19:59"), "symptom_onset": at("2026-03-01T08:00")}
    assert len(anchors(someone(**ill), both, on=settled(DOUBLE), reason="mistyped")) == 2
    # of a day without a time nothing is known but the day
    assert anchors(someone(**ill), {"first_dose": day("2026-03-01")}, on=settled(DOUBLE), reason="mistyped")


def test_a_start_is_the_day_on_which_its_visit_took_place() -> None:
    trial = settled().protocol
    assert decide_anchor.anchor_dates(trial, someone()) == {"first_dose": day("2026-03-02")}
    assert decide_anchor.anchor_dates(trial, someone(done("W0", "2026-03-04"))) == {"first_dose": day("2026-03-04")}
    planned = someone(done("W0", "2026-03-02"), start=at("2026-03-02T10:00"))  # of one day the time is kept
    assert decide_anchor.anchor_dates(trial, planned) == {"first_dose": at("2026-03-02T10:00")}
