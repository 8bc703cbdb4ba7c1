"""Holds, the open level, staff, amendments and moving to them, as a person at a site calls them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from house.source import CHECKOUT
from running import dosecalc

if TYPE_CHECKING:
    from collections.abc import Callable

    from running import Ran

SITE = str(CHECKOUT / "schedules" / "sites" / "example.yaml")
PROTOCOL = (CHECKOUT / "schedules" / "NCT07203599.yaml").read_text(encoding="utf-8")
SECOND = PROTOCOL.replace("version: registry-2025-12-02", "version: v2").replace("offset: P4W", "offset: P5W")
"""Week 4 is one week later."""
THIRD = SECOND.replace("version: v2", "version: v3").replace(
    "amount: 1.0e8 particles/site\n", "amount: 5.0e7 particles/site\n"
)
"""And group A gets half."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study of NCT07203599 with P001 and P002, both in group A from 2 March 2026."""
    folder = tmp_path_factory.mktemp("begun")
    place = ("--study", str(folder / "s.db"), "--key", str(folder / "k.key"), "--as", "zhao")

    def done(*words: str, at: str) -> None:
        ran = dosecalc(*words, *place, "--at", at)
        assert ran.code == 0, ran.err

    init = ("--protocol", "NCT07203599", "--site", SITE, "--key-out", str(folder / "k.key"))
    ran = dosecalc("study", "init", *init, *place[:2], "--as", "zhao", "--at", "2026-02-20T09:00")
    assert ran.code == 0, ran.err
    for code in ("P001", "P002"):
        day = "2026-03-01T09:00"
        done("participant", "consent", code, "--form", "1.0", "--date", "2026-03-01", at=day)
        done("participant", "enrol", code, "--cohort", "phase1-A", at=day)
        done("participant", "assign", code, "--arm", "phase1-A", at=day)
        done("participant", "anchor", code, "first_dose=2026-03-02", at="2026-03-02T08:00")
    return folder


@pytest.fixture
def study(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Call a command on a copy of that study, by default on 2 March 2026 at nine."""
    for each in begun.iterdir():
        shutil.copy(each, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOSECALC_STUDY", "s.db")
    monkeypatch.setenv("DOSECALC_KEY", "k.key")
    monkeypatch.setenv("DOSECALC_USER", "zhao")
    Path("v2.yaml").write_text(SECOND, encoding="utf-8")
    Path("v3.yaml").write_text(THIRD, encoding="utf-8")
    return lambda *words, at="2026-03-02T09:00": dosecalc(*words, "--at", at)


def amend(study: Callable[..., Ran], file: str = "v2.yaml", *more: str, at: str = "2026-03-03T09:00") -> Ran:
    words = ("--effective", "2026-03-10", "--reconsent", "yes", "--reason", "amendment 1", "--yes")
    return study("study", "amend", "--protocol", file, *(more or words), at=at)


# --- holds ----------------------------------------------------------------------------------------------------------


def test_a_hold_says_what_is_on_hold_and_its_event(study: Callable[..., Ran]) -> None:
    ran = study("study", "hold", "--scope", "study", "--reason", "two events of grade 3")
    assert ran.code == 0
    assert "Doses are on hold: the whole study" in ran.out
    assert "event 10: a hold" in ran.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--scope", "study"), "DC709", "this needs a reason, for the record"),
        (("--scope", "participant", "--target", "P009", "--reason", "x"), "DC796", "no participant P009"),
        (("--scope", "level", "--reason", "x"), "DC796", "which level is meant"),
        (("--scope", "level", "--target", "phase1-X", "--reason", "x"), "DC802", "phase1-A, phase1-B, phase1-C"),
        (("--scope", "study", "--target", "P001", "--reason", "x"), "DC796", "has no target"),
    ],
)
def test_a_hold_of_nothing_is_refused(study: Callable[..., Ran], words: tuple[str, ...], code: str, said: str) -> None:
    ran = study("study", "hold", *words)
    assert ran.code == 1
    assert code in ran.err
    assert said in ran.err


def test_a_hold_ends_once_and_only_where_there_is_one(study: Callable[..., Ran]) -> None:
    study("study", "hold", "--scope", "participant", "--target", "P001", "--reason", "fever")
    twice = study("study", "hold", "--scope", "participant", "--target", "P001", "--reason", "fever")
    assert "DC798 participant P001 is on hold already, since event 10: fever" in twice.err
    assert study("study", "lift", "--scope", "participant", "--target", "P001", "--reason", "well").code == 0
    again = study("study", "lift", "--scope", "participant", "--target", "P001", "--reason", "well")
    assert "DC800 participant P001 is not on hold; nothing is on hold" in again.err


def test_a_hold_of_the_study_stops_enrolment_too(study: Callable[..., Ran]) -> None:
    study("study", "hold", "--scope", "study", "--reason", "safety committee")
    study("participant", "consent", "P003", "--form", "1.0", "--date", "2026-03-02")
    ran = study("participant", "enrol", "P003", "--cohort", "phase1-A")
    assert ran.code == 1
    assert "safety committee" in ran.err


# --- the open level -------------------------------------------------------------------------------------------------


def test_levels_open_one_after_the_other(study: Callable[..., Ran]) -> None:
    assert "DC803 phase1-A is the open level already" in study("study", "open-level", "phase1-A", "--reason", "x").err
    early = study("study", "open-level", "phase1-C", "--reason", "minutes 2")
    assert "DC803 phase1-C cannot be opened yet: phase1-B comes before it, and phase1-A is open" in early.err
    assert study("study", "open-level", "phase1-B", "--reason", "minutes 2").code == 0
    assert study("study", "open-level", "1e10", "--reason", "minutes 3").code == 0  # group C by its amount
    assert study("study", "open-level", "phase1-A", "--reason", "minutes 4").code == 0  # back to any lower one
    assert "DC803" in study("study", "open-level", "phase1-A", "--reason", "minutes 5").err


def test_a_level_on_hold_is_not_opened(study: Callable[..., Ran]) -> None:
    study("study", "hold", "--scope", "level", "--target", "phase1-B", "--reason", "waiting for results")
    ran = study("study", "open-level", "phase1-B", "--reason", "minutes 2")
    assert "DC801 doses are on hold for level phase1-B, since event 10: waiting for results" in ran.err


# --- staff ----------------------------------------------------------------------------------------------------------


def test_a_staff_list_keeps_an_administrator(study: Callable[..., Ran]) -> None:
    first = study("study", "staff", "li.na", "nurse")
    assert first.code == 1
    assert "DC804 then nobody would be the administrator" in first.err
    assert study("study", "staff", "zhao", "administrator").code == 0
    assert study("study", "staff", "li.na", "nurse").code == 0
    last = study("study", "staff", "zhao", "nurse")
    assert "DC804" in last.err
    listed = study("study", "staff", "--json")
    assert listed.json["staff"] == {"li.na": "nurse", "zhao": "administrator"}


def test_roles_are_those_of_a_study(study: Callable[..., Ran]) -> None:
    assert "the roles are: nurse, pharmacist" in study("study", "staff", "li.na", "boss").err
    assert "DC804 no role is given for li.na" in study("study", "staff", "li.na").err


def test_only_the_investigator_moves_the_open_level_where_there_is_a_staff_list(study: Callable[..., Ran]) -> None:
    study("study", "staff", "zhao", "administrator")
    study("study", "staff", "sun", "investigator")
    refused = study("study", "open-level", "phase1-B", "--reason", "minutes 2")
    assert "DC723" in refused.err
    assert study("study", "open-level", "phase1-B", "--reason", "minutes 2", "--as", "sun").code == 0


# --- amendments -----------------------------------------------------------------------------------------------------


def test_an_amendment_is_shown_in_words_before_anybody_records_it(study: Callable[..., Ran]) -> None:
    study("visit", "book", "P001", "W4", "2026-03-30T09:30")
    ran = amend(study)
    assert ran.code == 0
    # 2 March + 35 days = 6 April; the site's window is 2 days either way
    assert "W4 is planned 35 days after: first treatment (week 0); it was planned 28 days after" in ran.out
    assert (
        "P001: W4: 2026-04-06 (window 2026-04-04 to 2026-04-08); it was 2026-03-30 (window 2026-03-28 to 2026-04-01). "
        "It is booked for 2026-03-30 09:30, outside the new window: move it"
    ) in ran.out
    assert "P002: W4: 2026-04-06 (window 2026-04-04 to 2026-04-08); it was 2026-03-30" in ran.out
    assert "event 11: a new version of the protocol" in ran.out


def test_an_amendment_is_not_recorded_without_a_yes(study: Callable[..., Ran]) -> None:
    words = ("--protocol", "v2.yaml", "--effective", "2026-03-10", "--reconsent", "yes", "--reason", "x")
    ran = study("study", "amend", *words)
    assert ran.code == 2
    assert "DC830 nobody has confirmed this change" in ran.err
    assert study("study", "head", "--json").json["head"]["number"] == 9


def test_the_difference_is_in_the_json(study: Callable[..., Ran]) -> None:
    words = ("--effective", "2026-03-10", "--reconsent", "no", "--reason", "x", "--yes", "--json")
    shown = amend(study, "v3.yaml", *words).json
    kinds = [(each["kind"], each["place"]) for each in shown["amendment"]["changes"]]
    assert kinds == [("encounter", "encounters.W4"), ("dose", "arms.phase1-A.doses")]
    assert shown["amendment"]["changes"][1]["text"] == (
        "phase1-A, W0, W2, W4, W6: 50,000,000 particles/site (50 million; 5 × 10⁷); "
        "it was 100,000,000 particles/site (100 million; 1 × 10⁸)"
    )
    moved = shown["amendment"]["participants"][0]
    assert moved["participant"] == "P001"
    assert moved["visits"][0]["after"] == {"target": "2026-04-06", "earliest": "2026-04-04", "latest": "2026-04-08"}


def test_a_participant_stays_on_their_version_until_they_have_consented_and_moved(study: Callable[..., Ran]) -> None:
    amend(study)
    early = study("participant", "migrate", "P001", "--to", "v2", "--yes", at="2026-03-05T09:00")
    assert "DC807 version v2 is in effect here from 2026-03-10 only" in early.err
    without = study("participant", "migrate", "P001", "--yes", at="2026-03-11T09:00")
    assert "DC808 version v2 needs a new consent" in without.err
    old = study("participant", "migrate", "P001", "--form", "1.0", "--yes", at="2026-03-11T09:00")
    assert "DC808 P001 signed form 1.0 for an earlier version" in old.err
    unsigned = study("participant", "migrate", "P001", "--form", "2.0", "--yes", at="2026-03-11T09:00")
    assert "DC808 P001 has not signed form 2.0" in unsigned.err
    study("participant", "consent", "P001", "--form", "2.0", "--date", "2026-03-11", at="2026-03-11T09:10")
    moved = study("participant", "migrate", "P001", "--form", "2.0", "--yes", "--json", at="2026-03-11T09:20")
    assert moved.code == 0
    assert moved.json["visits"][0]["after"]["target"] == "2026-04-06"
    again = study("participant", "migrate", "P001", "--form", "2.0", "--yes", at="2026-03-11T09:30")
    assert "DC807 P001 is on version v2" in again.err
    # W4 of who has moved is 6 April, of who has not 30 March
    new = study("visit", "book", "P001", "W4", "2026-04-06T09:30", at="2026-03-12T09:00")
    assert new.code == 0, new.err
    assert study("visit", "book", "P002", "W4", "2026-04-06T10:30", at="2026-03-12T09:00").code == 1
    assert study("visit", "book", "P002", "W4", "2026-03-30T10:30", at="2026-03-12T09:00").code == 0


def test_an_urgent_measure_holds_for_everyone_at_once(study: Callable[..., Ran]) -> None:
    words = (
        "--effective",
        "2026-03-03",
        "--reconsent",
        "yes",
        "--urgent",
        "--reason",
        "urgent safety measure",
        "--yes",
    )
    ran = amend(study, "v3.yaml", *words)
    assert "Urgent: from 2026-03-03 it holds for all participants:" in ran.out
    for code, time in (("P001", "09:30"), ("P002", "10:30")):
        assert study("visit", "book", code, "W4", f"2026-04-06T{time}", at="2026-03-04T09:00").code == 0


def test_an_approved_version_never_changes(study: Callable[..., Ran]) -> None:
    amend(study)
    Path("other.yaml").write_text(THIRD.replace("version: v3", "version: v2"), encoding="utf-8")
    changed = amend(study, "other.yaml")
    assert "DC805 version v2 is in the study already, with another text" in changed.err
    assert "DC805 version v2 is what the study has already" in amend(study).err
    first = amend(study, "NCT07203599")
    assert "DC805 version registry-2025-12-02 was superseded by version v2" in first.err


@pytest.mark.parametrize(
    ("effective", "said"),
    [
        ("2026-03-02", "DC806 the new version would be in effect from 2026-03-02, which is past"),
        ("2026-3-10", "DC401"),
    ],
)
def test_an_effective_date_is_today_or_later(study: Callable[..., Ran], effective: str, said: str) -> None:
    words = ("--effective", effective, "--reconsent", "yes", "--reason", "x", "--yes")
    assert said in amend(study, "v2.yaml", *words).err


def test_another_trial_is_no_amendment(study: Callable[..., Ran]) -> None:
    ran = amend(study, "NCT07084012")
    assert ran.code == 1
    assert "DC805 the study is of NCT07203599, and this file is NCT07084012" in ran.err


def test_a_changed_site_file_comes_in_the_same_way(study: Callable[..., Ran]) -> None:
    text = Path(SITE).read_text(encoding="utf-8")
    old = "      W2:\n        window: {before: P2D, after: P2D}"
    assert text.count(old) == 1
    Path("site.yaml").write_text(text.replace(old, old.replace("P2D", "P3D")), encoding="utf-8")
    words = ("--site", "site.yaml", "--effective", "2026-03-03", "--reconsent", "no", "--reason", "wider", "--yes")
    ran = amend(study, "NCT07203599", *words)
    assert ran.code == 0, ran.err
    assert "window of W2: 3 days before to 3 days after the target, set by the site; it was: 2 days" in ran.out
    assert study("visit", "book", "P001", "W2", "2026-03-19T09:30", at="2026-03-04T09:00").code == 0  # 16 + 3 March
    assert study("study", "verify").code == 0
