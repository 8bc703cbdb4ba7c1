"""How the site file describes the clinic: what is wrong there is found, with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dosecalc.app import load
from dosecalc.errors import InvalidFile
from protocol.test_site import site
from running import dosecalc

WEEKDAYS = {"weekdays": ["Mon", "Tue"]}
REASON = {"en": "renovation", "zh": "装修"}


def write(tmp_path: Path, clinic: dict[str, Any], booking: dict[str, Any] | None = None) -> str:
    content = site("NCT07203599", **({"booking": booking} if booking else {}))
    content["clinic"] = {**content["clinic"], **clinic}
    path = tmp_path / "site.yaml"
    path.write_text(json.dumps(content), "utf-8")
    return str(path)


def said(path: str) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFile) as caught:
        load("NCT07203599", path)
    assert all(f.where is not None and f.where.line for f in caught.value.findings)
    return [(f.code, str(f.what)) for f in caught.value.findings]


def days(first: str, last: str) -> dict[str, Any]:
    return {"first": first, "last": last, "reason": REASON}


@pytest.mark.parametrize(
    ("clinic", "code", "what"),
    [
        ({"weekdays": ["Mon", "Wendesday"]}, "DC106", "'Wendesday' is not possible here"),
        ({"weekdays": []}, "DC840", "the clinic is open on no day of the week"),
        ({"weekdays": ["Mon", "Mon"]}, "DC840", "Mon stands here twice"),
        ({"closures": [days("2026-08-03", "2026-08-07")]}, "DC840",
         "it is not said on which weekdays the clinic is open"),
        ({"hours": ["8-12"]}, "DC842", "'8-12' is not a time from and to"),
        ({"hours": ["22:00-06:00"]}, "DC842", "'22:00-06:00' is not a time from and to"),
        ({"hours": ["08:30-12:00", "11:30-17:00"]}, "DC842", "the hours 08:30-12:00 and 11:30-17:00 overlap"),
        ({"hours": ["08:30-12:00", "08:30-12:00"]}, "DC842", "the hours 08:30-12:00 and 08:30-12:00 overlap"),
        ({"hours": ["08:30-09:00"]}, "DC842", "no visit of 60 minutes fits into 08:30-09:00"),
        ({**WEEKDAYS, "holidays": {"country": "China", "official_through": "2026"}}, "DC843",
         "'China' is not the code of a country"),
        ({**WEEKDAYS, "holidays": {"country": "CN", "official_through": "26"}}, "DC843", "26 is no year"),
        ({**WEEKDAYS, "holidays": {"country": "CN"}}, "DC103", "the key 'official_through' is missing"),
        ({**WEEKDAYS, "closures": [days("2026-08-07", "2026-08-03")]}, "DC844",
         "these days end on 2026-08-03, before they begin on 2026-08-07"),
        ({**WEEKDAYS, "closures": [days("2026-08-03", "2026-08-07")], "open_days": [days("2026-08-05", "2026-08-09")]},
         "DC844", "the clinic is both closed and open from 2026-08-05 to 2026-08-07"),
        ({**WEEKDAYS, "closures": [days("2026-02-30", "2026-03-01")]}, "DC105", "'2026-02-30' cannot be read here"),
        ({"resources": {"bed": {"label": REASON, "per_day": "0"}}}, "DC841",
         "'bed' serves no visit on any day, so no visit that needs it could be booked"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_clinic_is_said(tmp_path: Path, clinic: dict[str, Any], code: str, what: str) -> None:
    assert said(write(tmp_path, clinic)) == [(code, what)]


@pytest.mark.parametrize(
    ("booking", "code", "what"),
    [
        ({"W2": {"resources": ["bed"]}}, "DC845", "the clinic has no 'bed'"),
        ({"W2": {"lead": "-PT1H"}}, "DC845", "'-PT1H' is no time that work begins before a visit"),
        ({"W2": {"lead": "PT24H"}}, "DC845", "'PT24H' is no time that work begins before a visit"),
        ({"W3": {"ward": "true"}}, "DC144", "the protocol has no 'W3' to answer here"),
    ],
)
def test_what_is_wrong_with_what_a_visit_takes_is_said(
    tmp_path: Path, booking: dict[str, Any], code: str, what: str
) -> None:
    assert said(write(tmp_path, {}, booking)) == [(code, what)]


def test_work_before_a_visit_leaves_time_for_the_visit(tmp_path: Path) -> None:
    # Open from 08:30 to 17:00: a visit of an hour begins at 16:00 at the latest, 450 minutes after the opening.
    hours = {"hours": ["08:30-12:00", "13:30-17:00"]}
    assert said(write(tmp_path, hours, {"W2": {"lead": "PT451M"}})) == [
        ("DC845", "no visit is possible 451 minutes after the clinic opens")
    ]
    load("NCT07203599", write(tmp_path, hours, {"W2": {"lead": "PT450M"}}))


def test_a_clinic_that_is_described_in_full_is_read(tmp_path: Path) -> None:
    clinic = {
        "weekdays": ["Mon", "Tue"],
        "hours": ["13:30-17:00", "08:30-12:00"],
        "holidays": {"country": "CN", "official_through": "2026"},
        "closures": [days("2026-08-03", "2026-08-07"), days("2026-09-01", "2026-09-01")],
        "open_days": [days("2026-08-08", "2026-08-09")],
        "resources": {"bed": {"label": REASON, "per_day": "2"}},
    }
    settled = load("NCT07203599", write(tmp_path, clinic, {"W2": {"resources": ["bed"], "lead": "PT90M"}}))
    assert settled.site is not None
    assert settled.here is not None
    assert settled.site.clinic.resources["bed"].per_day == 2
    assert settled.here.booking["W2"].lead is not None
    assert settled.here.booking["W2"].lead.minutes == 90


def test_a_country_that_nobody_knows_is_found_before_a_study_rests_on_it(tmp_path: Path) -> None:
    clinic = {**WEEKDAYS, "holidays": {"country": "XQ", "official_through": "2026"}}
    path = write(tmp_path, clinic)
    for words in (
        ("protocol", "check", "NCT07203599", "--site", path),
        ("study", "init", "--protocol", "NCT07203599", "--site", path, "--study", str(tmp_path / "s.db")),
    ):
        ran = dosecalc(*words)
        assert (ran.code, "DC847 the public holidays of 'XQ' are not known" in ran.err) == (1, True), ran.err
    assert not (tmp_path / "s.db").exists()
