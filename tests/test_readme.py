"""The README shows what the program prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from running import dosecalc

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
SHOWN = re.findall(r"```console\n\$ dosecalc ([^\n]*)\n(.*?)```", README, re.DOTALL)


def test_the_readme_shows_a_dose_and_a_schedule() -> None:
    assert [command.split()[0] for command, _ in SHOWN] == ["dose", "schedule"]


@pytest.mark.parametrize(("command", "printed"), SHOWN, ids=lambda value: value.split()[0] if value else "")
def test_a_command_prints_what_the_readme_shows(command: str, printed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert dosecalc(*shlex.split(command)).out == printed


def test_every_link_and_picture_of_the_readme_exists() -> None:
    folder = Path(__file__).parent.parent
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not target.startswith("http") and not (folder / target).exists()] == []


def test_nothing_in_the_readme_waits_to_be_filled_in() -> None:
    assert "@@" not in README
