"""Every finding has a code, and every code is explained once, in schedules/README.md."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict

from house.source import CHECKOUT, modules, named, report, room, tree

CODE = re.compile(r"DC\d{3}")
ROW = re.compile(r"^\|\s*`?(DC\d{3})`?\s*\|", re.MULTILINE)


def _used() -> dict[str, list[str]]:
    """Where each code stands in the source as a value."""
    places = defaultdict(list)
    for module in modules():
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                places[node.value].append(f"dosecalc/{room(module)}:{node.lineno}")
    return places


def _rows() -> Counter[str]:
    return Counter(ROW.findall((CHECKOUT / "schedules" / "README.md").read_text(encoding="utf-8")))


def test_every_code_of_the_source_is_explained() -> None:
    explained = _rows()
    report([f"{places[0]}: {code} has no row" for code, places in sorted(_used().items()) if code not in explained])


def test_every_code_that_is_explained_exists() -> None:
    used = _used()
    report([f"schedules/README.md: {code} is nowhere in the source" for code in sorted(_rows()) if code not in used])


def test_every_code_is_explained_once() -> None:
    report([f"schedules/README.md: {code} has {count} rows" for code, count in sorted(_rows().items()) if count > 1])


def test_one_text_is_not_said_under_two_codes() -> None:
    """The codes of a text are those that stand beside it in one call, as in `refuse("DC201", msg("..."), ...)`."""
    codes = defaultdict(set)
    for module in modules():
        for call in (node for node in ast.walk(tree(module)) if isinstance(node, ast.Call)):
            said = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            code = next((text for text in said if CODE.fullmatch(text)), None)
            what = next(
                (each for each in call.args if isinstance(each, ast.Call) and named(each.func) == ["msg"]), None
            )
            if code and what and what.args and isinstance(what.args[0], ast.Constant):
                codes[str(what.args[0].value)].add(code)
    report([f"{sorted(several)}: {text}" for text, several in codes.items() if len(several) > 1])


def test_docstrings_name_only_codes_that_exist() -> None:
    used = _used()
    broken = []
    for module in modules():
        mentioned = set(CODE.findall(module.read_text(encoding="utf-8")))
        broken += [f"dosecalc/{room(module)}: {code} is raised nowhere" for code in sorted(mentioned - used.keys())]
    report(broken)
