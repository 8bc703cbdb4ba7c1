"""The dose worksheet as bytes: PDF and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.documents.html import paper_html
from dosecalc.documents.sheet import worksheet_paper
from dosecalc.documents.typst_pdf import papers_pdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.text import Language


def worksheet_pdf(sheets: Sequence[Worksheet], language: Language, font: str | None = None) -> bytes:
    """Return one PDF/A-2b of the worksheets, in their order; each counts its own pages.

    `font` is the path of a font file that is asked before Noto Sans SC. The PDF's date is that of the newest worksheet.

    Raises:
        Refusal: DC640, a package is missing; DC641, a character is in no font; DC642, `font` is no font.
        ValueError: there is no worksheet, or one without its digest or without a preparation.
    """
    return papers_pdf([worksheet_paper(sheet, language) for sheet in sheets], font)


def worksheet_html(sheet: Worksheet, language: Language) -> bytes:
    """Return the worksheet as one HTML page in UTF-8 that loads nothing; it says what the PDF says.

    Raises:
        Refusal: DC640, the package that draws the QR code is not installed.
        ValueError: the worksheet has no digest or no preparation.
    """
    return paper_html(worksheet_paper(sheet, language))
