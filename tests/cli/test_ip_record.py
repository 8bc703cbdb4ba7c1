"""What the record of doses may say: limits, caps over all doses, the order of the steps, and the visits."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from dosecalc.app import shipped
from masked_study import KEY, Clock, begin, call
from pharmacy import own_files
from running import Ran, dosecalc

DAY = "2026-06-02"
CHECK = ("--arm", "phase1-A", "--lot", "EV-A", "--concentration", "1e9")


def ask(folder: Path, user: str, *words: str) -> Ran:
    """Call as somebody with the key, and read JSON."""
    return call(folder, user, *words, "--json", key=True)


def good(ran: Ran) -> Any:
    assert ran.code == 0, ran.out + ran.err
    return ran.json


def refused(ran: Ran, *codes: str) -> str:
    assert (ran.code, ran.codes) == (1, list(codes)), ran.out
    return str(ran.json["errors"][0]["what"])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def enrolled(folder: Path, area: str = "24") -> None:
    """P001 in phase1-A, first dose on 2 June 2026; the pharmacy's lots are in stock."""
    for user, words in (
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", f"participant measure P001 --area {area} --method tracing --by CRC-02 --date 2026-06-01"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    ):
        good(call(folder, user, *words.split(), "--json", key=user == "wang"))


def first_dose(folder: Path, clock: Clock) -> None:
    clock.set(f"{DAY}T01:20:00+00:00")  # 09:20 in Shenzhen
    good(call(folder, "liu", "participant", "anchor", "P001", f"first_dose={DAY}", "--json"))


@pytest.fixture
def study(tmp_path: Path, clock: Clock) -> Path:
    begin(tmp_path, "NCT07203599")
    own_files(tmp_path)
    enrolled(tmp_path)
    first_dose(tmp_path, clock)
    return tmp_path


def prepared(folder: Path, visit: str = "W0", day: str = DAY, *more: str) -> dict[str, Any]:
    """Prepare, thawed at 09:10: the dose is to be used by 12:10."""
    made = good(ask(folder, "wang", "ip", "prepare", "P001", visit, "--thawed-at", f"{day}T09:10", *more))
    return dict(made)


def checked(folder: Path, visit: str = "W0", day: str = DAY) -> int:
    entered = (*CHECK, "--area", "24", "--thawed-at", f"{day}T09:10")
    made = good(ask(folder, "xu", "ip", "check", "P001", visit, *entered))
    assert made["check"]["result"] == "agreed"
    return int(made["event"]["number"])


def handed_out(folder: Path, visit: str = "W0") -> int:
    return int(good(ask(folder, "wang", "ip", "dispense", "P001", visit, "--to", "liu"))["event"]["number"])


def given(folder: Path, visit: str = "W0", *more: str) -> Ran:
    return call(folder, "liu", "ip", "administer", "P001", visit, *more, "--json")


def deviations(folder: Path, user: str, *, key: bool) -> list[tuple[str, str, str]]:
    found = good(call(folder, user, "study", "deviations", "--json", key=key))["deviations"]
    return [(each["visit"], each["deviation"], each["text"]) for each in found if each["deviation"] == "limit"]


LATE = [("W0", "limit", "the dose had to be used by 2026-06-02 12:10+08:00 (R11)")]


def test_a_dose_that_was_given_too_late_is_recorded_and_a_deviation_that_all_see_in_an_open_trial(
    study: Path, clock: Clock
) -> None:
    prepared(study)
    checked(study)
    handed_out(study)
    clock.set(f"{DAY}T04:30:00+00:00")
    event = good(given(study, "W0", "--at", f"{DAY}T12:11"))["event"]
    (late,) = LATE
    assert deviations(study, "wang", key=True) == [late]
    assert deviations(study, "liu", key=False) == [late]
    told = good(call(study, "mo", "study", "deviations", "--json"))
    assert (told["counted"], told["deviations"][0]["event"], told["deviations"][0]["user"]) == (
        1, event["number"], "liu",
    )  # fmt: skip
    corrected = ("participant", "correct", str(event["number"]), "--set", f"when={DAY}T12:10:00+08:00")
    good(call(study, "liu", *corrected, "--reason", "wrong watch", "--json"))  # to the very minute
    assert deviations(study, "liu", key=False) == []


def test_who_gives_a_dose_too_late_in_an_open_trial_hears_it_at_once(study: Path, clock: Clock) -> None:
    prepared(study)
    checked(study)
    handed_out(study)
    clock.set(f"{DAY}T04:30:00+00:00")
    told = call(study, "liu", "ip", "administer", "P001", "W0")
    assert told.code == 0, told.err
    assert "it had to be used by 2026-06-02 12:10+08:00 (R11): a deviation, tell the investigator" in " ".join(
        told.out.split()
    )


def test_in_a_masked_trial_only_who_may_know_the_product_sees_that_a_dose_was_given_too_late(
    tmp_path: Path, clock: Clock
) -> None:
    said: dict[str, list[Ran]] = {}
    for arm, lot, strength in (("group-2", "MSC", ("--concentration", "2e7")), ("placebo", "MEDIUM", ())):
        folder = tmp_path / arm
        folder.mkdir()
        clock.set("2026-06-01T01:00:00+00:00")
        begin(folder)
        own_files(folder)
        (folder / "list.csv").write_text(f"participant,arm\nT001,{arm}\n", encoding="utf-8")
        for user, words in (
            ("liu", "participant consent T001 --form 1.0 --date 2026-06-01"),
            ("liu", "participant enrol T001"),
            ("wang", "participant assign --list list.csv"),
            ("wang", "participant assign T001"),
            ("liu", "participant measure T001 --weight 68 --by CRC-02 --date 2026-06-01"),
            ("liu", "participant anchor T001 symptom_onset=2026-05-31T09:00 first_dose=2026-06-01"),
            ("wang", "ip receive --stock our-example-stock.yaml"),
            ("wang", "ip prepare T001 D0 --thawed-at 2026-06-01T08:30"),
        ):
            good(call(folder, user, *words.split(), "--json", key=user == "wang"))
        entered = ("--arm", arm, "--lot", lot, "--weight", "68", "--thawed-at", "2026-06-01T08:30", *strength)
        good(ask(folder, "xu", "ip", "check", "T001", "D0", *entered))
        good(ask(folder, "wang", "ip", "dispense", "T001", "D0", "--to", "liu"))
        clock.set("2026-06-01T10:00:00+00:00")  # 18:00
        spoken = call(folder, "liu", "ip", "administer", "T001", "D0")
        assert (spoken.code, "had to be used" in spoken.out) == (0, False)
        late = deviations(folder, "wang", key=True)
        assert [(visit, how) for visit, how, _ in late] == [("D0", "limit")]
        assert deviations(folder, "wang", key=False) == []
        assert deviations(folder, "chen", key=True) == []  # masked, whoever holds the key
        said[arm] = [spoken] + [
            call(folder, user, "study", "deviations", *more) for user in ("liu", "mo") for more in ((), ("--json",))
        ]
    assert said["group-2"] == said["placebo"]


CAP = """        caps:
          - {holds: cumulative, at_most: 8.0e9 particles, above: cap, source: {document: record, section: Limits}}
"""


def capped(folder: Path) -> None:
    """A study of NCT07203599 with a cap of 8 × 10⁹ particles over all doses of phase1-A."""
    plain = Path(shipped("NCT07203599.yaml")).read_text("utf-8")
    mark = '        source: {document: record, section: "Study Groups, Group A", words'
    assert plain.count(mark) == 1
    protocol = folder / "NCT07203599.yaml"
    protocol.write_text(plain.replace(mark, CAP + mark), "utf-8")
    site, _ = own_files(folder)
    text = Path(site).read_text("utf-8")
    old, new = (hashlib.sha256(each.encode()).hexdigest() for each in (plain, protocol.read_text("utf-8")))
    staff = "staff: {liu: nurse, wang: pharmacist, xu: pharmacist, chen: investigator, zhao: administrator}"
    Path(site).write_text(text.replace(old, new).replace("\nprotocols:\n", f"\n{staff}\nprotocols:\n", 1), "utf-8")
    (folder / KEY).parent.mkdir(exist_ok=True)
    ran = dosecalc(
        "study", "init", "--protocol", str(protocol), "--site", site, "--study", str(folder / "study.db"),
        "--key-out", str(folder / KEY), "--as", "zhao",
    )  # fmt: skip
    assert ran.code == 0, ran.err


def test_a_cap_over_all_doses_counts_what_earlier_visits_really_got(tmp_path: Path, clock: Clock) -> None:
    # 24 cm² are 24 sites of 10⁸: 2.4 × 10⁹ each at W0, W2, W4, W6. As planned W6 would be cut to 8 - 7.2 = 0.8 × 10⁹.
    # Really: half of W0 (1.2), W2 missed (0), W4 prepared and not yet given (2.4): 3.6, so W6 is whole.
    # Had W2 been given, it would be 1.2 + 2.4 + 2.4 = 6.0, so that 2.0 are left.
    capped(tmp_path)
    enrolled(tmp_path)
    first_dose(tmp_path, clock)
    assert prepared(tmp_path)["worksheet"]["dose"]["total"] == "2400000000"
    checked(tmp_path)
    handed_out(tmp_path)
    good(given(tmp_path, "W0", "--part", "0.5", "--reason", "fainted"))

    clock.set("2026-06-16T01:20:00+00:00")
    booked = ("visit", "book", "P001", "W2", "2026-06-16T09:30", "--json")
    good(call(tmp_path, "liu", *booked))
    clock.set("2026-06-17T01:20:00+00:00")
    good(call(tmp_path, "liu", "visit", "miss", "P001", "W2", "--reason", "ill", "--json"))

    clock.set("2026-06-30T01:20:00+00:00")
    assert prepared(tmp_path, "W4", "2026-06-30")["worksheet"]["dose"]["total"] == "2400000000"
    good(call(tmp_path, "liu", "visit", "attend", "P001", "W4", "2026-06-30", "--json"))
    clock.set("2026-07-14T01:20:00+00:00")
    dose = prepared(tmp_path, "W6", "2026-07-14")["worksheet"]["dose"]
    assert dose["total"] == "2400000000"
    assert dose["derivation"][-1] == (
        "on record of other visits: 3,600,000,000 particles (3.6 billion; 3.6 × 10⁹); "
        "the cap over all doses is 8,000,000,000 particles (8 billion; 8 × 10⁹)"
    )
    checked(tmp_path, "W6", "2026-07-14")  # the second engine counts the same


def test_a_dose_is_cut_to_what_the_record_leaves_and_the_second_engine_agrees(tmp_path: Path, clock: Clock) -> None:
    # Half of W0 and all of W2 and W4: 1.2 + 2.4 + 2.4 = 6.0 × 10⁹, and 2.0 × 10⁹ are left of 8; planned were 0.8.
    capped(tmp_path)
    enrolled(tmp_path)
    first_dose(tmp_path, clock)
    for visit, day in (("W0", DAY), ("W2", "2026-06-16"), ("W4", "2026-06-30")):
        clock.set(f"{day}T01:20:00+00:00")
        prepared(tmp_path, visit, day)
        checked(tmp_path, visit, day)
        handed_out(tmp_path, visit)
        good(given(tmp_path, visit, *(("--part", "0.5", "--reason", "fainted") if visit == "W0" else ())))
    clock.set("2026-07-14T01:20:00+00:00")
    good(call(tmp_path, "liu", "visit", "book", "P001", "W6", "2026-07-14T09:30", "--json"))
    (due,) = good(ask(tmp_path, "wang", "study", "today"))["prepare"]
    assert due["doses"][0]["total"] == "2000000000"
    sheet = prepared(tmp_path, "W6", "2026-07-14")["worksheet"]
    assert sheet["dose"]["total"] == "2000000000"
    assert [each["code"] for each in sheet["warnings"]].count("cap-cumulative") == 1
    checked(tmp_path, "W6", "2026-07-14")


def test_a_weight_on_record_that_no_dose_hangs_on_hides_no_planned_dose(study: Path) -> None:
    measured = ("participant", "measure", "P001", "--weight", "70", "--by", "CRC-02", "--date", "2026-06-01", "--json")
    good(call(study, "liu", *measured))
    (person,) = good(ask(study, "wang", "study", "exposure"))["participants"]
    assert person["not_planned_because"] is None
    assert [each["planned"]["total"] for each in person["doses"]] == ["2400000000"] * 4


def test_after_a_void_the_steps_begin_anew(study: Path) -> None:
    prepared(study)
    checked(study)
    prepared(study, "W0", DAY, "--again", "--reason", "dropped")
    what = refused(ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu"), "DC778")
    assert what == "nobody has checked the dose for W0 of P001 yet"  # the check was of the dose that was dropped
    assert refused(given(study), "DC779") == "the dose for W0 of P001 was not handed out yet"
    checked(study)
    handed_out(study)
    again = ("ip", "prepare", "P001", "W0", "--again", "--reason", "x")
    assert refused(ask(study, "wang", *again), "DC775") == "what was prepared for W0 of P001 has left the pharmacy"


def test_a_preparation_that_is_void_does_not_come_back_beside_its_successor(study: Path) -> None:
    prepared(study)
    events = prepared(study, "W0", DAY, "--again", "--reason", "dropped")["events"]
    void = events[0]["number"]
    what = refused(ask(study, "wang", "participant", "correct", str(void), "--void", "--reason", "x"), "DC927")
    assert what == f"event {void} took out event {void - 1}, and that is not taken back"


def test_the_rest_of_a_dose_that_was_given_in_part_is_not_given_later(study: Path) -> None:
    prepared(study)
    checked(study)
    handed_out(study)
    number = good(given(study, "W0", "--part", "0.5", "--reason", "fainted"))["event"]["number"]
    rest = given(study, "W0", "--part", "0.5", "--reason", "better now")
    assert refused(rest, "DC780") == f"the dose for W0 of P001 was given already (event {number})"
    again = ("ip", "prepare", "P001", "W0", "--again", "--reason", "the rest")
    refused(ask(study, "wang", *again), "DC775")


@pytest.mark.parametrize(
    ("which", "time"),
    [("out", f"{DAY}T09:19"), ("out", f"{DAY}T10:06"), ("given", f"{DAY}T09:39")],
    ids=["handed out before it was prepared", "handed out after it was given", "given before it was handed out"],
)
def test_a_corrected_time_keeps_the_order_of_the_steps(study: Path, clock: Clock, which: str, time: str) -> None:
    # prepared 09:20, checked 09:30, handed out 09:40, given 10:05
    prepared(study)
    clock.set(f"{DAY}T01:30:00+00:00")
    checked(study)
    clock.set(f"{DAY}T01:40:00+00:00")
    numbers = {"out": handed_out(study)}
    clock.set(f"{DAY}T02:05:00+00:00")
    numbers["given"] = good(given(study))["event"]["number"]
    clock.set(f"{DAY}T03:00:00+00:00")

    def correct(time: str) -> Ran:
        number = str(numbers[which])
        return ask(study, "wang", "participant", "correct", number, "--set", f"when={time}:00+08:00", "--reason", "x")

    assert "could not have happened then" in refused(correct(time), "DC779")
    good(correct(f"{DAY}T09:45"))


def test_a_step_is_compared_with_the_time_of_the_one_before_as_corrected(study: Path, clock: Clock) -> None:
    prepared(study)
    checked(study)
    out = handed_out(study)  # 09:20, and really at 09:50
    clock.set(f"{DAY}T02:30:00+00:00")
    good(ask(study, "wang", "participant", "correct", str(out), "--set", f"when={DAY}T09:50:00+08:00", "--reason", "x"))
    what = refused(given(study, "W0", "--at", f"{DAY}T09:45"), "DC779")
    assert what == "the last step of the dose for W0 of P001 was at 2026-06-02 09:50+08:00, after this one"
    good(given(study, "W0", "--at", f"{DAY}T09:55"))


def test_the_day_of_a_preparation_is_not_corrected(study: Path) -> None:
    number = prepared(study)["event"]["number"]
    words = ("participant", "correct", str(number), "--set", "date=2026-06-01", "--reason", "x")
    what = refused(ask(study, "wang", *words), "DC810")
    assert what == f"the day of event {number} stands on its worksheet, which nobody changes"


def test_a_correction_of_a_preparation_takes_the_key(study: Path) -> None:
    number = prepared(study)["event"]["number"]
    words = ("participant", "correct", str(number), "--void", "--reason", "x", "--json")
    refused(call(study, "wang", *words), "DC726")
    good(call(study, "wang", *words, key=True))


def test_nothing_is_prepared_handed_out_or_given_at_a_visit_that_was_missed(study: Path, clock: Clock) -> None:
    prepared(study)
    checked(study)
    good(call(study, "liu", "visit", "book", "P001", "W0", f"{DAY}T09:25", "--json"))
    clock.set(f"{DAY}T02:00:00+00:00")
    good(call(study, "liu", "visit", "miss", "P001", "W0", "--reason", "ill", "--json"))
    out = ("ip", "dispense", "P001", "W0", "--to", "liu")
    assert refused(ask(study, "wang", *out), "DC774") == "W0 is on record as missed"
    again = ("ip", "prepare", "P001", "W0", "--again", "--reason", "x")
    assert refused(ask(study, "wang", *again), "DC774") == "W0 is on record as missed"


def test_a_visit_whose_dose_was_given_was_not_missed(study: Path, clock: Clock) -> None:
    prepared(study)
    checked(study)
    handed_out(study)
    good(call(study, "liu", "visit", "book", "P001", "W0", f"{DAY}T09:20", "--json"))
    clock.set(f"{DAY}T02:00:00+00:00")
    number = good(given(study))["event"]["number"]
    clock.set("2026-06-03T02:00:00+00:00")
    why = f"the dose for W0 of P001 was given on 2026-06-02 (event {number})"
    miss = call(study, "liu", "visit", "miss", "P001", "W0", "--reason", "ill", "--json")
    assert refused(miss, "DC811") == why


def test_a_dose_is_not_given_on_another_day_than_its_visit_took_place(study: Path, clock: Clock) -> None:
    prepared(study)
    checked(study)
    handed_out(study)
    good(call(study, "liu", "visit", "attend", "P001", "W0", DAY, "--json"))
    clock.set("2026-06-03T02:00:00+00:00")
    what = refused(given(study), "DC811")
    assert what == "W0 of P001 took place on 2026-06-02, and its dose would have been given on 2026-06-03"
    good(given(study, "W0", "--at", f"{DAY}T10:00"))


def test_a_dose_is_handed_out_on_the_day_that_it_was_prepared_for(study: Path, clock: Clock) -> None:
    prepared(study)
    checked(study)
    clock.set("2026-06-03T01:20:00+00:00")
    what = ask(study, "wang", "ip", "dispense", "P001", "W0", "--to", "liu")
    assert "DC812" in what.codes
    assert what.json["errors"][0]["what"] == "the dose for W0 of P001 was prepared for 2026-06-02, not for 2026-06-03"
