"""A hold stops every dose and every enrolment that it means, as people at a site would find out."""

from __future__ import annotations

from pathlib import Path

import pytest

from masked_study import Clock, begin, call
from pharmacy import changed, own_files
from running import Ran

OPEN = "NCT07203599"
MASKED = "NCT07084012"
CHECK = ("--arm", "phase1-A", "--area", "23.4", "--lot", "EV-A", "--concentration", "1e9")
THAWED = ("--thawed-at", "2026-06-02T09:10")
HOLD = "study hold --reason fever --scope"


def ask(folder: Path, user: str, *words: str) -> Ran:
    """Call as somebody with the key."""
    return call(folder, user, *words, key=True)


def done(folder: Path, *calls: tuple[str, str]) -> None:
    """Call each as the person named; the pharmacists have the key."""
    for user, words in calls:
        ran = call(folder, user, *words.split(), key=user in ("wang", "xu"))
        assert ran.code == 0, (words, ran.err)


def what(ran: Ran) -> list[tuple[str, str]]:
    """The errors of a call, each with its code."""
    return [(each["code"], each["what"]) for each in ran.json["errors"]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def study(tmp_path: Path, clock: Clock) -> Path:
    """P001 of NCT07203599, phase1-A, W0 on 2 June 2026, prepared and checked at 09:20."""
    begin(tmp_path, OPEN)
    own_files(tmp_path)
    done(
        tmp_path,
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-02"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    )
    clock.set("2026-06-02T01:20:00+00:00")
    done(
        tmp_path,
        ("wang", " ".join(("ip prepare P001 W0", *THAWED))),
        ("xu", " ".join(("ip check P001 W0", *CHECK, *THAWED))),
    )
    return tmp_path


@pytest.fixture
def dispensed(study: Path, clock: Clock) -> Path:
    """The dose is with the nurse since 09:20; it is 09:40."""
    done(study, ("wang", "ip dispense P001 W0 --to liu"))
    clock.set("2026-06-02T01:40:00+00:00")
    return study


# --- a dose that has left the pharmacy ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [False, True])
@pytest.mark.parametrize(
    ("user", "words", "found"),
    [
        ("chen", f"{HOLD} study", ("DC801", "doses are on hold for the whole study, since event 14: fever")),
        ("chen", f"{HOLD} participant --target P001",
         ("DC801", "doses are on hold for participant P001, since event 14: fever")),
        ("chen", f"{HOLD} level --target phase1-A",
         ("DC801", "doses are on hold for level phase1-A, since event 14: fever")),
        ("chen", f"{HOLD} level --target 1e8",
         ("DC801", "doses are on hold for level 100000000 particles/site, since event 14: fever")),
        ("wang", f"{HOLD} lot --target EV-A", ("DC801", "doses are on hold for lot EV-A, since event 14: fever")),
        ("wang", "ip quarantine EV-A --reason freezer",
         ("DC776", "the dose for W0 of P001 comes from lot 'EV-A', which is in quarantine")),
    ],
)  # fmt: skip
def test_in_an_open_trial_whatever_is_held_stops_a_dose_that_was_handed_out_also_without_the_key(
    dispensed: Path, user: str, words: str, found: tuple[str, str], key: bool
) -> None:
    done(dispensed, (user, words))
    given = call(dispensed, "wang" if key else "liu", "ip", "administer", "P001", "W0", "--json", key=key)
    assert (given.code, what(given)) == (1, [found])


def test_what_was_given_before_the_quarantine_or_after_the_release_is_recorded(dispensed: Path, clock: Clock) -> None:
    done(dispensed, ("wang", "ip quarantine EV-A --reason freezer"))
    clock.set("2026-06-02T02:00:00+00:00")
    assert what(call(dispensed, "liu", "ip", "administer", "P001", "W0", "--json"))[0][0] == "DC776"
    done(dispensed, ("liu", "ip administer P001 W0 --at 2026-06-02T09:35"))


def test_a_released_lot_may_be_given_again(dispensed: Path) -> None:
    done(
        dispensed,
        ("wang", "ip quarantine EV-A --reason freezer"),
        ("wang", "ip release EV-A --reason assessed"),
        ("liu", "ip administer P001 W0"),
    )


def test_another_lot_or_level_or_participant_on_hold_stops_nothing_here(dispensed: Path) -> None:
    done(
        dispensed,
        ("wang", f"{HOLD} lot --target EV-B"),
        ("chen", f"{HOLD} level --target phase1-B"),
        ("wang", "ip quarantine EV-C --reason freezer"),
        ("liu", "ip administer P001 W0"),
    )


def test_an_earlier_hold_is_not_hidden_by_a_later_one_and_all_are_named(dispensed: Path, clock: Clock) -> None:
    done(dispensed, ("chen", f"{HOLD} participant --target P001"))
    clock.set("2026-06-02T01:50:00+00:00")
    done(dispensed, ("chen", f"{HOLD} study"))
    both = call(dispensed, "liu", "ip", "administer", "P001", "W0", "--json")
    assert [code for code, _ in what(both)] == ["DC801", "DC801"]
    between = call(dispensed, "liu", "ip", "administer", "P001", "W0", "--at", "2026-06-02T09:45", "--json")
    assert what(between) == [("DC801", "doses are on hold for participant P001, since event 14: fever")]
    done(dispensed, ("liu", "ip administer P001 W0 --at 2026-06-02T09:35"))


def test_a_hold_that_was_entered_first_but_holds_from_later_hides_none_that_stands(
    dispensed: Path, clock: Clock
) -> None:
    clock.set("2026-06-02T01:55:00+00:00")
    done(dispensed, ("chen", f"{HOLD} study"))  # from 09:55
    done(dispensed, ("chen", f"{HOLD} participant --target P001 --at 2026-06-02T09:30"))
    given = call(dispensed, "liu", "ip", "administer", "P001", "W0", "--at", "2026-06-02T09:45", "--json")
    assert what(given) == [("DC801", "doses are on hold for participant P001, since event 15: fever")]


# --- the pharmacist calls doses back --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("wang", f"{HOLD} lot --target EV-A"),
        ("wang", "ip quarantine EV-A --reason freezer"),
        ("chen", f"{HOLD} level --target phase1-A"),
        ("chen", f"{HOLD} study"),
        ("chen", f"{HOLD} participant --target P001"),
    ],
)
def test_whoever_holds_hears_which_doses_are_outside_the_pharmacy(dispensed: Path, user: str, words: str) -> None:
    ran = call(dispensed, user, *words.split(), "--json", key=user == "wang")
    assert ran.json["outside"] == [{"participant": "P001", "visit": "W0", "to": "liu"}]


def test_in_words_it_is_said_whom_to_call(dispensed: Path) -> None:
    ran = ask(dispensed, "wang", *f"{HOLD} lot --target EV-A".split())
    assert "CALL BACK: the dose for W0 of P001 was handed out to liu and is not on record as given" in ran.out


@pytest.mark.parametrize("words", [f"{HOLD} lot --target EV-B", "ip quarantine EV-B --reason freezer"])
def test_a_dose_of_another_lot_is_not_called_back(dispensed: Path, words: str) -> None:
    assert ask(dispensed, "wang", *words.split(), "--json").json["outside"] == []


def test_a_dose_that_was_given_or_came_back_is_not_called_back(dispensed: Path) -> None:
    done(dispensed, ("wang", "ip return EV-A --vials 3 --participant P001 --visit W0"))
    assert ask(dispensed, "wang", *f"{HOLD} lot --target EV-A".split(), "--json").json["outside"] == []


@pytest.fixture
def masked(tmp_path: Path, clock: Clock) -> Path:
    """T001 of NCT07084012 gets placebo from the lot MEDIUM; the dose is with the nurse."""
    begin(tmp_path, MASKED)
    own_files(tmp_path)
    (tmp_path / "list.csv").write_text("participant,arm\nT001,placebo\n", encoding="utf-8")
    done(
        tmp_path,
        ("wang", "participant assign --list list.csv"),
        ("liu", "participant consent T001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol T001"),
        ("wang", "participant assign T001"),
        ("liu", "participant measure T001 --weight 68 --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor T001 symptom_onset=2026-05-31T09:00 first_dose=2026-06-01"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
        ("wang", "ip prepare T001 D0 --thawed-at 2026-06-01T08:30"),
        ("xu", "ip check T001 D0 --arm placebo --lot MEDIUM --weight 68 --thawed-at 2026-06-01T08:30"),
        ("wang", "ip dispense T001 D0 --to liu"),
    )
    return tmp_path


def test_a_masked_nurse_hears_nothing_of_a_lot_and_the_pharmacist_holds_whom_the_quarantine_names(
    masked: Path,
) -> None:
    ran = ask(masked, "wang", "ip", "quarantine", "MEDIUM", "--reason", "freezer", "--json")
    assert ran.json["outside"] == [{"participant": "T001", "visit": "D0", "to": "liu"}]
    assert "MEDIUM" not in str(ran.json["event"]["public"])
    keyed = ask(masked, "wang", "ip", "administer", "T001", "D0", "--json")
    assert what(keyed) == [("DC776", "the dose for D0 of T001 comes from lot 'MEDIUM', which is in quarantine")]
    done(masked, ("wang", f"{HOLD} participant --target T001"))
    given = call(masked, "liu", "ip", "administer", "T001", "D0", "--json")
    assert [code for code, _ in what(given)] == ["DC801"]
    assert "T001" in what(given)[0][1]


def test_a_masked_nurse_records_a_dose_whose_lot_nobody_told_them_of(masked: Path) -> None:
    done(masked, ("wang", "ip quarantine MEDIUM --reason freezer"), ("liu", "ip administer T001 D0"))


# --- what is meant by a hold ----------------------------------------------------------------------------------------


def test_a_lot_that_the_study_has_not_is_not_held(study: Path) -> None:
    ran = ask(study, "wang", *f"{HOLD} lot --target EV-AA".split(), "--json")
    assert (ran.code, what(ran)) == (1, [("DC796", "there is no lot 'EV-AA' in this study")])
    assert "EV-A, EV-B, EV-C" in ran.json["errors"][0]["mend"]


def test_who_holds_a_lot_needs_the_key(study: Path) -> None:
    ran = call(study, "chen", *f"{HOLD} lot --target EV-A".split(), "--json")
    assert (ran.code, ran.codes) == (1, ["DC726"])


def phase_two(folder: Path) -> None:
    """P041 of phase II, which the site gives 1e9 particles per site, as group B of phase I has."""
    done(
        folder,
        ("liu", "participant consent P041 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P041 --cohort none"),
        ("chen", "participant assign P041 --arm phase2-exosome"),
        ("liu", "participant measure P041 --area 24 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor P041 first_dose=2026-06-02"),
    )


@pytest.mark.parametrize("written", ["1.0e9 particles/site", "1e9", "1,000,000,000 particles/site"])
def test_a_hold_of_an_amount_stops_every_arm_that_has_it_until_it_is_lifted(study: Path, written: str) -> None:
    phase_two(study)
    held = call(study, "chen", "study", "hold", "--scope", "level", "--target", written, "--reason", "x", "--json")
    assert held.json["event"]["public"] == {"scope": "level", "target": "1000000000 particles/site"}
    refused = ask(study, "wang", "ip", "prepare", "P041", "W0", *THAWED, "--json")
    assert [code for code, _ in what(refused)] == ["DC801"]
    assert "level 1000000000 particles/site" in what(refused)[0][1]
    done(study, ("wang", "ip dispense P001 W0 --to liu"))  # 1e8 is another level
    same = ("--scope", "level", "--target", "1E9", "--reason", "x", "--json")
    assert call(study, "chen", "study", "hold", *same).codes == ["DC798"]
    assert call(study, "chen", "study", "lift", *same).code == 0
    assert ask(study, "wang", "ip", "prepare", "P041", "W0", *THAWED, "--json").code == 0


def test_a_level_that_only_the_site_decided_is_held_too(tmp_path: Path, clock: Clock) -> None:
    site = changed(tmp_path, own_files(tmp_path)[0], ("amount: 1.0e9 particles/site", "amount: 5e8 particles/site"))
    init = ("--protocol", OPEN, "--site", site, "--key-out", "study.key")
    assert call(tmp_path, "zhao", "study", "init", *init).code == 0
    held = call(tmp_path, "chen", *f"{HOLD} level --target 5e8".split(), "--json")
    assert held.json["event"]["public"]["target"] == "500000000 particles/site"


def test_a_level_that_nobody_has_is_not_held_and_the_levels_are_named(study: Path) -> None:
    ran = call(study, "chen", *f"{HOLD} level --target 7e7".split(), "--json")
    assert what(ran) == [("DC802", "NCT07203599 has no dose level '7e7'")]
    assert "phase1-A, phase1-B, phase1-C, phase2-exosome" in ran.json["errors"][0]["mend"]


def test_what_a_participant_is_shown_to_be_held_by_is_every_hold(study: Path) -> None:
    done(
        study,
        ("chen", "study hold --scope level --target phase1-A --reason rash"),
        ("chen", "study hold --scope participant --target P001 --reason fever"),
    )
    assert call(study, "liu", "participant", "show", "P001", "--json").json["held"] == "rash; fever"


# --- enrolment while levels escalate --------------------------------------------------------------------------------


@pytest.fixture
def consented(tmp_path: Path, clock: Clock) -> Path:
    begin(tmp_path, OPEN)
    done(tmp_path, ("liu", "participant consent P002 --form 1.0 --date 2026-06-01"))
    return tmp_path


def test_while_levels_open_one_after_the_other_an_enrolment_names_its_level(consented: Path) -> None:
    ran = call(consented, "liu", "participant", "enrol", "P002", "--json")
    said = "levels open one after the other, phase1-A is open, and it is not said for which one P002 is enrolled"
    assert what(ran) == [("DC835", said)]
    mend = ran.json["errors"][0]["mend"]
    assert mend == "add --cohort phase1-A; or --cohort none for a part of the trial that has no such level"


def test_a_level_on_hold_takes_nobody_in_however_it_is_called(consented: Path) -> None:
    done(consented, ("chen", f"{HOLD} level --target 1e8"))
    for cohort in ("phase1-A", "1e8"):
        ran = call(consented, "liu", "participant", "enrol", "P002", "--cohort", cohort, "--json")
        assert ran.codes == ["DC743"]
    assert what(ran) == [("DC743", "level 100000000 particles/site is on hold since event 3: fever")]


def test_who_is_enrolled_for_no_level_gets_none(consented: Path) -> None:
    done(consented, ("liu", "participant enrol P002 --cohort none"))
    ran = call(consented, "chen", "participant", "assign", "P002", "--arm", "phase1-A", "--json")
    assert what(ran) == [("DC836", "P002 is not enrolled for the dose level phase1-A")]
    done(consented, ("chen", "participant assign P002 --arm phase2-exosome"))


def test_who_is_enrolled_for_a_level_gets_that_level(consented: Path) -> None:
    done(
        consented,
        ("liu", "participant enrol P002 --cohort phase1-A"),
        ("chen", "study open-level phase1-B --reason minutes"),
    )
    ran = call(consented, "chen", "participant", "assign", "P002", "--arm", "phase1-B", "--json")
    assert what(ran) == [("DC836", "P002 is not enrolled for the dose level phase1-B")]
    done(
        consented,
        ("liu", "participant correct 3 --void --reason another-level"),
        ("liu", "participant enrol P002 --cohort phase1-B"),
        ("chen", "participant assign P002 --arm phase1-B"),
    )


def test_a_trial_without_levels_takes_in_as_before(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, MASKED)
    done(
        tmp_path,
        ("liu", "participant consent T001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol T001"),
    )
