"""A dose that was prepared before an amendment: refused from the day on which another version holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from house.source import CHECKOUT
from masked_study import Clock, begin, call
from pharmacy import own_files

TEXT = (CHECKOUT / "schedules" / "NCT07203599.yaml").read_text(encoding="utf-8")
RENAMED = TEXT.replace("version: registry-2025-12-02", "version: v2")
HALVED = RENAMED.replace("1.0e8 particles/site\n", "5.0e7 particles/site\n")
MADE = "DC795 this dose of P001 was worked out under version registry-2025-12-02 of the protocol, and "
CHECK = ("--arm", "phase1-A", "--area", "23.4", "--lot", "EV-A", "--concentration", "1e9")
THAWED = ("--thawed-at", "2026-06-02T09:10")


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """W0 of P001 is prepared and checked on 2 June 2026, and not handed out yet."""
    clock = Clock(monkeypatch)
    begin(tmp_path, "NCT07203599")
    own_files(tmp_path)
    (tmp_path / "v2.yaml").write_text(HALVED, encoding="utf-8")
    for user, words in (
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-02"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    ):
        ran = call(tmp_path, user, *words.split(), key=user == "wang")
        assert ran.code == 0, (words, ran.err)
    clock.set("2026-06-02T01:20:00+00:00")
    for user, more in (
        ("wang", ("ip", "prepare", "P001", "W0", *THAWED)),
        ("xu", ("ip", "check", "P001", "W0", *CHECK, *THAWED, "--json")),
    ):
        ran = call(tmp_path, user, *more, key=True)
        assert ran.code == 0, (more, ran.err, ran.out)
    return tmp_path


def amend(folder: Path, *more: str) -> None:
    words = ("study", "amend", "--protocol", str(folder / "v2.yaml"), "--effective", "2026-06-02", "--reconsent", "no")
    ran = call(folder, "zhao", *words, "--reason", "infections", "--yes", *more)
    assert ran.code == 0, ran.err
    assert "Nobody has verified this file yet: its doses are drafts" in ran.out


def test_an_urgent_measure_stops_a_dose_that_is_prepared(prepared: Path) -> None:
    amend(prepared, "--urgent")
    ran = call(prepared, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", key=True)
    assert ran.code == 1
    assert f"{MADE}version v2 holds for them since 2026-06-02" in ran.err


def test_an_urgent_measure_stops_a_dose_that_is_handed_out(prepared: Path) -> None:
    assert call(prepared, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", key=True).code == 0
    amend(prepared, "--urgent")
    ran = call(prepared, "liu", "ip", "administer", "P001", "W0")
    assert ran.code == 1
    assert "DC795" in ran.err


def test_another_amendment_stops_no_dose_of_who_has_not_moved(prepared: Path) -> None:
    amend(prepared)
    assert call(prepared, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", key=True).code == 0
    assert call(prepared, "liu", "ip", "administer", "P001", "W0").code == 0


def test_who_has_moved_gets_no_dose_of_the_version_before(prepared: Path) -> None:
    amend(prepared)
    moved = call(prepared, "liu", "participant", "migrate", "P001", "--yes")
    assert moved.code == 0, moved.err
    ran = call(prepared, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", key=True)
    assert f"{MADE}they are on version v2" in ran.err


def test_what_happened_before_the_study_was_made_is_entered_or_refused(prepared: Path) -> None:
    before = ("--at", "2026-06-01T08:00")
    ran = call(prepared, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", *before, key=True)
    assert (ran.code, ran.err) == (0, "") or (ran.code == 1 and ran.err.startswith("DC"))


def test_the_planned_dose_of_what_was_given_stays_what_it_was_when_it_was_prepared(prepared: Path) -> None:
    assert call(prepared, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", key=True).code == 0
    assert call(prepared, "liu", "ip", "administer", "P001", "W0").code == 0
    amend(prepared)
    moved = call(prepared, "liu", "participant", "migrate", "P001", "--yes")
    assert moved.code == 0, moved.err
    [each] = call(prepared, "wang", "study", "exposure", "--json", key=True).json["participants"]
    told = {dose["visit"]: dose for dose in each["doses"]}
    whole = {"total": "2400000000", "unit": "particles"}  # 24 sites x 1e8 particles, by the version of that day
    assert (told["W0"]["planned"], told["W0"]["planned_is_draft"]) == (whole, False)
    assert told["W0"]["administered"] == whole
    # what is still to come: 24 sites x 5e7 particles, and a draft, since nobody has verified the new file
    assert (told["W2"]["planned"], told["W2"]["planned_is_draft"]) == ({**whole, "total": "1200000000"}, True)
