"""The demo, and the bar that a long plan shows on a terminal."""

from __future__ import annotations

import csv
import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dosecalc.app import shipped
from running import dosecalc

TRIALS = ["NCT06932393", "NCT07084012", "NCT07203599"]
LIST = shipped("cohorts", "NCT07084012.csv")
DRAFTS = {
    "en": "All doses are drafts: the site file is an example, and nobody has verified the protocols.",
    "zh": "所有剂量均为草稿：中心配置文件是示例，方案文件也尚未核对。",
}


def participants(out: Path) -> set[str]:
    found: set[str] = set()
    for trial in TRIALS:
        with (out / trial / "visits.csv").open(encoding="utf-8-sig", newline="") as file:
            found |= {row["participant"] for row in csv.DictReader(file)}
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_demo_plans_about_twelve_participants_of_three_trials(language: str, tmp_path: Path) -> None:
    ran = dosecalc("demo", "--out", str(tmp_path / "demo"), "--language", language)
    assert (ran.code, ran.err) == (0, "")
    assert all(f"\n{trial}  " in ran.out for trial in TRIALS)
    assert len(participants(tmp_path / "demo")) == 12
    assert DRAFTS[language] in ran.out
    # 24 sites × 1.0 × 10⁸ particles: SZ-001's 23.4 cm² rounded up by the example site file.
    words = {"en": "2,400,000,000 particles (2.4 billion; 2.4 × 10⁹)", "zh": "2,400,000,000 颗粒（24 亿；2.4 × 10⁹）"}
    assert words[language] in ran.out
    for trial in TRIALS:
        assert (tmp_path / "demo" / trial / "pharmacy" / "doses.csv").is_file()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_commands_that_the_demo_names_next_work(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = dosecalc("demo", "--language", language).out.splitlines()
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("  dosecalc ")]
    assert [command[0] for command in commands] == ["dose", "schedule"]
    ran = [dosecalc(*command, "--language", language) for command in commands]
    assert [(done.code, done.err) for done in ran] == [(0, ""), (0, "")]


def test_the_demo_lists_its_files_for_programs(tmp_path: Path) -> None:
    ran = dosecalc("demo", "--out", str(tmp_path / "demo"), "--json")
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json) == {"files"}
    listed = {file["path"]: file["events"] for file in ran.json["files"]}
    written = [path for path in (tmp_path / "demo").rglob("*") if path.is_file()]
    assert sorted(listed) == sorted(path.relative_to(tmp_path / "demo").as_posix() for path in written)
    assert listed["NCT07084012/calendars/TT-001.ics"] == 3  # days 0, 7 and 14


def test_a_second_demo_replaces_the_first(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    for _ in range(2):
        assert dosecalc("demo", "--out", str(out)).code == 0
    assert sorted(path.name for path in out.iterdir()) == TRIALS
    assert len(participants(out)) == 12


def test_the_demo_touches_no_folder_of_others(tmp_path: Path) -> None:
    mine = tmp_path / "demo" / TRIALS[1] / "thesis.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    ran = dosecalc("demo", "--out", str(tmp_path / "demo"), "--json")
    assert (ran.code, ran.codes) == (1, ["DC631"])
    assert ran.err.startswith(f"DC631 {mine} was not written by the earlier plan, and it would be deleted; ")
    assert [path.name for path in mine.parent.iterdir()] == ["thesis.txt"]
    assert mine.read_text() == "mine"


def on_a_terminal(words: list[str]) -> tuple[int, str, str]:
    """Run `dosecalc` with standard error on a pseudo-terminal; return its code, its output, and what was shown."""
    watched, terminal = pty.openpty()
    command = [sys.executable, "-c", "from dosecalc.cli import main; main()", *words]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, env=env) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                part = os.read(watched, 4096)
            except OSError:  # Linux says so where the last writer has closed the terminal
                part = b""
            if not part:
                break
            shown += part
        out = process.stdout.read() if process.stdout else b""
    os.close(watched)
    return process.returncode, out.decode(), shown.decode()


@pytest.mark.parametrize(
    ("language", "bar", "result"),
    [("en", "checking, then writing", "4 participants"), ("zh", "先检查，后写入", "4 名受试者")],
)
def test_a_plan_shows_a_bar_on_a_terminal_and_only_there(language: str, bar: str, result: str, tmp_path: Path) -> None:
    words = ["plan", "NCT07084012", LIST, "--out", str(tmp_path / "plan"), "--language", language]
    code, out, shown = on_a_terminal(words)
    assert code == 0
    assert bar in shown
    assert "8/8" in shown  # each of four rows is checked, then written
    assert f"{tmp_path}/plan" in out
    assert result in out
    assert bar not in out
    assert "\x1b" not in out


def test_a_plan_for_programs_shows_no_bar(tmp_path: Path) -> None:
    words = ["plan", "NCT07084012", LIST, "--out", str(tmp_path / "plan"), "--json"]
    code, out, shown = on_a_terminal(words)
    assert (code, shown) == (0, "")
    assert set(json.loads(out)) == {"files", "warnings"}


def test_a_plan_that_nobody_watches_shows_no_bar(tmp_path: Path) -> None:
    ran = dosecalc("plan", "NCT07084012", LIST, "--out", str(tmp_path / "plan"))
    assert (ran.code, ran.err) == (0, "")
    assert "\x1b" not in ran.out
    assert "checking" not in ran.out
