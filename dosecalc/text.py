"""What people read, held as values until the language is known.

A calculation never decides the language of its reader. It returns a `Message`: an English template and its
parameters. `render` turns it into English or Chinese at the edge of the program, through gettext. Texts that a protocol
file carries itself (labels, questions) are `Words`: both languages side by side.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, get_args, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_LOCALE = os.path.join(os.path.dirname(__file__), "locale")  # pathlib costs 10 ms of start-up
_TRANSLATIONS: dict[str, Callable[[str], str]] = {"en": lambda template: template}


@runtime_checkable
class Speaks(Protocol):
    """Whatever says itself how it reads in a language, as an amount does: 2.4 billion is 24 亿 in Chinese."""

    def in_language(self, language: Language) -> str:
        """Return the text that a reader of `language` sees."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """A text that a protocol or site file gives in both languages."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en


@dataclass(frozen=True, slots=True)
class Message:
    """An English template with `{name}` fields and what fills them; `str()` is its English reading."""

    template: str
    params: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return render(self, "en")


NOTHING = Message("")
"""Where a sentence has a part that may be missing."""


def msg(template: str, /, **params: object) -> Message:
    """Make a `Message`. Babel collects the templates by the name of this function."""
    return Message(template, tuple(params.items()))


def render(text: object, language: Language) -> str:
    """Return `text` as a reader of `language` sees it.

    `Message` is translated and its parameters are rendered in turn; `Words` gives its side; what has
    `in_language` is asked; anything else is `str()`.

    Raises:
        FileNotFoundError: the compiled catalogue of `language` is not installed.
        KeyError: a template names a field that was not given.
    """
    if isinstance(text, str):  # the most frequent case, and the check for `Speaks` is slow
        return text
    if isinstance(text, Message):
        if not text.template:  # gettext would answer with the head of the catalogue
            return ""
        translate = _TRANSLATIONS.get(language) or _load(language)
        return translate(text.template).format_map({name: render(value, language) for name, value in text.params})
    if isinstance(text, Words):
        return getattr(text, language)  # type: ignore[no-any-return]
    if isinstance(text, Speaks):
        return text.in_language(language)
    return str(text)


def _load(language: Language) -> Callable[[str], str]:
    import gettext  # costs a few ms that English readers do not pay

    translation = gettext.translation("dosecalc", _LOCALE, languages=[language])
    _TRANSLATIONS[language] = translation.gettext
    return translation.gettext
