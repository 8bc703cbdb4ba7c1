"""What masked people see does not depend on the allocation (R15): not one byte, name, size or time of it."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from dosecalc import app
from running import dosecalc
from tables.building import ESCALATION, LATER, STROKE, plan, settled, table

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
REASON = st.sampled_from(["", "Ward closed", "患者出差", 'said "later", twice'])


def seen(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """All that someone can see of a folder without opening `pharmacy/`: modes, sizes, times, bytes."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        name = path.relative_to(folder).as_posix()
        if name.startswith("pharmacy/"):
            continue
        status = path.stat()
        data = path.read_bytes() if path.is_file() else b""
        found[name] = (status.st_mode, status.st_size if path.is_file() else 0, status.st_mtime_ns, data)
    return found


@st.composite
def cohorts(draw: st.DrawFn, visits: Sequence[tuple[str, int]]) -> tuple[str, list[str]]:
    """A header and rows with the columns that masked people see. `visits` are ids and days after the start."""
    count = draw(st.integers(1, 5))
    codes = draw(
        st.lists(st.from_regex(r"[A-Z]{2}-[0-9]{3}", fullmatch=True), min_size=count, max_size=count, unique=True)
    )
    header = "participant,start,language" + "".join(f",book_{visit},outside_window_{visit}" for visit, _ in visits)
    rows = []
    for code in codes:
        start = draw(DAYS)
        cells = [code, start.isoformat(), draw(st.sampled_from(["", "en", "zh"]))]
        for _, days in visits:
            reason = draw(REASON)
            day = start + dt.timedelta(days=days)
            booked = draw(st.booleans()) or bool(reason)
            cells += [
                f"{day}T{draw(st.integers(8, 16)):02}:30" if booked else "",
                '"' + reason.replace('"', '""') + '"',
            ]
        rows.append(",".join(cells))
    return header, rows


def written(
    protocol: str, header: str, rows: Sequence[str], **options: object
) -> dict[str, tuple[int, int, int, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        plan(table(header, *rows), out, protocol, **options)  # type: ignore[arg-type]
        return seen(Path(out))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_arms_of_nct07084012_cannot_be_seen(data: st.DataObject) -> None:
    arms = st.sampled_from(list(settled(STROKE).protocol.arms))
    header, rows = data.draw(cohorts([("D7", 7), ("D14", 14)]))
    first = [f"{row},{data.draw(arms)}" for row in rows]
    second = [f"{row},{data.draw(arms)}" for row in data.draw(st.permutations(rows))]
    one = written(STROKE, f"{header},arm", first)
    assert one == written(STROKE, f"{header},arm", second)
    nurse = written(STROKE, header, rows)
    assert {name: what for name, what in one.items() if name != "pharmacy"} == nurse


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_areas_and_levels_of_nct06932393_cannot_be_seen(data: st.DataObject) -> None:
    # exosomes need an area; saline may have one; an empty cell means both. The site's level is 5e8 particles/cm².
    hidden = st.sampled_from(["exosomes,10,5e8", "saline,10,", "saline,,", ",8.25,", ",20;3.5,5e8 particles/cm²"])
    header, rows = data.draw(cohorts([("INJ2", 31)]))
    first = [f"{row},{data.draw(hidden)}" for row in rows]
    second = [f"{row},{data.draw(hidden)}" for row in data.draw(st.permutations(rows))]
    columns = f"{header},arm,area_cm2,level"
    one = written(ESCALATION, columns, first)
    assert one == written(ESCALATION, columns, second)
    nurse = written(ESCALATION, header, rows)
    assert {name: what for name, what in one.items() if name != "pharmacy"} == nurse


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_change_of_arms_cannot_be_seen_in_a_later_plan(data: st.DataObject) -> None:
    """Sequences and stamps move with what masked people see, and with nothing else."""
    arms = st.sampled_from(list(settled(STROKE).protocol.arms))
    header, rows = data.draw(cohorts([("D7", 7)]))
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for name in ("one", "two"):
            base = Path(folder, name)
            base.mkdir()
            for stage, options in (("first", {}), ("second", {"previous": str(base / "first"), "stamp": LATER})):
                lines = [f"{row},{data.draw(arms)}" for row in rows]
                plan(table(f"{header},arm", *lines), base / stage, STROKE, **options)  # type: ignore[arg-type]
            found.append([seen(base / "first"), seen(base / "second")])
        assert found[0] == found[1]


SITE = ["--site", app.shipped("sites", "example.yaml"), "--stamp", "2026-02-01T08:00:00Z"]
# Attended and booked visits, inside and outside the windows, in both languages, and an onset that is too long ago.
STROKE_COLUMNS = "participant,start,language,anchor_symptom_onset,actual_D7,book_D7,book_D14,outside_window_D14"
STROKE_ROWS = [
    "TT-001,2026-03-02T14:20,zh,2026-02-28T20:00,2026-03-10,,2026-03-18T09:30,",
    "TT-002,2026-03-05T09:00,en,2026-03-01T08:30,,2026-03-12T09:00,2026-03-26T09:00,Ward closed",
    "TT-003,2026-03-11,,,2026-03-24,2026-03-18T10:30,,",
]
ESCALATION_COLUMNS = "participant,start,language,actual_INJ2,book_INJ2,book_INJ3,outside_window_INJ3"
ESCALATION_ROWS = [
    "QH-001,2026-03-31,zh,2026-05-04,,2026-05-31T09:00,",
    "QH-002,2026-04-07,en,,2026-05-07T14:00,2026-06-30T09:00,Ward closed",
    "QH-003,2026-04-09,,,,,",
]
# Both preparations of the participant, or one of them; the saline with the area of the exosomes, or without; the level
# that the site file has open, in the cell or not; measured at most 4 weeks before the first injection.
PREPARATIONS = [
    ",9.5,,2026-03-30",
    ",9.5,5e8,2026-03-12",
    "exosomes,9.5,,2026-03-20",
    "exosomes,10,5e8,2026-03-30",
    "saline,9.5,,2026-03-30",
    "saline,,,",
]


def shown(protocol: str, columns: str, rows: Sequence[str], folder: Path) -> tuple[object, object]:
    """All that can be seen of a plan outside `pharmacy/`, and what `plan --json` prints of it."""
    (folder / "list.csv").write_bytes(table(columns, *rows))
    ran = dosecalc("plan", protocol, str(folder / "list.csv"), *SITE, "--out", str(folder / "out"), "--json")
    assert (ran.code, ran.err) == (0, "")
    files = [file for file in json.loads(ran.out)["files"] if not file["path"].startswith("pharmacy/")]
    assert {file["path"] for file in files} >= {"visits.csv", "clinic.ics", "manifest.json"}
    outside = {name: what for name, what in seen(folder / "out").items() if name != "pharmacy"}
    return outside, files


def all_alike(protocol: str, columns: str, rows: Sequence[str], hidden: Sequence[str], more: str, base: Path) -> int:
    """Plan `rows` with every choice of hidden cells, and without these columns; return how many choices there were."""
    (base / "nurse").mkdir()
    expected = shown(protocol, columns, rows, base / "nurse")
    count = 0
    for count, chosen in enumerate(itertools.product(hidden, repeat=len(rows)), 1):
        folder = base / str(count)
        folder.mkdir()
        lines = [f"{row},{cells}" for row, cells in zip(rows, chosen, strict=True)]
        assert shown(protocol, f"{columns},{more}", lines, folder) == expected, chosen
    return count


def test_every_allocation_of_nct07084012_looks_the_same(tmp_path: Path) -> None:
    arms = list(settled(STROKE).protocol.arms)
    assert all_alike(STROKE, STROKE_COLUMNS, STROKE_ROWS, arms, "arm", tmp_path) == 3**3


def test_every_preparation_of_nct06932393_looks_the_same(tmp_path: Path) -> None:
    found = all_alike(
        ESCALATION, ESCALATION_COLUMNS, ESCALATION_ROWS, PREPARATIONS, "arm,area_cm2,level,area_date", tmp_path
    )
    assert found == 6**3
