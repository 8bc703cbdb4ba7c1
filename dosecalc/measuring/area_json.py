"""The area file as JSON: patches with their values, or their outlines in the pixels of one photo."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dosecalc.errors import Finding, Refusal
from dosecalc.measuring.drawing import MOST_POINTS, MOST_RINGS, Line, Sketch
from dosecalc.measuring.entry import Cell, check_scale, coordinate, located, read_entry, too_many, unreadable
from dosecalc.measuring.json_nodes import Array, Node, Object, Places, Text, TooManyWordsError, Word, read_json
from dosecalc.notation import quoted
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from dosecalc.errors import Where
    from dosecalc.measuring.entry import Entry, Given
    from dosecalc.text import Message

_HEAD = ("dosecalc_area", "scale_px_per_cm", "patches")
_TEXTS = ("name", "method", "measured_by", "date")
_NUMBERS = ("length_cm", "width_cm", "area_cm2")
_DRAWN = ("points", "holes", "closed")
_NO_NUMBERS = frozenset({"true", "false", "null"})
_EXAMPLE = '{"dosecalc_area": "1", "patches": [ … ]}'
_WORDS_BESIDE = 20 * MOST_RINGS
"""Numbers that an area file may hold beside its points; more are points without end."""


def read_json_areas(
    text: str, file: str, whole: Where, given: Given, findings: list[Finding]
) -> tuple[list[tuple[Entry, Cell]], Decimal | None, Cell]:
    """Return the patches of a file with their places, the scale that it states, and the place of the scale.

    Adds to `findings`: DC382, keys and types; DC388, an outline that is not closed; what `read_entry` and
    `check_scale` add.

    Raises:
        InvalidFile: DC380, not an area file in JSON; DC387, too many points.
    """
    places = Places(text, file)
    try:
        node = read_json(text, places, most_words=2 * MOST_POINTS + _WORDS_BESIDE)
    except TooManyWordsError as error:
        raise too_many(msg("the file has more than {most} points", most=f"{MOST_POINTS:,}"), whole) from error
    return _Reader(places, given, findings).file(node, whole)


class _Reader:
    """Reads one file; what is wrong goes to `findings`."""

    def __init__(self, places: Places, given: Given, findings: list[Finding]) -> None:
        self._where, self._given, self._findings = places.where, given, findings
        self._points = self._rings = 0

    def file(self, node: Node, whole: Where) -> tuple[list[tuple[Entry, Cell]], Decimal | None, Cell]:
        fields = self._fields(node, "", _HEAD)
        for key in ("dosecalc_area", "patches"):
            if fields is None or key not in fields:
                raise unreadable(
                    msg("this is not an area file: it has no key {key}", key=key),
                    msg("write {example}; schedules/README.md has a whole one", example=_EXAMPLE),
                    whole,
                )
        assert fields is not None
        version = self._value(fields["dosecalc_area"], "dosecalc_area", "text")
        if version is not None and version.text != "1":
            what = msg("{text} is not a version of the area file", text=quoted(version.text))
            self._wrong(version, what, msg('write "1"'))
        scale, scale_place = None, Cell("", whole)
        if "scale_px_per_cm" in fields:
            found = self._value(fields["scale_px_per_cm"], "scale_px_per_cm", "number")
            if found is not None:
                scale, scale_place = located(found, check_scale, self._findings), found
        entries = []
        for number, patch in enumerate(self._list(fields["patches"], "patches", msg("a list of patches"))):
            entry = self._patch(patch, f"patches[{number}]")
            if entry is not None:
                entries.append((entry, Cell("", self._where(patch.at), f"patches[{number}].name")))
        return entries, scale, scale_place

    def _patch(self, node: Node, path: str) -> Entry | None:
        fields = self._fields(node, path, (*_TEXTS, *_NUMBERS, *_DRAWN))
        if fields is None:
            return None
        cells: dict[str, Cell | None] = {
            key: self._value(fields[key], f"{path}.{key}", "text" if key in _TEXTS else "number")
            for key in (*_TEXTS, *_NUMBERS)
            if key in fields
        }
        whole = Cell("", self._where(node.at), path)
        before = len(self._findings)
        sketch = self._sketch(fields, whole)
        drawn_badly = len(self._findings) > before
        entry = read_entry(cells, sketch, whole, self._given, self._findings)
        return None if drawn_badly else entry

    def _sketch(self, fields: Mapping[str, Node], whole: Cell) -> Callable[[str], Sketch] | None:
        if "points" not in fields:
            for key in ("holes", "closed"):
                if key in fields:
                    place = self._cell(fields[key], f"{whole.path}.{key}")
                    self._wrong(
                        place, msg("{key} stands without points", key=key), msg("give the points, or delete it")
                    )
            return None
        if "closed" in fields:
            self._check_closed(fields["closed"], f"{whole.path}.closed")
        outer = self._ring(fields["points"], f"{whole.path}.points")
        holes: list[Line] = []
        if "holes" in fields:
            for number, hole in enumerate(
                self._list(fields["holes"], f"{whole.path}.holes", msg("a list of outlines"))
            ):
                holes.append(self._ring(hole, f"{whole.path}.holes[{number}]"))
        return lambda name: Sketch(
            name=name, where=whole.where, path=whole.path, outer=outer, holes=tuple(holes), locate=self._where
        )

    def _check_closed(self, node: Node, path: str) -> None:
        if isinstance(node, Word) and node.text == "true":
            return
        place = self._cell(node, path)
        if isinstance(node, Word) and node.text == "false":
            self._findings.append(
                Finding(
                    "DC388",
                    msg("the outline is not closed, so that it encloses nothing"),
                    msg("draw it all round the patch; an outline of which a part is missing is not completed here"),
                    place.where,
                    path,
                )
            )
        else:
            self._wrong(place, msg("{text} is neither true nor false", text=quoted(place.text)), msg("write true"))

    def _ring(self, node: Node, path: str) -> Line:
        """Read the points of one ring; as many as are right."""
        pairs: list[tuple[Decimal, Decimal]] = []
        places: list[int] = []
        self._rings += 1
        if self._rings > MOST_RINGS:
            what = msg("the file has more than {most} outlines and holes", most=f"{MOST_RINGS:,}")
            raise too_many(what, self._where(node.at))
        for number, point in enumerate(self._list(node, path, msg("a list of points [x, y]"))):
            self._points += 1
            if self._points > MOST_POINTS:
                what = msg("the file has more than {most} points", most=f"{MOST_POINTS:,}")
                raise too_many(what, self._where(point.at))
            if not isinstance(point, Array) or len(point.items) != 2:
                place = self._cell(point, f"{path}[{number}]")
                self._wrong(place, msg("a point is two numbers"), msg("write [x, y], in pixels"))
                continue
            x, y = (self._coordinate(item, path, number) for item in point.items)
            if x is not None and y is not None:
                pairs.append((x, y))
                places.append(point.at)
        return Line(points=pairs, places=places)

    def _coordinate(self, node: Node, path: str, number: int) -> Decimal | None:
        try:
            if isinstance(node, Word):  # a hundred thousand of them: the place is only looked for when it is needed
                return coordinate(node.text)
        except Refusal as refusal:
            place = Cell("", self._where(node.at), f"{path}[{number}]")
            self._findings += (replace(each, where=place.where, path=place.path) for each in refusal.findings)
            return None
        found = self._value(node, f"{path}[{number}]", "number")
        return located(found, coordinate, self._findings) if found else None

    def _fields(self, node: Node, path: str, known: Sequence[str]) -> dict[str, Node] | None:
        if not isinstance(node, Object):
            what = msg("keys and values in {signs} are expected here", signs="{}")
            self._wrong(self._cell(node, path), what, msg("compare it with the example in schedules/README.md"))
            return None
        fields: dict[str, Node] = {}
        for key, value in node.pairs:
            place = Cell(key.text, self._where(key.at), path)
            if key.text not in known:
                what = msg("the key {key} is not known", key=quoted(key.text))
                self._wrong(place, what, msg("write one of: {keys}", keys=", ".join(known)))
            elif key.text in fields:
                what = msg("the key {key} stands here twice", key=quoted(key.text))
                self._wrong(place, what, msg("keep one of them"))
            else:
                fields[key.text] = value
        return fields

    def _list(self, node: Node, path: str, expected: Message) -> Sequence[Node]:
        if isinstance(node, Array):
            if node.items:
                return node.items
            self._wrong(self._cell(node, path), msg("the list is empty"), msg("fill it in, or delete the key"))
        else:
            what = msg("{expected} is expected here", expected=expected)
            self._wrong(self._cell(node, path), what, msg("put it in {signs}", signs="[]"))
        return ()

    def _value(self, node: Node, path: str, kind: str) -> Cell | None:
        """The characters of a text or a number; a number may stand in quotation marks."""
        place = self._cell(node, path)
        if isinstance(node, Text) or (kind == "number" and isinstance(node, Word) and node.text not in _NO_NUMBERS):
            return place
        mend = msg("write it in digits, as 23.4") if kind == "number" else msg("write it in quotation marks")
        what = msg("a number is expected here") if kind == "number" else msg("a text is expected here")
        self._wrong(place, what, mend)
        return None

    def _cell(self, node: Node, path: str) -> Cell:
        return Cell(node.text if isinstance(node, Text | Word) else "", self._where(node.at), path)

    def _wrong(self, place: Cell, what: Message, mend: Message) -> None:
        self._findings.append(Finding("DC382", what, mend, place.where, place.path))
