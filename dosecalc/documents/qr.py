"""QR codes as pictures."""

from __future__ import annotations

from dosecalc.documents.fonts import missing_extra


def qr_svg(text: str) -> str:
    """Return a QR code as an SVG picture, with the quiet zone that readers need (4 modules).

    Raises:
        Refusal: DC640, segno is not installed.
    """
    try:
        import segno
    except ImportError as error:
        raise missing_extra("segno") from error
    return segno.make_qr(text, error="m").svg_inline(border=4, omitsize=True)
