"""Labels as bytes: PDF with one label on a page, and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dosecalc.documents.blocks import Room
from dosecalc.documents.label import labels_of
from dosecalc.documents.lettering import escaped
from dosecalc.documents.typst_pdf import breakable, compiled, json_cell
from dosecalc.text import msg, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.documents.blocks import Cell
    from dosecalc.documents.label import Label, LabelKind
    from dosecalc.documents.worksheet import Worksheet
    from dosecalc.text import Language


def label_pdf(
    sheet: Worksheet,
    language: Language,
    kind: LabelKind = "cn",
    *,
    masked: bool,
    width_mm: int = 100,
    height_mm: int = 60,
    font: str | None = None,
) -> bytes:
    """Return the labels of a worksheet as PDF/A-2b, one on each page of `width_mm` by `height_mm`.

    Raises:
        Refusal: DC640, a package is missing; DC641, a character is in no font; DC642, `font` is no font; DC643,
            DC644, see `labels_of`; DC646, a label is too small for its text.
    """
    labels = labels_of(sheet, language, kind, masked=masked)
    data = {
        "title": _title(sheet, language),
        "width": width_mm,
        "height": height_mm,
        "labels": [_label(label) for label in labels],
    }
    return compiled("label.typ", data, language, sheet.made_at, font)


def _title(sheet: Worksheet, language: Language) -> str:
    return render(msg("Labels: {protocol}, {visit}", protocol=sheet.settled.protocol.id, visit=sheet.visit), language)


def _label(label: Label) -> dict[str, Any]:
    return {
        "mark": label.mark,
        "only": label.only,
        "name": breakable(label.name),
        "letter": label.letter,
        "area": label.area,
        "participant": json_cell(label.participant),
        "participant-label": label.participant_label,
        "visit": label.visit,
        "part": label.part,
        "rows": [[name, json_cell(value)] for name, value in label.rows],
        "contact": [breakable(line) for line in label.contact],
    }


def label_html(
    sheet: Worksheet,
    language: Language,
    kind: LabelKind = "cn",
    *,
    masked: bool,
    width_mm: int = 100,
    height_mm: int = 60,
) -> bytes:
    """Return the labels of a worksheet as one HTML page; a label grows where its text needs more than `height_mm`.

    Raises:
        Refusal: DC643, DC644, see `labels_of`.
    """
    labels = labels_of(sheet, language, kind, masked=masked)
    lines = [
        "<!doctype html>",
        f'<html lang="{"zh-Hans" if language == "zh" else "en"}">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{escaped(_title(sheet, language))}</title>",
        f"<style>{_STYLE.replace('WIDTH', str(width_mm)).replace('HEIGHT', str(height_mm))}</style></head>",
        "<body>",
        *(line for label in labels for line in _html(label)),
        "</body></html>",
        "",
    ]
    return "\n".join(lines).encode()


_STYLE = """
*{box-sizing:border-box}
body{font:9.5px/1.2 "Noto Sans SC","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",Arial,sans-serif;margin:0}
section{position:relative;width:WIDTHmm;min-height:HEIGHTmm;padding:2mm 3mm;border:1px dashed #999;margin:3mm;
break-after:page;break-inside:avoid}
.mark{color:#b00000;font-weight:bold;text-align:center;font-size:11px}
.across{position:absolute;inset:0;display:flex;align-items:center;justify-content:center;color:rgba(192,0,0,.13);
font-size:22px;font-weight:bold;transform:rotate(-28deg);pointer-events:none}
.head,.who{display:flex;justify-content:space-between;gap:3mm;font-weight:bold;font-size:11.5px}
.top{display:flex;gap:3mm;align-items:center}
.top>:first-child{flex:1}
.head{border-bottom:1.5px solid}
.letter{font-size:26px;font-weight:bold;border:2px solid;padding:0 3mm}
.area{font-size:14px;font-weight:bold;border:2px solid;padding:3mm 2mm 1mm;white-space:nowrap}
.name{font-weight:bold;font-size:11.5px}
dl{display:grid;grid-template-columns:auto 1fr;gap:.1em 2mm;margin:.2em 0}
dt{color:#444}
dd{margin:0;overflow-wrap:anywhere}
.line{display:inline-block;width:100%;height:1.2em;border-bottom:1px solid}
p{margin:.1em 0}
.contact{border-top:1px solid}
@page{size:WIDTHmm HEIGHTmm;margin:0}
@media print{section{margin:0;border:0}body{font-size:8.7px}}
"""


def _html(label: Label) -> Iterator[str]:
    yield "<section>"
    if label.mark is not None:
        yield f'<div class="across" aria-hidden="true">{escaped(label.mark)}</div>'
        yield f'<p class="mark">{escaped(label.mark)}</p>'
    yield f'<div class="head"><span>{escaped(label.only)}</span><span>{escaped(label.part)}</span></div>'
    yield f'<div class="top"><div><p class="name">{escaped(label.name)}</p>'
    who = f"{escaped(label.participant_label)}: {_cell(label.participant)}"
    yield f'<div class="who"><span>{who}</span><span>{escaped(label.visit)}</span></div></div>'
    if label.letter is not None:
        yield f'<div class="letter">{escaped(label.letter)}</div>'
    if label.area is not None:
        yield f'<div class="area">{escaped(label.area)}</div>'
    yield "</div>"
    yield "<dl>"
    yield from (f"<dt>{escaped(name)}</dt><dd>{_cell(value)}</dd>" for name, value in label.rows)
    yield "</dl>"
    yield f'<p class="contact">{"; ".join(map(escaped, label.contact))}</p>'
    yield "</section>"


def _cell(value: Cell) -> str:
    return f'<span class="{value.value}"></span>' if isinstance(value, Room) else escaped(value)
