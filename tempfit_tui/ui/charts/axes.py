"""A plot's area inside a grid of cells: the room its axes take, and where a value falls.

The y axis stands at the left with its labels beside it, the x axis at the bottom with its labels
below; there is neither a frame nor a grid. A chart too small for them goes without.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tempfit_tui.ticks import labels, linear_ticks, log_ticks

from .bounds import Scale
from .cells import Cells, shortened, width_of
from .drawing import BRAILLE, dots, trace


class Margins(NamedTuple):
    """Cells kept free around the axes."""

    top: int = 0
    right: int = 0


class Area:
    """The cells between the axes, and the axes themselves."""

    def __init__(
        self, cells: Cells, x: Scale, y: Scale, margins: Margins, *, bare: bool = False
    ) -> None:
        """Measure, but draw nothing yet; `bare` leaves out the y axis's labels."""
        self.cells = cells
        self.x = x
        self.y = y
        self.marker = "*" if cells.ascii_only else BRAILLE
        below = 2 if cells.height >= 5 else 0
        self.top = margins.top
        self.rows = max(1, cells.height - below - self.top)
        most = max(2, (self.rows + 2) // 3)
        ticks = log_ticks(y.low, y.high, most) if y.log else linear_ticks(y.low, y.high, most)
        self._y_ticks = [] if bare else list(zip(ticks, labels(ticks, log=y.log), strict=True))
        label_width = max((len(label) for _, label in self._y_ticks), default=0)
        if label_width + 8 > cells.width - margins.right:
            self._y_ticks, label_width = [], 0
        self.has_axes = below > 0
        # Narrower labels don't move the axis, so that it seldom moves while a loss falls.
        room = max(label_width, 3 if self._y_ticks and cells.width >= 30 else 0)
        self.left = room + (2 if room else 1)
        self.columns = max(1, cells.width - self.left - margins.right)

    @property
    def bottom(self) -> int:
        """The last row of the area."""
        return self.top + self.rows - 1

    @property
    def right(self) -> int:
        """The last column of the area."""
        return self.left + self.columns - 1

    @property
    def dots(self) -> int:
        """How many points side by side a line can show."""
        return self.columns * dots(self.marker)[0]

    def column(self, value: float) -> int:
        """Return the column where `value` falls on the x axis, the nearest one if outside."""
        return self.left + _cell(self.x.fraction(value), self.columns, dots(self.marker)[0])

    def row(self, value: float) -> int:
        """Return the row where `value` falls on the y axis, the nearest one if outside."""
        return self.bottom - _cell(self.y.fraction(value), self.rows, dots(self.marker)[1])

    def line(
        self,
        points: Iterable[tuple[float, float]],
        colour: str,
        marker: str | None = None,
        *,
        dashed: bool = False,
        dotted: bool = False,
    ) -> None:
        """Draw the line through `points`, in ascii mode with the character `marker`.

        A dotted one is in every other column only.
        """
        marker = marker if marker and self.cells.ascii_only else self.marker
        fractions = [(self.x.fraction(x), self.y.fraction(y)) for x, y in points]
        lines: Sequence[str] = trace(fractions, self.columns, self.rows, marker)
        if dashed:
            lines = [_dashed(line, row) for row, line in enumerate(lines)]
        if dotted:
            lines = [_dotted(line) for line in lines]
        self.cells.overlay(self.left, self.top, lines, colour)

    def draw_axes(
        self, colour: str, x_name: str, *, inside: tuple[float, float], whole: bool = False
    ) -> None:
        """Draw both axes with their ticks, and the x axis's name at its right end.

        x ticks stay `inside`; with `whole` they are whole numbers.
        """
        if not self.has_axes:
            return
        upright, level, corner, left_tick, below_tick = (
            "|-+++" if self.cells.ascii_only else "│─└┤┬"
        )
        axis, line = self.left - 1, self.bottom + 1
        for row in range(self.top, line):
            self.cells.put(axis, row, upright, colour)
        for column in range(self.left, self.right + 1):
            self.cells.put(column, line, level, colour)
        self.cells.put(axis, line, corner, colour)
        for value, label in self._y_ticks:
            row = self.row(value)
            self.cells.put(axis, row, left_tick, colour)
            self.cells.write(axis - 1 - len(label), row, label, colour)
        for tick in self._x_ticks(inside, whole):
            self.cells.put(tick.column, line, below_tick, colour)
            self.cells.write(tick.start, line + 1, tick.label, colour)
        if self.cells.width >= 24 and x_name:
            name = " " + shortened(x_name, self.cells.width // 3)
            self.cells.write(self.cells.width - width_of(name), line, name, colour)

    def _x_ticks(self, inside: tuple[float, float], whole: bool) -> list["_Tick"]:
        """Return as many ticks as have room for their labels, two cells apart at least."""
        width = self.cells.width
        for most in range(max(2, self.columns // 12), 0, -1):
            low, high, log = self.x
            round_ones = (
                log_ticks(low, high, most) if log else linear_ticks(low, high, most, whole=whole)
            )
            values = [value for value in round_ones if inside[0] <= value <= inside[1]]
            ticks = []
            for value, label in zip(values, labels(values, log=log), strict=True):
                column = self.column(value)
                start = max(0, min(column - (len(label) - 1) // 2, width - len(label)))
                ticks.append(_Tick(column, start, label))
            if all(one.start + len(one.label) + 2 <= two.start for one, two in pairwise(ticks)):
                return ticks
        return []


class _Tick(NamedTuple):
    """A tick of the x axis, and where its label starts."""

    column: int
    start: int
    label: str


def _cell(fraction: float, count: int, dots_in_cell: int) -> int:
    """Return the cell that holds the dot at `fraction`, as trace() rounds it."""
    dot = round(max(0.0, min(1.0, fraction)) * (count * dots_in_cell - 1))
    return dot // dots_in_cell


def _dotted(line: str) -> str:
    return "".join(letter if column % 2 else " " for column, letter in enumerate(line))


def _dashed(line: str, row: int) -> str:
    """Leave out every third cell, stepped from row to row so that steep lines are dashed too."""
    return "".join(" " if (column + row) % 3 == 2 else letter for column, letter in enumerate(line))
