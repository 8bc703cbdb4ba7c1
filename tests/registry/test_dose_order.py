"""The record of doses as a whole: step after step, each at its visit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from dosecalc.errors import Refusal
from dosecalc.registry.dose_order import check_doses
from dosecalc.registry.event import Event, Kind
from dosecalc.registry.fold import Fact
from dosecalc.registry.state import VisitState
from registry.visiting import day, someone

STEPS: list[tuple[Kind, str, dict[str, Any]]] = [
    ("prepare", "09:20", {"date": "2026-03-02"}),
    ("check", "09:30", {"agreed": True}),
    ("dispense", "09:40", {"to": "liu"}),
    ("administer", "10:05", {"by": "liu"}),
]


def facts(*steps: tuple[Kind, str, dict[str, Any]]) -> list[Fact]:
    """Events of W0 on 2 March, numbered from 1."""
    found = []
    for number, (kind, clock, public) in enumerate(steps, 1):
        time = f"2026-03-02T{clock}:00+08:00"
        said = public | ({"when": time} if kind in ("dispense", "administer") else {})
        event = Event(
            number=number, kind=kind, participant="P001", visit="W0", at=time, at_local=time, entered_at=time,
            user="wang", role="pharmacist", reason=None, corrects=None, program="test", protocol_sha256="x",
            public=json.dumps(said), sealed=None, public_hash="", hash="",
        )  # fmt: skip
        found.append(Fact(event=event, public=said, sealed=None, reason=None))
    return found


def step(place: int, clock: str) -> tuple[Kind, str, dict[str, Any]]:
    kind, _, public = STEPS[place]
    return kind, clock, public


def check(*steps: tuple[Kind, str, dict[str, Any]], visits: Sequence[VisitState] = ()) -> None:
    check_doses(someone(*visits), facts(*steps))


def test_the_steps_of_a_dose_follow_each_other() -> None:
    for count in range(len(STEPS) + 1):
        check(*STEPS[:count])
    disagreed: tuple[Kind, str, dict[str, Any]] = ("check", "09:25", {"agreed": False})
    check(STEPS[0], disagreed, *STEPS[1:])


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ([STEPS[0], step(1, "09:19")], 2),  # checked before it was prepared
        ([*STEPS[:2], step(2, "09:29")], 3),
        ([*STEPS[:3], step(3, "09:39")], 4),
        ([STEPS[0], STEPS[2]], 2),  # never checked
        ([*STEPS[:2], STEPS[3]], 3),  # never handed out
        ([STEPS[0], STEPS[0]], 2),  # two preparations
        ([*STEPS[:3], step(1, "09:50")], 4),  # checked after it was handed out
        ([*STEPS, STEPS[3]], 5),  # given twice
    ],
)
def test_a_record_that_cannot_be_is_refused(steps: list[tuple[Kind, str, dict[str, Any]]], wrong: int) -> None:
    with pytest.raises(Refusal, match=f"DC779 event {wrong} could not have happened then"):
        check(*steps)


def test_a_check_of_a_preparation_that_is_void_is_left_aside() -> None:
    check(STEPS[1], *STEPS)


@pytest.mark.parametrize(
    "visit", [VisitState(visit="W0", missed="ill"), VisitState(visit="W0", attended=day("2026-03-03"))]
)
def test_a_dose_that_was_given_goes_with_its_visit(visit: VisitState) -> None:
    with pytest.raises(Refusal, match=r"DC811 the dose for W0 of P001 was given on 2026-03-02 \(event 4\)"):
        check(*STEPS, visits=[visit])
    check(*STEPS[:3], visits=[visit])  # it was not given


def test_a_dose_that_was_given_on_the_day_of_its_visit_stands() -> None:
    check(*STEPS, visits=[VisitState(visit="W0", attended=day("2026-03-02"))])
