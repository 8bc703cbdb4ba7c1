"""Feeds: names that nobody can guess, files that follow the study, and folders that are refused."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clinic_at_work import DELIVERY, SITE, Clinic, delivering_site
from dosecalc.app import study
from ics.checks import check_calendar, check_versions

if TYPE_CHECKING:
    from running import Ran

NAME = re.compile(r"[a-z2-7]{32}\.ics")  # 32 signs of 5 bits: 160 bits
PRIVATE = ("NCT0", "(?i)exosome|外泌体", "phase1", "(?i)particle")


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    return Clinic(tmp_path, monkeypatch, delivering_site(tmp_path))


def write(clinic: Clinic, out: str = "feeds") -> dict[str | None, Path]:
    """Write the feeds, and return the file of each participant, and the clinic's under None."""
    ran = clinic.call("feed", "write", "--out", out, "--json")
    assert ran.code == 0, ran.err
    return {each["participant"]: Path(each["path"]) for each in ran.json["feeds"]}


def written(ran: Ran) -> list[str | None]:
    assert ran.code == 0, ran.err
    return [each["participant"] for each in ran.json["feeds"] if each["written"]]


def test_each_participant_and_the_clinic_get_a_file_under_a_name_that_says_nothing(
    clinic: Clinic, tmp_path: Path
) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    found = write(clinic)
    assert list(found) == ["P001", "P002", None]
    names = [path.name for path in found.values()]
    assert len(set(names)) == 3
    assert all(NAME.fullmatch(name) for name in names)
    assert sorted(path.name for path in Path("feeds").iterdir()) == sorted(names)
    events = check_calendar(found["P001"], tmp_path, forbid=PRIVATE)
    assert len(events) == 7
    assert len(check_calendar(found[None], tmp_path)) == 14


def test_a_feed_says_how_often_to_look_and_is_else_the_file_that_is_handed_out(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    feed, handed_out = write(clinic)["P001"].read_bytes(), clinic.file("out").read_bytes()
    for line in (b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H", b"\r\nX-PUBLISHED-TTL:PT1H"):
        assert feed.count(line) == 1
        feed = feed.replace(line, b"")
    assert feed == handed_out
    assert b"METHOD" not in feed
    assert b"BEGIN:VALARM" in feed


def test_the_same_study_writes_the_same_names_and_leaves_what_did_not_change_alone(clinic: Clinic) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    first = write(clinic)
    before = {path.name: (path.read_bytes(), path.stat().st_ino) for path in first.values()}
    assert written(clinic.call("feed", "write", "--out", "feeds", "--json")) == []
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    ran = clinic.call("feed", "write", "--out", "feeds", "--json")
    assert written(ran) == ["P001", None]
    assert ran.json["events"] == []  # all had their names
    still = first["P002"]
    assert (still.read_bytes(), still.stat().st_ino) == before[still.name]
    elsewhere = write(clinic, "other")
    assert {code: path.name for code, path in elsewhere.items()} == {code: path.name for code, path in first.items()}
    assert all(Path("other", path.name).read_bytes() == path.read_bytes() for path in first.values())


def test_names_come_from_the_chance_that_the_session_is_given(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.begin()
    drawn: list[int] = []

    def chance(count: int) -> bytes:
        drawn.append(count)
        return bytes([len(drawn)]) * count

    opened = study.open_study
    monkeypatch.setattr(study, "open_study", lambda *words, **more: opened(*words, **more, chance=chance))
    names = [path.name for path in write(clinic).values()]
    # 20 octets of 1 are, five bits at a time, 00000 00100 00000 10000 00010 00000 01000 00001 ...
    assert drawn == [20, 20]
    assert names[0] == "aeaqcaibaeaqcaibaeaqcaibaeaqcaib.ics"


def test_a_moved_and_a_cancelled_visit_follow_in_the_same_file(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    path = write(clinic)["P001"]
    booked = path.read_bytes()
    clinic.do("visit", "move", "P001", "W2", "2026-03-17T10:00", "--yes")
    assert write(clinic)["P001"] == path
    moved = path.read_bytes()
    check_versions(booked, moved)
    clinic.do("visit", "cancel", "P001", "W2", "--reason", "travels")
    write(clinic)
    check_versions(moved, path.read_bytes())
    assert b"STATUS:CANCELLED" in path.read_bytes()
    check_calendar(path, tmp_path, forbid=PRIVATE)


def test_a_revoked_feed_goes_at_the_next_write_and_its_name_is_never_used_again(clinic: Clinic) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    first = write(clinic)
    ran = clinic.call("feed", "revoke", "P001", "--reason", "telephone lost")
    assert ran.code == 0, ran.err
    assert "The feed of participant P001 is revoked; its name is never used again." in ran.out
    assert "Now call `feed write`; where the site's rules allow no feeds any more, delete the file yourself." in ran.out
    assert f" Until then {first['P001'].name} stays on the web server." in ran.out
    assert "A phone that subscribed keeps what it has until the calendar is deleted there: ask for that." in ran.out
    assert first["P001"].exists()
    ran = clinic.call("feed", "write", "--out", "feeds", "--json")
    assert ran.json["removed"] == [first["P001"].name]
    assert [each["participant"] for each in ran.json["feeds"]] == ["P002", None]  # no new name by itself
    assert not first["P001"].exists()
    again = clinic.call("feed", "open", "P001", "--json").json["feed"]
    assert again["file"] != first["P001"].name
    now = write(clinic)
    assert now["P001"].name == again["file"]
    assert now["P002"] == first["P002"]
    listed = clinic.call("feed", "list", "--json").json["feeds"]
    assert [(each["participant"], each["open"], each["revoked"]) for each in listed] == [
        ("P001", False, "telephone lost"), ("P002", True, None), (None, True, None), ("P001", True, None),
    ]  # fmt: skip


def test_the_clinics_feed_is_revoked_by_that_word(clinic: Clinic) -> None:
    clinic.begin()
    old = write(clinic)[None]
    clinic.do("feed", "revoke", "clinic", "--reason", "the address was forwarded")
    clinic.do("feed", "open", "clinic")
    new = write(clinic)[None]
    assert new != old
    assert not old.exists()
    assert "revoked on 2026-03-02: the address was forwarded" in clinic.call("feed", "list").out


def test_who_withdraws_sees_cancelled_items_until_the_feed_is_revoked(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    path = write(clinic)["P001"]
    clinic.do("participant", "withdraw", "P001", "--date", "2026-03-02", "--reason", "moves away", "--yes")
    assert write(clinic)["P001"] == path
    assert {event["status"] for event in check_calendar(path, tmp_path)} == {"CANCELLED"}
    clinic.do("feed", "revoke", "P001", "--reason", "has left the study")
    assert "P001" not in write(clinic)


def test_who_withdrew_before_the_first_feeds_gets_none(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("participant", "withdraw", "P001", "--date", "2026-03-02", "--reason", "moves away", "--yes")
    assert list(write(clinic)) == [None]


def test_a_file_that_somebody_changed_is_written_anew(clinic: Clinic) -> None:
    clinic.begin()
    path = write(clinic)["P001"]
    right = path.read_bytes()
    path.write_bytes(right.replace(b"SUMMARY:", b"SUMMARY:?"))
    assert written(clinic.call("feed", "write", "--out", "feeds", "--json")) == ["P001"]
    assert path.read_bytes() == right


@pytest.mark.skipif(os.name != "posix", reason="whether a process runs is asked as POSIX does")
def test_what_a_killed_call_left_behind_is_cleared_away_and_what_another_is_writing_is_not(clinic: Clinic) -> None:
    clinic.begin()
    path = write(clinic)["P001"]
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    left, at_work = (path.with_name(f".{path.name}.{number}-0.part") for number in (ended.pid, os.getpid()))
    for each in (left, at_work):
        each.write_bytes(b"BEGIN:VCALENDAR")
    ran = clinic.call("feed", "write", "--out", "feeds", "--json")
    assert ran.code == 0, ran.err
    assert (left.exists(), at_work.exists()) == (False, True)
    assert ran.json["removed"] == []


# --- refused --------------------------------------------------------------------------------------------------------


def refused(ran: Ran, code: str, *words: str) -> None:
    assert ran.code == 1, ran.out
    assert ran.err.startswith(code), ran.err
    assert [word for word in words if word not in ran.err] == [], ran.err


def test_nothing_is_written_until_the_site_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = Clinic(tmp_path, monkeypatch)
    clinic.begin()
    for words in (("feed", "write", "--out", "feeds"), ("feed", "open", "P001")):
        ran = clinic.call(*words)
        refused(ran, "DC896", "the site's rules do not allow this: the site file has no delivery.feeds")
    assert not Path("feeds").exists()
    assert clinic.call("feed", "list").out.splitlines()[0] == "This study has no feeds yet; `feed write` makes them."


def test_an_example_site_file_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Path(SITE).read_text(encoding="utf-8").replace("\nprotocols:", f"{DELIVERY}\nprotocols:")
    (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    clinic = Clinic(tmp_path, monkeypatch, str(tmp_path / "site.yaml"))
    clinic.begin()
    refused(clinic.call("feed", "write", "--out", "feeds"), "DC896", "the site file is an example")


def test_an_earlier_day_brings_no_permission_back(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    assert write(clinic)
    off = Path(delivering_site(tmp_path, "\n"))
    clinic.do("study", "amend", "--protocol", "NCT07203599", "--site", str(off), "--effective", "2026-03-03",
              "--reconsent", "no", "--reason", "no feeds any more", "--yes")  # fmt: skip
    clinic.time = clinic.time.replace(day=4)
    ran = clinic.call("feed", "write", "--out", "feeds", "--at", "2026-03-02T12:00")
    refused(ran, "DC896", "the site file has no delivery.feeds")
    clinic.do("feed", "revoke", "P001", "--reason", "no feeds any more")  # this is always possible


@pytest.mark.skipif(os.name != "posix", reason="the rights of others are those of POSIX")
@pytest.mark.parametrize("mode", [0o755, 0o704, 0o703])
def test_a_folder_that_others_may_list_or_change_is_refused(clinic: Clinic, mode: int) -> None:
    clinic.begin()
    Path("feeds").mkdir()
    Path("feeds").chmod(mode)
    events = clinic.call("study", "head", "--json").json["head"]["number"]
    ran = clinic.call("feed", "write", "--out", "feeds")
    refused(ran, "DC891", "everyone on this machine may list or change the folder feeds", "chmod o-rw feeds")
    assert list(Path("feeds").iterdir()) == []
    assert clinic.call("study", "head", "--json").json["head"]["number"] == events  # nobody got a name, either


@pytest.mark.skipif(os.name != "posix", reason="the rights of others are those of POSIX")
def test_the_folder_that_is_made_can_be_read_by_name_and_not_be_listed(clinic: Clinic) -> None:
    clinic.begin()
    before = os.umask(0o022)
    try:
        path = write(clinic, "www/feeds")["P001"]
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("www/feeds").stat().st_mode) == 0o711
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert write(clinic, "www/feeds/")["P001"].exists()


def test_a_folder_that_holds_what_no_feed_wrote_is_refused(clinic: Clinic) -> None:
    clinic.begin()
    path = write(clinic)["P001"]
    for name in ("index.html", "b.ics", "c.ics", "d.ics"):
        path.with_name(name).write_text("x")
    ran = clinic.call("feed", "write", "--out", "feeds")
    refused(ran, "DC893", "feeds holds what no feed of this study wrote: b.ics, c.ics, d.ics …")
    assert len(list(Path("feeds").iterdir())) == 6


def test_a_folder_of_another_study_is_refused(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.begin()
    write(clinic)
    monkeypatch.setenv("DOSECALC_STUDY", "another.db")
    monkeypatch.setenv("DOSECALC_KEY", "pharmacy/another.key")
    clinic.do("study", "init", "--protocol", "NCT07203599", "--site", clinic.site, "--key-out", "pharmacy/another.key")
    refused(clinic.call("feed", "write", "--out", "feeds"), "DC893", "holds what no feed of this study wrote")


@pytest.mark.parametrize("out", ["link", "link/"])
def test_a_link_is_refused_as_folder_and_as_file(clinic: Clinic, out: str) -> None:
    clinic.begin()
    path = write(clinic)["P001"]
    Path("link").symlink_to("feeds")
    refused(clinic.call("feed", "write", "--out", out), "DC892", "is a link to another folder")
    path.rename("elsewhere.ics")
    path.symlink_to(Path("elsewhere.ics").absolute())
    refused(clinic.call("feed", "write", "--out", "feeds"), "DC893", path.name)


def test_a_file_is_no_folder(clinic: Clinic) -> None:
    clinic.begin()
    Path("feeds").write_text("x")
    refused(clinic.call("feed", "write", "--out", "feeds"), "DC605", "feeds is not a folder")


def test_a_full_disk_leaves_every_file_as_it_was(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    before = {path: path.read_bytes() for path in write(clinic).values()}
    clinic.do("participant", "anchor", "P001", "first_dose=2026-03-03T08:30", "--yes", "--reason", "a day later")
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused(clinic.call("feed", "write", "--out", "feeds"), "DC602", "the disk is full")
    assert {path: path.read_bytes() for path in Path("feeds").iterdir()} == before


def test_a_feed_is_opened_once_and_revoked_once(clinic: Clinic) -> None:
    clinic.begin()
    refused(clinic.call("feed", "revoke", "P001", "--reason", "x"), "DC895", "participant P001 has no feed that could")
    write(clinic)
    refused(clinic.call("feed", "open", "P001"), "DC894", "participant P001 has a feed already", "feed revoke P001")
    refused(clinic.call("feed", "revoke", "P001"), "DC709", "write why the feed ends: --reason TEXT")
    clinic.do("feed", "revoke", "clinic", "--reason", "forwarded")
    refused(clinic.call("feed", "revoke", "clinic", "--reason", "x"), "DC895", "the clinic has no feed that could be")
    refused(clinic.call("feed", "revoke", "P009", "--reason", "x"), "DC737", "this study has no participant P009")


def test_who_may_not_give_names_writes_the_files_of_those_that_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = "\nstaff: {zhao: administrator, liu: nurse, mo: monitor}\n"
    clinic = Clinic(tmp_path, monkeypatch, delivering_site(tmp_path, DELIVERY + staff))
    clinic.do("study", "init", "--protocol", "NCT07203599", "--site", clinic.site, "--key-out", "pharmacy/k.key")
    refused(
        clinic.call("feed", "write", "--out", "feeds", "--as", "mo"),
        "DC723", "your role, monitor, does not record this: the name of a feed",
    )  # fmt: skip
    assert not Path("feeds").exists()
    clinic.do("feed", "write", "--out", "feeds", "--as", "liu")
    clinic.do("feed", "write", "--out", "again", "--as", "mo")


def test_feeds_of_a_masked_trial_depend_on_no_arm(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = study.open_study
    found: list[tuple[dict[str, bytes], Any]] = []
    for arm in ("group-1", "placebo"):
        folder = tmp_path_factory.mktemp(arm)
        site = Clinic(folder, monkeypatch, delivering_site(folder))
        site.begin("NCT07084012", None)
        Path("list.csv").write_text(f"participant,arm\nP001,{arm}\n", encoding="utf-8")
        site.do("participant", "assign", "--list", "list.csv")
        site.do("participant", "assign", "P001")
        site.do("visit", "book", "P001", "D7", "2026-03-09T09:30")
        drawn: list[int] = []

        def chance(count: int, drawn: list[int] = drawn) -> bytes:
            drawn.append(count)
            return bytes([len(drawn)]) * count

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(study, "open_study", lambda *w, c=chance, **more: opened(*w, **more, chance=c))
            ran = site.call("feed", "write", "--out", "feeds", "--json")
        kept = [{**event, "hash": "", "public_hash": ""} for event in ran.json["events"]]
        found.append(({path.name: path.read_bytes() for path in Path("feeds").iterdir()}, kept))
    assert len(found[0][0]) == 2
    assert found[0] == found[1]


def test_a_study_that_moves_keeps_its_names(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.begin()
    before = {code: path.name for code, path in write(clinic).items()}
    clinic.do("study", "verify")
    clinic.do("study", "export", "--out", "study.jsonl")
    clinic.do("study", "import", "study.jsonl", "--study", "moved.db")
    monkeypatch.setenv("DOSECALC_STUDY", "moved.db")
    assert {code: path.name for code, path in write(clinic, "moved").items()} == before
