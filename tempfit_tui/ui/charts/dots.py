"""Lines in dots of braille over what a chart already shows, in whatever direction they go.

plotext draws a curve (see drawing); this draws a path, whose places may be far outside the area,
and whose cells hide the lines under it instead of being merged with them.
"""

from collections.abc import Iterable
from itertools import pairwise

from .axes import Area
from .bounds import Scale
from .drawing import BLANK, Point, dots

FARTHEST = 1e100
"""Places are held within so many times the area, so that no difference overflows."""

_BITS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Braille's dots, left and right, from the bottom up."""


class Dots:
    """Dots in an area's cells, counted from its left and from its bottom."""

    def __init__(self, area: Area) -> None:
        self._area = area
        self._across, self._up = dots(area.marker)
        self.width, self.height = area.columns * self._across, area.rows * self._up
        self.cells: dict[tuple[int, int], int] = {}
        """The cells (column, row) of the chart with a dot, and which dots, as bits of braille."""

    def set(self, x: int, y: int) -> tuple[int, int]:
        """Set a dot, and return its cell."""
        cell = self._area.left + x // self._across, self._area.bottom - y // self._up
        self.cells[cell] = self.cells.get(cell, 0) | _BITS[x % 2][y % 4]
        return cell

    def line(self, points: Iterable[Point]) -> None:
        """Set the dots of the line through `points`, fractions of the area; cut off outside."""
        end: tuple[int, int] | None = None
        for one, two in pairwise(points):
            if not (inside := clipped(one, two)):
                continue
            (x1, y1), (x2, y2) = self._dot(inside[0]), self._dot(inside[1])
            if (x1, y1) == (x2, y2) == end:
                continue  # a path that has nearly come to rest is long and goes nowhere
            end = x2, y2
            steps = max(abs(x2 - x1), abs(y2 - y1), 1)
            for step in range(steps + 1):
                part = step / steps
                self.set(round(x1 + part * (x2 - x1)), round(y1 + part * (y2 - y1)))

    def cell(self, point: Point) -> tuple[int, int]:
        """Return the cell of a point inside the area, without a dot in it."""
        x, y = self._dot(point)
        return self._area.left + x // self._across, self._area.bottom - y // self._up

    def _dot(self, point: Point) -> tuple[int, int]:
        return round(point[0] * (self.width - 1)), round(point[1] * (self.height - 1))

    def letters(self, marker: str) -> Iterable[tuple[int, int, str]]:
        """Return column, row and character of each cell with a dot, `marker` in ASCII mode."""
        plain = self._area.cells.ascii_only
        for (column, row), bits in self.cells.items():
            yield column, row, marker if plain else chr(BLANK + bits)

    def draw(self, colour: str, marker: str) -> None:
        """Write the dots into the chart, over what is there."""
        for column, row, letter in self.letters(marker):
            self._area.cells.put(column, row, letter, colour)


def fraction(value: float, scale: Scale) -> float:
    """Return how far up a linear axis `value` is, far outside as well; never infinite."""
    return max(-FARTHEST, min(FARTHEST, (value - scale.low) / (scale.high - scale.low)))


def clipped(one: Point, two: Point) -> tuple[Point, Point] | None:
    """Return the ends of what is inside of the straight line between two points; None for nothing.

    After Liang and Barsky 1984: the line enters and leaves each side at a part of its length.
    """
    if min(*one, *two) >= 0 and max(*one, *two) <= 1:
        return one, two
    enter, leave = 0.0, 1.0
    for start, end in zip(one, two, strict=True):
        length = end - start
        if length == 0:
            if not 0 <= start <= 1:
                return None
            continue
        parts = sorted((-start / length, (1 - start) / length))
        enter, leave = max(enter, parts[0]), min(leave, parts[1])
    return None if enter > leave else (_between(one, two, enter), _between(one, two, leave))


def _between(one: Point, two: Point, part: float) -> Point:
    """Return the point so far along the way, inside the area whatever is lost in rounding."""
    x, y = (
        max(0.0, min(1.0, start + part * (end - start)))
        for start, end in zip(one, two, strict=True)
    )
    return x, y
