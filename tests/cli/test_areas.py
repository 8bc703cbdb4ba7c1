"""Areas on the command line: measured how, by whom and when, and measured again at visits (R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dosecalc.app import shipped
from running import Ran, dosecalc

if TYPE_CHECKING:
    from pathlib import Path

HAIR = "NCT07203599"
AREA_AGE = """    area_age:
      at_most: P3W
      confirmed: {document: Pharmacy manual (example), section: "7.2", by: Example pharmacist, date: 2026-02-16}
"""


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> str:
    """The example site where the area is measured at each visit, and may be three weeks old."""
    with open(shipped("sites", "example.yaml"), encoding="utf-8") as file:
        before, here, after = file.read().partition(f"  {HAIR}:\n")
    after = after.replace("answer: once", "answer: each_visit", 1)
    path = tmp_path / "site.yaml"
    path.write_text(before + here + AREA_AGE + after, encoding="utf-8")
    return str(path)


def dose(site: str, *words: str) -> Ran:
    return dosecalc("dose", HAIR, "--arm", "phase1-A", "--site", site, *words)


def test_a_dose_says_how_its_area_was_measured(site: str) -> None:
    ran = dose(
        site, "--area", "24", "--area-method", "planimetry", "--area-by", "CRC-02", "--area-date", "2026-02-27",
        "--area-at", "W4=20;1", "--area-date", "W4=2026-03-29",
    )  # fmt: skip
    assert ran.code == 0
    assert "  area: 24 cm² (planimetry, by CRC-02, on 2026-02-27)\n" in ran.out
    assert "  area: 20 + 1 = 21 cm² (measured at W4: on 2026-03-29)\n" in ran.out


def test_the_json_has_what_is_known_of_the_measuring(site: str) -> None:
    words = ["--area", "24", "--area-method", "tracing", "--area-at", "W4=20.5", "--area-by", "W4=CRC-05", "--json"]
    doses = dose(site, *words).json["doses"]
    keys = ("area_cm2", "area_method", "area_measured_by", "area_date", "area_measured_at", "sites")
    assert [{key: one[key] for key in keys if key in one} for one in doses] == [
        {"area_cm2": "24", "area_method": "tracing", "sites": 24},
        {"area_cm2": "24", "area_method": "tracing", "sites": 24},
        {"area_cm2": "20.5", "area_measured_by": "CRC-05", "area_measured_at": "W4", "sites": 21},
        {"area_cm2": "20.5", "area_measured_by": "CRC-05", "area_measured_at": "W4", "sites": 21},
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--area-at", "W4"],
            "DC348 'W4' is not a visit, an equals sign and an area; write for example --area-at W4=24",
        ),
        (["--area-at", "W4="], "DC348 'W4=' is not a visit, an equals sign and an area; "),
        (["--area-at", "W4=2", "--area-at", "W4=3"], "DC006 --area-at names W4 twice; give it once"),
        (["--area-at", "W4=12,5"], 'W4: DC201 "12,5" has a decimal comma; '),
        (["--area-at", "W4=0"], "W4: DC311 an area of 0 cm² is not an area; "),
        (["--area-at", "W5=20"], "W5: DC305 there is no visit 'W5' in phase1-A; its visits are: W0, W2, "),
        (["--area-method", "Norwood"], "DC314 'Norwood' is not a method of measuring an area; "),
        (["--area-method", "rectangle"], "DC315 length × width overstates an area by about 41 %; "),
        (
            ["--area-method", "W4=tracing"],
            "DC349 --area-method says how the area of W4 was measured, and there is none; ",
        ),
        (["--area-by", "=cmd()"], 'DC622 the text "=cmd()" begins as a formula does: '),
        (["--area-by", "one\ntwo"], "DC501 the text 'one<U+000A>two' holds a line break or another character "),
        (["--area-date", "2026-02-30"], "DC402 2026-02-30 does not exist: February 2026 has 28 days; "),
        (
            ["--area", "3", "--area-method", "tracing", "--area-method", "ellipse"],
            (
                "DC006 --area-method is given twice: it is said once, for all patches of --area together; if they were "
                "measured in different ways, leave it out and write them on the worksheet by hand\n"
            ),
        ),
        (
            ["--area", "3", "--area-by", "CRC-02", "--area-by", "CRC-05"],
            (
                "DC006 --area-by is given twice: it is said once, for all patches of --area together; write all names "
                'in one, for example "CRC-02, CRC-05"\n'
            ),
        ),
        (
            ["--area-date", "2026-02-01", "--area-date", "2026-02-02"],
            (
                "DC006 --area-date is given twice: it is said once, for all patches of --area together; give the first "
                "day on which one of them was measured\n"
            ),
        ),
        (
            ["--area-at", "W4=20;3", "--area-by", "W4=CRC-02", "--area-by", "W4=CRC-05"],
            "DC006 --area-by is given twice for W4: it is said once, for all patches of --area-at W4 together; ",
        ),
    ],
)
def test_what_is_wrong_with_an_area_is_said(site: str, words: list[str], said: str) -> None:
    ran = dose(site, "--area", "24", *words)
    assert ran.out == ""
    assert ran.err.startswith(said)


def test_a_record_without_the_area_for_all_visits_is_refused(site: str) -> None:
    ran = dose(site, "--area-at", "W0=24", "--area-date", "2026-02-27")
    assert ran.err == (
        "DC349 --area-date says how an area was measured, and there is no --area; give the area; for one that was "
        "measured again at a visit write --area-at W4=24 --area-date W4=…\n"
    )


def test_the_calendar_of_the_pharmacy_checks_the_age_of_areas(site: str, tmp_path: Path) -> None:
    # W0 2 March; W2 16 March, 17 days after 27 February; W4 30 March, 31 days.
    out = tmp_path / "p.ics"
    words = ["calendar", HAIR, "--arm", "phase1-A", "--start", "2026-03-02", "--participant", "SZ-001", "--site", site]
    words += ["--audience", "pharmacy", "--language", "en", "--out", str(out), "--area", "24"]
    assert dosecalc(*words).err.startswith("DC346 the area has no date, and the site file says how old an area may be")
    assert dosecalc(*words, "--area-date", "2026-02-01").err.startswith(
        "DC345 the area was measured on 2026-02-01 and is 29 days old at W0 on 2026-03-02; allowed are at most 21 days "
    )
    assert not out.exists()
    assert dosecalc(*words, "--area-date", "2026-02-27").code == 0
    text = out.read_bytes().replace(b"\r\n ", b"").decode()
    assert "Warning: W4: measure the area again before this visit: it is 31 days old by then" in text
    assert dosecalc(*words, "--area-date", "2026-02-27", "--area-at", "W4=20", "--area-date", "W4=2026-03-29").code == 0
    assert "measure the area again" not in out.read_bytes().replace(b"\r\n ", b"").decode()
