"""The project's own files, and their syntax trees."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parent.parent.parent
PACKAGE = CHECKOUT / "dosecalc"
_FOLDERS = ("dosecalc", "schedules", "tests", "notebooks", ".ci")
_TEXTS = frozenset(
    ".cfg .csv .css .html .ics .in .ini .ipynb .js .json .md .mjs .po .py .sh .svg .toml .txt .yaml .yml".split()
)
_PRODUCTS = frozenset({"__pycache__", ".ipynb_checkpoints", ".benchmarks", "node_modules"})


def modules() -> list[Path]:
    """Every Python file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def room(module: Path) -> str:
    """The path below `dosecalc/`, as `protocol/reader.py`."""
    return module.relative_to(PACKAGE).as_posix()


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the project, products of tools left out, with its path in the project."""
    files = [path for path in CHECKOUT.iterdir() if path.is_file()]
    files += [path for folder in _FOLDERS for path in (CHECKOUT / folder).rglob("*") if path.is_file()]
    for path in sorted(files):
        inside = path.relative_to(CHECKOUT)
        if _PRODUCTS.isdisjoint(inside.parts) and (path.suffix in _TEXTS or not path.suffix):
            # Some test files hold broken encodings on purpose; what is looked for here is ASCII.
            yield inside, path.read_text(encoding="utf-8", errors="replace")


@functools.cache
def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), filename=str(module))


def dotted(node: ast.AST) -> str:
    """`datetime.now` for the expression of that name; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else f"?.{node.attr}"
    return ""


def named(node: ast.AST) -> list[str]:
    """The names that a node uses or imports, with their modules."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [name] if (name := dotted(node)) else []


def report(broken: list[str]) -> None:
    assert not broken, "\n".join(broken)
