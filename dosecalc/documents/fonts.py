"""The fonts that documents are set in: never those of the machine, so that the bytes are the same everywhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    import typst

    from dosecalc.errors import Refusal

_OWN = "Noto Sans SC"
SUPERSCRIPTS = "Libertinus Serif"
"""Comes inside typst. Noto Sans SC has ² ³ and no ⁹, and the figures of 10¹² must look alike."""


@dataclass(frozen=True, slots=True)
class FontChoice:
    """What typst gets: where fonts are, and the names of the families in the order in which they are asked."""

    fonts: typst.Fonts
    families: tuple[str, ...]


def missing_extra(package: str) -> Refusal:
    """Return the refusal to print where a package of the extra is not installed."""
    return refuse(
        "DC640",
        msg("printing needs the package {package}, which is not installed", package=package),
        msg("install it with: pip install 'dosecalc[pdf]'"),
    )


def choose_fonts(font: str | None) -> FontChoice:
    """Return Noto Sans SC, behind the font of the file `font` where one is given.

    Raises:
        Refusal: DC640, a package is missing; DC642, the file is not there or holds no font.
    """
    try:
        import typst
    except ImportError as error:
        raise missing_extra("typst") from error
    try:
        from pylopdf_fonts_zh_cn import sans_path
    except ImportError as error:
        if font is None:
            raise missing_extra("pylopdf-fonts-zh-cn") from error
        folders, families = [], []
    else:
        folders, families = [str(sans_path().parent)], [_OWN]
    given = None if font is None else os.path.abspath(font)
    if given is not None:
        folders.insert(0, os.path.dirname(given))
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=list(folders))
    if given is not None:
        found = [each.family for each in fonts.fonts() if each.path == given]
        if not found:
            raise refuse(
                "DC642",
                msg("'{file}' is not a font that can be read", file=font),
                msg("give a file of the kind .ttf, .otf or .ttc"),
            )
        families = [*dict.fromkeys(found), *families]
    return FontChoice(fonts, tuple(dict.fromkeys(families)))
