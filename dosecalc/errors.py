"""What can be wrong, as values: a `Finding` says what, where, and how to mend it.

Codes are stable. The first digit tells the room: 0 usage, 1 protocol and site files, 2 amounts, 3 doses, 4 visits,
5 calendars, 6 files and tables, 7 the study. `schedules/README.md` lists every code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dosecalc.text import Message


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file. Lines and columns count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and how to mend it."""

    code: str
    what: Message
    mend: Message
    where: Where | None = None
    path: str = ""
    """The place within the data, as `arms.placebo.doses[0].at`; empty where there is none."""


class DosecalcError(Exception):
    """Base of everything that dosecalc raises on purpose; carries one finding or more."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(f"{f.code} {f.what}; {f.mend}" for f in self.findings))


class InvalidFile(DosecalcError):
    """A protocol, site or participants file has findings; nothing was computed from it."""


class Refusal(DosecalcError):
    """A computation may not be made, or a result may not be written."""


class ChangedOutside(Refusal):
    """A record does not verify: somebody changed it, and not with dosecalc."""


class Usage(DosecalcError):
    """The command was called with words that it does not take."""


def refuse(code: str, what: Message, mend: Message, where: Where | None = None, path: str = "") -> Refusal:
    """Make the `Refusal` of a single finding, to be raised."""
    return Refusal([Finding(code, what, mend, where, path)])
