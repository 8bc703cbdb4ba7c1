"""Invitations: mails that mail programs understand, with one identity for ever, and addresses that stay outside."""

from __future__ import annotations

import datetime as dt
import email
from email import policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from icalendar import Calendar

from clinic_at_work import Clinic, delivering_site
from ics.checks import ALL, check_calendars
from ics.reading import reference
from ics.validator import validate

if TYPE_CHECKING:
    from email.message import EmailMessage

    from running import Ran

PRIVATE = ("NCT0", "(?i)exosome|外泌体", "phase1", "(?i)particle", "P001")
ADDRESSES = "participant,email\nP001,li.na@post.example\n"


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    (tmp_path / "addresses.csv").write_text(ADDRESSES, encoding="utf-8")
    return Clinic(tmp_path, monkeypatch, delivering_site(tmp_path))


def send(clinic: Clinic, out: str, *more: str) -> list[dict[str, Any]]:
    ran = clinic.call("study", "invitations", "--addresses", "addresses.csv", "--out", out, *more, "--json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.json["mails"]
    return found


def read(path: str) -> tuple[EmailMessage, str, bytes]:
    """A mail as a mail program reads it: itself, its text, and its calendar part, which must be sound."""
    data = Path(path).read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    mail = email.message_from_bytes(data, policy=policy.default)
    assert mail.defects == []
    assert mail.get_content_type() == "multipart/alternative"
    assert data.count(b"MIME-Version") == 1
    text, calendar = mail.iter_parts()
    assert (text.get_content_type(), calendar.get_content_type()) == ("text/plain", "text/calendar")
    octets = calendar.get_payload(decode=True)
    assert isinstance(octets, bytes)
    assert validate(octets, itip=True, forbid=PRIVATE) == []
    method = Calendar.from_ical(octets)["METHOD"]
    assert calendar["Content-Type"] == f'text/calendar; method="{method}"; charset="UTF-8"'
    return mail, text.get_content(), octets


def test_a_booked_visit_is_an_invitation(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    (made,) = send(clinic, "mails")
    assert (made["participant"], made["visit"], made["method"], made["sequence"]) == ("P001", "W2", "REQUEST", 1)
    assert Path(made["path"]).name.startswith("P001-W2-1-")
    mail, text, octets = read(made["path"])
    assert (mail["From"], mail["To"]) == ("trial.clinic@hospital.example", "li.na@post.example")
    assert mail["Subject"] == "您 2026-03-16 09:30 的到院访视"
    assert mail["Date"].datetime == dt.datetime.fromisoformat(made["changed"])
    assert text.splitlines()[:2] == ["您的到院访视时间为 2026-03-16 09:30。", "地点：门诊楼 3 层 312 室"]
    assert "P001" not in text
    calendar = Calendar.from_ical(octets)
    (item,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert "X-WR-CALNAME" not in calendar
    assert str(item["ORGANIZER"]) == "mailto:trial.clinic@hospital.example"
    assert str(item["ATTENDEE"]) == "mailto:li.na@post.example"
    assert item["SEQUENCE"] == 1
    assert len(item.walk("VALARM")) == 2


def test_the_item_of_a_mail_is_that_of_the_calendar_file(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    (made,) = send(clinic, "mails")
    (sent,) = reference(read(made["path"])[2]).events
    (handed_out,) = [e for e in reference(clinic.file("out").read_bytes()).events if e["uid"] == sent["uid"]]
    same = sent.keys() - {"description"}  # beside an address the code would tell who it is
    assert {name: sent[name] for name in same} == {name: handed_out[name] for name in same}
    assert [line for line in handed_out["description"].split("\n") if "P001" not in line] == sent["description"].split(
        "\n"
    )


@pytest.mark.clients
def test_every_program_reads_an_invitation_and_a_cancellation(clinic: Clinic, tmp_path: Path) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    (asked,) = send(clinic, "asked")
    clinic.do("visit", "cancel", "P001", "W2", "--reason", "travels")
    (cancelled,) = send(clinic, "cancelled")
    files = {made["method"]: read(made["path"])[2] for made in (asked, cancelled)}
    events = check_calendars(files, tmp_path, clients=ALL)
    assert [event["status"] for (event,) in events.values()] == ["CONFIRMED", "CANCELLED"]


def test_the_life_of_a_visit_is_one_identity(clinic: Clinic) -> None:
    clinic.begin()
    uids, numbers, methods, stamps, names = set(), list[object](), [], [], set()
    for number, words in enumerate(
        (
            ("visit", "book", "P001", "W2", "2026-03-16T09:30"),
            ("visit", "move", "P001", "W2", "2026-03-17T10:00", "--yes"),
            ("visit", "cancel", "P001", "W2", "--reason", "travels"),
            ("visit", "book", "P001", "W2", "2026-03-18T09:30"),
        )
    ):
        since = (clinic.time + dt.timedelta(seconds=1)).isoformat()
        clinic.do(*words)
        (made,) = send(clinic, f"mails-{number}", *(("--changed-since", since) if number else ()))
        mail, _, octets = read(made["path"])
        (item,) = Calendar.from_ical(octets).walk("VEVENT")
        uids.add(str(item["UID"]))
        numbers.append(item["SEQUENCE"])
        methods.append(made["method"])
        stamps.append(item.decoded("DTSTAMP"))
        names.add(mail["Message-ID"])
    assert len(uids) == 1
    assert numbers == [1, 2, 3, 4]  # planned it was 0
    assert methods == ["REQUEST", "REQUEST", "CANCEL", "REQUEST"]
    assert stamps == sorted(set(stamps))
    assert len(names) == 4


def test_a_cancellation_rings_nobody_and_says_when_it_was(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    clinic.do("visit", "cancel", "P001", "W2", "--reason", "travels")
    (made,) = send(clinic, "mails")
    mail, text, octets = read(made["path"])
    (item,) = Calendar.from_ical(octets).walk("VEVENT")
    assert (made["method"], item["STATUS"]) == ("CANCEL", "CANCELLED")
    assert b"VALARM" not in octets
    assert mail["Subject"] == "已取消：您 2026-03-16 09:30 的到院访视"
    assert text.splitlines()[0] == "您 2026-03-16 09:30 的到院访视已取消。"
    assert b"DTSTART;TZID=Asia/Shanghai:20260316T093000" in octets


def test_a_booking_that_was_declared_void_is_cancelled_too(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W4", "2026-03-30T09:30")  # the sixth event
    clinic.do("participant", "correct", "6", "--void", "--reason", "another participant")
    (made,) = send(clinic, "mails")
    assert (made["method"], made["visit"], made["sequence"]) == ("CANCEL", "W4", 2)
    assert b"SEQUENCE:2\r\n" in read(made["path"])[2]


def test_what_took_place_was_missed_or_is_over_needs_no_mail(clinic: Clinic) -> None:
    clinic.begin()
    for visit, when in (("W0", "2026-03-02T08:30"), ("W2", "2026-03-16T09:30"), ("W4", "2026-03-30T09:30")):
        clinic.do("visit", "book", "P001", visit, when)
    clinic.do("visit", "attend", "P001", "W0", "2026-03-02")
    clinic.time = dt.datetime(2026, 4, 20, 1, 0, tzinfo=dt.UTC)
    clinic.do("visit", "attend", "P001", "W2", "2026-03-16")
    clinic.do("visit", "miss", "P001", "W4", "--reason", "did not come")
    assert send(clinic, "mails") == []
    assert not Path("mails").exists()
    ran = clinic.call("study", "invitations", "--addresses", "addresses.csv", "--out", "mails")
    assert ran.out.splitlines()[0] == "There is nothing to send; no file was written."


def test_nobody_hears_that_a_visit_is_cancelled_who_never_heard_of_it(clinic: Clinic) -> None:
    clinic.begin()
    since = (clinic.time + dt.timedelta(seconds=1)).isoformat()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    clinic.do("visit", "cancel", "P001", "W2", "--reason", "travels")
    assert send(clinic, "mails", "--changed-since", since) == []


def test_the_same_study_writes_the_same_bytes_and_the_subject_is_in_rfc_2047(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    (one,) = send(clinic, "one")
    (two,) = send(clinic, "two")
    data = Path(one["path"]).read_bytes()
    assert data == Path(two["path"]).read_bytes()
    head = data.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert b"Subject: =?utf-8?" in head


def test_mails_are_in_the_participants_language(clinic: Clinic) -> None:
    clinic.do("study", "init", "--protocol", "NCT07203599", "--site", clinic.site, "--key-out", "pharmacy/k.key")
    clinic.do("participant", "consent", "P001", "--form", "1.0", "--date", "2026-03-01", "--calendar-language", "en")
    clinic.do("participant", "enrol", "P001", "--cohort", "phase1-A")
    clinic.do("participant", "assign", "P001", "--arm", "phase1-A")
    clinic.time = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
    clinic.do("participant", "anchor", "P001", "first_dose=2026-03-02T08:30")
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    (made,) = send(clinic, "mails", "--language", "zh")  # that of what is shown here
    mail, text, _ = read(made["path"])
    assert mail["Subject"] == "Your clinic visit on 2026-03-16 09:30"
    assert text.splitlines() == [
        "Your clinic visit is on 2026-03-16 09:30.",
        "Place: Outpatient building, floor 3, room 312",
        "Please bring: Identity card, participant card and your diary",
        "Clinic: Clinical Research Centre",
        "Contact: +86 755 0000 0000",
    ]
    clinic.do("visit", "cancel", "P001", "W2", "--reason", "travels")
    (made,) = send(clinic, "cancelled")
    mail, text, _ = read(made["path"])
    assert mail["Subject"] == "Cancelled: your clinic visit on 2026-03-16 09:30"
    assert text.splitlines()[0] == "Your clinic visit on 2026-03-16 09:30 is cancelled."


def test_who_has_no_address_is_named(clinic: Clinic) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    for code in ("P001", "P002"):
        clinic.do("visit", "book", code, "W2", "2026-03-16T09:30")
    ran = clinic.call("study", "invitations", "--addresses", "addresses.csv", "--out", "mails")
    assert ran.code == 0, ran.err
    assert "P002 is not in the list of addresses: tell them in another way." in ran.out
    assert len(list(Path("mails").iterdir())) == 1


def test_no_address_enters_the_study_or_what_is_shown(clinic: Clinic) -> None:
    clinic.begin()
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    before = Path("s.db").read_bytes()
    ran = clinic.call("study", "invitations", "--addresses", "addresses.csv", "--out", "mails")
    assert ran.code == 0
    assert "post.example" not in ran.out
    assert Path("s.db").read_bytes() == before


# --- refused --------------------------------------------------------------------------------------------------------


def refused(ran: Ran, *words: str) -> None:
    assert ran.code == 1, ran.out
    assert [word for word in words if word not in ran.err] == [], ran.err
    assert not Path("mails").exists()


LISTS = {
    "no address": ("P001,not an address", "addresses.csv:2:2: DC890 email: 'not an address' is not an e-mail address"),
    "two addresses": ('P001,"a@b.example,c@d.example"', "'a@b.example,c@d.example' is not an e-mail address"),
    "header": (
        'P001,"a@b.example\r\nBcc: c@d.example"',
        "DC890 email: the e-mail address holds a line break or a character that no address has",
    ),
    "empty": ("P001,", "DC619 email: the cell is empty"),
    "unknown code": ("P009,a@b.example", "DC897 participant: this study has nobody with the code P009"),
    "no code": ("../P1,a@b.example", "DC620"),
    "twice": (
        "P001,a@b.example\nP001,c@d.example",
        "addresses.csv:3:1: DC897 participant: P001 stands in the list twice",
    ),
}


@pytest.mark.parametrize(("rows", "said"), LISTS.values(), ids=LISTS.keys())
def test_a_wrong_list_of_addresses_is_refused_as_a_whole(clinic: Clinic, rows: str, said: str) -> None:
    clinic.begin("NCT07203599", "phase1-A", "P001", "P002")
    clinic.do("visit", "book", "P001", "W2", "2026-03-16T09:30")
    Path("addresses.csv").write_text(f"participant,email\n{rows}\nP002,p2@post.example\n", "utf-8", newline="")
    refused(clinic.call("study", "invitations", "--addresses", "addresses.csv", "--out", "mails"), said)


def test_columns_are_those_of_an_address_list(clinic: Clinic) -> None:
    clinic.begin()
    Path("addresses.csv").write_text("participant,mail\nP001,a@b.example\n", encoding="utf-8")
    refused(
        clinic.call("study", "invitations", "--addresses", "addresses.csv", "--out", "mails"),
        "DC897 a list of addresses has no column 'mail'", "the list of addresses has no column 'email'",
        "its columns are: participant, email",
    )  # fmt: skip


def test_mail_is_off_until_the_site_file_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clinic: Clinic
) -> None:
    plain = Clinic(tmp_path, monkeypatch, delivering_site(tmp_path, "\n"))
    plain.begin()
    refused(
        plain.call("study", "invitations", "--addresses", "addresses.csv", "--out", "mails"),
        "DC896 the site's rules do not allow this: the site file has no delivery.mail",
    )


def test_a_day_is_no_moment(clinic: Clinic) -> None:
    clinic.begin()
    ran = clinic.call("study", "invitations", "--addresses", "addresses.csv", "--out", "mails",
                      "--changed-since", "2026-03-09")  # fmt: skip
    assert ran.code == 2
    assert "DC736 --changed-since 2026-03-09 has no time" in ran.err


def test_mails_of_a_masked_trial_depend_on_no_arm(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for arm in ("group-1", "placebo"):
        folder = tmp_path_factory.mktemp(arm)
        (folder / "addresses.csv").write_text(ADDRESSES, encoding="utf-8")
        site = Clinic(folder, monkeypatch, delivering_site(folder))
        site.begin("NCT07084012", None)
        Path("list.csv").write_text(f"participant,arm\nP001,{arm}\n", encoding="utf-8")
        site.do("participant", "assign", "--list", "list.csv")
        site.do("participant", "assign", "P001")
        site.do("visit", "book", "P001", "D7", "2026-03-09T09:30")
        send(site, "mails")
        found.append({path.name: path.read_bytes() for path in Path("mails").iterdir()})
    assert len(found[0]) == 1
    assert found[0] == found[1]
