"""The lens: one epoch taken apart as the article does, its gradient by all ways beside it."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table
from tempfit_tui.ui.charts.cells import shortened, width_of
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.panes.lens_words import Line, epoch_lines, gradient_lines
from tempfit_tui.ui.trainer import Seen

NAME_WIDTH = 12
"""The cells that a column's name takes at the most."""
GAP = 2
WORKING = "taking the epoch apart"


class Lens(VerticalScroll):
    """Forward, loss, gradient, update; the gradient's ways; what it means in the file's units."""

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        super().__init__(id="lens")
        self._table, self._glyphs = table, glyphs
        self._sides: tuple[list[Line], list[Line]] = ([], [])
        self._shown: list[Line] = []
        self._widest = 0
        """The left side's width, which only grows: figures of other lengths move nothing."""
        self._glyphs.fit_scrollbar(self)

    def compose(self) -> ComposeResult:
        """Lay out the one text."""
        yield Static()

    def show(self, recipe: Recipe, seen: Seen) -> None:
        """Show the epoch that was taken apart."""
        x, y = (shortened(name, NAME_WIDTH) for name in (self._table.x_name, self._table.y_name))
        if lens := seen.frame.lens:
            left = epoch_lines(recipe, seen, lens, x, y)
            self._sides = left, gradient_lines(lens)
        elif not self._shown:
            self._sides = [[(WORKING, "$foreground 60%")]], []
        self._write()

    def on_resize(self, _: Resize) -> None:
        """Lay out both sides anew."""
        self._widest = 0
        self._write()

    def _write(self) -> None:
        left, right = self._sides
        self._widest = max(self._widest, *map(width_of_line, left), 0)
        lines = beside(left, right, self._widest, self.size.width)
        if lines != self._shown:
            self._shown = lines
            texts = (
                Content.assemble(*((self._glyphs(text), style) for text, style in line))
                for line in lines
            )
            self.query_one(Static).update(Content("\n").join(texts))


def beside(left: list[Line], right: list[Line], widest: int, width: int) -> list[Line]:
    """Return both beside each other where `width` has room, else one after the other.

    The left side has `widest` cells.
    """
    if not right or widest + GAP + max(map(width_of_line, right)) > width:
        return [*left, [("", "")], *right] if right else left
    lines = []
    for row in range(max(len(left), len(right))):
        one = left[row] if row < len(left) else []
        other = right[row] if row < len(right) else []
        lines.append([*one, (" " * (widest + GAP - width_of_line(one)), ""), *other])
    return lines


def width_of_line(line: Line) -> int:
    """Return how many cells a line takes."""
    return sum(width_of(text) for text, _ in line)
