"""Blocks → one HTML page: nothing is loaded from anywhere, every text is escaped, and it prints on A4."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dosecalc.documents.blocks import Blanks, Box, Facts, Figures, Lines, Room, Section, Signatures, Table, Together
from dosecalc.documents.lettering import escaped
from dosecalc.documents.qr import qr_svg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dosecalc.documents.blocks import Block, Cell, Paper

_FONTS = (
    '"Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei","Segoe UI",Arial,sans-serif'
)
_POWER = re.compile("[0-9.]+ × 10[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_STYLE = f"""
*{{box-sizing:border-box}}
body{{font:14px/1.4 {_FONTS};color:#141414;max-width:190mm;margin:1.5em auto;padding:0 1em}}
header{{display:flex;justify-content:space-between;gap:2em}}
h1{{font-size:28px;margin:0}}
h2{{font-size:18px;margin:1.6em 0 .6em;border-bottom:1.5px solid;break-after:avoid}}
h3{{font-size:15px;margin:1.2em 0 .4em;break-after:avoid}}
p{{margin:.3em 0}}
.subtitle,.running,dt,th,footer,.code p{{color:#5f5f5f}}
.running,footer{{font-size:12px}}
.code{{text-align:center;font-size:10px}}
.code svg{{width:26mm;height:26mm;display:block}}
.box{{border:2px solid #141414;padding:.6em 1em;margin:.8em 0;break-inside:avoid}}
.box strong{{font-size:16px;display:block}}
.box ul{{margin:.2em 0 0;padding-left:1.2em}}
.draft{{border-color:#b00000;background:#fff4f4}}
.draft strong,.running strong{{color:#b00000}}
.draft strong{{font-size:20px}}
.warning{{background:#f6f6f6}}
.figures{{display:flex;flex-wrap:wrap;border:1px solid #999;margin:.8em 0;break-inside:avoid}}
.figures div{{flex:1 1 17%;border:.5px solid #bbb;padding:.5em .8em}}
.figures .wide{{flex:1 1 100%}}
.figures b{{font-size:26px}}
.figures .wide b{{font-size:32px}}
.figures small{{display:block;font-size:12px;color:#5f5f5f}}
span{{white-space:nowrap}}
.figures i{{display:block;font-style:normal}}
.figures .wide i{{font-size:17px}}
dl{{display:grid;grid-template-columns:9em 1fr 9em 1fr;gap:.25em .8em;margin:.4em 0;break-inside:avoid}}
dl.one{{grid-template-columns:9em 1fr}}
dl.large{{font-size:16px}}
dl.small{{font-size:11px}}
dt{{font-size:12px}}
dl.small dt{{font-size:11px}}
dd{{margin:0;overflow-wrap:anywhere}}
table{{border-collapse:collapse;margin:.5em 0}}
th{{font-weight:normal;font-size:12px;background:#f0f0f0;text-align:left}}
td,th{{border-bottom:1px solid #bbb;padding:.3em .6em;overflow-wrap:break-word;max-width:24em}}
tr{{break-inside:avoid}}
.tall td{{padding:.7em}}
.right{{text-align:right}}
.center{{text-align:center}}
.full{{width:100%}}
.line{{display:inline-block;width:100%;min-width:8em;height:1.3em;border-bottom:1px solid}}
.tick{{display:inline-block;width:1em;height:1em;border:1.5px solid;vertical-align:-.1em}}
.ticks{{list-style:none;padding:0}}
.ticks li{{margin:.5em 0}}
.ticks .tick{{margin-right:.8em}}
dl.blanks dd{{border-bottom:1px solid;height:2.2em}}
dl.blanks dt{{align-self:end}}
.signatures td,.signatures th{{border:1px solid}}
.signatures td{{height:4em;width:22%}}
.together{{break-inside:avoid}}
.mark{{position:fixed;inset:0;display:flex;align-items:center;justify-content:center;pointer-events:none;z-index:1;
color:rgba(192,0,0,.11);font-size:8vmin;white-space:nowrap;transform:rotate(-50deg)}}
@page{{size:A4;margin:14mm}}
@media print{{body{{margin:0;padding:0;max-width:none}}}}
"""


def paper_html(paper: Paper) -> bytes:
    """Return the page in UTF-8.

    Raises:
        Refusal: DC640, the package that draws the QR code is not installed.
    """
    return "\n".join([*_lines(paper), ""]).encode()


def _lines(paper: Paper) -> Iterator[str]:
    style = _STYLE.strip() + ("\n@page{size:A4 landscape}\nbody{max-width:277mm}" if paper.landscape else "")
    yield "<!doctype html>"
    yield f'<html lang="{"zh-Hans" if paper.language == "zh" else "en"}">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f"<title>{escaped(paper.title)}: {escaped(paper.running)}</title>"
    yield f"<style>\n{style}\n</style></head>"
    yield "<body>"
    if paper.mark is not None:
        yield f'<div class="mark" aria-hidden="true">{_text(paper.mark)}</div>'
    mark = "" if paper.mark is None else f" <strong>{_text(paper.mark)}</strong>"
    yield f'<p class="running">{_text(paper.running)}{mark}</p>'
    yield f'<header><div><h1>{_text(paper.title)}</h1><p class="subtitle">{_text(paper.subtitle)}</p></div>'
    if paper.code is not None:
        yield f'<div class="code">{qr_svg(paper.code)}<p>{_text(paper.code_below)}</p></div>'
    yield "</header>"
    for block in paper.blocks:
        yield from _block(block)
    yield f"<footer>{_text(paper.foot)}</footer>"
    yield "</body></html>"


def _text(text: str) -> str:
    """Return `text` escaped; a number is not parted from its power of ten by the end of a line."""
    return _POWER.sub(r"<span>\g<0></span>", escaped(text))


def _cell(value: Cell) -> str:
    return f'<span class="{value.value}"></span>' if isinstance(value, Room) else _text(value)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Section():
            tag = f"h{block.level + 1}"
            style = ' style="break-before:page"' if block.new_page else ""
            yield f"<{tag}{style}>{_text(block.title)}</{tag}>"
        case Figures():
            yield from _figures(block)
        case Facts():
            yield f'<dl class="{block.size}{" one" if block.columns == 1 else ""}">'
            for label, value in block.rows:
                yield f"<dt>{_text(label)}</dt><dd>{_cell(value)}</dd>"
            yield "</dl>"
        case Table():
            yield from _table(block)
        case Lines():
            yield from _list(block)
        case Box():
            lines = "".join(f"<li>{_text(line)}</li>" for line in block.lines)
            said = f"<ul>{lines}</ul>" if len(block.lines) > 1 else "".join(f"<p>{_text(x)}</p>" for x in block.lines)
            yield f'<div class="box {block.kind}"><strong>{_text(block.title)}</strong>{said}</div>'
        case Blanks():
            yield f'<dl class="blanks{" one" if len(block.labels) == 1 else ""}">'
            yield from (f"<dt>{_text(label)}</dt><dd></dd>" for label in block.labels)
            yield "</dl>"
        case Signatures():
            yield from _signatures(block)
        case Together():
            yield '<div class="together">'
            for each in block.blocks:
                yield from _block(each)
            yield "</div>"


def _figures(block: Figures) -> Iterator[str]:
    yield '<div class="figures">'
    for each in block.figures:
        below = "".join(f"<i>{_text(line)}</i>" for line in each.below)
        wide = ' class="wide"' if each.wide else ""
        number = f"<b>{_text(each.value)}</b> {_text(each.unit)}"
        yield f"<div{wide}><small>{_text(each.label)}</small>{number}{below}</div>"
    yield "</div>"


def _signatures(block: Signatures) -> Iterator[str]:
    yield f"<p>{_text(block.note)}</p>"
    heads = "".join(f"<th>{_text(each)}</th>" for each in ("", *block.fields))
    yield f'<table class="signatures full"><tr>{heads}</tr>'
    cells = "<td></td>" * len(block.fields)
    yield from (f"<tr><th>{_text(who)}</th>{cells}</tr>" for who in block.people)
    yield "</table>"


def _table(block: Table) -> Iterator[str]:
    full = any(column.share for column in block.columns)
    kinds = " ".join([*(["full"] if full else []), *(["tall"] if block.tall else [])])
    yield f'<table class="{kinds}">' if kinds else "<table>"
    sides = ["" if column.side == "left" else f' class="{column.side}"' for column in block.columns]
    rooms = [f' style="min-width:{2 * column.share}em"' if column.share else "" for column in block.columns]
    heads = (
        f"<th{side}{room}>{_text(each.heading)}</th>"
        for side, room, each in zip(sides, rooms, block.columns, strict=True)
    )
    yield f"<thead><tr>{''.join(heads)}</tr></thead><tbody>"
    for row in block.rows:
        cells = (f"<td{side}>{_cell(value)}</td>" for side, value in zip(sides, row, strict=True))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"
    if block.signed is not None:
        yield from _signatures(block.signed)


def _list(block: Lines) -> Iterator[str]:
    if block.kind == "plain":
        yield from (f"<p>{_text(line)}</p>" for line in block.lines)
        return
    tag = "ol" if block.kind == "steps" else "ul"
    yield f'<{tag} class="{block.kind}">'
    tick = _cell(Room.TICK) if block.kind == "ticks" else ""
    yield from (f"<li>{tick}{_text(line)}</li>" for line in block.lines)
    yield f"</{tag}>"
