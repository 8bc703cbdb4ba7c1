"""What is to be done at a visit: the same for every arm of a masked trial (R15)."""

from __future__ import annotations

import pytest

from dosecalc.app import load, shipped
from dosecalc.registry.needed import needed
from dosecalc.registry.state import ParticipantState
from dosecalc.text import render

SITE = shipped("sites", "example.yaml")


def said(protocol: str, visit: str, site: str | None = SITE, **more: object) -> list[str]:
    what: dict[str, object] = {"code": "P001", "standing": "enrolled", "protocol_sha256": ""} | more
    state = ParticipantState(**what)  # type: ignore[arg-type]
    return [render(each, "en") for each in needed(load(protocol, site), state, visit)]


@pytest.mark.parametrize("arm", [None, "group-1", "group-2", "placebo"])
def test_in_a_masked_trial_the_arm_makes_no_difference(arm: str | None) -> None:
    """Group 1 has a fixed dose, another one may be weighed: whoever comes is asked for the same."""
    every = {tuple(said("NCT07084012", "D7", arm=each)) for each in (None, "group-1", "group-2", "placebo")}
    assert every == {tuple(said("NCT07084012", "D7", arm=arm))}
    assert said("NCT07084012", "D7", arm=arm)[-1] == "a dose is given"


@pytest.mark.parametrize("arm", [None, "exosomes", "saline"])
def test_an_area_that_is_measured_once_is_asked_for_until_it_is_on_record(arm: str | None) -> None:
    assert said("NCT06932393", "INJ1", arm=arm) == ["measure the area", "a dose is given"]
    known = {None: {"values": ["20"]}}
    assert said("NCT06932393", "INJ2", arm=arm, areas=known) == ["a dose is given"]


def test_in_an_open_trial_a_visit_without_a_dose_needs_nothing() -> None:
    assert said("NCT07203599", "W8", arm="phase1-A") == []
    assert said("NCT07203599", "W2", arm="phase1-A", areas={None: {"values": ["20"]}}) == ["a dose is given"]
    assert said("NCT07203599", "W2", arm="phase2-minoxidil") == []
