"""What a person waits for imports only what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"numpy", "pandas", "icalendar", "pydantic", "rich", "python_calamine", "holidays"}
HEAVY |= {"matplotlib", "roifile", "segno", "typst"}
SHOW = """
import atexit, sys
from dosecalc.cli import main
atexit.register(lambda: print("MODULES", *sorted({name.partition('.')[0] for name in sys.modules})))
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    "words",
    [
        "dose NCT07203599 --arm phase1-A --area 24",
        "dose NCT07203599 --arm phase1-A --area 24 --json",
        "schedule NCT07084012 --start 2026-03-02",
        "schedule NCT07084012 --start 2026-03-02T10:00 --anchor symptom_onset=2026-03-01T09:00 --language zh",
        "protocol show NCT07203599",
    ],
)
def test_a_command_for_one_participant_imports_nothing_heavy(words: str) -> None:
    ended = subprocess.run([sys.executable, "-c", SHOW, *words.split()], capture_output=True, text=True, check=True)
    modules = set(ended.stdout.rpartition("MODULES")[2].split())
    assert "dosecalc" in modules
    assert not modules & HEAVY
