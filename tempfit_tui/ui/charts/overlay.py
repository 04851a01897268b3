"""The chart of the runs screen: both losses of one run, or one loss each of several.

Several runs are told apart by colour and by the number that they are marked with, which is at
each curve's end; where colours can't be told apart the number is along the curve too.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from textual.geometry import Size
from textual.strip import Strip

from tempfit_tui.frame import Curve
from tempfit_tui.ticks import short

from ..palette import DARK
from .axes import Area, Margins
from .bounds import Scale, snapped
from .cells import plain, shortened, width_of
from .chart import Chart, Look
from .loss_painting import paint_loss
from .loss_picture import LossPicture
from .loss_scale import last_value, loss_scale, outline

MOST_RUNS = 6
"""So many colours can be told apart."""
RUN_COLOURS_DARK = ("#f0e442", "#cc79a7", "#00b386", "#e8703a", "#56b4e9", "#d0d0d0")
RUN_COLOURS_LIGHT = ("#7a6c00", "#a3487c", "#00805c", "#c24d00", "#0072b2", "#3a3a3a")
"""Colour-blind-safe (Okabe and Ito); those of training and validation come last or not at all."""
ABOVE = 1e3
"""A run that diverged leaves the chart so many times above the highest beginning of a curve."""
NUMBERED = 14
"""A number is along a curve every so many cells, where colours can't be told apart."""


def run_colours(*, dark: bool) -> tuple[str, ...]:
    """Return the colours of marked runs, for a dark theme or a light one."""
    return RUN_COLOURS_DARK if dark else RUN_COLOURS_LIGHT


class RunCurve(NamedTuple):
    """One of several runs."""

    number: int
    """From 1; its colour goes by it."""
    name: str
    curve: Curve
    last_epoch: int


class RunsChart(Chart):
    """Draws one run's losses, or several runs' curves, on a log axis."""

    _picture: LossPicture | list[RunCurve] | str = ""

    def draw(self, picture: LossPicture | list[RunCurve] | str) -> None:
        """Show a run, several runs, or a few words in place of them."""
        self._picture = picture
        self.redraw()

    def paint(self, size: Size, look: Look) -> tuple[list[Strip], int]:
        """Return the lines of what there is to show."""
        picture = self._picture
        if isinstance(picture, LossPicture) and not picture.is_empty:
            return paint_loss(picture, loss_scale(picture, None), size, look)
        if isinstance(picture, list) and any(run.curve.epochs for run in picture):
            return paint_runs(picture, size, look)
        words = picture if isinstance(picture, str) else "not an epoch yet"
        cells = look.cells(size)
        cells.write(max(0, (size.width - width_of(words)) // 2), size.height // 2, words,
                    look.palette.faint)  # fmt: skip
        return cells.strips(), self.columns


def runs_scale(runs: list[RunCurve]) -> Scale:
    """Return the log axis that holds the curves; one that diverged may leave it at the top."""
    curves = [run.curve for run in runs if run.curve.epochs]
    values = [value for curve in curves for value in (*curve.low, *curve.high) if value > 0]
    top = ABOVE * max((curve.high[0] for curve in curves), default=1.0)
    high = min(max(values, default=1.0), top) if top > 0 else max(values, default=1.0)
    return snapped(min(min(values, default=0.1), high), high, log=True)


def paint_runs(runs: list[RunCurve], size: Size, look: Look) -> tuple[list[Strip], int]:
    """Return the lines of a chart of several runs, and how many columns a curve has."""
    shown = [run for run in runs if run.curve.epochs]
    labels = [_labels(run, size.width, look) for run in shown]
    margin = 1 + max(width_of(label[0]) for label in labels)
    cells = look.cells(size)
    last = max(run.last_epoch for run in shown)
    x = Scale(1, last) if last > 1 else Scale(0, 2)
    area = Area(cells, x, runs_scale(shown), Margins(right=margin))
    area.draw_axes(look.palette.faint, "epoch", inside=(1, last), whole=True)
    colours = run_colours(dark=look.palette is DARK)
    for run in shown:
        points = outline(run.curve, run.last_epoch)
        number, colour = str(run.number), colours[run.number - 1]
        if len(points) == 1:
            ((epoch, loss),) = points
            cells.put(area.column(epoch), area.row(loss), number, colour)
        else:
            area.line(points, colour, number)
        if look.mono or look.ascii_only:
            _number_along(area, run, points)
    _write_ends(area, shown, labels, colours)
    return cells.strips(), area.dots


def _labels(run: RunCurve, width: int, look: Look) -> list[str]:
    """Return what a curve's end may be named, the fullest first."""
    named = shortened(f"{run.number} {run.name}", max(3, width // 5))
    value = last_value(run.curve)
    full = [f"{named} {short(value)}"] if value is not None and width >= 45 else []
    labels = [*full, named, str(run.number)]
    return [plain(label) for label in labels] if look.ascii_only else labels


def _number_along(area: Area, run: RunCurve, points: list[tuple[float, float]]) -> None:
    """Write the run's number on its curve now and then, each run's elsewhere."""
    begin = area.left + run.number * NUMBERED // MOST_RUNS
    wanted = set(range(begin, area.right + 1, NUMBERED))
    for epoch, loss in points:
        if (column := area.column(epoch)) in wanted:
            wanted.discard(column)
            area.cells.put(column, area.row(loss), str(run.number), "")


def _write_ends(
    area: Area, runs: list[RunCurve], labels: list[list[str]], colours: tuple[str, ...]
) -> None:
    """Name each curve beside its end, those that go on to the right edge first, from the top."""
    ends = [
        (area.column(run.last_epoch), area.row(last_value(run.curve) or 0.0), place)
        for place, run in enumerate(runs)
    ]
    for column, row, place in sorted(ends, key=lambda end: (-end[0], end[1])):
        colour = colours[runs[place].number - 1]
        spots = [
            *((text, spot) for text in labels[place] for spot in _beside(area, column, row, text)),
            *((text, spot) for text in labels[place] for spot in _in_margin(area, row)),
        ]
        any(area.cells.place(text, colour, [spot]) for text, spot in spots)


def _beside(area: Area, column: int, row: int, text: str) -> Iterator[tuple[int, int]]:
    """Return where a label may be near its curve's end: at its right, or else above or below."""
    rows = [row + down for down in (0, 1, -1, 2, -2, 3, -3)]
    starts = (column + 2, column - width_of(text) // 2, column - width_of(text))
    return (
        (start, at)
        for start, at in product(starts, rows)
        if start >= area.left and area.top <= at <= area.bottom
    )


def _in_margin(area: Area, row: int) -> Iterator[tuple[int, int]]:
    """Return where a label may be at the right of all curves, the nearest row first."""
    rows = sorted(range(area.top, area.bottom + 1), key=lambda at: abs(at - row))
    return product([area.right + 2], rows)
