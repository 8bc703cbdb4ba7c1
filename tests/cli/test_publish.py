"""Calendars on a real calendar server: what a phone that looks there sees, step after step."""

from __future__ import annotations

import datetime as dt
import os
import re
import urllib.error
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from caldav_server import Account, Event
from dosecalc.app import settings, shipped
from dosecalc.app import study as sessions
from pharmacy import own_files
from publishing.fake import empty, serving
from running import dosecalc

if TYPE_CHECKING:
    from running import Ran

ALLOWED = """delivery:
  caldav:
    confirmed: {document: Data protection plan, section: "3.2", by: Zhao Lei, date: 2026-02-16}
"""
OWN, CLINIC = "到院访视 P001", "试验访视 NCT07203599"
ENGLISH = "Clinic visits P001"


class Clinic:
    """A site with one study, an account on a calendar server, and a clock that goes on by a minute with every call."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, account: Account) -> None:
        self.folder, self.account = folder, account
        self.time = dt.datetime(2026, 3, 1, 1, 0, tzinfo=dt.UTC)
        patch.chdir(folder)
        patch.setenv("DOSECALC_STUDY", "s.db")
        patch.setenv("DOSECALC_USER", "zhao")
        for module in (settings, sessions):
            patch.setattr(module, "now", lambda: self.time)
        self.password_file("password", f"{account.password}\n")

    def password_file(self, name: str, text: str, mode: int = 0o600) -> str:
        Path(name).write_text(text, encoding="utf-8")
        os.chmod(name, mode)
        return name

    def call(self, *words: str) -> Ran:
        self.time += dt.timedelta(minutes=1)
        return dosecalc(*words)

    def do(self, *words: str) -> Ran:
        ran = self.call(*words)
        assert ran.code == 0, ran.err
        return ran

    def begin(self, *codes: str, protocol: str = "NCT07203599", arm: str = "phase1-A", delivery: str = ALLOWED) -> None:
        site = Path(own_files(self.folder)[0])
        text = site.read_text(encoding="utf-8").replace("\nprotocols:\n", f"\n{delivery}protocols:\n", 1)
        site.write_text(text, encoding="utf-8")
        key = ("--key", "pharmacy/k.key")
        Path("pharmacy").mkdir()
        self.do("study", "init", "--protocol", protocol, "--site", str(site), "--key-out", key[1])
        for code in codes or ("P001",):
            self.do("participant", "consent", code, "--form", "1.0", "--date", "2026-03-01")
            self.do("participant", "enrol", code, *(("--cohort", arm) if arm == "phase1-A" else ()))
            if arm == "phase1-A":
                self.do("participant", "assign", code, "--arm", arm, *key)
            else:
                Path("pharmacy/list.csv").write_text(f"participant,arm\n{code},{arm}\n", encoding="utf-8")
                self.do("participant", "assign", "--list", "pharmacy/list.csv", *key)
                self.do("participant", "assign", code, *key)
        self.time = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
        for code in codes or ("P001",):
            self.do("participant", "anchor", code, "first_dose=2026-03-02T08:30")

    def publish(self, *more: str, url: str | None = None, password: str = "password") -> Ran:
        account = ("--url", url or self.account.url, "--user", self.account.name, "--password-file", password)
        return self.call("publish", *account, *more)

    def changes(self, *more: str) -> dict[str, int]:
        """What a run that finds nothing wrong does, counted."""
        ran = self.publish("--json", *more)
        assert ran.code == 0, ran.err
        found: dict[str, int] = {}
        for calendar in ran.json["calendars"]:
            for item in calendar["items"]:
                found[item["change"]] = found.get(item["change"], 0) + 1
        return found

    def week(self, number: int, calendar: str = OWN) -> Event:
        (found,) = [event for event in self.account.events(calendar) if f"第 {number} 周" in event.summary]
        return found


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calendar_account: Account) -> Clinic:
    return Clinic(tmp_path, monkeypatch, calendar_account)


def test_each_participant_and_the_clinic_have_a_calendar_of_their_own(clinic: Clinic) -> None:
    clinic.begin("P001", "P002")
    ran = clinic.publish()
    assert ran.code == 0, ran.err
    assert sorted(clinic.account.calendars()) == sorted([OWN, "到院访视 P002", CLINIC])
    assert len(clinic.account.events(OWN)) == 7
    assert len(clinic.account.events(CLINIC)) == 14


def test_a_second_run_writes_nothing_and_a_moved_visit_is_one_file_in_each_calendar(clinic: Clinic) -> None:
    clinic.begin("P001", "P002")
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    assert clinic.changes() == {"new": 28}
    before = {event.url: event.etag for name in (OWN, CLINIC) for event in clinic.account.events(name)}
    assert clinic.changes() == {}
    clinic.do("visit", "move", "P001", "W2", "2026-03-17T10:00", "--yes")
    assert clinic.changes() == {"changed": 2}
    after = {event.url: event.etag for name in (OWN, CLINIC) for event in clinic.account.events(name)}
    assert after.keys() == before.keys()
    assert {url for url, etag in after.items() if before[url] != etag} == {
        clinic.week(2).url, next(each.url for each in clinic.account.events(CLINIC) if each.text.count("20260317T1000"))
    }  # fmt: skip
    assert clinic.changes() == {}


def test_a_visit_lives_on_the_server_as_it_does_in_the_study(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    clinic.publish()
    booked = clinic.week(2)
    assert (str(booked.start), booked.status, booked.sequence) == ("2026-03-16 09:30:00+08:00", "CONFIRMED", 1)
    clinic.do("visit", "move", "P001", "W2", "2026-03-17T10:00", "--yes")
    clinic.publish()
    moved = clinic.week(2)
    assert (moved.url, str(moved.start), moved.sequence) == (booked.url, "2026-03-17 10:00:00+08:00", 2)
    clinic.do("visit", "cancel", "P001", "W2", "--reason", "travels")
    clinic.publish()
    cancelled = clinic.week(2)
    assert (cancelled.url, cancelled.status, cancelled.sequence) == (booked.url, "CANCELLED", 3)
    assert cancelled.summary.startswith("【已取消】")
    clinic.do("visit", "book", "P001", "W2", "2026-03-18T09:30")
    clinic.publish()
    again = clinic.week(2)
    assert (again.url, str(again.start), again.status) == (booked.url, "2026-03-18 09:30:00+08:00", "CONFIRMED")
    assert len(clinic.account.events(OWN)) == 7
    assert clinic.changes() == {}


def test_what_was_edited_on_the_server_stays_and_is_named_and_the_rest_is_published(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    clinic.publish()
    clinic.account.edit(clinic.week(2), ("20260316T093000", "20260316T113000"), ("SEQUENCE:1", "SEQUENCE:5"))
    clinic.do("visit", "move", "P001", "W2", "2026-03-17T10:00", "--yes")
    clinic.do("visit", "book", "P001", "W4", "2026-03-30T09:30")
    ran = clinic.publish("--audience", "participant")
    assert ran.code == 1
    said = "'到院访视：第 2 周, 2026-03-17 10:00' was changed on the server by somebody else, and stays so; ask who"
    assert f"DC888 {said}" in ran.err
    assert "--replace-edited" in ran.err
    assert str(clinic.week(2).start) == "2026-03-16 11:30:00+08:00"
    assert str(clinic.week(4).start) == "2026-03-30 09:30:00+08:00"
    assert clinic.changes("--audience", "participant", "--replace-edited") == {"replaced": 1}
    assert str(clinic.week(2).start) == "2026-03-17 10:00:00+08:00"
    assert clinic.changes("--audience", "participant") == {}


def test_what_was_deleted_on_the_server_comes_back_and_that_is_said(clinic: Clinic) -> None:
    clinic.begin()
    clinic.publish()
    clinic.account.delete(clinic.week(4))
    ran = clinic.publish()
    assert ran.code == 0, ran.err
    assert "What was put back had been deleted on the server, or an earlier run had not come so far." in ran.out
    assert len(clinic.account.events(OWN)) == 7
    clinic.account.ask("DELETE", clinic.account.calendars()[OWN])
    assert clinic.changes() == {"new": 7}


def test_a_cancelled_visit_that_nobody_has_is_not_brought_up(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    clinic.do("visit", "cancel", "P001", "W2", "--reason", "travels")
    assert clinic.changes() == {"new": 12}
    assert clinic.changes() == {}


def test_what_is_not_of_the_study_is_left_alone(clinic: Clinic) -> None:
    clinic.begin()
    clinic.publish()
    url = clinic.account.calendars()[OWN]
    lunch = re.sub(r"UID:.*@dosecalc.invalid", "UID:lunch@phone", clinic.week(2).text)
    clinic.account.ask("PUT", f"{url}lunch.ics", lunch, Content_Type="text/calendar")
    etags = {event.url: event.etag for event in clinic.account.events(OWN)}
    clinic.do("visit", "book", "P001", "W4", "2026-03-30T09:30")
    assert clinic.changes() == {"changed": 2}
    after = {event.url: event.etag for event in clinic.account.events(OWN)}
    assert after.keys() == etags.keys()
    assert after[f"{url}lunch.ics"] == etags[f"{url}lunch.ics"]


def test_an_item_that_a_person_stored_under_another_name_is_updated_there(clinic: Clinic) -> None:
    clinic.begin()
    clinic.publish()
    event = clinic.week(2)
    clinic.account.delete(event)
    clinic.account.ask("PUT", clinic.account.calendars()[OWN] + "my.ics", event.text, Content_Type="text/calendar")
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    assert clinic.changes() == {"changed": 2}
    assert clinic.week(2).url.endswith("/my.ics")
    assert len(clinic.account.events(OWN)) == 7


def test_another_language_is_an_update_and_not_an_edit(clinic: Clinic) -> None:
    clinic.begin()
    clinic.publish()
    assert clinic.changes("--language", "en") == {"changed": 14}
    assert len(clinic.account.events(OWN)) == 7
    assert clinic.changes() == {"changed": 14}


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(clinic: Clinic) -> None:
    clinic.begin()
    assert clinic.changes("--dry-run") == {"new": 14}
    assert clinic.account.calendars() == {}
    ran = clinic.publish("--dry-run")
    assert "Nothing was written (--dry-run)." in ran.out
    clinic.publish()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    assert clinic.changes("--dry-run") == {"changed": 2}
    assert clinic.week(2).sequence == 0


def test_only_whom_one_names_is_published(clinic: Clinic) -> None:
    clinic.begin("P001", "P002")
    assert clinic.changes("--participant", "P002") == {"new": 7}
    assert list(clinic.account.calendars()) == ["到院访视 P002"]
    assert clinic.changes("--audience", "clinic") == {"new": 14}
    ran = clinic.publish("--participant", "P009")
    assert (ran.code, "DC737 this study has no participant P009" in ran.err) == (1, True)
    ran = clinic.publish("--participant", "P001", "--audience", "clinic")
    assert "DC883 the clinic's calendar is that of all participants" in ran.err


def test_nothing_is_sent_unless_the_site_file_allows_it(clinic: Clinic) -> None:
    clinic.begin(delivery="")
    ran = clinic.publish(url="https://nowhere.invalid/")
    assert ran.code == 1
    assert "DC896 the site's rules do not allow this: the site file has no delivery.caldav" in ran.err


def test_an_example_site_file_allows_nothing(clinic: Clinic) -> None:
    clinic.begin()
    site = Path("our-example.yaml").read_text(encoding="utf-8").replace("example: false", "example: true")
    Path("example.yaml").write_text(site, encoding="utf-8")
    clinic.do("study", "init", "--protocol", "NCT07203599", "--site", "example.yaml", "--study", "t.db",
              "--key-out", "pharmacy/t.key")  # fmt: skip
    ran = clinic.publish("--study", "t.db")
    assert "DC896 the site file is an example, and an example opens no way" in ran.err


def test_a_wrong_password_is_refused_and_stands_nowhere(clinic: Clinic) -> None:
    clinic.begin()
    ran = clinic.publish("--json", password=clinic.password_file("wrong", "not the password"))
    assert (ran.code, ran.codes) == (1, ["DC884"])
    assert f"the server does not know the name {clinic.account.name} with this password" in ran.err
    assert "not the password" not in ran.out + ran.err
    assert ran.json["calendars"] == []
    ran = clinic.publish(url=clinic.account.url.replace(clinic.account.name, "somebody-else"))
    assert f"DC884 {clinic.account.name} may not write to " in ran.err
    ran = clinic.publish(url=f"{clinic.account.url}nothing/here/")
    assert "DC885 " in ran.err
    assert "is no place for calendars (the server answers 404)" in ran.err


def test_the_address_of_one_calendar_is_not_that_of_an_account(clinic: Clinic) -> None:
    clinic.begin()
    clinic.publish()
    ran = clinic.publish(url=clinic.account.calendars()[OWN])
    assert ran.code == 1
    assert "is one calendar, and here several are made; give the address of the account" in ran.err


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("", 0o600, "does not hold a password; write the password into it, on one line"),
        ("one\ntwo\n", 0o600, "does not hold a password"),
        ("secret\n", 0o640, "can be read by others on this computer; make it yours alone: chmod 600 pw"),
    ],
)
def test_a_password_file_holds_one_line_and_is_ones_own(clinic: Clinic, text: str, mode: int, said: str) -> None:
    clinic.begin()
    ran = clinic.publish(password=clinic.password_file("pw", text, mode))
    assert ran.code == 1
    assert f"DC883 pw {said}" in ran.err
    assert "secret" not in ran.err
    assert "DC601" in clinic.publish(password="missing").err


def test_names_on_the_server_tell_nothing(clinic: Clinic) -> None:
    clinic.begin()
    clinic.publish()
    for url in (*clinic.account.calendars().values(), clinic.week(2).url):
        name = url.removeprefix(clinic.account.url)
        assert not any(word in name.casefold() for word in ("p001", "nct", "exo", "phase"))


def test_the_server_asks_for_a_password(calendar_account: Account) -> None:
    assert calendar_account.calendars() == {}
    stranger = Account(url=calendar_account.url, name=calendar_account.name, password="")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        stranger.calendars()


def test_what_a_masked_trial_sends_does_not_depend_on_the_arm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calendar_account: Account
) -> None:
    sent = {}
    for arm in ("group-1", "group-2", "placebo"):
        (tmp_path / arm).mkdir()
        clinic = Clinic(tmp_path / arm, monkeypatch, calendar_account)
        clinic.begin("SZ-001", protocol="NCT07084012", arm=arm)
        clinic.do("visit", "book", "SZ-001", "D7", "2026-03-09T09:30")
        with serving(empty) as fake:
            for key in ((), ("--key", "pharmacy/k.key")):
                ran = clinic.publish(*key, url=fake.url)
                assert ran.code == 0, ran.err
        shown = ran.out.replace(fake.url, "URL/")
        sent[arm] = (
            shown,
            [
                (
                    each.method,
                    each.path,
                    each.body,
                    sorted(set(each.headers.items()) - {("Host", each.headers["Host"])}),
                )
                for each in fake.asked
            ],
        )
    assert sent["group-1"] == sent["group-2"] == sent["placebo"]
    bodies = b"".join(body for _, _, body, _ in sent["placebo"][1])
    assert bodies.count(b"BEGIN:VEVENT") == 12  # three visits, for two audiences, twice
    assert not re.search(rb"(?i)placebo|group|exosome|MSC|cells", bodies)


def test_a_permission_that_was_taken_back_is_not_given_back_by_an_earlier_at(clinic: Clinic) -> None:
    clinic.begin()
    protocol = Path(shipped("NCT07203599.yaml")).read_text(encoding="utf-8")
    Path("v2.yaml").write_text(protocol.replace("version: registry-2025-12-02", "version: v2"), encoding="utf-8")
    site = Path("our-example.yaml").read_text(encoding="utf-8")
    closed = re.sub(r"    verified: .*\n", "", site.replace(ALLOWED, ""))
    Path("closed.yaml").write_text(closed, encoding="utf-8")
    clinic.do("study", "amend", "--protocol", "v2.yaml", "--site", "closed.yaml", "--effective", "2026-03-02",
              "--reconsent", "no", "--reason", "the plan was changed", "--yes")  # fmt: skip
    for at in ((), ("--at", "2026-03-01T12:00")):
        assert "DC896 the site's rules do not allow this" in clinic.publish(*at).err
    assert clinic.account.calendars() == {}
