"""What people write into the record names no arm and no product of a masked trial: masked people read it (R15)."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.protocol.model import Protocol
    from dosecalc.registry.event import Draft

_FILES = ("protocol_text", "site_text")
"""What names the arms of everybody, and so tells nobody's."""


def check_untold(draft: Draft, protocol: Protocol) -> None:
    """Refuse an event whose open texts (a reason, who was told, …) name an arm or a product of a masked trial.

    An arm is meant by its id or by its label in either language, however it is spaced and written: group-1, Group 1.

    Raises:
        Refusal: DC826.
    """
    if not protocol.masking.masked:
        return
    known = {name: _pattern(name) for name in _names(protocol)}
    for text in _texts([draft.reason, {key: value for key, value in draft.public.items() if key not in _FILES}]):
        folded = unicodedata.normalize("NFKC", text).casefold()
        found = next((name for name, pattern in known.items() if pattern.search(folded)), None)
        if found is not None:
            raise refuse(
                "DC826",
                msg("'{text}' names an arm or a product of this trial: {name}", text=text, name=found),
                msg("masked people read this: write it without {name}, for example 'the study treatment'", name=found),
            )


def _names(protocol: Protocol) -> Iterator[str]:
    arms = ((each.id, each.label) for each in protocol.arms.values())
    products = ((each.id, each.label) for each in protocol.products.values())
    for name, label in (*arms, *products):
        for text in (name, label.en, label.zh):
            yield re.split(r"\s*[(（]", text)[0] or text  # what stands in brackets explains the name
    if any(dose.role == "placebo" for arm in protocol.arms.values() for dose in arm.doses):
        yield from ("placebo", "安慰剂")


def _pattern(name: str) -> re.Pattern[str]:
    """What finds a name in a folded text, as words of its own; Chinese has no spaces around them."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", name).casefold())
    spaced = r"[\W_]*".join(map(re.escape, words))
    return re.compile(rf"(?<![a-z0-9]){spaced}(?:e?s)?(?![a-z0-9])")


def _texts(value: Any) -> Iterator[str]:
    """Every text in what an event holds, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
