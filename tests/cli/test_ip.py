"""`dosecalc ip`: from receipt to destruction, as people would do it, on studies in real databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masked_study import Clock, begin, call
from pharmacy import STOCK, own_files
from running import Ran

OPEN = ("NCT07203599", "phase1-A")
CHECK = ("--arm", "phase1-A", "--area", "23.4", "--lot", "EV-A", "--concentration", "1e9")
THAWED = ("--thawed-at", "2026-06-02T09:10")


def _all(folder: Path, *calls: tuple[str, str]) -> None:
    """Call each as the person named; the pharmacist has the key."""
    for user, words in calls:
        ran = call(folder, user, *words.split(), key=user in ("wang", "xu"))
        assert ran.code == 0, (words, ran.err)


def ask(folder: Path, user: str, *words: str) -> Ran:
    """Call as somebody with the key."""
    return call(folder, user, *words, key=True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def study(tmp_path: Path, clock: Clock) -> Path:
    """P001 of NCT07203599, phase1-A, 23.4 cm², W0 on 2 June 2026; 60 vials of each strength in stock."""
    begin(tmp_path, OPEN[0])
    own_files(tmp_path)
    _all(
        tmp_path,
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-02"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    )
    clock.set("2026-06-02T01:20:00+00:00")  # 09:20 in Shenzhen
    return tmp_path


def counts(folder: Path, lot: str) -> dict[str, int]:
    found = ask(folder, "wang", "ip", "balance", lot, "--json").json["lots"][0]
    names = ("received", "prepared", "dispensed", "administered", "returned", "sent_back", "destroyed", "left")
    assert found["adds_up"] is True
    return {name: found[name] for name in names if found[name]}


def test_a_dose_goes_from_the_lot_to_the_participant_and_every_vial_is_accounted_for(study: Path, clock: Clock) -> None:
    # 23.4 cm² are 24 sites, up; 24 × 0.1 mL and 3 × 0.1 mL dead space are 2.7 mL, which are 3 vials of 1 mL
    made = ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED, "--json")
    assert made.code == 0, made.err
    sheet = made.json["worksheet"]
    assert (sheet["release"], sheet["vials"], sheet["dose"]["total"]) == ("released", 3, "2400000000")
    assert (sheet["participant"], sheet["preparer"], sheet["arm"]) == ("P001", "wang", "phase1-A")
    assert counts(study, "EV-A") == {"received": 60, "prepared": 3, "left": 57}

    checked = ask(study, "xu", "ip", "check", "P001", "W0", *CHECK, *THAWED, "--json")
    assert checked.code == 0, checked.out
    assert checked.json["check"]["result"] == "agreed"
    assert ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu").code == 0
    assert counts(study, "EV-A") == {"received": 60, "dispensed": 3, "left": 57}

    clock.set("2026-06-02T02:10:00+00:00")  # 10:10 in Shenzhen
    given = call(study, "liu", "ip", "administer", "P001", "W0", "--at", "2026-06-02T10:05", "--json")
    assert given.code == 0, given.err
    assert given.json["event"]["public"] == {"when": "2026-06-02T10:05:00+08:00", "by": "liu"}
    assert counts(study, "EV-A") == {"received": 60, "administered": 3, "left": 57}
    assert call(study, "mo", "study", "verify").code == 0


def test_the_head_of_the_study_stands_on_the_worksheet(study: Path) -> None:
    head = ask(study, "wang", "study", "head", "--json").json["head"]["hash"]
    made = ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED, "--out", "today")
    assert made.code == 0, made.err
    assert json.loads((study / "today" / "P001-W0-worksheet.json").read_text("utf-8"))["study_head"] == head
    assert head in (study / "today" / "P001-W0-worksheet.html").read_text("utf-8")


def test_what_rests_on_an_example_stock_file_is_a_draft_and_is_not_recorded(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, OPEN[0])
    (tmp_path / "stock.yaml").write_bytes(Path(STOCK).read_bytes())
    _all(
        tmp_path,
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 24 --method tracing --by C2 --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-01"),
        ("wang", "ip receive --stock stock.yaml"),
    )
    refused = ask(tmp_path, "wang", "ip", "prepare", "P001", "W0", "--json")
    assert (refused.code, refused.codes) == (1, ["DC771"])
    assert "the stock file is an example" in refused.json["errors"][0]["what"]
    assert counts(tmp_path, "EXAMPLE-EV-A") == {"received": 60, "left": 60}


def test_a_visit_is_prepared_once_until_the_first_preparation_is_declared_void(study: Path) -> None:
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    again = ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED, "--json")
    assert (again.code, again.codes) == (1, ["DC775"])
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED, "--again", "--json").codes == ["DC709"]
    new = ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED, "--again", "--reason", "dropped", "--json")
    assert new.code == 0, new.err
    assert [event["kind"] for event in new.json["events"]] == ["correct", "prepare"]
    assert counts(study, "EV-A") == {"received": 60, "prepared": 3, "left": 57}


@pytest.mark.parametrize(
    ("user", "words", "code"),
    [
        ("chen", "participant discontinue P001 --date 2026-06-02 --reason rash", "DC772"),
        ("liu", "participant withdraw P001 --date 2026-06-02 --reason wish", "DC772"),
        ("chen", "study hold --scope study --reason safety", "DC801"),
        ("chen", "study hold --scope participant --target P001 --reason safety", "DC801"),
        ("chen", "study hold --scope level --target phase1-A --reason safety", "DC801"),
        ("wang", "study hold --scope lot --target EV-A --reason safety", "DC801"),
        ("wang", "ip quarantine EV-A --reason freezer", "DC776"),
    ],
)
def test_nothing_is_prepared_or_handed_out_while_something_stands_against_it(
    study: Path, user: str, words: str, code: str
) -> None:
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    assert ask(study, "xu", "ip", "check", "P001", "W0", *CHECK, *THAWED, "--json").code == 0
    changed = call(study, user, *words.split(), "--yes", key=user == "wang")
    assert changed.code == 0, changed.err
    refused = ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", "--json")
    assert code in refused.codes, refused.out
    prepared = ask(
        study, "wang", "ip", "prepare", "P001", "W0", *THAWED, "--lot", "EV-A", "--again", "--reason", "x", "--json"
    )
    assert code in prepared.codes, prepared.out


def test_another_day_than_the_booked_one_is_refused(study: Path, clock: Clock) -> None:
    _all(study, ("liu", "visit book P001 W0 2026-06-02T09:30"))
    clock.set("2026-06-03T01:20:00+00:00")
    refused = ask(study, "wang", "ip", "prepare", "P001", "W0", "--json")
    assert refused.codes == ["DC774"]
    assert refused.json["errors"][0]["what"] == "W0 is booked for 2026-06-02, not for 2026-06-03"


def test_a_lot_of_the_study_is_named_by_its_number_and_not_by_a_line_of_a_file(study: Path) -> None:
    assert ask(study, "wang", "ip", "return", "EV-A", "--vials", "58", "--reason", "recalled").code == 0
    refused = ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED)
    assert refused.code == 1
    assert refused.err == (
        "EV-A: DC364 lot 'EV-A' has 2 vials or bottles, and 3 are needed; take a lot that has enough; one dose is "
        "never prepared from two lots\n"
    )


def test_the_history_calls_the_start_as_the_commands_do(study: Path) -> None:
    shown = call(study, "liu", "participant", "show", "P001").out
    assert "name=first_dose; when=2026-06-02" in shown
    assert "name=start" not in shown


def test_who_is_not_enrolled_and_has_no_arm_hears_both(study: Path) -> None:
    _all(study, ("liu", "participant consent P002 --form 1.0 --date 2026-06-01"))
    refused = ask(study, "wang", "ip", "prepare", "P002", "W0", "--json")
    assert set(refused.codes) == {"DC772", "DC774", "DC781"}


def test_the_checker_is_another_person_and_a_check_that_differs_stops_the_dose(study: Path) -> None:
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    own = ask(study, "wang", "ip", "check", "P001", "W0", *CHECK, *THAWED, "--json")
    assert (own.code, own.codes) == (1, ["DC665"])
    early = ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", "--json")
    assert early.codes == ["DC778"]
    wrong = [*CHECK]
    wrong[wrong.index("23.4")] = "24.4"  # 25 sites, 2.5 × 10⁹ particles
    differs = ask(study, "xu", "ip", "check", "P001", "W0", *wrong, *THAWED, "--json")
    assert (differs.code, differs.json["check"]["result"]) == (1, "differs")
    assert differs.json["event"]["public"] == {"agreed": False}
    refused = ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", "--json")
    assert "did not agree" in refused.json["errors"][0]["what"]
    assert ask(study, "xu", "ip", "check", "P001", "W0", *CHECK, *THAWED, "--json").code == 0
    assert ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu").code == 0


def test_what_was_thawed_too_long_ago_is_not_handed_out(study: Path, clock: Clock) -> None:
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    assert ask(study, "xu", "ip", "check", "P001", "W0", *CHECK, *THAWED, "--json").code == 0
    clock.set("2026-06-02T04:11:00+00:00")  # 12:11: thawed at 09:10, 3 h
    refused = ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", "--json")
    assert refused.codes == ["DC779"]
    assert "had to be used by 2026-06-02 12:10" in refused.json["errors"][0]["what"]


def test_a_part_of_a_dose_counts_as_that_part(study: Path) -> None:
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    early = call(study, "liu", "ip", "administer", "P001", "W0", "--json")
    assert early.codes == ["DC779"]
    assert ask(study, "xu", "ip", "check", "P001", "W0", *CHECK, *THAWED, "--json").code == 0
    assert ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu").code == 0
    assert call(study, "liu", "ip", "administer", "P001", "W0", "--part", "0.5", "--json").codes == ["DC780"]
    assert call(study, "liu", "ip", "administer", "P001", "W0", "--part", "1.5", "--json").codes == ["DC780", "DC780"]
    least = call(study, "liu", "ip", "administer", "P001", "W0", "--part", "1e-30", "--reason", "fainted", "--json")
    assert least.codes == ["DC780"]
    given = call(study, "liu", "ip", "administer", "P001", "W0", "--part", "0.5", "--reason", "fainted", "--json")
    assert given.code == 0, given.err
    assert given.json["event"]["public"]["part"] == "0.5"
    exposure = ask(study, "wang", "study", "exposure", "--json")
    assert '"1200000000"' in exposure.out  # half of 24 × 100,000,000
    assert call(study, "liu", "ip", "administer", "P001", "W0", "--json").codes == ["DC780"]


def test_vials_come_back_are_sent_back_and_destroyed_and_never_more_than_there_are(study: Path) -> None:
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    of = ("--participant", "P001", "--visit", "W0")
    too_many = ask(study, "wang", "ip", "return", "EV-A", "--vials", "4", *of, "--json")
    assert too_many.codes == ["DC777"]
    assert ask(study, "wang", "ip", "return", "EV-A", "--vials", "2", *of).code == 0
    assert ask(study, "wang", "ip", "return", "EV-A", "--vials", "10", "--reason", "to the sponsor").code == 0
    assert ask(study, "wang", "ip", "destroy", "EV-A", "--vials", "1", "--returned", "--reason", "burnt").code == 0
    assert ask(study, "wang", "ip", "destroy", "EV-A", "--vials", "48", "--reason", "x", "--json").codes == ["DC777"]
    assert ask(study, "wang", "ip", "destroy", "EV-A", "--vials", "7", "--reason", "broken").code == 0
    # 60 = 1 prepared + 1 returned + 10 sent back + 1 and 7 destroyed + 40
    assert counts(study, "EV-A") == {
        "received": 60, "prepared": 1, "returned": 1, "sent_back": 10, "destroyed": 8, "left": 40,
    }  # fmt: skip
    late = ask(study, "xu", "ip", "check", "P001", "W0", *CHECK, *THAWED, "--json")
    assert late.codes == ["DC779"]


def test_a_second_delivery_of_a_lot_adds_to_it_and_another_lot_of_its_number_is_refused(study: Path) -> None:
    assert ask(study, "wang", "ip", "receive", "--stock", "our-example-stock.yaml", "--lot", "EV-A").code == 0
    assert counts(study, "EV-A") == {"received": 120, "left": 120}
    stock = study / "our-example-stock.yaml"
    stock.write_text(stock.read_text("utf-8").replace("cv: 15 %", "cv: 16 %", 1), "utf-8")
    refused = ask(study, "wang", "ip", "receive", "--stock", "our-example-stock.yaml", "--json")
    assert refused.codes == ["DC770"]


def test_the_balance_is_printed_with_every_movement(study: Path) -> None:
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    assert ask(study, "wang", "ip", "balance", "EV-A", "--out", "b.html").code == 0
    page = (study / "b.html").read_text("utf-8")
    assert all(text in page for text in ("EV-A", "P001", "W0", "Counted by", "57"))
    assert ask(study, "wang", "ip", "balance", "--out", "b.pdf").code == 0
    assert (study / "b.pdf").read_bytes().startswith(b"%PDF")
    assert ask(study, "wang", "ip", "balance", "--out", "b.txt", "--json").codes == ["DC651"]


def test_the_balance_of_an_earlier_day_is_that_of_then(study: Path) -> None:
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    then = ask(study, "wang", "ip", "balance", "EV-A", "--as-of", "2026-06-01", "--json")
    assert then.json["lots"][0]["left"] == 60
    head = ask(study, "wang", "study", "head", "--as-of", "2026-06-01", "--json").json["head"]
    now = ask(study, "wang", "study", "head", "--json").json["head"]
    assert (then.json["head"], head["number"] < now["number"]) == (head["hash"], True)
    assert ask(study, "wang", "ip", "balance", "EV-A", "--json").json["head"] == now["hash"] != head["hash"]
    assert ask(study, "wang", "ip", "balance", "--as-of", "2026-06-01", "--out", "b.html").code == 0
    page = (study / "b.html").read_text("utf-8")
    assert head["hash"] in page
    assert "2026-06-01 23:59" in page  # the end of that day at the site
    assert ask(study, "wang", "ip", "balance", "--as-of", "2026-05-01", "--json").codes == ["DC737"]


def test_bottles_for_use_at_home_are_counted_too(study: Path) -> None:
    _all(
        study,
        ("liu", "participant consent P041 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P041 --cohort none"),
        ("chen", "participant assign P041 --arm phase2-minoxidil"),
        ("liu", "participant anchor P041 first_dose=2026-06-02"),
        ("wang", "ip prepare P041 W0"),
    )
    # 1 mL a day for 56 days, and 7 days more until the end of the window of W8: 63 mL, in two bottles of 60 mL
    assert counts(study, "MINOXIDIL") == {"received": 40, "prepared": 2, "left": 38}


LOTS = {"group-1": "MSC", "group-2": "MSC", "placebo": "MEDIUM"}


def _masked(folder: Path, arm: str) -> None:
    """T001 of NCT07084012, in this arm, 68 kg, D0 on 1 June 2026, prepared, checked, handed out."""
    begin(folder)
    own_files(folder)
    (folder / "list.csv").write_text(f"participant,arm\nT001,{arm}\n", encoding="utf-8")
    _all(
        folder,
        ("liu", "participant consent T001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol T001"),
        ("wang", "participant assign --list list.csv"),
        ("wang", "participant assign T001"),
        ("liu", "participant measure T001 --weight 68 --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor T001 symptom_onset=2026-05-31T09:00 first_dose=2026-06-01"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
        ("wang", "ip prepare T001 D0 --thawed-at 2026-06-01T08:30"),
    )


def test_who_is_masked_hears_the_same_whatever_the_arm_and_nothing_of_lots_or_doses(
    tmp_path: Path, clock: Clock
) -> None:
    said: dict[str, list[Ran]] = {}
    for arm in ("group-2", "placebo"):
        folder = tmp_path / arm
        folder.mkdir()
        _masked(folder, arm)
        entered = ["--arm", arm, "--lot", LOTS[arm], "--weight", "68", "--thawed-at", "2026-06-01T08:30"]
        strength = ["--concentration", "2e7"] if arm != "placebo" else []
        checked = ask(folder, "xu", "ip", "check", "T001", "D0", *entered, *strength, "--json")
        assert checked.code == 0, checked.out
        words = [
            ("ip", "administer", "T001", "D0"),
            ("ip", "balance"),
            ("ip", "balance", "MSC"),
            ("ip", "prepare", "T001", "D0"),
            ("ip", "prepare", "T001", "D7"),
            ("ip", "prepare", "T009", "D0"),
            ("ip", "check", "T001", "D0"),
            ("ip", "dispense", "T001", "D0", "--to", "x"),
            ("ip", "quarantine", "MSC", "--reason", "x"),
            ("ip", "release", "NONE", "--reason", "x"),
            ("ip", "return", "MSC", "--vials", "1"),
            ("ip", "destroy", "MSC", "--vials", "1", "--reason", "x"),
        ]
        said[arm] = [call(folder, user, *each, "--json") for each in words for user in ("liu", "chen", "mo")]
        assert ask(folder, "wang", "ip", "dispense", "T001", "D0", "--to", "liu").code == 0
        said[arm].append(call(folder, "liu", "ip", "administer", "T001", "D0"))
        assert said[arm][-1].code == 0, said[arm][-1].err
    assert said["group-2"] == said["placebo"]
    told = "".join(ran.out + ran.err for ran in said["placebo"])
    assert not any(text in told for text in ("MEDIUM", "placebo", "quarantine already", "vials of lot"))
    codes = {code for ran in said["placebo"][:-1] for code in ran.codes}
    assert codes == {"DC723", "DC725", "DC779"}  # the role, the mask, not handed out yet


def test_a_masked_role_that_holds_the_key_is_refused_all_the_same(tmp_path: Path, clock: Clock) -> None:
    _masked(tmp_path, "placebo")
    assert call(tmp_path, "chen", "ip", "balance", "--json", key=True).codes == ["DC725"]
    assert call(tmp_path, "liu", "ip", "prepare", "T001", "D7", "--json", key=True).codes == ["DC723"]
    assert call(tmp_path, "wang", "ip", "balance", "--json").codes == ["DC726"]


def test_a_masked_nurse_with_the_key_records_a_dose_as_one_without_it(tmp_path: Path, clock: Clock) -> None:
    _masked(tmp_path, "placebo")
    entered = ("--arm", "placebo", "--lot", "MEDIUM", "--weight", "68", "--thawed-at", "2026-06-01T08:30")
    assert ask(tmp_path, "xu", "ip", "check", "T001", "D0", *entered, "--json").code == 0
    assert ask(tmp_path, "wang", "ip", "dispense", "T001", "D0", "--to", "liu").code == 0
    given = call(tmp_path, "liu", "ip", "administer", "T001", "D0", "--json", key=True)
    assert given.code == 0, given.err
    assert "sealed" not in given.json["event"]


def test_both_areas_of_a_participant_are_prepared_from_two_lots(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, "NCT06932393")
    own_files(tmp_path)
    (tmp_path / "list.csv").write_text("participant,side\nS001,study\n", encoding="utf-8")
    _all(
        tmp_path,
        ("liu", "participant consent S001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol S001"),
        ("wang", "participant assign --list list.csv"),
        ("wang", "participant assign S001"),
        ("liu", "participant measure S001 --area 20 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor S001 first_dose=2026-06-01"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    )
    made = ask(tmp_path, "wang", "ip", "prepare", "S001", "INJ1", "--json")
    assert made.code == 0, made.out
    lots = {each["stock"]["lot"] for each in made.json["worksheet"]["preparations"]}
    assert lots == {"EXO", "SALINE"}
    inputs = {each["name"]: each["values"] for each in made.json["worksheet"]["inputs"]}
    assert inputs["area_a"] == ["study"]  # the side of the allocation list
    assert counts(tmp_path, "EXO")["prepared"] > 0
    assert counts(tmp_path, "SALINE")["prepared"] > 0


def test_a_mistaken_receipt_is_declared_void_unless_its_vials_are_used(study: Path) -> None:
    twice = ask(study, "wang", "ip", "receive", "--stock", "our-example-stock.yaml", "--lot", "EV-A", "--json")
    number = str(twice.json["event"]["number"])
    assert ask(study, "wang", "ip", "void", number, "--json").codes == ["DC709"]
    assert call(study, "liu", "ip", "void", number, "--reason", "x", "--json").codes == ["DC723"]
    assert ask(study, "wang", "ip", "void", number, "--reason", "counted twice").code == 0
    assert counts(study, "EV-A") == {"received": 60, "left": 60}
    assert ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED).code == 0
    first = ask(study, "wang", "ip", "balance", "EV-A", "--json").json["lots"][0]["movements"][0]["event"]
    refused = ask(study, "wang", "ip", "void", str(first), "--reason", "x", "--json")
    assert refused.codes == ["DC784"]
    assert counts(study, "EV-A") == {"received": 60, "prepared": 3, "left": 57}
    assert ask(study, "wang", "ip", "void", "2", "--reason", "x", "--json").codes == ["DC784"]


def test_a_preparation_that_was_handed_out_is_not_taken_out_of_the_record(study: Path) -> None:
    made = ask(study, "wang", "ip", "prepare", "P001", "W0", *THAWED, "--json").json["event"]["number"]
    assert ask(study, "xu", "ip", "check", "P001", "W0", *CHECK, *THAWED, "--json").code == 0
    out = ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu", "--json").json["event"]["number"]
    refused = ask(study, "wang", "participant", "correct", str(made), "--void", "--reason", "x", "--json")
    assert refused.codes == ["DC779"]
    assert f"event {out} could not have happened then" in refused.json["errors"][0]["what"]
    done = ask(study, "wang", "participant", "correct", str(out), "--void", "--reason", "not handed out")
    assert done.code == 0, done.err
    assert counts(study, "EV-A") == {"received": 60, "prepared": 3, "left": 57}
