"""A clinic that keeps one study from the command line, with a clock of its own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from dosecalc.app import settings
from dosecalc.app import study as sessions
from house.source import CHECKOUT
from pharmacy import own_files
from running import dosecalc

if TYPE_CHECKING:
    import pytest

    from running import Ran

SITE = str(CHECKOUT / "schedules" / "sites" / "example.yaml")
_CONFIRMED = 'confirmed: {document: Data protection plan, section: "3", by: Zhao Lei, date: 2026-02-16}'
DELIVERY = f"""
delivery:
  feeds: {{{_CONFIRMED}}}
  mail: {{organizer: trial.clinic@hospital.example, {_CONFIRMED}}}
"""


def delivering_site(folder: Path, delivery: str = DELIVERY) -> str:
    """A site file that is no example and opens ways for calendars to leave the house."""
    path, _ = own_files(folder)
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(text.replace("\nprotocols:", f"{delivery}\nprotocols:"), encoding="utf-8")
    return path


class Clinic:
    """A site with one study, and a clock that goes on by a minute with every call."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, site: str = SITE) -> None:
        self.folder, self.site = folder, site
        self.time = dt.datetime(2026, 3, 1, 1, 0, tzinfo=dt.UTC)
        monkeypatch.chdir(folder)
        Path("pharmacy").mkdir(exist_ok=True)
        monkeypatch.setenv("DOSECALC_STUDY", "s.db")
        monkeypatch.setenv("DOSECALC_KEY", "pharmacy/k.key")
        monkeypatch.setenv("DOSECALC_USER", "zhao")
        for module in (settings, sessions):
            monkeypatch.setattr(module, "now", lambda: self.time)

    def call(self, *words: str) -> Ran:
        self.time += dt.timedelta(minutes=1)
        return dosecalc(*words)

    def do(self, *words: str) -> None:
        ran = self.call(*words)
        assert ran.code == 0, ran.err

    def begin(self, protocol: str = "NCT07203599", arm: str | None = "phase1-A", *codes: str) -> None:
        self.do("study", "init", "--protocol", protocol, "--site", self.site, "--key-out", "pharmacy/k.key")
        for code in codes or ("P001",):
            self.do("participant", "consent", code, "--form", "1.0", "--date", "2026-03-01")
            self.do("participant", "enrol", code, *(("--cohort", "phase1-A") if arm == "phase1-A" else ()))
            if arm is not None:
                self.do("participant", "assign", code, "--arm", arm)
        self.time = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
        for code in codes or ("P001",):
            self.do("participant", "anchor", code, "first_dose=2026-03-02T08:30")

    def export(self, name: str, *more: str) -> Path:
        self.do("study", "calendars", "--out", name, *more)
        return self.folder / name

    def file(self, name: str, code: str = "P001") -> Path:
        return self.export(name) / "calendars" / f"{code}.ics"
