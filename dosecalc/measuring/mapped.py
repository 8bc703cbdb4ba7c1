"""What a map shows: one area, or the two of a split-scalp trial, with their sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.measuring.outline import Outline
    from dosecalc.measuring.spread import PatchSites, Spread
    from dosecalc.text import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedArea:
    """One area: its letter, how many sites each patch has, and where they are.

    `spread` is None, and `outlines` is empty, where a patch has no outline: then nobody can say where its sites are.
    """

    label: str | None
    patches: tuple[PatchSites, ...]
    outlines: tuple[Outline, ...] = ()
    spread: Spread | None = None

    @property
    def title(self) -> Message | None:
        """What stands above it: a letter, which does not say which area gets the product (R15)."""
        return None if self.label is None else msg("Area {label}", label=self.label)


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenMap:
    """A map that was written."""

    path: str
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapped:
    """One area, or the two of a split-scalp trial, and the file that was written."""

    areas: tuple[MappedArea, ...]
    written: WrittenMap | None = None
