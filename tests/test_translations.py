"""The Chinese catalogue says everything that the program can say, with the same fields, and nothing else."""

from __future__ import annotations

import ast
import gettext
import string
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import dosecalc
from house.source import report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

PACKAGE = Path(__file__).parent.parent / "dosecalc"
CATALOGUE = PACKAGE / "locale" / "zh" / "LC_MESSAGES" / "dosecalc.po"
MARKERS = ("msg", "_")


def fields(template: str) -> set[str]:
    """The names in braces.

    Raises:
        ValueError: the braces do not match.
    """
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """Every template of the source, with the place where it first stands."""
    found: dict[str, str] = {}
    for file, line, template, _, _ in extract_from_dir(PACKAGE, [("**.py", "python")], keywords=dict.fromkeys(MARKERS)):
        assert isinstance(template, str)
        found.setdefault(template, f"dosecalc/{file}:{line}")
    return found


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as stream:
        return read_po(stream, locale="zh", abort_invalid=True)


@pytest.fixture(scope="module")
def chinese(catalogue: Catalog) -> dict[str, str]:
    return {str(entry.id): str(entry.string or "") for entry in catalogue if entry.id}


def test_every_text_of_the_program_is_translated(said: dict[str, str], chinese: dict[str, str]) -> None:
    report([f"{place}: {text!r}" for text, place in said.items() if not chinese.get(text)])


def test_a_translation_has_the_fields_of_its_template(chinese: dict[str, str]) -> None:
    report([text for text, translation in chinese.items() if translation and fields(text) != fields(translation)])


def test_no_translation_is_a_guess(catalogue: Catalog) -> None:
    report([str(entry.id) for entry in catalogue if entry.id and entry.fuzzy])


def test_the_catalogue_holds_nothing_that_is_no_longer_said(
    said: dict[str, str], catalogue: Catalog, chinese: dict[str, str]
) -> None:
    report([text for text in chinese if text not in said])
    report([str(template) for template in catalogue.obsolete])


def test_a_translation_uses_chinese_marks_after_chinese_words(chinese: dict[str, str]) -> None:
    def half_width(translation: str) -> bool:
        return any("\u4e00" <= before <= "\u9fff" and mark in ",;:?!" for before, mark in pairwise(translation))

    report([translation for translation in chinese.values() if half_width(translation)])


def test_the_compiled_catalogue_that_is_installed_is_the_one_of_the_source(chinese: dict[str, str]) -> None:
    installed = gettext.translation("dosecalc", Path(dosecalc.__file__).parent / "locale", languages=["zh"])
    assert [
        text for text, translation in chinese.items() if translation and installed.gettext(text) != translation
    ] == []


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                yield f"dosecalc/{module.relative_to(PACKAGE)}:{node.lineno}", node


def test_templates_are_written_out_where_they_are_used() -> None:
    """A template in a variable would not be collected, and so not be translated."""
    report([place for place, call in _calls() if not (call.args and isinstance(call.args[0], ast.Constant))])


def test_every_template_is_collected(said: dict[str, str]) -> None:
    """Babel passes over a call that it cannot read, an f-string say, and its text would stay English."""
    report(
        [
            f"{place}: Babel does not collect {call.args[0].value!r}"
            for place, call in _calls()
            if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value not in said
        ]
    )


def test_no_template_is_empty() -> None:
    """The translation of the empty text is the header of the catalogue (GNU gettext); leave the text out instead."""
    report([f"{place}: msg of nothing" for place, call in _calls() if ast.unparse(call.args[0]) in ("''", '""')])


def test_a_template_is_given_the_fields_that_it_names() -> None:
    broken = []
    for place, call in _calls():
        given = {keyword.arg for keyword in call.keywords}
        if isinstance(call.args[0], ast.Constant) and None not in given and given != fields(str(call.args[0].value)):
            broken.append(f"{place}: {call.args[0].value!r} is given {sorted(filter(None, given))}")
    report(broken)
