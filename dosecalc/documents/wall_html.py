"""The clinic's calendar for the wall as one HTML page that loads nothing, for a screen or a browser's printer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosecalc.documents.lettering import escaped
from dosecalc.documents.wall import (
    in_hours,
    in_weeks,
    known,
    legend,
    reason,
    rows_of_hours,
    subtitle,
    title,
    visit_text,
)
from dosecalc.text import msg, render
from dosecalc.visits.moments import month_of, weekday

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dosecalc.documents.wall import PaperSize, Wall, WallDay, WallVisit
    from dosecalc.text import Language

_FONTS = (
    '"Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei","Segoe UI",Arial,sans-serif'
)
_STYLE = f"""
*{{box-sizing:border-box}}
body{{font:13px/1.35 {_FONTS};color:#141414;margin:1em}}
header,footer{{display:flex;justify-content:space-between;align-items:baseline;gap:2em}}
h1{{font-size:26px;margin:0 0 .3em}}
header p,footer,.soft,th,.hour{{color:#5f5f5f}}
footer{{font-size:11px;margin-top:.6em}}
table{{border-collapse:collapse;width:100%;table-layout:fixed}}
th{{font-weight:normal;font-size:12px;padding:.2em}}
td,.day{{border:1px solid #999;vertical-align:top;padding:.3em;overflow-wrap:anywhere}}
.month td{{height:6.5em}}
.hour{{width:5em;border:0;text-align:right;font-size:12px}}
.day{{text-align:left}}
.day b{{color:#141414;font-size:15px}}
tr{{break-inside:avoid}}
.closed{{background:#e2e2e2}}
.off{{background:#f2f2f2}}
.tally{{float:right;font-size:12px;color:#5f5f5f}}
.full{{background:#141414;color:#fff;padding:0 .4em;border-radius:.2em}}
.visit{{display:block}}
.came{{color:#5f5f5f}}
.amiss{{font-weight:bold}}
.ends{{display:table;border:1px solid #141414;border-radius:.2em;padding:0 .3em;margin:.15em 0}}
.key{{margin-right:1.5em}}
@media print{{body{{margin:0}}}}
"""
_SIGNS = {"tally": "5/6", "came": "✓", "amiss": "!", "provisional": "?"}


def wall_html(wall: Wall, language: Language, paper: PaperSize) -> bytes:
    """Return the page in UTF-8."""
    return "\n".join([*_lines(wall, language, paper), ""]).encode()


def _lines(wall: Wall, language: Language, paper: PaperSize) -> Iterator[str]:
    def say(text: object) -> str:
        return escaped(render(text, language))

    yield "<!doctype html>"
    yield f'<html lang="{"zh-Hans" if language == "zh" else "en"}">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f"<title>{say(title(wall))}</title>"
    yield f"<style>\n{_STYLE.strip()}\n@page{{size:{paper} landscape;margin:10mm}}\n</style></head>"
    yield "<body>"
    yield f"<header><h1>{say(title(wall))}</h1><p>{say(subtitle(wall))}</p></header>"
    yield from _month(wall, language) if wall.kind == "month" else _week(wall, language)
    yield "<footer><div>"
    for kind, text in legend(wall):
        sign = _SIGNS.get(kind) or f'<span class="{kind}" style="display:inline-block">&nbsp; &nbsp;</span>'
        yield f'<span class="key"><b>{sign}</b> {say(text)}</span>'
    yield f"</div><div>{say(known(wall))}</div></footer>"
    yield "</body></html>"


def _month(wall: Wall, language: Language) -> Iterator[str]:
    weeks = in_weeks(wall)
    full = next(week for week in weeks if None not in week)
    yield '<table class="month"><thead><tr>'
    yield from (f"<th>{escaped(render(weekday(day.day), language))}</th>" for day in full if day)
    yield "</tr></thead><tbody>"
    for week in weeks:
        yield "<tr>"
        for day in week:
            if day is None:
                yield '<td class="off"></td>'
                continue
            yield f"<td{_closed(day)}>{_tally(day)}<b>{day.day.day}{' ?' if day.provisional else ''}</b>"
            yield from (*_why(day, language), *_visits(day.visits), *_ends(day), "</td>")
        yield "</tr>"
    yield "</tbody></table>"


def _week(wall: Wall, language: Language) -> Iterator[str]:
    def say(text: object) -> str:
        return escaped(render(text, language))

    yield '<table class="week"><thead><tr><td class="hour"></td>'
    for day in wall.days:
        date = msg("{day} {month}", day=day.day.day, month=month_of(day.day))
        closed = "" if day.open else " closed"
        yield f'<th class="day{closed}">{_tally(day)}{say(weekday(day.day))}<br><b>{say(date)}'
        yield f"{' ?' if day.provisional else ''}</b>"
        yield from (*_why(day, language), "</th>")
    yield "</tr></thead><tbody>"
    if any(each.at is None for day in wall.days for each in day.visits):
        yield from _row(wall, "–", None)
    for hour in rows_of_hours(wall):
        yield from _row(wall, f"{hour:02}:00", hour)
    if any(day.ends for day in wall.days):
        yield f'<tr><td class="hour">{say(msg("not booked"))}</td>'
        for day in wall.days:
            yield from (f"<td{_closed(day)}>", *_ends(day), "</td>")
        yield "</tr>"
    yield "</tbody></table>"


def _row(wall: Wall, label: str, hour: int | None) -> Iterator[str]:
    yield f'<tr><td class="hour">{label}</td>'
    off = hour is not None and not in_hours(wall, hour)
    for day in wall.days:
        visits = [each for each in day.visits if (each.at.hour if each.at else None) == hour]
        yield from ('<td class="off">' if off and day.open else f"<td{_closed(day)}>", *_visits(visits), "</td>")
    yield "</tr>"


def _closed(day: WallDay) -> str:
    return "" if day.open else ' class="closed"'


def _tally(day: WallDay) -> str:
    return f'<span class="tally{" full" if day.full else ""}">{day.tally}</span>' if day.tally else ""


def _why(day: WallDay, language: Language) -> Iterator[str]:
    why = reason(day)
    if why is not None:
        yield f'<div class="soft">{escaped(render(why, language))}</div>'


def _visits(visits: Iterable[WallVisit]) -> Iterator[str]:
    for each in visits:
        yield f'<span class="visit {each.mark}">{escaped(visit_text(each))}</span>'


def _ends(day: WallDay) -> Iterator[str]:
    for each in day.ends:
        yield f'<span class="ends">{escaped(" ".join(each))}</span>'
