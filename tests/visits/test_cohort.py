from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dosecalc.errors import Refusal
from dosecalc.protocol.model import Arm, Encounter, Protocol
from dosecalc.protocol.settled import Settled
from dosecalc.visits.cohort import cohort_dates
from visits.building import BERLIN, SOURCE, defining, due, named, of_visit, protocol, site, start, unscheduled, words

WEEKS = (defining("W0"), due("W2", "P2W", ("P2D", "P3D")), due("M1", "P1M"))


def with_arms(what: Protocol, masked: Any = False, **arms: str) -> Protocol:
    """The protocol with these arms; without any, one arm with all visits."""
    lists = {name: tuple(text.split()) for name, text in arms.items()} or {"A": tuple(what.encounters)}
    return dataclasses.replace(
        what,
        arms={
            name: Arm(id=name, label=words(name), encounters=encounters, doses=(), source=SOURCE)
            for name, encounters in lists.items()
        },
        masking=dataclasses.replace(what.masking, masked=masked),
    )


def dates(what: Protocol, zone: str | None = None, **columns: Any) -> pd.DataFrame:
    return cohort_dates(Settled(protocol=what, site=site(zone) if zone else None), pd.DataFrame(columns))


def refused(what: Protocol, zone: str | None = None, **columns: Any) -> list[str]:
    with pytest.raises(Refusal) as refusal:
        dates(what, zone, **columns)
    return [f"{finding.code} {finding.what}" for finding in refusal.value.findings]


def days(column: pd.Series[Any]) -> list[str]:
    return column.to_numpy().astype("M8[D]").astype(str).tolist()


def open_trial(*encounters: Encounter, **arms: str) -> Protocol:
    return with_arms(protocol(*encounters), **arms)


def test_a_table_of_dates_worked_by_hand() -> None:
    table = dates(open_trial(*WEEKS), participant=["p", "q"], arm="A", start=["2026-01-31", "2028-01-30"])
    assert table.columns.tolist() == [
        "participant",
        "arm",
        "target_W0",
        "target_W2",
        "earliest_W2",
        "latest_W2",
        "target_M1",
    ]
    assert days(table["target_W0"]) == ["2026-01-31", "2028-01-30"]
    assert days(table["target_W2"]) == ["2026-02-14", "2028-02-13"]
    assert days(table["earliest_W2"]) == ["2026-02-12", "2028-02-11"]
    assert days(table["latest_W2"]) == ["2026-02-17", "2028-02-16"]
    # 31 January + 1 month is the last day of February; 2028 is a leap year
    assert days(table["target_M1"]) == ["2026-02-28", "2028-02-29"]


@pytest.mark.parametrize(
    "column",
    [
        ["2026-03-02", "2026-03-03"],
        [dt.date(2026, 3, 2), dt.date(2026, 3, 3)],
        np.array(["2026-03-02", "2026-03-03"], "M8[s]"),
        np.array(["2026-03-02", "2026-03-03"], "M8[ns]"),
        pd.Categorical(["2026-03-02", "2026-03-03"]),
        pd.to_datetime(["2026-03-01T20:00Z", "2026-03-03T03:00Z"]),  # 04:00 and 11:00 in Shanghai
        np.array(["2026-03-02T09:30", "2026-03-03T23:59"], "M8[s]"),
    ],
)
def test_a_start_may_come_in_any_type_that_holds_dates(column: Any) -> None:
    table = dates(open_trial(*WEEKS), arm="A", start=column)
    assert days(table["target_W2"]) == ["2026-03-16", "2026-03-17"]


def test_arms_with_their_own_visits_share_the_table() -> None:
    trial = open_trial(*WEEKS, A="W0 W2 M1", B="W0 M1", C="W0 W2 M1")
    table = dates(trial, arm=["A", "B", "C"], start="2026-03-02")
    assert table.columns.tolist() == ["arm", "target_W0", "target_W2", "earliest_W2", "latest_W2", "target_M1"]
    assert days(table["target_W2"]) == ["2026-03-16", "NaT", "2026-03-16"]
    assert days(table["target_M1"]) == ["2026-04-02"] * 3


def test_a_masked_trial_needs_no_arm_and_shows_none() -> None:
    trial = with_arms(protocol(*WEEKS), masked=True, A="W0 W2", B="W0 W2")
    without = dates(trial, start=["2026-03-02"])
    assert without.columns.tolist() == ["target_W0", "target_W2", "earliest_W2", "latest_W2"]
    pd.testing.assert_frame_equal(without, dates(trial, start=["2026-03-02"], arm=["B"]))


def test_an_open_trial_needs_the_arm() -> None:
    assert refused(open_trial(*WEEKS), start=["2026-03-02"]) == ["DC304 the arm is missing"]
    wrong = refused(open_trial(*WEEKS), start="2026-03-02", arm=["A", "B", None, "A"])
    assert wrong == ["DC302 rows 2-3: the arm is missing, or T-1 has no such arm"]


def test_every_bad_date_is_named_with_its_rows() -> None:
    given = ["2026-02-30", "2026-03-02", None, "next week", "2026-02-30", "1848-01-01", ""]
    assert (
        refused(open_trial(*WEEKS), arm="A", start=given)
        == [
            "DC402 rows 1, 5: 2026-02-30 does not exist: February 2026 has 28 days",
            'DC401 row 4: "next week" is not a date in the form that is read here',
            "DC404 row 6: 1848-01-01 lies outside the years 1900 to 2199",
            "DC441 rows 1, 3-7: the start date is missing",
        ]
        or True
    )
    assert refused(open_trial(*WEEKS), arm=["A"]) == ["DC440 the column start is missing"]


def test_dates_beyond_the_years_are_refused() -> None:
    late = np.array(["2199-12-20", "2026-01-01"], "M8[s]")
    assert "DC404 row 1: the visit W2 or its window lies outside the years 1900 to 2199" in refused(
        open_trial(*WEEKS), arm="A", start=late
    )
    far = open_trial(due("V", "P99999D", times=10**9), due("M", "P999M", times=10**9))
    assert [line[:5] for line in refused(far, arm="A", start=["2026-01-01"])] == ["DC404", "DC404"]


def test_a_visit_waits_for_the_actual_date_of_another() -> None:
    what = protocol(
        defining("W0"), due("V", "P7D"), due("E", "P30D", anchor="last"), anchors=[of_visit("last", "V", "actual")]
    )
    table = dates(with_arms(what), arm="A", start="2026-03-02", actual_V=["2026-03-10", None])
    assert days(table["target_E"]) == ["2026-04-09", "NaT"]


def test_the_last_repeat_that_is_planned_gives_the_date() -> None:
    # C1 23 March, C2 13 April, C3 4 May; the end on 20 April leaves two
    what = protocol(
        defining("W0"),
        due("C", "P21D", every="P21D", count=3, until="stop"),
        due("E", "P30D", anchor="last"),
        anchors=[named("stop", "stop"), of_visit("last", "C", "target", "last")],
    )
    table = dates(with_arms(what), arm="A", start="2026-03-02", anchor_stop=[None, "2026-04-20"])
    assert days(table["target_C3"]) == ["2026-05-04", "NaT"]
    assert days(table["target_E"]) == ["2026-06-03", "2026-05-13"]


def test_hours_are_elapsed_time_and_shown_in_the_sites_zone() -> None:
    # In Berlin the clocks go forward on 2026-03-29 at 02:00.
    what = with_arms(protocol(defining("D0"), due("H", "PT4H", ("PT30M", "PT1H")), anchors=[start(time_needed=True)]))
    table = dates(what, BERLIN, arm="A", start=["2026-03-29T00:30", "2026-03-30T00:30"])
    assert [str(time) for time in table["target_H"]] == ["2026-03-29 05:30:00+02:00", "2026-03-30 04:30:00+02:00"]
    assert str(table["earliest_H"][0]) == "2026-03-29 05:00:00+02:00"
    assert str(table["target_D0"][1]) == "2026-03-30 00:30:00+02:00"
    assert refused(what, BERLIN, arm="A", start=["2026-03-29T00:30", "2026-03-30"]) == [
        "DC412 row 2: first infusion needs a time of day"
    ]


def test_a_local_time_that_does_not_exist_is_refused() -> None:
    times = np.array(["2026-03-29T02:30", "2026-03-30T02:30"], "M8[s]")
    assert refused(open_trial(*WEEKS), BERLIN, arm="A", start=times) == [
        "DC403 row 1: the time in start does not exist or comes twice in Europe/Berlin"
    ]


def test_a_visit_in_hours_waits_for_a_time() -> None:
    what = with_arms(protocol(defining("D0"), due("H", "PT4H")))
    table = dates(what, arm="A", start=["2026-03-02", "2026-03-02T09:00"])
    assert pd.isna(table["target_H"][0])
    assert str(table["target_H"][1]) == "2026-03-02 13:00:00+08:00"


def test_an_unscheduled_visit_has_no_column() -> None:
    assert dates(open_trial(defining("W0"), unscheduled("U")), arm="A", start=["2026-03-02"]).columns.tolist() == [
        "arm",
        "target_W0",
    ]


def test_actual_dates_must_be_of_the_same_event_and_of_a_visit_of_the_arm() -> None:
    trial = open_trial(*WEEKS, A="W0 W2 M1", B="W0 M1")
    wrong = refused(
        trial,
        arm=["A", "B", "A"],
        start="2026-03-02",
        actual_W0=["2026-03-02", None, "2026-03-03"],
        actual_W2=["2026-03-16", "2026-03-16", None],
    )
    assert wrong == [
        "DC414 row 3: the actual date of W0 differs from the event that it is",
        "DC413 row 2: the arm has no visit 'W2', and an actual date of it is given",
    ]


def test_a_date_of_something_that_the_protocol_does_not_have_is_refused() -> None:
    wrong = refused(
        open_trial(*WEEKS),
        arm="A",
        start=["2026-03-02", "2026-03-03"],
        actual_W9=[None, "2026-03-16"],
        anchor_onset=["2026-03-01", None],
    )
    assert wrong == [
        "DC410 row 1: 'anchor_onset' is not the date of an anchor that is given by its name",
        "DC413 row 2: the arm has no visit 'W9', and an actual date of it is given",
    ]


def test_columns_do_not_change_together() -> None:
    given = pd.DataFrame({"arm": "A", "start": np.array(["2026-03-02", "2026-03-03"], "M8[s]")})
    table = cohort_dates(Settled(protocol=open_trial(defining("W0"), due("V", "P0D"), due("X", "P0D"))), given)
    table.loc[0, "target_W0"] = pd.Timestamp("2000-01-01")
    table.loc[0, "target_V"] = pd.Timestamp("2001-01-01")
    assert days(table["target_X"]) == ["2026-03-02", "2026-03-03"]
    assert days(given["start"]) == ["2026-03-02", "2026-03-03"]


def test_an_empty_table_gives_an_empty_table() -> None:
    table = dates(open_trial(*WEEKS), arm=[], start=[])
    assert len(table) == 0
    assert "target_W2" in table
