"""What a printed page says, free of how it is printed: the same blocks become typst and HTML.

All texts are in the reader's language already. Nothing here is markup, so nothing that a person typed can be any.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

    from dosecalc.text import Language


class Room(Enum):
    """A cell that is filled in by hand."""

    LINE = "line"
    TICK = "tick"


Cell = str | Room


@dataclass(frozen=True, slots=True)
class Section:
    """A heading; the blocks up to the next one belong to it."""

    title: str
    level: Literal[1, 2] = 1
    new_page: bool = False
    """Whether it begins a page of the printed HTML; in a PDF each paper begins one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that must be read from an arm's length: what it is, the number, its unit, and what stands below."""

    label: str
    value: str
    unit: str
    below: tuple[str, ...] = ()
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Large numbers side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and values in pairs. Small is for digests, which are compared rather than read."""

    rows: tuple[tuple[str, Cell], ...]
    columns: Literal[1, 2] = 2
    size: Literal["small", "normal", "large"] = "normal"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: heading, share of the width (0: as wide as its texts), and side of its cells."""

    heading: str
    share: int = 0
    side: Literal["left", "right", "center"] = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """A table that may go over pages, its headings on each. `tall` leaves room for handwriting.

    `signed` stands below it, on a page with its last rows: nobody signs a page that says nothing.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    tall: bool = False
    signed: Signatures | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text: numbered steps, points of a list, plain paragraphs, or points to tick."""

    lines: tuple[str, ...]
    kind: Literal["steps", "points", "plain", "ticks"] = "plain"


@dataclass(frozen=True, slots=True)
class Box:
    """A frame that must not be overlooked."""

    kind: Literal["draft", "released", "warning", "notice"]
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blanks:
    """Labels with room to write beside each, two in a row."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """One row for each person who signs, with a box for each of the four fields; never parted by the end of a page."""

    people: tuple[str, ...]
    fields: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Together:
    """Blocks that the end of a page does not part."""

    blocks: tuple[Block, ...]


Block = Section | Figures | Facts | Table | Lines | Box | Blanks | Signatures | Together


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """One document on A4. `mark` goes across every page and into its head; `running` stands at the head's left.

    `page` is the words of the page number with `{page}` and `{pages}` in them. `foot` stands at the foot's left.
    `code` is what the QR code says, and `code_below` what stands under it.
    """

    language: Language
    title: str
    subtitle: str
    running: str
    page: str
    blocks: tuple[Block, ...]
    mark: str | None = None
    code: str | None = None
    code_below: str = ""
    landscape: bool = False
    foot: str = ""
    date: dt.datetime
