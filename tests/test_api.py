"""What notebooks and programs call: worked numbers, the same as the command line, the same refusals."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import dosecalc
from dosecalc.app import shipped
from dosecalc.errors import DosecalcError, Refusal
from running import dosecalc as run

if TYPE_CHECKING:
    from dosecalc.api import ParticipantPlan
    from dosecalc.protocol.settled import Settled

STROKE, HAIR, ESCALATION = "NCT07084012", "NCT07203599", "NCT06932393"
SITE = shipped("sites", "example.yaml")
STAMP = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
README = Path(__file__).parent.parent / "README.md"


@cache
def trial(name: str, site: str | None = SITE) -> Settled:
    return dosecalc.load(name, site)


def hair(**options: Any) -> ParticipantPlan:
    given: dict[str, Any] = {"start": "2026-03-02", "arm": "phase1-A", "areas": ["24"]}
    given |= {"area_date": "2026-02-27"} if options.get("areas", ["24"]) else {}
    given |= options
    return dosecalc.plan_participant(trial(HAIR), "SZ-001", **given)


def codes(error: DosecalcError) -> list[str]:
    return [finding.code for finding in error.findings]


def test_a_participant_has_the_dose_and_the_visits_of_the_protocol() -> None:
    # 24 cm² are 24 sites of 1.0 × 10⁸ particles: 2.4 × 10⁹. Week 2 is 2 + 14 = 16 March, the site allows 2 days.
    plan = hair()
    doses = plan.doses_table().set_index("encounter")
    assert list(doses.index) == ["W0", "W2", "W4", "W6"]
    assert list(doses.loc["W2", ["sites", "total", "unit"]]) == [24, "2400000000", "particles"]
    visits = plan.visits_table().set_index("encounter")
    assert list(visits.index) == ["W0", "W2", "W4", "W6", "W8", "W12", "W24"]
    assert list(visits.loc["W2", ["target", "earliest", "latest"]]) == ["2026-03-16", "2026-03-14", "2026-03-18"]


def test_patches_are_added_up_and_a_mode_may_be_given_by_hand() -> None:
    # 20.1 + 3.3 = 23.4 cm², up 24 sites, down 23.
    for mode, sites in (("up", 24), ("down", 23)):
        plan = dosecalc.plan_participant(
            trial(HAIR, None), "SZ-001", start="2026-03-02", arm="phase1-A", areas=["20.1", "3.3"],
            rounding=mode,  # type: ignore[arg-type]
        )  # fmt: skip
        assert set(plan.doses_table()["sites"]) == {sites}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tables_hold_what_the_commands_print_as_json(language: Any) -> None:
    plan = hair(areas=["20.1", "3.3"], actual={"W2": "2026-03-17"})
    words = ["--arm", "phase1-A", "--site", SITE, "--language", language, "--json"]
    doses = run("dose", HAIR, "--area", "20.1", "--area", "3.3", "--area-date", "2026-02-27", *words).json["doses"]
    assert plan.doses_table(language).equals(pd.DataFrame(doses))
    visits = run("schedule", HAIR, "--start", "2026-03-02", "--actual", "W2=2026-03-17", *words).json["visits"]
    assert plan.visits_table(language).equals(pd.DataFrame(visits))


def test_a_calendar_is_the_file_that_the_command_writes(tmp_path: Path) -> None:
    plan = dosecalc.plan_participant(trial(STROKE), "TT-001", start="2026-03-02", bookings={"D7": "2026-03-09T09:30"})
    for audience in ("participant", "clinic"):
        words = ["calendar", STROKE, "--site", SITE, "--start", "2026-03-02", "--participant", "TT-001"]
        words += ["--book", "D7=2026-03-09T09:30", "--audience", audience, "--language", "zh"]
        out = tmp_path / f"{audience}.ics"
        assert run(*words, "--stamp", "2026-02-01T00:00:00Z", "--out", str(out)).code == 0
        made = dosecalc.make_calendar(plan, stamp=STAMP, audience=audience, language="zh")
        assert made == out.read_bytes()


def test_a_calendar_goes_on_from_an_earlier_one() -> None:
    first = dosecalc.make_calendar(hair(), stamp=STAMP)
    later = STAMP + dt.timedelta(days=1)
    moved = dosecalc.make_calendar(hair(bookings={"W2": "2026-03-17T10:00"}), stamp=later, previous=first)
    assert (first.count(b"SEQUENCE:1\r\n"), moved.count(b"SEQUENCE:1\r\n")) == (0, 1)
    gone = dosecalc.make_calendar(hair(), stamp=later, previous=first, cancel=True)
    assert gone.count(b"STATUS:CANCELLED") == first.count(b"BEGIN:VEVENT") == 7


def test_a_masked_trial_without_the_arm_has_visits_and_no_doses() -> None:
    plan = dosecalc.plan_participant(trial(STROKE), "TT-001", start="2026-03-02")
    assert plan.doses is None
    assert len(plan.doses_table()) == 0
    assert plan.visits_table()["target"].tolist() == ["2026-03-02", "2026-03-09", "2026-03-16"]
    with pytest.raises(DosecalcError) as refusal:
        dosecalc.make_calendar(plan, stamp=STAMP, audience="pharmacy")
    assert codes(refusal.value) == ["DC372"]


def test_the_pharmacist_gets_the_doses_of_a_masked_trial_and_nobody_else_sees_them() -> None:
    with_arm = dosecalc.plan_participant(trial(STROKE), "TT-001", start="2026-03-02", arm="group-1")
    without = dosecalc.plan_participant(trial(STROKE), "TT-001", start="2026-03-02")
    assert with_arm.doses_table()["role"].tolist() == ["active", "placebo", "placebo"]
    assert with_arm.schedule == without.schedule
    assert dosecalc.make_calendar(with_arm, stamp=STAMP) == dosecalc.make_calendar(without, stamp=STAMP)
    frame = pd.DataFrame({"participant": ["TT-001"], "start": ["2026-03-02"]})
    columns = map(str, dosecalc.plan_cohort(trial(STROKE), frame))
    assert not [name for name in columns if name.startswith(("dose", "release"))]


def test_where_everyone_gets_both_preparations_no_arm_is_needed() -> None:
    plan = dosecalc.plan_participant(
        trial(ESCALATION), "QH-001", start="2026-03-31", areas=["9.5"], area_date="2026-03-30"
    )
    # 9.5 cm² × 5 × 10⁸ particles/cm² = 4.75 × 10⁹; the saline has a volume and no amount.
    first, second = plan.doses_table().head(2).to_dict("records")
    assert (first["product"], first["total"]) == ("exosomes", "4750000000")
    assert (second["product"], second["volume"]) == ("saline", "same as active")


def test_areas_may_be_measured_again_at_visits() -> None:
    # 20.5 + 1 = 21.5 cm² at W4, where the example site says that it is measured once.
    options: dict[str, Any] = {"areas_at": {"W4": ["20.5", "1"]}, "area_date": ["2026-02-27", "W4=2026-03-29"]}
    with pytest.raises(DosecalcError, match="DC344"):
        hair(**options)
    with pytest.raises(TypeError, match="areas_at has lists of texts"):
        hair(areas_at={"W4": "24"})
    table = hair(area_method="tracing", area_measured_by="CRC-02").doses_table()
    assert set(table["area_method"]) == {"tracing"}
    assert set(table["area_measured_by"]) == {"CRC-02"}
    assert set(table["area_date"]) == {"2026-02-27"}


def test_doses_need_not_be_planned() -> None:
    assert hair(areas=[], doses=False).doses is None


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"areas": ["NaN"]}, "DC201"),
        ({"areas": ["12,5"]}, "DC201"),
        ({"areas": []}, "DC310"),
        ({"arm": "phase9"}, "DC302"),
        ({"arm": None}, "DC304"),
        ({"level": "1e9"}, "DC332"),
        ({"start": "2026-02-30"}, "DC402"),
        ({"actual": {"W3": "2026-03-20"}}, "DC413"),
        ({"bookings": {"W2": "2026-03-17"}}, "DC005"),
        ({"bookings": {"W2": "2026-04-17T09:00"}}, "DC420"),
    ],
)
def test_what_the_command_line_refuses_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(DosecalcError) as refusal:
        hair(**options)
    assert codes(refusal.value) == [code]


def test_a_code_that_is_none_and_a_trial_that_there_is_not_are_refused() -> None:
    with pytest.raises(DosecalcError) as refusal:
        dosecalc.plan_participant(trial(STROKE), "../x", start="2026-03-02")
    assert codes(refusal.value) == ["DC620"]
    with pytest.raises(DosecalcError, match="NCT00000000"):
        dosecalc.load("NCT00000000")


def test_one_text_is_not_taken_for_a_list_of_areas() -> None:
    # "24" would be 2 cm² and 4 cm², 6 in all.
    with pytest.raises(TypeError, match=re.escape("areas is a list of texts, one for each patch: ['24']")):
        hair(areas="24")


def test_a_stamp_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="the stamp has no time zone"):
        dosecalc.make_calendar(hair(), stamp=dt.datetime(2026, 2, 1))  # noqa: DTZ001 - that is what is refused


def expected(plan: ParticipantPlan) -> dict[str, str]:
    """One participant's plan as a row of `plan_cohort` says it; dates without their time of day."""
    assert plan.doses is not None
    found = {"participant": plan.schedule.participant, "release": "draft"}
    for visit in plan.visits_table().to_dict("records"):
        for key in ("target",) if visit["window"] == "anchor" else ("target", "earliest", "latest"):
            found[f"{key}_{visit['encounter']}"] = visit[key][:10]
    for dose in plan.doses.doses:
        if dose.total is not None:
            unit = str(dose.total.unit).replace(" ", "_")
            found[f"dose_{dose.encounter}_{unit}"] = str(int(dose.total.value))
        if dose.sites is not None:
            found["sites"] = str(dose.sites)
    return found


@pytest.mark.parametrize("name", [STROKE, HAIR, ESCALATION])
def test_a_cohort_is_planned_as_its_participants_one_by_one(name: str) -> None:
    people = pd.read_csv(shipped("cohorts", f"{name}.csv"), dtype=str)
    people = people[[column for column in people if not str(column).startswith(("actual_", "book_"))]]
    table = dosecalc.plan_cohort(trial(name), people)
    assert table.index.equals(people.index)
    rows = table.drop(columns=["arm", "warnings"]).astype("string").fillna("").to_dict("records")
    for row, who in zip(rows, people.fillna("").to_dict("records"), strict=True):
        plan = dosecalc.plan_participant(
            trial(name),
            who["participant"],
            start=who["start"],
            arm=who["arm"] or None,
            areas=who["area_cm2"].split(";") if who.get("area_cm2") else [],
            area_date=who.get("area_date") or (),
            level=who.get("level") or None,
        )
        said = {str(key): value[:10] if value.startswith("2026-") else value for key, value in row.items() if value}
        assert said == expected(plan)


def test_a_table_is_refused_with_the_numbers_of_its_rows() -> None:
    frame = pd.DataFrame(
        {
            "participant": ["SZ-001", "SZ-002", "SZ-003"],
            "start": "2026-03-02",
            "arm": "phase1-A",
            "area_cm2": ["24", "NaN", "12,5"],
        }
    )
    with pytest.raises(DosecalcError) as refusal:
        dosecalc.plan_cohort(trial(HAIR), frame)
    assert [str(finding.what).partition(":")[0] for finding in refusal.value.findings] == ["row 2", "row 3"]


def test_the_python_of_the_readme_runs() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block, str(README), "exec"), {})
    assert "2400000000" in out.getvalue()
    assert "2026-03-16" in out.getvalue()


def test_a_column_that_is_surely_misspelt_is_not_passed_over() -> None:
    table = pd.DataFrame(
        {
            "participant": ["P1"],
            "start": ["2026-03-02"],
            "arm": ["phase2-exosome"],
            "area_cm2": ["20"],
            "Level": ["1e8"],
        }
    )
    with pytest.raises(Refusal, match="DC617 the column \"Level\" is not known; write 'level'"):
        dosecalc.plan_cohort(dosecalc.load("NCT07203599", str(SITE)), table)
    # A column that resembles none of ours belongs to the table.
    own = table.drop(columns="Level").assign(arm="phase1-A", remark="left-handed")
    assert len(dosecalc.plan_cohort(dosecalc.load("NCT07203599"), own)) == 1
