"""JSON text → nodes that keep the characters of every number, and the place where they stand.

The standard library's reader would make `1e400` infinite and keep the last of two like keys without a word; and it
cannot say where a value stands. Here a word outside quotation marks stays text until the notation firewall reads it
(R2), and a key that stands twice is kept twice for the reader to report.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from dosecalc.errors import Finding, InvalidFile, Where
from dosecalc.notation import quoted
from dosecalc.text import msg

if TYPE_CHECKING:
    from dosecalc.text import Message

MOST_DEPTH = 20

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<sign>[{}\[\]:,])|(?P<text>\"(?:[^\"\\\x00-\x1f]|\\.)*\")|(?P<word>[^\s{}\[\]:,\"]+))", re.ASCII
)
_SPACE = " \t\r\n"


class Text(NamedTuple):
    """A text in quotation marks."""

    text: str
    at: int


class Word(NamedTuple):
    """What stands outside quotation marks: a number, `true`, `false` or `null`, or what is none of these."""

    text: str
    at: int


class Array(NamedTuple):
    """A list."""

    items: list[Node]
    at: int


class Object(NamedTuple):
    """Keys and values in the order of the file."""

    pairs: list[tuple[Text, Node]]
    at: int


Node = Text | Word | Array | Object


class Places:
    """Tells line and column of a place in a text."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def where(self, at: int) -> Where:
        """Return the place of the character `at`."""
        line = bisect_right(self._starts, at)
        return Where(self._file, line, at - self._starts[line - 1] + 1)


class TooManyWordsError(Exception):
    """A text holds more words outside quotation marks than it may; reading it has stopped there."""


def read_json(text: str, places: Places, *, most_words: int) -> Node:
    """Return the one value of a JSON text.

    Raises:
        InvalidFile: DC380, the text is not JSON.
        TooManyWordsError: it holds more than `most_words` numbers and words outside quotation marks.
    """
    reader = _Reader(text, places, most_words)
    node = reader.value(*reader.token(), depth=0)
    if reader.end < len(text.rstrip(_SPACE)):
        kind, value, at = reader.token()
        raise reader.misplaced(kind, value, at)
    return node


class _Reader:
    """Takes the tokens of a text one by one."""

    def __init__(self, text: str, places: Places, most_words: int) -> None:
        self.end = 0
        self._text, self._places, self._words_left = text, places, most_words

    def token(self) -> tuple[str, str, int]:
        """Return the kind, the characters and the place of the next token."""
        found = _TOKEN.match(self._text, self.end)
        if found is None or found.lastgroup is None:
            at = len(self._text) - len(self._text[self.end :].lstrip(_SPACE))
            if at == len(self._text):
                raise _broken(msg("the text ends too early"), self._places.where(at))
            what = msg(
                "{text} has no end, or holds what JSON does not allow", text=quoted(self._text[at:].replace('"', ""))
            )
            raise _broken(what, self._places.where(at))
        self.end = found.end()
        return found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)

    def value(self, kind: str, text: str, at: int, depth: int) -> Node:
        """Return the value that begins with this token."""
        if kind == "word":
            self._words_left -= 1
            if self._words_left < 0:
                raise TooManyWordsError
            return Word(text, at)
        if kind == "text":
            return self._unescaped(text, at)
        if depth > MOST_DEPTH:
            raise _broken(msg("the brackets are nested too deeply"), self._places.where(at))
        if text == "[":
            return Array(self._items(depth), at)
        if text == "{":
            return Object(self._pairs(depth), at)
        raise self.misplaced(kind, text, at)

    def _items(self, depth: int) -> list[Node]:
        items: list[Node] = []
        token = self.token()
        if token[1] == "]" and token[0] == "sign":
            return items
        while True:
            items.append(self.value(*token, depth=depth + 1))
            kind, text, at = self.token()
            if kind != "sign" or text not in ",]":
                raise self.misplaced(kind, text, at)
            if text == "]":
                return items
            token = self.token()

    def _pairs(self, depth: int) -> list[tuple[Text, Node]]:
        pairs: list[tuple[Text, Node]] = []
        kind, text, at = self.token()
        if kind == "sign" and text == "}":
            return pairs
        while True:
            if kind != "text":
                raise self.misplaced(kind, text, at)
            key = self._unescaped(text, at)
            kind, text, at = self.token()
            if kind != "sign" or text != ":":
                raise self.misplaced(kind, text, at)
            pairs.append((key, self.value(*self.token(), depth=depth + 1)))
            kind, text, at = self.token()
            if kind != "sign" or text not in ",}":
                raise self.misplaced(kind, text, at)
            if text == "}":
                return pairs
            kind, text, at = self.token()

    def misplaced(self, kind: str, text: str, at: int) -> InvalidFile:
        """Make the error of a token that may not stand where it does."""
        return _broken(msg("{text} is in a wrong place", text=quoted(text.strip('"'))), self._places.where(at))

    def _unescaped(self, text: str, at: int) -> Text:
        if "\\" not in text:
            return Text(text[1:-1], at)
        try:
            return Text(json.loads(text), at)
        except json.JSONDecodeError as error:
            what = msg("{text} holds a backslash that means nothing", text=quoted(text[1:-1]))
            raise _broken(what, self._places.where(at)) from error


def _broken(what: Message, where: Where) -> InvalidFile:
    mend = msg("compare it with the example in schedules/README.md, or have a program write it")
    return InvalidFile([Finding("DC380", what, mend, where)])
