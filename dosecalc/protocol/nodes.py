"""YAML text → nodes that keep their place and their exact text.

Only the grammar of YAML is used (PyYAML's event stream), none of its guesses about what a scalar means: `1.0e8` stays
those five characters until the notation firewall reads them (R2), `NO` is never a truth value and `12:30` never 750.
Aliases are refused, so nothing can expand for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from dosecalc.errors import Finding, InvalidFile, Where
from dosecalc.text import Message, msg

MOST_BYTES = 1_000_000
MOST_DEPTH = 40
_EMPTY_SCALARS = frozenset({"", "~", "null", "Null", "NULL"})
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, as its text."""

    text: str
    where: Where
    empty: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: list[Node]
    where: Where


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; a key may stand there twice (the binder reports it)."""

    pairs: list[tuple[Scalar, Node]]
    where: Where


Node = Scalar | Sequence | Mapping


def _broken(code: str, what: Message, mend: Message, where: Where) -> InvalidFile:
    return InvalidFile([Finding(code, what, mend, where)])


def read_nodes(data: bytes, file: str) -> Node:
    """Parse one YAML document.

    Raises:
        InvalidFile: DC107 where the text is not YAML, not UTF-8 or too large, DC108 where it uses what this language
            does not have (aliases, tags, several documents, keys that are not plain text).
    """
    whole = Where(file)
    if len(data) > MOST_BYTES:
        raise _broken(
            "DC107",
            msg("a file of {size} bytes is no protocol; at most {most} are read", size=len(data), most=MOST_BYTES),
            msg("check that this is the right file"),
            whole,
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _broken(
            "DC107", msg("the file is not UTF-8 text"), msg("save the file with the encoding UTF-8"), Where(file, line)
        ) from error
    try:
        return _build(text, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Where(file, mark.line + 1, mark.column + 1) if mark else whole
        raise _broken("DC107", *_syntax(error, text, where), where) from error
    except yaml.YAMLError as error:
        raise _broken(
            "DC107", msg("the file holds a character that YAML does not allow"), msg("remove the character"), whole
        ) from error


def _syntax(error: yaml.MarkedYAMLError, text: str, where: Where) -> tuple[Message, Message]:
    lines = text.splitlines()
    line = lines[where.line - 1] if 0 < where.line <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "\t" in line[where.column - 1 : where.column]:
        return msg("a tab stands where YAML needs spaces"), msg("replace the tab by spaces")
    return (
        msg("the text is not YAML here ({problem})", problem=error.problem or error.context or "syntax"),
        msg("check the indentation, the colon and the quotes of this line and the one above"),
    )


def _build(text: str, file: str) -> Node:
    # An explicit stack instead of recursion: nothing a file says can exhaust the interpreter's own.
    root: Node | None = None
    open_nodes: list[tuple[Sequence | Mapping, list[Node]]] = []
    for event in yaml.parse(text, Loader=_Loader):
        mark = event.start_mark
        where = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file)
        if isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise _broken("DC108", msg("a second document begins here"), msg("keep one document in a file"), where)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _broken(
                "DC108", msg("YAML anchors and aliases (& and *) are not read"), msg("write the value out"), where
            )
        if getattr(event, "tag", None):  # of a value, a list or a mapping
            raise _broken("DC108", msg("YAML tags (!) are not read"), msg("remove the tag"), where)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style is None
            node = Scalar(event.value, where, not event.value.strip() or (plain and event.value in _EMPTY_SCALARS))
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if len(open_nodes) >= MOST_DEPTH:
                raise _broken("DC107", msg("the values are nested too deeply"), msg("check the brackets"), where)
            opened = Sequence([], where) if isinstance(event, yaml.SequenceStartEvent) else Mapping([], where)
            open_nodes.append((opened, []))
            continue
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            node, held = open_nodes.pop()
            _fill(node, held)
        else:
            continue
        if open_nodes:
            open_nodes[-1][1].append(node)
        else:
            root = node
    if root is None:
        raise _broken(
            "DC107", msg("there is nothing in the file"), msg("check that this is the right file"), Where(file)
        )
    return root


def _fill(node: Sequence | Mapping, held: list[Node]) -> None:
    if isinstance(node, Sequence):
        node.items.extend(held)
        return
    for key, value in zip(held[::2], held[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise _broken("DC108", msg("a key must be plain text"), msg("write the key as a single word"), key.where)
        node.pairs.append((key, value))
