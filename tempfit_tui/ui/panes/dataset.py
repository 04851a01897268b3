"""The dataset pane: every observation, and whether it trains or validates."""

from textual.content import Content

from tempfit_tui.frame import Setup
from tempfit_tui.table import Table
from tempfit_tui.text import number
from tempfit_tui.ui.charts.cells import shortened, width_of
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.panes.lines import Lines

NAME_WIDTH = 9
SAMPLE = 200
"""So many rows decide how wide the columns are."""


class DatasetPane(Lines):
    """Rows with their split, under the columns' names; a summary in the border."""

    BORDER_TITLE = "1 Dataset"

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        super().__init__(id="dataset")
        self._table, self._glyphs = table, glyphs
        self._setup: Setup | None = None
        self._validation: frozenset[int] | None = None
        self._index_width = max(2, len(str(len(table) - 1)))
        names = [shortened(name, NAME_WIDTH) for name in (table.x_name, table.y_name)]
        shown = [_cell(v) for column in (table.x, table.y) for v in column[:SAMPLE]]
        self._width = max(7, *map(width_of, names), *map(len, shown))
        # Some characters are two cells wide, and some none.
        x_name, y_name = (" " * (self._width - width_of(name)) + name for name in names)
        self._header = Content.styled(
            f" {'#':>{self._index_width}} {x_name} {y_name}  split", "bold $foreground 80%"
        )

    def on_mount(self) -> None:
        """Show the rows at once; their split comes with the first frame."""
        self._glyphs.fit_scrollbar(self)
        self.set_rows(len(self._table))
        self.border_subtitle = f"{len(self._table):,} rows"

    def show(self, setup: Setup) -> None:
        """Show which rows train and which validate."""
        if setup is self._setup:  # as in every frame but the first of a start
            return
        self._setup = setup
        self._validation = validation = frozenset(setup.validation)
        words = f"{setup.train_rows:,} train · {len(validation):,} validation"
        if setup.more_rows:
            more = f"{setup.more_rows:,} {setup.more_name}"
            words = f"{setup.train_rows:,} train + {more} · {len(validation):,} val"
        if len(words) > self.size.width - 4:  # the border's own
            words = words.removesuffix("idation")
        if setup.note:
            words = "too few rows to validate"
        elif not validation:
            words = f"{setup.train_rows:,} train · none validates"
        self.border_subtitle = self._glyphs(words)
        self.refresh()

    def header(self) -> Content:
        """Return the columns' names."""
        return self._header

    def row(self, index: int) -> Content:
        """Return an observation with its split."""
        x, y = _cell(self._table.x[index]), _cell(self._table.y[index])
        numbers = f"{x:>{self._width}} {y:>{self._width}}  "
        return Content.assemble(
            (f" {index:>{self._index_width}} ", "$foreground 50%"), numbers, self._split(index)
        )

    def _split(self, index: int) -> tuple[str, str]:
        if self._validation is None:
            return self._glyphs("…"), "$foreground 50%"
        if index in self._validation:
            return self._glyphs("◆ val"), "$validation"
        return self._glyphs("● train"), "$train"


def _cell(value: float) -> str:
    """Return a number as the file is likely to hold it: short, else to five digits."""
    short = f"{value:,.1f}"
    if abs(value) < 1e6 and float(short.replace(",", "")) == value:
        return short
    return number(value, 5)
