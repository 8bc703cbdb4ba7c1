"""The checks themselves: they pass what is sound and see what is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from ics.checks import ALL, IN_PROCESS, calendar_defects, check_calendar, check_calendars, check_versions
from ics.clients import Client
from ics.reading import differences, reference
from ics.validator import validate
from ics.versions import version_defects

SAMPLE = Path(__file__).with_name("sample.ics").read_bytes()


def changed(old: str, new: str, *, count: int = 1) -> bytes:
    """The sample with its first `count` occurrences of `old` replaced; a line feed stands for CR LF."""
    before, after = (text.replace("\n", "\r\n").encode() for text in (old, new))
    assert before in SAMPLE
    return SAMPLE.replace(before, after, count)


def without_zone() -> bytes:
    start, end = SAMPLE.index(b"BEGIN:VTIMEZONE"), SAMPLE.index(b"END:VTIMEZONE\r\n") + len(b"END:VTIMEZONE\r\n")
    return SAMPLE[:start] + SAMPLE[end:]


@pytest.mark.clients
@pytest.mark.parametrize("client", ALL, ids=lambda client: client.name)
def test_every_program_reads_the_sample_as_it_is_meant(client: Client, tmp_path: Path) -> None:
    events = check_calendar(SAMPLE, tmp_path, clients=[client])
    assert len(events) == 16
    first = events[0]
    assert (first["start"], first["end"]) == ("2026-03-02T01:00:00Z", "2026-03-02T01:45:00Z")  # 09:00 +08:00
    assert first["alarms"] == [-120, -1440]
    assert first["summary"] == "第1次访视 V1, 研究中心; 随访"
    window = next(event for event in events if event["uid"] == "S-0137-V2-window@dosecalc.invalid")
    assert (window["start"], window["end"], window["all_day"]) == ("2026-03-08", "2026-03-11", True)


@pytest.mark.clients
@pytest.mark.parametrize("client", ALL, ids=lambda client: client.name)
def test_every_program_shows_a_daily_item_on_each_of_84_days(client: Client, tmp_path: Path) -> None:
    timed = "DTSTART;TZID=Asia/Shanghai:20260302T200000\nDTEND;TZID=Asia/Shanghai:20260302T201000\n"
    daily = changed(timed, "DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260303\n")
    assert reference(daily).occurrences == 15 + 84
    check_calendar(daily, tmp_path, clients=[client])


@pytest.mark.clients
@pytest.mark.parametrize("client", ALL, ids=lambda client: client.name)
def test_every_program_reads_a_cancelled_visit(client: Client, tmp_path: Path) -> None:
    cancelled = changed("STATUS:CONFIRMED", "STATUS:CANCELLED").replace(b"SEQUENCE:0", b"SEQUENCE:3", 1)
    events = check_calendar(cancelled, tmp_path, clients=[client])
    assert (events[0]["status"], events[0]["sequence"]) == ("CANCELLED", 3)


BROKEN = {
    "over 75 octets": (changed("：身份证\n \\, 服药", "：身份证\\, 服药"), "octets, over 75"),
    "fold inside a character": (
        SAMPLE.replace(b"\xe8\xba\xab\xe4", b"\xe8\xba\r\n \xab\xe4", 1),
        "fold inside a UTF-8",
    ),
    "no time zone": (without_zone(), "TZID=Asia/Shanghai has no VTIMEZONE"),
    "wrong time zone": (changed("TZOFFSETTO:+0800", "TZOFFSETTO:+0900"), "VTIMEZONE gives +0900, IANA"),
    "duplicate UID": (changed("UID:S-0137-V2@", "UID:S-0137-V1@"), "duplicate UID+RECURRENCE-ID"),
    "floating time": (changed("DTSTART;TZID=Asia/Shanghai:", "DTSTART:"), "DTSTART: floating time"),
    "same-day end": (changed("DTEND;VALUE=DATE:20260311", "DTEND;VALUE=DATE:20260308"), "DTEND is not after DTSTART"),
    "date without VALUE": (changed("DTSTART;VALUE=DATE:", "DTSTART:"), "VALUE=DATE missing?"),
    "no such date": (changed("DTSTART;VALUE=DATE:20260308", "DTSTART;VALUE=DATE:20260230"), "no such date 20260230"),
    "bare line feed": (SAMPLE.replace(b"\r\n", b"\n", 1), "bare LF or bare CR"),
    "byte-order mark": (b"\xef\xbb\xbf" + SAMPLE, "byte-order mark"),
    "unescaped comma": (changed("医院\\, 门诊楼", "医院, 门诊楼"), "LOCATION: unescaped , or ;"),
    "control character": (changed("研究中心", "研究\x07中心"), "control character"),
    "injected line": (changed("SUMMARY:第1次", "SUMMARY:第1次\nnot a property\n"), "no ':' in content line"),
    "no stamp": (changed("DTSTAMP:20260201T000000Z\n", ""), "VEVENT without DTSTAMP"),
    "local stamp": (changed("DTSTAMP:20260201T000000Z", "DTSTAMP:20260201T000000"), "is not allowed in VEVENT"),
    "unknown status": (changed("STATUS:CONFIRMED", "STATUS:BOOKED"), "STATUS:BOOKED is not allowed"),
    "mute alarm": (changed("DESCRIPTION:明天：第1次访视\n", ""), "DISPLAY alarm needs exactly one DESCRIPTION"),
    "truncated": (SAMPLE[: len(SAMPLE) // 2], "never ended"),
    "empty": (b"", "no VCALENDAR"),
}


@pytest.mark.parametrize(("data", "defect"), BROKEN.values(), ids=BROKEN.keys())
def test_the_validator_sees(data: bytes, defect: str, tmp_path: Path) -> None:
    assert any(defect in found for found in validate(data)), validate(data)
    with pytest.raises(AssertionError, match=r"line \d+: "):
        check_calendar(data, tmp_path)


def test_the_validator_names_the_line() -> None:
    line = SAMPLE[: SAMPLE.index("门诊楼".encode())].count(b"\r\n") + 1
    assert f"line {line}: LOCATION: unescaped , or ;" in validate(BROKEN["unescaped comma"][0])


def test_forbidden_text_is_seen_across_a_fold() -> None:
    folded = changed("研究中心", "NCT07\n 084012")
    assert validate(folded) == []
    (defect,) = validate(folded, forbid=("NCT0708",))
    assert defect.endswith("forbidden text /NCT0708/ (privacy)")


def test_a_file_without_method_needs_none_but_a_mail_needs_an_organizer() -> None:
    mail = changed("CALSCALE:GREGORIAN", "CALSCALE:GREGORIAN\nMETHOD:PUBLISH")
    assert validate(mail) == []
    assert any("needs exactly one ORGANIZER" in defect for defect in validate(mail, itip=True))


@pytest.mark.parametrize("client", IN_PROCESS, ids=lambda client: client.name)
def test_a_program_that_reads_something_else_is_reported(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "sample.ics"
    path.write_bytes(SAMPLE)
    (got,) = client.read([path])
    got.events[0]["start"] = "2026-03-02T00:00:00Z"
    del got.events[1]
    defects = differences(reference(SAMPLE), got)
    assert len(defects) == 2
    assert "missing" in defects[0]
    assert defects[1].endswith("start: want '2026-03-02T01:00:00Z' got '2026-03-02T00:00:00Z'")


def test_a_program_that_is_not_here_skips_the_test_with_the_reason(tmp_path: Path) -> None:
    absent = Client(name="absent", read=lambda _: [], missing=lambda: "it was never written")
    with pytest.raises(pytest.skip.Exception, match="absent: it was never written"):
        check_calendar(SAMPLE, tmp_path, clients=[absent])


def test_defects_come_before_a_skip(tmp_path: Path) -> None:
    absent = Client(name="absent", read=lambda _: [], missing=lambda: "it was never written")
    with pytest.raises(AssertionError, match="byte-order mark"):
        check_calendar(BROKEN["byte-order mark"][0], tmp_path, clients=[absent])


def test_several_files_are_reported_by_name(tmp_path: Path) -> None:
    files: dict[str, bytes | Path] = {"good.ics": SAMPLE, "bad.ics": BROKEN["floating time"][0]}
    defects = calendar_defects(files, tmp_path, clients=IN_PROCESS)
    assert {defect.split(":")[0] for defect in defects} == {"bad.ics"}
    assert check_calendars({"a": SAMPLE, "b": SAMPLE}, tmp_path).keys() == {"a", "b"}


def test_the_same_bytes_again_are_a_sound_second_version() -> None:
    check_versions(SAMPLE, SAMPLE)


def test_a_moved_visit_needs_a_higher_sequence_and_a_later_stamp() -> None:
    moved = changed("20260302T090000", "20260302T100000").replace(b"T094500", b"T104500", 1)
    assert version_defects(SAMPLE, moved) == [
        "S-0137-V1@dosecalc.invalid: time or status changed, SEQUENCE stayed 0",
        "S-0137-V1@dosecalc.invalid: time or status changed, DTSTAMP not later",
    ]
    revised = moved.replace(b"SEQUENCE:0", b"SEQUENCE:1", 1).replace(b"DTSTAMP:20260201", b"DTSTAMP:20260202", 1)
    check_versions(SAMPLE, revised)


def test_a_visit_may_not_vanish() -> None:
    renamed = changed("UID:S-0137-V1@", "UID:S-0137-V9@")
    (defect,) = version_defects(SAMPLE, renamed)
    assert defect.startswith("S-0137-V1@dosecalc.invalid: vanished")


def test_a_new_stamp_alone_is_not_reproducible() -> None:
    restamped = changed("DTSTAMP:20260201T000000Z", "DTSTAMP:20260202T000000Z")
    (defect,) = version_defects(SAMPLE, restamped)
    assert "the export is not reproducible" in defect
