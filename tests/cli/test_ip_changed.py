"""What changes between the preparation of a dose and its giving, and what stands against it then."""

from __future__ import annotations

from pathlib import Path

import pytest

from masked_study import Clock, begin, call, person
from pharmacy import own_files
from running import Ran

CHECK = ("--arm", "phase1-A", "--area", "23.4", "--lot", "EV-A", "--concentration", "1e9")
THAWED = ("--thawed-at", "2026-06-02T09:10")
ANEW = "do not give it; the pharmacy prepares it anew: `ip prepare P001 W0 --again --reason …`"


def ok(folder: Path, user: str, words: str, *more: str) -> Ran:
    ran = call(folder, user, *words.split(), *more, key=user in ("wang", "xu"))
    assert ran.code == 0, (words, ran.err, ran.out)
    return ran


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def study(tmp_path: Path, clock: Clock) -> Path:
    """P001 of phase1-A: consent 2, enrolment 3, arm 4, 23.4 cm² 5, start on 2 June 6; W0 is prepared and checked."""
    begin(tmp_path, "NCT07203599")
    own_files(tmp_path)
    for user, words in (
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-02"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    ):
        ok(tmp_path, user, words)
    clock.set("2026-06-02T01:20:00+00:00")
    ok(tmp_path, "wang", "ip prepare P001 W0", *THAWED)
    ok(tmp_path, "xu", "ip check P001 W0 --json", *CHECK, *THAWED)
    return tmp_path


def dispense(folder: Path) -> Ran:
    return call(folder, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", "--json", key=True)


def give(folder: Path, *more: str) -> Ran:
    return call(folder, "liu", "ip", "administer", "P001", "W0", "--json", *more)


AMEND = (
    "study amend --protocol NCT07203599 --site new-site.yaml --effective 2026-06-02 --reconsent no --urgent --yes "
    "--reason volume"
)
AREA = (
    "the study changed since the dose for W0 of P001 was prepared: hair-loss area, cm² was 23.4 (tracing, CRC-02, "
    "2026-06-01), and is 20.4 (tracing, CRC-02, 2026-06-01)"
)


def test_a_dose_for_another_area_than_is_on_record_is_not_handed_out(study: Path) -> None:
    ok(study, "liu", "participant correct 5 --set values=20.4 --reason misread")
    refused = dispense(study)
    assert refused.codes == ["DC782"]
    assert refused.json["errors"][0]["what"] == AREA
    assert refused.json["errors"][0]["mend"] == ANEW


def test_a_dose_for_another_area_than_is_on_record_is_not_given_after_that(study: Path, clock: Clock) -> None:
    assert dispense(study).code == 0
    clock.set("2026-06-02T01:40:00+00:00")
    ok(study, "liu", "participant correct 5 --set values=20.4 --reason misread")
    refused = give(study)
    assert (refused.codes, refused.json["errors"][0]["what"]) == (["DC782"], AREA)
    assert give(study, "--at", "2026-06-02T09:30").code == 0  # before the correction it was given: a fact


def test_an_arm_stays_once_a_dose_is_prepared(study: Path) -> None:
    assert call(study, "chen", "participant", "correct", "4", "--void", "--reason", "slip", "--json").codes == ["DC816"]


def test_new_answers_of_the_site_stop_what_was_prepared_before(study: Path) -> None:
    site = study / "new-site.yaml"
    text = (study / "our-example.yaml").read_text(encoding="utf-8")
    assert "SITE_VOLUME" in text
    before, after = text.split("SITE_VOLUME", 1)
    site.write_text(f"{before}SITE_VOLUME{after.replace('0.1', '0.2', 1)}", encoding="utf-8")
    ok(study, "zhao", AMEND)
    refused = dispense(study)
    assert refused.codes == ["DC795"]
    assert refused.json["errors"][0]["what"] == (
        "the dose of P001 was worked out with the site's answers before event 13, and those of event 13 hold since "
        "2026-06-02"
    )


def test_new_answers_of_the_site_stop_what_was_handed_out_before(study: Path) -> None:
    assert dispense(study).code == 0
    site = study / "new-site.yaml"
    site.write_text((study / "our-example.yaml").read_text(encoding="utf-8") + "\n# read again\n", encoding="utf-8")
    ok(study, "zhao", AMEND)
    assert give(study).codes == ["DC795"]


def test_a_part_of_a_dose_is_a_deviation(study: Path) -> None:
    assert dispense(study).code == 0
    assert give(study, "--part", "0.5", "--reason", "fainted").code == 0
    found = ok(study, "mo", "study deviations --json").json
    assert found["counted"] == 1
    [one] = found["deviations"]
    assert (one["deviation"], one["reason"], one["visit"]) == ("dose", "fainted", "W0")
    assert one["text"] == "0.5 of the dose was given"


def test_the_worksheet_says_who_assigned_the_arm_and_who_weighed(study: Path) -> None:
    made = ok(study, "wang", "ip prepare P001 W0 --again --reason dropped --json", *THAWED).json["worksheet"]
    arm = next(each for each in made["inputs"] if each["name"] == "arm")
    assert arm == {"name": "arm", "values": ["phase1-A"], "by": "chen", "date": "2026-06-01"}


def test_a_lot_in_quarantine_is_named_as_the_reason(study: Path) -> None:
    ok(study, "wang", "ip quarantine EV-A --reason freezer --yes")
    again = ("--again", "--reason", "dropped", "--json")
    refused = call(study, "wang", "ip", "prepare", "P001", "W0", *THAWED, *again, key=True)
    assert refused.codes == ["DC776"]
    assert refused.json["errors"][0]["what"] == "lot 'EV-A' is in quarantine: freezer"


def test_a_product_without_a_lot_in_the_study_is_said_without_a_stock_file(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, "NCT07203599")
    own_files(tmp_path)
    for user, words in (
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-01"),
    ):
        ok(tmp_path, user, words)
    refused = call(tmp_path, "wang", "ip", "prepare", "P001", "W0", "--json", key=True)
    assert refused.codes == ["DC776"]
    assert refused.json["errors"][0]["what"].startswith("the study has no lot of ")
    assert refused.json["errors"][0]["mend"] == "take one in with `ip receive --stock FILE`"


# --- the gaps between doses: at least 13 and at most 40 days; W2 is due from 14 to 18 June, W4 from 28 June on ---


@pytest.fixture
def gapped(tmp_path: Path, clock: Clock) -> Path:
    """W0 of P001 was given on 2 June, and nobody recorded that the visit took place."""
    own_files(tmp_path)
    begin(tmp_path, "NCT07203599", more=GAPS)
    for user, words in (
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-02"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    ):
        ok(tmp_path, user, words)
    dosed(tmp_path, clock, "W0", "2026-06-02")
    return tmp_path


CONFIRMED = "{document: Protocol, section: '8', by: B. Investigator, date: 2026-02-20}"
GAPS = (
    "\n  NCT07203599:\n",
    f"\n  NCT07203599:\n    gaps: {{least: P13D, most: P40D, confirmed: {CONFIRMED}}}\n",
)


def dosed(folder: Path, clock: Clock, visit: str, day: str) -> None:
    clock.set(f"{day}T01:20:00+00:00")
    thawed = ("--thawed-at", f"{day}T09:10")
    ok(folder, "wang", f"ip prepare P001 {visit}", *thawed)
    ok(folder, "xu", f"ip check P001 {visit} --json", *CHECK, *thawed)
    ok(folder, "wang", f"ip dispense P001 {visit} --to liu")
    ok(folder, "liu", f"ip administer P001 {visit}")


def test_a_dose_too_soon_after_one_that_was_given_is_not_prepared(gapped: Path, clock: Clock) -> None:
    clock.set("2026-06-14T01:20:00+00:00")
    refused = call(gapped, "wang", "ip", "prepare", "P001", "W2", "--json", key=True)
    assert refused.codes == ["DC763"]
    assert refused.json["errors"][0]["what"] == (
        "W2 on 2026-06-14 and the dose of W0 on 2026-06-02 are 12 days apart; at least 13 are asked for (Protocol, 8)"
    )
    assert refused.json["errors"][0]["mend"] == (
        "give no dose on this day; where the investigator decides otherwise, they say so first: "
        "`visit book P001 W2 2026-06-14T… --outside-window REASON`"
    )


def test_a_dose_that_was_booked_before_the_one_before_it_slipped_is_not_handed_out(gapped: Path, clock: Clock) -> None:
    ok(gapped, "liu", "visit book P001 W4 2026-06-28T09:00")
    dosed(gapped, clock, "W2", "2026-06-18")
    clock.set("2026-06-28T01:20:00+00:00")
    prepare = ("ip", "prepare", "P001", "W4", "--thawed-at", "2026-06-28T09:10", "--json")
    assert call(gapped, "wang", *prepare, key=True).codes == ["DC763"]
    allowed = ("visit", "move", "P001", "W4", "2026-06-28T09:00", "--outside-window", "flight", "--yes")
    assert call(gapped, "chen", *allowed).code == 1  # confirmed by a person alone
    assert person(gapped, "chen", "yes\n", *allowed[:-1], key=False).code == 0
    dosed(gapped, clock, "W4", "2026-06-28")
    ok(gapped, "liu", "visit attend P001 W4 2026-06-28")  # what happened is recorded
    found = ok(gapped, "mo", "study deviations --json").json["deviations"]
    [gap] = [each for each in found if each["deviation"] == "gap"]
    assert (gap["visit"], gap["reason"]) == ("W4", "flight")
    assert gap["text"] == (
        "W4 on 2026-06-28 and the dose of W2 on 2026-06-18 are 10 days apart; at least 13 are asked for (Protocol, 8)"
    )


def test_too_long_a_gap_is_a_deviation_whoever_gives_a_reason_or_none(gapped: Path, clock: Clock) -> None:
    clock.set("2026-07-20T01:20:00+00:00")
    ok(gapped, "liu", "visit attend P001 W4 2026-07-14")
    found = ok(gapped, "mo", "study deviations --json").json["deviations"]
    assert [each["text"] for each in found if each["deviation"] == "gap"] == [
        "W4 on 2026-07-14 and the dose of W0 on 2026-06-02 are 42 days apart; at most 40 are allowed (Protocol, 8)"
    ]
