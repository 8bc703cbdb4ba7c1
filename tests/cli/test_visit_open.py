"""`dosecalc visit open`: the days, the best first; why there is none; and that `visit book` takes exactly these."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest

from cli.test_visit import study, visit
from dosecalc.app import study_visits
from dosecalc.app.study import Session, open_study
from dosecalc.app.study_open import visit_open
from dosecalc.errors import Refusal
from house.source import CHECKOUT
from pharmacy import STOCK
from registry.visiting import DOUBLE, EXAMPLE, HOURS, OPEN, PUBLIC, WEEK, at
from running import dosecalc

MARCH = at("2026-03-05T12:00")
ALL_WEEK = "weekdays: [Mon, Tue, Wed, Thu, Fri, Sat, Sun]"
ONE = ": a deviation, which the investigator allows with --outside-window"
EITHER = ": either is a deviation, which the investigator allows with --outside-window"
NO_YEAR = (
    "within a year of these days there is none; have the days on which the clinic is open checked in the site file"
)
BEGAN = {"consent": "2026-02-03", "start": "2026-02-04"}
"""Week 2 is due on Wednesday, 18 February 2026, in the Spring Festival; its window is 16 to 20 February."""


def set_clock(monkeypatch: pytest.MonkeyPatch, now: dt.datetime) -> None:
    for module in ("study", "study_store"):
        monkeypatch.setattr(f"dosecalc.app.{module}.now", lambda: now.astimezone(dt.UTC))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon of 5 March 2026."""
    set_clock(monkeypatch, MARCH)


def days(file: str, *words: str) -> list[str]:
    """The possible days, the best first, as month and day."""
    return [each["day"][5:] for each in visit(file, "open", *words, "--json").json["days"]]


def against(file: str, *words: str) -> dict[str, list[str]]:
    """What stands against each of the other days."""
    found = visit(file, "open", *words, "--json").json["not_possible"]
    return {each["day"][5:]: [one["kind"] for one in each["against"]] for each in found}


def why_none(file: str, *words: str) -> tuple[list[str], list[str]]:
    ran = visit(file, "open", *words, "--json")
    assert (ran.code, ran.json["days"]) == (0, [])
    return ran.json["none"]["binding"], ran.json["none"]["helps"]


# ---- which days, and in which order ----------------------------------------------------------------------------------


def test_the_days_stand_there_by_their_distance_from_the_target_with_times_and_reasons(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(WEEK, PUBLIC, HOURS), staff="liu: nurse, zhao: administrator")
    assert dosecalc("visit", "open", "P001", "W2", "--study", file, "--as", "liu").out.splitlines() == [
        "P001: W2 (Week 2) is due on Monday, 2026-03-16; window 2026-03-14 to 2026-03-18",
        "",
        "Day        Date        Times                                     Booked  Why",
        "─────────  ──────────  ────────────────────────────────────────  ──────  ───────────────────────",
        "Monday     2026-03-16  08:30, 09:30, 10:30, 13:30, 14:30, 15:30       0  on the target day",
        "Tuesday    2026-03-17  08:30, 09:30, 10:30, 13:30, 14:30, 15:30       0  1 day after the target",
        "Wednesday  2026-03-18  08:30, 09:30, 10:30, 13:30, 14:30, 15:30       0  2 days after the target",
        "",
        "Not possible: 2",
        "Day       Date        Why",
        "────────  ──────────  ────────────────",
        "Saturday  2026-03-14  closed: Saturday",
        "Sunday    2026-03-15  closed: Sunday",
        "",
        "Product expiry is the pharmacy's to check.",
    ]


def test_of_days_equally_near_a_preferred_weekday_comes_first_then_the_emptier_one_then_the_earlier(
    tmp_path: Path,
) -> None:
    file = study(tmp_path, "P001", "P002", clinic=(ALL_WEEK,))
    assert days(file, "P001", "W2") == ["03-16", "03-15", "03-17", "03-14", "03-18"]
    visit(file, "book", "P002", "W2", "2026-03-15T09:30")
    assert days(file, "P001", "W2") == ["03-16", "03-17", "03-15", "03-14", "03-18"]
    ran = dosecalc("participant", "prefer", "P001", "--weekdays", "Sun,Wed", "--study", file)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "P001: the weekdays are recorded")
    assert days(file, "P001", "W2") == ["03-16", "03-15", "03-17", "03-18", "03-14"]
    shown = dosecalc("participant", "show", "P001", "--study", file)
    assert "Would rather come on: Wednesday, Sunday" in shown.out.splitlines()
    assert dosecalc("participant", "prefer", "P001", "--weekdays", "none", "--study", file).code == 0
    assert days(file, "P001", "W2") == ["03-16", "03-17", "03-15", "03-14", "03-18"]


@pytest.mark.parametrize(("typed", "code"), [("Tues", "DC908"), ("Tue,Tue", "DC908"), ("", "DC908"), ("none", "DC746")])
def test_a_weekday_misspelt_is_refused(tmp_path: Path, typed: str, code: str) -> None:
    file = study(tmp_path, "P001")
    assert dosecalc("participant", "prefer", "P001", "--weekdays", typed, "--study", file, "--json").codes == [code]


def test_only_nurse_and_investigator_say_what_suits_a_participant(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", staff="liu: nurse, wang: pharmacist, zhao: administrator")
    words = ("participant", "prefer", "P001", "--weekdays", "Tue", "--study", file, "--json", "--as")
    assert dosecalc(*words, "wang").codes == ["DC723"]
    assert dosecalc(*words, "liu").json["event"]["public"] == {"weekdays": ["Tue"]}


def test_where_no_window_is_stated_two_weeks_around_the_target_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.visiting.EXAMPLE", EXAMPLE.replace("      W24:", "      W99:"))
    monkeypatch.setattr("dosecalc.protocol.site_checks._against", lambda *_: iter(()))  # there is no W99
    file = study(tmp_path, "P001", clinic=(ALL_WEEK,))
    found = visit(file, "open", "P001", "W24", "--json").json  # 24 weeks after 2 March: Monday, 17 August 2026
    assert (found["visit"]["window"], len(found["days"])) == ("not_stated", 29)
    assert (found["days"][0]["day"], found["days"][-1]["day"]) == ("2026-08-17", "2026-08-31")
    assert "no window is stated, so no day is a deviation" in visit(file, "open", "P001", "W24").out


def test_a_range_may_be_asked_for_and_what_lies_outside_the_window_says_so(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(ALL_WEEK,))
    words = ("P001", "W2", "--from", "2026-03-17", "--until", "2026-03-20")
    assert days(file, *words) == ["03-17", "03-18"]
    assert against(file, *words) == {"03-19": ["window"], "03-20": ["window"]}
    assert visit(file, "open", "P001", "W2", "--from", "2026-03-18", "--until", "2026-03-17", "--json").codes == [
        "DC910"
    ]
    assert visit(file, "open", "P001", "W2", "--until", "2029-03-17", "--json").codes == ["DC910"]


# ---- every kind of thing that stands against a day -------------------------------------------------------------------


def test_past_days_are_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = study(tmp_path, "P001", clinic=(ALL_WEEK, HOURS))
    set_clock(monkeypatch, at("2026-03-16T15:00"))
    assert against(file, "P001", "W2", "--from", "2026-03-14") == {"03-14": ["past"], "03-15": ["past"]}
    found = visit(file, "open", "P001", "W2", "--json").json["days"]
    assert [each[11:16] for each in found[0]["times"]] == ["15:30"]
    set_clock(monkeypatch, at("2026-03-16T15:30"))
    assert against(file, "P001", "W2") == {"03-16": ["hours"]}


def test_a_dose_too_near_to_another_that_is_booked_or_given_stands_against_a_day(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(ALL_WEEK,), gaps="least: P13D")
    assert visit(file, "attend", "P001", "W0", "2026-03-02").code == 0
    assert days(file, "P001", "W2") == ["03-16", "03-15", "03-17", "03-18"]
    visit(file, "book", "P001", "W4", "2026-03-28T09:30")  # 13 days before it is 15 March
    assert against(file, "P001", "W2") == {"03-14": ["gap"], "03-16": ["gap"], "03-17": ["gap"], "03-18": ["gap"]}


def test_a_full_resource_and_a_full_day_stand_against_it_and_not_for_the_visit_itself(tmp_path: Path) -> None:
    bed = "resources: {bed: {label: {en: bed, zh: 床}, per_day: 1}}"
    file = study(tmp_path, "P001", "P002", clinic=(ALL_WEEK, bed), booking="W2: {resources: [bed]}", places=2)
    visit(file, "book", "P002", "W2", "2026-03-16T09:30")
    assert against(file, "P001", "W2") == {"03-16": ["full"]}
    assert days(file, "P002", "W2")[0] == "03-16"


def test_the_start_waits_for_the_stagger_and_moves_with_its_visit(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", "P002", clinic=(ALL_WEEK,), stagger=7, start="2026-03-09")
    found = against(file, "P002", "W0", "--from", "2026-03-10", "--until", "2026-03-17")
    assert found == {f"03-{day}": ["stagger"] for day in range(10, 16)}
    assert "the other visits count from it and move with it" in visit(file, "open", "P002", "W0").out


def test_what_waits_for_a_date_says_for_which(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(WEEK,))
    dosecalc("participant", "consent", "P002", "--form", "1.0", "--date", "2026-03-01", "--study", file)
    dosecalc("participant", "enrol", "P002", "--cohort", "phase1-A", "--study", file)
    dosecalc("participant", "assign", "P002", "--arm", "phase1-A", "--study", file)
    ran = visit(file, "open", "P002", "W2")
    assert ran.code == 1
    assert ran.err.startswith("DC755 W2 has no date yet: waiting for the date of first treatment (week 0) of P002; ")


def test_a_visit_that_an_amendment_leaves_out_by_then_has_no_day(tmp_path: Path) -> None:
    """Week 12 is due on 25 May; from 1 April on the plan has none."""
    text = (CHECKOUT / "schedules" / f"{OPEN}.yaml").read_text(encoding="utf-8")
    later = text.replace("version: registry-2025-12-02", "version: v2").replace("W8, W12, W24]", "W8, W24]")
    (tmp_path / "v2.yaml").write_text(later, encoding="utf-8")
    file = study(tmp_path, "P001", clinic=(WEEK,))
    assert days(file, "P001", "W12")
    amended = dosecalc(
        "study", "amend", "--protocol", str(tmp_path / "v2.yaml"), "--effective", "2026-04-01", "--reconsent", "no",
        "--urgent", "--reason", "infections", "--yes", "--study", file, "--as", "zhao",
    )  # fmt: skip
    assert amended.code == 0, amended.err
    ran = visit(file, "open", "P001", "W12")
    assert ran.code == 1
    assert "DC909 nobody knows yet when W12 is due: the protocol plans no such visit any more" in ran.err


def test_a_clinic_of_which_nobody_said_when_it_is_open_proposes_no_day(tmp_path: Path) -> None:
    assert visit(study(tmp_path, "P001"), "open", "P001", "W2", "--json").codes == ["DC846"]


# ---- no day ----------------------------------------------------------------------------------------------------------


def test_a_window_inside_the_spring_festival_names_the_nearest_open_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice for 2026: 15 to 23 February are holidays; the Saturdays 14 and 28 February are working days.

    So Saturday the 14th, two days before the window (16 to 20), and Tuesday the 24th, four days after it, are nearest.
    """
    set_clock(monkeypatch, at("2026-02-05T12:00"))
    file = study(tmp_path, "P001", clinic=(WEEK, PUBLIC, HOURS), **BEGAN)
    binding, helps = why_none(file, "P001", "W2")
    (said,) = binding
    assert said == (
        "the window, 2026-02-16 to 2026-02-20, lies inside a closure: Chinese New Year's Eve; Chinese New Year (Spring "
        "Festival); Day off (substituted from 2026-02-14)"
    )
    assert helps == ["the nearest open days are 2026-02-14 (2 days early) and 2026-02-24 (4 days late)" + EITHER]
    ran = visit(file, "open", "P001", "W2", "--language", "en")
    assert "NO DAY IS POSSIBLE." in ran.out


def test_when_the_window_is_over_only_later_days_are_left(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(WEEK, PUBLIC), **BEGAN)
    assert why_none(file, "P001", "W2") == (
        ["the window, 2026-02-16 to 2026-02-20, is over"],
        ["the nearest open day is 2026-03-05 (13 days late)" + ONE],
    )  # fmt: skip


def test_closures_that_leave_no_open_day_in_a_year_end_with_an_answer(tmp_path: Path) -> None:
    closed = "closures: [{first: 2026-01-01, last: 2027-12-31, reason: {en: rebuilding, zh: 重建}}]"
    file = study(tmp_path, "P001", clinic=(WEEK, closed))
    assert why_none(file, "P001", "W2") == (
        ["the window, 2026-03-14 to 2026-03-18, lies inside a closure: rebuilding"],
        [NO_YEAR],
    )  # fmt: skip


def test_where_places_bind_it_says_who_stands_on_the_days(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", "P002", "P003", "P004", clinic=(WEEK,), places=1)
    for number, day in enumerate(("16", "17", "18"), 2):
        assert visit(file, "book", f"P00{number}", "W2", f"2026-03-{day}T09:30").code == 0
    binding, helps = why_none(file, "P001", "W2")
    full = "; ".join(f"2026-03-{day} is full: 1 of 1 places are booked" for day in (16, 17, 18))
    assert binding == [f"this stands against every open day: {full}"]
    assert helps == [
        "2026-03-16 would be free if one of these moved: P002 W2",
        "2026-03-17 would be free if one of these moved: P003 W2",
        "2026-03-18 would be free if one of these moved: P004 W2",
        "the nearest open days are 2026-03-13 (1 day early) and 2026-03-19 (1 day late)" + EITHER,
    ]


def test_where_a_gap_binds_it_says_to_which_visit(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(ALL_WEEK,), gaps="least: P17D, most: P30D")
    assert visit(file, "attend", "P001", "W0", "2026-03-02").code == 0
    binding, helps = why_none(file, "P001", "W2")  # 17 days after 2 March is the 19th
    assert len(binding) == 1
    assert binding[0].startswith(
        "this stands against every open day: W2 on 2026-03-14 and the dose of W0 on 2026-03-02 are 12 days apart; at "
        "least 17 are asked for"
    )
    assert helps[-1] == ("the nearest open day is 2026-03-19 (1 day late)" + ONE)


# ---- lots (R15, R11) -------------------------------------------------------------------------------------------------


def pharmacy(folder: Path, *lines: str, **site: Any) -> str:
    """A study with P001 and the lots of the example, of which `lines` are set otherwise."""
    file = study(folder, "P001", clinic=(ALL_WEEK,), **site)
    stock = Path(STOCK).read_text("utf-8")
    for line in lines:
        before = next(each for each in stock.splitlines() if each.split(":")[0] == line.split(":")[0])
        stock = stock.replace(before, line)
    (folder / "stock.yaml").write_text(stock, "utf-8")
    words = ("--stock", str(folder / "stock.yaml"), "--study", file, "--key", str(folder / "pharmacy" / "study.key"))
    assert dosecalc("ip", "receive", *words).code == 0
    return file


def test_only_who_has_the_key_sees_until_when_a_product_can_be_given(tmp_path: Path) -> None:
    """A lot without `expiry_time` is not used on its last day: 17 March leaves Saturday, 14th to Monday, 16th."""
    file, key = pharmacy(tmp_path, "    expiry: 2026-03-17"), ("--key", str(tmp_path / "pharmacy" / "study.key"))
    assert days(file, "P001", "W2") == ["03-16", "03-15", "03-17", "03-14", "03-18"]
    assert "Product expiry is the pharmacy's to check." in visit(file, "open", "P001", "W2").out
    assert days(file, "P001", "W2", *key) == ["03-16", "03-15", "03-14"]
    assert against(file, "P001", "W2", *key) == {"03-17": ["product"], "03-18": ["product"]}
    ran = visit(file, "open", "P001", "W2", *key)
    assert "no lot can be given after 2026-03-16" in ran.out
    assert "pharmacy's to check" not in ran.out


def test_a_visit_without_a_dose_asks_for_no_lot(tmp_path: Path) -> None:
    file, key = pharmacy(tmp_path, "    expiry: 2026-03-17"), ("--key", str(tmp_path / "pharmacy" / "study.key"))
    assert len(days(file, "P001", "W12", *key)) == 15


def test_where_thawing_takes_longer_than_a_lot_lasts_no_day_is_possible(tmp_path: Path) -> None:
    file = pharmacy(tmp_path, "    thaw_limit: PT50M", booking="W2: {lead: PT1H}")
    binding, helps = why_none(file, "P001", "W2", "--key", str(tmp_path / "pharmacy" / "study.key"))
    assert binding[0].startswith(
        "this stands against every open day: from thawing to the end of the infusion it takes 1 h"
    )
    assert helps[0].startswith("another lot would help: ")
    assert days(file, "P001", "W2")[0] == "03-16"


# ---- night, and the change of the clocks -----------------------------------------------------------------------------


def test_on_the_ward_any_day_of_the_window_is_open(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", protocol=DOUBLE, clinic=(WEEK, HOURS), booking="D7: {ward: true}", places=1)
    assert days(file, "P001", "D7") == ["03-09", "03-08", "03-10", "03-07", "03-11"]
    assert "any time, such as 08:30" in visit(file, "open", "P001", "D7").out


def test_times_that_the_clocks_leave_out_or_repeat_are_not_proposed(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(ALL_WEEK, 'hours: ["01:00-05:00"]'), zone="Europe/Berlin")
    found = visit(file, "open", "P001", "W4", "--json").json["days"]
    times = {each["day"]: [time[11:] for time in each["times"]] for each in found}
    assert times["2026-03-28"] == ["01:00:00+01:00", "02:00:00+01:00", "03:00:00+01:00", "04:00:00+01:00"]
    assert times["2026-03-29"] == ["01:00:00+01:00", "03:00:00+02:00", "04:00:00+02:00"]


def test_days_of_a_year_that_is_not_announced_say_so(tmp_path: Path) -> None:
    file = study(tmp_path, "P001", clinic=(WEEK, "holidays: {country: CN, official_through: 2025}"))
    found = visit(file, "open", "P001", "W2", "--json").json["days"]
    assert found[0]["provisional"]
    assert found[0]["why"] == [
        "on the target day",
        "this rests on public holidays of 2026 that are not announced yet; look again when they are",
    ]


# ---- against booking for real ----------------------------------------------------------------------------------------


def drawn(folder: Path, dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, bool]:
    """A study of a drawn site with drawn bookings, a visit to ask for, and whether the first one took place."""
    protocol = dice.choice((OPEN, DOUBLE))
    visits = ("W2", "W4", "W6", "W12") if protocol == OPEN else ("D7", "D14")
    asked = dice.choice((*visits, "W0" if protocol == OPEN else "D0"))
    clinic = [dice.choice((WEEK, ALL_WEEK, "weekdays: [Tue, Thu]"))]
    if dice.random() < 0.7:
        clinic.append(dice.choice((HOURS, 'hours: ["20:00-24:00"]', 'hours: ["09:00-10:00"]')))
    if dice.random() < 0.5:
        clinic.append(PUBLIC)
    if dice.random() < 0.5:
        first = dt.date(2026, 3, 6) + dt.timedelta(days=dice.randrange(20))
        last = first + dt.timedelta(days=dice.randrange(4))
        clinic.append(f"closures: [{{first: {first}, last: {last}, reason: {{en: x, zh: x}}}}]")
    clinic.append("resources: {bed: {label: {en: bed, zh: 床}, per_day: 1}}")
    needs = dice.choice((f"{asked}: {{resources: [bed], lead: PT1H}}", f"{visits[0]}: {{ward: true}}", ""))
    more: dict[str, Any] = {"clinic": tuple(clinic), "booking": needs, "places": dice.choice((None, 1, 2))}
    if dice.random() < 0.5:
        more["gaps"] = "least: P5D, most: P9D" if protocol == DOUBLE else "least: P12D, most: P16D"
    file = study(folder, "P001", "P002", "P003", protocol=protocol, **more)
    set_clock(monkeypatch, at(f"2026-03-0{dice.randrange(3, 8)}T{dice.randrange(8, 20):02}:07"))
    for _ in range(8):
        code, name = dice.choice(("P001", "P002", "P003")), dice.choice(visits)
        when = at("2026-03-07T09:00") + dt.timedelta(days=dice.randrange(30), minutes=30 * dice.randrange(14))
        if (code, name) != ("P001", asked):
            visit(file, "book", code, name, f"{when:%Y-%m-%dT%H:%M}")
    came = dice.random() < 0.5
    if came:
        visit(file, "attend", "P001", "W0" if protocol == OPEN else "D0", "2026-03-02")
    return file, asked, came


def takes(session: Session, asked: str, when: str) -> bool:
    """Whether `visit book` takes the time without a word of warning."""
    step = study_visits.book(session, "P001", asked, when, outside_window=None, reason="another day suits them")
    try:
        decision, changed = step.look()
    except Refusal:
        return False
    assert changed is not None
    return not decision.overrides and not [each for each in changed.warnings if "days apart" in str(each)]


@pytest.mark.parametrize("seed", range(8))
def test_visit_book_takes_exactly_what_visit_open_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    file, asked, came = drawn(tmp_path, dice, monkeypatch)
    with open_study(file, user="zhao", key=None, at=None) as session:
        if came and asked in ("W0", "D0"):
            with pytest.raises(Refusal, match="DC759"):
                visit_open(session, "P001", asked, first="2026-03-08", until="2026-04-08")
            return
        found = visit_open(session, "P001", asked, first="2026-03-08", until="2026-04-08")
        assert len(found.options) == 32
        offered = {f"{each:%Y-%m-%dT%H:%M}" for one in found.best for each in one.times}
        hours = {each.strftime("%H:%M") for one in found.options for each in one.times}
        for option in found.options:
            for time in dice.sample(sorted(hours), min(len(hours), 2)):
                when = f"{option.day}T{time}"
                assert takes(session, asked, when) == (when in offered), (when, option.against)
            if not option.possible:
                odd = f"{option.day}T{dice.randrange(24):02}:{dice.randrange(60):02}"
                assert not takes(session, asked, odd), odd
        if offered:
            when = dice.choice(sorted(offered))
            step = study_visits.book(session, "P001", asked, when, outside_window=None, reason="it suits them")
            assert step.record().planned.state.booked is not None
