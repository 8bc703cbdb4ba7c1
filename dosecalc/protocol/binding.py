"""Nodes → the records of the protocol language, with every mistake found, not only the first.

The records' own type annotations are the grammar: a field is a key, a field without a default is a key that must be
there, `X | Answer` may be a value or `{answer: CODE}`. A place that cannot be read holds `INVALID` and its siblings are
still read, so that the checks of `protocol.checks` can find more.
"""

from __future__ import annotations

import datetime as dt
import re
import types
import unicodedata
from collections.abc import Callable
from collections.abc import Mapping as MappingType
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from dosecalc.errors import Finding, Refusal, Where, refuse
from dosecalc.protocol.dose_rule import Answer, LevelRef
from dosecalc.protocol.nodes import Mapping, Node, Scalar, Sequence
from dosecalc.protocol.offsets import CalendarOffset, ClockOffset, parse_offset
from dosecalc.quantity import Quantity, parse_quantity
from dosecalc.text import Message, Words, msg

ID_PATTERN = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
_ID = re.compile(ID_PATTERN, re.ASCII)
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})  # control and format characters, line and paragraph ends
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER = re.compile(r"[1-9]\d{0,5}|0", re.ASCII)
_BY_KEY: dict[Any, str] = {Answer: "answer", LevelRef: "level"}


class _Invalid:
    """Stands where a value could not be read; empty to loops and conditions."""

    __slots__ = ()

    def __iter__(self) -> Any:
        return iter(())

    def __bool__(self) -> bool:
        return False


INVALID: Any = _Invalid()
_T = TypeVar("_T")


def readable(value: _T) -> _T | None:
    """The value, or None where it could not be read."""
    return None if value is INVALID else value


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a record as a file writes it."""

    name: str
    type: Any
    required: bool
    default: Any
    """What the record itself says when the key is left out (never a number)."""


@cache
def keys(record: type) -> tuple[Key, ...]:
    """The keys that a file may write for `record`; `id` of a record that stands under its id is not one of them."""
    hints = get_type_hints(record, include_extras=True)
    return tuple(
        Key(field.name, hints[field.name], *_default(field))
        for field in fields(record)
        if field.compare  # what takes no part in equality (place, digest) comes from the reader, not from the file
    )


def _default(field: Field[Any]) -> tuple[bool, Any]:
    if field.default is not MISSING:
        return False, field.default
    if field.default_factory is not MISSING:
        return False, field.default_factory()
    return True, None


class Binder:
    """Reads nodes into records and collects what is wrong."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.places: dict[str, Where] = {}
        """Where each path stands in the file."""

    def _wrong(self, code: str, node: Node, path: str, what: Message, mend: Message) -> Any:
        self.findings.append(Finding(code, what, mend, node.where, path))
        return INVALID

    def record(self, record: type, node: Node, path: str, own_id: str | None = None) -> Any:
        """Read a mapping into `record`; `own_id` is the key under which it stands."""
        if not isinstance(node, Mapping):
            wrong = self._wrong(
                "DC105", node, path, msg("several keys belong here"), msg("write {names} here", names=_names(record))
            )
            if own_id is None:
                return wrong
            # Under its id it is still there, for whatever names it; nothing that it holds could be read.
            unread = {key.name: wrong for key in keys(record)}
            return record(**{**unread, "id": own_id, "where": node.where})
        given: dict[str, Node] = {}
        for key, value in node.pairs:
            if key.text in given:
                self._wrong(
                    "DC102", key, _join(path, key.text),
                    msg("the key '{key}' stands here twice", key=key.text), msg("remove one of the two"),
                )  # fmt: skip
            else:
                given[key.text] = value
        values: dict[str, Any] = {} if record is Words else {"where": node.where}
        known = keys(record)
        for entry in known:
            if entry.name == "id" and own_id is not None:
                values["id"] = own_id
            elif entry.name in given:
                values[entry.name] = self.value(entry.type, given.pop(entry.name), _join(path, entry.name))
            elif not entry.required:
                values[entry.name] = entry.default
            else:
                values[entry.name] = self._missing(entry.name, node, path)
        for name in given:
            place = next(k for k, _ in node.pairs if k.text == name)
            self._wrong(
                "DC101", place, _join(path, name),
                msg("the key '{key}' is not known here", key=name), _nearest(name, [k.name for k in known]),
            )  # fmt: skip
        return record(**values)

    def _missing(self, name: str, node: Node, path: str) -> Any:
        if name == "source":
            what = msg("there is no source for what stands here")
            mend = msg("add 'source' with the document and the section, or make the number an assumption")
            return self._wrong("DC104", node, path, what, mend)
        return self._wrong(
            "DC103", node, path, msg("the key '{key}' is missing", key=name), msg("add '{key}'", key=name)
        )

    def value(self, kind: Any, node: Node, path: str) -> Any:
        """Read `node` as `kind`, an annotation of one of the records."""
        self.places[path] = node.where
        if isinstance(node, Scalar) and node.empty:
            return self._wrong(
                "DC119", node, path, msg("nothing is written here"), msg("write a value, or remove the key")
            )
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            return self._choose(get_args(kind), node, path)
        if origin is tuple:
            return self._sequence(get_args(kind)[0], node, path)
        if origin is MappingType:
            return self._mapping(get_args(kind)[1], node, path)
        if is_dataclass(kind) and kind not in _SCALARS and isinstance(kind, type):
            return self.record(kind, node, path)
        if not isinstance(node, Scalar):
            return self._wrong("DC105", node, path, msg("a single value belongs here"), msg("write one value"))
        if origin is Literal:
            return self._literal(get_args(kind), node, path)
        if origin is not None:  # Annotated[str, "id"], the only one
            return self.identifier(node, path)
        return self._scalar(kind, node, path)

    def identifier(self, node: Scalar, path: str) -> Any:
        """Read an id."""
        if _ID.fullmatch(node.text):
            return node.text
        return self._wrong(
            "DC124", node, path, msg("'{text}' cannot be an id", text=node.text),
            msg("use up to 40 letters, digits, dots, hyphens and underscores, beginning with a letter or a digit"),
        )  # fmt: skip

    def _choose(self, kinds: tuple[Any, ...], node: Node, path: str) -> Any:
        kinds = tuple(kind for kind in kinds if kind is not types.NoneType)
        if isinstance(node, Mapping):
            names = {key.text for key, _ in node.pairs}
            records: list[Any] = [k for k in kinds if is_dataclass(k) and k not in _SCALARS]
            for kind in records:
                if kind in _BY_KEY and _BY_KEY[kind] in names:
                    return self.record(kind, node, path)
            others = [kind for kind in records if kind not in _BY_KEY]
            if others or records:
                return self.record((others or records)[0], node, path)
        if isinstance(node, Sequence):
            for kind in kinds:
                if get_origin(kind) is tuple:
                    return self.value(kind, node, path)
        simple = [k for k in kinds if get_origin(k) is not tuple and (k in _SCALARS or not is_dataclass(k))]
        if isinstance(node, Scalar) and {CalendarOffset, ClockOffset} <= set(simple):
            return self._read(parse_offset, node, path)
        return self.value(simple[0] if simple else kinds[0], node, path)

    def _sequence(self, kind: Any, node: Node, path: str) -> Any:
        if not isinstance(node, Sequence):
            return self._wrong("DC105", node, path, msg("a list belongs here"), msg("write the items as [a, b, c]"))
        items = (self.value(kind, item, f"{path}[{n}]") for n, item in enumerate(node.items))
        return tuple(item for item in items if item is not INVALID)

    def _mapping(self, kind: Any, node: Node, path: str) -> Any:
        if not isinstance(node, Mapping):
            return self._wrong(
                "DC105", node, path, msg("several keys belong here"), msg("write each under an id of its own")
            )
        found: dict[str, Any] = {}
        for key, item in node.pairs:
            place = _join(path, key.text)
            if key.text in found:
                self._wrong(
                    "DC102", key, place, msg("the key '{key}' stands here twice", key=key.text),
                    msg("remove one of the two"),
                )  # fmt: skip
                continue
            self.places[place] = key.where
            if self.identifier(key, place) is not INVALID:
                own = is_dataclass(kind) and isinstance(kind, type)
                found[key.text] = self.record(kind, item, place, key.text) if own else self.value(kind, item, place)
        return found

    def _literal(self, choices: tuple[str, ...], node: Scalar, path: str) -> Any:
        if node.text in choices:
            return node.text
        return self._wrong(
            "DC106", node, path, msg("'{text}' is not possible here", text=node.text),
            msg("write one of: {choices}", choices=", ".join(choices)),
        )  # fmt: skip

    def _scalar(self, kind: Any, node: Scalar, path: str) -> Any:
        if kind is str:
            if not any(unicodedata.category(character) in _UNSEEN for character in node.text):
                return node.text
            return self._wrong(
                "DC130", node, path, msg("a text holds a line break or another character that cannot be seen"),
                msg("write it on one line, without that character"),
            )  # fmt: skip
        if kind in _SCALARS:
            return self._read(_SCALARS[kind], node, path)
        if kind is bool:
            read = {"true": True, "false": False}.get(node.text, INVALID)
            mend = msg("write true or false")
        elif kind is int:
            read = int(node.text) if _INTEGER.fullmatch(node.text) else INVALID
            mend = msg("write a whole number")
        else:
            read = _date(node.text)
            mend = msg("write the date as 2026-03-02")
        if read is INVALID:
            return self._wrong("DC105", node, path, msg("'{text}' cannot be read here", text=node.text), mend)
        return read

    def _read(self, parse: Callable[[str], Any], node: Scalar, path: str) -> Any:
        try:
            return parse(node.text)
        except Refusal as refusal:
            self.findings.extend(Finding(f.code, f.what, f.mend, node.where, path) for f in refusal.findings)
            return INVALID


def _date(text: str) -> Any:
    try:
        return dt.date.fromisoformat(text) if _DATE.fullmatch(text) else INVALID
    except ValueError:
        return INVALID


def _clock(text: str) -> ClockOffset:
    offset = parse_offset(text)
    if isinstance(offset, ClockOffset):
        return offset
    raise refuse("DC150", msg("'{text}' is not a time in hours", text=text), msg("write hours as PT72H"))


_SCALARS: dict[Any, Callable[[str], Any]] = {
    Quantity: parse_quantity,
    ClockOffset: _clock,
    CalendarOffset: parse_offset,
}


def _names(record: type) -> str:
    return "en, zh" if record is Words else ", ".join(key.name for key in keys(record) if key.required)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _nearest(name: str, known: list[str]) -> Message:
    from difflib import get_close_matches  # needed only when there is a mistake

    near = get_close_matches(name, known, 1)
    if near:
        return msg("did you mean '{near}'?", near=near[0])
    return msg("remove it; the keys here are: {names}", names=", ".join(known))
