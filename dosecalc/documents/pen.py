"""Lines, dots and letters on a page in cm from its top left corner, through matplotlib's artists without its axes.

Fonts are named by file, and the settings of whoever runs this are set aside: the same calls give the same bytes.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from dosecalc.errors import refuse
from dosecalc.notation import quoted
from dosecalc.text import msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path

    from dosecalc.text import Language

    Line = Sequence[tuple[float, float]]

PenKind = Literal["svg", "png", "pdf"]

_INK = "#1a1a1a"
_INCH = 2.54
_PNG_DPI = 200
_SETTINGS = {"svg.hashsalt": "dosecalc", "svg.fonttype": "path", "path.simplify": False}


@dataclass(frozen=True, slots=True)
class _Font:
    """A font, its bold sister (the same where there is none) and the code points that it has."""

    regular: FontProperties
    bold: FontProperties
    has: frozenset[int]


@contextmanager
def page_pen(page: tuple[float, float], language: Language, kind: PenKind) -> Iterator[Pen]:
    """Give a pen for a page of (width, height) cm in a file of that kind.

    The reader's own settings of matplotlib are set aside for as long as the pen is used.

    Raises:
        Refusal: DC379, matplotlib or a font is not installed.
    """
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as error:
        raise refuse(
            "DC379",
            msg("maps are drawn by the package matplotlib, which is not installed"),
            msg("install dosecalc with its part 'map': pip install 'dosecalc[map]'"),
        ) from error
    own: Any = {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")}
    with mpl.rc_context(own | _SETTINGS):
        yield Pen(page, language, kind)


class Pen:
    """Draws on one page; what is drawn later lies on top."""

    def __init__(self, page: tuple[float, float], language: Language, kind: PenKind) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self._kind = kind
        self._fonts = _fonts(language)
        self._figure = Figure(figsize=(page[0] / _INCH, page[1] / _INCH), facecolor="white")
        from_top = Affine2D().scale(1 / _INCH, -1 / _INCH).translate(0, page[1] / _INCH)
        self._place = from_top + self._figure.dpi_scale_trans
        self._layer = 0

    def text(
        self,
        x: float,
        y: float,
        said: str,
        size: float,
        align: Literal["left", "center", "right"] = "left",
        *,
        bold: bool = False,
        colour: str = _INK,
    ) -> None:
        """Write one line with its baseline at y; `size` in points.

        Raises:
            Refusal: DC379, no font has one of the characters.
        """
        from matplotlib.text import Text

        font = self._font_for(said)
        style = (font.bold if bold else font.regular).copy()
        style.set_size(size)
        text = Text(x, y, said, fontproperties=style, ha=align, va="baseline", color=colour)
        text.set_parse_math(False)  # a dollar sign is a dollar sign
        self._add(text)

    def lines(self, lines: Sequence[Line], *, colour: str, width: float) -> None:
        """Draw lines through points, `width` in points."""
        self._shape([_path(line) for line in lines if line], facecolor="none", edgecolor=colour, linewidth=width)

    def numbers(self, placed: Sequence[tuple[float, float, int]], size: float) -> None:
        """Write each (x, y, number) with the middle of its baseline at (x, y); `size` in points.

        In a PDF they are text that can be searched. They are drawn in one go: matplotlib would need longer to lay 500
        texts out than everything else takes together.
        """
        import numpy as np
        from matplotlib.path import Path
        from matplotlib.textpath import TextToPath

        font = self._fonts[0].regular.copy()
        font.set_size(size)
        measure = TextToPath()
        point = _INCH / 72
        advance = {
            digit: measure.get_text_width_height_descent(digit, font, ismath=False)[0] * point for digit in "0123456789"
        }
        begins = [(x - sum(map(advance.__getitem__, str(number))) / 2, y, str(number)) for x, y, number in placed]
        if self._kind != "png":
            self._add(_words(begins, font))
            return
        glyphs = {}
        for digit in advance:
            corners, codes = measure.get_text_path(font, digit)
            glyphs[digit] = (np.array(corners) * (1, -1) * (size * point / measure.FONT_SCALE), codes)
        drawn: list[Any] = []
        steps: list[Any] = []
        for left, y, said in begins:
            x = left
            for digit in said:
                drawn.append(glyphs[digit][0] + (x, y))
                steps.extend(glyphs[digit][1])
                x += advance[digit]
        self._shape([Path(np.concatenate(drawn), steps)], facecolor=_INK, edgecolor="none", linewidth=0)

    def shape(self, rings: Sequence[Line], *, face: str = "none", edge: str = "none", width: float = 0) -> None:
        """Fill the first ring without the others, which are holes in it, and draw all their edges."""
        turned = [_turned(ring, clockwise=number > 0) for number, ring in enumerate(rings)]
        paths = [_path([*ring, ring[0]], closed=True) for ring in turned]
        self._shape(paths, facecolor=face, edgecolor=edge, linewidth=width)

    def dots(self, points: Line, radius: float, colour: str) -> None:
        """Draw a disc of `radius` cm at each point."""
        from matplotlib.path import Path

        circles = [Path.circle(point, radius) for point in points]
        self._shape(circles, facecolor=colour, edgecolor="none", linewidth=0)

    def save(self, title: str) -> bytes:
        """Return the page as a file."""
        file = BytesIO()
        metadata: dict[str, Any] = {
            "svg": {"Title": title, "Date": None, "Creator": None},
            "pdf": {"Title": title, "Creator": "dosecalc", "Producer": "matplotlib", "CreationDate": None},
            "png": {"Title": title, "Software": None},
        }[self._kind]
        more: dict[str, Any] = {"pil_kwargs": {"compress_level": 3}} if self._kind == "png" else {}
        self._figure.savefig(file, format=self._kind, dpi=_PNG_DPI, metadata=metadata, **more)
        return file.getvalue()

    def _shape(self, paths: list[Path], **look: Any) -> None:
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        if paths:
            self._add(PathPatch(Path.make_compound_path(*paths), joinstyle="round", capstyle="butt", **look))

    def _add(self, artist: Any) -> None:
        self._layer += 1
        artist.set_zorder(self._layer)
        artist.set_transform(self._place)
        self._figure.add_artist(artist)

    def _font_for(self, said: str) -> _Font:
        wanted = {ord(character) for character in said}
        for font in self._fonts:
            if wanted <= font.has:
                return font
        has = self._fonts[-1].has if len(self._fonts) == 1 else self._fonts[0].has & self._fonts[1].has
        missing = next(character for character in said if ord(character) not in has)
        raise refuse(
            "DC379",
            msg("no font here can write {text}: {character} is missing", text=quoted(said), character=quoted(missing)),
            msg("write it in other characters"),
        )


def _words(begins: Sequence[tuple[float, float, str]], font: FontProperties) -> Any:
    """An artist that writes texts at the left ends of their baselines."""
    from matplotlib.artist import Artist

    class Words(Artist):
        def draw(self, renderer: Any) -> None:
            context = renderer.new_gc()
            context.set_foreground(_INK)
            _, height = renderer.get_canvas_width_height()
            places = self.get_transform().transform([(x, y) for x, y, _ in begins])
            for (x, y), (_, _, said) in zip(places.tolist(), begins, strict=True):
                # The transform counts upwards, and an SVG downwards: its renderer turns paths round, but not texts.
                renderer.draw_text(context, x, height - y if renderer.flipy() else y, said, font, 0)
            context.restore()

    return Words()


def _path(points: Line, *, closed: bool = False) -> Path:
    from matplotlib.path import Path

    return Path(list(points), closed=closed)


def _turned(ring: Line, *, clockwise: bool) -> Line:
    """The ring in one direction: a hole must run against the ring around it, whichever way both were traced."""
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))
    return ring if (doubled > 0) == clockwise else ring[::-1]


def _fonts(language: Language) -> list[_Font]:
    """DejaVu Sans, which comes with matplotlib, and Noto Sans SC; the one of the reader's language first."""
    from matplotlib import get_data_path
    from matplotlib.font_manager import FontProperties, get_font

    def font(regular: str, bold: str) -> _Font:
        return _Font(
            FontProperties(fname=regular), FontProperties(fname=bold), frozenset(get_font(regular).get_charmap())
        )

    folder = f"{get_data_path()}/fonts/ttf"
    latin = font(f"{folder}/DejaVuSans.ttf", f"{folder}/DejaVuSans-Bold.ttf")
    try:
        from pylopdf_fonts_zh_cn import sans_path
    except ModuleNotFoundError as error:
        if language != "zh":
            return [latin]
        raise refuse(
            "DC379",
            msg("the Chinese font is not installed"),
            msg("install it: pip install pylopdf-fonts-zh-cn"),
        ) from error
    chinese = font(str(sans_path()), str(sans_path()))
    return [chinese, latin] if language == "zh" else [latin, chinese]
