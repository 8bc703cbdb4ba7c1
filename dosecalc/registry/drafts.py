"""Whether a draft of an event has what its kind has, before it is kept for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.errors import refuse
from dosecalc.registry.event import KINDS
from dosecalc.registry.kinds import KIND_RULES
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dosecalc.registry.event import Draft, Kind
    from dosecalc.text import Message

_WHY = msg("say why with --reason")


def check(draft: Draft) -> None:
    """Check a draft against the rules of its kind.

    Raises:
        Refusal: DC709, the reason is missing.
        ValueError: what it holds is not what its kind holds.
    """
    if draft.kind not in KINDS:
        raise ValueError(f"there is no kind of event {draft.kind!r}")
    rule = KIND_RULES[draft.kind]
    if rule.reason:
        need_reason(draft.reason)
    if rule.about in ("participant", "visit") and draft.participant is None:
        raise ValueError(f"{draft.kind}: whose?")
    if rule.about == "visit" and draft.visit is None:
        raise ValueError(f"{draft.kind}: of which visit?")
    _check_keys(draft.kind, draft.public, rule.public)
    if draft.sealed is not None or any(not key.endswith("?") for key in rule.sealed):
        _check_keys(draft.kind, draft.sealed or {}, rule.sealed)
    if draft.at.tzinfo is None:
        raise ValueError(f"{draft.kind}: {draft.at} has no offset")


def need_reason(reason: str | None, mend: Message = _WHY) -> str:
    """Return the reason; `mend` says what it should tell.

    Raises:
        Refusal: DC709, there is none.
    """
    if reason is None or not reason.strip():
        raise refuse("DC709", msg("this needs a reason, for the record"), mend)
    return reason.strip()


def _check_keys(kind: Kind, values: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    known = {key.rstrip("?") for key in keys}
    missing = sorted(key for key in keys if not key.endswith("?") and key not in values)
    unknown = sorted(values.keys() - known)
    if missing or unknown:
        raise ValueError(f"{kind}: missing {missing}, unknown {unknown}")


def check_texts(columns: Mapping[str, Any]) -> None:
    """Check that every database can keep the texts.

    Raises:
        Refusal: DC711, one of them holds a character that is none.
    """
    for value in columns.values():
        if isinstance(value, str) and ("\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value)):
            raise refuse(
                "DC711",
                msg("the text holds a character that cannot be kept"),
                msg("type it again without special characters"),
            )
