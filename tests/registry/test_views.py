"""What masked people get has no room for an arm, and does not change with one."""

import datetime as dt
import json
from dataclasses import fields, replace
from typing import Any

from dosecalc.registry.event import Event
from dosecalc.registry.rights import View
from dosecalc.registry.state import ParticipantState, VisitState
from dosecalc.registry.views import (
    MaskedEvent,
    MaskedParticipant,
    event_shape,
    list_shape,
    masked_event,
    masked_participant,
    participant_shape,
)

MASKED = View(role="nurse", masked=True, staffed=True, zone="Asia/Shanghai")
UNMASKED = View(role="pharmacist", masked=False, staffed=True, zone="Asia/Shanghai")
STATE = ParticipantState(
    code="P001",
    standing="enrolled",
    protocol_sha256="aa",
    consents=(("1.0", dt.date(2026, 3, 1)),),
    enrolled=dt.date(2026, 3, 1),
    arm="group-1",
    kit="K-17",
    side="left",
    level="1e6",
    start=dt.date(2026, 3, 2),
    weight={"values": ["71.5"], "unit": "kg"},
    visits={"D7": VisitState(visit="D7", booked=dt.datetime(2026, 3, 9, 9, 30, tzinfo=dt.UTC))},
)
EVENT = Event(
    number=7,
    kind="assign",
    participant="P001",
    visit=None,
    at="2026-03-02T01:30:00Z",
    at_local="2026-03-02T09:30:00+08:00",
    entered_at="2026-03-02T01:31:00Z",
    user="wang",
    role="pharmacist",
    reason=None,
    corrects=None,
    program="1",
    protocol_sha256="aa",
    public="{}",
    sealed=b"ciphertext",
    public_hash="bb",
    hash="cc",
)
TELLING = ("arm", "kit", "side", "level", "sealed", "hash", "product", "dose", "total", "lot", "volume", "digest")


def test_the_records_for_masked_people_have_no_room_for_an_arm() -> None:
    names = {field.name for field in (*fields(MaskedParticipant), *fields(MaskedEvent))}
    assert names.isdisjoint(TELLING)


def test_what_masked_people_get_is_the_same_whatever_the_arm() -> None:
    other = replace(STATE, arm="placebo", kit="K-18", side="right", level=None)
    assert masked_participant(STATE) == masked_participant(other)
    for shape in (lambda state: participant_shape(state, MASKED), lambda state: list_shape([state], MASKED)):
        assert json.dumps(shape(STATE)) == json.dumps(shape(other))
        assert "group-1" not in json.dumps(shape(STATE))


def test_the_unmasked_see_arm_kit_and_side() -> None:
    shape = participant_shape(STATE, UNMASKED)
    assert [shape[name] for name in ("arm", "kit", "side", "level")] == ["group-1", "K-17", "left", "1e6"]
    assert list_shape([STATE], UNMASKED)[0]["arm"] == "group-1"


def test_both_get_the_same_of_what_tells_no_arm() -> None:
    masked, unmasked = participant_shape(STATE, MASKED), participant_shape(STATE, UNMASKED)
    assert set(unmasked) - set(masked) == {"arm", "kit", "side", "level"}
    assert {name: unmasked[name] for name in masked} == masked
    assert masked["visits"] == [
        {
            "visit": "D7",
            "booked": "2026-03-09T09:30:00+00:00",
            "outside_window": None,
            "attended": None,
            "missed": None,
        }
    ]
    assert masked["consents"] == [{"form": "1.0", "date": "2026-03-01"}]


def test_participants_are_listed_by_code_and_not_in_the_order_of_the_assignment() -> None:
    states = [replace(STATE, code=code) for code in ("P010", "P002", "P001")]
    assert [row["participant"] for row in list_shape(states, MASKED)] == ["P001", "P002", "P010"]


def test_a_masked_event_has_neither_ciphertext_nor_the_hash_over_it() -> None:
    other = replace(EVENT, sealed=b"another ciphertext", hash="dd")
    assert masked_event(EVENT) == masked_event(other)
    assert event_shape(EVENT, MASKED) == event_shape(other, MASKED) == {
        "number": 7,
        "kind": "assign",
        "participant": "P001",
        "visit": None,
        "at": "2026-03-02T09:30:00+08:00",
        "entered_at": "2026-03-02T01:31:00Z",
        "user": "wang",
        "role": "pharmacist",
        "reason": None,
        "corrects": None,
        "program": "1",
        "protocol_sha256": "aa",
        "public": {},
        "public_hash": "bb",
        "at_utc": "2026-03-02T01:30:00Z",
        "entered_at_local": "2026-03-02T09:31:00+08:00",
    }  # fmt: skip


def test_the_unmasked_see_the_full_hash() -> None:
    assert event_shape(EVENT, UNMASKED)["hash"] == "cc"


def public(shape: dict[str, Any]) -> Any:
    return shape["public"]


def test_an_arm_that_stands_openly_is_not_shown_to_masked_people() -> None:
    openly = replace(EVENT, public='{"arm":"phase1-A"}')
    assert public(event_shape(openly, MASKED)) == {}
    assert public(event_shape(openly, UNMASKED)) == {"arm": "phase1-A"}
    corrected = replace(EVENT, kind="correct", public='{"public":{"arm":"phase1-A","date":"2026-03-01"}}')
    assert public(event_shape(corrected, MASKED)) == {"public": {"date": "2026-03-01"}}


def test_the_texts_of_protocol_and_site_are_shown_as_digests() -> None:
    # SHA-256 of "abc", FIPS 180-2, appendix B.1
    init = replace(EVENT, kind="init", public='{"protocol":"X","protocol_text":"abc"}')
    assert public(event_shape(init, MASKED)) == {
        "protocol": "X",
        "protocol_text_sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }
