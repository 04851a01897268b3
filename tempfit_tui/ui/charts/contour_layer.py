"""A surface's contour lines in the cells of a chart: costly, and kept while the surface stays."""

from typing import NamedTuple

from tempfit_tui.insight import Surface
from tempfit_tui.ticks import short

from .axes import Area
from .contours import heights, levels_of, trace_contours
from .dots import Dots

LABEL_SPOTS = 40
"""So many places are kept for the label of a line."""


class Letter(NamedTuple):
    """A cell with a line in it."""

    column: int
    row: int
    letter: str
    level: int
    """Which line it is, the lowest where there are several."""


class Label(NamedTuple):
    """The level of a line, and where it may be written into the line."""

    text: str
    level: int
    spots: list[tuple[int, int]]
    """Column and row, the best first."""


class Layer(NamedTuple):
    """The contour lines of a surface in an area."""

    levels: list[float]
    letters: list[Letter]
    labels: list[Label]


def layer_of(surface: Surface, area: Area, *, dotted: bool = False) -> Layer:
    """Return the contour lines of `surface` as the cells of `area` have them.

    They are `dotted` where a line drawn in another colour couldn't be told apart.
    """
    levels = levels_of(surface.losses, surface.minimum_loss)
    made, lines = Dots(area), dict[tuple[int, int], int]()

    def mark(x: int, y: int, level: int) -> None:
        # Of a line in any direction, about every other dot.
        if not (dotted and (x + 2 * y) % 4 > 1):
            cell = made.set(x, y)
            lines[cell] = min(level, lines.get(cell, level))

    if levels:
        losses = heights(surface.losses, surface.columns, made.width, made.height)
        trace_contours(losses, levels, mark)
    # Only lines that are seen share out the colours.
    seen = sorted(set(lines.values()))
    levels = [levels[level] for level in seen]
    lines = {cell: seen.index(level) for cell, level in lines.items()}
    letters = [
        Letter(column, row, letter, lines[column, row]) for column, row, letter in made.letters(".")
    ]
    labels = [
        Label(text, level, _spots(len(text), level, lines, area))
        for level, text in enumerate(map(_written, levels))
    ]
    return Layer(levels, letters, labels)


def _written(level: float) -> str:
    """Return a level in as many digits as it has."""
    digits = next((many for many in range(1, 12) if float(f"{level:.{many - 1}e}") == level), 12)
    return short(level, digits)


def _spots(
    width: int, level: int, lines: dict[tuple[int, int], int], area: Area
) -> list[tuple[int, int]]:
    """Return where a label lies on its line and on no other, the most level pieces first."""
    found = []
    for column, row in [cell for cell, there in lines.items() if there == level]:
        start = column - width // 2
        if start <= area.left or start + width > area.right:
            continue
        around = [lines.get((at, row)) for at in range(start - 1, start + width + 1)]
        if all(there in {None, level} for there in around):
            found.append((-around.count(level), row, start))
    found.sort()
    return [(start, row) for _, row, start in found[:LABEL_SPOTS]]
