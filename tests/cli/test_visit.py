"""`dosecalc visit`: what is shown, what is asked, and what is recorded, on a study in a file."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dosecalc.app.study import open_study
from dosecalc.app.study_store import init_study
from dosecalc.registry.event import Draft, Kind
from dosecalc.registry.sealing import Sealer
from dosecalc.registry.visits_now import project
from registry.visiting import DOUBLE, NOW, OPEN, site_text
from running import Ran, dosecalc

STAFF = "liu: nurse, chen: investigator, wang: pharmacist, zhao: administrator"


class Person(io.StringIO):
    """Somebody at the terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 1 June 2026."""
    for module in ("study", "study_store"):
        monkeypatch.setattr(f"dosecalc.app.{module}.now", lambda: NOW.astimezone(dt.UTC))


def study(
    folder: Path,
    *people: str,
    protocol: str = OPEN,
    arm: str = "phase1-A",
    consent: str = "2026-03-01",
    start: str = "2026-03-02",
    **site: Any,
) -> str:
    """A study with people who consented on 1 March 2026 and begin on 2 March; returns its file."""
    file, key, site_file = folder / "study.db", folder / "pharmacy" / "study.key", folder / "site.yaml"
    key.parent.mkdir(exist_ok=True)
    site_file.write_text(site_text(**site), "utf-8")
    made = {"study": str(file), "protocol": protocol, "site": str(site_file), "key_out": str(key)}
    init_study(**made, who="zhao", at=f"{consent}T08:00")
    open_arm = {"arm": arm} if protocol == OPEN else {}
    session = open_study(str(file), user="zhao", key=str(key), at=f"{consent}T09:00")
    assert session.key is not None
    # Straight into the registry: who may record each of these is not what is tested here.
    with session.store, session.store.writing(session.by, Sealer(session.key, os.urandom)) as writing:
        for code in people:
            said: tuple[tuple[Kind, dict[str, Any], dict[str, Any] | None], ...] = (
                ("consent", {"form": "1.0", "date": consent}, None),
                ("enrol", {"date": consent}, None),
                ("assign", open_arm, {"arm": arm}),
                ("anchor", {"name": "start", "when": start}, None),
            )
            for kind, public, sealed in said:
                writing.append(Draft(kind=kind, at=session.at, participant=code, public=public, sealed=sealed))
            writing.project(code, project(writing, session.study, code, session.today))
    return str(file)


@pytest.fixture
def one(tmp_path: Path) -> str:
    return study(tmp_path, "P001")


def visit(file: str, *words: str) -> Ran:
    return dosecalc("visit", *words, "--study", file)


def test_a_booking_shows_the_window_and_what_to_send(one: str) -> None:
    ran = visit(one, "book", "P001", "W2", "2026-03-16T09:30")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "P001: W2 is booked.",
        "W2 (Week 2): Monday, 2026-03-16 09:30",
        "Window: Saturday, 2026-03-14 to Wednesday, 2026-03-18; days left after this day: 2",
        "A dose is given at W2: tell the pharmacy that it is needed on 2026-03-16.",
        "Calendars to send: the participant's and the clinic's (`study calendars` writes them)",
        "event 6: a booking",
        "This study has no staff list: everyone who can open it may record anything.",
    ]


def test_as_json_a_booking_is_its_event_the_visit_and_what_changes(one: str) -> None:
    said = visit(one, "book", "P001", "W2", "2026-03-16T09:30", "--json").json
    assert (said["event"]["number"], said["event"]["kind"]) == (6, "book")
    assert said["event"]["public"] == {"when": "2026-03-16T09:30:00+08:00"}
    assert (said["visit"]["standing"], said["visit"]["booked"]) == ("booked", "2026-03-16T09:30:00+08:00")
    assert (said["visit"]["earliest"], said["visit"]["latest"]) == ("2026-03-14", "2026-03-18")
    assert (said["changes"]["days_left"], said["changes"]["dose"]) == (2, True)


def test_a_time_outside_the_window_is_refused_and_nothing_is_recorded(one: str) -> None:
    ran = visit(one, "book", "P001", "W2", "2026-03-19T09:30", "--json")
    assert (ran.code, ran.codes) == (1, ["DC420"])
    assert visit(one, "book", "P001", "W2", "2026-03-16T09:30", "--json").json["event"]["number"] == 6


def test_an_override_is_confirmed_by_a_person_and_by_no_option(one: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("book", "P001", "W2", "2026-03-19T09:30", "--outside-window", "flight cancelled", "--yes")
    ran = visit(one, *words)
    assert ran.code == 1
    assert ran.err == (
        "DC765 W2 on 2026-03-19 lies outside its window, 2026-03-14 to 2026-03-18: 1 day too late; have the "
        "investigator call the command at a terminal, and confirm it there\n"
    )
    monkeypatch.setattr(sys, "stdin", Person("n\n"))
    assert visit(one, *words).code == 130
    monkeypatch.setattr(sys, "stdin", Person("y\n"))
    ran = visit(one, *words)
    assert ran.code == 0
    assert "Deviation: W2 on 2026-03-19 lies outside its window" in ran.out
    assert "Record it all the same, as a deviation?" in ran.err
    assert "event 6: a booking" in ran.out


def test_the_override_stands_on_the_event(one: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Person("y\n"))
    ran = visit(one, "book", "P001", "W2", "2026-03-19T09:30", "--outside-window", "flight cancelled", "--json")
    assert ran.json["event"]["public"]["outside_window"] == "flight cancelled"
    assert ran.json["event"]["reason"] == "flight cancelled"
    assert ran.json["visit"]["outside_window"] == "flight cancelled"


def test_with_a_staff_list_only_the_investigator_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = study(tmp_path, "P001", staff=STAFF)
    words = ("book", "P001", "W2", "2026-03-19T09:30", "--outside-window", "flight cancelled", "--json")
    monkeypatch.setattr(sys, "stdin", Person("y\n"))
    assert visit(file, *words, "--as", "liu").codes == ["DC764"]
    assert visit(file, *words, "--as", "wang").codes == ["DC764"]
    monkeypatch.setattr(sys, "stdin", Person("y\n"))
    assert visit(file, *words, "--as", "chen").json["event"]["role"] == "investigator"


def test_with_a_staff_list_the_pharmacist_books_nothing(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", staff=STAFF)
    assert visit(file, "book", "P001", "W2", "2026-03-16T09:30", "--as", "wang", "--json").codes == ["DC723"]


def test_a_move_is_shown_and_asked_about(one: str, monkeypatch: pytest.MonkeyPatch) -> None:
    visit(one, "book", "P001", "W2", "2026-03-16T09:30")
    ran = visit(one, "move", "P001", "W2", "2026-03-17T09:30")
    assert (ran.code, ran.err) == (2, "DC830 nobody has confirmed this change; add --yes once you are sure\n")
    assert ran.out.splitlines() == [
        "W2 (Week 2): from Monday, 2026-03-16 09:30 to Tuesday, 2026-03-17 09:30",
        "Window: Saturday, 2026-03-14 to Wednesday, 2026-03-18; days left after this day: 1",
        "No other visit moves.",
        "A dose is given at W2: tell the pharmacy that it is needed on 2026-03-17.",
        "Calendars to send: the participant's and the clinic's (`study calendars` writes them)",
    ]
    monkeypatch.setattr(sys, "stdin", Person("y\n"))
    ran = visit(one, "move", "P001", "W2", "2026-03-17T09:30")
    assert ran.code == 0
    assert "event 7: a moved booking" in ran.out


def test_as_json_a_move_without_a_yes_says_what_would_change_and_records_nothing(one: str) -> None:
    visit(one, "book", "P001", "W2", "2026-03-16T09:30")
    ran = visit(one, "move", "P001", "W2", "2026-03-17T09:30", "--json")
    assert (ran.code, ran.codes) == (2, ["DC830"])
    assert ran.json["changes"]["doses"] == [{"encounter": "W2", "day": "2026-03-17"}]
    assert (ran.json["changes"]["days_left"], ran.json["changes"]["calendars"]) == (1, ["participant", "clinic"])
    said = visit(one, "move", "P001", "W2", "2026-03-17T09:30", "--json", "--yes").json
    assert said["event"]["number"] == 7  # the booking was 6
    assert said["changes"] == ran.json["changes"]


def test_a_move_back_into_the_window_says_that_the_deviation_is_over(one: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Person("y\n"))
    assert visit(one, "book", "P001", "W2", "2026-03-19T09:30", "--outside-window", "flight cancelled").code == 0
    ran = visit(one, "move", "P001", "W2", "2026-03-18T09:30", "--yes")
    assert "It was booked as a deviation, and is none any more." in ran.out


def test_for_scripts_a_move_is_answered_with_yes(one: str) -> None:
    visit(one, "book", "P001", "W2", "2026-03-16T09:30")
    said = visit(one, "move", "P001", "W2", "2026-03-17T09:30", "--yes", "--json").json
    assert said["event"]["public"] == {"from": "2026-03-16T09:30:00+08:00", "when": "2026-03-17T09:30:00+08:00"}
    assert (said["changes"]["from"], said["changes"]["to"]) == (
        "2026-03-16T09:30:00+08:00",
        "2026-03-17T09:30:00+08:00",
    )


def test_a_move_warns_of_the_gap_to_a_dose_that_is_only_booked(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", gaps="least: P12D")
    assert visit(file, "book", "P001", "W2", "2026-03-16T09:30").code == 0
    assert visit(file, "book", "P001", "W4", "2026-03-28T09:30").code == 0
    ran = visit(file, "move", "P001", "W2", "2026-03-17T09:30", "--yes")
    assert ran.code == 0
    assert "Mind: W2 on 2026-03-17 and the dose of W4 on 2026-03-28 are 11 days apart" in ran.out


def test_what_took_place_outside_its_window_is_said_to_be_a_deviation(one: str) -> None:
    ran = visit(one, "attend", "P001", "W2", "2026-03-20", "--reason", "fever")
    assert ran.code == 0
    assert ran.out.splitlines()[:3] == [
        "P001: W2 took place.",
        "Deviation: after its window, Saturday, 2026-03-14 to Wednesday, 2026-03-18",
        "Days from target: +4",
    ]


def test_miss_and_cancel_want_a_reason(one: str) -> None:
    visit(one, "book", "P001", "W2", "2026-03-16T09:30")
    assert visit(one, "miss", "P001", "W2", "--json").codes == ["DC709"]
    assert visit(one, "cancel", "P001", "W2", "--json").codes == ["DC709"]
    assert visit(one, "unscheduled", "P001", "2026-03-10T09:00", "--json").codes == ["DC709"]
    assert visit(one, "miss", "P001", "W2", "--reason", "ill", "--json").json["visit"]["missed"] == "ill"


def test_an_unscheduled_visit_gets_a_name(one: str) -> None:
    said = visit(one, "unscheduled", "P001", "2026-03-10T09:00", "--reason", "redness", "--json").json
    assert (said["event"]["visit"], said["visit"]["attended"]) == ("U1", "2026-03-10T09:00:00+08:00")


@pytest.mark.parametrize(
    ("words", "code", "ends_with"),
    [
        (("book", "P002", "W2", "2026-03-16T09:30"), "DC737", 1),
        (("book", "P001", "W2", "2026-03-16"), "DC005", 2),
        (("book", "P001", "W2", "16/03/2026"), "DC401", 1),
        (("book", "P001", "W9", "2026-03-16T09:30"), "DC756", 1),
        (("attend", "P001", "W2", "2026-02-28"), "DC761", 1),
        (("move", "P001", "W2", "2026-03-16T09:30", "--yes"), "DC760", 1),
        (("opens", "P001", "W2"), "DC001", 2),
    ],
)
def test_what_cannot_be_is_refused(one: str, words: tuple[str, ...], code: str, ends_with: int) -> None:
    ran = visit(one, *words, "--json")
    assert (ran.code, ran.codes) == (ends_with, [code])


def test_the_last_place_of_a_day_goes_to_one_of_eight_at_once(tmp_path: Path) -> None:
    people = [f"P{number:03}" for number in range(1, 9)]
    file = study(tmp_path, *people, places=1)
    call = "import sys; from dosecalc.cli import main; main(sys.argv[1:])"
    everywhere = {**os.environ, "DOSECALC_STUDY": file, "DOSECALC_USER": "liu", "DOSECALC_LANGUAGE": "en"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", call, "visit", "book", code, "W2", "2026-03-16T09:30", "--json"],
            env=everywhere,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for code in people
    ]
    ended = [(process.communicate(), process.returncode) for process in running]
    assert sorted(code for _, code in ended) == [0] + [1] * 7
    for (out, err), code in ended:
        if code:
            assert json.loads(out)["errors"][0]["code"] == "DC762"
            assert err == "DC762 2026-03-16 is full: 1 of 1 places are booked; choose another day\n"
    with open_study(file, user="liu", key=None, at=None).store as store, store.reading() as reading:
        assert [event.kind for event in reading.events(after=33)] == ["book"]
        assert len(reading.rows(day="2026-03-16", standing=("booked",))) == 1


def test_in_a_masked_trial_every_word_is_the_same_whatever_the_arm(tmp_path: Path) -> None:
    calls = [
        ("book", "P001", "D7", "2026-03-09T09:30"),
        ("move", "P001", "D7", "2026-03-10T09:30", "--yes"),
        ("attend", "P001", "D0", "2026-03-02"),
        ("attend", "P001", "D7", "2026-03-13"),
        ("book", "P001", "D14", "2026-03-30T09:30"),
        ("unscheduled", "P001", "2026-03-20T09:00", "--reason", "headache"),
    ]
    said = []
    for arm in ("group-1", "placebo"):
        folder = tmp_path / arm
        folder.mkdir()
        file = study(folder, "P001", protocol=DOUBLE, arm=arm)
        said.append([(ran.code, ran.out, ran.err) for ran in (visit(file, *call) for call in calls)])
    assert said[0] == said[1]
    assert [code for code, _, _ in said[0]] == [0, 0, 0, 0, 1, 0]


def test_the_visit_that_the_others_count_from_is_overdue_until_somebody_records_it(one: str) -> None:
    # the start on 2 March is a plan until W0 is recorded; it is 1 June
    said = (
        "P001: W0 was planned for 2026-03-02, and nobody recorded whether it took place. If it did: visit attend P001 "
        "W0 2026-03-02. If on another day: visit attend P001 W0 DATE --reason WHY, and the other visits move with it."
    )
    for report in ("overdue", "today"):
        assert said in dosecalc("study", report, "--study", one).out.splitlines()
    late = dosecalc("study", "overdue", "--study", one, "--json").json["overdue"]
    assert "W0" in [each["visit"] for each in late]
    assert visit(one, "attend", "P001", "W0", "2026-03-02").code == 0
    for report in ("overdue", "today"):
        assert "nobody recorded whether it took place" not in dosecalc("study", report, "--study", one).out
    late = dosecalc("study", "overdue", "--study", one, "--json").json["overdue"]
    assert "W0" not in [each["visit"] for each in late]


def test_as_of_belongs_to_what_can_show_the_past(one: str) -> None:
    ran = visit(one, "attend", "P001", "W0", "2026-03-02", "--as-of", "2026-03-02")
    assert (ran.code, ran.err) == (2, "DC001 there is no option --as-of; see dosecalc visit attend --help\n")
