"""`dosecalc study book`: the best days for many visits, shown first, and booked in one transaction or not at all."""

from __future__ import annotations

import datetime as dt
import io
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dosecalc.app import study_book
from dosecalc.app.study import open_study
from dosecalc.registry.supply_limits import SupplyLimits
from dosecalc.visits import booking
from registry.booking_study import HOURS, WEEKDAYS, booking_study
from registry.visiting import NOW
from running import Ran, dosecalc

STOCKTAKING = (
    "closures: [{first: 2026-06-04, last: 2026-06-05, reason: {en: stocktaking, zh: 盘点}}, "
    "{first: 2026-06-11, last: 2026-06-12, reason: {en: stocktaking, zh: 盘点}}]"
)
THREE = {"P001": "2026-05-25", "P002": "2026-05-27", "P003": "2026-05-23"}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is Monday, 1 June 2026, 12:00."""
    for module in ("study", "study_store"):
        monkeypatch.setattr(f"dosecalc.app.{module}.now", lambda: NOW.astimezone(dt.UTC))


def book(file: str, *words: str, user: str = "zhao") -> Ran:
    return dosecalc("study", "book", *words, "--study", file, "--as", user)


def head(file: str) -> int:
    with open_study(file, user="zhao", key=None, at=None) as session, session.read() as reading:
        return reading.head().number


def days(ran: Ran) -> dict[tuple[str, str], str]:
    """The day, and the time, of each visit of the plan."""
    return {(each["participant"], each["encounter"]): each["when"][5:16] for each in ran.json["plan"]["visits"]}


@pytest.fixture
def three(tmp_path: Path) -> str:
    """Three participants, one place a day, and three open days from 4 to 12 June: Mon 8, Tue 9, Wed 10.

    W2 is 14 days after the start, 2 days before and after are allowed:
    P001 began on Mon 25 May: target Mon 8 June, window 6 to 10 June, open in it 8, 9, 10
    P002 began on Wed 27 May: target Wed 10 June, window 8 to 12 June, open in it 8, 9, 10
    P003 began on Sat 23 May: target Sat 6 June, window 4 to 8 June, open in it only 8
    """
    return booking_study(tmp_path, THREE, WEEKDAYS, HOURS, STOCKTAKING, places=1)


# --- the best plan --------------------------------------------------------------------------------------------------


def test_the_best_plan_is_the_one_worked_out_by_hand(three: str) -> None:
    """Who books each visit on its nearest day gives 8 June to P001, and P003 has none left: a missed visit.

    P003 must have the 8th (2 days late). Of the 9th and 10th P001 takes the 9th (1 day late) and P002 the 10th (0);
    the other way round it were 2 + 1. In all 2 + 1 + 0 = 3 days, 10 points each; no visit stands twice on a day.
    """
    ran = book(three, "--visit", "W2", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert days(ran) == {
        ("P003", "W2"): "06-08T08:30",
        ("P001", "W2"): "06-09T08:30",
        ("P002", "W2"): "06-10T08:30",
    }
    plan = ran.json["plan"]
    assert (plan["days_from_target"], plan["cost"], plan["at_least"], plan["optimal"]) == (3, 30, 30, True)
    assert plan["unbooked"] == []
    assert [(event["kind"], event["participant"]) for event in ran.json["events"]] == [
        ("book", "P003"), ("book", "P001"), ("book", "P002"),
    ]  # fmt: skip
    assert "outside_window" not in str(ran.json["events"])  # avoidable deviations: none


def test_it_is_shown_by_day_and_said_how_good_it_is(three: str) -> None:
    shown = book(three, "--visit", "W2", "--yes").out
    assert shown.splitlines()[2:7] == [
        "Monday, 2026-06-08     08:30  P003  W2              +2",
        "Tuesday, 2026-06-09    08:30  P001  W2              +1",
        "Wednesday, 2026-06-10  08:30  P002  W2               0",
        "Visits: 3; days from target in all: 3",
        "No plan is better: that is proven.",
    ]
    assert "Booked: 3\n" in shown


def test_what_is_booked_already_is_left_out(three: str) -> None:
    assert book(three, "--visit", "W2", "--yes").code == 0
    again = book(three, "--visit", "W2", "--yes")
    assert (again.code, again.out) == (0, "There is nothing to book.\n")


def test_nothing_is_recorded_before_somebody_says_yes(three: str) -> None:
    before = head(three)
    ran = book(three, "--json")
    assert ran.code == 2
    assert ran.codes == ["DC830"]
    assert len(ran.json["plan"]["visits"]) == 18
    assert head(three) == before


def test_the_same_study_gives_the_same_plan_in_every_process(three: str, tmp_path: Path) -> None:
    first, second = (book(three, "--json").json["plan"] for _ in range(2))
    assert first == second
    script = (
        "import sys; sys.path.insert(0, 'tests'); import dosecalc.app.study as s; from registry.visiting import NOW;"
        "import datetime as dt; s.now = lambda: NOW.astimezone(dt.UTC); from dosecalc.cli import main;"
        f"main(['study', 'book', '--json', '--study', {three!r}, '--as', 'zhao'])"
    )
    outs = [
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(__file__).parents[2], capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert outs[0] == outs[1]
    assert outs[0].decode() == book(three, "--json").out


def test_times_are_spread_and_no_participant_is_at_two_places_at_once(tmp_path: Path) -> None:
    """Six places, three times a day: 08:30, 09:30, 10:30. Six who come on one day have two for each time."""
    file = booking_study(tmp_path, {f"P{n:03}": "2026-05-25" for n in range(6)}, WEEKDAYS, HOURS, places=6)
    found = days(book(file, "--visit", "W2", "--json"))
    assert sorted(found.values()) == [
        f"06-08T{time}" for time in ("08:30", "08:30", "09:30", "09:30", "10:30", "10:30")
    ]


@pytest.mark.parametrize(("weekday", "day"), [("Mon", "06-08"), ("Tue", "06-09"), ("Wed", "06-08")])
def test_a_preferred_weekday_is_worth_one_day_from_the_target_and_not_two(
    tmp_path: Path, weekday: str, day: str
) -> None:
    """The target is Mon 8 June: 15 points where another day is preferred. Tuesday costs 10, Wednesday 20."""
    file = booking_study(tmp_path, {"P001": "2026-05-25"}, WEEKDAYS, HOURS)
    said = dosecalc("participant", "prefer", "P001", "--weekdays", weekday, "--study", file, "--as", "zhao")
    assert said.code == 0, said.err
    assert days(book(file, "--visit", "W2", "--json")) == {("P001", "W2"): f"{day}T08:30"}


def test_only_those_who_are_named_and_only_until_a_day(three: str) -> None:
    one = days(book(three, "--participant", "P002", "--until", "2026-06-24", "--json"))
    assert one == {("P002", "W2"): "06-10T08:30", ("P002", "W4"): "06-24T08:30"}


# --- what the visits take from each other ---------------------------------------------------------------------------


def test_two_doses_that_are_both_to_be_booked_keep_their_gap(tmp_path: Path) -> None:
    """W2 on 8 June, W4 due on 22 June, 14 days later: with 16 days at least, 2 days are lost. Windows allow ±2.

    W4 then W6 (6 July) need 16 days as well. W2 can be 8, 9, 10 June (Mon to Wed), W4 22 to 24 June, W6 6 to 8 July.
    W2 on the 8th, W4 on the 24th (+2), W6 on 10 July at the earliest: after its window. So one of the three has none,
    which is cheapest for W4: the others come on their targets, 28 days apart.
    """
    file = booking_study(tmp_path, {"P001": "2026-05-25"}, WEEKDAYS, HOURS, gaps="least: P16D")
    ran = book(file, "--until", "2026-07-06", "--json")
    assert days(ran) == {("P001", "W2"): "06-08T08:30", ("P001", "W6"): "07-06T08:30"}
    [none] = ran.json["plan"]["unbooked"]
    assert (none["encounter"], none["days"][0]) == (
        "W4",
        {"first": "2026-06-20", "last": "2026-06-20", "why": ["closed: Saturday"]},
    )
    assert "the gap to the dose of W2 on 2026-06-08 is not kept" in str(none["days"])


def test_a_booking_stays_unless_it_may_move(three: str) -> None:
    """P001 has 8 June, the only day of P003. Moved to the 9th, P003 comes, too; P002 stays free to take the 10th."""
    assert dosecalc("visit", "book", "P001", "W2", "2026-06-08T09:30", "--study", three, "--as", "zhao").code == 0
    stays = book(three, "--visit", "W2", "--json")
    assert days(stays) == {("P002", "W2"): "06-10T08:30"}
    moves = book(three, "--visit", "W2", "--allow-move", "--yes", "--json")
    assert days(moves) == {
        ("P003", "W2"): "06-08T08:30",
        ("P001", "W2"): "06-09T08:30",
        ("P002", "W2"): "06-10T08:30",
    }
    assert [event["kind"] for event in moves.json["events"]] == ["book", "move", "book"]
    assert moves.json["plan"]["visits"][1]["from"] == "2026-06-08T09:30:00+08:00"


def test_a_booking_that_may_move_stays_where_nobody_needs_its_day(three: str) -> None:
    done = dosecalc("visit", "book", "P002", "W2", "2026-06-09T09:30", "--study", three, "--as", "zhao")
    assert done.code == 0
    ran = book(three, "--participant", "P002", "--visit", "W2", "--allow-move", "--yes")
    assert "Bookings that stay, though they might move: 1" in ran.out
    assert "There is nothing to book." in ran.out


@pytest.mark.parametrize("booked", ["P001", "P002"])
def test_a_booking_that_may_move_is_not_given_up_for_another_visit(tmp_path: Path, booked: str) -> None:
    """One day with one place is open in both windows, the target of both: who has it keeps it."""
    closed = "closures: [{first: 2026-06-09, last: 2026-06-12, reason: {en: stocktaking, zh: 盘点}}]"
    file = booking_study(tmp_path, {"P001": "2026-05-25", "P002": "2026-05-25"}, WEEKDAYS, HOURS, closed, places=1)
    done = dosecalc("visit", "book", booked, "W2", "2026-06-08T09:30", "--study", file, "--as", "zhao")
    assert done.code == 0, done.err
    ran = book(file, "--visit", "W2", "--allow-move", "--json")
    assert days(ran) == {}
    assert [each["participant"] for each in ran.json["plan"]["unbooked"]] == [{"P001": "P002", "P002": "P001"}[booked]]


def test_a_visit_takes_its_place_on_the_day_on_which_it_came(tmp_path: Path) -> None:
    """P001 was booked for 5 June and came today, on the 1st: the 5th, the target of P002, is free again."""
    file = booking_study(tmp_path, {"P001": "2026-05-20", "P002": "2026-05-22"}, WEEKDAYS, HOURS, places=1)
    for done, when in (("book", "2026-06-05T09:30"), ("attend", "2026-06-01T09:30")):
        said = dosecalc("visit", done, "P001", "W2", when, "--study", file, "--as", "zhao")
        assert said.code == 0, said.err
    ran = book(file, "--participant", "P002", "--visit", "W2", "--json")
    assert days(ran) == {("P002", "W2"): "06-05T08:30"}


# --- who finds no day -----------------------------------------------------------------------------------------------


def test_too_many_for_the_days_it_is_said_who_finds_none_and_which_days_are_full(tmp_path: Path) -> None:
    """Five want one of three days with one place each: three come, two do not."""
    file = booking_study(
        tmp_path, {f"P{n:03}": "2026-05-25" for n in range(1, 6)}, WEEKDAYS, HOURS, STOCKTAKING, places=1
    )
    ran = book(file, "--visit", "W2", "--yes")
    assert ran.code == 0
    assert "Not booked, because no day is left: 2\n" in ran.out
    assert ran.out.count(" W2 finds no day in what is left of its window:\n") == 2
    assert "  2026-06-08 to 2026-06-10: full: 1 of 1 places\n" in ran.out
    assert "  Saturday, 2026-06-06: closed: Saturday\n" in ran.out
    assert "  Monday, 2026-06-08: 1 of 1 places; visits without a day that could have come: 2\n" in ran.out


def test_a_window_that_lies_in_a_closure_is_explained_day_by_day(tmp_path: Path) -> None:
    """Of W2, W4 and W6 of two participants one window holds no working day: 20 to 24 June, closed for renovation."""
    closed = "closures: [{first: 2026-06-19, last: 2026-06-28, reason: {en: renovation, zh: 装修}}]"
    file = booking_study(tmp_path, {"P001": "2026-05-25"}, WEEKDAYS, HOURS, closed, places=6)
    ran = book(file, "--until", "2026-07-06", "--json")
    assert sorted(days(ran)) == [("P001", "W2"), ("P001", "W6")]
    [none] = ran.json["plan"]["unbooked"]
    assert none["encounter"] == "W4"
    assert none["days"] == [{"first": "2026-06-20", "last": "2026-06-24", "why": ["closed: renovation"]}]


def test_no_dose_is_booked_after_its_last_lot_by_whoever_may_know_it(
    three: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lots end on the 8th, which is left for one: for P001 it is the target, for P002 and P003 2 days from it."""
    until = SupplyLimits(until=dt.date(2026, 6, 8))
    monkeypatch.setattr(study_book, "supply_limits", lambda *_: until)
    ran = book(three, "--visit", "W2", "--key", str(tmp_path / "pharmacy" / "study.key"), "--json")
    assert days(ran) == {("P001", "W2"): "06-08T08:30"}
    assert "no lot can be given after 2026-06-08" in str(ran.json["plan"]["unbooked"])
    assert len(days(book(three, "--visit", "W2", "--json"))) == 3  # without the key nobody knows


def test_when_no_visit_finds_a_day_nothing_is_asked_and_it_says_why(tmp_path: Path) -> None:
    closed = "closures: [{first: 2026-06-01, last: 2026-06-28, reason: {en: renovation, zh: 装修}}]"
    file = booking_study(tmp_path, {"P001": "2026-05-25"}, WEEKDAYS, HOURS, closed)
    before = head(file)
    ran = book(file, "--visit", "W2", "--yes")
    assert ran.code == 1
    assert ran.err.startswith("DC916 none of these visits finds a day: 1; what stands against each day is listed")
    assert "  2026-06-06 to 2026-06-10: closed: renovation\n" in ran.out
    assert head(file) == before


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--visit W3", "DC918 nobody in this study has a visit 'W3'; the visits are: W0, W12, W2, W24, W4, W6, W8"),
        ("--until 2026-05-31", "DC919 2026-05-31 is past, and no visit is booked for a day that is past; give today"),
        ("--participant P009", "DC737 this study has no participant P009"),
        ("--time-limit 0", "DC001"),
    ],
)
def test_what_cannot_be_meant_is_refused(three: str, words: str, said: str) -> None:
    ran = book(three, *words.split())
    assert ran.code in (1, 2)
    assert ran.err.startswith(said), ran.err


def test_without_clinic_days_no_day_can_be_proposed(tmp_path: Path) -> None:
    ran = book(booking_study(tmp_path, THREE, HOURS))
    assert ran.code == 1
    assert "DC846 the site file does not say on which days the clinic is open; add 'weekdays' under" in ran.err


def test_without_highspy_it_says_what_to_install(three: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    ran = book(three, "--yes")
    assert ran.code == 1
    assert ran.err == (
        "DC880 the best days are found by the package highspy, which is not installed; "
        "install it: pip install 'dosecalc[booking]'\n"
    )


def test_in_a_time_too_short_for_any_plan_it_says_so(three: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booking, "_run", lambda *_: None)  # the solver has not begun when the time is over
    before = head(three)
    ran = book(three, "--yes", "--time-limit", "1")
    assert ran.code == 1
    assert ran.err == (
        "DC881 no plan was found in 1 seconds; allow more time with --time-limit, or book fewer visits at once\n"
    )
    assert head(three) == before


def test_a_plan_that_is_not_proven_best_says_how_far_it_may_be_from_it(
    three: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P001 on the 10th and P002 on the 9th cost 2 + 2 + 1 days; nothing below 2 days was ruled out."""
    eighth, ninth, tenth = (dt.date(2026, 6, day) for day in (8, 9, 10))
    worse = booking.Booked(days=(tenth, ninth, eighth), cost=50, bound=20)
    monkeypatch.setattr(study_book, "best_days", lambda *_, **__: worse)
    ran = book(three, "--visit", "W2", "--time-limit", "7", "--yes")
    assert ran.code == 0
    assert (
        "It is not proven that no plan is better: after 7 s this one has 50 points, and none can have less than 20 "
        "(a day from the target counts 10, a visit without a day 100000). More time: --time-limit\n"
    ) in ran.out
    assert "Visits: 3; days from target in all: 5\n" in ran.out


def test_a_study_that_changed_meanwhile_is_not_booked_from_old_days(three: str) -> None:
    with open_study(three, user="zhao", key=None, at=None) as session:
        asked = study_book.wanted(session, (), ("W2",), None, allow_move=False)
        proposal = study_book.propose(session, asked, 60)
        assert dosecalc("visit", "book", "P001", "W4", "2026-06-22T09:30", "--study", three, "--as", "zhao").code == 0
        before = head(three)
        with pytest.raises(Exception, match="somebody has changed the study") as refused:
            study_book.record(session, proposal)
    assert refused.value.findings[0].code == "DC917"  # type: ignore[attr-defined]
    assert head(three) == before


def test_what_changed_meanwhile_and_does_not_matter_does_not_stop_it(three: str) -> None:
    with open_study(three, user="zhao", key=None, at=None) as session:
        asked = study_book.wanted(session, (), ("W2",), None, allow_move=False)
        proposal = study_book.propose(session, asked, 60)
        words = "participant consent P009 --form 1.0 --date 2026-06-01".split()
        assert dosecalc(*words, "--study", three, "--as", "zhao").code == 0
        assert len(study_book.record(session, proposal)) == 3


# --- a person at the terminal ---------------------------------------------------------------------------------------


class Person(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_who_says_no_leaves_all_as_it_was(three: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Person("n\n"))
    before = head(three)
    ran = book(three, "--visit", "W2")
    assert ran.code == 130
    assert "Book these visits? (3) [y/N]: " in ran.out
    assert ran.err == "Stopped; nothing was booked.\n"
    assert head(three) == before


SLOW = """
import sys, time; sys.path.insert(0, 'tests')
import datetime as dt, dosecalc.app.study as s, dosecalc.visits.booking as b
from registry.visiting import NOW
s.now = lambda: NOW.astimezone(dt.UTC)
def slow(solver, progress):
    print('searching', flush=True)
    while True:
        progress and progress(None, 0)
        time.sleep(0.05)
b._run = slow
import dosecalc.__main__ as program
sys.argv = ['dosecalc', 'study', 'book', '--yes', '--study', sys.argv[1], '--as', 'zhao']
program.main()
"""


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_it_searches_leaves_all_as_it_was(three: str, which: signal.Signals) -> None:
    before = head(three)
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, three],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "searching\n"
    process.send_signal(which)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "Stopped; nothing was booked.\n")
    assert head(three) == before


def test_the_bar_is_for_a_terminal_alone_and_goes_to_standard_error(three: str) -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests'); import dosecalc.app.study as s; from registry.visiting import NOW;"
        "import datetime as dt; s.now = lambda: NOW.astimezone(dt.UTC); from dosecalc.cli import main;"
        f"main(['study', 'book', '--json', '--study', {three!r}, '--as', 'zhao', '--visit', 'W2', '--yes'])"
    )
    watched, screen = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=screen,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )  # fmt: skip
    os.close(screen)
    out, _ = process.communicate(timeout=60)
    shown = os.read(watched, 65536).decode()
    os.close(watched)
    assert b"reading the study" not in out
    assert "reading the study" in shown
