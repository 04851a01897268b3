"""What the landscape chart shows, and where a place is in it."""

from typing import NamedTuple

from textual.geometry import Size

from tempfit_tui.insight import Landscape, Surface

from .axes import Area, Margins
from .bounds import Scale, padded
from .chart import Look
from .drawing import dots

WORKING = "working out the loss around here"

Place = tuple[float, float]
"""x and y, as the axes count."""


class LandscapePicture(NamedTuple):
    """All that the landscape chart shows."""

    landscape: Landscape | None = None
    words: str = WORKING
    """What is said while there is no landscape."""
    cursor: Place | None = None
    """What is read off; None for nothing."""
    loss: float | None = None
    """The exact loss there, in the file's units squared; None where it isn't known or finite."""


def plot_cells(size: Size) -> tuple[int, int]:
    """Return about how many columns and rows the area has in a chart of that size.

    The labels of the y axis may take some columns more or less; a surface that was asked for by
    those would move them again.
    """
    width = size.width - (6 if size.width >= 14 else 2)
    height = size.height - (2 if size.height >= 5 else 0) - (1 if size.height >= 7 else 0)
    return max(1, width), max(1, height)


def area_of(surface: Surface, size: Size, look: Look) -> Area:
    """Return the chart's area, with a row above for names if there is room."""
    x = padded(surface.x_low, surface.x_high, 0.0)
    y = padded(surface.y_low, surface.y_high, 0.0)
    return Area(look.cells(size), x, y, Margins(top=int(size.height >= 7), right=1))


def spot_of(area: Area, column: int, row: int) -> Place:
    """Return the place in the middle of a cell, the nearest inside the area."""
    across, up = dots(area.marker)
    x = (column - area.left) * across + (across - 1) / 2
    y = (area.bottom - row) * up + (up - 1) / 2
    return _along(area.x, x, area.columns * across), _along(area.y, y, area.rows * up)


def _along(axis: Scale, dot: float, count: int) -> float:
    """Return what a dot of `count` along an axis stands for, as Area rounds it."""
    part = max(0.0, min(1.0, dot / (count - 1))) if count > 1 else 0.5
    return axis.low + part * axis.span
