"""Holds, levels, staff, amendments and moves: what is recorded, and what is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from dosecalc.app.loading import load
from dosecalc.errors import Refusal
from dosecalc.protocol.reader import read_protocol
from dosecalc.protocol.settled import Settled
from dosecalc.quantity import parse_quantity
from dosecalc.registry import decide_amendment, decide_study
from dosecalc.registry.decide_amendment import Amendment
from dosecalc.registry.levels import amount_text, held_names, steps
from dosecalc.registry.may_dose import holds_on
from dosecalc.registry.state import Hold, ParticipantState, StudyState, Version
from dosecalc.registry.versions import check_not_superseded, version_for
from house.source import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = (CHECKOUT / "schedules" / "NCT07203599.yaml").read_text(encoding="utf-8")
SITE = str(CHECKOUT / "schedules" / "sites" / "example.yaml")
OPEN, MASKED, DENSITY = (load(name, SITE) for name in ("NCT07203599", "NCT07084012", "NCT06932393"))
AT = dt.datetime(2026, 3, 5, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def version(text: str, number: int = 1, **more: Any) -> Version:
    protocol = read_protocol(text.encode(), "p.yaml")
    sha = sha256(text.encode()).hexdigest()
    return Version(
        number=number, protocol_version=protocol.version, protocol_sha256=sha, protocol_text=text, site_text="", **more
    )


def later(name: str) -> str:
    return TEXT.replace("version: registry-2025-12-02", f"version: {name}").replace("offset: P4W", "offset: P5W")


FIRST = version(TEXT)
SECOND = version(later("v2"), 5, effective=dt.date(2026, 3, 3), reconsent=True)
THIRD = version(later("v3"), 9, effective=dt.date(2026, 3, 10))
URGENT = version(later("v9"), 12, effective=dt.date(2026, 3, 12), urgent=True)
STUDY = StudyState(protocol="NCT07203599", key_id="k", versions=(FIRST,))
AMENDED = replace(STUDY, versions=(FIRST, SECOND, THIRD))
P001 = ParticipantState(
    code="P001", standing="enrolled", protocol_sha256=FIRST.protocol_sha256, consents=(("1.0", dt.date(2026, 3, 1)),)
)


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        call()
    (found,) = caught.value.findings
    return found.code, str(found.what)


# --- holds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "target", "stored"),
    [
        ("study", None, {"scope": "study"}),
        ("level", "phase1-B", {"scope": "level", "target": "phase1-B"}),
        ("level", "1e9", {"scope": "level", "target": "1000000000 particles/site"}),  # group B and phase II
        ("level", "phase2-exosome", {"scope": "level", "target": "phase2-exosome"}),
        ("participant", "P001", {"scope": "participant", "target": "P001"}),
        ("lot", "EV-A", {"scope": "lot", "target": "EV-A"}),
    ],
)
def test_a_hold_is_recorded_with_what_it_stops(scope: Any, target: str | None, stored: dict[str, str]) -> None:
    (draft,) = decide_study.hold(STUDY, OPEN, ("P001",), scope, target, at=AT, reason=" fever ", lots=("EV-A",))
    assert (draft.kind, draft.reason, draft.public) == ("hold", "fever", stored)


@pytest.mark.parametrize(("scope", "target"), [("lot", "MSC"), ("level", "placebo")])
def test_in_a_masked_trial_no_hold_tells_who_has_what(scope: Any, target: str) -> None:
    code, what = refusal(lambda: decide_study.hold(STUDY, MASKED, ("P001",), scope, target, at=AT, reason="x"))
    assert code == "DC799"
    assert "this trial is masked" in what


@pytest.mark.parametrize(
    ("hold", "stopped"),
    [
        (Hold(scope="study", target=None, reason="r", number=3), True),
        (Hold(scope="participant", target="P001", reason="r", number=3), True),
        (Hold(scope="participant", target="P002", reason="r", number=3), False),
        (Hold(scope="level", target="phase1-A", reason="r", number=3), True),
        (Hold(scope="level", target="phase1-B", reason="r", number=3), False),
        (Hold(scope="level", target="100000000 particles/site", reason="r", number=3), True),
        (Hold(scope="level", target="1000000000 particles/site", reason="r", number=3), False),
        (Hold(scope="lot", target="EV-A", reason="r", number=3), True),
        (Hold(scope="lot", target="EV-B", reason="r", number=3), False),
    ],
)
def test_a_hold_stops_the_doses_that_rest_on_what_is_held(hold: Hold, stopped: bool) -> None:
    mine = replace(P001, arm="phase1-A", level="100000000 particles/site")
    other = Hold(scope="study", target=None, reason="both count", number=4)
    for holds in ((hold,), (other, hold), (hold, other)):
        found = holds_on(replace(STUDY, holds=holds), OPEN, mine, ("EV-A",))
        assert found == tuple(each for each in holds if each is other or stopped)


def test_an_amount_is_that_of_every_arm_that_has_it_and_of_the_level_of_an_enrolment() -> None:
    assert held_names(OPEN, replace(P001, arm="phase2-exosome")) == {"phase2-exosome", "1000000000 particles/site"}
    assert held_names(OPEN, replace(P001, cohort="phase1-B")) == {"phase1-B", "1000000000 particles/site"}
    assert held_names(OPEN, P001) == set()
    assert held_names(OPEN, replace(P001, arm="taken away")) == {"taken away"}  # by an amendment
    # of a level that the site decided for everybody, whoever may not know the arm knows the enrolment alone
    assert held_names(DENSITY, replace(P001, level="500000000 particles/cm²")) == {"500000000 particles/cm²"}


@pytest.mark.parametrize(("amount", "text"), [("1.50", "1.5"), ("2.00", "2"), ("1e8", "100000000"), ("100", "100")])
def test_one_amount_has_one_text(amount: str, text: str) -> None:
    assert amount_text(parse_quantity(f"{amount} particles/site")) == f"{text} particles/site"


# --- levels ---------------------------------------------------------------------------------------------------------


def test_the_levels_of_an_escalation_are_its_arms_by_their_amounts() -> None:
    assert [(step.name, step.level) for step in steps(OPEN.protocol, OPEN)] == [
        ("phase1-A", "100000000 particles/site"),
        ("phase1-B", "1000000000 particles/site"),
        ("phase1-C", "10000000000 particles/site"),
    ]


def test_the_levels_of_a_masked_trial_are_amounts_and_never_arms() -> None:
    assert steps(MASKED.protocol, MASKED) == []
    assert all(step.arm is None for step in steps(DENSITY.protocol, DENSITY))
    assert "500000000 particles/cm²" in [step.name for step in steps(DENSITY.protocol, DENSITY)]


def test_a_level_is_opened_with_its_arm_and_its_amount() -> None:
    (draft,) = decide_study.open_level(STUDY, OPEN, "phase1-B", at=AT, reason="minutes 2")
    assert draft.public == {"level": "1000000000 particles/site", "arm": "phase1-B"}


def test_no_level_is_left_out() -> None:
    code, what = refusal(lambda: decide_study.open_level(STUDY, OPEN, "phase1-C", at=AT, reason="minutes 2"))
    assert (code, what) == (
        "DC803",
        "phase1-C cannot be opened yet: phase1-B comes before it, and phase1-A is open",
    )


def test_where_nothing_escalates_no_level_is_opened() -> None:
    assert refusal(lambda: decide_study.open_level(STUDY, MASKED, "group-1", at=AT, reason="x"))[0] == "DC802"


# --- amendments -----------------------------------------------------------------------------------------------------


def amendment(text: str, **changes: Any) -> Amendment:
    given: dict[str, Any] = {"site_text": None, "effective": AT.date(), "reconsent": True, "urgent": False}
    return Amendment(protocol_text=text, **given | changes)


def amend(study: StudyState, text: str, **changes: Any) -> Any:
    before = Settled(protocol=read_protocol(study.versions[-1].protocol_text.encode(), "p.yaml"))
    after = Settled(protocol=read_protocol(text.encode(), "p.yaml"))
    return decide_amendment.amend(study, before, after, amendment(text, **changes), at=AT, reason="amendment 1")


def test_an_amendment_is_recorded_with_its_text_and_its_day() -> None:
    (draft,) = amend(STUDY, later("v2"), effective=dt.date(2026, 3, 9))
    assert draft.public == {
        "protocol_version": "v2",
        "protocol_text": later("v2"),
        "effective": "2026-03-09",
        "reconsent": True,
        "urgent": False,
    }


@pytest.mark.parametrize(
    ("text", "changes", "said"),
    [
        (TEXT, {}, "version registry-2025-12-02 is what the study has already"),
        (TEXT + "# x\n", {}, "version registry-2025-12-02 is in the study already, with another text"),
        (later("v2"), {"effective": dt.date(2026, 3, 4)}, "from 2026-03-04, which is past"),
        (TEXT, {"site_text": "new"}, "only the site file is new, and nobody consents to that"),
    ],
)
def test_what_is_no_amendment_is_refused(text: str, changes: dict[str, Any], said: str) -> None:
    assert said in refusal(lambda: amend(STUDY, text, **changes))[1]


def test_amendments_come_into_effect_in_their_order() -> None:
    code, what = refusal(lambda: amend(AMENDED, later("v4"), effective=dt.date(2026, 3, 6)))
    assert (code, what) == ("DC806", "version v3 comes into effect on 2026-03-10, after this one")


# --- moving ---------------------------------------------------------------------------------------------------------


def migrate(state: ParticipantState, day: int, *used: str, form: str | None = None, to: str | None = None) -> Any:
    at = AT.replace(day=day)
    return decide_amendment.migrate(AMENDED, state, version=to, form=form, forms_used=used or ("1.0",), at=at)


def test_a_participant_moves_to_the_version_in_effect_once_they_have_consented() -> None:
    signed = replace(P001, consents=(*P001.consents, ("2.0", dt.date(2026, 3, 5))))
    (draft,) = migrate(signed, 5, form="2.0")
    assert draft.public == {"protocol_version": "v2", "protocol_sha256": SECOND.protocol_sha256, "form": "2.0"}
    assert refusal(lambda: migrate(P001, 5))[0] == "DC808"


def test_a_consent_that_a_version_between_needs_is_needed_still() -> None:
    """Version 3 asks for none, version 2 does: who moves from 1 to 3 needs it, who moves from 2 to 3 does not."""
    assert refusal(lambda: migrate(P001, 11))[0] == "DC808"
    (draft,) = migrate(replace(P001, protocol_sha256=SECOND.protocol_sha256), 11)
    assert draft.public["protocol_version"] == "v3"


@pytest.mark.parametrize("standing", ["withdrawn", "screen_failure"])
def test_who_has_left_moves_nowhere(standing: Any) -> None:
    assert refusal(lambda: migrate(replace(P001, standing=standing), 5))[0] == "DC809"


def test_nobody_moves_back() -> None:
    on_third = replace(P001, protocol_sha256=THIRD.protocol_sha256)
    assert refusal(lambda: migrate(on_third, 11, to="v2", form="1.0"))[0] == "DC807"


# --- which version holds --------------------------------------------------------------------------------------------


def test_a_participant_stays_on_the_version_that_they_consented_to() -> None:
    assert version_for(AMENDED, P001, dt.date(2026, 6, 1)) is FIRST


def test_an_urgent_version_holds_for_all_from_its_day_and_later_ones_after_the_move() -> None:
    urgent = replace(AMENDED, versions=(FIRST, SECOND, THIRD, URGENT))
    assert version_for(urgent, P001, dt.date(2026, 3, 11)) is FIRST
    assert version_for(urgent, P001, dt.date(2026, 3, 12)) is URGENT
    newer = version(later("v10"), 15, effective=dt.date(2026, 4, 1))
    moved = replace(P001, protocol_sha256=newer.protocol_sha256)
    assert version_for(replace(urgent, versions=(*urgent.versions, newer)), moved, dt.date(2026, 4, 2)) is newer


def test_a_superseded_dose_is_refused_from_its_day_on() -> None:
    urgent = replace(AMENDED, versions=(FIRST, SECOND, THIRD, URGENT))
    check_not_superseded(urgent, P001, dt.date(2026, 3, 11), FIRST)
    code, what = refusal(lambda: check_not_superseded(urgent, P001, dt.date(2026, 3, 12), FIRST))
    assert code == "DC795"
    assert what == (
        "this dose of P001 was worked out under version registry-2025-12-02 of the protocol, and version v9 holds for "
        "them since 2026-03-12"
    )


def test_new_answers_of_the_site_hold_from_their_day() -> None:
    answers = replace(FIRST, number=20, site_text="new", effective=dt.date(2026, 3, 10))
    study = replace(STUDY, versions=(FIRST, answers))
    assert version_for(study, P001, dt.date(2026, 3, 9)) is FIRST
    assert version_for(study, P001, dt.date(2026, 3, 10)) is answers
