"""What may be done with a dose, by state alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dosecalc.errors import Refusal
from dosecalc.registry import decide_ip, may_dose
from dosecalc.registry.decide_ip import Given
from dosecalc.registry.decide_study import held_back
from dosecalc.registry.lots import DoseState
from dosecalc.registry.plan_of import ParticipantPlan
from dosecalc.registry.state import Hold, ParticipantState, VisitState

AT = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
DOSE = DoseState(
    participant="P001",
    visit="W0",
    prepared=4,
    preparer="wang",
    on="2026-03-02",
    digest="d",
    lots={"A": 3},
    since="2026-03-02T01:00:00+00:00",
)
HOLD = Hold(scope="study", target=None, reason="safety", number=9)


def person(**changes: Any) -> ParticipantState:
    known: dict[str, Any] = {
        "code": "P001",
        "standing": "enrolled",
        "protocol_sha256": "x",
        "consents": (("1.0", dt.date(2026, 3, 1)),),
        "enrolled": dt.date(2026, 3, 1),
    }
    return ParticipantState(**known | changes)


def dose(**changes: Any) -> DoseState:
    from dataclasses import replace

    return replace(DOSE, **changes)


def codes(refused: pytest.ExceptionInfo[Refusal]) -> list[str]:
    return [finding.code for finding in refused.value.findings]


@pytest.mark.parametrize("standing", ["consented", "screen_failure", "discontinued", "withdrawn"])
def test_only_who_is_enrolled_is_dosed(standing: str) -> None:
    against = may_dose.may_dose(ParticipantPlan(state=person(standing=standing), visits=()), "W0", AT.date())
    assert [finding.code for finding in against] == ["DC772", "DC774"]


@pytest.mark.parametrize("name", ["WANG", " wang ", "Ｗang"])
def test_another_spelling_of_the_preparer_is_no_second_person(name: str) -> None:
    with pytest.raises(Refusal, match="DC665"):
        decide_ip.check_checker(DOSE, name)


def test_a_check_of_an_older_worksheet_is_not_recorded() -> None:
    with pytest.raises(Refusal, match="prepared anew while it was being checked"):
        decide_ip.check(DOSE, {"worksheet_digest": "other", "result": "agreed"}, "xu", AT)


def test_a_dose_may_be_used_until_the_very_minute_and_not_after() -> None:
    agreed = dose(checked=5, agreed=True)
    assert decide_ip.dispense(agreed, "liu", AT, AT)[0].public == {"when": "2026-03-02T09:30:00+08:00", "to": "liu"}
    with pytest.raises(Refusal, match="DC779"):
        decide_ip.dispense(agreed, "liu", AT + dt.timedelta(minutes=1), AT)


@pytest.mark.parametrize("part", ["0", "1", "1.5"])
def test_a_part_lies_between_nothing_and_all(part: str) -> None:
    out = dose(checked=5, agreed=True, dispensed=6)
    with pytest.raises(Refusal) as refused:
        decide_ip.give(out, person(), Given(by="liu", part=Decimal(part), reason="x"), AT)
    assert codes(refused) == ["DC780"]


def test_what_was_given_before_a_hold_or_the_end_of_treatment_is_still_recorded() -> None:
    out = dose(checked=5, agreed=True, dispensed=6)
    ended = person(standing="discontinued", ended=AT.date())
    later = replace(HOLD, since=AT + dt.timedelta(minutes=1))
    assert not later.stood(AT)
    assert later.stood(AT + dt.timedelta(minutes=1))
    assert decide_ip.give(out, ended, Given(by="liu"), AT)[0].kind == "administer"
    with pytest.raises(Refusal) as refused:
        decide_ip.give(out, ended, Given(by="liu"), AT + dt.timedelta(days=1), [held_back(later)])
    assert codes(refused) == ["DC772", "DC801"]


def test_a_dose_at_a_visit_that_was_missed_is_not_recorded() -> None:
    out = dose(checked=5, agreed=True, dispensed=6)
    missed = person(visits={"W0": VisitState(visit="W0", missed="ill")})
    with pytest.raises(Refusal, match="W0 of P001 is on record as missed"):
        decide_ip.give(out, missed, Given(by="liu"), AT)


def test_what_is_recorded_without_the_key_has_nothing_sealed() -> None:
    closed = dose(checked=5, agreed=True, dispensed=6, digest=None, lots=None)
    assert decide_ip.give(closed, person(), Given(by="liu"), AT)[0].sealed is None


def test_no_step_of_a_dose_comes_before_the_one_before_it() -> None:
    # The last step was at 09:00 in Shenzhen, and this one is said to be at 08:59.
    early = AT.replace(hour=8, minute=59)
    checked = replace(DOSE, checked=5, checker="li", agreed=True)
    out = replace(checked, dispensed=6, dispensed_to="zhao")
    acts: tuple[Callable[[], Any], ...] = (
        lambda: decide_ip.dispense(checked, "zhao", early),
        lambda: decide_ip.give(out, person(), Given(by="zhao"), early),
        lambda: decide_ip.check(DOSE, {"worksheet_digest": "d", "result": "agreed"}, "li", early),
    )
    for act in acts:
        with pytest.raises(Refusal, match=r"DC779 the last step .* was at 2026-03-02 09:00\+08:00, after this one"):
            act()
    assert decide_ip.dispense(checked, "zhao", AT)
