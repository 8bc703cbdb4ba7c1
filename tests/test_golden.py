"""What dosecalc writes, byte for byte, and pictures by their looks.

These are no worked examples: they say when an output changes, and a person must look.

To renew after a wanted change: `pytest tests/test_golden.py --renew-golden`, then read the difference.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from matplotlib.image import imread

import clinic_week
import pharmacy
from dosecalc.app import shipped
from ics.checks import ALL, check_calendars, missing_clients
from masked_study import Clock
from running import dosecalc

Compare = Callable[[str, bytes], None]
GOLDEN = Path(__file__).parent / "golden"
STAMP = ["--stamp", "2026-02-01T00:00:00Z"]
STROKE = ["NCT07084012", "--start", "2026-03-02"]
HAIR = ["NCT07203599", "--start", "2026-01-12"]
BOOKED = ["--participant", "SZ-001", "--book", "D7=2026-03-09T09:30"]
SITE = ["--site", shipped("sites", "example.yaml")]
PILLS = ["--arm", "phase2-minoxidil", "--participant", "SZ-005"]
CALENDARS = {
    "participant-en.ics": [*STROKE, *BOOKED, "--language", "en"],
    "participant-zh.ics": [*STROKE, *BOOKED, *SITE, "--language", "zh"],
    "clinic-en.ics": [*STROKE, *BOOKED, "--audience", "clinic", "--language", "en"],
    "pharmacy-zh.ics": [*STROKE, *BOOKED, "--audience", "pharmacy", "--arm", "group-1", "--language", "zh"],
    "daily-zh.ics": [*HAIR, *PILLS, *SITE, "--language", "zh"],
}


@pytest.fixture(name="compare")
def _compare(request: pytest.FixtureRequest) -> Compare:
    def compare(name: str, data: bytes) -> None:
        path = GOLDEN / name
        if request.config.getoption("--renew-golden"):
            path.write_bytes(data)
        before = path.read_bytes()
        same = _look_alike(data, before) if name.endswith(".png") else data == before
        assert same, f"{name} has changed; look at the difference"

    return compare


def _look_alike(one: bytes, other: bytes) -> bool:
    """Whether two pictures show the same; every version of poppler draws the edges of letters a little differently."""
    first, second = (imread(BytesIO(picture))[..., :3] for picture in (one, other))
    if first.shape != second.shape:
        return False
    unlike = abs(first - second).max(axis=2) > 0.5  # another digit changes about 80 dots so much
    return int(unlike.sum()) < 20


@pytest.mark.parametrize("name", CALENDARS)
def test_a_calendar_is_written_as_before(name: str, compare: Compare, tmp_path: Path) -> None:
    out = tmp_path / name
    ran = dosecalc("calendar", *CALENDARS[name], *STAMP, "--out", str(out))
    assert (ran.code, ran.err) == (0, "")
    compare(name, out.read_bytes())


def test_every_program_reads_the_golden_calendars(tmp_path: Path) -> None:
    check_calendars({name: GOLDEN / name for name in CALENDARS}, tmp_path, clients=ALL)
    if missing := missing_clients():
        pytest.skip("; ".join(f"{name}: {reason}" for name, reason in missing.items()))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_timeline_is_drawn_as_before(language: str, compare: Compare, tmp_path: Path) -> None:
    out = tmp_path / "x.svg"
    words = ["schedule", *STROKE, "--actual", "D7=2026-03-10", "--svg", str(out), "--language", language]
    assert dosecalc(*words).code == 0
    compare(f"NCT07084012-timeline-{language}.svg", out.read_bytes())


@pytest.mark.parametrize("name", ["NCT06932393", "NCT07084012", "NCT07203599"])
def test_a_plan_is_written_as_before(name: str, compare: Compare, tmp_path: Path) -> None:
    out = tmp_path / "plan"
    ran = dosecalc("plan", name, shipped("cohorts", f"{name}.csv"), *SITE, *STAMP, "--out", str(out))
    assert (ran.code, ran.err) == (0, "")
    compare(f"{name}-visits.csv", (out / "visits.csv").read_bytes())
    compare(f"{name}-doses.csv", (out / "pharmacy" / "doses.csv").read_bytes())


@pytest.mark.parametrize("name", ["SITES", "SPLIT", "CELLS", "BOTTLES"])
def test_a_preparation_is_shown_as_before(name: str, compare: Compare) -> None:
    thawed = [] if name == "BOTTLES" else ["--thawed-at", "2026-03-02T09:10"]
    ran = pharmacy.prepare(*getattr(pharmacy, name), *thawed, "--language", "en")
    assert (ran.code, ran.err) == (0, "")
    compare(f"prepare-{name.lower()}-en.txt", ran.out.encode())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_map_is_drawn_as_before(language: str, compare: Compare, tmp_path: Path) -> None:
    """A ring with a hole, and a small patch beside it."""
    patches = [
        {"name": "vertex", "points": [[100, 100], [400, 90], [520, 240], [410, 420], [150, 400], [60, 260]]},
        {"name": "left temple", "points": [[600, 100], [720, 120], [700, 300], [610, 280]]},
    ]
    patches[0]["holes"] = [[[220, 220], [300, 220], [300, 280], [220, 280]]]
    measured = {"method": "polygon", "measured_by": "CRC-02", "date": "2026-02-27"}
    content = {"dosecalc_area": "1", "scale_px_per_cm": 50, "patches": [patch | measured for patch in patches]}
    file, out = tmp_path / "a.json", tmp_path / "x.svg"
    file.write_text(json.dumps(content), encoding="utf-8")
    words = ["--sites", "16", "--participant", "SZ-001", "--out", str(out), "--language", language]
    assert dosecalc("map", str(file), *words).code == 0
    compare(f"map-{language}.svg", out.read_bytes())


def test_the_worksheet_of_the_readme_looks_as_before(compare: Compare, tmp_path: Path) -> None:
    """The first page, as the README shows it."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm: not installed (Debian: poppler-utils)")
    words = ["NCT07203599", "--arm", "phase1-A", "--visit", "W0", "--area", "20.1", "--area", "3.3", *SITE]
    how = ["--area-method", "tracing", "--area-by", "Example nurse", "--area-date", "2026-03-01"]
    when = ["--thawed-at", "2026-03-02T09:10", "--stamp", "2026-03-02T09:20+08:00", "--as", "Example pharmacist"]
    stock = ["--stock", shipped("sites", "example-stock.yaml"), "--participant", "SZ-002"]
    ran = dosecalc("prepare", *words, *how, *when, *stock, "--out", str(tmp_path))
    assert (ran.code, ran.err) == (0, "")
    pdf = tmp_path / "SZ-002-W0-worksheet.pdf"
    subprocess.run(["pdftoppm", "-r", "72", "-png", "-singlefile", str(pdf), str(tmp_path / "page")], check=True)
    compare("worksheet-en.png", (tmp_path / "page.png").read_bytes())


def test_the_week_of_the_readme_looks_as_before(
    compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The week after Tomb-Sweeping Day, whose Monday is closed; three of its four open days are full."""
    Clock(monkeypatch).set(clinic_week.NOW)
    clinic_week.clinic(tmp_path)
    clinic_week.made(tmp_path, "study", "wall", "--week", "2026-W15", "--out", "week.png")
    compare("clinic-week-en.png", (tmp_path / "week.png").read_bytes())
