"""What was copied from a shipped example and not replaced: in a file that is none it would count as true (R8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dosecalc.errors import Finding
from dosecalc.protocol.walk import walk
from dosecalc.text import Words, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EXAMPLE = re.compile(r"\(example\)|（example）|^example\b|示例", re.IGNORECASE)
"""How the shipped examples mark what they made up."""


def left_of_the_example(root: Any, names: Mapping[type, tuple[str, ...]]) -> Iterator[Finding]:
    """DC153 for each text that still says that it is an example; `names` are the fields to look at, by record."""
    for path, record in walk(root):
        for name in names.get(type(record), ()):
            text = getattr(record, name)
            for side in (text.en, text.zh) if isinstance(text, Words) else (text,):
                if isinstance(side, str) and _EXAMPLE.search(side):
                    yield Finding(
                        "DC153",
                        msg("this entry still says that it is an example: '{text}'", text=side),
                        msg("write the real answer, document and person; or remove the entry"),
                        record.where,
                        path if name == "id" else f"{path}.{name}",
                    )
                    break  # one language is enough to find it
