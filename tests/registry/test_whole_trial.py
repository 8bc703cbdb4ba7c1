"""Two trials from consent to the last visit: the chain verifies; doses, dates and calendars are what they should be.

The notebook plays both in full, with 59 and 60 participants; here are 15 and 17, which say the same in less time.
"""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from dosecalc.registry.store import Reading
from house.source import CHECKOUT
from ics.checks import check_calendars
from ics.clients import ICALENDAR

PLAYED = [("play_escalation", {"phase1": 9, "phase2": 6}, 15 + 1), ("play_masked", {"count": 17}, 17)]
NAMES = ["NCT07203599", "NCT07084012"]
CASES = pytest.mark.parametrize("played", range(2), ids=NAMES)


def module(name: str) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(CHECKOUT / "notebooks"))
        return importlib.import_module(name)


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    found = []
    for name, size, _ in PLAYED:
        trial = getattr(module("whole_trial"), name)(tmp_path_factory.mktemp(name), **size)
        trial.kinds = trial.finish()  # verifies the chain with the head that was kept
        found.append(trial)
    return found


def again(trial: Any) -> Any:
    return module("recount").recount(str(trial.folder / "study.jsonl"), trial.key)


@CASES
def test_every_dose_and_date_equals_an_independent_calculation_from_the_raw_events(
    trials: list[Any], played: int
) -> None:
    counted = again(trials[played])
    compared = trials[played].compare(counted)
    assert len(counted) == PLAYED[played][2]
    assert compared["doses"] == trials[played].kinds["prepare"] > 40
    assert compared["dates"] > 100
    assert compared["visits that took place"] == trials[played].kinds["attend"] + trials[played].kinds["unscheduled"]


def bound(trial: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = module("recount").windows_kept(again(trial), trial.away)
    return found


@CASES
def test_no_visit_is_booked_outside_its_window_where_a_day_of_it_was_left(trials: list[Any], played: int) -> None:
    found = bound(trials[played])
    assert len(found.pop("inside")) == [92, 34][played]
    outside = {
        "closed all the time": ["P005 W6: 2026-10-08, not from 2026-10-03 to 2026-10-07"],  # National Day
        "participant away": ["P010 W12: 2027-03-10, not from 2027-02-22 to 2027-03-08"],
    }
    assert found == {"closed all the time": [], "full": [], "participant away": [], "avoidable": []} | (
        {} if played else outside
    )
    assert trials[played].no_day == ([] if played else [("P005", "W6"), ("P006", "W4")])  # P006 ended before it


def test_the_bound_finds_a_deviation_that_could_have_been_avoided(trials: list[Any]) -> None:
    recount = module("recount")
    counted = again(trials[0])
    away = {each for each in trials[0].away if each != ("P010", "2027-03-08")}
    found = recount.windows_kept(counted, away)
    assert found["avoidable"] == ["P010 W12: 2027-03-10, not from 2027-02-22 to 2027-03-08"]
    assert not found["participant away"]
    for said in ("booked", "attended"):
        counted["P001"][said]["W8"] = "2026-09-08T09:30:00+08:00"
    found = recount.windows_kept(counted, trials[0].away)
    assert found["participant away"] == ["P010 W12: 2027-03-10, not from 2027-02-22 to 2027-03-08"]
    assert found["avoidable"] == ["P001 W8: 2026-09-08, not from 2026-07-20 to 2026-08-03"]


def test_the_bound_knows_full_days(trials: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    recount = module("recount")
    counted = again(trials[0])
    monkeypatch.setattr(recount, "LIMITS", {"place": 6, "bed": 2})
    with pytest.raises(AssertionError, match="a day has more visits than room"):
        recount.windows_kept(counted, trials[0].away)


def test_the_bound_finds_a_visit_on_a_closed_day(trials: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    recount = module("recount")
    counted = again(trials[1])
    day = counted["T001"]["booked"]["D7"][:10]
    monkeypatch.setattr(recount, "HOLIDAYS", {*recount.HOLIDAYS, day})
    with pytest.raises(AssertionError, match="a visit is booked on a day that is closed"):
        recount.windows_kept(counted, trials[1].away)


@CASES
def test_every_calendar_passes_the_calendar_checks(trials: list[Any], played: int, tmp_path: Path) -> None:
    folder = trials[played].folder / "out"
    files = {path.name: path for path in sorted(folder.rglob("*.ics"))}
    people = {code for code, own in again(trials[played]).items() if own["start"]}
    assert {name.removesuffix(".ics") for name in files} == people | {"clinic"}
    events = check_calendars(files, tmp_path, clients=(ICALENDAR,))
    assert all(events.values())


def test_what_goes_wrong_in_a_trial_went_wrong_here(trials: list[Any]) -> None:
    open_trial, masked = trials
    wanted = {
        "move", "miss", "cancel", "correct", "hold", "lift", "amend", "migrate", "open_level", "quarantine", "release",
        "discontinue", "screen_failure", "unscheduled", "allocation",
    }  # fmt: skip
    assert wanted <= open_trial.kinds.keys()
    assert {"hold", "lift", "amend", "migrate", "unblind", "move", "correct"} <= masked.kinds.keys()
    assert {"DC420", "DC743", "DC744", "DC745", "DC801"} <= {*open_trial.refused, *masked.refused}


def test_the_count_finds_a_dose_that_is_another(trials: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    recount = module("recount")
    monkeypatch.setitem(recount.PARTICLES, "phase1-B", 10**8)
    with pytest.raises(AssertionError, match="P004 W0: the worksheet says"):
        again(trials[0])


@CASES
def test_the_comparison_finds_a_planned_visit_that_the_study_lost(
    trials: list[Any], played: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = {"NCT07203599": ("P001", "W12"), "NCT07084012": ("T001", "D14")}[NAMES[played]]
    rows = Reading.rows
    monkeypatch.setattr(
        Reading, "rows", lambda self: [row for row in rows(self) if (row.participant, row.visit) != lost]
    )
    counted = again(trials[played])
    with pytest.raises(AssertionError, match=re.escape(f"in one of the two only: [{lost}]")):
        trials[played].compare(counted)


def test_the_count_finds_an_event_that_was_changed(trials: list[Any], tmp_path: Path) -> None:
    lines = (trials[1].folder / "study.jsonl").read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines) if json.loads(line).get("kind") == "attend")
    lines[number] = lines[number].replace("2026-06", "2026-07", 1)
    changed = tmp_path / "changed.jsonl"
    changed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=f"the chain breaks at event {number}"):
        module("recount").recount(str(changed), trials[1].key)
