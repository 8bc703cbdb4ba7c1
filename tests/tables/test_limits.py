"""A limit of the protocol that is not met reaches everything that `plan` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from running import dosecalc

if TYPE_CHECKING:
    from pathlib import Path


def test_an_onset_that_is_too_long_ago_is_in_the_table_the_calendar_and_the_notes(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    # 10:00 on 2 March is 74 h after 08:00 on 27 February, and 49 h after 09:00 on 28 February.
    table.write_text(
        "participant,start,anchor_symptom_onset\n"
        "P-01,2026-03-02T10:00,2026-02-27T08:00\n"
        "P-02,2026-03-02T10:00,2026-02-28T09:00\n"
    )
    out = tmp_path / "plan"
    ran = dosecalc("plan", "NCT07084012", str(table), "--out", str(out), "--json")
    assert ran.code == 0
    assert [(note["code"], "P-01" in note["text"], "P-02" in note["text"]) for note in ran.json["warnings"]] == [
        ("limit-not-met", True, False)
    ]
    rows = (out / "visits.csv").read_text("utf-8-sig").splitlines()
    assert ["NOT MET" in row for row in rows] == [False, True, False, False, False, False, False]
    assert "74 h" in rows[1]
    clinic = (out / "clinic.ics").read_text("utf-8").replace("\r\n ", "")
    assert clinic.count("NOT MET") == 1
    assert "NOT MET" not in (out / "calendars" / "P-01.ics").read_text("utf-8")
