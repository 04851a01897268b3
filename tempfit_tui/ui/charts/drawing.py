"""The adapter to plotext: turns a line into characters. Nothing else here imports it.

plotext draws the line of one series, in braille or with one character, in a canvas with neither
axes nor colours; axes, labels and colours are ours (see cells and axes). So its canvas colour, its
white behind texts and its ticks at 996 and 1991 never reach the screen, and two series that share
a cell can be merged instead of one hiding the other.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

BRAILLE = "braille"
"""The marker that draws 2 by 4 dots in a cell."""

BLANK = 0x2800
"""The character of braille without a dot; each of eight bits adds one."""

_BITS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Braille's dots, left and right, from the bottom up."""

Point = tuple[float, float]
"""Fractions of the canvas's width from the left, and of its height from the bottom."""


class _Dot(NamedTuple):
    """Counted from the left and from the bottom."""

    x: int
    y: int


def dots(marker: str) -> tuple[int, int]:
    """Return how many dots `marker` has in a cell, across and up."""
    return (2, 4) if marker == BRAILLE else (1, 1)


def trace(points: Sequence[Point], columns: int, rows: int, marker: str) -> list[str]:
    """Return the lines of text, top first, of the line through `points` in a canvas of cells.

    What lies outside the canvas is cut off. A point that stands alone is drawn as one.
    """
    across, up = dots(marker)
    width, height = columns * across - 1, rows * up - 1
    pieces = [
        (_Dot(round(x1 * width), round(y1 * height)), _Dot(round(x2 * width), round(y2 * height)))
        for (x1, y1), (x2, y2) in _clipped(points)
    ]
    # plotext takes 10 microseconds a dot and a millisecond a figure. A curve has thousands of dots,
    # nearly all in upright runs, each in the column of the point before: those are set here.
    lines = _plotted([piece for piece in pieces if not _is_upright(*piece)], columns, rows, marker)
    for start, end in pieces:
        if _is_upright(start, end):
            _raise(lines, start.x, *_run(start, end), marker)
            _raise(lines, end.x, end.y, end.y, marker)
    return ["".join(line) for line in lines]


def _plotted(
    pieces: Sequence[tuple[_Dot, _Dot]], columns: int, rows: int, marker: str
) -> list[list[str]]:
    """Return the characters, top row first, that plotext draws for straight pieces."""
    if not pieces:
        return [[" "] * columns for _ in range(rows)]
    x: list[int | None] = []
    y: list[int | None] = []
    for start, end in pieces:
        if x and (x[-1], y[-1]) != start:
            # A gap: plotext draws no line to it or from it.
            x.append(None)
            y.append(None)
        if not x or x[-1] is None:
            x.append(start.x)
            y.append(start.y)
        x.append(end.x)
        y.append(end.y)
    across, up = dots(marker)
    from textual_plotext import Plot  # noqa: PLC0415 - the first frame has no lines

    # A figure of its own for each drawing: plotext 5 keeps what a build has computed. And
    # textual-plotext's types know nothing of its monitor, which holds size and characters.
    plot: Any = Plot()
    # The public plotsize() would hold the size within the terminal's; textual-plotext sets it so.
    plot._set_size(columns, rows)
    plot.monitor.set_size([columns, rows])
    plot.xaxes(False, False)
    plot.yaxes(False, False)
    plot.xfrequency(0)
    plot.yfrequency(0)
    plot.xlim(0, max(columns * across - 1, 1))
    plot.ylim(0, max(rows * up - 1, 1))
    plot.plot(x, y, marker=marker, color="default")
    # Its matrix of characters, bottom row first, costs half of the text with colours that
    # build() would make of it.
    plot.monitor.build_plot()
    return [list(row) for row in reversed(plot.monitor.matrix.marker)]


def _is_upright(start: _Dot, end: _Dot) -> bool:
    """Return whether no dot lies in a column between."""
    return 0 <= end.x - start.x <= 1


def _run(start: _Dot, end: _Dot) -> tuple[int, int]:
    """Return the lowest and the highest dot from `start` on, without `end`'s."""
    before = end.y - (end.y > start.y) + (end.y < start.y)
    return min(start.y, before), max(start.y, before)


def _raise(lines: list[list[str]], x: int, low: int, high: int, marker: str) -> None:
    """Add the dots of a column of dots from `low` to `high`."""
    across, up = dots(marker)
    for y in range(low, high + 1):
        line = lines[len(lines) - 1 - y // up]
        letter = marker
        if marker == BRAILLE:
            there = line[x // across]
            letter = chr((BLANK if there == " " else ord(there)) | _BITS[x % across][y % up])
        line[x // across] = letter


def _clipped(points: Sequence[Point]) -> list[tuple[Point, Point]]:
    """Return the pieces of the line inside the canvas; a lone point is a piece of no length.

    plotext walks along the whole of a line, wherever it leads, so it must not see the outside.
    """
    inside = [point for point in points if -1e-9 <= point[0] <= 1 + 1e-9]
    pairs = [(inside[0], inside[0])] if len(inside) == 1 else pairwise(inside)
    return [
        (_cut(one, two), _cut(two, one))
        for one, two in pairs
        if max(one[1], two[1]) >= 0 and min(one[1], two[1]) <= 1
    ]


def _cut(start: Point, towards: Point) -> Point:
    """Return the first point inside the canvas on the way from `start`."""
    (x1, y1), (x2, y2) = start, towards
    edge = max(0.0, min(1.0, y1))
    return start if edge == y1 else (x1 + (x2 - x1) * (edge - y1) / (y2 - y1), edge)
