"""The chain of hashes, redone by hand."""

from __future__ import annotations

import hashlib
import json

import pytest

from dosecalc.registry import chain
from dosecalc.registry.chain import START, Broken, Head
from dosecalc.registry.event import Event

COLUMNS = {
    "number": 1,
    "kind": "consent",
    "participant": "P001",
    "visit": None,
    "at": "2026-03-01T01:30:00+00:00",
    "at_local": "2026-03-01T09:30:00+08:00",
    "entered_at": "2026-03-01T01:31:00+00:00",
    "user": "王芳",
    "role": "nurse",
    "reason": None,
    "corrects": None,
    "program": "1.0",
    "protocol_sha256": "ab",
    "public": '{"date":"2026-03-01","form":"1.0"}',
}
# Written by hand: the keys in alphabetical order, what has no value left out, no spaces.
TEXT = (
    '{"at":"2026-03-01T01:30:00+00:00","at_local":"2026-03-01T09:30:00+08:00","entered_at":"2026-03-01T01:31:00+00:00",'
    '"kind":"consent","number":1,"participant":"P001","program":"1.0","protocol_sha256":"ab",'
    '"public":"{\\"date\\":\\"2026-03-01\\",\\"form\\":\\"1.0\\"}","role":"nurse","user":"王芳"}'
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_public_hash_is_of_the_hash_before_and_the_public_columns() -> None:
    head = chain.links(START, COLUMNS, b"sealed")
    assert head.public_hash == sha("0" * 64 + TEXT)


def test_the_full_hash_covers_the_sealed_bytes_too() -> None:
    head = chain.links(START, COLUMNS, b"sealed")
    assert head.hash == sha("0" * 64 + TEXT + hashlib.sha256(b"sealed").hexdigest())


def test_the_public_hash_does_not_depend_on_what_is_sealed() -> None:
    one, other = chain.links(START, COLUMNS, b"one arm"), chain.links(START, COLUMNS, b"another")
    assert one.public_hash == other.public_hash
    assert one.hash != other.hash


@pytest.mark.parametrize("value", [1.5, None, {"a": None}, [2.0], {1: "a"}, {"a": b"b"}])
def test_what_has_no_exact_text_is_not_chained(value: object) -> None:
    with pytest.raises(TypeError):
        chain.canonical(value)


def test_the_canonical_text_reads_back_as_the_same_value() -> None:
    value = {"z": ["0.1", 100000000000000001, True], "a": {"名": "\u2028\n"}}
    assert json.loads(chain.canonical(value)) == value


def events(count: int) -> list[Event]:
    found, head = [], START
    for number in range(1, count + 1):
        columns = {**COLUMNS, "number": number}
        head = chain.links(head, columns, None)
        found.append(Event(**columns, sealed=None, public_hash=head.public_hash, hash=head.hash))  # type: ignore[arg-type]
    return found


def test_following_the_chain_ends_at_its_head() -> None:
    made = events(3)
    assert chain.follow(made) == Head(3, made[-1].hash, made[-1].public_hash)
    assert chain.follow([]) == START


def test_a_gap_and_a_changed_order_name_the_first_number_that_is_wrong() -> None:
    made = events(4)
    assert chain.follow([made[0], *made[2:]]) == Broken(2, "number")
    assert chain.follow([made[0], made[2], made[1], made[3]]) == Broken(2, "number")
    assert chain.follow(made[1:]) == Broken(1, "number")


def test_what_is_sealed_is_bound_to_its_event() -> None:
    assert chain.about(7, "assign", "P001", None) == b'[7,"assign","P001",""]'
