"""The wall, the day list and the card from the command line, on a masked trial with a clinic."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import clinic_week
from clinic_week import begin, booked, draft, enrolled, made
from documents import paper
from masked_study import Clock, call, record
from running import Ran

NOW = "2026-04-03T12:00:00+00:00"
OUT = {"pdf": b"%PDF", "html": b"<!doctype html>", "xlsx": b"PK", "png": b"\x89PNG"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made_one = Clock(monkeypatch)
    made_one.set(NOW)
    return made_one


@pytest.fixture
def study(tmp_path: Path, clock: Clock) -> Path:
    """P001 with a start on 31 March: D7 is due on 7 April, D14 on the 14th, ±2 days."""
    begin(tmp_path)
    record(tmp_path, "liu", enrolled("P001", "2026-03-31"))
    return tmp_path


def wall(folder: Path, *words: str, out: str = "w.html") -> Any:
    return made(folder, "study", "wall", *words, "--out", out, "--force", "--json").json


def refused(folder: Path, *words: str) -> Ran:
    ran = call(folder, "liu", *words)
    assert ran.code in (1, 2), ran.out
    return ran


def day_of(shown: Any, day: str) -> Any:
    [found] = [each for each in shown["days"] if each["day"] == day]
    return found


def test_a_month_shows_bookings_attendances_closed_days_and_windows_that_end(study: Path, clock: Clock) -> None:
    record(study, "liu", [
        draft("attend", "P001", "D0", when="2026-03-31"), booked("P001", "D7", "2026-04-08T09:30"),
    ])  # fmt: skip
    shown = wall(study, "--month", "2026-04")
    assert [each["day"] for each in shown["days"]] == [f"2026-04-{number:02}" for number in range(1, 31)]
    [visit] = day_of(shown, "2026-04-08")["visits"]
    assert (visit["participant"], visit["visit"], visit["at"]) == ("P001", "D7", "2026-04-08T09:30:00+08:00")
    assert (visit["mark"], day_of(shown, "2026-04-08")["taken"]) == ("booked", 1)
    # D14: 31 March + 14 = 14 April, + 2 = the 16th
    assert day_of(shown, "2026-04-16")["ends"] == [{"participant": "P001", "visit": "D14"}]
    assert [each["day"] for each in shown["days"] if not each["open"]][:5] == [
        "2026-04-04", "2026-04-05", "2026-04-06", "2026-04-11", "2026-04-12",
    ]  # fmt: skip
    assert day_of(shown, "2026-04-06")["why"] == "Tomb-Sweeping Day (observed)"
    [came] = day_of(wall(study, "--month", "2026-03"), "2026-03-31")["visits"]
    assert (came["visit"], came["at"], came["mark"]) == ("D0", None, "came")


def test_a_visit_that_came_stands_at_its_booked_time_where_no_other_is_known(study: Path) -> None:
    record(study, "liu", [
        booked("P001", "D0", "2026-03-31T09:30"), draft("attend", "P001", "D0", when="2026-03-31"),
    ])  # fmt: skip
    [came] = day_of(wall(study, "--month", "2026-03"), "2026-03-31")["visits"]
    assert (came["at"], came["mark"]) == ("2026-03-31T09:30:00+08:00", "came")


def test_a_booking_on_a_closed_day_or_outside_its_window_is_marked_and_told(study: Path) -> None:
    record(study, "liu", [booked("P001", "D7", "2026-04-06T09:30"), booked("P001", "D14", "2026-04-20T09:30")])
    shown = wall(study, "--month", "2026-04")
    marks = [each["visits"][0]["mark"] for each in shown["days"] if each["visits"]]
    assert marks == ["amiss", "amiss"]
    told = made(study, "study", "wall", "--month", "2026-04", "--out", "w.pdf").out
    assert "2026-04-06: P001 D7 is booked outside its window, or the clinic is closed" in told
    assert "2026-04-20: P001 D14 is booked outside its window, or the clinic is closed" in told


def test_a_visit_on_the_ward_needs_no_open_day_and_no_place(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, booking="    booking:\n      D7: {ward: true}\n")
    record(tmp_path, "liu", [*enrolled("P001", "2026-03-31"), booked("P001", "D7", "2026-04-06T09:30")])
    day = day_of(wall(tmp_path, "--week", "2026-W15"), "2026-04-06")
    assert ([each["mark"] for each in day["visits"]], day["taken"]) == (["booked"], 0)


def test_without_weekdays_in_the_site_file_no_day_is_grey(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, clinic="", booking="")
    record(tmp_path, "liu", [*enrolled("P001", "2026-03-31"), booked("P001", "D7", "2026-04-06T09:30")])
    shown = wall(tmp_path, "--month", "2026-04")
    assert all(each["open"] and each["why"] is None and each["places"] is None for each in shown["days"])
    made(tmp_path, "study", "wall", "--week", "2026-W15", "--out", "w.pdf")
    said = paper.words((tmp_path / "w.pdf").read_bytes())
    assert "closed" not in said
    assert "09:30 P001 D7" in said


def test_a_year_whose_notice_is_not_known_is_provisional(study: Path) -> None:
    assert all(each["provisional"] for each in wall(study, "--month", "2027-02")["days"])


@pytest.mark.parametrize("page", [("--month", "2031-02"), ("--week", "2031-W09")])
@pytest.mark.parametrize("kind", OUT)
def test_a_page_without_visits_is_a_page_all_the_same(study: Path, page: tuple[str, str], kind: str) -> None:
    made(study, "study", "wall", *page, "--out", f"w.{kind}")
    assert (study / f"w.{kind}").read_bytes().startswith(OUT[kind])


def test_a_day_stands_for_its_week_from_monday_on(study: Path) -> None:
    for words in (("--day", "2026-04-12"), ("--week", "2026-W15"), ("--week", "2026W15")):
        days = [each["day"] for each in wall(study, *words)["days"]]
        assert (days[0], days[-1], len(days)) == ("2026-04-06", "2026-04-12", 7)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--month", "2026-13"), "DC900", '"2026-13" is not a month; write year and month, for example 2026-03'),
        (("--month", "2026-00"), "DC900", '"2026-00" is not a month'),
        (("--month", "March"), "DC900", '"March" is not a month'),
        (("--month", "2026-3"), "DC900", '"2026-3" is not a month'),
        (("--month", "0026-03"), "DC404", "0026-03 lies outside the years 1900 to 2199"),
        (("--week", "2026-W54"), "DC900", "2026-W54 does not exist: 2026 has weeks 1 to 53"),
        (("--week", "2027-W53"), "DC900", "2027-W53 does not exist: 2027 has weeks 1 to 52"),
        (("--week", "2026-W00"), "DC900", "2026-W00 does not exist"),
        (("--week", "11"), "DC900", '"11" is not a week'),
        (("--day", "2026-02-30"), "DC402", "2026-02-30 does not exist: February 2026 has 28 days"),
        ((), "DC901", "it is not said which month or week is to be printed"),
        (("--month", "2026-03", "--week", "2026-W11"), "DC901", "it is not said which month or week"),
    ],
)
def test_a_page_that_cannot_be_meant_is_refused(study: Path, words: tuple[str, ...], code: str, said: str) -> None:
    ran = refused(study, "study", "wall", *words, "--out", "w.pdf")
    assert code in ran.err
    assert said in ran.err
    assert not (study / "w.pdf").exists()


@pytest.mark.parametrize(
    ("words", "endings"),
    [
        (("study", "wall", "--month", "2026-04"), ".pdf, .html, .xlsx, .png"),
        (("study", "daylist"), ".pdf, .html, .xlsx"),
        (("participant", "card", "P001"), ".pdf, .html"),
    ],
)
@pytest.mark.parametrize("out", ["w.doc", "w", "w.pdf.zip"])
def test_another_ending_is_refused(study: Path, words: tuple[str, ...], endings: str, out: str) -> None:
    err = refused(study, *words, "--out", out).err
    assert f"DC651 {out} does not say what kind of file to write; let its name end in one of: {endings}" in err


def test_a_file_that_is_there_is_replaced_only_on_request(study: Path) -> None:
    (study / "w.xlsx").write_text("notes by hand", encoding="utf-8")
    words = ("study", "wall", "--month", "2026-04", "--out", "w.xlsx")
    assert "DC906 w.xlsx is there already; write another name; or --force" in refused(study, *words).err
    assert (study / "w.xlsx").read_text(encoding="utf-8") == "notes by hand"
    made(study, *words, "--force")
    assert (study / "w.xlsx").read_bytes().startswith(b"PK")


def test_a_folder_that_is_not_there_and_a_folder_in_place_of_the_file_are_refused(study: Path) -> None:
    (study / "d.pdf").mkdir()
    words = ("study", "wall", "--month", "2026-04", "--out")
    assert "DC60" in refused(study, *words, "nowhere/w.pdf").err
    assert "DC906" in refused(study, *words, "d.pdf").err
    assert "DC60" in refused(study, *words, "d.pdf", "--force").err


def test_the_day_list_says_what_is_needed_and_what_it_takes(study: Path) -> None:
    record(study, "liu", [booked("P001", "D7", "2026-04-08T09:30")])
    shown = made(study, "study", "daylist", "--day", "2026-04-08", "--out", "d.pdf", "--json").json
    [visit] = shown["visits"]
    # due on 7 April + 2 = the 9th: a day later
    assert (visit["window"], visit["needs"]) == ("1 day left, to 2026-04-09", ["a dose is given"])
    assert (visit["resources"], shown["taken"], shown["places"]) == (["infusion bed", "thawing bath"], 1, 6)
    ends = made(study, "study", "daylist", "--day", "2026-04-16", "--out", "e.html", "--json").json["ends"]
    assert ends == [{"participant": "P001", "visit": "D14"}]


def test_a_past_moment_shows_what_was_known_then(study: Path, clock: Clock) -> None:
    clock.set("2026-04-04T12:00:00+00:00")
    record(study, "liu", [booked("P001", "D7", "2026-04-08T09:30")])
    clock.set("2026-04-05T12:00:00+00:00")
    assert day_of(wall(study, "--week", "2026-W15"), "2026-04-08")["visits"]
    before = wall(study, "--week", "2026-W15", "--as-of", "2026-04-03", out="w.html")
    assert not day_of(before, "2026-04-08")["visits"]
    assert "As of 2026-04-03 23:59" in (study / "w.html").read_text(encoding="utf-8")


def test_a_card_has_the_dates_to_come_in_the_participant_s_language(study: Path) -> None:
    record(study, "liu", [
        draft("attend", "P001", "D0", when="2026-03-31"), booked("P001", "D7", "2026-04-08T09:30"),
    ])  # fmt: skip
    shown = made(study, "participant", "card", "P001", "--out", "c.html", "--json").json
    assert shown["language"] == "zh"  # the site's: nobody chose another for them
    assert [each["visit"] for each in shown["dates"]] == ["D7", "D14"]
    assert "2026 年 4 月 8 日 星期三 09:30" in (study / "c.html").read_text(encoding="utf-8")
    out = made(study, "participant", "card", "P001", "--out", "e.html", "--language", "en").out
    assert "  D7: Wednesday 8 April 2026, 09:30\n  D14: Between 12 and 16 April 2026\n" in out


def test_a_visit_of_which_nobody_said_what_became_is_not_on_the_card_and_is_named(study: Path, clock: Clock) -> None:
    record(study, "liu", [booked("P001", "D7", "2026-04-08T09:30")])
    clock.set("2026-04-08T02:00:00+00:00")  # 10:00 in Shenzhen
    out = made(study, "participant", "card", "P001", "--out", "c.pdf", "--language", "en").out
    assert "D7 is not on it: its time has passed, and nobody has recorded what became of it" in out


def test_a_card_without_a_date_or_a_participant_is_refused(study: Path) -> None:
    record(study, "liu", [draft("consent", "P002", form="1.0", date="2026-02-25")])
    said = "DC904 P002 has no visit to come that has a date; see what is missing with `participant show P002`"
    assert said in refused(study, "participant", "card", "P002", "--out", "c.pdf").err
    assert "DC737" in refused(study, "participant", "card", "P404", "--out", "c.pdf").err
    assert not (study / "c.pdf").exists()


ARMS = (("group-1", "group-2", "placebo"), ("placebo", "group-1", "group-1"))
PAGES = [
    *(("study", "wall", "--month", "2026-04", "--out", f"m.{kind}") for kind in OUT),
    *(("study", "wall", "--week", "2026-W15", "--out", f"w.{kind}") for kind in OUT),
    *(("study", "daylist", "--day", "2026-04-07", "--out", f"d.{kind}") for kind in ("pdf", "html", "xlsx")),
    *(("participant", "card", "P050", "--out", f"c.{kind}") for kind in ("pdf", "html")),
]


def test_nothing_that_is_printed_depends_on_an_arm(tmp_path: Path, clock: Clock) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder, arms in zip(folders, ARMS, strict=True):
        folder.mkdir()
        begin(folder)
        record(folder, "liu", clinic_week.spring(arms))
        for words in PAGES:
            made(folder, *words)
    for words in PAGES:
        one, other = ((folder / words[-1]).read_bytes() for folder in folders)
        assert one == other, words[-1]
        made(folders[0], *words, "--force")
        assert (folders[0] / words[-1]).read_bytes() == one, f"{words[-1]} has other bytes the second time"


def test_a_full_clinic_is_on_one_page(tmp_path: Path, clock: Clock) -> None:
    clinic_week.clinic(tmp_path)
    made(tmp_path, "study", "wall", "--month", "2026-04", "--out", "m.pdf")
    [page] = paper.pages((tmp_path / "m.pdf").read_bytes())
    shown = wall(tmp_path, "--month", "2026-04")
    count = sum(len(each["visits"]) + len(each["ends"]) for each in shown["days"])
    assert count > 60
    assert len(re.findall(r"\bP\d{3}\b", page)) == count


def test_forty_visits_on_one_day_are_counted_and_told(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path)
    drafts = []
    for number in range(40):
        code, hour = f"P{number:03}", 8 + number // 5
        drafts += [*enrolled(code, "2026-03-31"), booked(code, "D7", f"2026-04-08T{hour:02}:30")]
    record(tmp_path, "liu", drafts)
    said = made(tmp_path, "study", "wall", "--week", "2026-W15", "--out", "w.pdf").out
    assert "2026-04-08: 40 visits are booked for 6 places" in said
    page = paper.words((tmp_path / "w.pdf").read_bytes())
    shown = len(re.findall(r"\d\d:\d\d P\d{3} D7", page))
    assert shown + sum(int(each) for each in re.findall(r"\+(\d+) more, see the day list", page)) == 40
    made(tmp_path, "study", "daylist", "--day", "2026-04-08", "--out", "d.pdf")
    listed = paper.words((tmp_path / "d.pdf").read_bytes())
    assert [n for n in range(40) if f"P{n:03}" not in listed] == []
