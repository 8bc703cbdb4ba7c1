"""Rules for the modules of the package."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from house.source import modules, named, report, room, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 400

# R4: every number that reaches a dose, a volume or a count is exact. What is not listed here is.
INEXACT = {
    "app/": "shows progress and times",
    "calendars/": "writes texts",
    "cli/": "draws on a terminal",
    "documents/": "draws on paper",
    "tables": "reads spreadsheets, whose numbers are doubles, and turns them into text of 15 digits (R8)",
}

# Everything else gets the time, the user and random numbers handed in, and so gives the same bytes every time.
SHELL = ("app/", "cli/")
CLOCKS_AND_CHANCE = frozenset(
    "now today utcnow environ environb getenv urandom uuid1 uuid4 getuser getlogin perf_counter monotonic".split()
)
CLOCK_AND_CHANCE_MODULES = frozenset({"getpass", "random", "secrets", "time"})

FILES = (*SHELL, "files.py", "tables")
FILE_CALLS = frozenset({"open", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir"})


def _in(module: Path, rooms: tuple[str, ...]) -> bool:
    return room(module).startswith(rooms)


def _nodes(skip: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.AST]]:
    for module in modules():
        if not _in(module, skip):
            for node in ast.walk(tree(module)):
                yield f"dosecalc/{room(module)}:{getattr(node, 'lineno', 0)}", node


def test_the_package_is_where_these_rules_look() -> None:
    rooms = {room(module) for module in modules()}
    assert {"errors.py", "quantity.py", "protocol/reader.py", "text.py"} <= rooms


def test_exact_modules_hold_no_float() -> None:
    broken = []
    for place, node in _nodes(skip=tuple(INEXACT)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            broken.append(f"{place}: the literal {node.value}; write a Decimal, a Fraction or an integer")
        names = [name.rpartition(".")[2] for name in named(node)]
        if any(name.startswith("float") for name in names):
            broken.append(f"{place}: {', '.join(names)}; a float is not exact")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(("float", "Float")):
            broken.append(f"{place}: {node.value!r} names a float type")
    report(broken)


def test_exact_modules_do_not_round_half_to_even() -> None:
    report(
        [
            f"{place}: round() rounds half to even; take the rounding of dosecalc.quantity (R4, R5)"
            for place, node in _nodes(skip=tuple(INEXACT))
            if isinstance(node, ast.Call) and named(node.func) == ["round"]
        ]
    )


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {room(module): len(module.read_text(encoding="utf-8").splitlines()) for module in modules()}
    report([f"dosecalc/{name}: {length} lines; divide it" for name, length in lengths.items() if length > LONGEST])


def test_no_error_is_swallowed() -> None:
    broken = []
    for place, node in _nodes():
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type] if node.type else []
        if not caught or {"Exception", "BaseException"} & {name for each in caught for name in named(each)}:
            broken.append(f"{place}: catches everything; name the errors that the library raises")
        if all(isinstance(statement, ast.Pass) for statement in node.body):
            broken.append(f"{place}: except ...: pass; say what the error means for the reader")
    report(broken)


def test_clock_chance_and_environment_stay_in_the_shell() -> None:
    broken = []
    for place, node in _nodes(skip=SHELL):
        for name in named(node):
            package, _, last = name.rpartition(".")
            if (package and last in CLOCKS_AND_CHANCE) or _imports(node, name):
                broken.append(f"{place}: {name.lstrip('?.')}; take it as an argument")
    report(broken)


def _imports(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom) and name.partition(".")[0] in CLOCK_AND_CHANCE_MODULES


def test_files_are_read_and_written_in_the_shell() -> None:
    report(
        [
            f"{place}: {name}(); take or return the text or the bytes"
            for place, node in _nodes(skip=FILES)
            if isinstance(node, ast.Call)
            for name in named(node.func)
            if name.rpartition(".")[2] in FILE_CALLS
        ]
    )
