"""A study of a masked trial, with a staff list and a clock that stands still, for tests."""

from __future__ import annotations

import datetime as dt
import io
import sys
import types
from collections.abc import Sequence
from pathlib import Path

import pytest

from dosecalc.app import settings
from dosecalc.app.study import open_study
from dosecalc.registry.event import Draft, Event
from pharmacy import own_files
from running import Ran, dosecalc

NOW = dt.datetime(2026, 6, 1, 1, 0, tzinfo=dt.UTC)
STAFF = {
    "liu": "nurse",
    "wang": "pharmacist",
    "xu": "pharmacist",
    "chen": "investigator",
    "mo": "monitor",
    "dai": "data manager",
    "zhao": "administrator",
}
KEY = "pharmacy/study.key"
MASKED = [name for name, role in STAFF.items() if role != "pharmacist"]


class Person(io.StringIO):
    """Somebody at the terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.at = NOW
        clock = self

        class _Datetime(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
                return clock.at.astimezone(tz)

        patch.setattr(settings, "dt", types.SimpleNamespace(datetime=_Datetime, UTC=dt.UTC))

    def set(self, text: str) -> None:
        self.at = dt.datetime.fromisoformat(text)


def site_file(folder: Path, *, staffed: bool = True) -> Path:
    """A site that is no example, with a staff list."""
    path = Path(own_files(folder)[0])
    staff = "".join(f"  {name}: {role}\n" for name, role in STAFF.items())
    if staffed:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("\nprotocols:\n", f"\nstaff:\n{staff}\nprotocols:\n", 1), encoding="utf-8")
    return path


def begin(
    folder: Path, protocol: str = "NCT07084012", *, staffed: bool = True, more: tuple[str, str] | None = None
) -> None:
    """Make study.db in `folder`, and its key apart from it in `folder`/pharmacy; `more` changes the site file."""
    (folder / "pharmacy").mkdir(exist_ok=True)
    site = site_file(folder, staffed=staffed)
    if more is not None:
        site.write_text(site.read_text(encoding="utf-8").replace(*more, 1), encoding="utf-8")
    ran = dosecalc(
        "study", "init", "--protocol", protocol, "--site", str(site),
        "--study", str(folder / "study.db"), "--key-out", str(folder / KEY), "--as", "zhao",
    )  # fmt: skip
    assert ran.code == 0, ran.err


def call(folder: Path, user: str, *words: str, key: bool = False) -> Ran:
    """Call a command on the study in `folder`; paths are relative, so that two folders can say the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        keyed = ("--key", KEY) if key else ()
        return dosecalc(*words, "--study", "study.db", "--as", user, *keyed)


def person(folder: Path, user: str, typed: str, *words: str, key: bool = True) -> Ran:
    """Call a command as somebody who sits at the terminal and types."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", Person(typed))
        return call(folder, user, *words, key=key)


def record(folder: Path, user: str, drafts: Sequence[Draft]) -> list[Event]:
    """Record events as they are, past the commands; with the key."""
    with open_study(str(folder / "study.db"), user=user, key=str(folder / KEY), at=None) as session:
        return session.change(lambda _: list(drafts))
