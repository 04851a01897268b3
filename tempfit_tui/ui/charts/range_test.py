"""The chart of a range test: the loss after an epoch at each learning rate, both on log axes."""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from tempfit_tui.insight import LrTest
from tempfit_tui.text import number, setting
from tempfit_tui.ticks import short

from .axes import Area, Margins
from .bounds import Scale
from .cells import width_of
from .chart import Chart, Look

FLAT = 1.002
"""A loss that falls by less than this factor is drawn as flat."""
NOTHING = 1e-30
"""Losses below are drawn at the bottom."""
FAR = 1e3
"""The lr in force is in sight unless it is so many times outside the range."""


class RangePicture(NamedTuple):
    """A range test as far as it has come."""

    test: LrTest
    """With a learning rate at least."""
    lr: float
    """The one in force."""
    cursor: int | None = None
    """The place of the one read off."""

    @property
    def points(self) -> list[tuple[float, float]]:
        """The curve; a loss that isn't finite is beyond every axis."""
        losses = (1e300 if loss is None else loss for loss in self.test.losses)
        return list(zip(self.test.lrs, losses, strict=True))


class RangeChart(Chart):
    """Draws a RangePicture, or a few words until there is one."""

    class Pointed(Message):
        """One of the learning rates was clicked on."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    _picture: RangePicture | str = ""

    def draw_test(self, picture: RangePicture | str) -> None:
        """Show `picture`, at once if the chart can be seen, else when it next can."""
        self._picture = picture
        self.redraw()

    def paint(self, size: Size, look: Look) -> tuple[list[Strip], int]:
        """Return the lines of what there is to show."""
        if isinstance(self._picture, RangePicture):
            return paint_range_test(self._picture, size, look)
        cells, words = look.cells(size), self._picture
        start = max(0, (size.width - width_of(words)) // 2)
        cells.write(start, size.height // 2, words, look.palette.faint)
        return cells.strips(), self.columns

    def on_click(self, event: events.Click) -> None:
        """Tell which learning rate is the nearest."""
        if isinstance(self._picture, RangePicture):
            area = area_of(self._picture, self.size, self.look)
            column, lrs = event.x - self.gutter.left, self._picture.test.lrs
            nearest = min(range(len(lrs)), key=lambda place: abs(area.column(lrs[place]) - column))
            self.post_message(self.Pointed(nearest))


def loss_axis(test: LrTest) -> Scale:
    """Return the y axis for the fall of the loss; where it blows up it leaves the chart."""
    losses = [max(NOTHING, loss) for loss in (test.first_loss, *test.losses) if loss is not None]
    least = min(losses, default=1.0)
    first = max(test.first_loss or 0.0, least)
    fall = first / least
    if fall < FLAT:
        return Scale(least / 1.2, first * 2, log=True)
    return Scale(least / fall**0.1, first * fall**0.25, log=True)


def area_of(picture: RangePicture, size: Size, look: Look) -> Area:
    """Return the chart's area, nothing drawn in it yet."""
    test, lr = picture.test, picture.lr
    low, high = test.lrs[0], max(test.lrs[-1], test.end or 0.0)
    if low / FAR < lr < high * FAR:
        low, high = min(low, lr), max(high, lr)
    x = Scale(low, high, log=True) if low < high else Scale(low / 2, high * 2, log=True)
    return Area(look.cells(size), x, loss_axis(test), Margins(right=1))


def paint_range_test(picture: RangePicture, size: Size, look: Look) -> tuple[list[Strip], int]:
    """Return the lines of the chart, and how many columns a curve has."""
    test, area, palette = picture.test, area_of(picture, size, look), look.palette
    limit = test.limit if test.limit is not None and area.x.holds(test.limit) else None
    lr = picture.lr if area.x.holds(picture.lr) else None
    if test.first_loss is not None and area.y.holds(test.first_loss):
        _level(area, test.first_loss, look)
    if lr is not None:
        _upright(area, lr, "'" if look.ascii_only else "┊", palette.faint)
    if limit is not None:
        _upright(area, limit, "|" if look.ascii_only else "│", palette.curve)
    area.draw_axes(palette.faint, "lr", inside=(area.x.low, area.x.high))
    _place(area, "training loss", palette.train, [(area.left + 1, area.top)])
    area.line(picture.points, palette.train, look.shapes.train)
    if len(picture.points) == 1 and area.y.holds(picture.points[0][1]):
        lone, loss = picture.points[0]
        area.cells.put(area.column(lone), area.row(loss), look.shapes.train, palette.train)
    _cursor(area, picture, look)
    _steepest(area, test, look)
    if limit is not None:
        rows = range(area.top, area.bottom + 1)
        named = f"stable lr {number(limit, 3)}"
        _beside(area, limit, [f"largest {named}", named], rows, palette.curve)
    if lr is not None:
        rows = range(area.bottom, area.top - 1, -1)
        _beside(area, lr, [f"lr now {setting(lr)}", "now"], rows, palette.faint)
    if test.first_loss is not None and area.y.holds(test.first_loss):
        row, text = area.row(test.first_loss), f"before {short(test.first_loss)}"
        spots = product((row, row - 1, row + 1), range(area.left + 1, area.right - len(text)))
        _place(area, text, palette.faint, ((x, y) for y, x in spots))
    return area.cells.strips(), area.dots


def _level(area: Area, loss: float, look: Look) -> None:
    """Draw a faint line at the loss before the test."""
    for column in range(area.left, area.right + 1):
        if not look.ascii_only:
            area.cells.put(column, area.row(loss), "┈", look.palette.faint, under=True)
        elif (column - area.left) % 2:
            area.cells.put(column, area.row(loss), ".", look.palette.faint, under=True)


def _upright(area: Area, lr: float, letter: str, colour: str) -> None:
    for row in range(area.top, area.bottom + 1):
        area.cells.put(area.column(lr), row, letter, colour, under=True)


def _beside(area: Area, lr: float, texts: list[str], rows: Sequence[int], colour: str) -> None:
    """Name an upright line at its right or its left, by the first text and row with room."""
    column = area.column(lr)
    for text in texts:
        starts = (column + 2, column - 1 - width_of(text))
        if _place(area, text, colour, ((start, row) for row in rows for start in starts)):
            return


def _steepest(area: Area, test: LrTest, look: Look) -> None:
    """Mark the steepest fall from above, and name it there."""
    if test.steepest is None:
        return
    loss = test.losses[test.lrs.index(test.steepest)]
    assert loss is not None, "the loss falls there"
    column, row = area.column(test.steepest), area.row(loss)
    named = f"steepest fall {setting(test.steepest)}"
    above = [up for up in range(row - 1, row - 4, -1) if up >= area.top]
    free = [up for up in above if area.cells.is_free(column, up)]
    at = next(iter(free), above[0] if above else row)
    marks = (f"▼ {named}", column), (f"{named} ▼", column - width_of(named) - 1)
    if not any(_place(area, text, look.palette.curve, [(start, at)]) for text, start in marks):
        area.cells.put(column, at, "v" if look.ascii_only else "▼", look.palette.curve)
        rows = sorted(range(area.top, area.bottom + 1), key=lambda other: abs(other - at))
        _beside(area, test.steepest, [named], rows, look.palette.curve)


def _cursor(area: Area, picture: RangePicture, look: Look) -> None:
    """Draw a line at the learning rate read off, and beside it the rate and its loss."""
    if picture.cursor is None:
        return
    lr, loss = picture.test.lrs[picture.cursor], picture.test.losses[picture.cursor]
    _upright(area, lr, ":" if look.ascii_only else "╎", look.palette.curve)
    if loss is not None and area.y.holds(loss):
        area.cells.put(area.column(lr), area.row(loss), look.shapes.train, look.palette.train)
    words = f"lr {setting(lr)}  loss {'not finite' if loss is None else number(loss, 8)}"
    rows = range(area.bottom, area.top - 1, -1)
    _beside(area, lr, [words], rows, look.palette.curve)


def _place(area: Area, text: str, colour: str, spots: Iterable[tuple[int, int]]) -> bool:
    inside = (
        (column, row)
        for column, row in spots
        if column >= area.left and area.top <= row <= area.bottom
    )
    return area.cells.place(text, colour, inside)
