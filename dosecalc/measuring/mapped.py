"""What a map shows: one area, or the two of a split-scalp trial, with their sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.measuring.spread import area_of, to_hundredths
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.measuring.outline import Outline
    from dosecalc.measuring.spread import PatchSites, Spread
    from dosecalc.text import Message

_FAR = 4
"""Times one site for each cm²; a ten-fold mistake is farther off."""


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

    @property
    def warnings(self) -> tuple[tuple[str, Message], ...]:
        """A code and a text where there are more than 4 sites for each cm², or fewer than one for 4 cm².

        Which dose they belong to a map does not know. Trials by area take about one site for each cm² (NCT07203599), so
        a number or a scale that is ten-fold off is noticed (R6).
        """
        sites, area = sum(patch.sites for patch in self.patches), area_of(self.patches)
        shown = to_hundredths(area)
        if sites > _FAR * area:
            text = msg(
                "{sites} sites on {area} cm² are many more than one for each cm²: check the number, the scale, and "
                "that it is this participant's file",
                sites=sites,
                area=shown,
            )
        elif sites * _FAR < area:
            text = msg(
                "{sites} sites on {area} cm² are many fewer than one for each cm²: check the number, the scale, and "
                "that it is this participant's file",
                sites=sites,
                area=shown,
            )
        else:
            return ()
        return (("sites-far-from-area", text),)


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
