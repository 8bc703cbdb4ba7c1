"""Compiles the translations when a wheel is built, editable installs included.

A `.mo` file is a product of its `.po` file, so git holds only the latter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileTranslations(BuildHookInterface):  # type: ignore[misc]  # hatchling is there only while building
    """Turns `dosecalc/locale/*/LC_MESSAGES/dosecalc.po` into `.mo` beside it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile every catalogue.

        Raises:
            ValueError: a catalogue has a mistake that would change what a reader sees.
        """
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        if self.target_name != "wheel":
            return
        for source in sorted(Path(self.root, "dosecalc", "locale").glob("*/LC_MESSAGES/dosecalc.po")):
            with source.open("rb") as stream:
                catalogue = read_po(stream, locale=source.parent.parent.name, abort_invalid=True)
            with source.with_suffix(".mo").open("wb") as stream:
                write_mo(stream, catalogue)
