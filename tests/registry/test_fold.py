"""State is derived from the events of a real database, and corrections are read in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from dosecalc.registry.event import Draft, Kind
from dosecalc.registry.fold import facts, fold_participant, fold_study
from dosecalc.registry.sealing import Sealer
from dosecalc.registry.state import ParticipantState, StudyState
from dosecalc.registry.store import Store, create_store
from registry.studies import INIT, KEY, START, by, chance

AT = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def draft(kind: Kind, visit: str | None = None, **more: Any) -> Draft:
    """An event of P001; what is left of the words is its public part."""
    own = {name: more.pop(name) for name in ("reason", "corrects", "sealed") if name in more}
    return Draft(kind=kind, at=AT, participant="P001", visit=visit, public=more, **own)


def study_of(folder: Path, *drafts: Draft) -> Store:
    store = create_store(str(folder / "study.db"))
    for minute, each in enumerate((Draft(kind="init", at=START, public=INIT), *drafts)):
        with store.writing(by(minute=minute), Sealer(KEY, chance())) as writing:
            writing.append(each)
    return store


def folded(folder: Path, *drafts: Draft, key: bool = True) -> ParticipantState:
    with study_of(folder, *drafts) as store, store.reading() as reading:
        state = fold_participant(reading.events(participant="P001"), KEY if key else None)
    assert state is not None
    return state


def study(folder: Path, *drafts: Draft, key: bool = True) -> StudyState:
    with study_of(folder, *drafts) as store, store.reading() as reading:
        return fold_study(reading.events(), KEY if key else None)


CONSENT = draft("consent", form="1.0", date="2026-03-01")
ENROL = draft("enrol", date="2026-03-02")
AREA = draft(
    "measure", what="area", unit="cm²", values=["23.4"], method="tracing", by="CRC-02", date="2026-03-01"
)  # event 3 after CONSENT


def test_a_participant_is_what_the_events_say(tmp_path: Path) -> None:
    state = folded(
        tmp_path,
        CONSENT,
        ENROL,
        draft("assign", sealed={"arm": "group-1", "kit": "K7", "side": "left"}),
        AREA,
        draft("measure", what="weight", unit="kg", values=["71.5"], by="CRC-02", date="2026-03-01"),
        draft("anchor", name="start", when="2026-03-02T09:30:00+08:00"),
        draft("anchor", name="symptom_onset", when="2026-03-01"),
        draft("book", "D7", when="2026-03-09T09:30:00+08:00"),
        draft("move", "D7", when="2026-03-10T10:00:00+08:00", **{"from": "2026-03-09T09:30:00+08:00"}),
        draft("attend", "D0", when="2026-03-02"),
        draft("miss", "D14", reason="ill"),
        draft("discontinue", date="2026-03-20", reason="adverse event"),
    )
    assert (state.standing, state.ended) == ("discontinued", dt.date(2026, 3, 20))
    assert state.consents == (("1.0", dt.date(2026, 3, 1)),)
    assert state.enrolled == dt.date(2026, 3, 2)
    assert (state.arm, state.kit, state.side, state.assigned) == ("group-1", "K7", "left", dt.date(2026, 3, 2))
    assert state.areas[None]["values"] == ["23.4"]
    assert state.weight is not None
    assert state.weight["values"] == ["71.5"]
    assert state.start == AT
    assert state.anchors == {"symptom_onset": dt.date(2026, 3, 1)}
    moved = state.visits["D7"]
    assert moved.booked is not None
    assert moved.booked.isoformat() == "2026-03-10T10:00:00+08:00"
    assert state.visits["D0"].attended == dt.date(2026, 3, 2)
    assert state.visits["D14"].missed == "ill"


def test_without_the_key_the_arm_is_not_known_and_all_else_is(tmp_path: Path) -> None:
    state = folded(tmp_path, CONSENT, ENROL, draft("assign", sealed={"arm": "group-1"}), key=False)
    assert state.arm is None
    assert state.assigned == dt.date(2026, 3, 2)


def test_a_cancelled_visit_is_booked_no_more(tmp_path: Path) -> None:
    when = "2026-03-09T09:30:00+08:00"
    state = folded(tmp_path, CONSENT, draft("book", "D7", when=when), draft("cancel", "D7", was=when, reason="asked"))
    assert (state.visits["D7"].booked, state.visits["D7"].cancelled) == (None, True)


def test_a_correction_replaces_what_it_names_and_leaves_the_event_as_it_was(tmp_path: Path) -> None:
    fix = draft("correct", reason="digits swapped", corrects=3, public={"values": ["24.3"]})
    with study_of(tmp_path, CONSENT, AREA, fix) as store, store.reading() as reading:
        events = list(reading.events(participant="P001"))
    state = fold_participant(events, KEY)
    assert state is not None
    assert state.areas[None] == {
        "values": ["24.3"],
        "unit": "cm²",
        "method": "tracing",
        "by": "CRC-02",
        "date": "2026-03-01",
    }
    assert '"values":["23.4"]' in events[1].public
    assert [fact.corrected_by for fact in facts(events, KEY)] == [(), (4,)]


def test_of_two_corrections_the_last_counts(tmp_path: Path) -> None:
    first = draft("correct", reason="swapped", corrects=3, public={"values": ["24.3"]})
    second = draft("correct", reason="swapped again", corrects=3, public={"values": ["22.0"]})
    assert folded(tmp_path, CONSENT, AREA, first, second).areas[None]["values"] == ["22.0"]


def test_a_correction_that_is_taken_out_corrects_nothing(tmp_path: Path) -> None:
    fix = draft("correct", reason="swapped", corrects=3, public={"values": ["24.3"]})
    undo = draft("correct", reason="it was right", corrects=4, void=True)
    assert folded(tmp_path, CONSENT, AREA, fix, undo).areas[None]["values"] == ["23.4"]


def test_an_event_that_is_taken_out_did_not_happen(tmp_path: Path) -> None:
    undo = draft("correct", reason="another participant's", corrects=3, void=True)
    assert folded(tmp_path, CONSENT, AREA, undo).areas == {}


def test_what_is_sealed_is_corrected_under_seal(tmp_path: Path) -> None:
    drafts = (
        CONSENT,
        draft("assign", sealed={"arm": "group-1"}),
        draft("correct", reason="wrong line", corrects=3, sealed={"sealed": {"arm": "placebo"}}),
    )
    assert folded(tmp_path, *drafts).arm == "placebo"


def test_the_reason_is_corrected_too(tmp_path: Path) -> None:
    fix = draft("correct", reason="misspelt", corrects=3, public={"reason": "fever"})
    state = folded(tmp_path, CONSENT, draft("screen_failure", date="2026-03-01", reason="fewer"), fix)
    assert state.screen_failure == "fever"


def test_as_of_a_moment_only_what_was_entered_by_then_counts(tmp_path: Path) -> None:
    fix = draft("correct", reason="swapped", corrects=3, public={"values": ["24.3"]})
    with study_of(tmp_path, CONSENT, AREA, fix) as store, store.reading() as reading:
        # The consent was entered one minute after START, the area two, the correction three.
        until = START + dt.timedelta(minutes=2)
        state = fold_participant(reading.events(participant="P001", until=until), KEY)
    assert state is not None
    assert state.areas[None]["values"] == ["23.4"]


def _study(kind: Kind, reason: str | None = "decided", sealed: Any = None, **public: Any) -> Draft:
    return Draft(kind=kind, at=AT, reason=reason, public=public, sealed=sealed)


def test_a_study_knows_its_levels_holds_and_staff(tmp_path: Path) -> None:
    state = study(
        tmp_path,
        _study("staff", None, user="liu", role="nurse"),
        _study("staff", None, user="liu", role="investigator"),
        _study("open_level", level="100000000 particles/site", arm="phase1-A"),
        _study("hold", scope="study"),
        _study("hold", scope="participant", target="P001"),
        _study("lift", scope="study"),
    )
    assert state.staff == {"liu": "investigator"}
    assert state.opened == (("100000000 particles/site", "phase1-A"),)
    assert state.held() == ()
    (hold,) = state.held(participant="P001")
    assert (hold.number, hold.reason, hold.since) == (6, "decided", AT)


def test_a_hold_of_the_study_holds_everyone(tmp_path: Path) -> None:
    assert study(tmp_path, _study("hold", scope="study")).held(participant="P009")


def test_an_amendment_holds_from_its_day_on(tmp_path: Path) -> None:
    amend = _study(
        "amend", protocol_version="2", protocol_text="a: 2\n", effective="2026-05-01", reconsent=True, urgent=False
    )
    state = study(tmp_path, amend)
    assert [each.protocol_version for each in state.versions] == ["1", "2"]
    assert state.in_effect(dt.date(2026, 4, 30)).protocol_version == "1"
    assert state.in_effect(dt.date(2026, 5, 1)).protocol_version == "2"
    assert state.versions[1].site_text == state.versions[0].site_text  # none was given: the old one goes on


def test_an_allocation_is_known_with_the_key_and_only_counted_without(tmp_path: Path) -> None:
    first = _study("allocation", None, {"arms": {"P001": {"arm": "group-1"}}}, count=1)
    second = _study("allocation", None, {"arms": {"P002": {"arm": "placebo"}}}, count=1)
    opened = study(tmp_path, first, second)
    assert opened.allocation == {"P001": {"arm": "group-1"}, "P002": {"arm": "placebo"}}
    with (tmp_path / "study.db").open("rb") as file:
        assert b"placebo" not in file.read()


def test_without_the_key_there_is_no_allocation(tmp_path: Path) -> None:
    first = _study("allocation", None, {"arms": {"P001": {"arm": "group-1"}}}, count=1)
    state = study(tmp_path, first, key=False)
    assert (state.allocation, state.allocated) == (None, 1)
