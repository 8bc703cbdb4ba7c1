"""The study of the README, typed as it stands there, in a folder that holds nothing but the site file."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from house.source import CHECKOUT
from masked_study import Person
from running import dosecalc

BLOCKS = re.findall(r"```sh\n(.*?)```", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
[STUDY] = [block for block in BLOCKS if "study init" in block]


@pytest.mark.parametrize("staffed", [False, True])
def test_every_line_of_the_study_in_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staffed: bool
) -> None:
    shutil.copy(CHECKOUT / "schedules" / "sites" / "example.yaml", tmp_path / "our-site.yaml")
    if staffed:
        site = tmp_path / "our-site.yaml"
        text = site.read_text(encoding="utf-8")
        listed = "\nstaff: {liu: nurse, zhao: administrator}\n\nprotocols:\n"
        site.write_text(text.replace("\nprotocols:\n", listed, 1), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    ran = None
    for line in STUDY.splitlines():
        words = shlex.split(line)
        if words[0] == "export":
            name, value = words[1].split("=")
            monkeypatch.setenv(name, value)
            continue
        assert words[0] == "dosecalc"
        monkeypatch.setattr(sys, "stdin", Person("y\n"))  # `visit move` asks
        monkeypatch.setenv("DOSECALC_USER", "zhao" if words[2] == "init" else "liu")
        ran = dosecalc(*words[1:])
        assert ran.code == 0, (line, ran.err)
        assert ("This study has no staff list" in ran.out) is not staffed
    assert ran is not None
    assert "D14" in ran.out  # D0 and D7 took place, and D14 is overdue: it is later than March
    assert "D0 was planned" not in ran.out
