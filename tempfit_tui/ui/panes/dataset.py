"""The dataset pane: how the file was read, and every observation, with its split."""

from collections.abc import Sequence
from decimal import Decimal

from textual import events
from textual.content import Content

from tempfit_tui.frame import Setup
from tempfit_tui.table import Table
from tempfit_tui.text import exact
from tempfit_tui.ui.charts.cells import shortened, width_of
from tempfit_tui.ui.glyphs import Glyphs
from tempfit_tui.ui.panes.lines import Lines

NAME_WIDTH = 9
SAMPLE = 200
"""This many rows at the start, and over the table, decide how wide the columns are."""
LEAST_WIDTH = 7
"""Cells that a column of numbers gets in any pane."""


class DatasetPane(Lines):
    """Decisions about the file, then rows with their split; a summary in the border."""

    BORDER_TITLE = "1 Dataset"

    def __init__(self, table: Table, glyphs: Glyphs) -> None:
        super().__init__(id="dataset")
        self._table, self._glyphs = table, glyphs
        self._setup: Setup | None = None
        self._validation: frozenset[int] | None = None
        self._index_width = max(2, len(str(len(table) - 1)))
        names = (table.x_name, table.y_name)
        short = [shortened(name, NAME_WIDTH) for name in names]
        self._columns = [
            Numbers(values, name) for values, name in zip((table.x, table.y), short, strict=True)
        ]
        # The first decision names input and target, as the header does where it has room.
        self._decisions = table.decisions if [*names] != short else table.decisions[1:]
        self._notes: list[Content] = []
        self._says_train = True
        self._header = Content("")

    def on_mount(self) -> None:
        """Show the rows at once; their split comes with the first frame."""
        self._glyphs.fit_scrollbar(self)
        self.set_rows(len(self._table))  # Decisions are added once their width is known.
        self.border_subtitle = f"{len(self._table):,} rows"

    def on_resize(self, _: events.Resize) -> None:
        """Fit columns and decisions to the new width."""
        self._lay_out()

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
        self._lay_out()

    def header(self) -> Content:
        """Return the columns' names."""
        return self._header

    def row(self, index: int) -> Content:
        """Return a line of a decision, or an observation with its split."""
        if index < len(self._notes):
            return self._notes[index]
        index -= len(self._notes)
        x, y = self._columns
        numbers = f"{x.cell(self._table.x[index])} {y.cell(self._table.y[index])}  "
        return Content.assemble(
            (f" {index:>{self._index_width}} ", "$foreground 50%"), numbers, self._split(index)
        )

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return
        x, y = self._columns
        beside = self._index_width + 5  # and the blanks between
        self._says_train = x.wanted + y.wanted + beside + len("● train") <= width
        room = width - beside - len("● train" if self._says_train else "●")
        x.width, y.width = _shared(room, x.wanted, y.wanted)
        split = "split" if self._says_train else ""
        self._header = Content.styled(
            f" {'#':>{self._index_width}} {x.header()} {y.header()}  {split}",
            "bold $foreground 80%",
        )
        self._notes = [
            line.stylize("$foreground 70%")
            for decision in self._all_decisions()
            for line in self._wrapped(decision, width)
        ]
        self.set_rows(len(self._notes) + len(self._table))

    def _all_decisions(self) -> Sequence[str]:
        if not self._setup:
            return self._decisions
        # The border says it in fewer words.
        others = [words for words in self._setup.decisions if words != self._setup.note]
        return [*self._decisions, *others]

    def _wrapped(self, decision: str, width: int) -> list[Content]:
        first, *others = Content(self._glyphs(decision)).wrap(max(1, width - 3))
        bullet = self._glyphs(" · ")
        return [Content(bullet) + first, *(Content("   ") + other for other in others)]

    def _split(self, index: int) -> tuple[str, str]:
        if self._validation is None:
            return self._glyphs("…"), "$foreground 50%"
        if index in self._validation:
            return self._glyphs("◆ val" if self._says_train else "◆"), "$validation"
        return self._glyphs("● train" if self._says_train else "●"), "$train"


class Numbers:
    """A column of numbers in the fewest digits that give them back, aligned at the point."""

    def __init__(self, values: Sequence[float], name: str) -> None:
        sample = [*values[:SAMPLE], *values[:: max(1, len(values) // SAMPLE)]]
        self._whole = all(value.is_integer() for value in sample)
        parts = [_parts(self._text(value)) for value in sample]
        self._name = name
        self._before = max(len(before) for before, _ in parts)
        self._after = max(len(after) for _, after in parts)
        self.wanted = max(self._before + self._after, width_of(name))
        """The cells that name and numbers take in full."""
        self.width = self.wanted
        """The cells that they have."""

    def header(self) -> str:
        """Return the name above the numbers."""
        name = shortened(self._name, self.width)
        # Some characters are two cells wide, and some none.
        return " " * (self.width - width_of(name)) + name

    def cell(self, value: float) -> str:
        """Return a number in `width` cells; `…` stands for digits that have no room."""
        text = self._text(value)
        _, after = _parts(text)
        aligned = text + " " * (self._after - len(after))
        if len(aligned) > self.width:
            aligned = text if len(text) <= self.width else _cut(text, self.width)
        return aligned.rjust(self.width)

    def _text(self, value: float) -> str:
        text = exact(value)
        return text if self._whole or "." in text or "e" in text else f"{text}.0"


def _shared(room: int, x: int, y: int) -> tuple[int, int]:
    """Return the widths of two columns that want `x` and `y` cells of `room`."""
    roomy = max(x, LEAST_WIDTH), max(y, LEAST_WIDTH)
    if sum(roomy) <= room:
        return roomy
    if x + y > room:
        # A narrow column leaves its room to the other one.
        x = min(x, max(room // 2, room - y, LEAST_WIDTH))
        y = max(room - x, LEAST_WIDTH)
    return x, y


def _parts(text: str) -> tuple[str, str]:
    """Return a number's digits before its point or exponent, and all others."""
    before = text.partition("e")[0].partition(".")[0]
    return before, text[len(before) :]


def _cut(text: str, width: int) -> str:
    """Return a number without its last digits, and `…` for them."""
    digits, e, exponent = text.partition("e")
    kept = digits[: max(0, width - 1 - len(e + exponent))]
    if e or "." in kept:
        return f"{kept}…{e}{exponent}"
    # Digits before the point can't be left out: they give the size.
    scientific = f"{Decimal(text).normalize():e}".replace("e+", "e")
    return scientific if len(scientific) <= width else _cut(scientific, width)
