"""What a study writes: the balance to sign, tables, calendars; who can read the files, and what a full disk leaves."""

from __future__ import annotations

import csv
import errno
import io
import os
import stat
from pathlib import Path

import pytest

from documents.paper import layout
from masked_study import Clock, begin, call
from pharmacy import own_files
from registry.test_faults import a_full_disk
from running import Ran


def _all(folder: Path, *calls: tuple[str, str]) -> None:
    """Call each as the person named; the pharmacist has the key."""
    for user, words in calls:
        ran = call(folder, user, *words.split(), key=user in ("wang", "xu"))
        assert ran.code == 0, (words, ran.err)


def ask(folder: Path, *words: str) -> Ran:
    """Call as the pharmacist with the key."""
    return call(folder, "wang", *words, key=True)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def trial(tmp_path: Path, clock: Clock) -> Path:
    """P001 of the open trial, W0 on 2 June 2026, and the lots of the example stock file."""
    begin(tmp_path, "NCT07203599")
    own_files(tmp_path)
    _all(
        tmp_path,
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001 --cohort phase1-A"),
        ("chen", "participant assign P001 --arm phase1-A"),
        ("liu", "participant measure P001 --area 23.4 --method tracing --by CRC-02 --date 2026-06-01"),
        ("liu", "participant anchor P001 first_dose=2026-06-02"),
        ("liu", "visit book P001 W0 2026-06-02T09:30"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    )
    clock.set("2026-06-02T01:20:00+00:00")  # 09:20 in Shenzhen
    return tmp_path


@pytest.fixture
def masked(tmp_path: Path, clock: Clock) -> Path:
    """P001 of the double-masked trial, in group-2, D0 on 2 June 2026."""
    begin(tmp_path)
    own_files(tmp_path)
    (tmp_path / "list.csv").write_text("participant,arm,kit\nP001,group-2,K-1\n", encoding="utf-8")
    _all(
        tmp_path,
        ("liu", "participant consent P001 --form 1.0 --date 2026-06-01"),
        ("liu", "participant enrol P001"),
        ("liu", "participant measure P001 --weight 68 --by liu --date 2026-06-01"),
        ("wang", "participant assign --list list.csv"),
        ("wang", "participant assign P001"),
        ("liu", "participant anchor P001 symptom_onset=2026-05-31T20:00 first_dose=2026-06-02T09:30"),
        ("liu", "visit book P001 D0 2026-06-02T09:30"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
    )
    clock.set("2026-06-02T01:20:00+00:00")
    return tmp_path


# --- the balance ---


def test_lot_product_and_expiry_stand_side_by_side_on_the_balance(trial: Path) -> None:
    assert ask(trial, "ip", "balance", "--out", "b.pdf").code == 0
    lines = layout((trial / "b.pdf").read_bytes())
    assert "EV-A hUCMSC-sEV 2027-12-31 60 0 0 0 0 0 0 60" in lines
    assert (
        "Lot Product Expiry Received Prepared Dispensed Given Returned Sent back Destroyed Left Counted" in lines
    )  # fmt: skip
    assert "Printed name Signature Date Time" in lines


def test_the_head_of_the_study_stands_on_the_first_page_of_the_balance(trial: Path) -> None:
    assert ask(trial, "ip", "balance", "--out", "b.pdf").code == 0
    lines = layout((trial / "b.pdf").read_bytes())
    head = ask(trial, "study", "head", "--json").json["head"]["hash"]
    assert lines.index(f"Head of the study {head}") < lines.index("Lot EV-A")


def test_the_title_of_a_lot_says_that_it_is_in_quarantine(trial: Path) -> None:
    _all(trial, ("wang", "ip quarantine EV-B --reason freezer"))
    assert ask(trial, "ip", "balance", "--out", "b.pdf").code == 0
    assert "Lot EV-B, IN QUARANTINE: freezer" in layout((trial / "b.pdf").read_bytes())


def test_the_table_on_the_terminal_leaves_out_places_where_no_vial_is(trial: Path) -> None:
    out = ask(trial, "ip", "balance", "EV-A").out.splitlines()
    assert out[0].split() == ["Lot", "Product", "Received", "Left"]
    assert ask(trial, "ip", "prepare", "P001", "W0", "--thawed-at", "2026-06-02T09:10").code == 0
    out = ask(trial, "ip", "balance", "EV-A").out.splitlines()
    assert out[0].split() == ["Lot", "Product", "Received", "Prepared", "Left"]
    assert out[2].split() == ["EV-A", "hUCMSC-sEV", "60", "3", "57"]


# --- who can read what is written ---


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()}


def test_in_a_masked_trial_what_shows_an_arm_is_readable_by_its_owner_alone(masked: Path) -> None:
    old = os.umask(0o022)
    try:
        made = ask(masked, "ip", "prepare", "P001", "D0", "--thawed-at", "2026-06-02T09:10", "--out", "papers")
        assert made.code == 0, made.err
        for words in (
            ("ip", "balance", "--out", "balance.pdf"),
            ("study", "codebreak", "--out", "cards.pdf"),
            ("study", "exposure", "--csv", "exposure.csv"),
            ("study", "deviations", "--csv", "with-key.csv"),
        ):
            assert ask(masked, *words).code == 0, words
        assert call(masked, "liu", "study", "deviations", "--csv", "without-key.csv").code == 0
    finally:
        os.umask(old)
    found = modes(masked / "papers")
    assert {name: mode for name, mode in found.items() if mode != 0o600} == {
        "P001-D0-label-masked.pdf": 0o644,
        "P001-D0-label-masked.html": 0o644,
    }
    assert len(found) == 7
    found = modes(masked)
    assert {found[name] for name in ("balance.pdf", "cards.pdf", "exposure.csv", "with-key.csv")} == {0o600}
    assert found["without-key.csv"] == 0o644


def test_in_an_open_trial_files_are_as_the_system_makes_them(trial: Path) -> None:
    old = os.umask(0o022)
    try:
        assert ask(trial, "ip", "prepare", "P001", "W0", "--thawed-at", "2026-06-02T09:10", "--out", "papers").code == 0
        assert ask(trial, "ip", "balance", "--out", "balance.pdf").code == 0
    finally:
        os.umask(old)
    assert set(modes(trial / "papers").values()) == {0o644} == {modes(trial)["balance.pdf"]}


# --- deviations as a table ---


def test_deviations_are_a_table_for_the_statistician_with_the_keys_of_the_json(trial: Path, clock: Clock) -> None:
    clock.set("2026-06-30T01:20:00+00:00")
    _all(
        trial,
        ("liu", "visit attend P001 W0 2026-06-02T10:05"),
        ("liu", "visit miss P001 W2 --reason ill,home"),
    )
    ran = call(trial, "liu", "study", "deviations", "--csv", "deviations.csv", "--json")
    data = (trial / "deviations.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert ran.json["files"][0]["path"] == "deviations.csv"
    assert [list(row) for row in rows] == [list(each) for each in ran.json["deviations"]]
    (missed,) = [row for row in rows if row["deviation"] == "missed"]
    assert (missed["participant"], missed["visit"], missed["counted"]) == ("P001", "W2", "yes")
    assert missed["reason"] == "ill,home"
    assert "Written: deviations.csv" in call(trial, "liu", "study", "deviations", "--csv", "deviations.csv").out


# --- a full disk ---


def test_calendars_that_a_full_disk_refuses_leave_no_folder(trial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    ran = call(trial, "liu", "study", "calendars", "--out", "new/deep", "--json")
    assert ran.codes == ["DC602"]
    assert not (trial / "new").exists()


def test_a_backup_is_never_written_over_a_file_and_says_which_option_names_another(trial: Path) -> None:
    (trial / "back.db").write_bytes(b"mine")
    ran = call(trial, "liu", "study", "backup", "--out", "back.db")
    assert ran.code == 1
    assert ran.err == "DC701 back.db is there already; name another file with --out for the copy\n"
    assert (trial / "back.db").read_bytes() == b"mine"


@pytest.mark.parametrize("size", [0, 4096, 20000])
def test_on_a_full_disk_everything_can_still_be_read(trial: Path, size: int) -> None:
    for words in (("study", "today"), ("participant", "show", "P001"), ("study", "verify"), ("study", "head")):
        with a_full_disk(size):
            ran = call(trial, "liu", *words, "--json")
        assert ran.code == 0, (words, ran.err)
    with a_full_disk(size):
        booked = call(trial, "liu", "visit", "book", "P001", "W2", "2026-06-16T09:30", "--json")
    assert booked.codes == ["DC705"]
    assert call(trial, "liu", "visit", "book", "P001", "W2", "2026-06-16T09:30").code == 0


# --- what people read ---


def test_the_history_says_what_was_recorded_as_it_can_be_corrected(trial: Path) -> None:
    _all(trial, ("liu", "participant correct 5 --set by=CRC-03 --reason typo"))
    ran = call(trial, "liu", "participant", "show", "P001")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "7 a booking W0 when=2026-06-02T09:30 2026-06-01 09:00 liu (nurse)" in lines
    assert (
        "5 a measurement by=CRC-02; date=2026-06-01; method=tracing; unit=cm²; values=23.4; what=area "
        "2026-06-01 09:00 liu (nurse)"
    ) in lines
    assert "12 a correction of event 5 by=CRC-03; reason=typo 2026-06-02 09:20 liu (nurse)" in lines
    assert "W0 2026-06-02 2026-06-02 – 2026-06-02 2026-06-02 09:30 booked" in lines


def test_what_was_entered_later_than_it_happened_says_both_times(trial: Path) -> None:
    _all(trial, ("liu", "visit cancel P001 W0 --yes --reason flu --at 2026-06-02T08:00"))
    out = " ".join(call(trial, "liu", "participant", "show", "P001").out.split())
    assert "was=2026-06-02T09:30; reason=flu 2026-06-02 08:00, entered 2026-06-02 09:20 liu (nurse)" in out


def test_a_masked_history_says_no_arm(masked: Path) -> None:
    for key in (False, True):
        out = call(masked, "liu", "participant", "show", "P001", key=key).out
        assert "group-2" not in out
        assert "K-1" not in out
    out = " ".join(ask(masked, "participant", "show", "P001").out.split())
    assert "assignment arm=group-2; kit=K-1" in out


def test_the_list_writes_a_time_as_people_do(masked: Path) -> None:
    (line,) = [line for line in call(masked, "liu", "participant", "list").out.splitlines() if "P001" in line]
    assert line.split("  ")[-1].strip() == "2026-06-02 09:30"


def test_a_head_says_which_of_the_two_it_is(masked: Path) -> None:
    public = call(masked, "liu", "study", "head").out.splitlines()
    whole = ask(masked, "study", "head").out.splitlines()
    assert public[1] == "This is the public head, over what everybody may see; with the key there is another one."
    assert whole[1] == "This is the head over everything, what is sealed included; masked people see another one."
    assert public[0].split(":")[0] == whole[0].split(":")[0]
    assert public[0] != whole[0]
    for head in (public[0], whole[0]):
        assert call(masked, "mo", "study", "verify", "--head", head).code == 0
    assert public[1] in call(masked, "liu", "study", "today").out
    assert whole[1] in ask(masked, "study", "today").out


def test_in_an_open_trial_there_is_one_head(trial: Path) -> None:
    assert len(call(trial, "liu", "study", "head").out.splitlines()) == 1
    assert call(trial, "liu", "study", "head").out == ask(trial, "study", "head").out


def test_a_dose_of_the_day_stands_there_once_though_its_visit_took_place(trial: Path) -> None:
    _all(trial, ("liu", "visit attend P001 W0 2026-06-02"))
    assert [each["visit"] for each in ask(trial, "study", "today", "--json").json["prepare"]] == ["W0"]


@pytest.mark.parametrize(
    "words",
    ["study today", "study week", "study head", "participant list", "participant show P001", "study calendars --out x"],
)
def test_what_will_be_known_on_a_day_to_come_is_not_answered(trial: Path, words: str) -> None:
    ran = call(trial, "liu", *words.split(), "--as-of", "2026-06-03")
    assert ran.err == (
        "DC855 2026-06-03 is still to come, and nobody knows what will be known then; give today or an earlier day "
        "with --as-of\n"
    )
    assert call(trial, "liu", *words.split(), "--as-of", "2026-06-02").code == 0


# --- holds ---


@pytest.mark.parametrize(
    ("scope", "what"),
    [
        (("study",), "the whole study"),
        (("level", "--target", "phase1-A"), "level phase1-A"),
        (("participant", "--target", "P001"), "participant P001"),
    ],
)
def test_a_hold_is_said_wherever_somebody_plans_a_visit(trial: Path, scope: tuple[str, ...], what: str) -> None:
    _all(trial, ("chen", " ".join(("study hold --reason rash --scope", *scope))))
    said = f"DOSES ARE ON HOLD for {what}, since event 12: rash"
    for words in (("study", "today"), ("study", "week")):
        assert said in call(trial, "liu", *words).out.splitlines()
        (held,) = call(trial, "liu", *words, "--json").json["holds"]
        assert (held["scope"], held["reason"], held["event"]) == (scope[0], "rash", 12)
    assert "DOSES ARE ON HOLD: rash" in call(trial, "liu", "participant", "show", "P001").out
    assert "on hold: rash" in call(trial, "liu", "participant", "list").out
    assert call(trial, "liu", "participant", "list", "--json").json["participants"][0]["held"] == "rash"
    booked = call(trial, "liu", "visit", "book", "P001", "W2", "2026-06-16T09:30")
    assert booked.code == 0, booked.err
    assert f"Mind: doses are on hold for {what}, since event 12: rash" in booked.out
    late = call(trial, "liu", "visit", "book", "P001", "W24", "2026-11-17T09:30")
    assert "on hold" not in late.out  # no dose is given then
    before = call(trial, "liu", "study", "today", "--as-of", "2026-06-02T09:00", "--json")
    assert before.json["holds"] == []
    assert "on hold" not in call(trial, "liu", "participant", "list", "--as-of", "2026-06-02T09:00").out


def test_a_hold_in_a_masked_trial_is_said_to_masked_people(masked: Path) -> None:
    _all(masked, ("chen", "study hold --reason rash --scope participant --target P001"))
    assert "DOSES ARE ON HOLD for participant P001" in call(masked, "liu", "study", "today").out
    booked = call(masked, "liu", "visit", "book", "P001", "D7", "2026-06-09T09:30")
    assert "Mind: doses are on hold for participant P001, since event" in booked.out


# --- words that say what is meant ---


def test_an_amendment_of_the_site_s_answers_alone_says_so(trial: Path) -> None:
    site = trial / "our-example.yaml"
    staffed = site.read_text(encoding="utf-8")
    staff = "staff:\n  liu: nurse\n  wang: pharmacist\n  chen: investigator\n  zhao: administrator\n\nprotocols:\n"
    if "\nstaff:" not in staffed:
        site.write_text(staffed.replace("\nprotocols:\n", f"\n{staff}", 1), encoding="utf-8")
    words = (
        "--protocol",
        "NCT07203599",
        "--site",
        "our-example.yaml",
        "--effective",
        "2026-06-03",
        "--reconsent",
        "no",
    )
    ran = call(trial, "zhao", "study", "amend", *words, "--reason", "new rota", "--yes")
    assert ran.code == 0, ran.err
    assert "The protocol stays version registry-2025-12-02; only the site's answers change:" in ran.out
    assert "The site's new answers hold from 2026-06-03" in ran.out
    assert "From version" not in ran.out


def test_a_nurse_who_imports_the_allocation_list_is_sent_to_the_pharmacist(masked: Path) -> None:
    ran = call(masked, "liu", "participant", "assign", "--list", "list.csv")
    assert ran.err == (
        "DC723 your role, nurse, does not record this: the allocation list; ask one of these to record it: pharmacist\n"
    )


def test_a_method_that_the_site_refuses_is_not_offered(trial: Path) -> None:
    words = ("participant", "measure", "P001", "--area", "3", "--by", "C", "--date", "2026-06-01", "--method", "length")
    ran = call(trial, "liu", *words)
    assert ran.err.endswith("; write one of: ellipse, tracing, planimetry, polygon\n")
    rectangle = call(trial, "liu", *words[:-1], "rectangle", "--json")
    assert rectangle.codes == ["DC315"]
