"""A participant's visits as a picture for a page or a poster: one row for each visit, its window as a bar.

The picture is 190 mm wide (A4 between its margins); its unit is a tenth of a millimetre, and all coordinates are whole.
The same visits, language and title give the same bytes. No fonts are inside: the reader's own are used. The colours
are of a palette that colour-blind readers can tell apart, and every mark has a shape of its own as well.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosecalc.documents.lettering import escaped, width, wrapped
from dosecalc.documents.scale import DAY, Extent, begin, end, extent, middle
from dosecalc.text import msg, render
from dosecalc.visits.moments import local_day, readable, weekday

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dosecalc.text import Language, Message
    from dosecalc.visits.visit import Moment, Visit

_WIDTH = 1900
_LABELS, _AXIS, _DATES = (10, 430), (480, 1390), (1440, 1890)
"""Left and right ends of the three columns: visit, time axis, dates."""

_TITLE, _TEXT, _SMALL = 44, 32, 27
"""Sizes of letters: 12.5, 9 and 7.7 points."""

_LINE = 38
"""From one line of text to the next."""

_INK, _GREY, _GRID, _BAND = "#1a1a1a", "#595959", "#c8ccd2", "#f4f6f8"
_BAR, _EDGE, _ACTUAL = "#b8dcf2", "#0072b2", "#d55e00"

_LATIN = "Noto Sans, DejaVu Sans, Segoe UI, Helvetica, Arial"
_CHINESE = "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Hiragino Sans GB, Microsoft YaHei, SimHei"

_STEPS = (1, 2, 7, 14, 28, 56, 84, 168, 364, 728, 1820, 3640, 9100, 18200, 36400)
"""Days between two ticks; the widest steps are for dates that a slip of the pen put centuries apart."""


def timeline_svg(visits: Sequence[Visit], language: Language, title: object) -> bytes:
    """Return the picture as an SVG file in UTF-8.

    `title` is any text that can be rendered (`str`, `Words`, `Message`).
    """
    heading = render(title, language)
    picture = _Picture(visits, language)
    picture.draw(heading)
    height = picture.y + 10
    fonts = f"{_CHINESE}, {_LATIN}" if language == "zh" else f"{_LATIN}, {_CHINESE}"
    root = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": "190mm",
        "height": f"{height // 10}.{height % 10}mm",
        "viewBox": f"0 0 {_WIDTH} {height}",
        "role": "img",
        "aria-labelledby": "title description",
        "xml:lang": "zh-Hans" if language == "zh" else "en",
        "font-family": f"{fonts}, sans-serif",
        "fill": _INK,
    }
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<svg{_attributes(root)}>",
        f'<title id="title">{escaped(heading)}</title>',
        f'<desc id="description">{escaped(picture.description())}</desc>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *picture.parts,
        "</svg>",
    ]
    return "\n".join([*lines, ""]).encode()


def _attributes(given: Mapping[str, object]) -> str:
    return "".join(f' {name}="{value}"' for name, value in given.items() if value != "")


@dataclass(frozen=True, slots=True)
class _Row:
    visit: Visit
    labels: list[str]
    dates: list[str]
    reasons: list[str]

    @property
    def height(self) -> int:
        return 16 + _LINE * max(len(self.labels) + 1, len(self.dates), len(self.reasons))


class _Picture:
    """Draws from the top down: `y` is where the next part begins."""

    def __init__(self, visits: Sequence[Visit], language: Language) -> None:
        self.visits = visits
        self.language = language
        self.parts: list[str] = []
        self.y = 10
        self.notes: list[str] = []
        self.ticks: list[tuple[int, str]] = []
        known = extent(visits)
        self.zero = _zero(visits)
        self.shown = known.wider(max((known.last - known.first) // 30, 1)) if known else None

    def say(self, text: object) -> str:
        return render(text, self.language)

    def draw(self, heading: str) -> None:
        for line in wrapped(heading, _TITLE, _WIDTH - 20, bold=True):
            self.text(_LABELS[0], self.y + 46, line, size=_TITLE, bold=True)
            self.y += 58
        self.y += 14
        rows = [self.row(visit) for visit in self.visits]
        heads = self.y
        self.y += 128
        self.text(_LABELS[0], heads + 112, self.say(msg("Visit")), bold=True)
        self.text(_DATES[0], heads + 112, self.say(msg("Date and window")), bold=True)
        if self.shown:
            self.axis(self.shown, heads)
        top = self.y
        for number, row in enumerate(rows):
            if number % 2 == 0:
                self.parts.append(f'<rect y="{self.y}" width="{_WIDTH}" height="{row.height}" fill="{_BAND}"/>')
            self.draw_row(row)
        self.line(0, top, _WIDTH, top, _INK)
        self.line(0, self.y, _WIDTH, self.y, _INK)
        self.y += 20
        self.legend()
        self.remarks()

    # -- the axis

    def axis(self, shown: Extent, heads: int) -> None:
        """Ticks count from the zero visit, in days or weeks: dates above, distances below."""
        step = next((step for step in _STEPS if step * (_AXIS[1] - _AXIS[0]) >= 105 * shown.days), _STEPS[-1])
        each = 7 if step % 7 == 0 else 1
        zero = self.zero.target if self.zero else None
        origin = local_day(zero).toordinal() if zero else shown.first
        year = 0
        for ordinal in range(origin - (origin - shown.first) // step * step, shown.last + 1, step):
            day = dt.date.fromordinal(ordinal)
            x = self.x(ordinal * DAY + DAY // 2)
            self.line(x, heads + 120, x, heads + 128, _INK)
            self.ticks.append((x, _GREY if ordinal == origin else _GRID))
            if day.year != year:
                year = day.year
                self.text(x, heads + 32, str(year), bold=True, anchor="middle")
            self.text(x, heads + 72, f"{day:%m-%d}", anchor="middle")
            self.text(x, heads + 112, _signed((ordinal - origin) // each), anchor="middle", colour=_GREY)
        if self.zero:
            label = self.zero.label
            unit = msg("weeks from {visit}", visit=label) if each == 7 else msg("days from {visit}", visit=label)
            lines = wrapped(self.say(unit), _SMALL, 340)
            caption = lines[0] + ("…" if len(lines) > 1 else "")
            self.text(_AXIS[0] - 20, heads + 112, caption, anchor="end", colour=_GREY)

    def x(self, minute: int) -> int:
        assert self.shown is not None
        return _AXIS[0] + self.shown.place(minute, _AXIS[1] - _AXIS[0])

    # -- the rows

    def row(self, visit: Visit) -> _Row:
        labels = wrapped(render(visit.label, self.language), _TEXT, _LABELS[1] - _LABELS[0], bold=True)
        if visit.target is None and visit.actual is None:
            unknown = msg("date not known yet")
            reason = msg("{unknown}: {why}", unknown=unknown, why=_why(visit.notes[0])) if visit.notes else unknown
            return _Row(visit, labels, ["–"], wrapped(self.say(reason), _SMALL, _AXIS[1] - _AXIS[0]))
        dates = list(self.dates(visit))
        if visit.notes:
            dates.append(self.say(msg("notes: {numbers}", numbers=", ".join(map(self.number, visit.notes)))))
        return _Row(visit, labels, [x for text in dates for x in wrapped(text, _SMALL, _DATES[1] - _DATES[0])], [])

    def number(self, note: Message) -> str:
        text = self.say(_why(note))
        if text not in self.notes:
            self.notes.append(text)
        return str(self.notes.index(text) + 1)

    def dates(self, visit: Visit) -> Iterator[str]:
        if visit.target is not None:
            yield f"{self.say(weekday(visit.target))} {readable(visit.target)}"
        if visit.earliest is not None and visit.latest is not None and visit.window != "anchor":
            yield self.say(_window(visit.earliest, visit.latest))
        if visit.window == "not_stated" and visit.target is not None:
            yield self.say(msg("no window stated"))
        if visit.actual is not None:
            yield self.say(msg("took place {date}", date=readable(visit.actual)))
        if visit.days_from_target:
            yield self.say(_distance(visit.days_from_target))

    def draw_row(self, row: _Row) -> None:
        centre = self.y + row.height // 2
        top = centre - _LINE * (len(row.labels) + 1) // 2 + 30
        for number, label in enumerate(row.labels):
            self.text(_LABELS[0], top + _LINE * number, label, size=_TEXT, bold=True)
        self.text(_LABELS[0], top + _LINE * len(row.labels), row.visit.encounter, colour=_GREY)
        for number, line in enumerate(row.dates):
            self.text(_DATES[0], centre - _LINE * len(row.dates) // 2 + 29 + _LINE * number, line, bold=number == 0)
        for number, line in enumerate(row.reasons):
            self.text(_AXIS[0], centre - _LINE * len(row.reasons) // 2 + 29 + _LINE * number, line, colour=_GREY)
        if not row.reasons:
            for x, colour in self.ticks:
                self.line(x, self.y, x, self.y + row.height, colour)
            self.marks(row.visit, centre)
        self.y += row.height

    def marks(self, visit: Visit, y: int) -> None:
        if visit.earliest is not None and visit.latest is not None and visit.window != "anchor":
            left, right = self.x(begin(visit.earliest)), self.x(end(visit.latest))
            length = max(right - left, 10)  # what is narrower could not be seen; it grows to both sides
            self.bar((left + right - length) // 2, length, y, hollow=visit.window == "site")
        if visit.target is not None:
            self.diamond(self.x(middle(visit.target)), y)
        if visit.actual is not None:
            self.attended(self.x(middle(visit.actual)), y, visit.status)

    # -- below the rows

    def legend(self) -> None:
        dated = [visit for visit in self.visits if visit.target is not None]
        kinds = {visit.window for visit in dated}
        statuses = {visit.status for visit in self.visits}
        entries: list[tuple[str, Message]] = []
        if dated:
            entries.append(("target", msg("target date")))
        if "stated" in kinds:
            entries.append(("stated", msg("window of the protocol")))
        if "site" in kinds:
            entries.append(("site", msg("window of the site")))
        if "done" in statuses:
            entries.append(("done", msg("took place")))
        if "early" in statuses:
            entries.append(("early", msg("took place before the window")))
        if "late" in statuses:
            entries.append(("late", msg("took place after the window")))
        x = _LABELS[0]
        for kind, text in entries:
            said = self.say(text)
            room = 90 + width(said) * _SMALL // 100 + 40
            if x + room > _WIDTH and x > _LABELS[0]:
                x, self.y = _LABELS[0], self.y + 46
            centre = self.y + 24
            if kind in ("stated", "site"):
                self.bar(x, 64, centre, hollow=kind == "site")
            elif kind == "target":
                self.diamond(x + 32, centre)
            else:
                self.attended(x + 32, centre, kind)
            self.text(x + 84, centre + 10, said)
            x += room
        self.y += 60 if entries else 0

    def remarks(self) -> None:
        remarks = [f"{number}. {note}" for number, note in enumerate(self.notes, 1)]
        if any(visit.earliest is not None and visit.window != "anchor" for visit in self.visits):
            remarks.append(
                self.say(msg("The first and the last day belong to a window. Days are the site's local calendar days."))
            )
        for remark in remarks:
            for line in wrapped(remark, _SMALL, _WIDTH - 20):
                self.text(_LABELS[0], self.y + 28, line, colour=_GREY)
                self.y += 38

    def description(self) -> str:
        sentences = []
        for visit in self.visits:
            dates = "; ".join(self.dates(visit)) or self.say(msg("date not known yet"))
            sentences.append(f"{visit.encounter}, {render(visit.label, self.language)}: {dates}.")
        return " ".join(sentences)

    # -- shapes

    def bar(self, x: int, length: int, y: int, *, hollow: bool) -> None:
        look = f'fill="{"#ffffff" if hollow else _BAR}" stroke="{_EDGE}" stroke-width="3"'
        self.parts.append(f'<rect x="{x}" y="{y - 22}" width="{length}" height="44" rx="3" {look}/>')

    def diamond(self, x: int, y: int) -> None:
        self.parts.append(f'<path d="M{x} {y - 14}L{x + 14} {y}L{x} {y + 14}L{x - 14} {y}Z" fill="{_INK}"/>')

    def attended(self, x: int, y: int, status: str) -> None:
        if status == "early":  # points to the left, back in time
            shape = f'<path d="M{x - 17} {y}L{x + 12} {y - 16}L{x + 12} {y + 16}Z"'
        elif status == "late":
            shape = f'<path d="M{x + 17} {y}L{x - 12} {y - 16}L{x - 12} {y + 16}Z"'
        else:
            shape = f'<circle cx="{x}" cy="{y}" r="9"'
        self.parts.append(f'{shape} fill="{_ACTUAL}" stroke="#ffffff" stroke-width="2"/>')

    def line(self, x1: int, y1: int, x2: int, y2: int, colour: str) -> None:
        self.parts.append(f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{colour}" stroke-width="2"/>')

    def text(
        self, x: int, y: int, text: str, *, size: int = _SMALL, bold: bool = False, anchor: str = "", colour: str = ""
    ) -> None:
        look = {"x": x, "y": y, "font-size": size, "font-weight": "bold" if bold else "", "text-anchor": anchor}
        self.parts.append(f"<text{_attributes(look | {'fill': colour})}>{escaped(text)}</text>")


def _zero(visits: Sequence[Visit]) -> Visit | None:
    """The visit that the axis counts from: an anchor's own, else the first with a date."""
    dated = [visit for visit in visits if visit.target is not None]
    anchors = [visit for visit in dated if visit.window == "anchor"]
    return next(iter(anchors or dated), None)


def _signed(number: int) -> str:
    return f"+{number}" if number > 0 else f"\N{MINUS SIGN}{-number}" if number else "0"


def _window(earliest: Moment, latest: Moment) -> Message | str:
    if earliest == latest:
        return msg("on this day only") if not isinstance(latest, dt.datetime) else msg("at this time only")
    if isinstance(latest, dt.datetime) and local_day(earliest) == local_day(latest):
        return f"{readable(earliest)} – {latest:%H:%M}"
    return f"{readable(earliest)} – {readable(latest)}"


def _distance(days: int) -> Message:
    if days < 0:
        return msg("1 day before target") if days == -1 else msg("{days} days before target", days=-days)
    return msg("1 day after target") if days == 1 else msg("{days} days after target", days=days)


def _why(note: Message) -> object:
    """The reason without the option that mends it: who reads a picture does not type."""
    return dict(note.params).get("waiting", note)
