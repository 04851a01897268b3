"""How a LandscapePicture becomes lines: pure functions, no widget.

Drawn from the back: contour lines, the cursor's lines, the way ahead and the way so far, the
gradient, the marked places, then names and levels, each where there is room for it.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from textual.geometry import Size
from textual.strip import Strip

from tempfit_tui.insight import Landscape
from tempfit_tui.text import number

from ..palette import DARK
from .cells import shortened, width_of
from .chart import Look
from .contour_layer import Layer
from .dots import FARTHEST, Dots, clipped, fraction
from .drawing import Point
from .landscape_picture import LandscapePicture, Place, area_of


class Ink(NamedTuple):
    """Colours as `#rrggbb`, beside those of the palette."""

    near: str
    """The lowest contour line; in the purple of Okabe and Ito, whose lightness tells the others."""
    far: str
    """The highest one."""
    arrow: str


ON_DARK = Ink(near="#e58fc0", far="#735568", arrow="#f0e442")
ON_LIGHT = Ink(near="#a3206e", far="#d9bccd", arrow="#7a6c00")

ARROW = 0.2
"""The gradient's arrow is as long as this part of the area's smaller side."""
_HEADS, _PLAIN_HEADS = "→↗↑↖←↙↓↘", ">/^\\</v\\"
_PLAIN_SHAFTS = "-/|\\"


class Signs(NamedTuple):
    """The characters of marked places."""

    start: str
    here: str
    minimum: str


SIGNS, PLAIN_SIGNS = Signs("○", "●", "✕"), Signs("o", "@", "X")


class Name(NamedTuple):
    """What is to be written beside a cell."""

    text: str
    colour: str
    cell: tuple[int, int]


def paint_landscape(
    picture: LandscapePicture, layer: Layer | None, size: Size, look: Look
) -> list[Strip]:
    """Return the lines of the chart, with `layer` as its surface's contour lines."""
    if picture.landscape is None or layer is None:
        cells = look.cells(size)
        start = max(0, (size.width - width_of(picture.words)) // 2)
        cells.write(start, size.height // 2, picture.words, look.palette.faint)
        return cells.strips()
    return _Painting(picture, picture.landscape, layer, size, look).strips()


class _Painting:
    """One picture being painted."""

    def __init__(
        self, picture: LandscapePicture, landscape: Landscape, layer: Layer, size: Size, look: Look
    ) -> None:
        self.picture, self.landscape, self.layer = picture, landscape, layer
        self.surface = landscape.surface
        self.look, self.palette = look, look.palette
        self.ink = ON_DARK if look.palette is DARK else ON_LIGHT
        self.signs = PLAIN_SIGNS if look.ascii_only else SIGNS
        self.area = area_of(self.surface, size, look)
        self.cells = self.area.cells

    def strips(self) -> list[Strip]:
        """Paint it all."""
        area, palette = self.area, self.palette
        colours = [self._colour(level) for level in range(len(self.layer.levels))]
        for column, row, letter, level in self.layer.letters:
            self.cells.put(column, row, letter, colours[level], under=True)
        area.draw_axes(palette.faint, self.surface.x_name, inside=(area.x.low, area.x.high))
        cross = self._cursor()
        self._line(self._points(self.landscape.ahead), palette.faint, ":")
        self._line(self._points(self.landscape.path), palette.curve, "*")
        names = self._marks()
        if cross:
            self.cells.put(*cross, "+" if self.look.ascii_only else "┼", palette.curve)
        for text, colour, cell in names:
            self.cells.place(text, colour, self._beside(text, *cell))
        for label in reversed(self.layer.labels):
            self.cells.place(label.text, colours[label.level], label.spots)
        self._top()
        return self.cells.strips()

    def _colour(self, level: int) -> str:
        """Return the colour of a line, by how many there are."""
        part = level / max(1, len(self.layer.levels) - 1)
        near, far = (bytes.fromhex(colour[1:]) for colour in (self.ink.near, self.ink.far))
        mixed = (round(one + part * (two - one)) for one, two in zip(near, far, strict=True))
        return "#" + bytes(mixed).hex()

    def _points(self, places: list[float]) -> list[Point]:
        """Return x, y, x, y and so on as fractions of the area."""
        return [self._point((x, y)) for x, y in zip(places[::2], places[1::2], strict=False)]

    def _point(self, place: Place) -> Point:
        return fraction(place[0], self.area.x), fraction(place[1], self.area.y)

    def _line(self, points: list[Point], colour: str, marker: str) -> None:
        line = Dots(self.area)
        line.line(points)
        line.draw(colour, marker)

    def _marks(self) -> list[Name]:
        """Draw the gradient's arrow and mark the places; return their names."""
        shown, faint, curve = self.landscape, self.palette.faint, self.palette.curve
        arrow = self._arrow()
        names: list[Name] = []
        if least := self.surface.minimum:
            loss = self.surface.minimum_loss
            name = "minimum" if loss is None else f"minimum {number(loss, 3)}"
            cell = self._mark(least, self.signs.minimum, self.ink.near)
            names.append(Name(name, self.ink.near, cell))
        if len(shown.path) > 2 and self._holds(start := (shown.path[0], shown.path[1])):
            names.append(Name("start", faint, self._mark(start, self.signs.start, curve)))
        here = self._mark(shown.at, self.signs.here, curve)
        if not self._holds(shown.at):
            names.append(Name("the epoch shown", curve, here))
        if arrow:
            names.append(Name("downhill", faint, arrow))
        return names

    def _mark(self, place: Place, sign: str, colour: str) -> tuple[int, int]:
        """Mark a place, or the nearest edge with an arrow to it, and return the cell."""
        x, y = self._point(place)
        aside = (x > 1) - (x < 0), (y > 1) - (y < 0)
        cell = self.area.column(place[0]), self.area.row(place[1])
        self.cells.put(*cell, self._head(*aside) if any(aside) else sign, colour)
        return cell

    def _beside(self, text: str, column: int, row: int) -> Iterator[tuple[int, int]]:
        """Return where the name of a cell may be, the best first."""
        width = width_of(text)
        starts = (column + 2, column - 1 - width, column - width // 2)
        return (
            (start, row + down)
            for down in (0, -1, 1, -2, 2)
            for start in starts
            if start > self.area.left
            and start + width <= self.area.right + 1
            and self.area.top <= row + down <= self.area.bottom
        )

    def _arrow(self) -> tuple[int, int] | None:
        """Draw the gradient's arrow, and return the cell of its head; None where there is none."""
        at, down = self.landscape.at, self.landscape.downhill
        if down is None or not any(down) or not self._holds(at):
            return None
        # In widths of a cell, which is twice as high: as long up as across on the screen.
        sides = self.area.columns, 2 * self.area.rows
        spans = self.area.x.span, self.area.y.span
        most, widest = max(map(abs, down)), max(spans)
        across, up = (
            part / most * min(FARTHEST, widest / span) * side
            for part, span, side in zip(down, spans, sides, strict=True)
        )
        size = ARROW * min(sides) / math.hypot(across, up)
        x, y = self._point(at)
        ends = clipped((x, y), (x + across * size / sides[0], y + up * size / sides[1]))
        if ends is None:
            return None
        self._line([*ends], self.ink.arrow, _PLAIN_SHAFTS[_octant(across, up) % 4])
        head = Dots(self.area).cell(ends[1])
        self.cells.put(*head, self._head(across, up), self.ink.arrow)
        return head

    def _head(self, across: float, up: float) -> str:
        """Return the arrow that points that way on the screen."""
        return (_PLAIN_HEADS if self.look.ascii_only else _HEADS)[_octant(across, up)]

    def _holds(self, place: Place) -> bool:
        return self.area.x.holds(place[0]) and self.area.y.holds(place[1])

    def _cursor(self) -> tuple[int, int] | None:
        """Draw lines from the axes to the cursor; return its cell if it is inside."""
        cursor, area, colour = self.picture.cursor, self.area, self.palette.curve
        if cursor is None or not self._holds(cursor):
            return None
        upright, level = ":-" if self.look.ascii_only else "╎╌"
        column, row = area.column(cursor[0]), area.row(cursor[1])
        for below in range(row + 1, area.bottom + 1):
            self.cells.put(column, below, upright, colour, under=True)
        for before in range(area.left, column):
            self.cells.put(before, row, level, colour, under=True)
        return column, row

    def _top(self) -> None:
        """Write the y axis's name above it, and at the right the reading, or what is seen."""
        cells, faint, surface = self.cells, self.palette.faint, self.surface
        room = cells.width - 1
        if self.picture.cursor is not None:
            text, colour = self._reading(self.picture.cursor), self.palette.curve
        else:
            text, colour = _slice(surface.explained, cells.width * 2 // 3), faint
        if self.area.top or self.picture.cursor:
            text = shortened(text, room)
            cells.write(room - width_of(text), 0, text, colour)
            room -= width_of(text) + 2
        if self.area.top and room > 0:
            name = shortened(surface.y_name, room)
            middle = max(0, self.area.left - 1 - width_of(name) // 2)
            cells.write(min(middle, room - width_of(name)), 0, name, faint)

    def _reading(self, cursor: Place) -> str:
        most = self.cells.width // 5
        parts = [
            f"{shortened(name, most)} {number(value, 3)}"
            for name, value in zip((self.surface.x_name, self.surface.y_name), cursor, strict=True)
        ]
        return "  ".join([*parts, f"loss {number(self.picture.loss, 6)}"])


def _octant(across: float, up: float) -> int:
    """Return in which eighth of a turn a direction is: 0 to the right, 2 upwards, up to 7."""
    return round(math.atan2(up, across) / (math.pi / 4)) % 8


def _slice(explained: float | None, room: int) -> str:
    """Return what part of the path is seen, in the most words that fit; "" for all of it."""
    if explained is None:
        return ""
    part = f"{100 * explained:.0f} % of the path"
    words = (f"a slice: 2 directions that explain {part}", f"a slice: {part}", "a slice")
    return next((text for text in words if width_of(text) <= room), "")
