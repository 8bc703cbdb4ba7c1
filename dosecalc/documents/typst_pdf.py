"""Blocks → PDF bytes, by typst: PDF/A-2b, fonts embedded, the same bytes every time.

PDF/A makes a character that no font has an error, where plain PDF prints an empty box. The template reads the texts as
JSON from its inputs, so that nothing in them can be markup.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from typing import TYPE_CHECKING, Any

from dosecalc.documents.blocks import Blanks, Box, Facts, Figures, Lines, Room, Section, Signatures, Table, Together
from dosecalc.documents.fonts import SUPERSCRIPTS, FontChoice, choose_fonts
from dosecalc.documents.qr import qr_svg
from dosecalc.errors import refuse
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dosecalc.documents.blocks import Block, Cell, Paper
    from dosecalc.errors import Refusal
    from dosecalc.text import Language

TEMPLATES = os.path.join(os.path.dirname(__file__), "templates")
_MISSING = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_LONG = re.compile(r"[^\s\u2e80-\uffff]{16,}")
_NUMBER = re.compile(r"[0-9.,]+")
_PIECE = re.compile(r"[^-/_.]{1,12}[-/_.]*|[-/_.]+")
_BREAK = "\u200b"
_PPI = 100
"""Dots per inch of a picture: an A4 page sideways is as wide as a page of a web site."""
_TOO_SMALL = "the label is too small"
"""What the template of the labels says where it gives up."""


def papers_pdf(papers: Sequence[Paper], font: str | None = None) -> bytes:
    """Return one PDF of several documents in one language; each counts its own pages.

    Raises:
        Refusal: DC640, a package is missing; DC641, a character is in no font; DC642, `font` is no font.
        ValueError: there is no paper, or the papers are of several languages.
    """
    if len({paper.language for paper in papers}) != 1:
        raise ValueError("a PDF has one document or more, all in one language")
    data = {"title": papers[0].title, "papers": [_paper(paper) for paper in papers]}
    return compiled("paper.typ", data, papers[0].language, max(paper.date for paper in papers), font)


def compiled(template: str, data: dict[str, Any], language: Language, date: dt.datetime, font: str | None) -> bytes:
    """Return the PDF that `template` makes of `data`.

    Raises:
        Refusal: as `papers_pdf`.
    """
    choice = choose_fonts(font)
    return _compile(_template(template), _inputs(data, language, choice), date.astimezone(dt.UTC), choice)


def pictured(template: str, data: dict[str, Any], language: Language, date: dt.datetime, font: str | None) -> bytes:
    """Return what `compiled` makes as a PNG picture of its one page.

    Raises:
        Refusal: as `papers_pdf`.
        ValueError: there are several pages.
    """
    import typst

    compiled(template, data, language, date, font)  # a picture alone would show a missing character as a box
    choice = choose_fonts(font)
    made = typst.compile(
        _template(template), root=TEMPLATES, font_paths=choice.fonts, ignore_system_fonts=True, format="png",
        ppi=_PPI, sys_inputs=_inputs(data, language, choice),
    )  # fmt: skip
    if not isinstance(made, bytes):
        raise ValueError("a picture has one page")
    return made


def _template(name: str) -> str:
    return os.path.join(TEMPLATES, name)


def _inputs(data: dict[str, Any], language: Language, choice: FontChoice) -> dict[str, str]:
    said = {**data, "language": language, "fonts": choice.families, "superscripts": SUPERSCRIPTS}
    return {"data": json.dumps(said, ensure_ascii=False)}


def _compile(path: str, inputs: dict[str, str], date: dt.datetime, choice: FontChoice) -> bytes:
    import typst

    compiler = typst.Compiler(
        input=path, root=TEMPLATES, font_paths=choice.fonts, ignore_system_fonts=True, sys_inputs=inputs
    )
    try:
        made, warnings = compiler.compile_with_warnings(
            format="pdf", pdf_standards=["a-2b"], timestamp=date, pdf_tags=False
        )
    except typst.TypstError as error:
        if _TOO_SMALL in error.message:
            raise refuse(
                "DC646",
                msg("the label is too small for what stands on it"),
                msg("take a larger label, or shorten the texts under 'label' in the site file"),
            ) from error
        if not _MISSING.search(error.diagnostic):
            raise
        raise _not_in_font(_missing(inputs["data"], date, choice) or _named(error)) from error
    if warnings:  # such as an unknown font family: the page is then not what was meant
        raise RuntimeError("; ".join(str(warning) for warning in warnings))
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single PDF")
    return made


def _named(error: Any) -> list[str]:
    return list(dict.fromkeys(_MISSING.findall(error.diagnostic)))


def _missing(said: str, date: dt.datetime, choice: FontChoice) -> list[str]:
    """Return every character that no font has, found by setting each one by itself: typst stops at a text's first."""
    import typst

    characters = sorted({character for character in said if ord(character) > 0x7E})
    source = (
        "#let data = json(bytes(sys.inputs.data))\n"
        '#set text(font: ((name: data.superscripts, covers: regex("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]")), ..data.fonts), fallback: false)\n'
        "#for each in data.characters { block(each) }\n"
    )
    data = {"characters": characters, "fonts": choice.families, "superscripts": SUPERSCRIPTS}
    compiler = typst.Compiler(
        input=source.encode(), font_paths=choice.fonts, ignore_system_fonts=True, sys_inputs={"data": json.dumps(data)}
    )
    try:
        compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=date)
    except typst.TypstError as error:
        return _named(error)
    return []


def _not_in_font(characters: Iterable[str]) -> Refusal:
    shown = ", ".join(f"{each} (U+{ord(each):04X})" if len(each) == 1 else each for each in characters)
    return refuse(
        "DC641",
        msg("no font has the characters {characters}; they would be printed as empty boxes", characters=shown),
        msg("write them in another way, or name a font that has them: --font FILE"),
    )


def breakable(text: str) -> str:
    """Return `text` with places to break in words that might run out of their column; numbers stay whole."""
    return _LONG.sub(_pieces, text)


def _pieces(found: re.Match[str]) -> str:
    return found[0] if _NUMBER.fullmatch(found[0]) else _BREAK.join(_PIECE.findall(found[0]))


def json_cell(value: Cell) -> str | dict[str, str]:
    """Return a cell as the templates read it."""
    return {"room": value.value} if isinstance(value, Room) else breakable(value)


def _paper(paper: Paper) -> dict[str, Any]:
    return {
        "title": paper.title,
        "subtitle": paper.subtitle,
        "running": breakable(paper.running),
        "foot": paper.foot,
        "page": paper.page,
        "mark": paper.mark,
        "code": None if paper.code is None else qr_svg(paper.code),
        "code-below": paper.code_below,
        "landscape": paper.landscape,
        "blocks": [_block(block) for block in paper.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Section():
            return {"kind": "section", "title": breakable(block.title), "level": block.level}
        case Figures():
            figures = [
                {
                    "label": each.label,
                    "value": each.value,
                    "unit": each.unit,
                    "below": [breakable(line) for line in each.below],
                    "wide": each.wide,
                }
                for each in block.figures
            ]
            return {"kind": "figures", "figures": figures}
        case Facts():
            rows = [[label, value if block.size == "small" else json_cell(value)] for label, value in block.rows]
            return {"kind": "facts", "rows": rows, "columns": block.columns, "size": block.size}
        case Table():
            columns = [{"heading": each.heading, "share": each.share, "side": each.side} for each in block.columns]
            cells = [[json_cell(value) for value in row] for row in block.rows]
            signed = None if block.signed is None else _block(block.signed)
            return {"kind": "table", "columns": columns, "rows": cells, "tall": block.tall, "signed": signed}
        case Lines():
            return {"kind": "lines", "style": block.kind, "lines": [breakable(each) for each in block.lines]}
        case Box():
            texts = [breakable(line) for line in block.lines]
            return {"kind": "box", "style": block.kind, "title": block.title, "lines": texts}
        case Blanks():
            return {"kind": "blanks", "labels": block.labels}
        case Together():
            return {"kind": "together", "blocks": [_block(each) for each in block.blocks]}
        case Signatures():
            people = [breakable(each) for each in block.people]
            return {"kind": "signatures", "people": people, "fields": block.fields, "note": block.note}
