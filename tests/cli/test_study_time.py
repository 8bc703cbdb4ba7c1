"""A study's times: facts are never ahead of the clock, wherever the machine is, whatever the clocks of the site do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from masked_study import Clock, begin, call, site_file
from running import dosecalc

OPEN, DOUBLE = "NCT07203599", "NCT07084012"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It is 1 June 2026, 09:00 at the site, until a test says otherwise."""
    return Clock(monkeypatch)


@pytest.fixture(params=["America/Los_Angeles", "Pacific/Auckland"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine is in another time zone than the site, behind it or ahead of it."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def done(folder: Path, words: str, *more: str, user: str = "liu") -> Any:
    ran = call(folder, user, *words.split(), *more, "--json")
    assert ran.code == 0, ran.err
    return ran.json


def refused(folder: Path, words: str, *more: str, user: str = "liu") -> str:
    ran = call(folder, user, *words.split(), *more, "--json")
    assert ran.code == 1
    return ran.err.strip()


def enrolled(folder: Path, *level: str) -> None:
    done(folder, "participant consent P001 --form 1.0 --date 2026-03-01")
    done(folder, "participant enrol P001 --date 2026-03-01", *level)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("liu", "participant consent P001 --form 2.0 --date {day}"),
        ("liu", "participant measure P001 --weight 70 --by A --date {day}"),
        ("liu", "participant anchor P001 symptom_onset={day}T20:00"),
        ("liu", "participant withdraw P001 --reason moved --date {day}"),
        ("chen", "participant discontinue P001 --reason fever --date {day}"),
    ],
)
def test_what_is_still_to_come_is_not_recorded_as_a_fact(tmp_path: Path, user: str, words: str) -> None:
    begin(tmp_path, DOUBLE)
    enrolled(tmp_path)
    before = done(tmp_path, "participant show P001")
    said = refused(tmp_path, words.format(day="2026-06-02"), user=user)
    assert said.startswith("DC815 2026-06-02")
    assert "is still to come: it is 2026-06-01 09:00 at the site" in said
    assert done(tmp_path, "participant show P001") == before
    done(tmp_path, words.format(day="2026-05-31"), user=user)


@pytest.mark.parametrize("words", ["enrol P001", "screen-failure P001 --reason criterion-4"])
def test_nobody_is_enrolled_or_found_unfit_tomorrow(tmp_path: Path, words: str) -> None:
    begin(tmp_path, DOUBLE)
    done(tmp_path, "participant consent P001 --form 1.0 --date 2026-03-01")
    assert refused(tmp_path, f"participant {words} --date 2026-06-02").startswith("DC815")
    done(tmp_path, f"participant {words} --date 2026-06-01")


def test_the_first_dose_may_be_planned_and_visits_are_booked_from_it(tmp_path: Path) -> None:
    begin(tmp_path, OPEN)
    enrolled(tmp_path, "--cohort", "phase1-A")
    done(tmp_path, "participant assign P001 --arm phase1-A", user="chen")
    done(tmp_path, "participant anchor P001 first_dose=2026-06-08")
    done(tmp_path, "visit book P001 W0 2026-06-08T09:30")
    # Attended it is only when the day has come, whatever --at says.
    assert refused(tmp_path, "visit attend P001 W0 2026-06-08").startswith("DC761")
    assert refused(tmp_path, "visit attend P001 W0 2026-06-08 --at 2026-06-08T10:00").startswith("DC815")


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("liu", "participant show P001"),
        ("liu", "participant enrol P001"),
        ("chen", "study hold --scope study --reason fever"),
        ("wang", "ip receive --stock our-example-stock.yaml"),
        ("zhao", "study staff wu nurse"),
    ],
)
def test_nothing_happens_after_the_moment_at_which_it_is_entered(tmp_path: Path, user: str, words: str) -> None:
    begin(tmp_path, DOUBLE)
    done(tmp_path, "participant consent P001 --form 1.0 --date 2026-03-01")
    assert refused(tmp_path, words, "--at", "2026-06-01T09:01", user=user) == (
        "DC815 2026-06-01 09:01 is still to come: it is 2026-06-01 09:00 at the site; check what you typed, and the "
        "clock of this computer; only a booking or the planned start may lie ahead"
    )


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("chen", "study hold --scope study --reason fever"),
        ("chen", "study open-level phase1-B --reason board"),
        ("zhao", "study staff wu nurse"),
    ],
)
def test_what_holds_for_the_whole_study_does_not_lie_before_it_began(tmp_path: Path, user: str, words: str) -> None:
    begin(tmp_path, OPEN)  # at 09:00
    assert refused(tmp_path, words, "--at", "2019-06-01T09:00", user=user) == (
        "DC932 2019-06-01 09:00 lies before this study began, on 2026-06-01 09:00; check the time after --at; what was "
        "decided earlier is recorded without --at, its date in --reason"
    )
    done(tmp_path, words, "--at", "2026-06-01T09:00", user=user)


def test_what_is_known_of_a_participant_may_lie_before_the_study_began(tmp_path: Path) -> None:
    begin(tmp_path, DOUBLE)
    words = "participant consent P001 --form 1.0 --date 2026-03-01 --at 2026-03-01T10:00"
    assert done(tmp_path, words)["event"]["at"] == "2026-03-01T10:00:00+08:00"


def test_a_hold_ends_after_it_began(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, DOUBLE)
    clock.set("2026-06-02T02:30:20+00:00")
    done(tmp_path, "study hold --scope study --reason fever", user="chen")
    lift = "study lift --scope study --reason well --at"
    assert refused(tmp_path, lift, "2026-06-02T10:29", user="chen") == (
        "DC931 the whole study is on hold since 2026-06-02 10:30, and 2026-06-02 10:29 lies before that; check the "
        "time after --at; leave it out if the hold ends now"
    )
    done(tmp_path, lift, "2026-06-02T10:30", user="chen")


def test_a_study_does_not_begin_in_the_future(tmp_path: Path) -> None:
    words = ("--protocol", OPEN, "--site", str(site_file(tmp_path)), "--as", "zhao", "--at", "2026-06-01T09:01")
    places = ("--study", str(tmp_path / "s.db"), "--key-out", str(tmp_path / "keys" / "k"))
    assert dosecalc("study", "init", *words, *places, "--json").codes == ["DC815"]
    assert not (tmp_path / "s.db").exists()


@pytest.mark.usefixtures("elsewhere")
def test_today_is_the_sites_day_wherever_the_machine_is(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, DOUBLE)
    clock.set("2026-06-01T17:00:00+00:00")  # 2 June, 01:00 at the site; 1 June, 10:00 in Los Angeles
    said = refused(tmp_path, "participant consent P001 --form 1.0 --date 2026-06-03")
    assert "2026-06-03 is still to come: it is 2026-06-02 01:00 at the site" in said
    consent = done(tmp_path, "participant consent P001 --form 1.0 --date 2026-06-02")["event"]
    assert (consent["at"], consent["at_utc"]) == ("2026-06-02T01:00:00+08:00", "2026-06-01T17:00:00+00:00")
    enrol = done(tmp_path, "participant enrol P001 --at 2026-06-02T00:30")["event"]
    assert (enrol["at_utc"], enrol["public"]) == ("2026-06-01T16:30:00+00:00", {"date": "2026-06-02"})
    assert done(tmp_path, "study today")["day"] == "2026-06-02"


@pytest.mark.usefixtures("elsewhere")
def test_a_time_with_an_offset_of_its_own_is_the_moment_that_it_says(tmp_path: Path) -> None:
    begin(tmp_path, DOUBLE)
    consent = "participant consent P001 --form 1.0 --date 2026-03-01 --at"
    assert refused(tmp_path, consent, "2026-05-31T21:01-04:00").startswith("DC815 2026-06-01 09:01")
    assert done(tmp_path, consent, "2026-05-31T21:00-04:00")["event"]["at"] == "2026-06-01T09:00:00+08:00"


def test_a_clock_that_was_set_back_loses_nothing_and_the_record_says_so(tmp_path: Path, clock: Clock) -> None:
    begin(tmp_path, DOUBLE)
    clock.set("2026-06-03T01:00:00+00:00")
    done(tmp_path, "participant consent P001 --form 1.0 --date 2026-06-03")
    clock.set("2026-06-02T01:00:00+00:00")  # the clock was a day fast, and is set right
    # What was written with the wrong clock is corrected; until then the enrolment would come before it.
    assert refused(tmp_path, "participant enrol P001").startswith("DC741 2026-06-02 lies before the consent")
    done(tmp_path, "participant correct 2 --set date=2026-06-02 --reason clock-was-fast")
    done(tmp_path, "participant enrol P001")
    shown = done(tmp_path, "participant show P001")
    assert [(each["number"], each["entered_at"]) for each in shown["history"]] == [
        (2, "2026-06-03T01:00:00+00:00"), (3, "2026-06-02T01:00:00+00:00"), (4, "2026-06-02T01:00:00+00:00"),
    ]  # fmt: skip
    assert (shown["standing"], shown["consents"]) == ("enrolled", [{"form": "1.0", "date": "2026-06-02"}])
    done(tmp_path, "participant show P001 --as-of 2026-06-02")
    assert call(tmp_path, "mo", "study", "verify").code == 0


# --- daylight saving: Berlin puts its clocks forward on 29 March 2026 and back on 25 October 2026 ---


def berlin(folder: Path, start: str) -> None:
    """A study in Berlin; W2 comes two weeks after the start, and has a window of two days."""
    text = site_file(folder).read_text("utf-8").replace("timezone: Asia/Shanghai", "timezone: Europe/Berlin")
    (folder / "berlin.yaml").write_text(text, "utf-8")
    (folder / "keys").mkdir()
    made = dosecalc(
        "study", "init", "--protocol", OPEN, "--site", str(folder / "berlin.yaml"), "--as", "zhao",
        "--study", str(folder / "study.db"), "--key-out", str(folder / "keys" / "k"),
    )  # fmt: skip
    assert made.code == 0, made.err
    enrolled(folder, "--cohort", "phase1-A")
    done(folder, "participant assign P001 --arm phase1-A", user="chen")
    done(folder, f"participant anchor P001 first_dose={start}")


def booked(folder: Path) -> dict[str, str]:
    visits = done(folder, "participant show P001")["visits"]
    return {each["visit"]: each["booked"] for each in visits}


def test_a_visit_is_not_booked_in_the_hour_that_the_clocks_leave_out(tmp_path: Path, clock: Clock) -> None:
    berlin(tmp_path, "2026-03-15")
    clock.set("2026-03-15T12:00:00+00:00")
    said = refused(tmp_path, "visit book P001 W2 2026-03-29T02:30")
    assert said.startswith("DC403 2026-03-29 02:30 does not exist in Europe/Berlin: the clocks are put forward")
    done(tmp_path, "visit book P001 W2 2026-03-29T03:30")
    assert booked(tmp_path) == {"W2": "2026-03-29T03:30:00+02:00"}


def test_a_visit_in_the_hour_that_comes_twice_says_which_one_is_meant(tmp_path: Path, clock: Clock) -> None:
    clock.set("2026-10-11T12:00:00+00:00")
    berlin(tmp_path, "2026-10-11")
    said = refused(tmp_path, "visit book P001 W2 2026-10-25T02:30")
    assert said.startswith("DC403 2026-10-25 02:30 comes twice in Europe/Berlin: the clocks are put back")
    done(tmp_path, "visit book P001 W2 2026-10-25T02:30+01:00")
    assert booked(tmp_path) == {"W2": "2026-10-25T02:30:00+01:00"}
    # The other half past two is an hour earlier: another time, to which the visit can be moved.
    done(tmp_path, "visit move P001 W2 2026-10-25T02:30+02:00 --yes")
    assert booked(tmp_path) == {"W2": "2026-10-25T02:30:00+02:00"}


def test_in_the_hour_that_comes_twice_the_second_one_is_to_come_after_the_first(tmp_path: Path, clock: Clock) -> None:
    clock.set("2026-10-11T12:00:00+00:00")
    berlin(tmp_path, "2026-10-11")
    clock.set("2026-10-25T00:45:00+00:00")  # 02:45 in Berlin, for the first time
    attend = "visit attend P001 W2"
    assert refused(tmp_path, attend, "2026-10-25T02:30+01:00").startswith("DC761")  # in 45 minutes
    event = done(tmp_path, attend, "2026-10-25T02:30+02:00")["event"]  # a quarter of an hour ago
    assert event["entered_at_local"] == "2026-10-25T02:45:00+02:00"


def test_events_around_the_change_have_the_offset_of_their_moment(tmp_path: Path, clock: Clock) -> None:
    clock.set("2026-10-25T01:30:00+00:00")  # 02:30 in Berlin, for the second time
    berlin(tmp_path, "2026-10-24")
    words = "participant measure P001 --area 24 --method tracing --by A --date 2026-10-24 --at"
    event = done(tmp_path, words, "2026-10-25T02:30+02:00")["event"]
    assert (event["at"], event["at_utc"]) == ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00+00:00")
    assert event["entered_at_local"] == "2026-10-25T02:30:00+01:00"
    assert refused(tmp_path, words, "2026-10-25T02:30").startswith("DC403")
